//! Issued sheets drawn up again from the legs up to their position: the same hash, or a finding.
//! Must never read what a sheet's own row says of its amounts.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::derive::{Class, Findings};
use super::error::{Error, Result};
use super::settlements;
use super::statements::text;
use crate::base::{BookId, LogId, Month, RunId, SheetId};
use crate::domain::settlement::sheet::draft;
use crate::domain::settlement::terms::in_force;

/// Parties at once.
const PAGE: i64 = 500;
/// After the last party of a run.
const END: Uuid = Uuid::max();

/// Draws every issued sheet up again.
///
/// INVARIANT: an issued sheet never changes: nothing is stamped into its month any more, so its position gives its hash.
pub async fn sheets(client: &Client, book: BookId, log: LogId, findings: &mut Findings) -> Result<()> {
    let runs = client.query(text::runs_final, &[&log.0]).await?;
    if runs.is_empty() {
        return Ok(());
    }
    let terms = settlements::terms(client, log, book).await?;
    for row in &runs {
        let (run, number, position): (Uuid, i32, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let period = Month::from_number(number).map_err(|_| Error::corrupt(format!("no month: {number}")))?;
        let terms = in_force(&terms, period);
        let mut after = Uuid::nil();
        loop {
            let page = settlements::sheets(client, log, (period, position), after, PAGE).await?;
            let upto = page.last.unwrap_or(END);
            let rows = client.query(text::run_sheets, &[&log.0, &run, &after, &upto]).await?;
            let kept = rows
                .iter()
                .map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?))));
            let mut kept: BTreeMap<Uuid, (String, Option<String>)> = kept.collect::<Result<_>>()?;
            for told in &page.sheets {
                let id = SheetId::of(RunId(run), told.party, told.currency.code());
                let (sha256, suspended) = kept.remove(&id.0).unzip();
                let suspended = suspended.flatten();
                let again = draft(id, RunId(run), period, told, &terms, suspended.as_deref());
                if sha256 != again.ok().map(|sheet| sheet.sha256()) {
                    findings.add(Class::Sheets, || format!("{id} of {period}"));
                }
            }
            for sheet in kept.keys() {
                findings.add(Class::Sheets, || format!("{} of {period}", SheetId(*sheet)));
            }
            if page.last.is_none() {
                break;
            }
            after = upto;
        }
    }
    Ok(())
}
