//! Account statement 往来对账单 of (account, period): opening, lines, closing; as JSON and CSV.
//! Must never read a running balance: opening and closing are sums by period stamps (decision B12).

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::csv::CsvRows;
use super::page::part;
use super::{At, Cell, Lang, Money, Page, ReportError, Statement, Table, Viewer, position, reason, sql, streams, wire};
use crate::base::{ContractId, EventId, Instant, LineId, LogId, Month, PartyId, PartyKind, Zone};
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[
    sql!("statement_sums"),
    sql!("statement_lines"),
    sql!("statement_owners"),
];

/// Accounts listed at once.
const OWNERS: i64 = 500;

/// Which statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatementKey {
    /// Whose.
    pub party: PartyId,
    /// Of which account; `available` is what is owed.
    pub account: AccountKind,
    /// Which month.
    pub period: Month,
}

/// Opening and closing of one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StatementSum {
    /// 期初: closing of the period before.
    pub opening: Money,
    /// Sum of the credits of the period.
    pub credits: Money,
    /// Sum of the debits of the period.
    pub debits: Money,
    /// 期末: opening of the next period.
    pub closing: Money,
}

/// One line of a statement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StatementLine {
    /// Business time its period was chosen from.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Position of the event.
    pub position: i64,
    /// The event.
    #[schema(value_type = String)]
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// What it was, in English.
    pub text: String,
    /// What it was, in Chinese.
    pub text_zh: String,
    /// The sub-order line.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// The platform's number of the sub-order line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_no: Option<String>,
    /// The order number the buyer sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// The brand contract.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// The brand's own number of the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_no: Option<String>,
    /// `+` in favour of the party.
    pub amount: Money,
    /// Opening and all lines up to this one.
    pub balance: Money,
    /// Period of its date, when that one was already cut off.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_back_to: Option<Month>,
}

/// A statement as of a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StatementView {
    /// The position it reflects.
    pub position: i64,
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Of which account.
    #[schema(value_type = String)]
    pub account: Account,
    /// Which month.
    #[schema(value_type = String)]
    pub period: Month,
    /// The month was cut off: nothing is stamped into it any more.
    pub cut_off: bool,
    /// Per currency.
    pub sums: Vec<StatementSum>,
    /// In order of position.
    pub lines: Vec<StatementLine>,
    /// Cursor of the next page of lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The statement with one page of its lines. A party without legs has an empty statement.
pub async fn statement(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    key: StatementKey,
    at: At,
    page: &Page,
) -> Result<StatementView, ReportError> {
    if !viewer.sees(key.party) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let sums = sums(client, log, (key.party.uuid(), key.account), key.period, position).await?;
    let (after, currency) = match page.parts::<2>()? {
        Some([after, currency]) => (part::<i64>(after)?, currency),
        None => (0, ""),
    };
    let (account, period) = (key.account.code(), key.period.number());
    let mut rows = client
        .query(
            include_str!("sql/statement_lines.sql"),
            &[
                &log.0,
                &position,
                &key.party.uuid(),
                &account,
                &period,
                &after,
                &page.fetch(),
                &currency,
            ],
        )
        .await?;
    let more = page.cut(&mut rows);
    let openings: BTreeMap<Currency, Minor> = sums.iter().map(|(currency, sum)| (*currency, sum.opening)).collect();
    let lines: Vec<StatementLine> = rows.iter().map(|row| line(row, &openings)).collect::<Result<_, _>>()?;
    Ok(StatementView {
        position,
        party: key.party,
        account: Account::of(key.party, key.account),
        period: key.period,
        cut_off: book.cut_off_through.is_some_and(|cut| key.period <= cut),
        sums: sums
            .iter()
            .map(|(currency, sum)| sum.view(*currency))
            .collect::<Result<_, _>>()?,
        next: lines
            .last()
            .filter(|_| more)
            .map(|line| format!("{}~{}", line.position, line.amount.currency)),
        lines,
    })
}

/// Opening and movements of an account in one month and currency.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub opening: Minor,
    pub credits: Minor,
    pub debits: Minor,
}

