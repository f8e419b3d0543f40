//! Golden events of legal entities and placements.
//! It must never change what was released: a further form is a further event.

use fenzhang::base::*;
use fenzhang::domain::entity::{EntityEvent, EntityNamed, EntityRegistered, EntityRenamed};
use fenzhang::domain::event::Event;
use fenzhang::domain::party::PartyEvent;
use fenzhang::domain::placement::{Holder, PlacementAssigned, PlacementEnded, PlacementEvent, PlacementKind};

use super::{at, ext, id, party};

pub fn entity_events() -> Vec<Event> {
    let named = EntityNamed {
        entity: Some(EntityId(id(33))),
    };
    vec![
        Event::Entity(EntityEvent::Registered(EntityRegistered {
            entity: EntityId(id(33)),
            external_id: ext("HZ-01"),
            name: "杭州星河文化有限公司".parse().unwrap(),
        })),
        Event::Entity(EntityEvent::Renamed(EntityRenamed {
            name: "杭州银河文化有限公司".parse().unwrap(),
        })),
        Event::Party(PartyEvent::EntityNamed(named.clone())),
        Event::ShopEntity(named),
    ]
}

pub fn placement_events() -> Vec<Event> {
    vec![
        Event::Placement(PlacementEvent::Assigned(PlacementAssigned {
            placement: PlacementId(id(14)),
            platform: ext("taobao"),
            kind: PlacementKind::Pid,
            number: ext("mm_1_2_3"),
            holder: Holder::Party(party(PartyKind::Anchor)),
            from: at(0),
            to: Some(at(60)),
        })),
        Event::Placement(PlacementEvent::Ended(PlacementEnded {
            placement: PlacementId(id(14)),
            at: at(30),
        })),
    ]
}
