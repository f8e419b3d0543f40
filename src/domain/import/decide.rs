//! Decisions about imports: when a batch may be noted as committed, taken back alone, or only by two persons.
//! Must never look at the facts of a batch: whoever asks names the months that its money stands in.

use super::{ImportCommitted, ImportEvent, ImportReversal, ImportReversed, ImportState, ImportStatus};
use crate::base::Month;
use crate::domain::refusal::Refusal;

/// The code of a reversal that one person alone may not begin.
pub const NEEDS_APPROVAL: &str = "reversal_needs_approval";

/// Notes that a batch was told to its end; nothing when that is known.
pub fn commit(state: &ImportState, committed: &ImportCommitted) -> Result<Option<ImportEvent>, Refusal> {
    match state.status {
        ImportStatus::Told => Ok(Some(ImportEvent::Committed(committed.clone()))),
        ImportStatus::Committed => Ok(None),
        ImportStatus::Reversing | ImportStatus::Reversed => Err(reversed(committed.import)),
    }
}

/// Begins a reversal.
///
/// INVARIANT: once a month that the batch's money stands in is cut off, no person alone takes the batch back.
pub fn reverse(
    state: &ImportState,
    reversal: &ImportReversal,
    cut_off_through: Option<Month>,
    approved: bool,
) -> Result<Option<ImportEvent>, Refusal> {
    match state.status {
        ImportStatus::Reversed => return Err(reversed(reversal.import)),
        ImportStatus::Reversing => return Ok(None),
        ImportStatus::Told | ImportStatus::Committed => {}
    }
    let closed = cut_off_through.is_some_and(|cut| reversal.months.iter().any(|month| *month <= cut));
    if closed && !approved {
        return Err(Refusal::conflict(
            "reversal_needs_approval",
            "a month that this batch touched is cut off: a second person has to approve its reversal",
        )
        .because_of(reversal.import));
    }
    Ok(Some(ImportEvent::ReversalBegun(reversal.clone())))
}

/// Ends a reversal.
pub fn end(state: &ImportState, ended: &ImportReversed) -> Result<Option<ImportEvent>, Refusal> {
    match state.status {
        ImportStatus::Reversing => Ok(Some(ImportEvent::Reversed(ended.clone()))),
        ImportStatus::Reversed => Ok(None),
        ImportStatus::Told | ImportStatus::Committed => Err(Refusal::conflict(
            "reversal_not_begun",
            "the reversal of this import was never begun",
        )),
    }
}

fn reversed(import: crate::base::ImportId) -> Refusal {
    Refusal::conflict("import_reversed", "this import was taken back; import the file anew").because_of(import)
}
