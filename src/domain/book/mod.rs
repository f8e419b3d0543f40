//! The book 账套 itself: owner, perspective, zone, currencies, formulas, accounting periods, and a sandbox's clock.
//! Must never hold anything that grows with business volume: its one stream is read whole.

pub mod decide;
pub mod event;
pub mod formula;
pub mod state;
#[cfg(test)]
mod tests;

pub use event::{BookEvent, BookOpened, BookPrefundSet, ClockMoved, CutOver, FormulaSet, PeriodCutOff, PeriodReopened};
pub use formula::{Fee, Formula, FormulaBasis, Subsidy};
pub use state::{BookState, FormulaVersion};

use serde::{Deserialize, Serialize};

/// Whose books these are (decision A16).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Perspective {
    /// A platform operator.
    Platform,
    /// An MCN agency 机构.
    Agency,
    /// A brand 品牌.
    Brand,
}

/// Live, or a sandbox with a clock of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookMode {
    /// Time is the database's.
    Live,
    /// Time stands still until its owner moves it.
    Sandbox,
}
