//! Tests of a contract's month: tiers by hand, true-ups, and that any steps lead to the tiers on the totals.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::decide::{ShareKey, Sides, accrue, true_up};
use super::*;
use crate::base::{Instant, LineId, MembershipId, Month, PartyId, PartyKind};
use crate::money::{Currency, Minor, Rate, allocate};

fn ppm(n: u32) -> Rate {
    Rate::from_ppm(n).unwrap()
}

fn agency() -> PartyId {
    PartyId::tagged(PartyKind::Agency, Uuid::from_u128(1))
}

fn anchor(n: u128) -> PartyId {
    PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(n))
}

const SIDES: fn() -> Sides = || Sides {
    member: anchor(1),
    upper: agency(),
};

fn key() -> ShareKey {
    ShareKey {
        membership: MembershipId(Uuid::from_u128(5)),
        terms_from: at(),
        month: "2026-05".parse::<Month>().unwrap(),
    }
}

fn at() -> Instant {
    "2026-05-31T15:59:59.999999Z".parse().unwrap()
}

/// The upper keeps 30 % below 10,000.00 and 20 % from there on.
fn falling(measure: Measure, method: Method) -> MonthlyTiers {
    MonthlyTiers {
        currency: Currency::CNY,
        measure,
        method,
        steps: vec![(Minor(0), ppm(300_000)), (Minor(1_000_000), ppm(200_000))],
    }
}

fn formula(tiers: MonthlyTiers, team: Vec<(PartyId, Rate)>) -> ShareFormula {
    ShareFormula {
        rates_of: Side::Upper,
        rate: ppm(300_000),
        deductions: Vec::new(),
        tiers: Some(tiers),
        team,
    }
}

/// A month whose pool is its inflow, of which the lines posted 30 % to the upper.
fn month(inflow: i64) -> Figures {
    Figures {
        base: Minor(inflow * 10),
        inflow: Minor(inflow),
        pool: Minor(inflow),
        share: ppm(300_000).of(Minor(inflow), crate::money::Rounding::HalfUp).unwrap(),
    }
}

fn counted(state: &ShareState, change: Figures) -> ShareState {
    let line = LineId(Uuid::from_u128(7));
    let event = accrue(state, key(), Currency::CNY, line, change).unwrap();
    let mut after = state.clone();
    event
        .into_iter()
        .for_each(|event| after.evolve(&ShareEvent::Accrued(event)));
    after
}

fn settle(state: &mut ShareState, formula: &ShareFormula) -> Option<TruedUp> {
    let tiers = formula.tiers.as_ref().unwrap();
    let event = true_up(state, key(), SIDES(), formula, tiers, at()).unwrap()?;
    let wrapped = ShareEvent::TruedUp(Box::new(event.clone()));
    post::post(&wrapped).expect("a true-up balances");
    state.evolve(&wrapped);
    Some(event)
}

fn moved(event: &TruedUp, party: PartyId) -> i64 {
    let own = event.legs.iter().filter(|leg| leg.account.party() == Some(party));
    own.map(|leg| leg.amount.0).sum()
}

#[test]
fn whole_tiers_change_the_whole_month_at_a_lower_bound_that_is_inclusive() {
    // 30 % of 9,999.99 = 2,999.997; 20 % of 10,000.00 = 2,000.00; 20 % of 10,000.01 = 2,000.002.
    let tiers = falling(Measure::Inflow, Method::Whole);
    for (inflow, upper) in [(999_999, 300_000), (1_000_000, 200_000), (1_000_001, 200_000)] {
        assert_eq!(month(inflow).by(&tiers, Side::Upper).unwrap(), Minor(upper), "{inflow}");
        // A rate of the member gives it the same amount, and the upper the residual.
        let member = month(inflow).by(&tiers, Side::Member).unwrap();
        assert_eq!(member, Minor(inflow - upper), "{inflow}");
    }
}

