//! Decisions of a line: a fact, a late click or a due timer and the line as it stands give one event, or nothing new.
//! Must never refuse a fact, and must never look anything up: pricing is handed in.

use super::event::LineEvent;
use super::fact::{About, LineFact};
use super::pin::Pin;
use super::state::LineState;
use crate::base::{ClickId, Instant, TimerId};
use crate::money::{Currency, Minor};

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
pub fn fact(
    state: &LineState,
    fact: &LineFact,
    now: Instant,
    price: &mut dyn FnMut(&PinRequest<'_>) -> Option<Pin>,
) -> Heard {
    let _ = (state, fact, now, price);
    Heard::Known(0)
}

/// Decides a late click: `price` pins with the click as winner; `cut_off` tells whether an instant's month is cut off.
/// Nothing, when the click changes nothing.
pub fn reattribute(
    state: &LineState,
    click: ClickId,
    clicked_at: Instant,
    cut_off: &dyn Fn(Instant) -> bool,
    price: &mut dyn FnMut(&PinRequest<'_>) -> Option<Pin>,
) -> Option<LineEvent> {
    let _ = (state, click, clicked_at, cut_off, price);
    None
}

/// Decides a due timer of the line. Always an event.
pub fn timer(
    state: &LineState,
    timer: TimerId,
    due: Instant,
    now: Instant,
    price: &mut dyn FnMut(&PinRequest<'_>) -> Option<Pin>,
) -> Option<LineEvent> {
    let _ = (state, timer, due, now, price);
    None
}

/// Timers of a line that are due at an instant, by due then id.
pub fn due_timers(state: &LineState, now: Instant) -> Vec<(TimerId, Instant)> {
    let _ = (state, now);
    Vec::new()
}
