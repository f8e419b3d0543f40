//! Rows of statement files and the breaks found: loaded by COPY, read back in one ordered pass.
//! Must never hold a reconciliation in memory, nor compare anything itself.

use std::pin::Pin;

use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::error::{Error, Result};
use super::statements::text;
use crate::base::{BookId, BreakId, EventId, Instant, LineId, LogId, Month, ReconciliationId};
use crate::domain::book::BookState;
use crate::domain::event::Event;
use crate::domain::world::Placed;

/// What one row of the file tells of one line, or of the cash account.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(
    missing_docs,
    reason = "each field is the column of the same name in migrations/V10__reconciliation.sql"
)]
pub struct ReconRow {
    pub row: i64,
    pub nth: i32,
    pub line: Option<Uuid>,
    pub line_no: Option<String>,
    pub facts: String,
    pub tag: Option<&'static str>,
    pub amount: Option<i64>,
    pub currency: Option<String>,
    pub flow_no: Option<String>,
    pub at: DateTime<Utc>,
}

/// A break as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(
    missing_docs,
    reason = "each field is the column of the same name in migrations/V10__reconciliation.sql"
)]
pub struct BreakRow {
    pub number: i32,
    pub break_id: Uuid,
    pub class: &'static str,
    pub cause: &'static str,
    pub component: String,
    pub line: Option<Uuid>,
    pub line_no: Option<String>,
    pub case_no: Option<String>,
    pub row: Option<i64>,
    pub currency: Option<String>,
    pub ours: Option<i64>,
    pub theirs: Option<i64>,
    pub ours_text: String,
    pub theirs_text: String,
    pub difference: Option<i64>,
    pub proposal: &'static str,
    pub until: Option<DateTime<Utc>>,
    pub facts: String,
    pub adjust: Option<String>,
}

const ROW_TYPES: [Type; 12] = [
    Type::UUID,
    Type::UUID,
    Type::INT8,
    Type::INT4,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::TIMESTAMPTZ,
];

/// Rows of a file on their way in: one COPY, whatever their number. Nothing stands before `finish`.
pub struct RowsIn {
    of: (BookId, ReconciliationId),
    writer: Pin<Box<BinaryCopyInWriter>>,
}

impl RowsIn {
    /// Begins.
    pub async fn begin(client: &Client, book: BookId, id: ReconciliationId) -> Result<RowsIn> {
        let sink = client.copy_in(text::recon_rows_copy).await?;
        Ok(RowsIn {
            of: (book, id),
            writer: Box::pin(BinaryCopyInWriter::new(sink, &ROW_TYPES)),
        })
    }

    /// Adds a row.
    pub async fn add(&mut self, r: &ReconRow) -> Result<()> {
        let (book, id) = self.of;
        let columns: [&(dyn ToSql + Sync); 12] = [
            &book.0,
            &id.0,
            &r.row,
            &r.nth,
            &r.line,
            &r.line_no,
            &r.facts,
            &r.tag,
            &r.amount,
            &r.currency,
            &r.flow_no,
            &r.at,
        ];
        Ok(self.writer.as_mut().write(&columns).await?)
    }

    /// Ends: now they stand.
    pub async fn finish(mut self) -> Result<()> {
        self.writer.as_mut().finish().await?;
        Ok(())
    }
}

const BREAK_TYPES: [Type; 21] = [
    Type::UUID,
    Type::UUID,
    Type::INT4,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::TEXT,
    Type::INT8,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::TEXT,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::TEXT,
];

/// Breaks of a run on their way in: one COPY, whatever their number. Nothing stands before `finish`.
pub struct BreaksIn {
    of: (BookId, ReconciliationId),
    writer: Pin<Box<BinaryCopyInWriter>>,
}

impl BreaksIn {
    /// Begins.
    pub async fn begin(client: &Client, book: BookId, id: ReconciliationId) -> Result<BreaksIn> {
        let sink = client.copy_in(text::recon_breaks_copy).await?;
        Ok(BreaksIn {
            of: (book, id),
            writer: Box::pin(BinaryCopyInWriter::new(sink, &BREAK_TYPES)),
        })
    }

