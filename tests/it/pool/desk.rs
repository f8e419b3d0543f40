//! Submissions, running orders, selections, watches and the joined view over HTTP.
//! It must never look into the service: only what it answers.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::search::shown;
use crate::acceptance::stage::{Stage, cny, with};

/// A submission of brand B for anchor A's show of 18 June.
async fn submitted(stage: &Stage, number: &str, item: &str, more: Value) -> Value {
    let terms = json!({
        "title": "防晒乳液", "category": "美妆", "show_at": "2026-06-18T20:00:00+08:00", "show": "618",
        "daily_price": cny("129.00"), "live_price": cny("99.90"), "commission": "0.25", "stock": 1000,
        "gifts": ["旅行装"], "link": "https://example.com/1", "ships_within": 48, "protection_days": 15,
        "qualifications": [{"kind": "化妆品备案", "expires": "2027-01-01T00:00:00+08:00"}],
    });
    let body = json!({"external_id": number, "by": "B", "anchor": "A", "entry": item, "terms": with(terms, more)});
    stage.accepted("/v1/submissions", body).await["submission"].clone()
}

async fn act(stage: &Stage, number: &str, action: &str, body: Value) -> Value {
    stage
        .accepted(&format!("/v1/submissions/{number}/{action}"), body)
        .await["submission"]
        .clone()
}

