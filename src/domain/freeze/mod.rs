//! Frozen money of a party 冻结: an amount set aside by reason, given back in parts, or forfeited in parts to somebody named.
//! Must never let more leave a freeze than was put into it: `ledger::Hold` keeps the count.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{FileId, FreezeId, Instant, PartyId};
use crate::ledger::{Account, Entry, EntryError, Hold, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError};

/// A freeze as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FreezeTerms {
    /// Whose money.
    pub party: PartyId,
    /// Currency.
    pub currency: Currency,
    /// How much.
    pub amount: Minor,
    /// Why.
    pub reason: String,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// A part of a freeze that goes back to its party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnfreezeTerms {
    /// Which.
    pub freeze: FreezeId,
    /// How much.
    pub amount: Minor,
    /// In which currency: must be the freeze's.
    pub currency: Currency,
    /// Why.
    pub reason: String,
}

/// A part of a freeze that goes to somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ForfeitTerms {
    /// Which.
    pub freeze: FreezeId,
    /// How much.
    pub amount: Minor,
    /// In which currency: must be the freeze's.
    pub currency: Currency,
    /// To whom; the book's own income when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartyId>,
    /// Why.
    pub reason: String,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// `freeze.placed`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FreezePlaced {
    /// Which.
    pub freeze: FreezeId,
    /// Whose money.
    pub party: PartyId,
    /// The hold with its amounts after this event.
    pub hold: Hold,
    /// Business time.
    pub at: Instant,
    /// Why.
    pub reason: String,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// `freeze.lifted`: a part went back to its party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FreezeLifted {
    /// How much.
    pub amount: Minor,
    /// The hold with its amounts after this event.
    pub hold: Hold,
    /// Business time.
    pub at: Instant,
    /// Why.
    pub reason: String,
}

/// `freeze.forfeited`: a part went to somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FreezeForfeited {
    /// How much.
    pub amount: Minor,
    /// Where to.
    pub to: Account,
    /// The hold with its amounts after this event.
    pub hold: Hold,
    /// Business time.
    pub at: Instant,
    /// Why.
    pub reason: String,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// What happened to a freeze.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FreezeEvent {
    /// `freeze.placed`
    Placed(Box<FreezePlaced>),
    /// `freeze.lifted`
    Lifted(FreezeLifted),
    /// `freeze.forfeited`
    Forfeited(Box<FreezeForfeited>),
}

impl FreezeEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            FreezeEvent::Placed(_) => "freeze.placed",
            FreezeEvent::Lifted(_) => "freeze.lifted",
            FreezeEvent::Forfeited(_) => "freeze.forfeited",
        }
    }

    /// Business time.
    pub fn at(&self) -> Instant {
        match self {
            FreezeEvent::Placed(e) => e.at,
            FreezeEvent::Lifted(e) => e.at,
            FreezeEvent::Forfeited(e) => e.at,
        }
    }
}

/// A freeze as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FreezeState {
    /// As placed.
    pub placed: Option<FreezePlaced>,
    /// The hold with its amounts now.
    pub hold: Option<Hold>,
}

impl FreezeState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &FreezeEvent) {
        self.hold = Some(match event {
            FreezeEvent::Placed(e) => {
                self.placed = Some((**e).clone());
                e.hold
            }
            FreezeEvent::Lifted(e) => e.hold,
            FreezeEvent::Forfeited(e) => e.hold,
        });
    }
}

/// Legs of a freeze.
pub fn post(event: &FreezeEvent) -> Result<Entry, EntryError> {
    let moved = |hold: &Hold, from: Account, to: Account, amount: Minor| -> Result<[Leg; 2], MoneyError> {
        let leg = |account, amount| Leg {
            account,
            layer: Layer::Settled,
            currency: hold.currency,
            amount,
        };
        Ok([leg(from, amount.negated()?), leg(to, amount)])
    };
    let legs = match event {
        FreezeEvent::Placed(e) => moved(&e.hold, e.hold.source, e.hold.held_in, e.hold.held)?,
        FreezeEvent::Lifted(e) => moved(&e.hold, e.hold.held_in, e.hold.source, e.amount)?,
        FreezeEvent::Forfeited(e) => moved(&e.hold, e.hold.held_in, e.to, e.amount)?,
    };
    Entry::balanced(legs)
}
