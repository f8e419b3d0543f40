//! The engine: one writer per log and server, group commit, followers, releases, timers, the clock.
//! Must never hold SQL text or an HTTP status.
//!
//! One write: lock the log's head, read what the batch needs, decide in memory, write and commit in one flush, answer.
//! A server keeps one writer task per log that it was asked to write; writers of other servers meet at the head row.

mod actors;
pub mod api;
mod cache;
mod clicks;
pub mod close;
mod decide;
mod fingerprint;
mod flight;
mod follower;
mod pool;
mod queue;
mod release;
mod reset;
mod session;
mod shown;
mod timers;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::task::JoinHandle;

pub use api::{Answer, ClicksAnswer, EngineError, EventRef, Lane, Meta};
pub use shown::PoolRule;

use crate::base::{BookId, ClickId, Instant, LogId};
use crate::domain::book::BookMode;
use crate::domain::click::{Click, buyer_key, log_of};
use crate::domain::command::Command;
use crate::store::books::BookLogs;
use crate::store::{self, connect::TakeRole};
use decide::Job;
use queue::Queue;

/// Tickets that wait per lane before the answer is "not started".
const QUEUE: usize = 4_096;

/// How the engine reaches its database.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Connection string.
    pub database_url: String,
    /// Connections for reads.
    pub readers: usize,
    /// Run the background work: timers, late-click followers, releases of waiting lines.
    pub background: bool,
    /// Start although the role may change events (said in ready).
    pub allow_owner: bool,
}

/// A book with its logs.
struct Book {
    money: Arc<Queue<Job, Answer>>,
    clicks: Vec<(LogId, Arc<Queue<clicks::Told, clicks::Kept>>)>,
    tasks: Vec<JoinHandle<()>>,
}

impl Book {
    fn is_closed(&self) -> bool {
        self.money.is_closed() || self.clicks.iter().any(|(_, queue)| queue.is_closed())
    }
}

struct Inner {
    settings: EngineSettings,
    role: TakeRole,
    pool: Pool,
    books: tokio::sync::Mutex<HashMap<BookId, Arc<Book>>>,
    flights: flight::Flights,
    background: Mutex<Vec<JoinHandle<()>>>,
}

/// The engine of one server. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What is known of a request by its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Done: the stored answer.
    Committed(Box<Answer>),
    /// Being decided on this server.
    InProgress,
    /// Never happened (or not yet begun).
    UnknownKey,
}

impl Engine {
    /// Connects, checks that the database keeps its promises, and starts the background work.
    pub async fn start(settings: EngineSettings) -> Result<Engine, store::Error> {
        let role = if settings.allow_owner {
            TakeRole::Login
        } else {
            TakeRole::Application
        };
        let pool = store::connect::pool(&settings.database_url, role, settings.readers)?;
        let client = store::connect::connect(&settings.database_url, role).await?;
        store::connect::check(&client, settings.allow_owner).await?;
        drop(client);
        let inner = Inner {
            settings,
            role,
            pool,
            books: tokio::sync::Mutex::default(),
            flights: flight::Flights::default(),
            background: Mutex::default(),
        };
        let engine = Engine { inner: Arc::new(inner) };
        if engine.inner.settings.background {
            let tasks = vec![
                tokio::spawn(timers::run(engine.clone())),
                tokio::spawn(follower::run(engine.clone())),
                tokio::spawn(release::run(engine.clone())),
                tokio::spawn(pool::run(engine.clone())),
                tokio::spawn(close::run(engine.clone())),
            ];
            *engine.inner.background.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
        }
        Ok(engine)
    }

    /// Connections for reads.
    pub fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    /// Opens a book: makes its logs, then records its first event. The same book twice is one book.
    /// A sandbox starts at `clock`.
    pub async fn open_book(
        &self,
        opened: crate::domain::book::BookOpened,
        clock: Option<Instant>,
        meta: Meta,
    ) -> Result<Answer, EngineError> {
        let client = self.inner.pool.get().await.map_err(|_| EngineError::NotStarted)?;
        let logs = BookLogs {
            book: opened.book,
            sandbox: opened.mode == BookMode::Sandbox,
            money: log_of_shard(opened.book, 0),
            clicks: (1..=opened.click_logs)
                .map(|shard| log_of_shard(opened.book, shard))
                .collect(),
        };
        let start = match clock {
            Some(clock) if logs.sandbox => clock,
            _ => Instant::from_utc(chrono::DateTime::UNIX_EPOCH),
        };
        store::books::create(&client, &logs, start).await.map_err(not_started)?;
        drop(client);
        self.submit(opened.book, Command::OpenBook(opened), meta).await
    }

