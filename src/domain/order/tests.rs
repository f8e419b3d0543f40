//! Worked examples of a line (domain.md 10, reliability.md 5), to the fen.
//! Must never need a database.

use super::decide;
use super::support::*;
use super::*;
use crate::base::{ClickId, PartyKind};
use crate::ledger::AccountKind::{Available, ClawbackDue, Commission, DirectPaid, Frozen};
use crate::money::{Minor, Rate};

/// G, then the amounts of all steps.
fn parts(terms: &Terms, rule: &RuleChoice, base: i64) -> (i64, Vec<i64>) {
    let split = split::split(terms, rule, Minor(base)).unwrap();
    (split.gross.0, split.steps.iter().map(|step| step.amount.0).collect())
}

#[test]
fn a_publisher_gets_what_the_technical_fee_leaves_at_01() {
    let mut terms = terms();
    terms.fees.truncate(1);
    terms.chain.remove(0);
    assert_eq!(parts(&terms, &rule(150_000), 10_000), (1_500, vec![150, 1_350]));
}

#[test]
fn five_parties_share_ten_yuan_at_02() {
    let mut terms = terms();
    terms.fees.clear();
    let passes = [600_000, 666_667, 500_000, 500_000];
    terms.chain = (0..5)
        .map(|n| {
            let keeps = passes.get(n).map_or(Keeps::All, |rate| Keeps::PassesOn(ppm(*rate)));
            hop(party(PartyKind::Agency, n as u128), keeps)
        })
        .collect();
    assert_eq!(
        parts(&terms, &rule(1_000_000), 1_000),
        (1_000, vec![400, 200, 200, 100, 100])
    );
    // Lead and promoter agency are one party: its nets add.
    terms.chain[3].party = terms.chain[0].party;
    let mut line = Line::with(terms, 1_000_000).all(&[paid(day(1), 1_000), settled(day(9))]);
    assert_eq!(line.balance(agency(), Available), 500);
    assert!(line.tell(&settled(day(9))).is_none());
}

#[test]
fn fees_of_a_base_are_rates_of_it_at_03() {
    let mut terms = terms();
    terms.fees.clear();
    terms.chain.remove(0);
    terms.content_fee = Some((party(PartyKind::Agency, 7), ppm(300_000)));
    assert_eq!(parts(&terms, &rule(100_000), 100), (10, vec![30, 10]));
}

#[test]
fn a_plain_order_settles_to_the_fen_at_11() {
    let mut line = Line::with(terms(), 200_000);
    line.tell(&created(day(1), 19_900));
    line.tell(&paid(day(1), 19_900));
    line.tell(&fact(day(5), What::Received));
    let split = "brand:commission -39.80
         alimama:available 3.98
         live:available 7.96
         agency:available 8.36
         anchor:available 19.50";
    assert_eq!(line.text(), estimated(split));
    let event = line.tell(&settled(day(9))).unwrap();
    assert_eq!(event.accounting_at, Some(day(9)));
    assert_eq!(line.text(), expected(split));
}

#[test]
fn a_part_refund_after_settlement_recomputes_the_line_at_12() {
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 19_900), settled(day(9))]);
    let event = line.tell(&won(day(12), 1, 4_975)).unwrap();
    assert_eq!(event.accounting_at, None);
    assert_eq!(event.figures.won_base, Some(cny(14_925)));
    let due = expected(
        "brand:commission -39.80
         alimama:available 2.99
         alimama:clawback_due 0.99
         live:available 5.97
         live:clawback_due 1.99
         agency:available 6.27
         agency:clawback_due 2.09
         anchor:available 14.62
         anchor:clawback_due 4.88",
    );
    assert_eq!(line.text(), due);
    line.tell(&deducted(day(20), 1));
    let done = expected(
        "brand:commission -29.85
         alimama:available 2.99
         live:available 5.97
         agency:available 6.27
         anchor:available 14.62",
    );
    assert_eq!(line.text(), done);
}

