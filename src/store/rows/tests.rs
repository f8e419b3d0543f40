//! Tests of derived rows.
//! Must never need a database.

use uuid::Uuid;

use super::*;
use crate::base::{Month, PartyId, PartyKind};
use crate::ledger::{AccountKind, Leg, Stamp};
use crate::money::{Currency, Minor};

fn leg(owner: u128, amount: i64, period: Option<&str>) -> StampedLeg {
    let party = PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(owner));
    StampedLeg {
        leg: Leg {
            account: Account::of(party, AccountKind::Available),
            layer: if period.is_some() {
                Layer::Settled
            } else {
                Layer::Estimated
            },
            currency: Currency::CNY,
            amount: Minor(amount),
        },
        balance: Minor(0),
        stamp: period.map(|month| Stamp {
            period: month.parse::<Month>().unwrap(),
            points_back_to: None,
        }),
    }
}

#[test]
fn totals_keep_debits_and_credits_apart_and_each_key_once() {
    let mut deltas = TotalDeltas::default();
    for (amount, period) in [
        (5, Some("2026-06")),
        (-3, Some("2026-06")),
        (7, Some("2026-07")),
        (9, None),
    ] {
        deltas.add(&leg(1, amount, period)).unwrap();
    }
    let totals = deltas.columns();
    assert_eq!(totals.period, [0, 202_606, 202_607]);
    assert_eq!(totals.debits, [0, 3, 0]);
    assert_eq!(totals.credits, [9, 5, 7]);
}

#[test]
fn a_total_beyond_64_bits_is_refused_instead_of_wrapped() {
    let mut deltas = TotalDeltas::default();
    deltas.add(&leg(1, i64::MAX, None)).unwrap();
    assert!(deltas.add(&leg(1, 1, None)).is_err());
    assert!(deltas.add(&leg(2, i64::MIN, None)).is_err());
}

#[test]
fn an_account_survives_the_database() {
    let account = leg(3, 1, None).leg.account;
    let read = account_of(owner_uuid(&account), account.kind.code(), 0).unwrap();
    assert_eq!(read, (account, Layer::Estimated));
    let book = Account::book(AccountKind::Income);
    assert_eq!(
        account_of(owner_uuid(&book), book.kind.code(), 1).unwrap(),
        (book, Layer::Settled)
    );
    assert!(account_of(Uuid::from_u128(1), 99, 0).is_err());
}
