//! Returns that do not name their order 未指单退货: the return documents of one buyer and one item, and what each is
//! matched to.
//! Must never move money itself: a match tells its line an ordinary refund, and a reversed match takes it back (`flow`).
//!
//! One stream for each platform, buyer and item. It keeps the set of return rows and the set of lines sold; `matching.rs`
//! gives the verdict on every return from these two sets alone, so any order of arrival ends in the same matches
//! (decision A5).

pub mod decide;
pub mod event;
pub mod matching;
pub mod state;
#[cfg(test)]
mod tests;

pub use event::{Candidate, Flaw, ReturnEvent, ReturnJudged, ReturnTold, ReturnWithdrawn, Returned, SalesJoined};
pub use event::{Verdict, Why};
pub use matching::Sale;
pub use state::{Kept, ReturnsState};

/// Kind of the event that keeps a row told.
pub const TOLD: &str = "return.told";