#[test]
fn rates_of_a_window_and_outside_it_split_to_the_fen_at_13_and_30() {
    assert_eq!(
        parts(&terms(), &rule(350_000), 26_800),
        (9_380, vec![938, 1_876, 1_970, 4_596])
    );
    assert_eq!(
        parts(&terms(), &rule(120_000), 26_800),
        (3_216, vec![322, 643, 675, 1_576])
    );
}

#[test]
fn a_part_refund_before_settlement_posts_only_the_rest_at_14() {
    let mut line = Line::with(terms(), 150_000).all(&[paid(day(1), 30_000)]);
    line.tell(&won(day(2), 1, 10_000));
    let rest = "brand:commission -30.00
         alimama:available 3.00
         live:available 6.00
         agency:available 6.30
         anchor:available 14.70";
    assert_eq!(line.text(), estimated(rest));
    line.tell(&settled(day(9)));
    assert_eq!(line.text(), expected(rest));
}

#[test]
fn ten_thousand_refunds_of_one_fen_end_at_exactly_zero_in_case_10() {
    let mut facts = vec![paid(day(1), 10_000), settled(day(9))];
    for n in 0..10_000 {
        facts.extend([won(day(10), n, 1), deducted(day(11), n)]);
    }
    let mut line = Line::priced(move |request| Some(pin_of(request, terms(), rule(200_000))));
    line.tell(&facts[0]);
    let pin = line.state.pin.clone();
    let story = story::Story::read(facts.iter());
    let held = target::target(&story, 1, pin.as_deref(), None).unwrap();
    assert_eq!((held.holdings.len(), held.excess), (0, Minor::ZERO));
    let one_left = story::Story::read(facts[..facts.len() - 2].iter());
    let held = target::target(&one_left, 1, pin.as_deref(), None).unwrap();
    assert_eq!(held.figures.deducted_base, Some(Minor(1)));
}

#[test]
fn a_full_refund_after_settlement_ends_at_zero_at_15() {
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 19_900), settled(day(9))]);
    line.tell(&fact(day(30), What::RefundOpened { case: case(1) }));
    assert_eq!(line.balance(anchor(), Available), 1_950);
    line.tell(&won(day(31), 1, 19_900));
    assert_eq!(line.balance(anchor(), Available), 0);
    assert_eq!(line.balance(anchor(), ClawbackDue), 1_950);
    assert_eq!(line.balance(brand(), Commission), -3_980);
    line.tell(&deducted(day(40), 1));
    assert_eq!(line.text(), "");
}

#[test]
fn a_content_fee_comes_on_top_at_16() {
    let mut terms = terms();
    terms.fees.truncate(1);
    terms.chain.remove(0);
    terms.content_fee = Some((party(PartyKind::Platform, 2), ppm(30_000)));
    let split = split::split(&terms, &rule(70_000), cny(10_000))
        .unwrap()
        .merchant_debit();
    assert_eq!(split, Ok(cny(1_000)));
    assert_eq!(parts(&terms, &rule(70_000), 10_000), (700, vec![300, 70, 630]));
}

#[test]
fn a_commission_below_one_fen_is_a_record_without_legs_at_17() {
    let mut line = Line::with(terms(), 200_000);
    let event = line.tell(&paid(day(1), 4)).unwrap();
    assert_eq!(
        (event.state, event.code.as_deref()),
        (FactState::Applied, Some("below_minimum"))
    );
    assert_eq!(line.text(), "");
    assert_eq!(parts(&terms(), &rule(15_000), 3_333), (50, vec![5, 10, 11, 24]));
    // One fen at 1 %, and ten lines of four fen at 10 %: each line alone.
    assert_eq!(parts(&terms(), &rule(10_000), 1).0, 0);
    assert_eq!(parts(&terms(), &rule(100_000), 4).0, 0);
}

#[test]
fn shares_of_two_contracts_split_at_20() {
    let mut terms = terms();
    terms.fees.clear();
    for (rate, agency, anchor) in [(300_000, 3_000, 7_000), (200_000, 2_000, 8_000)] {
        terms.chain[0].keeps = Keeps::Share(ppm(rate));
        assert_eq!(parts(&terms, &rule(1_000_000), 10_000).1, vec![agency, anchor]);
    }
}

