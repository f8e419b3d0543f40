//! The sub-order line: facts of a platform about one item of one order, and the money that follows from them.
//! Must never refuse a fact: what makes no sense is kept, parked and shown.
//!
//! The rule that makes arrival order irrelevant: a line keeps the *set* of its facts; `target.rs` computes from that set
//! and the pin what every account of the line should hold; a fact's entry is the target minus what was posted before.

pub mod brought;
#[cfg(test)]
mod brought_tests;
mod chain;
pub mod decide;
pub mod event;
pub mod fact;
pub mod pin;
pub mod post;
#[cfg(test)]
mod properties;
pub mod reported;
#[cfg(test)]
mod reported_tests;
#[cfg(test)]
mod shares_tests;
pub mod sold;
pub mod split;
pub mod state;
pub mod story;
#[cfg(test)]
mod support;
pub mod target;
#[cfg(test)]
mod tests;
mod weigh;
pub mod what_if;

pub use brought::{Agreed, BroughtOver};
pub use event::{FactApplied, FactState, Figures, LineEvent, Reattributed, Reattribution, Released, TimerOutcome};
pub use fact::{
    About, Discount, Funder, Illegibility, LineFact, Manner, NamedAmount, Purpose, Reported, Snapshot, Track, View,
    What,
};
pub use pin::{
    Attribution, Basis, Candidate, Dims, Hop, HopFormula, Keeps, Pin, RateTerms, Reason, Reservation, RuleChoice,
    Scope, Settleable, Terms,
};
pub use split::{Accrued, Role, Split, Step, split};
pub use state::{Accrual, Kept, LineState, LineStatus};
