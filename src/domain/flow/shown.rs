//! What an item or an offer looks like in the pool: the same for a search, a watch and a rebuild.
//! Must never depend on anything but the fold of its own stream.

use uuid::Uuid;

use crate::base::{BookId, Instant, ItemId, PartyId, ShelfId};
use crate::domain::catalogue::ItemState;
use crate::domain::offer::price::price_one;
use crate::domain::offer::terms::QuoteBy;
use crate::domain::offer::{OfferState, OfferStatus, OfferTerms, PriceKind};
use crate::domain::party::ContractScope;
use crate::domain::party::decide::MOST_TAKERS;
use crate::domain::pool::{Entry, Kind};
use crate::domain::pricing::{Goods, Open, open};
use crate::domain::refusal::Refusal;
use crate::domain::world::{Entity, World};
use crate::money::{Currency, Minor, MoneyError, Rate, Rounding};

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

/// The rule that an order of a party on an item would take at an instant; none where the item was never shown, or nothing is
/// open to the party.
pub fn best_rule(
    world: &World,
    book: BookId,
    item: ItemId,
    party: PartyId,
    at: Instant,
) -> Result<Option<(Open, Currency)>, MoneyError> {
    let (Some(book), Some(state)) = (world.book(book), world.item(item)) else {
        return Ok(None);
    };
    let (Some(pooled), Some(listing)) = (&state.pool, state.listing(at)) else {
        return Ok(None);
    };
    let goods = Goods {
        item,
        shop: listing.shop,
        category: listing.category.as_deref(),
        price: pooled.terms.paid(),
        currency: pooled.terms.currency,
        at,
    };
    let shelves = [ShelfId::of_item(item), ShelfId::of_shop(listing.shop)];
    let shelves: Vec<_> = shelves
        .iter()
        .filter_map(|shelf| world.shelf(*shelf))
        .map(AsRef::as_ref)
        .collect();
    let formula = book.formula(&listing.platform, at).map(|formula| &formula.terms);
    let open = open(&takers(world, party, at), &goods, &shelves, formula)?;
    Ok(open.rule.map(|_| (open, goods.currency)))
}

/// A party and those above it by their contracts at an instant, nearest first.
fn takers(world: &World, party: PartyId, at: Instant) -> Vec<PartyId> {
    let mut takers = vec![party];
    let mut member = party;
    while takers.len() < MOST_TAKERS {
        let contract = world
            .party(member)
            .and_then(|state| state.contract(ContractScope::Cps, at));
        let Some(contract) = contract.filter(|contract| !takers.contains(&contract.upper)) else {
            break;
        };
        takers.push(contract.upper);
        member = contract.upper;
    }
    takers
}

/// What a unit of an offer would leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarkUp {
    /// Of the amounts.
    pub currency: Currency,
    /// Sold for.
    pub sold: Minor,
    /// As what it is bought.
    pub by: PriceKind,
    /// Bought for.
    pub cost: Minor,
    /// Freight of a unit; none: not known.
    pub freight: Option<Minor>,
    /// Fees of the price.
    pub fees: Minor,
    /// What refunds would take of the rest.
    pub refunds: Minor,
    /// What is left.
    pub margin: Minor,
}

/// What a unit of an offer would leave when a buyer pays `sold`: single pieces at the consignment price where they are sent,
/// else a unit of the smallest order that may be placed; of variants with prices of their own, the dearest.
pub fn mark_up(terms: &OfferTerms, sold: Minor, (fee_rate, refund_rate): (Rate, Rate)) -> Result<MarkUp, Refusal> {
    let by = if terms.dropship() {
        PriceKind::Consign
    } else {
        PriceKind::Wholesale
    };
    let batch = terms.batch.as_ref().map_or(1, |batch| batch.number.max(1));
    let quantity = match by {
        PriceKind::Consign => 1,
        _ => terms.min_order.max(1).div_ceil(batch).saturating_mul(batch),
    };
    let own_price = |sku: &&crate::domain::offer::Sku| match by {
        PriceKind::Consign => sku.consign_price,
        _ => sku.price,
    };
    let dearest = terms
        .skus
        .iter()
        .filter(|sku| own_price(sku).is_some())
        .max_by_key(own_price);
    let sku = dearest
        .filter(|_| terms.quote_by == QuoteBy::Sku || by == PriceKind::Consign)
        .map(|sku| &sku.sku);
    let priced = price_one(terms, by, sku, quantity)?;
    let cost = priced.lines.first().map_or(priced.goods, |line| line.unit_price);
    let part = |freight: Minor| Rounding::HalfUp.scale(freight, 1, i128::from(quantity));
    let freight = priced.freight.map(part).transpose()?;
    let fees = fee_rate.of(sold, Rounding::HalfUp)?;
    let before = sold.minus(cost)?.minus(freight.unwrap_or_default())?.minus(fees)?;
    // What is refunded earns nothing; what was lost on it stays lost.
    let refunds = if before.0 > 0 {
        refund_rate.of(before, Rounding::HalfUp)?
    } else {
        Minor::ZERO
    };
    Ok(MarkUp {
        currency: terms.currency,
        sold,
        by,
        cost,
        freight,
        fees,
        refunds,
        margin: before.minus(refunds)?,
    })
}
