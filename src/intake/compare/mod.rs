//! The parallel run: last month's spreadsheet beside what the ledger settled in that month, line by line.
//! Must never change anything, and must never call equal what it could not read.
//!
//! The ledger's lines of the month are kept by their ids, one small record each, at most `MOST_LINES`; the sheet is read
//! row by row and never kept. Rows that the month does not have are looked up together, a thousand at a time.

mod layout;
mod run;
#[cfg(test)]
mod tests;

pub use layout::Layout;
pub use run::{Absent, Anchors, Comparison, Difference, Elsewhere, Here, Kind, Summary, SumsOf};

/// Most lines of the month that the ledger holds: about 150 MB.
pub const MOST_LINES: usize = 1_000_000;
/// Most rows of the sheet that the month does not have.
pub const MOST_ABSENT: usize = 200_000;

/// Why a comparison did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The sheet.
    #[error(transparent)]
    Source(#[from] super::SourceError),
    /// The ledger has more lines than are compared at once.
    #[error("the month has more than 1,000,000 settled lines: compare platform by platform")]
    TooManyLines,
    /// The sheet is not one of this month.
    #[error(
        "more than 200,000 rows of the sheet are not in the month: is it the right month, platform and line number?"
    )]
    TooManyAbsent,
    /// Differences could not be written.
    #[error("the differences could not be written: {0}")]
    Output(String),
}

/// An amount that both sides have of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// 线上佣金: what the payer owes, fees included.
    Commission,
    /// 服务费: what platforms and other fee takers keep.
    Fees,
    /// 机构分成
    Agency,
    /// 主播分成: anchors and second-level promoters.
    Anchor,
}

impl Component {
    /// Every component, in the order of the ledger's columns.
    pub const ALL: [Component; 4] = [
        Component::Commission,
        Component::Fees,
        Component::Agency,
        Component::Anchor,
    ];

    /// The word in layouts and reports.
    pub fn word(self) -> &'static str {
        match self {
            Component::Commission => "commission",
            Component::Fees => "fees",
            Component::Agency => "agency",
            Component::Anchor => "anchor",
        }
    }
}
