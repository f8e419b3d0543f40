//! Product submissions, saved selections and watches: who may ask what of them.
//! Must never hold a rule of a slice; only what joins them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::needs::above;
use super::{exists, made, pool, record};
use crate::base::{BookId, PartyId, SelectionId, SubmissionId, WatchId};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::{Needs, Scribe, shown};
use crate::domain::party::ContractScope;
use crate::domain::pool::Target;
use crate::domain::pooling::PoolCommand;
use crate::domain::refusal::Refusal;
use crate::domain::selection::{self, SelectionSaved};
use crate::domain::stream::StreamId;
use crate::domain::submission::{self, Ask, By, SubmissionMade, SubmissionState};
use crate::domain::watch::{self, Seen, WatchSet};
use crate::domain::world::World;

fn stream_of(target: Target) -> StreamId {
    match target {
        Target::Item(item) => item.into(),
        Target::Offer(offer) => offer.into(),
    }
}

/// Decides a command about a submission, a selection or a watch.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let Command::Pool(asked) = command else {
        return Ok(None);
    };
    if let Some(made) = pool::decide(asked, book, scribe)? {
        return Ok(Some(made));
    }
    Ok(Some(match &**asked {
        PoolCommand::Submit { .. } => make(asked, book, scribe)?,
        PoolCommand::Ask { submission, ask } => answered(*submission, ask, book, scribe)?,
        PoolCommand::Save {
            party,
            name,
            entries,
            query,
        } => {
            let id = SelectionId::of(scribe.book, *party, name.as_str());
            for (place, target) in entries.iter().enumerate() {
                if scribe.world.version(stream_of(*target)) == 0 {
                    return Err(Refusal::not_found("pool entry").at(format!("/entries/{place}")));
                }
            }
            let told = SelectionSaved {
                selection: id,
                party: *party,
                name: name.clone(),
                entries: entries.clone(),
                query: query.clone(),
            };
            let standing = scribe.world.selection(id).map(AsRef::as_ref);
            if let Some(event) = selection::decide::save(standing, told)? {
                record(scribe, id, Event::Selection(event));
            }
            made([("selection", id.to_string())])
        }
        PoolCommand::Remove { selection: id } => {
            let state = scribe.world.selection(*id).cloned();
            let whose = state
                .as_ref()
                .and_then(|state| state.saved.as_ref())
                .map(|saved| saved.party);
            own(whose, scribe).ok_or_else(|| Refusal::not_found("selection"))?;
            let event = selection::decide::remove(state.as_deref(), *id)?;
            record(scribe, *id, Event::Selection(event));
            made([("selection", id.to_string())])
        }
        PoolCommand::Watch { party, target, of } => set(*party, *target, of.iter().copied().collect(), scribe)?,
        PoolCommand::Drop { watch: id } => {
            let state = scribe.world.watch(*id).cloned();
            let whose = state.as_ref().and_then(|state| state.set.as_ref()).map(|set| set.party);
            own(whose, scribe).ok_or_else(|| Refusal::not_found("watch"))?;
            let event = watch::decide::drop_watch(state.as_deref(), *id)?;
            record(scribe, *id, Event::Watch(event));
            made([("watch", id.to_string())])
        }
        PoolCommand::Look { watches } => {
            for id in watches {
                look(*id, scribe);
            }
            Made::default()
        }
        _ => return Ok(None),
    }))
}

/// Whether the caller is whose it is; the book's people may touch the book's own and everybody's.
fn own(whose: Option<Option<PartyId>>, scribe: &Scribe<'_>) -> Option<()> {
    let whose = whose?;
    (scribe.actor.party.is_none() || scribe.actor.party == whose).then_some(())
}

fn make(asked: &PoolCommand, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let PoolCommand::Submit {
        external_id,
        by,
        anchor,
        target,
        terms,
    } = asked
    else {
        return Ok(Made::default());
    };
    for (party, pointer) in [(by, "/by"), (anchor, "/anchor")] {
        if !exists(scribe, *party) {
            return Err(Refusal::not_found("party").at(pointer));
        }
    }
    if scribe.world.version(stream_of(*target)) == 0 {
        return Err(Refusal::not_found("product or offer").at("/entry"));
    }
    booked(terms, book)?;
    let id = match external_id {
        Some(number) => SubmissionId::of(scribe.book, *by, number.as_str()),
        None => SubmissionId((scribe.fresh)()),
    };
    let told = SubmissionMade {
        submission: id,
        external_id: external_id.clone(),
        by: *by,
        anchor: *anchor,
        target: *target,
        terms: (**terms).clone(),
    };
    let standing = scribe.world.submission(id).map(AsRef::as_ref);
    let event = submission::decide::make(standing, told)?;
    record(scribe, id, Event::Submission(event));
    Ok(made([("submission", id.to_string())]))
}

