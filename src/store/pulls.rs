//! Sources that are pulled from platforms: how far each is, what it covers, and every page as it was answered.
//! Must never hold a lock between statements, nor count a window as covered before its last page is durable.
//!
//! INVARIANT: every change of a source names the lease that allows it, so a server that lost its lease changes nothing.

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::error::Result;
use super::statements::text;
use crate::base::{BookId, Instant};

/// A source taken by this worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Whose book.
    pub book: BookId,
    /// Name of the source.
    pub source: String,
    /// The worker.
    pub owner: Uuid,
}

/// A span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// From.
    pub from: Instant,
    /// To.
    pub to: Instant,
}

/// What is asked under a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked<'a> {
    /// Which query.
    pub api: &'a str,
    /// Which account.
    pub account: &'a str,
    /// Digest of the whole query.
    pub query: &'a str,
    /// First instant to be covered.
    pub starts_at: Instant,
}

/// How far a source is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Digest of the query it was begun with.
    pub query: String,
    /// Windows were asked up to here.
    pub reached: Instant,
    /// The window that was being read, with the place of its next page.
    pub window: Option<(Span, String)>,
    /// Failed rounds in a row.
    pub failures: i32,
    /// Rounds in a row in which the platform refused the window.
    pub refusals: i32,
    /// Not before.
    pub wait_until: Option<Instant>,
}

/// What pages came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Pages.
    pub pages: i64,
    /// Rows.
    pub rows: i64,
    /// Facts told.
    pub facts: i64,
    /// Rows that the mapping could not read.
    pub rejected: i64,
}

/// A source as people see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// Its name.
    pub source: String,
    /// Which query.
    pub api: String,
    /// Which account.
    pub account: String,
    /// First instant to be covered.
    pub starts_at: Instant,
    /// Windows were asked up to here.
    pub reached: Instant,
    /// The window that is being read.
    pub window: Option<Span>,
    /// So far.
    pub counts: Counts,
    /// Failed rounds in a row.
    pub failures: i32,
    /// Not before.
    pub wait_until: Option<Instant>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When a window was finished last.
    pub pulled_at: Option<Instant>,
    /// Some server is at it.
    pub busy: bool,
}

impl Status {
    /// What was asked for, covered or not.
    pub fn asked(&self) -> Span {
        Span {
            from: self.starts_at,
            to: self.reached,
        }
    }
}

/// A span of an account that was pulled whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Covered {
    /// By which source.
    pub source: String,
    /// Of which account.
    pub account: String,
    /// When.
    pub span: Span,
}

/// A page to be kept as it was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawPage<'a> {
    /// Its window.
    pub window: Span,
    /// SHA-256 of its rows.
    pub rows_sha256: [u8; 32],
    /// How many.
    pub rows: i32,
    /// Rejected rows, as JSON.
    pub rejected: &'a str,
    /// The answer, gzipped.
    pub body: &'a [u8],
}

fn instant(row: &Row, column: usize) -> Result<Instant> {
    Ok(Instant::from_utc(row.try_get::<_, DateTime<Utc>>(column)?))
}

fn maybe(row: &Row, column: usize) -> Result<Option<Instant>> {
    Ok(row.try_get::<_, Option<DateTime<Utc>>>(column)?.map(Instant::from_utc))
}

fn span(row: &Row, column: usize) -> Result<Option<Span>> {
    let ends = maybe(row, column)?.zip(maybe(row, column + 1)?);
    Ok(ends.map(|(from, to)| Span { from, to }))
}

/// Takes a source; none while another worker holds it.
pub async fn take(client: &Client, lease: &Lease, asked: &Asked<'_>) -> Result<Option<Progress>> {
    let Lease { book, source, owner } = lease;
    let Asked {
        api,
        account,
        query,
        starts_at,
    } = asked;
    let row = client
        .query_opt(
            text::pull_take,
            &[&book.0, source, api, account, query, &starts_at.utc(), owner],
        )
        .await?;
    row.map(|row| {
        let place: Option<String> = row.try_get(4)?;
        Ok(Progress {
            query: row.try_get(0)?,
            reached: instant(&row, 1)?,
            window: span(&row, 2)?.zip(place),
            failures: row.try_get(5)?,
            refusals: row.try_get(6)?,
            wait_until: maybe(&row, 7)?,
        })
    })
    .transpose()
}

