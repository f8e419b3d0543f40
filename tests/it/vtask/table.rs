//! The whole cancellation table over HTTP: every form, every point, every side, from `tests/vectors/cancellation.json`.
//! It must never compute an expected amount: the vectors were written apart from the code.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[derive(Deserialize)]
struct Vector {
    form: String,
    point: String,
    by: String,
    refused: Option<String>,
    disputed: Option<bool>,
    held: Option<String>,
    agency: Option<String>,
    anchor: Option<String>,
    service: Option<String>,
    brand: Option<String>,
}

fn vectors() -> Vec<Vector> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/cancellation.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Terms of a form; each contract sells an item of its own, so that commissions do not overlap.
fn terms(vector: &Vector, number: &str) -> Value {
    let items = json!([{"platform": "taobao", "item": number}]);
    let window = json!({"items": items, "from": "2026-06-20T20:00:00+08:00", "to": "2026-06-20T22:00:00+08:00"});
    let rate = json!({"rate": "0.2"});
    let (fee, form) = match vector.form.as_str() {
        "slot_fee" => ("10000.00", json!({})),
        "slot_fee_commission" => ("10000.00", json!({"commission": with(window, rate)})),
        "commission" => ("0.00", json!({"commission": with(window, rate)})),
        "guarantee" => ("20000.00", json!({"target": cny("200000.00"), "measured": window})),
        "hourly" => ("600.00", json!({"rate": cny("300.00")})),
        "retainer" => ("3000.00", json!({})),
        _ => (
            "5000.00",
            json!({"rate": cny("300.00"), "measured": window, "tiers": [{"from": cny("0.00"), "rate": "0.01"}]}),
        ),
    };
    let mut terms = slot_fee(&[fee]);
    terms["form"] = with(form, json!({"kind": vector.form}));
    terms["clocks"] = json!({"settle": if vector.point == "settled" { 0 } else { 86_400 }, "funding": 2_592_000});
    let one = &mut terms["deliverables"][0];
    match vector.form.as_str() {
        "hourly" => one["minutes"] = json!(120),
        "hosted" => one["minutes"] = json!(240),
        "retainer" => {
            one["from"] = json!("2026-06-02T00:00:00+08:00");
            one["to"] = json!("2026-07-02T00:00:00+08:00");
        }
        _ => {}
    }
    if vector.point == "overdue" {
        one["due"] = json!("2026-06-05T00:00:00+08:00");
    }
    terms
}

/// Brings a contract to its point, as far as time does not have to pass.
async fn bring(stage: &Stage, vector: &Vector, number: &str) {
    let terms = terms(vector, number);
    if vector.point == "unfunded" {
        awarded(stage, number, terms).await;
        return;
    }
    funded(stage, number, terms).await;
    if vector.point == "planned" {
        return;
    }
    if matches!(vector.point.as_str(), "scheduled" | "overdue" | "begun") {
        done(stage, number, "schedule", json!({})).await;
        return;
    }
    let minutes = match vector.form.as_str() {
        "hourly" => json!({"minutes": 120}),
        "hosted" => json!({"minutes": 240}),
        _ => json!({}),
    };
    delivered(stage, number, 0, minutes).await;
    let reason = json!({"reason": "the link is missing", "side": "brand"});
    match vector.point.as_str() {
        "revising" => drop(
            done(
                stage,
                number,
                "request-revision",
                json!({"reason": "the link is missing"}),
            )
            .await,
        ),
        "accepted" | "settled" => drop(done(stage, number, "accept", json!({})).await),
        "disputed" => drop(done(stage, number, "dispute", reason).await),
        _ => {}
    }
}

/// What everybody holds, in fen.
async fn holdings(stage: &Stage) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    for party in ["B", "G", "A", "affiliate"] {
        for (account, amount) in stage.pockets(party).await {
            all.insert(format!("{party}:{account}"), amount.replace('.', "").parse().unwrap());
        }
    }
    all
}

async fn cancels(stage: &Stage, vector: &Vector, number: &str) {
    let name = format!("{} {} by {}", vector.form, vector.point, vector.by);
    let body = json!({"reason": "plans changed", "side": vector.by});
    if let Some(code) = &vector.refused {
        assert_eq!(
            refused(stage, number, "cancel", body).await,
            (409, code.clone()),
            "{name}"
        );
        return;
    }
    let before = holdings(stage).await;
    let contract = done(stage, number, "cancel", body).await;
    let after = holdings(stage).await;
    let moved = |account: &str| after.get(account).unwrap_or(&0) - before.get(account).unwrap_or(&0);
    if vector.disputed == Some(true) {
        assert_eq!(contract["deliverables"][0]["status"], "disputed", "{name}");
        assert_eq!(
            contract["escrow"]["held"]["amount"],
            vector.held.as_deref().unwrap(),
            "{name}"
        );
        assert_eq!(before, after, "{name}");
        return;
    }
    assert_eq!(contract["escrow"]["held"]["amount"], "0.00", "{name}");
    let fen = |amount: &Option<String>| amount.as_deref().unwrap().replace('.', "").parse::<i64>().unwrap();
    let found = [
        moved("G:available"),
        moved("A:available"),
        moved("affiliate:available"),
        moved("B:available"),
    ];
    let expected = [&vector.agency, &vector.anchor, &vector.service, &vector.brand].map(fen);
    assert_eq!(found, expected, "{name}: agency, anchor, service, brand");
    assert_eq!(moved("B:held"), -found.iter().sum::<i64>(), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cancellation_splits_as_the_table_says_to_the_fen() {
    let stage = Stage::open().await;
    let all = vectors();
    assert!(all.len() > 150, "{}", all.len());
    let timed = |vector: &Vector| matches!(vector.point.as_str(), "overdue" | "begun");
    for (n, vector) in all.iter().enumerate() {
        let number = format!("c{n}");
        bring(&stage, vector, &number).await;
        if !timed(vector) {
            cancels(&stage, vector, &number).await;
        }
    }
    stage.clock("2026-06-11T12:00:00+08:00").await;
    for (n, vector) in all.iter().enumerate().filter(|(_, vector)| timed(vector)) {
        cancels(&stage, vector, &format!("c{n}")).await;
    }
    stage.balanced().await;
}

#[test]
fn the_documented_cancellation_table_is_the_one_that_is_tested() {
    let mut text = String::from(
        "# Cancellation of brand contracts 取消结算表\n\nFees as in `tests/vectors/cancellation.json`: service fee 5 % on top, penalty 20 %, \
         the agency keeps 30 %. Amounts in CNY; the month of the retainer has 30 days, of which 10 have begun.\n\n\
         | form | point | by | agency | anchor | service | back to the brand |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in vectors() {
        let _ = write!(text, "| {} | {} | {} | ", row.form, row.point, row.by);
        let _ = match (&row.refused, row.disputed) {
            (Some(code), _) => writeln!(text, "refused: `{code}` | | | |"),
            (None, Some(true)) => writeln!(text, "the arbiter decides; {} stays held | | | |", row.held.unwrap()),
            _ => {
                let each = [row.agency, row.anchor, row.service, row.brand].map(Option::unwrap);
                writeln!(text, "{} |", each.join(" | "))
            }
        };
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/vtask-cancellation.md");
    if std::env::var_os("FENZHANG_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text);
}
