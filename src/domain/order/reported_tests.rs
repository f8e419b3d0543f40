//! Tests of lines whose figures the platform reports, of the two views of one line, and of facts that are taken back.
//! Must never need a database.

use proptest::prelude::*;

use super::fact::COMMISSION_EXCEEDS_PAYMENT;
use super::shares_tests::any_formula;
use super::support::*;
use super::*;
use crate::base::PartyKind;
use crate::ledger::AccountKind::{Available, ClawbackDue, Commission};
use crate::money::Minor;

fn named(name: &str, fen: i64) -> NamedAmount {
    NamedAmount {
        name: name.to_owned(),
        amount: Minor(fen),
    }
}

/// A track with a technical fee and a live share, as `terms()` has takers for.
fn track(gross: i64, technical: i64, live: i64) -> Track {
    Track {
        base: None,
        rate: None,
        gross: Minor(gross),
        content_fee: None,
        fees: vec![named("technical_fee", technical), named("live_share", live)],
        subsidies: Vec::new(),
    }
}

fn as_reported() -> Line {
    let terms = Terms {
        as_reported: true,
        ..terms()
    };
    Line::priced(move |request| {
        let mut pin = pin_of(request, terms.clone(), rule(0));
        pin.rule = None;
        Some(pin)
    })
}

fn row(at: i64, row: Snapshot, view: View, estimated: Option<Track>, settled: Option<Track>) -> LineFact {
    let reported = Reported {
        view,
        estimated,
        settled,
    };
    LineFact {
        reported: Some(Box::new(reported)),
        ..fact(day(at), What::Snapshot(row))
    }
}

fn paid_row(fen: i64) -> Snapshot {
    Snapshot {
        created_at: Some(day(0)),
        paid_at: Some(day(1)),
        paid: Some(cny(fen)),
        ..Snapshot::default()
    }
}

fn settled_row(fen: i64, base: i64) -> Snapshot {
    Snapshot {
        settled_at: Some(day(5)),
        settled_base: Some(cny(base)),
        ..paid_row(fen)
    }
}

#[test]
fn at_08_two_tracks_of_one_line_are_posted_as_given_each_on_its_own() {
    let paid = row(2, paid_row(5_000), View::Owner, Some(track(600, 60, 0)), None);
    let settled = row(
        6,
        settled_row(5_000, 4_800),
        View::Owner,
        Some(track(600, 60, 0)),
        Some(track(550, 55, 0)),
    );
    let mut line = as_reported().all(&[paid]);
    assert!(
        line.text().contains("estimated brand:commission -6.00"),
        "{}",
        line.text()
    );
    assert!(
        line.text().contains("estimated alimama:available 0.60"),
        "{}",
        line.text()
    );
    assert!(
        line.text().contains("estimated agency:available 1.62"),
        "{}",
        line.text()
    );
    assert!(
        line.text().contains("estimated anchor:available 3.78"),
        "{}",
        line.text()
    );
    line.tell(&settled);
    assert_eq!(line.balance(brand(), Commission), -550);
    assert_eq!(line.balance(agency(), Available), 149);
    assert_eq!(line.balance(anchor(), Available), 346);
}

#[test]
fn at_09_a_commission_above_the_payment_is_parked_and_a_corrected_row_counts() {
    let wrong = row(2, paid_row(15_702), View::Owner, Some(track(20_036, 0, 0)), None);
    let mut line = as_reported();
    assert_eq!(
        line.became(&wrong),
        (FactState::Parked, Some(COMMISSION_EXCEEDS_PAYMENT.to_owned()))
    );
    assert_eq!(line.text(), "");
    line.tell(&row(3, paid_row(15_702), View::Owner, Some(track(2_003, 0, 0)), None));
    assert!(line.text().contains("estimated brand:commission -20.03"));
}

#[test]
fn a_refund_after_settlement_takes_back_each_reported_component_in_proportion() {
    let facts = [
        row(
            6,
            settled_row(19_900, 19_900),
            View::Owner,
            None,
            Some(track(3_980, 398, 796)),
        ),
        won(day(8), 1, 4_975),
    ];
    let mut line = as_reported().all(&facts);
    assert_eq!(line.balance(anchor(), Available), 1_462);
    assert_eq!(line.balance(anchor(), ClawbackDue), 488);
    line.tell(&deducted(day(9), 1));
    assert_eq!(line.balance(brand(), Commission), -2_985);
    line.tell(&won(day(10), 2, 14_925));
    line.tell(&deducted(day(11), 2));
    assert_eq!(line.text(), "", "a full refund leaves nothing");
}

#[test]
fn a_component_that_the_formula_has_no_taker_for_parks_the_row() {
    let mut strange = track(600, 60, 0);
    strange.fees.push(named("surprise_fee", 1));
    let told = row(2, paid_row(5_000), View::Owner, Some(strange), None);
    assert_eq!(
        as_reported().became(&told),
        (FactState::Parked, Some("component_without_taker".to_owned()))
    );
}

#[test]
fn under_own_rules_reported_figures_are_kept_and_post_nothing() {
    let told = row(2, paid_row(10_000), View::Owner, Some(track(600, 60, 0)), None);
    let line = Line::with(terms(), 200_000).all(&[told]);
    assert!(
        line.text().contains("estimated brand:commission -20.00"),
        "{}",
        line.text()
    );
}

