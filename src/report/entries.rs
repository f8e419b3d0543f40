//! Entries 凭证 by position, each with its legs and the balances after them; also as plain-text accounting.
//! Must never show a party a leg of another: a party's entries hold its own legs only, so they need not balance.

use chrono::NaiveDate;
use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Money, Page, ReportError, Statement, Viewer, position, sql, streams, wire};
use crate::base::{EventId, Instant, LineId, LogId, Month, PartyId};
use crate::domain::stream::{Slice, StreamId};
use crate::ledger::{Account, AccountKind, Layer, Leg, text};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("entries_page"), sql!("entries_of_owner_page")];

/// Which entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EntriesFilter {
    /// Legs of this party only.
    pub party: Option<PartyId>,
    /// Legs of this kind of the party's accounts only.
    pub account: Option<AccountKind>,
}

/// One leg 分录.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LegView {
    /// The account.
    #[schema(value_type = String)]
    pub account: Account,
    /// `estimated` or `settled`.
    #[schema(value_type = String)]
    pub layer: Layer,
    /// `+` credit, `-` debit.
    pub amount: Money,
    /// Balance of the account in this layer after it.
    pub balance: Money,
    /// Accounting period; settled layer only.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Month>,
    /// Period of its date, when that one was already cut off.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_back_to: Option<Month>,
    #[serde(skip)]
    #[schema(ignore)]
    raw: Leg,
}

/// One entry: an event with what it moved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// Position of the event.
    pub position: i64,
    /// The event.
    #[schema(value_type = String)]
    pub event: EventId,
    /// Its kind, such as `order.settled`.
    pub kind: String,
    /// Its stream.
    #[schema(value_type = String)]
    pub stream: StreamId,
    /// The sub-order line it belongs to.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// Business time.
    #[schema(value_type = String)]
    pub occurred_at: Instant,
    /// Time of recording.
    #[schema(value_type = String)]
    pub recorded_at: Instant,
    /// Business day in the book's zone.
    #[schema(value_type = String)]
    pub day: NaiveDate,
    /// What moved.
    pub legs: Vec<LegView>,
}

/// Entries, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EntriesView {
    /// The position they reflect.
    pub position: i64,
    /// Entries by position.
    pub entries: Vec<EntryView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Entries the viewer may see, a page at a time.
pub async fn entries(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: EntriesFilter,
    at: At,
    page: &Page,
) -> Result<EntriesView, ReportError> {
    if filter.party.is_some_and(|party| !viewer.sees(party)) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let zone = streams::book(client, log, position).await?.opened.zone;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<i64>(after)?,
        None => 0,
    };
    let rows = match filter.party.or(viewer.party()) {
        Some(party) => {
            let kind = filter.account.map(AccountKind::code);
            let sql = include_str!("sql/entries_of_owner_page.sql");
            client
                .query(sql, &[&log.0, &after, &position, &page.fetch(), &party.uuid(), &kind])
                .await?
        }
        None => {
            let sql = include_str!("sql/entries_page.sql");
            client.query(sql, &[&log.0, &after, &position, &page.fetch()]).await?
        }
    };
    let mut entries: Vec<EntryView> = Vec::new();
    for row in &rows {
        let leg = leg(row)?;
        let position: i64 = row.get(0);
        match entries.last_mut() {
            Some(last) if last.position == position => last.legs.push(leg),
            _ => {
                let mut entry = header(row)?;
                entry.day = zone.day(entry.occurred_at);
                entry.legs.push(leg);
                entries.push(entry);
            }
        }
    }
    let more = page.cut(&mut entries);
    let next = entries.last().filter(|_| more).map(|entry| entry.position.to_string());
    Ok(EntriesView {
        position,
        entries,
        next,
    })
}

fn header(row: &Row) -> Result<EntryView, ReportError> {
    let slice = Slice::from_code(row.get(14)).ok_or(ReportError::Stored("slice"))?;
    Ok(EntryView {
        position: row.get(0),
        event: EventId(row.get(10)),
        kind: row.get(11),
        stream: StreamId { slice, id: row.get(15) },
        line: row.get::<_, Option<Uuid>>(9).map(LineId),
        occurred_at: Instant::from_utc(row.get(12)),
        recorded_at: Instant::from_utc(row.get(13)),
        day: NaiveDate::default(),
        legs: Vec::new(),
    })
}

fn leg(row: &Row) -> Result<LegView, ReportError> {
    let currency = wire::currency(row.get(4))?;
    let raw = Leg {
        account: wire::account(row.get(1), row.get(2))?,
        layer: wire::layer(row.get(3))?,
        currency,
        amount: Minor(row.get(5)),
    };
    let month = |at: usize| -> Result<Option<Month>, ReportError> {
        let number: Option<i32> = row.get(at);
        let month = number.map(Month::from_number).transpose();
        month.map_err(|_| ReportError::Stored("period"))
    };
    Ok(LegView {
        account: raw.account,
        layer: raw.layer,
        amount: Money::of(raw.amount, currency),
        balance: Money::of(Minor(row.get(6)), currency),
        period: month(7)?,
        points_back_to: month(8)?,
        raw,
    })
}

impl EntriesView {
    /// As plain-text accounting, one entry after another.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for entry in &self.entries {
            let legs: Vec<Leg> = entry.legs.iter().map(|leg| leg.raw).collect();
            let title = match entry.line {
                Some(line) => format!("{} {line} ; position {}", entry.kind, entry.position),
                None => format!("{} {} ; position {}", entry.kind, entry.stream, entry.position),
            };
            out.push_str(&text::entry(entry.day, &title, &legs));
            out.push('\n');
        }
        out
    }
}
