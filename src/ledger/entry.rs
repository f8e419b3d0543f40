//! Legs and entries. `Entry::balanced` is the only way to make an entry.
//! Must never hold legs that do not sum to zero per layer and currency.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Account, Layer};
use crate::money::{Currency, Minor, MoneyError};

/// One movement of one account. `+` is credit, `-` is debit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Leg {
    /// Which account.
    pub account: Account,
    /// In which layer.
    pub layer: Layer,
    /// In which currency.
    pub currency: Currency,
    /// How much; never zero inside an entry.
    pub amount: Minor,
}

/// Why legs make no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The legs of a layer and currency do not sum to zero.
    #[error("legs do not balance in the {layer:?} layer: off by {off:?} {currency}")]
    Unbalanced {
        /// The layer.
        layer: Layer,
        /// The currency.
        currency: Currency,
        /// Their sum.
        off: Minor,
    },
    /// An amount left 64 bits.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A balanced set of legs, at most one per account, layer and currency, in account order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    legs: Vec<Leg>,
}

impl Entry {
    /// Nets the legs per account, layer and currency, drops zeros, and refuses what does not sum to zero.
    ///
    /// INVARIANT: legs of an entry sum to zero per layer and currency.
    pub fn balanced(legs: impl IntoIterator<Item = Leg>) -> Result<Entry, EntryError> {
        let mut net: BTreeMap<(Account, Layer, Currency), i128> = BTreeMap::new();
        let mut sums: BTreeMap<(Layer, Currency), i128> = BTreeMap::new();
        for leg in legs {
            *net.entry((leg.account, leg.layer, leg.currency)).or_default() += i128::from(leg.amount.0);
            *sums.entry((leg.layer, leg.currency)).or_default() += i128::from(leg.amount.0);
        }
        for ((layer, currency), sum) in sums {
            if sum != 0 {
                let off = Minor(i64::try_from(sum).unwrap_or(if sum > 0 { i64::MAX } else { i64::MIN }));
                return Err(EntryError::Unbalanced { layer, currency, off });
            }
        }
        let mut legs = Vec::with_capacity(net.len());
        for ((account, layer, currency), sum) in net {
            if sum != 0 {
                let amount = Minor(i64::try_from(sum).map_err(|_| MoneyError::OutOfRange)?);
                legs.push(Leg {
                    account,
                    layer,
                    currency,
                    amount,
                });
            }
        }
        Ok(Entry { legs })
    }

    /// The legs, in account order.
    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// True when nothing moves.
    pub fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }
}
