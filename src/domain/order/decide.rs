//! Decisions of a line: a fact, a late click or a due timer and the line as it stands give one event, or nothing new.
//! Must never refuse a fact, and must never look anything up: pricing is handed in.
//!
//! A line is pinned anew when what is looked up changes: an earlier order time, something told about it that was not told
//! when it was pinned, a first amount. The same facts in any order therefore end in the same pin, scarce things apart:
//! those are dealt in the order of the log and never re-dealt (decision A5).

use std::iter::once;

use super::brought::{BroughtOver, CUTOVER_UNKNOWN, NOT_BEFORE};
use super::event::{FactApplied, FactState, LineEvent, NO_ROOM, Reattributed, Reattribution, Released, TimerOutcome};
use super::fact::{About, COMMISSION_EXCEEDS_PAYMENT, LineFact, What};
use super::pin::{BEFORE_CUT_OVER, Pin, UNKNOWN_PAYER, UNKNOWN_PLACEMENT};
use super::reported::without_taker;
use super::state::{CLOSED_AFTER_SETTLEMENT, IN_FUTURE, LineState, LineStatus, REFUND_EXCEEDS_REMAINING};
use super::story::{Story, latest_instant};
use super::target::{Target, target};
use crate::base::{ClickId, CutoverId, Instant, TimerId};
use crate::ledger::{Layer, Leg};
use crate::money::{Currency, Minor, MoneyError};

/// What pricing is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinRequest<'a> {
    /// The pin instant.
    pub at: Instant,
    /// The full payable base to reserve for.
    pub payable: Minor,
    /// Currency.
    pub currency: Currency,
    /// What is told of the line so far, this fact included.
    pub about: &'a About,
    /// What was agreed of it in other books: nothing is looked up then.
    pub agreed: Option<&'a BroughtOver>,
}

/// What a decision may ask of the book.
pub struct Desk<'a> {
    /// Time of recording.
    pub now: Instant,
    /// The book books this currency.
    pub books: &'a dyn Fn(Currency) -> bool,
    /// The instant of an approved cut-over.
    pub cut_over: &'a dyn Fn(CutoverId) -> Option<Instant>,
    /// The month of an instant is cut off.
    pub cut_off: &'a dyn Fn(Instant) -> bool,
    /// Pins the line; none when no formula is in force.
    pub price: &'a mut dyn FnMut(&PinRequest<'_>) -> Option<Pin>,
}

/// What a fact came to.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// The same fact is known already: the position of the event that recorded it.
    Known(i64),
    /// Record this.
    New(LineEvent),
}

/// Decides a fact.
pub fn fact(state: &LineState, fact: &LineFact, desk: &mut Desk<'_>) -> Heard {
    let identity = fact.identity();
    let mut same = state
        .facts()
        .filter(|kept| kept.identity == identity && !kept.withdrawn);
    if let Some(known) = same.find(|kept| kept.fact == *fact) {
        return Heard::Known(known.position);
    }
    // A fact that was parked for good may be told again rightly; whichever comes first, the right one counts.
    let event = if (state.facts()).any(|kept| kept.identity == identity && kept.may_count()) {
        inert(state, fact, FactState::Conflict, "same_identity_other_content")
    } else if let Some(code) = fault(state, fact, desk) {
        inert(state, fact, FactState::Parked, code)
    } else if latest_instant(fact) > desk.now {
        FactApplied {
            timers: vec![latest_instant(fact)],
            ..inert(state, fact, FactState::Waiting, IN_FUTURE)
        }
    } else if let What::Withdrawn { identity, .. } = &fact.what {
        take_back(state, fact, identity, desk).unwrap_or_else(|_| inert(state, fact, FactState::Parked, NO_ROOM))
    } else if is_stale(state, fact) {
        inert(state, fact, FactState::Stale, "older_snapshot")
    } else {
        weigh_in(state, fact, desk).unwrap_or_else(|_| inert(state, fact, FactState::Parked, NO_ROOM))
    };
    Heard::New(LineEvent::Fact(Box::new(event)))
}

/// An event that keeps a fact without effect.
fn inert(state: &LineState, fact: &LineFact, became: FactState, code: &str) -> FactApplied {
    FactApplied {
        fact: fact.clone(),
        state: became,
        code: Some(code.to_owned()),
        remainder: None,
        pin: None,
        figures: state.figures().clone(),
        legs: Vec::new(),
        accounting_at: None,
        timers: Vec::new(),
    }
}

