//! How far a follower has read a log (decision B18).
//! Must never be written in a money transaction, and never move back.

use tokio_postgres::Client;

use super::error::Result;
use super::statements::text;
use crate::base::LogId;

/// The last position a follower has done; 0 for one that never ran.
pub async fn read(client: &Client, log: LogId, name: &str) -> Result<i64> {
    let row = client.query_opt(text::cursor_read, &[&log.0, &name]).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get(0)?))
}

/// Moves a follower forward.
pub async fn advance(client: &Client, log: LogId, name: &str, position: i64) -> Result<()> {
    client.execute(text::cursor_move, &[&log.0, &name, &position]).await?;
    Ok(())
}
