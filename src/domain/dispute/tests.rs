//! Given, when, then for disputes.
//! Must never need a database.

use uuid::Uuid;

use super::decide::{DAYS_TO_ANSWER, answer, open};
use super::*;
use crate::base::PartyKind;

fn now() -> Instant {
    "2026-07-05T00:00:00Z".parse().unwrap()
}

fn asked(reason: &str) -> DisputeOpened {
    let line = LineId(Uuid::from_u128(8));
    let party = PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(9));
    DisputeOpened {
        dispute: DisputeId::of(line, party),
        number: 0,
        line,
        party,
        reason: reason.to_owned(),
        due: now(),
        evidence_position: 41,
        evidence_sha256: "00".repeat(32),
    }
}

fn answered(reason: &str) -> DisputeAnswered {
    DisputeAnswered {
        dispute: asked("").dispute,
        number: 0,
        verdict: DisputeVerdict::Rejected,
        reason: reason.to_owned(),
        by: None,
        correction: None,
    }
}

#[test]
fn a_line_is_disputed_once_at_a_time_and_answered_once() {
    let mut state = DisputeState::default();
    assert_eq!(answer(&state, answered("no")).unwrap_err().code, "not_found");
    let opened = open(&state, asked("my click was first"), now()).unwrap();
    state.evolve(&opened);
    let opened = state.opened.clone().unwrap();
    assert_eq!((opened.number, opened.due), (1, now().plus_days(DAYS_TO_ANSWER)));
    assert_eq!(open(&state, asked("again"), now()).unwrap_err().code, "dispute_open");
    state.evolve(&answer(&state, answered("the other click came later")).unwrap());
    assert_eq!(answer(&state, answered("again")).unwrap_err().code, "dispute_answered");
    state.evolve(&open(&state, asked("new evidence"), now()).unwrap());
    assert_eq!((state.opened.as_ref().unwrap().number, &state.answered), (2, &None));
}

#[test]
fn a_dispute_and_its_answer_have_a_reason() {
    let mut state = DisputeState::default();
    assert_eq!(open(&state, asked(" "), now()).unwrap_err().code, "reason_needed");
    state.evolve(&open(&state, asked("why"), now()).unwrap());
    assert_eq!(answer(&state, answered("\0")).unwrap_err().code, "reason_needed");
}
