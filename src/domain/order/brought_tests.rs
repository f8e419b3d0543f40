//! Tests of lines that were brought over from other books: by a rate of their own, by reported figures, in any order.
//! Must never need a database, nor a rule or formula of this book.

use proptest::prelude::*;
use uuid::Uuid;

use super::brought::{CUTOVER_UNKNOWN, DOES_NOT_ADD_UP, INCOMPLETE, NOT_BEFORE};
use super::pin::BEFORE_CUT_OVER;
use super::support::*;
use super::*;
use crate::base::CutoverId;
use crate::ledger::AccountKind::{Available, ClawbackDue, Commission};
use crate::ledger::Layer;
use crate::money::Minor;

/// The day of the cut-over, as `support` knows it.
const CUT: i64 = 5;

/// A book without a rule or a formula: only what was agreed elsewhere counts, all else is before the cut-over.
fn books() -> Line {
    Line::priced(|request| {
        let pin = |agreed: &BroughtOver| agreed.pin(request.at, request.payable, Dims::default());
        Some(request.agreed.map_or_else(|| before(request), pin))
    })
}

fn before(request: &decide::PinRequest<'_>) -> Pin {
    let mut pin = pin_of(request, terms(), rule(0));
    pin.terms = None;
    pin.rule = None;
    pin.attribution.party = None;
    pin.why_nothing = Some(BEFORE_CUT_OVER.to_owned());
    pin
}

/// 20 % of its own, technical fee 10 % and live share 20 % of it, then agency 30 %, anchor the rest.
fn by_rate(paid: i64, refunded: i64) -> BroughtOver {
    let terms = terms();
    BroughtOver {
        cutover: CutoverId(Uuid::nil()),
        as_of: day(CUT),
        paid: Minor(paid),
        refunded: Minor(refunded),
        payer: brand(),
        promoter: anchor(),
        rate: Some(ppm(200_000)),
        fees: terms.fees,
        subsidies: Vec::new(),
        takers: terms.chain,
        settleable: Settleable::PlatformSettled,
    }
}

fn by_rate_fact(paid: i64, refunded: i64) -> LineFact {
    fact(day(0), What::BroughtOver(Box::new(by_rate(paid, refunded))))
}

/// Reported figures: G, technical fee, then the agency's amount, the anchor has the rest.
fn by_amounts(paid: i64, refunded: i64, gross: i64, fee: i64, agency_part: i64) -> LineFact {
    let keeps = Keeps::Portion {
        part: Minor(agency_part),
        of: Minor(gross - fee),
    };
    let brought = BroughtOver {
        rate: None,
        takers: vec![hop(agency(), keeps), hop(anchor(), Keeps::All)],
        ..by_rate(paid, refunded)
    };
    let track = Track {
        base: Some(Minor(paid - refunded)),
        rate: None,
        gross: Minor(gross),
        content_fee: None,
        fees: vec![NamedAmount {
            name: "technical_fee".to_owned(),
            amount: Minor(fee),
        }],
        subsidies: Vec::new(),
    };
    LineFact {
        reported: Some(Box::new(Reported {
            view: View::Owner,
            estimated: Some(track),
            settled: None,
        })),
        ..fact(day(0), What::BroughtOver(Box::new(brought)))
    }
}

#[test]
fn a_line_brought_over_stands_as_an_estimate_and_settles_by_its_own_rate() {
    let mut line = books().all(&[by_rate_fact(10_000, 0)]);
    let split = "brand:commission -20.00\nalimama:available 2.00\nlive:available 4.00\nagency:available 4.20\nanchor:available 9.80";
    assert_eq!(line.text(), estimated(split));
    line.tell(&settled(day(10)));
    assert_eq!(line.text(), expected(split));
}

#[test]
fn a_refund_before_and_one_after_the_settlement_move_it_to_the_fen() {
    let mut line = books().all(&[by_rate_fact(10_000, 2_500), won(day(7), 1, 1_000)]);
    line.tell(&settled(day(10)));
    // 65.00 of 100.00 are left: G 13.00, fees 1.30 and 2.60, agency 30 % of 9.10.
    assert_eq!(
        line.text(),
        expected(
            "brand:commission -13.00\nalimama:available 1.30\nlive:available 2.60\nagency:available 2.73\nanchor:available 6.37"
        )
    );
    line.tell(&won(day(20), 2, 6_500));
    assert_eq!(line.balance(anchor(), Available), 0);
    assert_eq!(line.balance(anchor(), ClawbackDue), 637);
    line.tell(&deducted(day(25), 2));
    assert_eq!(line.text(), "");
}

