//! Decisions of a watch: set, look, drop.
//! Must never tell the same change twice.

use super::{Seen, WatchDropped, WatchEvent, WatchFired, WatchOf, WatchSet, WatchState};
use crate::base::WatchId;
use crate::domain::refusal::Refusal;

/// Sets a watch, or watches something else of the entry; the same again is no event.
pub fn set(standing: Option<&WatchState>, told: WatchSet) -> Result<Option<WatchEvent>, Refusal> {
    if told.of.is_empty() {
        return Err(Refusal::invalid("missing_field", "watch price, stock or rate").at("/of"));
    }
    let same = standing.is_some_and(|state| {
        state.active
            && state
                .set
                .as_ref()
                .is_some_and(|known| (known.target, &known.of) == (told.target, &told.of))
    });
    Ok((!same).then_some(WatchEvent::Set(told)))
}

/// Looks at the entry: an event when something that is watched does not stand as it was seen.
pub fn look(state: &WatchState, watch: WatchId, now: Seen) -> Option<WatchEvent> {
    let (set, before) = (state.set.as_ref()?, state.seen.filter(|_| state.active)?);
    let mut changed = before.differs(&now);
    changed.retain(|of| *of == WatchOf::Listed || set.of.contains(of));
    (!changed.is_empty()).then_some(WatchEvent::Fired(WatchFired {
        watch,
        changed,
        before,
        seen: now,
    }))
}

/// Drops a watch.
pub fn drop_watch(standing: Option<&WatchState>, watch: WatchId) -> Result<WatchEvent, Refusal> {
    match standing.filter(|state| state.active) {
        Some(_) => Ok(WatchEvent::Dropped(WatchDropped { watch })),
        None => Err(Refusal::not_found("watch")),
    }
}
