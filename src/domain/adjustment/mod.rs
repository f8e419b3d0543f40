//! Manual adjustments: an entry that a person asked for with a reason and a second person approved.
//! Must never be posted without approval.

pub mod decide;

use serde::{Deserialize, Serialize};

use crate::base::{AdjustmentId, FileId, Instant, PartyId};
use crate::ledger::{Entry, EntryError, Leg};
use crate::money::{Currency, Minor};

/// A negative balance that is given up 核销, as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WriteOffTerms {
    /// Who owes it.
    pub party: PartyId,
    /// Currency.
    pub currency: Currency,
    /// How much of it.
    pub amount: Minor,
    /// Why.
    pub reason: String,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// What an adjustment is for: the part of a settlement sheet under which it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentPurpose {
    /// A correction.
    Adjustment,
    /// A brand contract (V任务).
    Contract,
    /// Margin of sourcing.
    Sourcing,
    /// 罚款
    Penalty,
    /// A coupon or a cost charged.
    Charge,
    /// A payment made outside.
    Payment,
    /// Money received.
    Receipt,
    /// 核销
    WriteOff,
}

impl AdjustmentPurpose {
    /// The word in the event.
    pub fn word(self) -> &'static str {
        match self {
            AdjustmentPurpose::Adjustment => "adjustment",
            AdjustmentPurpose::Contract => "contract",
            AdjustmentPurpose::Sourcing => "sourcing",
            AdjustmentPurpose::Penalty => "penalty",
            AdjustmentPurpose::Charge => "charge",
            AdjustmentPurpose::Payment => "payment",
            AdjustmentPurpose::Receipt => "receipt",
            AdjustmentPurpose::WriteOff => "write_off",
        }
    }
}

/// `adjustment.posted`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AdjustmentPosted {
    /// Which.
    pub adjustment: AdjustmentId,
    /// Its business time.
    pub at: Instant,
    /// Why.
    pub reason: String,
    /// What moves; settled layer.
    pub legs: Vec<Leg>,
    /// What it is for; none: a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<AdjustmentPurpose>,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// A posted adjustment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AdjustmentState {
    /// As posted.
    pub posted: Option<AdjustmentPosted>,
}

impl AdjustmentState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &AdjustmentPosted) {
        self.posted = Some(event.clone());
    }
}

/// Legs of an adjustment.
pub fn post(event: &AdjustmentPosted) -> Result<Entry, EntryError> {
    Entry::balanced(event.legs.iter().copied())
}
