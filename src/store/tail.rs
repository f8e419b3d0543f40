//! Events in order of position: streamed for folds and exports, by pages for `GET /v1/events`.
//! Must never hold more than one row of a stream in memory.

use futures_util::{Stream, StreamExt};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::error::Result;
use super::load::recorded;
use super::statements::text;
use crate::base::{EventId, Instant, LogId};
use crate::domain::flow::Recorded;
use crate::domain::stream::StreamId;

/// Streams the events after a position up to another, both of which may lie beyond the log.
pub async fn read(
    client: &Client,
    log: LogId,
    after: i64,
    through: i64,
) -> Result<impl Stream<Item = Result<Recorded>> + use<>> {
    let params: [&(dyn ToSql + Sync); 3] = [&log.0, &after, &through];
    let rows = client.query_raw(text::event_range, params).await?;
    Ok(rows.map(move |row| recorded(log, &row?)))
}

/// An event as the API shows it. Position and version stay below 2^53 for longer than any log will live.
#[derive(Debug, Serialize)]
pub struct EventView {
    /// Which log.
    pub log: LogId,
    /// Position in it.
    pub position: i64,
    /// Id.
    pub id: EventId,
    /// Whose stream.
    pub stream: StreamId,
    /// Version in it.
    pub version: i64,
    /// Wire name.
    pub kind: String,
    /// Schema version of the payload.
    pub schema: i16,
    /// Business time.
    pub occurred_at: Instant,
    /// Time of recording.
    pub recorded_at: Instant,
    /// Who asked.
    pub actor: Box<RawValue>,
    /// Idempotency key of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The event that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// Correlation id of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// What happened: the bytes that were hashed.
    pub payload: Box<RawValue>,
    /// Leaf hash in hexadecimal.
    pub leaf: String,
}

/// The events after a position, at most `limit`.
pub async fn page(client: &Client, log: LogId, after: i64, limit: i64) -> Result<Vec<EventView>> {
    let rows = client.query(text::event_page, &[&log.0, &after, &limit]).await?;
    rows.iter().map(|row| view(log, row)).collect()
}

fn view(log: LogId, row: &Row) -> Result<EventView> {
    let Recorded {
        stream,
        placed,
        causation,
        ..
    } = recorded(log, row)?;
    Ok(EventView {
        log,
        position: placed.position,
        id: placed.id,
        stream,
        version: placed.version,
        kind: row.try_get(5)?,
        schema: row.try_get(6)?,
        occurred_at: placed.occurred_at,
        recorded_at: placed.recorded_at,
        actor: RawValue::from_string(row.try_get(11)?)?,
        key: row.try_get(12)?,
        causation,
        correlation: row.try_get(13)?,
        payload: RawValue::from_string(row.try_get(10)?)?,
        leaf: hex::encode(row.try_get::<_, &[u8]>(14)?),
    })
}
