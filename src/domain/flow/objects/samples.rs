//! Samples: which side asks, whether what is named exists, and the book's rule on repeats.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::purchases::is_above;
use super::{exists, made, record};
use crate::base::{Instant, PartyId, SampleId};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::refusal::Refusal;
use crate::domain::sample::{self, Action, SampleAsk, Side};

/// Decides a command about samples.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let made = match command {
        Command::AskSample(asked) => ask(asked, book, scribe)?,
        Command::ActSample { sample, number, action } => act(*sample, *number, action, scribe)?,
        Command::SetSampleRules { repeat_days, from } => set_rules(*repeat_days, *from, scribe)?,
        _ => return Ok(None),
    };
    Ok(Some(made))
}

/// The side that asks; one whom the sample does not concern finds nothing.
fn side(holder: PartyId, provider: PartyId, scribe: &Scribe<'_>) -> Result<Side, Refusal> {
    match scribe.actor.party {
        None => Ok(Side::Book),
        Some(party) if party == provider => Ok(Side::Provider),
        Some(party) if party == holder || is_above(party, holder, scribe) => Ok(Side::Holder),
        Some(_) => Err(Refusal::not_found("sample")),
    }
}

fn ask(asked: &SampleAsk, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    if !book.opened.currencies.contains(&asked.terms.currency) {
        return Err(Refusal::invalid("currency_not_booked", "the book has no such currency").at("/terms/currency"));
    }
    for (pointer, party) in [("/holder", asked.holder), ("/provider", asked.provider)] {
        if !exists(scribe, party) {
            return Err(Refusal::not_found("party").at(pointer));
        }
    }
    if asked.offer.is_some_and(|offer| scribe.world.offer(offer).is_none()) {
        return Err(Refusal::not_found("offer").at("/offer"));
    }
    let by = match side(asked.holder, asked.provider, scribe)? {
        Side::Provider => return Err(Refusal::not_found("party").at("/holder")),
        by => by,
    };
    let id = asked.id(scribe.book);
    let state = scribe.world.sample(id).cloned().unwrap_or_default();
    let rules = scribe
        .world
        .sample(sample::rules(scribe.book))
        .cloned()
        .unwrap_or_default();
    let event = sample::decide::request(&state, &rules, id, asked, by, scribe.now)?;
    record(scribe, id, Event::Sample(Box::new(event)));
    Ok(made([("sample", id.to_string())]))
}

fn act(id: SampleId, number: Option<u32>, action: &Action, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.sample(id).cloned().unwrap_or_default();
    let round = state.round(number).ok_or_else(|| Refusal::not_found("sample"))?;
    let by = side(round.asked.holder, round.asked.provider, scribe)?;
    let event = sample::decide::decide(&state, number, action, by, scribe.now)?;
    record(scribe, id, Event::Sample(Box::new(event)));
    Ok(made([("sample", id.to_string())]))
}

fn set_rules(repeat_days: Option<u32>, from: Option<Instant>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let from = from.unwrap_or(scribe.now);
    let event = sample::decide::set_rules(repeat_days, from, scribe.now)?;
    let id = sample::rules(scribe.book);
    record(scribe, id, Event::Sample(Box::new(event)));
    Ok(made([("rules", id.to_string())]))
}
