//! Import objects, their raw rows and what became of them, their business days, and mappings of a book's own.
//! Must never write one row at a time, nor move an import to a state that its state before does not allow.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::error::Result;
use super::jobs::Lease;
use super::statements::text;
use crate::base::{BookId, ImportId, LineId, LogId, ReceiptId};

/// An import as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// Which attempt at the file with the mapping, from 1.
    pub attempt: i32,
    /// SHA-256 of the file.
    pub digest: Vec<u8>,
    /// As the file was called.
    pub file_name: String,
    /// Name of the mapping.
    pub mapping: String,
    /// Its text as of then.
    pub mapping_text: String,
    /// SHA-256 of that text.
    pub mapping_digest: Vec<u8>,
    /// Makes the stand-ins that the mapping states.
    pub stand_ins: bool,
    /// uploaded, checked, committing, done, failed, reversing, reversed.
    pub state: String,
    /// Counts and sums, JSON.
    pub tally: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The approval that its reversal waits for.
    pub approval: Option<Uuid>,
    /// Who acted last, as on events.
    pub acted_by: String,
}

/// A new import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewImport<'a> {
    /// Which.
    pub id: ImportId,
    /// The money log that it is told to.
    pub log: LogId,
    /// Which attempt.
    pub attempt: i32,
    /// SHA-256 of the file.
    pub digest: &'a [u8],
    /// As the file is called.
    pub file_name: &'a str,
    /// Name of the mapping.
    pub mapping: &'a str,
    /// Its text.
    pub mapping_text: &'a str,
    /// SHA-256 of the text.
    pub mapping_digest: &'a [u8],
    /// Makes the stand-ins that the mapping states.
    pub stand_ins: bool,
    /// What the file is said to cover: account, first and last day.
    pub cover: (Option<String>, Option<NaiveDate>, Option<NaiveDate>),
    /// Who, as on events.
    pub by: &'a str,
}

/// Makes an import; false when it is there.
pub async fn add(client: &Client, book: BookId, new: &NewImport<'_>) -> Result<bool> {
    let (account, from, to) = &new.cover;
    let rows = client
        .execute(
            text::import_add,
            &[
                &book.0,
                &new.id.0,
                &new.log.0,
                &new.attempt,
                &new.digest,
                &new.file_name,
                &new.mapping,
                &new.mapping_text,
                &new.mapping_digest,
                &new.stand_ins,
                account,
                from,
                to,
                &new.by,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The last attempt at a file with a mapping: id, attempt, state.
pub async fn last_attempt(
    client: &Client,
    log: LogId,
    digest: &[u8],
    mapping: &[u8],
) -> Result<Option<(ImportId, i32, String)>> {
    let row = client
        .query_opt(text::import_attempt, &[&log.0, &digest, &mapping])
        .await?;
    row.map(|row| Ok((ImportId(row.try_get(0)?), row.try_get(1)?, row.try_get(2)?)))
        .transpose()
}

/// An import.
pub async fn find(client: &Client, book: BookId, id: ImportId) -> Result<Option<Import>> {
    let row = client.query_opt(text::import_find, &[&book.0, &id.0]).await?;
    row.map(|row| {
        Ok(Import {
            id: ImportId(row.try_get(0)?),
            attempt: row.try_get(1)?,
            digest: row.try_get(2)?,
            file_name: row.try_get(3)?,
            mapping: row.try_get(4)?,
            mapping_text: row.try_get(5)?,
            mapping_digest: row.try_get(6)?,
            stand_ins: row.try_get(7)?,
            state: row.try_get(8)?,
            tally: row.try_get(9)?,
            failure: row.try_get(10)?,
            approval: row.try_get(11)?,
            acted_by: row.try_get(12)?,
        })
    })
    .transpose()
}

/// A move of an import to another state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Move<'a> {
    /// To which state.
    pub to: &'a str,
    /// From which states.
    pub from: &'a [&'a str],
    /// Counts and sums.
    pub tally: Option<&'a str>,
    /// Why it failed.
    pub failure: Option<&'a str>,
    /// The approval that its reversal waits for.
    pub approval: Option<Uuid>,
    /// Who, as on events.
    pub by: Option<&'a str>,
    /// The job that works on it.
    pub job: Option<Uuid>,
}

/// Moves an import; false when it stands in none of the states it may move from.
pub async fn advance(client: &Client, book: BookId, id: ImportId, step: Move<'_>) -> Result<bool> {
    let Move {
        to,
        from,
        tally,
        failure,
        approval,
        by,
        job,
    } = step;
    let rows = client
        .execute(
            text::import_state,
            &[&book.0, &id.0, &to, &from, &tally, &failure, &approval, &by, &job],
        )
        .await?;
    Ok(rows == 1)
}

/// What came of asking to begin work on an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begun {
    /// It may begin, or go on.
    Yes,
    /// It stands in no state to begin from.
    NotNow,
    /// Another import stands in the way: which, and what it does.
    Behind(ImportId, String),
}

