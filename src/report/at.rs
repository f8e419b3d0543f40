//! As of when a read answers: a position of the log, or the last position recorded by an instant (decision B11).
//! Must never answer as of a position that is not written yet.

use std::str::FromStr;

use chrono::NaiveDate;
use tokio_postgres::Client;

use super::{ReportError, Statement, sql};
use crate::base::{Instant, LogId};
use crate::domain::book::{BookMode, BookState};

pub(super) const SQL: &[Statement] = &[sql!("log_head"), sql!("position_at")];

/// As of when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum At {
    /// As it stands.
    #[default]
    Now,
    /// After the event at this position.
    Position(i64),
    /// After the last event recorded by this instant.
    Instant(Instant),
    /// After the last event recorded by the end of this day of the book's zone.
    Day(NaiveDate),
}

/// A position, a day such as `2026-07-05` (its end), or an instant.
impl FromStr for At {
    type Err = ReportError;
    fn from_str(text: &str) -> Result<At, ReportError> {
        if let Ok(position) = text.parse() {
            return Ok(At::Position(position));
        }
        if let Ok(day) = text.parse() {
            return Ok(At::Day(day));
        }
        let wrong = "a moment: a position, a day such as 2026-07-05 (its end), or an instant";
        text.parse().map(At::Instant).map_err(|_| ReportError::Needs(wrong))
    }
}

/// Where a log stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Last position written.
    pub position: i64,
    /// Raised when derived rows were replaced.
    pub generation: i64,
    /// Time of the last event.
    pub recorded_at: Instant,
}

/// Where a log stands; none for a log that does not exist.
pub async fn head(client: &Client, log: LogId) -> Result<Head, ReportError> {
    let row = client.query_opt(include_str!("sql/log_head.sql"), &[&log.0]).await?;
    let row = row.ok_or(ReportError::NotFound)?;
    Ok(Head {
        position: row.get(0),
        generation: row.get(1),
        recorded_at: Instant::from_utc(row.get(2)),
    })
}

/// The book's time where it is not the database's: a sandbox lives by its own clock.
pub(super) async fn clock(client: &Client, log: LogId, book: &BookState) -> Result<Option<Instant>, ReportError> {
    if book.opened.mode != BookMode::Sandbox {
        return Ok(None);
    }
    let stands = head(client, log).await?.recorded_at;
    Ok(Some(book.clock.map_or(stands, |clock| clock.max(stands))))
}

/// The position that `at` means.
pub async fn position(client: &Client, log: LogId, at: At) -> Result<i64, ReportError> {
    let head = head(client, log).await?.position;
    match at {
        At::Now => Ok(head),
        At::Position(asked) if asked > head || asked < 0 => Err(ReportError::Ahead { asked, head }),
        At::Position(asked) => Ok(asked),
        At::Instant(instant) => by(client, log, instant).await,
        At::Day(day) => {
            let zone = super::streams::book(client, log, head).await?.opened.zone;
            let next = zone.midnight(day.succ_opt().unwrap_or(day));
            let last = Instant::from_micros(next.micros().saturating_sub(1)).unwrap_or(next);
            by(client, log, last).await
        }
    }
}

/// The last position recorded by an instant.
async fn by(client: &Client, log: LogId, instant: Instant) -> Result<i64, ReportError> {
    let row = client
        .query_one(include_str!("sql/position_at.sql"), &[&log.0, &instant.utc()])
        .await?;
    Ok(row.get(0))
}
