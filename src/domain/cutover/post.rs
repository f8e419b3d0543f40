//! Legs of a cut-over: each balance, and one offset per currency.
//! Must never leave a currency without its offset.

use std::collections::BTreeMap;

use super::event::{CutoverEvent, OpeningBalance};
use crate::ledger::{Account, AccountKind, Entry, EntryError, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError};

/// Balances with their offset on `book:cutover`.
pub fn offset(balances: &[OpeningBalance]) -> Result<Vec<Leg>, EntryError> {
    let leg = |account, currency, amount| Leg {
        account,
        layer: Layer::Settled,
        currency,
        amount,
    };
    let mut sums: BTreeMap<Currency, Minor> = BTreeMap::new();
    let mut legs = Vec::with_capacity(balances.len() + 1);
    for balance in balances {
        let sum = sums.entry(balance.currency).or_default();
        *sum = sum.plus(balance.amount)?;
        legs.push(leg(balance.account, balance.currency, balance.amount));
    }
    for (currency, sum) in sums {
        legs.push(leg(Account::book(AccountKind::Cutover), currency, sum.negated()?));
    }
    Ok(Entry::balanced(legs)?.legs().to_vec())
}

/// The same legs with the opposite sign.
pub fn opposite(legs: &[Leg]) -> Result<Vec<Leg>, MoneyError> {
    legs.iter()
        .map(|leg| {
            Ok(Leg {
                amount: leg.amount.negated()?,
                ..*leg
            })
        })
        .collect()
}

/// The entry of an event.
pub fn post(event: &CutoverEvent) -> Result<Entry, EntryError> {
    let legs = match event {
        CutoverEvent::Opened(e) => &e.legs,
        CutoverEvent::Reversed(e) => &e.legs,
    };
    Entry::balanced(legs.iter().copied())
}
