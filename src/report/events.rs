//! Events of a log in order of position, as the feed shows them.
//! Must never skip or change one: payloads are the bytes that were kept and hashed.

use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::{ReportError, Statement, sql};
use crate::base::{EventId, Instant, LogId};
use crate::domain::stream::{Slice, StreamId};

pub(super) const SQL: &[Statement] = &[sql!("events_after")];

/// An event of the money log.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    /// Position in the log, from 1, without gaps.
    pub position: i64,
    /// Id.
    pub id: String,
    /// Stream.
    pub stream: String,
    /// Version in the stream, from 1, without gaps.
    pub version: i64,
    /// Kind.
    pub kind: String,
    /// Schema version of the payload.
    pub schema: i16,
    /// Business time.
    pub occurred_at: String,
    /// Time of recording.
    pub recorded_at: String,
    /// Who.
    #[schema(value_type = Object)]
    pub actor: Box<RawValue>,
    /// Idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Event that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation: Option<String>,
    /// Correlation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Canonical payload, byte for byte as kept and hashed.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
    /// Leaf hash, hex.
    pub leaf: String,
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub struct EventsView {
    /// Events after the position asked for, in order.
    pub events: Vec<EventView>,
    /// Ask after this position next.
    pub after: i64,
    /// Where the log stands.
    pub position: i64,
}

/// Events after a position, up to one that is known to be written.
pub async fn events(
    client: &Client,
    log: LogId,
    after: i64,
    position: i64,
    limit: i64,
) -> Result<EventsView, ReportError> {
    let rows = client
        .query(
            include_str!("sql/events_after.sql"),
            &[&log.0, &after, &position, &limit],
        )
        .await?;
    let events = rows
        .iter()
        .map(event)
        .collect::<Option<Vec<_>>>()
        .ok_or(ReportError::Stored("event"))?;
    let next = events.last().map_or(after, |event| event.position);
    Ok(EventsView {
        events,
        after: next,
        position,
    })
}

fn event(row: &Row) -> Option<EventView> {
    let time = |column: usize| Instant::from_utc(row.get(column)).to_string();
    let raw = |column: usize| RawValue::from_string(row.get(column)).ok();
    Some(EventView {
        position: row.get(0),
        id: EventId(row.get(1)).to_string(),
        stream: StreamId {
            slice: Slice::from_code(row.get(2))?,
            id: row.get(3),
        }
        .to_string(),
        version: row.get(4),
        kind: row.get(5),
        schema: row.get(6),
        occurred_at: time(7),
        recorded_at: time(8),
        actor: raw(9)?,
        key: row.get(10),
        causation: row.get::<_, Option<uuid::Uuid>>(11).map(|id| EventId(id).to_string()),
        correlation: row.get(12),
        payload: raw(13)?,
        leaf: hex::encode(row.get::<_, &[u8]>(14)),
    })
}
