//! Receipts of money 回款: movements on the owner's own accounts at banks, wallets and platforms, each known by its flow
//! number, and the platform bills that they settle.
//! Must never move money between parties: a receipt waits in suspense until a person says what it settles.
//!
//! What is received debits `book:cash` and credits `book:suspense`. Matching moves it from suspense to the account that owed
//! it: a platform's `clearing`, or a merchant's `commission`; or back to `book:cash` when it came from another account of the
//! owner's own. A negative amount is money that a platform took back.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, Instant, Month, PartyId, PartyKind, ReceiptId};
use crate::domain::world::Placed;
use crate::ledger::{Account, AccountKind, Entry, EntryError, Layer, Leg};
use crate::money::{Currency, Minor};

/// One movement as a bank, wallet or platform tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptFact {
    /// Which; derived from source and flow number.
    pub receipt: ReceiptId,
    /// Bank, wallet or platform.
    pub source: ExternalId,
    /// Its number of the movement.
    pub flow_no: ExternalId,
    /// When the money moved.
    pub at: Instant,
    /// Currency.
    pub currency: Currency,
    /// How much came in; negative: it was taken back.
    pub amount: Minor,
    /// The owner's own account there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ExternalId>,
    /// Who paid, as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// The teller's own word for what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
}

impl ReceiptFact {
    /// Same movement of the same money: words about it may differ from export to export.
    pub fn same_money(&self, other: &ReceiptFact) -> bool {
        (self.at, self.currency, self.amount) == (other.at, other.currency, other.amount)
    }
}

/// A part of a receipt and what it settles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allocation {
    /// The account that owed it, or `book:cash` for a transfer between the owner's own accounts.
    pub account: Account,
    /// The month of the bill; none for a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Month>,
    /// How much; of the receipt's sign.
    pub amount: Minor,
}

/// The account that a party owes its bills on: a platform's clearing, a merchant's commission.
pub fn bill_account(party: PartyId) -> Account {
    match party.kind() {
        PartyKind::Platform => Account::of(party, AccountKind::Clearing),
        _ => Account::of(party, AccountKind::Commission),
    }
}

/// `receipt.recorded`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptRecorded {
    /// As told.
    pub fact: ReceiptFact,
}

/// `receipt.parked`: told, and kept without legs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptParked {
    /// As told.
    pub fact: ReceiptFact,
    /// Why: `receipt_conflict` when the flow number stands with other content.
    pub code: String,
}

/// `receipt.matched`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptMatched {
    /// Business time of the receipt.
    pub at: Instant,
    /// Currency.
    pub currency: Currency,
    /// What it settles, beside what was matched before.
    pub bills: Vec<Allocation>,
}

/// `receipt.unmatched`: everything that was matched is in suspense again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptUnmatched {
    /// Business time of the receipt.
    pub at: Instant,
    /// Currency.
    pub currency: Currency,
    /// What it no longer settles.
    pub bills: Vec<Allocation>,
    /// Why.
    pub reason: String,
}

/// `receipt.withdrawn`: the batch that told it was taken back, and nobody else tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptWithdrawn {
    /// Business time of the receipt.
    pub at: Instant,
    /// Currency.
    pub currency: Currency,
    /// What had come in.
    pub amount: Minor,
    /// What it no longer settles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bills: Vec<Allocation>,
    /// The batch.
    pub batch: ExternalId,
}

/// What happened to a receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReceiptEvent {
    /// `receipt.recorded`
    Recorded(Box<ReceiptRecorded>),
    /// `receipt.parked`
    Parked(Box<ReceiptParked>),
    /// `receipt.matched`
    Matched(ReceiptMatched),
    /// `receipt.unmatched`
    Unmatched(ReceiptUnmatched),
    /// `receipt.withdrawn`
    Withdrawn(ReceiptWithdrawn),
}

impl ReceiptEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            ReceiptEvent::Recorded(_) => "receipt.recorded",
            ReceiptEvent::Parked(_) => "receipt.parked",
            ReceiptEvent::Matched(_) => "receipt.matched",
            ReceiptEvent::Unmatched(_) => "receipt.unmatched",
            ReceiptEvent::Withdrawn(_) => "receipt.withdrawn",
        }
    }

    /// Date of its legs.
    pub fn at(&self) -> Instant {
        match self {
            ReceiptEvent::Recorded(e) => e.fact.at,
            ReceiptEvent::Parked(e) => e.fact.at,
            ReceiptEvent::Matched(e) => e.at,
            ReceiptEvent::Unmatched(e) => e.at,
            ReceiptEvent::Withdrawn(e) => e.at,
        }
    }
}

/// A receipt as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReceiptState {
    /// What stands, with the position that records it.
    pub stands: Option<(ReceiptFact, i64)>,
    /// What was parked, with code and position.
    pub parked: Vec<(ReceiptFact, String, i64)>,
    /// What it settles.
    pub bills: Vec<Allocation>,
}

impl ReceiptState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ReceiptEvent, placed: &Placed) {
        match event {
            ReceiptEvent::Recorded(e) => self.stands = Some((e.fact.clone(), placed.position)),
            ReceiptEvent::Parked(e) => self.parked.push((e.fact.clone(), e.code.clone(), placed.position)),
            ReceiptEvent::Matched(e) => self.bills.extend_from_slice(&e.bills),
            ReceiptEvent::Unmatched(_) => self.bills.clear(),
            ReceiptEvent::Withdrawn(_) => {
                self.stands = None;
                self.bills.clear();
            }
        }
    }

    /// What of the receipt settles something.
    pub fn matched(&self) -> Result<Minor, crate::money::MoneyError> {
        Minor::sum(self.bills.iter().map(|bill| bill.amount))
    }
}

/// Legs of a receipt.
pub fn post(event: &ReceiptEvent) -> Result<Entry, EntryError> {
    let leg = |account, currency, amount| Leg {
        account,
        layer: Layer::Settled,
        currency,
        amount,
    };
    let mut legs = Vec::new();
    let mut arrived = |currency, amount: Minor| -> Result<(), EntryError> {
        legs.push(leg(Account::book(AccountKind::Cash), currency, amount.negated()?));
        legs.push(leg(Account::book(AccountKind::Suspense), currency, amount));
        Ok(())
    };
    match event {
        ReceiptEvent::Recorded(e) => arrived(e.fact.currency, e.fact.amount)?,
        ReceiptEvent::Withdrawn(e) => arrived(e.currency, e.amount.negated()?)?,
        ReceiptEvent::Parked(_) | ReceiptEvent::Matched(_) | ReceiptEvent::Unmatched(_) => {}
    }
    let (bills, currency, sign): (&[Allocation], _, i64) = match event {
        ReceiptEvent::Recorded(_) | ReceiptEvent::Parked(_) => return Entry::balanced(legs),
        ReceiptEvent::Matched(e) => (&e.bills, e.currency, 1),
        ReceiptEvent::Unmatched(e) => (&e.bills, e.currency, -1),
        ReceiptEvent::Withdrawn(e) => (&e.bills, e.currency, -1),
    };
    for bill in bills {
        let amount = if sign > 0 { bill.amount } else { bill.amount.negated()? };
        legs.push(leg(Account::book(AccountKind::Suspense), currency, amount.negated()?));
        legs.push(leg(bill.account, currency, amount));
    }
    Entry::balanced(legs)
}
