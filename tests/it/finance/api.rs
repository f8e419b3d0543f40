//! Explanations and finance reports over HTTP: the worked examples to the fen, in two languages, and who may see what.
//! It must never compute an expected amount with the product.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny, deducted, fact, paying, refund};
use crate::http::server::{issue, read};

/// AT-11 settled in May, a quarter of it refunded in June (AT-12): won on the 5th, deducted on the 6th.
async fn refunded_in_june() -> Stage {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "199.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            fact("1", "settled", "2026-05-25T12:00:00+08:00"),
        ])
        .await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    stage
        .applied(&[
            refund("1", "c1", "2026-06-05T12:00:00+08:00", "49.75"),
            deducted("1", "c1", "2026-06-06T12:00:00+08:00"),
        ])
        .await;
    stage
}

fn amounts(node: &Value) -> Vec<(String, String)> {
    let children = node["because"].as_array().unwrap();
    let pair = |child: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&child["reference"]), text(&child["amount"]["amount"]))
    };
    children.iter().map(pair).collect()
}

async fn text(stage: &Stage, path: &str, language: &str) -> String {
    let request = stage.server.request(Role::Finance, "GET", path);
    let request = request
        .header("Accept", "text/plain")
        .header("Accept-Language", language);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_and_a_month_are_explained_to_the_fen_in_two_languages() {
    let stage = refunded_in_june().await;
    let balance = stage.get("/v1/explain/balance?party=A").await;
    assert_eq!(balance["root"]["amount"], cny("14.62"), "{balance}");
    assert_eq!(balance["consistent"], json!(true));
    let pair = |name: &str, amount: &str| (name.to_owned(), amount.to_owned());
    assert_eq!(
        amounts(&balance["root"]),
        [pair("2026-05-25", "19.50"), pair("2026-06-05", "-4.88")]
    );
    let june = stage.get("/v1/explain/statement?party=A&period=2026-06").await;
    assert_eq!(
        amounts(&june["root"]),
        [pair("opening", "19.50"), pair("clawbacks", "-4.88")]
    );
    let cell = stage
        .get("/v1/explain/statement?party=A&period=2026-06&cell=clawbacks")
        .await;
    assert_eq!(cell["root"]["amount"], cny("-4.88"));
    let leaf = &cell["root"]["because"][0]["because"][0];
    let reference = leaf["reference"].as_str().unwrap();
    let alone = stage.get(&format!("/v1/explain/{reference}")).await;
    assert_eq!(
        alone["root"]["amount"],
        cny("-4.88"),
        "a leaf's reference is explained by itself"
    );
    let en = text(&stage, "/v1/explain/balance?party=A", "en").await;
    for words in [
        "14.62 CNY: anchor:",
        "-4.88: claw-back for a refund 2026-06-05 12:00:00, line 1 of taobao, 2026-06, refund_case.won",
        "settled: before 19.50, after 14.62",
        "G: 149.25 x 20 % = 29.85 -> 29.85",
    ] {
        assert!(en.contains(words), "{words} is missing in\n{en}");
    }
    let zh = text(&stage, "/v1/explain/balance?party=A", "zh-CN").await;
    for words in [
        "佣金扣回（退款）",
        "taobao 子订单 1",
        "归因窗口 15 天",
        "按事实重算：与已记账金额一致。",
    ] {
        assert!(zh.contains(words), "{words} is missing in\n{zh}");
    }
    let estimated = stage.get("/v1/explain/balance?party=A&layer=estimated&by=rule").await;
    assert_eq!(estimated["root"]["amount"], cny("0.00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn june_as_known_on_the_5th_and_as_known_now_differ_by_the_events_between() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "199.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            fact("1", "settled", "2026-05-25T12:00:00+08:00"),
        ])
        .await;
    // May is cut off and known; a refund of May arrives in June, so it lands in June and points back.
    stage.accepted("/v1/periods/2026-05/cut-off", json!({})).await;
    stage.clock("2026-06-06T12:00:00+08:00").await;
    stage
        .applied(&[refund("1", "c1", "2026-05-31T12:00:00+08:00", "49.75")])
        .await;
    let ask = "/v1/reports/statement-difference?party=A&period=2026-06&known_at=2026-06-05";
    let report = stage.get(ask).await;
    let rows = report["rows"].as_array().unwrap();
    let described = |row: &Value| row["description 摘要"].as_str().unwrap().to_owned();
    let moved: Vec<&Value> = rows.iter().filter(|row| !row["amount 金额"].is_null()).collect();
    assert_eq!(moved.len(), 1, "{report}");
    assert_eq!(moved[0]["amount 金额"], "-4.88");
    assert_eq!(moved[0]["points_back_to 原账期"], "2026-05");
    assert!(described(moved[0]).contains("佣金扣回"), "{}", moved[0]);
    let difference = rows
        .iter()
        .find(|row| described(row).starts_with("difference"))
        .unwrap();
    assert_eq!(difference["so_far 累计"], "-4.88");
    let may = stage.get(&ask.replace("2026-06&", "2026-05&")).await;
    let none = may["rows"]
        .as_array()
        .unwrap()
        .iter()
        .all(|row| row["amount 金额"].is_null());
    assert!(none, "the month cut off is the same for ever: {may}");
    let tree = stage
        .get("/v1/explain/difference?party=A&period=2026-06&known_at=2026-06-05")
        .await;
    assert_eq!(tree["root"]["amount"], cny("-4.88"), "{tree}");
    let (status, refused) = stage.server.get(Role::Owner, &format!("{ask}&and=yesterday")).await;
    assert_eq!((status, &refused["code"]), (400, &json!("time_form")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_is_explained_with_its_reason_and_both_persons() {
    let stage = Stage::open().await;
    let legs = json!([
        {"party": "A", "account": "available", "amount": cny("12.00")},
        {"account": "suspense", "amount": cny("-12.00")},
    ]);
    let entry = json!({"entry": {"at": "2026-05-31T12:00:00+08:00", "reason": "bonus of May", "legs": legs}});
    let asked = stage.accepted("/v1/adjustments", entry).await;
    let approval = asked["id"].as_str().unwrap();
    let path = format!("/v1/approvals/{approval}");
    let (status, body) = stage
        .server
        .post(
            Role::Finance,
            &path,
            "verdict",
            &json!({"verdict": "approve", "remark": "agreed"}),
        )
        .await;
    assert!(status < 300, "{body}");
    let decided = stage.get(&path).await;
    let (maker, checker) = (
        decided["maker"].as_str().unwrap(),
        decided["ended_by"].as_str().unwrap(),
    );
    let told = text(&stage, "/v1/explain/balance?party=A", "en").await;
    assert!(told.contains("approved by a second person: bonus of May"), "{told}");
    assert!(
        told.contains(&format!("asked for by {maker}, approved by {checker}: agreed")),
        "{told}"
    );
    let book = text(&stage, "/v1/explain/balance?account=book:suspense&by=kind", "en").await;
    assert!(book.starts_with("-12.00 CNY: book:suspense"), "{book}");
    // The anchor sees the reason and its own leg, not the persons nor the other side.
    let anchor = stage.get("/v1/parties?limit=1000").await;
    let anchor = anchor["parties"]
        .as_array()
        .unwrap()
        .iter()
        .find(|party| party["external_id"] == "A")
        .unwrap()["party"]
        .clone();
    let own = as_anchor(&stage, anchor.as_str().unwrap(), "/v1/explain/balance").await;
    assert_eq!(own.0, 200);
    let own = own.1.to_string();
    assert!(
        own.contains("bonus of May") && !own.contains(maker) && !own.contains("suspense"),
        "{own}"
    );
    let foreign = as_anchor(&stage, anchor.as_str().unwrap(), "/v1/explain/balance?party=G").await;
    let missing = as_anchor(&stage, anchor.as_str().unwrap(), "/v1/explain/balance?party=nobody").await;
    assert_eq!((foreign.0, &foreign), (404, &missing));
    let book = as_anchor(
        &stage,
        anchor.as_str().unwrap(),
        "/v1/explain/balance?account=book:suspense",
    )
    .await;
    assert_eq!(book.0, 404);
}

async fn as_anchor(stage: &Stage, party: &str, path: &str) -> (u16, Value) {
    let key = issue(
        &stage.server.engine,
        stage.server.book,
        Role::Anchor,
        Some(party.parse().unwrap()),
    )
    .await;
    let request = stage
        .server
        .client
        .get(format!("{}{path}", stage.server.base))
        .bearer_auth(key);
    read(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_reports_come_in_every_format_and_a_party_gets_its_own_only() {
    let stage = refunded_in_june().await;
    let reports = [
        "accrual",
        "ageing",
        "balance-sheet",
        "commission-cost",
        "forecast",
        "income?party=A",
        "lost-commission",
        "return-rates",
        "show-report",
    ];
    for name in reports {
        let json = stage.get(&format!("/v1/reports/{name}")).await;
        let columns = json["columns"].as_array().unwrap();
        let bilingual = |column: &&Value| !column.as_str().unwrap().is_ascii();
        assert_eq!(
            columns.iter().filter(bilingual).count(),
            columns.len(),
            "{name}: {columns:?}"
        );
        assert!(!json["rows"].as_array().unwrap().is_empty(), "{name}");
        for (format, begins) in [("csv", "\u{feff}"), ("text", ""), ("xlsx", "PK")] {
            let joint = if name.contains('?') { '&' } else { '?' };
            let path = format!("/v1/reports/{name}{joint}format={format}");
            let response = stage.server.request(Role::Auditor, "GET", &path).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            let body = response.bytes().await.unwrap();
            assert!(body.starts_with(begins.as_bytes()) && body.len() > 50, "{path}");
        }
    }
    for name in ["accrual", "balance-sheet"] {
        let (status, _) = stage.server.get(Role::Anchor, &format!("/v1/reports/{name}")).await;
        assert_eq!(status, 404, "{name} is the book's own");
    }
    // The key of the role's own anchor: a party that has no line here.
    for name in [
        "ageing",
        "forecast",
        "income",
        "lost-commission",
        "return-rates",
        "show-report",
    ] {
        let (status, own) = stage.server.get(Role::Anchor, &format!("/v1/reports/{name}")).await;
        assert_eq!(
            (status, own["rows"].as_array().map(Vec::len)),
            (200, Some(0)),
            "{name}: {own}"
        );
        let (status, _) = stage
            .server
            .get(Role::Anchor, &format!("/v1/reports/{name}?party=A"))
            .await;
        assert_eq!(status, 404, "{name}");
    }
    let (status, refused) = stage.server.get(Role::Owner, "/v1/reports/return-rates?by=line").await;
    assert_eq!((status, &refused["code"]), (400, &json!("unknown_word")));
    let rates = stage.get("/v1/reports/return-rates?by=shop").await;
    let row = &rates["rows"][0];
    assert_eq!(
        (&row["shop 店铺"], &row["rate_returned % 退货率(额)"]),
        (&json!("Shop"), &json!("25.00"))
    );
    let lost = stage.get("/v1/reports/lost-commission").await;
    let row = &lost["rows"][0];
    assert_eq!(
        (&row["cause 原因代码"], &row["lost 丢失佣金"]),
        (&json!("refund"), &json!("9.95"))
    );
}

/// The sheets of a month, once its run is drafted.
async fn sheets_of(stage: &Stage, month: &str) -> Vec<Value> {
    let run = stage.accepted("/v1/settlements", json!({"period": month})).await;
    let path = format!("/v1/settlements/{}", run["id"].as_str().unwrap());
    for _ in 0..200 {
        let view = stage.get(&path).await;
        if view["stage"] == "drafted" {
            let sheets = stage.get(&format!("{path}/sheets?limit=1000")).await;
            return sheets["sheets"].as_array().unwrap().clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the run was never drafted: {}", stage.get(&path).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sheet_of_a_run_and_every_part_of_it_is_explained_to_the_fen() {
    let stage = refunded_in_june().await;
    stage.clock("2026-07-02T12:00:00+08:00").await;
    for month in ["2026-05", "2026-06"] {
        let sheets = sheets_of(&stage, month).await;
        assert!(sheets.len() >= 5, "{month}: {sheets:?}");
        for sheet in &sheets {
            let path = format!("/v1/explain/sheet/{}", sheet["sheet"].as_str().unwrap());
            let whole = stage.get(&path).await;
            assert_eq!(whole["root"]["amount"], sheet["closing"], "{whole}");
            assert_eq!(whole["consistent"], json!(true), "{whole}");
            let mut parts = amounts(&whole["root"]);
            parts.retain(|(word, _)| word != "opening");
            let stated = sheet["parts"].as_array().unwrap().iter().map(|part| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&part["part"]), text(&part["amount"]["amount"]))
            });
            let mut stated: Vec<_> = stated.collect();
            stated.sort();
            assert_eq!(parts, stated, "{sheet}");
            for (word, amount) in stated {
                let part = stage.get(&format!("{path}?part={word}")).await;
                assert_eq!(part["root"]["amount"], cny(&amount), "{part}");
                assert_eq!(part["consistent"], json!(true));
            }
        }
        // The month stays as it was drafted, whatever happens afterwards; a stranger finds nothing.
        let path = format!("/v1/explain/sheet/{}", sheets[0]["sheet"].as_str().unwrap());
        let (status, _) = stage.server.get(Role::Anchor, &path).await;
        assert_eq!(status, 404);
    }
}
