//! What an item or an offer looks like in the pool: the same for a search, a watch and a rebuild.
//! Must never depend on anything but the fold of its own stream.

use uuid::Uuid;

use crate::domain::catalogue::ItemState;
use crate::domain::offer::{OfferState, OfferStatus};
use crate::domain::pool::{Entry, Kind};
use crate::domain::world::Entity;

/// The entry of an item that was ever shown, or of an offer; none of anything else.
pub fn entry(id: Uuid, entity: &Entity) -> Option<Entry> {
    match entity {
        Entity::Item(state) => item(id, state),
        Entity::Offer(state) => offer(id, state),
        _ => None,
    }
}

/// What its owner publishes of an item, as far as it is shown.
fn item(id: Uuid, state: &ItemState) -> Option<Entry> {
    let (pooled, listing) = (state.pool.as_ref()?, state.listings.last()?);
    let (terms, figures) = (&pooled.terms, &pooled.figures);
    // A listing that the figures do not know of makes them due at once.
    let due = if pooled.listings == state.listings.len() {
        figures.until
    } else {
        Some(listing.from)
    };
    let title = listing
        .title
        .as_ref()
        .map_or(listing.item_no.as_str(), |title| title.as_str());
    Some(Entry {
        id,
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
    })
}

/// The entry of an offer. What it costs at its minimum order is its price; what it may be sold for is for whoever sells it to
/// say, so there is no rate and no margin here.
fn offer(id: Uuid, state: &OfferState) -> Option<Entry> {
    let terms = state.terms.as_ref()?;
    let at_minimum = terms.tier(terms.min_order).map(|tier| tier.price);
    let price = at_minimum.or_else(|| terms.prices().map(|range| range.low));
    let figures = state.figures.map(|(_, figures)| figures).unwrap_or_default();
    // A month's share of what was sold over a stated time; what was sold ever says nothing of a month.
    let sales = figures
        .sold
        .zip(figures.sold_days.filter(|days| *days > 0))
        .map(|(sold, days)| {
            let month = sold.saturating_mul(30) / u64::from(days);
            u32::try_from(month).unwrap_or(u32::MAX)
        });
    let stock: Option<Vec<u64>> = terms.skus.iter().map(|sku| sku.stock.map(u64::from)).collect();
    Some(Entry {
        id,
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
    })
}
