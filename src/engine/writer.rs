//! The writer of a money log: gathers what waits, and takes each batch through lock, read, decide, write, commit.
//! Must never answer success before the commit, and never decide on top of a batch that is not durable.
//!
//! INVARIANTS (decisions B2-B6), each kept here:
//! - One transaction locks one head, before anything else; what is read is read by later statements, so it was committed
//!   before the lock was had. A snapshot taken before the wait would be stale.
//! - Caches hold only folds of this log's own events. When another server moved the head, what it touched is forgotten;
//!   a new generation (rebuild, restore) empties every cache.
//! - After a lost connection at COMMIT nothing is assumed: a new connection takes the head lock first, which waits for the
//!   old one's end, and then the keys and facts tell what happened.
//! - A batch that the database refuses for its data is halved until the one command at fault stands alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::api::{Answer, EngineError};
use super::cache::Recency;
use super::decide::{self, Decided, Folds, Job, Read};
use super::queue::{Queue, Ticket};
use super::session::{self, Loaded, Session};
use crate::base::{BookId, LogId, PersonId};
use crate::domain::command::Command;
use crate::domain::flow::{self, Clicks, Looked, Needs, Sold, Uncovered};
use crate::domain::stream::StreamId;
use crate::domain::world::{Entity, Known};
use crate::ledger::Balances;
use crate::store::append::{Batch, KeyRow, ReceiptRow};
use crate::store::connect::TakeRole;
use crate::store::envelope::Origin;
use crate::store::head::Head;
use crate::store::{self, rows};

/// Weight of a batch.
const MOST: usize = 512;
/// How often a batch is tried while the database is away or refuses to serialise.
const TRIES: u32 = 10;
/// A connection without work is closed after this long: a server may have written to many books today.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// Rounds of loading before a command is given up: what it names, what those name, what clicks name.
const ROUNDS: usize = 8;

/// Serves the queue of one money log until it is closed.
pub async fn run(
    (url, role): (String, TakeRole),
    book: BookId,
    log: LogId,
    click_logs: Vec<LogId>,
    queue: Arc<Queue<Job, Answer>>,
) {
    let mut writer = Writer {
        url,
        role,
        book,
        log,
        click_logs,
        session: None,
        folds: Folds::default(),
        recency: Recency::default(),
        stands: None,
        retired: false,
    };
    loop {
        match tokio::time::timeout(IDLE, queue.take(MOST)).await {
            Ok(Some(batch)) => writer.serve(batch).await,
            Ok(None) => break,
            // The folds stay: the head tells the next connection whether they still stand.
            Err(_) => writer.session = None,
        }
        if writer.retired {
            // The book was reset: whoever asks again finds its new log.
            queue.close();
        }
    }
}

struct Writer {
    url: String,
    role: TakeRole,
    book: BookId,
    log: LogId,
    click_logs: Vec<LogId>,
    session: Option<Session>,
    folds: Folds,
    recency: Recency,
    /// Position and generation at which the folds are valid.
    stands: Option<(i64, i64)>,
    /// The log has a successor: it takes no more events.
    retired: bool,
}

type Tickets = Vec<Ticket<Job, Answer>>;

/// Why a batch was not written.
struct Failure {
    error: store::Error,
    /// The write flush had been sent: the outcome is unknown until looked up.
    sent: bool,
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        Failure { error, sent: false }
    }
}

impl Writer {
    /// Answers every ticket, whatever it takes.
    async fn serve(&mut self, batch: Tickets) {
        let mut halves = vec![batch];
        while let Some(mut batch) = halves.pop() {
            match self.persist(&batch).await {
                Ok(replies) => {
                    for (ticket, reply) in batch.into_iter().zip(replies) {
                        ticket.answer(reply);
                    }
                }
                Err(failure) if failure.error.is_poison() && batch.len() > 1 => {
                    let second = batch.split_off(batch.len() / 2);
                    halves.push(second);
                    halves.push(batch);
                }
                Err(failure) => {
                    tracing::error!(error = %failure.error, commands = batch.len(), "a batch was given up");
                    let poison = failure.error.is_poison();
                    for ticket in batch {
                        ticket.answer(Err(match (failure.sent, poison) {
                            (_, true) => EngineError::Internal,
                            (true, _) => EngineError::Unknown,
                            (false, _) => EngineError::NotStarted,
                        }));
                    }
                }
            }
        }
    }

    /// Tries a batch until it is written, is poison, or the database stays away.
    async fn persist(&mut self, batch: &Tickets) -> Result<Vec<Result<Answer, EngineError>>, Failure> {
        let jobs: Vec<&Job> = batch.iter().map(|ticket| &ticket.work).collect();
        let mut sent = false;
        let mut tried = 0;
        loop {
            match self.attempt(&jobs).await {
                Ok(replies) => return Ok(replies),
                Err(failure) => {
                    sent |= failure.sent;
                    self.forget_everything();
                    tried += 1;
                    if failure.error.is_poison() || tried >= TRIES {
                        return Err(Failure {
                            error: failure.error,
                            sent,
                        });
                    }
                    tracing::warn!(error = %failure.error, tried, "a batch is tried again");
                    tokio::time::sleep(Duration::from_millis(10 << tried.min(7))).await;
                }
            }
        }
    }

