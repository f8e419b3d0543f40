//! How much of the folds a writer keeps: the streams changed most recently, up to a byte budget.
//! Must never forget inside a batch.

use lru::LruCache;

use super::decide::Folds;
use crate::domain::stream::{Slice, StreamId};

/// Budget of one writer.
const BYTES: usize = 48 * 1024 * 1024;
/// Balances kept before all are forgotten (about 100 bytes each).
const BALANCES: usize = 200_000;

/// Streams by last change, with what they weigh.
pub struct Recency {
    streams: LruCache<StreamId, usize>,
    bytes: usize,
}

impl Default for Recency {
    fn default() -> Recency {
        Recency {
            streams: LruCache::unbounded(),
            bytes: 0,
        }
    }
}

/// A generous guess of a fold's size in memory, by kind.
fn weight(stream: StreamId) -> usize {
    match stream.slice {
        Slice::Line | Slice::Contract => 4_096,
        Slice::Brief => 16_384,
        Slice::Shelf => 8_192,
        Slice::Book | Slice::Cutover => 65_536,
        Slice::Party
        | Slice::Approval
        | Slice::Adjustment
        | Slice::Person
        | Slice::Import
        | Slice::Resolution
        | Slice::Returns
        | Slice::Run
        | Slice::Sheet
        | Slice::Policy => 2_048,
        Slice::Reconciliation => 16_384,
        // Terms with tiers, labels and a few SKUs; an offer with hundreds of SKUs is heavier, and rare.
        Slice::Offer => 8_192,
        Slice::Purchase => 8_192,
        Slice::Sample => 2_048,
        Slice::Supplier => 1_024,
        Slice::Quote => 1_024,
        Slice::Submission => 4_096,
        Slice::Selection => 8_192,
        Slice::Watch => 1_024,
        Slice::Placement | Slice::Payment | Slice::Freeze | Slice::Receipt | Slice::Dispute => 1_024,
        Slice::Item | Slice::Shop | Slice::Entity | Slice::Usage | Slice::Share | Slice::Closing | Slice::Click => 512,
    }
}

impl Recency {
    /// Notes that a stream was changed just now.
    pub fn touch(&mut self, stream: StreamId) {
        if self.streams.put(stream, weight(stream)).is_none() {
            self.bytes += weight(stream);
        }
    }

    /// Forgets the streams changed longest ago until the rest fits; what was only read is forgotten with the world when
    /// it outgrows what was changed.
    pub fn shrink(&mut self, folds: &mut Folds) {
        while self.bytes > BYTES {
            let Some((stream, bytes)) = self.streams.pop_lru() else {
                break;
            };
            self.bytes -= bytes;
            folds.world.forget([stream]);
        }
        if folds.world.len() > 2 * self.streams.len() + 20_000 {
            folds.world.clear();
            *self = Recency::default();
        }
        if folds.balances.len() > BALANCES {
            folds.balances.clear();
        }
    }
}
