//! Events of a line. Each says what was decided with the amounts in it; nothing is ever recomputed from rules.
//! Must never be changed once released: a new shape is a new schema version with an upcast.

use serde::{Deserialize, Serialize};

use super::fact::LineFact;
use super::pin::Pin;
use crate::base::{ClickId, Instant, TimerId};
use crate::ledger::Leg;
use crate::money::Minor;

/// What became of a fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactState {
    /// It counts.
    Applied,
    /// It waits for a prerequisite, or for its time to come.
    Waiting,
    /// Kept and shown; has no effect until a person acts.
    Parked,
    /// An older snapshot; stored, no effect.
    Stale,
    /// Same identity, other content; stored, no effect.
    Conflict,
}

/// The bases behind the amounts, for explanation: what each component was computed on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Base of the estimate now posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_base: Option<Minor>,
    /// Settled base S before refunds won after settlement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_base: Option<Minor>,
    /// Settled base after refunds won.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub won_base: Option<Minor>,
    /// Settled base after refunds deducted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deducted_base: Option<Minor>,
}

/// A fact arrived at its line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FactApplied {
    /// The fact as told.
    pub fact: LineFact,
    /// What became of it.
    pub state: FactState,
    /// Stable code when it is not applied, or applied in part (`refund_exceeds_remaining`, `below_minimum`, `in_future`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Amount that found no place: parked, without legs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remainder: Option<Minor>,
    /// The line was pinned, or pinned anew, by this fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Box<Pin>>,
    /// The bases after this fact.
    #[serde(default)]
    pub figures: Figures,
    /// What moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
    /// Date of the settled legs when it is not the event's own time: the settle date of a split or its correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounting_at: Option<Instant>,
    /// Timers this fact sets on the line: when it becomes settleable, or when a future fact's time comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Instant>,
}

/// What a late click did (decision A7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reattribution {
    /// Before settlement: the estimate was replaced.
    EstimateReplaced,
    /// After settlement, period open: the difference was posted.
    Adjusted,
    /// Past the period's cut-off: only listed.
    Listed,
}

/// A click that arrived late would have won this line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reattributed {
    /// The click.
    pub click: ClickId,
    /// What it did.
    pub outcome: Reattribution,
    /// The new pin; none when only listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Box<Pin>>,
    /// The bases after it.
    #[serde(default)]
    pub figures: Figures,
    /// What moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
    /// Date of the settled legs when it is not the event's own time: the settle date of a split or its correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounting_at: Option<Instant>,
    /// Timers it sets: a line that earns now may have to settle by time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Instant>,
}

/// A timer of the line fired: it became settleable, or a future fact's time came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimerOutcome {
    /// Which timer.
    pub timer: TimerId,
    /// When it was due.
    pub due: Instant,
    /// Stable code when it had nothing left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed: Option<String>,
    /// The line was pinned by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Box<Pin>>,
    /// The bases after it.
    #[serde(default)]
    pub figures: Figures,
    /// What moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
    /// Date of the settled legs when it is not the event's own time: the settle date of a split or its correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounting_at: Option<Instant>,
    /// Further timers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Instant>,
}

/// What a line waited for is there: it is pinned anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Released {
    /// The new pin.
    pub pin: Box<Pin>,
    /// The bases after it.
    #[serde(default)]
    pub figures: Figures,
    /// What moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
    /// Date of the settled legs when it is not the event's own time: the settle date of a split or its correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounting_at: Option<Instant>,
    /// Timers it sets: a line that earns now may have to settle by time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Instant>,
}

/// What happened to a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineEvent {
    /// A fact arrived; the wire kind is the fact's own (`order.paid`, …).
    Fact(Box<FactApplied>),
    /// `order.reattributed`
    Reattributed(Box<Reattributed>),
    /// `line.timer_fired`
    TimerFired(Box<TimerOutcome>),
    /// `line.released`
    Released(Box<Released>),
}

/// Code of what an account has no room for.
pub const NO_ROOM: &str = "amount_out_of_range";

impl LineEvent {
    /// The same event without effect: an account has no room for what it would move. A fact is kept and parked, a late
    /// click is only listed, a timer lapses. `stands` are the figures of the line before it.
    #[must_use]
    pub fn without_effect(self, stands: &Figures) -> LineEvent {
        match self {
            LineEvent::Fact(told) => LineEvent::Fact(Box::new(FactApplied {
                fact: told.fact,
                state: FactState::Parked,
                code: Some(NO_ROOM.to_owned()),
                remainder: None,
                pin: None,
                figures: stands.clone(),
                legs: Vec::new(),
                accounting_at: None,
                timers: Vec::new(),
            })),
            LineEvent::Reattributed(won) => LineEvent::Reattributed(Box::new(Reattributed {
                click: won.click,
                outcome: Reattribution::Listed,
                pin: None,
                figures: stands.clone(),
                legs: Vec::new(),
                accounting_at: None,
                timers: Vec::new(),
            })),
            LineEvent::TimerFired(fired) => LineEvent::TimerFired(Box::new(TimerOutcome {
                timer: fired.timer,
                due: fired.due,
                lapsed: Some(NO_ROOM.to_owned()),
                pin: None,
                figures: stands.clone(),
                legs: Vec::new(),
                accounting_at: None,
                timers: Vec::new(),
            })),
            LineEvent::Released(released) => LineEvent::Released(Box::new(Released {
                pin: released.pin,
                figures: stands.clone(),
                legs: Vec::new(),
                accounting_at: None,
                timers: Vec::new(),
            })),
        }
    }
}
