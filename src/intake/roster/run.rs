//! A roster against a book: what stands of all that it names is read at once, and its commands are told a kind at a time.
//! Must never ask the database for a row alone: whatever waits for the writer is written together.

use std::collections::{HashMap, HashSet};

use futures_util::StreamExt;
use futures_util::stream;
use tokio_postgres::Client;

use super::plan::{Standing, Step, What};
use super::row::Row;
use crate::base::{BookId, LogId, PartyId, PlacementId};
use crate::domain::command::{Actor, Command};
use crate::domain::flow::Recorded;
use crate::domain::placement::Holder;
use crate::domain::stream::StreamId;
use crate::domain::world::Entity;
use crate::engine::{Engine, EngineError, Meta};
use crate::store::load;
use crate::store::statements::Statements;

/// Commands on their way at once.
const IN_FLIGHT: usize = 500;

/// Why a roster could not be told.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The database.
    #[error("the database refused: {0}")]
    Store(#[from] crate::store::Error),
    /// The engine.
    #[error("row {row} could not be told: {error}; the same roster again goes on")]
    Engine {
        /// Which row.
        row: u64,
        /// Why.
        error: EngineError,
    },
}

/// What came of a roster.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many commands of each kind were done.
    pub done: HashMap<What, u64>,
    /// Refused after all, because the book changed meanwhile: row, code, sentence.
    pub refused: Vec<(u64, &'static str, String)>,
}

impl Outcome {
    /// What would come of a plan if the book stays as it is.
    pub fn planned(steps: &[Step]) -> Outcome {
        let mut outcome = Outcome::default();
        for step in steps {
            *outcome.done.entry(step.what).or_default() += 1;
        }
        outcome
    }
}

/// What stands in a book of all that the rows name, and who holds what they ask for: two statements, however many they are.
pub async fn standing(client: &Client, book: BookId, log: LogId, rows: &[Row]) -> Result<Standing, RosterError> {
    let numbers = rows.iter().map(|row| &row.anchor);
    let anchors = numbers.flat_map(|anchor| PartyId::candidates(book, anchor.number.as_str()));
    let placements = rows.iter().flat_map(|row| {
        let numbers = row.placements.iter();
        numbers.map(|(kind, number)| PlacementId::of(book, &row.platform, *kind, number))
    });
    let mut streams: Vec<StreamId> = vec![book.into()];
    streams.extend(anchors.map(StreamId::from));
    streams.extend(placements.map(StreamId::from));
    streams.sort_unstable();
    streams.dedup();
    let agencies = rows.iter().filter_map(|row| row.agency.as_ref());
    let mut uppers: Vec<PartyId> = agencies
        .flat_map(|agency| PartyId::candidates(book, agency.number.as_str()))
        .collect();
    uppers.sort_unstable();
    uppers.dedup();
    let statements = Statements::prepare(client).await?;
    let events = load::streams(client, &statements, log, &streams, &uppers).await?;
    let mut standing = Standing {
        latest_pin: load::latest_pin(client, &statements, log).await?,
        ..Standing::default()
    };
    fold(&mut standing, streams, &events);
    let held = standing.placements.values().flat_map(|state| &state.assignments);
    let mut holders: Vec<StreamId> = held
        .filter_map(|assigned| match &assigned.holder {
            Holder::Party(party) if !standing.parties.contains_key(party) => Some((*party).into()),
            _ => None,
        })
        .collect();
    holders.sort_unstable();
    holders.dedup();
    let events = load::streams(client, &statements, log, &holders, &[]).await?;
    fold(&mut standing, holders, &events);
    Ok(standing)
}

fn fold(standing: &mut Standing, streams: Vec<StreamId>, events: &[Recorded]) {
    for (stream, known) in load::fold(streams, events) {
        match known.entity {
            Some(Entity::Book(state)) => {
                standing.owner = state.owner;
                standing.opened = Some(state.opened.clone());
            }
            Some(Entity::Party(state)) => {
                standing.parties.insert(state.id, state.as_ref().clone());
            }
            Some(Entity::Placement(state)) => {
                standing
                    .placements
                    .insert(PlacementId(stream.id), state.as_ref().clone());
            }
            _ => {}
        }
    }
}

/// Tells the steps of a plan, each kind after the one before. What a row asks for after a refusal is not told.
pub async fn tell(engine: &Engine, book: BookId, actor: &Actor, steps: Vec<Step>) -> Result<Outcome, RosterError> {
    let mut outcome = Outcome::default();
    let mut waiting = steps.into_iter().peekable();
    for what in What::ALL {
        let kind: Vec<Step> = std::iter::from_fn(|| waiting.next_if(|step| step.what == what)).collect();
        let refused: HashSet<u64> = outcome.refused.iter().map(|(row, ..)| *row).collect();
        let kind = kind.into_iter().filter(|step| !refused.contains(&step.row));
        let told = kind.map(|step| async move {
            let (row, what) = (step.row, step.what);
            (row, what, submit(engine, book, actor, step.command).await)
        });
        let mut answers = stream::iter(told).buffered(IN_FLIGHT);
        while let Some((row, what, answer)) = answers.next().await {
            match answer {
                Ok(()) => *outcome.done.entry(what).or_default() += 1,
                Err(EngineError::Refused(refusal)) => outcome.refused.push((row, refusal.code, refusal.message)),
                Err(error) => return Err(RosterError::Engine { row, error }),
            }
        }
    }
    Ok(outcome)
}

async fn submit(engine: &Engine, book: BookId, actor: &Actor, command: Command) -> Result<(), EngineError> {
    let meta = Meta {
        actor: actor.clone(),
        ..Meta::system("roster")
    };
    engine.submit(book, command, meta).await.map(|_| ())
}
