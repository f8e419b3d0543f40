//! Rows of the pool: what an item or an offer looks like to a search.
//! Must never hold a figure that is not in the fold of its own stream.

use uuid::Uuid;

use super::{PoolEntryRow, Rows};
use crate::base::{Instant, PartyId};
use crate::domain::catalogue::ItemState;
use crate::domain::offer::{OfferState, OfferStatus};
use crate::domain::pool::{self, Kind};
use crate::domain::stream::StreamId;
use crate::domain::world::{Entity, Known};

/// The entry of an item that was ever shown, or of an offer.
pub(super) fn entry(stream: StreamId, known: &Known, position: i64, rows: &mut Rows) {
    match &known.entity {
        Some(Entity::Item(state)) => item(stream, state, position, rows),
        Some(Entity::Offer(state)) => offer(stream, state, position, rows),
        _ => {}
    }
}

/// What its owner publishes of an item, as far as it is shown.
fn item(stream: StreamId, state: &ItemState, position: i64, rows: &mut Rows) {
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
    let entry = pool::Entry {
        id: stream.id,
        kind: Kind::Item,
        owner: Some(pooled.owner),
        shop: Some(listing.shop),
        title: title.to_owned(),
        also: None,
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

/// The entry of an offer. What it costs at its minimum order is its price; what it may be sold for is for whoever sells it to
/// say, so there is no rate and no margin here.
fn offer(stream: StreamId, state: &OfferState, position: i64, rows: &mut Rows) {
    let Some(terms) = &state.terms else { return };
    let at_minimum = terms.tier(terms.min_order).map(|tier| tier.price);
    let price = at_minimum.or_else(|| terms.prices().map(|range| range.low));
    let figures = state.figures.map(|(_, figures)| figures).unwrap_or_default();
    // A month's share of what was sold over a stated time; what was sold ever says nothing of a month.
    let sales = figures.sold.zip(figures.sold_days.filter(|days| *days > 0)).map(|(sold, days)| {
        let month = sold.saturating_mul(30) / u64::from(days);
        u32::try_from(month).unwrap_or(u32::MAX)
    });
    let stock: Option<Vec<u64>> = terms.skus.iter().map(|sku| sku.stock.map(u64::from)).collect();
    let entry = pool::Entry {
        id: stream.id,
        kind: Kind::Offer,
        owner: terms.supplier,
        shop: None,
        title: terms.subject.as_str().to_owned(),
        also: terms.other_subject.as_ref().map(|other| other.as_str().to_owned()),
        category: terms.category.last().cloned(),
        currency: terms.currency,
        price: price.filter(|_| !terms.private_price),
        rate: None,
        commission: None,
        margin: None,
        sales,
        refund_rate: None,
        score: figures.score.map(|score| score.hundredths().saturating_mul(10)),
        min_order: terms.min_order,
        ships_within: terms.ships_within_h,
        dropship: terms.dropship(),
        sample: terms.sample.is_some(),
        stock: stock.filter(|each| !each.is_empty()).map(|each| each.iter().sum()),
        listed: state.status == OfferStatus::Published,
        due: None,
    };
    rows.pool_entries.push(row(entry, position));
}

/// A row of any entry: what is not known is -1, so that it sorts last and an index holds it.
pub fn row(entry: pool::Entry, position: i64) -> PoolEntryRow {
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
