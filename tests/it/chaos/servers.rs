//! Server processes: killed with SIGKILL under load, and asked to end with SIGTERM.
//! It must never signal a process that it did not start.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fenzhang::domain::command::Command as Ask;
use fenzhang::domain::person::Role;
use fenzhang::engine::Meta;

use super::audit::audit;
use super::history::{Door, History, Load, Told, exactly_once, is_rename, resolve, tally};
use super::http::Http;
use super::two_servers::quiet;
use crate::engine::Stage;
use crate::support::pg::fresh_db;

/// A `fenzhang serve` process; it ends with its owner.
pub struct Process {
    child: Child,
    pub address: String,
}

impl Process {
    pub fn start(url: &str) -> Process {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_fenzhang"));
        serve.args([
            "serve",
            "--allow-owner",
            "--listen",
            "127.0.0.1:0",
            "--database-url",
            url,
        ]);
        let mut child = serve.stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        let address = address.unwrap_or_else(|| panic!("the server does not start: {line:?}"));
        let address = address.trim_end_matches(';').to_owned();
        Process { child, address }
    }

    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(done.expect("kill runs").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn key(stage: &Stage) -> String {
    let minted = fenzhang::access::mint(true);
    let issue = Ask::IssueKey {
        person: None,
        key: minted.key,
        label: "chaos".parse().unwrap(),
        role: Role::Owner,
        party: None,
        expires_at: None,
    };
    let meta = Meta {
        secret_hash: Some(minted.hash),
        ..Meta::system("chaos")
    };
    stage.engine.submit(stage.book, issue, meta).await.unwrap();
    minted.text
}

/// One of two servers is killed again and again while 16 writers go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let db = fresh_db().await;
    let stage = Arc::new(Stage::open(quiet(db.url()).await, "2026-06-30T00:00:00Z").await);
    stage.general_rule("item", 200_000).await;
    let key = key(&stage).await;
    let (mut first, second) = (Process::start(db.url()), Process::start(db.url()));
    let (to_first, to_second) = (Http::new(&first.address, &key), Http::new(&second.address, &key));
    let mut history = History::new();
    let rounds = super::count("FENZHANG_CHAOS_ROUNDS", 3);
    for round in 0..rounds {
        let doors = [Door::Http(to_first.clone()), Door::Http(to_second.clone())];
        let load = Load::start(&stage, &doors, round, 16);
        load.progress(100).await;
        first.signal("-9");
        first = Process::start(db.url());
        to_first.moved(&first.address);
        load.progress(100).await;
        history.extend(load.stop().await);
    }
    let (done, none, unknown) = tally(&history);
    println!("{rounds} kills of a server: {done} done, {none} none, {unknown} unknown");
    assert!(
        unknown > 0,
        "a kill under load leaves unknown outcomes, or it hit nothing"
    );
    resolve(&stage, &Door::Http(to_second), &history).await;
    let mut client = db.client().await;
    exactly_once(&client, &stage, &history, 1).await;
    audit(&mut client).await;
}

/// SIGTERM: what is under way is answered, and the process ends by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_asked_to_end_answers_what_is_under_way() {
    let db = fresh_db().await;
    let stage = Arc::new(Stage::open(quiet(db.url()).await, "2026-06-30T00:00:00Z").await);
    stage.general_rule("item", 200_000).await;
    let mut process = Process::start(db.url());
    let door = Door::Http(Http::new(&process.address, &key(&stage).await));
    let load = Load::start(&stage, &[door], 0, 8);
    load.progress(60).await;
    process.signal("-TERM");
    let begun = Instant::now();
    let ended = loop {
        if let Some(status) = process.child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(ended.success(), "{ended:?}");
    // After that connections are refused: such a request was not answered, and must have had no effect.
    let history = load.stop().await;
    let (done, none, unknown) = tally(&history);
    println!("asked to end: {done} done, {none} none, {unknown} refused");
    let direct = Door::Engine(stage.engine.clone());
    for (name, told) in history.iter().filter(|(name, _)| is_rename(name)) {
        let outcome = direct.outcome(&stage, name).await;
        assert_eq!(
            matches!(told, Told::Done(_)),
            outcome.is_some(),
            "{name}: {told:?}, {outcome:?}"
        );
    }
    audit(&mut db.client().await).await;
}
