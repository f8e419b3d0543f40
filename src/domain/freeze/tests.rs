//! Tests of frozen money: whatever is given back and forfeited, it is never more than was frozen.
//! Must never need a database.

use proptest::prelude::*;

use super::decide::{forfeit, lift, place};
use super::*;
use crate::base::PartyKind;
use crate::domain::refusal::Refusal;
use crate::ledger::AccountKind;

fn party(number: u128) -> PartyId {
    PartyId::tagged(PartyKind::Anchor, uuid::Uuid::from_u128(number))
}

fn id() -> FreezeId {
    FreezeId(uuid::Uuid::from_u128(9))
}

fn now() -> Instant {
    "2026-06-18T00:00:00Z".parse().unwrap()
}

fn frozen(amount: i64, available: i64) -> Result<FreezeState, Refusal> {
    let terms = FreezeTerms {
        party: party(1),
        currency: Currency::CNY,
        amount: Minor(amount),
        reason: "刷单".to_owned(),
        files: Vec::new(),
    };
    let event = place(id(), &terms, (&[Currency::CNY], Minor(available)), now())?;
    let mut state = FreezeState::default();
    state.evolve(&event);
    Ok(state)
}

fn part(amount: i64) -> UnfreezeTerms {
    UnfreezeTerms {
        freeze: id(),
        amount: Minor(amount),
        currency: Currency::CNY,
        reason: "申诉成功".to_owned(),
    }
}

fn taken(amount: i64, to: Option<PartyId>) -> ForfeitTerms {
    ForfeitTerms {
        freeze: id(),
        amount: Minor(amount),
        currency: Currency::CNY,
        to,
        reason: "违规".to_owned(),
        files: Vec::new(),
    }
}

#[test]
fn only_what_is_available_is_frozen() {
    assert_eq!(frozen(10_001, 10_000).unwrap_err().code, "more_than_available");
    assert_eq!(frozen(1, -1).unwrap_err().code, "more_than_available");
    assert_eq!(frozen(0, 10).unwrap_err().code, "amount_not_positive");
    assert_eq!(frozen(10_000, 10_000).unwrap().hold.unwrap().left(), Minor(10_000));
}

#[test]
fn forfeited_money_goes_to_the_book_or_the_party_named_and_never_to_its_own() {
    let state = frozen(10_000, 10_000).unwrap();
    let to = |to| forfeit(&state, &taken(10_000, to), &|party| party != self::party(3), now());
    let account = |event: FreezeEvent| match event {
        FreezeEvent::Forfeited(e) => e.to,
        _ => panic!("forfeited"),
    };
    assert_eq!(account(to(None).unwrap()), Account::book(AccountKind::Income));
    let other = Account::of(party(2), AccountKind::Available);
    assert_eq!(account(to(Some(party(2))).unwrap()), other);
    assert_eq!(to(Some(party(1))).unwrap_err().code, "same_account");
    assert_eq!(to(Some(party(3))).unwrap_err().code, "not_found");
}

#[test]
fn an_amount_of_another_currency_is_refused() {
    let state = frozen(10_000, 10_000).unwrap();
    let yen = UnfreezeTerms {
        currency: "JPY".parse().unwrap(),
        ..part(1)
    };
    assert_eq!(lift(&state, &yen, now()).unwrap_err().code, "currency_mismatch");
}

proptest! {
    /// INVARIANT: released + voided <= held, and every event's legs balance.
    #[test]
    fn no_sequence_takes_more_out_of_a_freeze_than_went_in(
        held in 1_i64..1_000_000,
        steps in prop::collection::vec((any::<bool>(), -5_i64..600_000), 0..12),
    ) {
        let mut state = frozen(held, held).unwrap();
        let mut out = 0;
        for (give_back, amount) in steps {
            let event = if give_back {
                lift(&state, &part(amount), now())
            } else {
                forfeit(&state, &taken(amount, None), &|_| true, now())
            };
            match event {
                Ok(event) => {
                    post(&event).unwrap();
                    state.evolve(&event);
                    out += amount;
                }
                Err(refusal) => prop_assert!(amount <= 0 || amount > held - out, "{}", refusal),
            }
            prop_assert!((0..=held).contains(&out));
            prop_assert_eq!(state.hold.unwrap().left(), Minor(held - out));
        }
    }
}
