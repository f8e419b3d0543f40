//! Reconciliations and disputes over HTTP, as finance and an anchor use them.
//! It must never reach around the interface.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::server::{Server, read};
use crate::acceptance::stage::{Stage, cny, fact, paying, with};

const HEADER: &str = "kind,platform,line_no,at,currency,created_at,paid_at,settled_at,paid,base,rate,commission,technical_fee,live_share,case,refund,deducted,tag,amount,item_no,shop_no,promoter\n";

/// AT-11 settled in June: base 199.00 at 20 %, promoted by `promoter`.
async fn settled(stage: &Stage, line_no: &str, promoter: &str) -> String {
    stage
        .clicked_by(promoter, "buyer", "item", "2026-05-31T12:00:00+08:00")
        .await;
    stage
        .applied(&[
            paying(line_no, "created", "2026-06-01T10:00:00+08:00", "199.00"),
            paying(line_no, "paid", "2026-06-01T10:01:00+08:00", "199.00"),
            fact(line_no, "settled", "2026-06-01T11:00:00+08:00"),
        ])
        .await;
    stage.line(line_no).await["line"].as_str().unwrap().to_owned()
}

fn row(line_no: &str, base: &str, commission: &str, technical_fee: &str, live_share: &str) -> String {
    let times = "2026-06-01T03:30:00Z,CNY,2026-06-01T02:00:00Z,2026-06-01T02:01:00Z,2026-06-01T03:00:00Z";
    format!(
        "settlement,taobao,{line_no},{times},199.00,{base},0.2,{commission},{technical_fee},{live_share},,,,,,item,shop,A\n"
    )
}

async fn upload(server: &Server, text: String) -> String {
    let request = server
        .request(Role::Finance, "POST", "/v1/files?name=statement.csv")
        .body(text);
    let (status, file) = read(request.send().await.unwrap()).await;
    assert!(matches!(status, 200 | 201), "{file}");
    file["file"].as_str().unwrap().to_owned()
}

async fn reconcile(server: &Server, file: &str) -> (u16, Value) {
    let body = json!({"file": file, "mapping": "generic-statement", "platform": "taobao", "period": "2026-06"});
    let request = server.request(Role::Finance, "POST", "/v1/reconciliations").json(&body);
    read(request.send().await.unwrap()).await
}