    /// Decides and records one command. The money write runs in the writer's own task, so it outlives the request.
    pub async fn submit(&self, book: BookId, command: Command, meta: Meta) -> Result<Answer, EngineError> {
        if let Command::MoveClock { to } = command {
            return self.move_clock(book, to, meta).await;
        }
        self.hand_over(book, command, meta).await
    }

    async fn hand_over(&self, book: BookId, command: Command, meta: Meta) -> Result<Answer, EngineError> {
        let handle = self.book(book).await?;
        let principal = fingerprint::principal(&meta.actor);
        let fingerprint = fingerprint::fingerprint(&meta, &command).map_err(|_| EngineError::Internal)?;
        let (lane, deadline) = (meta.lane, meta.deadline);
        let flight = meta
            .key
            .clone()
            .map(|key| self.inner.flights.begin((book, principal.clone(), key)));
        handle
            .money
            .ask(
                Job {
                    command,
                    meta,
                    principal,
                    fingerprint,
                    flight,
                },
                lane,
                deadline,
            )
            .await
    }

    /// Advances a sandbox's clock step by step: to each due time, firing what is due there, and to each move of a scripted
    /// anchor, then to the end. At one instant timers come first.
    async fn move_clock(&self, book: BookId, to: Instant, meta: Meta) -> Result<Answer, EngineError> {
        if !meta.dry_run {
            let mut actors = actors::Actors::of(self, book).await?;
            loop {
                let timers = timers::next_due(self, book, to).await?;
                let played = actors.next(self, to).await?;
                match (timers, played) {
                    (Some((due, timers)), played) if played.as_ref().is_none_or(|played| due <= played.at) => {
                        self.step_clock(book, due, &meta).await?;
                        for timer in timers {
                            self.hand_over(book, timers::firing(&timer), Meta::system("timer"))
                                .await?;
                        }
                    }
                    (_, Some(played)) => {
                        self.step_clock(book, played.at, &meta).await?;
                        actors.play(self, book, played).await?;
                    }
                    (_, None) => break,
                }
            }
        }
        self.hand_over(book, Command::MoveClock { to }, meta).await
    }

