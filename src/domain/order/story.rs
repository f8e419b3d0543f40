//! The story of a line: the set of its facts read in business time, whatever order they were told in.
//! Must never look at positions, states or amounts posted: equal sets of facts tell equal stories.
//!
//! Where both speak, an increment wins over a snapshot for what happens once (created, paid, received, settled, closed);
//! for the amount paid the later of both counts; what a snapshot says is refunded beyond the cases told is one more case,
//! won and deducted at the snapshot's time. A row that reports a settled base says itself how much of its refunds came
//! before: what the base lacks of the amount paid. A line brought over from other books is the first word of all: what it
//! says was refunded beyond the cases told up to the cut-over is one more case, and snapshots up to then add none.

use std::collections::BTreeMap;

use super::brought::BroughtOver;
use super::fact::{About, Discount, LineFact, Manner, Snapshot, Track, View, What};
use crate::base::{ExternalId, Instant};
use crate::money::Minor;

/// A refund case won by the buyer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Refund<'a> {
    /// When it was won.
    pub at: Instant,
    /// The platform's case; none for what a snapshot says beyond the cases told.
    pub case: Option<&'a ExternalId>,
    /// Goods refunded.
    pub goods: Minor,
    /// Units returned, when told.
    pub units: Option<u32>,
    /// Its commission was deducted from the takers.
    pub deducted: bool,
    /// In what manner, when told.
    pub manner: Option<Manner>,
}

/// One freeze case.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Freeze {
    frozen: Option<Instant>,
    unfrozen: Option<Instant>,
    forfeited: Option<Instant>,
}

