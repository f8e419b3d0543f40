//! Decisions about reconciliations: a run is noted once, and a break is decided by a person once.
//! Must never do what a break proposes: `flow/` does, in the same batch.

use super::event::{How, ReconEvent, ReconciliationRun};
use super::state::{ReconState, Resolved};
use crate::base::BreakId;
use crate::domain::refusal::{Refusal, Wrong};

/// Most breaks that one command deals with.
pub const MOST: usize = 500;
/// Longest reason in characters.
const LONGEST_REASON: usize = 1_000;

/// Notes a run; nothing when it is known.
pub fn run(state: &ReconState, run: &ReconciliationRun) -> Option<ReconEvent> {
    state.run.is_none().then(|| ReconEvent::Run(Box::new(run.clone())))
}

/// What dealing with breaks must be, before anything is done for it.
///
/// INVARIANT: a break that was accepted or rejected is not decided again in the same run, unless that decision `lapsed`
/// (its adjustment was refused, or the day it waited for has come); a parked one may be.
pub fn resolve(
    state: &ReconState,
    how: How,
    reason: Option<&str>,
    breaks: &[BreakId],
    lapsed: &dyn Fn(&Resolved) -> bool,
) -> Result<(), Refusal> {
    if state.run.is_none() {
        return Err(Refusal::not_found("reconciliation"));
    }
    let mut wrong = Wrong::default();
    wrong.when(
        breaks.is_empty() || breaks.len() > MOST,
        "/breaks",
        "breaks_count",
        "1 to 500 breaks at once",
    );
    let fits = |reason: &str| !reason.trim().is_empty() && reason.chars().count() <= LONGEST_REASON;
    wrong.when(
        reason.map_or(how == How::Rejected, |reason| !fits(reason) || reason.contains('\0')),
        "/reason",
        "reason_needed",
        "what is rejected needs a reason, of at most 1,000 characters",
    );
    wrong.check()?;
    let decided = |id: &&BreakId| {
        let stands = state.resolved.get(*id);
        stands.is_some_and(|resolved| resolved.how != How::Parked && !lapsed(resolved))
    };
    match breaks.iter().find(decided) {
        Some(id) => Err(Refusal::conflict("break_resolved", "this break was dealt with already").because_of(id)),
        None => Ok(()),
    }
}