    /// Adds a break.
    pub async fn add(&mut self, b: &BreakRow) -> Result<()> {
        let (book, id) = self.of;
        let columns: [&(dyn ToSql + Sync); 21] = [
            &book.0,
            &id.0,
            &b.number,
            &b.break_id,
            &b.class,
            &b.cause,
            &b.component,
            &b.line,
            &b.line_no,
            &b.case_no,
            &b.row,
            &b.currency,
            &b.ours,
            &b.theirs,
            &b.ours_text,
            &b.theirs_text,
            &b.difference,
            &b.proposal,
            &b.until,
            &b.facts,
            &b.adjust,
        ];
        Ok(self.writer.as_mut().write(&columns).await?)
    }

    /// Ends: now they stand.
    pub async fn finish(mut self) -> Result<()> {
        self.writer.as_mut().finish().await?;
        Ok(())
    }
}

/// Forgets rows and breaks of a run that was not noted.
pub async fn clear(client: &Client, book: BookId, id: ReconciliationId) -> Result<()> {
    client.execute(text::recon_clear, &[&book.0, &id.0]).await?;
    Ok(())
}

/// What a run is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunKey<'a> {
    /// SHA-256 of the file, hexadecimal.
    pub file: &'a str,
    /// SHA-256 of the mapping's text, hexadecimal.
    pub mapping_sha256: &'a str,
    /// Platform.
    pub platform: &'a str,
    /// Month.
    pub period: Month,
    /// Only of this account; empty for all.
    pub account: &'a str,
    /// Only of this shop; empty for all.
    pub shop: &'a str,
}

/// The last run of a file over a month: id, number, digest of its breaks.
pub async fn last(client: &Client, log: LogId, key: RunKey<'_>) -> Result<Option<(ReconciliationId, u32, String)>> {
    let RunKey {
        file,
        mapping_sha256,
        platform,
        period,
        account,
        shop,
    } = key;
    let period = period.number();
    let params: [&(dyn ToSql + Sync); 7] = [&log.0, &file, &mapping_sha256, &platform, &period, &account, &shop];
    let row = client.query_opt(text::recon_last, &params).await?;
    row.map(|row| {
        let run: i32 = row.try_get(1)?;
        let run = u32::try_from(run).map_err(|_| Error::corrupt("a run has no such number"))?;
        Ok((ReconciliationId(row.try_get(0)?), run, row.try_get(2)?))
    })
    .transpose()
}

/// A run that was noted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotedRun {
    /// Which run of its file.
    pub run: u32,
    /// SHA-256 of the file, hexadecimal.
    pub file: String,
    /// Platform.
    pub platform: String,
}

/// A run by its id.
pub async fn noted(client: &Client, log: LogId, id: ReconciliationId) -> Result<Option<NotedRun>> {
    let row = client.query_opt(text::recon_run, &[&log.0, &id.0]).await?;
    row.map(|row| {
        let run: i32 = row.try_get(0)?;
        Ok(NotedRun {
            run: u32::try_from(run).map_err(|_| Error::corrupt("a run has no such number"))?,
            file: row.try_get(1)?,
            platform: row.try_get(2)?,
        })
    })
    .transpose()
}

/// The book as it stood at a position.
pub async fn book(client: &Client, log: LogId, position: i64) -> Result<BookState> {
    let mut state: Option<BookState> = None;
    for row in client.query(text::recon_book, &[&log.0, &position]).await? {
        let (kind, schema, payload): (&str, i16, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let event = Event::decode(kind, schema, payload).map_err(|_| Error::corrupt("an event does not decode"))?;
        if let Event::Book(event) = &event {
            match &mut state {
                Some(state) => state.evolve(event),
                None => state = BookState::begin(event),
            }
        }
    }
    state.ok_or_else(|| Error::corrupt("the log has no book"))
}

/// A part of one side of a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// A row of the statement.
    Row {
        /// Its number.
        row: i64,
        /// Facts, JSON.
        facts: String,
        /// Cash: tag, amount.
        cash: Option<(String, i64)>,
        /// Currency of the cash.
        currency: Option<String>,
        /// The platform's number of the line.
        line_no: Option<String>,
    },
    /// An event of the line.
    Event(Box<(Event, Placed)>),
}

