//! Tests of a settlement by hand: guarantees in every reading, reserves held and released, what is payable.
//! Must never need a database.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::closing::{Closed, Contracted, guarantee, post, reserve};
use super::sheet::{draft, payable};
use super::*;
use crate::base::{MembershipId, Month, PartyId, PartyKind, RunId, SheetId, Zone};
use crate::domain::share::{Guarantee, GuaranteeMode};
use crate::ledger::{AccountKind, Leg};
use crate::money::{Currency, Minor, Rate};

fn anchor() -> PartyId {
    PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(1))
}

fn agency() -> PartyId {
    PartyId::tagged(PartyKind::Agency, Uuid::from_u128(2))
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn closed(period: &str) -> Closed {
    let end = Zone::SHANGHAI.midnight(month(period).next().first_day());
    Closed {
        run: RunId(Uuid::from_u128(9)),
        period: month(period),
        at: crate::base::Instant::from_micros(end.micros() - 1).unwrap(),
    }
}

fn guaranteed(mode: GuaranteeMode, floor: bool) -> Contracted {
    Contracted {
        upper: agency(),
        guarantee: Some(Guarantee {
            currency: Currency::CNY,
            amount: Minor(800_000),
            mode,
            floor,
        }),
    }
}

fn earned(amount: i64) -> GuaranteeFigures {
    GuaranteeFigures {
        member: anchor(),
        membership: MembershipId(Uuid::from_u128(5)),
        currency: Currency::CNY,
        earned: Minor(amount),
    }
}

fn moved(legs: &[Leg], party: PartyId, kind: AccountKind) -> i64 {
    let own = |leg: &&Leg| leg.account.party() == Some(party) && leg.account.kind == kind;
    legs.iter().filter(own).map(|leg| leg.amount.0).sum()
}

/// Settles a month; gives what the member's available moved, and what is open after it.
fn settle(state: &mut ClosingState, contract: Contracted, period: &str, amount: i64) -> (i64, i64) {
    let event = guarantee(state, &earned(amount), contract, closed(period)).unwrap();
    let Some(event) = event else {
        return (0, state.guarantee.as_ref().map_or(0, |last| last.open.0));
    };
    let out = (moved(&event.legs, anchor(), AccountKind::Available), event.open.0);
    let event = ClosingEvent::Guarantee(Box::new(event));
    post(&event).expect("a guarantee balances");
    state.evolve(&event);
    out
}

#[test]
fn at_21_a_top_up_is_final() {
    let mut state = ClosingState::default();
    let contract = guaranteed(GuaranteeMode::TopUp, false);
    assert_eq!(settle(&mut state, contract, "2026-05", 640_000), (160_000, 0));
    assert_eq!(settle(&mut state, contract, "2026-06", 900_000), (0, 0));
}

#[test]
fn at_21_an_advance_is_recovered_in_full_without_a_floor() {
    let mut state = ClosingState::default();
    let contract = guaranteed(GuaranteeMode::Advance, false);
    assert_eq!(settle(&mut state, contract, "2026-05", 640_000), (160_000, 160_000));
    // 9,000.00 - 1,600.00 = 7,400.00, open 0.00.
    assert_eq!(settle(&mut state, contract, "2026-06", 900_000), (-160_000, 0));
}

#[test]
fn at_21_an_advance_is_recovered_down_to_the_guarantee_with_a_floor() {
    let mut state = ClosingState::default();
    let contract = guaranteed(GuaranteeMode::Advance, true);
    assert_eq!(settle(&mut state, contract, "2026-05", 640_000), (160_000, 160_000));
    // 9,000.00 - 1,000.00 = 8,000.00, open 600.00.
    assert_eq!(settle(&mut state, contract, "2026-06", 900_000), (-100_000, 60_000));
    // Another shortfall is advanced on top; nothing is recovered out of it.
    assert_eq!(settle(&mut state, contract, "2026-07", 700_000), (100_000, 160_000));
}

#[test]
fn a_month_settled_again_posts_the_difference_and_no_more() {
    let mut state = ClosingState::default();
    let contract = guaranteed(GuaranteeMode::Advance, false);
    assert_eq!(settle(&mut state, contract, "2026-05", 640_000), (160_000, 160_000));
    assert_eq!(settle(&mut state, contract, "2026-05", 640_000), (0, 160_000));
    assert_eq!(settle(&mut state, contract, "2026-05", 700_000), (-60_000, 100_000));
    assert_eq!(settle(&mut state, contract, "2026-05", 850_000), (-100_000, 0));
}

#[test]
fn an_advance_is_recovered_after_the_guarantee_ended() {
    let mut state = ClosingState::default();
    settle(&mut state, guaranteed(GuaranteeMode::Advance, true), "2026-05", 640_000);
    let none = Contracted {
        upper: agency(),
        guarantee: None,
    };
    assert_eq!(settle(&mut state, none, "2026-06", 100_000), (-100_000, 60_000));
    assert_eq!(settle(&mut state, none, "2026-07", -5_000), (0, 60_000));
    assert_eq!(settle(&mut state, none, "2026-08", 500_000), (-60_000, 0));
}

#[test]
fn reserves_are_held_for_a_month_and_released_when_their_days_are_over() {
    let terms = SettlementTerms {
        reserve_rate: Rate::from_ppm(100_000).unwrap(),
        reserve_days: 30,
        ..SettlementTerms::default()
    };
    let told = |amount| ReserveFigures {
        party: anchor(),
        currency: Currency::CNY,
        earned: Minor(amount),
    };
    let mut state = ClosingState::default();
    let mut go = |period: &str, amount: i64| {
        let (held, released) = reserve(&state, &told(amount), &terms, closed(period), Zone::SHANGHAI).unwrap();
        let mut out = (0, 0);
        if let Some(event) = released {
            out.1 = moved(&event.legs, anchor(), AccountKind::Available);
            state.evolve(&ClosingEvent::Released(Box::new(event)));
        }
        if let Some(event) = held {
            out.0 = moved(&event.legs, anchor(), AccountKind::Available);
            state.evolve(&ClosingEvent::Held(Box::new(event)));
        }
        out
    };
    assert_eq!(go("2026-05", 10_005), (-1_001, 0), "half-up");
    assert_eq!(go("2026-05", 10_005), (0, 0), "again posts nothing");
    assert_eq!(go("2026-05", 20_000), (-999, 0), "only the difference");
    // 31 May + 30 days is 30 June.
    assert_eq!(go("2026-06", 0), (0, 2_000));
    assert_eq!(go("2026-07", -500), (0, 0), "nothing is held of less than nothing");
}

fn figures(opening: i64, parts: &[(Part, i64)], closing: i64) -> SheetFigures {
    SheetFigures {
        party: anchor(),
        currency: Currency::CNY,
        opening: Minor(opening),
        parts: parts
            .iter()
            .map(|(part, amount)| (*part, Minor(*amount)))
            .collect::<BTreeMap<_, _>>(),
        closing: Minor(closing),
        negative_since: Some(month("2026-05")),
        others: Vec::new(),
        under: Vec::new(),
        lines: 1,
        lines_sha256: String::new(),
        unreceived: Minor::ZERO,
        estimated: None,
    }
}

fn drafted(told: &SheetFigures, terms: &SettlementTerms) -> Result<Sheet, crate::domain::refusal::Refusal> {
    draft(
        SheetId(Uuid::nil()),
        RunId(Uuid::nil()),
        month("2026-06"),
        told,
        terms,
        None,
    )
}

#[test]
fn at_27_the_parts_of_a_full_month_come_to_what_is_payable() {
    let parts = [
        (Part::Settled, 1_864_035),
        (Part::Clawbacks, -31_240),
        (Part::Contracts, 700_000),
        (Part::Sourcing, 126_000),
        (Part::Penalties, -20_000),
        (Part::Adjustments, 5_000),
    ];
    let sheet = drafted(&figures(-12_000, &parts, 2_631_795), &SettlementTerms::default()).unwrap();
    assert_eq!((sheet.payable, sheet.carried), (Minor(2_631_795), Minor(0)));
    assert_eq!(sheet.negative_since, None, "it is not negative any more");
}

#[test]
fn a_sheet_that_does_not_tie_is_refused() {
    let told = figures(0, &[(Part::Settled, 100)], 101);
    assert_eq!(
        drafted(&told, &SettlementTerms::default()).unwrap_err().code,
        "sheet_does_not_tie"
    );
}

#[test]
fn less_than_the_minimum_payout_is_carried_and_so_is_a_debt() {
    let terms = SettlementTerms {
        minimum_payouts: vec![(Currency::CNY, Minor(1_000))],
        ..SettlementTerms::default()
    };
    for (closing, payable) in [(999, 0), (1_000, 1_000), (-300, 0), (0, 0)] {
        let sheet = drafted(&figures(0, &[(Part::Settled, closing)], closing), &terms).unwrap();
        assert_eq!((sheet.payable.0, sheet.carried.0), (payable, closing - payable));
        assert_eq!(sheet.negative_since.is_some(), closing < 0);
    }
}

#[test]
fn what_debtors_have_not_paid_is_carried_or_advanced_as_the_contract_says() {
    let told = SheetFigures {
        unreceived: Minor(700),
        ..figures(0, &[(Part::Settled, 1_000)], 1_000)
    };
    let of = |payable_on, exceptions: &[(PartyId, PayableOn)]| {
        let terms = SettlementTerms {
            payable_on,
            exceptions: exceptions.to_vec(),
            ..SettlementTerms::default()
        };
        let sheet = drafted(&told, &terms).unwrap();
        (sheet.payable.0, sheet.carried.0, sheet.unreceived.0, sheet.advanced.0)
    };
    assert_eq!(of(None, &[]), (1_000, 0, 0, 0), "receipts are not looked at");
    assert_eq!(of(Some(PayableOn::Settlement), &[]), (1_000, 0, 0, 700));
    assert_eq!(of(Some(PayableOn::Receipt), &[]), (300, 700, 700, 0));
    let own = [(anchor(), PayableOn::Settlement)];
    assert_eq!(of(Some(PayableOn::Receipt), &own), (1_000, 0, 0, 700));
}

proptest! {
    /// INVARIANT: on receipt, no more is payable than came in; payable and carried are the closing.
    #[test]
    fn nothing_is_payable_before_it_came_in(closing in -5_000_i64..5_000, open in 0_i64..8_000, minimum in 0_i64..2_000) {
        let told = SheetFigures {
            unreceived: Minor(open),
            ..figures(0, &[(Part::Settled, closing)], closing)
        };
        let terms = SettlementTerms {
            payable_on: Some(PayableOn::Receipt),
            minimum_payouts: vec![(Currency::CNY, Minor(minimum))],
            ..SettlementTerms::default()
        };
        let sheet = drafted(&told, &terms).unwrap();
        prop_assert!(sheet.payable.0 <= (closing - open).max(0));
        prop_assert!(sheet.payable.0 >= 0);
        prop_assert_eq!(sheet.payable.0 + sheet.carried.0, closing);
    }

    #[test]
    fn payable_and_carried_are_the_closing_and_nothing_negative_is_payable(
        closing in any::<i64>(), minimum in 0_i64..100_000, commission in any::<bool>(),
    ) {
        let account = if commission { AccountKind::Commission } else { AccountKind::Available };
        let (pay, carried) = payable(account, Minor(closing), Minor(minimum));
        prop_assert_eq!(pay.plus(carried).unwrap(), Minor(closing));
        prop_assert!(pay.0 >= 0 && (pay.0 == 0 || pay.0 >= minimum));
    }

    #[test]
    fn whatever_the_months_a_member_is_never_asked_for_more_than_was_advanced(
        months in prop::collection::vec(-500_000_i64..2_000_000, 1..12), floor in any::<bool>(),
    ) {
        let mut state = ClosingState::default();
        let contract = guaranteed(GuaranteeMode::Advance, floor);
        let mut lent = 0;
        let mut period = month("2026-01");
        for amount in months {
            let (moved, open) = settle(&mut state, contract, &period.to_string(), amount);
            lent += moved;
            prop_assert_eq!(open, lent);
            prop_assert!(open >= 0);
            if floor {
                prop_assert!(amount + moved >= 800_000);
            }
            period = period.next();
        }
    }
}
