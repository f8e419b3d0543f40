//! Brand contracts (V任务) from outside: briefs, contracts, escrow, clocks, races, over HTTP and over the database.
//! It must never look into the service: only what it answers and what its tables hold.

mod clocks;
mod examples;
mod killed;
mod life;
mod matching;
mod model;
mod prefund;
mod race;
mod reports;
mod scripted;
mod sides;
mod steps;
mod table;

use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny, with};

/// Noon of 1 June 2026 is where a book's clock stands at first.
pub const CLOSES: &str = "2026-06-03T00:00:00+08:00";

/// Terms of a slot fee in yuan: 5 % service for the platform, a penalty of 20 %, money released at once.
pub fn slot_fee(fees: &[&str]) -> Value {
    let each: Vec<Value> = fees
        .iter()
        .map(|fee| json!({"name": "live slot", "fee": cny(fee)}))
        .collect();
    json!({
        "form": {"kind": "slot_fee"}, "deliverables": each, "service_fee": "0.05", "service_fee_taker": "affiliate",
        "penalty": "0.2", "clocks": {"settle": 0},
    })
}

/// A draft of brand B.
pub async fn drafted(stage: &Stage, number: &str) {
    let says = json!({"title": "June live slot", "terms": slot_fee(&["100.00"]), "closes_at": CLOSES});
    let body = json!({"external_id": number, "brand": "B", "brief": says});
    stage.accepted("/v1/briefs", body).await;
}

/// A posted brief of brand B.
pub async fn brief(stage: &Stage, number: &str, terms: Value, more: Value) {
    let says = json!({"title": "June live slot", "terms": terms, "closes_at": CLOSES});
    let body = json!({"external_id": number, "brand": "B", "brief": with(says, more)});
    stage.accepted("/v1/briefs", body).await;
    stage.accepted(&format!("/v1/briefs/{number}/post"), json!({})).await;
}

/// A contract of brand B with anchor A on these terms, not funded yet. It has the brief's number.
pub async fn awarded(stage: &Stage, number: &str, terms: Value) -> Value {
    brief(stage, number, terms, json!({})).await;
    let applications = format!("/v1/briefs/{number}/applications");
    stage
        .accepted(&applications, json!({"party": "A", "side": "anchor"}))
        .await;
    let award = json!({"external_id": number});
    stage.accepted(&format!("{applications}/A/award"), award).await["contract"].clone()
}

/// The same, funded in full.
pub async fn funded(stage: &Stage, number: &str, terms: Value) -> Value {
    let contract = awarded(stage, number, terms).await;
    let needs = contract["terms"]["needs"].clone();
    if needs["amount"] == "0.00" {
        return contract;
    }
    done(stage, number, "fund", json!({"amount": needs})).await
}

/// An action that is accepted; gives the contract after it.
pub async fn done(stage: &Stage, number: &str, action: &str, body: Value) -> Value {
    stage.accepted(&format!("/v1/contracts/{number}/{action}"), body).await["contract"].clone()
}

/// An action that is refused: status and code.
pub async fn refused(stage: &Stage, number: &str, action: &str, body: Value) -> (u16, String) {
    stage.refused(&format!("/v1/contracts/{number}/{action}"), body).await
}

/// Schedules and delivers a deliverable.
pub async fn delivered(stage: &Stage, number: &str, deliverable: u32, more: Value) {
    done(stage, number, "schedule", json!({"deliverable": deliverable})).await;
    let evidence = json!([{"kind": "replay_url", "value": "https://example.com/replay"}]);
    let body = json!({"deliverable": deliverable, "evidence": evidence});
    done(stage, number, "deliver", with(body, more)).await;
}