fn codes(view: &Value) -> Vec<&str> {
    let clashes = view["clashes"].as_array().unwrap();
    clashes.iter().map(|clash| clash["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_reviewed_with_its_clashes_placed_exported_and_closed_by_a_stock_out() {
    let stage = Stage::open().await;
    let item = shown(&stage, "item", "防晒乳液", "129.00", json!({})).await;
    let other = shown(&stage, "other", "隔离防晒", "89.00", json!({})).await;
    let first = submitted(&stage, "S1", &item, json!({"exclusive_days": 3})).await;
    assert_eq!((codes(&first), &first["status"]), (vec![], &json!("submitted")));
    assert_eq!(first["commission_per_unit"], cny("24.98"));
    act(&stage, "S1", "approve", json!({})).await;
    act(&stage, "S1", "place", json!({"place": 2})).await;
    // The same goods two days later in the same week, by another brand's rival, without its licence, with one that ends before.
    stage.party("brand", "C").await;
    let again = json!({"show_at": "2026-06-20T20:00:00+08:00", "by": "C", "qualifications": [
        {"kind": "质检报告", "expires": "2026-06-19T00:00:00+08:00"}]});
    let same = submitted(
        &stage,
        "S2",
        &item,
        again
            .as_object()
            .map(|more| {
                let mut more = more.clone();
                more.remove("by");
                Value::Object(more)
            })
            .unwrap(),
    )
    .await;
    assert_eq!(codes(&same), ["same_item", "licence_missing", "qualification_expired"]);
    let rival = json!({
        "external_id": "S3", "by": "C", "anchor": "A", "entry": other,
        "terms": {"title": "隔离防晒", "category": "美妆", "show_at": "2026-06-20T21:00:00+08:00", "show": "620",
            "daily_price": cny("89.00"), "live_price": cny("79.00"), "commission": "0.3", "stock": 10,
            "qualifications": [{"kind": "化妆品备案"}]},
    });
    let rival = stage.accepted("/v1/submissions", rival).await["submission"].clone();
    assert_eq!(codes(&rival), ["rival_exclusive"]);
    let refused = stage.refused("/v1/submissions/S3/approve", json!({})).await;
    assert_eq!(refused, (409, "submission_clashes".to_owned()));
    let taken = act(&stage, "S3", "approve", json!({"despite": ["rival_exclusive"]})).await;
    assert_eq!(taken["status"], "approved");
    act(&stage, "S3", "place", json!({"place": 1})).await;
    act(&stage, "S2", "refuse", json!({"reason": "同周重复"})).await;
    // The running order of both shows, in order of place; as CSV with links.
    let order = stage.get("/v1/running-order?anchor=A&from=2026-06-01T00:00:00Z").await;
    let titles: Vec<&str> = order["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[3].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["隔离防晒", "防晒乳液"]);
    let url = format!("{}/v1/running-order?anchor=A&show=618&format=csv", stage.server.base);
    let csv = stage
        .server
        .client
        .get(&url)
        .bearer_auth(&stage.server.keys[&Role::Owner])
        .send()
        .await
        .unwrap();
    let csv = csv.text().await.unwrap();
    assert!(
        csv.contains("https://example.com/1") && csv.contains("99.90") && csv.lines().count() == 2,
        "{csv}"
    );
    let url = url.replace("csv", "xlsx");
    let xlsx = stage
        .server
        .client
        .get(&url)
        .bearer_auth(&stage.server.keys[&Role::Owner])
        .send()
        .await
        .unwrap();
    assert!(xlsx.bytes().await.unwrap().starts_with(b"PK"));
    // 37 units at 99.90 and a quarter of it: 924.08.
    let closed = act(&stage, "S1", "close", json!({"closed": "stock_out", "unmet": 37})).await;
    assert_eq!(
        (&closed["closed"], &closed["lost"]),
        (&json!("stock_out"), &cny("924.08"))
    );
    let report = stage.get("/v1/reports/submissions").await;
    assert!(
        report["rows"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["lost"] == "924.08"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_of_a_submission_does_its_own_part_and_strangers_find_nothing() {
    let stage = Stage::open().await;
    let item = shown(&stage, "item", "防晒乳液", "129.00", json!({})).await;
    // The harness's own brand, agency and anchor.
    let (brand, anchor) = (stage.server.parties[&Role::Brand], stage.server.parties[&Role::Anchor]);
    let body = json!({
        "anchor": anchor, "entry": item,
        "terms": {"title": "防晒乳液", "show_at": "2026-06-18T20:00:00+08:00", "daily_price": cny("129.00"),
            "live_price": cny("99.90"), "commission": "0.25", "stock": 1000},
    });
    let (status, made) = stage.server.post(Role::Brand, "/v1/submissions", "s1", &body).await;
    assert_eq!(
        (status, made["submission"]["by"].as_str()),
        (201, Some(brand.to_string().as_str())),
        "{made}"
    );
    let path = format!("/v1/submissions/{}", made["submission"]["submission"].as_str().unwrap());
    let (status, _) = stage.server.get(Role::Agency, &path).await;
    assert_eq!(status, 404);
    let own = stage
        .server
        .post(Role::Brand, &format!("{path}/approve"), "s2", &json!({}))
        .await;
    assert_eq!((own.0, own.1["code"].as_str()), (403, Some("not_this_side")));
    let taken = stage
        .server
        .post(Role::Anchor, &format!("{path}/approve"), "s3", &json!({}))
        .await;
    assert_eq!(
        (taken.0, taken.1["submission"]["status"].as_str()),
        (200, Some("approved")),
        "{}",
        taken.1
    );
    let back = stage
        .server
        .post(
            Role::Brand,
            &format!("{path}/withdraw"),
            "s4",
            &json!({"reason": "缺货"}),
        )
        .await;
    assert_eq!(
        (back.0, back.1["submission"]["closed"].as_str()),
        (200, Some("withdrawn")),
        "{}",
        back.1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_fires_once_for_a_new_price_and_says_what_changed_since_it_was_set() {
    let stage = Stage::open().await;
    let item = shown(&stage, "item", "防晒乳液", "129.00", json!({"stock": 50})).await;
    let set = json!({"entry": item, "of": ["price", "rate"]});
    let (status, made) = stage.server.post(Role::Anchor, "/v1/watches", "w1", &set).await;
    assert_eq!(status, 201, "{made}");
    let seen = async || {
        stage.server.engine.rate_pool().await.unwrap();
        stage.server.get(Role::Anchor, "/v1/watches").await.1["watches"][0].clone()
    };
    // Stock alone is not watched.
    let pool = format!("/v1/products/{item}/pool");
    stage
        .accepted(&pool, json!({"price": cny("129.00"), "stock": 40}))
        .await;
    assert_eq!(seen().await["fired"], 0);
    stage
        .accepted(&pool, json!({"price": cny("119.00"), "stock": 40}))
        .await;
    stage.rule("general", "0.2", json!({})).await;
    let after = seen().await;
    assert_eq!(after["changed"], json!(["price", "rate"]), "{after}");
    assert_eq!(
        (&after["set"]["price"], &after["seen"]["price"]),
        (&cny("129.00"), &cny("119.00"))
    );
    let fired = after["fired"].clone();
    assert_eq!(seen().await["fired"], fired);
    stage.accepted(&format!("{pool}/withdraw"), json!({})).await;
    assert_eq!(seen().await["changed"], json!(["price", "rate", "listed"]));
    // Nobody else sees or drops it.
    assert_eq!(
        stage.server.get(Role::Agency, "/v1/watches").await.1["watches"],
        json!([])
    );
    let path = format!("/v1/watches/{}", made["id"].as_str().unwrap());
    let drop = |role, key: &'static str| {
        stage
            .server
            .request(role, "DELETE", &path)
            .header("Idempotency-Key", key)
            .send()
    };
    assert_eq!(drop(Role::Agency, "w2").await.unwrap().status(), 404);
    assert_eq!(drop(Role::Anchor, "w3").await.unwrap().status(), 200);
    assert_eq!(
        stage.server.get(Role::Anchor, "/v1/watches").await.1["watches"],
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_keeps_its_order_shows_entries_as_they_stand_and_is_its_owners_alone() {
    let stage = Stage::open().await;
    let one = shown(&stage, "item", "防晒乳液", "129.00", json!({})).await;
    let two = shown(&stage, "other", "补水面膜", "59.00", json!({})).await;
    let body = json!({"name": "618", "entries": [two, one], "query": "text=防晒"});
    let (status, made) = stage.server.post(Role::Anchor, "/v1/selections", "c1", &body).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/v1/selections/{}", made["id"].as_str().unwrap());
    stage
        .accepted(&format!("/v1/products/{two}/pool/withdraw"), json!({}))
        .await;
    let view = stage.server.get(Role::Anchor, &path).await.1;
    let listed: Vec<bool> = view["shown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["listed"].as_bool().unwrap())
        .collect();
    assert_eq!((listed, &view["entries"]), (vec![false, true], &json!([two, one])));
    assert_eq!(stage.server.get(Role::Agency, &path).await.0, 404);
    let unknown = json!({"name": "x", "entries": ["itm_00000000000000000000000000000001"]});
    let (status, refused) = stage.server.post(Role::Anchor, "/v1/selections", "c2", &unknown).await;
    assert_eq!((status, refused["code"].as_str()), (404, Some("not_found")));
    let request = stage
        .server
        .request(Role::Anchor, "DELETE", &path)
        .header("Idempotency-Key", "c3");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(
        stage.server.get(Role::Anchor, "/v1/selections").await.1["selections"],
        json!([])
    );
    let mut client = stage.server.db.client().await;
    let logs = fenzhang::store::books::of_book(&client, stage.server.book)
        .await
        .unwrap()
        .unwrap();
    let rebuilt = fenzhang::store::rebuild::rebuild(&mut client, logs.money, false)
        .await
        .unwrap();
    assert_eq!(rebuilt.comparison.differences, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_joined_with_the_best_rule_for_me_and_what_it_earned_me() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let named = json!({"subjects": ["G"]});
    let rule = stage.rule("targeted", "0.3", named).await;
    let item = shown(&stage, "item", "防晒乳液", "100.00", json!({})).await;
    stage.clicked("2026-06-01T09:00:00+08:00").await;
    let facts = [
        crate::acceptance::stage::fact("L1", "created", "2026-06-01T10:00:00+08:00"),
        crate::acceptance::stage::paying("L1", "paid", "2026-06-01T10:01:00+08:00", "100.00"),
    ];
    stage.applied(&facts).await;
    // A is of agency G, which the rule names: 30.00 and, less 10 % and 20 %, 21.00 for both.
    let view = stage.get(&format!("/v1/pool/{item}?party=A")).await;
    assert_eq!(view["rate"], "0.2");
    assert_eq!(
        (view["best_rule"]["rule"].as_str(), &view["best_rule"]["rate"]),
        (Some(rule.as_str()), &json!("0.3"))
    );
    assert_eq!(
        (&view["best_rule"]["commission"], &view["best_rule"]["left"]),
        (&cny("30.00"), &cny("21.00"))
    );
    // The agency keeps 30 % of 21.00.
    assert_eq!(view["mine"][0]["earned"], cny("14.70"));
    assert_eq!(
        (&view["mine"][0]["lines"], &view["mine"][0]["refund_rate"]),
        (&json!(1), &json!("0.000"))
    );
    // What fewer than five others did is not told.
    assert_eq!(view.get("others"), None);
    let stranger = stage.server.get(Role::Anchor, &format!("/v1/pool/{item}")).await.1;
    assert_eq!(
        (&stranger["best_rule"]["rate"], &stranger["mine"]),
        (&json!("0.2"), &json!([]))
    );
    assert_eq!(stage.server.get(Role::Brand, &format!("/v1/pool/{item}")).await.0, 404);
}