    /// Moves the clock on the way. It may stand there already: a stop left what is due there undone.
    async fn step_clock(&self, book: BookId, to: Instant, meta: &Meta) -> Result<(), EngineError> {
        let step = Meta {
            key: None,
            expected_version: None,
            ..meta.clone()
        };
        match self.hand_over(book, Command::MoveClock { to }, step).await {
            Ok(_) | Err(EngineError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Records clicks in the book's click logs. The same click twice is one click.
    pub async fn record_clicks(&self, book: BookId, told: Vec<Click>, meta: Meta) -> Result<ClicksAnswer, EngineError> {
        let handle = self.book(book).await?;
        let logs = u32::try_from(handle.clicks.len()).unwrap_or(u32::MAX);
        let mut shards: Vec<Vec<(usize, Click)>> = vec![Vec::new(); handle.clicks.len()];
        let total = told.len();
        for (index, click) in told.into_iter().enumerate() {
            let shard = log_of(buyer_key(book, &click.buyer), logs) as usize;
            if let Some(shard) = shards.get_mut(shard) {
                shard.push((index, click));
            }
        }
        let mut kept: Vec<Option<(ClickId, bool)>> = vec![None; total];
        let mut answer = ClicksAnswer {
            clicks: Vec::new(),
            positions: Vec::new(),
            recorded_at: Instant::from_utc(chrono::DateTime::UNIX_EPOCH),
        };
        let asked = shards
            .into_iter()
            .zip(&handle.clicks)
            .filter(|(clicks, _)| !clicks.is_empty())
            .map(|(clicks, (log, queue))| {
                let (indexes, clicks): (Vec<usize>, Vec<Click>) = clicks.into_iter().unzip();
                let told = clicks::Told {
                    clicks,
                    actor: meta.actor.clone(),
                    correlation: meta.correlation.clone(),
                };
                let asked = queue.ask(told, meta.lane, meta.deadline);
                async move { (indexes, *log, asked.await) }
            });
        for (indexes, log, shard) in futures_util::future::join_all(asked).await {
            let shard = shard?;
            for (index, outcome) in indexes.into_iter().zip(shard.clicks) {
                if let Some(slot) = kept.get_mut(index) {
                    *slot = Some(outcome);
                }
            }
            answer.positions.push(format!("{log}:{}", shard.position));
            answer.recorded_at = answer.recorded_at.max(shard.recorded_at);
        }
        answer.clicks = kept
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or(EngineError::Internal)?;
        Ok(answer)
    }

    /// What is known of a request by its key.
    pub async fn operation(&self, book: BookId, principal: &str, key: &str) -> Result<Operation, EngineError> {
        let flight = (book, principal.to_owned(), key.to_owned());
        let here = self.inner.flights.has(&flight);
        let client = self.inner.pool.get().await.map_err(|_| EngineError::NotStarted)?;
        let logs = store::books::of_book(&client, book)
            .await
            .map_err(not_started)?
            .ok_or(EngineError::NoBook)?;
        let stored = store::receipts::find(&client, logs.money, principal, key)
            .await
            .map_err(not_started)?;
        Ok(match stored {
            Some(receipt) => Operation::Committed(Box::new(
                serde_json::from_str(&receipt.answer).map_err(|_| EngineError::Internal)?,
            )),
            None if here => Operation::InProgress,
            None => Operation::UnknownKey,
        })
    }

    /// Waits until the log of a book stands at `position` or beyond, or the wait is over; says where it stands.
    pub async fn wait_for(&self, log: LogId, position: i64, wait: Duration) -> Result<i64, EngineError> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let client = self.inner.pool.get().await.map_err(|_| EngineError::NotStarted)?;
            let head = store::head::read(&client, log).await.map_err(not_started)?;
            let stands = head.map_or(0, |head| head.position);
            drop(client);
            if stands >= position || tokio::time::Instant::now() >= deadline {
                return Ok(stands);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Commands and clicks that wait on this server.
    pub async fn waiting(&self) -> usize {
        let books = self.inner.books.lock().await;
        books
            .values()
            .map(|b| b.money.len() + b.clicks.iter().map(|(_, queue)| queue.len()).sum::<usize>())
            .sum()
    }

    /// Stops taking work, finishes what waits, and ends the background work.
    pub async fn stop(&self) {
        let background: Vec<_> = self
            .inner
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect();
        for task in background {
            task.abort();
        }
        let books: Vec<_> = self.inner.books.lock().await.drain().map(|(_, book)| book).collect();
        for book in &books {
            book.money.close();
            book.clicks.iter().for_each(|(_, queue)| queue.close());
        }
        for book in books {
            while book.tasks.iter().any(|task| !task.is_finished()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    async fn book(&self, book: BookId) -> Result<Arc<Book>, EngineError> {
        let mut books = self.inner.books.lock().await;
        if let Some(handle) = books.get(&book).filter(|handle| !handle.is_closed()) {
            return Ok(Arc::clone(handle));
        }
        let client = self.inner.pool.get().await.map_err(|_| EngineError::NotStarted)?;
        let logs = store::books::of_book(&client, book)
            .await
            .map_err(not_started)?
            .ok_or(EngineError::NoBook)?;
        let via = (self.inner.settings.database_url.clone(), self.inner.role);
        let money = Arc::new(Queue::new(QUEUE, Job::weight));
        let mut tasks = vec![tokio::spawn(writer::run(
            via.clone(),
            book,
            logs.money,
            logs.clicks.clone(),
            Arc::clone(&money),
        ))];
        let mut clicks = Vec::new();
        for log in logs.clicks {
            let queue = Arc::new(Queue::new(QUEUE, clicks::Told::weight));
            tasks.push(tokio::spawn(clicks::run(via.clone(), book, log, Arc::clone(&queue))));
            clicks.push((log, queue));
        }
        let handle = Arc::new(Book { money, clicks, tasks });
        books.insert(book, Arc::clone(&handle));
        Ok(handle)
    }
}

/// The first logs of a book; a reset gives it fresh ones.
fn log_of_shard(book: BookId, shard: u32) -> LogId {
    LogId(crate::base::derive_uuid("log", book.0, &[&shard.to_string()]))
}

fn not_started(error: store::Error) -> EngineError {
    tracing::warn!(%error, "the database could not be read");
    EngineError::NotStarted
}
