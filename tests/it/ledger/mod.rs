//! The line ledger: its rows against the worked examples, its sums against the trial balance, what a viewer sees of it.
//! It must never compute an expected amount with the product.

mod lookup;
mod reported;
mod sheets;

pub use sheets::{open as open_workbook, payloads};

use std::collections::BTreeMap;

use fenzhang::base::PartyId;
use fenzhang::domain::person::Role;
use fenzhang::money::{Currency, Minor};
use fenzhang::report::{LedgerAsk, LineLedger, Page, Viewer, trial_balance};
use fenzhang::sample::{self, Size, load};
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny, deducted, fact, paying, refund, with};
use crate::engine::engine_on;
use crate::http::server::{issue, read};
use crate::support::pg::fresh_db;

/// The order of AT-11, settled in May; the part refund of AT-12 won and deducted in June.
async fn at_11_and_12() -> Stage {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    let coupon = json!([{"funder": "merchant", "kind": "shop_coupon", "amount": cny("20.00")}]);
    let order = json!({
        "platform": "taobao", "external_id": "9000", "at": "2026-05-20T12:00:00+08:00", "buyer": "buyer",
        "discounts": coupon,
        "lines": [{"line_no": "3900000000000000001", "list": cny("219.00"), "item_no": "item", "shop_no": "shop"}],
    });
    stage.accepted("/v1/orders", order).await;
    let no = "3900000000000000001";
    stage
        .applied(&[
            paying(no, "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            fact(no, "received", "2026-05-24T12:00:00+08:00"),
            fact(no, "settled", "2026-05-25T12:00:00+08:00"),
        ])
        .await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    stage
        .applied(&[
            with(
                refund(no, "R-1", "2026-06-05T12:00:00+08:00", "49.75"),
                json!({"freight": cny("10.00")}),
            ),
            deducted(no, "R-1", "2026-06-06T12:00:00+08:00"),
        ])
        .await;
    stage
}

const COLUMNS: &str = "order_month,accounting_month,cash_month,platform,order_no,line_no,quantity,promoter,agency,status,\
    after_sale,settle_status,paid_at,payable,paid,discount_merchant,refunded,refund_freight,rate,base_estimated,\
    base_settled,gross_estimated,gross_settled,gross_difference,fee_live_share_settled,fee_technical_fee_settled,\
    agency_settled,anchor_estimated,anchor_settled,merchant_debit_settled,clawback_due,check";

fn whole() -> Vec<(&'static str, Option<&'static str>)> {
    let text = |text| Some(text);
    vec![
        ("order_month", text("2026-05")),
        ("accounting_month", text("2026-05 2026-06")),
        ("cash_month", None),
        ("platform", text("taobao")),
        ("order_no", text("9000")),
        ("line_no", text("3900000000000000001")),
        ("quantity", text("1")),
        ("promoter", text("A")),
        ("agency", text("G")),
        ("status", text("settled")),
        ("after_sale", text("deducted")),
        ("settle_status", text("settled")),
        ("paid_at", text("2026-05-20 12:05:00")),
        ("payable", text("199.00")),
        ("paid", text("199.00")),
        ("discount_merchant", text("20.00")),
        ("refunded", text("49.75")),
        ("refund_freight", text("10.00")),
        ("rate", text("0.2")),
        ("base_estimated", text("199.00")),
        ("base_settled", text("149.25")),
        ("gross_estimated", text("39.80")),
        ("gross_settled", text("29.85")),
        ("gross_difference", text("-9.95")),
        ("fee_live_share_settled", text("5.97")),
        ("fee_technical_fee_settled", text("2.99")),
        ("agency_settled", text("6.27")),
        ("anchor_estimated", text("19.50")),
        ("anchor_settled", text("14.62")),
        ("merchant_debit_settled", text("29.85")),
        ("clawback_due", text("0.00")),
        ("check", text("ok")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn at_11_and_at_12_stand_in_one_row_the_same_in_all_three_formats() {
    let stage = at_11_and_12().await;
    let expected = whole();
    let view = stage.get(&format!("/v1/reports/line-ledger?columns={COLUMNS}")).await;
    let rows = view["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    for (name, value) in &expected {
        assert_eq!(rows[0][name], json!(value), "{name}: {}", rows[0]);
    }
    let names: Vec<&str> = view["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, COLUMNS.split(',').map(str::trim).collect::<Vec<_>>());

    let csv = download(
        &stage,
        &format!("/v1/reports/line-ledger?columns={COLUMNS}"),
        "text/csv",
    )
    .await;
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = csv.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
    let cells: Vec<&str> = expected.iter().map(|(_, value)| value.unwrap_or_default()).collect();
    assert!(
        lines[0].starts_with("order_month 订单月,accounting_month 核算月,"),
        "{}",
        lines[0]
    );
    assert_eq!((lines[1], lines[2], lines.len()), (cells.join(",").as_str(), "", 3));

    let book = download(
        &stage,
        &format!("/v1/reports/line-ledger?format=xlsx&columns={COLUMNS}"),
        "*/*",
    )
    .await;
    let sheets = sheets::open(book);
    assert_eq!(sheets.len(), 1);
    let row: Vec<calamine::Data> = sheets[0][1].clone();
    for ((name, value), cell) in expected.iter().zip(row) {
        let id = ["order_no", "line_no", "rate"].contains(name);
        match (value, cell) {
            (None, calamine::Data::Empty) => {}
            (Some(value), calamine::Data::String(text)) => assert_eq!(text, **value, "{name}"),
            (Some(value), calamine::Data::Float(number)) => {
                assert!(*name != "line_no" && *name != "order_no", "an id is text");
                assert_eq!(
                    format!("{number}"),
                    value.trim_end_matches('0').trim_end_matches('.'),
                    "{name}"
                );
            }
            (value, cell) => panic!("{name}: {value:?} is {cell:?} ({id})"),
        }
    }
}

async fn download(stage: &Stage, path: &str, accept: &str) -> Vec<u8> {
    let request = stage.server.request(Role::Owner, "GET", path).header("Accept", accept);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounting_month_shows_what_it_moved_and_the_months_add_up() {
    let stage = at_11_and_12().await;
    let columns = "base_settled,gross_settled,fee_technical_fee_settled,fee_live_share_settled,agency_settled,anchor_settled,\
        merchant_debit_settled";
    let month = |month: &str| format!("/v1/reports/line-ledger?columns={columns}&accounting_month={month}");
    let amounts = |view: Value| -> Vec<String> {
        let row = view["rows"][0].clone();
        columns
            .split(',')
            .map(|name| row[name.trim()].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        amounts(stage.get(&month("2026-05")).await),
        ["199.00", "39.80", "3.98", "7.96", "8.36", "19.50", "39.80"]
    );
    assert_eq!(
        amounts(stage.get(&month("2026-06")).await),
        ["-49.75", "-9.95", "-0.99", "-1.99", "-2.09", "-4.88", "-9.95"]
    );
    assert_eq!(stage.get(&month("2026-04")).await["rows"], json!([]));
    let ordered = stage
        .get("/v1/reports/line-ledger?order_month=2026-05&status=settled&platform=taobao&shop=shop")
        .await;
    assert_eq!(ordered["rows"].as_array().unwrap().len(), 1);
    let none = stage.get("/v1/reports/line-ledger?order_month=2026-06").await;
    assert_eq!(none["rows"], json!([]));
    let (status, refused) = stage
        .server
        .get(Role::Owner, "/v1/reports/line-ledger?columns=net_profit")
        .await;
    assert_eq!((status, &refused["code"]), (400, &json!("unknown_column")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_won_and_not_deducted_is_due_and_its_month_still_adds_up() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "199.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            fact("1", "settled", "2026-05-25T12:00:00+08:00"),
            refund("1", "c1", "2026-05-28T12:00:00+08:00", "49.75"),
        ])
        .await;
    let view = stage
        .get("/v1/reports/line-ledger?columns=anchor_settled,agency_settled,fees_settled,clawback_due,merchant_debit_settled,settle_status,after_sale")
        .await;
    assert_eq!(
        view["rows"][0],
        json!({"anchor_settled": "14.62", "agency_settled": "6.27", "fees_settled": "8.96", "clawback_due": "9.95",
            "merchant_debit_settled": "39.80", "settle_status": "clawback_due", "after_sale": "won"})
    );
}

/// The ledger's amounts summed by column, over pages of an odd size, each line once.
async fn sums(client: &tokio_postgres::Client, log: fenzhang::base::LogId, ask: &LedgerAsk) -> BTreeMap<String, i64> {
    let ask = LedgerAsk {
        columns: vec!["all".into()],
        ..ask.clone()
    };
    let ledger = LineLedger::open(client, log, Viewer::All, &ask).await.unwrap();
    let (mut sums, mut seen, mut page) = (BTreeMap::new(), std::collections::BTreeSet::new(), Page::first(17));
    loop {
        let view = ledger.view(&page).await.unwrap();
        assert!(view.rows.len() <= 17);
        for row in view.rows {
            assert!(seen.insert(row["line"].clone()), "a line twice");
            assert_eq!(row["check"].as_deref(), Some("ok"), "{row:?}");
            for (name, value) in row {
                if let Some(Ok(amount)) = value.map(|value| Minor::parse(&value, Currency::CNY)) {
                    *sums.entry(name).or_default() += amount.0;
                }
            }
        }
        match view.next {
            Some(next) => page = Page::after(Some(next), 17),
            None => break sums,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sums_of_the_ledger_are_the_trial_balance_of_the_sample_month() {
    let db = fresh_db().await;
    let engine = engine_on(&db).await;
    let size = Size {
        anchors: 48,
        agencies: 6,
        brands: 6,
        items: 40,
        clicks: 400,
        orders: 100,
    };
    load::load(&engine, size, &mut |_, _| {}).await.unwrap();
    let client = db.client().await;
    let log = client
        .query_one(
            "select log from log where book = $1 and shard = 0",
            &[&sample::book().0],
        )
        .await
        .unwrap();
    let log = fenzhang::base::LogId(log.get(0));
    let ours = sums(&client, log, &LedgerAsk::default()).await;
    let trial = trial_balance(&client, log, fenzhang::report::At::Now).await.unwrap();
    let of = |accounts: &[&str], layer: &str| -> i64 {
        let rows = trial
            .rows
            .iter()
            .filter(|row| accounts.contains(&row.accounts.as_str()) && row.layer.word() == layer);
        rows.map(|row| {
            let minor = |money: &fenzhang::report::Money| Minor::parse(&money.amount, Currency::CNY).unwrap().0;
            minor(&row.credits) - minor(&row.debits)
        })
        .sum()
    };
    let ledger = |names: &[&str]| -> i64 { names.iter().map(|name| ours.get(*name).copied().unwrap_or(0)).sum() };
    for (layer, side) in [("settled", "settled"), ("estimated", "open")] {
        let column = |name: &str| format!("{name}_{side}");
        let anchors = ["anchor:available", "anchor:frozen", "anchor:direct_paid"];
        assert_eq!(ledger(&[&column("anchor")]), of(&anchors, layer), "{layer}");
        let agencies = ["agency:available", "agency:frozen", "agency:direct_paid"];
        assert_eq!(
            ledger(&[&column("agency"), &column("upper_agency")]),
            of(&agencies, layer),
            "{layer}"
        );
        let fees = ["platform:available", "platform:clearing", "other:available"];
        assert_eq!(
            ledger(&[&column("fees"), &column("content_fee"), &column("other_takers")])
                - ledger(&[&column("subsidies")]),
            of(&fees, layer),
            "{layer}"
        );
        assert_eq!(
            -ledger(&[&column("merchant_debit")]),
            of(&["brand:commission"], layer),
            "{layer}"
        );
        assert_ne!(ledger(&[&column("merchant_debit")]), 0, "{layer}");
    }
    let due = [
        "anchor:clawback_due",
        "agency:clawback_due",
        "platform:clawback_due",
        "promoter:clawback_due",
    ];
    assert_eq!(ledger(&["clawback_due"]), of(&due, "settled"));
    // The accounting months add up to the whole.
    let mut by_month = 0;
    for month in ["2025-10", "2025-11", "2025-12", "2026-01"] {
        let ask = LedgerAsk {
            accounting_month: Some(month.parse().unwrap()),
            ..LedgerAsk::default()
        };
        by_month += sums(&client, log, &ask)
            .await
            .get("merchant_debit_settled")
            .copied()
            .unwrap_or(0);
    }
    assert_eq!(by_month, ledger(&["merchant_debit_settled"]));
    engine.stop().await;
}

/// A key of a party, and its view of the ledger with every column.
async fn seen_by(stage: &Stage, role: Role, party: &Value, query: &str) -> Vec<Value> {
    let party: PartyId = party.as_str().unwrap().parse().unwrap();
    let key = issue(&stage.server.engine, stage.server.book, role, Some(party)).await;
    let url = format!("{}/v1/reports/line-ledger?columns=all{query}", stage.server.base);
    let (status, view) = read(stage.server.client.get(url).bearer_auth(key).send().await.unwrap()).await;
    assert_eq!(status, 200, "{view}");
    view["rows"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_sees_its_own_lines_and_of_them_its_own_part() {
    let stage = at_11_and_12().await;
    let id = |number: &'static str| {
        let stage = &stage;
        async move { stage.get(&format!("/v1/parties/{number}")).await["party"].clone() }
    };
    let all = [
        "anchor",
        "agency",
        "upper_agency",
        "second_level",
        "other_takers",
        "merchant_debit",
        "subsidies",
    ];
    for (role, number, own, amount, gross) in [
        (Role::Anchor, "A", "anchor", "14.62", true),
        (Role::Agency, "G", "agency", "6.27", true),
        (Role::Brand, "B", "merchant_debit", "29.85", true),
    ] {
        let rows = seen_by(&stage, role, &id(number).await, "").await;
        assert_eq!(rows.len(), 1, "{number}");
        let row = &rows[0];
        assert_eq!(row[format!("{own}_settled")], json!(amount), "{number}: {row}");
        assert_eq!(row["gross_settled"].is_string(), gross);
        for name in all.iter().filter(|name| **name != own) {
            for side in ["estimated", "settled", "difference", "open"] {
                assert_eq!(
                    row[format!("{name}_{side}")],
                    Value::Null,
                    "{number} sees {name}_{side}: {row}"
                );
            }
        }
        for hidden in [
            "buyer",
            "check",
            "account",
            "pid",
            "gross_reported_settled",
            "base_reported_difference",
        ] {
            assert_eq!(row[hidden], Value::Null, "{number} sees {hidden}");
        }
    }
    let member = seen_by(&stage, Role::Agency, &id("G").await, "&party=A").await;
    assert_eq!(
        (&member[0]["anchor_settled"], &member[0]["agency_settled"]),
        (&json!("14.62"), &Value::Null)
    );
    let stranger = stage.party("anchor", "Z").await["id"].clone();
    assert_eq!(seen_by(&stage, Role::Anchor, &stranger, "").await, Vec::<Value>::new());
    let (status, _) = stage.server.get(Role::Anchor, "/v1/reports/line-ledger?party=A").await;
    assert_eq!(status, 404, "a foreign party looks like a missing one");
    let (status, _) = stage.server.get(Role::Anchor, "/v1/reports/trial-balance").await;
    assert_eq!(status, 404, "a party has no trial balance of the book");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_columns_is_saved_used_and_forgotten_by_its_owner_alone() {
    let stage = at_11_and_12().await;
    let path = "/v1/reports/line-ledger/columns";
    let post = |role: Role, body: Value| {
        let request = stage.server.request(role, "POST", path).json(&body);
        async move { read(request.send().await.unwrap()).await }
    };
    let set = json!({"name": "月结", "columns": ["line_no", "anchor_settled"]});
    let (status, saved) = post(Role::Finance, set.clone()).await;
    assert_eq!((status, &saved[0]["name"]), (200, &json!("月结")), "{saved}");
    assert_eq!(
        post(Role::Finance, set).await.0,
        200,
        "the same set again is the same set"
    );
    let (status, refused) = post(Role::Finance, json!({"name": "x", "columns": ["nothing"]})).await;
    assert_eq!((status, &refused["code"]), (400, &json!("unknown_column")));
    let listed = stage.get(path).await;
    assert_eq!(listed["sets"].as_array().unwrap().len(), 1);
    assert!(
        listed["default"]
            .as_array()
            .unwrap()
            .contains(&json!("fee_technical_fee_settled")),
        "{listed}"
    );
    let used = stage.get("/v1/reports/line-ledger?set=%E6%9C%88%E7%BB%93").await;
    assert_eq!(
        used["rows"],
        json!([{"line_no": "3900000000000000001", "anchor_settled": "14.62"}])
    );
    let (status, _) = stage
        .server
        .get(Role::Anchor, "/v1/reports/line-ledger?set=%E6%9C%88%E7%BB%93")
        .await;
    assert_eq!(status, 404, "a set of the book's people is none of a party's");
    let forget = |role: Role| {
        let request = stage
            .server
            .request(role, "DELETE", &format!("{path}/%E6%9C%88%E7%BB%93"));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(forget(Role::Anchor).await, 404);
    assert_eq!(forget(Role::Owner).await, 204);
    assert_eq!(forget(Role::Owner).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_is_listed_and_answers_in_every_format_it_has() {
    let stage = at_11_and_12().await;
    crate::vtask::drafted(&stage, "b1").await;
    let listed = stage.get("/v1/reports").await;
    let names: Vec<String> = listed["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].as_str().unwrap().into())
        .collect();
    let registered: Vec<&str> = fenzhang::report::REGISTRY.iter().map(|report| report.name).collect();
    assert_eq!(names, registered, "an owner sees every report");
    for name in &names {
        let needs = match name.as_str() {
            "earnings" => "party=A",
            "statement" => "party=A&period=2026-05",
            "statement-difference" => "party=A&period=2026-05&known_at=2026-05-31",
            "settlement" => "period=2026-05&kind=anchor",
            "orders" => "external_id=9000",
            "contract-income" => "party=A",
            "matches" => "brief=b1",
            _ => "",
        };
        for format in ["json", "csv", "xlsx"] {
            let path = format!("/v1/reports/{name}?format={format}&{needs}");
            let response = stage.server.request(Role::Owner, "GET", &path).send().await.unwrap();
            let expected = if name == "entries" && format != "json" {
                400
            } else {
                200
            };
            assert_eq!(response.status().as_u16(), expected, "{path}");
        }
    }
    let (status, refused) = stage.server.get(Role::Owner, "/v1/reports/trial-balance?party=A").await;
    assert_eq!((status, &refused["code"]), (400, &json!("unknown_parameter")));
}
