//! Clocks of a contract: what is due, and what a firing does (decision B13).
//! Must never refuse a firing: it ends in its event, or in `contract.timer_lapsed` with the reason.

use super::decide::Draft;
use super::event::{Clock, ContractEvent, Ending, How, What, Why};
use super::state::{ContractState, Timer};
use super::{ending, results, work};
use crate::base::{Instant, TimerId};
use crate::domain::refusal::Refusal;

/// Clocks that are due: by due, then id.
pub fn due(state: &ContractState, now: Instant) -> Vec<(TimerId, Instant)> {
    let due = state.timers.iter().filter(|timer| timer.due <= now);
    let mut due: Vec<(TimerId, Instant)> = due.map(|timer| (timer.id, timer.due)).collect();
    due.sort_unstable_by_key(|(timer, due)| (*due, *timer));
    due
}

/// The next deadline.
pub fn next(state: &ContractState) -> Option<&Timer> {
    state.timers.iter().min_by_key(|timer| (timer.due, timer.clock))
}

/// What the firing of a clock comes to; nothing when it is not running.
pub fn fire(state: &ContractState, timer: TimerId, due: Instant) -> Vec<ContractEvent> {
    let running = state.timers.iter().find(|known| known.id == timer && known.due == due);
    let Some(running) = running else { return Vec::new() };
    let mut draft = Draft::on(state);
    let mut events = match run(&mut draft, running) {
        Ok(()) => draft.events,
        Err(refusal) => vec![ContractEvent::of(What::TimerLapsed {
            code: refusal.code.to_owned(),
        })],
    };
    if let Some(first) = events.first_mut() {
        first.fired = Some(timer);
    }
    events
}

fn run(draft: &mut Draft, timer: &Timer) -> Result<(), Refusal> {
    let now = timer.due;
    let number = timer.deliverable.unwrap_or(0);
    match timer.clock {
        Clock::Funding => ending::end(draft, Ending::Lapsed, now)?,
        Clock::Due => draft.push(ContractEvent::of(What::Overdue { deliverable: number })),
        Clock::ReviewWarning => draft.push(ContractEvent::of(What::ReviewWarned { deliverable: number })),
        Clock::Review => {
            work::accept(draft, number, How::Silent, now)?;
        }
        Clock::Settle => {
            let owed = draft.work(number)?.1.owed.unwrap_or_default();
            work::release(draft, number, owed, (Why::Accepted, None), now)?;
        }
        Clock::Result => draft.push(ContractEvent::of(What::ResultDue { deliverable: number })),
        Clock::ResultAnswer => results::conclude(draft, number, now)?,
        Clock::Dispute => draft.push(ContractEvent::of(What::DisputeOverdue { deliverable: number })),
        Clock::Rating => draft.push(ContractEvent::of(What::RatingClosed)),
    }
    Ok(())
}
