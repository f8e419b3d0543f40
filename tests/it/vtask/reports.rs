//! Reports of brand contracts: what a brand spends and sells by anchor and shop, and what contracts gave whom.
//! It must never compute an expected amount.

use fenzhang::base::{PartyId, PartyKind};
use fenzhang::domain::person::Role;
use serde_json::json;

use super::*;
use crate::acceptance::stage::{paying, refund};
use crate::http::server::issue;

/// Anchor A delivers one contract of 1,000.00 and has another of 500.00 cancelled after it was scheduled; anchor C, of no
/// agency, delivers one of 200.00. A sells 300.00, of which 100.00 come back, at 10 %.
async fn traded() -> Stage {
    let stage = Stage::open().await;
    stage.party("anchor", "C").await;
    stage.rule("general", "0.1", json!({})).await;
    funded(&stage, "c1", slot_fee(&["1000.00"])).await;
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    funded(&stage, "c2", slot_fee(&["500.00"])).await;
    done(&stage, "c2", "schedule", json!({})).await;
    done(
        &stage,
        "c2",
        "cancel",
        json!({"reason": "plans changed", "side": "brand"}),
    )
    .await;
    brief(&stage, "c3", slot_fee(&["200.00"]), json!({})).await;
    let applications = "/v1/briefs/c3/applications";
    stage
        .accepted(applications, json!({"party": "C", "side": "anchor"}))
        .await;
    stage
        .accepted(&format!("{applications}/C/award"), json!({"external_id": "c3"}))
        .await;
    done(&stage, "c3", "fund", json!({"amount": cny("210.00")})).await;
    delivered(&stage, "c3", 0, json!({})).await;
    done(&stage, "c3", "accept", json!({})).await;
    stage.clicked("2026-06-01T12:30:00+08:00").await;
    stage.clock("2026-06-02T12:00:00+08:00").await;
    let at = "2026-06-01T13:00:00+08:00";
    for (line, amount) in [("L1", "200.00"), ("L2", "100.00")] {
        stage
            .applied(&[paying(line, "created", at, amount), paying(line, "paid", at, amount)])
            .await;
    }
    stage
        .applied(&[refund("L2", "case", "2026-06-01T14:00:00+08:00", "100.00")])
        .await;
    stage
}

async fn csv(stage: &Stage, key: &str, path: &str) -> (u16, String) {
    let url = format!("{}{path}", stage.server.base);
    let response = stage.server.client.get(&url).bearer_auth(key).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap().replace('\r', ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_sees_spend_sales_and_cost_by_anchor_and_shop_and_an_agency_its_income_by_anchor() {
    let stage = traded().await;
    let (engine, book) = (&stage.server.engine, stage.server.book);
    let of = |kind, number| Some(PartyId::of(book, kind, number));
    let brand = issue(engine, book, Role::Brand, of(PartyKind::Brand, "B")).await;
    let agency = issue(engine, book, Role::Agency, of(PartyKind::Agency, "G")).await;
    let spend = "/v1/reports/brand-spend?format=csv";
    let (status, text) = csv(&stage, &brand, spend).await;
    assert_eq!(status, 200, "{text}");
    let rows: Vec<&str> = text.lines().skip(1).collect();
    // A: 1,000.00 and a penalty of 100.00, service 55.00, commission 10 % of 200.00.
    assert_eq!(
        rows,
        [
            "A,2,1100.00,55.00,2,200.00,20.00,1175.00,587.50,CNY",
            "C,1,200.00,10.00,0,0.00,0.00,210.00,,CNY"
        ],
        "{text}"
    );
    let (_, text) = csv(&stage, &brand, &format!("{spend}&by=shop")).await;
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "(none 无),3,1300.00,65.00,0,0.00,0.00,1365.00,,CNY",
            "Shop,0,0.00,0.00,2,200.00,20.00,20.00,10.00,CNY"
        ],
        "{text}"
    );
    let (_, text) = csv(&stage, &brand, &format!("{spend}&period=2026-07")).await;
    assert_eq!(text.lines().count(), 1, "nothing in July: {text}");
    // The agency's own part, of its anchor only; how a brand spends is not its business.
    let income = "/v1/reports/contract-income?format=csv";
    let (_, text) = csv(&stage, &agency, income).await;
    assert_eq!(
        text.lines().skip(1).collect::<Vec<_>>(),
        ["A,2,1100.00,330.00,CNY"],
        "{text}"
    );
    assert_eq!(csv(&stage, &agency, spend).await.0, 404);
    let (_, text) = csv(&stage, &stage.server.keys[&Role::Finance], &format!("{income}&party=C")).await;
    assert_eq!(
        text.lines().skip(1).collect::<Vec<_>>(),
        ["C,1,200.00,200.00,CNY"],
        "{text}"
    );
    let workbook = format!("{}/v1/reports/brand-spend?format=xlsx", stage.server.base);
    let response = stage
        .server
        .client
        .get(&workbook)
        .bearer_auth(&brand)
        .send()
        .await
        .unwrap();
    assert!(response.bytes().await.unwrap().starts_with(b"PK"));
}
