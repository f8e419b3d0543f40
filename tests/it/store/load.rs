//! `rebuild` while the book is written and read: case 40.
//! It must never stop the load to make a comparison right.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use fenzhang::base::LogId;
use fenzhang::store::connect::{TakeRole, connect};
use fenzhang::store::rebuild::{Rebuilt, rebuild};
use fenzhang::store::{Error, Kind, books};
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, fact, paying, with};
use crate::engine::verifies;

async fn sold(stage: &Stage, line: &str) {
    let on = |told: Value| with(told, json!({"promoter": "A"}));
    stage
        .applied(&[
            on(paying(line, "created", "2026-05-20T10:00:00+08:00", "100.00")),
            on(paying(line, "paid", "2026-05-20T11:00:00+08:00", "100.00")),
            on(fact(line, "settled", "2026-05-20T12:00:00+08:00")),
        ])
        .await;
}

async fn compared(stage: &Stage, log: LogId) -> Result<Rebuilt, Error> {
    let mut client = connect(stage.server.db.url(), TakeRole::Application).await.unwrap();
    rebuild(&mut client, log, false).await
}

/// Two at once: one of them compares, and the other too, or it is refused. True when it was refused.
async fn two_at_once(stage: &Stage, log: LogId) -> bool {
    let (one, two) = tokio::join!(compared(stage, log), compared(stage, log));
    let mut refused = 0;
    for outcome in [one, two] {
        match outcome {
            Ok(rebuilt) => {
                assert!(rebuilt.comparison.differences.is_empty(), "{:?}", rebuilt.comparison);
                assert_eq!(
                    rebuilt.comparison.live, rebuilt.comparison.due,
                    "digests at one position"
                );
            }
            Err(error) => {
                assert_eq!(error.kind(), Kind::Busy, "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused < 2, "one of them has the lock");
    refused == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn case_40_a_rebuild_compares_under_load_and_a_second_one_at_the_same_time_is_refused() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    for n in 0..10 {
        sold(&stage, &format!("before-{n}")).await;
    }
    let client = stage.server.db.client().await;
    let log = books::of_book(&client, stage.server.book).await.unwrap().unwrap().money;
    let over = AtomicBool::new(false);
    let (written, read) = (AtomicU32::new(0), AtomicU32::new(0));
    let writing = async {
        while !over.load(Ordering::Relaxed) {
            let n = written.fetch_add(1, Ordering::Relaxed);
            sold(&stage, &format!("under-{n}")).await;
        }
    };
    let reading = async {
        let mut last = 0;
        while !over.load(Ordering::Relaxed) {
            let trial = stage.get("/v1/trial-balance").await;
            assert_eq!(trial["balanced"], true, "{trial}");
            let position = trial["position"].as_i64().unwrap();
            assert!(position >= last, "readers see live rows throughout");
            last = position;
            read.fetch_add(1, Ordering::Relaxed);
        }
    };
    let rebuilding = async {
        let mut refused = 0;
        for _ in 0..40 {
            refused += u32::from(two_at_once(&stage, log).await);
            if refused >= 3 {
                break;
            }
        }
        over.store(true, Ordering::Relaxed);
        refused
    };
    let (refused, (), ()) = tokio::join!(rebuilding, writing, reading);
    assert!(refused > 0, "two rebuilds never met");
    assert!(written.load(Ordering::Relaxed) > 1 && read.load(Ordering::Relaxed) > 1);
    // Another log of the book is no second rebuild of the same one, and the lock is gone.
    assert!(compared(&stage, log).await.is_ok());
    verifies(&stage.server.db).await;
}
