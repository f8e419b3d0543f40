//! One order: AT-01, AT-11, AT-14, AT-16, AT-17, AT-28, AT-31.
//! It must never use two books where one does.

use serde_json::{Value, json};

use super::stage::{Stage, cny, fact, paying, refund, with};

#[tokio::test(flavor = "multi_thread")]
async fn at_01_a_sale_of_100_at_15_percent_leaves_13_50_to_the_publisher() {
    let stage = Stage::bare().await;
    let fee = json!([{"name": "technical_fee", "taker": "affiliate", "rate": "0.1", "of": "gross"}]);
    stage.formula(json!({"fees": fee})).await;
    stage.rule("general", "0.15", json!({})).await;
    stage.clicked("2026-05-30T10:00:00+08:00").await;
    stage.applied(&sale("1", "2026-05-30T12:00:00+08:00", "100.00")).await;
    stage.available(["1.50", "0.00", "0.00", "13.50", "-15.00"]).await;
}

/// Created, paid and settled within the hour.
fn sale(line: &str, at: &str, amount: &str) -> Vec<Value> {
    let later = |minutes: &str| format!("{}{minutes}{}", &at[..14], &at[16..]);
    vec![
        paying(line, "created", at, amount),
        paying(line, "paid", &later("05"), amount),
        fact(line, "received", &later("50")),
        fact(line, "settled", &later("59")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn at_11_a_plain_order_is_estimated_when_paid_and_available_when_settled() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    let coupon = json!([{"funder": "merchant", "kind": "shop_coupon", "amount": cny("20.00")}]);
    let order = json!({
        "platform": "taobao", "external_id": "9000", "at": "2026-05-20T12:00:00+08:00", "buyer": "buyer",
        "discounts": coupon,
        "lines": [{"line_no": "1", "list": cny("219.00"), "item_no": "item", "shop_no": "shop"}],
    });
    stage.accepted("/v1/orders", order).await;
    stage.nobody_holds_anything().await;
    stage
        .applied(&[paying("1", "paid", "2026-05-20T12:05:00+08:00", "199.00")])
        .await;
    let estimate = ["3.98", "7.96", "8.36", "19.50", "-39.80"];
    stage.estimated(estimate).await;
    stage
        .applied(&[fact("1", "received", "2026-05-24T12:00:00+08:00")])
        .await;
    stage.estimated(estimate).await;
    stage.available(["0.00"; 5]).await;
    stage
        .applied(&[fact("1", "settled", "2026-05-25T12:00:00+08:00")])
        .await;
    stage.estimated(["0.00"; 5]).await;
    stage.available(estimate).await;
    stage.balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_14_a_part_refund_before_settlement_settles_only_the_rest() {
    let stage = Stage::open().await;
    stage.rule("general", "0.15", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    let three = json!({"quantity": 3});
    stage
        .applied(&[
            with(
                paying("1", "created", "2026-05-20T12:00:00+08:00", "300.00"),
                three.clone(),
            ),
            with(paying("1", "paid", "2026-05-20T12:05:00+08:00", "300.00"), three),
        ])
        .await;
    stage.estimated(["4.50", "9.00", "9.45", "22.05", "-45.00"]).await;
    stage
        .applied(&[refund("1", "c1", "2026-05-22T12:00:00+08:00", "100.00")])
        .await;
    stage.estimated(["3.00", "6.00", "6.30", "14.70", "-30.00"]).await;
    stage
        .applied(&[
            fact("1", "received", "2026-05-24T12:00:00+08:00"),
            paying("1", "settled", "2026-05-25T12:00:00+08:00", "200.00"),
        ])
        .await;
    stage.available(["3.00", "6.00", "6.30", "14.70", "-30.00"]).await;
    stage.estimated(["0.00"; 5]).await;
    let lines = stage.get("/v1/statements?party=A&period=2026-05").await;
    assert_eq!(
        lines["lines"].as_array().unwrap().len(),
        1,
        "only the second set is posted: {lines}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_16_a_content_fee_is_taken_out_of_the_overall_rate() {
    let stage = Stage::bare().await;
    let fee = json!([{"name": "technical_fee", "taker": "affiliate", "rate": "0.1", "of": "gross"}]);
    let content = json!({"taker": "live", "rate": "0.03"});
    stage
        .formula(json!({"fees": fee, "content_fee": content, "rates_are_overall": true}))
        .await;
    stage.rule("general", "0.1", json!({})).await;
    stage.clicked("2026-05-30T10:00:00+08:00").await;
    stage.applied(&sale("1", "2026-05-30T12:00:00+08:00", "100.00")).await;
    stage.available(["0.70", "3.00", "0.00", "6.30", "-10.00"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_17_a_commission_below_one_fen_posts_nothing_and_a_small_one_rounds_at_each_step() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let small = json!({
        "brand": "B", "kind": "general", "currency": "CNY", "scope": {"platform": "taobao", "item": "small"},
        "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": "0.015"},
    });
    stage.accepted("/v1/rules", small).await;
    stage.clicked("2026-05-30T10:00:00+08:00").await;
    let outcome = stage.tell(&sale("1", "2026-05-30T12:00:00+08:00", "0.04")).await;
    assert_eq!(outcome[1]["code"], "below_minimum", "{outcome:?}");
    stage.nobody_holds_anything().await;
    stage
        .clicked_by("A", "buyer", "small", "2026-05-30T10:00:00+08:00")
        .await;
    let facts = sale("2", "2026-05-30T13:00:00+08:00", "33.33");
    let small: Vec<Value> = facts
        .into_iter()
        .map(|fact| with(fact, json!({"item_no": "small"})))
        .collect();
    stage.applied(&small).await;
    stage.available(["0.05", "0.10", "0.11", "0.24", "-0.50"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_28_a_pre_sale_grows_with_its_tail_under_the_rule_of_its_first_day() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    let presale = |line: &str| {
        [
            paying(line, "created", "2026-05-20T12:00:00+08:00", "200.00"),
            paying(line, "deposit", "2026-05-20T12:05:00+08:00", "22.32"),
        ]
    };
    stage.applied(&presale("1")).await;
    // G 4.46, tech 0.45, live 0.89, rest 3.12, agency 0.94, anchor 2.18
    stage.estimated(["0.45", "0.89", "0.94", "2.18", "-4.46"]).await;
    let other = stage.rule(
        "marketing",
        "0.5",
        json!({"from": "2026-06-01T12:00:00+08:00", "to": "2026-07-01T00:00:00+08:00"}),
    );
    other.await;
    stage.clock("2026-06-05T12:00:00+08:00").await;
    stage
        .applied(&[paying("1", "tail", "2026-06-03T12:00:00+08:00", "177.68")])
        .await;
    stage.estimated(["4.00", "8.00", "8.40", "19.60", "-40.00"]).await;
    stage
        .applied(&[fact("1", "settled", "2026-06-04T12:00:00+08:00")])
        .await;
    stage.available(["4.00", "8.00", "8.40", "19.60", "-40.00"]).await;
    // The tail of another one is never paid.
    stage.applied(&presale("2")).await;
    stage.applied(&[fact("2", "closed", "2026-06-04T12:00:00+08:00")]).await;
    stage.estimated(["0.00"; 5]).await;
    assert_eq!(stage.line("2").await["status"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_31_one_order_with_two_anchors_and_a_coupon_of_the_shop() {
    let stage = Stage::open().await;
    stage.party("anchor", "A2").await;
    stage
        .contract(
            "A2",
            "G",
            json!({"upper_keeps": "0.3"}),
            "2026-01-01T00:00:00+08:00",
            None,
        )
        .await;
    let window = json!({"subjects": ["A"], "to": "2026-06-30T00:00:00+08:00"});
    stage.rule("live_exclusive", "0.35", window).await;
    let general = json!({
        "brand": "B", "kind": "general", "currency": "CNY", "scope": {"platform": "taobao", "shop": "shop"},
        "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": "0.1"},
    });
    stage.accepted("/v1/rules", general).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .clicked_by("A2", "buyer", "item2", "2026-05-20T11:00:00+08:00")
        .await;
    let order = json!({
        "platform": "taobao", "external_id": "9000", "at": "2026-05-20T12:00:00+08:00", "buyer": "buyer",
        "discounts": [{"funder": "merchant", "kind": "shop_coupon", "amount": cny("20.00")}],
        "lines": [
            {"line_no": "a", "list": cny("120.00"), "quantity": 2, "item_no": "item", "shop_no": "shop"},
            {"line_no": "b", "list": cny("80.00"), "item_no": "item2", "shop_no": "shop"},
        ],
    });
    stage.accepted("/v1/orders", order).await;
    stage
        .applied(&[
            paying("a", "paid", "2026-05-20T12:05:00+08:00", "108.00"),
            with(
                paying("b", "paid", "2026-05-20T12:05:00+08:00", "72.00"),
                json!({"item_no": "item2"}),
            ),
        ])
        .await;
    // A: G 37.80, tech 3.78, live 7.56, agency 7.94, anchor 18.52. B: 7.20, 0.72, 1.44, 1.51, 3.53.
    stage.estimated(["4.50", "9.00", "9.45", "18.52", "-45.00"]).await;
    stage.holds("A2", &[("estimated:available", "3.53")]).await;
    stage
        .applied(&[refund("a", "c1", "2026-05-22T12:00:00+08:00", "54.00")])
        .await;
    // A: 18.90, 1.89, 3.78, 3.97, 9.26.
    stage.estimated(["2.61", "5.22", "5.48", "9.26", "-26.10"]).await;
    stage
        .applied(&[fact("a", "settled", "2026-05-25T12:00:00+08:00")])
        .await;
    stage.available(["1.89", "3.78", "3.97", "9.26", "-18.90"]).await;
    stage
        .applied(&[refund("a", "c2", "2026-05-28T12:00:00+08:00", "30.00")])
        .await;
    let due = ["1.05", "2.10", "2.21", "5.14", "0.00"];
    stage.split("clawback_due", "clawback_due", due).await;
    stage.available(["0.84", "1.68", "1.76", "4.12", "-18.90"]).await;
    stage
        .applied(&[super::stage::deducted("a", "c2", "2026-05-29T12:00:00+08:00")])
        .await;
    stage.available(["0.84", "1.68", "1.76", "4.12", "-8.40"]).await;
    stage.balanced().await;
}
