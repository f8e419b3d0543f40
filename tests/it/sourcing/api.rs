//! Offers and quotes over HTTP: AT-22 to the fen on both sides of each boundary, an old quote explained from its version, and
//! what each role sees.
//! It must never reach around the interface.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::server::{Server, issue, register, server};

fn cny(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

/// AT-22: tiers 1-9 25.00; 10-99 22.00; 100-499 19.50; 500+ 17.80; minimum order 2; a sample is sent for 8.00.
fn at_22() -> Value {
    let tier = |from: u32, price: &str| json!({"from": from, "price": cny(price)});
    json!({
        "source": "1688", "product_no": "737342241195", "subject": "包包女新款手提包", "unit": "个",
        "tiers": [tier(1, "25.00"), tier(10, "22.00"), tier(100, "19.50"), tier(500, "17.80")],
        "min_order": 2,
        "freight": {"first": 100, "first_price": cny("50.00"), "more": 20, "more_price": cny("10.00")},
        "sample": {"freight": {"first": 1, "first_price": cny("8.00")}, "most": 1},
    })
}

fn key() -> String {
    Uuid::now_v7().to_string()
}

async fn publish(server: &Server, body: &Value) -> Value {
    let (status, answer) = server.post(Role::Supplier, "/v1/offers", &key(), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn quote(server: &Server, body: &Value) -> (u16, Value) {
    server.post(Role::Anchor, "/v1/quotes", &key(), body).await
}

fn of(quantity: u32, kind: &str) -> Value {
    json!({"offer": "1688:737342241195", "quantity": quantity, "kind": kind})
}

#[tokio::test(flavor = "multi_thread")]
async fn at_22_is_quoted_to_the_fen_on_both_sides_of_each_boundary() {
    let server = server().await;
    let published = publish(&server, &at_22()).await;
    assert_eq!(
        (published["state"].as_str(), published["version"].as_i64()),
        (Some("new"), Some(1))
    );
    for (quantity, unit, goods, freight, total) in [
        (9, "25.00", "225.00", "50.00", "275.00"),
        (10, "22.00", "220.00", "50.00", "270.00"),
        (99, "22.00", "2178.00", "50.00", "2228.00"),
        (100, "19.50", "1950.00", "50.00", "2000.00"),
        (120, "19.50", "2340.00", "60.00", "2400.00"),
        (499, "19.50", "9730.50", "250.00", "9980.50"),
        (500, "17.80", "8900.00", "250.00", "9150.00"),
    ] {
        let (status, answer) = quote(&server, &of(quantity, "wholesale")).await;
        assert_eq!(status, 201, "{answer}");
        let given = &answer["quote"];
        assert_eq!(given["lines"][0]["unit_price"], cny(unit), "{quantity}");
        assert_eq!(given["goods"], cny(goods), "{quantity}");
        assert_eq!(given["freight"], cny(freight), "{quantity}");
        assert_eq!(given["total"], cny(total), "{quantity}");
        let path = format!("/v1/offers/1688:737342241195/price?quantity={quantity}");
        let (status, look) = server.get(Role::Anchor, &path).await;
        assert_eq!(
            (status, &look["total"]),
            (200, &given["total"]),
            "a quote equals what the price says"
        );
    }
    let (_, answer) = quote(&server, &of(99, "wholesale")).await;
    let cheaper = &answer["quote"]["cheaper"];
    assert_eq!(
        (cheaper["quantity"].as_i64(), &cheaper["goods"]),
        (Some(100), &cny("1950.00"))
    );
    assert_eq!(cheaper["saves"], cny("228.00"));
    let (_, answer) = quote(&server, &of(120, "wholesale")).await;
    assert!(answer["quote"].get("cheaper").is_none(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unit_is_refused_below_the_minimum_unless_it_is_a_sample() {
    let server = server().await;
    publish(&server, &at_22()).await;
    let (status, refused) = quote(&server, &of(1, "wholesale")).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (422, Some("below_moq")),
        "{refused}"
    );
    let (status, sample) = quote(&server, &of(1, "sample")).await;
    assert_eq!(status, 201, "{sample}");
    let given = &sample["quote"];
    assert_eq!(
        (&given["goods"], &given["freight"], &given["total"]),
        (&cny("25.00"), &cny("8.00"), &cny("33.00"))
    );
    let (status, refused) = quote(&server, &of(1, "consign")).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("not_dropship")));
    let (status, refused) = quote(&server, &json!({"offer": "1688:0", "quantity": 1})).await;
    assert_eq!((status, refused["code"].as_str()), (404, Some("not_found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_quote_is_explained_from_its_version_and_kept_when_used() {
    let server = server().await;
    publish(&server, &at_22()).await;
    assert_eq!(publish(&server, &at_22()).await["state"], "unchanged");
    let (_, answer) = quote(&server, &of(120, "wholesale")).await;
    let id = answer["id"].as_str().unwrap();
    let mut dearer = at_22();
    dearer["tiers"][2]["price"] = cny("20.00");
    let changed = publish(&server, &dearer).await;
    assert_eq!(
        (changed["state"].as_str(), changed["version"].as_i64()),
        (Some("changed"), Some(2))
    );
    let (status, shown) = server.get(Role::Anchor, &format!("/v1/quotes/{id}")).await;
    assert_eq!(status, 200, "{shown}");
    assert_eq!((shown["version"].as_i64(), &shown["total"]), (Some(1), &cny("2400.00")));
    assert_eq!(
        (shown["now"]["version"].as_i64(), &shown["now"]["total"]),
        (Some(2), &cny("2460.00"))
    );
    let said = shown["explained"].as_array().unwrap();
    let said: Vec<&str> = said.iter().filter_map(Value::as_str).collect();
    assert!(said[0].starts_with("version 1 of offer off_"), "{said:?}");
    assert!(
        said[1].contains("reach the tier from 100: 19.50 x 120 = 2340.00"),
        "{said:?}"
    );
    assert!(
        said.iter().any(|line| line.contains("freight of 120 个: 60.00")),
        "{said:?}"
    );
    let (_, versions) = server
        .get(Role::Anchor, "/v1/offers/1688:737342241195/versions?limit=1")
        .await;
    assert_eq!(versions["versions"][0]["version"], 2);
    let next = format!(
        "/v1/offers/1688:737342241195/versions?cursor={}",
        versions["next"].as_str().unwrap()
    );
    let (_, versions) = server.get(Role::Anchor, &next).await;
    assert_eq!(versions["versions"][0]["tiers"][2]["price"], cny("19.50"));
    let (status, used) = server
        .post(
            Role::Anchor,
            &format!("/v1/quotes/{id}/use"),
            &key(),
            &json!({"used_for": "order-1"}),
        )
        .await;
    assert_eq!(
        (status, used["quote"]["used_for"].as_str()),
        (200, Some("order-1")),
        "{used}"
    );
    let (status, twice) = server
        .post(
            Role::Anchor,
            &format!("/v1/quotes/{id}/use"),
            &key(),
            &json!({"used_for": "order-2"}),
        )
        .await;
    assert_eq!((status, twice["code"].as_str()), (409, Some("quote_used")), "{twice}");
    let (_, list) = server.get(Role::Anchor, "/v1/quotes?used=true").await;
    assert_eq!(list["quotes"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_ends_and_an_offer_that_is_gone_is_not_quoted() {
    let server = server().await;
    publish(&server, &at_22()).await;
    let mut ask = of(120, "wholesale");
    ask["valid_for_h"] = json!(1);
    let (_, answer) = quote(&server, &ask).await;
    let id = answer["id"].as_str().unwrap();
    let clock = format!("/v1/books/{}/clock", server.book);
    let (status, moved) = server
        .post(Role::Owner, &clock, &key(), &json!({"to": "2026-06-01T06:00:00Z"}))
        .await;
    assert_eq!(status, 200, "{moved}");
    let (status, late) = server
        .post(
            Role::Anchor,
            &format!("/v1/quotes/{id}/use"),
            &key(),
            &json!({"used_for": "order-1"}),
        )
        .await;
    assert_eq!((status, late["code"].as_str()), (409, Some("quote_expired")), "{late}");
    let status_of = "/v1/offers/1688:737342241195/status";
    let gone = json!({"status": "deleted"});
    let (status, answer) = server.post(Role::Supplier, status_of, &key(), &gone).await;
    assert_eq!(status, 200, "{answer}");
    let (status, refused) = quote(&server, &of(120, "wholesale")).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (409, Some("offer_not_on_sale")),
        "{refused}"
    );
    let (_, shown) = server.get(Role::Anchor, &format!("/v1/quotes/{id}")).await;
    assert_eq!(shown["now"]["refused"], "offer_not_on_sale");
    assert_eq!(shown["total"], cny("2400.00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_sees_and_publishes_its_own_and_an_anchor_sees_no_quote_of_another() {
    let server = server().await;
    publish(&server, &at_22()).await;
    let other = register(&server.engine, server.book, fenzhang::base::PartyKind::Supplier).await;
    let mut foreign = at_22();
    foreign["product_no"] = json!("1");
    foreign["supplier"] = json!(other.to_string());
    let (status, refused) = server.post(Role::Supplier, "/v1/offers", &key(), &foreign).await;
    assert_eq!(status, 404, "{refused}");
    let (status, made) = server.post(Role::Finance, "/v1/offers", &key(), &foreign).await;
    assert_eq!(status, 200, "{made}");
    let (_, own) = server.get(Role::Supplier, "/v1/offers").await;
    let (_, every) = server.get(Role::Anchor, "/v1/offers").await;
    let count = |view: &Value| view["offers"].as_array().unwrap().len();
    assert_eq!((count(&own), count(&every)), (1, 2));
    assert_eq!(server.get(Role::Supplier, "/v1/offers/1688:1").await.0, 404);
    let mut taken = at_22();
    taken["product_no"] = json!("1");
    let (status, _) = server.post(Role::Supplier, "/v1/offers", &key(), &taken).await;
    assert_eq!(status, 404, "an offer of another supplier is not taken over");
    let (_, cheap) = server.get(Role::Anchor, "/v1/offers?price_to=17.79").await;
    assert_eq!(count(&cheap), 0);
    let filters = "/v1/offers?price_from=20.00&price_to=25.00&most_min_order=2&status=published&limit=1";
    let (_, page) = server.get(Role::Anchor, filters).await;
    let (_, rest) = server
        .get(
            Role::Anchor,
            &format!("{filters}&cursor={}", page["next"].as_str().unwrap()),
        )
        .await;
    assert_eq!((count(&page), count(&rest), rest.get("next")), (1, 1, None));
    let (_, answer) = quote(&server, &of(120, "wholesale")).await;
    let id = answer["id"].as_str().unwrap().to_owned();
    let stranger = register(&server.engine, server.book, fenzhang::base::PartyKind::Anchor).await;
    let secret = issue(&server.engine, server.book, Role::Anchor, Some(stranger)).await;
    let url = format!("{}/v1/quotes/{id}", server.base);
    let seen = server.client.get(url).bearer_auth(&secret).send().await.unwrap();
    assert_eq!(seen.status().as_u16(), 404);
    assert_eq!(server.get(Role::Finance, &format!("/v1/quotes/{id}")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_kept_as_reported_and_older_ones_do_not_replace_newer_ones() {
    let server = server().await;
    let supplier = server.parties[&Role::Supplier].to_string();
    let report = |composite: &str, at: &str| {
        json!({"supplier": supplier, "source": "1688", "member_no": "b2b-1", "reported_at": at,
            "scores": {"composite": composite, "repurchase": "0.33"}})
    };
    for (composite, at, stands) in [
        ("4.0", "2026-05-02T00:00:00Z", "4.0"),
        ("3.0", "2026-05-01T00:00:00Z", "4.0"),
        ("4.5", "2026-05-03T00:00:00Z", "4.5"),
    ] {
        let (status, answer) = server
            .post(Role::Finance, "/v1/suppliers", &key(), &report(composite, at))
            .await;
        assert_eq!(status, 200, "{answer}");
        let (_, shown) = server.get(Role::Anchor, &format!("/v1/suppliers/{supplier}")).await;
        assert_eq!(
            (
                shown["scores"]["composite"].as_str(),
                shown["scores"]["repurchase"].as_str()
            ),
            (Some(stands), Some("0.33"))
        );
    }
    let (status, wrong) = server
        .post(
            Role::Finance,
            "/v1/suppliers",
            &key(),
            &report("11", "2026-05-04T00:00:00Z"),
        )
        .await;
    assert_eq!(
        (status, wrong["errors"][0]["code"].as_str()),
        (422, Some("score_form")),
        "{wrong}"
    );
    let (_, good) = server.get(Role::Anchor, "/v1/suppliers?least_composite=4.5").await;
    let (_, better) = server.get(Role::Anchor, "/v1/suppliers?least_composite=4.6").await;
    let count = |view: &Value| view["suppliers"].as_array().unwrap().len();
    assert_eq!((count(&good), count(&better)), (1, 0));
}
