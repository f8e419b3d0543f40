//! Intake: files of other systems become clicks and facts, through a mapping of the user's own.
//! Must never decide money, nor name a platform in code: what a column means stands in a mapping file.
//!
//! Pure: `mapping` (the TOML language), `field` (one value of a row), `plan` (a compiled mapping), `emit` (row to clicks and
//! facts), `object` (JSON rows that come one at a time), `setup` (stand-ins), `tally` (what came of it). With I/O: `source`
//! with `input`, `text`, `csv`, `xlsx`, `ndjson` and `json` (rows of a file in constant memory), `detect` (which ready
//! mapping fits), `import` (the run against the engine), `opening` (files of a cut-over), `compare` (last month's sheet
//! against the ledger).

pub mod compare;
mod csv;
pub mod detect;
pub mod emit;
pub mod field;
pub mod import;
mod input;
mod json;
pub mod mapping;
mod ndjson;
pub mod object;
pub mod opening;
pub mod plan;
pub mod ready;
pub mod setup;
pub mod source;
pub mod tally;
#[cfg(test)]
mod tests;
mod text;
mod xlsx;

pub use emit::{RowFault, Told};
pub use import::{ImportError, Imported};
pub use mapping::{Mapping, MappingError};
pub use plan::Plan;
pub use source::{Rows, SourceError};
pub use tally::{Outcomes, Tally};