    fn forget_everything(&mut self) {
        self.session = None;
        self.folds = Folds::default();
        self.recency = Recency::default();
        self.stands = None;
    }

    /// Lock, read, decide, write, commit.
    async fn attempt(&mut self, jobs: &[&Job]) -> Result<Vec<Result<Answer, EngineError>>, Failure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => Session::connect(&self.url, self.role).await?,
        };
        let (head, mut read) = self.lock_and_read(&session, jobs).await?;
        if head.successor.is_some() {
            session.rollback().await?;
            self.retired = true;
            return Ok(jobs.iter().map(|_| Err(EngineError::NotStarted)).collect());
        }
        let decided = self.decide(&session, &mut read, jobs).await?;
        if decided.events.is_empty() && decided.receipts.is_empty() {
            session.rollback().await?;
        } else {
            let batch = self.batch(&head, &decided, jobs)?;
            let recorded_at = decided
                .events
                .last()
                .map_or(read.now, |last| last.recorded.placed.recorded_at);
            let written = session.write(&batch, recorded_at).await;
            written.map_err(|error| Failure { error, sent: true })?;
        }
        self.keep(&head, read, &decided);
        self.session = Some(session);
        Ok(decided.replies)
    }

    /// What the batch still needs, given the folds and what was looked up so far.
    fn needs(&self, jobs: &[&Job], looked: Looked<'_>) -> Needs {
        let mut needs = Needs::default();
        let commands = jobs.iter().map(|job| &job.command);
        flow::needs(self.book, commands, &self.folds.world, looked, &mut needs);
        needs
    }

    fn take_over(&mut self, loaded: Loaded, (clicks, sold, open): (&mut Clicks, &mut Sold, &mut Uncovered)) {
        for (stream, known) in loaded.streams {
            self.folds.world.tell(stream, known);
        }
        clicks.extend(loaded.clicks);
        sold.extend(loaded.sold);
        open.extend(loaded.open);
    }

    /// Takes the head lock, brings the folds up to it, and loads what the batch needs, one statement per kind.
    async fn lock_and_read(&mut self, session: &Session, jobs: &[&Job]) -> Result<(Head, Read), Failure> {
        let keys = jobs
            .iter()
            .filter_map(|job| job.meta.key.clone().map(|key| (job.principal.clone(), key)));
        let keys: Vec<_> = keys.collect();
        let (mut clicks, mut sold, mut open) = (Clicks::new(), Sold::new(), Uncovered::new());
        let first = self.needs(jobs, looked(&clicks, &sold, &open));
        let locked = session.lock(self.log, &self.click_logs, &keys, &first).await?;
        let head = locked.head;
        match self.stands {
            Some((position, generation)) if generation == head.generation => {
                if position < head.position {
                    self.folds
                        .world
                        .forget(session.touched_since(self.log, position).await?);
                    self.folds.balances.clear();
                    self.folds.latest_pin = None;
                }
            }
            _ => {
                self.folds = Folds::default();
                self.recency = Recency::default();
            }
        }
        let moved = self.stands.is_some_and(|(position, _)| position != head.position);
        self.stands = Some((head.position, head.generation));
        // What this flush read was read under the lock: it is current even where another server had moved the head.
        self.take_over(locked.loaded, (&mut clicks, &mut sold, &mut open));
        if moved {
            // Which clicks to look for followed from folds that another server has moved since.
            clicks.clear();
            sold.clear();
            open.clear();
        }
        for _ in 0..ROUNDS {
            let needs = self.needs(jobs, looked(&clicks, &sold, &open));
            if needs.is_empty() {
                break;
            }
            let loaded = session.load(self.log, &self.click_logs, &needs).await?;
            self.take_over(loaded, (&mut clicks, &mut sold, &mut open));
        }
        let latest_pin = match self.folds.latest_pin {
            Some(known) => known,
            None => session.latest_pin(self.log).await?,
        };
        self.folds.latest_pin = Some(latest_pin);
        let read = Read {
            book: self.book,
            log: self.log,
            position: head.position,
            now: locked.now,
            receipts: locked.receipts,
            clicks,
            sold,
            open,
            moved: Balances::default(),
            latest_pin,
        };
        Ok((head, read))
    }

    /// Decides the batch, loading balances it turns out to move and months it turns out to count in.
    async fn decide(&mut self, session: &Session, read: &mut Read, jobs: &[&Job]) -> Result<Decided, Failure> {
        let (position, receipts, latest_pin) = (read.position, read.receipts.clone(), read.latest_pin);
        loop {
            let decided = decide::batch(jobs, read, &mut self.folds, &mut Uuid::now_v7);
            if decided.stands() {
                return Ok(decided);
            }
            self.folds.world.undo_to(0);
            (read.position, read.receipts, read.latest_pin) = (position, receipts.clone(), latest_pin);
            read.moved.clear();
            let needs = Needs {
                streams: decided.streams,
                ..Needs::default()
            };
            let balances = session.balances(self.log, &decided.missing);
            let (balances, loaded) = tokio::try_join!(balances, session.load(self.log, &self.click_logs, &needs))?;
            for (key, balance) in balances {
                self.folds.balances.set(key, balance);
            }
            for (stream, known) in loaded.streams {
                self.folds.world.tell(stream, known);
            }
        }
    }

    /// Everything the batch writes, as columns.
    fn batch(&self, head: &Head, decided: &Decided, jobs: &[&Job]) -> Result<Batch, store::Error> {
        let mut batch = session::batch_on(self.book, head);
        let before = self.folds.world.before_journal();
        let mut pins: HashMap<StreamId, Option<i64>> = HashMap::new();
        let mut last: HashMap<StreamId, i64> = HashMap::new();
        for ready in &decided.events {
            let Some(job) = jobs.get(ready.job) else { continue };
            let (stream, position) = (ready.recorded.stream, ready.recorded.placed.position);
            let origin = Origin {
                actor: &job.meta.actor,
                key: job.meta.key.as_deref(),
                correlation: job.meta.correlation.as_deref(),
            };
            let pin = pins
                .entry(stream)
                .or_insert_with(|| before.get(&stream).copied().and_then(pin_position));
            batch.add(&ready.recorded, origin, &ready.legs, *pin)?;
            if rows::pin_of(&ready.recorded.event).is_some() {
                *pin = Some(position);
            }
            last.insert(stream, position);
        }
        let zone = self.folds.world.book(self.book).map(|book| book.opened.zone);
        for (stream, position) in last {
            if let Some(known) = self.folds.world.get(stream) {
                if let Some(zone) = zone {
                    rows::of_line(zone, before.get(&stream).copied(), known, &mut batch.rows.anchors);
                }
                rows::of_state(self.book, stream, known, position, &mut batch.rows)?;
            }
        }
        for (job, reply) in jobs.iter().zip(&decided.replies) {
            if let Ok(answer) = reply
                && !answer.replayed
                && !answer.dry_run
            {
                key_row(&mut batch, job, answer);
            }
        }
        for index in &decided.receipts {
            if let (Some(job), Some(Ok(answer))) = (jobs.get(*index), decided.replies.get(*index)) {
                receipt(&mut batch, job, answer)?;
            }
        }
        Ok(batch)
    }

    /// The batch is durable: its folds stand.
    fn keep(&mut self, head: &Head, read: Read, decided: &Decided) {
        for stream in self.folds.world.changed_since(0) {
            self.recency.touch(stream);
        }
        self.folds.world.keep();
        for ready in &decided.events {
            for leg in &ready.legs {
                self.folds
                    .balances
                    .set((leg.leg.account, leg.leg.layer, leg.leg.currency), leg.balance);
            }
        }
        self.folds.latest_pin = Some(read.latest_pin);
        self.stands = Some((read.position, head.generation));
        self.recency.shrink(&mut self.folds);
    }
}

