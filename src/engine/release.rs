//! The release of lines that wait for a placement or a payer: when one is assigned, every line it may concern is looked at
//! anew. Its cursor moves after the answers, so a stop repeats work but never skips it.
//! Must never change a line itself.

use std::time::Duration;

use deadpool_postgres::Client;
use uuid::Uuid;

use super::{Engine, EngineError, Lane, Meta, not_started};
use crate::base::{BookId, LineId};
use crate::domain::command::Command;
use crate::store;

/// How often a server looks for new assignments.
const EVERY: Duration = Duration::from_millis(500);
/// Lines looked at in one command.
const MOST: i64 = 256;

/// Releases waiting lines for as long as the engine lives.
pub async fn run(engine: Engine) {
    loop {
        if let Err(error) = round(&engine).await {
            tracing::warn!(%error, "waiting lines wait for the next round");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn round(engine: &Engine) -> Result<(), EngineError> {
    let behind = store::releases::behind(&*connected(engine).await?)
        .await
        .map_err(not_started)?;
    for log in behind {
        let waiting =
            move |client: Client, after| async move { store::releases::waiting(&client, log.log, after, MOST).await };
        let release = |lines| Command::Release { lines };
        every_page(engine, (log.book, "release"), waiting, |line: &LineId| line.0, release).await?;
        store::releases::advance(&*connected(engine).await?, log.log, log.up_to)
            .await
            .map_err(not_started)?;
    }
    Ok(())
}

/// A connection for what a follower reads.
pub(super) async fn connected(engine: &Engine) -> Result<Client, EngineError> {
    engine.pool().get().await.map_err(|_| EngineError::NotStarted)
}

/// Reads page after page of what a book's follower has not looked at, in the order of ids, and submits a command for each.
/// No connection is kept while a command waits. The caller moves its cursor afterwards.
pub(super) async fn every_page<T, F: Future<Output = Result<Vec<T>, store::Error>>>(
    engine: &Engine,
    (book, name): (BookId, &'static str),
    page: impl Fn(Client, Uuid) -> F,
    id: impl Fn(&T) -> Uuid,
    command: impl Fn(Vec<T>) -> Command,
) -> Result<(), EngineError> {
    let mut after = Uuid::nil();
    loop {
        let found = page(connected(engine).await?, after).await.map_err(not_started)?;
        let Some(last) = found.last() else {
            return Ok(());
        };
        after = id(last);
        let meta = Meta {
            lane: Lane::Bulk,
            ..Meta::system(name)
        };
        engine.submit(book, command(found), meta).await?;
    }
}

impl Engine {
    /// Looks at waiting lines now, as the background does every half second.
    pub async fn release_waiting(&self) -> Result<(), EngineError> {
        round(self).await
    }
}
