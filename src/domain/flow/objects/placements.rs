//! Placements: assigning one to a party or a room, ending an assignment.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{exists, in_time, made, record};
use crate::base::PlacementId;
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::placement::{Holder, PlacementAssigned, PlacementState, decide as placement};
use crate::domain::refusal::Refusal;

/// Decides a command about a placement.
pub(super) fn decide(
    command: &Command,
    _book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    match command {
        Command::AssignPlacement {
            platform,
            kind,
            number,
            holder,
            from,
            to,
        } => {
            let id = PlacementId::of(scribe.book, platform, *kind, number);
            let assigned = PlacementAssigned {
                placement: id,
                platform: platform.clone(),
                kind: *kind,
                number: number.clone(),
                holder: holder.clone(),
                from: *from,
                to: *to,
            };
            let found = match holder {
                Holder::Party(party) => exists(scribe, *party),
                Holder::Room(_) => true,
            };
            if let Some(event) = placement::assign(&standing(id, scribe), assigned, found)? {
                record(scribe, id, Event::Placement(event));
            }
            Ok(Some(made([("placement", id.to_string())])))
        }
        Command::EndPlacement { placement: id, at } => {
            in_time(*at, "/at", scribe)?;
            let event = placement::end(&standing(*id, scribe), *id, *at)?;
            record(scribe, *id, Event::Placement(event));
            Ok(Some(made([("placement", id.to_string())])))
        }
        _ => Ok(None),
    }
}

fn standing(placement: PlacementId, scribe: &Scribe<'_>) -> Arc<PlacementState> {
    scribe.world.placement(placement).cloned().unwrap_or_default()
}
