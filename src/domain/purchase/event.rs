//! Events of a purchase. Each carries what was decided, the amounts, and the legs that move.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::platform::{Means, Track};
use super::terms::{ChargeKind, Ordered};
use crate::base::{ExternalId, PartyId, TimerId};
use crate::ledger::Leg;
use crate::money::Minor;

/// Units of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Units {
    /// Which line, from 0.
    pub line: u32,
    /// How many.
    pub units: u32,
}

/// What is refunded of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refunded {
    /// Which line, from 0.
    pub line: u32,
    /// Units that are given back or were never sent; 0 for a mere reduction.
    pub units: u32,
    /// How much.
    pub amount: Minor,
}

/// A refund.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refund {
    /// Of lines.
    pub lines: Vec<Refunded>,
    /// Of freight.
    pub freight: Minor,
    /// Its outside number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ExternalId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who called a purchase off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// buyerCancel.
    BuyerCancel,
    /// sellerGoodsLack.
    SellerGoodsLack,
    /// Anything else.
    Other,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// `purchase.ordered`: prices are pinned; what it costs is owed from here.
    Ordered {
        /// As ordered.
        order: Box<Ordered>,
    },
    /// `purchase.sold`: dropship: the buyer paid.
    Sold {
        /// For goods.
        goods: Minor,
        /// For freight.
        freight: Minor,
    },
    /// `purchase.paid`: the supplier was paid.
    Paid {
        /// How much.
        amount: Minor,
        /// The outside number of the payment.
        reference: ExternalId,
    },
    /// `purchase.repaid`: the supplier gave money back.
    Repaid {
        /// How much.
        amount: Minor,
        /// The outside number of it.
        reference: ExternalId,
    },
    /// `purchase.freight_changed`
    FreightChanged {
        /// Before.
        before: Minor,
        /// After.
        after: Minor,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// `purchase.shipped`
    Shipped {
        /// What.
        units: Vec<Units>,
        /// Tracking number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tracking: Option<String>,
    },
    /// `purchase.received`
    Received {
        /// What.
        units: Vec<Units>,
    },
    /// `purchase.rejected`: found bad. Money moves only with a refund.
    Rejected {
        /// What.
        units: Vec<Units>,
        /// Why.
        reason: String,
    },
    /// `purchase.refunded`: by the supplier. What stays is not tiered anew.
    Refunded(Refund),
    /// `purchase.buyer_refunded`: dropship: to the buyer.
    BuyerRefunded(Refund),
    /// `purchase.charged`: return freight, insurance, packaging, a fee.
    Charged {
        /// What for.
        charge: ChargeKind,
        /// How much; negative takes a charge back.
        amount: Minor,
        /// Who gets it; none: the book's income for a fee, its cash for anything else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payee: Option<PartyId>,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// `purchase.billed`: the supplier's final bill.
    Billed {
        /// Its number.
        number: ExternalId,
        /// For goods, refunds taken off.
        goods: Minor,
        /// For freight, refunds taken off.
        freight: Minor,
        /// What stood in the ledger for the same.
        accrued: Minor,
        /// What it corrects the ledger by; zero while the difference is only shown.
        correction: Minor,
    },
    /// `purchase.stated`: a word of the platform.
    Stated {
        /// About what.
        track: Track,
        /// Its code, kept as it is.
        code: String,
        /// What it means; none: unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        means: Option<Means>,
        /// Number of the refund or stage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<ExternalId>,
    },
    /// `purchase.cancelled`: what is left of it is not owed.
    Cancelled {
        /// Who called it off.
        cause: Cause,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What is not owed.
        amount: Minor,
    },
    /// `purchase.timed_out`: not paid in time.
    TimedOut {
        /// What is not owed.
        amount: Minor,
    },
    /// `purchase.done`
    Done,
}

impl What {
    /// Every kind that this binary writes.
    pub const KINDS: &'static [&'static str] = &[
        "purchase.ordered",
        "purchase.sold",
        "purchase.paid",
        "purchase.repaid",
        "purchase.freight_changed",
        "purchase.shipped",
        "purchase.received",
        "purchase.rejected",
        "purchase.refunded",
        "purchase.buyer_refunded",
        "purchase.charged",
        "purchase.billed",
        "purchase.stated",
        "purchase.cancelled",
        "purchase.timed_out",
        "purchase.done",
    ];

    /// Wire name of the event.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Ordered { .. } => "purchase.ordered",
            What::Sold { .. } => "purchase.sold",
            What::Paid { .. } => "purchase.paid",
            What::Repaid { .. } => "purchase.repaid",
            What::FreightChanged { .. } => "purchase.freight_changed",
            What::Shipped { .. } => "purchase.shipped",
            What::Received { .. } => "purchase.received",
            What::Rejected { .. } => "purchase.rejected",
            What::Refunded(_) => "purchase.refunded",
            What::BuyerRefunded(_) => "purchase.buyer_refunded",
            What::Charged { .. } => "purchase.charged",
            What::Billed { .. } => "purchase.billed",
            What::Stated { .. } => "purchase.stated",
            What::Cancelled { .. } => "purchase.cancelled",
            What::TimedOut { .. } => "purchase.timed_out",
            What::Done => "purchase.done",
        }
    }
}

/// One event of a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurchaseEvent {
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// The timer whose firing this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<TimerId>,
    /// What moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
}

impl PurchaseEvent {
    /// An event that moves nothing.
    pub fn of(what: What) -> PurchaseEvent {
        PurchaseEvent {
            what,
            fired: None,
            legs: Vec::new(),
        }
    }

    /// The same with legs; those of nothing are left out.
    pub fn moving(mut self, legs: Vec<Leg>) -> PurchaseEvent {
        self.legs = legs;
        self.legs.retain(|leg| !leg.amount.is_zero());
        self
    }
}
