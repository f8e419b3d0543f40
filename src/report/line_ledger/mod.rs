//! The line ledger 逐单明细账: one row per sub-order line, with columns that the caller chooses; estimated and settled stand
//! side by side, and what the platform reported beside ours. Asked for an accounting month, the settled columns are what
//! that month moved, so that they add up to the month.
//! Must never hold more than one page of lines, nor ask the database for one line at a time.

mod columns;
mod line;
mod parts;

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

pub use columns::Column;
pub(super) use line::{LedgerLine, Measure, Side, Told};

use self::columns::Shown;
use super::history::Calendar;
use super::lines::end_of_time;
use super::names::{self, Names};
use super::page::part;
use super::streams::{Stored, stored};
use super::{At, Cell, Page, ReportError, Statement, Table, Viewer, position, sql};
use crate::base::{BookId, Instant, LineId, LogId, Month, PartyId, ShopId, Zone};
use crate::domain::order::LineStatus;

pub(super) const SQL: &[Statement] = &[
    sql!("ledger_page"),
    sql!("ledger_of_party_page"),
    sql!("ledger_of_month_page"),
    names::SQL[0],
];

/// Lines of one page of an export.
pub const LEDGER_PAGE: i64 = 500;

/// Which lines, and which columns of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LedgerAsk {
    /// Lines of this party, with its eyes.
    pub party: Option<PartyId>,
    /// Ordered from here on.
    pub from: Option<Instant>,
    /// Ordered before.
    pub to: Option<Instant>,
    /// Ordered in this month of the book's zone.
    pub order_month: Option<Month>,
    /// With settled legs in this month; settled amounts are then those of the month.
    pub accounting_month: Option<Month>,
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop: Option<ShopId>,
    /// Standing here.
    pub status: Option<LineStatus>,
    /// Columns by name; none for the default set.
    pub columns: Vec<String>,
}

/// The words of a status.
pub const LINE_STATUS: [(&str, LineStatus); 7] = [
    ("waiting", LineStatus::Waiting),
    ("created", LineStatus::Created),
    ("deposit", LineStatus::Deposit),
    ("paid", LineStatus::Paid),
    ("received", LineStatus::Received),
    ("settled", LineStatus::Settled),
    ("closed", LineStatus::Closed),
];

pub(super) fn status_word(status: LineStatus) -> &'static str {
    LINE_STATUS
        .iter()
        .find(|(_, of)| *of == status)
        .map_or("", |(word, _)| *word)
}

/// A shop as people name it: its id, or the platform's number of it.
pub fn shop_named(book: BookId, platform: Option<&str>, text: &str) -> Result<ShopId, ReportError> {
    match (text.parse(), platform) {
        (Ok(shop), _) => Ok(shop),
        (Err(_), Some(platform)) => Ok(ShopId::of(book, platform, text)),
        (Err(_), None) => Err(ReportError::Needs("platform, beside a shop's number")),
    }
}

/// A column as listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ColumnView {
    /// Name, as `columns=` takes it.
    #[schema(example = "gross_settled")]
    pub name: String,
    /// Chinese word.
    #[schema(example = "佣金实际")]
    pub zh: String,
}

/// Lines of the ledger, oldest order first; in order of settling when asked for an accounting month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineLedgerView {
    /// A position it reflects at least.
    pub position: i64,
    /// Columns, in the order asked for.
    pub columns: Vec<ColumnView>,
    /// One object a line, with the columns' names; amounts are texts in the line's currency, what is empty is null.
    pub rows: Vec<BTreeMap<String, Option<String>>>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The ledger, read page after page.
pub struct LineLedger<'a> {
    client: &'a Client,
    log: LogId,
    /// A position it reflects at least.
    pub position: i64,
    /// The columns chosen.
    pub columns: Vec<Column>,
    eyes: Viewer,
    ask: LedgerAsk,
    range: (Instant, Instant),
    calendar: Calendar,
    zone: Zone,
}

