//! Live derived rows against their shadows: digests for each table, and the first row that only one side has.
//! Must never change either side.

use sha2::{Digest, Sha256};
use tokio_postgres::Transaction;

use super::error::Result;
use super::shadow::{TABLES, Table, Template};
use crate::base::LogId;

/// A table whose live rows are not those of a fold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Which table.
    pub table: &'static str,
    /// Rows that should stand and do not.
    pub missing: i64,
    /// Rows that stand and should not.
    pub extra: i64,
    /// The first of the missing, as JSON.
    pub first_missing: Option<String>,
    /// The first of the extra, as JSON.
    pub first_extra: Option<String>,
}

/// What comparing came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// Digest of the live rows of every derived table.
    pub live: String,
    /// Digest of what a fold gives.
    pub due: String,
    /// Derived rows that a fold gives.
    pub rows: i64,
    /// Tables that differ.
    pub differences: Vec<Difference>,
}

/// Compares every derived table.
pub async fn compare(transaction: &Transaction<'_>, log: LogId) -> Result<Comparison> {
    let (mut live, mut due) = (Sha256::new(), Sha256::new());
    let mut comparison = Comparison::default();
    for table in TABLES {
        let stands = digest(transaction, Template::DigestLive, table, log).await?;
        let should = digest(transaction, Template::DigestShadow, table, log).await?;
        live.update(format!("{} {stands:?}\n", table.name));
        due.update(format!("{} {should:?}\n", table.name));
        comparison.rows += should.0;
        if stands != should {
            comparison.differences.push(difference(transaction, table, log).await?);
        }
    }
    comparison.live = hex::encode(live.finalize());
    comparison.due = hex::encode(due.finalize());
    Ok(comparison)
}

type TableDigest = (i64, String, String);

async fn digest(transaction: &Transaction<'_>, template: Template, table: Table, log: LogId) -> Result<TableDigest> {
    let row = transaction.query_one(&template.of(table), &[&log.0]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}

async fn difference(transaction: &Transaction<'_>, table: Table, log: LogId) -> Result<Difference> {
    let row = transaction
        .query_one(&Template::Difference.of(table), &[&log.0])
        .await?;
    Ok(Difference {
        table: table.name,
        missing: row.try_get(0)?,
        extra: row.try_get(1)?,
        first_missing: row.try_get(2)?,
        first_extra: row.try_get(3)?,
    })
}