#[test]
fn marginal_tiers_give_each_portion_its_own_rate() {
    // Up to the bound 30 %; what lies above it 20 %: of 10,000.05 that is 3,000.00 + 0.01; of 15,000.00 3,000.00 + 1,000.00.
    let tiers = falling(Measure::Inflow, Method::Marginal);
    for (inflow, upper) in [
        (999_999, 300_000),
        (1_000_000, 300_000),
        (1_000_001, 300_000),
        (1_000_005, 300_001),
        (1_500_000, 400_000),
    ] {
        assert_eq!(month(inflow).by(&tiers, Side::Upper).unwrap(), Minor(upper), "{inflow}");
    }
    assert_eq!(month(0).by(&tiers, Side::Upper).unwrap(), Minor(0));
}

#[test]
fn tiers_on_sales_apply_their_mixed_rate_to_the_pool() {
    // Sales 15,000.00, pool 1,500.00: (10,000 x 30 % + 5,000 x 20 %) / 15,000 = 26.666… %, of 1,500.00 = 400.00.
    let tiers = falling(Measure::Base, Method::Marginal);
    assert_eq!(month(150_000).by(&tiers, Side::Upper).unwrap(), Minor(40_000));
}

#[test]
fn a_refund_of_one_fen_that_crosses_back_after_the_true_up_posts_the_difference_and_no_more() {
    let formula = formula(falling(Measure::Inflow, Method::Whole), Vec::new());
    // 10,000.00: the lines posted 3,000.00, the tiers give 2,000.00.
    let mut state = counted(&ShareState::default(), month(1_000_000));
    let first = settle(&mut state, &formula).unwrap();
    assert_eq!((first.target, first.change), (Minor(200_000), Minor(-100_000)));
    assert_eq!((moved(&first, agency()), moved(&first, anchor(1))), (-100_000, 100_000));
    assert_eq!(settle(&mut state, &formula), None, "run twice it posts nothing new");
    // 0.01 is refunded: 9,999.99, of which the lines posted 3,000.00 (2,999.997); the tiers give the same.
    let change = month(999_999).plus(month(1_000_000).negated().unwrap()).unwrap();
    state = counted(&state, change);
    let second = settle(&mut state, &formula).unwrap();
    assert_eq!((second.target, second.change), (Minor(300_000), Minor(100_000)));
    assert_eq!(
        (moved(&second, agency()), moved(&second, anchor(1))),
        (100_000, -100_000)
    );
    assert_eq!(settle(&mut state, &formula), None);
    assert_eq!(
        first.figures,
        month(1_000_000),
        "the first event says what it was decided on"
    );
}

#[test]
fn a_team_shares_a_true_up_by_largest_remainder_in_stated_order() {
    // -0.05 to the upper is +0.05 over 3 : 1 : 1 parts: 3, 1, 1; +0.02 more makes 0.07: 4.2, 1.4, 1.4 -> 4, 2, 1.
    let team = vec![
        (anchor(1), ppm(600_000)),
        (anchor(2), ppm(200_000)),
        (anchor(3), ppm(200_000)),
    ];
    let mut tiers = falling(Measure::Base, Method::Whole);
    tiers.steps = vec![(Minor(0), ppm(0))];
    let formula = formula(tiers, team);
    let figures = |share: i64| Figures {
        base: Minor(1_000),
        inflow: Minor(100),
        pool: Minor(100),
        share: Minor(share),
    };
    let mut state = counted(&ShareState::default(), figures(5));
    let first = settle(&mut state, &formula).unwrap();
    assert_eq!([1, 2, 3].map(|n| moved(&first, anchor(n))), [3, 1, 1]);
    state = counted(
        &state,
        Figures {
            share: Minor(2),
            ..Figures::default()
        },
    );
    let second = settle(&mut state, &formula).unwrap();
    assert_eq!([1, 2, 3].map(|n| moved(&second, anchor(n))), [1, 1, 0]);
}

#[test]
fn nothing_is_counted_when_a_line_changes_nothing() {
    let line = LineId(Uuid::from_u128(7));
    let none = accrue(&ShareState::default(), key(), Currency::CNY, line, Figures::default());
    assert_eq!(none.unwrap(), None);
}

