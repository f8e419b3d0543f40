//! What people do with breaks: accept (do what is proposed), reject, park; by numbers, by class, or all, 500 at a time.
//! Must never decide a break twice, nor post money: an adjustment waits for a second person.

use super::run::ReconError;
use crate::base::{BookId, Instant, LogId, ReconciliationId};
use crate::domain::command::{BreakAction, Command, Pending};
use crate::domain::order::LineFact;
use crate::domain::recon::decide::MOST;
use crate::domain::recon::{BreakClass, BreakResolved, Cause, How, Proposal};
use crate::engine::{Answer, Engine, Meta};
use crate::intake::import::ImportError;
use crate::money::Minor;
use crate::store::head;
use crate::store::recon::{self, OpenBreak};

pub use crate::store::recon::BreakChoice;

/// Days that an accepted wait lasts when its day has passed.
const WAIT_DAYS: i64 = 7;

/// Deals with breaks of a run; the first 500 that are meant and wait to be decided.
pub async fn resolve(
    engine: &Engine,
    (book, log): (BookId, LogId),
    id: ReconciliationId,
    choice: &BreakChoice,
    (how, reason): (How, Option<String>),
    meta: Meta,
) -> Result<Answer, ReconError> {
    let client = engine.pool().get().await?;
    if recon::noted(&client, log, id).await?.is_none() {
        return Err(ImportError::Missing("reconciliation").into());
    }
    let now = head::read(&client, log)
        .await?
        .ok_or(ImportError::Missing("book"))?
        .recorded_at;
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
    let open = recon::open_breaks(&client, (book, log), id, choice, (limit, now)).await?;
    drop(client);
    if open.is_empty() {
        return Err(ReconError::NothingOpen);
    }
    let breaks: Option<Vec<BreakAction>> = open.iter().map(|row| action(row, how, now)).collect();
    let command = Command::ResolveBreaks {
        reconciliation: id,
        how,
        reason,
        breaks: breaks.ok_or(ReconError::Unreadable)?,
    };
    let meta = Meta {
        correlation: Some(id.to_string()),
        ..meta
    };
    Ok(engine.submit(book, command, meta).await?)
}

/// What is done for a break.
fn action(row: &OpenBreak, how: How, now: Instant) -> Option<BreakAction> {
    let accepted = how == How::Accepted;
    let facts: Vec<LineFact> = match accepted {
        true => serde_json::from_str(&row.facts).ok()?,
        false => Vec::new(),
    };
    let adjust: Option<Pending> = match row.adjust.as_deref().filter(|_| accepted) {
        Some(text) => Some(serde_json::from_str(text).ok()?),
        None => None,
    };
    let until = row.until.filter(|_| accepted);
    Some(BreakAction {
        of: BreakResolved {
            id: row.break_id,
            number: u32::try_from(row.number).ok()?,
            class: BreakClass::from_word(&row.class)?,
            cause: Cause::from_word(&row.cause)?,
            proposal: Proposal::from_word(&row.proposal)?,
            difference: row.difference.map(Minor),
            currency: row.currency.as_ref().and_then(|code| code.parse().ok()),
            until: until.map(|until| if until > now { until } else { now.plus_days(WAIT_DAYS) }),
            told: Vec::new(),
            approval: None,
        },
        facts,
        adjust,
    })
}
