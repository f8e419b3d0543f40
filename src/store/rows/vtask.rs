//! Rows of briefs and brand contracts: what their lists and look-ups need, and their running clocks.
//! Must never hold terms: those are read from the events.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{BriefRow, ContractRow, Rows, TimerRow, word};
use crate::base::{Instant, PartyId};
use crate::domain::brief::BriefState;
use crate::domain::contract::{ContractState, Work};
use crate::domain::stream::StreamId;
use crate::money::Minor;
use crate::store::error::Result;

fn timers(stream: StreamId, running: impl Iterator<Item = (Uuid, Instant)>, rows: &mut Rows) {
    rows.timed.push(stream.id);
    for (timer, due) in running {
        rows.timers.push(TimerRow {
            timer,
            slice: stream.slice.code(),
            stream: stream.id,
            due: due.utc(),
        });
    }
}

fn listed(parties: BTreeSet<PartyId>) -> String {
    let each: Vec<String> = parties
        .into_iter()
        .map(|party| party.uuid().simple().to_string())
        .collect();
    each.join(" ")
}

pub(super) fn brief(stream: StreamId, state: &BriefState, position: i64, rows: &mut Rows) -> Result<()> {
    timers(stream, state.timers.iter().map(|timer| (timer.id.0, timer.due)), rows);
    let (Some(drafted), Some(terms)) = (&state.drafted, &state.terms) else {
        return Ok(());
    };
    rows.briefs.push(BriefRow {
        brief: stream.id,
        external_id: drafted.external_id.as_ref().map(|id| id.as_str().to_owned()),
        brand: drafted.brand.uuid(),
        status: state.status.word().to_owned(),
        visibility: word(&terms.visibility)?,
        title: terms.title.as_str().to_owned(),
        category: terms.category.clone(),
        closes_at: terms.closes_at.utc(),
        due: state.next().map(|timer| timer.due.utc()),
        parties: listed(state.applications.iter().map(|one| one.party).collect()),
        position,
    });
    Ok(())
}

pub(super) fn contract(stream: StreamId, state: &ContractState, position: i64, rows: &mut Rows) {
    timers(stream, state.timers.iter().map(|timer| (timer.id.0, timer.due)), rows);
    let Some(awarded) = &state.awarded else { return };
    let mut parties: BTreeSet<PartyId> = [awarded.brand, awarded.awardee].into_iter().collect();
    parties.extend(state.anchor);
    parties.extend(state.chain.iter().map(|taker| taker.party));
    let next = crate::domain::contract::clocks::next(state);
    let deliverables = state
        .terms()
        .map(|terms| terms.deliverables.as_slice())
        .unwrap_or_default();
    let counted = |is: fn(bool, &Work) -> bool| {
        let pairs = deliverables.iter().zip(&state.works);
        let count = pairs.filter(|(one, work)| is(one.due.is_some(), work)).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    };
    rows.contracts.push(ContractRow {
        contract: stream.id,
        external_id: awarded.external_id.as_ref().map(|id| id.as_str().to_owned()),
        brief: awarded.brief.0,
        brand: awarded.brand.uuid(),
        awardee: awarded.awardee.uuid(),
        anchor: state.anchor.map(PartyId::uuid),
        form: awarded.terms.form.word().to_owned(),
        phase: state.phase.word().to_owned(),
        currency: awarded.terms.currency.code().to_owned(),
        held: state.left().0,
        due: next.map(|timer| timer.due.utc()),
        parties: listed(parties),
        position,
        punctual: counted(|due, work| due && work.shown && !work.late),
        late: counted(|_, work| work.late),
        delivered: state.works.iter().any(|work| work.shown && work.earned > Minor::ZERO),
        stars: state.stars.map(i16::from),
        uncovered: state.uncovered().0,
    });
}
