//! Resetting a sandbox: a new log under the same book, opening with the parties that hold keys (decision B14) or are
//! played by a script.
//! Must never touch a live book, and never remove an old log: purging is an owner's command of its own.

use std::collections::BTreeSet;

use super::fingerprint::principal;
use super::{Answer, Engine, EngineError, Meta, Operation, not_started};
use crate::base::{BookId, Instant, LogId, PartyId};
use crate::domain::book::{BookEvent, BookOpened};
use crate::domain::command::Command;
use crate::domain::event::Event;
use crate::domain::party::PartyEvent;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::store::{self, Statements, books::BookLogs, load};

/// What a new log begins with.
struct Opening {
    opened: BookOpened,
    at: Instant,
    parties: Vec<Command>,
}

impl Engine {
    /// Resets a sandbox book. Parties that hold keys and have a number of their own keep their ids.
    pub async fn reset_book(&self, book: BookId, meta: Meta) -> Result<Answer, EngineError> {
        if let Some(key) = &meta.key
            && let Operation::Committed(answer) = self.operation(book, &principal(&meta.actor), key).await?
        {
            return Ok(Answer {
                replayed: true,
                ..*answer
            });
        }
        if meta.dry_run {
            return Err(Refusal::invalid("dry_run_not_here", "a reset cannot be tried out").into());
        }
        let mut client = self.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        let old = store::books::of_book(&client, book)
            .await
            .map_err(not_started)?
            .ok_or(EngineError::NoBook)?;
        if !old.sandbox {
            return Err(Refusal::invalid("not_a_sandbox", "a live book is never reset").into());
        }
        let opening = opening(&client, book, old.money)
            .await
            .map_err(not_started)?
            .ok_or(EngineError::NoBook)?;
        let fresh = || LogId(uuid::Uuid::now_v7());
        let logs = BookLogs {
            book,
            sandbox: true,
            money: fresh(),
            clicks: old.clicks.iter().map(|_| fresh()).collect(),
        };
        store::books::reset(&mut client, &logs, opening.at)
            .await
            .map_err(not_started)?;
        drop(client);
        if let Some(old) = self.inner.books.lock().await.remove(&book) {
            old.money.close();
            old.clicks.iter().for_each(|(_, queue)| queue.close());
        }
        let answer = self.submit(book, Command::OpenBook(opening.opened), meta).await?;
        for party in opening.parties {
            self.submit(book, party, Meta::system("reset")).await?;
        }
        Ok(answer)
    }
}

/// Reads the first event of the old log and the registrations of the parties that hold keys.
async fn opening(client: &tokio_postgres::Client, book: BookId, log: LogId) -> store::Result<Option<Opening>> {
    let statements = Statements::prepare(client).await?;
    let holders = store::keys::list(client, book).await?;
    let mut streams: Vec<StreamId> = vec![book.into()];
    streams.extend(holders.iter().filter_map(|key| key.party).map(StreamId::from));
    let played = store::scripted::parties(client, log).await?;
    streams.extend(played.iter().map(|(party, _)| StreamId::from(*party)));
    streams.sort_unstable();
    streams.dedup();
    let events = load::streams(client, &statements, log, &streams, &[]).await?;
    let mut begun = None;
    let mut parties = Vec::new();
    let mut kept = BTreeSet::new();
    for recorded in events {
        match recorded.event {
            Event::Book(BookEvent::Opened(opened)) => begun = Some((opened, recorded.placed.recorded_at)),
            Event::Party(PartyEvent::Registered(party)) if party.external_id.is_some() => {
                kept.insert(party.party);
                parties.push(Command::RegisterParty {
                    kind: party.party.kind(),
                    external_id: party.external_id,
                    name: party.name,
                });
            }
            Event::Party(PartyEvent::Scripted(scripted)) => {
                // One without a number of its own is gone with the old log.
                let party = PartyId::from_uuid(recorded.stream.id).ok();
                if let Some(party) = party.filter(|party| kept.contains(party)) {
                    let script = scripted.script;
                    parties.push(Command::ScriptParty { party, script });
                }
            }
            _ => {}
        }
    }
    Ok(begun.map(|(opened, at)| Opening { opened, at, parties }))
}