/// Both sides of every line, in order of lines: rows first, then events by position.
pub async fn lines(
    client: &Client,
    (book, log): (BookId, LogId),
    id: ReconciliationId,
    (platform, period, position): (&str, Month, i64),
) -> Result<impl Stream<Item = Result<(LineId, Part)>>> {
    let period = period.number();
    let params: [&(dyn ToSql + Sync); 6] = [&log.0, &book.0, &id.0, &platform, &period, &position];
    let rows = client.query_raw(text::recon_lines, params).await?;
    Ok(rows
        .map_err(Error::from)
        .and_then(move |row| std::future::ready(part(log, &row))))
}

fn part(log: LogId, row: &Row) -> Result<(LineId, Part)> {
    let line = LineId(row.try_get(0)?);
    let side: i16 = row.try_get(1)?;
    let ordinal: i64 = row.try_get(2)?;
    if side == 0 {
        let tag: Option<String> = row.try_get(4)?;
        let amount: Option<i64> = row.try_get(5)?;
        let part = Part::Row {
            row: ordinal,
            facts: row.try_get(3)?,
            cash: tag.zip(amount),
            currency: row.try_get(6)?,
            line_no: row.try_get(7)?,
        };
        return Ok((line, part));
    }
    let (kind, payload): (&str, &str) = (row.try_get(4)?, row.try_get(3)?);
    let event =
        Event::decode(kind, row.try_get(8)?, payload).map_err(|_| Error::corrupt("an event does not decode"))?;
    let placed = Placed {
        log,
        position: ordinal,
        version: row.try_get(11)?,
        id: EventId(row.try_get(13)?),
        occurred_at: Instant::from_utc(row.try_get(9)?),
        recorded_at: Instant::from_utc(row.try_get(10)?),
    };
    Ok((line, Part::Event(Box::new((event, placed)))))
}

/// A movement of cash that belongs to no line: row, tag, amount, currency.
pub type LooseCash = (i64, String, i64, Option<String>);

/// Movements of cash of a run that belong to no line.
pub async fn loose_cash(
    client: &Client,
    book: BookId,
    id: ReconciliationId,
) -> Result<impl Stream<Item = Result<LooseCash>>> {
    let params: [&(dyn ToSql + Sync); 2] = [&book.0, &id.0];
    let rows = client.query_raw(text::recon_cash, params).await?;
    Ok(rows.map_err(Error::from).and_then(|row| {
        let cash = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
        std::future::ready(cash())
    }))
}

/// Which breaks a person means.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BreakChoice {
    /// These.
    pub numbers: Option<Vec<i32>>,
    /// Of this class.
    pub class: Option<&'static str>,
    /// Those that were parked too; else only those that nobody put aside.
    pub parked: bool,
}

/// A break that waits to be decided.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(
    missing_docs,
    reason = "each field is the column of the same name in migrations/V10__reconciliation.sql"
)]
pub struct OpenBreak {
    pub number: i32,
    pub break_id: BreakId,
    pub class: String,
    pub cause: String,
    pub proposal: String,
    pub difference: Option<i64>,
    pub currency: Option<String>,
    pub until: Option<Instant>,
    pub facts: String,
    pub adjust: Option<String>,
    pub component: String,
    pub line_no: Option<String>,
    pub row: Option<i64>,
}

/// Breaks of a run that wait to be decided, in order of numbers.
pub async fn open_breaks(
    client: &Client,
    (book, log): (BookId, LogId),
    id: ReconciliationId,
    choice: &BreakChoice,
    (limit, now): (i64, Instant),
) -> Result<Vec<OpenBreak>> {
    let now = now.utc();
    let BreakChoice { numbers, class, parked } = choice;
    let params: [&(dyn ToSql + Sync); 8] = [&log.0, &book.0, &id.0, numbers, class, &limit, &now, parked];
    let rows = client.query(text::recon_breaks_choose, &params).await?;
    rows.iter()
        .map(|row| {
            Ok(OpenBreak {
                number: row.try_get(0)?,
                break_id: BreakId(row.try_get(1)?),
                class: row.try_get(2)?,
                cause: row.try_get(3)?,
                proposal: row.try_get(4)?,
                difference: row.try_get(5)?,
                currency: row.try_get(6)?,
                until: row.try_get::<_, Option<DateTime<Utc>>>(7)?.map(Instant::from_utc),
                facts: row.try_get(8)?,
                adjust: row.try_get(9)?,
                component: row.try_get(10)?,
                line_no: row.try_get(11)?,
                row: row.try_get(12)?,
            })
        })
        .collect()
}
