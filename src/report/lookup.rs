//! Looking up orders by any outside number: order numbers, line numbers, case numbers of refunds and freezes, a thousand
//! pasted at once.
//! Must never leave a number out of its answer: what was not found is said.

use std::collections::HashSet;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::{At, Cell, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{Instant, LineId, LogId, PartyId};
use crate::domain::order::LineStatus;

pub(super) const SQL: &[Statement] = &[sql!("orders_lookup")];

/// Numbers of one look-up.
pub const NUMBERS: usize = 1_000;
/// Lines of one answer.
const FOUND: i64 = 20_000;

/// What a number is of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundAs {
    /// The order number the buyer sees 订单号.
    OrderNo,
    /// The sub-order number 子订单号.
    LineNo,
    /// The number of a refund or freeze case 维权编号.
    CaseNo,
}

impl FoundAs {
    fn word(self) -> &'static str {
        match self {
            FoundAs::OrderNo => "order_no",
            FoundAs::LineNo => "line_no",
            FoundAs::CaseNo => "case_no",
        }
    }
}

/// A line that a number stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FoundLine {
    /// What the number is of it.
    pub found_as: FoundAs,
    /// Which line.
    #[schema(value_type = String)]
    pub line: LineId,
    /// Platform.
    pub platform: String,
    /// The order number the buyer sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// The platform's number of the line.
    pub line_no: String,
    /// Where it is.
    #[schema(value_type = String)]
    pub status: LineStatus,
    /// Pin instant, or business time of the first fact.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Who promoted it.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoter: Option<PartyId>,
}

/// One number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct NumberView {
    /// As asked.
    pub number: String,
    /// Lines it stands for; none when it was not found, or belongs to somebody else.
    pub found: Vec<FoundLine>,
}

/// Numbers in the order asked, each once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LookupView {
    /// A position it reflects at least.
    pub position: i64,
    /// Every number.
    pub numbers: Vec<NumberView>,
    /// Numbers that were not found.
    pub not_found: Vec<String>,
}

/// The numbers in a pasted text: parted by white space, commas and semicolons of either width, without quotes and without
/// the apostrophe that spreadsheets put before numbers; each once, in the order pasted.
pub fn numbers_in(text: &str) -> Vec<String> {
    let parting = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '、' | '\u{feff}');
    let quote = |c: char| matches!(c, '\'' | '"' | '‘' | '’' | '“' | '”' | '`');
    let mut seen = HashSet::new();
    let words = text.split(parting).map(|word| word.trim_matches(quote));
    let numbers = words.filter(|word| !word.is_empty() && seen.insert(*word));
    numbers.map(str::to_owned).collect()
}

/// What the numbers stand for.
pub async fn lookup(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    numbers: &[String],
) -> Result<LookupView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let own = viewer.party().map(PartyId::uuid);
    let sql = include_str!("sql/orders_lookup.sql");
    let rows = client.query(sql, &[&log.0, &numbers, &own, &(FOUND + 1)]).await?;
    if i64::try_from(rows.len()).map_or(true, |found| found > FOUND) {
        return Err(ReportError::TooMany);
    }
    let mut views: Vec<NumberView> = Vec::with_capacity(numbers.len());
    views.extend(numbers.iter().map(|number| NumberView {
        number: number.clone(),
        found: Vec::new(),
    }));
    for row in &rows {
        let at = usize::try_from(row.get::<_, i64>(0))
            .ok()
            .and_then(|n| n.checked_sub(1));
        if let Some(view) = at.and_then(|at| views.get_mut(at)) {
            view.found.push(found(row)?);
        }
    }
    let missing = views.iter().filter(|view| view.found.is_empty());
    Ok(LookupView {
        position,
        not_found: missing.map(|view| view.number.clone()).collect(),
        numbers: views,
    })
}

fn found(row: &Row) -> Result<FoundLine, ReportError> {
    Ok(FoundLine {
        found_as: match row.get::<_, i16>(1) {
            1 => FoundAs::OrderNo,
            2 => FoundAs::LineNo,
            _ => FoundAs::CaseNo,
        },
        at: Instant::from_utc(row.get(2)),
        line: LineId(row.get(3)),
        platform: row.get(4),
        order_no: row.get(5),
        line_no: row.get(6),
        status: LineStatus::from_code(row.get(7)).ok_or(ReportError::Stored("status"))?,
        promoter: row.get::<_, Option<uuid::Uuid>>(8).map(wire::party).transpose()?,
    })
}

impl LookupView {
    /// As a table: a row for every line found, and one for every number that was not.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Orders by number 订单查询 at position {}", self.position),
            &[
                "number 编号",
                "found_as",
                "platform 平台",
                "order_no 订单号",
                "line_no 子订单号",
                "status 订单状态",
                "at",
                "promoter",
                "line",
            ],
        );
        for view in &self.numbers {
            if view.found.is_empty() {
                let missing = [Cell::from(view.number.clone()), "not found 未找到".into()];
                table.push(missing.into_iter().chain(std::iter::repeat_n(Cell::Empty, 7)));
            }
            for line in &view.found {
                table.push([
                    view.number.clone().into(),
                    line.found_as.word().into(),
                    line.platform.clone().into(),
                    line.order_no.clone().into(),
                    line.line_no.clone().into(),
                    super::line_ledger::status_word(line.status).into(),
                    line.at.to_string().into(),
                    line.promoter.map(|party| party.to_string()).into(),
                    line.line.to_string().into(),
                ]);
            }
        }
        table
    }
}
