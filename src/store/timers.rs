//! Timer rows: what is due. They are derived from the streams that set them.
//! Must never be deleted here: a firing's event takes its row away.

use tokio_postgres::{Client, Row};

use super::Error;
use super::statements::text;
use crate::base::{BookId, Instant, TimerId};
use crate::domain::stream::{Slice, StreamId};

/// A timer whose time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueTimer {
    /// Whose book.
    pub book: BookId,
    /// Whose stream.
    pub stream: StreamId,
    /// Which.
    pub timer: TimerId,
    /// When it was due.
    pub due: Instant,
}

/// Due timers of live books, by due then id.
pub async fn due(client: &Client, most: i64) -> Result<Vec<DueTimer>, Error> {
    let rows = client.query(text::timers_due, &[&most]).await?;
    rows.iter().map(read).collect()
}

/// The timers of one book that are due first, up to an instant.
pub async fn next(client: &Client, book: BookId, until: Instant, most: i64) -> Result<Vec<DueTimer>, Error> {
    let rows = client.query(text::timers_next, &[&book.0, &until.utc(), &most]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<DueTimer, Error> {
    let slice = Slice::from_code(row.try_get(1)?).ok_or_else(|| Error::corrupt("a timer of an unknown slice"))?;
    Ok(DueTimer {
        book: BookId(row.try_get(0)?),
        stream: StreamId {
            slice,
            id: row.try_get(2)?,
        },
        timer: TimerId(row.try_get(3)?),
        due: Instant::from_utc(row.try_get(4)?),
    })
}
