//! The follower of each click log: finds lines that a late click would have won and hands them to the money log
//! (decision A7). Its cursor moves after the answers, so a stop repeats work but never skips it.
//! Must never change a line itself.
//!
//! INVARIANT: before it searches, it takes and releases the money head's lock in a transaction of its own: every write
//! that could have missed these clicks has then ended, and a new statement sees its line.

use std::time::Duration;

use super::{Engine, EngineError, Meta, not_started};
use crate::base::{BookId, LogId};
use crate::domain::command::Command;
use crate::store;

/// How often a follower looks for new clicks when there were none.
const EVERY: Duration = Duration::from_millis(250);
/// Clicks taken at once.
const MOST: i64 = 2_048;

/// Follows every click log for as long as the engine lives.
pub async fn run(engine: Engine) {
    loop {
        match round(&engine).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(EVERY).await,
            Err(error) => {
                tracing::warn!(%error, "late clicks wait for the next round");
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

/// One round over all click logs; true when there may be more.
async fn round(engine: &Engine) -> Result<bool, EngineError> {
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let behind = store::followers::behind(&client).await.map_err(not_started)?;
    drop(client);
    let mut more = false;
    for log in behind {
        more |= follow(engine, log.book, log.money, log.clicks, log.after).await?;
    }
    Ok(more)
}

/// Takes the next clicks of one log and submits the lines they would have won.
async fn follow(engine: &Engine, book: BookId, money: LogId, clicks: LogId, after: i64) -> Result<bool, EngineError> {
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    store::followers::wait_for_writes(&client, money)
        .await
        .map_err(not_started)?;
    let found = store::followers::late(&client, money, clicks, after, MOST)
        .await
        .map_err(not_started)?;
    drop(client);
    let submitted = found.lines.into_iter().map(|(line, click)| {
        engine.submit(
            book,
            Command::Reattribute {
                line,
                click: Box::new(click),
            },
            Meta::system("late_click"),
        )
    });
    for outcome in futures_util::future::join_all(submitted).await {
        outcome?;
    }
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    store::followers::advance(&client, clicks, found.up_to)
        .await
        .map_err(not_started)?;
    Ok(found.up_to - after >= MOST)
}
