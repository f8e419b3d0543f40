//! Legal entities 主体: the companies behind shops and parties, who sign, invoice and are paid.
//! Must never say whose money is whose: legs belong to parties, an entity only says in which company's name.

pub mod decide;

use serde::{Deserialize, Serialize};

use crate::base::{BookId, EntityId, ExternalId, Name, PartyId, ShopId};

impl EntityId {
    /// The entity that goes by a number of the book's own; the same number names it in a cut-over.
    pub fn of(book: BookId, number: &ExternalId) -> EntityId {
        EntityId(crate::base::derive_uuid("entity", book.0, &[number.as_str()]))
    }
}

/// Who may belong to an entity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// A party.
    Party(PartyId),
    /// A shop.
    Shop(ShopId),
}

/// `entity.registered`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntityRegistered {
    /// Which.
    pub entity: EntityId,
    /// The book's own number for it.
    pub external_id: ExternalId,
    /// Name of the company.
    pub name: Name,
}

/// `entity.renamed`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntityRenamed {
    /// New name.
    pub name: Name,
}

/// `party.entity_named` and `shop.entity_named`, on the member's stream: from now on it belongs to this entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntityNamed {
    /// Which; none: to no entity any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
}

/// What happened to an entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityEvent {
    /// `entity.registered`
    Registered(EntityRegistered),
    /// `entity.renamed`
    Renamed(EntityRenamed),
}

impl EntityEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            EntityEvent::Registered(_) => "entity.registered",
            EntityEvent::Renamed(_) => "entity.renamed",
        }
    }
}

/// An entity as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EntityState {
    /// Number and name in force.
    pub registered: Option<EntityRegistered>,
}

impl EntityState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &EntityEvent) {
        match (event, &mut self.registered) {
            (EntityEvent::Registered(e), registered) => *registered = Some(e.clone()),
            (EntityEvent::Renamed(e), Some(registered)) => registered.name = e.name.clone(),
            (EntityEvent::Renamed(_), None) => {}
        }
    }
}
