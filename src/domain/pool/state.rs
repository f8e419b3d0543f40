//! An item in the pool as it stands.
//! Must never hold what the catalogue says of it.

use super::event::{Figures, PoolEvent, PoolTerms};
use crate::base::PartyId;

/// An item in the pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pooled {
    /// The brand.
    pub owner: PartyId,
    /// What it published last.
    pub terms: PoolTerms,
    /// What anybody would earn.
    pub figures: Figures,
    /// It is shown.
    pub listed: bool,
    /// Listings of the catalogue that the figures know of.
    pub listings: usize,
}

impl Pooled {
    /// Folds one event on top of what stood; `listings` are those that the catalogue has by now.
    pub fn evolve(standing: &mut Option<Pooled>, event: &PoolEvent, listings: usize) {
        match event {
            PoolEvent::Listed(listed) => {
                *standing = Some(Pooled {
                    owner: listed.owner,
                    terms: listed.terms.clone(),
                    figures: listed.figures.clone(),
                    listed: true,
                    listings,
                });
            }
            PoolEvent::Rated(rated) => {
                if let Some(pooled) = standing {
                    pooled.figures = rated.figures.clone();
                    pooled.listings = listings;
                }
            }
            PoolEvent::Withdrawn(_) => {
                if let Some(pooled) = standing {
                    pooled.listed = false;
                }
            }
        }
    }
}
