//! One line as the auditor sees it: a set of facts, looked at as a whole, gives the balances of the line.
//! It must never depend on the order in which the facts came, except where two of them contradict each other.

use std::collections::BTreeMap;

use fenzhang::base::{BookId, Instant, ItemId, LineId, PartyId, PartyKind, ShopId};
use fenzhang::domain::order::pin::Settleable;
use fenzhang::domain::order::{About, Discount, Funder, LineFact, What};
use fenzhang::ledger::{Account, AccountKind, Layer};
use fenzhang::money::Currency;

use super::choose::{Pinned, Question};
use super::sums::{Place, Recipe, Shares, half_up};

pub type Sheet = BTreeMap<(Account, Layer, Currency), i128>;

#[derive(Clone, Debug)]
pub struct Line {
    pub id: LineId,
    pub first: LineFact,
    pub about: About,
    /// By identity; what was told first stands.
    pub facts: BTreeMap<String, LineFact>,
    pub pinned: Option<Pinned>,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    at: Instant,
    goods: i128,
    units: i128,
    deducted: bool,
}

/// What the facts say, seen together.
#[derive(Default, Debug)]
struct Story {
    created: Option<(Instant, Option<i128>)>,
    deposit: Option<(Instant, i128)>,
    tail: Option<(Instant, i128)>,
    paid: Option<(Instant, i128)>,
    received: Option<Instant>,
    settled: Option<(Instant, Option<i128>)>,
    closed: Option<Instant>,
    kept: Option<(Instant, i128)>,
    discounts: Vec<Discount>,
    cases: BTreeMap<String, Case>,
    freezes: Vec<String>,
    thaws: Vec<String>,
    forfeits: Vec<String>,
}

impl Line {
    pub fn new(first: &LineFact) -> Line {
        Line {
            id: first.line,
            first: first.clone(),
            about: About::default(),
            facts: BTreeMap::new(),
            pinned: None,
        }
    }

    /// Hears a fact; a known one changes nothing.
    pub fn hear(&mut self, fact: &LineFact) {
        let identity = fact.identity();
        if self.facts.contains_key(&identity) {
            return;
        }
        self.facts.insert(identity, fact.clone());
        let (mine, told) = (&mut self.about, fact.about.clone());
        mine.order_no = mine.order_no.take().or(told.order_no);
        mine.buyer = mine.buyer.take().or(told.buyer);
        mine.item_no = mine.item_no.take().or(told.item_no);
        mine.shop_no = mine.shop_no.take().or(told.shop_no);
        mine.category = mine.category.take().or(told.category);
        mine.quantity = mine.quantity.or(told.quantity);
        mine.ordered_at = mine.ordered_at.or(told.ordered_at);
        mine.promoter = mine.promoter.or(told.promoter);
    }

    pub fn currency(&self) -> Currency {
        self.facts
            .values()
            .find_map(|fact| fact.currency)
            .unwrap_or(Currency::CNY)
    }

    fn story(&self, now: Instant) -> Story {
        let mut story = Story::default();
        let mut deducted = Vec::new();
        for fact in self.facts.values().filter(|fact| fact.at <= now) {
            let at = fact.at;
            match &fact.what {
                What::Created { payable, discounts } => {
                    story.created = Some((at, payable.map(|p| i128::from(p.0))));
                    if story.discounts.is_empty() {
                        story.discounts = discounts.clone();
                    }
                }
                What::Deposit { amount } => story.deposit = Some((at, i128::from(amount.0))),
                What::Tail { amount } => story.tail = Some((at, i128::from(amount.0))),
                What::Paid { amount, discounts } => {
                    story.paid = Some((at, i128::from(amount.0)));
                    if !discounts.is_empty() {
                        story.discounts = discounts.clone();
                    }
                }
                What::Received => story.received = Some(at),
                What::Settled { base } => story.settled = Some((at, base.map(|b| i128::from(b.0)))),
                What::Closed { .. } => story.closed = Some(at),
                What::DepositKept { amount } => story.kept = Some((at, i128::from(amount.0))),
                What::RefundWon {
                    case,
                    goods,
                    units,
                    deducted,
                    ..
                } => {
                    let (goods, units) = (i128::from(goods.0), i128::from(units.unwrap_or(1)));
                    story.cases.insert(
                        case.to_string(),
                        Case {
                            at,
                            goods,
                            units,
                            deducted: *deducted,
                        },
                    );
                }
                What::RefundDeducted { case } => deducted.push(case.to_string()),
                What::Frozen { case } => story.freezes.push(case.to_string()),
                What::Unfrozen { case } => story.thaws.push(case.to_string()),
                What::Forfeited { case } => story.forfeits.push(case.to_string()),
                What::RefundOpened { .. } | What::RefundLost { .. } => {}
                What::Fulfilled { .. }
                | What::PriceCorrected { .. }
                | What::Illegible { .. }
                | What::BroughtOver(_)
                | What::Withdrawn { .. }
                | What::Snapshot(_) => {
                    panic!("the histories hold no such fact")
                }
            }
        }
        for case in deducted {
            if let Some(won) = story.cases.get_mut(&case) {
                won.deducted = true;
            }
        }
        story
    }

