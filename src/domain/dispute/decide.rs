//! Decisions about disputes: one at a time for a line and party, and one answer to each.
//! Must never look at the line: whoever asks has seen that it is the party's own.

use super::{DisputeAnswered, DisputeEvent, DisputeOpened, DisputeState};
use crate::base::Instant;
use crate::domain::refusal::{Refusal, Wrong};

/// Days that finance has to answer.
pub const DAYS_TO_ANSWER: i64 = 15;
/// Longest reason in characters.
const LONGEST_REASON: usize = 1_000;

fn reasoned(reason: &str) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    let length = reason.chars().count();
    wrong.when(
        reason.trim().is_empty() || length > LONGEST_REASON || reason.contains('\0'),
        "/reason",
        "reason_needed",
        "a dispute and its answer have a reason of at most 1,000 characters",
    );
    wrong.check()
}

/// Opens a dispute; `number` and `due` are set here.
pub fn open(state: &DisputeState, mut opened: DisputeOpened, now: Instant) -> Result<DisputeEvent, Refusal> {
    reasoned(&opened.reason)?;
    if state.opened.is_some() && state.answered.is_none() {
        return Err(Refusal::conflict("dispute_open", "this line is disputed already").because_of(opened.dispute));
    }
    let before = state.opened.as_ref().map_or(0, |before| before.number);
    opened.number = before.saturating_add(1);
    opened.due = now.plus_days(DAYS_TO_ANSWER);
    Ok(DisputeEvent::Opened(opened))
}

/// Answers a dispute; `number` is set here.
pub fn answer(state: &DisputeState, mut answered: DisputeAnswered) -> Result<DisputeEvent, Refusal> {
    let opened = state.opened.as_ref().ok_or_else(|| Refusal::not_found("dispute"))?;
    reasoned(&answered.reason)?;
    if state.answered.is_some() {
        return Err(
            Refusal::conflict("dispute_answered", "this dispute was answered already").because_of(opened.dispute),
        );
    }
    answered.number = opened.number;
    Ok(DisputeEvent::Answered(answered))
}
