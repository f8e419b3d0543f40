//! Tests of the ledger: entries balance, holds keep their bound, balances are folds.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::base::{PartyId, PartyKind};
use crate::money::{Currency, Minor};

fn party(n: u128) -> PartyId {
    PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(n))
}

fn leg(n: u128, layer: Layer, amount: i64) -> Leg {
    Leg {
        account: Account::of(party(n), AccountKind::Available),
        layer,
        currency: Currency::CNY,
        amount: Minor(amount),
    }
}

#[test]
fn legs_that_do_not_sum_to_zero_make_no_entry() {
    assert!(Entry::balanced([leg(1, Layer::Settled, 5), leg(2, Layer::Settled, -4)]).is_err());
    assert!(Entry::balanced([leg(1, Layer::Settled, 5), leg(2, Layer::Estimated, -5)]).is_err());
    assert_eq!(
        Entry::balanced([leg(1, Layer::Settled, 5), leg(2, Layer::Settled, -5)])
            .unwrap()
            .legs()
            .len(),
        2
    );
}

#[test]
fn legs_of_one_account_are_netted_and_zeros_dropped() {
    let entry = Entry::balanced([leg(1, Layer::Settled, 5), leg(1, Layer::Settled, -5)]).unwrap();
    assert!(entry.is_empty());
}

#[test]
fn an_account_reads_back_as_it_is_written() {
    for account in [
        Account::book(AccountKind::Income),
        Account::of(party(7), AccountKind::ClawbackDue),
    ] {
        assert_eq!(account.to_string().parse::<Account>(), Ok(account));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn legs_of_an_entry_sum_to_zero_per_layer_and_currency(
        moves in prop::collection::vec((0_u128..5, 0_u128..5, any::<bool>(), -1_000_000_i64..1_000_000), 0..20),
    ) {
        let legs = moves.iter().flat_map(|(from, to, settled, amount)| {
            let layer = if *settled { Layer::Settled } else { Layer::Estimated };
            [leg(*from, layer, -*amount), leg(*to, layer, *amount)]
        });
        let entry = Entry::balanced(legs).unwrap();
        for layer in [Layer::Estimated, Layer::Settled] {
            let sum: i64 = entry.legs().iter().filter(|l| l.layer == layer).map(|l| l.amount.0).sum();
            prop_assert_eq!(sum, 0);
        }
        prop_assert!(entry.legs().iter().all(|l| !l.amount.is_zero()));
    }

    #[test]
    fn released_and_voided_never_exceed_what_is_held(held in 1_i64..1_000, steps in prop::collection::vec((any::<bool>(), 1_i64..200), 0..40)) {
        let source = Account::of(party(1), AccountKind::Available);
        let id = crate::base::HoldId(Uuid::from_u128(1));
        let mut hold = Hold {
            id, source, held_in: Account::of(party(1), AccountKind::Held), currency: Currency::CNY,
            held: Minor(held), released: Minor::ZERO, voided: Minor::ZERO,
        };
        for (release, amount) in steps {
            let next = if release { hold.release(Minor(amount)) } else { hold.void(Minor(amount)) };
            prop_assert_eq!(next.is_ok(), amount <= hold.left().0);
            hold = next.unwrap_or(hold);
            prop_assert!(hold.released.0 + hold.voided.0 <= held);
        }
    }
}
