//! Issued sheets drawn up again from the legs up to their position: the same hash, or a finding.
//! Must never read what a sheet's own row says of its amounts.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::derive::{Class, Findings};
use super::error::{Error, Result};
use super::settlements;
use super::statements::text;
use crate::base::{BookId, LogId, Month, PartyId, RunId, SheetId};
use crate::domain::settlement::sheet::draft;
use crate::domain::settlement::terms::in_force;
use crate::domain::settlement::{SettlementTerms, SheetFigures};

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
        let exit_of: Option<Uuid> = row.try_get(3)?;
        let period = Month::from_number(number).map_err(|_| Error::corrupt(format!("no month: {number}")))?;
        if let Some(party) = exit_of {
            exit(client, (book, log), (run, party), (period, position), findings).await?;
            continue;
        }
        let terms = in_force(&terms, period);
        let of = settlements::reckoned(client, log, (period, position), &terms).await?;
        let mut after = Uuid::nil();
        loop {
            let page = settlements::sheets(client, log, &of, after, PAGE).await?;
            let upto = page.last.unwrap_or(END);
            let rows = client.query(text::run_sheets, &[&log.0, &run, &after, &upto]).await?;
            let kept = rows
                .iter()
                .map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?))));
            compare(
                kept.collect::<Result<_>>()?,
                &page.sheets,
                (run, period),
                &terms,
                findings,
            );
            if page.last.is_none() {
                break;
            }
            after = upto;
        }
    }
    Ok(())
}

/// Sheets as their rows keep them: hash, and why they were not paid.
type Kept = BTreeMap<Uuid, (String, Option<String>)>;

fn compare(
    mut kept: Kept,
    told: &[SheetFigures],
    (run, period): (Uuid, Month),
    terms: &SettlementTerms,
    findings: &mut Findings,
) {
    for told in told {
        let id = SheetId::of(RunId(run), told.party, told.currency.code());
        let (sha256, suspended) = kept.remove(&id.0).unzip();
        let suspended = suspended.flatten();
        let again = draft(id, RunId(run), period, told, terms, suspended.as_deref());
        if sha256 != again.ok().map(|sheet| sheet.sha256()) {
            findings.add(Class::Sheets, || format!("{id} of {period}"));
        }
    }
    for sheet in kept.keys() {
        findings.add(Class::Sheets, || format!("{} of {period}", SheetId(*sheet)));
    }
}

/// An exit settlement again, as of its position, by the terms that had been set then.
async fn exit(
    client: &Client,
    (book, log): (BookId, LogId),
    (run, party): (Uuid, Uuid),
    (period, position): (Month, i64),
    findings: &mut Findings,
) -> Result<()> {
    let terms = settlements::terms_until(client, log, book, position).await?;
    let terms = in_force(&terms, period).of_exit();
    let of = settlements::reckoned(client, log, (period, position), &terms).await?;
    let party = PartyId::from_uuid(party).map_err(|_| Error::corrupt(format!("no party: {party}")))?;
    let told = settlements::exit(client, log, &of, party).await?;
    let rows = client
        .query(text::run_sheets, &[&log.0, &run, &Uuid::nil(), &END])
        .await?;
    let kept = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?))));
    compare(kept.collect::<Result<_>>()?, &told, (run, period), &terms, findings);
    Ok(())
}