#[test]
fn a_pre_sale_grows_from_deposit_to_tail_and_keeps_its_pin_at_28() {
    let mut line = Line::with(terms(), 200_000);
    line.tell(&created(day(1), 20_000));
    let deposit = line.tell(&fact(day(1), What::Deposit { amount: cny(2_232) })).unwrap();
    assert_eq!(deposit.figures.estimated_base, Some(cny(2_232)));
    let tail = line.tell(&fact(day(10), What::Tail { amount: cny(17_768) })).unwrap();
    assert_eq!(
        (tail.figures.estimated_base, tail.pin.is_none()),
        (Some(cny(20_000)), true)
    );
    assert_eq!(line.state.pin.as_ref().unwrap().at, day(1));
}

#[test]
fn a_pre_sale_whose_tail_is_never_paid_dies_at_28() {
    let deposit = fact(day(1), What::Deposit { amount: cny(2_232) });
    let closed = fact(day(20), What::Closed { reason: None });
    let line = Line::with(terms(), 200_000).all(&[deposit.clone(), closed.clone()]);
    assert_eq!((line.text(), line.state.status()), (String::new(), LineStatus::Closed));
    let mut keeping = terms();
    keeping.base.kept_deposit = true;
    let kept = fact(day(20), What::DepositKept { amount: cny(1_000) });
    let line = Line::with(keeping, 200_000).all(&[deposit, closed, kept, settled(day(21))]);
    assert_eq!(line.balance(brand(), Commission), -200);
}

#[test]
fn two_lines_of_one_order_split_and_refund_at_31() {
    assert_eq!(
        parts(&terms(), &rule(350_000), 10_800),
        (3_780, vec![378, 756, 794, 1_852])
    );
    assert_eq!(parts(&terms(), &rule(100_000), 7_200), (720, vec![72, 144, 151, 353]));
    let mut line = Line::with(terms(), 350_000).all(&[paid(day(1), 10_800), won(day(2), 1, 5_400)]);
    assert_eq!(
        line.tell(&settled(day(9))).unwrap().figures.settled_base,
        Some(cny(5_400))
    );
    assert_eq!(line.balance(anchor(), Available), 926);
    line.tell(&won(day(12), 2, 3_000));
    let due: Vec<i64> = [
        party(PartyKind::Platform, 1),
        party(PartyKind::Platform, 2),
        agency(),
        anchor(),
    ]
    .map(|party| line.balance(party, ClawbackDue))
    .to_vec();
    assert_eq!(due, vec![105, 210, 221, 514]);
}

#[test]
fn a_service_settles_session_by_session_at_32() {
    let mut terms = terms();
    terms.settleable = Settleable::Fulfilment;
    let session = |k: u32| fact(day(i64::from(k)), What::Fulfilled { k, n: 6 });
    let mut line = Line::with(terms, 200_000).all(&[paid(day(0), 60_000), session(1)]);
    assert_eq!(line.balance(brand(), Commission), -2_000);
    line.tell(&session(2));
    assert_eq!(line.balance(brand(), Commission), -4_000);
    line.tell(&won(day(3), 1, 40_000));
    assert_eq!(
        (line.balance(brand(), Commission), line.balance(anchor(), ClawbackDue)),
        (-4_000, 0)
    );
    // A further refund falls below what was used: it passes through the claw-back due.
    line.tell(&won(day(4), 2, 10_000));
    assert_eq!(line.balance(anchor(), Available), 980);
    assert_eq!(line.balance(anchor(), ClawbackDue), 980);
    line.tell(&deducted(day(5), 2));
    assert_eq!(
        (line.balance(brand(), Commission), line.balance(anchor(), ClawbackDue)),
        (-2_000, 0)
    );
    for k in 3..=6 {
        line.tell(&session(k));
    }
    assert_eq!(line.state.status(), LineStatus::Settled);
    assert_eq!(line.balance(brand(), Commission), -2_000);
    assert!(!line.text().contains("estimated"));
}