fn booked(terms: &submission::SubmissionTerms, book: &BookState) -> Result<(), Refusal> {
    if book.opened.currencies.contains(&terms.currency) {
        return Ok(());
    }
    let why = "the book has no such currency";
    Err(Refusal::invalid("currency_not_booked", why).at("/live_price/currency"))
}

fn answered(id: SubmissionId, ask: &Ask, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.submission(id).cloned().unwrap_or_default();
    let by = side(&state, scribe).ok_or_else(|| Refusal::not_found("submission"))?;
    if let Ask::Amend { terms } = ask {
        booked(terms, book)?;
    }
    let event = submission::decide::decide(&state, id, ask, by)?;
    record(scribe, id, Event::Submission(event));
    Ok(made([("submission", id.to_string())]))
}

/// The side that the caller is on. An agency reviews for its anchor, but not what it submitted itself: then the anchor does.
fn side(state: &SubmissionState, scribe: &Scribe<'_>) -> Option<By> {
    let told = state.made.as_ref()?;
    let Some(party) = scribe.actor.party else {
        return Some(By::Book);
    };
    if party == told.by {
        return Some(By::Submitter);
    }
    let upper = scribe.world.party(told.anchor).and_then(|anchor| {
        let scopes = [ContractScope::Cps, ContractScope::Vtask];
        let mut contracts = scopes
            .into_iter()
            .filter_map(|scope| anchor.contract(scope, scribe.now));
        contracts.find(|contract| contract.upper == party)
    });
    (party == told.anchor || upper.is_some()).then_some(By::Reviewer)
}

fn set(
    party: Option<PartyId>,
    target: Target,
    of: BTreeSet<watch::WatchOf>,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let id = WatchId::of(scribe.book, party, target.uuid());
    let seen = seen(target, scribe.world).ok_or_else(|| Refusal::not_found("pool entry").at("/entry"))?;
    let told = WatchSet {
        watch: id,
        party,
        target,
        of,
        seen,
    };
    let standing = scribe.world.watch(id).map(AsRef::as_ref);
    if let Some(event) = watch::decide::set(standing, told)? {
        record(scribe, id, Event::Watch(event));
    }
    Ok(made([("watch", id.to_string())]))
}

fn seen(target: Target, world: &World) -> Option<Seen> {
    let entity = world.get(stream_of(target))?.entity.as_ref()?;
    shown::entry(target.uuid(), entity).map(|entry| Seen::of(&entry))
}

fn look(id: WatchId, scribe: &mut Scribe<'_>) {
    let Some(state) = scribe.world.watch(id).cloned() else {
        return;
    };
    let target = state.set.as_ref().map(|set| set.target);
    let now = target.and_then(|target| seen(target, scribe.world));
    if let Some(event) = now.and_then(|now| watch::decide::look(&state, id, now)) {
        record(scribe, id, Event::Watch(event));
    }
}

/// Streams that a command about a submission, a selection or a watch needs.
pub(super) fn needs(book: BookId, asked: &PoolCommand, world: &World, out: &mut Needs) {
    let mut wanted: Vec<StreamId> = pool::needs(asked, world);
    match asked {
        PoolCommand::Submit {
            external_id,
            by,
            anchor,
            target,
            ..
        } => {
            wanted.extend::<[StreamId; 3]>([(*by).into(), (*anchor).into(), stream_of(*target)]);
            let own = external_id.as_ref().map(|no| SubmissionId::of(book, *by, no.as_str()));
            wanted.extend(own.map(StreamId::from));
        }
        PoolCommand::Ask { submission, .. } => {
            wanted.push((*submission).into());
            let made = world.submission(*submission).and_then(|state| state.made.as_ref());
            if let Some(made) = made {
                above(made.anchor, world, &mut BTreeSet::new(), out);
            }
        }
        PoolCommand::Save {
            party, name, entries, ..
        } => {
            wanted.push(SelectionId::of(book, *party, name.as_str()).into());
            wanted.extend(entries.iter().map(|target| stream_of(*target)));
        }
        PoolCommand::Remove { selection } => wanted.push((*selection).into()),
        PoolCommand::Watch { party, target, .. } => {
            wanted.extend([WatchId::of(book, *party, target.uuid()).into(), stream_of(*target)]);
        }
        PoolCommand::Drop { watch } => wanted.push((*watch).into()),
        PoolCommand::Look { watches } => {
            for watch in watches {
                wanted.push((*watch).into());
                let set = world.watch(*watch).and_then(|state| state.set.as_ref());
                wanted.extend(set.map(|set| stream_of(set.target)));
            }
        }
        _ => {}
    }
    let missing = wanted.into_iter().filter(|stream| !world.knows(*stream));
    out.streams.extend(missing);
}
