//! Months and their sheets when facts come late, change, or meet a party twice: cases 12, 15, 31, 33.
//! It must never compare a sheet with anything but what was told.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::{close, drafted, id};
use crate::acceptance::stage::{Stage, cny, deducted, fact, paying, refund, with};
use crate::engine::verifies;

fn on(told: Value) -> Value {
    with(told, json!({"promoter": "A"}))
}

fn sale(line: &str, day: u32, amount: &str) -> [Value; 3] {
    let at = |hour: &str| format!("2026-05-{day:02}T{hour}:00:00+08:00");
    [
        on(paying(line, "created", &at("10"), amount)),
        on(paying(line, "paid", &at("11"), amount)),
        on(fact(line, "settled", &at("12"))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn case_31_a_price_corrected_after_the_close_changes_the_next_sheet_and_not_the_old_one() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.applied(&sale("1", 20, "100.00")).await;
    let may = close(&stage, "2026-05").await;
    may.says("A", "0.00", &[("settled", "9.80")], "9.80", "9.80").await;
    may.lock().await;
    let before = may.sheet_of("A").await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    let corrected = paying("1", "price_corrected", "2026-06-10T12:00:00+08:00", "90.00");
    stage.applied(&[with(corrected, json!({"fact": "p1"}))]).await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    // 90.00: 18.00, 1.80, 3.60, 12.60 of which 3.78 and 8.82; the difference is 0.98.
    june.says("A", "9.80", &[("clawbacks", "-0.98")], "8.82", "8.82").await;
    assert_eq!(may.sheet_of("A").await["sha256"], before["sha256"]);
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_33_a_brand_that_is_its_own_agency_and_a_payer_that_is_paid_still_tie() {
    let stage = Stage::bare().await;
    // The anchor A takes the technical fee of its own sales.
    let fee = json!([{"name": "technical_fee", "taker": "A", "rate": "0.1", "of": "gross"}]);
    stage.formula(json!({"fees": fee})).await;
    stage
        .contract(
            "A",
            "G",
            json!({"upper_keeps": "0.3"}),
            "2026-01-01T00:00:00+08:00",
            None,
        )
        .await;
    stage.rule("general", "0.2", json!({})).await;
    stage.applied(&sale("1", 20, "100.00")).await;
    // To itself: refused, no free money.
    let legs = json!([
        {"party": "A", "account": "available", "amount": cny("5.00")},
        {"party": "A", "account": "available", "amount": cny("-5.00")},
    ]);
    let entry = json!({"entry": {"at": "2026-05-30T12:00:00+08:00", "reason": "to itself", "legs": legs}});
    assert_eq!(
        stage.refused("/v1/adjustments", entry).await,
        (422, "same_account".to_owned())
    );
    let may = close(&stage, "2026-05").await;
    may.ties();
    // 20.00: fee 2.00 to A; 18.00 of which 5.40 to G, 12.60 to A.
    may.says("A", "0.00", &[("settled", "14.60")], "14.60", "14.60").await;
    may.says("G", "0.00", &[("settled", "5.40")], "5.40", "5.40").await;
    may.says("B", "0.00", &[("settled", "-20.00")], "-20.00", "0.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_closed_in_order_and_a_draft_below_a_later_cut_off_is_not_dropped() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.applied(&sale("1", 20, "100.00")).await;
    let future = stage.refused("/v1/settlements", json!({"period": "2026-06"})).await;
    assert_eq!(future, (409, "period_not_over".to_owned()));
    let may = close(&stage, "2026-05").await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    close(&stage, "2026-06").await.ties();
    let path = format!("/v1/settlements/{}/drop", may.run);
    assert_eq!(
        stage.refused(&path, json!({"reason": "late"})).await,
        (409, "period_order".to_owned())
    );
    let past = stage.refused("/v1/settlements", json!({"period": "2026-03"})).await;
    assert_eq!(past, (409, "period_order".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_13_a_month_closed_twice_is_one_run_with_the_same_content_and_no_new_posting() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.applied(&sale("1", 20, "100.00")).await;
    let first = close(&stage, "2026-05").await;
    let position = stage.get("/v1/trial-balance").await["position"].clone();
    let second = close(&stage, "2026-05").await;
    assert_eq!((&first.run, &first.view), (&second.run, &second.view));
    assert_eq!(
        stage.get("/v1/trial-balance").await["position"],
        position,
        "nothing was written"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_15_refunds_that_race_closes_stand_each_in_exactly_one_sheet() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let lines: Vec<String> = (0..60).map(|n| format!("r{n}")).collect();
    for line in &lines {
        stage.applied(&sale(line, 20, "100.00")).await;
    }
    // A third of every line comes back while the month is closed, dropped, and closed again.
    stage.clock("2026-06-02T12:00:00+08:00").await;
    let racing = async {
        for line in &lines {
            stage
                .applied(&[
                    refund(line, "c", "2026-05-30T12:00:00+08:00", "33.33"),
                    deducted(line, "c", "2026-05-31T12:00:00+08:00"),
                ])
                .await;
        }
    };
    let closing = async {
        for n in 0..4 {
            let run = close(&stage, "2026-05").await;
            run.ties();
            if n < 3 {
                stage
                    .accepted(&format!("/v1/settlements/{}/drop", run.run), json!({"reason": "again"}))
                    .await;
            }
        }
    };
    tokio::join!(racing, closing);
    stage.clock("2026-07-01T12:00:00+08:00").await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    // Each line in exactly one of the two months: together they are what was told, to the fen.
    let sheet = june.sheet_of("A").await;
    let kept = crate::acceptance::shapes::usual_split(6_667, 200_000);
    let fen = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let closing = fen(sheet["closing"]["amount"].as_str().unwrap());
    assert_eq!(closing, 60 * fen(&kept[3]), "{sheet}");
    let mut seen = std::collections::BTreeSet::new();
    for period in ["2026-05", "2026-06"] {
        let statement = stage
            .get(&format!("/v1/statements?party=A&period={period}&limit=1000"))
            .await;
        for line in statement["lines"].as_array().unwrap() {
            assert!(seen.insert(line["event"].as_str().unwrap().to_owned()), "{line}");
        }
    }
    assert_eq!(seen.len(), 120, "60 settlements and 60 refunds won");
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_facts_go_to_the_open_month_and_point_back_and_the_old_month_reads_as_it_was_known() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.applied(&sale("1", 20, "199.00")).await;
    let may = close(&stage, "2026-05").await;
    let reckoned = may.view["reckoned_at"].as_i64().unwrap();
    stage.clock("2026-07-01T12:00:00+08:00").await;
    stage.applied(&sale("2", 21, "100.00")).await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "19.50", &[("settled", "9.80")], "29.30", "29.30").await;
    let lines = june.sheet_of("A").await;
    let lines = stage
        .get(&format!("/v1/sheets/{}/lines", lines["sheet"].as_str().unwrap()))
        .await;
    assert_eq!(lines["lines"][0]["points_back_to"], "2026-05");
    // As known then and as known now are the same for a month that is closed.
    for at in ["", &format!("&at_position={reckoned}")] {
        let may = stage.get(&format!("/v1/statements?party=A&period=2026-05{at}")).await;
        assert_eq!(may["sums"][0]["closing"], cny("19.50"));
    }
    let view = stage.get(&format!("/v1/settlements/{}/differences", june.run)).await;
    assert_eq!(view["against"], json!(may.run), "{view}");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_14_two_servers_start_the_same_run_from_many_places_and_there_is_one() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    for n in 0..20 {
        stage.applied(&sale(&format!("t{n}"), 20, "100.00")).await;
    }
    let other = crate::http::server::second(&stage.server).await;
    let started = (0..20).map(|n| {
        let base = if n % 2 == 0 { &stage.server.base } else { &other.base };
        let request = stage.server.client.post(format!("{base}/v1/settlements"));
        let request = request.bearer_auth(&stage.server.keys[&Role::Finance]);
        let request = request.header("Idempotency-Key", format!("start-{n}"));
        async move {
            let answer = request.json(&json!({"period": "2026-05"})).send().await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.json::<Value>().await.unwrap())
        }
    });
    let answers = futures_util::future::join_all(started).await;
    let mut runs: Vec<String> = Vec::new();
    for (status, answer) in &answers {
        assert!(*status == 201 || answer["code"] == "in_progress", "{status} {answer}");
        if *status == 201 {
            runs.push(id(answer, "run"));
        }
    }
    runs.dedup();
    assert_eq!(runs.len(), 1, "one run: {runs:?}");
    let view = drafted(&stage, &runs[0]).await;
    assert_eq!(
        (&view["stage"], &view["ties"], &view["sheets"]),
        (&json!("drafted"), &json!(true), &json!(5))
    );
    let client = stage.server.db.client().await;
    let count = |sql: &'static str| {
        let client = &client;
        async move { client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) }
    };
    assert_eq!(count("select count(*) from event where kind = 'run.started'").await, 1);
    assert_eq!(count("select count(*) from event where kind = 'run.reckoned'").await, 1);
    assert_eq!(
        count("select count(*) from event where kind = 'sheet.drafted'").await,
        5
    );
    verifies(&stage.server.db).await;
}
