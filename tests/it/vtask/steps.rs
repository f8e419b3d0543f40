//! Random steps of the parties of a slot-fee contract, for the pure slice and for the database alike.
//! Must never call the product.

use proptest::prelude::*;

use super::model::{Do, Rules, Who};

const DAY: i64 = 86_400;

pub fn rules() -> impl Strategy<Value = Rules> {
    let rates = (prop_oneof![Just(0), Just(50_000), 0_i64..200_000], 0_i64..=1_000_000);
    let settle = prop_oneof![Just(0), Just(DAY)];
    (rates, settle, 0_u32..3, any::<bool>()).prop_map(|((service, penalty), settle, rounds, part)| Rules {
        service,
        penalty,
        funding: 3 * DAY,
        review: 7 * DAY,
        settle,
        rounds,
        rating: 30 * DAY,
        part,
    })
}

pub fn fees() -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
    let due = prop::option::weighted(0.3, (1_i64..12).prop_map(|days| days * DAY));
    prop::collection::vec((0_i64..100_000, due), 1..4)
}

pub fn what() -> impl Strategy<Value = Do> {
    let n = 0_usize..3;
    prop_oneof![
        2 => (-5_i64..250_000).prop_map(Do::Fund),
        // What the terms need, by the fraction.
        3 => (1_i64..=3).prop_map(|thirds| Do::Fund(-1_000 - thirds)),
        1 => Just(Do::Refund),
        6 => n.clone().prop_map(Do::Schedule),
        6 => n.clone().prop_map(Do::Deliver),
        4 => n.clone().prop_map(Do::Accept),
        2 => n.clone().prop_map(Do::Revise),
        2 => n.clone().prop_map(Do::Dispute),
        2 => (n.clone(), 0_u32..4, 0_u32..4).prop_map(|(n, a, b)| Do::Arbitrate(n, a, b)),
        1 => prop::option::weighted(0.6, n).prop_map(Do::Cancel),
        1 => (0_u8..7).prop_map(Do::Rate),
    ]
}

/// The step as it applies to a contract of so many deliverables that still needs so much.
pub fn fitted(what: Do, count: usize, room: i64) -> Do {
    match what {
        Do::Fund(thirds) if thirds < -1_000 => Do::Fund((room * (-1_000 - thirds) + 2) / 3),
        Do::Schedule(n) => Do::Schedule(n % count),
        Do::Deliver(n) => Do::Deliver(n % count),
        Do::Accept(n) => Do::Accept(n % count),
        Do::Revise(n) => Do::Revise(n % count),
        Do::Dispute(n) => Do::Dispute(n % count),
        Do::Arbitrate(n, a, b) => Do::Arbitrate(n % count, a, b),
        Do::Cancel(n) => Do::Cancel(n.map(|n| n % count)),
        other => other,
    }
}

/// Mostly the side whose turn it is, else anybody.
pub fn turn(who: u8, what: Do) -> Who {
    match (who, what) {
        (0, _) => Who::Book,
        (1, Do::Schedule(_) | Do::Deliver(_)) => Who::Anchor,
        (1, Do::Arbitrate(..)) => Who::Book,
        (1, _) => Who::Brand,
        _ => Who::Anchor,
    }
}
