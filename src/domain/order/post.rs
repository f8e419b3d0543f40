//! Legs of a line's events.
//! Must never compute an amount: events hold them.

use super::event::LineEvent;
use crate::ledger::{Entry, EntryError};

/// The entry of an event.
pub fn post(event: &LineEvent) -> Result<Entry, EntryError> {
    let legs = match event {
        LineEvent::Fact(e) => &e.legs,
        LineEvent::Reattributed(e) => &e.legs,
        LineEvent::TimerFired(e) => &e.legs,
        LineEvent::Released(e) => &e.legs,
    };
    Entry::balanced(legs.iter().copied())
}
