//! The formula of a contract's share and its arithmetic on a month's totals.
//! Must never look anything up, and must never round twice.
//!
//! In the order of the split: deductions that both bear come off the inflow; the pool that is left is shared at the rate;
//! a deduction that one side bears comes off that side's part; what reaches the member, its team shares.
//! A deduction is what somebody paid ahead for the sale (paid traffic 投流, tax points 税点, samples 样品): it goes to the
//! taker that the contract names, and without one to the upper, who as a rule paid it. Deductions are final with their
//! line; the true-up moves the pool's shares only, between the two parties of the contract and the member's team. Chains
//! below the member stand on what the lines posted.

use serde::{Deserialize, Serialize};

use crate::base::PartyId;
use crate::money::{Currency, Minor, MoneyError, Rate, Rounding};

/// A side of a contract.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The agency.
    Upper,
    /// The member.
    Member,
}

/// Who bears a deduction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// Both: it comes off before the split.
    Both,
    /// The upper: it comes off the upper's part.
    Upper,
    /// The member: it comes off the member's part.
    Member,
}

/// A named deduction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deduction {
    /// Name, such as `paid_traffic`.
    pub name: String,
    /// Rate on the inflow.
    pub rate: Rate,
    /// Who bears it.
    pub bearer: Bearer,
    /// Who gets it; none: the upper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker: Option<PartyId>,
}

/// What of a month the tiers measure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Settled base: sales net of refunds.
    Base,
    /// Commission that reached the upper, before deductions.
    Inflow,
}

/// What a tier's rate applies to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The rate of the tier reached applies to the whole month 全额.
    Whole,
    /// Each portion of the measure has the rate of its own tier 分段.
    Marginal,
}

/// Tiers on a contract's month. Lower bounds are inclusive; the first is zero.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MonthlyTiers {
    /// Lines of other currencies keep the rate of the line.
    pub currency: Currency,
    /// What is measured.
    pub measure: Measure,
    /// What a rate applies to.
    pub method: Method,
    /// Lower bound and rate, rising.
    pub steps: Vec<(Minor, Rate)>,
}

/// What a guarantee's shortfall is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuaranteeMode {
    /// Paid for good.
    TopUp,
    /// Paid ahead, and recovered from later months.
    Advance,
}

/// 保底: what an upper guarantees its member a month. It is owed for a month at whose end the contract is in force, as a
/// whole: nothing is taken off for a contract that began or changed in the month.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Guarantee {
    /// Currency.
    pub currency: Currency,
    /// A month.
    pub amount: Minor,
    /// What a shortfall is.
    pub mode: GuaranteeMode,
    /// An advance is recovered only out of what exceeds the guarantee.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub floor: bool,
}

/// How upper and member share what reaches the upper.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShareFormula {
    /// Whose part half-up(pool x rate) is; the other side gets the residual.
    pub rates_of: Side,
    /// The rate that lines post; provisional where there are tiers.
    pub rate: Rate,
    /// In stated order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deductions: Vec<Deduction>,
    /// On the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiers: Option<MonthlyTiers>,
    /// Who shares what the member keeps, by weight; the weights sum to one. Empty: the member alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<(PartyId, Rate)>,
}

impl ShareFormula {
    /// Every party that it names.
    pub fn parties(&self) -> impl Iterator<Item = PartyId> {
        let takers = self.deductions.iter().filter_map(|deduction| deduction.taker);
        takers.chain(self.team.iter().map(|(party, _)| *party))
    }
}

impl MonthlyTiers {
    /// What the rates give of a pool, on the month's measure: exact until the one rounding at the end, half-up.
    pub fn of(&self, pool: Minor, measure: Minor) -> Result<Minor, MoneyError> {
        let scale = i128::from(Rate::SCALE);
        let (numerator, denominator) = match self.method {
            Method::Marginal if measure.0 > 0 => (self.weighted(measure)?, i128::from(measure.0) * scale),
            Method::Whole | Method::Marginal => (i128::from(self.reached(measure).ppm()), scale),
        };
        Rounding::HalfUp.scale(pool, numerator, denominator)
    }

    /// The rate of the tier that the measure reaches.
    pub fn reached(&self, measure: Minor) -> Rate {
        let mut steps = self.steps.iter();
        let first = self.steps.first().map_or(Rate::ZERO, |(_, rate)| *rate);
        steps
            .rfind(|(from, _)| *from <= measure)
            .map_or(first, |(_, rate)| *rate)
    }

    /// The sum of the portions of the measure, each times its own rate.
    fn weighted(&self, measure: Minor) -> Result<i128, MoneyError> {
        let bounds = self.steps.iter().skip(1).map(|(from, _)| from.0).chain([i64::MAX]);
        let mut weighted: i128 = 0;
        for ((from, rate), upper) in self.steps.iter().zip(bounds) {
            let part = i128::from(measure.0.min(upper).saturating_sub(from.0).max(0));
            let product = part * i128::from(rate.ppm());
            weighted = weighted.checked_add(product).ok_or(MoneyError::OutOfRange)?;
        }
        Ok(weighted)
    }
}