#[test]
fn subsidies_are_capped_each_on_its_own_and_paid_by_their_payers_at_05() {
    let mut terms = terms();
    terms.chain.remove(0);
    let subsidy = |payer, cap| pin::SubsidyTerms {
        name: "subsidy".to_owned(),
        payer,
        rate: ppm(10_000),
        cap: Some(cny(cap)),
        share: ppm(900_000),
    };
    terms.subsidies = vec![
        subsidy(party(PartyKind::Platform, 2), 100_000),
        subsidy(party(PartyKind::Other, 3), 50),
    ];
    let line = Line::with(terms, 100_000).all(&[paid(day(1), 10_000), settled(day(2))]);
    let text = "brand:commission -10.00
        alimama:available 1.00
        live:available 2.00
        live:clearing -0.90
        other3:available -0.45
        anchor:available 8.35";
    assert_eq!(line.text(), expected(text));
}

#[test]
fn tiers_give_the_rounded_exact_sum_and_a_cap_lowers_it() {
    let tiered = RuleChoice {
        rate: RateTerms::Tiered(vec![(cny(5_001), ppm(100_000)), (cny(4_999), ppm(200_000))]),
        ..rule(0)
    };
    assert_eq!(parts(&terms(), &tiered, 10_000).0, 1_500);
    assert_eq!(parts(&terms(), &tiered, 5_000).0, 750);
    let capped = RuleChoice {
        cap: Some(cny(700)),
        ..rule(200_000)
    };
    assert_eq!(parts(&terms(), &capped, 10_000), (700, vec![70, 140, 147, 343]));
    assert!(split::split(&terms(), &capped, cny(10_000)).unwrap().capped);
}

#[test]
fn a_rate_of_all_leaves_the_brand_nothing_and_a_rate_of_nothing_posts_nothing() {
    assert_eq!(parts(&terms(), &rule(1_000_000), 10_000).0, 10_000);
    let line = Line::with(terms(), 0).all(&[paid(day(1), 10_000), settled(day(2))]);
    assert_eq!(line.text(), "");
    assert_eq!(Rate::ONE.ppm(), 1_000_000);
}

#[test]
fn a_refund_above_what_remains_is_capped_and_the_excess_parked() {
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), settled(day(2))]);
    let event = line.tell(&won(day(3), 1, 12_000)).unwrap();
    assert_eq!(event.code.as_deref(), Some("refund_exceeds_remaining"));
    assert_eq!(event.remainder, Some(cny(2_000)));
    assert_eq!(line.balance(anchor(), Available), 0);
    assert_eq!(line.state.parked().count(), 1);
    let event = line.tell(&won(day(4), 2, 100)).unwrap();
    assert_eq!((event.state, event.remainder), (FactState::Parked, Some(cny(100))));
    line.tell(&deducted(day(5), 1));
    assert_eq!(line.text(), "");
}

#[test]
fn a_known_fact_is_known_and_other_content_is_a_conflict_kept_once() {
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000)]);
    let before = line.text();
    assert!(line.tell(&paid(day(1), 10_000)).is_none());
    assert_eq!(line.became(&paid(day(1), 9_000)).0, FactState::Conflict);
    assert!(line.tell(&paid(day(1), 9_000)).is_none());
    assert_eq!(line.text(), before);
}

#[test]
fn facts_wait_for_what_they_need_and_count_when_it_comes() {
    let mut line = Line::with(terms(), 200_000);
    let waits = |code: &str| (FactState::Waiting, Some(code.to_owned()));
    assert_eq!(line.became(&settled(day(9))), waits("waits_for_amount"));
    assert_eq!(line.became(&won(day(2), 1, 5_000)), waits("waits_for_amount"));
    let event = line.tell(&paid(day(1), 10_000)).unwrap();
    assert_eq!((event.state, event.accounting_at), (FactState::Applied, Some(day(9))));
    assert_eq!(line.balance(anchor(), Available), 490);
    assert_eq!(line.became(&deducted(day(3), 7)), waits("waits_for_won"));
    let unfrozen = fact(day(12), What::Unfrozen { case: case(3) });
    assert_eq!(line.became(&unfrozen), waits("waits_for_frozen"));
    assert_eq!(line.state.parked().count(), 2);
}

