//! Events of streams as rows give them: the columns every such statement selects, decoded and placed.
//! Must never skip an event that it cannot read.

use std::collections::HashMap;

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{ReportError, Statement, sql};
use crate::base::{EventId, Instant, LogId};
use crate::domain::book::BookState;
use crate::domain::event::Event;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Entity, Known, Placed};

pub(super) const SQL: &[Statement] = &[
    sql!("stream_events"),
    sql!("streams_events"),
    sql!("book_events"),
    sql!("event_at"),
];

/// A stored event with its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Stored {
    /// Id inside its slice.
    pub stream: Uuid,
    /// Number of its slice.
    pub slice: i16,
    /// Where and when.
    pub placed: Placed,
    /// Wire name.
    pub kind: String,
    /// What.
    pub event: Event,
}

/// Reads `stream, slice, position, version, id, kind, schema, occurred_at, recorded_at, payload` from column `at` on.
pub(super) fn stored(log: LogId, row: &Row, at: usize) -> Result<Stored, ReportError> {
    let kind: String = row.get(at + 5);
    let event = Event::decode(&kind, row.get(at + 6), row.get(at + 9))?;
    Ok(Stored {
        stream: row.get(at),
        slice: row.get(at + 1),
        placed: Placed {
            log,
            position: row.get(at + 2),
            version: row.get(at + 3),
            id: EventId(row.get(at + 4)),
            occurred_at: Instant::from_utc(row.get(at + 7)),
            recorded_at: Instant::from_utc(row.get(at + 8)),
        },
        kind,
        event,
    })
}

/// The events of one stream up to a position, oldest first.
pub(super) async fn events(
    client: &Client,
    log: LogId,
    stream: StreamId,
    position: i64,
) -> Result<Vec<Stored>, ReportError> {
    let rows = client
        .query(include_str!("sql/stream_events.sql"), &[&log.0, &stream.id, &position])
        .await?;
    let ours = rows.iter().map(|row| stored(log, row, 0));
    let all: Vec<Stored> = ours.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|e| e.slice == stream.slice.code()).collect())
}

/// The folds of some streams of one slice as they stand, read at once.
pub(super) async fn folds(
    client: &Client,
    log: LogId,
    slice: Slice,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Entity>, ReportError> {
    let sql = include_str!("sql/streams_events.sql");
    let mut known: HashMap<Uuid, Known> = HashMap::new();
    for row in client.query(sql, &[&log.0, &ids, &slice.code()]).await? {
        let stored = stored(log, &row, 0)?;
        let fold = known.entry(stored.stream).or_insert(Known::ABSENT);
        fold.evolve(&stored.event, &stored.placed);
    }
    let folded = known.into_iter().filter_map(|(id, known)| Some((id, known.entity?)));
    Ok(folded.collect())
}

/// The fold of events of one stream; none for a stream that does not exist.
pub(super) fn fold(events: &[Stored]) -> Option<Entity> {
    let mut known = Known::ABSENT;
    for stored in events {
        known.evolve(&stored.event, &stored.placed);
    }
    known.entity
}

/// The book's own events up to a position. Its stream is short.
pub(super) async fn book_events(client: &Client, log: LogId, position: i64) -> Result<Vec<Stored>, ReportError> {
    let rows = client
        .query(include_str!("sql/book_events.sql"), &[&log.0, &position])
        .await?;
    rows.iter().map(|row| stored(log, row, 0)).collect()
}

/// The fold of the book's own events.
pub(super) fn book_of(events: &[Stored]) -> Result<BookState, ReportError> {
    match fold(events) {
        Some(Entity::Book(book)) => Ok(BookState::clone(&book)),
        _ => Err(ReportError::NotFound),
    }
}

/// The book as it stood at a position.
pub(super) async fn book(client: &Client, log: LogId, position: i64) -> Result<BookState, ReportError> {
    book_of(&book_events(client, log, position).await?)
}

/// The event at a position.
pub(super) async fn event_at(client: &Client, log: LogId, position: i64) -> Result<Stored, ReportError> {
    let row = client
        .query_opt(include_str!("sql/event_at.sql"), &[&log.0, &position])
        .await?;
    stored(log, &row.ok_or(ReportError::NotFound)?, 0)
}
