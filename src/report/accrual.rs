//! Accrual against actual 计提与实际: gross commission as last estimated beside what was settled, by month of the order or line
//! by line; and ours beside what the platform reported. Of a line still open there is no difference yet.
//! Must never post or correct anything: it lists.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::history::History;
use super::line_ledger::{LedgerLine, Measure, Side, Told};
use super::page::part;
use super::scan::{self, Scan};
use super::{Cell, Dimension, Money, Page, ReportError, Statement, Table, Viewer};
use crate::base::{LineId, LogId, Month};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = scan::SQL;

/// Lines of one month, or one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccrualRow {
    /// Month of the order.
    pub order_month: Month,
    /// The platform's number, of a single line.
    pub line_no: Option<String>,
    /// Lines with commission.
    pub lines: i64,
    /// Gross commission as last estimated.
    pub accrued: Money,
    /// Of it, of lines still open.
    pub open: Money,
    /// Gross commission settled.
    pub settled: Money,
    /// Settled less accrued, of lines with a settlement.
    pub difference: Money,
    /// Gross commission as the platform reported it: of the settlement, else of the estimate.
    pub reported: Money,
    /// Lines that the platform reported.
    pub reported_lines: i64,
    /// Ours less what was reported, of those lines.
    pub against_reported: Money,
    /// Lines on which ours and the platform's differ.
    pub differing: i64,
}

/// Accrual against actual.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccrualView {
    /// A position it reflects at least.
    pub position: i64,
    /// By month; by line only those that differ.
    pub by: Dimension,
    /// Rows.
    pub rows: Vec<AccrualRow>,
    /// Per currency, over all months; none by line.
    pub sums: Vec<AccrualRow>,
    /// Cursor of the next page of lines.
    pub next: Option<String>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    lines: i64,
    accrued: Minor,
    open: Minor,
    settled: Minor,
    difference: Minor,
    reported: Minor,
    reported_lines: i64,
    against_reported: Minor,
    differing: i64,
}

/// Accrual against actual, ordered in a month when one is named; line by line a page of those that differ.
pub async fn accrual(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (by, order_month): (Dimension, Option<Month>),
    page: &Page,
) -> Result<AccrualView, ReportError> {
    if viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    let scan = Scan::begin(client, log, viewer, order_month).await?;
    let zone = scan.calendar.book.opened.zone;
    let after = page.parts::<1>()?.map(|[line]| part::<LineId>(line)).transpose()?;
    let after = after.filter(|_| by == Dimension::Line);
    let mut months: BTreeMap<(Currency, Month), Tally> = BTreeMap::new();
    let mut sums: BTreeMap<Currency, Tally> = BTreeMap::new();
    let mut lines: Vec<(LineId, AccrualRow)> = Vec::new();
    scan.lines(client, log, after, |history| {
        let Some((month, tally)) = tally(&scan, history)? else {
            return Ok(true);
        };
        let currency = scan.currency(history);
        let month = zone.month(month);
        if by == Dimension::Line {
            if !tally.difference.is_zero() || tally.differing > 0 {
                let number = history.state.line_no().map(ToString::to_string);
                lines.push((history.line, tally.row(month, number, currency)));
            }
            return Ok(i64::try_from(lines.len()).unwrap_or(i64::MAX) < page.fetch());
        }
        months.entry((currency, month)).or_default().gain(&tally)?;
        sums.entry(currency).or_default().gain(&tally)?;
        Ok(true)
    })
    .await?;
    let more = page.cut(&mut lines);
    let next = lines.last().filter(|_| more).map(|(line, _)| line.to_string());
    let newest = months.keys().map(|(_, month)| *month).max();
    let by_month = months
        .into_iter()
        .map(|((currency, month), tally)| tally.row(month, None, currency));
    let sum = |(currency, tally): (Currency, Tally)| Some(tally.row(newest?, None, currency));
    Ok(AccrualView {
        position: scan.position,
        by,
        rows: by_month.chain(lines.into_iter().map(|(_, row)| row)).collect(),
        sums: sums.into_iter().filter_map(sum).collect(),
        next,
    })
}

