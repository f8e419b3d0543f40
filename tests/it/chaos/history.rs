//! Writers that note what they were told, and the weighing of those notes against the log.
//! It must never believe an answer without finding its row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fenzhang::base::{BookId, PartyId};
use fenzhang::domain::command::Command;
use fenzhang::domain::order::What;
use fenzhang::engine::{Answer, Engine, EngineError, Meta, Operation};
use fenzhang::money::Minor;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::engine::Stage;

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
    let parties = [stage.anchor, stage.agency, stage.brand, stage.affiliate, stage.live];
    let party: PartyId = parties[name.bytes().map(usize::from).sum::<usize>() % parties.len()];
    Command::RenameParty {
        party,
        name: name.parse().unwrap(),
    }
}

fn keyed(name: &str) -> Meta {
    Meta {
        key: Some(name.to_owned()),
        deadline: Duration::from_secs(5),
        ..Meta::system("chaos")
    }
}

fn told(result: &Result<Answer, EngineError>, what: &str) -> Told {
    match result {
        Ok(answer) => Told::Done(answer.position),
        Err(EngineError::NotStarted) => Told::None,
        Err(EngineError::Unknown | EngineError::InProgress) => Told::Unknown,
        Err(other) => panic!("{what}: {other:?}"),
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
    /// Starts `writers` writers; writer n uses engine n modulo their number.
    pub fn start(stage: &Arc<Stage>, engines: &[Engine], round: usize, writers: usize) -> Load {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut set = JoinSet::new();
        for writer in 0..writers {
            let engine = engines[writer % engines.len()].clone();
            let (stage, stop, done) = (Arc::clone(stage), Arc::clone(&stop), Arc::clone(&done));
            set.spawn(async move {
                let mut history = History::new();
                for n in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let name = format!("r{round}-w{writer}-{n}");
                    let command = if n % 3 == 0 {
                        rename(&stage, &name)
                    } else {
                        order(&stage, &name)
                    };
                    let result = engine.submit(stage.book, command, keyed(&name)).await;
                    let told = told(&result, &name);
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
pub async fn resolve(stage: &Stage, engine: &Engine, history: &History) {
    let book: BookId = stage.book;
    for (name, told) in history {
        let operation = engine
            .operation(book, "book", name)
            .await
            .expect("the outcome can be asked");
        match (told, &operation) {
            (Told::Done(position), Operation::Committed(answer)) => assert_eq!(answer.position, *position, "{name}"),
            (Told::Done(_), other) => panic!("{name} was acknowledged and is lost: {other:?}"),
            (Told::None, Operation::UnknownKey) => {}
            (Told::None, other) => panic!("{name} did not happen, it was said: {other:?}"),
            (Told::Unknown, Operation::InProgress) => panic!("{name} is still in progress"),
            (Told::Unknown, _) => {}
        }
        if matches!(told, Told::Done(_)) {
            continue;
        }
        let command = if number(name) % 3 == 0 {
            rename(stage, name)
        } else {
            order(stage, name)
        };
        let again = engine.submit(book, command, keyed(name)).await;
        let again = again.unwrap_or_else(|error| panic!("{name} cannot be retried: {error:?}"));
        assert_eq!(
            again.replayed,
            matches!(operation, Operation::Committed(_)),
            "{name}: {operation:?} then {again:?}"
        );
    }
}

fn number(name: &str) -> usize {
    name.rsplit('-').next().unwrap().parse().unwrap()
}

/// Every request has its effect exactly once: one event of a rename, one of each of the two facts of an order.
pub async fn exactly_once(client: &Client, history: &History) {
    let sql = "select key, count(*), count(distinct stream) from event where key is not null group by key";
    let rows = client.query(sql, &[]).await.unwrap();
    let found: HashMap<String, (i64, i64)> = rows.iter().map(|r| (r.get(0), (r.get(1), r.get(2)))).collect();
    for name in history.keys() {
        let wanted = if number(name) % 3 == 0 { (1, 1) } else { (2, 1) };
        assert_eq!(found.get(name), Some(&wanted), "{name}");
    }
    assert_eq!(found.len(), history.len(), "an effect that nobody asked for");
}
