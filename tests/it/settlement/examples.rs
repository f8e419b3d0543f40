//! The worked examples carried through a close, to the fen: AT-11 to AT-17, AT-20, AT-26, AT-27, AT-29, AT-31.
//! It must never assert a sheet without its lines and its ties.

use serde_json::{Value, json};

use super::{adjusted, close, paid};
use crate::acceptance::stage::{Stage, cny, deducted, fact, paying, refund, with};

/// A sale on an item of its own: created, paid and settled.
fn sale(line: &str, item: &str, day: u32, amount: &str) -> Vec<Value> {
    let at = |hour: &str| format!("2026-05-{day:02}T{hour}+08:00");
    let on = |told: Value| with(told, json!({"item_no": item, "promoter": "A"}));
    vec![
        on(paying(line, "created", &at("12:00:00"), amount)),
        on(paying(line, "paid", &at("12:05:00"), amount)),
        on(fact(line, "settled", &at("20:00:00"))),
    ]
}

async fn rule_on(stage: &Stage, item: &str, kind: &str, rate: &str, more: Value) {
    let plain = json!({"from": "2026-01-01T00:00:00+08:00", "rate": rate});
    let body = json!({
        "brand": "B", "kind": kind, "currency": "CNY",
        "scope": {"platform": "taobao", "item": item}, "terms": with(plain, more),
    });
    stage.accepted("/v1/rules", body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_11_and_12_a_month_with_an_order_and_its_part_refund_is_closed_issued_and_locked() {
    let stage = Stage::open().await;
    rule_on(&stage, "item", "general", "0.2", json!({})).await;
    stage.applied(&sale("1", "item", 20, "199.00")).await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    may.says("A", "0.00", &[("settled", "19.50")], "19.50", "19.50").await;
    may.says("G", "0.00", &[("settled", "8.36")], "8.36", "8.36").await;
    may.says("affiliate", "0.00", &[("settled", "3.98")], "3.98", "3.98")
        .await;
    may.says("live", "0.00", &[("settled", "7.96")], "7.96", "7.96").await;
    may.says("B", "0.00", &[("settled", "-39.80")], "-39.80", "0.00").await;
    assert_eq!(may.view["sheets"], 5);
    let locked = may.lock().await;
    // AT-12 in the next month: the claw-back is old less new, component by component.
    stage.clock("2026-07-01T12:00:00+08:00").await;
    stage
        .applied(&[
            refund("1", "c1", "2026-06-10T12:00:00+08:00", "49.75"),
            deducted("1", "c1", "2026-06-11T12:00:00+08:00"),
        ])
        .await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "19.50", &[("clawbacks", "-4.88")], "14.62", "14.62")
        .await;
    june.says("G", "8.36", &[("clawbacks", "-2.09")], "6.27", "6.27").await;
    june.says("affiliate", "3.98", &[("clawbacks", "-0.99")], "2.99", "2.99")
        .await;
    june.says("live", "7.96", &[("clawbacks", "-1.99")], "5.97", "5.97")
        .await;
    june.says("B", "-39.80", &[("clawbacks", "9.95")], "-29.85", "0.00")
        .await;
    let again = stage.get(&format!("/v1/settlements/{}", may.run)).await;
    assert_eq!(again["digest"], locked["digest"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_13_14_16_and_17_in_one_month() {
    let stage = Stage::open().await;
    rule_on(&stage, "x", "general", "0.12", json!({})).await;
    let window = json!({"subjects": ["A"], "from": "2026-05-20T10:00:00+08:00", "to": "2026-05-20T12:00:01+08:00"});
    rule_on(&stage, "x", "live_exclusive", "0.35", window).await;
    rule_on(&stage, "y", "general", "0.15", json!({})).await;
    rule_on(&stage, "z", "general", "0.2", json!({})).await;
    rule_on(&stage, "t", "general", "0.015", json!({})).await;
    // AT-13: at the last second of the window, and just after it.
    stage.applied(&sale("13a", "x", 20, "268.00")).await;
    stage.applied(&sale("13b", "x", 21, "268.00")).await;
    // AT-14: one of three units is refunded before the settlement.
    let mut at_14 = sale("14", "y", 22, "300.00");
    at_14.insert(2, refund("14", "c1", "2026-05-22T13:00:00+08:00", "100.00"));
    for told in &mut at_14 {
        *told = with(told.clone(), json!({"item_no": "y", "promoter": "A"}));
    }
    stage.applied(&at_14).await;
    // AT-17: below one fen nothing is posted; 33.33 at 1.5 % rounds at each step.
    stage.tell(&sale("17a", "z", 23, "0.04")).await;
    stage.applied(&sale("17b", "t", 23, "33.33")).await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    // 45.96 + 15.76 + 14.70 + 0.24; 19.70 + 6.75 + 6.30 + 0.11; 9.38 + 3.22 + 3.00 + 0.05; 18.76 + 6.43 + 6.00 + 0.10.
    may.says("A", "0.00", &[("settled", "76.66")], "76.66", "76.66").await;
    may.says("G", "0.00", &[("settled", "32.86")], "32.86", "32.86").await;
    may.says("affiliate", "0.00", &[("settled", "15.65")], "15.65", "15.65")
        .await;
    may.says("live", "0.00", &[("settled", "31.29")], "31.29", "31.29")
        .await;
    may.says("B", "0.00", &[("settled", "-156.46")], "-156.46", "0.00")
        .await;
    // The agency sees its anchor.
    let sheet = may.sheet_of("G").await;
    let path = format!("/v1/sheets/{}/members", sheet["sheet"].as_str().unwrap());
    let members = stage.get(&path).await;
    assert_eq!(members["members"][0]["name"], "A", "{members}");
    assert_eq!(members["members"][0]["amount"]["amount"], "32.86", "{members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_16_a_content_fee_is_a_sheet_of_its_own_taker() {
    let stage = Stage::bare().await;
    stage
        .formula(json!({
            "content_fee": {"taker": "live", "rate": "0.03"}, "rates_are_overall": true,
            "fees": [{"name": "technical_fee", "taker": "affiliate", "rate": "0.1", "of": "gross"}],
        }))
        .await;
    rule_on(&stage, "item", "general", "0.1", json!({})).await;
    stage.applied(&sale("1", "item", 20, "100.00")).await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    may.says("live", "0.00", &[("settled", "3.00")], "3.00", "3.00").await;
    may.says("affiliate", "0.00", &[("settled", "0.70")], "0.70", "0.70")
        .await;
    may.says("A", "0.00", &[("settled", "6.30")], "6.30", "6.30").await;
    may.says("B", "0.00", &[("settled", "-10.00")], "-10.00", "0.00").await;
}

/// The order of AT-11, settled in May.
async fn of_at_11(stage: &Stage) {
    rule_on(stage, "item", "general", "0.2", json!({})).await;
    stage.applied(&sale("1", "item", 20, "199.00")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_15_unpaid_before_it_opens_at_19_50_and_closes_at_zero() {
    let stage = Stage::open().await;
    of_at_11(&stage).await;
    close(&stage, "2026-05").await.ties().lock().await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    // While the case is only won, the money is on its way back and the sheet says so.
    stage
        .applied(&[refund("1", "c1", "2026-06-06T12:00:00+08:00", "199.00")])
        .await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "19.50", &[("clawbacks", "-19.50")], "0.00", "0.00")
        .await;
    let sheet = june.sheet_of("A").await;
    let others = sheet["others"].as_array().unwrap();
    assert_eq!(others[0]["account"], "clawback_due", "{sheet}");
    assert_eq!(others[0]["closing"], cny("19.50"), "{sheet}");
    stage.clock("2026-08-01T12:00:00+08:00").await;
    stage.applied(&[deducted("1", "c1", "2026-07-10T12:00:00+08:00")]).await;
    let july = close(&stage, "2026-07").await;
    july.ties();
    july.says("B", "-39.80", &[("clawbacks", "39.80")], "0.00", "0.00")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_15_paid_outside_before_it_closes_at_minus_19_50_which_is_carried_and_ages() {
    let stage = Stage::open().await;
    of_at_11(&stage).await;
    paid(&stage, "2026-05-31", "A", "19.50", "R-1").await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    may.says(
        "A",
        "0.00",
        &[("settled", "19.50"), ("payments", "-19.50")],
        "0.00",
        "0.00",
    )
    .await;
    let locked = may.lock().await;
    let statement = stage.get("/v1/statements?party=A&period=2026-05").await;
    let last = statement["lines"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["text"], &last["text_zh"], &last["balance"]),
        (&json!("payment"), &json!("付款"), &cny("0.00")),
        "{last}"
    );
    stage.clock("2026-08-01T12:00:00+08:00").await;
    stage
        .applied(&[
            refund("1", "c1", "2026-06-06T12:00:00+08:00", "199.00"),
            deducted("1", "c1", "2026-06-10T12:00:00+08:00"),
        ])
        .await;
    let june = close(&stage, "2026-06").await;
    assert_eq!(
        stage.get(&format!("/v1/settlements/{}", may.run)).await["digest"],
        locked["digest"]
    );
    june.says("A", "0.00", &[("clawbacks", "-19.50")], "-19.50", "0.00")
        .await;
    // Case 12: it is carried, opens the next month, and ages; nobody else's money covers it.
    let july = close(&stage, "2026-07").await;
    july.ties();
    july.says("A", "-19.50", &[], "-19.50", "0.00").await;
    let sheet = july.sheet_of("A").await;
    assert_eq!(
        (&sheet["negative_since"], &sheet["negative_months"]),
        (&json!("2026-06"), &json!(2)),
        "{sheet}"
    );
    assert_eq!(sheet["carried"], cny("-19.50"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_20_an_agency_change_inside_a_month_gives_two_subtotals_and_each_agency_its_own() {
    let stage = Stage::bare().await;
    stage.party("agency", "H").await;
    stage.formula(json!({})).await;
    let turn = "2026-05-16T00:00:00+08:00";
    let start = "2026-01-01T00:00:00+08:00";
    stage
        .contract("A", "G", json!({"upper_keeps": "0.3"}), start, Some(turn))
        .await;
    stage
        .contract("A", "H", json!({"upper_keeps": "0.2"}), turn, None)
        .await;
    rule_on(&stage, "item", "general", "0.2", json!({})).await;
    for (line, day) in [("1", "14"), ("2", "17")] {
        let at = |time: &str| format!("2026-05-{day}T{time}+08:00");
        let on = |told: Value| with(told, json!({"promoter": "A"}));
        stage
            .applied(&[
                on(paying(line, "created", &at("12:00:00"), "500.00")),
                on(paying(line, "paid", &at("12:05:00"), "500.00")),
            ])
            .await;
    }
    stage.clock("2026-07-01T12:00:00+08:00").await;
    stage
        .applied(&[
            fact("1", "settled", "2026-06-10T12:00:00+08:00"),
            fact("2", "settled", "2026-06-11T12:00:00+08:00"),
        ])
        .await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("G", "0.00", &[("settled", "30.00")], "30.00", "30.00").await;
    june.says("H", "0.00", &[("settled", "20.00")], "20.00", "20.00").await;
    june.says("A", "0.00", &[("settled", "150.00")], "150.00", "150.00")
        .await;
    let sheet = june.sheet_of("A").await;
    let sheet = stage
        .get(&format!("/v1/sheets/{}", sheet["sheet"].as_str().unwrap()))
        .await;
    let under = sheet["under"].as_array().unwrap();
    let amounts: Vec<&str> = under
        .iter()
        .map(|of| of["amount"]["amount"].as_str().unwrap())
        .collect();
    assert_eq!(amounts, ["70.00", "80.00"], "{sheet}");
    assert_ne!(under[0]["upper"], under[1]["upper"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_26_a_small_month_with_a_brand_contract_is_payable_in_full_and_the_next_is_a_debt() {
    let stage = Stage::open().await;
    rule_on(
        &stage,
        "x",
        "live_exclusive",
        "0.35",
        json!({"subjects": ["A"], "to": "2026-06-30T00:00:00+08:00"}),
    )
    .await;
    rule_on(&stage, "y", "general", "0.15", json!({})).await;
    of_at_11(&stage).await;
    stage.applied(&sale("13", "x", 20, "268.00")).await;
    stage.applied(&sale("14", "y", 21, "200.00")).await;
    adjusted(&stage, "2026-05-31T12:00:00+08:00", "contract", "A", "7000.00").await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    let parts = [("settled", "80.16"), ("contracts", "7000.00")];
    may.says("A", "0.00", &parts, "7080.16", "7080.16").await;
    may.lock().await;
    // Paid in June, tax and all; then only AT-15.
    stage.clock("2026-08-01T12:00:00+08:00").await;
    adjusted(&stage, "2026-06-20T12:00:00+08:00", "payment", "A", "-7080.16").await;
    let june = close(&stage, "2026-06").await;
    june.says("A", "7080.16", &[("payments", "-7080.16")], "0.00", "0.00")
        .await;
    stage
        .applied(&[
            refund("1", "c1", "2026-07-06T12:00:00+08:00", "199.00"),
            deducted("1", "c1", "2026-07-10T12:00:00+08:00"),
        ])
        .await;
    let july = close(&stage, "2026-07").await;
    july.ties();
    july.says("A", "0.00", &[("clawbacks", "-19.50")], "-19.50", "0.00")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_27_a_full_month_comes_to_26317_95_before_tax() {
    let stage = Stage::bare().await;
    stage.formula(json!({})).await;
    rule_on(&stage, "item", "general", "0.2", json!({})).await;
    adjusted(&stage, "2026-04-30T12:00:00+08:00", "adjustment", "A", "-120.00").await;
    stage.applied(&sale("1", "item", 5, "93201.75")).await;
    stage
        .applied(&[
            refund("1", "c1", "2026-05-10T12:00:00+08:00", "1562.00"),
            deducted("1", "c1", "2026-05-11T12:00:00+08:00"),
        ])
        .await;
    for (purpose, amount) in [("contract", "7000.00"), ("penalty", "-200.00"), ("adjustment", "50.00")] {
        adjusted(&stage, "2026-05-31T12:00:00+08:00", purpose, "A", amount).await;
    }
    // 3000.00 sold, 100 x 17.00 and 40.00 of freight bought: 1260.00 of sourcing margin.
    stage.party("supplier", "S").await;
    let line = json!({"name": "cup", "quantity": 100, "unit_price": cny("17.00"), "sold": cny("3000.00")});
    let dropship = json!({
        "kind": "dropship", "buyer": "A", "supplier": "S", "lines": [line], "freight": cny("40.00"),
        "at": "2026-05-31T12:00:00+08:00",
    });
    stage.accepted("/v1/purchases", dropship).await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    let parts = [
        ("settled", "18640.35"),
        ("clawbacks", "-312.40"),
        ("contracts", "7000.00"),
        ("sourcing", "1260.00"),
        ("penalties", "-200.00"),
        ("adjustments", "50.00"),
    ];
    may.says("A", "-120.00", &parts, "26317.95", "26317.95").await;
    may.says("S", "0.00", &[("sourcing", "1740.00")], "1740.00", "1740.00")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_29_the_first_two_pay_30_the_third_10_and_the_sheet_says_so() {
    let stage = Stage::bare().await;
    stage.formula(json!({})).await;
    rule_on(&stage, "item", "general", "0.1", json!({})).await;
    rule_on(&stage, "item", "first_n", "0.3", json!({"first_n": 2})).await;
    let mut first = sale("1", "item", 20, "100.00");
    let settled = first.pop().unwrap();
    stage.applied(&first).await;
    stage.applied(&sale("2", "item", 21, "100.00")).await;
    stage.applied(&sale("3", "item", 22, "100.00")).await;
    // The first is refunded before its settlement: N is not given back, and it comes to nothing.
    let back = with(
        refund("1", "c1", "2026-05-20T13:00:00+08:00", "100.00"),
        json!({"promoter": "A"}),
    );
    stage.applied(&[back]).await;
    stage.tell(&[settled]).await;
    stage.applied(&sale("4", "item", 23, "100.00")).await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    may.says("A", "0.00", &[("settled", "50.00")], "50.00", "50.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_31_two_anchors_of_one_order_have_each_their_own_part() {
    let stage = Stage::open().await;
    stage.party("anchor", "A2").await;
    let start = "2026-01-01T00:00:00+08:00";
    stage
        .contract("A2", "G", json!({"upper_keeps": "0.3"}), start, None)
        .await;
    let window = json!({"subjects": ["A"], "to": "2026-06-30T00:00:00+08:00"});
    stage.rule("live_exclusive", "0.35", window).await;
    let general = json!({
        "brand": "B", "kind": "general", "currency": "CNY", "scope": {"platform": "taobao", "shop": "shop"},
        "terms": {"from": start, "rate": "0.1"},
    });
    stage.accepted("/v1/rules", general).await;
    let order = json!({
        "platform": "taobao", "external_id": "9000", "at": "2026-05-20T12:00:00+08:00", "buyer": "buyer",
        "discounts": [{"funder": "merchant", "kind": "shop_coupon", "amount": cny("20.00")}],
        "lines": [
            {"line_no": "a", "list": cny("120.00"), "quantity": 2, "item_no": "item", "shop_no": "shop", "promoter": "A"},
            {"line_no": "b", "list": cny("80.00"), "item_no": "item2", "shop_no": "shop", "promoter": "A2"},
        ],
    });
    stage.accepted("/v1/orders", order).await;
    let on_b = |told: Value| with(told, json!({"item_no": "item2", "promoter": "A2"}));
    let on_a = |told: Value| with(told, json!({"promoter": "A"}));
    stage
        .applied(&[
            on_a(paying("a", "paid", "2026-05-20T12:05:00+08:00", "108.00")),
            on_b(paying("b", "paid", "2026-05-20T12:05:00+08:00", "72.00")),
            on_a(refund("a", "c1", "2026-05-22T12:00:00+08:00", "54.00")),
            on_a(fact("a", "settled", "2026-05-25T12:00:00+08:00")),
            on_b(fact("b", "settled", "2026-05-25T12:00:00+08:00")),
        ])
        .await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    // A: 18.90, 1.89, 3.78, 3.97, 9.26. B: 7.20, 0.72, 1.44, 1.51, 3.53.
    may.says("A", "0.00", &[("settled", "9.26")], "9.26", "9.26").await;
    may.says("A2", "0.00", &[("settled", "3.53")], "3.53", "3.53").await;
    may.says("G", "0.00", &[("settled", "5.48")], "5.48", "5.48").await;
    may.says("affiliate", "0.00", &[("settled", "2.61")], "2.61", "2.61")
        .await;
    let members = may.sheet_of("G").await;
    let members = stage
        .get(&format!("/v1/sheets/{}/members", members["sheet"].as_str().unwrap()))
        .await;
    let mut amounts: Vec<&str> = (members["members"].as_array().unwrap().iter())
        .map(|of| of["amount"]["amount"].as_str().unwrap())
        .collect();
    amounts.sort_unstable();
    assert_eq!(amounts, ["1.51", "3.97"], "{members}");
    // The next month: 30.00 more of A.
    stage.clock("2026-07-01T12:00:00+08:00").await;
    stage
        .applied(&[
            refund("a", "c2", "2026-06-10T12:00:00+08:00", "30.00"),
            deducted("a", "c2", "2026-06-11T12:00:00+08:00"),
        ])
        .await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "9.26", &[("clawbacks", "-5.14")], "4.12", "4.12").await;
    june.says("G", "5.48", &[("clawbacks", "-2.21")], "3.27", "3.27").await;
    june.says("B", "-26.10", &[("clawbacks", "10.50")], "-15.60", "0.00")
        .await;
}
