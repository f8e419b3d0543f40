//! The follower of the pool: when a rule is told, or begins or ends, every item that it may concern is rated anew, and watches
//! are held against what changed. Its cursors move after the answers, so a stop repeats work but never skips it.
//! Must never change an item itself.

use std::time::Duration;

use deadpool_postgres::Client;

use super::release::{connected, every_page};
use super::{Engine, EngineError, not_started};
use crate::base::{ItemId, WatchId};
use crate::domain::pooling::PoolCommand;
use crate::store;

/// How often a server looks for new rules.
const EVERY: Duration = Duration::from_secs(1);
/// Items rated in one command.
const MOST: i64 = 256;

/// Rates the pool for as long as the engine lives.
pub async fn run(engine: Engine) {
    loop {
        if let Err(error) = round(&engine).await {
            tracing::warn!(%error, "the pool waits for the next round");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn round(engine: &Engine) -> Result<(), EngineError> {
    let behind = store::pool::behind(&*connected(engine).await?)
        .await
        .map_err(not_started)?;
    for log in behind {
        let stale = move |client: Client, after| async move { store::pool::stale(&client, &log, after, MOST).await };
        let rate = |items| PoolCommand::Rate { items }.into();
        every_page(engine, (log.book, "pool"), stale, |item: &ItemId| item.0, rate).await?;
        if log.up_to > log.after {
            store::pool::advance(&*connected(engine).await?, log.log, log.up_to)
                .await
                .map_err(not_started)?;
        }
    }
    look(engine).await
}

/// Looks at what is watched of entries that changed.
async fn look(engine: &Engine) -> Result<(), EngineError> {
    let moved = store::pool::moved(&*connected(engine).await?)
        .await
        .map_err(not_started)?;
    for log in moved {
        let watches =
            move |client: Client, after| async move { store::pool::watches(&client, &log, after, MOST).await };
        let look = |watches| PoolCommand::Look { watches }.into();
        every_page(engine, (log.book, "watch"), watches, |watch: &WatchId| watch.0, look).await?;
        store::pool::watched(&*connected(engine).await?, log.log, log.up_to)
            .await
            .map_err(not_started)?;
    }
    Ok(())
}

impl Engine {
    /// Rates the pool and looks at what is watched now, as the background does every second.
    pub async fn rate_pool(&self) -> Result<(), EngineError> {
        round(self).await
    }
}
