//! The logs of a book: one money log and its click logs; a reset sandbox gets new ones.
//! Must never remove a log.

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::error::{Error, Result};
use super::statements::text;
use super::tree::Tree;
use crate::base::{BookId, Instant, LogId};

/// The current logs of a book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookLogs {
    /// The book.
    pub book: BookId,
    /// It has a clock of its own.
    pub sandbox: bool,
    /// Its money log.
    pub money: LogId,
    /// Its click logs, in order of shards.
    pub clicks: Vec<LogId>,
}

impl BookLogs {
    fn ids(&self) -> Vec<Uuid> {
        std::iter::once(self.money)
            .chain(self.clicks.iter().copied())
            .map(|log| log.0)
            .collect()
    }
}

/// Makes the head rows of a new book. Nothing is ever recorded in it before `at`.
pub async fn create(client: &Client, logs: &BookLogs, at: Instant) -> Result<()> {
    let root = Tree::default().root();
    let root = root.as_slice();
    client
        .execute(
            text::log_create,
            &[&logs.book.0, &logs.ids(), &logs.sandbox, &at.utc(), &root],
        )
        .await?;
    Ok(())
}

/// The logs of a book.
pub async fn of_book(client: &Client, book: BookId) -> Result<Option<BookLogs>> {
    let rows = client.query(text::log_of_book, &[&book.0]).await?;
    Ok(group(&rows)?.pop())
}

/// Every book, in order of ids.
pub async fn list(client: &Client) -> Result<Vec<BookLogs>> {
    group(&client.query(text::log_list, &[]).await?)
}

/// Gives a sandbox new logs; the old ones are kept and name their successors. Number of click logs as before.
pub async fn reset(client: &mut Client, logs: &BookLogs, at: Instant) -> Result<()> {
    let transaction = client.transaction().await?;
    let replaced = transaction
        .execute(text::log_succeed, &[&logs.book.0, &logs.ids()])
        .await?;
    if replaced != logs.ids().len() as u64 {
        return Err(Error::corrupt("a reset must replace every log of its book"));
    }
    let root = Tree::default().root();
    let root = root.as_slice();
    transaction
        .execute(
            text::log_create,
            &[&logs.book.0, &logs.ids(), &logs.sandbox, &at.utc(), &root],
        )
        .await?;
    Ok(transaction.commit().await?)
}

fn group(rows: &[Row]) -> Result<Vec<BookLogs>> {
    let mut books: Vec<BookLogs> = Vec::new();
    for row in rows {
        let (book, log, shard) = (
            BookId(row.try_get(0)?),
            LogId(row.try_get(1)?),
            row.try_get::<_, i32>(2)?,
        );
        match books.last_mut() {
            Some(last) if last.book == book => last.clicks.push(log),
            _ if shard == 0 => books.push(BookLogs {
                book,
                sandbox: row.try_get(3)?,
                money: log,
                clicks: Vec::new(),
            }),
            _ => return Err(Error::corrupt(format!("{book} has no money log"))),
        }
    }
    Ok(books)
}