impl Sum {
    pub fn closing(&self) -> Result<Minor, ReportError> {
        Ok(self.opening.plus(self.credits)?.minus(self.debits)?)
    }

    pub fn view(&self, currency: Currency) -> Result<StatementSum, ReportError> {
        let closing = self.closing()?;
        Ok(StatementSum {
            opening: Money::of(self.opening, currency),
            credits: Money::of(self.credits, currency),
            debits: Money::of(self.debits, currency),
            closing: Money::of(closing, currency),
        })
    }
}

/// Opening and movements per currency, of an account of an owner (the book itself is the nil uuid).
pub(super) async fn sums(
    client: &Client,
    log: LogId,
    (owner, account): (Uuid, AccountKind),
    period: Month,
    position: i64,
) -> Result<BTreeMap<Currency, Sum>, ReportError> {
    let (account, period) = (account.code(), period.number());
    let rows = client
        .query(
            include_str!("sql/statement_sums.sql"),
            &[&log.0, &position, &owner, &account, &period],
        )
        .await?;
    let sum = |row: &Row| {
        let sum = Sum {
            opening: Minor(row.get(1)),
            credits: Minor(row.get(2)),
            debits: Minor(row.get(3)),
        };
        Ok((wire::currency(row.get(0))?, sum))
    };
    rows.iter().map(sum).collect()
}

fn line(row: &Row, openings: &BTreeMap<Currency, Minor>) -> Result<StatementLine, ReportError> {
    let currency = wire::currency(row.get(4))?;
    let opening = openings.get(&currency).copied().unwrap_or_default();
    let (kind, amount): (String, Minor) = (row.get(3), Minor(row.get(5)));
    let points_back_to: Option<i32> = row.get(7);
    let points_back_to = points_back_to.map(Month::from_number).transpose();
    Ok(StatementLine {
        position: row.get(0),
        at: Instant::from_utc(row.get(1)),
        event: EventId(row.get(2)),
        text: reason::movement(&kind, row.get(11), amount, Lang::En).to_owned(),
        text_zh: reason::movement(&kind, row.get(11), amount, Lang::Zh).to_owned(),
        kind,
        line: row.get::<_, Option<Uuid>>(8).map(LineId),
        line_no: row.get(9),
        order_no: row.get(10),
        contract: row.get::<_, Option<Uuid>>(12).map(ContractId),
        contract_no: row.get(13),
        amount: Money::of(amount, currency),
        balance: Money::of(opening.plus(Minor(row.get(6)))?, currency),
        points_back_to: points_back_to.map_err(|_| ReportError::Stored("period"))?,
    })
}

/// The statements that there are of a month, of parties of a kind or all, after one of them, with the parties' names.
pub async fn statement_keys(
    client: &Client,
    log: LogId,
    period: Month,
    kind: Option<PartyKind>,
    after: Option<StatementKey>,
) -> Result<Vec<(StatementKey, String)>, ReportError> {
    let (low, high) = match kind {
        Some(kind) => (
            PartyId::tagged(kind, Uuid::nil()).uuid(),
            PartyId::tagged(kind, Uuid::max()).uuid(),
        ),
        None => (Uuid::nil(), Uuid::max()),
    };
    let (owner, account) = match after {
        Some(key) => (key.party.uuid(), key.account.code()),
        None => (Uuid::nil(), 0),
    };
    let sql = include_str!("sql/statement_owners.sql");
    let rows = client
        .query(sql, &[&log.0, &period.number(), &low, &high, &owner, &account, &OWNERS])
        .await?;
    let key = |row: &Row| {
        let key = StatementKey {
            party: wire::party(row.get(0))?,
            account: AccountKind::from_code(row.get(1)).ok_or(ReportError::Stored("account"))?,
            period,
        };
        Ok((key, row.get(2)))
    };
    rows.iter().map(key).collect()
}

/// The columns of a statement's lines in files.
pub fn statement_columns() -> [&'static str; 12] {
    COLUMNS
}

