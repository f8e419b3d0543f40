//! Tests of first N, budgets, tiers, caps and the shown rate.
//! Must never need a database.

use super::*;
use crate::domain::order::{RateTerms, Reason};

fn use_up(small: &mut Small, pin: &Pin) {
    let taken = pin.reservation.as_ref().unwrap();
    let usage = small.usages.entry(UsageId::of_rule(taken.rule)).or_default();
    usage.units += u64::from(taken.units);
    usage.gross = usage.gross.plus(taken.gross).unwrap();
    usage.volume = usage.volume.plus(taken.volume).unwrap();
}

fn flat(pin: &Pin) -> String {
    match &pin.rule.as_ref().unwrap().rate {
        RateTerms::Flat(rate) => rate.to_string(),
        RateTerms::Tiered(parts) => format!("{parts:?}"),
    }
}

fn first(n: u32) -> Small {
    let mut rule = open_item(1, PlanKind::FirstN, "0.3");
    rule.versions[0].terms.first_n = Some(n);
    Small::new([rule, open_item(2, PlanKind::General, "0.1")])
}

#[test]
fn at_29_the_first_two_items_take_the_rate_and_the_third_does_not() {
    let mut small = first(2);
    let mut rates = Vec::new();
    for _ in 0..3 {
        let pin = small.pin();
        rates.push(flat(&pin));
        if pin.reservation.is_some() {
            use_up(&mut small, &pin);
        } else {
            assert_eq!(lost(&pin), [(1, Reason::NExhausted)]);
        }
    }
    assert_eq!(rates, ["0.3", "0.3", "0.1"]);
}

#[test]
fn a_line_takes_the_first_n_whole_or_not_at_all() {
    let mut small = first(2);
    small.about.quantity = Some(3);
    let pin = small.pin();
    assert_eq!((won(&pin), lost(&pin)), (Some(2), vec![(1, Reason::NExhausted)]));
    small.about.quantity = Some(2);
    assert_eq!(small.pin().reservation.unwrap().units, 2);
}

#[test]
fn a_budget_must_hold_the_whole_estimated_commission() {
    let mut rule = open_item(1, PlanKind::Marketing, "0.3");
    rule.versions[0].terms.budget = Some(Minor(5_999));
    let mut small = Small::new([rule, open_item(2, PlanKind::General, "0.1")]);
    let pin = small.pin();
    assert_eq!(pin.reservation.as_ref().unwrap().gross, Minor(3_000));
    use_up(&mut small, &pin);
    let second = small.pin();
    assert_eq!(
        (won(&second), lost(&second)),
        (Some(2), vec![(1, Reason::BudgetExhausted)])
    );
}

#[test]
fn an_exhausted_exclusive_plan_still_excludes_the_rest() {
    let mut rule = open_item(1, PlanKind::Exclusive, "0.3");
    rule.versions[0].terms.budget = Some(Minor(1));
    let pin = Small::new([rule, open_item(2, PlanKind::General, "0.1")]).pin();
    assert_eq!(pin.why_nothing.as_deref(), Some("excluded"));
    assert_eq!(lost(&pin), [(1, Reason::BudgetExhausted), (2, Reason::Excluded)]);
}

#[test]
fn a_cap_per_order_is_what_the_orders_earlier_lines_left() {
    let mut rule = open_item(1, PlanKind::General, "0.3");
    rule.versions[0].terms.cap_per_order = Some(Minor(4_000));
    let mut small = Small::new([rule]);
    assert_eq!(small.pin().rule.unwrap().cap, Some(Minor(4_000)));
    let order = UsageId::of_order(rule_id(1), "taobao", "order-1");
    let used = UsageState {
        gross: Minor(3_000),
        ..UsageState::default()
    };
    small.usages.insert(order, used);
    let pin = small.pin();
    assert_eq!(pin.rule.unwrap().cap, Some(Minor(1_000)));
    assert_eq!(pin.reservation.unwrap().gross, Minor(1_000));
}

#[test]
fn a_tier_takes_its_lower_bound_in_and_splits_the_line_at_it() {
    let tiers = vec![(Minor(0), rate("0.1")), (Minor(1_000_000), rate("0.2"))];
    let mut rule = open_item(1, PlanKind::General, "0");
    rule.versions[0].terms.rates = Rates::Tiered(tiers.clone());
    let mut small = Small::new([rule.clone()]);
    let sold = |small: &mut Small, volume| {
        let used = UsageState {
            volume: Minor(volume),
            ..UsageState::default()
        };
        small.usages.insert(UsageId::of_rule(rule_id(1)), used);
        small.pin()
    };
    let parts = |pin: Pin| match pin.rule.unwrap().rate {
        RateTerms::Tiered(parts) => parts,
        RateTerms::Flat(rate) => vec![(Minor(-1), rate)],
    };
    small.payable = Minor(1);
    assert_eq!(parts(sold(&mut small, 999_999)), [(Minor(1), rate("0.1"))]);
    assert_eq!(parts(sold(&mut small, 1_000_000)), [(Minor(1), rate("0.2"))]);
    small.payable = Minor(300);
    assert_eq!(
        parts(sold(&mut small, 999_900)),
        [(Minor(100), rate("0.1")), (Minor(200), rate("0.2"))]
    );
    assert_eq!(small.pin().reservation.unwrap().gross, Minor(50));
    // A step gives the whole line the rate where it begins.
    rule.versions[0].terms.rates = Rates::Stepped(tiers);
    let mut stepped = Small::new([rule]);
    stepped.payable = Minor(300);
    assert_eq!(flat(&sold(&mut stepped, 999_900)), "0.1");
    assert_eq!(flat(&sold(&mut stepped, 1_000_000)), "0.2");
}

#[test]
fn at_04_and_at_16_an_overall_rate_shows_what_the_content_fee_leaves() {
    let taker = party(PartyKind::Platform, "content");
    let mut overall = formula();
    overall.content_fee = Some((taker, rate("0.03")));
    overall.rates_are_overall = true;
    let mut small = Small::new([open_item(1, PlanKind::General, "0.1")]);
    small.set_formula(overall.clone());
    let pin = small.pin();
    assert_eq!(flat(&pin), "0.07");
    assert_eq!(pin.terms.unwrap().content_fee, Some((taker, rate("0.03"))));
    // Elsewhere rules state the shown rate itself.
    overall.rates_are_overall = false;
    small.set_formula(overall);
    assert_eq!(flat(&small.pin()), "0.1");
}

#[test]
fn the_shown_rate_and_the_content_fee_never_exceed_the_whole() {
    let mut fee = formula();
    fee.content_fee = Some((party(PartyKind::Platform, "content"), rate("0.03")));
    let mut small = Small::new([open_item(1, PlanKind::General, "1")]);
    small.set_formula(fee);
    assert_eq!(flat(&small.pin()), "0.97");
}

#[test]
fn a_line_of_nothing_keeps_the_rate_where_it_begins() {
    let mut rule = open_item(1, PlanKind::General, "0");
    rule.versions[0].terms.rates = Rates::Tiered(vec![(Minor(0), rate("0.1"))]);
    let mut small = Small::new([rule]);
    small.payable = Minor::ZERO;
    assert_eq!(flat(&small.pin()), "0.1");
}
