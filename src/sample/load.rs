//! Loads the sample into its sandbox book through engine commands, in order of business time.
//! Must never stop half-way unseen: a refused command ends the load with its code, and a broken-off load starts anew.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use super::{Size, Step, book, opened, start, steps};
use crate::base::derive_uuid;
use crate::domain::command::{Command, Made};
use crate::engine::{Answer, Engine, EngineError, Lane, Meta};
use crate::store;
use crate::store::jobs::{self, Lease};

/// Most commands sent together.
const TOGETHER: usize = 256;

/// Why the sample is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The engine refused or could not do a step.
    #[error("step {step} of the sample was not done: {error}")]
    Step {
        /// Which.
        step: String,
        /// Why.
        error: EngineError,
    },
    /// An earlier step made nothing to change.
    #[error("step {0} of the sample made nothing to change")]
    Missing(String),
    /// The database.
    #[error("the database refused: {0}")]
    Store(#[from] store::Error),
    /// No connection.
    #[error("no connection to the database: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// Another process loads it.
    #[error("another process is loading the sample; try again in half a minute")]
    Busy,
}

/// What came of a load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Loaded {
    /// It was there already: nothing was done.
    pub reused: bool,
    /// Commands done.
    pub commands: u64,
    /// Clicks told.
    pub clicks: u64,
    /// Facts told.
    pub facts: u64,
}

/// Loads the sample once; a second call finds it done. `progress` is told how many of how many steps are done.
pub async fn load(engine: &Engine, size: Size, progress: &mut dyn FnMut(u64, u64)) -> Result<Loaded, SampleError> {
    let job = derive_uuid("job.sample", book().0, &[]);
    let client = engine.pool().get().await?;
    if jobs::read(&client, book(), job)
        .await?
        .is_some_and(|job| job.state == "done")
    {
        return Ok(Loaded {
            reused: true,
            ..Loaded::default()
        });
    }
    let lease = Lease {
        book: book(),
        id: job,
        owner: Uuid::now_v7(),
    };
    jobs::take(&client, lease, "sample", "{}")
        .await?
        .ok_or(SampleError::Busy)?;
    let loaded = play(engine, size, progress, &client, lease).await;
    jobs::end(&client, lease, loaded.is_ok(), "{}").await?;
    loaded
}

/// What a load has at hand.
struct Player<'a> {
    engine: &'a Engine,
    loaded: Loaded,
    made: HashMap<String, Made>,
    /// Commands that need no answer of each other: sent together, decided in this order.
    together: Vec<(String, Command)>,
}

async fn play(
    engine: &Engine,
    size: Size,
    progress: &mut dyn FnMut(u64, u64),
    client: &tokio_postgres::Client,
    lease: Lease,
) -> Result<Loaded, SampleError> {
    let steps = steps(size);
    let total = steps.len() as u64;
    let mut player = Player {
        engine,
        loaded: Loaded::default(),
        made: HashMap::new(),
        together: Vec::new(),
    };
    let key = "sample:open";
    // The logs of a load that was broken off are there already.
    let opening = match store::books::of_book(client, book()).await? {
        Some(_) => submit(engine, key, Command::OpenBook(opened())).await,
        None => engine.open_book(opened(), Some(start()), meta(Some(key.into()))).await,
    };
    opening.map_err(|error| failed(key, error))?;
    for (index, step) in steps.into_iter().enumerate() {
        if matches!(step, Step::Clock(_)) {
            jobs::progress(client, lease, "{}").await?;
        }
        player.step(step).await?;
        progress(index as u64 + 1, total);
    }
    player.flush().await?;
    Ok(player.loaded)
}

impl Player<'_> {
    async fn step(&mut self, step: Step) -> Result<(), SampleError> {
        if let Step::Do { key, command } = step {
            self.together.push((key, command));
            return if self.together.len() >= TOGETHER {
                self.flush().await
            } else {
                Ok(())
            };
        }
        self.flush().await?;
        match step {
            Step::Clock(to) => {
                let key = format!("sample:clock:{to}");
                let moved = submit(self.engine, &key, Command::MoveClock { to }).await;
                moved.map_err(|error| failed(&key, error))?;
            }
            Step::Change { key, of, change } => {
                let command = self.made.get(&of).and_then(|made| change.command(made));
                let command = command.ok_or_else(|| SampleError::Missing(of.clone()))?;
                submit(self.engine, &key, command)
                    .await
                    .map_err(|error| failed(&key, error))?;
                self.loaded.commands += 1;
            }
            Step::Clicks(clicks) => {
                self.loaded.clicks += clicks.len() as u64;
                let recorded = self.engine.record_clicks(book(), clicks, meta(None)).await;
                recorded.map_err(|error| failed("clicks", error))?;
            }
            Step::Facts(facts) => {
                self.loaded.facts += facts.len() as u64;
                let told = self.engine.submit(book(), Command::Facts(facts), meta(None)).await;
                told.map_err(|error| failed("facts", error))?;
            }
            Step::Do { .. } => {}
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SampleError> {
        let together = std::mem::take(&mut self.together);
        let asked = together
            .iter()
            .map(|(key, command)| submit(self.engine, key, command.clone()));
        let answers = futures_util::future::join_all(asked).await;
        for ((key, _), answer) in together.into_iter().zip(answers) {
            let answer = answer.map_err(|error| failed(&key, error))?;
            self.made.insert(key, answer.made);
            self.loaded.commands += 1;
        }
        Ok(())
    }
}

fn failed(step: &str, error: EngineError) -> SampleError {
    let step = step.to_owned();
    SampleError::Step { step, error }
}

async fn submit(engine: &Engine, key: &str, command: Command) -> Result<Answer, EngineError> {
    engine.submit(book(), command, meta(Some(key.to_owned()))).await
}

fn meta(key: Option<String>) -> Meta {
    Meta {
        key,
        lane: Lane::Bulk,
        deadline: Duration::from_secs(120),
        ..Meta::system("sample")
    }
}
