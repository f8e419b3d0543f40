//! Returns that name no order 未指单退货, counted by verdict: matched, parked with lines they may belong to, parked without.
//! Must never count a return that was taken back.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::{At, Cell, Money, ReportError, Statement, Table, position, sql, wire};
use crate::base::LogId;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("return_counts")];

/// Returns of one platform with one verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReturnCount {
    /// Platform.
    pub platform: String,
    /// `matched`, `parked`, or `waiting` while it has not been judged.
    pub state: String,
    /// Why they are parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// There are lines they may belong to.
    pub candidates: bool,
    /// How many.
    pub returns: i64,
    /// Units of them.
    pub units: i64,
    /// Goods refunded.
    pub amount: Money,
}

/// Counts of returns that name no order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReturnCountsView {
    /// A position they reflect at least.
    pub position: i64,
    /// By platform, state and code.
    pub returns: Vec<ReturnCount>,
}

/// Counts the returns of a book.
pub async fn return_counts(client: &Client, log: LogId) -> Result<ReturnCountsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let rows = client.query(include_str!("sql/return_counts.sql"), &[&log.0]).await?;
    let returns = rows.iter().map(count).collect::<Result<_, _>>()?;
    Ok(ReturnCountsView { position, returns })
}

fn count(row: &Row) -> Result<ReturnCount, ReportError> {
    let currency = wire::currency(row.get(1))?;
    Ok(ReturnCount {
        platform: row.get(0),
        state: row.get(2),
        code: Some(row.get::<_, String>(3)).filter(|code| !code.is_empty()),
        candidates: row.get(4),
        returns: row.get(5),
        units: row.get(6),
        amount: Money::of(Minor(row.get(7)), currency),
    })
}

impl ReturnCountsView {
    /// As a table: the three numbers of each platform, then the verdicts behind them.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Returns that name no order 未指单退货 at position {}", self.position),
            &["platform", "verdict", "code", "returns", "units", "amount", "currency"],
        );
        for row in &self.returns {
            let verdict = match (row.state.as_str(), row.candidates) {
                ("matched", _) => "matched 已匹配",
                ("parked", true) => "parked with candidates 待定（有候选）",
                ("parked", false) => "parked without 待定（无候选）",
                _ => "waiting 待判",
            };
            table.push([
                row.platform.clone().into(),
                verdict.into(),
                row.code.clone().into(),
                row.returns.into(),
                row.units.into(),
                Cell::from(&row.amount),
                row.amount.currency.as_str().into(),
            ]);
        }
        table
    }
}
