//! PostgreSQL: what is stored and how it is read back.
//! It must never decide anything about money.
//!
//! Write path: `connect` and `statements` once a connection; then, a batch: `append::begin`, `head::lock`, the reads of
//! `load`, the decisions of the engine, `append::write`. `rows` says what derived rows look like, for writer and rebuild.
//! Check path: `derive` folds a log by position, `shadow` loads what the fold gives, `compare` finds what differs from the
//! live rows; `verify` reports it, `rebuild` puts it right.

pub mod access_log;
pub mod append;
pub mod books;
pub mod compare;
pub mod connect;
pub mod cursors;
pub mod derive;
pub mod envelope;
pub mod error;
pub mod files;
pub mod followers;
pub mod head;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod load;
pub mod migrate;
mod migrations_list;
pub mod pool;
pub mod pulls;
pub mod rebuild;
pub mod receipts;
pub mod recon;
pub mod releases;
mod reproduce;
pub mod rows;
pub mod scripted;
pub mod settlements;
pub mod shadow;
pub mod statements;
mod table;
pub mod tail;
pub mod timers;
pub mod tree;
pub mod unreceived;
pub mod verify;

pub use error::{Error, Kind, Result};
pub use statements::Statements;
