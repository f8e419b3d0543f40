//! Deciding a batch in memory, in arrival order, on facts that already include the batch's earlier events.
//! Must never touch the database: what is missing is named, loaded by the writer, and the batch is decided again.
//!
//! INVARIANT: a refused command leaves nothing, in the world or in the balances, and disturbs nobody else in its batch.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use uuid::Uuid;

use super::api::{Answer, EngineError, EventRef, Meta};
use crate::base::{BookId, Instant, LogId};
use crate::domain::book::BookMode;
use crate::domain::command::{Command, Made};
use crate::domain::flow::{self, Clicks, Recorded, Scribe, Sold};
use crate::domain::refusal::Refusal;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::World;
use crate::ledger::{BalanceKey, Balances, StampedLeg};

/// One command with all that travels with it.
#[derive(Debug)]
pub struct Job {
    /// What is asked.
    pub command: Command,
    /// By whom, under which key.
    pub meta: Meta,
    /// Whose keys its key is compared with.
    pub principal: String,
    /// What makes two requests the same.
    pub fingerprint: Vec<u8>,
    /// Shows that its key is being decided, for as long as the job lives.
    #[expect(dead_code, reason = "held for its end")]
    pub flight: Option<super::flight::Flight>,
}

impl Job {
    /// How much of a batch it fills.
    pub fn weight(&self) -> usize {
        match &self.command {
            Command::Facts(facts) | Command::ResolveParked { facts, .. } => facts.len().max(1),
            Command::ResolveBreaks { breaks, .. } => breaks.iter().map(|one| one.facts.len()).sum::<usize>().max(1),
            Command::Release { lines } => lines.len().max(1),
            Command::Returns(words) => words.len().max(1),
            Command::Receipts(facts) => facts.len().max(1),
            Command::WithdrawReceipts { receipts, .. } => receipts.len().max(1),
            Command::Offers(told) => told.len().max(1),
            _ => 1,
        }
    }
}

/// A receipt: the first answer to a key.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What the key was used for.
    pub fingerprint: Vec<u8>,
    /// The answer.
    pub answer: Answer,
}

/// Folds of this log that survive from batch to batch. Valid only at `position` and `generation`.
#[derive(Default, Debug)]
pub struct Folds {
    /// Streams.
    pub world: World,
    /// Balances.
    pub balances: Balances,
    /// Pin instant of the latest line; outer none: not loaded.
    pub latest_pin: Option<Option<Instant>>,
}

/// What was read for this batch only.
#[derive(Debug)]
pub struct Read {
    /// The book.
    pub book: BookId,
    /// The money log.
    pub log: LogId,
    /// Last position of the log.
    pub position: i64,
    /// Time of recording: database time read after the lock, never before the last one.
    pub now: Instant,
    /// Receipts of the keys in the batch.
    pub receipts: HashMap<(String, String), Receipt>,
    /// Clicks for the lines in the batch.
    pub clicks: Clicks,
    /// Lines sold, for returns of the batch.
    pub sold: Sold,
    /// Balances moved by this batch so far; the folds take them over when the batch is durable.
    pub moved: Balances,
    /// Pin instant of the latest line, this batch included.
    pub latest_pin: Option<Instant>,
}

/// One event ready to be written.
#[derive(Debug)]
pub struct Ready {
    /// The event with its place.
    pub recorded: Recorded,
    /// Its legs with running balances and periods.
    pub legs: Vec<StampedLeg>,
    /// Index of its job in the batch.
    pub job: usize,
}

/// A decided batch.
#[derive(Default, Debug)]
pub struct Decided {
    /// One reply per job.
    pub replies: Vec<Result<Answer, EngineError>>,
    /// What is to be written.
    pub events: Vec<Ready>,
    /// Jobs whose answer becomes a receipt.
    pub receipts: Vec<usize>,
    /// Balances that must be loaded before the batch can be decided.
    pub missing: Vec<BalanceKey>,
    /// Streams that must be loaded before the batch can be decided: which month a line is counted in follows from its facts.
    pub streams: BTreeSet<StreamId>,
}

