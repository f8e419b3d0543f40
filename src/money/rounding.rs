//! Rounding: how an exact product becomes minor units.
//! Must never pick a mode by itself: every caller names one.

use serde::{Deserialize, Serialize};

use super::{Minor, MoneyError};

/// How a formula turns an exact amount into minor units. All modes act on the magnitude, so a reversal mirrors the posting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half away from zero: the default of every formula.
    #[default]
    HalfUp,
    /// Half to the even neighbour.
    HalfEven,
    /// Towards zero (observed at Pinduoduo).
    Truncate,
}

impl Rounding {
    /// `value x numerator / denominator`, exact until the one rounding at the end. The denominator must be positive.
    pub fn scale(self, value: Minor, numerator: i128, denominator: i128) -> Result<Minor, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError::OutOfRange);
        }
        let exact = i128::from(value.0)
            .checked_mul(numerator)
            .ok_or(MoneyError::OutOfRange)?;
        let (quotient, rest) = (exact.abs() / denominator, exact.abs() % denominator);
        let twice = rest.checked_mul(2).ok_or(MoneyError::OutOfRange)?;
        let up = match self {
            Rounding::Truncate => false,
            Rounding::HalfUp => twice >= denominator,
            Rounding::HalfEven => twice > denominator || (twice == denominator && quotient % 2 == 1),
        };
        let magnitude = if up { quotient + 1 } else { quotient };
        let signed = if exact < 0 { -magnitude } else { magnitude };
        i64::try_from(signed).map(Minor).map_err(|_| MoneyError::OutOfRange)
    }
}
