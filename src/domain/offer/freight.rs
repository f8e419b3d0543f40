//! Freight of an offer: who pays it and how much a number of units comes to.
//! Must never take an unknown freight for none.

use serde::{Deserialize, Serialize};

use crate::money::{Minor, MoneyError};

/// What sending costs the buyer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Freight {
    /// Not said: it is agreed when ordering.
    #[default]
    Unknown,
    /// The seller pays 包邮.
    SellerPays,
    /// The first units cost `first_price`, each started group of further ones `more_price`.
    Units {
        /// Units in the first price.
        first: u32,
        /// Price of these.
        first_price: Minor,
        /// Units in each further group.
        more: u32,
        /// Price of a group.
        more_price: Minor,
    },
}

impl Freight {
    /// True when nothing is said.
    pub fn is_unknown(&self) -> bool {
        *self == Freight::Unknown
    }

    /// True when it counts at least one unit and costs nothing or more.
    pub fn makes_sense(&self) -> bool {
        match self {
            Freight::Unknown | Freight::SellerPays => true,
            Freight::Units {
                first,
                first_price,
                more,
                more_price,
            } => *first > 0 && *more > 0 && first_price.0 >= 0 && more_price.0 >= 0,
        }
    }

    /// What a number of units costs to send; none when it is not known.
    pub fn of(&self, units: u32) -> Result<Option<Minor>, MoneyError> {
        let (first, first_price, more, more_price) = match *self {
            Freight::Unknown => return Ok(None),
            Freight::SellerPays => return Ok(Some(Minor::ZERO)),
            Freight::Units {
                first,
                first_price,
                more,
                more_price,
            } => (first, first_price, more.max(1), more_price),
        };
        let groups = i64::from(units.saturating_sub(first).div_ceil(more));
        let further = more_price.0.checked_mul(groups).ok_or(MoneyError::OutOfRange)?;
        first_price.plus(Minor(further)).map(Some)
    }
}
