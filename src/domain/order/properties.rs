//! Properties of a line: conservation, path independence, idempotence; 10,000 cases each.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::decide;
use super::shares_tests::any_formula;
use super::support::*;
use super::*;
use crate::base::{MembershipId, PartyKind};
use crate::ledger::Layer;
use crate::money::Minor;

/// A set of facts of one line, at most one per identity, as a platform would tell them; amounts need not make sense.
fn facts() -> impl Strategy<Value = Vec<LineFact>> {
    let cases = prop::collection::vec((0_i64..20, 0_i64..6_000, any::<bool>(), any::<bool>()), 0..5);
    let once = prop::collection::vec(any::<bool>(), 9);
    let amounts = (1_i64..12_000, prop::option::of(0_i64..12_000));
    (cases, once, amounts, 0_i64..20, 0_i64..12_000).prop_map(|(cases, told, (amount, base), when, other)| {
        let base = base.map(Minor);
        let snapshot = Snapshot {
            paid_at: Some(day(1)),
            paid: Some(Minor(amount)),
            refunded: Some(Minor(other / 3)),
            received_at: Some(day(when)),
            ..Snapshot::default()
        };
        let whole = [
            created(day(0), amount),
            paid(day(1), amount),
            fact(day(when), What::Received),
            fact(day(10), What::Settled { base }),
            fact(day(when + 5), What::Closed { reason: None }),
            fact(day(when), What::Frozen { case: case(90) }),
            fact(day(when + 1), What::Forfeited { case: case(90) }),
            fact(
                day(15),
                What::PriceCorrected {
                    fact: case(91),
                    paid: Minor(other),
                },
            ),
            fact(day(when), What::Snapshot(snapshot)),
        ];
        let mut facts: Vec<LineFact> = (whole.into_iter().zip(told))
            .filter_map(|(fact, told)| told.then_some(fact))
            .collect();
        for (n, (at, goods, taken, at_once)) in (0_u32..).zip(cases) {
            let mut refund = won(day(at), n, goods);
            if let What::RefundWon { deducted, .. } = &mut refund.what {
                *deducted = at_once;
            }
            facts.push(refund);
            if taken {
                facts.push(deducted(day(at + 3), n));
            }
        }
        facts
    })
}

/// Formulas: settled by the platform, by time, with a subsidy, with a taker paid by the platform, under a contract with a
/// share formula.
fn formulas() -> impl Strategy<Value = Terms> {
    let share = prop::option::of(any_formula());
    (any::<bool>(), any::<bool>(), any::<bool>(), share).prop_map(|(by_time, subsidy, direct, share)| {
        let mut terms = terms();
        terms.chain[0].membership = share.as_ref().map(|_| MembershipId(Uuid::from_u128(5)));
        terms.chain[0].formula = share.map(Box::new);
        if by_time {
            terms.settleable = Settleable::ReceivedPlusDays(4);
        }
        if subsidy {
            terms.subsidies.push(pin::SubsidyTerms {
                name: "subsidy".to_owned(),
                payer: party(PartyKind::Other, 3),
                rate: ppm(33_333),
                cap: Some(Minor(90)),
                share: ppm(700_000),
            });
        }
        terms.chain[1].direct = direct;
        terms
    })
}

fn line(terms: &Terms) -> Line {
    let terms = terms.clone();
    // The rate depends on the pin instant, so that a pin that came out differently would show.
    Line::priced(move |request| {
        let rate = if request.at == day(0) { 213_457 } else { 170_001 };
        Some(pin_of(request, terms.clone(), rule(rate)))
    })
}

fn shuffled(facts: &[LineFact]) -> impl Strategy<Value = Vec<LineFact>> + use<> {
    let twice: Vec<LineFact> = facts.iter().chain(facts).cloned().collect();
    Just(twice).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_order_of_one_lines_facts_and_repeats_ends_in_the_same_balances(
        (terms, orders) in (formulas(), facts()).prop_flat_map(|(terms, facts)| {
            (Just(terms), (shuffled(&facts), shuffled(&facts)))
        }),
    ) {
        let told = |facts: &[LineFact]| {
            let mut line = line(&terms).all(facts);
            line.fire();
            line
        };
        let (one, other) = (told(&orders.0), told(&orders.1));
        prop_assert_eq!(one.state.posted(), other.state.posted());
        prop_assert_eq!(one.state.figures(), other.state.figures());
        prop_assert_eq!(one.state.status(), other.state.status());
        prop_assert_eq!(one.state.accrued(), other.state.accrued());
    }

    #[test]
    fn legs_of_a_line_sum_to_zero_per_layer(terms in formulas(), facts in facts()) {
        let mut line = line(&terms);
        for fact in &facts {
            line.tell(fact);
            line.fire();
            for layer in [Layer::Estimated, Layer::Settled] {
                let sum: i64 = line.state.posted().iter().filter(|((_, l), _)| *l == layer).map(|(_, a)| a.0).sum();
                prop_assert_eq!(sum, 0);
            }
        }
    }

    #[test]
    fn refunds_that_sum_to_the_line_leave_every_account_at_zero_after_deduction(
        terms in formulas(),
        parts in prop::collection::vec((1_i64..3_000, 2_i64..20), 1..12),
        base in prop::option::of(0_i64..40_000),
    ) {
        let whole: i64 = parts.iter().map(|(goods, _)| goods).sum();
        let mut line = line(&terms).all(&[
            paid(day(1), whole),
            fact(day(8), What::Received),
            fact(day(10), What::Settled { base: base.map(Minor) }),
        ]);
        line.fire();
        for (n, (goods, at)) in (0_u32..).zip(&parts) {
            line.tell(&won(day(*at), n, *goods));
        }
        for (n, _) in (0_u32..).zip(&parts) {
            line.tell(&deducted(day(30), n));
        }
        prop_assert_eq!(line.text(), "");
    }

    #[test]
    fn deciding_folding_and_deciding_again_gives_nothing_new(terms in formulas(), facts in facts()) {
        let line = line(&terms).all(&facts);
        let mut line = line;
        line.fire();
        let before = line.state.clone();
        for fact in &facts {
            prop_assert_eq!(line.tell(fact), None);
        }
        prop_assert!(decide::due_timers(&line.state, line.now).is_empty());
        prop_assert_eq!(before, line.state);
    }

    #[test]
    fn a_split_conserves_whatever_the_rates(
        base in 0_i64..1_000_000_000_000_000,
        rate in 0_u32..=1_000_000,
        fees in (0_u32..=1_000_000, 0_u32..=1_000_000),
        share in 0_u32..=1_000_000,
    ) {
        let mut terms = terms();
        terms.fees[0].rate = ppm(fees.0);
        terms.fees[1].rate = ppm(fees.1);
        terms.chain[0].keeps = Keeps::Share(ppm(share));
        let rule = rule(rate);
        let split = split::split(&terms, &rule, Minor(base)).unwrap();
        prop_assert_eq!(split.merchant_debit().unwrap(), split.gross);
        prop_assert!(split.steps.iter().all(|step| step.amount.0 >= 0));
    }
}
