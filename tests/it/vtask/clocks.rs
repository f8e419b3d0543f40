//! Every clock over a simulated year, with servers that die between: each fires once, at its time, in order.
//! It must never count on which server fires a clock.

use fenzhang::base::{ContractId, Instant};
use fenzhang::domain::command::Command;
use fenzhang::domain::contract::{Action, Side};
use fenzhang::engine::Meta;
use serde_json::json;

use super::race::{act, delivery, verified};
use super::*;

const DAY: i64 = 86_400;

/// Kinds that clocks of briefs and contracts end in.
const FIRED: [&str; 11] = [
    "brief.closed",
    "brief.expired",
    "brief.application_ended",
    "contract.overdue",
    "contract.review_warned",
    "contract.accepted",
    "contract.released",
    "contract.result_due",
    "contract.dispute_overdue",
    "contract.rating_closed",
    "contract.ended",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_clock_of_a_year_fires_once_at_its_time_while_servers_come_and_go() {
    let stage = Stage::open().await;
    let mut now: Instant = "2026-06-01T12:00:00+08:00".parse().unwrap();
    let slow = || with(slot_fee(&["100.00"]), json!({"clocks": {"settle": 86_400}}));
    let mut disputed = slow();
    disputed["deliverables"][0]["due"] = json!("2026-07-01T00:00:00+08:00");
    let window = json!({"from": "2026-06-01T00:00:00+08:00", "to": "2026-09-01T00:00:00+08:00"});
    let guarantee = json!({"form": {"kind": "guarantee", "target": cny("1000.00"), "measured": window}});
    // One contract for each way that clocks can lead.
    let mut ids: Vec<ContractId> = Vec::new();
    for (number, terms) in [
        ("silent", slow()),
        ("late", disputed.clone()),
        ("sales", with(slow(), guarantee)),
        ("dispute", slow()),
    ] {
        let contract = funded(&stage, number, terms).await;
        ids.push(contract["contract"].as_str().unwrap().parse().unwrap());
    }
    awarded(&stage, "lapsing", slow()).await;
    brief(&stage, "invited", slow(), json!({"visibility": "invited"})).await;
    stage
        .accepted(
            "/v1/briefs/invited/applications",
            json!({"party": "A", "side": "brand"}),
        )
        .await;
    delivered(&stage, "silent", 0, json!({})).await;
    done(&stage, "late", "schedule", json!({})).await;
    delivered(&stage, "sales", 0, json!({})).await;
    delivered(&stage, "dispute", 0, json!({})).await;
    done(
        &stage,
        "dispute",
        "dispute",
        json!({"reason": "not as agreed", "side": "brand"}),
    )
    .await;
    for month in 0..13 {
        // Every month another server moves the clock, and dies.
        let engine = crate::engine::engine_on(&stage.server.db).await;
        now = now.plus_seconds(30 * DAY);
        engine
            .submit(stage.server.book, Command::MoveClock { to: now }, Meta::system("test"))
            .await
            .unwrap();
        match month {
            1 => act(
                &stage,
                &engine,
                ids[1],
                Side::Anchor,
                Action::Deliver {
                    deliverable: 0,
                    delivery: delivery(),
                },
            )
            .await
            .unwrap(),
            4 => done(&stage, "sales", "propose-result", json!({"lines": []}))
                .await
                .as_object()
                .map(|_| ())
                .unwrap(),
            6 => {
                let weights = Action::Arbitrate {
                    deliverable: 0,
                    anchor: 1,
                    brand: 1,
                    reason: "half".to_owned(),
                };
                act(&stage, &engine, ids[3], Side::Book, weights).await.unwrap();
            }
            _ => {}
        }
        drop(engine);
    }
    let events = stage.get("/v1/events?limit=1000").await;
    let all = events["events"].as_array().unwrap();
    let mut fired: Vec<(String, String, String)> = Vec::new();
    for event in all {
        let kind = event["kind"].as_str().unwrap();
        let payload = &event["payload"];
        if let Some(timer) = payload["fired"].as_str() {
            assert!(FIRED.contains(&kind), "{kind}");
            let at = event["occurred_at"].as_str().unwrap();
            fired.push((timer.to_owned(), kind.to_owned(), at.to_owned()));
        }
    }
    let mut once: Vec<&String> = fired.iter().map(|(timer, ..)| timer).collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), fired.len(), "a timer fired twice: {fired:?}");
    let times: Vec<&String> = fired.iter().map(|(.., at)| at).collect();
    assert!(times.is_sorted(), "in the order of their time: {fired:?}");
    let kinds: std::collections::BTreeSet<&str> = fired.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, FIRED.into_iter().collect(), "every clock fired");
    for (number, phase) in [
        ("silent", "settled"),
        ("late", "settled"),
        ("sales", "settled"),
        ("dispute", "settled"),
        ("lapsing", "lapsed"),
    ] {
        let view = stage.get(&format!("/v1/contracts/{number}")).await;
        assert_eq!(
            (&view["phase"], &view["next_deadline"]),
            (&json!(phase), &Value::Null),
            "{number}: {view}"
        );
    }
    // A guarantee without a sale goes back whole; half of the dispute; two slot fees were earned.
    stage.holds("A", &[("available", "175.00")]).await;
    verified(&stage).await;
}