/// Why a fact can never count.
fn fault(state: &LineState, fact: &LineFact, desk: &Desk<'_>) -> Option<&'static str> {
    if let What::Illegible { fault, .. } = &fact.what {
        return Some(fault.code());
    }
    let other = |told: Currency| state.currency().is_some_and(|line| line != told) || !(desk.books)(told);
    if fact.currency.is_some_and(other) {
        return Some("currency_mismatch");
    }
    if fact.amounts().any(|amount| amount.0 < 0) {
        return Some("amount_negative");
    }
    if let What::BroughtOver(brought) = &fact.what {
        let wrong = not_to_be_brought(fact, brought, desk);
        if wrong.is_some() {
            return wrong;
        }
    }
    fact.exceeds_payment().then_some(COMMISSION_EXCEEDS_PAYMENT)
}

/// Why a line cannot be brought over: its cut-over is none, it was sold after it, or its figures are no whole.
fn not_to_be_brought(fact: &LineFact, brought: &BroughtOver, desk: &Desk<'_>) -> Option<&'static str> {
    match (desk.cut_over)(brought.cutover) {
        None => return Some(CUTOVER_UNKNOWN),
        Some(at) if fact.at >= at || brought.as_of != at => return Some(NOT_BEFORE),
        Some(_) => {}
    }
    let track = fact
        .reported
        .as_deref()
        .and_then(|reported| reported.estimated.as_ref());
    brought.fault(track).unwrap_or(Some(NO_ROOM))
}

fn is_stale(state: &LineState, fact: &LineFact) -> bool {
    let is_snapshot = |what: &What| matches!(what, What::Snapshot(_));
    is_snapshot(&fact.what)
        && state
            .counting(state.ripe())
            .any(|told| is_snapshot(&told.what) && told.view() == fact.view() && told.at > fact.at)
}

/// What pinning came to.
enum Pinning {
    Stands,
    Anew(Box<Pin>),
    NoFormula,
    PastCutOff,
}

fn weigh_in(state: &LineState, fact: &LineFact, desk: &mut Desk<'_>) -> Result<FactApplied, MoneyError> {
    let currency = state.currency().or(fact.currency);
    let story = Story::read(state.counting(state.ripe()).chain(once(fact)));
    let about = state.about_with(fact);
    let pinning = pinning(state, &story, &about, currency, desk)?;
    if let (Pinning::Anew(pin), None) = (&pinning, &state.pin)
        && pin.why_nothing.as_deref() == Some("currency_mismatch")
    {
        return Ok(inert(state, fact, FactState::Parked, "currency_mismatch"));
    }
    if let Some(code) = unpostable(state, fact, &pinning) {
        return Ok(inert(state, fact, FactState::Parked, code));
    }
    let moves = Moves::of(state, &story, &about, currency, &pinning, state.ripe())?;
    let excess = moves.target.excess;
    let remainder = if excess.is_zero() {
        Minor::ZERO
    } else {
        Minor(excess.minus(state.target()?.excess)?.0.max(0))
    };
    let verdict = verdict(&Hearing {
        state,
        fact,
        story: &story,
        currency,
        target: &moves.target,
        pinning: &pinning,
        remainder,
    });
    Ok(FactApplied {
        fact: fact.clone(),
        state: verdict.0,
        code: verdict.1.map(str::to_owned),
        remainder: (!remainder.is_zero()).then_some(remainder),
        accounting_at: moves.accounting_at(fact.at),
        timers: moves.timers(state),
        pin: pinning.into_pin(),
        figures: moves.target.figures,
        legs: moves.legs,
    })
}

/// Code of a fact whose row carries a component that the formula has no taker for: nothing of it may be lost.
const NO_TAKER: &str = "component_without_taker";

/// Why what a row reports cannot be posted under the line's terms.
fn unpostable(state: &LineState, fact: &LineFact, pinning: &Pinning) -> Option<&'static str> {
    let pin = match pinning {
        Pinning::Anew(pin) => Some(pin.as_ref()),
        Pinning::Stands | Pinning::NoFormula | Pinning::PastCutOff => state.pin.as_deref(),
    };
    let terms = pin
        .and_then(|pin| pin.terms.as_ref())
        .filter(|terms| terms.as_reported)?;
    let reported = fact.reported.as_deref()?;
    let mut tracks = reported.estimated.iter().chain(&reported.settled);
    tracks
        .any(|track| without_taker(terms, track).is_some())
        .then_some(NO_TAKER)
}

/// Takes an earlier fact back: the line moves to what it would hold had that fact never been told.
fn take_back(
    state: &LineState,
    fact: &LineFact,
    identity: &str,
    desk: &mut Desk<'_>,
) -> Result<FactApplied, MoneyError> {
    if !state.facts().any(|kept| kept.identity == identity && !kept.withdrawn) {
        return Ok(inert(state, fact, FactState::Parked, "nothing_to_withdraw"));
    }
    let remaining = || state.counting(state.ripe()).filter(|told| told.identity() != identity);
    let story = Story::read(remaining());
    let about = super::story::about(remaining());
    let currency = state.currency();
    let pinning = pinning(state, &story, &about, currency, desk)?;
    let moves = Moves::of(state, &story, &about, currency, &pinning, state.ripe())?;
    Ok(FactApplied {
        fact: fact.clone(),
        state: FactState::Applied,
        code: matches!(pinning, Pinning::PastCutOff).then(|| "repin_past_cut_off".to_owned()),
        remainder: None,
        accounting_at: moves.accounting_at(fact.at),
        timers: moves.timers(state),
        pin: pinning.into_pin(),
        figures: moves.target.figures,
        legs: moves.legs,
    })
}

impl Pinning {
    fn into_pin(self) -> Option<Box<Pin>> {
        match self {
            Pinning::Anew(pin) => Some(pin),
            Pinning::Stands | Pinning::NoFormula | Pinning::PastCutOff => None,
        }
    }
}

fn pinning(
    state: &LineState,
    story: &Story<'_>,
    about: &About,
    currency: Option<Currency>,
    desk: &mut Desk<'_>,
) -> Result<Pinning, MoneyError> {
    let (Some(at), Some(currency)) = (story.pin_instant(about), currency) else {
        return Ok(Pinning::Stands);
    };
    let payable = story.payable_base().unwrap_or_default();
    if let Some(pin) = &state.pin {
        if !looks_up_anew(state, pin, at, payable, about) && pin.brought_over.is_some() == story.brought.is_some() {
            return Ok(Pinning::Stands);
        }
        let settled_at = state.target()?.settled_at;
        // A line that waited has posted nothing yet: what it posts late counts in the open period and points back.
        if settled_at.is_some_and(|at| (desk.cut_off)(at)) && !pin.waits() {
            return Ok(Pinning::PastCutOff);
        }
    }
    let request = PinRequest {
        at,
        payable,
        currency,
        about,
        agreed: story.brought.map(|(_, brought)| brought),
    };
    Ok(match (desk.price)(&request) {
        None => Pinning::NoFormula,
        Some(pin) if state.pin.as_deref() == Some(&pin) => Pinning::Stands,
        Some(pin) => Pinning::Anew(Box::new(pin)),
    })
}

fn looks_up_anew(state: &LineState, pin: &Pin, at: Instant, payable: Minor, about: &About) -> bool {
    pin.waits() || pin.at != at || about != state.pinned_about() || (pin.payable.is_zero() && !payable.is_zero())
}

/// The instants at which a line would be pinned while these facts are decided one after the other; empty when its pin
/// stands throughout. What has to be looked up for them follows from this.
pub fn pins_wanted(state: &LineState, facts: &[&LineFact]) -> Vec<(Instant, About)> {
    let mut wanted = Vec::new();
    if state.pin.as_ref().is_some_and(|pin| pin.brought_over.is_some()) {
        return wanted;
    }
    for told in 1..=facts.len() {
        let facts = || facts.iter().take(told).copied();
        let story = Story::read(state.counting(state.ripe()).chain(facts()));
        let about = match facts().last() {
            Some(only) if told == 1 => state.about_with(only).into_owned(),
            _ => super::story::about(state.counting(state.ripe()).chain(facts())),
        };
        let Some(at) = story.pin_instant(&about) else { continue };
        let payable = story.payable_base().unwrap_or_default();
        let stands = (state.pin.as_ref()).is_some_and(|pin| !looks_up_anew(state, pin, at, payable, &about));
        if !stands && !wanted.contains(&(at, about.clone())) {
            wanted.push((at, about));
        }
    }
    wanted
}

/// What moves from the line as it stands to its target.
struct Moves {
    target: Target,
    legs: Vec<Leg>,
}

impl Moves {
    fn of(
        state: &LineState,
        story: &Story<'_>,
        about: &About,
        currency: Option<Currency>,
        pinning: &Pinning,
        ripe: Option<Instant>,
    ) -> Result<Moves, MoneyError> {
        let pin = match pinning {
            Pinning::Anew(pin) => Some(pin.as_ref()),
            Pinning::Stands | Pinning::NoFormula | Pinning::PastCutOff => state.pin.as_deref(),
        };
        let target = target(story, about.quantity.unwrap_or(1), pin, ripe)?;
        let legs = match currency {
            Some(currency) => target.legs(state.posted(), currency)?,
            None => Vec::new(),
        };
        Ok(Moves { target, legs })
    }

    /// The settle date for a split or its correction: whatever happened up to the settlement belongs to it.
    fn accounting_at(&self, at: Instant) -> Option<Instant> {
        let settled = self.legs.iter().any(|leg| leg.layer == Layer::Settled);
        self.target.settled_at.filter(|settled_at| settled && at <= *settled_at)
    }

    fn timers(&self, state: &LineState) -> Vec<Instant> {
        let pending = |due: &Instant| state.timers.iter().any(|(_, set)| set == due);
        self.target.settles_at.filter(|due| !pending(due)).into_iter().collect()
    }
}

struct Hearing<'a> {
    state: &'a LineState,
    fact: &'a LineFact,
    story: &'a Story<'a>,
    currency: Option<Currency>,
    target: &'a Target,
    pinning: &'a Pinning,
    remainder: Minor,
}

