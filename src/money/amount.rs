//! Amounts: `Minor` is a bare count of minor units inside one currency, `Money` names the currency as well.
//! Must never round, wrap, or accept a second spelling of the same amount.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Currency;

/// Why an amount was refused. The first word of each message names the fault; it never contains the amount of another party.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not the one canonical spelling (`100.00` for CNY, `100` for JPY).
    #[error("not a canonical amount of {currency}: write exactly {digits} digits after the point, as in \"{example}\"")]
    Form {
        /// Whose digits were expected.
        currency: Currency,
        /// How many.
        digits: u32,
        /// A correct spelling.
        example: &'static str,
    },
    /// The value does not fit 64-bit minor units.
    #[error("amount out of range")]
    OutOfRange,
    /// Two currencies met.
    #[error("currency mismatch: {0} and {1}")]
    Mismatch(Currency, Currency),
    /// Not an ISO 4217 code with a minor unit.
    #[error("unknown currency {0:?}")]
    UnknownCurrency(String),
}

/// A signed count of minor units (fen for CNY). Serialised as a decimal string so that no reader rounds it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Minor(pub i64);

impl Minor {
    /// No money.
    pub const ZERO: Minor = Minor(0);

    /// Sum, refusing overflow.
    pub fn plus(self, other: Minor) -> Result<Minor, MoneyError> {
        self.0.checked_add(other.0).map(Minor).ok_or(MoneyError::OutOfRange)
    }

    /// Difference, refusing overflow.
    pub fn minus(self, other: Minor) -> Result<Minor, MoneyError> {
        self.0.checked_sub(other.0).map(Minor).ok_or(MoneyError::OutOfRange)
    }

    /// The opposite amount, refusing overflow.
    pub fn negated(self) -> Result<Minor, MoneyError> {
        self.0.checked_neg().map(Minor).ok_or(MoneyError::OutOfRange)
    }

    /// Sum of many amounts, exact in between.
    pub fn sum(amounts: impl IntoIterator<Item = Minor>) -> Result<Minor, MoneyError> {
        let mut total: i128 = 0;
        for amount in amounts {
            total = total.checked_add(i128::from(amount.0)).ok_or(MoneyError::OutOfRange)?;
        }
        i64::try_from(total).map(Minor).map_err(|_| MoneyError::OutOfRange)
    }

    /// True when there is no money.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount written in major units, such as `-12.34`.
    pub fn display(self, currency: Currency) -> String {
        let digits = currency.digits();
        let mut value = Decimal::from(self.0);
        // A scale of at most four digits always fits.
        let _ = value.set_scale(digits);
        value.to_string()
    }

    /// Parses the one canonical spelling of an amount: optional `-`, no leading zeros, exactly the currency's digits.
    pub fn parse(text: &str, currency: Currency) -> Result<Minor, MoneyError> {
        let digits = currency.digits();
        let form = || MoneyError::Form {
            currency,
            digits,
            example: match digits {
                0 => "100",
                3 => "100.000",
                4 => "100.0000",
                _ => "100.00",
            },
        };
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) if digits > 0 => (whole, fraction),
            None if digits == 0 => (unsigned, ""),
            _ => return Err(form()),
        };
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let whole_ok = !whole.is_empty() && all_digits(whole) && (whole == "0" || !whole.starts_with('0'));
        if !whole_ok || fraction.len() != digits as usize || !all_digits(fraction) {
            return Err(form());
        }
        let mut value: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(i128::from(byte) - i128::from(b'0')))
                .ok_or(MoneyError::OutOfRange)?;
        }
        let negative = text.starts_with('-');
        if negative && value == 0 {
            return Err(form());
        }
        let signed = if negative { -value } else { value };
        i64::try_from(signed).map(Minor).map_err(|_| MoneyError::OutOfRange)
    }

    /// Converts an exact decimal of major units, refusing digits beyond the currency's.
    pub fn from_decimal(value: Decimal, currency: Currency) -> Result<Minor, MoneyError> {
        let scaled = value
            .checked_mul(Decimal::from(10_i64.pow(currency.digits())))
            .ok_or(MoneyError::OutOfRange)?;
        if !scaled.fract().is_zero() {
            return Err(MoneyError::Form {
                currency,
                digits: currency.digits(),
                example: "100.00",
            });
        }
        i64::try_from(scaled.trunc().mantissa() / 10_i128.pow(scaled.trunc().scale()))
            .map(Minor)
            .map_err(|_| MoneyError::OutOfRange)
    }
}

impl fmt::Debug for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Minor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Minor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Minor).map_err(serde::de::Error::custom)
    }
}

/// An amount with its currency; the form in which money crosses a boundary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub minor: Minor,
    /// Whose minor units.
    pub currency: Currency,
}

impl Money {
    /// Sum of two amounts of one currency.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mismatch(self.currency, other.currency));
        }
        Ok(Money {
            minor: self.minor.plus(other.minor)?,
            currency: self.currency,
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.minor.display(self.currency), self.currency)
    }
}
