//! What a journal for auditors is made of: the book's face, entries page by page, accounts with balances by period stamps.
//! Must never be read outside one snapshot: pages of an export have to fit each other.

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{At, ReportError, Statement, position, sql, streams, wire};
use crate::base::{BookId, EventId, Instant, LogId, Month, PartyId, Zone};
use crate::ledger::{Account, Layer};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[
    sql!("long_read"),
    sql!("journal_legs"),
    sql!("journal_accounts"),
    sql!("journal_months"),
    sql!("party_name"),
];

/// Entries, or accounts, read at once.
const PAGE: i64 = 1_000;

/// Lets the snapshot that a client is in wait between two statements, for work that is done in between.
pub async fn long_read(client: &Client) -> Result<(), ReportError> {
    client.query_one(include_str!("sql/long_read.sql"), &[]).await?;
    Ok(())
}

/// What stands at the head of every export: whose books, in which zone, as of which position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookFace {
    /// The position it reflects.
    pub position: i64,
    /// Which book.
    pub book: BookId,
    /// Its name.
    pub name: String,
    /// Name of the party whose books these are; the book's own without one.
    pub owner: String,
    /// Zone of days and months.
    pub zone: Zone,
    /// Currencies that may be booked.
    pub currencies: Vec<Currency>,
    /// The last month cut off.
    pub cut_off_through: Option<Month>,
}

/// The face of a book as of a position.
pub async fn book_face(client: &Client, log: LogId, at: At) -> Result<BookFace, ReportError> {
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let owner = match book.owner {
        Some(owner) => party_name(client, log, owner).await?,
        None => None,
    };
    Ok(BookFace {
        position,
        book: book.opened.book,
        owner: owner.unwrap_or_else(|| book.opened.name.to_string()),
        name: book.opened.name.to_string(),
        zone: book.opened.zone,
        currencies: book.opened.currencies.clone(),
        cut_off_through: book.cut_off_through,
    })
}

/// The name of a party.
pub async fn party_name(client: &Client, log: LogId, party: PartyId) -> Result<Option<String>, ReportError> {
    let sql = include_str!("sql/party_name.sql");
    let row = client.query_opt(sql, &[&log.0, &party.uuid()]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// One leg of an entry, with the name of its party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalLeg {
    /// Which account.
    pub account: Account,
    /// Name of its party.
    pub name: Option<String>,
    /// In which layer.
    pub layer: Layer,
    /// In which currency.
    pub currency: Currency,
    /// `+` credit, `-` debit.
    pub amount: Minor,
}

/// One entry: what an event moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    /// Position of the event.
    pub position: i64,
    /// The event.
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// The platform's number of the sub-order line.
    pub line_no: Option<String>,
    /// Business time its month was chosen from.
    pub at: Instant,
    /// Accounting month; none in the estimated layer.
    pub period: Option<Month>,
    /// Month of its date, when that one was cut off already.
    pub points_back_to: Option<Month>,
    /// Legs of one layer.
    pub legs: Vec<JournalLeg>,
}

/// Which entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JournalFilter {
    /// Only what is stamped with this month.
    pub period: Option<Month>,
    /// The estimated layer as well.
    pub estimated: bool,
}

/// Entries after a position, one per layer that the event moved; fewer than a page at the end, none past it.
pub async fn journal_entries(
    client: &Client,
    log: LogId,
    filter: JournalFilter,
    after: i64,
) -> Result<Vec<JournalEntry>, ReportError> {
    let layers: &[i16] = if filter.estimated { &[0, 1] } else { &[1] };
    let period = filter.period.map(Month::number);
    let rows = client
        .query(
            include_str!("sql/journal_legs.sql"),
            &[&log.0, &after, &layers, &period, &PAGE],
        )
        .await?;
    let mut entries: Vec<JournalEntry> = Vec::new();
    for row in &rows {
        let leg = leg(row)?;
        let position: i64 = row.get(0);
        match entries.last_mut() {
            Some(last) if last.position == position && last.legs.last().is_some_and(|l| l.layer == leg.layer) => {
                last.legs.push(leg);
            }
            _ => entries.push(header(row, leg)?),
        }
    }
    Ok(entries)
}

fn month(number: Option<i32>) -> Result<Option<Month>, ReportError> {
    let month = number.map(Month::from_number).transpose();
    month.map_err(|_| ReportError::Stored("period"))
}

fn header(row: &Row, leg: JournalLeg) -> Result<JournalEntry, ReportError> {
    Ok(JournalEntry {
        position: row.get(0),
        event: EventId(row.get(10)),
        kind: row.get(11),
        line_no: row.get(12),
        at: Instant::from_utc(row.get(8)),
        period: month(row.get(6))?,
        points_back_to: month(row.get(7))?,
        legs: vec![leg],
    })
}

fn leg(row: &Row) -> Result<JournalLeg, ReportError> {
    Ok(JournalLeg {
        account: wire::account(row.get(1), row.get(2))?,
        name: row.get(9),
        layer: wire::layer(row.get(3))?,
        currency: wire::currency(row.get(4))?,
        amount: Minor(row.get(5)),
    })
}

/// An account of a layer in one currency, with a balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalAccount {
    /// Which.
    pub account: Account,
    /// Name of its party.
    pub name: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// `+` the book owes the party.
    pub balance: Minor,
    owner: Uuid,
}

/// Accounts of the settled layer with what is stamped up to a month, or of the estimated layer (`through` none), a page at
/// a time after the last one of the page before.
pub async fn journal_accounts(
    client: &Client,
    log: LogId,
    through: Option<Month>,
    after: Option<&JournalAccount>,
) -> Result<Vec<JournalAccount>, ReportError> {
    let (layer, low, high) = match through {
        Some(month) => (Layer::Settled.code(), 1, month.number()),
        None => (Layer::Estimated.code(), 0, 0),
    };
    let (owner, kind, currency) = match after {
        Some(last) => (last.owner, last.account.kind.code(), last.currency.to_string()),
        None => (Uuid::nil(), -1, String::new()),
    };
    let sql = include_str!("sql/journal_accounts.sql");
    let rows = client
        .query(sql, &[&log.0, &layer, &low, &high, &owner, &kind, &currency, &PAGE])
        .await?;
    let account = |row: &Row| {
        Ok(JournalAccount {
            account: wire::account(row.get(0), row.get(1))?,
            owner: row.get(0),
            currency: wire::currency(row.get(2))?,
            balance: Minor(row.get(3)),
            name: row.get(4),
        })
    };
    rows.iter().map(account).collect()
}

/// Months with settled money, oldest first.
pub async fn journal_months(client: &Client, log: LogId) -> Result<Vec<Month>, ReportError> {
    let rows = client.query(include_str!("sql/journal_months.sql"), &[&log.0]).await?;
    let month = |row: &Row| Month::from_number(row.get(0)).map_err(|_| ReportError::Stored("period"));
    rows.iter().map(month).collect()
}
