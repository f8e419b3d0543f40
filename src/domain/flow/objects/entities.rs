//! Legal entities, and which parties and shops belong to them.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{made, record};
use crate::base::EntityId;
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::entity::{EntityRegistered, Member, decide as entities};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::party::PartyEvent;
use crate::domain::refusal::Refusal;

/// Decides a command about an entity.
pub(super) fn decide(
    command: &Command,
    _book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let entity = match command {
        Command::RegisterEntity { external_id, name } => {
            let entity = EntityId::of(scribe.book, external_id);
            let registered = EntityRegistered {
                entity,
                external_id: external_id.clone(),
                name: name.clone(),
            };
            let event = entities::register(scribe.world.entity(entity).map(AsRef::as_ref), registered)?;
            record(scribe, entity, Event::Entity(event));
            entity
        }
        Command::RenameEntity { entity, name } => {
            if let Some(event) = entities::rename(scribe.world.entity(*entity).map(AsRef::as_ref), name)? {
                record(scribe, *entity, Event::Entity(event));
            }
            *entity
        }
        Command::JoinEntity { entity, member, leaves } => {
            scribe
                .world
                .entity(*entity)
                .ok_or_else(|| Refusal::not_found("entity"))?;
            join(*entity, *member, *leaves, scribe)?;
            *entity
        }
        _ => return Ok(None),
    };
    Ok(Some(made([("entity", entity.to_string())])))
}

fn join(entity: EntityId, member: Member, leaves: bool, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    match member {
        Member::Party(party) => {
            let state = scribe.world.party(party);
            let state = state.ok_or_else(|| Refusal::not_found("party").at("/party"))?;
            if let Some(named) = entities::name_entity(state.entity, entity, leaves)? {
                record(scribe, party, Event::Party(PartyEvent::EntityNamed(named)));
            }
        }
        Member::Shop(shop) => {
            let state = scribe.world.shop(shop).filter(|state| state.registered.is_some());
            let state = state.ok_or_else(|| Refusal::not_found("shop").at("/shop"))?;
            if let Some(named) = entities::name_entity(state.entity, entity, leaves)? {
                record(scribe, shop, Event::ShopEntity(named));
            }
        }
    }
    Ok(())
}
