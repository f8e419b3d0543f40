//! Tests of approvals: as many persons as the policy says, whatever keys they use and whomever they stand for.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::decide::{Absent, Decider, decide, request};
use super::*;
use crate::domain::command::{Pending, Verdict};
use crate::domain::person::Role;
use crate::domain::refusal::Refusal;

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn asked(maker: u128, approvers: u8, roles: &[Role]) -> ApprovalState {
    let command = Pending::Resume {
        party: crate::base::PartyId::tagged(crate::base::PartyKind::Anchor, Uuid::from_u128(1)),
        reason: "核实".to_owned(),
    };
    let requirement = Requirement {
        approvers,
        roles: roles.to_vec(),
        policy_version: 1,
    };
    let event = request(
        ApprovalId(Uuid::from_u128(1)),
        Some(person(maker)),
        command,
        Some(requirement),
    );
    let mut state = ApprovalState::default();
    state.evolve(&event.unwrap());
    state
}

fn alone(number: u128, role: Role) -> Decider<'static> {
    Decider {
        person: Some(person(number)),
        role: Some(role),
        absent: None,
    }
}

fn standing_for(number: u128, absent: u128) -> Decider<'static> {
    Decider {
        absent: Some(Absent {
            person: person(absent),
            substituted: true,
            roles: &[Role::Owner],
        }),
        ..alone(number, Role::Finance)
    }
}

fn approve(state: &mut ApprovalState, decider: Decider<'_>) -> Result<bool, Refusal> {
    let (event, command) = decide(state, decider, Verdict::Approve, None)?;
    state.evolve(&event);
    Ok(command.is_some())
}

fn code(result: Result<bool, Refusal>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn the_first_of_two_agrees_and_the_second_approves() {
    let mut state = asked(1, 2, &[]);
    assert!(!approve(&mut state, alone(2, Role::Finance)).unwrap());
    assert_eq!(code(approve(&mut state, alone(2, Role::Owner))), "agreed_already");
    assert_eq!(code(approve(&mut state, alone(1, Role::Owner))), "same_person");
    assert!(approve(&mut state, alone(3, Role::Finance)).unwrap());
    assert_eq!(code(approve(&mut state, alone(4, Role::Finance))), "approval_ended");
}

#[test]
fn a_substitute_stands_for_another_and_neither_for_the_maker_nor_twice() {
    let mut state = asked(1, 3, &[]);
    assert_eq!(code(approve(&mut state, standing_for(2, 1))), "same_person");
    assert_eq!(code(approve(&mut state, standing_for(1, 2))), "same_person");
    assert!(!approve(&mut state, standing_for(2, 3)).unwrap());
    for again in [
        alone(2, Role::Owner),
        alone(3, Role::Owner),
        standing_for(4, 3),
        standing_for(2, 5),
    ] {
        assert_eq!(code(approve(&mut state, again)), "agreed_already");
    }
    let nobody = Decider {
        absent: Some(Absent {
            person: person(6),
            substituted: false,
            roles: &[],
        }),
        ..alone(5, Role::Owner)
    };
    assert_eq!(code(approve(&mut state, nobody)), "not_a_substitute");
}

#[test]
fn a_role_that_the_policy_names_is_needed_and_a_substitute_has_that_of_the_absent() {
    let mut state = asked(1, 2, &[Role::Owner]);
    assert_eq!(code(approve(&mut state, alone(2, Role::Finance))), "role_not_enough");
    assert!(!approve(&mut state, standing_for(2, 3)).unwrap());
    assert!(approve(&mut state, alone(4, Role::Owner)).unwrap());
}

#[test]
fn a_request_without_a_policy_needs_one_second_person_as_it_always_did() {
    let text = r#"{"approval":"apr_00000000000000000000000000000001","command":{"pending":"resume",
        "party":"anc_a1000000000000000000000000000001","reason":"r"},"maker":"per_00000000000000000000000000000001"}"#;
    let requested: ApprovalRequested = serde_json::from_str(text).unwrap();
    assert_eq!(requested.approvers(), 1);
    let mut state = ApprovalState::default();
    state.evolve(&ApprovalEvent::Requested(Box::new(requested)));
    assert!(approve(&mut state, alone(2, Role::Finance)).unwrap());
}

proptest! {
    /// INVARIANT: what is approved was agreed to by as many persons as needed, all different, none of them the maker.
    #[test]
    fn no_sequence_of_verdicts_approves_with_too_few_persons(
        needed in 1_u8..4,
        steps in prop::collection::vec((1_u128..5, prop::option::of(1_u128..5)), 0..30),
    ) {
        let mut state = asked(1, needed, &[]);
        for (by, absent) in steps {
            let decider = absent.map_or(alone(by, Role::Owner), |absent| standing_for(by, absent));
            if approve(&mut state, decider).is_ok_and(|done| done) {
                break;
            }
        }
        let mut persons: Vec<PersonId> = state.claimed().collect();
        if state.status == ApprovalStatus::Approved {
            let ended = state.ended.clone().unwrap();
            persons.push(ended.by);
            persons.extend(ended.on_behalf_of);
            prop_assert_eq!(state.agreed.len() + 1, usize::from(needed));
        }
        let count = persons.len();
        persons.sort_unstable();
        persons.dedup();
        prop_assert_eq!(persons.len(), count);
        prop_assert!(!persons.contains(&person(1)));
    }
}
