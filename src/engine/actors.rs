//! Scripted anchors of a sandbox: while its clock moves, they ask what an anchor would ask, through the same door.
//! Must never write past the queue, nor act in a live book, whose clock nobody moves.
//!
//! INVARIANT: a move is a function of the log. It is keyed by its stream and version, so that a clock move that was broken
//! off, or is asked of two servers at once, plays each move once.

use std::collections::BTreeSet;

use super::{Engine, EngineError, Meta, not_started};
use crate::base::{BookId, Instant, LogId, PartyId};
use crate::domain::command::Actor;
use crate::domain::flow::script::{self, Move};
use crate::domain::party::Script;
use crate::domain::person::Role;
use crate::store;

/// The scripted anchors of a book, for one move of its clock.
pub struct Actors {
    log: LogId,
    parties: Vec<(PartyId, Script)>,
    /// Moves that were refused: they are not tried again before something changes.
    refused: BTreeSet<(PartyId, String)>,
}

impl Actors {
    /// Who is played in a book; nobody in most.
    pub async fn of(engine: &Engine, book: BookId) -> Result<Actors, EngineError> {
        let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        let logs = store::books::of_book(&client, book).await.map_err(not_started)?;
        let logs = logs.ok_or(EngineError::NoBook)?;
        let parties = match logs.sandbox {
            true => store::scripted::parties(&client, logs.money)
                .await
                .map_err(not_started)?,
            false => Vec::new(),
        };
        Ok(Actors {
            log: logs.money,
            parties,
            refused: BTreeSet::new(),
        })
    }

    /// The next move up to an instant: by time, party and stream.
    pub async fn next(&self, engine: &Engine, until: Instant) -> Result<Option<Move>, EngineError> {
        if self.parties.is_empty() {
            return Ok(None);
        }
        let ids: Vec<PartyId> = self.parties.iter().map(|(party, _)| *party).collect();
        let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        let work = store::scripted::work(&client, self.log, &ids)
            .await
            .map_err(not_started)?;
        let moves = work.iter().flat_map(|(stream, events)| {
            let of = |(party, script): &(PartyId, Script)| script::next(*party, *script, *stream, events);
            self.parties.iter().filter_map(of)
        });
        let moves = moves.filter(|one| one.at <= until && !self.refused.contains(&(one.party, key(one))));
        Ok(moves.min_by_key(|one| (one.at, one.party, one.stream)))
    }

    /// Plays a move. One that is refused is left until something changes.
    pub async fn play(&mut self, engine: &Engine, book: BookId, one: Move) -> Result<(), EngineError> {
        let key = key(&one);
        let meta = Meta {
            actor: Actor {
                party: Some(one.party),
                role: Some(Role::Anchor),
                ..Actor::SYSTEM
            },
            key: Some(key.clone()),
            ..Meta::system("script")
        };
        match engine.hand_over(book, one.command, meta).await {
            Ok(answer) if !answer.replayed => Ok(()),
            Ok(_) | Err(EngineError::Refused(_) | EngineError::KeyReused) => {
                self.refused.insert((one.party, key));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn key(one: &Move) -> String {
    format!("script:{}:{}:{}", one.stream, one.version, one.word)
}
