//! Whose a line is by the placement that its row names: PID, nick, room, account, the nearest to the order first.
//! Must never fall from a placement that is known to one further away: an unassigned PID of an assigned account is nobody's.

use super::{Known, Target};
use crate::base::{ExternalId, PartyId, PlacementId};
use crate::domain::order::About;
use crate::domain::placement::{Holder, PlacementKind};

/// The placements that a line names, in the order in which they are asked. A row's room is asked only where the platform's
/// own figures are posted: elsewhere a room is a dimension, not a claim.
pub fn placement_numbers(about: &About, reported: bool) -> impl Iterator<Item = (PlacementKind, &ExternalId)> {
    let number = move |kind: PlacementKind| match kind {
        PlacementKind::Pid => about.pid.as_ref(),
        PlacementKind::Nick => about.nick.as_ref(),
        PlacementKind::Room => about.room.as_ref().filter(|_| reported),
        PlacementKind::Account => about.account.as_ref(),
    };
    PlacementKind::ALL
        .into_iter()
        .filter_map(move |kind| Some((kind, number(kind)?)))
}

/// Whose a line is, and through which room's roster, when through one.
pub(super) type Placed = (PartyId, Option<ExternalId>);

/// The party assigned to the nearest placement of a line that anybody was ever assigned to.
pub(super) fn holder(about: &About, platform: &ExternalId, target: &Target, known: &dyn Known) -> Option<Placed> {
    let reported = known.book().is_some_and(|book| book.has_reported(platform));
    let find = |kind, number: &ExternalId| known.placement(PlacementId::of(target.book, platform, kind, number));
    let mut placements = placement_numbers(about, reported).filter_map(|(kind, number)| find(kind, number));
    match &placements.next()?.at(target.at)?.holder {
        Holder::Party(party) => Some((*party, None)),
        Holder::Room(room) => match &find(PlacementKind::Room, room)?.at(target.at)?.holder {
            Holder::Party(party) => Some((*party, Some(room.clone()))),
            Holder::Room(_) => None,
        },
    }
}
