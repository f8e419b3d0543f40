//! Reconciliation 对账: a statement file read by a mapping, compared line by line with the ledger, breaks dealt with.
//! Must never tell a fact while it compares, nor ask the database line by line.
//!
//! `reading` the pass over the file, `rows` what facts of a row say, `ours` what the ledger has of a line, `matching` both
//! sides of a line compared, `breaks` findings as rows to keep, `run` the whole of it, `desk` what people do with breaks. A run takes a fixed number of statements whatever the file: its rows go in by
//! one COPY, both sides come back in one ordered pass, breaks go out by another COPY. Memory holds one line.

mod breaks;
pub mod desk;
mod matching;
mod ours;
mod reading;
mod rows;
mod run;

pub use run::{Ask, Done, Progress, ReconError, run};
