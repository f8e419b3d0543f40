//! Given both sides of a line, then its breaks; and decisions about breaks.
//! Must never need a database.

use uuid::Uuid;

use super::compare::*;
use super::sides::*;
use super::*;
use crate::base::{BreakId, Instant, Month, ReconciliationId};
use crate::domain::refusal::Class;
use crate::money::{Currency, Minor, Rate, Rounding};

fn june() -> Month {
    "2026-06".parse().unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn rate(ppm: u32) -> Rate {
    Rate::from_ppm(ppm).unwrap()
}

fn frame() -> Frame {
    Frame {
        period: june(),
        tells_settlements: true,
        tells_refunds: true,
        now: at("2026-07-05T00:00:00Z"),
        patience: at("2026-07-31T00:00:00Z"),
    }
}

/// AT-11: base 199.00, 20 %, technical fee a tenth, live share a fifth.
fn ours() -> Ours {
    let fee = |name: &str, amount, ppm| OurFee {
        name: name.to_owned(),
        amount: Minor(amount),
        of: FeeBasis::Commission(rate(ppm)),
        adjustable: true,
    };
    Ours {
        stage: Stage::Settled,
        month: Some(june()),
        earns: true,
        own_rules: true,
        base: Some(Minor(19_900)),
        base_correctable: true,
        rate: Some(rate(200_000)),
        cap: None,
        commission: Minor(3_980),
        rounding: Rounding::HalfUp,
        fees: vec![fee("technical_fee", 398, 100_000), fee("live_share", 796, 200_000)],
        refunds: Vec::new(),
        reversible: true,
    }
}

fn theirs() -> Theirs {
    let fee = |name: &str, amount| (name.to_owned(), Minor(amount));
    Theirs {
        row: 1,
        stage: Stage::Settled,
        told_at: at("2026-06-20T01:00:00Z"),
        snapshot: true,
        settled_at: Some(at("2026-06-20T00:00:00Z")),
        month: Some(june()),
        paid: Some(Minor(19_900)),
        base: Some(Minor(19_900)),
        rate: Some(rate(200_000)),
        commission: Some(Minor(3_980)),
        fees: vec![fee("technical_fee", 398), fee("live_share", 796)],
        tellable: true,
    }
}

fn found(line: &OnLine) -> Vec<(BreakClass, Cause, Proposal)> {
    let found = compare(line, &frame()).unwrap();
    found.iter().map(|one| (one.class, one.cause, one.proposal)).collect()
}

fn line(ours: Ours, theirs: Theirs) -> OnLine {
    OnLine {
        ours: Some(ours),
        theirs: vec![theirs],
        ..OnLine::default()
    }
}

#[test]
fn sides_that_agree_have_no_break() {
    assert_eq!(found(&line(ours(), theirs())), []);
}

#[test]
fn what_follows_from_another_base_is_no_break_of_its_own() {
    let mut row = theirs();
    row.base = Some(Minor(14_925));
    row.commission = Some(Minor(2_985));
    row.fees = vec![("technical_fee".into(), Minor(299)), ("live_share".into(), Minor(597))];
    assert_eq!(
        found(&line(ours(), row.clone())),
        [(BreakClass::B03, Cause::BaseDiffers, Proposal::TellFacts)]
    );
    row.commission = Some(Minor(2_000));
    let classes: Vec<BreakClass> = found(&line(ours(), row)).into_iter().map(|(class, ..)| class).collect();
    assert_eq!(
        classes[..2],
        [BreakClass::B03, BreakClass::B06],
        "a commission that the base does not explain is one"
    );
}

#[test]
fn what_follows_from_another_rate_is_no_break_of_its_own() {
    let mut row = theirs();
    row.rate = Some(rate(150_000));
    row.commission = Some(Minor(2_985));
    row.fees = vec![("technical_fee".into(), Minor(299)), ("live_share".into(), Minor(597))];
    let all = compare(&line(ours(), row), &frame()).unwrap();
    let [only] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((only.class, only.difference), (BreakClass::B04, Some(Minor(-995))));
    assert_eq!(
        (&only.ours, &only.theirs),
        (&Value::Rate(rate(200_000)), &Value::Rate(rate(150_000)))
    );
}

#[test]
fn a_rate_is_only_a_break_where_a_rule_of_ours_applied() {
    let (mut here, mut row) = (ours(), theirs());
    here.own_rules = false;
    row.rate = Some(rate(150_000));
    assert_eq!(found(&line(here, row)), []);
}

#[test]
fn one_fen_is_rounding_and_two_are_an_amount() {
    for (off, class) in [(1, BreakClass::B05), (-1, BreakClass::B05), (2, BreakClass::B06)] {
        let mut row = theirs();
        row.fees[0].1 = Minor(398 + off);
        let all = compare(&line(ours(), row), &frame()).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!((all[0].class, all[0].difference), (class, Some(Minor(off))));
        assert_eq!(all[0].component, "technical_fee");
    }
}

#[test]
fn a_commission_larger_than_the_payment_is_compared_no_further() {
    // AT-09: paid 157.02, commission reported 200.36.
    let mut row = theirs();
    (row.paid, row.base, row.commission) = (Some(Minor(15_702)), Some(Minor(15_702)), Some(Minor(20_036)));
    let b10 = (BreakClass::B10, Cause::CommissionExceedsPayment, Proposal::AskPlatform);
    assert_eq!(found(&line(ours(), row.clone())), [b10]);
    let unknown = OnLine {
        theirs: vec![row],
        ..OnLine::default()
    };
    assert_eq!(
        found(&unknown),
        [b10],
        "nor is it told to a ledger that does not know the line"
    );
}

#[test]
fn a_line_of_one_side_only_is_told_or_waited_for() {
    let unknown = OnLine {
        theirs: vec![theirs()],
        ..OnLine::default()
    };
    assert_eq!(
        found(&unknown),
        [(BreakClass::B01, Cause::LineUnknown, Proposal::TellFacts)]
    );
    let alone = OnLine {
        ours: Some(ours()),
        ..OnLine::default()
    };
    assert_eq!(found(&alone), [(BreakClass::B02, Cause::NotReported, Proposal::Wait)]);
    let late = Frame {
        now: at("2026-09-01T00:00:00Z"),
        ..frame()
    };
    assert_eq!(
        compare(&alone, &late).unwrap()[0].proposal,
        Proposal::Adjust,
        "after that it is reversed"
    );
    let other_month = Frame {
        period: "2026-07".parse().unwrap(),
        ..frame()
    };
    assert_eq!(compare(&alone, &other_month).unwrap(), []);
}

#[test]
fn statuses_are_told_or_waited_for_by_who_is_behind() {
    let stages = |here, there| {
        let (mut ours, mut theirs) = (ours(), theirs());
        (ours.stage, theirs.stage) = (here, there);
        found(&line(ours, theirs))
            .into_iter()
            .map(|(class, cause, _)| (class, cause))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        stages(Stage::Open, Stage::Settled),
        [(BreakClass::B07, Cause::BehindHere)]
    );
    assert_eq!(
        stages(Stage::Settled, Stage::Open),
        [(BreakClass::B07, Cause::BehindThere)]
    );
    assert_eq!(
        stages(Stage::Settled, Stage::Closed),
        [(BreakClass::B07, Cause::InvalidThere)]
    );
    assert_eq!(
        stages(Stage::Closed, Stage::Settled),
        [(BreakClass::B07, Cause::ClosedHere)]
    );
    assert_eq!(stages(Stage::Open, Stage::Open), []);
}

#[test]
fn a_settlement_told_again_is_a_break_unless_the_platform_corrected_it() {
    let cash = |tag| TheirCash {
        row: 3,
        tag,
        amount: Minor(3_980),
    };
    let mut twice = line(ours(), theirs());
    twice.theirs.push(Theirs { row: 2, ..theirs() });
    assert_eq!(
        found(&twice),
        [(BreakClass::B08, Cause::Repeated, Proposal::AskPlatform)]
    );
    twice.cash.push(cash(CashTag::DuplicateCorrected));
    assert_eq!(found(&twice), [(BreakClass::B08, Cause::Corrected, Proposal::Close)]);
    twice.theirs.pop();
    assert_eq!(
        found(&twice),
        [(BreakClass::B08, Cause::CorrectionAlone, Proposal::AskPlatform)]
    );
    let mut older = line(ours(), theirs());
    older.theirs.push(Theirs {
        row: 2,
        stage: Stage::Open,
        told_at: at("2026-06-10T00:00:00Z"),
        ..theirs()
    });
    assert_eq!(
        found(&older),
        [],
        "an older state of the same row is history, not a second settlement"
    );
}

#[test]
fn refunds_are_compared_case_by_case() {
    let here = |case: &str, deducted| OurRefund {
        case: case.to_owned(),
        goods: Minor(4_975),
        month: june(),
        deducted,
    };
    let there = |case: &str, deducted| TheirRefund {
        row: 2,
        case: case.to_owned(),
        goods: Minor(4_975),
        deducted,
    };
    let case = |ours_: Vec<OurRefund>, theirs_: Vec<TheirRefund>| {
        let mut both = line(ours(), theirs());
        if let Some(ours) = &mut both.ours {
            ours.refunds = ours_;
        }
        both.refunds = theirs_;
        found(&both)
    };
    assert_eq!(case(vec![here("a", true)], vec![there("a", true)]), []);
    let b09 = |cause, proposal| vec![(BreakClass::B09, cause, proposal)];
    assert_eq!(
        case(vec![], vec![there("a", true)]),
        b09(Cause::RefundUnknown, Proposal::TellFacts)
    );
    assert_eq!(
        case(vec![here("a", false)], vec![there("a", true)]),
        b09(Cause::DeductedThere, Proposal::TellFacts)
    );
    assert_eq!(
        case(vec![here("a", true)], vec![there("a", false)]),
        b09(Cause::StillToDeduct, Proposal::Wait)
    );
    assert_eq!(
        case(vec![here("a", true)], vec![]),
        b09(Cause::StillToDeduct, Proposal::Wait)
    );
    let mut other = there("a", true);
    other.goods = Minor(5_000);
    assert_eq!(
        case(vec![here("a", true)], vec![other]),
        [(BreakClass::B03, Cause::RefundAmount, Proposal::AskPlatform)]
    );
}

#[test]
fn cash_is_held_against_what_the_statement_says() {
    let mut paid = line(ours(), theirs());
    let cash = |amount| TheirCash {
        row: 9,
        tag: CashTag::Commission,
        amount: Minor(amount),
    };
    paid.cash = vec![cash(3_000), cash(980)];
    assert_eq!(found(&paid), [], "paid in two parts");
    paid.cash.pop();
    assert_eq!(
        found(&paid),
        [(BreakClass::B11, Cause::CashDiffers, Proposal::AskPlatform)]
    );
    let bounced = TheirCash {
        tag: CashTag::WithdrawalBounced,
        ..cash(100)
    };
    assert_eq!(compare_cash(&bounced, &frame()).unwrap().class, BreakClass::B11);
    assert_eq!(compare_cash(&cash(100), &frame()), None);
}

#[test]
fn another_month_is_named_with_both() {
    let mut row = theirs();
    row.month = Some("2026-07".parse().unwrap());
    assert_eq!(
        found(&line(ours(), row)),
        [(BreakClass::B12, Cause::OtherMonth, Proposal::Close)]
    );
}

fn noted() -> ReconState {
    let mut state = ReconState::default();
    let run = ReconciliationRun {
        reconciliation: ReconciliationId(Uuid::from_u128(1)),
        run: 1,
        file: "00".repeat(32),
        mapping: "generic-statement".to_owned(),
        mapping_sha256: "11".repeat(32),
        platform: "taobao".parse().unwrap(),
        period: june(),
        account: None,
        shop: None,
        rows: 1,
        rejected: 0,
        matched: 0,
        breaks: [(BreakClass::B05, 1)].into(),
        content: "22".repeat(32),
        position: 7,
    };
    let event = decide::run(&state, &run).unwrap();
    state.evolve(&event);
    assert_eq!(decide::run(&state, &run), None, "a run is noted once");
    state
}

fn resolved(how: How) -> ReconEvent {
    ReconEvent::Resolved(BreaksResolved {
        reconciliation: ReconciliationId(Uuid::from_u128(1)),
        how,
        by: None,
        reason: None,
        breaks: vec![BreakResolved {
            id: BreakId(Uuid::from_u128(9)),
            number: 1,
            class: BreakClass::B05,
            cause: Cause::Rounding,
            proposal: Proposal::Close,
            difference: Some(Minor(1)),
            currency: Some(Currency::CNY),
            until: None,
            told: Vec::new(),
            approval: None,
        }],
    })
}

#[test]
fn a_break_is_decided_once_unless_the_decision_lapsed() {
    let named = [BreakId(Uuid::from_u128(9))];
    let decide = |state: &ReconState, lapsed: bool| decide::resolve(state, How::Accepted, None, &named, &|_| lapsed);
    let mut state = noted();
    decide(&state, false).unwrap();
    state.evolve(&resolved(How::Parked));
    decide(&state, false).unwrap();
    state.evolve(&resolved(How::Accepted));
    assert_eq!(decide(&state, false).unwrap_err().code, "break_resolved");
    decide(&state, true).unwrap();
    assert_eq!(
        decide(&ReconState::default(), false).unwrap_err().class,
        Class::NotFound
    );
    let without_reason = decide::resolve(&noted(), How::Rejected, None, &named, &|_| false);
    assert_eq!(without_reason.unwrap_err().code, "reason_needed");
    assert_eq!(
        decide::resolve(&noted(), How::Parked, None, &[], &|_| false)
            .unwrap_err()
            .code,
        "breaks_count"
    );
}