impl Decided {
    /// True when nothing was missing: the batch may be written.
    pub fn stands(&self) -> bool {
        self.missing.is_empty() && self.streams.is_empty()
    }
}

/// Decides every job. Unless it `stands` nothing may be written: load and decide again from clean folds.
pub fn batch(jobs: &[&Job], read: &mut Read, folds: &mut Folds, fresh: &mut dyn FnMut() -> Uuid) -> Decided {
    let mut decided = Decided::default();
    for (index, job) in jobs.iter().enumerate() {
        let reply = one(index, job, read, folds, fresh, &mut decided);
        if let (Ok(answer), Some(key)) = (&reply, &job.meta.key)
            && !answer.replayed
            && !answer.dry_run
        {
            let receipt = Receipt {
                fingerprint: job.fingerprint.clone(),
                answer: answer.clone(),
            };
            read.receipts.insert((job.principal.clone(), key.clone()), receipt);
            decided.receipts.push(index);
        }
        decided.replies.push(reply);
    }
    decided
}

fn one(
    index: usize,
    job: &Job,
    read: &mut Read,
    folds: &mut Folds,
    fresh: &mut dyn FnMut() -> Uuid,
    decided: &mut Decided,
) -> Result<Answer, EngineError> {
    if let Some(answer) = replay(job, read)? {
        return Ok(answer);
    }
    let savepoint = folds.world.savepoint();
    let now = time_of_book(read, &folds.world);
    // INVARIANT: a fact is not refused because an account is full: its event is decided again, parked and without legs.
    let mut unpostable = HashSet::new();
    let (made, recorded, legs) = loop {
        let (streams, balances) = (&mut decided.streams, &mut decided.missing);
        let outcome =
            decide(job, read, now, folds, (&unpostable, streams, balances), fresh).and_then(|(made, recorded)| {
                let legs = stamp(&recorded.all, read, folds, &mut decided.missing)?;
                Ok((made, recorded, legs))
            });
        match outcome {
            Ok((made, recorded, Stamped::Legs(legs))) => break (made, recorded, legs),
            Ok((_, _, Stamped::NoRoom(event))) if unpostable.insert(event) => folds.world.undo_to(savepoint),
            Ok(_) => {
                folds.world.undo_to(savepoint);
                return Err(EngineError::Internal);
            }
            Err(error) => {
                folds.world.undo_to(savepoint);
                return Err(error);
            }
        }
    };
    let own = recorded.all.get(recorded.fired..).unwrap_or_default();
    let answer = Answer {
        position: recorded.all.last().map_or(read.position, |last| last.placed.position),
        recorded_at: now,
        replayed: false,
        dry_run: job.meta.dry_run,
        events: own.iter().map(event_ref).collect(),
        made,
    };
    if job.meta.dry_run {
        folds.world.undo_to(savepoint);
        return Ok(answer);
    }
    read.latest_pin = recorded.latest_pin;
    for (recorded, legs) in recorded.all.into_iter().zip(legs) {
        for leg in &legs {
            read.moved
                .set((leg.leg.account, leg.leg.layer, leg.leg.currency), leg.balance);
        }
        read.position = recorded.placed.position;
        decided.events.push(Ready {
            recorded,
            legs,
            job: index,
        });
    }
    Ok(answer)
}

fn replay(job: &Job, read: &Read) -> Result<Option<Answer>, EngineError> {
    let Some(key) = &job.meta.key else { return Ok(None) };
    match read.receipts.get(&(job.principal.clone(), key.clone())) {
        Some(receipt) if receipt.fingerprint == job.fingerprint => Ok(Some(Answer {
            replayed: true,
            ..receipt.answer.clone()
        })),
        Some(_) => Err(EngineError::KeyReused),
        None => Ok(None),
    }
}

/// A sandbox lives by its own clock, a live book by the database's.
fn time_of_book(read: &Read, world: &World) -> Instant {
    match world.book(read.book) {
        Some(book) if book.opened.mode == BookMode::Sandbox => book.clock.unwrap_or(read.now),
        _ => read.now,
    }
}

