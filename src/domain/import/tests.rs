//! Given, when, then for imports.
//! Must never need a database.

use uuid::Uuid;

use super::decide::{commit, end, reverse};
use super::*;

fn import() -> ImportId {
    ImportId(Uuid::from_u128(7))
}

fn told() -> ImportCommitted {
    ImportCommitted {
        import: import(),
        file: "00".repeat(32),
        mapping: "generic-orders".to_owned(),
        mapping_sha256: "11".repeat(32),
        attempt: 1,
        rows: 3,
        rejected: 1,
    }
}

fn reversal(months: &[&str]) -> ImportReversal {
    ImportReversal {
        import: import(),
        file: "00".repeat(32),
        months: months.iter().map(|month| month.parse().unwrap()).collect(),
    }
}

fn given(events: &[ImportEvent]) -> ImportState {
    let mut state = ImportState::default();
    events.iter().for_each(|event| state.evolve(event));
    state
}

#[test]
fn a_commit_decided_twice_is_noted_once() {
    let first = commit(&given(&[]), &told()).unwrap().unwrap();
    assert_eq!(commit(&given(&[first]), &told()).unwrap(), None);
}

#[test]
fn one_person_takes_a_batch_back_while_its_months_are_open() {
    let cut = Some("2026-05".parse().unwrap());
    assert!(
        reverse(&given(&[]), &reversal(&["2026-06"]), cut, false)
            .unwrap()
            .is_some()
    );
    assert!(
        reverse(&given(&[]), &reversal(&["2026-04"]), None, false)
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_batch_in_a_month_that_is_cut_off_needs_two_persons() {
    let cut = Some("2026-05".parse().unwrap());
    let months = reversal(&["2026-05", "2026-06"]);
    let refused = reverse(&given(&[]), &months, cut, false).unwrap_err();
    assert_eq!(refused.code, decide::NEEDS_APPROVAL);
    assert!(reverse(&given(&[]), &months, cut, true).unwrap().is_some());
}

#[test]
fn a_reversed_batch_is_neither_committed_nor_reversed_again() {
    let begun = ImportEvent::ReversalBegun(reversal(&[]));
    let ended = ImportReversed {
        import: import(),
        withdrawn: 2,
        kept: 0,
    };
    assert_eq!(end(&given(&[]), &ended).unwrap_err().code, "reversal_not_begun");
    let reversed = end(&given(std::slice::from_ref(&begun)), &ended).unwrap().unwrap();
    let state = given(&[begun.clone(), reversed]);
    assert_eq!(commit(&state, &told()).unwrap_err().code, "import_reversed");
    assert_eq!(
        reverse(&state, &reversal(&[]), None, true).unwrap_err().code,
        "import_reversed"
    );
    assert_eq!(end(&state, &ended).unwrap(), None);
    assert_eq!(reverse(&given(&[begun]), &reversal(&[]), None, false).unwrap(), None);
}
