//! Connections cut at the COMMIT of a write, on either side of it, half open, and a database that answers nothing.
//! It must never count a cut that did not happen.

use std::sync::Arc;
use std::time::Duration;

use fenzhang::domain::command::Command;
use fenzhang::engine::{EngineError, Meta};

use super::audit::audit;
use super::history::{Door, Load, exactly_once, resolve, tally};
use super::proxy::{Cut, Proxy};
use super::two_servers::quiet;
use crate::engine::Stage;
use crate::support::pg::fresh_db;

/// Two servers behind one proxy, so that a cut hits a writer while another one waits for the head.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_at_commit_loses_nothing_and_doubles_nothing() {
    let db = fresh_db().await;
    let proxy = Proxy::start(db.url()).await;
    let (a, b) = (quiet(proxy.url()).await, quiet(proxy.url()).await);
    let direct = quiet(db.url()).await;
    let stage = Arc::new(Stage::open(direct.clone(), "2026-06-30T00:00:00Z").await);
    stage.general_rule("item", 200_000).await;
    let cuts = super::count("FENZHANG_CHAOS_CUTS", 6);
    let load = Load::start(&stage, &[a, b].map(Door::Engine), 0, 16);
    for cut in Cut::ALL.into_iter().cycle().take(cuts) {
        load.progress(20).await;
        proxy.arm(cut);
        while proxy.is_armed() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    load.progress(50).await;
    let history = load.stop().await;
    let (done, none, unknown) = tally(&history);
    println!(
        "{cuts} cuts, {} commits: {done} done, {none} none, {unknown} unknown",
        proxy.commits()
    );
    assert_eq!(proxy.cuts(), cuts);
    resolve(&stage, &Door::Engine(direct), &history).await;
    let mut client = db.client().await;
    exactly_once(&client, &stage, &history, 2).await;
    audit(&mut client).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_answers_nothing_is_told_truthfully_within_the_deadline() {
    let db = fresh_db().await;
    let proxy = Proxy::start(db.url()).await;
    let engine = quiet(proxy.url()).await;
    let stage = Stage::open(quiet(db.url()).await, "2026-06-30T00:00:00Z").await;
    let rename = |name: &str| {
        let party = stage.anchor;
        let meta = Meta {
            key: Some(name.to_owned()),
            deadline: Duration::from_millis(1_500),
            ..Meta::system("chaos")
        };
        engine.submit(
            stage.book,
            Command::RenameParty {
                party,
                name: name.parse().unwrap(),
            },
            meta,
        )
    };
    rename("before").await.unwrap();
    // The COMMIT of this one vanishes: whether it happened is not known to anybody who waits here.
    proxy.arm(Cut::HalfOpen);
    proxy.silence(true);
    let begun = std::time::Instant::now();
    assert!(matches!(rename("vanished").await, Err(EngineError::Unknown)));
    assert!(matches!(rename("behind it").await, Err(EngineError::NotStarted)));
    assert!(begun.elapsed() < Duration::from_millis(2 * 1_500 + 2 * 1_000));
    proxy.silence(false);
    let patience = std::time::Instant::now() + Duration::from_secs(45);
    while let Err(error) = rename("vanished").await {
        assert!(
            std::time::Instant::now() < patience,
            "the writer never comes back: {error:?}"
        );
    }
    rename("behind it").await.unwrap();
    audit(&mut db.client().await).await;
}
