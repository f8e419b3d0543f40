//! What callers hand to the engine and get back. Every caller (HTTP, command line, timers, followers) uses these.
//! Must never carry a wire form.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{ClickId, EventId, Instant};
use crate::domain::command::{Actor, Made};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;

/// Which queue a command waits in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lane {
    /// People and single requests: first.
    #[default]
    Interactive,
    /// Imports and bulk routes: at most half of a batch.
    Bulk,
}

/// What travels with a command.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Who asks.
    pub actor: Actor,
    /// Idempotency key; none for facts and clicks, which are identified by themselves.
    pub key: Option<String>,
    /// Name of the route, part of the fingerprint.
    pub route: &'static str,
    /// Version the command's main stream must stand at.
    pub expected_version: Option<i64>,
    /// Decide, answer, write nothing.
    pub dry_run: bool,
    /// Correlation id, kept on every event.
    pub correlation: Option<String>,
    /// Queue.
    pub lane: Lane,
    /// How long the caller waits.
    pub deadline: Duration,
    /// Hash of a new key's secret, for `IssueKey` only: it never enters the log.
    pub secret_hash: Option<Vec<u8>>,
}

impl Meta {
    /// The system itself, without a key, waiting up to 30 s.
    pub fn system(route: &'static str) -> Meta {
        Meta {
            actor: Actor::SYSTEM,
            key: None,
            route,
            expected_version: None,
            dry_run: false,
            correlation: None,
            lane: Lane::Bulk,
            deadline: Duration::from_secs(30),
            secret_hash: None,
        }
    }
}

/// One event of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventRef {
    /// Id.
    pub id: EventId,
    /// Wire name.
    pub kind: String,
    /// Stream.
    pub stream: StreamId,
    /// Version in it.
    pub version: i64,
    /// Position in the log.
    pub position: i64,
}

/// The answer to a command: what it says is durable, unless `dry_run`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Position of its last event; for an answer without events, the position decided on.
    pub position: i64,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The first answer to this key, given again.
    pub replayed: bool,
    /// Nothing was written.
    pub dry_run: bool,
    /// Its events.
    pub events: Vec<EventRef>,
    /// What it made.
    pub made: Made,
}

/// The answer to recorded clicks, one entry per click in the order told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClicksAnswer {
    /// Click id, and whether it was known already.
    pub clicks: Vec<(ClickId, bool)>,
    /// Positions as `log:position`, the last one of each log touched.
    pub positions: Vec<String>,
    /// When recorded.
    pub recorded_at: Instant,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The command was refused; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such book.
    #[error("no such book")]
    NoBook,
    /// The same key came with another command.
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,
    /// The first request with this key is still being decided.
    #[error("the first request with this key is still being decided")]
    InProgress,
    /// The stream is not at the expected version.
    #[error("expected version {expected}, stands at {current}")]
    VersionConflict {
        /// Sent along.
        expected: i64,
        /// Stands at.
        current: i64,
    },
    /// The deadline passed before the command was taken up, or the database could not be reached: nothing happened.
    #[error("not done in time; nothing happened")]
    NotStarted,
    /// The deadline passed while it was being written: ask by key.
    #[error("outcome unknown; ask by the key")]
    Unknown,
    /// Our own fault; nothing happened.
    #[error("internal error; nothing happened")]
    Internal,
}
