//! Intake: files of other systems become clicks and facts, through a mapping of the user's own.
//! Must never decide money, nor name a platform in code: what a column means stands in a mapping file.
//!
//! Pure: `mapping` (the TOML language), `field` (one value of a row), `plan` (a compiled mapping), `emit` (row to clicks and
//! facts), `setup` (stand-ins), `tally` (what came of it). With I/O: `source` and `csv`, `ndjson` (rows of a file in
//! constant memory), `import` (the run against the engine).

pub mod compare;
mod csv;
pub mod emit;
pub mod field;
pub mod import;
pub mod mapping;
mod ndjson;
pub mod opening;
pub mod plan;
pub mod ready;
pub mod setup;
pub mod source;
pub mod tally;
#[cfg(test)]
mod tests;

pub use emit::{RowFault, Told};
pub use import::{ImportError, Imported};
pub use mapping::{Mapping, MappingError};
pub use plan::Plan;
pub use source::{Rows, SourceError};
pub use tally::{Outcomes, Tally};