#[test]
fn the_sharers_row_of_an_order_counts_only_while_the_owners_is_unknown() {
    let sharer = row(3, paid_row(5_000), View::Sharer, Some(track(200, 0, 0)), None);
    let owner = row(2, paid_row(5_000), View::Owner, Some(track(600, 60, 0)), None);
    let mut line = as_reported().all(&[sharer]);
    assert!(line.text().contains("estimated brand:commission -2.00"));
    assert_eq!(line.became(&owner), (FactState::Applied, None));
    assert!(
        line.text().contains("estimated brand:commission -6.00"),
        "{}",
        line.text()
    );
}

#[test]
fn a_fact_that_was_taken_back_counts_no_longer_until_it_is_told_again() {
    let take_back = |identity: &str, batch: u32| {
        fact(
            day(30),
            What::Withdrawn {
                identity: identity.to_owned(),
                batch: case(batch),
            },
        )
    };
    let facts = [created(day(0), 10_000), paid(day(1), 10_000), settled(day(2))];
    let mut line = Line::with(terms(), 200_000).all(&facts);
    let stands = line.text();
    line.tell(&take_back("order.settled", 1));
    assert_eq!(line.balance(brand(), Commission), 0);
    assert!(line.text().contains("estimated brand:commission -20.00"));
    line.tell(&take_back("order.paid", 1));
    assert_eq!(line.text(), "");
    assert_eq!(
        line.became(&take_back("order.received", 1)),
        (FactState::Parked, Some("nothing_to_withdraw".to_owned()))
    );
    line.tell(&paid(day(1), 10_000));
    line.tell(&settled(day(2)));
    assert_eq!(line.text(), stands, "told again it stands as before");
    line.tell(&take_back("order.settled", 2));
    assert!(line.text().contains("estimated brand:commission -20.00"));
}

/// Rows of one line as exports of two accounts would hold them: amounts need not make sense.
fn rows() -> impl Strategy<Value = Vec<LineFact>> {
    let one = (
        2_i64..20,
        any::<bool>(),
        any::<bool>(),
        1_i64..9_000,
        0_i64..9_000,
        0_i64..900,
        0_i64..900,
    );
    prop::collection::vec(one, 1..7).prop_map(|told| {
        let mut facts: Vec<LineFact> = Vec::new();
        for (at, owner, is_settled, paid, gross, technical, live) in told {
            let view = if owner { View::Owner } else { View::Sharer };
            let track = track(gross.min(paid), technical, live);
            let told = match is_settled {
                true => row(at, settled_row(paid, paid), view, None, Some(track)),
                false => row(at, paid_row(paid), view, Some(track), None),
            };
            if facts.iter().all(|known| known.identity() != told.identity()) {
                facts.push(told);
            }
        }
        facts
    })
}

fn shuffled() -> impl Strategy<Value = (Vec<LineFact>, Vec<LineFact>)> {
    rows().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn rows_of_a_line_in_any_order_give_the_same_line((told, shuffled) in shuffled()) {
        prop_assert_eq!(as_reported().all(&told).text(), as_reported().all(&shuffled).text());
    }

    #[test]
    fn what_a_batch_told_can_be_taken_back_in_any_order(
        (kept, batch) in (shuffled(), shuffled()).prop_map(|((a, _), (_, b))| (a, b)),
        refund in 0_i64..9_000,
    ) {
        let mut line = as_reported().all(&kept);
        let stands = line.text();
        let new = |fact: &&LineFact| kept.iter().all(|known| known.identity() != fact.identity());
        let mut batch: Vec<LineFact> = batch.iter().filter(new).cloned().collect();
        batch.push(won(day(21), 7, refund));
        for told in &batch {
            line.tell(told);
        }
        for told in batch.iter().rev() {
            let what = What::Withdrawn { identity: told.identity(), batch: case(1) };
            line.tell(&fact(day(40), what));
        }
        prop_assert_eq!(line.text(), stands);
    }

    #[test]
    fn a_reported_split_conserves_whatever_remains(
        gross in 0_i64..20_000, technical in 0_i64..20_000, live in 0_i64..20_000,
        subsidy in 0_i64..2_000, content in 0_i64..2_000, whole in 0_i64..100_000, part in 0_i64..100_000,
        share in prop::option::of(any_formula()),
    ) {
        let mut terms = Terms { as_reported: true, ..terms() };
        terms.chain[0].formula = share.map(Box::new);
        terms.content_fee = Some((party(PartyKind::Platform, 3), crate::money::Rate::ZERO));
        terms.subsidies = vec![pin::SubsidyTerms {
            name: "subsidy".to_owned(),
            payer: party(PartyKind::Platform, 4),
            rate: crate::money::Rate::ZERO,
            cap: None,
            share: crate::money::Rate::ONE,
        }];
        let told = Track {
            content_fee: Some(Minor(content)),
            subsidies: vec![named("subsidy", subsidy)],
            ..track(gross, technical, live)
        };
        let split = reported::reported(&terms, &told, Minor(whole), Minor(part.min(whole))).unwrap();
        let content = split.steps.iter().find(|step| step.name == split::CONTENT_FEE).unwrap().amount;
        prop_assert_eq!(split.merchant_debit().unwrap(), split.gross.plus(content).unwrap());
        let bears = |role| matches!(role, Role::Payer | Role::Deduction { .. });
        prop_assert!(split.steps.iter().all(|step| bears(step.role) || step.amount.0 >= 0));
        if part >= whole {
            prop_assert_eq!(split.gross, Minor(gross));
        }
    }
}
