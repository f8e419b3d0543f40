//! Tests of lines under contracts with share formulas: deductions, who bears them, teams, and what a month is told.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::split::{SHARE, TEAM};
use super::support::*;
use super::*;
use crate::base::{MembershipId, PartyId, PartyKind};
use crate::domain::share::{Bearer, Deduction, Figures};
use crate::ledger::AccountKind::{Available, ClawbackDue, Commission};
use crate::money::{Currency, Minor};

fn deduct(name: &str, rate: u32, bearer: Bearer, taker: Option<PartyId>) -> Deduction {
    Deduction {
        name: name.to_owned(),
        rate: ppm(rate),
        bearer,
        taker,
    }
}

fn other(n: u128) -> PartyId {
    party(PartyKind::Other, n)
}

fn second() -> PartyId {
    party(PartyKind::Anchor, 2)
}

/// The agency's hop: paid traffic 5 % before the split, samples 2 % by the agency, tax points 6 % by the anchor, whose
/// team is the anchor at 60 % and a second one at 40 %.
fn formula() -> HopFormula {
    HopFormula {
        terms_from: day(0),
        deductions: vec![
            deduct("paid_traffic", 50_000, Bearer::Both, None),
            deduct("samples", 20_000, Bearer::Upper, Some(other(1))),
            deduct("tax_points", 60_000, Bearer::Member, Some(other(2))),
        ],
        team: vec![(anchor(), ppm(600_000)), (second(), ppm(400_000))],
        tiers_in: Some(Currency::CNY),
    }
}

/// The whole gross reaches the agency, which keeps 30 % of what deductions before the split leave.
fn shared(formula: HopFormula) -> Terms {
    let mut terms = terms();
    terms.fees.clear();
    terms.chain[0].membership = Some(MembershipId(Uuid::from_u128(5)));
    terms.chain[0].formula = Some(Box::new(formula));
    terms
}

#[test]
fn deductions_come_off_before_the_split_or_off_one_side_and_a_team_shares_the_rest() {
    // 100.00 in. Paid traffic 5.00 to the agency, pool 95.00: agency 28.50, anchor's side 66.50. Samples 2.00 off the
    // agency's 28.50; tax points 6.00 off the 66.50: 60.50, of which 60 % = 36.30 and 40 % = 24.20.
    let terms = shared(formula());
    let split = split(&terms, &rule(1_000_000), Minor(10_000)).unwrap();
    let steps: Vec<(&str, String, i64)> = split
        .steps
        .iter()
        .map(|step| (step.name, name(step.party), step.amount.0))
        .collect();
    let expected = [
        ("paid_traffic", "agency", 500),
        (SHARE, "agency", 2_850),
        ("samples", "other1", 200),
        ("samples", "agency", -200),
        ("tax_points", "other2", 600),
        (TEAM, "anchor", 3_630),
        (TEAM, "anchor2", 2_420),
    ];
    assert_eq!(
        steps,
        expected.map(|(step, party, amount)| (step, party.to_owned(), amount))
    );
    assert_eq!(split.merchant_debit().unwrap(), Minor(10_000));
    let figures = Figures {
        base: Minor(10_000),
        inflow: Minor(10_000),
        pool: Minor(9_500),
        share: Minor(2_850),
    };
    assert_eq!(
        split.accrued.iter().map(|accrued| accrued.figures).collect::<Vec<_>>(),
        [figures]
    );
}

#[test]
fn a_refund_recomputes_deductions_and_team_on_what_remains() {
    // A third is refunded after settlement: 66.67 in; 3.33 traffic, pool 63.34, agency 19.00, 44.34; samples 1.33; tax
    // points 4.00; 40.34: 24.20 and 16.14.
    let mut line = Line::with(shared(formula()), 1_000_000).all(&[paid(day(1), 10_000), settled(day(5))]);
    assert_eq!(line.balance(agency(), Available), 500 + 2_850 - 200);
    line.tell(&won(day(8), 1, 3_333));
    line.tell(&deducted(day(9), 1));
    let now = |party| line.balance(party, Available);
    assert_eq!(
        [agency(), other(1), other(2), anchor(), second()].map(now),
        [333 + 1_900 - 133, 133, 400, 2_420, 1_614]
    );
    assert_eq!(line.balance(brand(), Commission), -6_667);
    let month = line.state.accrued().unwrap();
    assert_eq!(month.len(), 1);
    assert_eq!(
        month[0].settled_at,
        day(5),
        "the month is the settle date's, whenever it was refunded"
    );
    let figures = month[0].accrued.figures;
    assert_eq!(
        (figures.base, figures.inflow, figures.pool, figures.share),
        (Minor(6_667), Minor(6_667), Minor(6_334), Minor(1_900))
    );
}

#[test]
fn a_month_is_told_of_a_line_when_it_settles_and_no_longer_when_it_is_refunded_or_forfeited() {
    let mut line = Line::with(shared(formula()), 1_000_000).all(&[paid(day(1), 10_000)]);
    assert_eq!(line.state.accrued().unwrap(), [], "an estimate is nobody's month yet");
    line.tell(&settled(day(5)));
    assert_eq!(line.state.accrued().unwrap()[0].accrued.figures.share, Minor(2_850));
    line.tell(&won(day(8), 1, 10_000));
    assert_eq!(line.state.accrued().unwrap()[0].accrued.figures, Figures::default());
    assert_eq!(line.balance(anchor(), ClawbackDue), 3_630, "won, not deducted yet");
    let frozen = [
        paid(day(1), 10_000),
        settled(day(5)),
        fact(day(6), What::Frozen { case: case(1) }),
        fact(day(7), What::Forfeited { case: case(1) }),
    ];
    let line = Line::with(shared(formula()), 1_000_000).all(&frozen);
    assert_eq!(line.state.accrued().unwrap(), []);
    assert_eq!(line.text(), "", "deductions and team are forfeited with the chain");
}

