//! Items in the pool: listing them, withdrawing them, and bringing what anybody earns on them up to date.
//! Must never hold a rule of a slice; only what joins them.

use super::{made, record};
use crate::base::{Instant, ItemId, PartyId, ShelfId};
use crate::domain::book::BookState;
use crate::domain::catalogue::{ItemListed, ItemState};
use crate::domain::command::Made;
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::pool::{self, Figures, PoolListed, PoolTerms};
use crate::domain::pooling::PoolCommand;
use crate::domain::pricing::{Goods, open};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::world::World;
use crate::money::{Minor, MoneyError, Rounding};

/// Decides a command about the pool.
pub(super) fn decide(asked: &PoolCommand, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Option<Made>, Refusal> {
    match asked {
        PoolCommand::List { item, terms } => list(*item, terms, book, scribe).map(Some),
        PoolCommand::Withdraw { item, reason } => {
            let state = scribe.world.item(*item).cloned().unwrap_or_default();
            if let Some(event) = pool::decide::withdraw(state.pool.as_ref(), *item, reason.clone())? {
                record(scribe, *item, Event::Pool(event));
            }
            Ok(Some(made([("item", item.to_string())])))
        }
        PoolCommand::Rate { items } => {
            for item in items {
                rate(*item, book, scribe)?;
            }
            Ok(Some(Made::default()))
        }
        _ => Ok(None),
    }
}

fn list(item: ItemId, terms: &PoolTerms, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.item(item).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("product"))?;
    if !book.opened.currencies.contains(&terms.currency) {
        return Err(Refusal::invalid("currency_not_booked", "the book has no such currency").at("/price/currency"));
    }
    pool::check(terms)?;
    let listing = state.listing(scribe.now).ok_or_else(|| Refusal::not_found("product"))?;
    let Some(owner) = brand(listing, scribe.world) else {
        let why = "register the product's shop first: its brand answers for what the pool shows";
        return Err(Refusal::conflict("shop_unknown", why).because_of(listing.shop));
    };
    let figures = figures(item, &state, terms, book, scribe.world, scribe.now)?;
    let listed = PoolListed {
        item,
        owner,
        terms: terms.clone(),
        figures,
    };
    if let Some(event) = pool::decide::list(state.pool.as_ref(), listed)? {
        record(scribe, item, Event::Pool(event));
    }
    Ok(made([("item", item.to_string())]))
}

fn brand(listing: &ItemListed, world: &World) -> Option<PartyId> {
    let shop = world.shop(listing.shop)?;
    shop.registered.as_ref().map(|registered| registered.brand)
}

fn rate(item: ItemId, book: &BookState, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let Some(state) = scribe.world.item(item).cloned() else {
        return Ok(());
    };
    let Some(pooled) = &state.pool else { return Ok(()) };
    let figures = figures(item, &state, &pooled.terms, book, scribe.world, scribe.now)?;
    if let Some(event) = pool::decide::rate(Some(pooled), item, figures, state.listings.len()) {
        record(scribe, item, Event::Pool(event));
    }
    Ok(())
}

/// What anybody would earn on a unit now.
fn figures(
    item: ItemId,
    state: &ItemState,
    terms: &PoolTerms,
    book: &BookState,
    world: &World,
    at: Instant,
) -> Result<Figures, Refusal> {
    let Some(listing) = state.listing(at) else {
        return Ok(Figures::default());
    };
    let goods = Goods {
        item,
        shop: listing.shop,
        category: listing.category.as_deref(),
        price: terms.paid(),
        currency: terms.currency,
        at,
    };
    let shelves = [ShelfId::of_item(item), ShelfId::of_shop(listing.shop)];
    let shelves: Vec<_> = shelves
        .iter()
        .filter_map(|shelf| world.shelf(*shelf))
        .map(AsRef::as_ref)
        .collect();
    let formula = book.formula(&listing.platform, at).map(|formula| &formula.terms);
    let found = open(&[], &goods, &shelves, formula)?;
    let rounding = formula.map_or(Rounding::HalfUp, |formula| formula.rounding);
    let freight = terms.freight.unwrap_or(Minor::ZERO);
    let (fees, refunds, margin) = match (found.commission, found.left) {
        (Some(commission), Some(left)) => {
            let rate = terms.refund_rate.unwrap_or_default();
            let refunds = rate.of(left, rounding)?;
            let margin: Result<Minor, MoneyError> = left.minus(refunds).and_then(|rest| rest.minus(freight));
            (commission.minus(left)?, refunds, Some(margin?))
        }
        _ => (Minor::ZERO, Minor::ZERO, None),
    };
    let listings = state
        .listings
        .iter()
        .map(|listing| listing.from)
        .filter(|from| *from > at);
    let formulas = book
        .formulas
        .iter()
        .map(|formula| formula.effective_from)
        .filter(|from| *from > at);
    Ok(Figures {
        rule: found.rule,
        rate: found.rate,
        commission: found.commission,
        fees,
        refunds,
        freight,
        margin,
        until: found.until.into_iter().chain(listings).chain(formulas).min(),
    })
}

/// Streams that a command about the pool needs: the item, then its shop and the rules of both.
pub(super) fn needs(asked: &PoolCommand, world: &World) -> Vec<StreamId> {
    let items: &[ItemId] = match asked {
        PoolCommand::List { item, .. } | PoolCommand::Withdraw { item, .. } => std::slice::from_ref(item),
        PoolCommand::Rate { items } => items,
        _ => &[],
    };
    let mut wanted: Vec<StreamId> = Vec::new();
    for item in items {
        wanted.extend::<[StreamId; 2]>([(*item).into(), ShelfId::of_item(*item).into()]);
        for listing in world.item(*item).into_iter().flat_map(|state| &state.listings) {
            wanted.extend::<[StreamId; 2]>([listing.shop.into(), ShelfId::of_shop(listing.shop).into()]);
        }
    }
    wanted
}
