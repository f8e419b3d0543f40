//! Suppliers 供应商 as their platforms show them: scores and standing as reported, beside the party that they are.
//! Must never hold what we measured ourselves: that is a report over our own purchases, so the two are never mixed up.

pub mod decide;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::{BookId, ExternalId, Instant, PartyId, PartyKind, SupplierId};
use crate::money::Rate;

/// Number of the party that a source knows as a member: `source:member`, hashed where that is too long.
pub fn party_number(source: &ExternalId, member: &str) -> ExternalId {
    let long = || {
        ExternalId::of_hash(crate::base::derive_uuid(
            "supplier.member",
            uuid::Uuid::nil(),
            &[source.as_str(), member],
        ))
    };
    format!("{source}:{member}").parse().unwrap_or_else(|_| long())
}

/// The party that a source knows as a member.
pub fn party_of(book: BookId, source: &ExternalId, member: &str) -> PartyId {
    PartyId::of(book, PartyKind::Supplier, party_number(source, member).as_str())
}

/// A score in hundredths of a point, 0 to 10 points.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Score(u16);

/// A text that is no score.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a score is 0 to 10 with at most two decimals, such as \"4.5\"")]
pub struct ScoreError;

impl Score {
    /// Hundredths of a point.
    pub fn hundredths(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Score {
    type Error = ScoreError;
    fn try_from(hundredths: u16) -> Result<Score, ScoreError> {
        (hundredths <= 1_000).then_some(Score(hundredths)).ok_or(ScoreError)
    }
}

impl From<Score> for u16 {
    fn from(score: Score) -> u16 {
        score.0
    }
}

impl FromStr for Score {
    type Err = ScoreError;
    fn from_str(text: &str) -> Result<Score, ScoreError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 2) || !digits(fraction, 2) {
            return Err(ScoreError);
        }
        let parse = |part: &str| part.parse::<u16>().map_err(|_| ScoreError);
        Score::try_from(parse(whole)? * 100 + parse(&format!("{fraction:0<2}"))?)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match rest % 10 {
            0 => write!(f, "{whole}.{}", rest / 10),
            _ => write!(f, "{whole}.{rest:02}"),
        }
    }
}

/// Scores as a platform reports them; what it does not report is absent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Scores {
    /// Composite service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite: Option<Score>,
    /// Logistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logistics: Option<Score>,
    /// Disputes and complaints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute: Option<Score>,
    /// The goods themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Score>,
    /// After sales, returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sales: Option<Score>,
    /// Consulting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consulting: Option<Score>,
    /// Trade medal level, 0 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medal: Option<u8>,
    /// Share of buyers who come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repurchase_ppm: Option<Rate>,
    /// Share collected by the carrier within 48 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected_48h_ppm: Option<Rate>,
    /// Share refunded for quality within 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_refund_ppm: Option<Rate>,
    /// Years of paid membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_years: Option<u8>,
}

/// What a platform says of a supplier beside scores.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The member's own name on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_name: Option<String>,
    /// Kind of business, such as 生产加工.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business: Option<String>,
    /// The platform had the factory inspected.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub factory_inspected: bool,
    /// The platform calls it a super factory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub super_factory: bool,
    /// Labels of its services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// `supplier.reported`: what a source says of a supplier from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SupplierReported {
    /// Who.
    pub supplier: PartyId,
    /// Which platform says so.
    pub source: ExternalId,
    /// The platform's own number of it.
    pub member_no: String,
    /// When it said so.
    pub reported_at: Instant,
    /// Scores.
    pub scores: Scores,
    /// Beside scores.
    pub profile: Profile,
}

/// A supplier as it was last reported.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SupplierState {
    /// The latest report.
    pub reported: Option<SupplierReported>,
}

impl SupplierState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &SupplierReported) {
        self.reported = Some(event.clone());
    }
}

impl SupplierId {
    /// What is reported of a party.
    pub fn of(party: PartyId) -> SupplierId {
        SupplierId(crate::base::derive_uuid("supplier", party.uuid(), &[]))
    }
}