/// Begins to tell an import or to take it back.
///
/// INVARIANT: while an import of a book is taken back none is told and no other is taken back: what another batch still
/// tells is known.
pub async fn begin(client: &mut Client, book: BookId, id: ImportId, step: Move<'_>) -> Result<Begun> {
    let transaction = client.transaction().await?;
    transaction.execute(text::import_gate, &[&book.0]).await?;
    let telling = step.to == "committing";
    let other = transaction
        .query_opt(text::imports_waiting, &[&book.0, &id.0, &telling])
        .await?;
    if let Some(row) = other {
        return Ok(Begun::Behind(ImportId(row.try_get(0)?), row.try_get(1)?));
    }
    let moved = advance(transaction.client(), book, id, step).await?;
    transaction.commit().await?;
    Ok(if moved { Begun::Yes } else { Begun::NotNow })
}

/// Imports and reversals that nobody works on, of every book.
pub async fn under_way(client: &Client) -> Result<Vec<(BookId, ImportId, String)>> {
    let rows = client.query(text::imports_under_way, &[]).await?;
    rows.iter()
        .map(|row| Ok((BookId(row.try_get(0)?), ImportId(row.try_get(1)?), row.try_get(2)?)))
        .collect()
}

/// Rows of a file as columns.
#[derive(Clone, Debug, Default)]
#[allow(
    missing_docs,
    reason = "each field is the column of the same name in migrations/V4__imports.sql"
)]
pub struct RawRows {
    pub row: Vec<i64>,
    pub raw: Vec<Vec<u8>>,
    pub state: Vec<&'static str>,
    pub code: Vec<String>,
    pub message: Vec<String>,
}

/// Facts of a file as columns.
#[derive(Clone, Debug, Default)]
#[allow(
    missing_docs,
    reason = "each field is the column of the same name in migrations/V4__imports.sql"
)]
pub struct RawFacts {
    pub row: Vec<i64>,
    pub nth: Vec<i32>,
    pub line: Vec<Uuid>,
    pub identity: Vec<String>,
    pub position: Vec<i64>,
    pub state: Vec<&'static str>,
    pub code: Vec<String>,
    pub repeated: Vec<bool>,
}

/// Business days of rows: platform, account, day, rows.
pub type Days = Vec<(String, String, NaiveDate, i64)>;

/// A chunk of an import that was told: what is kept of it.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Its rows.
    pub rows: RawRows,
    /// What they told.
    pub facts: RawFacts,
    /// Their days.
    pub days: Days,
}

