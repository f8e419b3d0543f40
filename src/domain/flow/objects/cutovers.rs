//! Cut-overs: an approved opening sets where these books begin, and posts what the books before held.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{exists, made, record};
use crate::base::CutoverId;
use crate::domain::book::{BookEvent, BookState, CutOver};
use crate::domain::command::{Made, Pending};
use crate::domain::cutover::decide::{self, Books};
use crate::domain::cutover::{CutoverEvent, CutoverState, OpeningPosted, OpeningReversed, Scope};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::refusal::Refusal;

/// What an opening would post, with the cut-over that it begins.
pub(super) fn opening(
    pending: &Pending,
    fresh: CutoverId,
    book: &BookState,
    scribe: &Scribe<'_>,
) -> Result<(OpeningPosted, Option<Scope>), Refusal> {
    let Pending::OpenBalances {
        cutover,
        scope,
        opening,
    } = pending
    else {
        return Err(Refusal::not_found("opening"));
    };
    let zone = book.opened.zone;
    let (id, at, begins) = match (cutover, scope) {
        (Some(id), None) => {
            let at = book
                .cut_over(*id)
                .ok_or_else(|| Refusal::not_found("cutover").at("/cutover"))?;
            (*id, at, None)
        }
        (None, Some(scope)) => {
            let taken: Vec<Scope> = book.cut_overs.iter().map(of_book).collect();
            decide::scope(scope, zone, &taken, scribe.now)?;
            (fresh, scope.at, Some(scope.clone()))
        }
        _ => return Err(Refusal::invalid("one_of", "give the cut-over, or the day of a new one").at("/cutover")),
    };
    let state: Arc<CutoverState> = scribe.world.cutover(id).cloned().unwrap_or_default();
    let books = Books {
        zone,
        currencies: &book.opened.currencies,
        exists: &|party| exists(scribe, party),
    };
    Ok((decide::open(&state, id, at, opening, &books)?, begins))
}

fn of_book(known: &CutOver) -> Scope {
    Scope {
        at: known.at,
        platform: known.platform.clone(),
        account: known.account.clone(),
    }
}

/// Posts an approved opening.
pub(super) fn open(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let fresh = CutoverId((scribe.fresh)());
    let (posted, begins) = opening(pending, fresh, book, scribe)?;
    let (id, number) = (posted.cutover, posted.number);
    if let Some(scope) = begins {
        let began = CutOver {
            cutover: id,
            at: scope.at,
            platform: scope.platform,
            account: scope.account,
        };
        record(scribe, scribe.book, Event::Book(BookEvent::CutOver(began)));
    }
    let event = CutoverEvent::Opened(Box::new(posted));
    record(scribe, id, Event::Cutover(event));
    Ok(made([("cutover", id.to_string()), ("opening", number.to_string())]))
}

/// What a reversal would post.
pub(super) fn reversal(pending: &Pending, scribe: &Scribe<'_>) -> Result<OpeningReversed, Refusal> {
    let Pending::ReverseOpening {
        cutover,
        number,
        reason,
    } = pending
    else {
        return Err(Refusal::not_found("opening"));
    };
    let state = scribe
        .world
        .cutover(*cutover)
        .ok_or_else(|| Refusal::not_found("cutover"))?;
    decide::reverse(state, *number, reason)
}

/// Posts an approved reversal.
pub(super) fn reverse(pending: &Pending, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let reversed = reversal(pending, scribe)?;
    let (id, number) = (reversed.cutover, reversed.number);
    record(scribe, id, Event::Cutover(CutoverEvent::Reversed(reversed)));
    Ok(made([("cutover", id.to_string()), ("opening", number.to_string())]))
}
