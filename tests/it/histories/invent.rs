//! Invents histories: a book with parties, contracts, formulas and rules, then fifty random commands and clicks.
//! It must never look at an answer: the same seed invents the same steps, so a failing history can be cut down.

use fenzhang::base::*;
use fenzhang::domain::book::{Fee, Formula, FormulaBasis, Subsidy};
use fenzhang::domain::click::Click;
use fenzhang::domain::command::Command;
use fenzhang::domain::order::pin::{FeeOf, Settleable};
use fenzhang::domain::order::{About, Discount, Funder, LineFact, What};
use fenzhang::domain::party::{ContractScope, Receiver, Share};
use fenzhang::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use fenzhang::money::{Currency, Minor, Rate, Rounding};

use super::chance::Chance;

const PLATFORM: &str = "taobao";
pub const START: &str = "2026-07-10T02:00:00Z";
/// Commands after the book is set up.
pub const COMMANDS: usize = 50;

/// One step. Rules and contracts are named by number, because their ids are only known once they stand.
#[derive(Clone, Debug)]
pub enum Step {
    Do(Command),
    PostRule(usize, Command),
    ChangeRule(usize, Box<RuleTerms>),
    EndRule(usize),
    ApplyTo(usize, PartyId),
    Sign(usize, Command),
    Amend(usize, PartyId, Share, Receiver, Instant),
    EndDeal(usize, PartyId, Instant),
    Click(Vec<Click>),
}

struct Story {
    book: BookId,
    chance: Chance,
    clock: Instant,
    steps: Vec<Step>,
    /// Late clicks and limited rules do not meet in one history: which of two late lines is moved first is not defined.
    limited: bool,
    by_days: bool,
    rules: Vec<(RuleTerms, bool)>,
    deals: Vec<PartyId>,
    lines: Vec<Vec<LineFact>>,
    told: Vec<LineFact>,
    clicks: u64,
}

fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

fn rate(ppm: u64) -> Rate {
    Rate::from_ppm(u32::try_from(ppm).unwrap()).unwrap()
}

/// The steps of a history: set-up first, then fifty commands.
pub fn invent(seed: u64, book: BookId) -> (Vec<Step>, usize) {
    let mut chance = Chance::new(seed);
    let limited = chance.percent(40);
    let by_days = chance.percent(25);
    let mut story = Story {
        book,
        chance,
        clock: START.parse().unwrap(),
        steps: Vec::new(),
        limited,
        by_days,
        rules: Vec::new(),
        deals: Vec::new(),
        lines: Vec::new(),
        told: Vec::new(),
        clicks: 0,
    };
    story.set_up();
    let set_up = story.steps.len();
    while story.steps.len() < set_up + COMMANDS {
        story.one();
    }
    (story.steps, set_up)
}

impl Story {
    fn party(&self, kind: PartyKind, no: &str) -> PartyId {
        PartyId::of(self.book, kind, no)
    }

    fn anchors(&self) -> [PartyId; 3] {
        let anchor = |no| self.party(PartyKind::Anchor, no);
        [anchor("A1"), anchor("A2"), self.party(PartyKind::Promoter, "P1")]
    }

    fn set_up(&mut self) {
        let kinds = [
            (PartyKind::Anchor, "A1"),
            (PartyKind::Anchor, "A2"),
            (PartyKind::Promoter, "P1"),
            (PartyKind::Agency, "G1"),
            (PartyKind::Agency, "G2"),
            (PartyKind::Brand, "B1"),
            (PartyKind::Brand, "B2"),
            (PartyKind::Platform, "affiliate"),
            (PartyKind::Platform, "live"),
            (PartyKind::Other, "sponsor"),
        ];
        for (kind, no) in kinds {
            let (external_id, name) = (Some(ext(no)), no.parse().unwrap());
            self.steps.push(Step::Do(Command::RegisterParty {
                kind,
                external_id,
                name,
            }));
        }
        for (shop, brand) in [("S1", "B1"), ("S2", "B2")] {
            self.steps.push(Step::Do(Command::RegisterShop {
                platform: ext(PLATFORM),
                shop_no: ext(shop),
                name: shop.parse().unwrap(),
                brand: self.party(PartyKind::Brand, brand),
            }));
        }
        for (item, shop, category) in [("I1", "S1", "beauty"), ("I2", "S1", "food"), ("I3", "S2", "food")] {
            self.list(item, shop, category, Some(self.clock.plus_days(-60)));
        }
        let [a1, a2, p1] = self.anchors();
        let (g1, g2) = (self.party(PartyKind::Agency, "G1"), self.party(PartyKind::Agency, "G2"));
        self.sign(a1, g1);
        if self.chance.percent(50) {
            self.sign(a2, g2);
        }
        self.sign(p1, a1);
        self.formula(Some(self.clock.plus_days(-60)));
        let early = self.clock.plus_days(-30);
        for scope in [RuleScope::Shop(self.shop("S1")), RuleScope::Shop(self.shop("S2"))] {
            let ppm = 20_000 + 10_000 * self.chance.below(20);
            self.post(PlanKind::General, scope, flat(ppm, early));
        }
        self.rule(early);
        self.rule(early);
        let clicks = (0..16).map(|_| self.click(self.clock)).collect();
        self.steps.push(Step::Click(clicks));
    }

