//! Rules in time: AT-13, AT-29, AT-30, and nasty cases 5, 6, 38.
//! It must never leave an instant between two rules undecided.

use serde_json::{Value, json};

use super::stage::{Stage, fact, paying, refund, with};

/// Created and paid; credited to the anchor by the platform's own word.
fn sale(line: &str, created: &str, paid: &str, amount: &str) -> [Value; 2] {
    [
        paying(line, "created", created, amount),
        paying(line, "paid", paid, amount),
    ]
    .map(|fact| with(fact, json!({"promoter": "A"})))
}

#[tokio::test(flavor = "multi_thread")]
async fn at_13_and_case_38_a_live_exclusive_rate_holds_until_the_very_instant_of_its_end() {
    let stage = Stage::open().await;
    stage.rule("general", "0.12", json!({})).await;
    let live = json!({"subjects": ["A"], "from": "2026-05-20T20:00:00+08:00", "to": "2026-05-20T22:00:00+08:00"});
    stage.rule("live_exclusive", "0.35", live).await;
    let paid = "2026-05-20T22:05:00+08:00";
    stage
        .applied(&sale("1", "2026-05-20T21:59:59+08:00", paid, "268.00"))
        .await;
    stage.estimated(["9.38", "18.76", "19.70", "45.96", "-93.80"]).await;
    stage
        .applied(&sale("2", "2026-05-20T22:00:00+08:00", paid, "268.00"))
        .await;
    // 32.16, 3.22, 6.43, 6.75, 15.76 on top.
    stage.estimated(["12.60", "25.19", "26.45", "61.72", "-125.96"]).await;
    stage
        .applied(&sale("3", "2026-05-20T20:00:00+08:00", paid, "268.00"))
        .await;
    assert_eq!(
        stage.pockets("B").await["estimated:commission"],
        "-219.76",
        "the start belongs to the window"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_29_the_first_two_items_take_the_rate_and_a_refund_gives_none_back() {
    let stage = Stage::open().await;
    stage.rule("general", "0.1", json!({})).await;
    stage.rule("first_n", "0.3", json!({"first_n": 2})).await;
    let at = "2026-05-20T12:00:00+08:00";
    for (line, debit) in [("1", "-30.00"), ("2", "-60.00"), ("3", "-70.00")] {
        stage.applied(&sale(line, at, at, "100.00")).await;
        assert_eq!(stage.pockets("B").await["estimated:commission"], debit, "line {line}");
    }
    let back = with(
        refund("1", "c1", "2026-05-22T12:00:00+08:00", "100.00"),
        json!({"promoter": "A"}),
    );
    stage.applied(&[back]).await;
    assert_eq!(stage.pockets("B").await["estimated:commission"], "-40.00");
    stage.applied(&sale("4", at, at, "100.00")).await;
    assert_eq!(
        stage.pockets("B").await["estimated:commission"],
        "-50.00",
        "N is not given back"
    );
    let lost = stage.line("4").await;
    let why = stage
        .get(&format!("/v1/explain/{}", lost["line"].as_str().unwrap()))
        .await;
    assert!(why.to_string().contains("n_exhausted"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_30_a_cut_waits_for_midnight_a_raise_does_not_and_a_closed_plan_pays_until_then() {
    let stage = Stage::open().await;
    let rule = stage.rule("general", "0.2", json!({})).await;
    let plan = stage
        .rule(
            "targeted",
            "0.5",
            json!({"subjects": ["A"], "from": "2026-06-03T00:00:00+08:00"}),
        )
        .await;
    let version = |rate: &str| json!({"currency": "CNY", "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": rate}});
    let path = format!("/v1/rules/{rule}/versions");
    // A cut asked for at 18:00.
    stage.clock("2026-06-01T18:00:00+08:00").await;
    stage.accepted(&path, version("0.15")).await;
    stage.clock("2026-06-02T18:00:00+08:00").await;
    let mut debit = 0;
    let mut expect = async |line: &str, at: &str, gross: i64| {
        stage.applied(&sale(line, at, at, "100.00")).await;
        debit += gross;
        let found = stage.pockets("B").await["estimated:commission"].clone();
        assert_eq!(found, format!("-{debit}.00"), "{line} at {at}");
    };
    expect("1", "2026-06-01T23:59:59+08:00", 20).await;
    expect("2", "2026-06-02T00:00:00+08:00", 15).await;
    // A raise asked for at 18:00.
    stage.accepted(&path, version("0.25")).await;
    expect("3", "2026-06-02T17:59:59.999999+08:00", 15).await;
    expect("4", "2026-06-02T18:00:00+08:00", 25).await;
    // A targeted plan closed at 18:00.
    stage.clock("2026-06-03T18:00:00+08:00").await;
    stage.accepted(&format!("/v1/rules/{plan}/end"), json!({})).await;
    stage.clock("2026-06-04T06:00:00+08:00").await;
    expect("5", "2026-06-03T23:59:59+08:00", 50).await;
    expect("6", "2026-06-04T00:00:00+08:00", 25).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_05_a_rule_changed_between_click_order_and_payment_counts_as_it_stood_at_the_order() {
    let stage = Stage::open().await;
    let rule = stage.rule("general", "0.1", json!({})).await;
    let path = format!("/v1/rules/{rule}/versions");
    let version = |rate: &str| json!({"currency": "CNY", "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": rate}});
    stage.clicked("2026-06-01T12:00:00+08:00").await;
    stage.clock("2026-06-01T13:00:00+08:00").await;
    stage.accepted(&path, version("0.2")).await;
    stage.clock("2026-06-01T14:00:00+08:00").await;
    stage
        .applied(&[paying("1", "created", "2026-06-01T14:00:00+08:00", "100.00")])
        .await;
    stage.clock("2026-06-01T15:00:00+08:00").await;
    stage.accepted(&path, version("0.3")).await;
    stage.clock("2026-06-01T16:00:00+08:00").await;
    stage
        .applied(&[paying("1", "paid", "2026-06-01T16:00:00+08:00", "100.00")])
        .await;
    let estimate = ["2.00", "4.00", "4.20", "9.80", "-20.00"];
    stage.estimated(estimate).await;
    let line = stage.line("1").await;
    assert_eq!(
        (&line["rule"]["rule"], &line["rule"]["version"]),
        (&json!(rule), &json!(2)),
        "{line}"
    );
    stage.accepted(&path, version("0.4")).await;
    stage
        .applied(&[fact("1", "settled", "2026-06-01T16:00:00+08:00")])
        .await;
    stage.available(estimate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_06_of_two_overlapping_exclusive_rules_from_two_servers_one_stands() {
    let stage = Stage::open().await;
    let second = crate::http::server::second(&stage.server).await;
    for round in 0..5 {
        let post = |base: String, key: String| {
            let body = json!({
                "brand": "B", "kind": "exclusive", "currency": "CNY",
                "scope": {"platform": "taobao", "item": format!("item{round}")},
                "terms": {"from": "2026-06-10T00:00:00+08:00", "rate": "0.3", "subjects": ["A"]},
            });
            let request = stage.server.client.post(format!("{base}/v1/rules")).json(&body);
            let owner = &stage.server.keys[&fenzhang::domain::person::Role::Owner];
            let request = request.bearer_auth(owner).header("Idempotency-Key", key);
            async move { crate::http::server::read(request.send().await.unwrap()).await }
        };
        let (one, other) = futures_util::future::join(
            post(stage.server.base.clone(), format!("one{round}")),
            post(second.base.clone(), format!("other{round}")),
        )
        .await;
        let (won, lost) = if one.0 == 201 { (one, other) } else { (other, one) };
        assert_eq!(
            (won.0, lost.0, &lost.1["code"]),
            (201, 409, &json!("rule_overlaps")),
            "{won:?} {lost:?}"
        );
        assert!(
            lost.1.to_string().contains(won.1["id"].as_str().unwrap()),
            "names what stands: {}",
            lost.1
        );
    }
}
