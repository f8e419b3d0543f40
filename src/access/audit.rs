//! Refused requests on their way to `access_log`: gathered here, written in batches outside every money transaction
//! (decision B7). Must never hold a request up: when the database is too slow, a refusal is dropped with a warning.

use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Principal;
use crate::base::Instant;
use crate::store::access_log::{Access, append};

/// Refusals that may wait to be written.
const WAITING: usize = 10_000;
/// Most refusals written together.
const BATCH: usize = 500;

/// Where refusals are noted.
#[derive(Clone)]
pub struct Audit {
    sender: Sender<Access>,
}

impl Audit {
    /// Starts the writer; it ends when every `Audit` is gone and what waits is written.
    pub fn start(pool: Pool) -> Audit {
        let (sender, receiver) = channel(WAITING);
        tokio::spawn(run(pool, receiver));
        Audit { sender }
    }

    /// Notes a refusal.
    pub fn note(&self, who: Option<&Principal>, route: &str, status: u16, code: Option<&str>) {
        let access = Access {
            at: Instant::from_utc(chrono::Utc::now()),
            book: who.map(|who| who.book),
            key: who.map(|who| who.key),
            route: route.to_owned(),
            status: i16::try_from(status).unwrap_or(i16::MAX),
            code: code.map(str::to_owned),
        };
        if self.sender.try_send(access).is_err() {
            tracing::warn!(route, status, "a refusal could not be kept in the access log");
        }
    }
}

async fn run(pool: Pool, mut receiver: Receiver<Access>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let written = match pool.get().await {
            Ok(client) => append(&client, &batch).await.is_ok(),
            Err(_) => false,
        };
        if !written {
            tracing::warn!(count = batch.len(), "refusals could not be kept in the access log");
        }
        batch.clear();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
