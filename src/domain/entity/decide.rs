//! Decisions about legal entities and who belongs to them.
//! Must never let one member belong to two entities at once: the later naming stands.

use super::{EntityEvent, EntityNamed, EntityRegistered, EntityRenamed, EntityState};
use crate::base::{EntityId, Name};
use crate::domain::refusal::Refusal;

/// Registers an entity under a number that no other has.
pub fn register(standing: Option<&EntityState>, registered: EntityRegistered) -> Result<EntityEvent, Refusal> {
    if standing.is_some_and(|state| state.registered.is_some()) {
        let message = "an entity with this number is registered already";
        let refusal = Refusal::conflict("already_exists", message).at("/external_id");
        return Err(refusal.because_of(registered.entity));
    }
    Ok(EntityEvent::Registered(registered))
}

/// Renames an entity; the same name again is no event.
pub fn rename(standing: Option<&EntityState>, name: &Name) -> Result<Option<EntityEvent>, Refusal> {
    let registered = standing.and_then(|state| state.registered.as_ref());
    let registered = registered.ok_or_else(|| Refusal::not_found("entity"))?;
    Ok((registered.name != *name).then(|| EntityEvent::Renamed(EntityRenamed { name: name.clone() })))
}

/// Brings a member into an entity, or out of it; where it stands so already, there is no event.
pub fn name_entity(current: Option<EntityId>, entity: EntityId, leaves: bool) -> Result<Option<EntityNamed>, Refusal> {
    match (leaves, current == Some(entity)) {
        (true, false) => Err(Refusal::conflict("not_a_member", "it does not belong to this entity")),
        (true, true) => Ok(Some(EntityNamed { entity: None })),
        (false, true) => Ok(None),
        (false, false) => Ok(Some(EntityNamed { entity: Some(entity) })),
    }
}
