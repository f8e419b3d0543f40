//! Decisions about placements: assigning one to a party or a room, ending an assignment.
//! Must never let two assignments of one placement overlap, so that at most one holder is right at any instant.

use super::{Holder, PlacementAssigned, PlacementEnded, PlacementEvent, PlacementKind, PlacementState};
use crate::base::{Instant, PlacementId};
use crate::domain::refusal::Refusal;

/// Assigns a placement; the same assignment again is nothing new. The past may be assigned as far as it is nobody's:
/// lines that waited for it are released. `exists` says whether the party does.
pub fn assign(
    state: &PlacementState,
    assigned: PlacementAssigned,
    exists: bool,
) -> Result<Option<PlacementEvent>, Refusal> {
    if state.assignments.contains(&assigned) {
        return Ok(None);
    }
    if !exists {
        return Err(Refusal::not_found("party").at("/party"));
    }
    if assigned.kind == PlacementKind::Room && matches!(assigned.holder, Holder::Room(_)) {
        return Err(Refusal::invalid("room_of_room", "a room is assigned to parties: its roster").at("/room"));
    }
    if assigned.to.is_some_and(|to| to <= assigned.from) {
        return Err(Refusal::invalid("interval_empty", "an assignment ends after it begins").at("/to"));
    }
    let overlaps = |known: &PlacementAssigned| {
        known.to.is_none_or(|to| assigned.from < to) && assigned.to.is_none_or(|to| known.from < to)
    };
    if let Some(known) = state.assignments.iter().find(|known| overlaps(known)) {
        let until = known.to.map_or("now on".to_owned(), |to| format!("until {to}"));
        let message = format!("it is assigned already from {} {until}; end that first", known.from);
        return Err(Refusal::conflict("placement_taken", message).at("/from"));
    }
    Ok(Some(PlacementEvent::Assigned(assigned)))
}

/// Ends the assignment that covers an instant.
pub fn end(state: &PlacementState, placement: PlacementId, at: Instant) -> Result<PlacementEvent, Refusal> {
    if state.assignments.is_empty() {
        return Err(Refusal::not_found("placement"));
    }
    if state.at(at).is_none() {
        return Err(Refusal::conflict("not_assigned", "nobody is assigned at this instant").at("/at"));
    }
    Ok(PlacementEvent::Ended(PlacementEnded { placement, at }))
}
