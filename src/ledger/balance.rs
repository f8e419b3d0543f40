//! Balances: the fold of legs, and the stamps the writer puts on each leg.
//! Must never be asked for money that has no legs.

use std::collections::HashMap;

use super::{Account, Entry, Layer, Leg};
use crate::base::Month;
use crate::money::{Currency, Minor, MoneyError};

/// What a running balance belongs to.
pub type BalanceKey = (Account, Layer, Currency);

/// The accounting period of a leg. Estimated legs carry none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stamp {
    /// The period in which the leg counts: its own, or the earliest not cut off.
    pub period: Month,
    /// The period of its date, when that one was already cut off.
    pub points_back_to: Option<Month>,
}

/// A leg as it stands in the ledger: with the account's balance after it and its period.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StampedLeg {
    /// The movement.
    pub leg: Leg,
    /// The account's balance after it, per layer and currency.
    pub balance: Minor,
    /// Its period; only in the settled layer.
    pub stamp: Option<Stamp>,
}

/// Current balances. Absent means zero.
#[derive(Clone, Debug, Default)]
pub struct Balances {
    map: HashMap<BalanceKey, Minor>,
}

impl Balances {
    /// The balance of one account in one layer and currency.
    pub fn get(&self, key: &BalanceKey) -> Minor {
        self.map.get(key).copied().unwrap_or_default()
    }

    /// Tells a balance that was read from the database.
    pub fn set(&mut self, key: BalanceKey, balance: Minor) {
        self.map.insert(key, balance);
    }

    /// True when this balance was told or moved before.
    pub fn knows(&self, key: &BalanceKey) -> bool {
        self.map.contains_key(key)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.map.clear();
    }

    /// How many balances are kept.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// True when none is kept.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Moves the balances by an entry and returns its legs with the balances after them. Refuses overflow, moving nothing.
    pub fn apply(&mut self, entry: &Entry, stamp: Option<Stamp>) -> Result<Vec<StampedLeg>, MoneyError> {
        let mut stamped = Vec::with_capacity(entry.legs().len());
        for leg in entry.legs() {
            let balance = self.get(&(leg.account, leg.layer, leg.currency)).plus(leg.amount)?;
            let stamp = if leg.layer == Layer::Settled { stamp } else { None };
            stamped.push(StampedLeg {
                leg: *leg,
                balance,
                stamp,
            });
        }
        for stamped_leg in &stamped {
            let leg = &stamped_leg.leg;
            self.map
                .insert((leg.account, leg.layer, leg.currency), stamped_leg.balance);
        }
        Ok(stamped)
    }
}
