//! Scripted anchors of a sandbox: what they do while its clock moves, that it is the same twice, and nowhere else.
//! It must never ask anything for a scripted anchor.

use fenzhang::base::{BookId, Zone};
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::Command;
use fenzhang::domain::party::Script;
use fenzhang::domain::person::Role;
use fenzhang::engine::{EngineError, Meta};
use fenzhang::money::Currency;
use serde_json::json;

use super::race::verified;
use super::*;

const SCRIPTS: [&str; 5] = ["steady", "pricey", "late", "disputes", "silent"];

/// Anchors named by their scripts.
async fn cast(stage: &Stage) {
    for script in SCRIPTS {
        stage.party("anchor", script).await;
        let path = format!("/v1/parties/{script}/script");
        stage.accepted(&path, json!({"script": script})).await;
    }
}

/// A brief with five slots that the scripted anchors apply for, each awarded and funded on what it asks.
async fn five(stage: &Stage) {
    cast(stage).await;
    let mut terms = slot_fee(&["100.00"]);
    terms["deliverables"][0]["due"] = json!("2026-06-08T12:00:00+08:00");
    brief(stage, "P", terms, json!({"slots": 5})).await;
    stage.clock("2026-06-02T12:00:00+08:00").await;
    for script in SCRIPTS {
        let path = format!("/v1/briefs/P/applications/{script}/award");
        let body = json!({"external_id": script, "fund": true});
        let after = stage.accepted(&path, body).await;
        assert_eq!(after["contract"]["phase"], "funded", "{after}");
    }
}

