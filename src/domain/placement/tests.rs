//! Tests of placements: intervals are half-open and never overlap.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::base::PartyKind;

fn at(n: i64) -> Instant {
    Instant::from_micros(1_780_000_000_000_000).unwrap().plus_seconds(n)
}

fn anchor(n: u8) -> PartyId {
    PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(u128::from(n)))
}

fn assigned(n: u8, from: i64, to: Option<i64>) -> PlacementAssigned {
    PlacementAssigned {
        placement: PlacementId(Uuid::from_u128(1)),
        platform: "taobao".parse().unwrap(),
        kind: PlacementKind::Room,
        number: "room-1".parse().unwrap(),
        holder: Holder::Party(anchor(n)),
        from: at(from),
        to: to.map(at),
    }
}

fn holder(state: &PlacementState, n: i64) -> Option<Holder> {
    state.at(at(n)).map(|assigned| assigned.holder.clone())
}

#[test]
fn an_order_at_the_hand_over_belongs_to_the_later_one_on_air() {
    let mut state = PlacementState::default();
    for (who, from, to) in [(1, 0, Some(100)), (2, 100, None)] {
        let event = decide::assign(&state, assigned(who, from, to), true).unwrap().unwrap();
        state.evolve(&event);
    }
    assert_eq!(holder(&state, 99), Some(Holder::Party(anchor(1))));
    assert_eq!(holder(&state, 100), Some(Holder::Party(anchor(2))));
    assert_eq!(holder(&state, -1), None);
    assert_eq!(decide::assign(&state, assigned(1, 0, Some(100)), true).unwrap(), None);
}

#[test]
fn a_room_cannot_belong_to_a_room_and_an_empty_interval_is_none() {
    let room = PlacementAssigned {
        holder: Holder::Room("room-2".parse().unwrap()),
        ..assigned(1, 0, None)
    };
    let state = PlacementState::default();
    assert_eq!(decide::assign(&state, room, true).unwrap_err().code, "room_of_room");
    assert_eq!(
        decide::assign(&state, assigned(1, 5, Some(5)), true).unwrap_err().code,
        "interval_empty"
    );
    let id = PlacementId(Uuid::from_u128(1));
    assert_eq!(decide::end(&state, id, at(0)).unwrap_err().code, "not_found");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_assigned_and_ended_at_most_one_holder_is_right_at_any_instant(
        asked in prop::collection::vec((1_u8..5, 0_i64..50, prop::option::of(0_i64..50), any::<bool>()), 1..20),
    ) {
        let mut state = PlacementState::default();
        for (who, from, to, ends) in asked {
            let event = if ends {
                decide::end(&state, PlacementId(Uuid::from_u128(1)), at(from)).ok()
            } else {
                decide::assign(&state, assigned(who, from, to), true).ok().flatten()
            };
            if let Some(event) = event {
                state.evolve(&event);
            }
        }
        for n in 0..50 {
            let covers = |a: &&PlacementAssigned| a.from <= at(n) && a.to.is_none_or(|to| at(n) < to);
            prop_assert!(state.assignments.iter().filter(covers).count() <= 1);
        }
    }
}
