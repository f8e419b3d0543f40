//! Random histories through the real engine and database: the log folds to the live rows, and an independent auditor
//! agrees on every balance. A failing history is cut down to the steps that matter.
//! It must never tell the auditor an amount that the product computed.

pub mod chance;
mod invent;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fenzhang::base::*;
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::{Command, Made};
use fenzhang::domain::plan::RuleScope;
use fenzhang::engine::{Answer, Engine, EngineError, EngineSettings, Meta};
use fenzhang::ledger::{Account, AccountKind, Layer};
use fenzhang::money::Currency;
use fenzhang::store;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::model::{Auditor, Sheet};
use crate::support::pg::{TestDb, fresh_db};
use invent::{START, Step, invent};

const HISTORIES: u64 = 200;
/// Histories that run side by side, each in a book of its own.
const AT_ONCE: usize = 12;

/// Histories on one engine.
const WAVE: u64 = 24;

/// How often a failing history is run again to cut it down.
const CUTS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_random_histories_replay_to_the_same_rows_and_the_auditor_agrees_on_every_balance() {
    let db = fresh_db().await;
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let first: u64 = number("FENZHANG_HISTORY").unwrap_or(0);
    let many = number("FENZHANG_HISTORIES").unwrap_or(HISTORIES);
    let mut told = Told::default();
    let mut from = first;
    while from < first + many {
        let until = (from + WAVE).min(first + many);
        match wave(&db, from, until).await {
            Ok(more) => told.add(&more),
            Err((seed, why)) => {
                let engine = start(&db).await;
                let steps = cut_down(&engine, &mut db.client().await, seed).await;
                panic!("history {seed} (again: FENZHANG_HISTORY={seed}):\n{why}\nsteps that matter:\n{steps}");
            }
        }
        from = until;
    }
    println!("{told:?}");
    // A generator that invents nothing proves nothing.
    let rich = told.accepted > 5 * told.refused && told.balances > 8 * many && told.settled > 2 * many;
    assert!(rich || many < HISTORIES, "{told:?}");
}

/// Some histories side by side on one engine. An engine keeps three connections for each book it writes, so a wave has
/// an engine of its own.
async fn wave(db: &TestDb, from: u64, until: u64) -> Result<Told, (u64, String)> {
    let engine = start(db).await;
    let next = Arc::new(AtomicU64::new(from));
    let mut workers = Vec::new();
    for _ in 0..AT_ONCE {
        let (engine, next) = (engine.clone(), Arc::clone(&next));
        let mut client = db.client().await;
        workers.push(tokio::spawn(async move {
            let mut told = Told::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= until {
                    return Ok(told);
                }
                match run(&engine, &mut client, seed, None).await {
                    Ok(more) => told.add(&more),
                    Err(why) => return Err((seed, why)),
                }
            }
        }));
    }
    let mut told = Ok(Told::default());
    for worker in workers {
        match (worker.await.unwrap(), &mut told) {
            (Ok(more), Ok(told)) => told.add(&more),
            (Err(failure), Ok(_)) => told = Err(failure),
            (_, Err(_)) => {}
        }
    }
    engine.stop().await;
    told
}

async fn start(db: &TestDb) -> Engine {
    let database_url = db.url().to_owned();
    let settings = EngineSettings {
        database_url,
        readers: 4,
        background: true,
        allow_owner: true,
    };
    Engine::start(settings).await.unwrap()
}

/// What the histories came to, so that an empty run is seen.
#[derive(Default, Debug)]
struct Told {
    accepted: u64,
    refused: u64,
    balances: u64,
    settled: u64,
}

impl Told {
    fn add(&mut self, more: &Told) {
        self.accepted += more.accepted;
        self.refused += more.refused;
        self.balances += more.balances;
        self.settled += more.settled;
    }
}

/// The run of one history; `keep` names the steps to run, all when absent.
struct Run<'a> {
    engine: &'a Engine,
    client: &'a Client,
    book: BookId,
    money: LogId,
    auditor: Auditor,
    rules: BTreeMap<usize, (ShelfId, RuleId)>,
    deals: BTreeMap<usize, MembershipId>,
    told: Told,
    last_refusal: Option<&'static str>,
}

