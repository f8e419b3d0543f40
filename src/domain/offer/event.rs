//! What happens to offers and quotes.
//! Must never be read without its version: a quote is explained from the version it names.

use serde::{Deserialize, Serialize};

use super::price::{PriceKind, Priced};
use super::terms::OfferTerms;
use crate::base::{ExternalId, Instant, OfferId, PartyId, QuoteId};
use crate::domain::supplier::Score;
use crate::money::{Currency, Rate};

/// How an offer stands on its platform.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferStatus {
    /// On sale; a relisted one again.
    #[default]
    Published,
    /// Its time is over.
    Expired,
    /// Taken down by the platform's audit.
    AuditedOff,
    /// Deleted.
    Deleted,
}

impl OfferStatus {
    /// Every status.
    pub const ALL: [OfferStatus; 4] = [
        OfferStatus::Published,
        OfferStatus::Expired,
        OfferStatus::AuditedOff,
        OfferStatus::Deleted,
    ];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            OfferStatus::Published => "published",
            OfferStatus::Expired => "expired",
            OfferStatus::AuditedOff => "audited_off",
            OfferStatus::Deleted => "deleted",
        }
    }
}

/// `offer.published`: from here on these terms hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfferPublished {
    /// Which.
    pub offer: OfferId,
    /// Which version, from 1.
    pub version: u32,
    /// The whole offer.
    pub terms: Box<OfferTerms>,
}

/// `offer.status_changed`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfferStatusChanged {
    /// Which.
    pub offer: OfferId,
    /// From now on.
    pub status: OfferStatus,
}

/// Figures of an offer as its platform reports them; what it does not report is absent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OfferFigures {
    /// Units sold; a platform may round them down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<u64>,
    /// Over how many days; none: ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_days: Option<u16>,
    /// Orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<u64>,
    /// Score of the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Share of buyers who come back for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repurchase_ppm: Option<Rate>,
}

/// `offer.reported`: figures from here on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfferReported {
    /// Which.
    pub offer: OfferId,
    /// When they were said.
    pub reported_at: Instant,
    /// Figures.
    pub figures: OfferFigures,
}

/// What happened to an offer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfferEvent {
    /// `offer.published`
    Published(OfferPublished),
    /// `offer.status_changed`
    StatusChanged(OfferStatusChanged),
    /// `offer.reported`
    Reported(OfferReported),
}

impl OfferEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            OfferEvent::Published(_) => "offer.published",
            OfferEvent::StatusChanged(_) => "offer.status_changed",
            OfferEvent::Reported(_) => "offer.reported",
        }
    }
}

/// `quote.given`: what an offer's version came to for these lines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteGiven {
    /// Which.
    pub quote: QuoteId,
    /// Of which offer.
    pub offer: OfferId,
    /// Made from this version of it.
    pub version: u32,
    /// For whom; none: for the book's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<PartyId>,
    /// As what it would be bought.
    pub kind: PriceKind,
    /// Currency of every amount.
    pub currency: Currency,
    /// What it comes to.
    pub priced: Priced,
    /// Until then it may be used; exclusive.
    pub valid_until: Instant,
}

/// `quote.used`: a purchase was made from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteUsed {
    /// Which.
    pub quote: QuoteId,
    /// The purchase, or the number of an order outside.
    pub used_for: ExternalId,
}

/// What happened to a quote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QuoteEvent {
    /// `quote.given`
    Given(Box<QuoteGiven>),
    /// `quote.used`
    Used(QuoteUsed),
}

impl QuoteEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            QuoteEvent::Given(_) => "quote.given",
            QuoteEvent::Used(_) => "quote.used",
        }
    }
}