/// Keeps a chunk with the job's progress, in one transaction; false, and nothing kept, when the lease was lost.
///
/// INVARIANT: progress moves with the rows it stands for: whoever goes on neither misses a row nor counts a day twice.
pub async fn keep(client: &mut Client, lease: Lease, id: ImportId, kept: &Kept, progress: &str) -> Result<bool> {
    let transaction = client.transaction().await?;
    let Lease { book, id: job, owner } = lease;
    let held = transaction
        .execute(text::job_progress, &[&book.0, &job, &owner, &progress])
        .await?;
    if held != 1 {
        return Ok(false);
    }
    if !kept.rows.row.is_empty() {
        rows(&transaction, book, id, &kept.rows).await?;
    }
    if !kept.facts.row.is_empty() {
        facts(&transaction, book, id, &kept.facts).await?;
    }
    if !kept.days.is_empty() {
        days(&transaction, book, id, &kept.days).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

async fn rows(transaction: &Transaction<'_>, book: BookId, id: ImportId, rows: &RawRows) -> Result<()> {
    let RawRows {
        row,
        raw,
        state,
        code,
        message,
    } = rows;
    transaction
        .execute(text::import_rows_add, &[&book.0, &id.0, row, raw, state, code, message])
        .await?;
    Ok(())
}

async fn facts(transaction: &Transaction<'_>, book: BookId, id: ImportId, facts: &RawFacts) -> Result<()> {
    let f = facts;
    transaction
        .execute(
            text::import_facts_add,
            &[
                &book.0,
                &id.0,
                &f.row,
                &f.nth,
                &f.line,
                &f.identity,
                &f.position,
                &f.state,
                &f.code,
                &f.repeated,
            ],
        )
        .await?;
    Ok(())
}

async fn days(transaction: &Transaction<'_>, book: BookId, id: ImportId, days: &Days) -> Result<()> {
    let platforms: Vec<&str> = days.iter().map(|day| day.0.as_str()).collect();
    let accounts: Vec<&str> = days.iter().map(|day| day.1.as_str()).collect();
    let dates: Vec<NaiveDate> = days.iter().map(|day| day.2).collect();
    let counts: Vec<i64> = days.iter().map(|day| day.3).collect();
    transaction
        .execute(
            text::import_days_add,
            &[&book.0, &id.0, &platforms, &accounts, &dates, &counts],
        )
        .await?;
    Ok(())
}

/// Forgets the days of an import that begins anew.
pub async fn clear_days(client: &Client, book: BookId, id: ImportId) -> Result<()> {
    client.execute(text::import_days_clear, &[&book.0, &id.0]).await?;
    Ok(())
}

/// Accounting months, as numbers, that the money of an import's lines stands in.
pub async fn months(client: &Client, book: BookId, log: LogId, id: ImportId) -> Result<Vec<i32>> {
    let rows = client.query(text::import_months, &[&book.0, &log.0, &id.0]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// A fact that an import told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldFact {
    /// Row and place in it.
    pub at: (i64, i32),
    /// Stream of the line, or of the returns.
    pub stream: Uuid,
    /// Identity inside the stream.
    pub identity: String,
    /// Position of its event.
    pub position: i64,
    /// What it is about.
    pub about: ToldAbout,
    /// Its business time.
    pub occurred_at: DateTime<Utc>,
    /// Nobody else tells it.
    pub alone: bool,
}

/// What a fact that an import told is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToldAbout {
    /// A line.
    Line {
        /// Platform.
        platform: String,
        /// The platform's number of the line.
        line_no: String,
    },
    /// A return that names no order, with the event that keeps it.
    Return(Stored),
}

/// Facts and returns of an import after a row and place, in order.
pub async fn told(
    client: &Client,
    (book, log, id): (BookId, LogId, ImportId),
    after: (i64, i32),
    limit: i64,
) -> Result<Vec<ToldFact>> {
    let rows = client
        .query(text::import_told, &[&book.0, &log.0, &id.0, &after.0, &after.1, &limit])
        .await?;
    rows.iter().map(told_fact).collect()
}

/// A receipt that an import told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToldReceipt {
    /// Row and place in it.
    pub at: (i64, i32),
    /// Which.
    pub receipt: ReceiptId,
    /// Nobody else tells it.
    pub alone: bool,
}

/// Receipts of an import after a row and place, in order.
pub async fn told_receipts(
    client: &Client,
    (book, log, id): (BookId, LogId, ImportId),
    after: (i64, i32),
    limit: i64,
) -> Result<Vec<ToldReceipt>> {
    let rows = client
        .query(
            text::import_told_receipts,
            &[&book.0, &log.0, &id.0, &after.0, &after.1, &limit],
        )
        .await?;
    let told = |row: &Row| {
        Ok(ToldReceipt {
            at: (row.try_get(0)?, row.try_get(1)?),
            receipt: ReceiptId(row.try_get(2)?),
            alone: row.try_get(3)?,
        })
    };
    rows.iter().map(told).collect()
}

fn told_fact(row: &Row) -> Result<ToldFact> {
    Ok(ToldFact {
        at: (row.try_get(0)?, row.try_get(1)?),
        stream: row.try_get(2)?,
        identity: row.try_get(3)?,
        position: row.try_get(4)?,
        about: match row.try_get::<_, Option<String>>(11)? {
            Some(payload) => ToldAbout::Return(Stored {
                position: row.try_get(4)?,
                kind: row.try_get(9)?,
                schema: row.try_get(10)?,
                payload,
                correlation: None,
            }),
            None => ToldAbout::Line {
                platform: row.try_get(5)?,
                line_no: row.try_get(6)?,
            },
        },
        occurred_at: row.try_get(7)?,
        alone: row.try_get(8)?,
    })
}

/// An event as kept, where only its matter is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// Position.
    pub position: i64,
    /// Wire name.
    pub kind: String,
    /// Schema version.
    pub schema: i16,
    /// Payload.
    pub payload: String,
    /// Correlation id.
    pub correlation: Option<String>,
}

