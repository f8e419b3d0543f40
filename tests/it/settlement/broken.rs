//! A close that is broken off at every border of its steps, and gone on with by another server, as if nothing had happened.
//! It must never wait for a lease that a kill left behind longer than a test may: it is taken back by hand.

use fenzhang::base::{BookId, LogId, Month, RunId};
use fenzhang::domain::command::Command;
use fenzhang::domain::settlement::Settle;
use fenzhang::engine::close::{Outcome, Pace};
use fenzhang::engine::{Engine, Meta};
use fenzhang::report::{self, Page, SheetFilter, Viewer};
use serde_json::json;

use crate::acceptance::stage::{Stage, fact, paying, with};
use crate::chaos::two_servers::quiet;
use crate::engine::verifies;

const ANCHORS: usize = 23;

/// Many anchors, each with a contract, a guarantee and one sale of May; a reserve for returns.
async fn full_month() -> Stage {
    let stage = Stage::bare().await;
    stage.formula(json!({})).await;
    stage.rule("general", "0.2", json!({})).await;
    let terms = json!({"from": "2026-05", "reserve_rate": "0.1", "reserve_days": 30});
    stage.accepted("/v1/settlement-terms", terms).await;
    for n in 0..ANCHORS {
        let anchor = format!("many-{n}");
        stage.party("anchor", &anchor).await;
        let amount = crate::acceptance::stage::cny("50.00");
        let contract = json!({
            "member": anchor, "upper": "G", "share": {"upper_keeps": "0.3"}, "from": "2026-01-01T00:00:00+08:00",
            "guarantee": {"amount": amount, "mode": "advance"},
        });
        stage.accepted("/v1/memberships", contract).await;
    }
    let mut told = Vec::new();
    for n in 0..ANCHORS {
        let on = |told| with(told, json!({"promoter": format!("many-{n}")}));
        let (paid, line) = (format!("{}.00", 100 + n * 10), format!("l{n}"));
        told.push(on(paying(&line, "created", "2026-05-20T12:00:00+08:00", &paid)));
        told.push(on(paying(&line, "paid", "2026-05-20T12:05:00+08:00", &paid)));
        told.push(on(fact(&line, "settled", "2026-05-25T12:00:00+08:00")));
    }
    stage.applied(&told).await;
    stage
}

async fn log_of(stage: &Stage) -> LogId {
    LogId(crate::chaos::two_servers::money_log(&stage.server.db, stage.server.book).await)
}

async fn start(engine: &Engine, book: BookId) -> RunId {
    let period: Month = "2026-05".parse().unwrap();
    let asked = Command::Settle(Box::new(Settle::Start { period }));
    let answer = engine.submit(book, asked, Meta::system("test")).await.unwrap();
    answer.made.ids["run"].parse().unwrap()
}

/// Everything the sheets say, by party and currency; hashes of lines name positions, which may differ.
async fn said(stage: &Stage, log: LogId, run: RunId) -> Vec<String> {
    let client = stage.server.engine.pool().get().await.unwrap();
    let filter = SheetFilter {
        run: Some(run),
        ..SheetFilter::default()
    };
    let page = Page::first(1_000);
    let view = report::sheets(&client, log, Viewer::All, &filter, &page).await.unwrap();
    let one = |sheet: &report::SheetView| {
        let parts: Vec<String> = sheet
            .parts
            .iter()
            .map(|p| format!("{:?} {}", p.part, p.amount.amount))
            .collect();
        let other = |o: &report::OtherAccountView| format!("{:?} {}", o.account, o.closing.amount);
        let others: Vec<String> = sheet.others.iter().map(other).collect();
        format!(
            "{} {parts:?} {} {} {others:?}",
            sheet.name, sheet.closing.amount, sheet.payable.amount
        )
    };
    let mut all: Vec<String> = view.sheets.iter().map(one).collect();
    all.sort();
    all
}

