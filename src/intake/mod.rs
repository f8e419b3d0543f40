//! Intake: files of other systems become clicks and facts, through a mapping of the user's own.
//! Must never decide money, nor name a platform in code: what a column means stands in a mapping file.
//!
//! Pure: `mapping` (the TOML language), `field` (one value of a row), `plan` (a compiled mapping), `emit` (row to clicks and
//! facts), `object` (JSON rows that come one at a time), `setup` (stand-ins), `tally` (what came of it), `repeats` (what a file says twice of an offer). With I/O: `source`
//! with `input`, `text`, `csv`, `xlsx`, `workbook`, `ndjson` and `json` (rows of a file in constant memory), `detect` (which ready
//! mapping fits), `shelf` (raw files into the store), `reader` (rows in bundles, on a thread), `batch` (imports: made,
//! checked, previewed), `import` (told to the engine), `reverse` (taken back), `runner` (whoever began it), `desk` (what
//! people do with parked facts), `fixed` (files of one layout), `opening` (files of a cut-over), `roster` (anchors with contracts
//! and placements), `compare` (last month's sheet against the ledger).
//! people do with parked facts), `opening` (files of a cut-over), `compare` (last month's sheet against the ledger),
//! `reconcile` (a platform's statement against the ledger).

pub mod batch;
pub mod compare;
mod csv;
pub mod desk;
pub mod detect;
pub mod emit;
pub mod field;
mod fixed;
pub mod import;
mod input;
mod json;
pub mod mapping;
mod ndjson;
pub mod object;
pub mod opening;
pub mod plan;
pub mod reader;
pub mod ready;
pub mod reconcile;
pub mod repeats;
pub mod reverse;
pub mod roster;
pub mod runner;
mod send;
pub mod setup;
pub mod shelf;
pub mod source;
pub mod tally;
#[cfg(test)]
mod tests;
mod text;
mod workbook;
mod xlsx;

pub use emit::{RowFault, Told};
pub use import::{ImportError, Imported};
pub use mapping::{Mapping, MappingError};
pub use plan::Plan;
pub use source::{Rows, SourceError};
pub use tally::{Outcomes, Tally};
