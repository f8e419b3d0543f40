//! Decisions of a selection.
//! It must never reach outside the slice.

use super::decide::{remove, save};
use super::*;
use crate::base::ItemId;

fn told(entries: usize) -> SelectionSaved {
    SelectionSaved {
        selection: SelectionId(uuid::Uuid::nil()),
        party: None,
        name: "618".parse().unwrap(),
        entries: (0..entries)
            .map(|n| Target::Item(ItemId(uuid::Uuid::from_u128(n as u128))))
            .collect(),
        query: None,
    }
}

#[test]
fn a_selection_is_saved_once_changed_and_removed_once() {
    let mut state = SelectionState::default();
    let first = save(None, told(2)).unwrap().unwrap();
    state.evolve(&first);
    assert_eq!(save(Some(&state), told(2)).unwrap(), None);
    assert!(save(Some(&state), told(3)).unwrap().is_some());
    let gone = remove(Some(&state), told(2).selection).unwrap();
    state.evolve(&gone);
    assert_eq!(remove(Some(&state), told(2).selection).unwrap_err().code, "not_found");
}

#[test]
fn a_selection_of_nothing_of_too_much_or_of_the_same_twice_is_refused() {
    for entries in [0, 501] {
        assert!(save(None, told(entries)).is_err(), "{entries}");
    }
    let mut twice = told(1);
    twice.entries.push(twice.entries[0]);
    assert_eq!(save(None, twice).unwrap_err().fields[0].code, "entries_count");
}
