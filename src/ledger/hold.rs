//! Hold objects 履约冻结: money set aside in a named account, released or voided in parts.
//! Must never release more than is held.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::base::HoldId;
use crate::money::{Currency, Minor, MoneyError};

/// Why a hold refused a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// Released and voided together would exceed what is held.
    #[error("more than the hold has left")]
    Exceeded,
    /// Not a positive amount.
    #[error("a hold moves positive amounts only")]
    NotPositive,
    /// An amount left 64 bits.
    #[error("amount out of range")]
    OutOfRange,
}

impl From<MoneyError> for HoldError {
    fn from(_: MoneyError) -> HoldError {
        HoldError::OutOfRange
    }
}

/// Money set aside: moved from its source into a `held` account when taken, out of it when released or voided.
///
/// INVARIANT: released + voided <= held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Which hold.
    pub id: HoldId,
    /// Where the money came from and where it goes back to when voided.
    pub source: Account,
    /// Where it stands meanwhile.
    pub held_in: Account,
    /// Currency of all three amounts.
    pub currency: Currency,
    /// Set aside.
    pub held: Minor,
    /// Given to somebody.
    pub released: Minor,
    /// Given back to its source.
    pub voided: Minor,
}

impl Hold {
    /// What is still held.
    pub fn left(&self) -> Minor {
        Minor(self.held.0 - self.released.0 - self.voided.0)
    }

    fn check(&self, amount: Minor) -> Result<(), HoldError> {
        match amount.0 {
            ..=0 => Err(HoldError::NotPositive),
            n if n > self.left().0 => Err(HoldError::Exceeded),
            _ => Ok(()),
        }
    }

    /// After giving a part to somebody.
    pub fn release(self, amount: Minor) -> Result<Hold, HoldError> {
        self.check(amount)?;
        Ok(Hold {
            released: self.released.plus(amount)?,
            ..self
        })
    }

    /// After giving a part back.
    pub fn void(self, amount: Minor) -> Result<Hold, HoldError> {
        self.check(amount)?;
        Ok(Hold {
            voided: self.voided.plus(amount)?,
            ..self
        })
    }
}
