//! A line as it stands: the set of its facts, its pin, and what was posted for it.
//! Must never depend on the order in which facts arrived, beyond positions.

use std::borrow::Cow;
use std::sync::Arc;

use super::event::{FactApplied, FactState, Figures, LineEvent, Reattributed, TimerOutcome};
use super::fact::{About, LineFact, What};
use super::pin::{BEFORE_CUT_OVER, Pin, Reservation, Terms};
use super::split::Accrued;
use super::split::split;
use super::story::{self, Story, latest_instant};
use super::target::{Holdings, Target, target};
use crate::base::{ClickId, ExternalId, Instant, LogId, TimerId};
use crate::domain::world::Placed;
use crate::ledger::Leg;
use crate::money::{Currency, Minor, MoneyError};

/// Where a line is, for people. The furthest fact decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// Known, no amount yet.
    #[default]
    Waiting,
    /// Ordered, unpaid.
    Created,
    /// Deposit paid.
    Deposit,
    /// Paid.
    Paid,
    /// Received.
    Received,
    /// Settled.
    Settled,
    /// Closed without commission.
    Closed,
}

impl LineStatus {
    /// Every status in the order of its number in the database.
    pub const ALL: [LineStatus; 7] = [
        LineStatus::Waiting,
        LineStatus::Created,
        LineStatus::Deposit,
        LineStatus::Paid,
        LineStatus::Received,
        LineStatus::Settled,
        LineStatus::Closed,
    ];

    /// Number in the database.
    pub fn code(self) -> i16 {
        LineStatus::ALL
            .iter()
            .zip(0..)
            .find(|(status, _)| **status == self)
            .map_or(0, |(_, code)| code)
    }

    /// From the number in the database.
    pub fn from_code(code: i16) -> Option<LineStatus> {
        usize::try_from(code)
            .ok()
            .and_then(|index| LineStatus::ALL.get(index))
            .copied()
    }
}

/// A code of a fact whose time has not come.
pub const IN_FUTURE: &str = "in_future";
/// A code of a refund larger than what remains.
pub const REFUND_EXCEEDS_REMAINING: &str = "refund_exceeds_remaining";
/// A code of a closing that came after the settlement.
pub const CLOSED_AFTER_SETTLEMENT: &str = "closed_after_settlement";

/// A fact as recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// As told.
    pub fact: LineFact,
    /// Its identity inside the line.
    pub identity: String,
    /// What became of it when it was recorded; a waiting one counts from the moment its prerequisite is there.
    pub state: FactState,
    /// Why it was not simply applied.
    pub code: Option<String>,
    /// What found no place.
    pub remainder: Option<Minor>,
    /// Position of its event.
    pub position: i64,
    /// It was taken back: as if it had never been told.
    pub withdrawn: bool,
}

impl Kept {
    /// It counts, or will when its time or its prerequisite comes.
    pub fn may_count(&self) -> bool {
        match self.state {
            _ if self.withdrawn => false,
            FactState::Applied | FactState::Stale | FactState::Waiting => true,
            FactState::Parked => matches!(
                self.code.as_deref(),
                Some(REFUND_EXCEEDS_REMAINING | CLOSED_AFTER_SETTLEMENT | BEFORE_CUT_OVER)
            ),
            FactState::Conflict => false,
        }
    }
}

/// What a line gives a month of a contract with tiers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accrual {
    /// Its settle date: the month is the one of this instant.
    pub settled_at: Instant,
    /// What, and to which contract.
    pub accrued: Accrued,
}

/// A line as it stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LineState {
    /// Its pin.
    pub pin: Option<Arc<Pin>>,
    /// Pending timers.
    pub timers: Vec<(TimerId, Instant)>,
    facts: Vec<Arc<Kept>>,
    about: Arc<About>,
    pinned_about: Arc<About>,
    pin_position: Option<i64>,
    currency: Option<Currency>,
    posted: Holdings,
    figures: Figures,
    ripe: Option<Instant>,
    listed: Vec<ClickId>,
    position: i64,
}

/// The id of the timer that an event sets.
pub fn timer_id(log: LogId, position: i64, ordinal: u32) -> TimerId {
    TimerId::set_by(log, position, ordinal)
}

