//! Tests of policies: which version is in force, and the strictest of several currencies.
//! Must never need a database.

use super::*;
use crate::domain::policy::decide::set;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn terms(steps: Vec<Step>) -> PolicyTerms {
    PolicyTerms {
        kind: PendingKind::Pay,
        currency: Some(Currency::CNY),
        steps,
        effective_from: Some(at("2026-01-01T00:00:00Z")),
    }
}

fn step(from: i64, approvers: u8, roles: &[Role]) -> Step {
    Step {
        from: Minor(from),
        approvers,
        roles: roles.to_vec(),
    }
}

fn policy() -> PolicyId {
    PolicyId(uuid::Uuid::from_u128(1))
}

fn now() -> Instant {
    at("2026-02-01T00:00:00Z")
}

#[test]
fn a_step_begins_at_its_amount_and_the_version_in_force_at_the_request_counts() {
    let mut state = PolicyState::default();
    let first = terms(vec![step(0, 1, &[]), step(10_000_000, 2, &[Role::Owner])]);
    let first = set(&state, policy(), &first, &[Currency::CNY], now()).unwrap();
    state.evolve(&first);
    let later = PolicyTerms {
        effective_from: Some(at("2026-03-01T00:00:00Z")),
        ..terms(vec![step(0, 3, &[])])
    };
    let later = set(&state, policy(), &later, &[Currency::CNY], now()).unwrap();
    state.evolve(&later);
    let needed = |amount, when| state.requirement(&[(Currency::CNY, Minor(amount))], at(when)).unwrap();
    assert_eq!(needed(9_999_999, "2026-02-01T00:00:00Z").approvers, 1);
    let large = needed(10_000_000, "2026-02-28T23:59:59Z");
    assert_eq!(
        (large.approvers, large.roles, large.policy_version),
        (2, vec![Role::Owner], 1)
    );
    assert_eq!(needed(1, "2026-03-01T00:00:00Z").approvers, 3);
    let yen = "JPY".parse().unwrap();
    assert_eq!(state.requirement(&[(yen, Minor(1))], now()), None);
    assert_eq!(
        state.requirement(&[(Currency::CNY, Minor(1))], at("2025-12-31T00:00:00Z")),
        None
    );
}

#[test]
fn of_several_currencies_the_strictest_counts() {
    let mut state = PolicyState::default();
    let yen: Currency = "JPY".parse().unwrap();
    for (currency, steps) in [
        (Currency::CNY, vec![step(0, 1, &[])]),
        (yen, vec![step(0, 1, &[Role::Owner])]),
    ] {
        let terms = PolicyTerms {
            currency: Some(currency),
            ..terms(steps)
        };
        let event = set(&state, policy(), &terms, &[Currency::CNY, yen], now()).unwrap();
        state.evolve(&event);
    }
    let needed = state.requirement(&[(Currency::CNY, Minor(5)), (yen, Minor(5))], now());
    assert_eq!(needed.unwrap().roles, vec![Role::Owner]);
}

#[test]
fn every_wrong_step_is_named() {
    let wrong = terms(vec![step(1, 0, &[]), step(1, 6, &[Role::Anchor])]);
    let refusal = set(&PolicyState::default(), policy(), &wrong, &[Currency::CNY], now()).unwrap_err();
    let codes: Vec<&str> = refusal.fields.iter().map(|field| field.code).collect();
    assert_eq!(
        codes,
        [
            "steps_begin_at_zero",
            "approvers_out_of_range",
            "steps_ascend",
            "approvers_out_of_range",
            "role_never_decides"
        ]
    );
}

#[test]
fn a_kind_without_an_amount_has_one_step_and_no_currency() {
    let wrong = PolicyTerms {
        kind: PendingKind::SetPolicy,
        ..terms(vec![step(0, 2, &[]), step(5, 3, &[])])
    };
    let refusal = set(&PolicyState::default(), policy(), &wrong, &[Currency::CNY], now()).unwrap_err();
    let codes: Vec<&str> = refusal.fields.iter().map(|field| field.code).collect();
    assert_eq!(codes, ["currency_not_allowed", "steps_count"]);
}
