//! Decisions of the pool: an item is listed, its figures are brought up to date, it is withdrawn.
//! Must never record what changes nothing.

use super::event::{Figures, PoolEvent, PoolListed, PoolRated, PoolTerms, PoolWithdrawn};
use super::state::Pooled;
use crate::base::ItemId;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::Minor;

/// Refuses terms that cannot be meant.
pub fn check(terms: &PoolTerms) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    let negative = |amount: &Minor| amount.0 < 0;
    wrong.when(
        terms.price.0 <= 0,
        "/price",
        "amount_sign",
        "a price is more than nothing",
    );
    wrong.when(
        terms
            .coupon_price
            .is_some_and(|coupon| coupon.0 <= 0 || coupon > terms.price),
        "/coupon_price",
        "amount_sign",
        "what is paid after the coupon lies between nothing and the price",
    );
    wrong.when(
        terms.freight.as_ref().is_some_and(negative),
        "/freight",
        "amount_sign",
        "freight is not negative",
    );
    wrong.when(
        terms.score.is_some_and(|score| score > 5_000),
        "/score",
        "number_form",
        "a score lies between 0 and 5",
    );
    wrong.when(
        terms.min_order == Some(0),
        "/min_order",
        "number_form",
        "the least quantity is at least one",
    );
    wrong.when(
        terms.ships_within == Some(0),
        "/ships_within",
        "number_form",
        "dispatch takes at least an hour",
    );
    wrong.check()
}

/// Lists an item, or changes what is published of it; the same again is no event.
pub fn list(standing: Option<&Pooled>, listed: PoolListed) -> Result<Option<PoolEvent>, Refusal> {
    check(&listed.terms)?;
    let same = standing.is_some_and(|pooled| {
        pooled.listed
            && pooled.owner == listed.owner
            && pooled.terms == listed.terms
            && pooled.figures == listed.figures
    });
    Ok((!same).then(|| PoolEvent::Listed(Box::new(listed))))
}

/// Brings the figures of a listed item up to date. What is due, or whose listing changed, is noted even when the figures
/// came out the same: it is not due any more.
pub fn rate(standing: Option<&Pooled>, item: ItemId, figures: Figures, listings: usize) -> Option<PoolEvent> {
    let pooled = standing.filter(|pooled| pooled.listed)?;
    let same = pooled.figures == figures && pooled.listings == listings;
    (!same).then(|| PoolEvent::Rated(Box::new(PoolRated { item, figures })))
}

/// Takes an item out of the pool; one that is not shown stays as it is.
pub fn withdraw(standing: Option<&Pooled>, item: ItemId, reason: Option<String>) -> Result<Option<PoolEvent>, Refusal> {
    let unfit = |text: &String| text.is_empty() || text.chars().count() > 1_000 || text.chars().any(char::is_control);
    if reason.as_ref().is_some_and(unfit) {
        return Err(Refusal::invalid("text_length", "write 1 to 1,000 characters").at("/reason"));
    }
    match standing {
        None => Err(Refusal::not_found("pool entry")),
        Some(pooled) if !pooled.listed => Ok(None),
        Some(_) => Ok(Some(PoolEvent::Withdrawn(PoolWithdrawn { item, reason }))),
    }
}
