//! Products in the pool over HTTP: brands show them, anchors find them, and what anybody earns on them follows the rules.
//! It must never look into the service: only what it answers.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny};

/// A product of brand B with a title, shown at a price. Gives its id.
pub async fn shown(stage: &Stage, number: &str, title: &str, price: &str, more: Value) -> String {
    let listing = json!({
        "platform": "taobao", "external_id": number, "title": title, "shop": "shop", "category": "美妆",
        "from": "2026-01-01T00:00:00+08:00",
    });
    let item = stage.accepted("/v1/products", listing).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let terms = crate::acceptance::stage::with(json!({"price": cny(price)}), more);
    stage.accepted(&format!("/v1/products/{item}/pool"), terms).await;
    item
}

async fn titles(stage: &Stage, query: &str) -> Vec<String> {
    let view = stage.get(&format!("/v1/pool?{query}")).await;
    let entries = view["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_finds_a_product_by_part_of_its_name_with_what_it_would_earn() {
    let stage = Stage::open().await;
    let terms = json!({"refund_rate": "0.1", "freight": cny("1.00"), "sales": 300, "score": "4.8", "sample": true});
    stage.rule("general", "0.2", json!({})).await;
    shown(&stage, "item", "安热沙 Anessa 防晒乳液", "100.00", terms).await;
    shown(&stage, "other", "补水面膜十片装", "50.00", json!({"dropship": true})).await;
    assert_eq!(titles(&stage, "text=防晒").await, ["安热沙 Anessa 防晒乳液"]);
    assert_eq!(titles(&stage, "text=水面膜").await, ["补水面膜十片装"]);
    assert_eq!(
        titles(&stage, "text=美妆&sort=price").await,
        ["补水面膜十片装", "安热沙 Anessa 防晒乳液"]
    );
    assert_eq!(
        titles(&stage, "sample=true&commission_from=20.00").await,
        ["安热沙 Anessa 防晒乳液"]
    );
    assert!(titles(&stage, "text=防晒&dropship=true").await.is_empty());
    let view = stage.get("/v1/pool?text=anesa").await;
    assert_eq!((&view["forgiven"], &view["meant"]), (&json!(true), &json!(["anessa"])));
    assert_eq!(view["entries"].as_array().unwrap().len(), 1);
    // 20 % of 100.00; 10 % technical fee and 20 % live share of it leave 14.00; a tenth refunded leaves 12.60; freight 1.00.
    let entry = &view["entries"][0];
    assert_eq!(entry["rate"], "0.2");
    assert_eq!(entry["commission"], cny("20.00"));
    assert_eq!(entry["margin"], cny("11.60"));
    // The other has no rule that anybody may use.
    let other = &stage.get("/v1/pool?text=面膜").await["entries"][0];
    assert_eq!((other.get("rate"), other.get("margin")), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_anybody_earns_follows_rules_as_they_are_told_begin_and_end() {
    let stage = Stage::open().await;
    shown(&stage, "item", "防晒霜", "100.00", json!({})).await;
    let rate = async || {
        stage.server.engine.rate_pool().await.unwrap();
        stage.get("/v1/pool?text=防晒").await["entries"][0]["rate"].clone()
    };
    assert_eq!(rate().await, Value::Null);
    stage.rule("general", "0.1", json!({})).await;
    assert_eq!(rate().await, "0.1");
    // A better rule for ten days from the fifth; and one that only named parties may use, which the pool does not tell.
    let window = json!({"from": "2026-06-05T00:00:00+08:00", "to": "2026-06-15T00:00:00+08:00"});
    stage.rule("marketing", "0.25", window).await;
    let named = json!({"from": "2026-06-01T12:00:00+08:00", "subjects": ["A"]});
    stage.rule("targeted", "0.4", named).await;
    assert_eq!(rate().await, "0.1");
    stage.clock("2026-06-06T00:00:00+08:00").await;
    assert_eq!(rate().await, "0.25");
    stage.clock("2026-06-16T00:00:00+08:00").await;
    assert_eq!(rate().await, "0.1");
    // Nothing is left to do.
    let before = stage.get("/v1/trial-balance").await["position"].clone();
    stage.server.engine.rate_pool().await.unwrap();
    assert_eq!(stage.get("/v1/trial-balance").await["position"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_shown_by_its_own_brand_and_leaves_when_it_is_withdrawn() {
    let stage = Stage::open().await;
    let item = shown(&stage, "item", "防晒霜", "100.00", json!({})).await;
    // The same again is no event, a new price is one.
    let again = stage
        .accepted(&format!("/v1/products/{item}/pool"), json!({"price": cny("100.00")}))
        .await;
    assert_eq!(again["events"], json!([]));
    let cheaper = stage
        .accepted(&format!("/v1/products/{item}/pool"), json!({"price": cny("90.00")}))
        .await;
    assert_eq!(cheaper["events"][0]["kind"], "pool.listed");
    assert_eq!(
        stage.get("/v1/pool?text=防晒").await["entries"][0]["price"],
        cny("90.00")
    );
    // Another brand's key finds no such product, and sees none of it; an anchor's sees it.
    let (status, _) = stage
        .server
        .post(
            Role::Brand,
            &format!("/v1/products/{item}/pool"),
            "foreign",
            &json!({"price": cny("1.00")}),
        )
        .await;
    assert_eq!(status, 404);
    let seen = async |role| {
        stage.server.get(role, "/v1/pool?text=防晒").await.1["entries"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (
            seen(Role::Brand).await,
            seen(Role::Supplier).await,
            seen(Role::Anchor).await
        ),
        (0, 0, 1)
    );
    stage
        .accepted(
            &format!("/v1/products/{item}/pool/withdraw"),
            json!({"reason": "sold out"}),
        )
        .await;
    assert_eq!(seen(Role::Anchor).await, 0);
    let unlisted = stage
        .refused(
            "/v1/products/itm_00000000000000000000000000000001/pool/withdraw",
            json!({}),
        )
        .await;
    assert_eq!(unlisted, (404, "not_found".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_of_one_character_and_a_filter_that_nobody_knows_are_refused() {
    let stage = Stage::open().await;
    for (query, code) in [
        ("text=茶", "search_short"),
        ("text=%21%21", "search_short"),
        ("price_from=1", "amount_form"),
        ("sort=best", "unknown_word"),
        ("colour=red", "unknown_parameter"),
    ] {
        let (status, body) = stage.server.get(Role::Owner, &format!("/v1/pool?{query}")).await;
        assert_eq!((status, body["code"].as_str().unwrap()), (400, code), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_comes_out_of_a_rebuild_as_it_was() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    shown(
        &stage,
        "item",
        "安热沙 Anessa 防晒乳液",
        "100.00",
        json!({"sample": true}),
    )
    .await;
    let gone = shown(&stage, "gone", "下架面膜", "10.00", json!({})).await;
    stage
        .accepted(&format!("/v1/products/{gone}/pool/withdraw"), json!({}))
        .await;
    stage.server.engine.rate_pool().await.unwrap();
    let mut client = stage.server.db.client().await;
    let logs = fenzhang::store::books::of_book(&client, stage.server.book)
        .await
        .unwrap()
        .unwrap();
    let rebuilt = fenzhang::store::rebuild::rebuild(&mut client, logs.money, false)
        .await
        .unwrap();
    assert_eq!(rebuilt.comparison.differences, []);
    client
        .execute(
            "update pool_entry set commission = commission + 1 where latin <> ''",
            &[],
        )
        .await
        .unwrap();
    let rebuilt = fenzhang::store::rebuild::rebuild(&mut client, logs.money, true)
        .await
        .unwrap();
    assert_eq!(rebuilt.comparison.differences[0].table, "pool_entry");
    assert_eq!(
        stage.get("/v1/pool?text=anessa").await["entries"][0]["commission"],
        cny("20.00")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_stands_in_the_pool_with_its_suppliers_score_and_what_it_would_leave_at_a_price() {
    let stage = Stage::open().await;
    let supplier = stage.server.parties[&Role::Supplier].to_string();
    let offer = json!({
        "source": "1688", "product_no": "610947572360", "subject": "偏光太阳镜 sunglass 男士", "supplier": supplier,
        "tiers": [{"from": 2, "price": cny("17.00")}, {"from": 200, "price": cny("15.50")}], "min_order": 2,
        "consign": {"price": cny("18.00"), "freight": {"first": 1, "first_price": cny("5.00"), "more": 1, "more_price": cny("1.00")}},
        "ships_within_h": 48,
    });
    let (status, made) = stage.server.post(Role::Supplier, "/v1/offers", "o1", &offer).await;
    assert!(status < 300, "{made}");
    let scored = |composite: &str, at: &str| {
        json!({"supplier": supplier, "source": "1688", "member_no": "b2b-1",
        "reported_at": at, "scores": {"composite": composite}})
    };
    let entry = async || stage.get("/v1/pool?text=太阳镜&source=offer&dropship=true").await["entries"][0].clone();
    assert_eq!(
        (entry().await.get("score"), &entry().await["price"]),
        (None, &cny("17.00"))
    );
    let told = scored("4.5", "2026-05-02T00:00:00Z");
    assert!(stage.server.post(Role::Finance, "/v1/suppliers", "s1", &told).await.0 < 300);
    assert_eq!(entry().await["score"], "4.500");
    assert!(titles(&stage, "text=太阳镜&score_from=4.6").await.is_empty());
    assert_eq!(titles(&stage, "text=sunglas&score_from=4.5").await.len(), 1);
    // A changed offer keeps the score of its supplier.
    let mut cheaper = offer.clone();
    cheaper["tiers"][0]["price"] = cny("16.00");
    assert!(stage.server.post(Role::Supplier, "/v1/offers", "o2", &cheaper).await.0 < 300);
    assert_eq!(
        (&entry().await["score"], &entry().await["price"]),
        (&json!("4.500"), &cny("16.00"))
    );
    // Sold at 39.00: 18.00 and 5.00 freight, 5 % fees of the price, a tenth of the remaining 14.05 back.
    let id = entry().await["entry"].as_str().unwrap().to_owned();
    let left = stage
        .get(&format!("/v1/pool/{id}?sell_at=39.00&fee_rate=0.05&refund_rate=0.1"))
        .await["mark_up"]
        .clone();
    assert_eq!(
        (&left["by"], &left["freight"], &left["fees"]),
        (&json!("consign"), &cny("5.00"), &cny("1.95"))
    );
    assert_eq!((&left["refunds"], &left["margin"]), (&cny("1.41"), &cny("12.64")));
    let mut client = stage.server.db.client().await;
    let logs = fenzhang::store::books::of_book(&client, stage.server.book)
        .await
        .unwrap()
        .unwrap();
    let rebuilt = fenzhang::store::rebuild::rebuild(&mut client, logs.money, false)
        .await
        .unwrap();
    assert_eq!(rebuilt.comparison.differences, []);
}
