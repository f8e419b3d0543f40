//! The auditor's reading of domain.md 2.6 to 2.9: which click wins, which rule wins, who stands in the chain.
//! It must never ask the product which rule it chose.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use fenzhang::base::{BookId, ExternalId, Instant, ItemId, MembershipId, PartyId, PartyKind, RuleId, ShopId, UsageId};
use fenzhang::domain::book::Formula;
use fenzhang::domain::click::Click;
use fenzhang::domain::order::pin::FeeOf;
use fenzhang::domain::party::{ContractScope, Receiver, Share};
use fenzhang::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};

use super::sums::*;

/// A version of anything: in force from an instant until a later one of the list.
pub type Versions<T> = Vec<(Instant, T)>;

#[derive(Clone, Debug)]
pub struct Rule {
    pub id: RuleId,
    pub kind: PlanKind,
    pub scope: RuleScope,
    pub versions: Versions<RuleTerms>,
    pub ended: Option<Instant>,
    pub approved: Vec<(PartyId, Instant)>,
}

impl Rule {
    fn at(&self, at: Instant) -> Option<&(Instant, RuleTerms)> {
        if self.ended.is_some_and(|end| end <= at) {
            return None;
        }
        let version = self.versions.iter().rfind(|(from, _)| *from <= at)?;
        (version.1.from <= at && version.1.to.is_none_or(|to| at < to)).then_some(version)
    }
}

#[derive(Clone, Debug)]
pub struct Deal {
    pub id: MembershipId,
    pub member: PartyId,
    pub upper: PartyId,
    pub scope: ContractScope,
    pub share: Share,
    pub receiver: Receiver,
    pub from: Instant,
    pub to: Option<Instant>,
}

/// Units, commission and volume that a limited rule has given away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub units: i128,
    pub gross: i128,
    pub volume: i128,
}

/// What the auditor knows of a book beside its lines.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    pub formulas: Versions<(Option<ExternalId>, Formula)>,
    pub rules: Vec<Rule>,
    pub deals: Vec<Deal>,
    pub brands: BTreeMap<ShopId, PartyId>,
    pub items: BTreeMap<ItemId, Versions<(ShopId, Option<String>)>>,
    pub clicks: Vec<Click>,
    pub used: BTreeMap<UsageId, Used>,
}

/// What a line asks to be pinned with.
#[derive(Clone, Debug)]
pub struct Question {
    pub at: Instant,
    pub payable: i128,
    pub platform: ExternalId,
    pub buyer: Option<ExternalId>,
    pub item: Option<ItemId>,
    pub shop: Option<ShopId>,
    pub category: Option<String>,
    pub promoter: Option<PartyId>,
    pub quantity: i128,
    pub order_no: Option<ExternalId>,
}

/// What a line was pinned with.
#[derive(Clone, Debug)]
pub struct Pinned {
    pub at: Instant,
    pub formula: Formula,
    /// Recorded as the platform's own word, so no click can change it.
    pub by_platform: bool,
    pub click: Option<Click>,
    pub rule: Option<RuleId>,
    pub recipe: Option<Recipe>,
    pub taken: Vec<(UsageId, Used)>,
    pub give_back: bool,
}

impl Knowledge {
    fn formula(&self, platform: &ExternalId, at: Instant) -> Option<&Formula> {
        let pick = |own: bool| {
            let fits = |p: &Option<ExternalId>| if own { p.as_ref() == Some(platform) } else { p.is_none() };
            let mut found: Option<&(Instant, (Option<ExternalId>, Formula))> = None;
            for version in self.formulas.iter().filter(|(from, (p, _))| *from <= at && fits(p)) {
                if found.is_none_or(|best| best.0 <= version.0) {
                    found = Some(version);
                }
            }
            found.map(|(_, (_, formula))| formula)
        };
        pick(true).or_else(|| pick(false))
    }