fn any_tiers() -> impl Strategy<Value = MonthlyTiers> {
    let steps = prop::collection::vec((1_i64..2_000, 0_u32..=1_000_000), 1..6);
    (steps, any::<bool>(), any::<bool>()).prop_map(|(steps, base, whole)| {
        let mut from = 0;
        let steps = steps.into_iter().enumerate().map(|(n, (width, rate))| {
            from += if n == 0 { 0 } else { width };
            (Minor(from), ppm(rate))
        });
        MonthlyTiers {
            currency: Currency::CNY,
            measure: if base { Measure::Base } else { Measure::Inflow },
            method: if whole { Method::Whole } else { Method::Marginal },
            steps: steps.collect(),
        }
    })
}

fn any_formula() -> impl Strategy<Value = ShareFormula> {
    (any_tiers(), 0_u32..=1_000_000, any::<bool>(), 0_u32..=3).prop_map(|(tiers, rate, upper, team)| {
        let team = match team {
            0 => Vec::new(),
            n => (1..=n)
                .map(|k| {
                    let part = 1_000_000 / n;
                    let weight = if k == n { 1_000_000 - part * (n - 1) } else { part };
                    (anchor(u128::from(k)), ppm(weight))
                })
                .collect(),
        };
        ShareFormula {
            rates_of: if upper { Side::Upper } else { Side::Member },
            rate: ppm(rate),
            deductions: Vec::new(),
            tiers: Some(tiers),
            team,
        }
    })
}

/// Lines as they come, some taken back later; after each a true-up or none.
fn any_lines() -> impl Strategy<Value = Vec<(Figures, bool, bool)>> {
    let line = (
        0_i64..2_000,
        0_i64..=1_000,
        0_i64..=1_000,
        0_i64..=1_000,
        any::<bool>(),
        any::<bool>(),
    );
    prop::collection::vec(line, 1..12).prop_map(|lines| {
        let of = |whole: i64, part: i64| whole * part / 1_000;
        let figures = |(base, inflow, pool, share, back, up): (i64, i64, i64, i64, bool, bool)| {
            let inflow = of(base, inflow);
            let pool = of(inflow, pool);
            let figures = Figures {
                base: Minor(base),
                inflow: Minor(inflow),
                pool: Minor(pool),
                share: Minor(of(pool, share)),
            };
            (figures, back, up)
        };
        lines.into_iter().map(figures).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_steps_led_there_lines_and_true_ups_come_to_the_tiers_on_the_months_totals(
        formula in any_formula(), lines in any_lines(),
    ) {
        let tiers = formula.tiers.as_ref().unwrap();
        let mut state = ShareState::default();
        let mut given: Vec<TruedUp> = Vec::new();
        for (figures, _, up) in &lines {
            state = counted(&state, *figures);
            given.extend(if *up { settle(&mut state, &formula) } else { None });
        }
        for (figures, back, up) in &lines {
            if *back {
                state = counted(&state, figures.negated().unwrap());
                given.extend(if *up { settle(&mut state, &formula) } else { None });
            }
        }
        given.extend(settle(&mut state, &formula));
        prop_assert_eq!(settle(&mut state, &formula), None, "run twice it posts nothing new");
        let target = state.figures.by(tiers, formula.rates_of).unwrap();
        prop_assert!(Minor(0) <= target && target <= state.figures.pool);
        let to_upper: i64 = given.iter().map(|event| moved(event, agency())).sum();
        prop_assert_eq!(state.figures.share.0 + to_upper, target.0);
        // The members have the mirror image, each exactly its weight of the whole.
        let weights: Vec<u64> = formula.team.iter().map(|(_, weight)| u64::from(weight.ppm())).collect();
        let members = match weights.is_empty() {
            true => vec![Minor(-to_upper)],
            false => allocate(Minor(-to_upper), &weights).unwrap(),
        };
        for (n, due) in (1_u128..).zip(members) {
            let got: i64 = given.iter().map(|event| moved(event, anchor(n))).sum();
            prop_assert_eq!(got, due.0, "member {}", n);
        }
        let kept: Figures = lines.iter().filter(|(_, back, _)| !back).try_fold(Figures::default(), |sum, line| sum.plus(line.0)).unwrap();
        prop_assert_eq!(kept, state.figures);
    }
}
