//! Rates: integer parts per million, written as a decimal fraction (`"0.2"` is 20 %).
//! Must never leave the range 0..=1, nor accept a percent number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Minor, MoneyError, Rounding};

/// Why a rate was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a decimal fraction of at most six decimals.
    #[error("not a rate: write a decimal fraction of at most six decimals, such as \"0.2\" for 20 %")]
    Form,
    /// Larger than one; the hint says what was probably meant.
    #[error("rate above 1 (100 %){}", .hint.as_ref().map(|h| format!(": did you mean \"{h}\"?")).unwrap_or_default())]
    TooLarge {
        /// The same digits read as percent, when that gives a rate.
        hint: Option<String>,
    },
}

/// A share of an amount in parts per million, 0 ..= 1 000 000. Serialised as an integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Rate(u32);

impl Rate {
    /// Nothing.
    pub const ZERO: Rate = Rate(0);
    /// Everything.
    pub const ONE: Rate = Rate(Self::SCALE);
    /// Parts in one whole.
    pub const SCALE: u32 = 1_000_000;

    /// From parts per million.
    pub fn from_ppm(ppm: u32) -> Result<Rate, RateError> {
        if ppm > Self::SCALE {
            Err(RateError::TooLarge { hint: None })
        } else {
            Ok(Rate(ppm))
        }
    }

    /// Parts per million.
    pub fn ppm(self) -> u32 {
        self.0
    }

    /// `amount x rate`, rounded once.
    pub fn of(self, amount: Minor, rounding: Rounding) -> Result<Minor, MoneyError> {
        rounding.scale(amount, i128::from(self.0), i128::from(Self::SCALE))
    }

    /// Sum of two rates, refusing more than the whole.
    pub fn plus(self, other: Rate) -> Result<Rate, RateError> {
        Rate::from_ppm(self.0.saturating_add(other.0))
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Rate, RateError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let whole_ok =
            !whole.is_empty() && whole.len() <= 9 && digits(whole) && (whole == "0" || !whole.starts_with('0'));
        let point_ok = !text.contains('.') || !fraction.is_empty();
        if !whole_ok || !point_ok || fraction.len() > 6 || !digits(fraction) {
            return Err(RateError::Form);
        }
        let padded = format!("{fraction:0<6}");
        let parse = |part: &str| part.parse::<u64>().map_err(|_| RateError::Form);
        let ppm = parse(whole)? * u64::from(Self::SCALE) + parse(&padded)?;
        match u32::try_from(ppm) {
            Ok(ppm) if ppm <= Self::SCALE => Ok(Rate(ppm)),
            _ => {
                let as_percent = u32::try_from(ppm / 100)
                    .ok()
                    .filter(|p| ppm % 100 == 0 && *p <= Self::SCALE);
                Err(RateError::TooLarge {
                    hint: as_percent.map(|p| Rate(p).to_string()),
                })
            }
        }
    }
}

impl TryFrom<u32> for Rate {
    type Error = RateError;
    fn try_from(ppm: u32) -> Result<Rate, RateError> {
        Rate::from_ppm(ppm)
    }
}

impl From<Rate> for u32 {
    fn from(rate: Rate) -> u32 {
        rate.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Self::SCALE {
            return f.write_str("1");
        }
        let text = format!("0.{:06}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
