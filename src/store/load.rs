//! What a batch reads under its head's lock: streams, clicks, balances, receipts. One statement a kind, whatever the batch.
//! Must never be called before the lock is had: a snapshot taken before the wait is stale.
//!
//! Each function sends its statement on the first poll, so several joined on one connection go out in one flush.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::error::{Error, Result};
use super::rows::owner_uuid;
use super::statements::Statements;
use crate::base::{ClickId, ContractId, EventId, Instant, LineId, LogId, PartyId};
use crate::domain::click::{Click, log_of};
use crate::domain::event::Event;
use crate::domain::flow::{ClickQuery, Clicks, Recorded, Sold, SoldQuery, Uncovered};
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Known, Placed};
use crate::ledger::BalanceKey;
use crate::money::{Currency, Minor};

/// Events of streams, and of parties with every party above them by contract; ordered by stream, then version.
/// Of a stream whose events carry the totals after them only the last.
pub async fn streams(
    client: &Client,
    statements: &Statements,
    log: LogId,
    streams: &[StreamId],
    uppers: &[PartyId],
) -> Result<Vec<Recorded>> {
    let of = |totals: bool| -> Vec<Uuid> {
        let chosen = streams.iter().filter(|s| s.slice.carries_totals() == totals);
        chosen.map(|stream| stream.id).collect()
    };
    let (whole, last) = (of(false), of(true));
    let uppers: Vec<Uuid> = uppers.iter().map(|party| party.uuid()).collect();
    let whole_rows = async {
        if whole.is_empty() && uppers.is_empty() {
            return Ok(Vec::new());
        }
        client.query(&statements.load_streams, &[&log.0, &whole, &uppers]).await
    };
    let last_rows = async {
        if last.is_empty() {
            return Ok(Vec::new());
        }
        client.query(&statements.load_last, &[&log.0, &last]).await
    };
    let (whole_rows, last_rows) = futures_util::join!(whole_rows, last_rows);
    let (whole_rows, last_rows) = (whole_rows?, last_rows?);
    whole_rows
        .iter()
        .chain(&last_rows)
        .map(|row| recorded(log, row))
        .collect()
}

/// Reads the columns position, id, slice, stream, version, kind, schema, occurred_at, recorded_at, causation, payload.
pub(super) fn recorded(log: LogId, row: &Row) -> Result<Recorded> {
    let (stream, placed) = place(log, row)?;
    Ok(Recorded {
        stream,
        placed,
        event: Event::decode(row.try_get(5)?, row.try_get(6)?, row.try_get(10)?)?,
        causation: row.try_get::<_, Option<Uuid>>(9)?.map(EventId),
    })
}

/// The stream and the place of the same columns, whatever the payload is.
pub(super) fn place(log: LogId, row: &Row) -> Result<(StreamId, Placed)> {
    let slice: i16 = row.try_get(2)?;
    let slice = Slice::from_code(slice).ok_or_else(|| Error::corrupt(format!("unknown slice {slice}")))?;
    let stream = StreamId {
        slice,
        id: row.try_get(3)?,
    };
    let placed = Placed {
        log,
        position: row.try_get(0)?,
        version: row.try_get(4)?,
        id: EventId(row.try_get(1)?),
        occurred_at: Instant::from_utc(row.try_get(7)?),
        recorded_at: Instant::from_utc(row.try_get(8)?),
    };
    Ok((stream, placed))
}

/// Folds loaded events. Every stream asked for gets an answer, if only that it does not exist.
pub fn fold(asked: impl IntoIterator<Item = StreamId>, events: &[Recorded]) -> HashMap<StreamId, Known> {
    let mut known: HashMap<StreamId, Known> = asked.into_iter().map(|stream| (stream, Known::ABSENT)).collect();
    for recorded in events {
        let entry = known.entry(recorded.stream).or_insert(Known::ABSENT);
        entry.evolve(&recorded.event, &recorded.placed);
    }
    known
}