/// What happened to a line, in business time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Story<'a> {
    /// Order placed.
    pub created: Option<Instant>,
    /// Full goods amount to be paid, when told.
    pub payable: Option<Minor>,
    /// Pre-sale deposit.
    pub deposit: Option<(Instant, Minor)>,
    /// Pre-sale tail.
    pub tail: Option<(Instant, Minor)>,
    /// Paid in full, as first told.
    pub paid: Option<(Instant, Minor)>,
    /// Amount paid from an instant on, by later word: oldest first.
    corrections: Vec<(Instant, &'a str, Minor)>,
    /// Discounts on this line.
    pub discounts: &'a [Discount],
    /// Receipt confirmed.
    pub received: Option<Instant>,
    /// Settled by the platform, with its base when reported.
    pub settled: Option<(Instant, Option<Minor>)>,
    /// Closed.
    pub closed: Option<Instant>,
    /// Deposit kept by the seller.
    pub kept: Option<(Instant, Minor)>,
    /// Sessions used, with the first time of each; and how many there are.
    pub sessions: BTreeMap<u32, Instant>,
    /// How many sessions there are.
    pub sessions_in_all: u32,
    /// Won cases, oldest first.
    pub refunds: Vec<Refund<'a>>,
    /// Cases that were deducted, won or not.
    deducted: Vec<&'a ExternalId>,
    /// Brought over from other books: when it was sold, and what was agreed.
    pub brought: Option<(Instant, &'a BroughtOver)>,
    freezes: BTreeMap<&'a ExternalId, Freeze>,
    /// What the platform says the line gives: of the owner's view the newest word, track by track.
    pub estimated_track: Option<&'a Track>,
    /// The same of its settlement.
    pub settled_track: Option<&'a Track>,
}

impl<'a> Story<'a> {
    /// Reads a set of facts.
    pub fn read(facts: impl Iterator<Item = &'a LineFact>) -> Story<'a> {
        let mut story = Story::default();
        let mut newest: Option<((View, Instant), &'a Snapshot)> = None;
        let mut tracks = Tracks::default();
        let mut told_discounts: (&'a [Discount], &'a [Discount]) = (&[], &[]);
        for fact in facts {
            tracks.hear(fact);
            match &fact.what {
                What::Snapshot(snapshot) if newest.is_none_or(|(order, _)| order < (fact.view(), fact.at)) => {
                    newest = Some(((fact.view(), fact.at), snapshot));
                }
                What::Snapshot(_) => {}
                What::Created { payable, discounts } => {
                    story.created = Some(fact.at);
                    story.payable = *payable;
                    told_discounts.1 = discounts;
                }
                What::Paid { amount, discounts } => {
                    story.paid = Some((fact.at, *amount));
                    told_discounts.0 = discounts;
                }
                What::BroughtOver(brought) => story.brought = Some((fact.at, brought)),
                what => story.increment(fact.at, what),
            }
        }
        // The payment knows best what was used; an order may lose a coupon before it is paid.
        story.discounts = if told_discounts.0.is_empty() {
            told_discounts.1
        } else {
            told_discounts.0
        };
        story.corrections.sort_unstable();
        for refund in &mut story.refunds {
            refund.deducted |= refund.case.is_some_and(|case| story.deducted.contains(&case));
        }
        if let Some((at, brought)) = story.brought {
            story.add_brought(at, brought);
        }
        if let Some(((_, at), snapshot)) = newest {
            story.add_snapshot(at, snapshot);
        }
        story.estimated_track = tracks.estimated.map(|(_, track)| track);
        story.settled_track = tracks.settled.map(|(_, track)| track);
        story.refunds.sort_unstable();
        story
    }

    fn increment(&mut self, at: Instant, what: &'a What) {
        match what {
            What::Deposit { amount } => self.deposit = Some((at, *amount)),
            What::Tail { amount } => self.tail = Some((at, *amount)),
            What::Received => self.received = Some(at),
            What::Fulfilled { k, n } => {
                let first = self.sessions.entry(*k).or_insert(at);
                *first = at.min(*first);
                self.sessions_in_all = self.sessions_in_all.max(*n);
            }
            What::Settled { base } => self.settled = Some((at, *base)),
            What::Closed { .. } => self.closed = Some(at),
            What::DepositKept { amount } => self.kept = Some((at, *amount)),
            What::RefundWon {
                case,
                goods,
                units,
                deducted,
                manner,
                ..
            } => self.refunds.push(Refund {
                at,
                case: Some(case),
                goods: *goods,
                units: *units,
                deducted: *deducted,
                manner: *manner,
            }),
            What::RefundDeducted { case } => self.deducted.push(case),
            What::Frozen { case } => self.freezes.entry(case).or_default().frozen = Some(at),
            What::Unfrozen { case } => self.freezes.entry(case).or_default().unfrozen = Some(at),
            What::Forfeited { case } => self.freezes.entry(case).or_default().forfeited = Some(at),
            What::PriceCorrected { fact, paid } => self.corrections.push((at, fact.as_str(), *paid)),
            // Opened and lost cases move nothing.
            What::RefundOpened { .. } | What::RefundLost { .. } => {}
            What::Created { .. } | What::Paid { .. } | What::Snapshot(_) | What::BroughtOver(_) => {}
            What::Illegible { .. } | What::Withdrawn { .. } => {}
        }
    }

    fn add_brought(&mut self, at: Instant, brought: &BroughtOver) {
        self.created = self.created.or(Some(at));
        self.paid = self.paid.or(Some((at, brought.paid)));
        let beyond = brought.refunded.0.saturating_sub(self.refunded_until(brought.as_of));
        if beyond > 0 {
            let settled = self.settled.map_or(brought.as_of, |(settled_at, _)| settled_at);
            self.refunds.push(Refund {
                at: brought.as_of.min(settled),
                case: None,
                goods: Minor(beyond),
                units: None,
                deducted: true,
                manner: None,
            });
        }
    }

    fn add_snapshot(&mut self, at: Instant, row: &'a Snapshot) {
        self.created = self.created.or(row.created_at);
        self.received = self.received.or(row.received_at);
        self.closed = self.closed.or(row.closed_at);
        match (row.paid_at, row.paid) {
            (Some(paid_at), Some(amount)) if self.paid.is_none() => self.paid = Some((paid_at, amount)),
            (Some(_), Some(amount)) => {
                if self.paid_until(at) != Some(amount) {
                    self.corrections.push((at, "", amount));
                    self.corrections.sort_unstable();
                }
            }
            (None, amount) => self.payable = self.payable.or(amount),
            (Some(_), None) => {}
        }
        if let Some(settled_at) = row.settled_at {
            let (at, base) = self.settled.unwrap_or((settled_at, None));
            self.settled = Some((at, base.or(row.settled_base)));
        }
        if self.brought.is_some_and(|(_, brought)| at <= brought.as_of) {
            return;
        }
        let told = self.refunded_until(at);
        let beyond = row.refunded.map_or(0, |refunded| refunded.0.saturating_sub(told));
        if beyond <= 0 {
            return;
        }
        let before = self
            .settled
            .map_or(0, |(settled_at, base)| self.untold_before(settled_at, base, beyond));
        let mut add = |at: Instant, goods: i64| {
            if goods > 0 {
                self.refunds.push(Refund {
                    at,
                    case: None,
                    goods: Minor(goods),
                    units: None,
                    deducted: true,
                    manner: None,
                });
            }
        };
        if let Some((settled_at, _)) = self.settled {
            add(settled_at.min(at), before);
        }
        add(at, beyond - before);
    }

    /// How much of untold refunds a reported settled base already lacks.
    fn untold_before(&self, settled_at: Instant, base: Option<Minor>, beyond: i64) -> i64 {
        let (Some(base), Some(paid)) = (base, self.paid_until(settled_at)) else {
            return 0;
        };
        let told = self.refunded_until(settled_at);
        paid.0.saturating_sub(base.0).saturating_sub(told).clamp(0, beyond)
    }

    fn refunded_until(&self, at: Instant) -> i64 {
        let told = self.refunds.iter().filter(|refund| refund.at <= at);
        told.fold(0, |sum, refund| sum.saturating_add(refund.goods.0))
    }

    /// Goods paid, by everything told.
    pub fn paid_goods(&self) -> Option<Minor> {
        let latest = self.corrections.last().map(|(.., amount)| *amount);
        let first = self.first_paid();
        first.map(|first| latest.unwrap_or(first))
    }

    /// Goods paid as of an instant: corrections after it do not count.
    pub fn paid_until(&self, at: Instant) -> Option<Minor> {
        let correction = self.corrections.iter().rev().find(|(time, ..)| *time <= at);
        let first = self.first_paid();
        first.map(|first| correction.map_or(first, |(.., amount)| *amount))
    }

    /// An amount was told: what waits for one waits no longer.
    pub fn has_amount(&self) -> bool {
        self.first_paid().is_some()
    }

    fn first_paid(&self) -> Option<Minor> {
        match (self.paid, self.deposit, self.tail) {
            (Some((_, amount)), ..) => Some(amount),
            (None, Some((_, deposit)), Some((_, tail))) => Some(Minor(deposit.0.saturating_add(tail.0))),
            (None, Some((_, deposit)), None) => Some(deposit),
            (None, None, _) => None,
        }
    }

    /// Only the deposit of a pre-sale was paid.
    pub fn deposit_only(&self) -> bool {
        self.deposit.is_some() && self.tail.is_none() && self.paid.is_none()
    }

    /// The instant everything is looked up at (decision A4): created, else the order time told, else the first payment.
    pub fn pin_instant(&self, about: &About) -> Option<Instant> {
        let first_payment = || {
            let payments = [self.deposit.map(|d| d.0), self.paid.map(|p| p.0)];
            payments.into_iter().flatten().min()
        };
        if let Some((at, _)) = self.brought {
            return Some(at);
        }
        if self.created.is_none() && !self.has_amount() {
            return None;
        }
        self.created.or(about.ordered_at).or_else(first_payment)
    }

    /// The full payable base, when anything told it: for a pre-sale deposit and tail.
    pub fn payable_base(&self) -> Option<Minor> {
        self.payable.or_else(|| self.first_paid())
    }

    /// Cases whose freeze stands.
    pub fn is_frozen(&self) -> bool {
        self.freezes
            .values()
            .any(|case| case.frozen.is_some() && case.unfrozen.is_none() && case.forfeited.is_none())
    }

    /// A frozen case was forfeited before it was unfrozen.
    pub fn is_forfeited(&self) -> bool {
        self.freezes.values().any(|case| match (case.frozen, case.forfeited) {
            (Some(_), Some(forfeited)) => case.unfrozen.is_none_or(|unfrozen| forfeited <= unfrozen),
            _ => false,
        })
    }

    /// A freeze of this case was told.
    pub fn knows_freeze(&self, case: &ExternalId) -> bool {
        self.freezes.get(case).is_some_and(|freeze| freeze.frozen.is_some())
    }

    /// A win of this case was told.
    pub fn knows_win(&self, case: &ExternalId) -> bool {
        self.refunds.iter().any(|refund| refund.case == Some(case))
    }
}

/// The newest word of each track, the owner's view before a sharer's.
#[derive(Default)]
struct Tracks<'a> {
    estimated: Option<((View, Instant, String), &'a Track)>,
    settled: Option<((View, Instant, String), &'a Track)>,
}

impl<'a> Tracks<'a> {
    fn hear(&mut self, fact: &'a LineFact) {
        let Some(reported) = fact.reported.as_deref() else {
            return;
        };
        let order = (reported.view, fact.at, fact.identity());
        for (slot, told) in [
            (&mut self.estimated, &reported.estimated),
            (&mut self.settled, &reported.settled),
        ] {
            if let Some(track) = told
                && slot.as_ref().is_none_or(|(known, _)| *known < order)
            {
                *slot = Some((order.clone(), track));
            }
        }
    }
}

/// What facts tell about their line: of increments the earliest in business time, then of snapshots the newest, an
/// owner's view before a sharer's.
pub fn about<'a>(facts: impl Iterator<Item = &'a LineFact>) -> About {
    let mut telling: Vec<(Option<std::cmp::Reverse<View>>, i64, String, &LineFact)> = facts
        .filter(|fact| fact.about != About::default())
        .map(|fact| match fact.what {
            What::Snapshot(_) => {
                let view = Some(std::cmp::Reverse(fact.view()));
                (view, -fact.at.micros(), String::new(), fact)
            }
            _ => (None, fact.at.micros(), fact.identity(), fact),
        })
        .collect();
    telling.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
    let mut merged = About::default();
    for (.., fact) in telling {
        fill(&mut merged, &fact.about);
    }
    merged
}

fn fill(merged: &mut About, told: &About) {
    fn or<T: Clone>(slot: &mut Option<T>, told: &Option<T>) {
        if slot.is_none() {
            slot.clone_from(told);
        }
    }
    or(&mut merged.order_no, &told.order_no);
    or(&mut merged.buyer, &told.buyer);
    or(&mut merged.item_no, &told.item_no);
    or(&mut merged.shop_no, &told.shop_no);
    or(&mut merged.category, &told.category);
    or(&mut merged.quantity, &told.quantity);
    or(&mut merged.ordered_at, &told.ordered_at);
    or(&mut merged.promoter, &told.promoter);
    or(&mut merged.room, &told.room);
    or(&mut merged.show, &told.show);
    or(&mut merged.account, &told.account);
    or(&mut merged.pid, &told.pid);
    or(&mut merged.nick, &told.nick);
    or(&mut merged.purpose, &told.purpose);
}

/// The latest instant a fact speaks of: it counts only when that has come.
pub fn latest_instant(fact: &LineFact) -> Instant {
    let mut latest = fact.at;
    let mut also = |at: Option<Instant>| latest = at.map_or(latest, |at| at.max(latest));
    also(fact.about.ordered_at);
    if let What::BroughtOver(brought) = &fact.what {
        also(Some(brought.as_of));
    }
    if let What::Snapshot(row) = &fact.what {
        for at in [
            row.created_at,
            row.paid_at,
            row.received_at,
            row.settled_at,
            row.closed_at,
        ] {
            also(at);
        }
    }
    latest
}
