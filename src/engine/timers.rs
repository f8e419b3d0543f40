//! Timers: finds what is due in any log and submits its firing (decision B13). Any server may; one firing counts.
//! Must never decide what a firing does: its slice does.

use std::time::Duration;

use super::{Engine, EngineError, Meta, not_started};
use crate::base::{BookId, Instant};
use crate::domain::command::Command;
use crate::store::{self, timers::DueTimer};

/// How often a server looks for due timers.
const EVERY: Duration = Duration::from_millis(500);
/// How many it fires in one round.
const MOST: i64 = 512;

/// The firing of a timer.
pub fn firing(timer: &DueTimer) -> Command {
    Command::FireTimer {
        stream: timer.stream,
        timer: timer.timer,
        due: timer.due,
    }
}

/// Fires due timers of live books for as long as the engine lives; a sandbox's fire when its clock is moved.
pub async fn run(engine: Engine) {
    loop {
        if let Err(error) = round(&engine).await {
            tracing::warn!(%error, "due timers wait for the next round");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn round(engine: &Engine) -> Result<(), EngineError> {
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let due = store::timers::due(&client, MOST).await.map_err(not_started)?;
    drop(client);
    let fired = due
        .iter()
        .map(|timer| engine.submit(timer.book, firing(timer), Meta::system("timer")));
    for outcome in futures_util::future::join_all(fired).await {
        outcome?;
    }
    Ok(())
}

/// The next due time of a book up to an instant, with the timers due then.
pub async fn next_due(
    engine: &Engine,
    book: BookId,
    until: Instant,
) -> Result<Option<(Instant, Vec<DueTimer>)>, EngineError> {
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let timers = store::timers::next(&client, book, until, MOST)
        .await
        .map_err(not_started)?;
    Ok(timers.first().map(|first| first.due).map(|due| (due, timers)))
}