#[test]
fn amounts_agreed_elsewhere_are_posted_as_given_and_shrink_in_proportion() {
    let mut line = books().all(&[by_amounts(10_000, 0, 1_999, 199, 541)]);
    line.tell(&settled(day(10)));
    assert_eq!(
        line.text(),
        expected("brand:commission -19.99\nalimama:available 1.99\nagency:available 5.41\nanchor:available 12.59")
    );
    line.tell(&won(day(20), 1, 5_000));
    line.tell(&deducted(day(21), 1));
    assert_eq!(line.balance(brand(), Commission), -1_000);
    // Half: G 10.00, fee 1.00, the agency 9.00 x 5.41 / 18.00.
    assert_eq!(line.balance(agency(), Available), 271);
    assert_eq!(line.balance(anchor(), Available), 629);
}

#[test]
fn a_refund_told_twice_by_case_and_by_the_opening_counts_once() {
    let told = [by_rate_fact(10_000, 2_000), won(day(3), 1, 2_000), settled(day(10))];
    let line = books().all(&told);
    assert_eq!(line.balance(brand(), Commission), -1_600);
    let row = |at, refunded| {
        let snapshot = Snapshot {
            paid_at: Some(day(0)),
            paid: Some(cny(10_000)),
            refunded: Some(cny(refunded)),
            ..Snapshot::default()
        };
        fact(day(at), What::Snapshot(snapshot))
    };
    for rows in [
        vec![row(2, 2_000)],
        vec![row(8, 2_000)],
        vec![row(2, 1_500), row(8, 2_000)],
    ] {
        let line = books().all(&rows).all(&[by_rate_fact(10_000, 2_000), settled(day(10))]);
        assert_eq!(line.balance(brand(), Commission), -1_600, "{rows:?}");
    }
}

#[test]
fn facts_of_a_line_before_the_cut_over_are_parked_and_released_by_bringing_it_over() {
    let mut line = books();
    assert_eq!(
        line.became(&paid(day(0), 10_000)),
        (FactState::Parked, Some(BEFORE_CUT_OVER.to_owned()))
    );
    assert_eq!(
        line.became(&settled(day(10))),
        (FactState::Parked, Some(BEFORE_CUT_OVER.to_owned()))
    );
    assert_eq!(line.text(), "");
    assert_eq!(line.state.parked().count(), 2);
    assert_eq!(line.became(&by_rate_fact(10_000, 0)), (FactState::Applied, None));
    assert_eq!(line.balance(anchor(), Available), 980);
    assert_eq!(line.state.parked().count(), 0);
}

#[test]
fn a_line_that_is_taken_back_belongs_to_the_books_before_again() {
    let mut line = books().all(&[by_rate_fact(10_000, 0), settled(day(10))]);
    let taken = What::Withdrawn {
        identity: "line.brought_over".to_owned(),
        batch: case(1),
    };
    line.tell(&fact(day(11), taken));
    assert_eq!(line.text(), "");
    line.tell(&by_rate_fact(5_000, 0));
    assert_eq!(line.balance(brand(), Commission), -1_000);
}

#[test]
fn what_is_wrong_with_a_line_brought_over_is_told_by_its_code() {
    let became = |fact: &LineFact| books().became(fact).1.unwrap_or_default();
    let altered = |alter: &dyn Fn(&mut BroughtOver)| {
        let mut brought = by_rate(10_000, 0);
        alter(&mut brought);
        fact(day(0), What::BroughtOver(Box::new(brought)))
    };
    assert_eq!(became(&altered(&|brought| brought.rate = None)), INCOMPLETE);
    assert_eq!(became(&altered(&|brought| brought.takers.clear())), INCOMPLETE);
    assert_eq!(
        became(&altered(&|brought| brought.refunded = Minor(10_001))),
        DOES_NOT_ADD_UP
    );
    assert_eq!(became(&altered(&|brought| brought.as_of = day(CUT + 1))), NOT_BEFORE);
    let late = fact(day(CUT), What::BroughtOver(Box::new(by_rate(10_000, 0))));
    assert_eq!(became(&late), NOT_BEFORE);
    assert_eq!(became(&by_amounts(10_000, 0, 2_000, 200, 1_801)), DOES_NOT_ADD_UP);
    assert_eq!(
        became(&by_amounts(1_000, 0, 2_000, 200, 540)),
        "commission_exceeds_payment"
    );
    let mut stranger = by_rate(10_000, 0);
    stranger.cutover = CutoverId(Uuid::from_u128(7));
    assert_eq!(
        became(&fact(day(0), What::BroughtOver(Box::new(stranger)))),
        CUTOVER_UNKNOWN
    );
}

