//! Legs of a contract's month.
//! Must never compute an amount: events hold them.

use super::event::ShareEvent;
use crate::ledger::{Entry, EntryError};

/// The entry of an event.
pub fn post(event: &ShareEvent) -> Result<Entry, EntryError> {
    match event {
        ShareEvent::Accrued(_) => Ok(Entry::default()),
        ShareEvent::TruedUp(e) => Entry::balanced(e.legs.iter().copied()),
    }
}