#[test]
fn amounts_below_zero_and_foreign_currencies_are_parked() {
    let mut line = Line::with(terms(), 200_000).all(&[created(day(1), 10_000)]);
    let parked = |code: &str| (FactState::Parked, Some(code.to_owned()));
    assert_eq!(line.became(&paid(day(1), -1)), parked("amount_negative"));
    let mut dollars = won(day(1), 1, 100);
    dollars.currency = Some("USD".parse().unwrap());
    assert_eq!(line.became(&dollars), parked("currency_mismatch"));
    assert_eq!(line.became(&paid(day(1), i64::MAX)), (FactState::Applied, None));
}

#[test]
fn an_order_of_nothing_is_a_record_without_commission() {
    let mut line = Line::with(terms(), 200_000);
    assert_eq!(line.became(&paid(day(1), 0)), (FactState::Applied, None));
    line.tell(&settled(day(2)));
    assert_eq!((line.text(), line.state.status()), (String::new(), LineStatus::Settled));
}

#[test]
fn a_coupon_the_funder_bears_stays_in_the_base_and_is_charged() {
    let mut terms = terms();
    terms.base.add_back = vec![Funder::Anchor];
    let discounts = vec![Discount {
        funder: Funder::Anchor,
        kind: "anchor_coupon".to_owned(),
        amount: cny(2_000),
    }];
    let amount = cny(8_000);
    let paid = fact(day(1), What::Paid { amount, discounts });
    let mut line = Line::with(terms, 200_000).all(&[paid, settled(day(2))]);
    // G 20.00 on 100.00; the anchor's 9.80 less the 20.00 it gave away.
    assert_eq!(line.balance(anchor(), Available), -1_020);
    assert_eq!(line.balance(brand(), Commission), 0);
    line.tell(&won(day(3), 1, 4_000));
    assert_eq!(line.balance(anchor(), Available), -510);
    line.tell(&won(day(4), 2, 4_000));
    line.tell(&deducted(day(5), 1));
    line.tell(&deducted(day(5), 2));
    assert_eq!(line.text(), "");
}

#[test]
fn a_closing_takes_the_estimate_back_but_never_a_settlement() {
    let closed = fact(day(20), What::Closed { reason: None });
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000)]);
    line.tell(&closed);
    assert_eq!(line.text(), "");
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), settled(day(2))]);
    let before = line.text();
    let parked = (FactState::Parked, Some("closed_after_settlement".to_owned()));
    assert_eq!(line.became(&closed), parked);
    assert_eq!((line.text(), line.state.status()), (before, LineStatus::Settled));
}

#[test]
fn a_freeze_moves_the_chains_money_and_a_forfeit_gives_it_to_the_merchant() {
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), settled(day(2))]);
    line.tell(&fact(day(3), What::Frozen { case: case(1) }));
    assert_eq!(
        (line.balance(anchor(), Available), line.balance(anchor(), Frozen)),
        (0, 980)
    );
    line.tell(&fact(day(3), What::Frozen { case: case(2) }));
    line.tell(&fact(day(4), What::Unfrozen { case: case(1) }));
    assert_eq!(line.balance(anchor(), Frozen), 980);
    line.tell(&fact(day(5), What::Forfeited { case: case(2) }));
    let text = "brand:commission -6.00\nalimama:available 2.00\nlive:available 4.00";
    assert_eq!(line.text(), expected(text));
}

#[test]
fn what_the_platform_paid_itself_stands_apart_and_is_clawed_back_there() {
    let mut terms = terms();
    terms.chain[1].direct = true;
    let mut line = Line::with(terms, 200_000).all(&[paid(day(1), 10_000), settled(day(2))]);
    assert_eq!(
        (line.balance(anchor(), Available), line.balance(anchor(), DirectPaid)),
        (0, 980)
    );
    line.tell(&won(day(3), 1, 10_000));
    assert_eq!(
        (line.balance(anchor(), DirectPaid), line.balance(anchor(), ClawbackDue)),
        (0, 980)
    );
}

