//! The writer of a click log: the same machinery as the money log, for events that carry no money and need no decision.
//! Must never touch a money log's head.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::api::EngineError;
use super::queue::{Queue, Ticket};
use super::session::{self, Session};
use super::writer::IDLE;
use crate::base::{BookId, ClickId, EventId, Instant, LogId};
use crate::domain::click::Click;
use crate::domain::command::Actor;
use crate::domain::event::Event;
use crate::domain::flow::Recorded;
use crate::domain::world::Placed;
use crate::store;
use crate::store::connect::TakeRole;
use crate::store::envelope::Origin;

/// Weight of a batch: clicks are small.
const MOST: usize = 2_048;
/// How often a batch is tried while the database is away.
const TRIES: u32 = 10;

/// Clicks of one caller for one log.
#[derive(Debug)]
pub struct Told {
    /// The clicks.
    pub clicks: Vec<Click>,
    /// Who told them.
    pub actor: Actor,
    /// Correlation id.
    pub correlation: Option<String>,
}

impl Told {
    /// How much of a batch it fills.
    pub fn weight(&self) -> usize {
        self.clicks.len()
    }
}

/// What became of them.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Click id, and whether it was known already, in the order told.
    pub clicks: Vec<(ClickId, bool)>,
    /// Position of the log afterwards.
    pub position: i64,
    /// When recorded.
    pub recorded_at: Instant,
}

/// Serves the queue of one click log until it is closed.
pub async fn run(via: (String, TakeRole), book: BookId, log: LogId, queue: Arc<Queue<Told, Kept>>) {
    let mut session: Option<Session> = None;
    loop {
        match tokio::time::timeout(IDLE, queue.take(MOST)).await {
            Ok(Some(batch)) => serve(&via, book, log, &mut session, batch, &queue).await,
            Ok(None) => break,
            Err(_) => session = None,
        }
    }
}

async fn serve(
    via: &(String, TakeRole),
    book: BookId,
    log: LogId,
    session: &mut Option<Session>,
    batch: Vec<Ticket<Told, Kept>>,
    queue: &Queue<Told, Kept>,
) {
    let told: Vec<&Told> = batch.iter().map(|ticket| &ticket.work).collect();
    let mut written_once = false;
    for tried in 0..TRIES {
        match attempt(via, book, log, session, &told, &mut written_once).await {
            Ok(Some(kept)) => {
                drop(told);
                batch
                    .into_iter()
                    .zip(kept)
                    .for_each(|(ticket, kept)| ticket.answer(Ok(kept)));
                return;
            }
            // The book was reset: whoever asks again finds its new log.
            Ok(None) => {
                queue.close();
                break;
            }
            Err(error) => {
                tracing::warn!(%error, tried, "a batch of clicks is tried again");
                *session = None;
                tokio::time::sleep(std::time::Duration::from_millis(20 << tried.min(6))).await;
            }
        }
    }
    drop(told);
    let failure = || {
        if written_once {
            EngineError::Unknown
        } else {
            EngineError::NotStarted
        }
    };
    batch.into_iter().for_each(|ticket| ticket.answer(Err(failure())));
}

async fn attempt(
    via: &(String, TakeRole),
    book: BookId,
    log: LogId,
    session: &mut Option<Session>,
    told: &[&Told],
    written_once: &mut bool,
) -> Result<Option<Vec<Kept>>, store::Error> {
    let session = match session {
        Some(session) => session,
        none => none.insert(Session::connect(&via.0, via.1).await?),
    };
    let ids: Vec<Vec<ClickId>> = told
        .iter()
        .map(|t| t.clicks.iter().map(|click| click.id(book)).collect())
        .collect();
    let all: Vec<ClickId> = ids.iter().flatten().copied().collect();
    let (head, now, known) = session.lock_for_clicks(log, &all).await?;
    if head.successor.is_some() {
        session.rollback().await?;
        return Ok(None);
    }
    let mut position = head.position;
    let mut seen: HashSet<ClickId> = known.into_iter().collect();
    let mut batch = session::batch_on(book, &head);
    let mut kept = Vec::with_capacity(told.len());
    for (told, ids) in told.iter().zip(&ids) {
        let mut outcomes = Vec::with_capacity(ids.len());
        for (click, id) in told.clicks.iter().zip(ids) {
            let repeated = !seen.insert(*id);
            outcomes.push((*id, repeated));
            if repeated {
                continue;
            }
            position += 1;
            let recorded = record(log, position, now, *id, click);
            let correlation = told.correlation.as_deref();
            batch.add(
                &recorded,
                Origin {
                    actor: &told.actor,
                    key: None,
                    correlation,
                },
                &[],
                None,
            )?;
        }
        kept.push(Kept {
            clicks: outcomes,
            position,
            recorded_at: now,
        });
    }
    if batch.is_empty() {
        session.rollback().await?;
    } else {
        *written_once = true;
        session.write(&batch, now).await?;
    }
    Ok(Some(kept))
}

/// A click is the one event of a stream of its own.
fn record(log: LogId, position: i64, now: Instant, id: ClickId, click: &Click) -> Recorded {
    let placed = Placed {
        log,
        position,
        version: 1,
        id: EventId(Uuid::now_v7()),
        occurred_at: click.at,
        recorded_at: now,
    };
    Recorded {
        stream: id.into(),
        placed,
        event: Event::Click(click.clone()),
        causation: None,
    }
}
