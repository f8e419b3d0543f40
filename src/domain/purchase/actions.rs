//! What can be asked of a purchase, by which side, and what may be asked now.
//! Must never decide: `decide` does, and refuses what is not listed here.

use serde::{Deserialize, Serialize};

use super::event::{Cause, Units};
use super::platform::Track;
use super::state::{Phase, PurchaseState};
use super::terms::{ChargeKind, Pays};
use crate::base::{ExternalId, PartyId};
use crate::money::Minor;

/// A side of a purchase.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The book: records whatever it knows.
    Book,
    /// Who buys, or keeps the margin; and its agencies.
    Buyer,
    /// Who sells.
    Supplier,
}

/// What is asked to be refunded of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct RefundLine {
    /// Which line, from 0.
    pub line: u32,
    /// Units; 0 for a mere reduction.
    pub units: u32,
    /// How much; what the units cost when not told.
    pub amount: Option<Minor>,
}

/// A refund as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RefundAsk {
    /// Of lines.
    pub lines: Vec<RefundLine>,
    /// Of freight.
    pub freight: Minor,
    /// Its outside number.
    pub reference: Option<ExternalId>,
    /// Why.
    pub reason: Option<String>,
}

/// What is asked of a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The supplier was paid.
    Pay {
        /// How much; everything that is owed when not told.
        amount: Option<Minor>,
        /// The outside number.
        reference: ExternalId,
    },
    /// The supplier gave money back.
    Repay {
        /// How much; everything that it owes when not told.
        amount: Option<Minor>,
        /// The outside number.
        reference: ExternalId,
    },
    /// Another freight.
    Freight {
        /// From now on.
        amount: Minor,
        /// Why.
        reason: Option<String>,
    },
    /// Goods were sent; everything that is left when nothing is told.
    Ship {
        /// What.
        units: Vec<Units>,
        /// Tracking number.
        tracking: Option<String>,
    },
    /// Goods arrived; everything that was sent when nothing is told.
    Receive {
        /// What.
        units: Vec<Units>,
    },
    /// Goods were found bad.
    Reject {
        /// What.
        units: Vec<Units>,
        /// Why.
        reason: String,
    },
    /// The supplier refunds.
    Refund(RefundAsk),
    /// The buyer of a dropship order is refunded.
    BuyerRefund(RefundAsk),
    /// Return freight, insurance, packaging, a fee.
    Charge {
        /// What for.
        charge: ChargeKind,
        /// How much; negative takes a charge back.
        amount: Minor,
        /// Who gets it.
        payee: Option<PartyId>,
        /// In words.
        note: Option<String>,
    },
    /// The supplier's final bill.
    Bill {
        /// Its number.
        number: ExternalId,
        /// For goods, refunds taken off.
        goods: Minor,
        /// For freight, refunds taken off.
        freight: Minor,
        /// The ledger follows the bill; otherwise the difference is only shown.
        correct: bool,
    },
    /// A word of the platform.
    State {
        /// About what.
        track: Track,
        /// Its code.
        code: String,
        /// Number of the refund or stage.
        number: Option<ExternalId>,
    },
    /// Calls it off.
    Cancel {
        /// Who did.
        cause: Cause,
        /// Why.
        reason: Option<String>,
    },
    /// It is at its end.
    Finish,
}

impl Action {
    /// The word of the route.
    pub fn word(&self) -> &'static str {
        match self {
            Action::Pay { .. } => "pay",
            Action::Repay { .. } => "repay",
            Action::Freight { .. } => "freight",
            Action::Ship { .. } => "ship",
            Action::Receive { .. } => "receive",
            Action::Reject { .. } => "reject",
            Action::Refund(_) => "refund",
            Action::BuyerRefund(_) => "buyer-refund",
            Action::Charge { .. } => "charge",
            Action::Bill { .. } => "bill",
            Action::State { .. } => "state",
            Action::Cancel { .. } => "cancel",
            Action::Finish => "finish",
        }
    }
}

/// Every action. The book may record each of them; what a party may record moves no money that the book owes:
/// the supplier only lowers its own claim, the buyer moves money only where it pays itself.
pub const WORDS: [&str; 13] = [
    "pay",
    "repay",
    "freight",
    "ship",
    "receive",
    "reject",
    "refund",
    "buyer-refund",
    "charge",
    "bill",
    "state",
    "cancel",
    "finish",
];

/// Whether a side may ever ask for it.
pub fn may(side: Side, word: &str, pays: Pays) -> bool {
    match side {
        Side::Book => true,
        Side::Supplier => matches!(word, "ship" | "refund"),
        Side::Buyer => {
            let goods = matches!(word, "receive" | "reject" | "state" | "cancel");
            let money = matches!(
                word,
                "pay" | "repay" | "freight" | "ship" | "refund" | "buyer-refund" | "bill" | "finish"
            );
            goods || (pays == Pays::Buyer && money)
        }
    }
}

/// What a side may ask now, in the words of the route.
pub fn allowed(state: &PurchaseState, side: Side) -> Vec<&'static str> {
    let Some(order) = &state.order else { return Vec::new() };
    let open = |word: &str| is_open(state, word) && may(side, word, order.pays);
    WORDS.into_iter().filter(|word| open(word)).collect()
}

/// It is not refused for where the purchase stands.
pub fn is_open(state: &PurchaseState, word: &str) -> bool {
    let phase = state.phase();
    let off = phase.is_off();
    let any = |units: Vec<u32>| units.iter().any(|units| *units > 0);
    let payable = state.payable().unwrap_or_default();
    match word {
        "pay" => payable > Minor::ZERO,
        "repay" => payable < Minor::ZERO,
        "freight" | "bill" => !off,
        "ship" => !off && any(state.to_ship()),
        "receive" => !off && any(state.to_receive()),
        "reject" => !off && any(state.good()),
        "refund" => !off && state.paid > Minor::ZERO,
        "buyer-refund" => state.sold.is_some(),
        "charge" | "state" => true,
        "cancel" => state.ended.is_none() && state.lines.iter().all(|line| line.shipped == 0),
        "finish" => !off && phase != Phase::Done,
        _ => false,
    }
}
