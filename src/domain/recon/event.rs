//! Events of a reconciliation: that a statement was compared, with what came of it, and how breaks were dealt with.
//! Must never hold the breaks themselves: they stand beside the log and can be made again from file and position.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::words::{BreakClass, Cause, Proposal};
use crate::base::{ApprovalId, BreakId, ExternalId, Instant, Month, PersonId, ReconciliationId};
use crate::money::{Currency, Minor};

/// `reconciliation.run`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReconciliationRun {
    /// Which.
    pub reconciliation: ReconciliationId,
    /// Which run of this file over this month, from 1: another one when the book gives another result.
    pub run: u32,
    /// SHA-256 of the file, hexadecimal.
    pub file: String,
    /// Name of the mapping.
    pub mapping: String,
    /// SHA-256 of the mapping's text, hexadecimal.
    pub mapping_sha256: String,
    /// The platform whose lines are compared.
    pub platform: ExternalId,
    /// The month.
    pub period: Month,
    /// Only lines that this platform account was told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ExternalId>,
    /// Only lines of this shop, by the platform's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<ExternalId>,
    /// Rows read.
    pub rows: u32,
    /// Rows that could not be read.
    pub rejected: u32,
    /// Lines that both sides have alike.
    pub matched: u32,
    /// Breaks by class.
    pub breaks: BTreeMap<BreakClass, u32>,
    /// SHA-256 over all breaks, hexadecimal: equal runs are one.
    pub content: String,
    /// The position of the book that was compared.
    #[serde(with = "crate::base::number_text")]
    pub position: i64,
}

/// How a break was dealt with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// What it proposes is done.
    Accepted,
    /// It is not done, and our figures stand.
    Rejected,
    /// Put aside, to be decided later.
    Parked,
}

impl How {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            How::Accepted => "accepted",
            How::Rejected => "rejected",
            How::Parked => "parked",
        }
    }
}

/// One break that was dealt with, with the figures that were decided on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreakResolved {
    /// Which difference.
    #[serde(rename = "break")]
    pub id: BreakId,
    /// Its number in the run.
    pub number: u32,
    /// Class.
    pub class: BreakClass,
    /// Probable cause.
    pub cause: Cause,
    /// What was proposed.
    pub proposal: Proposal,
    /// Theirs less ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Minor>,
    /// Its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Waited for until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Positions of the facts told for it.
    #[serde(default, with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<i64>,
    /// The adjustment that waits for a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

/// `reconciliation.resolved`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreaksResolved {
    /// Of which run.
    pub reconciliation: ReconciliationId,
    /// How.
    pub how: How,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which breaks.
    pub breaks: Vec<BreakResolved>,
}

/// What happened to a reconciliation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReconEvent {
    /// `reconciliation.run`
    Run(Box<ReconciliationRun>),
    /// `reconciliation.resolved`
    Resolved(BreaksResolved),
}

impl ReconEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            ReconEvent::Run(_) => "reconciliation.run",
            ReconEvent::Resolved(_) => "reconciliation.resolved",
        }
    }
}

/// 64-bit numbers as texts.
mod texts {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(numbers: &[i64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(i64::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<i64>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| text.parse().map_err(D::Error::custom))
            .collect()
    }
}