async fn breaks(server: &Server, id: &str, query: &str) -> Vec<Value> {
    let (status, view) = server
        .get(Role::Finance, &format!("/v1/reconciliations/{id}/breaks{query}"))
        .await;
    assert_eq!(status, 200, "{view}");
    view["breaks"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_reconciles_a_statement_and_deals_with_its_breaks() {
    let stage = Stage::open().await;
    let server = &stage.server;
    stage.rule("general", "0.2", json!({})).await;
    settled(&stage, "1", "A").await;
    settled(&stage, "2", "A").await;
    // Line 1: a technical fee of one fen more, a live share of 1.00 more; line 2 is not in the statement, line 3 not here.
    let mut text = HEADER.to_owned();
    text.push_str(&row("1", "199.00", "39.80", "3.99", "8.96"));
    text.push_str(&row("3", "199.00", "39.80", "3.98", "7.96"));
    let file = upload(server, text).await;
    let (status, run) = reconcile(server, &file).await;
    assert_eq!(
        (status, &run["open"], &run["matched"]),
        (201, &json!(4), &json!(0)),
        "{run}"
    );
    let id = run["reconciliation"].as_str().unwrap();
    let (status, again) = reconcile(server, &file).await;
    assert_eq!(
        (status, &again["reconciliation"]),
        (200, &json!(id)),
        "the same statement over an unchanged book"
    );

    let fee = breaks(server, id, "?class=B06").await;
    assert_eq!(
        (fee.len(), &fee[0]["ours"], &fee[0]["theirs"]),
        (1, &json!("7.96"), &json!("8.96")),
        "{fee:?}"
    );
    assert_eq!(
        (&fee[0]["component"], &fee[0]["difference"]),
        (&json!("live_share"), &cny("1.00"))
    );
    assert_eq!(
        (&fee[0]["proposal"], &fee[0]["state"]),
        (&json!("adjust"), &json!("open"))
    );
    assert_eq!(breaks(server, id, "?line_no=2").await[0]["cause"], "not_reported");

    let path = |action: &str| format!("/v1/reconciliations/{id}/{action}");
    let (status, refused) = server
        .post(Role::Finance, &path("reject"), "r0", &json!({"class": "B05"}))
        .await;
    assert_eq!((status, &refused["code"]), (422, &json!("reason_needed")));
    let rounding = json!({"class": "B05", "reason": "一分钱"});
    let (status, done) = server.post(Role::Finance, &path("reject"), "r1", &rounding).await;
    assert_eq!((status, &done["replayed"]), (200, &json!(false)), "{done}");
    let (_, same) = server.post(Role::Finance, &path("reject"), "r1", &rounding).await;
    assert_eq!(
        (&same["replayed"], &same["position"]),
        (&json!(true), &done["position"])
    );
    let (status, none) = server
        .post(Role::Finance, &path("accept"), "r2", &json!({"class": "B05"}))
        .await;
    assert_eq!((status, &none["code"]), (409, &json!("no_open_break")));
    let (status, _) = server
        .post(Role::Finance, &path("park"), "p1", &json!({"class": "B02"}))
        .await;
    assert_eq!(status, 200);

    // The rest is accepted: the unknown line is told, the fee waits for a second person.
    let (status, done) = server
        .post(Role::Finance, &path("accept"), "a1", &json!({"all": true}))
        .await;
    assert_eq!(status, 200, "{done}");
    let asked = breaks(server, id, "?class=B06").await[0]["approval"]
        .as_str()
        .unwrap()
        .to_owned();
    let approval = format!("/v1/approvals/{asked}");
    let (status, own) = server
        .post(Role::Finance, &approval, "v0", &json!({"verdict": "approve"}))
        .await;
    assert_eq!((status, &own["code"]), (403, &json!("same_person")));
    let (status, _) = server
        .post(Role::Owner, &approval, "v1", &json!({"verdict": "refuse"}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        breaks(server, id, "?class=B06").await[0]["state"],
        "open",
        "a refused adjustment opens its break again"
    );
    let number = json!({"breaks": [breaks(server, id, "?class=B06").await[0]["number"]]});
    let (status, done) = server.post(Role::Finance, &path("accept"), "a2", &number).await;
    assert_eq!(status, 200, "{done}");
    let asked = breaks(server, id, "?class=B06").await[0]["approval"]
        .as_str()
        .unwrap()
        .to_owned();
    let (status, _) = server
        .post(
            Role::Owner,
            &format!("/v1/approvals/{asked}"),
            "v2",
            &json!({"verdict": "approve"}),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        stage.pockets("live").await["available"],
        "24.88",
        "7.96 of three lines, and 1.00"
    );

    let (_, run) = server.get(Role::Finance, &format!("/v1/reconciliations/{id}")).await;
    assert_eq!((&run["open"], &run["clean"]), (&json!(0), &json!(true)), "{run}");
    let (status, second) = reconcile(server, &file).await;
    assert_eq!(
        (status, &second["open"], &second["run"]),
        (201, &json!(0), &json!(2)),
        "{second}"
    );
    let known = breaks(server, second["reconciliation"].as_str().unwrap(), "").await;
    let states: Vec<&str> = known.iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert!(
        states.contains(&"rejected") && states.contains(&"parked"),
        "what was decided stays decided: {states:?}"
    );
    let other_shop = json!({"file": file, "mapping": "generic-statement", "platform": "taobao", "period": "2026-06", "shop": "other"});
    let request = server
        .request(Role::Finance, "POST", "/v1/reconciliations")
        .json(&other_shop);
    let (status, other) = read(request.send().await.unwrap()).await;
    let classes = other["classes"].as_array().unwrap();
    assert_eq!((status, &other["shop"]), (201, &json!("other")));
    assert!(
        classes.iter().all(|of| of["class"] != "B02"),
        "a statement of one shop lacks no line of another: {classes:?}"
    );
    assert_eq!(server.get(Role::Anchor, "/v1/reconciliations").await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_disputes_its_own_line_and_no_other() {
    let stage = Stage::open().await;
    let server = &stage.server;
    stage.rule("general", "0.2", json!({})).await;
    let anchor = server.parties[&Role::Anchor].to_string();
    let own = settled(&stage, "1", &anchor).await;
    stage
        .clicked_by("A", "somebody", "item", "2026-05-31T12:00:00+08:00")
        .await;
    let line = |kind: &str, at: &str| with(paying("2", kind, at, "10.00"), json!({"buyer": "somebody"}));
    stage
        .applied(&[
            line("created", "2026-06-01T10:00:00+08:00"),
            line("paid", "2026-06-01T10:01:00+08:00"),
        ])
        .await;
    let foreign = stage.line("2").await["line"].as_str().unwrap().to_owned();

    let ask = |line: &str| json!({"line": line, "reason": "另有一次点击在先"});
    let (status, other) = server.post(Role::Anchor, "/v1/disputes", "d0", &ask(&foreign)).await;
    let missing = "lin_00000000000000000000000000000000";
    let (missing_status, nothing) = server.post(Role::Anchor, "/v1/disputes", "d1", &ask(missing)).await;
    assert_eq!((status, &other), (404, &nothing), "foreign and missing look the same");
    assert_eq!(missing_status, 404);

    let (status, opened) = server.post(Role::Anchor, "/v1/disputes", "d2", &ask(&own)).await;
    assert_eq!(status, 201, "{opened}");
    let (_, replay) = server.post(Role::Anchor, "/v1/disputes", "d2", &ask(&own)).await;
    assert_eq!((&replay["replayed"], &replay["id"]), (&json!(true), &opened["id"]));
    let (status, twice) = server.post(Role::Anchor, "/v1/disputes", "d3", &ask(&own)).await;
    assert_eq!((status, &twice["code"]), (409, &json!("dispute_open")));

    let path = format!("/v1/disputes/{}", opened["id"].as_str().unwrap());
    let (_, seen) = server.get(Role::Anchor, &path).await;
    assert_eq!(
        (&seen["state"], &seen["evidence_unchanged"]),
        (&json!("open"), &json!(true)),
        "{seen}"
    );
    assert_eq!(seen["evidence"]["line"], json!(own));
    assert!(
        !seen["evidence"].to_string().contains("agc_"),
        "the evidence is what the anchor may see"
    );
    let (_, finance) = server.get(Role::Finance, &path).await;
    assert_eq!(
        finance["evidence"], seen["evidence"],
        "finance judges what the anchor saw"
    );
    assert_eq!(finance["allowed_actions"], json!(["answer"]));

    let correction = json!({"at": "2026-06-01T12:00:00+08:00", "reason": "补差", "legs": [
        {"party": anchor, "account": "available", "amount": cny("5.00")},
        {"party": "B", "account": "commission", "amount": cny("-5.00")},
    ]});
    let answer = json!({"verdict": "upheld", "reason": "属实", "correction": correction});
    let (status, refused) = server
        .post(Role::Anchor, &format!("{path}/answer"), "x0", &answer)
        .await;
    assert_eq!(status, 403, "{refused}");
    let (status, done) = server
        .post(Role::Finance, &format!("{path}/answer"), "x1", &answer)
        .await;
    assert_eq!(status, 200, "{done}");
    let (_, seen) = server.get(Role::Anchor, &path).await;
    assert_eq!((&seen["state"], &seen["answer"]), (&json!("upheld"), &json!("属实")));
    let approval = format!("/v1/approvals/{}", seen["correction"].as_str().unwrap());
    let (status, _) = server
        .post(Role::Owner, &approval, "x2", &json!({"verdict": "approve"}))
        .await;
    assert_eq!(status, 200);
    let (status, again) = server
        .post(Role::Finance, &format!("{path}/answer"), "x3", &answer)
        .await;
    assert_eq!((status, &again["code"]), (409, &json!("dispute_answered")));
    let (_, list) = server.get(Role::Anchor, "/v1/disputes?state=upheld").await;
    assert_eq!(list["disputes"].as_array().unwrap().len(), 1);
    let (_, explained) = server.get(Role::Anchor, &path).await;
    assert_eq!(explained["evidence_unchanged"], json!(true), "whatever came later");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_a_platform_reports_are_corrected_by_its_newer_row() {
    let stage = Stage::bare().await;
    let server = &stage.server;
    stage
        .formula(json!({
            "basis": "as_reported", "platform": "taobao", "payer": "affiliate",
            "fees": [{"name": "technical_fee", "taker": "affiliate", "rate": "0", "of": "gross"}],
        }))
        .await;
    let settlement = |at: &str, base: &str, commission: &str, fee: &str| {
        format!(
            "settlement,taobao,9,{at},CNY,2026-06-01T01:00:00Z,2026-06-01T01:01:00Z,2026-06-01T02:00:00Z,100.00,{base},0.2,{commission},{fee},,,,,,,,shop,A\n"
        )
    };
    let told = json!({
        "platform": "taobao", "line_no": "9", "kind": "snapshot", "at": "2026-06-01T02:10:00Z", "promoter": "A",
        "shop_no": "shop",
        "row": {
            "created_at": "2026-06-01T01:00:00Z", "paid_at": "2026-06-01T01:01:00Z", "settled_at": "2026-06-01T02:00:00Z",
            "paid": cny("100.00"), "settled_base": cny("100.00"),
        },
        "reported": {"settled": {
            "base": cny("100.00"), "gross": cny("20.00"), "fees": [{"name": "technical_fee", "amount": cny("2.00")}],
        }},
    });
    stage.applied(&[told]).await;
    assert_eq!(stage.pockets("A").await["available"], "18.00");
    let older = upload(
        server,
        HEADER.to_owned() + &settlement("2026-06-01T02:05:00Z", "90.00", "18.00", "1.80"),
    )
    .await;
    let (_, run) = reconcile(server, &older).await;
    let found = breaks(server, run["reconciliation"].as_str().unwrap(), "").await;
    assert_eq!(
        (&found[0]["class"], &found[0]["cause"]),
        (&json!("B03"), &json!("statement_older")),
        "{found:?}"
    );

    let newer = upload(
        server,
        HEADER.to_owned() + &settlement("2026-06-01T03:00:00Z", "90.00", "18.00", "1.80"),
    )
    .await;
    let (_, run) = reconcile(server, &newer).await;
    let id = run["reconciliation"].as_str().unwrap();
    let found = breaks(server, id, "").await;
    assert_eq!(
        (found.len(), &found[0]["class"], &found[0]["proposal"]),
        (1, &json!("B03"), &json!("tell_facts")),
        "{found:?}"
    );
    let (status, _) = server
        .post(
            Role::Finance,
            &format!("/v1/reconciliations/{id}/accept"),
            "a",
            &json!({"all": true}),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        stage.pockets("A").await["available"],
        "16.20",
        "the platform's newer figures are posted"
    );
    let (_, second) = reconcile(server, &newer).await;
    assert_eq!(
        (&second["open"], &second["matched"]),
        (&json!(0), &json!(1)),
        "{second}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cash_flow_bill_gives_repetitions_and_bounced_withdrawals() {
    let stage = Stage::bare().await;
    let server = &stage.server;
    let text = "动账时间,动账流水号,动账摘要,动账金额,子订单号,订单号\n\
        2026-06-01 10:00:00,F1,3,50.00,D1,O1\n\
        2026-06-01 10:05:00,F2,3,50.00,D1,O1\n\
        2026-06-01 11:00:00,F3,9,-50.00,D1,O1\n\
        2026-06-01 11:30:00,F4,11,-100.00,,\n\
        2026-06-01 11:40:00,F5,提现退票,100.00,,\n";
    let file = upload(server, text.to_owned()).await;
    let body = json!({"file": file, "mapping": "douyin-cash-flow", "period": "2026-06"});
    let request = server.request(Role::Finance, "POST", "/v1/reconciliations").json(&body);
    let (status, run) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 201, "{run}");
    let found = breaks(server, run["reconciliation"].as_str().unwrap(), "").await;
    let mut found: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one["class"].as_str().unwrap(), one["cause"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("B01", "line_unknown"),
            ("B08", "corrected"),
            ("B11", "withdrawal_bounced")
        ]
    );
}