async fn run(engine: &Engine, client: &mut Client, seed: u64, keep: Option<&BTreeSet<usize>>) -> Result<Told, String> {
    let book = BookId(Uuid::now_v7());
    let start: Instant = START.parse().unwrap();
    let opened = BookOpened {
        book,
        name: "History".parse().unwrap(),
        perspective: Perspective::Platform,
        mode: BookMode::Sandbox,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 2,
    };
    engine
        .open_book(opened, Some(start), Meta::system("history"))
        .await
        .map_err(|error| error.to_string())?;
    let logs = store::books::of_book(client, book).await.unwrap().unwrap();
    let mut history = Run {
        engine,
        client,
        book,
        money: logs.money,
        auditor: Auditor::new(book, start),
        rules: BTreeMap::new(),
        deals: BTreeMap::new(),
        told: Told::default(),
        last_refusal: None,
    };
    let (steps, set_up) = invent(seed, book);
    for (n, step) in steps.into_iter().enumerate() {
        if keep.is_none_or(|keep| keep.contains(&n)) {
            history.step(step).await.map_err(|why| format!("step {n}: {why}"))?;
        }
        // Two exclusive rules of one item may meet; nothing else of the set-up is refused.
        if n < set_up && history.last_refusal.is_some_and(|code| code != "rule_overlaps") {
            return Err(format!(
                "step {n} of the set-up was refused: {:?}",
                history.last_refusal
            ));
        }
    }
    history.quiet().await?;
    // A sandbox's timers fire when its clock is moved: those that were set already due fire now.
    let end = clock(history.client, logs.money).await.plus_seconds(1);
    history.submit(Command::MoveClock { to: end }).await?;
    history.agree().await?;
    let told = history.told;
    let report = store::verify::verify(client, logs.money)
        .await
        .map_err(|error| error.to_string())?;
    let wrong = format!("{:?}", report.findings);
    if report.findings.is_empty() {
        Ok(told)
    } else {
        Err(format!("verify of {}: {wrong}", logs.money))
    }
}