    /// What the line asks to be pinned with now; nothing while something is missing (A4).
    pub fn question(&self, book: BookId, now: Instant) -> Option<Question> {
        let story = self.story(now);
        let early = [story.deposit, story.paid]
            .into_iter()
            .flatten()
            .map(|(at, _)| at)
            .min();
        let at = story.created.map(|(at, _)| at).or(self.about.ordered_at).or(early)?;
        let payable = story
            .created
            .and_then(|(_, payable)| payable)
            .or_else(|| Self::paid(&story))?;
        let platform = self.first.platform.clone();
        Some(Question {
            at,
            payable,
            buyer: self.about.buyer.clone(),
            item: self
                .about
                .item_no
                .as_ref()
                .map(|no| ItemId::of(book, platform.as_str(), no.as_str())),
            shop: self
                .about
                .shop_no
                .as_ref()
                .map(|no| ShopId::of(book, platform.as_str(), no.as_str())),
            category: self.about.category.clone(),
            promoter: self.about.promoter,
            quantity: i128::from(self.about.quantity.unwrap_or(1)),
            order_no: self.about.order_no.clone(),
            platform,
        })
    }

    /// Goods paid so far: a tail waits for its deposit.
    fn paid(story: &Story) -> Option<i128> {
        let parts = story
            .deposit
            .map(|(_, deposit)| deposit + story.tail.map_or(0, |(_, tail)| tail));
        story.paid.map(|(_, amount)| amount).or(parts)
    }

    /// When the line settles, by its formula. Nobody receives a pre-sale of which only the deposit was kept: there the days
    /// count from the keeping.
    fn settles(story: &Story, how: Settleable, kept: bool, now: Instant) -> Option<Instant> {
        match how {
            Settleable::PlatformSettled => story.settled.map(|(at, _)| at),
            Settleable::ReceivedPlusDays(days) => {
                let from = if kept {
                    story.kept.map(|(at, _)| at)
                } else {
                    story.received
                };
                from.map(|at| at.plus_days(i64::from(days))).filter(|at| *at <= now)
            }
            Settleable::Fulfilment => None,
        }
    }

    /// True when it closed without ever being paid.
    pub fn closed_unpaid(&self, now: Instant) -> bool {
        let story = self.story(now);
        story.closed.is_some() && story.paid.is_none() && story.tail.is_none() && story.kept.is_none()
    }

    /// The line's balances.
    pub fn sheet(&self, now: Instant) -> Sheet {
        let mut sheet = Sheet::new();
        let story = self.story(now);
        let Some(pinned) = &self.pinned else { return sheet };
        let Some(recipe) = &pinned.recipe else { return sheet };
        let deposit_only = story.paid.is_none() && story.tail.is_none() && story.deposit.is_some();
        let kept = story.kept.filter(|_| deposit_only);
        let Some(paid) = kept.map(|(_, amount)| amount).or_else(|| Self::paid(&story)) else {
            return sheet;
        };
        let due = Self::settles(&story, pinned.formula.settleable, kept.is_some(), now);
        let dead = match kept {
            Some(_) => !pinned.formula.kept_deposit_is_base,
            // Settled outlives closed, unless time settles and the closing came first.
            None => story
                .closed
                .is_some_and(|closed| match (due, pinned.formula.settleable) {
                    (Some(due), Settleable::ReceivedPlusDays(_)) => closed < due,
                    (due, _) => due.is_none(),
                }),
        };
        if dead {
            return sheet;
        }
        let discounts: &[Discount] = if deposit_only { &[] } else { &story.discounts };
        let added = discounts.iter().filter(|d| pinned.formula.add_back.contains(&d.funder));
        let base = paid + added.map(|d| i128::from(d.amount.0)).sum::<i128>();
        let (currency, units) = (self.currency(), i128::from(self.about.quantity.unwrap_or(1)));
        let total = if paid > 0 { paid } else { units };
        let mut keeper = Bookkeeper {
            recipe,
            currency,
            sheet: &mut sheet,
            story: &story,
            discounts,
            base,
            total,
            paid,
        };
        match due {
            None => keeper.estimate(),
            Some(at) => keeper.settle(at),
        }
        sheet.retain(|_, amount| *amount != 0);
        sheet
    }
}

struct Bookkeeper<'a> {
    recipe: &'a Recipe,
    currency: Currency,
    sheet: &'a mut Sheet,
    story: &'a Story,
    discounts: &'a [Discount],
    base: i128,
    /// Goods paid, or units where nothing was paid.
    total: i128,
    paid: i128,
}

