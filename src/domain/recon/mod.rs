//! Reconciliation 对账: a platform's statement beside our lines, the breaks found, and how a person dealt with each.
//! Must never post a difference by itself: a break proposes, a person accepts, and existing commands correct.
//!
//! `words` the twelve classes with causes and proposals, `sides` a line on both sides, `compare` it to findings, `event`, `state`
//! and `decide` as in every slice. A break is named by what it says (line, class, component, both figures), so the same
//! difference is the same break in every run, and what was decided about it stays decided until it says something else.

pub mod compare;
pub mod decide;
mod event;
pub mod sides;
mod state;
#[cfg(test)]
mod tests;
mod words;

pub use event::{BreakResolved, BreaksResolved, How, ReconEvent, ReconciliationRun};
pub use state::{ReconState, Resolved};
pub use words::{BreakClass, CashTag, Cause, Proposal};
