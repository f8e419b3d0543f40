//! Replay alone: the log streamed, decoded and folded; beside it the same stream with one field of its JSON decoded.
//! It must never write.

use std::collections::HashMap;
use std::time::Instant as Clock;

use futures_util::TryStreamExt;
use serde::Deserialize;
use tokio_postgres::{Client, Row, RowStream};

use super::BenchError;
use super::stat::Stretch;
use crate::base::{EventId, Instant, LogId};
use crate::domain::event::Event;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Known, Placed};

async fn stream(client: &Client, log: LogId) -> Result<RowStream, BenchError> {
    Ok(client.query_raw(include_str!("sql/replay.sql"), [&log.0]).await?)
}

/// Decodes and folds every event.
pub async fn fold(client: &Client, log: LogId) -> Result<Stretch, BenchError> {
    let begun = Clock::now();
    let rows = stream(client, log).await?;
    futures_util::pin_mut!(rows);
    let mut folds: HashMap<StreamId, Known> = HashMap::new();
    let mut done = 0;
    while let Some(row) = rows.try_next().await? {
        let (stream, placed) = place(log, &row)?;
        let event = Event::decode(row.try_get(5)?, row.try_get(6)?, row.try_get(10)?).map_err(BenchError::other)?;
        folds.entry(stream).or_insert(Known::ABSENT).evolve(&event, &placed);
        done += 1;
    }
    Ok(Stretch::rows(done, begun.elapsed()))
}

#[derive(Deserialize)]
struct OneField {
    #[serde(default)]
    state: Option<String>,
}

/// The anchor: the same rows, one field of the JSON decoded, nothing kept.
pub async fn decode(client: &Client, log: LogId) -> Result<Stretch, BenchError> {
    let begun = Clock::now();
    let rows = stream(client, log).await?;
    futures_util::pin_mut!(rows);
    let (mut done, mut applied) = (0, 0_u64);
    while let Some(row) = rows.try_next().await? {
        let payload: &str = row.try_get(10)?;
        let decoded: OneField = serde_json::from_str(payload).map_err(BenchError::other)?;
        applied += u64::from(decoded.state.as_deref() == Some("applied"));
        done += 1;
    }
    std::hint::black_box(applied);
    Ok(Stretch::rows(done, begun.elapsed()))
}

fn place(log: LogId, row: &Row) -> Result<(StreamId, Placed), BenchError> {
    let slice = Slice::from_code(row.try_get(2)?).ok_or_else(|| BenchError::Other("an unknown slice".to_owned()))?;
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
