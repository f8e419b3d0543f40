//! All clocks over a simulated year while the server processes that move the clock are killed with SIGKILL in the middle:
//! each fires once, at its time, in order, and each move of a scripted anchor happens once.
//! It must never pass without having killed a server between two clocks of one move.
//!
//! `FENZHANG_CLOCK_GROUPS` says how many of each kind of contract there are (4 when absent).

use std::collections::BTreeMap;
use std::time::Duration;

use fenzhang::base::{Instant, LogId, TimerId};
use fenzhang::domain::person::Role;
use fenzhang::store::books;
use serde_json::json;

use super::race::verified;
use super::*;
use crate::chaos::servers::Process;

const DAY: u32 = 86_400;
/// Steps that the clock has taken, and clocks that are due and have not fired.
const MOVED: &str = "select count(*) from event where log = $1 and kind = 'book.clock_moved' and recorded_at <= $2";
const WAITING: &str = "select count(*) from timer where log = $1 and due <= $2";
const KINDS: [&str; 5] = ["silent", "late", "sales", "dispute", "lapsing"];

fn groups() -> usize {
    let told = std::env::var("FENZHANG_CLOCK_GROUPS").ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(4)
}

/// One contract for each way that clocks can lead, of a group; the clocks of each group have times of their own.
async fn group(stage: &Stage, n: usize) {
    let minutes = u32::try_from(n).unwrap() * 60;
    let clocks = json!({"settle": DAY + minutes, "review": 7 * DAY + minutes, "rating": 30 * DAY + minutes});
    let slow = || with(slot_fee(&["100.00"]), json!({"clocks": clocks}));
    let mut late = slow();
    late["deliverables"][0]["due"] = json!("2026-07-01T00:00:00+08:00");
    let window = json!({"from": "2026-06-01T00:00:00+08:00", "to": "2026-09-01T00:00:00+08:00"});
    let guarantee = json!({"form": {"kind": "guarantee", "target": cny("1000.00"), "measured": window}});
    let number = |kind: &str| format!("{kind}{n}");
    for (kind, terms) in [
        ("silent", slow()),
        ("late", late),
        ("sales", with(slow(), guarantee)),
        ("dispute", slow()),
    ] {
        funded(stage, &number(kind), terms).await;
    }
    awarded(stage, &number("lapsing"), slow()).await;
    brief(stage, &number("invited"), slow(), json!({"visibility": "invited"})).await;
    let path = format!("/v1/briefs/{}/applications", number("invited"));
    stage.accepted(&path, json!({"party": "A", "side": "brand"})).await;
    delivered(stage, &number("silent"), 0, json!({})).await;
    done(stage, &number("late"), "schedule", json!({})).await;
    delivered(stage, &number("sales"), 0, json!({})).await;
    delivered(stage, &number("dispute"), 0, json!({})).await;
    let reason = json!({"reason": "not as agreed", "side": "brand"});
    done(stage, &number("dispute"), "dispute", reason).await;
}

/// What people do in a month, on a server that lives.
async fn people(stage: &Stage, month: usize, n: usize) {
    let evidence = json!([{"kind": "replay_url", "value": "https://example.com/replay"}]);
    match month {
        1 => drop(done(stage, &format!("late{n}"), "deliver", json!({"evidence": evidence})).await),
        4 => drop(done(stage, &format!("sales{n}"), "propose-result", json!({"lines": []})).await),
        6 => {
            let verdict = json!({"weights": {"anchor": 1, "brand": 1}, "reason": "half"});
            done(stage, &format!("dispute{n}"), "arbitrate", verdict).await;
        }
        _ => {}
    }
}

/// A server process that moves the clock, and how often one was killed with a part of its move done.
struct Mover<'a> {
    stage: &'a Stage,
    log: LogId,
    process: Process,
    halved: u32,
}

impl Mover<'_> {
    async fn count(&self, sql: &str, to: Instant) -> i64 {
        let client = self.stage.server.db.client().await;
        client.query_one(sql, &[&self.log.0, &to.utc()]).await.unwrap().get(0)
    }

    /// Asks this process to move the clock; none when it did not live to answer.
    fn ask(&self, month: usize, to: Instant) -> tokio::task::JoinHandle<Option<(u16, Value)>> {
        let path = format!("/v1/books/{}/clock", self.stage.server.book);
        let request = self.stage.server.client.post(format!("{}{path}", self.process.address));
        let request = request.bearer_auth(&self.stage.server.keys[&Role::Owner]);
        let request = request.header("Idempotency-Key", format!("month-{month}"));
        let request = request.json(&json!({"to": to})).timeout(Duration::from_secs(60));
        tokio::spawn(async move {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            Some((status, response.json().await.ok()?))
        })
    }

    /// Moves the clock on up to three processes that are killed after some steps each, then to the end on the next one.
    async fn month(&mut self, month: usize, to: Instant) {
        for turn in 0..3 {
            if turn > 0 && self.count(WAITING, to).await == 0 {
                break;
            }
            self.killed(month, 1 + (month + 3 * turn) % 5, to).await;
        }
        let (status, body) = self.ask(month, to).await.unwrap().expect("this one lives");
        assert_eq!(status, 200, "{body}");
        assert_eq!(self.count(WAITING, to).await, 0, "nothing that was due is left");
    }

    async fn killed(&mut self, month: usize, steps: usize, to: Instant) {
        let before = self.count(MOVED, to).await;
        let asked = self.ask(month, to);
        while !asked.is_finished() && self.count(MOVED, to).await < before + i64::try_from(steps).unwrap() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.process.signal("-9");
        let answered = asked.await.unwrap().is_some();
        let left = self.count(WAITING, to).await;
        self.halved += u32::from(!answered && left > 0 && self.count(MOVED, to).await > before);
        self.process = Process::start(self.stage.server.db.url());
    }
}

