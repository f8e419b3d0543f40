//! Payments made outside 线下付款: money that the owner paid a party by itself, recorded with its voucher after a second
//! person agreed; and payments that came back.
//! Must never move money anywhere: what was paid at a bank is told here, and a reference is told once.

pub mod decide;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, FileId, Instant, PartyId, PaymentId};
use crate::ledger::{Account, AccountKind, Entry, EntryError, Layer, Leg};
use crate::money::{Currency, Minor};

/// By which way money was paid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A bank transfer.
    Bank,
    /// Alipay 支付宝.
    Alipay,
    /// WeChat Pay 微信支付.
    Wechat,
    /// A platform's own wallet.
    Platform,
    /// Cash in hand.
    Cash,
    /// Anything else.
    Other,
}

impl Channel {
    /// Every way.
    pub const ALL: [Channel; 6] = [
        Channel::Bank,
        Channel::Alipay,
        Channel::Wechat,
        Channel::Platform,
        Channel::Cash,
        Channel::Other,
    ];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Channel::Bank => "bank",
            Channel::Alipay => "alipay",
            Channel::Wechat => "wechat",
            Channel::Platform => "platform",
            Channel::Cash => "cash",
            Channel::Other => "other",
        }
    }
}

/// A payment as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentTerms {
    /// Who was paid.
    pub party: PartyId,
    /// Currency.
    pub currency: Currency,
    /// How much.
    pub amount: Minor,
    /// By which way.
    pub channel: Channel,
    /// The way's own number of the payment.
    pub reference: ExternalId,
    /// The day, as the voucher says.
    pub paid_on: NaiveDate,
    /// Vouchers 回单.
    pub vouchers: Vec<FileId>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What exceeds the available balance is an advance 预支.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_advance: bool,
}

/// `payment.recorded`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentRecorded {
    /// Which.
    pub payment: PaymentId,
    /// As asked for and approved.
    pub terms: PaymentTerms,
    /// Start of the day it was paid on, in the book's zone.
    pub at: Instant,
    /// What was taken from the available balance.
    pub from_available: Minor,
    /// What is an advance.
    pub advance: Minor,
}

/// A returned payment as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnTerms {
    /// Which.
    pub payment: PaymentId,
    /// The day it came back.
    pub returned_on: NaiveDate,
    /// Why, such as a closed account.
    pub reason: String,
    /// The bank's own number of the return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ExternalId>,
    /// Files that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// `payment.returned`: the money came back as a whole, and is owed again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentReturned {
    /// As asked for and approved.
    pub terms: ReturnTerms,
    /// Who had been paid.
    pub party: PartyId,
    /// Currency.
    pub currency: Currency,
    /// Start of the day it came back, in the book's zone.
    pub at: Instant,
    /// What is available again.
    pub to_available: Minor,
    /// What is no advance any more.
    pub advance: Minor,
}

/// What happened to a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PaymentEvent {
    /// `payment.recorded`
    Recorded(Box<PaymentRecorded>),
    /// `payment.returned`
    Returned(PaymentReturned),
}

impl PaymentEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            PaymentEvent::Recorded(_) => "payment.recorded",
            PaymentEvent::Returned(_) => "payment.returned",
        }
    }
}

/// A payment as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentState {
    /// As recorded.
    pub recorded: Option<PaymentRecorded>,
    /// As it came back.
    pub returned: Option<PaymentReturned>,
}

impl PaymentState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::Recorded(e) => self.recorded = Some((**e).clone()),
            PaymentEvent::Returned(e) => self.returned = Some(e.clone()),
        }
    }
}

/// Legs of a payment: what is owed falls, and so does the owner's own money.
pub fn post(event: &PaymentEvent) -> Result<Entry, EntryError> {
    let leg = |account, currency, amount| Leg {
        account,
        layer: Layer::Settled,
        currency,
        amount,
    };
    let (party, currency, available, advance) = match event {
        PaymentEvent::Recorded(e) => (
            e.terms.party,
            e.terms.currency,
            e.from_available.negated()?,
            e.advance.negated()?,
        ),
        PaymentEvent::Returned(e) => (e.party, e.currency, e.to_available, e.advance),
    };
    let cash = available.plus(advance)?.negated()?;
    Entry::balanced([
        leg(Account::of(party, AccountKind::Available), currency, available),
        leg(Account::of(party, AccountKind::Advance), currency, advance),
        leg(Account::book(AccountKind::Cash), currency, cash),
    ])
}