impl<'a> LineLedger<'a> {
    /// Begins to read. Over several pages one snapshot of the database keeps them together: give a client in a
    /// repeatable-read transaction.
    pub async fn open(
        client: &'a Client,
        log: LogId,
        viewer: Viewer,
        ask: &LedgerAsk,
    ) -> Result<LineLedger<'a>, ReportError> {
        if ask.party.is_some_and(|party| !viewer.sees(party)) {
            return Err(ReportError::NotFound);
        }
        let position = position(client, log, At::Now).await?;
        let calendar = Calendar::load(client, log, position).await?;
        let zone = calendar.book.opened.zone;
        let mut range = (
            ask.from
                .unwrap_or(Instant::from_micros(0).map_err(|_| ReportError::Stored("time"))?),
            ask.to.unwrap_or(Instant::from_utc(end_of_time())),
        );
        if let Some(month) = ask.order_month {
            range.0 = range.0.max(zone.midnight(month.first_day()));
            range.1 = range.1.min(zone.midnight(month.next().first_day()));
        }
        if ask.accounting_month.is_some() && (ask.from, ask.to, ask.order_month) != (None, None, None) {
            return Err(ReportError::Needs("either an accounting month, or order times"));
        }
        Ok(LineLedger {
            client,
            log,
            position,
            columns: columns::choose(&calendar.book, &ask.columns)?,
            // A party named by a viewer of everything is looked at with that party's eyes.
            eyes: ask.party.map_or(viewer, Viewer::Party),
            ask: ask.clone(),
            range,
            calendar,
            zone,
        })
    }

    /// The heads of the columns.
    pub fn headings(&self) -> Vec<String> {
        self.columns.iter().map(Column::heading).collect()
    }

    /// The rows of a page, and the cursor of the next one.
    pub async fn page(&self, page: &Page) -> Result<(Vec<Vec<Cell>>, Option<String>), ReportError> {
        let rows = self.rows(page).await?;
        let mut lines: Vec<(String, LedgerLine)> = Vec::new();
        let mut pending: Option<(String, Vec<Stored>)> = None;
        let mut ended = 0;
        for row in &rows {
            let event = stored(self.log, row, 0)?;
            if let Some((cursor, events)) =
                pending.take_if(|(_, events)| events.first().is_some_and(|e| e.stream != event.stream))
            {
                lines.push((cursor, self.fold(&events)?));
                ended += 1;
            }
            // The extra line of the page only says that there is one.
            if ended == page.size() {
                break;
            }
            let (_, events) = pending.get_or_insert_with(|| (self.cursor(row), Vec::new()));
            events.push(event);
        }
        let more = ended == page.size();
        if let Some((cursor, events)) = pending {
            lines.push((cursor, self.fold(&events)?));
        }
        let names = self.names(lines.iter().map(|(_, line)| line)).await?;
        let next = lines.last().filter(|_| more).map(|(cursor, _)| cursor.clone());
        let cells = lines.iter().map(|(_, line)| self.cells(line, &names));
        Ok((cells.collect::<Result<_, _>>()?, next))
    }

    fn fold(&self, events: &[Stored]) -> Result<LedgerLine, ReportError> {
        let line = events.first().ok_or(ReportError::Stored("line"))?.stream;
        LedgerLine::fold(LineId(line), events, &self.calendar, self.ask.accounting_month)
    }

    fn cells(&self, line: &LedgerLine, names: &Names) -> Result<Vec<Cell>, ReportError> {
        let shown = Shown {
            line,
            names,
            zone: self.zone,
            viewer: self.eyes,
        };
        self.columns.iter().map(|column| column.cell(&shown)).collect()
    }

    fn cursor(&self, row: &Row) -> String {
        match self.ask.accounting_month {
            Some(_) => row.get::<_, i64>(10).to_string(),
            None => format!("{}~{}", Instant::from_utc(row.get(10)), LineId(row.get(0))),
        }
    }

    async fn rows(&self, page: &Page) -> Result<Vec<Row>, ReportError> {
        let (log, limit) = (&self.log.0, page.fetch());
        let ask = &self.ask;
        let (platform, shop) = (&ask.platform, ask.shop.map(|shop| shop.0));
        let status = ask.status.map(LineStatus::code);
        let party = self.eyes.party().map(PartyId::uuid);
        if let Some(month) = ask.accounting_month {
            let after = match page.parts::<1>()? {
                Some([after]) => part::<i64>(after)?,
                None => 0,
            };
            let sql = include_str!("../sql/ledger_of_month_page.sql");
            let month = month.number();
            return Ok(self
                .client
                .query(sql, &[log, &after, &month, &limit, platform, &shop, &status, &party])
                .await?);
        }
        let (after, line) = match page.parts::<2>()? {
            Some([at, line]) => (part::<Instant>(at)?.utc(), part::<LineId>(line)?.0),
            None => (self.range.0.utc(), Uuid::nil()),
        };
        let (from, to) = (self.range.0.utc(), self.range.1.utc());
        Ok(match party {
            Some(party) => {
                let sql = include_str!("../sql/ledger_of_party_page.sql");
                self.client
                    .query(
                        sql,
                        &[log, &after, &line, &from, &to, &limit, platform, &shop, &status, &party],
                    )
                    .await?
            }
            None => {
                let sql = include_str!("../sql/ledger_page.sql");
                self.client
                    .query(sql, &[log, &after, &line, &from, &to, &limit, platform, &shop, &status])
                    .await?
            }
        })
    }

    async fn names(&self, lines: impl Iterator<Item = &LedgerLine>) -> Result<Names, ReportError> {
        let (mut parties, mut shops, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for line in lines {
            parties.extend(line.parties().map(PartyId::uuid));
            shops.extend(line.shop().map(|shop| shop.0));
            items.extend(line.item().map(|item| item.0));
        }
        Names::load(self.client, self.log, (parties, shops, items)).await
    }

    /// A page as the wire shows it.
    pub async fn view(&self, page: &Page) -> Result<LineLedgerView, ReportError> {
        let (rows, next) = self.page(page).await?;
        let object = |row: Vec<Cell>| {
            let named = self.columns.iter().zip(row);
            named
                .map(|(column, cell)| (column.name.to_string(), cell.into_text()))
                .collect()
        };
        Ok(LineLedgerView {
            position: self.position,
            columns: self.columns.iter().map(ColumnView::from).collect(),
            rows: rows.into_iter().map(object).collect(),
            next,
        })
    }

    /// A page as a table.
    pub async fn table(&self, page: &Page) -> Result<Table, ReportError> {
        let (rows, next) = self.page(page).await?;
        Ok(Table {
            title: format!("Line ledger 逐单明细账 at position {}", self.position),
            columns: self.headings().into_iter().map(Into::into).collect(),
            rows,
            next,
        })
    }
}

impl From<&Column> for ColumnView {
    fn from(column: &Column) -> ColumnView {
        ColumnView {
            name: column.name.to_string(),
            zh: column.zh.to_string(),
        }
    }
}

/// Every column of a book, and the names of the default set.
pub async fn ledger_columns(client: &Client, log: LogId) -> Result<(Vec<ColumnView>, Vec<String>), ReportError> {
    let position = position(client, log, At::Now).await?;
    let book = super::streams::book(client, log, position).await?;
    let all = columns::all(&book).iter().map(ColumnView::from).collect();
    Ok((all, columns::default_set(&book)))
}
