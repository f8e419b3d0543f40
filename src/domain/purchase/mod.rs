//! Purchases of goods 采购: wholesale, one-piece dropship 一件代发 with mark-up, and bought samples; what they cost, what is
//! owed to the supplier for them, and what a dropship order leaves as margin.
//! Must never re-tier what was ordered, nor let more be refunded for a line than was paid for it.
//!
//! Money (settled layer). Whatever is owed to the supplier stands on one account of the supplier, whatever the goods cost
//! on one account of who bears it:
//!
//! * **wholesale** and **sample**: ordered = supplier +(goods + freight), buyer:purchases -(same): the buyer owns the stock.
//! * **dropship**: sold = taker +(sold goods + freight paid by the buyer), book:clearing -(same); bought = supplier +(goods
//!   at the consignment price + freight), taker -(same). What is left with the taker is the margin. The margin is the
//!   taker's alone: nothing in the trade says that it is shared below by agency contracts.
//! * a changed freight, a refund, a cancellation, a corrected bill: the same accounts, the part only.
//! * return freight, insurance, packaging and fees: the bearer -, the payee +; without a payee a fee is the book's income
//!   and anything else was paid by the book's cash.
//!
//! Who pays the supplier is fixed by the order ([`Pays`]):
//!
//! * the **book** 本方代付: supplier:available is owed by the book; paid = supplier -, book:cash +. A party that buys this way
//!   owes it to the book on its `purchases` account.
//! * the **balance** of the buyer 余额抵扣: the same, and paid also takes it from what is available to the buyer: available -,
//!   direct_paid +.
//! * the **buyer** itself 买方自付: the book never owes it, so everything stands on `direct_paid` in the place of `available`
//!   (as with what a platform pays directly, decision A18) and can enter no payout; paid = supplier -, buyer:direct_paid +,
//!   of a dropship order book:clearing +.
//!
//! The buyer's refund and the supplier's refund of a dropship order are two facts; until the second one comes the
//! difference is the taker's loss.
//!
//! INVARIANT: what is owed to the supplier = ordered + freight changes + corrected bills + what else it is the payee of
//! - refunds - cancelled - paid + paid back, after every event.
//!
//! Glossary: purchase 采购单, wholesale 批发, dropship 一件代发, mark-up 加价, outside order number 外部单号, bill 供应商账单,
//! accrued 暂估, quality reject 质检拒收, return freight 退货运费, insurance 运费险, packaging 包装.

pub mod actions;
pub mod decide;
pub mod event;
pub mod money;
pub mod platform;
mod refunds;
pub mod state;
pub mod terms;
#[cfg(test)]
mod tests;

pub use actions::{Action, RefundAsk, RefundLine, Side};
pub use event::{Cause, PurchaseEvent, Refund, Refunded, Units, What};
pub use platform::{Means, Track};
pub use state::{Phase, Progress, PurchaseState};
pub use terms::{
    ChargeKind, CheaperOf, Line, LineAsk, Offered, Ordered, Pays, PurchaseAsk, PurchaseFigures, PurchaseKind,
};

use crate::ledger::{Entry, EntryError};

/// Legs of a purchase's event.
pub fn post(event: &PurchaseEvent) -> Result<Entry, EntryError> {
    Entry::balanced(event.legs.iter().copied())
}
