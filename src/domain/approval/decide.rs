//! Decisions about pending commands: who may ask, who may decide, and when it is over.
//! Must never do the pending command itself: `flow/` does, in the same batch.

use super::{ApprovalEnded, ApprovalEvent, ApprovalRequested, ApprovalState, ApprovalStatus};
use crate::base::{ApprovalId, PersonId};
use crate::domain::command::{Pending, Verdict};
use crate::domain::refusal::{Class, Refusal, Wrong};

/// Longest remark in characters.
const LONGEST_REMARK: usize = 1_000;

/// Asks for a command that needs a second person.
pub fn request(approval: ApprovalId, maker: Option<PersonId>, command: Pending) -> Result<ApprovalEvent, Refusal> {
    Ok(ApprovalEvent::Requested(ApprovalRequested {
        approval,
        maker: person(maker)?,
        command,
    }))
}

/// Decides a pending command. On approval the caller does the command that comes back.
///
/// INVARIANT: maker and checker are two persons, whatever keys they use.
pub fn decide(
    state: &ApprovalState,
    by: Option<PersonId>,
    verdict: Verdict,
    remark: Option<String>,
) -> Result<(ApprovalEvent, Option<Pending>), Refusal> {
    let by = person(by)?;
    let requested = state.requested.as_ref().ok_or_else(|| Refusal::not_found("approval"))?;
    if state.status != ApprovalStatus::Pending {
        return Err(Refusal::conflict("approval_ended", "this was decided already").because_of(requested.approval));
    }
    let mut wrong = Wrong::default();
    let long = |text: &String| text.chars().count() > LONGEST_REMARK || text.contains('\0');
    wrong.when(
        remark.as_ref().is_some_and(long),
        "/remark",
        "text_length",
        "a remark is at most 1,000 characters",
    );
    wrong.check()?;
    let own = by == requested.maker;
    let ended = ApprovalEnded { by, remark };
    match verdict {
        Verdict::Withdraw if !own => Err(Refusal::new(
            Class::Forbidden,
            "not_the_maker",
            "only the person who asked may take it back",
        )),
        Verdict::Withdraw => Ok((ApprovalEvent::Withdrawn(ended), None)),
        Verdict::Approve | Verdict::Refuse if own => Err(Refusal::new(
            Class::Forbidden,
            "same_person",
            "a second person decides; the one who asked may only take it back",
        )),
        Verdict::Approve => Ok((ApprovalEvent::Approved(ended), Some(requested.command.clone()))),
        Verdict::Refuse => Ok((ApprovalEvent::Refused(ended), None)),
    }
}

fn person(person: Option<PersonId>) -> Result<PersonId, Refusal> {
    person.ok_or_else(|| {
        Refusal::new(
            Class::Forbidden,
            "person_needed",
            "only a person asks for or gives approval",
        )
    })
}
