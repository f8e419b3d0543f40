//! Offers 货源: what a supplier sells at which price, in versions; and quotes, which are what an offer's version came to
//! for a quantity. What an offer's row could not say plainly is noted on it by a code, so that nobody has to guess.
//! Must never change a version: a changed offer is the next version, and a quote names the one it was made from.
//!
//! Glossary: price tier 阶梯价, minimum order 起批量, mixed batch 混批, consignment 一件代发, sample 样品.

pub mod decide;
pub mod event;
pub mod freight;
pub mod price;
mod state;
pub mod terms;
#[cfg(test)]
mod tests;

pub use event::{
    OfferEvent, OfferFigures, OfferPublished, OfferReported, OfferStatus, OfferStatusChanged, QuoteEvent, QuoteGiven,
    QuoteUsed,
};
pub use freight::Freight;
pub use price::{Asked, Cheaper, PriceKind, Priced, PricedLine};
pub use state::{OfferState, QuoteState};
pub use terms::{Batch, Consign, Note, OfferTerms, PriceRange, QuoteBy, SampleOffer, Sku, Tier};
