//! Decisions of a selection: save, remove.
//! Must never keep an entry twice.

use std::collections::BTreeSet;

use super::{SelectionEvent, SelectionRemoved, SelectionSaved, SelectionState};
use crate::base::SelectionId;
use crate::domain::refusal::{Refusal, Wrong};

/// Most entries of a selection.
const MOST: usize = 500;

/// Saves a selection; the same again is no event.
pub fn save(standing: Option<&SelectionState>, told: SelectionSaved) -> Result<Option<SelectionEvent>, Refusal> {
    let mut wrong = Wrong::default();
    let each: BTreeSet<_> = told.entries.iter().collect();
    wrong.when(
        told.entries.len() > MOST || each.len() < told.entries.len(),
        "/entries",
        "entries_count",
        "a selection holds at most 500 entries, each once",
    );
    let query = told.query.as_ref();
    wrong.when(
        query.is_some_and(|query| query.is_empty() || query.len() > 2_000 || query.chars().any(char::is_control)),
        "/query",
        "text_length",
        "a search is 1 to 2,000 characters without control characters",
    );
    wrong.when(
        told.entries.is_empty() && told.query.is_none(),
        "/entries",
        "missing_field",
        "a selection holds entries, or a search, or both",
    );
    wrong.check()?;
    let same = standing.and_then(|state| state.saved.as_ref()) == Some(&told);
    Ok((!same).then_some(SelectionEvent::Saved(told)))
}

/// Removes a selection.
pub fn remove(standing: Option<&SelectionState>, selection: SelectionId) -> Result<SelectionEvent, Refusal> {
    match standing.and_then(|state| state.saved.as_ref()) {
        Some(_) => Ok(SelectionEvent::Removed(SelectionRemoved { selection })),
        None => Err(Refusal::not_found("selection")),
    }
}