fn looked<'a>(clicks: &'a Clicks, sold: &'a Sold, open: &'a Uncovered) -> Looked<'a> {
    Looked { clicks, sold, open }
}

/// Position of the event that pinned a line.
fn pin_position(known: &Known) -> Option<i64> {
    match known.entity.as_ref()? {
        Entity::Line(line) => line.pin_position(),
        _ => None,
    }
}

/// The receipt of a command.
fn receipt(batch: &mut Batch, job: &Job, answer: &Answer) -> Result<(), store::Error> {
    let Some(key) = job.meta.key.clone() else { return Ok(()) };
    batch.receipts.push(ReceiptRow {
        principal: job.principal.clone(),
        key,
        fingerprint: job.fingerprint.clone(),
        position: answer.position,
        recorded_at: answer.recorded_at.utc(),
        answer: serde_json::to_string(answer)?,
    });
    Ok(())
}

/// The row of a key that was issued, with its secret's hash, or the mark of one revoked.
fn key_row(batch: &mut Batch, job: &Job, answer: &Answer) {
    match &job.command {
        Command::IssueKey {
            key,
            label,
            role,
            party,
            expires_at,
            ..
        } => {
            let person = answer.made.ids.get("person").and_then(|id| id.parse::<PersonId>().ok());
            let (Some(person), Some(hash)) = (person, job.meta.secret_hash.clone()) else {
                return;
            };
            batch.keys.push(KeyRow {
                key: key.0,
                person: person.0,
                label: label.as_str().to_owned(),
                role: role.word().to_owned(),
                party: party.map(|party| party.uuid()),
                hash,
                expires_at: expires_at.map(|at| at.utc()),
            });
        }
        Command::RevokeKey { key, .. } => batch.revoked.push(key.0),
        _ => {}
    }
}
