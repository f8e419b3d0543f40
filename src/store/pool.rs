//! What the follower of the pool reads and where it stands.
//! Must never decide what anybody earns: the item does.

use std::collections::HashMap;

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::statements::text;
use super::{Error, cursors, load};
use crate::base::{BookId, Instant, ItemId, LogId, PartyId, WatchId};
use crate::domain::flow::Recorded;
use crate::domain::stream::StreamId;
use crate::domain::world::Known;

/// A money log whose pool is to be rated anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Behind {
    /// The book.
    pub book: BookId,
    /// Its money log.
    pub log: LogId,
    /// Rules up to here are counted.
    pub after: i64,
    /// Position of the last rule.
    pub up_to: i64,
    /// What is due by then.
    pub now: Instant,
}

/// Money logs in which rules were told that the pool does not count yet, or figures are due.
pub async fn behind(client: &Client) -> Result<Vec<Behind>, Error> {
    let rows = client.query(text::pool_behind, &[]).await?;
    let read = |row: &Row| -> Result<Behind, Error> {
        Ok(Behind {
            book: BookId(row.try_get(0)?),
            log: LogId(row.try_get(1)?),
            after: row.try_get(2)?,
            up_to: row.try_get(3)?,
            now: Instant::from_utc(row.try_get(4)?),
        })
    };
    rows.iter().map(read).collect()
}

/// The next items that may earn something else, by item, after one.
pub async fn stale(client: &Client, log: &Behind, after: Uuid, most: i64) -> Result<Vec<ItemId>, Error> {
    let now = log.now.utc();
    let rows = client
        .query(
            text::pool_stale,
            &[&log.log.0, &log.after, &log.up_to, &now, &after, &most],
        )
        .await?;
    rows.iter().map(|row| Ok(ItemId(row.try_get(0)?))).collect()
}

/// Every item was held against rules up to here.
pub async fn advance(client: &Client, log: LogId, position: i64) -> Result<(), Error> {
    cursors::advance(client, log, "pool", position).await
}

/// A money log in which entries of the pool changed since watches were held against them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The book.
    pub book: BookId,
    /// Its money log.
    pub log: LogId,
    /// Entries up to here are looked at.
    pub after: i64,
    /// Position of the last change.
    pub up_to: i64,
}

/// Money logs whose watches are to be looked at.
pub async fn moved(client: &Client) -> Result<Vec<Moved>, Error> {
    let rows = client.query(text::watch_behind, &[]).await?;
    let read = |row: &Row| -> Result<Moved, Error> {
        Ok(Moved {
            book: BookId(row.try_get(0)?),
            log: LogId(row.try_get(1)?),
            after: row.try_get(2)?,
            up_to: row.try_get(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The next watches that may fire, by watch, after one.
pub async fn watches(client: &Client, log: &Moved, after: Uuid, most: i64) -> Result<Vec<WatchId>, Error> {
    let rows = client
        .query(text::watch_moved, &[&log.log.0, &log.after, &log.up_to, &after, &most])
        .await?;
    rows.iter().map(|row| Ok(WatchId(row.try_get(0)?))).collect()
}

/// Every watch was held against entries up to here.
pub async fn watched(client: &Client, log: LogId, position: i64) -> Result<(), Error> {
    cursors::advance(client, log, "watch", position).await
}

/// The folds of streams, and of parties with every party above them, as they stand now.
pub async fn folds(
    client: &Client,
    log: LogId,
    streams: &[StreamId],
    uppers: &[PartyId],
) -> Result<HashMap<StreamId, Known>, Error> {
    let ids: Vec<Uuid> = streams.iter().map(|stream| stream.id).collect();
    let above: Vec<Uuid> = uppers.iter().map(|party| party.uuid()).collect();
    let rows = client.query(text::load_streams, &[&log.0, &ids, &above]).await?;
    let events: Vec<Recorded> = rows
        .iter()
        .map(|row| load::recorded(log, row))
        .collect::<Result<_, _>>()?;
    Ok(load::fold(streams.iter().copied(), &events))
}