/// The amounts of a line; none of one without commission, accrued, settled or reported.
fn tally(scan: &Scan, history: &History) -> Result<Option<(crate::base::Instant, Tally)>, ReportError> {
    let line = LedgerLine::fold(history.line, &history.events, &scan.calendar, None)?;
    let ours = |side| Ok::<_, ReportError>(line.amount(Viewer::All, &Measure::Gross, side)?.unwrap_or_default());
    let (accrued, settled, open) = (ours(Side::Estimated)?, ours(Side::Settled)?, ours(Side::Open)?);
    let mut reported = None;
    for side in [Side::Settled, Side::Estimated] {
        reported = reported.or(line.reported(Told::Gross, side)?);
    }
    let Some(at) = history.state.at() else { return Ok(None) };
    if accrued.is_zero() && settled.is_zero() && reported.is_none() {
        return Ok(None);
    }
    let against = line.differs_from_reported(Told::Gross)?;
    let was_settled = history.state.target()?.settled_at.is_some();
    let difference = if was_settled {
        settled.minus(accrued)?
    } else {
        Minor::ZERO
    };
    let tally = Tally {
        lines: 1,
        accrued,
        open,
        settled,
        difference,
        reported: reported.unwrap_or_default(),
        reported_lines: i64::from(reported.is_some()),
        against_reported: against.unwrap_or_default(),
        differing: i64::from(against.is_some_and(|difference| !difference.is_zero())),
    };
    Ok(Some((at, tally)))
}

impl Tally {
    fn gain(&mut self, other: &Tally) -> Result<(), ReportError> {
        self.lines += other.lines;
        self.reported_lines += other.reported_lines;
        self.differing += other.differing;
        for (own, more) in [
            (&mut self.accrued, other.accrued),
            (&mut self.open, other.open),
            (&mut self.settled, other.settled),
            (&mut self.difference, other.difference),
            (&mut self.reported, other.reported),
            (&mut self.against_reported, other.against_reported),
        ] {
            *own = own.plus(more)?;
        }
        Ok(())
    }

    fn row(&self, order_month: Month, line_no: Option<String>, currency: Currency) -> AccrualRow {
        let money = |amount| Money::of(amount, currency);
        AccrualRow {
            order_month,
            line_no,
            lines: self.lines,
            accrued: money(self.accrued),
            open: money(self.open),
            settled: money(self.settled),
            difference: money(self.difference),
            reported: money(self.reported),
            reported_lines: self.reported_lines,
            against_reported: money(self.against_reported),
            differing: self.differing,
        }
    }
}

impl AccrualView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Accrual and actual 计提与实际 at position {}", self.position),
            &[
                "order_month 订单月",
                "line_no 子订单号",
                "lines 子订单数",
                "accrued 计提佣金",
                "open 未结",
                "settled 实际佣金",
                "difference 差异",
                "reported 平台报数",
                "reported_lines 平台报数笔数",
                "against_reported 与平台差异",
                "differing 差异笔数",
                "currency 币种",
            ],
        );
        let mut push = |month: Cell, row: &AccrualRow| {
            table.push([
                month,
                row.line_no.clone().into(),
                row.lines.into(),
                Cell::from(&row.accrued),
                Cell::from(&row.open),
                Cell::from(&row.settled),
                Cell::from(&row.difference),
                Cell::from(&row.reported),
                row.reported_lines.into(),
                Cell::from(&row.against_reported),
                row.differing.into(),
                row.settled.currency.as_str().into(),
            ]);
        };
        self.rows
            .iter()
            .for_each(|row| push(row.order_month.to_string().into(), row));
        self.sums.iter().for_each(|row| push("sum 合计".into(), row));
        table.followed_by(self.next.clone())
    }
}
