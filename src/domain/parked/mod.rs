//! The parked desk 待处理, as the log knows it: that a person dealt with parked facts, and how.
//! Must never drop what was parked: a resolution names positions and stands beside them for ever.

use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, Wrong};
use crate::base::ResolutionId;

/// Most parked facts that one command deals with.
pub const MOST: usize = 1_000;
/// Longest reason in characters.
const LONGEST_REASON: usize = 1_000;

/// How parked facts were dealt with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Told again, to be judged anew.
    Retried,
    /// The right fact was told in its place.
    Corrected,
    /// Nothing more is to be done, for a stated reason.
    Dismissed,
    /// The batch that told it was taken back.
    Reversed,
}

/// `parked.resolved`: a person dealt with parked facts. One event a command, whose stream it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ParkedResolved {
    /// Which resolution.
    pub resolution: ResolutionId,
    /// How.
    pub how: Resolution,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Positions of the parked facts.
    #[serde(with = "texts")]
    pub positions: Vec<i64>,
    /// Positions of the facts told in their place.
    #[serde(default, with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<i64>,
}

/// What a resolution must be, before any fact is told for it.
pub fn check(how: Resolution, reason: Option<&str>, positions: &[i64]) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        positions.is_empty() || positions.len() > MOST,
        "/positions",
        "positions_count",
        "1 to 1,000 parked facts at once",
    );
    let fits = |reason: &str| !reason.trim().is_empty() && reason.chars().count() <= LONGEST_REASON;
    wrong.when(
        reason.map_or(how == Resolution::Dismissed, |reason| {
            !fits(reason) || reason.contains('\0')
        }),
        "/reason",
        "reason_needed",
        "what is dismissed needs a reason, of at most 1,000 characters",
    );
    wrong.check()
}

/// 64-bit numbers as texts (decision B10).
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
