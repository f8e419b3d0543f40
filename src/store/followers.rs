//! What late-click followers read and where they stand.
//! Must never decide whether a click wins: the line does.

use tokio_postgres::Client;
use uuid::Uuid;

use super::statements::text;
use super::{Error, cursors};
use crate::base::{BookId, LineId, LogId};
use crate::domain::click::Click;
use crate::domain::event::Event;

/// A click log with unread clicks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Behind {
    /// The book.
    pub book: BookId,
    /// Its money log.
    pub money: LogId,
    /// The click log.
    pub clicks: LogId,
    /// Read up to here.
    pub after: i64,
}

/// Lines that late clicks could have won.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Late {
    /// Line and click, in order of the click log.
    pub lines: Vec<(LineId, Click)>,
    /// Clicks were read up to here.
    pub up_to: i64,
}

/// Click logs whose follower has not reached the end.
pub async fn behind(client: &Client) -> Result<Vec<Behind>, Error> {
    let rows = client.query(text::followers_behind, &[]).await?;
    let read = |row: &tokio_postgres::Row| -> Result<Behind, Error> {
        Ok(Behind {
            book: BookId(row.try_get(0)?),
            money: LogId(row.try_get(1)?),
            clicks: LogId(row.try_get(2)?),
            after: row.try_get(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Waits until every write that held the money head's lock has ended.
pub async fn wait_for_writes(client: &Client, money: LogId) -> Result<(), Error> {
    client.query(text::followers_wait, &[&money.0]).await?;
    Ok(())
}

/// The lines that the next `most` clicks could have won.
pub async fn late(client: &Client, money: LogId, clicks: LogId, after: i64, most: i64) -> Result<Late, Error> {
    let reach = client
        .query_one(text::followers_reach, &[&clicks.0, &after, &most])
        .await?;
    let up_to: i64 = reach.try_get(0)?;
    let span = up_to - after;
    let found = client
        .query(text::followers_late, &[&money.0, &clicks.0, &after, &span])
        .await?;
    let mut lines = Vec::with_capacity(found.len());
    for row in &found {
        let line: Uuid = row.try_get(1)?;
        let payload: &str = row.try_get(2)?;
        if let Event::Click(click) = Event::decode("click.recorded", 1, payload)? {
            lines.push((LineId(line), click));
        }
    }
    Ok(Late { lines, up_to })
}

/// Moves the follower's cursor.
pub async fn advance(client: &Client, clicks: LogId, position: i64) -> Result<(), Error> {
    cursors::advance(client, clicks, "late_clicks", position).await
}
