//! Random steps of the parties of a slot-fee contract, for the pure slice and for the database alike.
//! Must never call the product.

use proptest::prelude::*;

use super::model::{At, Do, Model, Rules, Who};

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

/// From here on the number of a deliverable stands for whatever comes next for it.
const NEXT: usize = 3;

pub fn what() -> impl Strategy<Value = Do> {
    let n = 0_usize..NEXT;
    prop_oneof![
        1 => (-5_i64..250_000).prop_map(Do::Fund),
        // What the terms need, by the fraction; mostly all of it.
        1 => (1_i64..=2).prop_map(|thirds| Do::Fund(-1_000 - thirds)),
        3 => Just(Do::Fund(-1_003)),
        1 => Just(Do::Refund),
        18 => (NEXT..2 * NEXT).prop_map(Do::Deliver),
        2 => n.clone().prop_map(Do::Schedule),
        2 => n.clone().prop_map(Do::Deliver),
        2 => n.clone().prop_map(Do::Accept),
        3 => n.clone().prop_map(Do::Revise),
        3 => n.clone().prop_map(Do::Dispute),
        2 => (n.clone(), 0_u32..4, 0_u32..4).prop_map(|(n, a, b)| Do::Arbitrate(n, a, b)),
        2 => prop::option::weighted(0.7, n).prop_map(Do::Cancel),
        1 => (0_u8..7).prop_map(Do::Rate),
    ]
}

/// The step as it applies to the contract as it stands.
pub fn fitted(what: Do, model: &Model) -> Do {
    let count = model.items.len();
    match what {
        Do::Fund(thirds) if thirds < -1_000 => Do::Fund((model.room() * (-1_000 - thirds) + 2) / 3),
        // Nothing goes on before the money is there.
        Do::Deliver(n) if n >= NEXT && model.phase == 0 => fitted(Do::Fund(-1_003), model),
        Do::Deliver(n) if n >= NEXT => match model.items[n % count].at {
            At::Planned => Do::Schedule(n % count),
            At::Scheduled | At::Revising => Do::Deliver(n % count),
            At::Disputed => Do::Arbitrate(n % count, 2, 1),
            At::Delivered | At::Accepted | At::Closed => Do::Accept(n % count),
        },
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
        (1, _) => Who::Anchor,
        (2, _) => Who::Brand,
        (_, Do::Schedule(_) | Do::Deliver(_)) => Who::Anchor,
        (_, Do::Arbitrate(..)) => Who::Book,
        (_, Do::Rate(_) | Do::Dispute(_) | Do::Cancel(_)) if who.is_multiple_of(2) => Who::Anchor,
        (_, Do::Cancel(_)) if who == 3 => Who::Book,
        _ => Who::Brand,
    }
}