    fn listing(&self, item: ItemId, at: Instant) -> Option<&(ShopId, Option<String>)> {
        let listings = self.items.get(&item)?;
        let mut found: Option<&(Instant, (ShopId, Option<String>))> = None;
        for listing in listings.iter().filter(|(from, _)| *from <= at) {
            if found.is_none_or(|best| best.0 <= listing.0) {
                found = Some(listing);
            }
        }
        found
            .or_else(|| listings.iter().min_by_key(|(from, _)| *from))
            .map(|(_, what)| what)
    }

    /// The last click on the item in the window before the order, else the last on the shop.
    pub fn winner(&self, book: BookId, question: &Question, shop: Option<ShopId>, window: i64) -> Option<Click> {
        let buyer = question.buyer.as_ref()?;
        let start = question.at.plus_seconds(-window);
        let mine = |click: &&Click| click.buyer == *buyer && start <= click.at && click.at < question.at;
        let order = |click: &&Click| (click.at, click.click_no.clone());
        let on_item = self
            .clicks
            .iter()
            .filter(mine)
            .filter(|c| c.item(book).is_some() && c.item(book) == question.item);
        let on_shop = self
            .clicks
            .iter()
            .filter(mine)
            .filter(|c| c.shop(book).is_some() && c.shop(book) == shop);
        on_item.max_by_key(order).or_else(|| on_shop.max_by_key(order)).cloned()
    }

    fn deal(&self, member: PartyId, at: Instant) -> Option<&Deal> {
        self.deals.iter().find(|deal| {
            deal.member == member
                && matches!(deal.scope, ContractScope::Cps | ContractScope::All)
                && deal.from <= at
                && deal.to.is_none_or(|to| at < to)
        })
    }

    /// Contracts from the promoter upwards.
    fn ladder(&self, promoter: PartyId, at: Instant) -> Vec<&Deal> {
        let mut ladder: Vec<&Deal> = Vec::new();
        let mut member = promoter;
        while let Some(deal) = self.deal(member, at).filter(|_| ladder.len() < 4) {
            ladder.push(deal);
            member = deal.upper;
        }
        ladder
    }

    fn chain(promoter: PartyId, ladder: &[&Deal]) -> Vec<Taker> {
        let ppm = |share: &Share| match share {
            Share::UpperKeeps(rate) => Between::UpperKeeps(i128::from(rate.ppm())),
            Share::UpperPasses(rate) => Between::UpperPasses(i128::from(rate.ppm())),
            Share::Formula(_) => panic!("histories sign no share formulas: these have properties of their own"),
        };
        let mut chain: Vec<Taker> = Vec::new();
        let mut from_above = false;
        for deal in ladder.iter().rev() {
            let here = matches!(deal.receiver, Receiver::Upper | Receiver::Each);
            chain.push(Taker {
                party: deal.upper,
                direct: from_above || here,
                below: Some(ppm(&deal.share)),
            });
            from_above = matches!(deal.receiver, Receiver::Member | Receiver::Each);
        }
        chain.push(Taker {
            party: promoter,
            direct: from_above,
            below: None,
        });
        chain
    }

    /// The level of domain.md 2.7 and how far above the promoter the party stands that the rule names.
    fn level(rule: &Rule, terms: &RuleTerms, at: Instant, takers: &[PartyId]) -> Option<(u8, usize)> {
        let approved = |party: &PartyId| rule.approved.iter().any(|(who, from)| who == party && *from <= at);
        let named = |party: &PartyId| match &terms.subjects {
            Subjects::Everyone => true,
            Subjects::Named(list) => list.contains(party),
            Subjects::OnApproval(list) => list.contains(party) || approved(party),
        };
        let distance = takers.iter().position(named)?;
        Some(match (rule.kind, &rule.scope) {
            (PlanKind::LiveExclusive, _) if takers[distance].kind() == PartyKind::Agency => (2, distance),
            (PlanKind::LiveExclusive, _) => (1, distance),
            (PlanKind::Exclusive, _) => (3, 0),
            (PlanKind::Targeted, _) => (4, distance),
            (PlanKind::FirstN, _) => (5, 0),
            (PlanKind::Marketing, _) => (6, 0),
            (PlanKind::SelfSelect, _) => (7, 0),
            (PlanKind::General, RuleScope::Item(_)) => (8, 0),
            (PlanKind::General, _) => (9, 0),
        })
    }

