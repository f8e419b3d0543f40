//! Samples 样品 that are asked for, sent, and kept, returned, billed or lost: who holds them, and who bears what.
//! Must never charge anybody what the terms of the request do not say.
//!
//! One stream for each holder and item, with its requests in order: whether a request repeats an earlier one is seen there.
//! The book's rule on repeats (a dated setting, off unless it was set) stands on a stream of its own.
//!
//! Money (settled layer), from who bears it to who laid it out: the cost of the goods and the freight when the sample is
//! sent; a deposit 押金 is set aside from the holder's available balance (`held`) until the request is closed; what was lost,
//! or not returned in time, costs the loss price. The book bears on `book:purchases` and lays out `book:cash`.
//!
//! Glossary: sample 样品, holder 持样人, deposit 押金, loss price 赔付价, repeat request 重复申样.

pub mod decide;
pub mod event;
pub mod state;
#[cfg(test)]
mod tests;

pub use decide::{Action, Side};
pub use event::{Bearer, Requested, SampleEvent, SampleTerms, What};
pub use state::{Round, SampleState, Standing};

use serde::Serialize;

use crate::base::{BookId, ItemId, OfferId, PartyId, SampleId, derive_uuid};
use crate::ledger::{Entry, EntryError};

/// A request as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SampleAsk {
    /// Who is to hold it.
    pub holder: PartyId,
    /// Who gives it.
    pub provider: PartyId,
    /// Of which product.
    pub item: Option<ItemId>,
    /// Of which offer.
    pub offer: Option<OfferId>,
    /// What it is, in words.
    pub name: String,
    /// How many.
    pub units: u32,
    /// What the holder accepts.
    pub terms: SampleTerms,
    /// What for.
    pub note: Option<String>,
    /// Asked for although it repeats an earlier request (by the book only).
    pub again: bool,
}

impl SampleAsk {
    /// The stream of its requests.
    pub fn id(&self, book: BookId) -> SampleId {
        let what = match (self.item, self.offer) {
            (Some(item), _) => item.to_string(),
            (None, Some(offer)) => offer.to_string(),
            (None, None) => self.name.trim().to_owned(),
        };
        SampleId::of(book, self.holder, &what)
    }
}

/// The stream of the book's rule on repeats.
pub fn rules(book: BookId) -> SampleId {
    SampleId(derive_uuid("sample.rules", book.0, &[]))
}

/// Legs of a sample's event.
pub fn post(event: &SampleEvent) -> Result<Entry, EntryError> {
    Entry::balanced(event.legs.iter().copied())
}
