//! Tests of receipts: one fact a flow number, matches never exceed it, and taking back leaves nothing.
//! Must never need a database.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::decide::{Bill, Told, release, settle, tell, withdraw};
use super::*;
use crate::base::{BookId, EventId, LogId};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn placed(position: i64) -> Placed {
    Placed {
        log: LogId(Uuid::nil()),
        position,
        version: position,
        id: EventId(Uuid::nil()),
        occurred_at: at("2026-06-18T00:00:00Z"),
        recorded_at: at("2026-06-18T00:00:00Z"),
    }
}

fn fact(amount: i64) -> ReceiptFact {
    ReceiptFact {
        receipt: ReceiptId::of(BookId(Uuid::nil()), "bank", "1"),
        source: "bank".parse().unwrap(),
        flow_no: "1".parse().unwrap(),
        at: at("2026-06-17T00:00:00Z"),
        currency: Currency::CNY,
        amount: Minor(amount),
        account: None,
        payer: Some("某品牌".to_owned()),
        tag: None,
        memo: None,
    }
}

fn told(state: &mut ReceiptState, fact: &ReceiptFact, position: i64) -> Option<&'static str> {
    match tell(state, fact, &[Currency::CNY], at("2026-06-18T00:00:00Z")) {
        Told::Known(_) => None,
        Told::New(event) => {
            state.evolve(&event, &placed(position));
            Some(match event {
                ReceiptEvent::Recorded(_) => "recorded",
                _ => "parked",
            })
        }
    }
}

fn brand() -> PartyId {
    PartyId::tagged(PartyKind::Brand, Uuid::from_u128(5))
}

fn bill(amount: i64) -> Bill {
    Bill {
        party: Some(brand()),
        period: Some("2026-05".parse().unwrap()),
        amount: Minor(amount),
    }
}

#[test]
fn a_flow_number_told_twice_is_one_fact_and_other_content_is_a_conflict() {
    let mut state = ReceiptState::default();
    assert_eq!(told(&mut state, &fact(10_000), 1), Some("recorded"));
    let reworded = ReceiptFact {
        memo: Some("other words".to_owned()),
        ..fact(10_000)
    };
    assert_eq!(told(&mut state, &reworded, 2), None);
    assert_eq!(told(&mut state, &fact(9_999), 2), Some("parked"));
    assert_eq!(told(&mut state, &fact(9_999), 3), None);
    assert_eq!(state.parked.first().unwrap().1, "receipt_conflict");
    assert_eq!(state.stands.unwrap().0.amount, Minor(10_000));
}

#[test]
fn what_cannot_stand_is_parked_with_its_code() {
    let mut state = ReceiptState::default();
    let late = ReceiptFact {
        at: at("2026-06-19T00:00:00Z"),
        ..fact(1)
    };
    let yen = ReceiptFact {
        currency: "JPY".parse().unwrap(),
        ..fact(1)
    };
    for (position, fact) in [(1, late), (2, yen), (3, fact(0))] {
        assert_eq!(told(&mut state, &fact, position), Some("parked"));
    }
    let codes: Vec<&str> = state.parked.iter().map(|(_, code, _)| code.as_str()).collect();
    assert_eq!(codes, ["in_future", "currency_not_booked", "amount_zero"]);
    assert_eq!(told(&mut state, &fact(5), 4), Some("recorded"));
}

#[test]
fn a_match_names_every_wrong_part() {
    let mut state = ReceiptState::default();
    told(&mut state, &fact(10_000), 1);
    let agency = PartyId::tagged(PartyKind::Agency, Uuid::from_u128(6));
    let wrong = [
        Bill {
            party: Some(agency),
            period: None,
            ..bill(-1)
        },
        Bill {
            party: None,
            period: None,
            amount: Minor(10_001),
        },
    ];
    let refusal = settle(&state, &wrong, &|_| false).unwrap_err();
    let codes: Vec<&str> = refusal.fields.iter().map(|field| field.code).collect();
    assert_eq!(codes, ["amount_sign", "not_found", "period_of_bill"]);
    let over = settle(&state, &[bill(10_001)], &|_| true).unwrap_err();
    assert_eq!(over.code, "receipt_exceeded");
}

#[test]
fn a_brands_receipt_without_a_month_is_its_deposit() {
    let mut state = ReceiptState::default();
    told(&mut state, &fact(10_000), 1);
    let deposit = Bill {
        period: None,
        ..bill(10_000)
    };
    let ReceiptEvent::Matched(matched) = settle(&state, &[deposit], &|_| true).unwrap() else {
        panic!("a match");
    };
    let accounts: Vec<Account> = matched.bills.iter().map(|bill| bill.account).collect();
    assert_eq!(accounts, [Account::of(brand(), AccountKind::Available)]);
}

#[test]
fn a_platform_owes_on_its_clearing_account_and_a_merchant_on_its_commission() {
    let platform = PartyId::tagged(PartyKind::Platform, Uuid::from_u128(6));
    assert_eq!(bill_account(platform).kind, AccountKind::Clearing);
    assert_eq!(bill_account(brand()).kind, AccountKind::Commission);
}

proptest! {
    /// INVARIANT: whatever was matched, unmatched and taken back, nothing is left of a withdrawn receipt.
    #[test]
    fn a_withdrawn_receipt_leaves_every_account_as_it_was(
        amount in prop_oneof![-1_000_i64..-1, 1_i64..1_000],
        parts in prop::collection::vec((1_i64..400, any::<bool>(), any::<bool>()), 0..8),
    ) {
        let mut state = ReceiptState::default();
        let mut sums: BTreeMap<Account, i64> = BTreeMap::new();
        let mut take = |state: &mut ReceiptState, event: ReceiptEvent| {
            for leg in post(&event).unwrap().legs() {
                *sums.entry(leg.account).or_default() += leg.amount.0;
            }
            state.evolve(&event, &placed(1));
            sums.clone()
        };
        let Told::New(recorded) = tell(&state, &fact(amount), &[Currency::CNY], at("2026-06-18T00:00:00Z")) else {
            panic!("new");
        };
        take(&mut state, recorded);
        for (part, own, undo) in parts {
            let mut asked = bill(part * amount.signum());
            if own {
                (asked.party, asked.period) = (None, None);
            }
            if let Ok(event) = settle(&state, &[asked], &|_| true) {
                take(&mut state, event);
            }
            prop_assert!(state.matched().unwrap().0.abs() <= amount.abs());
            if undo && let Ok(event) = release(&state, "错配") {
                let sums = take(&mut state, event);
                prop_assert_eq!(sums[&Account::book(AccountKind::Suspense)], amount);
            }
        }
        let withdrawn = withdraw(&state, &"imp_1".parse().unwrap()).unwrap();
        let sums = take(&mut state, withdrawn);
        prop_assert!(sums.values().all(|sum| *sum == 0), "{:?}", sums);
        prop_assert_eq!(withdraw(&state, &"imp_1".parse().unwrap()), None);
    }
}