/// The last click on the item and the last on the shop for each query. `click_logs` are the book's, in order of shards.
/// Every query gets an answer, if only an empty one.
pub async fn clicks(
    client: &Client,
    statements: &Statements,
    click_logs: &[LogId],
    queries: &[ClickQuery],
) -> Result<Clicks> {
    let mut answer: Clicks = queries.iter().map(|query| (query.line, Vec::new())).collect();
    let count = u32::try_from(click_logs.len()).unwrap_or(u32::MAX);
    if queries.is_empty() || count == 0 {
        return Ok(answer);
    }
    let log_of_query = |query: &ClickQuery| {
        let shard = log_of(query.buyer, count) as usize;
        click_logs.get(shard).map(|log| log.0).unwrap_or_default()
    };
    let logs: Vec<Uuid> = queries.iter().map(log_of_query).collect();
    let buyers: Vec<Uuid> = queries.iter().map(|query| query.buyer).collect();
    let items: Vec<Option<Uuid>> = queries.iter().map(|query| query.item.map(|id| id.0)).collect();
    let shops: Vec<Option<Uuid>> = queries.iter().map(|query| query.shop.map(|id| id.0)).collect();
    let from: Vec<DateTime<Utc>> = queries.iter().map(|query| query.from.utc()).collect();
    let before: Vec<DateTime<Utc>> = queries.iter().map(|query| query.before.utc()).collect();
    let rows = client
        .query(
            &statements.load_clicks,
            &[&logs, &buyers, &items, &shops, &from, &before],
        )
        .await?;
    for row in rows {
        let ordinal: i64 = row.try_get(0)?;
        let index = usize::try_from(ordinal - 1).unwrap_or(usize::MAX);
        let query = queries
            .get(index)
            .ok_or_else(|| Error::corrupt("a click without a query"))?;
        let click: Click = serde_json::from_str(row.try_get(1)?)?;
        answer.entry(query.line).or_default().push(click);
    }
    Ok(answer)
}

/// The pinned lines that a buyer bought of an item, for each query; every query gets an answer, if only an empty one.
pub async fn sold(client: &Client, statements: &Statements, log: LogId, queries: &[SoldQuery]) -> Result<Sold> {
    let mut answer: Sold = queries.iter().map(|query| (query.returns, Vec::new())).collect();
    if queries.is_empty() {
        return Ok(answer);
    }
    let buyers: Vec<Uuid> = queries.iter().map(|query| query.buyer).collect();
    let items: Vec<Uuid> = queries.iter().map(|query| query.item.0).collect();
    let rows = client.query(&statements.load_sold, &[&log.0, &buyers, &items]).await?;
    for row in rows {
        let ordinal: i64 = row.try_get(0)?;
        let index = usize::try_from(ordinal - 1).unwrap_or(usize::MAX);
        let query = queries
            .get(index)
            .ok_or_else(|| Error::corrupt("a line without a query"))?;
        answer.entry(query.returns).or_default().push(LineId(row.try_get(1)?));
    }
    Ok(answer)
}

/// What open contracts of brands are short of; every brand gets an answer, if only an empty one.
pub async fn uncovered(client: &Client, statements: &Statements, log: LogId, brands: &[PartyId]) -> Result<Uncovered> {
    let mut answer: Uncovered = brands.iter().map(|brand| (*brand, Vec::new())).collect();
    if brands.is_empty() {
        return Ok(answer);
    }
    let ids: Vec<Uuid> = brands.iter().map(|brand| brand.uuid()).collect();
    for row in client.query(&statements.load_uncovered, &[&log.0, &ids]).await? {
        let brand = PartyId::from_uuid(row.try_get(0)?).map_err(|_| Error::corrupt("a contract without a brand"))?;
        let currency: Currency = row
            .try_get::<_, &str>(2)?
            .parse()
            .map_err(|_| Error::corrupt("a contract in no currency"))?;
        let short = (ContractId(row.try_get(1)?), currency, Minor(row.try_get(3)?));
        answer.entry(brand).or_default().push(short);
    }
    Ok(answer)
}

