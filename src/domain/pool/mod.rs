//! The commodity pool 选品池: what a brand shows of an item to anchors, with what anybody would earn on it today.
//! Must never tell a figure that its owner did not publish, nor one that only named parties may use.
//!
//! Its events stand on the stream of the item; an offer of a supplier is in the pool by itself.

pub mod decide;
pub mod entry;
pub mod event;
mod state;
#[cfg(test)]
mod tests;

pub use decide::check;
pub use entry::{Entry, Kind, PRICE_BOUNDS, RATE_BOUNDS, Target, category_word, owner_word};
pub use event::{Figures, PoolEvent, PoolListed, PoolRated, PoolTerms, PoolWithdrawn};
pub use state::Pooled;