impl Hearing<'_> {
    fn pin(&self) -> Option<&Pin> {
        match self.pinning {
            Pinning::Anew(pin) => Some(pin.as_ref()),
            _ => self.state.pin.as_deref(),
        }
    }

    fn is_before_cut_over(&self) -> bool {
        self.pin().is_some_and(Pin::is_before_cut_over)
    }

    /// What a line waits for that is nobody's yet: with an amount, it is shown until somebody is assigned.
    fn waits_for(&self) -> Option<&'static str> {
        let why = self.pin()?.why_nothing.as_deref()?;
        let codes = [UNKNOWN_PLACEMENT, UNKNOWN_PAYER];
        codes.into_iter().find(|code| *code == why && self.story.has_amount())
    }
}

/// What became of a fact that may count, and why not simply so.
fn verdict(hearing: &Hearing<'_>) -> (FactState, Option<&'static str>) {
    use FactState::{Applied, Parked, Waiting};
    let story = hearing.story;
    if hearing.currency.is_none() && hearing.fact.amounts().next().is_some() {
        return (Waiting, Some("waits_for_currency"));
    }
    if matches!(hearing.pinning, Pinning::NoFormula) && hearing.state.pin.is_none() {
        return (Waiting, Some("no_formula"));
    }
    if hearing.is_before_cut_over() {
        return (Parked, Some(BEFORE_CUT_OVER));
    }
    if let Some(code) = hearing.waits_for() {
        return (Waiting, Some(code));
    }
    let closes_unpaid = matches!(hearing.fact.what, What::Closed { .. }) && story.created.is_some();
    match &hearing.fact.what {
        What::Created { .. } | What::Deposit { .. } | What::Paid { .. } | What::Snapshot(_) | What::BroughtOver(_) => {}
        _ if !story.has_amount() && !closes_unpaid => return (Waiting, Some("waits_for_amount")),
        What::RefundDeducted { case } if !story.knows_win(case) => return (Waiting, Some("waits_for_won")),
        What::Unfrozen { case } | What::Forfeited { case } if !story.knows_freeze(case) => {
            return (Waiting, Some("waits_for_frozen"));
        }
        What::Closed { .. } if hearing.target.status == LineStatus::Settled => {
            return (Parked, Some(CLOSED_AFTER_SETTLEMENT));
        }
        What::RefundWon { goods, .. } if !hearing.remainder.is_zero() => {
            let state = if hearing.remainder >= *goods { Parked } else { Applied };
            return (state, Some(REFUND_EXCEEDS_REMAINING));
        }
        _ => {}
    }
    let figures = &hearing.target.figures;
    let base = figures.won_base.or(figures.estimated_base).unwrap_or_default();
    let code = if !hearing.remainder.is_zero() {
        Some(REFUND_EXCEEDS_REMAINING)
    } else if matches!(hearing.pinning, Pinning::PastCutOff) {
        Some("repin_past_cut_off")
    } else if hearing.target.below_minimum && !base.is_zero() && figures != hearing.state.figures() {
        Some("below_minimum")
    } else {
        None
    };
    (Applied, code)
}

