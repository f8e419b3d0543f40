//! Forms: what each pays on acceptance, on a result, on a cancellation.
//! Must never need a database.

use uuid::Uuid;

use super::*;
use crate::base::{ItemId, LineId};
use crate::domain::contract::event::Sold;
use crate::domain::contract::forms::{Commission, Guarantee, Hosted, Measured, Remedy};

fn measured() -> Measured {
    Measured {
        items: Vec::new(),
        accounts: Vec::new(),
        from: start(),
        to: start().plus_seconds(DAY),
        gross: false,
        source: None,
        excluded: Vec::new(),
    }
}

fn guarantee(remedy: Remedy) -> Terms {
    let guarantee = Guarantee {
        target: Minor(20_000_000),
        measured: measured(),
        remedy,
        cap: None,
    };
    terms(Form::Guarantee { guarantee }, vec![deliverable(20_000)])
}

fn line(n: u128) -> LineId {
    LineId(Uuid::from_u128(n))
}

fn sold(n: u128, yuan: i64, counted: bool) -> Sold {
    Sold {
        line: line(n),
        amount: Minor(yuan * 100),
        counted,
    }
}

/// Accepted, its window and refunds over.
fn due(told: Terms, minutes: Option<u32>) -> Table {
    let mut table = Table::funded(told).delivered(minutes);
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    let early = propose(vec![sold(1, 1, true)]);
    assert_eq!(table.refused(Side::Book, early), "result_not_due");
    table.later(17 * DAY);
    assert_eq!(table.status(0), Status::ResultDue);
    table
}

fn propose(lines: Vec<Sold>) -> Action {
    Action::ProposeResult {
        deliverable: 0,
        lines,
        position: None,
    }
}

fn contest(lines: &[u128]) -> Action {
    Action::ContestResult {
        deliverable: 0,
        lines: lines.iter().map(|n| line(*n)).collect(),
        reason: "bought by ourselves".to_owned(),
    }
}

#[test]
fn at_19_a_guarantee_missed_by_a_quarter_gives_a_quarter_back() {
    let mut table = due(guarantee(Remedy::ProRata), None);
    assert_eq!(table.money(), [-2_100_000, 0, 0, 0, 2_100_000]);
    table.ok(
        Side::Book,
        propose(vec![
            sold(1, 100_000, true),
            sold(2, 50_000, true),
            sold(3, 9_000, false),
        ]),
    );
    table.ok(Side::Brand, Action::AcceptResult { deliverable: 0 });
    assert_eq!(table.status(0), Status::Proposed);
    table.ok(Side::Anchor, Action::AcceptResult { deliverable: 0 });
    assert_eq!(table.money(), [-1_575_000, 450_000, 1_050_000, 75_000, 0]);
    assert_eq!(table.phase(), "settled");
}

#[test]
fn a_result_nobody_answers_stands_when_its_time_is_over() {
    let mut table = due(guarantee(Remedy::ProRata), None);
    table.ok(Side::Anchor, propose(vec![sold(1, 150_000, true)]));
    table.later(3 * DAY);
    assert_eq!(table.money()[4], 0);
}

#[test]
fn what_nobody_contests_is_released_and_the_contested_part_stays_held_until_decided() {
    let mut table = due(guarantee(Remedy::ProRata), None);
    let lines = vec![sold(1, 100_000, true), sold(2, 50_000, true), sold(3, 20_000, false)];
    table.ok(Side::Book, propose(lines));
    assert_eq!(table.refused(Side::Brand, contest(&[9])), "line_unknown");
    table.ok(Side::Brand, contest(&[2]));
    table.ok(Side::Anchor, contest(&[3]));
    table.later(3 * DAY);
    // At least 100,000 and at most 170,000 were sold: 10,000 earned for sure, 3,000 back for sure.
    assert_eq!(table.status(0), Status::Disputed);
    assert_eq!(table.money(), [-1_785_000, 300_000, 700_000, 50_000, 735_000]);
    let counted = Action::ArbitrateLines {
        deliverable: 0,
        counted: vec![line(2)],
        reason: "paid by customers".to_owned(),
    };
    table.ok(Side::Book, counted);
    assert_eq!(table.money(), [-1_575_000, 450_000, 1_050_000, 75_000, 0]);
}

#[test]
fn a_cap_limits_what_goes_back_and_commission_only_gives_all_of_it_back() {
    let mut capped = guarantee(Remedy::ProRata);
    if let Form::Guarantee { guarantee } = &mut capped.form {
        guarantee.cap = Some(Minor(200_000));
    }
    for (told, reached, earned) in [
        (capped, 100_000, 1_800_000),
        (guarantee(Remedy::CommissionOnly), 199_999, 0),
        (guarantee(Remedy::CommissionOnly), 200_000, 2_000_000),
        (guarantee(Remedy::ProRata), 500_000, 2_000_000),
        (guarantee(Remedy::ProRata), 0, 0),
    ] {
        let mut table = due(told, None);
        table.ok(Side::Book, propose(vec![sold(1, reached, true)]));
        table.later(3 * DAY);
        let [_, agency, anchor, service, held] = table.money();
        assert_eq!((agency + anchor, service, held), (earned, earned / 20, 0));
    }
}

