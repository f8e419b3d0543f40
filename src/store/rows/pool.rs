//! Rows of the pool: what an item or an offer looks like to a search.
//! Must never hold a figure that is not in the fold of its own stream.

use uuid::Uuid;

use super::{PoolEntryRow, Rows};
use crate::base::{Instant, PartyId};
use crate::domain::catalogue::ItemState;
use crate::domain::pool::{Entry, Kind};
use crate::domain::stream::StreamId;

/// The entry of an item, if it was ever shown.
pub(super) fn item(stream: StreamId, state: &ItemState, position: i64, rows: &mut Rows) {
    let (Some(pooled), Some(listing)) = (&state.pool, state.listings.last()) else {
        return;
    };
    let (terms, figures) = (&pooled.terms, &pooled.figures);
    // A listing that the figures do not know of makes them due at once.
    let due = if pooled.listings == state.listings.len() {
        figures.until
    } else {
        Some(listing.from)
    };
    let title = listing.title.as_ref().map_or(listing.item_no.as_str(), |title| title.as_str());
    let entry = Entry {
        id: stream.id,
        kind: Kind::Item,
        owner: Some(pooled.owner),
        shop: Some(listing.shop),
        title: title.to_owned(),
        category: listing.category.clone(),
        currency: terms.currency,
        price: Some(terms.paid()),
        rate: figures.rate,
        commission: figures.commission,
        margin: figures.margin,
        sales: terms.sales,
        refund_rate: terms.refund_rate,
        score: terms.score,
        min_order: terms.min_order.unwrap_or(1),
        ships_within: terms.ships_within,
        dropship: terms.dropship,
        sample: terms.sample,
        stock: terms.stock.map(u64::from),
        listed: pooled.listed,
        due: due.filter(|_| pooled.listed),
    };
    rows.pool_entries.push(row(entry, position));
}

/// A row of any entry: what is not known is -1, so that it sorts last and an index holds it.
pub fn row(entry: Entry, position: i64) -> PoolEntryRow {
    let (tokens, latin) = entry.words();
    let (price_band, rate_band) = (entry.price_band(), entry.rate_band());
    let ppm = |rate: Option<crate::money::Rate>| {
        rate.map_or(-1, |rate| i32::try_from(rate.ppm()).unwrap_or(i32::MAX))
    };
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
