//! AT-23 and AT-23b over HTTP, from the buyer's order line to the anchor's sheet, explained to the fen.
//! It must never compute an expected amount of an example.

use super::*;
use crate::acceptance::stage::paying;
use crate::http::server::read;
use crate::settlement::close;
use fenzhang::domain::person::Role;

/// A buyer's line of two units for 70.00 in May, and the dropship order that is made for it: bought at 22.00 with 6.00 of
/// freight that the buyer paid.
async fn sold(stage: &Stage, number: &str) -> Value {
    let at = "2026-05-20T12:00:00+08:00";
    let two = json!({"quantity": 2, "promoter": "A"});
    let facts = [
        paying(number, "created", at, "70.00"),
        paying(number, "paid", at, "70.00"),
    ];
    stage.applied(&facts.map(|fact| with(fact, two.clone()))).await;
    let line = json!([{"offer": "9", "quantity": 2, "order_line": {"platform": "taobao", "line_no": number}}]);
    let body = json!({
        "kind": "dropship", "buyer": "A", "external_id": number, "lines": line, "sold_freight": cny("6.00"), "at": at,
    });
    let ordered = stage.accepted("/v1/purchases", body).await;
    assert_eq!(ordered["figures"]["margin"], cny("26.00"), "{ordered}");
    let pay = json!({"reference": format!("pay-{number}"), "at": "2026-05-20T12:05:00+08:00"});
    done(stage, number, "pay", pay).await
}

fn one_unit(at: &str) -> Value {
    json!({"lines": [{"line": 0, "units": 1}], "at": at})
}