async fn events(stage: &Stage) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.len();
        let page = stage.get(&format!("/v1/events?after={after}&limit=500")).await;
        let page = page["events"].as_array().unwrap().clone();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Every timer that an event set, with its due time.
fn set(log: LogId, events: &[Value]) -> BTreeMap<TimerId, Instant> {
    let mut set = BTreeMap::new();
    for event in events {
        let timers = event["payload"]["timers"].as_array().into_iter().flatten();
        for (ordinal, timer) in (0..).zip(timers) {
            let position = event["position"].as_i64().unwrap();
            let due: Instant = timer["due"].as_str().unwrap().parse().unwrap();
            set.insert(TimerId::set_by(log, position, ordinal), due);
        }
    }
    set
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_clock_of_a_year_fires_once_in_order_while_the_servers_that_move_it_are_killed() {
    let stage = Stage::open().await;
    let groups = groups();
    for n in 0..groups {
        group(&stage, n).await;
    }
    // A scripted anchor works beside them: it applies, is awarded, schedules and delivers while servers die.
    stage.party("anchor", "steady").await;
    stage
        .accepted("/v1/parties/steady/script", json!({"script": "steady"}))
        .await;
    let open = json!({"visibility": "open", "closes_at": "2026-12-01T00:00:00+08:00"});
    brief(&stage, "played", slot_fee(&["100.00"]), open).await;
    let client = stage.server.db.client().await;
    let log = books::of_book(&client, stage.server.book).await.unwrap().unwrap().money;
    let process = Process::start(stage.server.db.url());
    let mut mover = Mover {
        stage: &stage,
        log,
        process,
        halved: 0,
    };
    let mut now: Instant = "2026-06-01T12:00:00+08:00".parse().unwrap();
    for month in 0..13 {
        now = now.plus_days(30);
        mover.month(month, now).await;
        for n in 0..groups {
            people(&stage, month, n).await;
        }
        if month == 0 {
            let award = json!({"external_id": "played", "fund": true});
            stage
                .accepted("/v1/briefs/played/applications/steady/award", award)
                .await;
        }
    }
    assert!(
        mover.halved >= 5,
        "only {} kills hit a move in the middle",
        mover.halved
    );
    let all = events(&stage).await;
    let set = set(log, &all);
    let mut fired: Vec<(TimerId, Instant)> = Vec::new();
    let mut played: Vec<&str> = Vec::new();
    for event in &all {
        let at = event["occurred_at"].as_str().unwrap().parse().unwrap();
        if let Some(timer) = event["payload"]["fired"].as_str() {
            fired.push((timer.parse().unwrap(), at));
        }
        if event["actor"]["party"].is_string() && event["actor"]["key"].is_null() {
            played.push(event["kind"].as_str().unwrap());
        }
    }
    let once: std::collections::BTreeSet<TimerId> = fired.iter().map(|(timer, _)| *timer).collect();
    assert_eq!(once.len(), fired.len(), "a timer fired twice");
    assert!(
        fired.iter().all(|(timer, at)| set.get(timer) == Some(at)),
        "each at its time"
    );
    assert!(fired.is_sorted_by_key(|(_, at)| *at), "in the order of their time");
    assert!(
        fired.len() > 15 * groups,
        "{} of {} clocks fired",
        fired.len(),
        set.len()
    );
    assert_eq!(played, ["brief.applied", "contract.scheduled", "contract.delivered"]);
    for n in 0..groups {
        for kind in KINDS {
            let view = stage.get(&format!("/v1/contracts/{kind}{n}")).await;
            let ended = if kind == "lapsing" { "lapsed" } else { "settled" };
            assert_eq!(
                (&view["phase"], &view["next_deadline"]),
                (&json!(ended), &Value::Null),
                "{kind}"
            );
        }
    }
    assert_eq!(stage.get("/v1/contracts/played").await["phase"], "settled");
    println!(
        "{} of {} clocks fired, {} kills in the middle of a move",
        fired.len(),
        set.len(),
        mover.halved
    );
    drop(mover);
    verified(&stage).await;
}
