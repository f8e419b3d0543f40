//! The head row of a log: where the log stands, who may write next.
//! Must never be read for a decision without its lock.

use tokio_postgres::{Client, Row};

use super::error::{Error, Result};
use super::statements::{Statements, text};
use super::tree::Tree;
use crate::base::{BookId, Instant, LogId};

/// Where a log stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Which log.
    pub log: LogId,
    /// Its book.
    pub book: BookId,
    /// 0: the money log; 1, 2, …: click logs.
    pub shard: i32,
    /// The book is a sandbox.
    pub sandbox: bool,
    /// Position of the last event.
    pub position: i64,
    /// Changes when derived rows were replaced under everybody's feet: empty every cache.
    pub generation: i64,
    /// Time of recording of the last event.
    pub recorded_at: Instant,
    /// The tree of all leaves.
    pub tree: Tree,
    /// Root as kept; equals that of the tree unless somebody tampered.
    pub root: Vec<u8>,
    /// The log that took this one's place: this one takes no more events.
    pub successor: Option<LogId>,
}

/// Takes the head's lock until the transaction ends. None: no such log.
pub async fn lock(client: &Client, statements: &Statements, log: LogId) -> Result<Option<Head>> {
    let row = client.query_opt(&statements.head_lock, &[&log.0]).await?;
    row.map(|row| head(log, &row)).transpose()
}

/// Reads the head without a lock, for reports and checks.
pub async fn read(client: &Client, log: LogId) -> Result<Option<Head>> {
    let row = client.query_opt(text::head_read, &[&log.0]).await?;
    row.map(|row| head(log, &row)).transpose()
}

/// The database's time. INVARIANT: read in a statement after the lock, so that it is not before another writer's.
pub async fn clock(client: &Client, statements: &Statements) -> Result<Instant> {
    let row = client.query_one(&statements.clock, &[]).await?;
    Ok(Instant::from_utc(row.try_get(0)?))
}

/// The database's time, for reads.
pub async fn now(client: &Client) -> Result<Instant> {
    let row = client.query_one(text::clock, &[]).await?;
    Ok(Instant::from_utc(row.try_get(0)?))
}

/// Reads the head for a check. A frontier that is none of its position is told by false, the tree is then empty.
pub async fn read_unchecked(client: &Client, log: LogId) -> Result<Option<(Head, bool)>> {
    let Some(row) = client.query_opt(text::head_read, &[&log.0]).await? else {
        return Ok(None);
    };
    let tree = tree(&row);
    let readable = tree.is_ok();
    Ok(Some((with_tree(log, &row, tree.unwrap_or_default())?, readable)))
}

fn head(log: LogId, row: &Row) -> Result<Head> {
    with_tree(log, row, tree(row)?)
}

fn tree(row: &Row) -> Result<Tree> {
    let position: i64 = row.try_get(3)?;
    let size = u64::try_from(position).map_err(|_| Error::corrupt("a head stands before its first position"))?;
    Ok(Tree::decode(size, row.try_get(6)?)?)
}

fn with_tree(log: LogId, row: &Row, tree: Tree) -> Result<Head> {
    Ok(Head {
        log,
        book: BookId(row.try_get(0)?),
        shard: row.try_get(1)?,
        sandbox: row.try_get(2)?,
        position: row.try_get(3)?,
        generation: row.try_get(4)?,
        recorded_at: Instant::from_utc(row.try_get(5)?),
        tree,
        root: row.try_get(7)?,
        successor: row.try_get::<_, Option<uuid::Uuid>>(8)?.map(LogId),
    })
}
