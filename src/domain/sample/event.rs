//! Events of samples. Each carries what was decided and the legs that move.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, Instant, ItemId, OfferId, PartyId, SampleId};
use crate::ledger::Leg;
use crate::money::{Currency, Minor};

/// Who bears something, or laid it out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// Who gives the sample.
    #[default]
    Provider,
    /// Who holds it.
    Holder,
    /// The owner of the book.
    Book,
}

/// Terms of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SampleTerms {
    /// Currency of every amount.
    pub currency: Currency,
    /// What the goods cost in all; nothing for a free sample.
    pub cost: Minor,
    /// Who bears it. The provider is who gets it.
    pub cost_by: Bearer,
    /// Freight there.
    pub freight: Minor,
    /// Who bears it.
    pub freight_by: Bearer,
    /// Who lays it out.
    pub freight_paid_by: Bearer,
    /// Set aside from the holder's balance until the request is closed.
    pub deposit: Minor,
    /// To be returned until here; none: it may be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_by: Option<Instant>,
    /// What all of it costs the holder when it is lost or not returned in time.
    pub loss_price: Minor,
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Requested {
    /// Which stream.
    pub sample: SampleId,
    /// Which request of it, from 1.
    pub number: u32,
    /// Who is to hold it.
    pub holder: PartyId,
    /// Who gives it.
    pub provider: PartyId,
    /// Of which product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Of which offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
    /// What it is, in words.
    pub name: String,
    /// How many.
    pub units: u32,
    /// What the holder accepts.
    pub terms: SampleTerms,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// `sample.rules_set`: from here on, a request within so many days of an earlier one of the same holder and item is
    /// refused.
    RulesSet {
        /// Days; none: repeats are allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repeat_days: Option<u32>,
        /// From here on.
        from: Instant,
    },
    /// `sample.requested`
    Requested(Box<Requested>),
    /// `sample.approved`
    Approved {
        /// Which request.
        number: u32,
        /// Terms that hold.
        terms: SampleTerms,
    },
    /// `sample.refused`: as if it had not been made.
    Refused {
        /// Which request.
        number: u32,
        /// Why.
        reason: String,
    },
    /// `sample.sent`
    Sent {
        /// Which request.
        number: u32,
        /// Tracking number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tracking: Option<ExternalId>,
    },
    /// `sample.received`
    Received {
        /// Which request.
        number: u32,
    },
    /// `sample.kept`: the holder keeps it.
    Kept {
        /// Which request.
        number: u32,
    },
    /// `sample.returned`
    Returned {
        /// Which request.
        number: u32,
        /// Freight back, borne by the holder and laid out by the provider.
        freight: Minor,
    },
    /// `sample.billed`: not returned in time.
    Billed {
        /// Which request.
        number: u32,
        /// What it costs.
        amount: Minor,
    },
    /// `sample.lost`
    Lost {
        /// Which request.
        number: u32,
        /// What it costs.
        amount: Minor,
        /// How.
        reason: String,
    },
}

impl What {
    /// Every kind that this binary writes.
    pub const KINDS: &'static [&'static str] = &[
        "sample.rules_set",
        "sample.requested",
        "sample.approved",
        "sample.refused",
        "sample.sent",
        "sample.received",
        "sample.kept",
        "sample.returned",
        "sample.billed",
        "sample.lost",
    ];

    /// Wire name of the event.
    pub fn kind(&self) -> &'static str {
        match self {
            What::RulesSet { .. } => "sample.rules_set",
            What::Requested(_) => "sample.requested",
            What::Approved { .. } => "sample.approved",
            What::Refused { .. } => "sample.refused",
            What::Sent { .. } => "sample.sent",
            What::Received { .. } => "sample.received",
            What::Kept { .. } => "sample.kept",
            What::Returned { .. } => "sample.returned",
            What::Billed { .. } => "sample.billed",
            What::Lost { .. } => "sample.lost",
        }
    }
}

/// One event of samples.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SampleEvent {
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// What moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
}

impl SampleEvent {
    /// An event that moves nothing.
    pub fn of(what: What) -> SampleEvent {
        SampleEvent { what, legs: Vec::new() }
    }

    /// The same with legs; those of nothing are left out.
    pub fn moving(mut self, legs: Vec<Leg>) -> SampleEvent {
        self.legs = legs;
        self.legs.retain(|leg| !leg.amount.is_zero());
        self
    }
}
