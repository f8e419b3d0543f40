//! PostgreSQL: what is stored and how it is read back.
//! It must never decide anything about money.
//!
//! Write path: `connect` and `statements` once a connection; then, a batch: `append::begin`, `head::lock`, the reads of
//! `load`, the decisions of the engine, `append::write`. `rows` says what derived rows look like, for writer and rebuild.

pub mod append;
pub mod books;
pub mod connect;
pub mod envelope;
pub mod error;
pub mod followers;
pub mod head;
pub mod jobs;
pub mod load;
pub mod migrate;
mod migrations_list;
pub mod receipts;
pub mod rows;
pub mod statements;
mod table;
pub mod timers;
pub mod tree;

pub use error::{Error, Kind, Result};
pub use statements::Statements;
