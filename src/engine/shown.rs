//! What the pool tells a party beyond the entry itself: the rule that its order would take now, and what an offer would leave.
//! Must never write, and never decide anything that a later order depends on.

use std::collections::BTreeSet;

use super::{Engine, EngineError, not_started};
use crate::base::{BookId, Instant, ItemId, OfferId, PartyId, RuleId, ShelfId};
use crate::domain::book::BookMode;
use crate::domain::flow::shown::{self, MarkUp};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::world::World;
use crate::money::{Currency, Minor, Rate};
use crate::store;

/// The rule that an order of a party would take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolRule {
    /// Which.
    pub rule: RuleId,
    /// Its version.
    pub version: u32,
    /// Its shown rate.
    pub rate: Rate,
    /// Commission of a unit.
    pub commission: Minor,
    /// What fees leave of it.
    pub left: Minor,
    /// It ends after so many units, or so much commission.
    pub limited: bool,
    /// Of the amounts.
    pub currency: Currency,
}

impl Engine {
    /// The best rule for a party on an item of the pool, now.
    pub async fn best_rule(&self, book: BookId, item: ItemId, party: PartyId) -> Result<Option<PoolRule>, EngineError> {
        let first = [book.into(), item.into(), ShelfId::of_item(item).into()];
        let (mut world, now) = self.look_up(book, &first, &[party]).await?;
        let shops: BTreeSet<_> = world
            .item(item)
            .into_iter()
            .flat_map(|state| &state.listings)
            .map(|l| l.shop)
            .collect();
        let further: Vec<StreamId> = shops
            .into_iter()
            .flat_map(|shop| [shop.into(), ShelfId::of_shop(shop).into()])
            .collect();
        let (more, _) = self.look_up(book, &further, &[]).await?;
        for stream in further {
            if let Some(known) = more.get(stream) {
                world.tell(stream, known.clone());
            }
        }
        // A sandbox stands where its clock was moved to.
        let moved = world
            .book(book)
            .filter(|state| state.opened.mode == BookMode::Sandbox)
            .and_then(|state| state.clock);
        let found = shown::best_rule(&world, book, item, party, moved.unwrap_or(now)).map_err(Refusal::from)?;
        Ok(found.and_then(|(open, currency)| {
            Some(PoolRule {
                rule: open.rule?,
                version: open.version,
                rate: open.rate?,
                commission: open.commission?,
                left: open.left?,
                limited: open.limited,
                currency,
            })
        }))
    }

    /// What a unit of an offer would leave when a buyer pays `sell_at` for it.
    pub async fn mark_up(
        &self,
        book: BookId,
        offer: OfferId,
        sell_at: &str,
        rates: (Rate, Rate),
    ) -> Result<MarkUp, EngineError> {
        let (world, _) = self.look_up(book, &[offer.into()], &[]).await?;
        let terms = world.offer(offer).and_then(|state| state.terms.clone());
        let terms = terms.ok_or_else(|| Refusal::not_found("offer"))?;
        let sold = Minor::parse(sell_at, terms.currency).map_err(|error| Refusal::from(error).at("sell_at"))?;
        Ok(shown::mark_up(&terms, sold, rates)?)
    }

    async fn look_up(
        &self,
        book: BookId,
        streams: &[StreamId],
        uppers: &[PartyId],
    ) -> Result<(World, Instant), EngineError> {
        let client = self.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        let logs = store::books::of_book(&client, book)
            .await
            .map_err(not_started)?
            .ok_or(EngineError::NoBook)?;
        let head = store::head::read(&client, logs.money)
            .await
            .map_err(not_started)?
            .ok_or(EngineError::NoBook)?;
        let known = store::pool::folds(&client, logs.money, streams, uppers)
            .await
            .map_err(not_started)?;
        let mut world = World::default();
        for (stream, known) in known {
            world.tell(stream, known);
        }
        let now = if head.sandbox {
            head.recorded_at
        } else {
            head.recorded_at.max(Instant::from_utc(chrono::Utc::now()))
        };
        Ok((world, now))
    }
}
