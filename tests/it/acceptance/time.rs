//! Clocks, zones and restarts: nasty cases 21 to 24 and 36.
//! It must never depend on the zone of the host.

use fenzhang::domain::person::Role;
use serde_json::json;

use super::stage::{Stage, fact, paying, with};

#[tokio::test(flavor = "multi_thread")]
async fn case_21_the_last_millisecond_of_a_year_is_december_and_the_next_is_january() {
    let stage = Stage::bare().await;
    let terms = json!({"name": "old", "settleable": {"platform_settled": true}, "window_seconds": 1});
    let formula = json!({"effective_from": "2025-01-01T00:00:00+08:00", "terms": terms});
    stage.accepted("/v1/formulas", formula).await;
    stage
        .rule("general", "0.1", json!({"from": "2025-01-01T00:00:00+08:00"}))
        .await;
    for (line, settled) in [("1", "2025-12-31T15:59:59.999Z"), ("2", "2025-12-31T16:00:00.000Z")] {
        let facts = [
            paying(line, "created", "2025-12-30T12:00:00+08:00", "100.00"),
            paying(line, "paid", "2025-12-30T12:00:00+08:00", "100.00"),
            fact(line, "settled", settled),
        ]
        .map(|fact| with(fact, json!({"promoter": "A"})));
        stage.applied(&facts).await;
    }
    for (period, line) in [("2025-12", "1"), ("2026-01", "2")] {
        let statement = stage.get(&format!("/v1/statements?party=A&period={period}")).await;
        let lines = statement["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 1, "{statement}");
        assert_eq!(lines[0]["line_no"], line, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_22_a_summer_time_of_1988_comes_from_the_zone_database() {
    let stage = Stage::open().await;
    stage
        .tell(&[paying("1", "created", "1988-06-30T15:30:00Z", "100.00")])
        .await;
    let line = stage.line("1").await;
    assert_eq!(
        line["order_month"], "1988-07",
        "00:30 of 1 July with summer time: {line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_23_a_leap_second_is_refused_before_it_reaches_the_database() {
    let stage = Stage::open().await;
    let outcome = &stage
        .tell(&[paying("1", "created", "2016-12-31T23:59:60Z", "100.00")])
        .await[0];
    assert_eq!(
        (&outcome["state"], &outcome["code"]),
        (&json!("refused"), &json!("leap_second")),
        "{outcome}"
    );
    let terms = json!({"from": "2016-12-31T23:59:60Z", "rate": "0.1"});
    let rule = json!({
        "brand": "B", "kind": "general", "currency": "CNY", "scope": {"platform": "taobao", "item": "item"}, "terms": terms,
    });
    assert_eq!(stage.refused("/v1/rules", rule).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_24_a_clock_that_falls_back_never_makes_recorded_time_fall() {
    let stage = Stage::open().await;
    let back = format!("/v1/books/{}/clock", stage.server.book);
    let (status, _) = stage.refused(&back, json!({"to": "2026-05-01T12:00:00+08:00"})).await;
    assert!((400..500).contains(&status), "a sandbox's clock goes forward only");
    // A live book whose last event was recorded an hour ahead of the database's clock: as if that had fallen back.
    let live = json!({"name": "Live", "perspective": "platform", "mode": "live"});
    let opened = stage.accepted("/v1/books", live).await;
    let book: fenzhang::base::BookId = opened["ids"]["book"]
        .as_str()
        .or(opened["id"].as_str())
        .unwrap()
        .parse()
        .unwrap();
    let client = stage.server.db.client().await;
    let ahead = "update log set recorded_at = clock_timestamp() + interval '1 hour' where book = $1 and shard = 0
                 returning recorded_at";
    let ahead: chrono::DateTime<chrono::Utc> = client.query_one(ahead, &[&book.0]).await.unwrap().get(0);
    let secret = opened["key"]["secret"].as_str().unwrap();
    let mut last = fenzhang::base::Instant::from_utc(ahead);
    for n in 0..3 {
        let body = json!({"kind": "anchor", "external_id": format!("n{n}"), "name": "x"});
        let request = stage.server.client.post(format!("{}/v1/parties", stage.server.base));
        let request = request
            .bearer_auth(secret)
            .header("Idempotency-Key", format!("n{n}"))
            .json(&body);
        let (status, made) = crate::http::server::read(request.send().await.unwrap()).await;
        assert_eq!(status, 201, "{made}");
        let recorded: fenzhang::base::Instant = made["recorded_at"].as_str().unwrap().parse().unwrap();
        assert!(recorded >= last, "{recorded} after {last}");
        last = recorded;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_36_a_key_gives_its_first_answer_after_a_restart() {
    let stage = Stage::open().await;
    let body = json!({"kind": "anchor", "external_id": "again", "name": "x"});
    let (status, first) = stage.server.post(Role::Owner, "/v1/parties", "same", &body).await;
    assert_eq!(status, 201, "{first}");
    stage.server.engine.stop().await;
    let restarted = crate::http::server::second(&stage.server).await;
    let request = stage
        .server
        .client
        .post(format!("{}/v1/parties", restarted.base))
        .json(&body);
    let request = request
        .bearer_auth(&stage.server.keys[&Role::Owner])
        .header("Idempotency-Key", "same");
    let (status, again) = crate::http::server::read(request.send().await.unwrap()).await;
    assert_eq!(
        (status, &again["replayed"], &again["id"]),
        (201, &json!(true), &first["id"]),
        "{again}"
    );
}
