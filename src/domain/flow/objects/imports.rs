//! Imports: the slice decides, the book knows which months are cut off.
//! Must never tell or take back a fact: whoever runs the import does, chunk by chunk.

use std::sync::Arc;

use super::{made, record};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::import::{ImportEvent, ImportReversal, decide as import};
use crate::domain::refusal::Refusal;

/// Decides a command about an import.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let (id, event) = match command {
        Command::CommitImport(told) => {
            let state = scribe.world.import(told.import).cloned().unwrap_or_default();
            (told.import, import::commit(&state, told)?)
        }
        Command::ReverseImport(reversal) => return reverse(reversal, book, scribe, false).map(Some),
        Command::EndReversal(ended) => {
            let state = scribe.world.import(ended.import).cloned().unwrap_or_default();
            (ended.import, import::end(&state, ended)?)
        }
        _ => return Ok(None),
    };
    if let Some(event) = event {
        record(scribe, id, Event::Import(event));
    }
    Ok(Some(made([("import", id.to_string())])))
}

/// What beginning a reversal would record.
pub(super) fn may_reverse(
    reversal: &ImportReversal,
    book: &BookState,
    scribe: &Scribe<'_>,
    approved: bool,
) -> Result<Option<ImportEvent>, Refusal> {
    let state = scribe.world.import(reversal.import).cloned().unwrap_or_default();
    import::reverse(&state, reversal, book.cut_off_through, approved)
}

/// Begins a reversal, asked for directly or by an approval.
pub(super) fn reverse(
    reversal: &ImportReversal,
    book: &BookState,
    scribe: &mut Scribe<'_>,
    approved: bool,
) -> Result<Made, Refusal> {
    if let Some(event) = may_reverse(reversal, book, scribe, approved)? {
        record(scribe, reversal.import, Event::Import(event));
    }
    Ok(made([("import", reversal.import.to_string())]))
}
