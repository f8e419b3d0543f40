//! Rows of the pool: what an item or an offer looks like to a search; submissions, selections and watches.
//! Must never hold a figure that is not in the fold of its own stream.

use uuid::Uuid;

use super::{PoolEntryRow, Rows, SelectionRow, SubmissionRow, WatchRow};
use crate::base::{Instant, PartyId};
use crate::domain::flow::shown;
use crate::domain::pool;
use crate::domain::selection::SelectionState;
use crate::domain::stream::StreamId;
use crate::domain::submission::SubmissionState;
use crate::domain::watch::{WatchOf, WatchState};
use crate::domain::world::Known;

/// The entry of an item that was ever shown, or of an offer.
pub(super) fn entry(stream: StreamId, known: &Known, position: i64, rows: &mut Rows) {
    if let Some(entry) = known.entity.as_ref().and_then(|entity| shown::entry(stream.id, entity)) {
        rows.pool_entries.push(row(entry, position));
    }
}

/// A row of any entry: what is not known is -1, so that it sorts last and an index holds it.
pub fn row(entry: pool::Entry, position: i64) -> PoolEntryRow {
    let (tokens, latin) = entry.words();
    let (price_band, rate_band) = (entry.price_band(), entry.rate_band());
    let ppm = |rate: Option<crate::money::Rate>| rate.map_or(-1, |rate| i32::try_from(rate.ppm()).unwrap_or(i32::MAX));
    PoolEntryRow {
        entry: entry.id,
        source: entry.kind.word().to_owned(),
        owner: entry.owner.map_or(Uuid::nil(), PartyId::uuid),
        shop: entry.shop.map(|shop| shop.0),
        title: entry.title,
        category: entry.category,
        currency: entry.currency.code().to_owned(),
        price: entry.price.map_or(-1, |price| price.0),
        rate: ppm(entry.rate),
        commission: entry.commission.map_or(-1, |commission| commission.0.max(-1)),
        margin: entry.margin.map(|margin| margin.0),
        sales: entry.sales.map_or(-1, i64::from),
        refund_rate: ppm(entry.refund_rate),
        score: entry.score.map_or(-1, i32::from),
        own_score: entry.score.map_or(-1, i32::from),
        min_order: i64::from(entry.min_order),
        ships_within: entry.ships_within.map_or(-1, i32::from),
        dropship: entry.dropship,
        sample: entry.sample,
        stock: entry.stock.map(|stock| i64::try_from(stock).unwrap_or(i64::MAX)),
        price_band,
        rate_band,
        tokens,
        latin,
        listed: entry.listed,
        due: entry.due.map(Instant::utc),
        position,
    }
}

pub(super) fn submission(stream: StreamId, state: &SubmissionState, position: i64, rows: &mut Rows) {
    let (Some(made), Some(terms)) = (&state.made, &state.terms) else {
        return;
    };
    let days = terms.exclusive_days.filter(|days| *days > 0).map(i64::from);
    let qualifications: Vec<String> = terms.qualifications.iter().map(|one| one.kind.clone()).collect();
    let expires = terms.qualifications.iter().filter_map(|one| one.expires).min();
    rows.submissions.push(SubmissionRow {
        submission: stream.id,
        external_id: made.external_id.as_ref().map(|id| id.as_str().to_owned()),
        by: made.by.uuid(),
        anchor: made.anchor.uuid(),
        target: made.target.uuid(),
        title: terms.title.as_str().to_owned(),
        category: terms.category.clone(),
        show: terms.show.as_ref().map(|show| show.as_str().to_owned()),
        show_at: terms.show_at.utc(),
        status: state.status.word().to_owned(),
        place: state.place.map(i64::from),
        exclusive_from: days.map(|days| terms.show_at.plus_days(-days).utc()),
        exclusive_to: days.map(|days| terms.show_at.plus_days(days).utc()),
        qualifications: qualifications.join("\n"),
        qualified_until: expires.map(Instant::utc),
        closed: state.closed.as_ref().map(|closed| closed.reason.word().to_owned()),
        currency: terms.currency.code().to_owned(),
        lost: state.closed.as_ref().and_then(|closed| closed.lost).map(|lost| lost.0),
        position,
    });
}

pub(super) fn selection(stream: StreamId, state: &SelectionState, position: i64, rows: &mut Rows) {
    rows.selected.push(stream.id);
    if let Some(saved) = &state.saved {
        let entries: Vec<String> = saved.entries.iter().map(ToString::to_string).collect();
        rows.selections.push(SelectionRow {
            selection: stream.id,
            party: saved.party.map(PartyId::uuid),
            name: saved.name.as_str().to_owned(),
            entries: entries.join(" "),
            query: saved.query.clone(),
            position,
        });
    }
}

pub(super) fn watch(stream: StreamId, state: &WatchState, position: i64, rows: &mut Rows) {
    let (Some(set), Some(seen)) = (&state.set, &state.seen) else {
        return;
    };
    let of = |of: WatchOf| set.of.contains(&of);
    rows.watches.push(WatchRow {
        watch: stream.id,
        party: set.party.map(PartyId::uuid),
        entry: set.target.uuid(),
        of_price: of(WatchOf::Price),
        of_stock: of(WatchOf::Stock),
        of_rate: of(WatchOf::Rate),
        currency: seen.currency.code().to_owned(),
        price: seen.price.map_or(-1, |price| price.0),
        stock: seen.stock.map(|stock| i64::try_from(stock).unwrap_or(i64::MAX)),
        rate: seen
            .rate
            .map_or(-1, |rate| i32::try_from(rate.ppm()).unwrap_or(i32::MAX)),
        listed: seen.listed,
        active: state.active,
        position,
    });
}
