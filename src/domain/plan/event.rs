//! Events of rules and of what limited rules have used.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::state::RuleTerms;
use super::{PlanKind, RuleScope};
use crate::base::{ExternalId, Instant, LineId, PartyId, RuleId, UsageId};
use crate::money::{Currency, Minor};

/// `rule.posted`: a rule with its first version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RulePosted {
    /// Which.
    pub rule: RuleId,
    /// The owner's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The brand that pays.
    pub brand: PartyId,
    /// Kind.
    pub kind: PlanKind,
    /// Scope.
    pub scope: RuleScope,
    /// Currency of amounts.
    pub currency: Currency,
    /// In force from here.
    pub effective_from: Instant,
    /// Terms.
    pub terms: RuleTerms,
}

/// `rule.changed`: a new version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleChanged {
    /// Which.
    pub rule: RuleId,
    /// Number of the new version.
    pub version: u32,
    /// In force from here.
    pub effective_from: Instant,
    /// Terms.
    pub terms: RuleTerms,
}

/// `rule.ended`: nothing applies from an instant on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleEnded {
    /// Which.
    pub rule: RuleId,
    /// From here on.
    pub at: Instant,
}

/// `rule.subject_applied`: a promoter asks to use a rule that needs approval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubjectApplied {
    /// Which.
    pub rule: RuleId,
    /// Who.
    pub party: PartyId,
}

/// `rule.subject_decided`: the brand approves or refuses an applicant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubjectDecided {
    /// Which.
    pub rule: RuleId,
    /// Who.
    pub party: PartyId,
    /// Approved, or refused.
    pub approved: bool,
    /// In force from here.
    pub from: Instant,
}

/// What happened on a shelf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShelfEvent {
    /// `rule.posted`
    Posted(RulePosted),
    /// `rule.changed`
    Changed(RuleChanged),
    /// `rule.ended`
    Ended(RuleEnded),
    /// `rule.subject_applied`
    Applied(SubjectApplied),
    /// `rule.subject_decided`
    Decided(SubjectDecided),
}

/// `rule.used`: a line took from a limited rule, moved its reservation, or gave it back. Carries the totals after it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UsageEvent {
    /// The counter.
    pub usage: UsageId,
    /// The rule.
    pub rule: RuleId,
    /// The line that caused it.
    pub line: LineId,
    /// Units used after it.
    pub units: u64,
    /// Commission used after it.
    pub gross: Minor,
    /// Volume after it.
    pub volume: Minor,
}
