//! Work on one deliverable: schedule, deliver, review, revise, dispute, arbitrate; and the money that follows.
//! Must never bind a deliverable for which less is set aside than it needs.

use super::actions::{Action, Side};
use super::decide::{Draft, begun, wrong_status};
use super::ending;
use super::event::{Clock, ContractEvent, Delivery, How, What, Why};
use super::forms::Owed;
use super::money::{self, Point};
use super::state::Status;
use super::terms::{Deliverable, Terms, is_text, said};
use crate::base::Instant;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Minor, allocate};

/// Most pieces of evidence, and files.
const MOST: usize = 100;

pub(super) fn decide(draft: &mut Draft, action: &Action, by: Side, now: Instant) -> Result<(), Refusal> {
    match action {
        Action::Schedule { deliverable, at } => schedule(draft, *deliverable, *at, now),
        Action::Deliver { deliverable, delivery } => deliver(draft, *deliverable, delivery, now),
        Action::Accept { deliverable } => accept(draft, *deliverable, How::Said, now).map(|_| ()),
        Action::RequestRevision { deliverable, reason } => revise(draft, *deliverable, reason),
        Action::Dispute {
            deliverable,
            reason,
            files,
        } => {
            draft.work_in(*deliverable, &[Status::Delivered, Status::Revising])?;
            said(reason, "/reason")?;
            check_files(files)?;
            dispute(draft, *deliverable, by, reason.clone(), files.clone(), now)
        }
        Action::State {
            deliverable,
            text,
            files,
        } => {
            draft.work_in(*deliverable, &[Status::Disputed])?;
            said(text, "/text")?;
            check_files(files)?;
            draft.push(ContractEvent::of(What::StatementMade {
                deliverable: *deliverable,
                by,
                text: text.clone(),
                files: files.clone(),
            }));
            Ok(())
        }
        Action::Arbitrate {
            deliverable,
            anchor,
            brand,
            reason,
        } => arbitrate(draft, *deliverable, (*anchor, *brand), reason, now),
        _ => Ok(()),
    }
}

fn check_files(files: &[String]) -> Result<(), Refusal> {
    let digest = |file: &String| file.len() == 64 && file.bytes().all(|b| b.is_ascii_hexdigit());
    if files.len() <= MOST && files.iter().all(digest) {
        Ok(())
    } else {
        Err(Refusal::invalid("digest_form", "files are named by their SHA-256, at most 100").at("/files"))
    }
}

fn schedule(draft: &mut Draft, number: u32, at: Option<Instant>, now: Instant) -> Result<(), Refusal> {
    if !begun(draft.state.phase) {
        return Err(Refusal::conflict("not_funded", "the money is not set aside yet"));
    }
    if draft.state.anchor.is_none() {
        return Err(Refusal::conflict("anchor_needed", "assign an anchor first"));
    }
    let (one, work) = draft.work(number)?;
    if work.status != Status::Planned {
        return Err(match work.status {
            Status::Scheduled | Status::Revising => Refusal::conflict("scheduled_already", "it is scheduled already"),
            other => wrong_status(other),
        });
    }
    let due = one.due.filter(|due| *due > now);
    let needs = draft.terms()?.need(one)?;
    let free = draft.state.left().minus(draft.state.needed(draft.terms()?, false)?)?;
    if needs > free {
        let short = "less is set aside than this deliverable needs beside those scheduled already";
        return Err(Refusal::invalid("escrow_insufficient", short).at("/deliverable"));
    }
    let event = ContractEvent::of(What::Scheduled {
        deliverable: number,
        at,
    });
    draft.push(match due {
        Some(due) => event.with(Clock::Due, Some(number), due),
        None => event,
    });
    Ok(())
}

fn deliver(draft: &mut Draft, number: u32, delivery: &Delivery, now: Instant) -> Result<(), Refusal> {
    let (one, _) = draft.work_in(number, &[Status::Scheduled, Status::Revising])?;
    let terms = draft.terms()?;
    check_delivery(terms, one, delivery)?;
    let clocks = terms.clocks;
    let review = now.plus_seconds(i64::from(clocks.review));
    let mut event = ContractEvent::of(What::Delivered {
        deliverable: number,
        delivery: delivery.clone(),
    });
    if clocks.review_warning > 0 && clocks.review_warning < clocks.review {
        let warning = review.plus_seconds(-i64::from(clocks.review_warning));
        event = event.with(Clock::ReviewWarning, Some(number), warning);
    }
    draft.push(event.with(Clock::Review, Some(number), review));
    Ok(())
}

fn check_delivery(terms: &Terms, one: &Deliverable, delivery: &Delivery) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    let good = |text: &String, most| is_text(text, most);
    let readable = delivery
        .evidence
        .iter()
        .all(|piece| good(&piece.kind, 100) && good(&piece.value, 1_000));
    wrong.when(
        !readable || delivery.evidence.len() > MOST || delivery.note.as_ref().is_some_and(|note| !good(note, 1_000)),
        "/evidence",
        "text_length",
        "at most 100 pieces of evidence, each with its kind and what it says",
    );
    for kind in &one.evidence {
        if !delivery.evidence.iter().any(|piece| piece.kind == *kind) {
            wrong.add(
                "/evidence",
                "evidence_missing",
                format!("the terms ask for evidence of kind {kind:?}"),
            );
        }
    }
    wrong.when(
        terms.form.by_minutes() != delivery.minutes.is_some(),
        "/minutes",
        "minutes_needed",
        "forms that pay by the hour, and only they, need the minutes shown",
    );
    wrong.check()
}

