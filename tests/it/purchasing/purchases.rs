//! AT-22 over HTTP: tiers on both sides of their boundaries, freight changed later, a part refund; bills, deadlines, reports.
//! It must never compute an expected amount of an example.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn at_22_a_tier_purchase_to_the_fen_on_both_sides_of_the_boundary() {
    let stage = stage().await;
    offer(&stage).await;
    let freight = json!({"freight": cny("60.00")});
    let preview = async |quantity, more: Value| {
        let body = from_offer("wholesale", quantity, with(freight.clone(), more));
        stage.accepted("/v1/purchases/preview", body).await["figures"].clone()
    };
    let none = json!({});
    let at_99 = preview(99, none.clone()).await;
    assert_eq!(
        (&at_99["goods"], &at_99["lines"][0]["tier_from"]),
        (&cny("2178.00"), &json!(10))
    );
    let cheaper = &at_99["cheaper"][0];
    assert_eq!(
        (&cheaper["quantity"], &cheaper["total"]),
        (&json!(100), &cny("1950.00")),
        "{at_99}"
    );
    let at_100 = preview(100, none.clone()).await;
    assert_eq!((&at_100["goods"], at_100.get("cheaper")), (&cny("1950.00"), None));
    assert_eq!(preview(9, none.clone()).await["goods"], cny("225.00"));
    assert_eq!(preview(10, none.clone()).await["goods"], cny("220.00"));
    assert_eq!(preview(499, none.clone()).await["goods"], cny("9730.50"));
    assert_eq!(preview(500, none).await["goods"], cny("8900.00"));
    // One unit is below the minimum order, unless it is a sample: 25.00 and 8.00 of freight.
    let one = stage
        .refused("/v1/purchases", from_offer("wholesale", 1, freight.clone()))
        .await;
    assert_eq!(one, (422, "below_moq".to_owned()));
    let sample = stage
        .accepted("/v1/purchases", from_offer("sample", 1, json!({})))
        .await;
    let figures = &sample["figures"];
    assert_eq!((&figures["goods"], &figures["freight"]), (&cny("25.00"), &cny("8.00")));
    let sample = sample["id"].as_str().unwrap().to_owned();
    done(&stage, &sample, "cancel", json!({})).await;
    // A preview wrote nothing.
    let listed = stage.get("/v1/purchases?kind=wholesale").await;
    assert_eq!(listed["purchases"], json!([]));
    let body = from_offer("wholesale", 120, with(freight, json!({"order_no": "4100001"})));
    let ordered = stage.accepted("/v1/purchases", body.clone()).await["purchase"].clone();
    assert_eq!(
        (&ordered["cost"], &ordered["phase"]),
        (&cny("2400.00"), &json!("ordered"))
    );
    stage.holds("S", &[("available", "2400.00")]).await;
    stage.holds("A", &[("purchases", "-2400.00")]).await;
    assert_eq!(
        stage.refused("/v1/purchases", body).await,
        (409, "already_exists".to_owned())
    );
    let cheaper = done(&stage, "4100001", "freight", json!({"amount": cny("45.00")})).await;
    assert_eq!(cheaper["cost"], cny("2385.00"));
    assert_eq!(cheaper["story"][1]["amount"], cny("-15.00"));
    let early = json!({"lines": [{"line": 0, "units": 5}]});
    assert_eq!(
        refused(&stage, "4100001", "refund", early.clone()).await,
        (409, "not_paid".to_owned())
    );
    done(&stage, "4100001", "pay", json!({"reference": "ali-1"})).await;
    let after = done(&stage, "4100001", "refund", early).await;
    assert_eq!((&after["cost"], &after["payable"]), (&cny("2287.50"), &cny("-97.50")));
    assert_eq!(
        (&after["lines"][0]["unit_price"], &after["lines"][0]["refunded"]),
        (&cny("19.50"), &cny("97.50"))
    );
    assert_eq!(after["lines"][0]["quantity"], 120);
    stage.holds("S", &[("available", "-97.50")]).await;
    done(&stage, "4100001", "repay", json!({"reference": "ali-2"})).await;
    stage.holds("S", &[]).await;
    stage.holds("A", &[("purchases", "-2287.50")]).await;
    // 116 units more than were refunded: refused line by line.
    let all = json!({"lines": [{"line": 0, "units": 116}]});
    assert_eq!(
        refused(&stage, "4100001", "refund", all).await,
        (422, "refund_exceeds".to_owned())
    );
    stage.balanced().await;
    verified(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_to_the_supplier_is_its_balance_at_every_position() {
    let stage = stage().await;
    let line = json!([{"name": "cup", "quantity": 10, "unit_price": cny("12.34")}]);
    let body =
        json!({"kind": "wholesale", "supplier": "S", "lines": line, "freight": cny("7.00"), "external_id": "PO-1"});
    let from = stage.accepted("/v1/purchases", body).await["position"]
        .as_i64()
        .unwrap();
    for (action, body) in [
        ("pay", json!({"amount": cny("100.00"), "reference": "a"})),
        ("freight", json!({"amount": cny("9.00")})),
        ("ship", json!({"lines": [{"line": 0, "units": 4}], "tracking": "SF1"})),
        ("pay", json!({"reference": "b"})),
        ("receive", json!({})),
        (
            "reject",
            json!({"lines": [{"line": 0, "units": 1}], "reason": "cracked"}),
        ),
        (
            "refund",
            json!({"lines": [{"line": 0, "units": 1}], "freight": cny("1.00"), "reference": "t"}),
        ),
        (
            "charge",
            json!({"charge": "return_freight", "amount": cny("3.00"), "payee": "S"}),
        ),
        ("repay", json!({"reference": "c"})),
        ("state", json!({"code": "confirm_goods"})),
        (
            "bill",
            json!({"number": "B-1", "goods": cny("111.00"), "freight": cny("8.00"), "correct": true}),
        ),
        ("finish", json!({})),
    ] {
        done(&stage, "PO-1", action, body).await;
    }
    let head = stage.get("/v1/purchases/PO-1").await["position"].as_i64().unwrap();
    for position in from..=head {
        let owed = stage.get(&format!("/v1/purchases/PO-1?at_position={position}")).await["payable"].clone();
        let held = stage.get(&format!("/v1/balances?party=S&at_position={position}")).await;
        let rows = held["balances"].as_array().unwrap().iter();
        let balance: i64 = rows
            .filter(|row| row["kind"] == "available")
            .map(|row| fen(&row["balance"]))
            .sum();
        assert_eq!(fen(&owed), balance, "position {position}: {held}");
    }
    let after = stage.get("/v1/purchases/PO-1").await;
    assert_eq!(
        (&after["phase"], &after["payable"]),
        (&json!("done"), &cny("-0.06")),
        "{after}"
    );
    assert_eq!(after["stated"][0]["means"], "received");
    // What the book buys itself stands with the book; reports show it.
    let payable = stage.get("/v1/reports/supplier-payable").await;
    let text = payable.to_string();
    assert!(text.contains("-0.06"), "{text}");
    let bills = stage.get("/v1/reports/purchase-bills").await.to_string();
    assert!(bills.contains("B-1") && bills.contains("119.00"), "{bills}");
    let promises = stage
        .get("/v1/reports/supplier-promises?period=2026-06")
        .await
        .to_string();
    assert!(promises.contains("measured here, not promised"), "{promises}");
    let explained = stage.get("/v1/explain/purchase/PO-1").await;
    assert_eq!(explained["consistent"], true, "{explained}");
    assert!(adds_up(&explained["root"]) >= 4, "{explained}");
    stage.balanced().await;
    verified(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_paid_in_time_is_off_and_one_made_from_a_quote_costs_what_was_quoted() {
    let stage = stage().await;
    let offer = offer(&stage).await.parse().unwrap();
    let body = with(
        from_offer("wholesale", 10, json!({"freight": cny("0.00"), "external_id": "PO-1"})),
        json!({"pay_by": "2026-06-01T18:00:00+08:00"}),
    );
    stage.accepted("/v1/purchases", body).await;
    stage.holds("S", &[("available", "220.00")]).await;
    stage.clock("2026-06-01T18:00:00+08:00").await;
    let late = refused(&stage, "PO-1", "pay", json!({"reference": "x"})).await;
    assert_eq!(late, (409, "purchase_off".to_owned()));
    assert_eq!(stage.get("/v1/purchases/PO-1").await["phase"], "timed_out");
    stage.holds("S", &[]).await;
    // The price rises after the quote; the quote holds, and is used once.
    let ask = |quantity| Command::GiveQuote {
        offer,
        buyer: None,
        kind: fenzhang::domain::offer::PriceKind::Wholesale,
        lines: vec![fenzhang::domain::offer::Asked { sku: None, quantity }],
        valid_for_h: None,
    };
    let given = stage
        .server
        .engine
        .submit(stage.server.book, ask(100), Meta::system("test"));
    let quote = given.await.unwrap().made.ids["quote"].clone();
    let body =
        json!({"kind": "wholesale", "buyer": "A", "quote": quote, "freight": cny("5.00"), "external_id": "PO-2"});
    let other = with(body.clone(), json!({"lines": [{"offer": "9", "quantity": 99}]}));
    assert_eq!(
        stage.refused("/v1/purchases", other).await,
        (409, "quote_differs".to_owned())
    );
    let ordered = stage.accepted("/v1/purchases", body.clone()).await;
    assert_eq!(
        (&ordered["figures"]["goods"], &ordered["purchase"]["quote"]),
        (&cny("1950.00"), &json!(quote))
    );
    let again = with(body, json!({"external_id": "PO-3"}));
    assert_eq!(
        stage.refused("/v1/purchases", again).await,
        (409, "quote_used".to_owned())
    );
}
