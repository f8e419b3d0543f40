//! Accounting periods 账期: which months have money, which are cut off 截账.
//! Must never call a month closed that a leg may still be stamped into.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::{At, Cell, Money, ReportError, Statement, Table, position, sql, streams, wire};
use crate::base::{LogId, Month};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("periods")];

/// One month in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// The month.
    #[schema(value_type = String)]
    pub period: Month,
    /// Nothing is stamped into it any more.
    pub cut_off: bool,
    /// What went through all settled accounts: debits, equal to credits.
    pub turnover: Money,
}

/// Months with money, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PeriodsView {
    /// A position they reflect at least.
    pub position: i64,
    /// The last month cut off.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off_through: Option<Month>,
    /// Months.
    pub periods: Vec<PeriodView>,
}

/// The months of a book.
pub async fn periods(client: &Client, log: LogId) -> Result<PeriodsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let cut_off_through = streams::book(client, log, position).await?.cut_off_through;
    let rows = client.query(include_str!("sql/periods.sql"), &[&log.0]).await?;
    let mut periods = Vec::with_capacity(rows.len());
    for row in &rows {
        let period = Month::from_number(row.get(0)).map_err(|_| ReportError::Stored("period"))?;
        periods.push(PeriodView {
            period,
            cut_off: cut_off_through.is_some_and(|cut| period <= cut),
            turnover: Money::of(Minor(row.get(2)), wire::currency(row.get(1))?),
        });
    }
    Ok(PeriodsView {
        position,
        cut_off_through,
        periods,
    })
}

impl PeriodsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Periods 账期 at position {}", self.position),
            &["period", "cut off 截账", "turnover", "currency"],
        );
        for row in &self.periods {
            table.push([
                row.period.to_string().into(),
                if row.cut_off { "yes" } else { "no" }.into(),
                Cell::from(&row.turnover),
                row.turnover.currency.as_str().into(),
            ]);
        }
        table
    }
}