/// Decides a late click: `price` pins with the click as winner. Nothing, when the click changes nothing.
pub fn reattribute(state: &LineState, click: ClickId, clicked_at: Instant, desk: &mut Desk<'_>) -> Option<LineEvent> {
    let (pin, currency) = (state.pin.as_ref()?, state.currency()?);
    if pin.brought_over.is_some()
        || pin.attribution.click == Some(click)
        || clicked_at >= pin.at
        || state.was_listed(click)
    {
        return None;
    }
    let request = PinRequest {
        at: pin.at,
        payable: pin.payable,
        currency,
        about: state.about(),
        agreed: None,
    };
    let anew = (desk.price)(&request).filter(|anew| anew.attribution.click == Some(click))?;
    let settled_at = state.target().ok()?.settled_at;
    let listed = Reattributed {
        click,
        outcome: Reattribution::Listed,
        pin: None,
        figures: state.figures().clone(),
        legs: Vec::new(),
        accounting_at: None,
        timers: Vec::new(),
    };
    let event = if settled_at.is_some_and(|at| (desk.cut_off)(at)) {
        listed
    } else {
        let pinning = Pinning::Anew(Box::new(anew));
        let moves = Moves::of(
            state,
            &state.story(),
            state.about(),
            Some(currency),
            &pinning,
            state.ripe(),
        )
        .ok()?;
        Reattributed {
            outcome: match settled_at {
                Some(_) => Reattribution::Adjusted,
                None => Reattribution::EstimateReplaced,
            },
            accounting_at: moves.accounting_at(pin.at),
            timers: moves.timers(state),
            pin: pinning.into_pin(),
            figures: moves.target.figures,
            legs: moves.legs,
            ..listed
        }
    };
    Some(LineEvent::Reattributed(Box::new(event)))
}