    fn shop(&self, no: &str) -> ShopId {
        ShopId::of(self.book, PLATFORM, no)
    }

    fn list(&mut self, item: &str, shop: &str, category: &str, from: Option<Instant>) {
        self.steps.push(Step::Do(Command::ListItem {
            platform: ext(PLATFORM),
            item_no: ext(item),
            title: None,
            shop_no: ext(shop),
            category: Some(category.to_owned()),
            from,
        }));
    }

    fn share(&mut self) -> Share {
        let rate = rate(5_000 * self.chance.below(200));
        if self.chance.percent(60) {
            Share::UpperKeeps(rate)
        } else {
            Share::UpperPasses(rate)
        }
    }

    fn receiver(&mut self) -> Receiver {
        *self.chance.pick(&[
            Receiver::Book,
            Receiver::Book,
            Receiver::Upper,
            Receiver::Member,
            Receiver::Each,
        ])
    }

    fn sign(&mut self, member: PartyId, upper: PartyId) {
        let from = if self.steps.len() < 30 {
            self.clock.plus_days(-40)
        } else {
            self.clock
        };
        let to = self
            .chance
            .percent(30)
            .then(|| self.clock.plus_days(1).plus_seconds(30));
        let (share, receiver) = (self.share(), self.receiver());
        let scope = *self.chance.pick(&[ContractScope::All, ContractScope::Cps]);
        let sign = Command::SignMembership {
            member,
            upper,
            scope,
            share,
            receiver,
            guarantee: None,
            from,
            to,
        };
        self.steps.push(Step::Sign(self.deals.len(), sign));
        self.deals.push(member);
    }

    fn formula(&mut self, effective_from: Option<Instant>) {
        let fee = |chance: &mut Chance, name: &str, taker| Fee {
            name: name.to_owned(),
            taker,
            rate: rate(1_000 * chance.below(400)),
            of: *chance.pick(&[FeeOf::Gross, FeeOf::Gross, FeeOf::Remainder]),
        };
        let (affiliate, live) = (
            self.party(PartyKind::Platform, "affiliate"),
            self.party(PartyKind::Platform, "live"),
        );
        let sponsor = self.party(PartyKind::Other, "sponsor");
        let chance = &mut self.chance;
        let fees = vec![fee(chance, "technical_fee", affiliate), fee(chance, "live_share", live)];
        let subsidy = Subsidy {
            name: "subsidy".to_owned(),
            payer: *chance.pick(&[sponsor, affiliate]),
            rate: rate(1_000 * chance.below(50)),
            cap: chance.percent(50).then_some(Minor(50)),
            share: rate(10_000 * chance.below(100)),
        };
        let content_fee = chance.percent(40).then(|| (live, rate(1_000 * chance.below(20))));
        let funders = [Funder::Platform, Funder::Anchor, Funder::Agency];
        let terms = Formula {
            name: "random".to_owned(),
            basis: FormulaBasis::OwnRules,
            payer: None,
            platform: None,
            rounding: Rounding::HalfUp,
            add_back: funders.into_iter().filter(|_| chance.percent(50)).collect(),
            kept_deposit_is_base: chance.percent(50),
            content_fee,
            rates_are_overall: content_fee.is_some() && chance.percent(50),
            fees,
            subsidies: if chance.percent(40) { vec![subsidy] } else { Vec::new() },
            settleable: if self.by_days {
                Settleable::ReceivedPlusDays(2)
            } else {
                Settleable::PlatformSettled
            },
            window_seconds: 3_600 * 24 * 3,
        };
        self.steps.push(Step::Do(Command::SetFormula {
            formula: None,
            effective_from,
            terms: Box::new(terms),
        }));
    }