impl Run<'_> {
    async fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Do(command) => self.submit(command).await.map(|_| ()),
            Step::PostRule(n, command) => {
                let shelf = match &command {
                    Command::PostRule { scope, .. } => scope.shelf(),
                    _ => RuleScope::Item(ItemId(Uuid::nil())).shelf(),
                };
                if let Some(made) = self.submit(command).await? {
                    self.rules.insert(n, (shelf, made.ids["rule"].parse().unwrap()));
                }
                Ok(())
            }
            Step::Sign(n, command) => {
                if let Some(made) = self.submit(command).await? {
                    self.deals.insert(n, made.ids["membership"].parse().unwrap());
                }
                Ok(())
            }
            Step::Click(clicks) => {
                let told = self
                    .engine
                    .record_clicks(self.book, clicks.clone(), Meta::system("history"));
                told.await.map_err(|error| error.to_string())?;
                self.auditor.clicked(&clicks);
                self.quiet().await
            }
            named => match self.resolve(named) {
                Some(commands) => {
                    for command in commands {
                        if self.submit(command).await?.is_none() {
                            break;
                        }
                    }
                    Ok(())
                }
                None => Ok(()),
            },
        }
    }

    /// Commands about rules and contracts that stand; nothing when they were never accepted.
    fn resolve(&self, step: Step) -> Option<Vec<Command>> {
        Some(match step {
            Step::ChangeRule(n, terms) => {
                let (shelf, rule) = *self.rules.get(&n)?;
                vec![Command::ChangeRule { shelf, rule, terms }]
            }
            Step::EndRule(n) => {
                let (shelf, rule) = *self.rules.get(&n)?;
                vec![Command::EndRule { shelf, rule }]
            }
            Step::ApplyTo(n, party) => {
                let (shelf, rule) = *self.rules.get(&n)?;
                let decide = Command::DecideApplicant {
                    shelf,
                    rule,
                    party,
                    approved: true,
                };
                vec![Command::ApplyToRule { shelf, rule, party }, decide]
            }
            Step::Amend(n, member, share, receiver, from) => {
                let membership = *self.deals.get(&n)?;
                vec![Command::AmendMembership {
                    member,
                    membership,
                    share,
                    receiver,
                    guarantee: None,
                    from,
                }]
            }
            Step::EndDeal(n, member, at) => {
                let membership = *self.deals.get(&n)?;
                vec![Command::EndMembership { member, membership, at }]
            }
            Step::Do(_) | Step::PostRule(..) | Step::Sign(..) | Step::Click(_) => return None,
        })
    }

    /// Submits a command and tells the auditor when it was accepted. A refusal is an answer; anything else is a failure.
    async fn submit(&mut self, command: Command) -> Result<Option<Made>, String> {
        let answer: Result<Answer, EngineError> = self
            .engine
            .submit(self.book, command.clone(), Meta::system("history"))
            .await;
        match answer {
            Ok(answer) => {
                self.told.accepted += 1;
                self.auditor.accepted(&command, &answer.made, answer.recorded_at);
                Ok(Some(answer.made))
            }
            Err(EngineError::Refused(refusal)) if refusal.code != "internal_refused" => {
                self.told.refused += 1;
                self.last_refusal = Some(refusal.code);
                Ok(None)
            }
            Err(error) => Err(format!("{error}: {command:?}")),
        }
    }

    /// Waits until late clicks are followed.
    async fn quiet(&self) -> Result<(), String> {
        let open = "select count(*) from log l left join cursor c on c.name = 'late_clicks' and c.log = l.log
                    where l.book = $1 and l.shard > 0 and l.position > coalesce(c.position, 0)";
        for _ in 0..1_200 {
            let waiting: i64 = self.client.query_one(open, &[&self.book.0]).await.unwrap().get(0);
            if waiting == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err("late clicks still wait after 30 s".to_owned())
    }

    /// Every balance of the ledger is the auditor's, and each layer sums to zero.
    async fn agree(&mut self) -> Result<(), String> {
        let mine = self.auditor.balances();
        let theirs = live(self.client, self.money).await;
        self.told.balances += theirs.len() as u64;
        self.told.settled += theirs.keys().filter(|(_, layer, _)| *layer == Layer::Settled).count() as u64;
        for layer in [Layer::Estimated, Layer::Settled] {
            let sum: i128 = theirs
                .iter()
                .filter(|((_, l, _), _)| *l == layer)
                .map(|(_, amount)| amount)
                .sum();
            if sum != 0 {
                return Err(format!("the {layer:?} layer is off by {sum}"));
            }
        }
        let keys: BTreeSet<_> = mine.keys().chain(theirs.keys()).copied().collect();
        let mut wrong = Vec::new();
        for key in keys {
            let (mine, theirs) = (
                mine.get(&key).copied().unwrap_or(0),
                theirs.get(&key).copied().unwrap_or(0),
            );
            if mine != theirs {
                wrong.push(format!("{} {:?}: ledger {theirs}, auditor {mine}", key.0, key.1));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{}\n{}", self.money, wrong.join("\n")))
        }
    }
}

/// The clock of a sandbox.
async fn clock(client: &Client, log: LogId) -> Instant {
    let sql = "select recorded_at from log where log = $1";
    Instant::from_utc(client.query_one(sql, &[&log.0]).await.unwrap().get(0))
}

/// The live balances of a log.
async fn live(client: &Client, log: LogId) -> Sheet {
    let sql = "select owner, account, layer, currency, sum(credits - debits)::bigint from total where log = $1
               group by 1, 2, 3, 4 having sum(credits - debits) <> 0";
    let mut sheet = Sheet::new();
    for row in client.query(sql, &[&log.0]).await.unwrap() {
        let owner: Uuid = row.get(0);
        let kind = AccountKind::from_code(row.get(1)).unwrap();
        let account = if owner.is_nil() {
            Account::book(kind)
        } else {
            Account::of(PartyId::from_uuid(owner).unwrap(), kind)
        };
        let key = (
            account,
            Layer::from_code(row.get(2)).unwrap(),
            row.get::<_, String>(3).parse().unwrap(),
        );
        sheet.insert(key, i128::from(row.get::<_, i64>(4)));
    }
    sheet
}

/// Leaves out ever smaller runs of steps for as long as the history still fails.
async fn cut_down(engine: &Engine, client: &mut Client, seed: u64) -> String {
    let (steps, set_up) = invent(seed, BookId(Uuid::nil()));
    let mut keep: BTreeSet<usize> = (0..steps.len()).collect();
    let (mut size, mut left) = (steps.len().div_ceil(2), CUTS);
    while size > 0 && left > 0 {
        let mut shorter = false;
        let candidates: Vec<usize> = keep.iter().copied().filter(|n| *n >= set_up).collect();
        for part in candidates.chunks(size) {
            let without: BTreeSet<usize> = keep.iter().copied().filter(|n| !part.contains(n)).collect();
            left = left.saturating_sub(1);
            if left > 0 && run(engine, client, seed, Some(&without)).await.is_err() {
                keep = without;
                shorter = true;
            }
        }
        if !shorter {
            size /= 2;
        }
    }
    let why = run(engine, client, seed, Some(&keep)).await.err().unwrap_or_default();
    let kept = steps.iter().enumerate().filter(|(n, _)| keep.contains(n));
    let lines: Vec<String> = kept.map(|(n, step)| format!("{n}: {step:?}")).collect();
    format!("{}\nwhich fail with: {why}", lines.join("\n"))
}
