//! `verify`: a log against its own rules, and its derived rows against a fold of it, on one snapshot while writers go on.
//! Must never repair anything.

use tokio_postgres::{Client, IsolationLevel, Transaction};

use super::compare::{Difference, compare};
use super::derive::{Class, Findings};
use super::error::{Error, Result};
use super::statements::text;
use super::{head, reproduce, shadow};
use crate::base::LogId;

/// What verifying a log came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Which log.
    pub log: LogId,
    /// Position of its head in the snapshot.
    pub position: i64,
    /// Root of its tree, in hexadecimal.
    pub root: String,
    /// Derived rows compared.
    pub rows: i64,
    /// Everything that is wrong.
    pub findings: Findings,
}

/// Verifies one log. A log that does not exist is an error; everything else that is wrong is a finding.
pub async fn verify(client: &mut Client, log: LogId) -> Result<Report> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .await?;
    transaction.query_one(text::long_transaction, &[]).await?;
    let head = head::read_unchecked(transaction.client(), log).await?;
    let (head, readable) = head.ok_or_else(|| Error::setup(format!("there is no {log}")))?;
    let mut findings = shadow::load(&transaction, &head, readable).await?;
    let comparison = compare(&transaction, log).await?;
    for difference in &comparison.differences {
        match difference.table {
            "leg" => legs(&transaction, log, &mut findings).await?,
            "total" => differs(Class::Totals, difference, &mut findings),
            _ => differs(Class::ReadRows, difference, &mut findings),
        }
    }
    reproduce::sheets(transaction.client(), head.book, log, &mut findings).await?;
    transaction.rollback().await?;
    Ok(Report {
        log,
        position: head.position,
        root: hex::encode(&head.root),
        rows: comparison.rows,
        findings,
    })
}

fn differs(class: Class, difference: &Difference, findings: &mut Findings) {
    let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
    let first = |row: &Option<String>| row.clone().unwrap_or_default();
    findings.add_many(class, count(difference.missing), || {
        format!("{}: missing {}", difference.table, first(&difference.first_missing))
    });
    findings.add_many(class, count(difference.extra), || {
        format!("{}: extra {}", difference.table, first(&difference.first_extra))
    });
}

async fn legs(transaction: &Transaction<'_>, log: LogId, findings: &mut Findings) -> Result<()> {
    let row = transaction.query_one(text::leg_difference, &[&log.0]).await?;
    let classes = [Class::Legs, Class::RunningBalances, Class::Periods, Class::LegLinks];
    for (index, class) in classes.into_iter().enumerate() {
        let count: i64 = row.try_get(index * 2)?;
        let first: Option<i64> = row.try_get(index * 2 + 1)?;
        let place = || format!("position {}", first.unwrap_or_default());
        findings.add_many(class, u64::try_from(count).unwrap_or_default(), place);
    }
    Ok(())
}