    fn post(&mut self, kind: PlanKind, scope: RuleScope, terms: RuleTerms) {
        let brand = match &scope {
            RuleScope::Item(item) if *item == ItemId::of(self.book, PLATFORM, "I3") => "B2",
            RuleScope::Shop(shop) | RuleScope::Category(shop, _) if *shop == self.shop("S2") => "B2",
            _ => "B1",
        };
        let post = Command::PostRule {
            external_id: None,
            brand: self.party(PartyKind::Brand, brand),
            kind,
            scope,
            currency: Currency::CNY,
            terms: Box::new(terms.clone()),
        };
        self.steps.push(Step::PostRule(self.rules.len(), post));
        let simple = matches!(terms.rates, Rates::Flat(_)) && !terms.locked;
        self.rules.push((terms, simple));
    }

    /// A random rule on a random item or shop.
    fn rule(&mut self, from: Instant) {
        let item = *self.chance.pick(&["I1", "I2", "I3"]);
        let item_scope = RuleScope::Item(ItemId::of(self.book, PLATFORM, item));
        let ppm = 10_000 * self.chance.below(60);
        let mut terms = flat(ppm, from);
        terms.priority = i32::try_from(self.chance.below(3)).unwrap();
        let end = Some(self.clock.plus_days(1 + i64::try_from(self.chance.below(5)).unwrap()));
        let [a1, a2, _] = self.anchors();
        let g1 = self.party(PartyKind::Agency, "G1");
        let named = vec![*self.chance.pick(&[a1, a2, g1])];
        let (kind, scope) = match self.chance.below(10) {
            0..=2 => (PlanKind::General, item_scope),
            3 => (
                PlanKind::General,
                RuleScope::Category(self.shop("S1"), "food".to_owned()),
            ),
            4 => (PlanKind::Marketing, item_scope),
            5 => (PlanKind::Targeted, item_scope),
            6 => (PlanKind::SelfSelect, item_scope),
            7 => (PlanKind::LiveExclusive, item_scope),
            8 => (PlanKind::Exclusive, item_scope),
            _ => (
                if self.limited {
                    PlanKind::FirstN
                } else {
                    PlanKind::Targeted
                },
                item_scope,
            ),
        };
        match kind {
            PlanKind::General => {}
            PlanKind::Marketing => terms.to = end,
            PlanKind::Targeted if self.chance.percent(50) => terms.subjects = Subjects::OnApproval(named),
            PlanKind::Targeted | PlanKind::SelfSelect => terms.subjects = Subjects::Named(named),
            PlanKind::LiveExclusive => (terms.subjects, terms.to) = (Subjects::Named(named), end),
            PlanKind::Exclusive => (terms.subjects, terms.to) = (Subjects::Named(named), end),
            PlanKind::FirstN => terms.first_n = Some(3),
        }
        if self.limited && kind != PlanKind::FirstN {
            match self.chance.below(4) {
                0 => terms.budget = Some(Minor(3_000)),
                1 => terms.cap_per_order = Some(Minor(500)),
                2 => terms.rates = Rates::Tiered(tiers(ppm)),
                _ => terms.rates = Rates::Stepped(tiers(ppm)),
            }
        }
        self.post(kind, scope, terms);
    }

    fn click(&mut self, before: Instant) -> Click {
        self.clicks += 1;
        let back = i64::try_from(self.chance.below(3 * 86_400)).unwrap();
        let item = *self.chance.pick(&["I1", "I2", "I3"]);
        let [a1, a2, p1] = self.anchors();
        Click {
            source: ext(PLATFORM),
            click_no: Some(ext(&format!("c{}", self.clicks))),
            at: before.plus_seconds(-back),
            buyer: ext(self.chance.pick::<&str>(&["u1", "u2", "u3"])),
            promoter: *self.chance.pick(&[a1, a1, a2, p1]),
            platform: ext(PLATFORM),
            item_no: self.chance.percent(80).then(|| ext(item)),
            shop_no: self
                .chance
                .percent(80)
                .then(|| ext(if item == "I3" { "S2" } else { "S1" })),
            room: None,
            show: None,
            slot: None,
            traffic: None,
            off_site: None,
            campaign: None,
            phase: None,
            trigger: None,
            format: None,
            segment: None,
        }
    }

