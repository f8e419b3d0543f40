//! The database's own process killed with SIGKILL under load.
//! It must never kill a server that other tests use: it has a cluster of its own.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use fenzhang::launcher::{self, Options, Running};
use fenzhang::store::migrate;
use tokio_postgres::{Client, NoTls};

use super::audit::audit;
use super::history::{Door, Load, exactly_once, resolve, tally};
use super::two_servers::quiet;
use crate::engine::Stage;
use crate::support::folder::Scratch;

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A migrated cluster of its own.
pub async fn own_cluster(folder: &Scratch) -> Running {
    let options = Options::new(folder.path());
    let started = tokio::task::spawn_blocking(move || launcher::start(&options));
    let running = started.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
    let mut owner = connect(&running.url()).await;
    migrate::up(&mut owner, Some(migrate::APP_ROLE)).await.unwrap();
    running
}

/// SIGKILL, by the `kill` of the system: sending a signal is unsafe code in Rust.
pub fn kill_hard(pid: u32) {
    let done = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(done.expect("kill runs").success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_loses_nothing_that_was_acknowledged() {
    let folder = Scratch::new("postmaster");
    let mut cluster = own_cluster(&folder).await;
    let url = cluster.url();
    let (a, b) = (quiet(&url).await, quiet(&url).await);
    let stage = Arc::new(Stage::open(a.clone(), "2026-06-30T00:00:00Z").await);
    stage.general_rule("item", 200_000).await;
    let mut history = super::history::History::new();
    let rounds = super::count("FENZHANG_CHAOS_ROUNDS", 3);
    for round in 0..rounds {
        let load = Load::start(&stage, &[a.clone(), b.clone()].map(Door::Engine), round, 16);
        load.progress(60).await;
        kill_hard(cluster.postmaster_pid());
        cluster = tokio::task::spawn_blocking(move || {
            cluster.restart_after_crash().expect("the database starts again");
            cluster
        })
        .await
        .unwrap();
        load.progress(40).await;
        history.extend(load.stop().await);
        tokio::time::sleep(Duration::from_millis(u64::try_from(round).unwrap() * 7 % 50)).await;
    }
    let (done, none, unknown) = tally(&history);
    println!("{rounds} kills of the postmaster: {done} done, {none} none, {unknown} unknown");
    resolve(&stage, &Door::Engine(b.clone()), &history).await;
    let mut client = connect(&url).await;
    exactly_once(&client, &stage, &history, 2).await;
    audit(&mut client).await;
    a.stop().await;
    b.stop().await;
}
