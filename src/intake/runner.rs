//! The import desk of a server: imports and reversals that were begun are worked on here, whoever began them.
//! Must never work on more than a few at once, nor take what another server holds: a job's lease says so.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::import::{ImportError, Watch, tell};
use super::{batch, reverse};
use crate::base::{BookId, ImportId};
use crate::domain::command::Actor;
use crate::engine::Engine;
use crate::store::imports;

/// How often a server looks for what was left behind.
const LOOK: Duration = Duration::from_secs(5);
/// Imports that a server works on at once.
const AT_ONCE: usize = 2;

/// The desk; its work ends with it, and goes on where it was broken off.
pub struct Runner {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Runner {
    /// Starts on the runtime that this is called in.
    pub fn start(engine: Engine) -> Runner {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(work(engine, Arc::clone(&wake)));
        Runner { wake, task }
    }

    /// Something was begun.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

type Held = Arc<Mutex<HashSet<(BookId, ImportId)>>>;

async fn work(engine: Engine, wake: Arc<Notify>) {
    let held = Held::default();
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = wake.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
        }
        let waiting = match due(&engine).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "imports that wait could not be read");
                continue;
            }
        };
        for (book, id, state) in waiting {
            let mut holding = held.lock().unwrap_or_else(PoisonError::into_inner);
            if tasks.len() >= AT_ONCE || !holding.insert((book, id)) {
                continue;
            }
            let (engine, held) = (engine.clone(), Arc::clone(&held));
            tasks.spawn(async move {
                if let Err(error) = one(&engine, book, id, &state).await {
                    tracing::warn!(%error, %book, import = %id, "an import did not reach its end");
                }
                held.lock().unwrap_or_else(PoisonError::into_inner).remove(&(book, id));
            });
        }
    }
}

async fn due(engine: &Engine) -> Result<Vec<(BookId, ImportId, String)>, ImportError> {
    let client = engine.pool().get().await?;
    Ok(imports::under_way(&client).await?)
}

async fn one(engine: &Engine, book: BookId, id: ImportId, state: &str) -> Result<(), ImportError> {
    if state == "reversing" {
        let client = engine.pool().get().await?;
        let import = imports::find(&client, book, id).await?;
        drop(client);
        let actor = import.and_then(|import| serde_json::from_str(&import.acted_by).ok());
        reverse::run(engine, book, id, actor.unwrap_or(Actor::SYSTEM)).await?;
        return Ok(());
    }
    let (_, work) = batch::load(engine.pool(), book, id).await?;
    let mut watch = Watch {
        progress: &mut |_| {},
        note: &mut |_| {},
    };
    tell(engine, work, &mut watch).await?;
    Ok(())
}