/// Facts and returns in conflict, of these streams and kinds, that somebody else than this import tells.
pub async fn rivals(
    client: &Client,
    (book, log, id): (BookId, LogId, ImportId),
    streams: &[Uuid],
    kinds: &[&str],
) -> Result<Vec<Stored>> {
    let rows = client
        .query(text::import_rivals, &[&book.0, &log.0, &id.0, &streams, &kinds])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Stored {
                position: row.try_get(0)?,
                kind: row.try_get(1)?,
                schema: row.try_get(2)?,
                payload: row.try_get(3)?,
                correlation: row.try_get(4)?,
            })
        })
        .collect()
}

/// Facts that were told again and now stand elsewhere: line, position before, position, state, code.
pub type Moved = Vec<(Uuid, i64, i64, &'static str, String)>;

/// Follows facts that were told again.
pub async fn follow(client: &Client, book: BookId, moved: &Moved) -> Result<()> {
    let lines: Vec<Uuid> = moved.iter().map(|fact| fact.0).collect();
    let before: Vec<i64> = moved.iter().map(|fact| fact.1).collect();
    let positions: Vec<i64> = moved.iter().map(|fact| fact.2).collect();
    let states: Vec<&str> = moved.iter().map(|fact| fact.3).collect();
    let codes: Vec<&str> = moved.iter().map(|fact| fact.4.as_str()).collect();
    client
        .execute(
            text::import_facts_moved,
            &[&book.0, &lines, &before, &positions, &states, &codes],
        )
        .await?;
    Ok(())
}

/// Open parked facts of an import's own after a position, at most 1,000.
pub async fn parked(client: &Client, (book, log, id): (BookId, LogId, ImportId), after: i64) -> Result<Vec<i64>> {
    let rows = client
        .query(text::import_parked, &[&book.0, &log.0, &id.0, &id.to_string(), &after])
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Which parked facts a person means.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ParkedChoice {
    /// These.
    pub positions: Option<Vec<i64>>,
    /// With this code.
    pub code: Option<String>,
    /// Of this line.
    pub line: Option<LineId>,
}

/// Open parked facts with their events, oldest first.
pub async fn parked_open(client: &Client, log: LogId, choice: &ParkedChoice, limit: i64) -> Result<Vec<Stored>> {
    let line = choice.line.map(|line| line.0);
    let rows = client
        .query(
            text::parked_open,
            &[&log.0, &choice.positions, &choice.code, &line, &limit],
        )
        .await?;
    rows.iter().map(matter).collect()
}

/// Facts of a line that waited when they were told, oldest first.
pub async fn waiting(client: &Client, log: LogId, line: LineId, limit: i64) -> Result<Vec<Stored>> {
    let rows = client.query(text::parked_waiting, &[&log.0, &line.0, &limit]).await?;
    rows.iter().map(matter).collect()
}

fn matter(row: &Row) -> Result<Stored> {
    Ok(Stored {
        position: row.try_get(0)?,
        kind: row.try_get(1)?,
        schema: row.try_get(2)?,
        payload: row.try_get(3)?,
        correlation: None,
    })
}

/// A mapping of the book's own.
pub async fn mapping(client: &Client, book: BookId, name: &str) -> Result<Option<String>> {
    let row = client.query_opt(text::mapping_find, &[&book.0, &name]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Saves a mapping of the book's own, or replaces it.
pub async fn save_mapping(client: &Client, book: BookId, name: &str, mapping: &str, by: &str) -> Result<()> {
    client
        .execute(text::mapping_put, &[&book.0, &name, &mapping, &by])
        .await?;
    Ok(())
}

/// Removes a mapping of the book's own; false when there is none.
pub async fn remove_mapping(client: &Client, book: BookId, name: &str) -> Result<bool> {
    Ok(client.execute(text::mapping_remove, &[&book.0, &name]).await? == 1)
}