    fn fits(scope: &RuleScope, item: Option<ItemId>, shop: Option<ShopId>, category: Option<&String>) -> bool {
        match scope {
            RuleScope::Item(it) => item == Some(*it),
            RuleScope::Shop(s) => shop == Some(*s),
            RuleScope::Category(s, c) => shop == Some(*s) && category == Some(c),
        }
    }

    /// Pins a line. `keep` is the formula and click of a line that a late click moves.
    pub fn pin(&mut self, book: BookId, question: &Question, keep: Option<(Formula, Click)>) -> Option<Pinned> {
        let at = question.at;
        let formula = match &keep {
            Some((formula, _)) => formula.clone(),
            None => self.formula(&question.platform, at)?.clone(),
        };
        let listing = question.item.and_then(|item| self.listing(item, at)).cloned();
        let shop = question.shop.or(listing.as_ref().map(|l| l.0));
        let category = question.category.clone().or(listing.and_then(|l| l.1));
        let click = match (&question.promoter, keep) {
            (Some(_), _) => None,
            (None, Some((_, click))) => Some(click),
            (None, None) => self.winner(book, question, shop, formula.window_seconds),
        };
        let promoter = question.promoter.or(click.as_ref().map(|c| c.promoter));
        let mut pinned = Pinned {
            at,
            formula,
            by_platform: question.promoter.is_some(),
            click,
            rule: None,
            recipe: None,
            taken: Vec::new(),
            give_back: false,
        };
        let (Some(promoter), Some(merchant)) = (promoter, shop.and_then(|s| self.brands.get(&s).copied())) else {
            return Some(pinned);
        };
        let ladder = self.ladder(promoter, at);
        let takers: Vec<PartyId> = std::iter::once(promoter)
            .chain(ladder.iter().map(|deal| deal.upper))
            .collect();
        let chain = Self::chain(promoter, &ladder);
        let mut candidates: Vec<Rank> = Vec::new();
        let mut exclusive = false;
        for rule in &self.rules {
            let Some((from, terms)) = rule.at(at) else { continue };
            if !Self::fits(&rule.scope, question.item, shop, category.as_ref()) || terms.paused {
                continue;
            }
            exclusive |= rule.kind == PlanKind::Exclusive;
            if let Some(level) = Self::level(rule, terms, at, &takers) {
                candidates.push((level, Reverse(terms.priority), Reverse(*from), rule.id));
            }
        }
        if exclusive {
            candidates.retain(|candidate| candidate.0.0 <= 3);
        }
        candidates.sort();
        for (.., id) in candidates {
            if self.try_rule(id, question, merchant, &chain, &mut pinned) {
                break;
            }
        }
        Some(pinned)
    }

