//! The life of a brief and a contract over HTTP: quotes, counter-quotes, awards, commission, agencies, retries.
//! It must never reach past the interface.

use fenzhang::domain::person::Role;
use serde_json::json;

use super::*;
use crate::acceptance::stage::{fact, paying};

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_quote_is_awarded_only_when_the_applicant_accepts_it() {
    let stage = Stage::open().await;
    brief(&stage, "b1", slot_fee(&["100.00"]), json!({"budget": cny("150.00")})).await;
    let quote = json!({"party": "A", "side": "anchor", "terms": slot_fee(&["200.00"]), "note": "two hours"});
    stage.accepted("/v1/briefs/b1/applications", quote).await;
    let award = "/v1/briefs/b1/applications/A/award";
    assert_eq!(
        stage.refused(award, json!({})).await,
        (409, "budget_exceeded".to_owned())
    );
    let counter = json!({"side": "brand", "terms": slot_fee(&["120.00"])});
    stage.accepted("/v1/briefs/b1/applications/A/quote", counter).await;
    assert_eq!(stage.refused(award, json!({})).await, (409, "quote_open".to_owned()));
    stage
        .accepted("/v1/briefs/b1/applications/A/accept-quote", json!({}))
        .await;
    stage
        .accepted("/v1/briefs/b1/applications/A/shortlist", json!({}))
        .await;
    let awarded = stage.accepted(award, json!({})).await;
    assert_eq!(awarded["contract"]["terms"]["needs"], cny("126.00"));
    assert_eq!(awarded["contract"]["allowed_actions"], json!(["mark-paid", "cancel"]));
    assert_eq!(awarded["contract"]["next_deadline"]["clock"], "funding");
    let view = stage.get("/v1/briefs/b1").await;
    assert_eq!(
        (&view["status"], &view["committed"]),
        (&json!("filled"), &cny("126.00"))
    );
    // Not funded in a day: the award lapses, the slot is free, another award is another contract.
    stage.clock("2026-06-02T12:00:00+08:00").await;
    let view = stage.get("/v1/briefs/b1").await;
    assert_eq!((&view["status"], &view["committed"]), (&json!("closed"), &cny("0.00")));
    let again = stage.accepted(award, json!({})).await;
    assert_ne!(again["id"], awarded["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_lapses_and_an_invited_brief_is_shown_to_nobody_else() {
    let stage = Stage::open().await;
    let hidden = json!({"visibility": "invited", "invitation": 3_600});
    brief(&stage, "b1", slot_fee(&["100.00"]), hidden).await;
    let apply = json!({"party": "A", "side": "anchor"});
    let path = "/v1/briefs/b1/applications";
    assert_eq!(stage.refused(path, apply.clone()).await, (404, "not_found".to_owned()));
    stage.accepted(path, json!({"party": "A", "side": "brand"})).await;
    stage.clock("2026-06-01T13:00:00+08:00").await;
    let view = stage.get("/v1/briefs/b1/applications").await;
    assert_eq!(view["applications"][0]["status"], "unanswered");
    stage.accepted(path, json!({"party": "A", "side": "brand"})).await;
    stage.accepted(path, apply).await;
    // Applications close, then the brief expires.
    stage.clock(CLOSES).await;
    assert_eq!(stage.get("/v1/briefs/b1").await["status"], "closed");
    stage.clock("2026-06-17T00:00:00+08:00").await;
    assert_eq!(stage.get("/v1/briefs/b1").await["status"], "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_is_awarded_assigns_an_anchor_and_the_share_in_force_at_the_assignment_counts() {
    let stage = Stage::open().await;
    brief(&stage, "b1", slot_fee(&["100.00"]), json!({"visibility": "agency"})).await;
    stage
        .accepted("/v1/briefs/b1/applications", json!({"party": "G", "side": "anchor"}))
        .await;
    stage
        .accepted("/v1/briefs/b1/applications/G/award", json!({"external_id": "c1"}))
        .await;
    done(&stage, "c1", "fund", json!({"amount": cny("105.00")})).await;
    let early = refused(&stage, "c1", "schedule", json!({})).await;
    assert_eq!(early, (409, "anchor_needed".to_owned()));
    stage.party("anchor", "stranger").await;
    let stranger = refused(&stage, "c1", "assign", json!({"anchor": "stranger"})).await;
    assert_eq!(stranger, (422, "not_a_member".to_owned()));
    done(&stage, "c1", "assign", json!({"anchor": "A"})).await;
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    stage.holds("G", &[("available", "30.00")]).await;
    stage.holds("A", &[("available", "70.00")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_fee_with_commission_brings_its_rule_and_both_stand_on_one_statement() {
    let stage = Stage::open().await;
    stage.rule("general", "0.1", json!({})).await;
    let window = json!({"items": [{"platform": "taobao", "item": "item"}], "rate": "0.2",
        "from": "2026-06-01T20:00:00+08:00", "to": "2026-06-01T22:00:00+08:00"});
    let form = json!({"kind": "slot_fee_commission", "commission": window});
    let terms = with(slot_fee(&["1000.00"]), json!({"form": form}));
    funded(&stage, "c1", terms.clone()).await;
    // The same anchor, item and hours cannot be sold twice.
    awarded(&stage, "c2", terms).await;
    let twice = refused(&stage, "c2", "fund", json!({"amount": cny("1050.00")})).await;
    assert_eq!(twice, (409, "rule_overlaps".to_owned()));
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    stage.clock("2026-06-20T00:00:00+08:00").await;
    stage.clicked("2026-06-01T20:10:00+08:00").await;
    let (ordered, settled) = ("2026-06-01T20:30:00+08:00", "2026-06-19T00:00:00+08:00");
    let facts = [
        paying("L1", "created", ordered, "100.00"),
        paying("L1", "paid", ordered, "100.00"),
        fact("L1", "received", settled),
        paying("L1", "settled", settled, "100.00"),
    ];
    stage.applied(&facts).await;
    // G 20.00: technical fee 2.00, live 4.00, agency 4.20, anchor 9.80; and 700.00 of the slot fee.
    stage.holds("A", &[("available", "709.80")]).await;
    let statement = stage.get("/v1/statements?party=A&period=2026-06").await;
    let texts: Vec<&str> = statement["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["text_zh"].as_str())
        .collect();
    assert_eq!(texts, ["V任务结算", "佣金结算"], "{statement}");
    assert_eq!(statement["sums"][0]["closing"], cny("709.80"));
    // Each of its lines is explained to the cent.
    for (line, amount) in statement["lines"].as_array().unwrap().iter().zip(["700.00", "9.80"]) {
        assert_eq!(line["amount"], cny(amount));
        let account = statement["account"].as_str().unwrap();
        let path = format!("/v1/explain/{}:{account}", line["position"]);
        let explained = stage.get(&path).await;
        assert_eq!(explained["consistent"], json!(true), "{explained}");
        assert!(
            explained.to_string().contains(&format!("\"amount\":\"{amount}\"")),
            "{explained}"
        );
    }
    // A month and its sheet show the fee as a brand contract, not as an adjustment.
    for (cell, amount) in [("services", "700.00"), ("settled", "9.80"), ("adjustments", "0.00")] {
        let path = format!("/v1/explain/statement?party=A&period=2026-06&cell={cell}");
        let explained = stage.get(&path).await;
        assert_eq!(explained["root"]["amount"], cny(amount), "{cell}: {explained}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_gives_the_first_answer_and_a_dry_run_writes_nothing() {
    let stage = Stage::open().await;
    awarded(&stage, "c1", slot_fee(&["100.00"])).await;
    let fund = json!({"amount": cny("105.00")});
    let dry = stage.accepted("/v1/contracts/c1/fund?dry_run=true", fund.clone()).await;
    assert_eq!((&dry["dry_run"], dry.get("contract")), (&json!(true), None));
    stage.holds("B", &[]).await;
    let server = &stage.server;
    let (_, first) = server.post(Role::Owner, "/v1/contracts/c1/fund", "same", &fund).await;
    let (status, again) = server.post(Role::Owner, "/v1/contracts/c1/fund", "same", &fund).await;
    assert_eq!((status, &again["replayed"]), (200, &json!(true)));
    assert_eq!(first["contract"], again["contract"]);
    let paid =
        json!({"amount": cny("105.00"), "channel": "vtask", "reference": "VT-1", "at": "2026-06-01T11:00:00+08:00"});
    let after = done(&stage, "c1", "mark-paid", paid).await;
    assert_eq!(after["escrow"]["paid"], cny("105.00"));
    // As it stood before.
    let position = first["position"].as_i64().unwrap();
    let before = stage
        .get(&format!("/v1/contracts/c1?at_position={}", position - 1))
        .await;
    assert_eq!(
        (&before["phase"], &before["escrow"]["held"]),
        (&json!("awarded"), &cny("0.00"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_terms_are_refused_with_every_field_named() {
    let stage = Stage::open().await;
    let wrong = json!({"form": {"kind": "hourly"}, "deliverables": [{"name": "x", "fee": {"amount": "1.0", "currency": "CNY"}}],
        "service_fee": "5"});
    let body = json!({"brand": "B", "brief": {"title": "t", "terms": wrong, "closes_at": CLOSES}});
    let (status, answer) = stage.post("/v1/briefs", body).await;
    let fields: Vec<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["pointer"].as_str())
        .collect();
    assert_eq!(status, 422);
    assert_eq!(
        fields,
        [
            "/brief/terms/form/rate",
            "/brief/terms/deliverables/0/fee/amount",
            "/brief/terms/service_fee"
        ]
    );
}
