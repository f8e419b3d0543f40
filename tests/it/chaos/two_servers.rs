//! Two servers on one database: they meet at the head row and nowhere else.
//! It must never reach into an engine: both are driven as every caller drives them.

use std::sync::Arc;
use std::time::Duration;

use fenzhang::base::*;
use fenzhang::domain::command::Command;
use fenzhang::domain::order::{About, LineFact, What};
use fenzhang::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use fenzhang::engine::{Engine, EngineError, EngineSettings, Meta};
use fenzhang::money::{Currency, Minor, Rate};
use tokio_postgres::Client;
use uuid::Uuid;

use super::audit::audit;
use super::history::{Door, Load, exactly_once, resolve, tally};
use super::proxy::{Cut, Proxy};
use super::readers::Readers;
use crate::engine::{PLATFORM, Stage, at, engine_on};
use crate::support::pg::{TestDb, fresh_db};

const NOON: &str = "2026-06-30T00:00:00Z";

/// A server without followers, so that what a write saw is not made good afterwards.
pub async fn quiet(url: &str) -> Engine {
    let settings = EngineSettings {
        database_url: url.to_owned(),
        readers: 4,
        background: false,
        allow_owner: true,
    };
    Engine::start(settings).await.unwrap()
}

pub async fn money_log(db: &TestDb, book: BookId) -> Uuid {
    let sql = "select log from log where book = $1 and shard = 0 and successor is null";
    db.client().await.query_one(sql, &[&book.0]).await.unwrap().get(0)
}

