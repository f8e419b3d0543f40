//! Writers that note what they were told, and the weighing of those notes against the log.
//! It must never believe an answer without finding its row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fenzhang::base::{LineId, PartyId};
use fenzhang::domain::command::Command;
use fenzhang::domain::order::What;
use fenzhang::engine::{Engine, EngineError, Meta, Operation};
use fenzhang::money::Minor;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use super::http::Http;
use crate::engine::{PLATFORM, Stage};

/// What a writer was told about one request.
#[derive(Clone, Debug)]
pub enum Told {
    /// Done, at this position.
    Done(i64),
    /// Nothing happened.
    None,
    /// Nobody knows.
    Unknown,
}

/// Names of requests, each both its key and the name it gives to a party, with what was told.
pub type History = BTreeMap<String, Told>;

/// A name that no other request has: the party's new name and the key at once, so a doubled effect shows as two events.
fn rename(stage: &Stage, name: &str) -> Command {
    Command::RenameParty {
        party: renamed(stage, name),
        name: name.parse().unwrap(),
    }
}

/// The party that a rename of this name is for.
pub fn renamed(stage: &Stage, name: &str) -> PartyId {
    let parties = [stage.anchor, stage.agency, stage.brand, stage.affiliate, stage.live];
    parties[name.bytes().map(usize::from).sum::<usize>() % parties.len()]
}

fn keyed(name: &str) -> Meta {
    Meta {
        key: Some(name.to_owned()),
        deadline: Duration::from_secs(5),
        ..Meta::system("chaos")
    }
}

/// Where a writer sends its requests.
#[derive(Clone)]
pub enum Door {
    /// An engine in this process.
    Engine(Engine),
    /// A server process over HTTP.
    Http(Http),
}

/// What a request that was done came to.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    pub position: i64,
    pub replayed: bool,
}

impl Door {
    /// Sends the request of this name.
    pub async fn send(&self, stage: &Stage, name: &str) -> Result<Done, Told> {
        match self {
            Door::Engine(engine) => {
                let command = if is_rename(name) {
                    rename(stage, name)
                } else {
                    order(stage, name)
                };
                match engine.submit(stage.book, command, keyed(name)).await {
                    Ok(answer) => Ok(Done {
                        position: answer.position,
                        replayed: answer.replayed,
                    }),
                    Err(EngineError::NotStarted) => Err(Told::None),
                    Err(EngineError::Unknown | EngineError::InProgress) => Err(Told::Unknown),
                    Err(other) => panic!("{name}: {other:?}"),
                }
            }
            Door::Http(http) => http.send(stage, name).await,
        }
    }

    /// What became of it, by its key; none for a key that nobody knows.
    pub async fn outcome(&self, stage: &Stage, name: &str) -> Option<i64> {
        match self {
            Door::Engine(engine) => match engine.operation(stage.book, "book", name).await.unwrap() {
                Operation::Committed(answer) => Some(answer.position),
                Operation::UnknownKey => None,
                Operation::InProgress => panic!("{name} is still in progress"),
            },
            Door::Http(http) => http.outcome(name).await,
        }
    }

    /// Facts told over HTTP are identified by themselves and have no key to ask for.
    fn has_key(&self, name: &str) -> bool {
        matches!(self, Door::Engine(_)) || is_rename(name)
    }
}

/// The two facts of a line that has the name of its request: told in one command, so both or neither.
pub fn order(stage: &Stage, name: &str) -> Command {
    let (payable, amount) = (Some(Minor(10_000)), Minor(10_000));
    let discounts = Vec::new();
    let created = What::Created { payable, discounts };
    let discounts = Vec::new();
    let paid = What::Paid { amount, discounts };
    let mut facts = vec![
        stage.fact(name, "2026-06-18T12:00:00Z", created),
        stage.fact(name, "2026-06-18T12:01:00Z", paid),
    ];
    for fact in &mut facts {
        fact.about.promoter = Some(stage.anchor);
    }
    Command::Facts(facts)
}

/// Writers that go on until they are stopped.
pub struct Load {
    stop: Arc<AtomicBool>,
    /// Requests answered with "done" so far.
    pub done: Arc<AtomicUsize>,
    writers: JoinSet<History>,
}

