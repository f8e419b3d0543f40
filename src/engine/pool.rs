//! The follower of the pool: when a rule is told, or begins or ends, every item that it may concern is rated anew, and watches
//! are held against what changed. Its cursors
//! move after the answers, so a stop repeats work but never skips it.
//! Must never change an item itself.

use std::time::Duration;

use uuid::Uuid;

use super::{Engine, EngineError, Lane, Meta, not_started};
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
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let behind = store::pool::behind(&client).await.map_err(not_started)?;
    drop(client);
    for log in behind {
        let mut after = Uuid::nil();
        loop {
            let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
            let items = store::pool::stale(&client, &log, after, MOST)
                .await
                .map_err(not_started)?;
            let Some(last) = items.last() else {
                if log.up_to > log.after {
                    store::pool::advance(&client, log.log, log.up_to)
                        .await
                        .map_err(not_started)?;
                }
                break;
            };
            drop(client);
            after = last.0;
            let meta = Meta {
                lane: Lane::Bulk,
                ..Meta::system("pool")
            };
            engine
                .submit(log.book, PoolCommand::Rate { items }.into(), meta)
                .await?;
        }
    }
    look(engine).await
}

/// Looks at what is watched of entries that changed.
async fn look(engine: &Engine) -> Result<(), EngineError> {
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let moved = store::pool::moved(&client).await.map_err(not_started)?;
    drop(client);
    for log in moved {
        let mut after = Uuid::nil();
        loop {
            let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
            let watches = store::pool::watches(&client, &log, after, MOST)
                .await
                .map_err(not_started)?;
            let Some(last) = watches.last() else {
                store::pool::watched(&client, log.log, log.up_to)
                    .await
                    .map_err(not_started)?;
                break;
            };
            drop(client);
            after = last.0;
            let meta = Meta {
                lane: Lane::Bulk,
                ..Meta::system("watch")
            };
            engine
                .submit(log.book, PoolCommand::Look { watches }.into(), meta)
                .await?;
        }
    }
    Ok(())
}

impl Engine {
    /// Rates the pool and looks at what is watched now, as the background does every second.
    pub async fn rate_pool(&self) -> Result<(), EngineError> {
        round(self).await
    }
}