/// Works on a run with a server of its own until so many steps are done, then dies without a word.
async fn dies_after(stage: &Stage, log: LogId, run: RunId, steps: usize) {
    let engine = quiet(stage.server.db.url()).await;
    let book = stage.server.book;
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let mut done = 0;
    let mut watch = move |_: &fenzhang::engine::close::Progress| {
        done += 1;
        if done == steps
            && let Some(tell) = tell.take()
        {
            let _ = tell.send(());
        }
    };
    let working = engine.clone();
    let work = tokio::spawn(async move { working.close(book, log, run, Pace { step: 4 }, &mut watch).await });
    tokio::select! {
        _ = told => {}
        () = tokio::time::sleep(std::time::Duration::from_secs(20)) => panic!("the close stands still"),
    }
    work.abort();
    let _ = work.await;
    // A dead server's lease would run out by itself after half a minute.
    let client = stage.server.db.client().await;
    client
        .execute("update job set lease_until = null where id = $1", &[&run.0])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_16_a_close_killed_at_every_step_ends_as_one_that_was_not() {
    let whole = full_month().await;
    let broken = full_month().await;
    whole.server.engine.stop().await;
    let log = log_of(&whole).await;
    let engine = quiet(whole.server.db.url()).await;
    let run = start(&engine, whole.server.book).await;
    let outcome = engine
        .close(whole.server.book, log, run, Pace { step: 4 }, &mut |_| {})
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Done);
    let expected = said(&whole, log, run).await;
    assert_eq!(expected.len(), ANCHORS + 2, "every anchor, the agency, the brand");

    broken.server.engine.stop().await;
    let log = log_of(&broken).await;
    let engine = quiet(broken.server.db.url()).await;
    let run = start(&engine, broken.server.book).await;
    // Twenty kills: each lets one step more go by than it needs to get anywhere.
    for _ in 0..20 {
        let view = {
            let client = broken.server.engine.pool().get().await.unwrap();
            report::run(&client, log, run).await.unwrap()
        };
        if view.digest.is_some() {
            break;
        }
        dies_after(&broken, log, run, 1).await;
    }
    engine
        .close_or_wait(broken.server.book, log, run, Pace { step: 4 }, &mut |_| {})
        .await
        .unwrap();
    assert_eq!(said(&broken, log, run).await, expected);
    let client = broken.server.db.client().await;
    let sql = "select count(*), count(distinct stream) from event where kind = 'sheet.drafted'";
    let row = client.query_one(sql, &[]).await.unwrap();
    let (drafted, sheets): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(
        (drafted, sheets),
        (ANCHORS as i64 + 2, ANCHORS as i64 + 2),
        "each sheet once"
    );
    let sql = "select count(*), count(distinct stream) from event where kind in ('guarantee.settled', 'reserve.held')";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), row.get::<_, i64>(1), "each closing entry once");
    verifies(&broken.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_work_on_one_run_without_knowing_of_each_other_do_nothing_twice() {
    let stage = full_month().await;
    stage.server.engine.stop().await;
    let log = log_of(&stage).await;
    let book = stage.server.book;
    let (one, two) = (quiet(stage.server.db.url()).await, quiet(stage.server.db.url()).await);
    let run = start(&one, book).await;
    // The lease is taken away again and again, so that both think that they hold it.
    let client = stage.server.db.client().await;
    let thief = tokio::spawn(async move {
        loop {
            let sql = "update job set lease_until = null where id = $1";
            if client.execute(sql, &[&run.0]).await.is_err() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    });
    let work = |engine: Engine| async move {
        engine
            .close_or_wait(book, log, run, Pace { step: 3 }, &mut |_| {})
            .await
            .unwrap();
    };
    tokio::join!(work(one), work(two));
    thief.abort();
    let client = stage.server.db.client().await;
    let sql = "select count(*) from event where kind = 'sheet.drafted'";
    let drafted: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(drafted, ANCHORS as i64 + 2);
    verifies(&stage.server.db).await;
}