#[test]
fn a_contract_without_tiers_or_with_tiers_in_another_currency_counts_nothing() {
    for tiers_in in [None, Some("USD".parse().unwrap())] {
        let terms = shared(HopFormula { tiers_in, ..formula() });
        let line = Line::with(terms, 1_000_000).all(&[paid(day(1), 10_000), settled(day(5))]);
        assert_eq!(line.state.accrued().unwrap(), []);
    }
}

#[test]
fn a_gift_is_shared_like_any_line_and_is_no_sale_of_the_month() {
    let mut gift = paid(day(1), 10_000);
    gift.about.purpose = Some(Purpose::Gift);
    let line = Line::with(shared(formula()), 1_000_000).all(&[gift, settled(day(5))]);
    let figures = line.state.accrued().unwrap()[0].accrued.figures;
    assert_eq!((figures.base, figures.pool), (Minor(0), Minor(9_500)));
    assert_eq!(line.balance(anchor(), Available), 3_630);
}

#[test]
fn deductions_of_one_side_are_capped_at_what_that_side_has() {
    let mut formula = formula();
    formula.team.clear();
    formula.deductions = vec![
        deduct("samples", 900_000, Bearer::Upper, Some(other(1))),
        deduct("tax_points", 900_000, Bearer::Member, None),
    ];
    // 100.00: agency 30.00 all taken by samples; anchor 70.00 all taken by the agency's tax points.
    let line = Line::with(shared(formula), 1_000_000).all(&[paid(day(1), 10_000), settled(day(5))]);
    let now = |party| line.balance(party, Available);
    assert_eq!([agency(), other(1), anchor()].map(now), [7_000, 3_000, 0]);
}

/// Formulas of any shape: deductions of any bearer and taker, a team of none to three.
pub(super) fn any_formula() -> impl Strategy<Value = HopFormula> {
    let deduction = (0_u32..=400_000, 0_u8..3, 0_u128..3);
    let deductions = prop::collection::vec(deduction, 0..4);
    (deductions, 0_usize..4).prop_map(|(deductions, team)| {
        let deductions = deductions.into_iter().zip(["traffic", "tax", "samples"]);
        HopFormula {
            terms_from: day(0),
            deductions: deductions
                .map(|((rate, bearer, taker), name)| {
                    let bearer = [Bearer::Both, Bearer::Upper, Bearer::Member][usize::from(bearer)];
                    deduct(name, rate, bearer, (taker > 0).then(|| other(taker)))
                })
                .collect(),
            team: [(anchor(), 333_333), (second(), 333_333), (other(3), 333_334)]
                .into_iter()
                .take(if team == 3 { 3 } else { 0 })
                .map(|(party, weight)| (party, ppm(weight)))
                .collect(),
            tiers_in: Some(Currency::CNY),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_split_with_deductions_and_a_team_conserves_and_counts_what_it_split(
        formulas in prop::collection::vec(prop::option::of(any_formula()), 4),
        base in 0_i64..1_000_000_000_000, rate in 0_u32..=1_000_000, share in 0_u32..=1_000_000,
    ) {
        let mut terms = terms();
        terms.chain = formulas.into_iter().zip(10..).map(|(formula, n)| Hop {
            membership: Some(MembershipId(Uuid::from_u128(n))),
            formula: formula.map(Box::new),
            ..hop(party(PartyKind::Agency, n), Keeps::PassesOn(ppm(share)))
        }).collect();
        terms.chain.push(hop(anchor(), Keeps::All));
        let rule = rule(rate);
        let split = split(&terms, &rule, Minor(base)).unwrap();
        prop_assert_eq!(split.merchant_debit().unwrap(), split.gross);
        for accrued in &split.accrued {
            let figures = accrued.figures;
            prop_assert!(Minor(0) <= figures.share && figures.share <= figures.pool);
            prop_assert!(figures.pool <= figures.inflow && figures.inflow <= split.distributable);
        }
        // Nobody ends below zero: what a side bears is capped at what it has.
        for step in &split.steps {
            let own = split.steps.iter().filter(|other| other.party == step.party);
            prop_assert!(own.map(|step| step.amount.0).sum::<i64>() >= 0, "{:?}", split.steps);
        }
    }

    #[test]
    fn refunds_in_any_parts_end_at_zero_and_the_month_at_nothing(
        formula in any_formula(),
        parts in prop::collection::vec((1_i64..3_000, 2_i64..20), 1..10),
    ) {
        let whole: i64 = parts.iter().map(|(goods, _)| goods).sum();
        let mut line = Line::with(shared(formula), 213_457).all(&[paid(day(1), whole), settled(day(10))]);
        for (n, (goods, at)) in (0_u32..).zip(&parts) {
            line.tell(&won(day(*at), n, *goods));
        }
        for (n, _) in (0_u32..).zip(&parts) {
            line.tell(&deducted(day(30), n));
        }
        prop_assert_eq!(line.text(), "");
        for accrual in line.state.accrued().unwrap() {
            prop_assert_eq!(accrual.accrued.figures, Figures::default());
        }
    }
}
