//! Commands about objects (book, parties, catalogue, rules, approvals, keys): each slice decides, ids come from the scribe.
//! Must never hold a rule of a slice; only what joins them.

mod cutovers;
mod entities;
mod imports;
mod money;
mod needs;
mod offers;
mod people;
mod placements;
mod places;
mod pool;
mod prefund;
mod purchases;
mod receipts;
mod recons;
mod rules;
mod samples;
mod settlements;
mod sourcing_needs;
mod submissions;
#[cfg(test)]
mod tests;
pub mod vtask;
mod vtask_needs;

use std::sync::Arc;

pub use needs::needs;
pub use purchases::fire as fire_purchase;
pub use settlements::silence;
pub use vtask_needs::of_contract_stream;

use super::Scribe;
use crate::base::{FormulaId, Instant, PartyId};
use crate::domain::book::decide::{cut_off, move_clock, name_owner, open, set_formula};
use crate::domain::book::event::LogRepaired;
use crate::domain::book::{BookEvent, BookState, Formula};
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;

/// Decides one command about an object.
pub fn decide(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    if let Command::OpenBook(opened) = command {
        let event = open(scribe.world.book(scribe.book).map(AsRef::as_ref), opened)?;
        record(scribe, scribe.book, Event::Book(event));
        return Ok(made([("book", scribe.book.to_string())]));
    }
    let book = scribe.world.book(scribe.book).cloned();
    let book = book.ok_or_else(|| Refusal::not_found("book"))?;
    for slice in [
        of_book,
        imports::decide,
        people::decide,
        places::decide,
        entities::decide,
        placements::decide,
        receipts::decide,
        recons::decide,
        rules::decide,
        settlements::decide,
        vtask::decide,
        offers::decide,
        prefund::decide,
        purchases::decide,
        samples::decide,
        submissions::decide,
    ] {
        if let Some(made) = slice(command, &book, scribe)? {
            return Ok(made);
        }
    }
    Err(Refusal::invalid("not_an_object", "this command is about no object"))
}

/// Commands about the book itself.
fn of_book(command: &Command, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Option<Made>, Refusal> {
    let event = match command {
        Command::NameOwner { owner } => name_owner(*owner, exists(scribe, *owner))?,
        Command::SetFormula {
            formula,
            effective_from,
            terms,
        } => {
            let from = effective_from.unwrap_or(scribe.now);
            in_time(from, "/effective_from", scribe)?;
            return formula_set(*formula, from, terms, book, scribe).map(Some);
        }
        Command::CutOffPeriod { period } => cut_off(book, *period, scribe.now)?,
        Command::MoveClock { to } => move_clock(book, *to, scribe.now)?,
        Command::NoteRepair { before, after } => BookEvent::Repaired(LogRepaired {
            before: before.clone(),
            after: after.clone(),
        }),
        _ => return Ok(None),
    };
    record(scribe, scribe.book, Event::Book(event));
    Ok(Some(made([("book", scribe.book.to_string())])))
}

/// Sets a formula version, asked for directly or by an approval.
fn formula_set(
    formula: Option<FormulaId>,
    from: Instant,
    terms: &Formula,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let id = formula.unwrap_or_else(|| FormulaId((scribe.fresh)()));
    let event = set_formula(book, formula, id, from, terms, &|party| exists(scribe, party))?;
    record(scribe, scribe.book, Event::Book(event));
    Ok(made([("formula", id.to_string())]))
}

/// Refuses what would take effect before now while a line is pinned at or after that instant (decision A4).
///
/// INVARIANT: nothing that a pin was made from changes at or before its instant, unless a second person approved it.
fn in_time(from: Instant, pointer: &'static str, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    if from < scribe.now && scribe.latest_pin.is_some_and(|pinned| pinned >= from) {
        return Err(Refusal::conflict(
            "backdated",
            "orders at or after this instant are decided already; let it begin now or later, or adjust with approval",
        )
        .at(pointer));
    }
    Ok(())
}

/// Records an event of this very moment.
fn record(scribe: &mut Scribe<'_>, stream: impl Into<StreamId>, event: Event) {
    let now = scribe.now;
    scribe.record(stream, now, event);
}

fn exists(scribe: &Scribe<'_>, party: PartyId) -> bool {
    scribe.world.party(party).is_some()
}

fn made<const N: usize>(ids: [(&str, String); N]) -> Made {
    Made {
        ids: ids.into_iter().map(|(name, id)| (name.to_owned(), id)).collect(),
        ..Made::default()
    }
}