/// Current balances of accounts, zero included.
pub async fn balances(
    client: &Client,
    statements: &Statements,
    log: LogId,
    keys: &[BalanceKey],
) -> Result<Vec<(BalanceKey, Minor)>> {
    let mut answer: Vec<(BalanceKey, Minor)> = keys.iter().map(|key| (*key, Minor::ZERO)).collect();
    if keys.is_empty() {
        return Ok(answer);
    }
    let owners: Vec<Uuid> = keys.iter().map(|(account, ..)| owner_uuid(account)).collect();
    let accounts: Vec<i16> = keys.iter().map(|(account, ..)| account.kind.code()).collect();
    let layers: Vec<i16> = keys.iter().map(|(_, layer, _)| layer.code()).collect();
    let currencies: Vec<&str> = keys.iter().map(|(.., currency)| currency.code()).collect();
    let rows = client
        .query(
            &statements.load_balances,
            &[&log.0, &owners, &accounts, &layers, &currencies],
        )
        .await?;
    for row in rows {
        let ordinal: i64 = row.try_get(0)?;
        let index = usize::try_from(ordinal - 1).unwrap_or(usize::MAX);
        let slot = answer
            .get_mut(index)
            .ok_or_else(|| Error::corrupt("a balance without a key"))?;
        slot.1 = Minor(row.try_get(1)?);
    }
    Ok(answer)
}

/// The answer that a key was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The party, or the book for book-wide roles.
    pub principal: String,
    /// The key.
    pub key: String,
    /// Of the command.
    pub fingerprint: Vec<u8>,
    /// Position of its last event.
    pub position: i64,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The answer, as JSON.
    pub answer: String,
}

/// Receipts of the keys asked for, those that exist.
pub async fn receipts(
    client: &Client,
    statements: &Statements,
    log: LogId,
    keys: &[(String, String)],
) -> Result<Vec<Receipt>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let principals: Vec<&str> = keys.iter().map(|(principal, _)| principal.as_str()).collect();
    let names: Vec<&str> = keys.iter().map(|(_, key)| key.as_str()).collect();
    let rows = client
        .query(&statements.receipt_find, &[&log.0, &principals, &names])
        .await?;
    rows.iter().map(receipt).collect()
}

pub(super) fn receipt(row: &Row) -> Result<Receipt> {
    Ok(Receipt {
        principal: row.try_get(0)?,
        key: row.try_get(1)?,
        fingerprint: row.try_get(2)?,
        position: row.try_get(3)?,
        recorded_at: Instant::from_utc(row.try_get(4)?),
        answer: row.try_get(5)?,
    })
}

/// Which of these clicks the log holds already.
pub async fn clicks_known(
    client: &Client,
    statements: &Statements,
    log: LogId,
    clicks: &[ClickId],
) -> Result<Vec<ClickId>> {
    if clicks.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = clicks.iter().map(|click| click.0).collect();
    let rows = client.query(&statements.clicks_known, &[&log.0, &ids]).await?;
    rows.iter().map(|row| Ok(ClickId(row.try_get(0)?))).collect()
}

/// The latest instant at which a line of the book is pinned (decision A4: history may be loaded before the first pin).
pub async fn latest_pin(client: &Client, statements: &Statements, log: LogId) -> Result<Option<Instant>> {
    let row = client.query_opt(&statements.latest_pin, &[&log.0]).await?;
    row.map(|row| Ok(Instant::from_utc(row.try_get(0)?))).transpose()
}

/// Streams that were touched after a position: what a cache has to forget when another server wrote.
pub async fn streams_since(
    client: &Client,
    statements: &Statements,
    log: LogId,
    position: i64,
) -> Result<Vec<StreamId>> {
    let rows = client.query(&statements.streams_since, &[&log.0, &position]).await?;
    rows.iter()
        .map(|row| {
            let slice: i16 = row.try_get(0)?;
            let slice = Slice::from_code(slice).ok_or_else(|| Error::corrupt(format!("unknown slice {slice}")))?;
            Ok(StreamId {
                slice,
                id: row.try_get(1)?,
            })
        })
        .collect()
}