    /// One random command.
    fn one(&mut self) {
        match self.chance.below(100) {
            0..=59 => self.facts(),
            60..=71 => {
                let minutes = 1 + self.chance.below(60 * 20);
                self.clock = self.clock.plus_seconds(60 * i64::try_from(minutes).unwrap());
                self.steps.push(Step::Do(Command::MoveClock { to: self.clock }));
            }
            72..=77 if !self.limited => {
                let click = self.click(self.clock);
                self.steps.push(Step::Click(vec![click]));
            }
            72..=79 => self.rule(self.clock),
            80..=87 => self.change(),
            88..=89 => {
                let rule = self.any(self.rules.len());
                self.steps.push(Step::EndRule(rule));
            }
            90..=91 => {
                let rule = self.any(self.rules.len());
                let who = self.chance.below(2);
                self.steps
                    .push(Step::ApplyTo(rule, self.anchors()[usize::try_from(who).unwrap()]));
            }
            92..=94 => self.amend(),
            95 => {
                let [_, a2, _] = self.anchors();
                let upper = self.party(PartyKind::Agency, "G1");
                self.sign(a2, upper);
            }
            96 => self.formula(None),
            97 => self.list("I2", "S1", "beauty", None),
            _ => {
                let party = self.party(PartyKind::Anchor, "A1");
                self.steps.push(Step::Do(Command::RenameParty {
                    party,
                    name: "Renamed".parse().unwrap(),
                }));
            }
        }
    }

    fn any(&mut self, n: usize) -> usize {
        usize::try_from(self.chance.below(n as u64)).unwrap()
    }

    fn change(&mut self) {
        let rule = self.any(self.rules.len());
        let (terms, simple) = &self.rules[rule];
        if *simple {
            let mut terms = terms.clone();
            terms.rates = Rates::Flat(rate(10_000 * self.chance.below(60)));
            self.steps.push(Step::ChangeRule(rule, Box::new(terms)));
        }
    }

    fn amend(&mut self) {
        let deal = self.any(self.deals.len());
        let member = self.deals[deal];
        let (share, receiver) = (self.share(), self.receiver());
        let from = self
            .clock
            .plus_seconds(3_600 * i64::try_from(self.chance.below(30)).unwrap());
        self.steps.push(if self.chance.percent(70) {
            Step::Amend(deal, member, share, receiver, from)
        } else {
            Step::EndDeal(deal, member, from)
        });
    }

    /// One to three facts: the next of lines already begun, of new lines, or one told before.
    fn facts(&mut self) {
        let mut facts = Vec::new();
        for _ in 0..1 + self.chance.below(3) {
            if self.chance.percent(8) && !self.told.is_empty() {
                let mut again = self.chance.pick(&self.told).clone();
                if self.chance.percent(30) {
                    again.at = again.at.plus_seconds(-1);
                }
                facts.push(again);
                continue;
            }
            if self.lines.iter().all(Vec::is_empty) || self.chance.percent(25) {
                let line = self.line();
                self.lines.push(line);
            }
            let open: Vec<usize> = (0..self.lines.len()).filter(|n| !self.lines[*n].is_empty()).collect();
            let line = *self.chance.pick(&open);
            let fact = self.lines[line].remove(0);
            self.told.push(fact.clone());
            facts.push(fact);
        }
        self.steps.push(Step::Do(Command::Facts(facts)));
    }
}

fn tiers(ppm: u64) -> Vec<(Minor, Rate)> {
    vec![
        (Minor(0), rate(ppm)),
        (Minor(8_000), rate(ppm + 50_000)),
        (Minor(20_000), rate(ppm / 2)),
    ]
}

fn flat(ppm: u64, from: Instant) -> RuleTerms {
    RuleTerms {
        subjects: Subjects::Everyone,
        from,
        to: None,
        rates: Rates::Flat(rate(ppm)),
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    }
}

impl Story {
    /// Everything that will be told of a new line, in the order of telling.
    fn line(&mut self) -> Vec<LineFact> {
        let number = self.lines.len();
        let item = *self.chance.pick(&["I1", "I2", "I3"]);
        let [a1, a2, _] = self.anchors();
        let about = About {
            order_no: Some(ext(&format!("o{}", number / 2))),
            buyer: Some(ext(self.chance.pick::<&str>(&["u1", "u2", "u3"]))),
            item_no: Some(ext(item)),
            shop_no: self
                .chance
                .percent(50)
                .then(|| ext(if item == "I3" { "S2" } else { "S1" })),
            quantity: Some(1 + u32::try_from(self.chance.below(3)).unwrap()),
            promoter: self.chance.percent(25).then(|| *self.chance.pick(&[a1, a2])),
            ..About::default()
        };
        let line_no = ext(&format!("n{number}"));
        let offset = i64::try_from(self.chance.below(7_200)).unwrap() - 6_600;
        let start = self.clock.plus_seconds(offset);
        let mut told: Vec<LineFact> = self
            .matters()
            .into_iter()
            .map(|(hours, what)| LineFact {
                line: LineId::of(self.book, PLATFORM, line_no.as_str()),
                platform: ext(PLATFORM),
                line_no: line_no.clone(),
                at: start.plus_seconds(hours * 900),
                currency: Some(Currency::CNY),
                about: about.clone(),
                what,
                reported: None,
            })
            .collect();
        if self.chance.percent(50) {
            // Counters of limited rules follow the order of pins, so those lines begin with their creation.
            let from = usize::from(self.limited);
            self.chance.shuffle(&mut told[from..]);
        }
        told
    }

