//! Receipts: the slice decides; the book knows its currencies, the world who exists.
//! Must never refuse a movement of a file: what cannot stand is parked with its code, and the next one goes on.

use std::sync::Arc;

use super::{exists, made};
use crate::base::{ExternalId, ReceiptId};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made, ReceiptOutcome};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::order::FactState;
use crate::domain::receipt::decide::{CONFLICT, Told, release, settle, tell, withdraw};
use crate::domain::receipt::{ReceiptEvent, ReceiptFact};
use crate::domain::refusal::Refusal;

/// Decides a command about receipts.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    Ok(Some(match command {
        Command::Receipts(facts) => Made {
            receipts: facts.iter().map(|fact| one(fact, book, scribe)).collect(),
            ..Made::default()
        },
        Command::MatchReceipt { receipt, bills } => {
            let state = scribe.world.receipt(*receipt).cloned().unwrap_or_default();
            let event = settle(&state, bills, &|party| exists(scribe, party))?;
            keep(*receipt, event, scribe)
        }
        Command::UnmatchReceipt { receipt, reason } => {
            let state = scribe.world.receipt(*receipt).cloned().unwrap_or_default();
            let event = release(&state, reason)?;
            keep(*receipt, event, scribe)
        }
        Command::WithdrawReceipts { receipts, batch } => {
            let batch: ExternalId = batch.to_string().parse().map_err(|_| Refusal::not_found("import"))?;
            for receipt in receipts {
                let state = scribe.world.receipt(*receipt).cloned().unwrap_or_default();
                if let Some(event) = withdraw(&state, &batch) {
                    keep(*receipt, event, scribe);
                }
            }
            Made::default()
        }
        _ => return Ok(None),
    }))
}

fn keep(receipt: ReceiptId, event: ReceiptEvent, scribe: &mut Scribe<'_>) -> Made {
    let at = event.at().min(scribe.now);
    scribe.record(receipt, at, Event::Receipt(event));
    made([("receipt", receipt.to_string())])
}

fn one(fact: &ReceiptFact, book: &BookState, scribe: &mut Scribe<'_>) -> ReceiptOutcome {
    let state = scribe.world.receipt(fact.receipt).cloned().unwrap_or_default();
    let outcome = |state, code: Option<&str>, replayed, position| ReceiptOutcome {
        receipt: fact.receipt,
        state,
        code: code.map(str::to_owned),
        replayed,
        position,
    };
    let parked = |code: &str| match code {
        CONFLICT => FactState::Conflict,
        _ => FactState::Parked,
    };
    match tell(&state, fact, &book.opened.currencies, scribe.now) {
        Told::Known(position) => match state.parked.iter().find(|(.., at)| *at == position) {
            Some((_, code, _)) => outcome(parked(code), Some(code), true, position),
            None => outcome(FactState::Applied, None, true, position),
        },
        Told::New(event) => {
            let code = match &event {
                ReceiptEvent::Parked(e) => Some(e.code.clone()),
                _ => None,
            };
            let now = scribe.now;
            let placed = scribe.record(fact.receipt, event.at().min(now), Event::Receipt(event));
            let state = code.as_deref().map_or(FactState::Applied, parked);
            outcome(state, code.as_deref(), false, placed.position)
        }
    }
}
