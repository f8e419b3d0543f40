//! Approvals: a command that waits until a second person agrees. Maker and checker are persons, not keys.
//! Must never let one person be both.

mod about;
pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{ApprovalId, PersonId};
use crate::domain::policy::Requirement;

/// `approval.requested`: a command waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApprovalRequested {
    /// Which.
    pub approval: ApprovalId,
    /// Who asked.
    pub maker: PersonId,
    /// The command, as it will be decided on approval.
    pub command: crate::domain::command::Pending,
    /// Who must agree, by the policy in force when it was asked for; one second person when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Requirement>,
}

impl ApprovalRequested {
    /// How many persons beside the maker must agree.
    pub fn approvers(&self) -> usize {
        self.requirement
            .as_ref()
            .map_or(1, |needed| usize::from(needed.approvers.max(1)))
    }
}

/// `approval.agreed`: one of several persons agreed; more are needed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApprovalAgreed {
    /// Who.
    pub by: PersonId,
    /// As substitute of whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// `approval.approved`, `approval.refused`, `approval.withdrawn`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApprovalEnded {
    /// Who decided (the maker itself when withdrawn).
    pub by: PersonId,
    /// As substitute of whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// What happened to a pending command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ApprovalEvent {
    /// `approval.requested`
    Requested(Box<ApprovalRequested>),
    /// `approval.agreed`
    Agreed(ApprovalAgreed),
    /// `approval.approved`: the pending command was decided in the same batch.
    Approved(ApprovalEnded),
    /// `approval.refused`
    Refused(ApprovalEnded),
    /// `approval.withdrawn`
    Withdrawn(ApprovalEnded),
}

impl ApprovalEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            ApprovalEvent::Requested(_) => "approval.requested",
            ApprovalEvent::Agreed(_) => "approval.agreed",
            ApprovalEvent::Approved(_) => "approval.approved",
            ApprovalEvent::Refused(_) => "approval.refused",
            ApprovalEvent::Withdrawn(_) => "approval.withdrawn",
        }
    }
}

/// How far an approval is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// Waits for a second person.
    #[default]
    Pending,
    /// Done.
    Approved,
    /// Refused.
    Refused,
    /// Taken back.
    Withdrawn,
}

/// An approval as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApprovalState {
    /// As requested.
    pub requested: Option<ApprovalRequested>,
    /// Who agreed so far, the last of them excepted.
    pub agreed: Vec<ApprovalAgreed>,
    /// How far.
    pub status: ApprovalStatus,
    /// Who ended it.
    pub ended: Option<ApprovalEnded>,
}

impl ApprovalState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ApprovalEvent) {
        let (status, ended) = match event {
            ApprovalEvent::Requested(e) => {
                self.requested = Some((**e).clone());
                return;
            }
            ApprovalEvent::Agreed(e) => {
                self.agreed.push(e.clone());
                return;
            }
            ApprovalEvent::Approved(e) => (ApprovalStatus::Approved, e),
            ApprovalEvent::Refused(e) => (ApprovalStatus::Refused, e),
            ApprovalEvent::Withdrawn(e) => (ApprovalStatus::Withdrawn, e),
        };
        self.status = status;
        self.ended = Some(ended.clone());
    }

    /// Every person who agreed, or for whom somebody agreed: none of them counts twice.
    pub fn claimed(&self) -> impl Iterator<Item = PersonId> + '_ {
        let agreed = self.agreed.iter();
        agreed.flat_map(|agreed| std::iter::once(agreed.by).chain(agreed.on_behalf_of))
    }
}
