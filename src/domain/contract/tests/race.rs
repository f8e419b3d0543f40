//! Racing parties: random sequences against the model, and random work on every form against conservation.
//! Must never be satisfied by an answer alone: every balance and every status is compared after every step.

use proptest::prelude::*;

use super::model::{At, Do, Model, Rules, Who};
use super::steps::{fees, fitted, rules, turn, what};
use super::*;

fn side(who: Who) -> Side {
    match who {
        Who::Brand => Side::Brand,
        Who::Anchor => Side::Anchor,
        Who::Book => Side::Book,
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}

fn action(what: Do) -> Action {
    let reason = || "because".to_owned();
    match what {
        Do::Fund(amount) => Action::Fund { amount: Minor(amount) },
        Do::Refund => Action::Refund,
        Do::Schedule(n) => Action::Schedule {
            deliverable: number(n),
            at: None,
        },
        Do::Deliver(n) => Action::Deliver {
            deliverable: number(n),
            delivery: delivery(None),
        },
        Do::Accept(n) => Action::Accept { deliverable: number(n) },
        Do::Revise(n) => Action::RequestRevision {
            deliverable: number(n),
            reason: reason(),
        },
        Do::Dispute(n) => Action::Dispute {
            deliverable: number(n),
            reason: reason(),
            files: Vec::new(),
        },
        Do::Arbitrate(n, anchor, brand) => Action::Arbitrate {
            deliverable: number(n),
            anchor,
            brand,
            reason: reason(),
        },
        Do::Cancel(n) => cancel(n.map(number)),
        Do::Rate(stars) => Action::Rate { stars, text: None },
    }
}

fn at(status: Status) -> At {
    match status {
        Status::Planned => At::Planned,
        Status::Scheduled => At::Scheduled,
        Status::Delivered => At::Delivered,
        Status::Revising => At::Revising,
        Status::Accepted => At::Accepted,
        Status::Disputed => At::Disputed,
        Status::Closed => At::Closed,
        Status::Measuring | Status::ResultDue | Status::Proposed => panic!("no result in a slot fee"),
    }
}

fn contract(rules: Rules, fees: &[(i64, Option<i64>)]) -> Terms {
    let each = fees.iter().map(|(fee, due)| Deliverable {
        fee: Minor(*fee),
        due: due.map(|due| start().plus_seconds(due)),
        ..deliverable(0)
    });
    let mut told = terms(Form::SlotFee, each.collect());
    let ppm = |ppm: i64| rate(u32::try_from(ppm).unwrap());
    told.service_fee.rate = ppm(rules.service);
    told.penalty = ppm(rules.penalty);
    told.part_funding = rules.part;
    told.clocks.funding = u32::try_from(rules.funding).unwrap();
    told.clocks.settle = u32::try_from(rules.settle).unwrap();
    told.clocks.revision_rounds = rules.rounds;
    told
}

fn same(table: &Table, model: &Model) {
    let money = [model.brand, model.agency, model.anchor, model.platform, model.held];
    assert_eq!(table.money(), money, "brand, agency, anchor, platform, held");
    let phases = ["awarded", "funded", "running", model.ending];
    assert_eq!(table.phase(), phases[usize::from(model.phase)]);
    let found: Vec<At> = table.state.works.iter().map(|work| at(work.status)).collect();
    let expected: Vec<At> = model.items.iter().map(|item| item.at).collect();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// INVARIANT: escrow in = out + held at every step; every refusal is justified by the state.
    #[test]
    fn racing_parties_and_clocks_end_where_the_model_ends(
        rules in rules(),
        fees in fees(),
        steps in prop::collection::vec((0_u8..9, what(), prop_oneof![3 => Just(0), 2 => 0..2 * DAY, 1 => 0..40 * DAY]), 1..30),
    ) {
        let told = contract(rules, &fees);
        let mut table = Table::awarded(told);
        let mut model = Model::new(rules, &fees);
        same(&table, &model);
        for (who, what, seconds) in steps {
            table.later(seconds);
            model.pass(seconds);
            same(&table, &model);
            let what = fitted(what, &model);
            let who = turn(who, what);
            let expected = model.ask(who, what);
            let found = table.ask(side(who), &action(what)).map_err(|refusal| refusal.code);
            prop_assert_eq!(found, expected, "{:?} {:?}", who, what);
            same(&table, &model);
        }
        table.later(500 * DAY);
        model.pass(500 * DAY);
        same(&table, &model);
    }
}