#[test]
fn a_shortfall_is_made_up_by_another_show_before_anything_goes_back() {
    let mut table = due(guarantee(Remedy::MakeUpShow), None);
    table.ok(Side::Book, propose(vec![sold(1, 150_000, true)]));
    table.later(3 * DAY);
    assert_eq!(table.kinds.last(), Some(&"contract.make_up_due"));
    assert_eq!((table.status(0), table.money()[4]), (Status::Scheduled, 2_100_000));
    table.deliver(0, None);
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    table.later(16 * DAY);
    table.ok(Side::Book, propose(vec![sold(2, 30_000, true)]));
    table.later(3 * DAY);
    let [_, agency, anchor, _, held] = table.money();
    assert_eq!((agency + anchor, held), (1_800_000, 0));
}

#[test]
fn by_the_hour_pays_the_minutes_shown_at_most_those_agreed() {
    let mut one = deliverable(600);
    one.minutes = Some(120);
    let told = terms(Form::Hourly { rate: Minor(30_000) }, vec![one]);
    for (minutes, earned) in [(90, 45_000), (120, 60_000), (500, 60_000), (1, 500)] {
        let mut table = Table::funded(told.clone()).delivered(Some(minutes));
        table.ok(Side::Brand, Action::Accept { deliverable: 0 });
        let [_, agency, anchor, service, held] = table.money();
        assert_eq!((agency + anchor, service, held), (earned, earned / 20, 0), "{minutes}");
    }
    let mut table = Table::funded(told);
    table.schedule(0);
    let delivery = delivery(None);
    let deliver = Action::Deliver {
        deliverable: 0,
        delivery,
    };
    assert_eq!(table.refused(Side::Anchor, deliver), "minutes_needed");
}

#[test]
fn a_hosted_show_pays_its_hours_and_tiers_of_the_net_sales_up_to_the_fee() {
    let mut one = deliverable(5_000);
    one.minutes = Some(240);
    let hosted = Hosted {
        rate: Minor(30_000),
        tiers: vec![(Minor(0), rate(10_000)), (Minor(10_000_000), rate(20_000))],
        measured: measured(),
    };
    let told = terms(Form::Hosted { hosted }, vec![one]);
    // Four hours 1,200.00; 1 % of 100,000.00 and 2 % of 50,000.00.
    for (net, earned) in [(150_000, 320_000), (0, 120_000), (900_000, 500_000)] {
        let mut table = due(told.clone(), Some(240));
        table.ok(Side::Book, propose(vec![sold(1, net, true)]));
        table.later(3 * DAY);
        let [_, agency, anchor, _, held] = table.money();
        assert_eq!((agency + anchor, held), (earned, 0), "{net}");
    }
    // Cancelled after schedule: a fifth of the hours.
    let mut table = Table::funded(told);
    table.schedule(0);
    table.ok(Side::Brand, cancel(None));
    assert_eq!(table.money(), [-25_200, 7_200, 16_800, 1_200, 0]);
}

#[test]
fn a_month_of_a_retainer_that_has_begun_is_paid_for_the_days_served() {
    let month = |from: i64, to: i64| Deliverable {
        from: Some(start().plus_seconds(from * DAY)),
        to: Some(start().plus_seconds(to * DAY)),
        ..deliverable(3_000)
    };
    let told = terms(Form::Retainer, vec![month(0, 30), month(30, 61)]);
    for side in [Side::Brand, Side::Anchor] {
        let mut table = Table::funded(told.clone());
        table.schedule(0);
        table.later(10 * DAY - 1);
        table.ok(side, cancel(None));
        // Ten days of thirty; the second month had not been scheduled.
        assert_eq!(table.money(), [-105_000, 30_000, 70_000, 5_000, 0], "{side:?}");
    }
}

#[test]
fn commission_alone_sets_nothing_aside_and_ends_with_its_delivery() {
    let commission = Commission {
        items: vec![ItemId(Uuid::from_u128(1))],
        rate: rate(200_000),
        from: start(),
        to: start().plus_seconds(DAY),
    };
    let told = terms(
        Form::Commission {
            commission: commission.clone(),
        },
        vec![deliverable(0)],
    );
    let mut table = Table::awarded(told);
    assert_eq!(table.phase(), "funded");
    assert_eq!(
        table.refused(Side::Brand, Action::Fund { amount: Minor(1) }),
        "funded_already"
    );
    table.schedule(0);
    table.deliver(0, None);
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    assert_eq!((table.phase(), table.money()), ("settled", [0; 5]));
    let paid = terms(Form::Commission { commission }, vec![deliverable(1)]);
    assert_eq!(paid.check().unwrap_err().code, "fee_not_zero");
}

#[test]
fn terms_that_make_no_sense_are_refused_with_every_wrong_field() {
    let mut wrong = terms(Form::Retainer, vec![deliverable(1), deliverable(-1)]);
    wrong.clocks.review = 0;
    let fields = wrong.check().unwrap_err().fields;
    let pointers: Vec<&str> = fields.iter().map(|field| field.pointer.as_ref()).collect();
    assert_eq!(
        pointers,
        [
            "/terms/deliverables/1/fee",
            "/terms/clocks",
            "/terms/deliverables/0/from",
            "/terms/deliverables/1/from"
        ]
    );
}