impl LineState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &LineEvent, placed: &Placed) {
        match event {
            LineEvent::Fact(e) => self.heard(e, placed),
            LineEvent::Reattributed(e) => self.reattributed(e, placed),
            LineEvent::TimerFired(e) => self.fired(e, placed),
            LineEvent::Released(e) => self.follow(Some(&e.pin), &e.legs, &e.timers, &e.figures, placed),
        }
        self.position = placed.position;
    }

    fn heard(&mut self, e: &FactApplied, placed: &Placed) {
        self.facts.push(Arc::new(Kept {
            identity: e.fact.identity(),
            fact: e.fact.clone(),
            state: e.state,
            code: e.code.clone(),
            remainder: e.remainder,
            position: placed.position,
            withdrawn: false,
        }));
        if let (What::Withdrawn { identity, .. }, FactState::Applied) = (&e.fact.what, e.state) {
            self.take_back(identity);
        } else if self.facts.last().is_some_and(|kept| self.counts(kept, self.ripe)) {
            if let Cow::Owned(about) = self.about_with(&e.fact) {
                self.about = Arc::new(about);
            }
            self.currency = self.currency.or(e.fact.currency);
        }
        self.follow(e.pin.as_deref(), &e.legs, &e.timers, &e.figures, placed);
    }

    fn take_back(&mut self, identity: &str) {
        for kept in self.facts.iter_mut().filter(|kept| kept.identity == identity) {
            Arc::make_mut(kept).withdrawn = true;
        }
        self.about = Arc::new(story::about(self.counting(self.ripe)));
        self.currency = self.told_currency(self.ripe);
    }

    fn reattributed(&mut self, e: &Reattributed, placed: &Placed) {
        if e.pin.is_none() {
            self.listed.push(e.click);
        }
        self.follow(e.pin.as_deref(), &e.legs, &e.timers, &e.figures, placed);
    }

    fn fired(&mut self, e: &TimerOutcome, placed: &Placed) {
        self.timers.retain(|(id, _)| *id != e.timer);
        let ripe = self.ripe.max(Some(e.due));
        if self.frees(ripe) {
            self.about = Arc::new(story::about(self.counting(ripe)));
            self.currency = self.currency.or_else(|| self.told_currency(ripe));
        }
        self.ripe = ripe;
        self.follow(e.pin.as_deref(), &e.legs, &e.timers, &e.figures, placed);
    }

    fn follow(&mut self, pin: Option<&Pin>, legs: &[Leg], timers: &[Instant], figures: &Figures, placed: &Placed) {
        if let Some(pin) = pin {
            self.pin = Some(Arc::new(pin.clone()));
            self.pin_position = Some(placed.position);
            self.pinned_about = self.about.clone();
        }
        for leg in legs {
            let key = (leg.account, leg.layer);
            let held = self.posted.entry(key).or_default();
            // The engine refuses an entry that leaves 64 bits before it is folded.
            *held = Minor(held.0.saturating_add(leg.amount.0));
            if held.is_zero() {
                self.posted.remove(&key);
            }
        }
        for (ordinal, due) in (0_u32..).zip(timers) {
            self.timers.push((timer_id(placed.log, placed.position, ordinal), *due));
        }
        self.figures = figures.clone();
    }

    /// Every fact told, in order of recording.
    pub fn facts(&self) -> impl Iterator<Item = &Kept> {
        self.facts.iter().map(Arc::as_ref)
    }

    /// The fact recorded last.
    pub fn latest_fact(&self) -> Option<&Kept> {
        self.facts.last().map(Arc::as_ref)
    }

    /// What the counting facts tell about the line.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The platform that is its source.
    pub fn platform(&self) -> Option<&ExternalId> {
        self.facts.first().map(|kept| &kept.fact.platform)
    }

    /// The platform's sub-order number.
    pub fn line_no(&self) -> Option<&ExternalId> {
        self.facts.first().map(|kept| &kept.fact.line_no)
    }

    /// The pin instant, or the business time of the first fact while not pinned.
    pub fn at(&self) -> Option<Instant> {
        let first = || self.facts.first().map(|kept| kept.fact.at);
        self.pin.as_ref().map(|pin| pin.at).or_else(first)
    }

    /// Position of the event that pinned it last.
    pub fn pin_position(&self) -> Option<i64> {
        self.pin_position
    }

    /// Currency of every amount of the line.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Balances that the line's own legs left; zeros are absent.
    pub fn posted(&self) -> &Holdings {
        &self.posted
    }

    /// The bases behind them.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Position of its last event.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Where it is.
    pub fn status(&self) -> LineStatus {
        self.target().map(|target| target.status).unwrap_or_default()
    }

    /// Facts that have no effect as they stand: parked, in conflict, stale, or still waiting; and refunds beyond what
    /// remained, with the remainder.
    pub fn parked(&self) -> impl Iterator<Item = &Kept> {
        self.facts()
            .filter(|kept| !kept.withdrawn)
            .filter(|kept| match kept.state {
                // Released once the line was brought over.
                FactState::Parked if kept.code.as_deref() == Some(BEFORE_CUT_OVER) => {
                    self.pin.as_ref().is_none_or(|pin| pin.is_before_cut_over())
                }
                FactState::Parked | FactState::Conflict | FactState::Stale => true,
                FactState::Waiting => self.still_waits(kept),
                FactState::Applied => kept.remainder.is_some(),
            })
    }

    /// A fact that was recorded as waiting and whose prerequisite has not come.
    pub fn still_waits(&self, kept: &Kept) -> bool {
        if !self.counts(kept, self.ripe) {
            return true;
        }
        let story = self.story();
        match &kept.fact.what {
            What::RefundDeducted { case } => !story.knows_win(case),
            What::Unfrozen { case } | What::Forfeited { case } => !story.knows_freeze(case),
            _ => !story.has_amount() || self.pin.as_ref().is_none_or(|pin| pin.waits()),
        }
    }

    /// What the line holds of limited rules (decision A11): its reservation as pinned; nothing once it closed unpaid;
    /// with `give_back` what refunds left of it.
    pub fn reserved(&self, give_back: bool) -> Result<Option<Reservation>, MoneyError> {
        let Some((pin, taken)) = self.pin.as_ref().and_then(|pin| Some((pin, pin.reservation.as_ref()?))) else {
            return Ok(None);
        };
        let story = self.story();
        let target = self.target()?;
        let closed = target.status == LineStatus::Closed;
        let untold = story.created.is_none() && !story.has_amount();
        if untold || closed && (give_back || !story.has_amount() || story.deposit_only()) {
            return Ok(None);
        }
        let base = target.figures.won_base.or(target.figures.estimated_base);
        let (true, Some(base), Some(terms), Some(rule)) = (give_back, base, &pin.terms, &pin.rule) else {
            return Ok(Some(taken.clone()));
        };
        let returned = story.refunds.iter().map(|refund| refund.units.unwrap_or(0));
        let units = if base.is_zero() {
            0
        } else {
            taken.units.saturating_sub(returned.fold(0, u32::saturating_add))
        };
        Ok(Some(Reservation {
            rule: taken.rule,
            units,
            gross: taken.gross.min(split(terms, rule, base)?.gross),
            volume: taken.volume,
        }))
    }

    /// What the line gives the months of contracts with tiers in its currency.
    pub fn accrued(&self) -> Result<Vec<Accrual>, MoneyError> {
        let terms = self.pin.as_ref().and_then(|pin| pin.terms.as_ref());
        let has_tiers = |terms: &Terms| {
            let mut formulas = terms.chain.iter().filter_map(|hop| hop.formula.as_deref());
            formulas.any(|formula| formula.tiers_in.is_some() && formula.tiers_in == self.currency)
        };
        if !terms.is_some_and(has_tiers) {
            return Ok(Vec::new());
        }
        let target = self.target()?;
        let is_sale = self.about.is_sale();
        let accruals = target.settled_at.into_iter().flat_map(|settled_at| {
            let accrued = target.accrued.iter().copied();
            accrued.map(move |mut accrued| {
                // A gift, own use and an exchange are no sales: their money is shared like any other, tiers do not see them.
                accrued.figures.base = if is_sale { accrued.figures.base } else { Minor::ZERO };
                Accrual { settled_at, accrued }
            })
        });
        Ok(accruals
            .filter(|accrual| Some(accrual.accrued.currency) == self.currency)
            .collect())
    }

    /// Facts that count at a ripeness, in order of recording.
    pub(super) fn counting(&self, ripe: Option<Instant>) -> impl Iterator<Item = &LineFact> {
        let counting = self.facts().filter(move |kept| self.counts(kept, ripe));
        counting.map(|kept| &kept.fact)
    }

    /// A future fact's time comes with this ripeness.
    pub(super) fn frees(&self, ripe: Option<Instant>) -> bool {
        self.facts()
            .any(|kept| self.counts(kept, ripe) && !self.counts(kept, self.ripe))
    }

    fn counts(&self, kept: &Kept, ripe: Option<Instant>) -> bool {
        let early = kept.state == FactState::Waiting
            && kept.code.as_deref() == Some(IN_FUTURE)
            && ripe < Some(latest_instant(&kept.fact));
        let other_currency = matches!((self.currency, kept.fact.currency), (Some(line), Some(fact)) if line != fact);
        kept.may_count() && !early && !other_currency
    }

    pub(super) fn told_currency(&self, ripe: Option<Instant>) -> Option<Currency> {
        self.counting(ripe).find_map(|fact| fact.currency)
    }

    /// The story so far.
    pub fn story(&self) -> Story<'_> {
        Story::read(self.counting(self.ripe))
    }

    /// What the line should hold as it stands.
    pub fn target(&self) -> Result<Target, MoneyError> {
        target(&self.story(), self.quantity(), self.pin.as_deref(), self.ripe)
    }

    /// Units bought.
    pub fn quantity(&self) -> u32 {
        self.about.quantity.unwrap_or(1)
    }

    pub(super) fn ripe(&self) -> Option<Instant> {
        self.ripe
    }

    /// What was told of the line when it was pinned last.
    pub fn pinned_about(&self) -> &About {
        &self.pinned_about
    }

    pub(super) fn was_listed(&self, click: ClickId) -> bool {
        self.listed.contains(&click)
    }

    /// What is told of the line with one more fact; borrowed when the fact tells nothing new.
    pub fn about_with(&self, fact: &LineFact) -> Cow<'_, About> {
        if fact.about == About::default() || fact.about == *self.about {
            return Cow::Borrowed(&self.about);
        }
        Cow::Owned(story::about(self.counting(self.ripe).chain([fact])))
    }
}