/// A line brought over, and what a platform tells of it before and after.
fn told() -> impl Strategy<Value = Vec<LineFact>> {
    let brought = (
        any::<bool>(),
        1_i64..12_000,
        0_i64..12_000,
        0_i64..=1_000,
        0_i64..=1_000,
        0_i64..=1_000,
    );
    let cases = prop::collection::vec((0_i64..20, 0_i64..6_000, any::<bool>(), any::<bool>()), 0..5);
    let rows = prop::collection::vec((1_i64..20, 0_i64..12_000, any::<bool>()), 0..4);
    let rest = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::option::of(0_i64..12_000),
    );
    (brought, cases, rows, rest).prop_map(|(brought, cases, rows, (is_paid, is_settled, is_frozen, base))| {
        let (rate, paid_fen, refunded, gross, fee, part) = brought;
        let refunded = refunded.min(paid_fen);
        let gross = (paid_fen - refunded) * gross / 1_000;
        let fee = gross * fee / 1_000;
        let mut facts = vec![match rate {
            true => by_rate_fact(paid_fen, refunded),
            false => by_amounts(paid_fen, refunded, gross, fee, (gross - fee) * part / 1_000),
        }];
        facts.extend(is_paid.then(|| paid(day(0), paid_fen)));
        facts.extend(is_settled.then(|| fact(day(10), What::Settled { base: base.map(Minor) })));
        facts.extend(is_frozen.then(|| fact(day(12), What::Frozen { case: case(90) })));
        for (n, (at, goods, taken, at_once)) in (0_u32..).zip(cases) {
            let mut refund = won(day(at), n, goods);
            if let What::RefundWon { deducted, .. } = &mut refund.what {
                *deducted = at_once;
            }
            facts.push(refund);
            facts.extend(taken.then(|| deducted(day(at + 3), n)));
        }
        let mut days = std::collections::BTreeSet::new();
        for (at, refunded, is_settled) in rows.into_iter().filter(|(at, ..)| days.insert(*at)) {
            let snapshot = Snapshot {
                paid_at: Some(day(0)),
                paid: Some(Minor(paid_fen)),
                refunded: Some(Minor(refunded)),
                settled_at: is_settled.then(|| day(at)),
                ..Snapshot::default()
            };
            facts.push(fact(day(at), What::Snapshot(snapshot)));
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_order_of_a_line_brought_over_and_its_facts_ends_in_the_same_balances(
        (one, other) in told().prop_flat_map(|facts| (Just(facts.clone()).prop_shuffle(), Just(facts).prop_shuffle())),
    ) {
        let (one, other) = (books().all(&one), books().all(&other));
        prop_assert_eq!(one.state.posted(), other.state.posted());
        prop_assert_eq!(one.state.figures(), other.state.figures());
        prop_assert_eq!(one.state.status(), other.state.status());
        prop_assert_eq!(one.state.pin.as_deref(), other.state.pin.as_deref());
    }

    #[test]
    fn legs_of_a_line_brought_over_sum_to_zero_after_every_fact(facts in told()) {
        let mut line = books();
        for fact in &facts {
            line.tell(fact);
            for layer in [Layer::Estimated, Layer::Settled] {
                let sum: i64 = line.state.posted().iter().filter(|((_, l), _)| *l == layer).map(|(_, a)| a.0).sum();
                prop_assert_eq!(sum, 0);
            }
        }
    }

    #[test]
    fn bringing_a_line_over_and_taking_it_back_leaves_nothing(facts in told().prop_flat_map(|facts| Just(facts).prop_shuffle())) {
        let mut line = books().all(&facts);
        let what = What::Withdrawn { identity: "line.brought_over".to_owned(), batch: case(1) };
        line.tell(&fact(day(30), what));
        prop_assert_eq!(line.text(), "");
    }
}
