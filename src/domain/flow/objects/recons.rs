//! Reconciliations and disputes: their slices decide; what an accepted break proposes is done in the same batch.
//! Must never post money: facts are told as any fact, and an adjustment waits for a second person.

use std::sync::Arc;

use super::{made, people, record};
use crate::base::{ApprovalId, BreakId, DisputeId, ReconciliationId};
use crate::domain::book::BookState;
use crate::domain::command::{BreakAction, Command, Made, Pending};
use crate::domain::dispute::{self, DisputeAnswered, DisputeOpened, DisputeVerdict};
use crate::domain::event::Event;
use crate::domain::flow::{Scribe, facts};
use crate::domain::order::LineFact;
use crate::domain::recon::{BreaksResolved, How, ReconEvent, ReconState, Resolved, decide as recon};
use crate::domain::refusal::Refusal;

/// Decides a command about reconciliations or disputes.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let done = match command {
        Command::NoteReconciliation(run) => {
            let state = scribe.world.recon(run.reconciliation).cloned().unwrap_or_default();
            if let Some(event) = recon::run(&state, run) {
                record(scribe, run.reconciliation, Event::Recon(event));
            }
            made([("reconciliation", run.reconciliation.to_string())])
        }
        Command::ResolveBreaks {
            reconciliation,
            how,
            reason,
            breaks,
        } => resolve(*reconciliation, (*how, reason.as_deref()), breaks, book, scribe)?,
        Command::OpenDispute(opened) => open(opened, scribe)?,
        Command::AnswerDispute {
            dispute,
            verdict,
            reason,
            correction,
        } => answer(*dispute, (*verdict, reason), correction.as_ref(), book, scribe)?,
        _ => return Ok(None),
    };
    Ok(Some(done))
}

/// A decision that no longer holds: its adjustment was refused, or the day it waited for has come.
fn lapsed(resolved: &Resolved, scribe: &Scribe<'_>) -> bool {
    use crate::domain::approval::ApprovalStatus::{Refused, Withdrawn};
    let status = |approval: ApprovalId| scribe.world.approval(approval).map(|state| state.status);
    let refused = resolved
        .approval
        .and_then(status)
        .is_some_and(|status| matches!(status, Refused | Withdrawn));
    refused || resolved.until.is_some_and(|until| until <= scribe.now)
}

fn resolve(
    id: ReconciliationId,
    (how, reason): (How, Option<&str>),
    breaks: &[BreakAction],
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let state: Arc<ReconState> = scribe.world.recon(id).cloned().unwrap_or_default();
    let named: Vec<BreakId> = breaks.iter().map(|one| one.of.id).collect();
    recon::resolve(&state, how, reason, &named, &|resolved| lapsed(resolved, scribe))?;
    let mut made = Made::default();
    let mut resolved = Vec::with_capacity(breaks.len());
    // All facts are told together: lines of one order stand together, and each break knows its own by their number.
    let told: Vec<LineFact> = breaks.iter().flat_map(|one| one.facts.iter().cloned()).collect();
    if !told.is_empty() {
        made.facts = facts::facts(&told, scribe)?.facts;
    }
    let mut positions = made.facts.iter().map(|fact| fact.position);
    for one in breaks {
        let mut of = one.of.clone();
        of.told = positions.by_ref().take(one.facts.len()).collect();
        if let Some(pending) = &one.adjust {
            of.approval = asked(pending, book, scribe)?;
        }
        resolved.push(of);
    }
    let event = BreaksResolved {
        reconciliation: id,
        how,
        by: scribe.actor.person,
        reason: reason.map(str::to_owned),
        breaks: resolved,
    };
    record(scribe, id, Event::Recon(ReconEvent::Resolved(event)));
    made.ids.insert("reconciliation".to_owned(), id.to_string());
    Ok(made)
}

/// Asks for an adjustment that a second person approves.
fn asked(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Option<ApprovalId>, Refusal> {
    let made = people::request(pending, book, scribe)?;
    Ok(made.ids.get("approval").and_then(|id| id.parse().ok()))
}

fn open(opened: &DisputeOpened, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.dispute(opened.dispute).cloned().unwrap_or_default();
    let event = dispute::decide::open(&state, opened.clone(), scribe.now)?;
    record(scribe, opened.dispute, Event::Dispute(event));
    Ok(made([("dispute", opened.dispute.to_string())]))
}

fn answer(
    id: DisputeId,
    (verdict, reason): (DisputeVerdict, &str),
    correction: Option<&Pending>,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let state = scribe.world.dispute(id).cloned().unwrap_or_default();
    let answered = DisputeAnswered {
        dispute: id,
        number: 0,
        verdict,
        reason: reason.to_owned(),
        by: scribe.actor.person,
        correction: None,
    };
    // Whether it may be answered at all comes before anything is asked for.
    dispute::decide::answer(&state, answered.clone())?;
    let correction = correction.map(|pending| asked(pending, book, scribe)).transpose()?;
    let answered = DisputeAnswered {
        correction: correction.flatten(),
        ..answered
    };
    let event = dispute::decide::answer(&state, answered)?;
    record(scribe, id, Event::Dispute(event));
    Ok(made([("dispute", id.to_string())]))
}