impl Bookkeeper<'_> {
    fn put(&mut self, party: PartyId, kind: AccountKind, layer: Layer, amount: i128) {
        *self
            .sheet
            .entry((Account::of(party, kind), layer, self.currency))
            .or_default() += amount;
    }

    /// What the won cases that pass took of the line. They take in the order of their time; nothing takes more than is left.
    fn taken(&self, pass: impl Fn(&Case) -> bool) -> i128 {
        let mut cases: Vec<(Instant, &String, &Case)> = self.story.cases.iter().map(|(no, c)| (c.at, no, c)).collect();
        cases.sort_by_key(|(at, no, _)| (*at, *no));
        let (mut left, mut sum) = (self.total, 0);
        for (.., case) in cases {
            let part = if self.paid > 0 { case.goods } else { case.units }.min(left);
            left -= part;
            sum += if pass(case) { part } else { 0 };
        }
        sum
    }

    /// The parts of a base of which `left` of the whole is left, with what funders of discounts bear of it.
    fn parts(&self, base: i128, left: i128) -> Shares {
        let mut shares = self.recipe.split(base);
        if shares.gross == 0 {
            return shares;
        }
        for discount in self.discounts {
            let Some(party) = self.funder(discount.funder) else {
                continue;
            };
            let borne = half_up(i128::from(discount.amount.0), left, self.total);
            *shares.takers.entry((party, Place::Fee)).or_default() -= borne;
            shares.merchant -= borne;
        }
        shares
    }

    /// Only an anchor or an agency of the line is charged; others bear their discount outside of these books (A9). Where no
    /// anchor stands in the chain, the promoter itself stands for it.
    fn funder(&self, funder: Funder) -> Option<PartyId> {
        let last = |kind| {
            let mut chain = self.recipe.chain.iter().map(|taker| taker.party);
            chain.rfind(|party| party.kind() == kind)
        };
        match funder {
            Funder::Anchor => last(PartyKind::Anchor).or(self.recipe.chain.last().map(|taker| taker.party)),
            Funder::Agency => last(PartyKind::Agency),
            Funder::Merchant | Funder::Platform | Funder::Payment => None,
        }
    }

    fn estimate(&mut self) {
        let left = self.total - self.taken(|_| true);
        let shares = self.parts(half_up(self.base, left, self.total), left);
        for ((party, place), amount) in &shares.takers {
            if *place == Place::Chain && self.story.forfeited() {
                self.put(self.recipe.merchant, AccountKind::Commission, Layer::Estimated, *amount);
            } else {
                self.put(*party, AccountKind::Available, Layer::Estimated, *amount);
            }
        }
        self.owed(&shares, Layer::Estimated);
    }

    /// What the merchant owes, and what subsidy payers bring.
    fn owed(&mut self, shares: &Shares, layer: Layer) {
        self.put(self.recipe.merchant, AccountKind::Commission, layer, -shares.merchant);
        for (party, amount) in &shares.payers {
            let kind = match party.kind() {
                PartyKind::Brand => AccountKind::Commission,
                PartyKind::Platform => AccountKind::Clearing,
                _ => AccountKind::Available,
            };
            self.put(*party, kind, layer, -amount);
        }
    }

    fn settle(&mut self, at: Instant) {
        let before = self.total - self.taken(|case| case.at <= at);
        let won = self.total - self.taken(|_| true);
        let deducted = self.total - self.taken(|case| case.at <= at || case.deducted);
        let reported = self.story.settled.and_then(|(_, base)| base);
        // A reported base already lacks every refund before it; the histories report what is left or nothing.
        let base = |left: i128| match reported {
            Some(base) if before > 0 => half_up(base, left, before),
            Some(_) => 0,
            None => half_up(self.base, left, self.total),
        };
        let (now, owed) = (self.parts(base(won), won), self.parts(base(deducted), deducted));
        for (key, amount) in &owed.takers {
            let earned = now.takers.get(key).copied().unwrap_or(0);
            let home = match key.1 {
                Place::Chain if self.story.forfeited() => {
                    self.put(self.recipe.merchant, AccountKind::Commission, Layer::Settled, *amount);
                    continue;
                }
                Place::Chain if self.story.frozen() => AccountKind::Frozen,
                Place::Direct => AccountKind::DirectPaid,
                Place::Chain | Place::Fee => AccountKind::Available,
            };
            self.put(key.0, home, Layer::Settled, earned);
            self.put(key.0, AccountKind::ClawbackDue, Layer::Settled, amount - earned);
        }
        self.owed(&owed, Layer::Settled);
    }
}

impl Story {
    fn forfeited(&self) -> bool {
        self.freezes
            .iter()
            .any(|case| self.forfeits.contains(case) && !self.thaws.contains(case))
    }

    fn frozen(&self) -> bool {
        let over = |case: &String| self.thaws.contains(case) || self.forfeits.contains(case);
        self.freezes.iter().any(|case| !over(case))
    }
}
