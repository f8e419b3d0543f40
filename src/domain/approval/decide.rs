//! Decisions about pending commands: who may ask, who may decide, and when it is over.
//! Must never do the pending command itself: `flow/` does, in the same batch.

use super::{ApprovalAgreed, ApprovalEnded, ApprovalEvent, ApprovalRequested, ApprovalState, ApprovalStatus};
use crate::base::{ApprovalId, PersonId};
use crate::domain::command::{Pending, Verdict};
use crate::domain::person::Role;
use crate::domain::policy::Requirement;
use crate::domain::refusal::{Class, Refusal, Wrong};

/// Longest remark in characters.
const LONGEST_REMARK: usize = 1_000;

/// Who decides.
#[derive(Clone, Copy, Debug)]
pub struct Decider<'a> {
    /// The person whose key was used.
    pub person: Option<PersonId>,
    /// The role of that key.
    pub role: Option<Role>,
    /// The person it decides for, when it is a substitute.
    pub absent: Option<Absent<'a>>,
}

/// A person who is away.
#[derive(Clone, Copy, Debug)]
pub struct Absent<'a> {
    /// Who.
    pub person: PersonId,
    /// The decider is its substitute now.
    pub substituted: bool,
    /// Its roles.
    pub roles: &'a [Role],
}

/// Asks for a command that needs a second person.
pub fn request(
    approval: ApprovalId,
    maker: Option<PersonId>,
    command: Pending,
    requirement: Option<Requirement>,
) -> Result<ApprovalEvent, Refusal> {
    Ok(ApprovalEvent::Requested(Box::new(ApprovalRequested {
        approval,
        maker: person(maker)?,
        command,
        requirement,
    })))
}

/// Decides a pending command. On the last approval that is needed the caller does the command that comes back.
///
/// INVARIANT: maker and checkers are as many persons as the policy says beside the maker, whatever keys they use and
/// whomever they stand for.
pub fn decide(
    state: &ApprovalState,
    decider: Decider<'_>,
    verdict: Verdict,
    remark: Option<String>,
) -> Result<(ApprovalEvent, Option<Pending>), Refusal> {
    let by = person(decider.person)?;
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
    let on_behalf_of = decider.absent.map(|absent| absent.person);
    let ended = ApprovalEnded {
        by,
        on_behalf_of,
        remark: remark.clone(),
    };
    match verdict {
        Verdict::Withdraw if !own || on_behalf_of.is_some() => Err(Refusal::new(
            Class::Forbidden,
            "not_the_maker",
            "only the person who asked may take it back",
        )),
        Verdict::Withdraw => Ok((ApprovalEvent::Withdrawn(ended), None)),
        Verdict::Approve | Verdict::Refuse => {
            may_decide(requested, by, decider)?;
            if verdict == Verdict::Refuse {
                return Ok((ApprovalEvent::Refused(ended), None));
            }
            if state.claimed().any(|known| known == by || Some(known) == on_behalf_of) {
                return Err(Refusal::conflict(
                    "agreed_already",
                    "this person agreed already; another one is needed",
                ));
            }
            if state.agreed.len().saturating_add(1) < requested.approvers() {
                let agreed = ApprovalAgreed {
                    by,
                    on_behalf_of,
                    remark,
                };
                return Ok((ApprovalEvent::Agreed(agreed), None));
            }
            Ok((ApprovalEvent::Approved(ended), Some(requested.command.clone())))
        }
    }
}

/// A person who did not ask, for itself or for one who is away and did not ask either, of a role that the policy names.
fn may_decide(requested: &ApprovalRequested, by: PersonId, decider: Decider<'_>) -> Result<(), Refusal> {
    if by == requested.maker || decider.absent.is_some_and(|absent| absent.person == requested.maker) {
        return Err(Refusal::new(
            Class::Forbidden,
            "same_person",
            "a second person decides, and no substitute of the one who asked; the one who asked may only take it back",
        ));
    }
    if decider
        .absent
        .is_some_and(|absent| !absent.substituted || absent.person == by)
    {
        return Err(Refusal::new(
            Class::Forbidden,
            "not_a_substitute",
            "this person did not name you a substitute for now",
        ));
    }
    let Some(needed) = requested.requirement.as_ref().filter(|needed| !needed.roles.is_empty()) else {
        return Ok(());
    };
    let held = |role: &Role| match decider.absent {
        Some(absent) => absent.roles.contains(role),
        None => decider.role == Some(*role),
    };
    if needed.roles.iter().any(held) {
        return Ok(());
    }
    Err(Refusal::new(
        Class::Forbidden,
        "role_not_enough",
        "the policy names roles that decide this, and this is none of them",
    ))
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