#[tokio::test(flavor = "multi_thread")]
async fn at_23_margins_stand_on_the_anchors_sheet_as_sourcing_and_explain_themselves() {
    let stage = stage().await;
    offer(&stage).await;
    let paid = sold(&stage, "L1").await;
    assert_eq!(
        (&paid["margin"], &paid["lines"][0]["sold"]),
        (&cny("26.00"), &cny("70.00")),
        "{paid}"
    );
    sold(&stage, "L2").await;
    stage.holds("A", &[("available", "52.00")]).await;
    stage.holds("S", &[]).await;
    // May: both margins. The supplier's sheet opens and closes at nothing.
    let may = close(&stage, "2026-05").await;
    may.ties();
    may.says("A", "0.00", &[("sourcing", "52.00")], "52.00", "52.00").await;
    let sheet = may.sheet_of("A").await["sheet"].as_str().unwrap().to_owned();
    let part = stage.get(&format!("/v1/explain/sheet/{sheet}?part=sourcing")).await;
    assert!(part["consistent"] == true && adds_up(&part["root"]) > 0, "{part}");
    let statement = stage.get("/v1/statements?party=A&period=2026-05").await;
    let words: Vec<&str> = statement["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["text_zh"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["采购", "一件代发销售", "采购", "一件代发销售"], "{statement}");
    assert_eq!(statement["sums"][0]["closing"], cny("52.00"));
    let summary = stage.get("/v1/reports/settlement?period=2026-05").await.to_string();
    assert!(summary.contains("52.00"), "{summary}");
    may.lock().await;
    // June: of L1 one unit comes back on both sides, of L2 the supplier refuses.
    stage.clock("2026-07-01T12:00:00+08:00").await;
    let at = "2026-06-10T12:00:00+08:00";
    let lost = done(&stage, "L1", "buyer-refund", one_unit(at)).await;
    assert_eq!(lost["margin"], cny("-9.00"));
    let both = done(&stage, "L1", "refund", one_unit(at)).await;
    assert_eq!(both["margin"], cny("13.00"));
    let refuses = done(&stage, "L2", "buyer-refund", one_unit(at)).await;
    assert_eq!(refuses["margin"], cny("-9.00"));
    stage.holds("A", &[("available", "4.00")]).await;
    stage.holds("S", &[("available", "-22.00")]).await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "52.00", &[("sourcing", "-48.00")], "4.00", "4.00").await;
    june.says("S", "0.00", &[("sourcing", "-22.00")], "-22.00", "0.00")
        .await;
    // What the margins of all purchases sum to is what the anchor has.
    let listed = stage.get("/v1/purchases?kind=dropship").await;
    let margins: i64 = listed["purchases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| fen(&row["margin"]))
        .sum();
    assert_eq!(margins, 400, "{listed}");
    let by_product = stage.get("/v1/reports/purchase-margins").await.to_string();
    assert!(
        by_product.contains("140.00") && by_product.contains("4.00"),
        "{by_product}"
    );
    stage.balanced().await;
    verified(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_margin_is_explained_to_the_fen_in_both_languages() {
    let stage = stage().await;
    offer(&stage).await;
    sold(&stage, "L1").await;
    let at = "2026-06-01T12:00:00+08:00";
    done(
        &stage,
        "L1",
        "freight",
        json!({"amount": cny("5.00"), "reason": "one parcel"}),
    )
    .await;
    done(&stage, "L1", "buyer-refund", one_unit(at)).await;
    done(&stage, "L1", "refund", one_unit(at)).await;
    for (charge, amount) in [
        ("return_freight", "3.00"),
        ("insurance", "0.50"),
        ("packaging", "1.20"),
        ("fee", "0.30"),
    ] {
        done(&stage, "L1", "charge", json!({"charge": charge, "amount": cny(amount)})).await;
    }
    let after = stage.get("/v1/purchases/L1").await;
    assert_eq!(
        (&after["margin"], &after["charges"]),
        (&cny("9.00"), &cny("5.00")),
        "{after}"
    );
    let tree = stage.get("/v1/explain/purchase/L1").await;
    assert_eq!(
        (&tree["consistent"], &tree["root"]["amount"]),
        (&json!(true), &cny("9.00")),
        "{tree}"
    );
    assert_eq!(adds_up(&tree["root"]), 6, "{tree}");
    let text = async |language: &str| {
        let request = stage.server.request(Role::Finance, "GET", "/v1/explain/purchase/L1");
        let request = request
            .header("Accept", "text/plain")
            .header("Accept-Language", language);
        let (status, text) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200);
        text.as_str().unwrap().to_owned()
    };
    let english = text("en").await;
    for line in [
        "margin of a dropship order: 9.00",
        "goods bought: -50.00",
        "杯子, 2 x 22.00: -44.00",
        "sold, dropship: 76.00",
        "refund to the buyer: -35.00",
        "refund of the supplier: 22.00",
        "freight changed: 1.00",
    ] {
        assert!(english.contains(line), "{line} in {english}");
    }
    let chinese = text("zh").await;
    for line in ["一件代发毛利：9.00", "杯子，2 x 22.00：-44.00", "供应商退款：22.00"] {
        assert!(chinese.contains(line), "{line} in {chinese}");
    }
    // As it stood when it was sold.
    let then = stage
        .get(&format!(
            "/v1/explain/purchase/L1?at_position={}",
            after["story"][1]["position"]
        ))
        .await;
    assert_eq!(then["root"]["amount"], cny("26.00"), "{then}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_has_one_purchase_unless_told_otherwise_and_says_what_was_paid() {
    let stage = stage().await;
    offer(&stage).await;
    let at = "2026-05-20T12:00:00+08:00";
    let paid = with(paying("L1", "paid", at, "70.01"), json!({"quantity": 2}));
    stage.applied(&[paid]).await;
    let of = |quantity, line: &str| {
        let line = json!([{"offer": "9", "quantity": quantity, "order_line": {"platform": "taobao", "line_no": line}}]);
        json!({"kind": "dropship", "buyer": "A", "lines": line, "sold_freight": cny("6.00")})
    };
    assert_eq!(
        stage.refused("/v1/purchases", of(2, "L9")).await,
        (404, "not_found".to_owned())
    );
    assert_eq!(
        stage.refused("/v1/purchases", of(1, "L1")).await,
        (422, "sold_needed".to_owned())
    );
    let made = stage.accepted("/v1/purchases", of(2, "L1")).await;
    assert_eq!(made["figures"]["sold"], cny("76.01"), "{made}");
    assert_eq!(
        stage.refused("/v1/purchases", of(2, "L1")).await,
        (409, "already_exists".to_owned())
    );
    // Half of 70.01 for the first unit, what is left for the second.
    let id = made["id"].as_str().unwrap().to_owned();
    let one = json!({"lines": [{"line": 0, "units": 1}]});
    assert_eq!(
        done(&stage, &id, "buyer-refund", one.clone()).await["lines"][0]["back"],
        cny("35.01")
    );
    assert_eq!(
        done(&stage, &id, "buyer-refund", one).await["lines"][0]["back"],
        cny("70.01")
    );
}