/// Events of one command; the first `fired` come from timers that were due before it.
struct Events {
    all: Vec<Recorded>,
    fired: usize,
    latest_pin: Option<Instant>,
}

fn decide(
    job: &Job,
    read: &Read,
    now: Instant,
    folds: &mut Folds,
    (unpostable, missing, unknown): (&HashSet<(StreamId, i64)>, &mut BTreeSet<StreamId>, &mut Vec<BalanceKey>),
    fresh: &mut dyn FnMut() -> Uuid,
) -> Result<(Made, Events), EngineError> {
    let Folds { world, balances, .. } = folds;
    let mut standing = |key: BalanceKey| {
        if read.moved.knows(&key) {
            return read.moved.get(&key);
        }
        if !balances.knows(&key) {
            unknown.push(key);
        }
        balances.get(&key)
    };
    let mut scribe = Scribe {
        book: read.book,
        log: read.log,
        now,
        actor: &job.meta.actor,
        world,
        clicks: &read.clicks,
        sold: &read.sold,
        touched: Default::default(),
        latest_pin: read.latest_pin,
        position: read.position,
        unpostable,
        missing,
        balances: &mut standing,
        fresh,
        recorded: Vec::new(),
        causation: None,
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // INVARIANT: due timers of the streams a command touches fire before it is decided.
        flow::fire_due(&job.command, &mut scribe)?;
        let fired = scribe.recorded.len();
        if let Some(expected) = job.meta.expected_version {
            let current = flow::main_stream(scribe.book, &job.command).map_or(0, |stream| scribe.world.version(stream));
            if current != expected {
                return Err(EngineError::VersionConflict { expected, current });
            }
        }
        let made = flow::decide(&job.command, &mut scribe)?;
        Ok((made, fired))
    }));
    match outcome {
        Ok(Ok((made, fired))) => {
            let latest_pin = scribe.latest_pin;
            Ok((
                made,
                Events {
                    all: scribe.recorded,
                    fired,
                    latest_pin,
                },
            ))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            tracing::error!(
                route = job.meta.route,
                "a decision panicked; the command is refused, the batch goes on"
            );
            Err(EngineError::Internal)
        }
    }
}

/// What stamping came to.
enum Stamped {
    /// Legs of each event with running balances and periods.
    Legs(Vec<Vec<StampedLeg>>),
    /// An account has no room for the legs of this event of a line.
    NoRoom((StreamId, i64)),
}

/// Stamps every leg. Balances move in a copy until the command stands.
fn stamp(recorded: &[Recorded], read: &Read, folds: &Folds, missing: &mut Vec<BalanceKey>) -> Result<Stamped, Refusal> {
    let mut moved = Balances::default();
    let mut all = Vec::with_capacity(recorded.len());
    for recorded in recorded {
        let entry = recorded.event.post()?;
        for leg in entry.legs() {
            let key = (leg.account, leg.layer, leg.currency);
            if moved.knows(&key) {
                continue;
            }
            if read.moved.knows(&key) {
                moved.set(key, read.moved.get(&key));
            } else {
                if !folds.balances.knows(&key) {
                    missing.push(key);
                }
                moved.set(key, folds.balances.get(&key));
            }
        }
        let occurred_at = recorded.placed.occurred_at;
        let stamp = folds
            .world
            .book(read.book)
            .map(|book| recorded.event.stamp(book, occurred_at));
        match moved.apply(&entry, stamp) {
            Ok(legs) => all.push(legs),
            Err(_) if recorded.stream.slice == Slice::Line => {
                return Ok(Stamped::NoRoom((recorded.stream, recorded.placed.version)));
            }
            Err(full) => return Err(full.into()),
        }
    }
    Ok(Stamped::Legs(all))
}

fn event_ref(recorded: &Recorded) -> EventRef {
    EventRef {
        id: recorded.placed.id,
        kind: recorded.event.kind().to_owned(),
        stream: recorded.stream,
        version: recorded.placed.version,
        position: recorded.placed.position,
    }
}
