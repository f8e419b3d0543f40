//! How many lines have an earlier click of their buyer on the same item, window or no window; and how many clicks there are.
//! Must never be mistaken for attribution: no window, promoter or rule is looked at.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::{At, ReportError, Statement, Table, position, sql};
use crate::base::LogId;

pub(super) const SQL: &[Statement] = &[sql!("click_coverage"), sql!("click_counts")];

/// Lines of one platform.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Coverage {
    /// Platform.
    pub platform: String,
    /// Lines.
    pub lines: i64,
    /// Lines that name a buyer and an item.
    pub with_buyer_and_item: i64,
    /// Lines with an earlier click of the buyer on the item.
    pub with_earlier_click: i64,
}

/// Clicks of one source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ClickCount {
    /// The platform or site that saw them.
    pub source: String,
    /// How many.
    pub clicks: i64,
}

/// Click coverage of a book.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ClickCoverageView {
    /// A position of the money log that it reflects at least.
    pub position: i64,
    /// Lines by platform.
    pub lines: Vec<Coverage>,
    /// Clicks by source.
    pub clicks: Vec<ClickCount>,
}

/// Click coverage of the book whose money log this is.
pub async fn click_coverage(client: &Client, log: LogId) -> Result<ClickCoverageView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let lines = client.query(include_str!("sql/click_coverage.sql"), &[&log.0]).await?;
    let clicks = client.query(include_str!("sql/click_counts.sql"), &[&log.0]).await?;
    let coverage = |row: &tokio_postgres::Row| Coverage {
        platform: row.get(0),
        lines: row.get(1),
        with_buyer_and_item: row.get(2),
        with_earlier_click: row.get(3),
    };
    let count = |row: &tokio_postgres::Row| ClickCount {
        source: row.get(0),
        clicks: row.get(1),
    };
    Ok(ClickCoverageView {
        position,
        lines: lines.iter().map(coverage).collect(),
        clicks: clicks.iter().map(count).collect(),
    })
}

impl ClickCoverageView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Clicks before orders, no window, at position {}", self.position),
            &[
                "platform",
                "clicks",
                "lines",
                "with buyer and item",
                "with an earlier click on the item",
            ],
        );
        for row in &self.lines {
            table.push([
                row.platform.clone().into(),
                super::Cell::Empty,
                row.lines.into(),
                row.with_buyer_and_item.into(),
                row.with_earlier_click.into(),
            ]);
        }
        for row in &self.clicks {
            let empty = || super::Cell::Empty;
            table.push([row.source.clone().into(), row.clicks.into(), empty(), empty(), empty()]);
        }
        table
    }
}
