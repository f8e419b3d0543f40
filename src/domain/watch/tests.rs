//! Decisions of a watch.
//! It must never reach outside the slice.

use super::decide::{drop_watch, look, set};
use super::*;
use crate::base::ItemId;

const WATCH: WatchId = WatchId(uuid::Uuid::nil());

fn seen(price: i64, stock: u64) -> Seen {
    Seen {
        currency: Currency::CNY,
        price: Some(Minor(price)),
        stock: Some(stock),
        rate: None,
        listed: true,
    }
}

fn told() -> WatchSet {
    WatchSet {
        watch: WATCH,
        party: None,
        target: Target::Item(ItemId(uuid::Uuid::nil())),
        of: BTreeSet::from([WatchOf::Price]),
        seen: seen(100, 5),
    }
}

#[test]
fn a_watch_fires_once_for_what_it_watches_and_not_for_the_rest() {
    let mut state = WatchState::default();
    state.evolve(&set(None, told()).unwrap().unwrap());
    assert_eq!(set(Some(&state), told()).unwrap(), None);
    assert_eq!(look(&state, WATCH, seen(100, 4)), None);
    let fired = look(&state, WATCH, seen(90, 4)).unwrap();
    state.evolve(&fired);
    assert_eq!(look(&state, WATCH, seen(90, 4)), None);
    let last = state.fired.unwrap();
    assert_eq!(
        (last.changed, last.before, last.seen),
        (BTreeSet::from([WatchOf::Price]), seen(100, 5), seen(90, 4))
    );
}

#[test]
fn leaving_the_pool_is_always_told_and_a_dropped_watch_is_silent() {
    let mut state = WatchState::default();
    state.evolve(&set(None, told()).unwrap().unwrap());
    let gone = Seen {
        listed: false,
        ..seen(100, 5)
    };
    let WatchEvent::Fired(fired) = look(&state, WATCH, gone).unwrap() else {
        panic!("fired");
    };
    assert_eq!(fired.changed, BTreeSet::from([WatchOf::Listed]));
    state.evolve(&drop_watch(Some(&state), WATCH).unwrap());
    assert_eq!(look(&state, WATCH, gone), None);
    assert_eq!(drop_watch(Some(&state), WATCH).unwrap_err().code, "not_found");
}
