//! A line as it stands: the set of its facts, its pin, and what was posted for it.
//! Must never depend on the order in which facts arrived, beyond positions.

use super::event::LineEvent;
use super::pin::Pin;
use crate::base::{Instant, TimerId};
use crate::domain::world::Placed;

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

/// A line as it stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LineState {
    /// Its pin.
    pub pin: Option<Pin>,
    /// Pending timers.
    pub timers: Vec<(TimerId, Instant)>,
}

impl LineState {
    /// Position of the event that pinned it.
    pub fn pin_position(&self) -> Option<i64> {
        None
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &LineEvent, placed: &Placed) {
        let _ = (event, placed);
    }
}