#[test]
fn a_price_corrected_after_settlement_is_dated_by_itself() {
    let corrected = What::PriceCorrected {
        fact: case(1),
        paid: cny(9_000),
    };
    for base in [None, Some(cny(10_000))] {
        let settle = fact(day(2), What::Settled { base });
        let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), settle]);
        let event = line.tell(&fact(day(40), corrected.clone())).unwrap();
        assert_eq!(event.accounting_at, None);
        assert_eq!(line.balance(brand(), Commission), -1_800);
    }
}

#[test]
fn a_late_refund_from_before_the_settlement_corrects_the_split_unless_the_base_was_reported() {
    let late = won(day(2), 1, 2_500);
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), settled(day(5))]);
    let event = line.tell(&late).unwrap();
    assert_eq!(event.accounting_at, Some(day(5)));
    assert_eq!(
        (line.balance(brand(), Commission), line.balance(anchor(), ClawbackDue)),
        (-1_500, 0)
    );
    let reported = fact(day(5), What::Settled { base: Some(cny(7_500)) });
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), reported, won(day(9), 2, 500)]);
    assert!(line.tell(&late).unwrap().legs.is_empty());
}

#[test]
fn a_line_settles_a_number_of_days_after_receipt_when_its_timer_fires() {
    let mut terms = terms();
    terms.settleable = Settleable::ReceivedPlusDays(7);
    let mut line = Line::with(terms, 200_000).all(&[paid(day(1), 10_000)]);
    line.now = day(4);
    let event = line.tell(&fact(day(3), What::Received)).unwrap();
    assert_eq!(event.timers, vec![day(10)]);
    assert!(line.fire().is_empty());
    line.now = day(11);
    let fired = line.fire();
    assert_eq!(
        fired.iter().map(|f| f.accounting_at).collect::<Vec<_>>(),
        vec![Some(day(10))]
    );
    assert_eq!(line.balance(anchor(), Available), 980);
    line.tell(&won(day(9), 1, 5_000));
    assert_eq!(
        (line.balance(anchor(), Available), line.balance(anchor(), ClawbackDue)),
        (490, 0)
    );
    line.tell(&won(day(11), 2, 5_000));
    assert_eq!(
        (line.balance(anchor(), Available), line.balance(anchor(), ClawbackDue)),
        (0, 490)
    );
}

#[test]
fn a_fact_from_the_future_waits_for_its_time() {
    let mut line = Line::with(terms(), 200_000);
    line.now = day(1);
    let event = line.tell(&paid(day(2), 10_000)).unwrap();
    assert_eq!((event.code.as_deref(), event.timers), (Some("in_future"), vec![day(2)]));
    assert_eq!((line.text().as_str(), line.state.parked().count()), ("", 1));
    line.now = day(2);
    assert_eq!(line.fire().len(), 1);
    assert_eq!((line.state.pin.is_some(), line.state.parked().count()), (true, 0));
    assert!(line.text().contains("estimated anchor:available 9.80"));
}

#[test]
fn a_created_fact_that_arrives_late_pins_the_line_anew() {
    let mut line = Line::priced(|request| {
        let rate = if request.at < day(1) { 200_000 } else { 150_000 };
        Some(pin_of(request, terms(), rule(rate)))
    });
    line.tell(&paid(day(1), 10_000));
    assert!(line.text().contains("estimated brand:commission -15.00"));
    let event = line.tell(&created(day(0), 10_000)).unwrap();
    assert_eq!(event.pin.map(|pin| pin.at), Some(day(0)));
    assert!(line.text().contains("estimated brand:commission -20.00"));
}

#[test]
fn a_pin_past_the_cut_off_stands() {
    let mut line = Line::with(terms(), 200_000).all(&[paid(day(1), 10_000), settled(day(2))]);
    line.cut_off = Some(day(3));
    let became = line.became(&created(day(0), 10_000));
    assert_eq!(became, (FactState::Applied, Some("repin_past_cut_off".to_owned())));
    assert_eq!(line.state.pin.as_ref().unwrap().at, day(1));
}

