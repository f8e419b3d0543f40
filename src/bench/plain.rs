//! The anchor of single writes: a plain SQL function that posts the same events with the same legs, one call a
//! transaction, at its best concurrency.
//! It must never be given less durability or fewer legs than the service had.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use super::stat::Stretch;
use crate::base::LogId;
use crate::store::{Error, Result, connect};

/// An event as the service posted it.
pub struct Posted {
    stream: Uuid,
    version: i64,
    kind: String,
    payload: String,
    accounts: Vec<String>,
    amounts: Vec<i64>,
}

/// Makes tables and function.
pub async fn set_up(owner: &Client) -> std::result::Result<(), tokio_postgres::Error> {
    for statement in [
        include_str!("sql/plain_setup.sql"),
        include_str!("sql/plain_fact_table.sql"),
        include_str!("sql/plain_entry_table.sql"),
        include_str!("sql/plain_entry_index.sql"),
        include_str!("sql/plain_balance_table.sql"),
        include_str!("sql/plain_function.sql"),
    ] {
        owner.batch_execute(statement).await?;
    }
    Ok(())
}

/// What the service posted in `(after, up_to]`.
pub async fn posted(client: &Client, log: LogId, after: i64, up_to: i64) -> Result<Vec<Posted>> {
    let sql = include_str!("sql/posted_events.sql");
    let rows = client.query(sql, &[&log.0, &after, &up_to]).await?;
    let posted = rows.iter().map(|row| {
        Ok(Posted {
            stream: row.try_get(0)?,
            version: row.try_get(1)?,
            kind: row.try_get(2)?,
            payload: row.try_get(3)?,
            accounts: row.try_get(4)?,
            amounts: row.try_get(5)?,
        })
    });
    posted.collect()
}

/// Posts events over `connections` connections until the time is over or all are posted.
pub async fn run(url: &str, connections: usize, time: Duration, events: Arc<Vec<Posted>>) -> Result<Stretch> {
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(connect::connect(url, connect::TakeRole::Login).await?);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for client in clients {
        workers.spawn(caller(client, begun + time, Arc::clone(&next), Arc::clone(&events)));
    }
    let mut all = Stretch::default();
    while let Some(worker) = workers.join_next().await {
        all.join(worker.map_err(|error| Error::setup(format!("a caller ended early: {error}")))??);
    }
    all.took = begun.elapsed();
    Ok(all)
}

async fn caller(client: Client, until: Instant, next: Arc<AtomicUsize>, events: Arc<Vec<Posted>>) -> Result<Stretch> {
    let post = client.prepare(include_str!("sql/plain_post.sql")).await?;
    let mut stretch = Stretch::default();
    while Instant::now() < until {
        let Some(e) = events.get(next.fetch_add(1, Ordering::Relaxed)) else {
            break;
        };
        let sent = Instant::now();
        client
            .execute(
                &post,
                &[&e.stream, &e.version, &e.kind, &e.payload, &e.accounts, &e.amounts],
            )
            .await?;
        let micros = u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX);
        stretch.micros.push(micros);
        stretch.done += 1;
    }
    Ok(stretch)
}
