//! Saved selections of the pool 选品单: named lists of entries, with a search if one is to be kept.
//! Must never hold what an entry says of itself: a selection shows entries as they stand.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{Name, PartyId, SelectionId};
use crate::domain::pool::Target;

/// `selection.saved`: the list from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SelectionSaved {
    /// Which.
    pub selection: SelectionId,
    /// Whose; none: the book's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Name.
    pub name: Name,
    /// In the order of their owner.
    pub entries: Vec<Target>,
    /// The query string of a search of the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// `selection.removed`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SelectionRemoved {
    /// Which.
    pub selection: SelectionId,
}

/// What happened to a selection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SelectionEvent {
    /// `selection.saved`
    Saved(SelectionSaved),
    /// `selection.removed`
    Removed(SelectionRemoved),
}

impl SelectionEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            SelectionEvent::Saved(_) => "selection.saved",
            SelectionEvent::Removed(_) => "selection.removed",
        }
    }
}

/// A selection as it stands; a removed one holds nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SelectionState {
    /// As saved last.
    pub saved: Option<SelectionSaved>,
}

impl SelectionState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &SelectionEvent) {
        self.saved = match event {
            SelectionEvent::Saved(e) => Some(e.clone()),
            SelectionEvent::Removed(_) => None,
        };
    }
}
