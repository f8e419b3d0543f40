//! Items and shops as dated events: an item has a shop and a category from an instant on; a shop has a brand.
//! Must never be needed for a line that names its shop itself.

pub mod decide;

use serde::{Deserialize, Serialize};

use super::pool::{PoolEvent, Pooled};
use crate::base::{EntityId, ExternalId, Instant, ItemId, Name, PartyId, ShopId};

/// `item.listed`: from `from` on, the item is sold by this shop in this category.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemListed {
    /// Which.
    pub item: ItemId,
    /// Platform.
    pub platform: ExternalId,
    /// The platform's item number.
    pub item_no: ExternalId,
    /// Title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Name>,
    /// Shop.
    pub shop: ShopId,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// From here on.
    pub from: Instant,
}

/// An item: its listings, in order of recording.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ItemState {
    /// Listings.
    pub listings: Vec<ItemListed>,
    /// How it stands in the pool.
    pub pool: Option<Pooled>,
}

impl ItemState {
    /// The listing in force at an instant: the latest start not after it, the later recorded of equal starts;
    /// before the first start, the first.
    pub fn listing(&self, at: Instant) -> Option<&ItemListed> {
        let current = self.listings.iter().filter(|l| l.from <= at).max_by_key(|l| l.from);
        current.or_else(|| self.listings.iter().min_by_key(|l| l.from))
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &ItemListed) {
        self.listings.push(event.clone());
    }

    /// Folds one event of the pool.
    pub fn pooled(&mut self, event: &PoolEvent) {
        Pooled::evolve(&mut self.pool, event, self.listings.len());
    }
}

/// `shop.registered`: a shop of a platform and the brand that answers for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShopRegistered {
    /// Which.
    pub shop: ShopId,
    /// Platform.
    pub platform: ExternalId,
    /// The platform's shop number.
    pub shop_no: ExternalId,
    /// Name.
    pub name: Name,
    /// Brand.
    pub brand: PartyId,
}

/// A shop: the latest registration stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShopState {
    /// The registration in force.
    pub registered: Option<ShopRegistered>,
    /// The legal entity it belongs to.
    pub entity: Option<EntityId>,
}

impl ShopState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ShopRegistered) {
        self.registered = Some(event.clone());
    }
}
