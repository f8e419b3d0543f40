//! The bench: the service measured beside anchors of the same run (a plain SQL function, COPY, a parse-only route).
//! It must never touch a database it did not make, nor print a figure without its anchor.
//!
//! Rounds are interleaved: each measures everything once, and the table shows medians with lowest and highest, because the
//! machine drifts and only ratios inside one run mean anything. Service, load generator and database share the machine.

mod bulk;
pub mod close;
mod copy;
pub mod import;
pub mod load;
pub mod matching;
pub mod plain;
pub mod pool;
mod replay;
mod run;
mod serve;
mod stage;
pub mod stat;

pub use run::{Line, Settings, run};

use crate::engine::EngineError;
use crate::report::ReportError;
use crate::store;

/// Why a bench did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The store.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// The database.
    #[error("{0}")]
    Database(#[from] tokio_postgres::Error),
    /// The engine.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// A report.
    #[error("{0}")]
    Report(#[from] ReportError),
    /// A socket.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl BenchError {
    fn other(error: impl std::fmt::Display) -> BenchError {
        BenchError::Other(error.to_string())
    }
}