/// Keeps the lease; false when it was lost.
pub async fn renew(client: &Client, lease: &Lease) -> Result<bool> {
    let Lease { book, source, owner } = lease;
    Ok(client.execute(text::pull_renew, &[&book.0, source, owner]).await? == 1)
}

/// The facts of a page are durable; the window goes on at `place`. False when the lease was lost.
pub async fn page(client: &Client, lease: &Lease, window: Span, place: &str, counts: Counts) -> Result<bool> {
    let Lease { book, source, owner } = lease;
    let Counts {
        pages,
        rows,
        facts,
        rejected,
    } = counts;
    let (from, to) = (window.from.utc(), window.to.utc());
    let changed = client
        .execute(
            text::pull_page,
            &[
                &book.0, source, owner, &from, &to, &place, &pages, &rows, &facts, &rejected,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// The facts of a window are durable: it is covered. False when the lease was lost.
pub async fn finish(client: &Client, lease: &Lease, window: Span, counts: Counts) -> Result<bool> {
    let Lease { book, source, owner } = lease;
    let Counts {
        pages,
        rows,
        facts,
        rejected,
    } = counts;
    let (from, to) = (window.from.utc(), window.to.utc());
    let changed = client
        .execute(
            text::pull_finish,
            &[&book.0, source, owner, &from, &to, &pages, &rows, &facts, &rejected],
        )
        .await?;
    Ok(changed == 1)
}

/// Leaves everything up to `to` behind, uncovered where it is. False when the lease was lost.
pub async fn skip(client: &Client, lease: &Lease, to: Instant, why: Option<&str>) -> Result<bool> {
    let Lease { book, source, owner } = lease;
    let changed = client
        .execute(text::pull_skip, &[&book.0, source, owner, &to.utc(), &why])
        .await?;
    Ok(changed == 1)
}

/// A round failed, because the platform `refused` the window or otherwise.
pub async fn fail(client: &Client, lease: &Lease, why: &str, wait_until: Instant, refused: bool) -> Result<()> {
    let Lease { book, source, owner } = lease;
    client
        .execute(
            text::pull_fail,
            &[&book.0, source, owner, &why, &wait_until.utc(), &refused],
        )
        .await?;
    Ok(())
}

/// Gives a source back.
pub async fn free(client: &Client, lease: &Lease) -> Result<()> {
    let Lease { book, source, owner } = lease;
    client.execute(text::pull_free, &[&book.0, source, owner]).await?;
    Ok(())
}

/// Keeps a page as it was answered; the same rows twice are kept once.
pub async fn keep(client: &Client, lease: &Lease, page: &RawPage<'_>) -> Result<()> {
    let (book, source) = (lease.book.0, &lease.source);
    let (from, to) = (page.window.from.utc(), page.window.to.utc());
    let digest = page.rows_sha256.as_slice();
    client
        .execute(
            text::pull_keep,
            &[
                &book,
                source,
                &digest,
                &from,
                &to,
                &page.rows,
                &page.rejected,
                &page.body,
            ],
        )
        .await?;
    Ok(())
}

/// Every source of a book.
pub async fn list(client: &Client, book: BookId) -> Result<Vec<Status>> {
    let mut sources = Vec::new();
    for row in client.query(text::pull_list, &[&book.0]).await? {
        sources.push(Status {
            source: row.try_get(0)?,
            api: row.try_get(1)?,
            account: row.try_get(2)?,
            starts_at: instant(&row, 3)?,
            reached: instant(&row, 4)?,
            window: span(&row, 5)?,
            counts: Counts {
                pages: row.try_get(7)?,
                rows: row.try_get(8)?,
                facts: row.try_get(9)?,
                rejected: row.try_get(10)?,
            },
            failures: row.try_get(11)?,
            wait_until: maybe(&row, 12)?,
            last_error: row.try_get(13)?,
            pulled_at: maybe(&row, 14)?,
            busy: row.try_get(15)?,
        });
    }
    Ok(sources)
}

/// What was pulled whole, by source and in order of time: for the coverage calendar.
pub async fn covered(client: &Client, book: BookId) -> Result<Vec<Covered>> {
    let mut covered = Vec::new();
    for row in client.query(text::pull_covered, &[&book.0]).await? {
        if let Some(span) = span(&row, 2)? {
            covered.push(Covered {
                source: row.try_get(0)?,
                account: row.try_get(1)?,
                span,
            });
        }
    }
    Ok(covered)
}