/// One line of a statement as a row of a file.
pub fn statement_cells(line: &StatementLine, zone: Zone) -> [Cell; 12] {
    cells(line, zone)
}

const COLUMNS: [&str; 12] = [
    "date 日期",
    "description 摘要",
    "描述",
    "order_no 订单号",
    "line_no 子订单号",
    "line",
    "event",
    "position",
    "amount 金额",
    "balance 余额",
    "currency 币种",
    "points_back_to 原账期",
];

fn cells(line: &StatementLine, zone: Zone) -> [Cell; 12] {
    [
        zone.local(line.at).into(),
        line.text.clone().into(),
        line.text_zh.clone().into(),
        line.order_no.clone().into(),
        line.line_no.clone().into(),
        line.line.map(|line| line.to_string()).into(),
        line.event.to_string().into(),
        line.position.into(),
        Cell::from(&line.amount),
        Cell::from(&line.balance),
        line.amount.currency.as_str().into(),
        line.points_back_to.map(|month| month.to_string()).into(),
    ]
}

fn total_cells(text: [&str; 2], money: &Money) -> [Cell; 12] {
    let mut row: [Cell; 12] = std::array::from_fn(|_| Cell::Empty);
    row[1] = text[0].into();
    row[2] = text[1].into();
    row[9] = Cell::from(money);
    row[10] = money.currency.as_str().into();
    row
}

/// Writes the whole statement as CSV, page after page, in constant memory. Answers the position it reflects.
pub async fn statement_csv(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    key: StatementKey,
    at: At,
    out: impl Write,
) -> Result<i64, ReportError> {
    let mut rows = CsvRows::start(out, &COLUMNS)?;
    let position = whole(client, log, viewer, key, at, &mut |row| rows.row(row)).await?;
    rows.finish()?;
    Ok(position)
}

/// Opening, lines page after page, closing.
async fn whole(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    key: StatementKey,
    at: At,
    take: &mut dyn FnMut(&[Cell]) -> Result<(), ReportError>,
) -> Result<i64, ReportError> {
    let mut view = statement(client, log, viewer, key, at, &Page::first(Page::MOST)).await?;
    let position = view.position;
    let zone = streams::book(client, log, position).await?.opened.zone;
    for sum in &view.sums {
        take(&total_cells(["opening", "期初"], &sum.opening))?;
    }
    loop {
        for line in &view.lines {
            take(&cells(line, zone))?;
        }
        let Some(next) = view.next.take() else { break };
        let page = Page::after(Some(next), Page::MOST);
        view = statement(client, log, viewer, key, At::Position(position), &page).await?;
    }
    for sum in &view.sums {
        take(&total_cells(["closing", "期末"], &sum.closing))?;
    }
    Ok(position)
}

impl StatementView {
    /// As a table: opening, lines, closing.
    pub fn table(&self, zone: Zone) -> Table {
        let mut table = Table::new(
            format!(
                "Account statement 往来对账单 {} {} at position {}",
                self.account, self.period, self.position
            ),
            &[
                "date",
                "description",
                "line_no",
                "amount",
                "balance",
                "currency",
                "points back to",
            ],
        );
        let total = |text: &str, money: &Money| {
            let cells = [Cell::Empty, text.into(), Cell::Empty, Cell::Empty, Cell::from(money)];
            cells
                .into_iter()
                .chain([money.currency.as_str().into(), Cell::Empty])
                .collect::<Vec<_>>()
        };
        for sum in &self.sums {
            table.push(total("opening 期初", &sum.opening));
        }
        for line in &self.lines {
            table.push([
                zone.local(line.at).into(),
                format!("{} {}", line.text, line.text_zh).into(),
                line.line_no.clone().into(),
                Cell::from(&line.amount),
                Cell::from(&line.balance),
                line.amount.currency.as_str().into(),
                line.points_back_to.map(|month| month.to_string()).into(),
            ]);
        }
        for sum in &self.sums {
            table.push(total("closing 期末", &sum.closing));
        }
        table
    }
}
