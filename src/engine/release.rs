//! The release of lines that wait for a placement or a payer: when one is assigned, every line it may concern is looked at
//! anew. Its cursor moves after the answers, so a stop repeats work but never skips it.
//! Must never change a line itself.

use std::time::Duration;

use uuid::Uuid;

use super::{Engine, EngineError, Lane, Meta, not_started};
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
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let behind = store::releases::behind(&client).await.map_err(not_started)?;
    drop(client);
    for log in behind {
        let mut after = Uuid::nil();
        loop {
            let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
            let lines = store::releases::waiting(&client, log.log, after, MOST)
                .await
                .map_err(not_started)?;
            let Some(last) = lines.last() else {
                store::releases::advance(&client, log.log, log.up_to)
                    .await
                    .map_err(not_started)?;
                break;
            };
            drop(client);
            after = last.0;
            let meta = Meta {
                lane: Lane::Bulk,
                ..Meta::system("release")
            };
            engine.submit(log.book, Command::Release { lines }, meta).await?;
        }
    }
    Ok(())
}

impl Engine {
    /// Looks at waiting lines now, as the background does every half second.
    pub async fn release_waiting(&self) -> Result<(), EngineError> {
        round(self).await
    }
}