async fn status(stage: &Stage, number: &str) -> String {
    let view = stage.get(&format!("/v1/contracts/{number}")).await;
    view["deliverables"][0]["status"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn scripted_anchors_apply_deliver_delay_and_dispute_while_the_clock_moves() {
    let stage = Stage::open().await;
    five(&stage).await;
    // Each at its own time from the posting, whoever came before.
    let times: Vec<String> = told(&stage)
        .await
        .into_iter()
        .filter(|one| one.0 == "brief.applied")
        .map(|one| one.1)
        .collect();
    let hours = (5..10).map(|hour| format!("2026-06-01T{hour:02}:00:00.000000Z"));
    assert_eq!(times, hours.collect::<Vec<_>>());
    // What is played says so, to the brand too.
    let seen = stage.get("/v1/briefs/P").await;
    let applications = seen["applications"].as_array().unwrap();
    let order: Vec<&str> = applications
        .iter()
        .map(|one| one["who"]["external_id"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["steady", "late", "pricey", "disputes", "silent"]);
    for one in applications {
        assert_eq!(one["who"]["scripted"]["script"], one["who"]["external_id"], "{one}");
    }
    let pricey = stage.get("/v1/contracts/pricey").await;
    assert_eq!(pricey["terms"]["deliverables"][0]["fee"], cny("120.00"));
    assert_eq!(pricey["who"][1]["scripted"]["script"], "pricey");
    stage.clock("2026-06-04T12:00:00+08:00").await;
    let mut found = Vec::new();
    for script in SCRIPTS {
        found.push(status(&stage, script).await);
    }
    assert_eq!(found, ["delivered", "delivered", "scheduled", "delivered", "scheduled"]);
    done(&stage, "steady", "request-revision", json!({"reason": "no link"})).await;
    done(&stage, "disputes", "request-revision", json!({"reason": "no link"})).await;
    stage.clock("2026-06-10T12:00:00+08:00").await;
    let late = stage.get("/v1/contracts/late").await;
    let told: Vec<&str> = late["story"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert!(
        told.contains(&"contract.overdue") && told.contains(&"contract.delivered"),
        "{told:?}"
    );
    assert_eq!(status(&stage, "steady").await, "delivered");
    assert_eq!(status(&stage, "silent").await, "scheduled");
    let disputed = stage.get("/v1/contracts/disputes").await;
    assert_eq!(disputed["deliverables"][0]["status"], "disputed");
    assert_eq!(disputed["story"].as_array().unwrap().last().unwrap()["by"], "anchor");
    // Nobody had to ask for them, and the log says that nobody did.
    let events = stage.get("/v1/events?limit=1000").await;
    let played = events["events"].as_array().unwrap().iter();
    let played: Vec<_> = played
        .filter(|event| event["actor"]["party"].is_string() && event["actor"]["key"].is_null())
        .collect();
    let kinds: std::collections::BTreeSet<&str> = played.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let all = [
        "brief.applied",
        "contract.delivered",
        "contract.disputed",
        "contract.scheduled",
        "contract.statement_made",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
    verified(&stage).await;
}

/// Kind and times of everything on briefs and contracts.
async fn told(stage: &Stage) -> Vec<(String, String, String)> {
    let events = stage.get("/v1/events?limit=1000").await;
    let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
    let all = events["events"].as_array().unwrap().iter();
    let of_vtask = all.filter(|event| {
        let kind = event["kind"].as_str().unwrap();
        kind.starts_with("brief.") || kind.starts_with("contract.")
    });
    of_vtask
        .map(|event| {
            (
                text(event, "kind"),
                text(event, "occurred_at"),
                text(event, "recorded_at"),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_calls_give_the_same_moves_whether_the_clock_goes_in_one_step_or_in_many() {
    let (first, second) = (Stage::open().await, Stage::open().await);
    for (stage, hours) in [(&first, 24 * 10), (&second, 31)] {
        five(stage).await;
        let mut at: fenzhang::base::Instant = "2026-06-02T12:00:00+08:00".parse().unwrap();
        let end = at.plus_days(10);
        while at < end {
            at = at.plus_seconds(hours * 3_600).min(end);
            stage.clock(&at.to_string()).await;
        }
    }
    let (first, second) = (told(&first).await, told(&second).await);
    assert!(first.len() > 25, "{first:?}");
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_book_has_no_scripts_and_a_reset_sandbox_keeps_its_cast() {
    let stage = Stage::open().await;
    let (engine, live) = (&stage.server.engine, BookId(uuid::Uuid::now_v7()));
    let opened = BookOpened {
        book: live,
        name: "live".parse().unwrap(),
        perspective: Perspective::Platform,
        mode: BookMode::Live,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 1,
    };
    engine.open_book(opened, None, Meta::system("test")).await.unwrap();
    let party = crate::http::server::register(engine, live, fenzhang::base::PartyKind::Anchor).await;
    let script = Some(Script::Steady);
    let asked = Command::ScriptParty { party, script };
    match engine.submit(live, asked, Meta::system("test")).await {
        Err(EngineError::Refused(refusal)) => assert_eq!(refusal.code, "not_a_sandbox"),
        other => panic!("{other:?}"),
    }
    // Nor may a party ask for it, nor is anybody but an anchor played.
    cast(&stage).await;
    let wrong = stage.refused("/v1/parties/B/script", json!({"script": "steady"})).await;
    assert_eq!(wrong, (422, "party_kind".to_owned()));
    let body = json!({"script": null});
    let (code, _) = stage
        .server
        .post(Role::Brand, "/v1/parties/steady/script", "k", &body)
        .await;
    assert_eq!(code, 403);
    let path = format!("/v1/books/{}/reset", stage.server.book);
    stage.accepted(&path, json!({})).await;
    stage.server.engine.stop().await;
    let after = stage.server.db.client().await;
    let logs = fenzhang::store::books::of_book(&after, stage.server.book)
        .await
        .unwrap()
        .unwrap();
    let kept = fenzhang::store::scripted::parties(&after, logs.money).await.unwrap();
    assert_eq!(kept.len(), SCRIPTS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_made_up_for_a_contract_and_split_with_its_slot_fee() {
    let stage = Stage::open().await;
    let items = json!([{"platform": "taobao", "item": "item"}]);
    stage
        .accepted(
            "/v1/products",
            json!({"platform": "taobao", "external_id": "item", "shop": "shop"}),
        )
        .await;
    let window =
        json!({"items": items, "rate": "0.2", "from": "2026-06-01T12:00:00+08:00", "to": "2026-06-09T00:00:00+08:00"});
    let form = json!({"form": {"kind": "slot_fee_commission", "commission": window}});
    funded(&stage, "c1", with(slot_fee(&["1000.00"]), form)).await;
    let sales = json!({"external_id": "S-1", "orders": 3, "refunds": 1, "settled": true, "amount": cny("100.00"),
        "at": "2026-06-01T12:00:00+08:00"});
    let told = stage.accepted("/v1/contracts/c1/sample-sales", sales.clone()).await;
    assert_eq!(told["facts"].as_array().unwrap().len(), 3 * 2 + 1 + 2 * 2, "{told}");
    stage.clock("2026-06-30T12:00:00+08:00").await;
    // Two orders of 100.00 at 20 %: 40.00, less 4.00 and 8.00; the agency keeps 30 % of 28.00.
    stage.holds("A", &[("available", "19.60")]).await;
    stage.holds("G", &[("available", "8.40")]).await;
    // Told again under another key they are the same orders.
    let again = stage.accepted("/v1/contracts/c1/sample-sales", sales).await;
    assert!(
        again["facts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|fact| fact["replayed"] == true),
        "{again}"
    );
    stage.holds("A", &[("available", "19.60")]).await;
    let many = json!({"external_id": "S-2", "orders": 3, "refunds": 4, "amount": cny("100.00"), "at": "2026-06-01T12:00:00+08:00"});
    let wrong = stage.refused("/v1/contracts/c1/sample-sales", many).await;
    assert_eq!(wrong.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_may_be_asked_next_and_takes_the_brands_own_numbers() {
    let stage = Stage::open().await;
    let mut terms = slot_fee(&["10.00", "20.00"]);
    for (n, own) in ["D-1", "D-2"].into_iter().enumerate() {
        terms["deliverables"][n]["external_id"] = json!(own);
    }
    let says = json!({"title": "t", "terms": terms, "closes_at": CLOSES});
    let drafted = json!({"external_id": "P", "brand": "B", "brief": says, "post": true});
    let posted = stage.accepted("/v1/briefs", drafted).await["brief"].clone();
    assert_eq!(
        (&posted["status"], &posted["next_deadline"]["clock"]),
        (&json!("posted"), &json!("close"))
    );
    let body = json!({"party": "A", "side": "anchor", "external_id": "OFFER-7"});
    let applied = stage.accepted("/v1/briefs/P/applications", body).await;
    assert_eq!(applied["brief"]["applications"][0]["external_id"], "OFFER-7");
    assert_eq!(applied["brief"]["applications"][0]["who"]["name"], "A");
    let award = json!({"external_id": "C", "fund": true});
    let contract = stage.accepted("/v1/briefs/P/applications/A/award", award).await["contract"].clone();
    assert_eq!(contract["escrow"]["held"], cny("31.50"));
    assert_eq!(contract["deliverables"][1]["external_id"], "D-2");
    let after = done(&stage, "C", "schedule", json!({"deliverable": "D-2"})).await;
    assert_eq!(after["deliverables"][1]["status"], "scheduled");
    // A refusal says what may be asked instead.
    let body = json!({"deliverable": "D-1", "side": "anchor", "evidence": []});
    let (status, told) = stage.post("/v1/contracts/C/deliver", body).await;
    assert_eq!((status, &told["code"]), (409, &json!("not_scheduled")), "{told}");
    let instead = told["allowed_actions"].as_array().unwrap();
    assert!(
        instead.contains(&json!("deliver")) && instead.contains(&json!("schedule")),
        "{told}"
    );
    let (status, told) = stage.post("/v1/contracts/C/pay", json!({})).await;
    assert_eq!((status, &told["code"]), (404, &json!("action_unknown")));
    let statement = stage.get("/v1/statements?party=B&period=2026-06").await;
    assert_eq!(statement["lines"][0]["contract_no"], "C", "{statement}");
    let of_brief = stage.get("/v1/contracts?brief=P").await;
    assert_eq!(of_brief["contracts"][0]["external_id"], "C");
    let unknown = refused(&stage, "C", "schedule", json!({"deliverable": "D-3"})).await;
    assert_eq!(unknown, (422, "deliverable_unknown".to_owned()));
    let briefs = stage.get("/v1/briefs").await;
    let row = &briefs["briefs"][0];
    assert_eq!(
        (&row["status"], &row["allowed_actions"]),
        (&json!("filled"), &json!([]))
    );
    let contracts = stage.get("/v1/contracts").await;
    let row = &contracts["contracts"][0];
    assert_eq!(row["allowed_actions"], after["allowed_actions"], "{row}");
    let mut twice = slot_fee(&["10.00", "20.00"]);
    for n in 0..2 {
        twice["deliverables"][n]["external_id"] = json!("D-1");
    }
    let says = json!({"title": "t", "terms": twice, "closes_at": CLOSES});
    let refusal = stage.refused("/v1/briefs", json!({"brand": "B", "brief": says})).await;
    assert_eq!(refusal, (422, "number_twice".to_owned()));
    let actions = stage.get("/v1/vtask/actions").await;
    let words = actions["actions"].as_array().unwrap();
    let open = after["allowed_actions"].as_array().unwrap().iter();
    assert!(
        open.clone().all(|word| words.iter().any(|one| one["action"] == *word)),
        "{after}"
    );
}
