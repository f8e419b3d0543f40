//! The parked desk 待处理: what a person does with facts that found no place. Retry, correct, dismiss; one command, one event.
//! Must never make a parked fact disappear: it is marked as dealt with, and what is told for it is an event of its own.

use crate::base::{BookId, ExternalId, LogId};
use crate::domain::command::Command;
use crate::domain::order::{FactApplied, FactState, LineFact, What};
use crate::domain::parked::{MOST, Resolution};
use crate::engine::{Answer, Engine, EngineError, Meta};
use crate::intake::import::ImportError;
use crate::intake::reverse::told_of;
use crate::store::imports;

pub use crate::store::imports::ParkedChoice;

/// Tells parked facts again, to be judged by what is known now: each is taken back, then told as it was. Of a line that
/// is named, what waited is told again too: a formula or a placement may have come.
pub async fn retry(
    engine: &Engine,
    (book, log): (BookId, LogId),
    choice: &ParkedChoice,
    mut meta: Meta,
) -> Result<Answer, DeskError> {
    // Two contents of one identity are not judged anew by time: a person says which one is right. A return that names
    // no order is judged anew by itself whenever something of its buyer and item is told.
    let mut open = facts_of(open(engine, log, choice).await?);
    open.retain(|(_, told)| told.state != FactState::Conflict);
    if open.is_empty() {
        return Err(DeskError::NothingParked);
    }
    let mut facts = Vec::with_capacity(open.len() * 2);
    let mut positions = Vec::with_capacity(open.len());
    for (position, told) in open {
        let fact = told.fact;
        positions.push(position);
        facts.push(taken_back(&fact, position)?);
        facts.push(fact);
    }
    meta.route = "POST /v1/parked/retry";
    resolve(engine, book, (positions, Resolution::Retried, None), facts, meta).await
}

/// Marks parked facts as dealt with, for a reason.
pub async fn dismiss(
    engine: &Engine,
    (book, log): (BookId, LogId),
    choice: &ParkedChoice,
    reason: String,
    mut meta: Meta,
) -> Result<Answer, DeskError> {
    let open = open(engine, log, choice).await?;
    let positions = open.into_iter().map(|(position, _)| position).collect();
    meta.route = "POST /v1/parked/dismiss";
    resolve(
        engine,
        book,
        (positions, Resolution::Dismissed, Some(reason)),
        Vec::new(),
        meta,
    )
    .await
}

/// Tells the right fact in the place of a parked one of the same line. What had the same identity is taken back first.
pub async fn correct(
    engine: &Engine,
    (book, log): (BookId, LogId),
    position: i64,
    right: LineFact,
    reason: Option<String>,
    mut meta: Meta,
) -> Result<Answer, DeskError> {
    let choice = ParkedChoice {
        positions: Some(vec![position]),
        ..ParkedChoice::default()
    };
    let open = open(engine, log, &choice).await?;
    let open = facts_of(open);
    let (_, told) = open.first().ok_or(DeskError::OnlyDismissed)?;
    let parked = &told.fact;
    if parked.line != right.line {
        return Err(DeskError::OtherLine);
    }
    let facts = vec![taken_back(parked, position)?, right];
    meta.route = "POST /v1/parked/{position}/correct";
    resolve(
        engine,
        book,
        (vec![position], Resolution::Corrected, reason),
        facts,
        meta,
    )
    .await
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No open parked fact is meant.
    #[error("no open parked fact is meant")]
    NothingParked,
    /// More than one command may deal with.
    #[error("more than 1,000 parked facts are meant")]
    TooMany,
    /// A return that names no order is not corrected in place.
    #[error("a return that names no order is judged anew by itself; it can only be dismissed")]
    OnlyDismissed,
    /// The right fact is about another line.
    #[error("the right fact is about another line than the parked one")]
    OtherLine,
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The rest.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// What is parked: a fact of a line, or nothing where it is a return that names no order.
type Open = Vec<(i64, Option<FactApplied>)>;

fn facts_of(open: Open) -> Vec<(i64, FactApplied)> {
    let of_line = |(position, told): (i64, Option<FactApplied>)| Some((position, told?));
    open.into_iter().filter_map(of_line).collect()
}

/// Open parked facts, oldest first.
async fn open(engine: &Engine, log: LogId, choice: &ParkedChoice) -> Result<Open, DeskError> {
    let client = engine.pool().get().await.map_err(ImportError::from)?;
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
    let mut stored = imports::parked_open(&client, log, choice, limit)
        .await
        .map_err(ImportError::from)?;
    if let (Some(line), None, None) = (choice.line, &choice.positions, &choice.code) {
        let waiting = imports::waiting(&client, log, line, limit).await;
        stored.extend(waiting.map_err(ImportError::from)?);
        stored.sort_unstable_by_key(|told| told.position);
        stored.dedup_by_key(|told| told.position);
        stored.truncate(MOST);
    }
    if stored.is_empty() {
        return Err(DeskError::NothingParked);
    }
    if choice.positions.as_ref().is_some_and(|named| named.len() > MOST) {
        return Err(DeskError::TooMany);
    }
    let fact = |row: &imports::Stored| Ok((row.position, told_of(row)?));
    stored.iter().map(fact).collect()
}

/// Takes a parked fact back. The batch is named by its position, so the same one is taken back once.
fn taken_back(fact: &LineFact, position: i64) -> Result<LineFact, ImportError> {
    let batch: ExternalId = format!("parked-{position}")
        .parse()
        .map_err(|_| ImportError::Progress)?;
    Ok(LineFact {
        line: fact.line,
        platform: fact.platform.clone(),
        line_no: fact.line_no.clone(),
        at: fact.at,
        currency: None,
        about: crate::domain::order::About::default(),
        reported: None,
        what: What::Withdrawn {
            identity: fact.identity(),
            batch,
        },
    })
}

async fn resolve(
    engine: &Engine,
    book: BookId,
    (positions, how, reason): (Vec<i64>, Resolution, Option<String>),
    facts: Vec<LineFact>,
    meta: Meta,
) -> Result<Answer, DeskError> {
    let command = Command::ResolveParked {
        positions,
        how,
        reason,
        facts,
    };
    Ok(engine.submit(book, command, meta).await?)
}
