//! What the release of waiting lines reads and where it stands.
//! Must never decide whether a line is released: the line does.

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::statements::text;
use super::{Error, cursors};
use crate::base::{BookId, LineId, LogId};

/// A money log in which something was assigned that lines may wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Behind {
    /// The book.
    pub book: BookId,
    /// Its money log.
    pub log: LogId,
    /// Position of the last assignment.
    pub up_to: i64,
}

/// Money logs with assignments that waiting lines were not held against.
pub async fn behind(client: &Client) -> Result<Vec<Behind>, Error> {
    let rows = client.query(text::releases_behind, &[]).await?;
    let read = |row: &Row| -> Result<Behind, Error> {
        Ok(Behind {
            book: BookId(row.try_get(0)?),
            log: LogId(row.try_get(1)?),
            up_to: row.try_get(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The next lines that may be released, by line, after one.
pub async fn waiting(client: &Client, log: LogId, after: Uuid, most: i64) -> Result<Vec<LineId>, Error> {
    let rows = client.query(text::releases_waiting, &[&log.0, &after, &most]).await?;
    rows.iter().map(|row| Ok(LineId(row.try_get(0)?))).collect()
}

/// Every waiting line was held against assignments up to here.
pub async fn advance(client: &Client, log: LogId, position: i64) -> Result<(), Error> {
    cursors::advance(client, log, "releases", position).await
}