    /// Takes a rule unless its first N or its budget no longer holds the whole line (A11).
    fn try_rule(
        &mut self,
        id: RuleId,
        question: &Question,
        merchant: PartyId,
        chain: &[Taker],
        pinned: &mut Pinned,
    ) -> bool {
        let Some(rule) = self.rules.iter().find(|rule| rule.id == id) else {
            return false;
        };
        let Some((_, terms)) = rule.at(question.at) else {
            return false;
        };
        let usage = UsageId::of_rule(id);
        let used = self.used.get(&usage).copied().unwrap_or_default();
        let formula = &pinned.formula;
        let content = formula.content_fee.map(|(party, rate)| (party, i128::from(rate.ppm())));
        let shown = |ppm: i128| {
            let special = content.map_or(0, |(_, special)| special);
            if formula.rates_are_overall {
                (ppm - special).max(0)
            } else {
                ppm
            }
        };
        let rate = portions(&terms.rates, used.volume, question.payable, &shown);
        let cap_usage = question.order_no.as_ref().filter(|_| terms.cap_per_order.is_some());
        let cap_usage = cap_usage.map(|no| UsageId::of_order(id, question.platform.as_str(), no.as_str()));
        let cap = terms.cap_per_order.map(|cap| {
            let gone = cap_usage
                .and_then(|usage| self.used.get(&usage))
                .map_or(0, |used| used.gross);
            (i128::from(cap.0) - gone).max(0)
        });
        let gross = rate.gross(question.payable, cap);
        if terms
            .first_n
            .is_some_and(|n| used.units + question.quantity > i128::from(n))
        {
            return false;
        }
        if terms
            .budget
            .is_some_and(|budget| used.gross + gross > i128::from(budget.0))
        {
            return false;
        }
        let take = Used {
            units: question.quantity,
            gross,
            volume: question.payable,
        };
        pinned.give_back = terms.give_back;
        pinned.rule = Some(id);
        pinned.taken.push((usage, take));
        if let Some(usage) = cap_usage {
            pinned.taken.push((usage, take));
        }
        pinned.recipe = Some(Recipe {
            merchant,
            rate,
            cap,
            content,
            fees: formula
                .fees
                .iter()
                .map(|fee| FeeLine {
                    taker: fee.taker,
                    ppm: i128::from(fee.rate.ppm()),
                    of_remainder: fee.of == FeeOf::Remainder,
                })
                .collect(),
            subsidies: formula
                .subsidies
                .iter()
                .map(|subsidy| SubsidyLine {
                    payer: subsidy.payer,
                    ppm: i128::from(subsidy.rate.ppm()),
                    cap: subsidy.cap.map(|cap| i128::from(cap.0)),
                    share_ppm: i128::from(subsidy.share.ppm()),
                })
                .collect(),
            chain: chain.to_vec(),
        });
        for (usage, take) in &pinned.taken {
            self.shift(*usage, take, 1);
        }
        true
    }

    pub fn shift(&mut self, usage: UsageId, by: &Used, sign: i128) {
        let used = self.used.entry(usage).or_default();
        used.units += sign * by.units;
        used.gross += sign * by.gross;
        used.volume += sign * by.volume;
    }
}

/// The rate of a line that begins at a volume: flat, the step reached, or a portion for each tier it runs through.
fn portions(rates: &Rates, volume: i128, payable: i128, shown: &dyn Fn(i128) -> i128) -> Portions {
    let step = |steps: &[(fenzhang::money::Minor, fenzhang::money::Rate)], at: i128| {
        let reached = steps.iter().rev().find(|(from, _)| i128::from(from.0) <= at);
        shown(reached.map_or(0, |(_, rate)| i128::from(rate.ppm())))
    };
    match rates {
        Rates::Flat(rate) => Portions::flat(shown(i128::from(rate.ppm()))),
        Rates::Stepped(steps) => Portions::flat(step(steps, volume)),
        Rates::Tiered(steps) => {
            let mut parts = Vec::new();
            let end = volume + payable;
            let mut from = volume;
            for (bound, _) in steps.iter().filter(|(bound, _)| i128::from(bound.0) > volume) {
                let bound = i128::from(bound.0);
                if bound >= end {
                    break;
                }
                parts.push((bound - from, step(steps, from)));
                from = bound;
            }
            parts.push((end - from, step(steps, from)));
            Portions(parts)
        }
    }
}

impl Knowledge {
    /// The shop that sells the item of a question at its instant.
    pub fn shop_of(&self, question: &Question) -> Option<ShopId> {
        self.listing(question.item?, question.at).map(|listing| listing.0)
    }
}

/// Level and order inside it, priority, start, id: the smallest wins.
type Rank = ((u8, usize), Reverse<i32>, Reverse<Instant>, RuleId);