#[test]
fn no_formula_in_force_leaves_a_line_waiting() {
    let mut line = Line::priced(|_| None);
    assert_eq!(
        line.became(&paid(day(1), 1)),
        (FactState::Waiting, Some("no_formula".to_owned()))
    );
    line.price = Box::new(|request| Some(pin_of(request, terms(), rule(200_000))));
    line.tell(&fact(day(2), What::Received));
    assert!(line.state.pin.is_some());
}

fn snapshot(at: i64, row: Snapshot) -> LineFact {
    fact(day(at), What::Snapshot(row))
}

#[test]
fn the_newest_snapshot_wins_and_an_older_one_is_stale() {
    let row = |refunded: i64| Snapshot {
        created_at: Some(day(0)),
        paid_at: Some(day(1)),
        paid: Some(cny(10_000)),
        refunded: Some(cny(refunded)),
        ..Snapshot::default()
    };
    let mut line = Line::with(terms(), 200_000).all(&[snapshot(3, row(2_500))]);
    assert!(line.text().contains("estimated brand:commission -15.00"));
    assert_eq!(line.became(&snapshot(2, row(0))).0, FactState::Stale);
    assert!(line.text().contains("estimated brand:commission -15.00"));
    let settled = Snapshot {
        settled_at: Some(day(5)),
        settled_base: Some(cny(7_500)),
        ..row(2_500)
    };
    line.tell(&snapshot(6, settled.clone()));
    assert_eq!(line.balance(brand(), Commission), -1_500);
    let refunded = Snapshot {
        refunded: Some(cny(10_000)),
        ..settled
    };
    line.tell(&snapshot(9, refunded));
    assert_eq!(line.text(), "");
}

#[test]
fn a_snapshot_adds_only_what_increments_did_not_tell() {
    let row = Snapshot {
        paid_at: Some(day(1)),
        paid: Some(cny(10_000)),
        refunded: Some(cny(2_500)),
        ..Snapshot::default()
    };
    let facts = [paid(day(1), 10_000), won(day(2), 1, 2_500), snapshot(3, row)];
    let line = Line::with(terms(), 200_000).all(&facts);
    assert!(line.text().contains("estimated brand:commission -15.00"));
}

#[test]
fn a_late_click_replaces_the_estimate_adjusts_a_settlement_and_is_only_listed_past_the_cut_off() {
    let click = ClickId(uuid::Uuid::from_u128(5));
    let other = party(PartyKind::Anchor, 9);
    let price = move |late: bool| {
        move |request: &decide::PinRequest<'_>| {
            let mut pin = pin_of(request, terms(), rule(200_000));
            if late {
                pin.attribution.click = Some(click);
                pin.attribution.basis = Basis::Click;
                pin.attribution.party = Some(other);
                pin.terms.as_mut().unwrap().chain[1].party = other;
            }
            Some(pin)
        }
    };
    for (facts, cut, outcome) in [
        (vec![paid(day(1), 10_000)], None, Reattribution::EstimateReplaced),
        (
            vec![paid(day(1), 10_000), settled(day(2))],
            None,
            Reattribution::Adjusted,
        ),
        (
            vec![paid(day(1), 10_000), settled(day(2))],
            Some(day(3)),
            Reattribution::Listed,
        ),
    ] {
        let mut line = Line::priced(price(false)).all(&facts);
        (line.price, line.cut_off) = (Box::new(price(true)), cut);
        let decide = |line: &mut Line| line.desk(|state, desk| decide::reattribute(state, click, day(0), desk));
        let event = decide(&mut line).unwrap();
        line.record(&event, day(3));
        let LineEvent::Reattributed(done) = event else {
            panic!("not a reattribution")
        };
        assert_eq!(done.outcome, outcome);
        assert_eq!(
            line.text().contains("anchor9:available 9.80"),
            outcome != Reattribution::Listed
        );
        assert_eq!(decide(&mut line), None);
    }
}
