//! Shows hosted by the shop 店播: a base by the hour and tiers on the shop's net sales, up to what was set aside.
//! Must never pay a part of sales beyond the fee.

use serde::{Deserialize, Serialize};

use super::{Deliverable, Measured, Terms, by_hour};
use crate::domain::refusal::Wrong;
use crate::money::{Minor, MoneyError, Rate, Rounding};

/// Terms of hosting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hosted {
    /// For sixty minutes.
    pub rate: Minor,
    /// Lower bound (inclusive) and rate of each tier of the net sales, rising from zero; each portion has its own rate.
    pub tiers: Vec<(Minor, Rate)>,
    /// Which sales.
    pub measured: Measured,
}

impl Hosted {
    fn base(&self, one: &Deliverable, minutes: Option<u32>) -> Result<Minor, MoneyError> {
        by_hour::earned(self.rate, one, minutes)
    }

    /// The base for the minutes shown, and the tiers' part of the net sales; together at most the fee.
    pub(super) fn earned(&self, one: &Deliverable, minutes: Option<u32>, net: Minor) -> Result<Minor, MoneyError> {
        let bounds = self.tiers.iter().skip(1).map(|(from, _)| from.0).chain([i64::MAX]);
        let mut weighted: i128 = 0;
        for ((from, rate), upper) in self.tiers.iter().zip(bounds) {
            let part = i128::from(net.0.min(upper).saturating_sub(from.0).max(0));
            weighted += part * i128::from(rate.ppm());
        }
        let part = Rounding::HalfUp.scale(Minor(1), weighted, i128::from(Rate::SCALE))?;
        Ok(self.base(one, minutes)?.plus(part)?.min(one.fee))
    }

    /// The penalty is on the base: sales that did not happen have no part.
    pub(super) fn cancelled(&self, one: &Deliverable, penalty: Rate) -> Result<Minor, MoneyError> {
        penalty.of(self.base(one, one.minutes)?, Rounding::HalfUp)
    }

    pub(super) fn check(&self, terms: &Terms, wrong: &mut Wrong) {
        wrong.when(
            self.rate.0 < 0,
            "/terms/form/hosted/rate",
            "amount_negative",
            "a rate by the hour is not negative",
        );
        let mut below: Option<Minor> = None;
        let rising = self.tiers.iter().all(|(from, _)| {
            let fine = below.map_or(from.is_zero(), |below| *from > below);
            below = Some(*from);
            fine
        });
        wrong.when(
            !rising || !(1..=32).contains(&self.tiers.len()),
            "/terms/form/hosted/tiers",
            "steps_order",
            "1 to 32 tiers; lower bounds rise from zero",
        );
        self.measured.check("/terms/form/hosted/measured", wrong);
        for (index, one) in terms.deliverables.iter().enumerate() {
            if one.minutes.is_none() {
                wrong.add(
                    format!("/terms/deliverables/{index}/minutes"),
                    "minutes_out_of_range",
                    "a hosted show has agreed minutes",
                );
            }
        }
    }
}