/// Decides a line whose placement or payer may be known now; nothing when it does not wait, or waits on.
pub fn release(state: &LineState, desk: &mut Desk<'_>) -> Option<LineEvent> {
    let waiting = state.pin.as_ref().filter(|pin| pin.waits())?;
    let request = PinRequest {
        at: waiting.at,
        payable: waiting.payable,
        currency: state.currency()?,
        about: state.about(),
        agreed: None,
    };
    let pin = Box::new((desk.price)(&request).filter(|pin| !pin.waits())?);
    let pinning = Pinning::Anew(pin.clone());
    let (story, about) = (state.story(), state.about());
    let moves = Moves::of(state, &story, about, state.currency(), &pinning, state.ripe()).ok()?;
    Some(LineEvent::Released(Box::new(Released {
        pin,
        accounting_at: moves.accounting_at(waiting.at),
        timers: moves.timers(state),
        figures: moves.target.figures,
        legs: moves.legs,
    })))
}

/// Decides a due timer of the line; nothing when the line has no such timer pending.
pub fn timer(state: &LineState, timer: TimerId, due: Instant, desk: &mut Desk<'_>) -> Option<LineEvent> {
    if !state.timers.contains(&(timer, due)) {
        return None;
    }
    let lapsed = |code: &str| TimerOutcome {
        timer,
        due,
        lapsed: Some(code.to_owned()),
        pin: None,
        figures: state.figures().clone(),
        legs: Vec::new(),
        accounting_at: None,
        timers: Vec::new(),
    };
    let outcome = ripen(state, timer, due, desk).unwrap_or_else(|_| lapsed(NO_ROOM));
    Some(LineEvent::TimerFired(Box::new(outcome)))
}

fn ripen(state: &LineState, timer: TimerId, due: Instant, desk: &mut Desk<'_>) -> Result<TimerOutcome, MoneyError> {
    let ripe = state.ripe().max(Some(due));
    let story = Story::read(state.counting(ripe));
    let currency = state.currency().or_else(|| state.told_currency(ripe));
    let about = super::story::about(state.counting(ripe));
    let pinning = pinning(state, &story, &about, currency, desk)?;
    let moves = Moves::of(state, &story, &about, currency, &pinning, ripe)?;
    let timers = moves.timers(state);
    let changed = !moves.legs.is_empty() || moves.target.figures != *state.figures() || state.frees(ripe);
    let idle = !changed && timers.is_empty() && !matches!(pinning, Pinning::Anew(_));
    Ok(TimerOutcome {
        timer,
        due,
        lapsed: idle.then(|| "nothing_to_do".to_owned()),
        accounting_at: moves.accounting_at(due),
        pin: pinning.into_pin(),
        timers,
        figures: moves.target.figures,
        legs: moves.legs,
    })
}

/// Timers of a line that are due: by due, then id (decision B13).
pub fn due_timers(state: &LineState, now: Instant) -> Vec<(TimerId, Instant)> {
    let mut due: Vec<(TimerId, Instant)> = state.timers.iter().filter(|(_, due)| *due <= now).copied().collect();
    due.sort_unstable_by_key(|(timer, due)| (*due, *timer));
    due
}
