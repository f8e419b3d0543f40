//! Sales results: a proposal with its lines, contested line by line; what nobody contests is released, the rest stays held.
//! Must never count a line that is contested until an arbiter says so.

use std::collections::BTreeSet;

use super::actions::{Action, Side, agreed};
use super::decide::Draft;
use super::event::{Clock, ContractEvent, Proposed, Sold, What, Why};
use super::money::Point;
use super::state::{Status, Work};
use super::terms::said;
use super::work::{dispute, move_to, release};
use crate::base::{Instant, LineId};
use crate::domain::refusal::Refusal;
use crate::money::Minor;

/// Most lines of one result.
const MOST: usize = 2_000;

pub(super) fn decide(draft: &mut Draft, action: &Action, by: Side, now: Instant) -> Result<(), Refusal> {
    match action {
        Action::ProposeResult {
            deliverable,
            lines,
            position,
        } => propose(draft, *deliverable, lines, *position, now),
        Action::ContestResult {
            deliverable,
            lines,
            reason,
        } => contest(draft, *deliverable, lines, by, reason),
        Action::AcceptResult { deliverable } => {
            let (_, work) = draft.work_in(*deliverable, &[Status::Proposed])?;
            if agreed(work.agreed, by) {
                return Err(Refusal::conflict("agreed_already", "this side has accepted the result"));
            }
            draft.push(ContractEvent::of(What::ResultAccepted {
                deliverable: *deliverable,
                by,
            }));
            match draft.work(*deliverable)?.1.agreed {
                (true, true) => conclude(draft, *deliverable, now),
                _ => Ok(()),
            }
        }
        Action::ArbitrateLines {
            deliverable,
            counted,
            reason,
        } => arbitrate(draft, *deliverable, counted, reason, now),
        _ => Ok(()),
    }
}

fn propose(draft: &mut Draft, number: u32, lines: &[Sold], position: Option<i64>, now: Instant) -> Result<(), Refusal> {
    if draft.work(number)?.1.status == Status::Measuring {
        let why = "the sales window and its refunds are not over";
        return Err(Refusal::conflict("result_not_due", why));
    }
    draft.work_in(number, &[Status::ResultDue])?;
    let each: BTreeSet<LineId> = lines.iter().map(|sold| sold.line).collect();
    if lines.len() > MOST || each.len() != lines.len() {
        return Err(Refusal::invalid("lines_count", "at most 2,000 lines, each once").at("/lines"));
    }
    if lines.iter().any(|sold| sold.amount < Minor::ZERO) {
        return Err(Refusal::invalid("amount_negative", "sales of a line are not negative").at("/lines"));
    }
    let counted = lines.iter().filter(|sold| sold.counted).map(|sold| sold.amount);
    let reached = Minor::sum(counted)?;
    Minor::sum(lines.iter().map(|sold| sold.amount))?;
    let due = now.plus_seconds(i64::from(draft.terms()?.clocks.result_answer));
    let event = ContractEvent::of(What::ResultProposed {
        deliverable: number,
        result: Proposed {
            lines: lines.to_vec(),
            reached,
            position,
        },
    });
    draft.push(event.with(Clock::ResultAnswer, Some(number), due));
    Ok(())
}

fn contest(draft: &mut Draft, number: u32, lines: &[LineId], by: Side, reason: &str) -> Result<(), Refusal> {
    let (_, work) = draft.work_in(number, &[Status::Proposed])?;
    said(reason, "/reason")?;
    let result = work.result.as_ref();
    let known = |line: &LineId| result.is_some_and(|result| result.lines.iter().any(|sold| sold.line == *line));
    if lines.is_empty() || !lines.iter().all(known) {
        return Err(Refusal::invalid("line_unknown", "name lines of the proposed result").at("/line_ids"));
    }
    draft.push(ContractEvent::of(What::ResultContested {
        deliverable: number,
        by,
        lines: lines.to_vec(),
        reason: reason.to_owned(),
    }));
    Ok(())
}

/// Sales with the contested lines counted as a rule says.
fn reached(work: &Work, contested: impl Fn(&Sold) -> bool) -> Result<Minor, Refusal> {
    let lines = work.result.iter().flat_map(|result| &result.lines);
    let counts = |sold: &&Sold| match work.contested.contains(&sold.line) {
        true => contested(sold),
        false => sold.counted,
    };
    let sum = Minor::sum(lines.filter(counts).map(|sold| sold.amount))?;
    Ok(sum.plus(work.carried)?)
}

/// A result stands as far as it is not contested.
pub(super) fn conclude(draft: &mut Draft, number: u32, now: Instant) -> Result<(), Refusal> {
    let (one, work) = draft.work_in(number, &[Status::Proposed])?;
    if work.contested.is_empty() {
        let reached = reached(work, |sold| sold.counted)?;
        return stands(draft, number, reached, (Why::Result, None), now);
    }
    let form = &draft.terms()?.form;
    let minutes = work.delivery.as_ref().and_then(|delivery| delivery.minutes);
    let least = reached(work, |_| false)?;
    let low = form.of_result(one, minutes, least)?;
    let high = form.of_result(one, minutes, reached(work, |_| true)?)?;
    // A shortfall that may have to be made up by another show leaves nothing certain.
    let open = form.makes_up(least) && !work.makes_up;
    if low == high && !open {
        return stands(draft, number, least, (Why::Result, None), now);
    }
    let to = Point {
        earned: low,
        returned: one.fee.minus(high)?,
    };
    if !open && (!to.earned.is_zero() || !to.returned.is_zero()) {
        move_to(draft, number, to, (Why::Uncontested, None), false)?;
    }
    let reason = "contested lines of the sales result".to_owned();
    dispute(draft, number, Side::Book, reason, Vec::new(), now)
}

fn arbitrate(draft: &mut Draft, number: u32, counted: &[LineId], reason: &str, now: Instant) -> Result<(), Refusal> {
    let (_, work) = draft.work_in(number, &[Status::Disputed])?;
    said(reason, "/reason")?;
    if work.contested.is_empty() {
        return Err(Refusal::conflict(
            "nothing_contested",
            "no line of a result is contested",
        ));
    }
    if !counted.iter().all(|line| work.contested.contains(line)) {
        return Err(Refusal::invalid("line_unknown", "name contested lines").at("/line_ids"));
    }
    let reached = reached(work, |sold| counted.contains(&sold.line))?;
    stands(draft, number, reached, (Why::Arbitration, Some(reason.to_owned())), now)
}

/// The sales are known: the fee follows from them, or another show makes up for them.
fn stands(
    draft: &mut Draft,
    number: u32,
    reached: Minor,
    why: (Why, Option<String>),
    now: Instant,
) -> Result<(), Refusal> {
    let (one, work) = draft.work(number)?;
    let form = &draft.terms()?.form;
    if form.makes_up(reached) && !work.makes_up {
        draft.push(ContractEvent::of(What::MakeUpDue {
            deliverable: number,
            reached,
        }));
        return Ok(());
    }
    let minutes = work.delivery.as_ref().and_then(|delivery| delivery.minutes);
    let earned = form.of_result(one, minutes, reached)?;
    release(draft, number, earned, why, now)
}
