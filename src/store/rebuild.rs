//! `rebuild`: derived rows folded anew from the log, compared with the live ones, and put in their place on demand (B15).
//! Must never write an event: `log.repaired` with the two digests is the engine's to append.

use tokio_postgres::{Client, IsolationLevel, Transaction};

use super::compare::{Comparison, compare};
use super::error::{Error, Result};
use super::head;
use super::shadow::{self, TABLES, Template};
use super::statements::text;
use crate::base::LogId;

/// What rebuilding came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebuilt {
    /// Which log.
    pub log: LogId,
    /// The position to which it was folded.
    pub position: i64,
    /// Digests and differences; empty differences mean equal.
    pub comparison: Comparison,
    /// The live rows were replaced.
    pub repaired: bool,
}

/// Folds a log to its head and compares; with `repair`, replaces what differs under the head's lock while writers wait,
/// and bumps the head's generation so that every server empties its caches.
///
/// A log that breaks its own rules is no source of truth: it is refused (`verify` says what is wrong).
/// A second rebuild of the same log at once is refused as busy.
pub async fn rebuild(client: &mut Client, log: LogId, repair: bool) -> Result<Rebuilt> {
    let mut builder = client.build_transaction();
    // With the head's lock nobody writes this log, and READ COMMITTED sees what the writer before us left.
    // Without it a snapshot keeps head and rows together while writers go on.
    let level = if repair {
        IsolationLevel::ReadCommitted
    } else {
        IsolationLevel::RepeatableRead
    };
    builder = builder.isolation_level(level);
    let transaction = builder.start().await?;
    transaction.query_one(text::long_transaction, &[]).await?;
    if repair {
        transaction.query_opt(text::head_lock, &[&log.0]).await?;
    }
    alone(&transaction, log).await?;
    let head = head::read_unchecked(transaction.client(), log).await?;
    let (head, readable) = head.ok_or_else(|| Error::setup(format!("there is no {log}")))?;
    let findings = shadow::load(&transaction, &head, readable).await?;
    if let Some((class, _, first)) = findings.iter().next() {
        return Err(Error::corrupt(format!(
            "the log itself is wrong: {class}, first at {first}"
        )));
    }
    let comparison = compare(&transaction, log).await?;
    let repaired = repair && !comparison.differences.is_empty();
    if repaired {
        replace(&transaction, log, &comparison).await?;
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(Rebuilt {
        log,
        position: head.position,
        comparison,
        repaired,
    })
}

/// The lock's number is the last eight bytes of the log's id: its random part.
async fn alone(transaction: &Transaction<'_>, log: LogId) -> Result<()> {
    let (_, low) = log.0.as_u64_pair();
    let row = transaction.query_one(text::rebuild_lock, &[&low.cast_signed()]).await?;
    if row.try_get(0)? {
        Ok(())
    } else {
        Err(Error::busy(format!("{log} is being rebuilt already")))
    }
}

async fn replace(transaction: &Transaction<'_>, log: LogId, comparison: &Comparison) -> Result<()> {
    let differs = |name: &str| comparison.differences.iter().any(|difference| difference.table == name);
    for table in TABLES.into_iter().filter(|table| differs(table.name)) {
        transaction.execute(&Template::Remove.of(table), &[&log.0]).await?;
        transaction.execute(&Template::Replace.of(table), &[&log.0]).await?;
    }
    transaction.execute(text::generation_bump, &[&log.0]).await?;
    Ok(())
}
