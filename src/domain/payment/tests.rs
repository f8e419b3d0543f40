//! Tests of payments: what they take, what comes back, and that both balance.
//! Must never need a database.

use super::decide::{Books, give_back, record};
use super::*;
use crate::base::{BookId, PartyKind, Zone};

fn anchor() -> PartyId {
    PartyId::tagged(PartyKind::Anchor, uuid::Uuid::from_u128(7))
}

fn terms(amount: i64) -> PaymentTerms {
    PaymentTerms {
        party: anchor(),
        currency: Currency::CNY,
        amount: Minor(amount),
        channel: Channel::Bank,
        reference: "20260618-1".parse().unwrap(),
        paid_on: "2026-06-18".parse().unwrap(),
        vouchers: vec!["a".repeat(64).parse().unwrap()],
        note: None,
        as_advance: false,
    }
}

fn id() -> PaymentId {
    PaymentId::of(BookId(uuid::Uuid::from_u128(1)), "bank", "20260618-1")
}

fn books(available: i64) -> Books<'static> {
    Books {
        zone: Zone::SHANGHAI,
        currencies: &[Currency::CNY],
        owner: None,
        suspended: None,
        available: Minor(available),
        now: "2026-06-19T00:00:00Z".parse().unwrap(),
    }
}

fn legs(event: &PaymentEvent) -> Vec<String> {
    let entry = post(event).unwrap();
    let show = |leg: &Leg| {
        let kind = leg.account.kind.word();
        format!("{kind} {}", leg.amount.display(leg.currency))
    };
    entry.legs().iter().map(show).collect()
}

fn code(result: Result<PaymentEvent, crate::domain::refusal::Refusal>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn a_payment_takes_what_is_available_and_a_return_restores_exactly_that() {
    let event = record(&PaymentState::default(), id(), &terms(30_000), &books(50_000)).unwrap();
    assert_eq!(legs(&event), ["cash 300.00", "available -300.00"]);
    let mut state = PaymentState::default();
    state.evolve(&event);
    let back = ReturnTerms {
        payment: id(),
        returned_on: "2026-06-19".parse().unwrap(),
        reason: "账号有误".to_owned(),
        reference: None,
        files: Vec::new(),
    };
    let returned = give_back(&state, &back, &books(0)).unwrap();
    assert_eq!(legs(&returned), ["cash -300.00", "available 300.00"]);
    state.evolve(&returned);
    assert_eq!(code(give_back(&state, &back, &books(0))), "payment_returned");
    assert_eq!(code(record(&state, id(), &terms(1), &books(50_000))), "payment_known");
}

#[test]
fn more_than_available_is_paid_only_as_an_advance_said_so() {
    let nothing = PaymentState::default();
    assert_eq!(
        code(record(&nothing, id(), &terms(50_001), &books(50_000))),
        "more_than_available"
    );
    assert_eq!(
        code(record(&nothing, id(), &terms(1), &books(-100))),
        "more_than_available"
    );
    let ahead = PaymentTerms {
        as_advance: true,
        ..terms(80_000)
    };
    let event = record(&nothing, id(), &ahead, &books(50_000)).unwrap();
    assert_eq!(legs(&event), ["cash 800.00", "available -500.00", "advance -300.00"]);
    let event = record(&nothing, id(), &ahead, &books(-100)).unwrap();
    assert_eq!(legs(&event), ["cash 800.00", "advance -800.00"]);
}

#[test]
fn a_payment_without_voucher_of_a_day_to_come_or_to_the_owner_names_every_fault() {
    let wrong = PaymentTerms {
        vouchers: Vec::new(),
        paid_on: "2026-06-20".parse().unwrap(),
        ..terms(0)
    };
    let owned = Books {
        owner: Some(anchor()),
        ..books(50_000)
    };
    let refusal = record(&PaymentState::default(), id(), &wrong, &owned).unwrap_err();
    let codes: Vec<&str> = refusal.fields.iter().map(|field| field.code).collect();
    assert_eq!(
        codes,
        ["amount_not_positive", "voucher_needed", "in_future", "same_account"]
    );
}

#[test]
fn a_suspended_party_is_not_paid() {
    let suspended = Books {
        suspended: Some("身份待核实"),
        ..books(50_000)
    };
    let refused = record(&PaymentState::default(), id(), &terms(1), &suspended);
    assert_eq!(code(refused), "party_suspended");
}