    /// What happens to a line, with the quarters of an hour after its creation.
    fn matters(&mut self) -> Vec<(i64, What)> {
        let amount = match self.chance.below(10) {
            0 => 1 + self.chance.below(60),
            1 => 0,
            _ => 100 + self.chance.below(30_000),
        };
        let amount = i64::try_from(amount).unwrap();
        let presale = amount > 10 && self.chance.percent(20);
        let discounts = self.discounts(amount > 0 && !presale);
        let mut matters = vec![(
            0,
            What::Created {
                payable: Some(Minor(amount)),
                discounts: Vec::new(),
            },
        )];
        if self.chance.percent(6) {
            matters.push((1, What::Closed { reason: None }));
            return matters;
        }
        if presale {
            let deposit = amount / 5;
            matters.push((1, What::Deposit { amount: Minor(deposit) }));
            if !self.limited && self.chance.percent(25) {
                matters.push((4, What::Closed { reason: None }));
                matters.push((5, What::DepositKept { amount: Minor(deposit) }));
                return matters;
            }
            matters.push((
                3,
                What::Tail {
                    amount: Minor(amount - deposit),
                },
            ));
        } else {
            matters.push((
                1,
                What::Paid {
                    amount: Minor(amount),
                    discounts,
                },
            ));
        }
        self.after_payment(amount, &mut matters);
        matters
    }

    fn discounts(&mut self, any: bool) -> Vec<Discount> {
        let funders = [Funder::Merchant, Funder::Platform, Funder::Anchor, Funder::Agency];
        let chance = &mut self.chance;
        let some = funders
            .into_iter()
            .filter(|_| any && chance.percent(12))
            .collect::<Vec<_>>();
        let discount = |funder| Discount {
            funder,
            kind: "coupon".to_owned(),
            amount: Minor(1 + i64::try_from(chance.below(900)).unwrap()),
        };
        some.into_iter().map(discount).collect()
    }

    fn after_payment(&mut self, amount: i64, matters: &mut Vec<(i64, What)>) {
        let mut left = amount;
        let mut before = 0;
        for (n, hours) in [5, 6, 12, 13].into_iter().enumerate() {
            if !self.chance.percent(22) {
                continue;
            }
            let part = match self.chance.below(4) {
                0 => left,
                1 => left + i64::try_from(self.chance.below(50)).unwrap(),
                _ => i64::try_from(self.chance.below(u64::try_from(left.max(0)).unwrap() + 1)).unwrap(),
            };
            let case = ext(&format!("r{n}"));
            if self.chance.percent(30) {
                matters.push((hours - 1, What::RefundOpened { case: case.clone() }));
            }
            if self.chance.percent(10) {
                matters.push((hours, What::RefundLost { case }));
                continue;
            }
            let deducted = self.chance.percent(30);
            let units = Some(1);
            matters.push((
                hours,
                What::RefundWon {
                    case: case.clone(),
                    goods: Minor(part),
                    freight: Minor(0),
                    units,
                    deducted,
                    manner: None,
                },
            ));
            if !deducted && self.chance.percent(60) {
                matters.push((hours + 2, What::RefundDeducted { case }));
            }
            left = (left - part).max(0);
            before += if hours < 10 { part } else { 0 };
        }
        if self.chance.percent(85) {
            matters.push((4, What::Received));
        }
        if !self.by_days && self.chance.percent(75) {
            let reported = self.chance.percent(30).then(|| Minor((amount - before).max(0)));
            matters.push((10, What::Settled { base: reported }));
        }
        if self.chance.percent(6) {
            matters.push((9, What::Closed { reason: None }));
        }
        if self.chance.percent(10) {
            let case = || ext("f1");
            matters.push((11, What::Frozen { case: case() }));
            match self.chance.below(3) {
                0 => matters.push((14, What::Unfrozen { case: case() })),
                1 => matters.push((14, What::Forfeited { case: case() })),
                _ => {}
            }
        }
    }
}
