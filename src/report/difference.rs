//! Statement difference: a month's account statement as known at one moment beside the same as known at a later one, and
//! the events recorded between that explain the difference, to the smallest unit.
//! Must never list an event that changed nothing, nor leave out one that did.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::explain::moments;
use super::page::part;
use super::statement::{self, Sum};
use super::{
    At, Cell, Lang, Money, Page, ReportError, Statement, StatementKey, StatementSum, Table, Viewer, reason, sql,
    streams, wire,
};
use crate::base::{Instant, LogId, Month, Zone};
use crate::ledger::Account;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("difference_lines"), sql!("statement_sums")];

/// One event between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DifferenceLine {
    /// Position of the event.
    pub position: i64,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Business time its month was chosen from.
    pub at: Instant,
    /// Its kind.
    pub kind: String,
    /// What an adjustment was for.
    pub purpose: Option<String>,
    /// The platform's number of the sub-order line.
    pub line_no: Option<String>,
    /// The month it was stamped into: the statement's own, or one before, which moves the opening.
    pub period: Month,
    /// Month of its date, when that one was already cut off.
    pub points_back_to: Option<Month>,
    /// `+` in favour of the party.
    pub amount: Money,
    /// Of this and the ones before.
    pub so_far: Money,
}

/// The two statements and what lies between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DifferenceView {
    /// The earlier position.
    pub earlier: i64,
    /// The later one.
    pub later: i64,
    /// Of which account.
    pub account: Account,
    /// Which month.
    pub period: Month,
    /// Per currency: as known earlier, and as known later.
    pub sums: Vec<(StatementSum, StatementSum)>,
    /// Events between, in order of position.
    pub lines: Vec<DifferenceLine>,
    /// Cursor of the next page of events.
    pub next: Option<String>,
    /// Per currency: of all events, listed or not.
    pub differences: Vec<Money>,
    zone: Zone,
}

/// A month's statement as known at two moments, with one page of the events between.
pub async fn statement_difference(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    key: StatementKey,
    known: (At, At),
    page: &Page,
) -> Result<DifferenceView, ReportError> {
    if !viewer.sees(key.party) {
        return Err(ReportError::NotFound);
    }
    let (earlier, later) = moments(client, log, known).await?;
    let owner = (key.party.uuid(), key.account);
    let was = statement::sums(client, log, owner, key.period, earlier).await?;
    let is = statement::sums(client, log, owner, key.period, later).await?;
    let (mut sums, mut differences) = (Vec::new(), Vec::new());
    let all: BTreeMap<Currency, Sum> = was.iter().chain(&is).map(|(currency, sum)| (*currency, *sum)).collect();
    for currency in all.keys() {
        let of = |known: &BTreeMap<Currency, Sum>| known.get(currency).copied().unwrap_or_default();
        let (was, is) = (of(&was), of(&is));
        differences.push(Money::of(is.closing()?.minus(was.closing()?)?, *currency));
        sums.push((was.view(*currency)?, is.view(*currency)?));
    }
    let (after, currency) = match page.parts::<2>()? {
        Some([after, currency]) => (part::<i64>(after)?, currency),
        None => (0, ""),
    };
    let (account, period) = (key.account.code(), key.period.number());
    let mut rows = client
        .query(
            include_str!("sql/difference_lines.sql"),
            &[
                &log.0,
                &earlier,
                &later,
                &owner.0,
                &account,
                &period,
                &after,
                &page.fetch(),
                &currency,
            ],
        )
        .await?;
    let more = page.cut(&mut rows);
    let lines: Vec<DifferenceLine> = rows.iter().map(line).collect::<Result<_, _>>()?;
    Ok(DifferenceView {
        earlier,
        later,
        account: Account::of(key.party, key.account),
        period: key.period,
        sums,
        next: lines
            .last()
            .filter(|_| more)
            .map(|line| format!("{}~{}", line.position, line.amount.currency)),
        lines,
        differences,
        zone: streams::book(client, log, later).await?.opened.zone,
    })
}

fn line(row: &tokio_postgres::Row) -> Result<DifferenceLine, ReportError> {
    let currency = wire::currency(row.get(4))?;
    let month = |number| Month::from_number(number).map_err(|_| ReportError::Stored("period"));
    Ok(DifferenceLine {
        position: row.get(0),
        recorded_at: Instant::from_utc(row.get(1)),
        at: Instant::from_utc(row.get(2)),
        kind: row.get(3),
        purpose: row.get(10),
        line_no: row.get(9),
        period: month(row.get(7))?,
        points_back_to: row.get::<_, Option<i32>>(8).map(month).transpose()?,
        amount: Money::of(Minor(row.get(5)), currency),
        so_far: Money::of(Minor(row.get(6)), currency),
    })
}

impl DifferenceView {
    /// As a table: what was known earlier, the events between, what is known later.
    pub fn table(&self) -> Table {
        let (earlier, later) = (self.earlier, self.later);
        let mut table = Table::new(
            format!(
                "Statement difference 对账单差异 {} {}: as known at position {earlier}, and at {later}",
                self.account, self.period
            ),
            &[
                "recorded 入账时间",
                "date 日期",
                "description 摘要",
                "line_no 子订单号",
                "period 账期",
                "points_back_to 原账期",
                "position 位置",
                "amount 金额",
                "so_far 累计",
                "currency 币种",
            ],
        );
        let stated = |text: String, amount: &Money| {
            let mut row: [Cell; 10] = std::array::from_fn(|_| Cell::Empty);
            row[2] = text.into();
            row[8] = Cell::from(amount);
            row[9] = amount.currency.as_str().into();
            row
        };
        for (was, _) in &self.sums {
            table.push(stated(format!("opening as known at {earlier} 期初"), &was.opening));
            table.push(stated(format!("closing as known at {earlier} 期末"), &was.closing));
        }
        for line in &self.lines {
            let amount = Minor(if line.amount.amount.starts_with('-') { -1 } else { 1 });
            let words = |lang| reason::movement(&line.kind, line.purpose.as_deref(), amount, lang);
            table.push([
                self.zone.local(line.recorded_at).into(),
                self.zone.local(line.at).into(),
                format!("{} {}", words(Lang::En), words(Lang::Zh)).into(),
                line.line_no.clone().into(),
                line.period.to_string().into(),
                line.points_back_to.map(|month| month.to_string()).into(),
                line.position.into(),
                Cell::from(&line.amount),
                Cell::from(&line.so_far),
                line.amount.currency.as_str().into(),
            ]);
        }
        for ((_, is), difference) in self.sums.iter().zip(&self.differences) {
            table.push(stated("difference, all events 差异合计".to_owned(), difference));
            table.push(stated(format!("opening as known at {later} 期初"), &is.opening));
            table.push(stated(format!("closing as known at {later} 期末"), &is.closing));
        }
        table
    }
}
