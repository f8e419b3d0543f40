//! What can go wrong with a request, by what is to be done about it; and why a pull did not get through.
//! Must never hold a secret: texts of a platform are redacted and cut before they come here.

use std::time::Duration;

use crate::engine::EngineError;
use crate::store;

/// What became of a request that gave no page.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Not reached, not in time, or its own fault: the same request later.
    #[error("the platform did not answer: {0}")]
    Transient(String),
    /// Too many requests: the same request after a while.
    #[error("the platform asks for fewer requests: {message}")]
    Limited {
        /// How long it asks to wait, when it says.
        wait: Option<Duration>,
        /// Its words.
        message: String,
    },
    /// Key, signature, token or permission: no window can be pulled until somebody acts.
    #[error("the platform refuses the key, signature, token or permission: {0}")]
    Denied(String),
    /// This request: its window is too long, or a parameter is wrong.
    #[error("the platform refuses the request: {0}")]
    Refused(String),
    /// The answer has not the documented form.
    #[error("the answer has not the documented form: {0}")]
    Unreadable(String),
    /// More pages than the platform lets through.
    #[error("the window has more pages than the platform gives")]
    TooMany,
}

impl Fault {
    /// True when the platform refuses this window, and may take another one.
    pub fn is_of_the_window(&self) -> bool {
        matches!(self, Fault::Refused(_) | Fault::Unreadable(_) | Fault::TooMany)
    }
}

/// Why a round ended before its end. The next round goes on where this one was.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The platform.
    #[error("{source} at {window}: {fault}", source = .source_name)]
    Fault {
        /// Which source.
        source_name: String,
        /// Which window.
        window: String,
        /// What.
        fault: Fault,
    },
    /// The engine did not take the rows.
    #[error("the ledger did not take the rows: {0}")]
    Engine(#[from] EngineError),
    /// The database.
    #[error("the database refused: {0}")]
    Store(#[from] store::Error),
    /// No connection.
    #[error("no connection to the database: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// Another process took the source over while this one was busy.
    #[error("another process has taken this source over")]
    Lost,
    /// The name stands for another query.
    #[error("the source {0:?} was pulled with another query before: what it covers would be wrong; give it a new name")]
    OtherQuery(String),
    /// What is kept of it cannot be read.
    #[error("the kept place of the source {0:?} is not readable")]
    Place(String),
}
