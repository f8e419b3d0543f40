//! How a contract ends: cancellation by a side, nobody's fault, or because everything is closed.
//! Must never take away what was delivered: that goes to the arbiter.
//!
//! | point | by the brand | by the anchor's side | by the book (nobody's fault) |
//! | --- | --- | --- | --- |
//! | not set aside, or planned | all goes back | all goes back | all goes back |
//! | scheduled | the penalty, of the form's base | all goes back | all goes back |
//! | scheduled and overdue | all goes back | all goes back | all goes back |
//! | a month of a retainer that has begun | the days served | the days served | the days served |
//! | delivered, or under revision | the arbiter decides, all stays held | all goes back | the arbiter decides |
//! | accepted, measured, disputed, closed | refused | refused | refused |

use super::actions::Side;
use super::decide::{Draft, of_hold, wrong_status};
use super::event::{Clock, ContractEvent, Ending, What, Why};
use super::forms;
use super::money::Point;
use super::state::Status;
use super::terms::said;
use super::work::{dispute, move_to};
use crate::base::Instant;
use crate::domain::refusal::Refusal;
use crate::money::Minor;

/// Cancels one deliverable, or everything that was not accepted.
pub(super) fn cancel(
    draft: &mut Draft,
    deliverable: Option<u32>,
    by: Side,
    reason: &str,
    now: Instant,
) -> Result<(), Refusal> {
    let targets = targets(draft, deliverable)?;
    said(reason, "/reason")?;
    draft.push(ContractEvent::of(What::Cancelled {
        deliverable,
        by,
        reason: reason.to_owned(),
    }));
    for number in targets {
        one(draft, number, by, reason, now)?;
    }
    give_back(draft)?;
    perhaps(draft, now)
}

/// The deliverables that can still be cancelled.
fn targets(draft: &Draft, deliverable: Option<u32>) -> Result<Vec<u32>, Refusal> {
    const OPEN: [Status; 4] = [Status::Planned, Status::Scheduled, Status::Delivered, Status::Revising];
    if let Some(number) = deliverable {
        draft.work_in(number, &OPEN)?;
        return Ok(vec![number]);
    }
    let open = (0_u32..).zip(&draft.state.works);
    let open: Vec<u32> = open
        .filter(|(_, work)| OPEN.contains(&work.status))
        .map(|(number, _)| number)
        .collect();
    if open.is_empty() {
        let works = draft.state.works.iter().map(|work| work.status);
        return Err(wrong_status(works.min().unwrap_or(Status::Closed)));
    }
    Ok(open)
}

fn one(draft: &mut Draft, number: u32, by: Side, reason: &str, now: Instant) -> Result<(), Refusal> {
    let (one, work) = draft.work(number)?;
    let (status, fee) = (work.status, one.fee);
    let delivered = matches!(status, Status::Delivered | Status::Revising);
    if delivered && by != Side::Anchor {
        return dispute(draft, number, by, reason.to_owned(), Vec::new(), now);
    }
    let terms = draft.terms()?;
    let point = match status {
        Status::Planned => forms::Point::Planned,
        _ if work.overdue => forms::Point::Overdue,
        _ => forms::Point::Scheduled,
    };
    let earned = match by {
        Side::Brand => terms.form.cancelled_by_brand(one, point, terms.penalty, now)?,
        Side::Anchor | Side::Book => terms.form.cancelled_by_anchor(one, point, now)?,
    };
    // Nothing is bound to what was only planned: what was set aside for it goes back with the rest.
    let to = match status {
        Status::Planned => Point::default(),
        _ => Point {
            earned,
            returned: fee.minus(earned)?,
        },
    };
    move_to(draft, number, to, (Why::Cancelled, None), true)
}

/// What no deliverable needs any more goes back, unless the contract ends and gives everything back.
fn give_back(draft: &mut Draft) -> Result<(), Refusal> {
    let over = draft.state.works.iter().all(|work| work.status == Status::Closed);
    let left = draft.state.left();
    let needed = draft.state.needed(draft.terms()?, true)?;
    if over || left <= needed {
        return Ok(());
    }
    let amount = left.minus(needed)?;
    let legs = of_hold(draft, amount.negated()?)?;
    draft.push(ContractEvent::of(What::Refunded { amount }).moving(legs));
    Ok(())
}

/// Ends the contract when every deliverable is closed.
pub(super) fn perhaps(draft: &mut Draft, now: Instant) -> Result<(), Refusal> {
    if draft.state.phase.is_over() || !draft.state.works.iter().all(|work| work.status == Status::Closed) {
        return Ok(());
    }
    let ending = match draft.state.cancelled_by {
        None => Ending::Settled,
        Some(Side::Brand) => Ending::CancelledByBrand,
        Some(Side::Anchor) => Ending::CancelledByAnchor,
        Some(Side::Book) => Ending::Failed,
    };
    end(draft, ending, now)
}

/// Ends the contract; what is left in the hold goes back.
pub(super) fn end(draft: &mut Draft, ending: Ending, now: Instant) -> Result<(), Refusal> {
    let returned = draft.state.left();
    let legs = if returned > Minor::ZERO {
        of_hold(draft, returned.negated()?)?
    } else {
        Vec::new()
    };
    let due = now.plus_seconds(i64::from(draft.terms()?.clocks.rating));
    let event = ContractEvent::of(What::Ended { ending, returned }).moving(legs);
    draft.push(match ending {
        Ending::Lapsed => event,
        _ => event.with(Clock::Rating, None, due),
    });
    Ok(())
}
