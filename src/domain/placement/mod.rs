//! Placements 推广位: which party or room a platform account, PID, nick or room belongs to, by date.
//! Must never guess: a placement that nobody was assigned to at an instant belongs to nobody.
//!
//! A room is a placement too. Its assignments are its roster: who was on air when, half-open, so that an order placed at
//! the hand-over belongs to the later one.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{BookId, ExternalId, Instant, PartyId, PlacementId};

/// What kind of number a placement has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlacementKind {
    /// A promotion position (PID).
    Pid,
    /// A nick.
    Nick,
    /// A live room; its assignments are its roster.
    Room,
    /// A platform account.
    Account,
}

impl PlacementKind {
    /// Every kind, the nearest to the order first: this is the order in which a line looks for its promoter.
    pub const ALL: [PlacementKind; 4] = [
        PlacementKind::Pid,
        PlacementKind::Nick,
        PlacementKind::Room,
        PlacementKind::Account,
    ];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            PlacementKind::Pid => "pid",
            PlacementKind::Nick => "nick",
            PlacementKind::Room => "room",
            PlacementKind::Account => "account",
        }
    }
}

impl PlacementId {
    /// The placement that a platform numbers so.
    pub fn of(book: BookId, platform: &ExternalId, kind: PlacementKind, number: &ExternalId) -> PlacementId {
        let parts = [platform.as_str(), kind.word(), number.as_str()];
        PlacementId(crate::base::derive_uuid("placement", book.0, &parts))
    }
}

/// Whose a placement is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A party.
    Party(PartyId),
    /// A live room of the same platform, whose roster says who was on air.
    Room(ExternalId),
}

/// `placement.assigned`: from `from` until `to` the placement is the holder's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlacementAssigned {
    /// Which.
    pub placement: PlacementId,
    /// Platform.
    pub platform: ExternalId,
    /// Kind.
    pub kind: PlacementKind,
    /// The platform's number or name of it.
    pub number: ExternalId,
    /// Whose.
    pub holder: Holder,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// `placement.ended`: the assignment that covers `at` ends there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlacementEnded {
    /// Which.
    pub placement: PlacementId,
    /// Exclusive end.
    pub at: Instant,
}

/// What happened to a placement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlacementEvent {
    /// `placement.assigned`
    Assigned(PlacementAssigned),
    /// `placement.ended`
    Ended(PlacementEnded),
}

/// A placement as it stands: its assignments, which never overlap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlacementState {
    /// Assignments, in order of recording.
    pub assignments: Vec<PlacementAssigned>,
}

impl PlacementState {
    /// The assignment that covers an instant.
    pub fn at(&self, at: Instant) -> Option<&PlacementAssigned> {
        let covers = |a: &&PlacementAssigned| a.from <= at && a.to.is_none_or(|to| at < to);
        self.assignments.iter().find(covers)
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &PlacementEvent) {
        match event {
            PlacementEvent::Assigned(assigned) => self.assignments.push(assigned.clone()),
            PlacementEvent::Ended(ended) => {
                for assignment in &mut self.assignments {
                    if assignment.from <= ended.at && assignment.to.is_none_or(|to| ended.at < to) {
                        assignment.to = Some(ended.at);
                    }
                }
                self.assignments.retain(|a| a.to.is_none_or(|to| a.from < to));
            }
        }
    }
}
