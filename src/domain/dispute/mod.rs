//! The contest desk 申诉: a party disputes a line of its own, the evidence is fixed, and finance answers.
//! Must never move money itself: a correction is an adjustment that a second person approves.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{ApprovalId, DisputeId, Instant, LineId, PartyId, PersonId};

/// `dispute.opened`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DisputeOpened {
    /// Which; one for each line and party.
    pub dispute: DisputeId,
    /// How often this party disputed this line, from 1.
    pub number: u32,
    /// The line.
    pub line: LineId,
    /// Who disputes.
    pub party: PartyId,
    /// Why.
    pub reason: String,
    /// Finance answers by then.
    pub due: Instant,
    /// The line is explained as of this position.
    #[serde(with = "crate::base::number_text")]
    pub evidence_position: i64,
    /// SHA-256 of that explanation as the party sees it, hexadecimal.
    pub evidence_sha256: String,
}

/// What finance says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeVerdict {
    /// The party is right.
    Upheld,
    /// The line stands.
    Rejected,
}

/// `dispute.answered`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DisputeAnswered {
    /// Which.
    pub dispute: DisputeId,
    /// Which time.
    pub number: u32,
    /// What.
    pub verdict: DisputeVerdict,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// The correction that waits for a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<ApprovalId>,
}

/// What happened to a dispute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DisputeEvent {
    /// `dispute.opened`
    Opened(DisputeOpened),
    /// `dispute.answered`
    Answered(DisputeAnswered),
}

impl DisputeEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            DisputeEvent::Opened(_) => "dispute.opened",
            DisputeEvent::Answered(_) => "dispute.answered",
        }
    }
}

/// A dispute as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DisputeState {
    /// As opened last.
    pub opened: Option<DisputeOpened>,
    /// The answer to that.
    pub answered: Option<DisputeAnswered>,
}

impl DisputeState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &DisputeEvent) {
        match event {
            DisputeEvent::Opened(e) => {
                self.opened = Some(e.clone());
                self.answered = None;
            }
            DisputeEvent::Answered(e) => self.answered = Some(e.clone()),
        }
    }
}
