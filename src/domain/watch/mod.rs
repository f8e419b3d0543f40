//! Watches over entries of the pool: price, stock and rate as they were seen last, and an event when they are not so any more.
//! Must never fire for what nobody asked to watch, but that the entry left the pool or came back.

pub mod decide;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::{PartyId, WatchId};
use crate::domain::pool::{Entry, Target};
use crate::money::{Currency, Minor, Rate};

/// What is watched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchOf {
    /// What a buyer pays.
    Price,
    /// Units that may be sold.
    Stock,
    /// What anybody earns.
    Rate,
    /// It is in the pool, or not; always watched.
    Listed,
}

impl WatchOf {
    /// Each with its word.
    pub const ALL: [(&'static str, WatchOf); 4] = [
        ("price", WatchOf::Price),
        ("stock", WatchOf::Stock),
        ("rate", WatchOf::Rate),
        ("listed", WatchOf::Listed),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        WatchOf::ALL
            .iter()
            .find(|(_, of)| *of == self)
            .map_or("listed", |(word, _)| word)
    }
}

/// Figures of an entry as they were seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Currency of the price.
    pub currency: Currency,
    /// What a buyer pays; none: private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Minor>,
    /// Units; none: not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u64>,
    /// What anybody earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// It is in the pool.
    pub listed: bool,
}

impl Seen {
    /// Of an entry.
    pub fn of(entry: &Entry) -> Seen {
        Seen {
            currency: entry.currency,
            price: entry.price,
            stock: entry.stock,
            rate: entry.rate,
            listed: entry.listed,
        }
    }

    /// In what two of them differ.
    pub fn differs(&self, other: &Seen) -> BTreeSet<WatchOf> {
        let price = (self.price, self.currency) != (other.price, other.currency);
        let all = [
            (WatchOf::Price, price),
            (WatchOf::Stock, self.stock != other.stock),
            (WatchOf::Rate, self.rate != other.rate),
            (WatchOf::Listed, self.listed != other.listed),
        ];
        all.into_iter()
            .filter(|(_, differs)| *differs)
            .map(|(of, _)| of)
            .collect()
    }
}

/// `watch.set`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WatchSet {
    /// Which.
    pub watch: WatchId,
    /// Whose; none: the book's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// What.
    pub target: Target,
    /// What of it.
    pub of: BTreeSet<WatchOf>,
    /// As it stands now.
    pub seen: Seen,
}

/// `watch.fired`: it does not stand as it was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WatchFired {
    /// Which.
    pub watch: WatchId,
    /// What changed.
    pub changed: BTreeSet<WatchOf>,
    /// As it was seen before.
    pub before: Seen,
    /// As it stands now.
    pub seen: Seen,
}

/// `watch.dropped`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WatchDropped {
    /// Which.
    pub watch: WatchId,
}

/// What happened to a watch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WatchEvent {
    /// `watch.set`
    Set(WatchSet),
    /// `watch.fired`
    Fired(WatchFired),
    /// `watch.dropped`
    Dropped(WatchDropped),
}

impl WatchEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            WatchEvent::Set(_) => "watch.set",
            WatchEvent::Fired(_) => "watch.fired",
            WatchEvent::Dropped(_) => "watch.dropped",
        }
    }
}

/// A watch as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WatchState {
    /// As set last.
    pub set: Option<WatchSet>,
    /// Figures seen last.
    pub seen: Option<Seen>,
    /// Fired last.
    pub fired: Option<WatchFired>,
    /// It watches.
    pub active: bool,
}

impl WatchState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &WatchEvent) {
        match event {
            WatchEvent::Set(e) => {
                self.seen = Some(e.seen);
                self.set = Some(e.clone());
                self.active = true;
            }
            WatchEvent::Fired(e) => {
                self.seen = Some(e.seen);
                self.fired = Some(e.clone());
            }
            WatchEvent::Dropped(_) => self.active = false,
        }
    }
}