impl Load {
    /// Starts `writers` writers; writer n uses door n modulo their number.
    pub fn start(stage: &Arc<Stage>, doors: &[Door], round: usize, writers: usize) -> Load {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut set = JoinSet::new();
        for writer in 0..writers {
            let door = doors[writer % doors.len()].clone();
            let (stage, stop, done) = (Arc::clone(stage), Arc::clone(&stop), Arc::clone(&done));
            set.spawn(async move {
                let mut history = History::new();
                for n in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let name = format!("r{round}-w{writer}-{n}");
                    let told = match door.send(&stage, &name).await {
                        Ok(done) => Told::Done(done.position),
                        Err(told) => told,
                    };
                    match told {
                        Told::Done(_) => _ = done.fetch_add(1, Ordering::SeqCst),
                        // The database is away: a caller would wait as well.
                        Told::None | Told::Unknown => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                    history.insert(name, told);
                }
                history
            });
        }
        Load {
            stop,
            done,
            writers: set,
        }
    }

    /// Waits until `more` further requests were done.
    pub async fn progress(&self, more: usize) {
        let goal = self.done.load(Ordering::SeqCst) + more;
        let patience = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.done.load(Ordering::SeqCst) < goal {
            assert!(tokio::time::Instant::now() < patience, "the service does not come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops the writers after the request each is in.
    pub async fn stop(mut self) -> History {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = History::new();
        while let Some(history) = self.writers.join_next().await {
            all.extend(history.expect("a writer"));
        }
        all
    }
}

/// How many requests were told each thing.
pub fn tally(history: &History) -> (usize, usize, usize) {
    let count = |wanted: fn(&Told) -> bool| history.values().filter(|told| wanted(told)).count();
    (
        count(|t| matches!(t, Told::Done(_))),
        count(|t| matches!(t, Told::None)),
        count(|t| matches!(t, Told::Unknown)),
    )
}

/// Asks for every request by its key, then sends every one that was not acknowledged again under the same key.
/// Nothing acknowledged may be lost, nothing that "did not happen" may be there, and a retry has one effect.
pub async fn resolve(stage: &Stage, door: &Door, history: &History) {
    for (name, told) in history {
        let mut known = None;
        if door.has_key(name) {
            let outcome = door.outcome(stage, name).await;
            match told {
                Told::Done(position) => assert_eq!(outcome, Some(*position), "{name} was acknowledged"),
                Told::None => assert_eq!(outcome, None, "{name} did not happen, it was said"),
                Told::Unknown => {}
            }
            known = Some(outcome);
        }
        if matches!(told, Told::Done(_)) {
            continue;
        }
        let again = door.send(stage, name).await;
        let again = again.unwrap_or_else(|told| panic!("{name} cannot be retried: {told:?}"));
        if let Some(outcome) = known {
            assert_eq!(again.replayed, outcome.is_some(), "{name}: {outcome:?} then {again:?}");
        }
    }
}

/// Whether the request of this name is a rename; else it is an order.
pub fn is_rename(name: &str) -> bool {
    let number: usize = name.rsplit('-').next().unwrap().parse().unwrap();
    number.is_multiple_of(3)
}

/// Every request has its effect exactly once, and nothing else happened: one event of a rename under its key, and of an
/// order one event for each of its facts on its line.
pub async fn exactly_once(client: &Client, stage: &Stage, history: &History, facts_an_order: i64) {
    let sql = "select key, count(*) from event where kind = 'party.renamed' group by key";
    let rows = client.query(sql, &[]).await.unwrap();
    let renames: HashMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let sql = "select stream, count(*) from event where kind in ('order.created', 'order.paid') group by stream";
    let rows = client.query(sql, &[]).await.unwrap();
    let orders: HashMap<Uuid, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for name in history.keys() {
        if is_rename(name) {
            assert_eq!(renames.get(name), Some(&1), "{name}");
        } else {
            let line = LineId::of(stage.book, PLATFORM, name);
            assert_eq!(orders.get(&line.0), Some(&facts_an_order), "{name}");
        }
    }
    assert_eq!(
        renames.len() + orders.len(),
        history.len(),
        "an effect that nobody asked for"
    );
}