/// Waits until `n` sessions wait for a lock of this database.
async fn until_waiting(client: &Client, n: i64) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..400 {
        let waiting: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        if waiting >= n {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("nobody waits for the head");
}

fn refund(stage: &Stage, line: &str, case: &str, goods: i64) -> Command {
    let won = What::RefundWon {
        case: case.parse().unwrap(),
        goods: Minor(goods),
        freight: Minor(0),
        units: None,
        deducted: false,
        manner: None,
    };
    Command::Facts(vec![stage.fact(line, "2026-06-20T12:00:00Z", won)])
}

/// Pins the line and posts its estimate at once.
fn paid(stage: &Stage) -> LineFact {
    let paid = What::Paid {
        amount: Minor(10_000),
        discounts: Vec::new(),
    };
    stage.fact("1", "2026-06-18T12:00:00Z", paid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_under_32_writers_and_8_readers_write_one_dense_log() {
    let db = fresh_db().await;
    let (a, b) = (engine_on(&db).await, engine_on(&db).await);
    let stage = Arc::new(Stage::open(a.clone(), NOON).await);
    stage.general_rule("item", 200_000).await;
    let log = money_log(&db, stage.book).await;
    let readers = Readers::start(&db, log, 8).await;
    let load = Load::start(&stage, &[a.clone(), b.clone()].map(Door::Engine), 0, 32);
    load.progress(1_200).await;
    let history = load.stop().await;
    let (done, none, unknown) = tally(&history);
    assert!(
        done >= 1_200 && none + unknown == 0,
        "{done} done, {none} none, {unknown} unknown"
    );
    resolve(&stage, &Door::Engine(b.clone()), &history).await;
    readers.compare(&db, log).await;
    let mut client = db.client().await;
    exactly_once(&client, &stage, &history, 2).await;
    audit(&mut client).await;
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_that_expect_one_version_exactly_one_wins_on_two_servers() {
    let db = fresh_db().await;
    let (a, b) = (engine_on(&db).await, quiet(db.url()).await);
    let stage = Stage::open(a.clone(), NOON).await;
    // It starts at 2: registered, and a contract signed.
    for version in 2..22 {
        let racers = (0..32).map(|racer| {
            let engine = if racer % 2 == 0 { a.clone() } else { b.clone() };
            let (book, party) = (stage.book, stage.anchor);
            let meta = Meta {
                expected_version: Some(version),
                ..Meta::system("race")
            };
            let name = format!("version {version} racer {racer}").parse().unwrap();
            tokio::spawn(async move { engine.submit(book, Command::RenameParty { party, name }, meta).await })
        });
        let mut won = 0;
        for result in futures_util::future::join_all(racers).await {
            match result.unwrap() {
                Ok(answer) => {
                    won += 1;
                    assert_eq!(answer.events[0].version, version + 1);
                }
                Err(EngineError::VersionConflict { expected, current }) => {
                    assert_eq!((expected, current), (version, version + 1));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(won, 1, "version {version}");
    }
    audit(&mut db.client().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_sent_to_both_servers_at_once_has_one_effect_and_one_answer() {
    let db = fresh_db().await;
    let (a, b) = (quiet(db.url()).await, quiet(db.url()).await);
    let stage = Stage::open(a.clone(), NOON).await;
    for round in 0..20 {
        let both = [&a, &b].map(|engine| {
            let name = format!("name {round}").parse().unwrap();
            let meta = Meta {
                key: Some(format!("key-{round}")),
                ..Meta::system("race")
            };
            engine.submit(
                stage.book,
                Command::RenameParty {
                    party: stage.anchor,
                    name,
                },
                meta,
            )
        });
        let answers = futures_util::future::join_all(both).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        assert_eq!(answers[0].events, answers[1].events);
        assert_eq!(
            answers.iter().filter(|answer| answer.replayed).count(),
            1,
            "round {round}"
        );
    }
    audit(&mut db.client().await).await;
}

/// Decision B2: a snapshot taken before the wait for the head is stale. Server A has the line in its cache and waits for
/// the head; B, before it in the queue, commits a refund of the same line; A must see it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_waited_for_the_head_sees_the_fact_that_was_committed_meanwhile() {
    let db = fresh_db().await;
    let (a, b) = (quiet(db.url()).await, quiet(db.url()).await);
    let stage = Stage::open(a.clone(), NOON).await;
    stage.general_rule("item", 200_000).await;
    let log = money_log(&db, stage.book).await;
    let (mut blocker, mut watcher) = (db.client().await, db.client().await);
    for round in 0..5 {
        let line = format!("line{round}");
        a.submit(stage.book, super::history::order(&stage, &line), Meta::system("test"))
            .await
            .unwrap();
        let held = blocker.transaction().await.unwrap();
        held.execute("select from log where log = $1 for update", &[&log])
            .await
            .unwrap();
        let (book, first, second) = (
            stage.book,
            refund(&stage, &line, "b", 6_000),
            refund(&stage, &line, "a", 6_000),
        );
        let (on_a, on_b) = (a.clone(), b.clone());
        let from_b = tokio::spawn(async move { on_b.submit(book, first, Meta::system("test")).await });
        until_waiting(&watcher, 1).await;
        let from_a = tokio::spawn(async move { on_a.submit(book, second, Meta::system("test")).await });
        until_waiting(&watcher, 2).await;
        held.rollback().await.unwrap();
        let (from_a, from_b) = (from_a.await.unwrap().unwrap(), from_b.await.unwrap().unwrap());
        assert_ne!(from_a.position, from_b.position);
        // 60.00 of 100.00 were refunded, so of the second 60.00 only 40.00 find their place, whichever came second.
        let later = if from_a.position > from_b.position {
            &from_a
        } else {
            &from_b
        };
        assert_eq!(
            later.made.facts[0].code.as_deref(),
            Some("refund_exceeds_remaining"),
            "{later:?}"
        );
    }
    let (estimated, settled, due) = stage.balance(stage.anchor).await;
    assert_eq!((estimated, settled, due), (0, 0, 0), "every line was refunded in full");
    audit(&mut watcher).await;
}

/// The same for a click, which is another log's event: its commit does not wait for the money head.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_waited_for_the_head_sees_the_click_that_was_committed_meanwhile() {
    let db = fresh_db().await;
    let (a, b) = (quiet(db.url()).await, quiet(db.url()).await);
    let stage = Stage::open(a.clone(), NOON).await;
    stage.general_rule("item", 200_000).await;
    let log = money_log(&db, stage.book).await;
    let (mut blocker, watcher) = (db.client().await, db.client().await);
    let held = blocker.transaction().await.unwrap();
    held.execute("select from log where log = $1 for update", &[&log])
        .await
        .unwrap();
    let fact = paid(&stage);
    let (book, on_a) = (stage.book, a.clone());
    let from_a = tokio::spawn(async move {
        on_a.submit(book, Command::Facts(vec![fact]), Meta::system("test"))
            .await
    });
    until_waiting(&watcher, 1).await;
    b.record_clicks(book, vec![stage.click("2026-06-18T11:00:00Z")], Meta::system("test"))
        .await
        .unwrap();
    held.rollback().await.unwrap();
    from_a.await.unwrap().unwrap();
    // G 20.00, 10 % and 20 % of it off, 30 % of 14.00 to the agency.
    assert_eq!(stage.balance(stage.anchor).await, (980, 0, 0));
}

/// Decision A7: the click is committed after the order's write read the clicks and before that write commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_committed_between_the_click_read_and_the_commit_of_its_order_is_still_attributed() {
    let db = fresh_db().await;
    let proxy = Proxy::start(db.url()).await;
    let (a, b) = (quiet(proxy.url()).await, engine_on(&db).await);
    let stage = Stage::open(a.clone(), NOON).await;
    stage.general_rule("item", 200_000).await;
    proxy.arm(Cut::Hold);
    let fact = paid(&stage);
    let (book, on_a) = (stage.book, a.clone());
    let from_a = tokio::spawn(async move {
        on_a.submit(book, Command::Facts(vec![fact]), Meta::system("test"))
            .await
    });
    while proxy.is_armed() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    b.record_clicks(book, vec![stage.click("2026-06-18T11:00:00Z")], Meta::system("test"))
        .await
        .unwrap();
    // The follower of B has time to come by, and must not have passed the click.
    tokio::time::sleep(Duration::from_millis(600)).await;
    proxy.release();
    from_a.await.unwrap().unwrap();
    for _ in 0..500 {
        if stage.balance(stage.anchor).await == (980, 0, 0) {
            b.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the click was never attributed");
}

/// A line whose buyer and item are told by different facts on different servers: the click is looked up with what stands
/// under the lock, not with what this server remembered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clicks_are_looked_up_with_the_line_as_it_stands_under_the_lock() {
    let db = fresh_db().await;
    let (a, b) = (quiet(db.url()).await, quiet(db.url()).await);
    let stage = Stage::open(a.clone(), NOON).await;
    stage.general_rule("item", 200_000).await;
    // The click names the item only, so a look-up by the shop alone does not find it.
    let mut click = stage.click("2026-06-18T11:00:00Z");
    click.shop_no = None;
    b.record_clicks(stage.book, vec![click], Meta::system("test"))
        .await
        .unwrap();
    let mut opened = stage.fact(
        "1",
        "2026-06-18T12:00:30Z",
        What::RefundOpened {
            case: "c".parse().unwrap(),
        },
    );
    opened.about = About::default();
    a.submit(stage.book, Command::Facts(vec![opened.clone()]), Meta::system("test"))
        .await
        .unwrap();
    let mut lost = opened.clone();
    lost.what = What::RefundLost {
        case: "c".parse().unwrap(),
    };
    lost.about.item_no = Some("item".parse().unwrap());
    b.submit(stage.book, Command::Facts(vec![lost]), Meta::system("test"))
        .await
        .unwrap();
    let mut paid = paid(&stage);
    paid.about.item_no = None;
    a.submit(stage.book, Command::Facts(vec![paid]), Meta::system("test"))
        .await
        .unwrap();
    assert_eq!(stage.balance(stage.anchor).await, (980, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_overlapping_exclusive_rules_posted_on_two_servers_exactly_one_stands() {
    let db = fresh_db().await;
    let (a, b) = (quiet(db.url()).await, quiet(db.url()).await);
    let stage = Stage::open(a.clone(), NOON).await;
    for round in 0..20 {
        let item = ItemId::of(stage.book, PLATFORM, &format!("item{round}"));
        let rule = |ppm: u32| {
            let terms = RuleTerms {
                subjects: Subjects::Named(vec![stage.anchor]),
                from: at("2026-07-01T00:00:00Z"),
                to: Some(at("2026-08-01T00:00:00Z")),
                rates: Rates::Flat(Rate::from_ppm(ppm).unwrap()),
                first_n: None,
                budget: None,
                cap_per_order: None,
                give_back: false,
                priority: 0,
                locked: false,
                paused: false,
            };
            Command::PostRule {
                external_id: None,
                brand: stage.brand,
                kind: PlanKind::Exclusive,
                scope: RuleScope::Item(item),
                currency: Currency::CNY,
                terms: Box::new(terms),
            }
        };
        let both = tokio::join!(
            a.submit(stage.book, rule(100_000), Meta::system("race")),
            b.submit(stage.book, rule(200_000), Meta::system("race")),
        );
        let stand = [&both.0, &both.1].iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(stand, 1, "round {round}: {both:?}");
        for refused in [both.0, both.1].into_iter().filter_map(Result::err) {
            assert!(
                matches!(&refused, EngineError::Refused(why) if why.code == "rule_overlaps"),
                "{refused:?}"
            );
        }
    }
    audit(&mut db.client().await).await;
}