/// Accepts a delivery, by word or by silence. Gives what it earned, when that is known.
pub(super) fn accept(draft: &mut Draft, number: u32, how: How, now: Instant) -> Result<Option<Minor>, Refusal> {
    let (one, work) = draft.work_in(number, &[Status::Delivered])?;
    let terms = draft.terms()?;
    let minutes = work.delivery.as_ref().and_then(|delivery| delivery.minutes);
    let (owed, made_up) = (terms.form.accepted(one, minutes)?, work.makes_up);
    let (settle, window) = (i64::from(terms.clocks.settle), i64::from(terms.clocks.refund_window));
    let accepted = |owed| {
        ContractEvent::of(What::Accepted {
            deliverable: number,
            how,
            owed,
        })
    };
    match owed {
        Owed::Now(owed) => {
            let event = accepted(Some(owed));
            if settle > 0 {
                draft.push(event.with(Clock::Settle, Some(number), now.plus_seconds(settle)));
            } else {
                draft.push(event);
                release(draft, number, owed, (Why::Accepted, None), now)?;
            }
            Ok(Some(owed))
        }
        Owed::AfterResult(end) => {
            let from = if made_up { now } else { end.max(now) };
            draft.push(accepted(None).with(Clock::Result, Some(number), from.plus_seconds(window)));
            Ok(None)
        }
    }
}

fn revise(draft: &mut Draft, number: u32, reason: &str) -> Result<(), Refusal> {
    let (_, work) = draft.work_in(number, &[Status::Delivered])?;
    let round = work.rounds.saturating_add(1);
    if round > draft.terms()?.clocks.revision_rounds {
        let why = "no more revisions by the terms: accept, or dispute";
        return Err(Refusal::conflict("revisions_exhausted", why));
    }
    said(reason, "/reason")?;
    draft.push(ContractEvent::of(What::RevisionRequested {
        deliverable: number,
        round,
        reason: reason.to_owned(),
    }));
    Ok(())
}

pub(super) fn dispute(
    draft: &mut Draft,
    number: u32,
    by: Side,
    reason: String,
    files: Vec<String>,
    now: Instant,
) -> Result<(), Refusal> {
    let due = now.plus_seconds(i64::from(draft.terms()?.clocks.dispute));
    let event = ContractEvent::of(What::Disputed {
        deliverable: number,
        by,
        reason,
        files,
    });
    draft.push(event.with(Clock::Dispute, Some(number), due));
    Ok(())
}

fn arbitrate(
    draft: &mut Draft,
    number: u32,
    (anchor, brand): (u32, u32),
    reason: &str,
    now: Instant,
) -> Result<(), Refusal> {
    let (one, work) = draft.work_in(number, &[Status::Disputed])?;
    said(reason, "/reason")?;
    if anchor == 0 && brand == 0 {
        return Err(Refusal::invalid("weights_zero", "give at least one side a weight").at("/weights"));
    }
    let left = one.fee.minus(work.earned)?.minus(work.returned)?;
    let parts = allocate(left, &[u64::from(anchor), u64::from(brand)])?;
    let earned = work.earned.plus(parts.first().copied().unwrap_or_default())?;
    release(draft, number, earned, (Why::Arbitration, Some(reason.to_owned())), now)
}

/// Closes a deliverable at what it earned; the rest of its fee goes back. The last one ends the contract.
pub(super) fn release(
    draft: &mut Draft,
    number: u32,
    earned: Minor,
    why: (Why, Option<String>),
    now: Instant,
) -> Result<(), Refusal> {
    let (one, _) = draft.work(number)?;
    let returned = one.fee.minus(earned)?;
    move_to(draft, number, Point { earned, returned }, why, true)?;
    ending::perhaps(draft, now)
}

/// Moves a deliverable's money to a point.
pub(super) fn move_to(
    draft: &mut Draft,
    number: u32,
    to: Point,
    (why, reason): (Why, Option<String>),
    closed: bool,
) -> Result<(), Refusal> {
    let (one, work) = draft.work(number)?;
    let moved = money::step(&draft.state, work, one.fee, to)?;
    if let Some(hold) = draft.state.hold {
        money::drawn(hold, moved.released, moved.voided)?;
    } else if !moved.released.is_zero() || !moved.voided.is_zero() {
        return Err(Refusal::invalid("escrow_insufficient", "nothing is set aside"));
    }
    draft.push(
        ContractEvent::of(What::Released {
            deliverable: number,
            earned: to.earned,
            returned: to.returned,
            service: moved.service,
            released: moved.released,
            voided: moved.voided,
            why,
            closed,
            reason,
        })
        .moving(moved.legs),
    );
    Ok(())
}
