//! Shapes of amounts, rates and ids: nasty cases 7, 8, 9, 25 to 29 and 37.
//! It must never round: what is not canonical is refused or parked.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::stage::{Stage, cny, fact, paying, with};

/// The usual split of a base in fen, in whole numbers of its own: affiliate, live, agency, anchor, brand.
pub fn usual_split(base: i64, ppm: i64) -> [String; 5] {
    let half_up = |amount: i64, ppm: i64| (amount * ppm + 500_000) / 1_000_000;
    let gross = if base * ppm < 1_000_000 { 0 } else { half_up(base, ppm) };
    let (tech, live) = (half_up(gross, 100_000), half_up(gross, 200_000));
    let agency = half_up(gross - tech - live, 300_000);
    let text = |fen: i64| {
        let sign = if fen < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
    };
    [tech, live, agency, gross - tech - live - agency, -gross].map(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn case_07_rates_outside_zero_to_one_and_parts_above_the_whole_are_refused() {
    let stage = Stage::open().await;
    let rule = |rate: &str| {
        json!({
            "brand": "B", "kind": "general", "currency": "CNY", "scope": {"platform": "taobao", "item": "other"},
            "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": rate},
        })
    };
    for rate in ["1.000001", "-0.01", "20", "0.1234567", "1e-1", ".5", ""] {
        let (status, _) = stage.refused("/v1/rules", rule(rate)).await;
        assert_eq!(status, 422, "{rate}");
    }
    let fee = |name: &str, rate: &str| json!({"name": name, "taker": "live", "rate": rate, "of": "gross"});
    let parts = json!({"terms": {
        "name": "too much", "fees": [fee("one", "0.5"), fee("two", "0.51")],
        "settleable": {"platform_settled": true}, "window_seconds": 1,
    }});
    let (status, code) = stage.refused("/v1/formulas", parts).await;
    assert_eq!((status, code.as_str()), (422, "parts_exceed_whole"));

    stage.rule("general", "0", json!({})).await;
    stage.accepted("/v1/rules", rule("1")).await;
    let sale = |line: &'static str, item: &'static str| {
        ["created", "paid"].map(|kind| {
            let fact = paying(line, kind, "2026-05-20T12:00:00+08:00", "100.00");
            with(fact, json!({"item_no": item, "promoter": "A"}))
        })
    };
    stage.tell(&sale("1", "item")).await;
    stage.nobody_holds_anything().await;
    assert!(
        stage.line("1").await["rule"].is_object(),
        "a rate of nothing is a computed record"
    );
    stage.applied(&sale("2", "other")).await;
    let brand = stage.pockets("B").await;
    assert_eq!(
        brand["estimated:commission"], "-100.00",
        "the brand nets nothing of 100.00"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_08_one_fen_and_ten_lines_of_four_fen_are_computed_without_legs() {
    let stage = Stage::open().await;
    stage.rule("general", "0.1", json!({})).await;
    let mut facts = Vec::new();
    for n in 0..11 {
        let amount = if n == 0 { "0.01" } else { "0.04" };
        for kind in ["created", "paid"] {
            let fact = paying(&format!("l{n}"), kind, "2026-05-20T12:00:00+08:00", amount);
            facts.push(with(fact, json!({"promoter": "A", "order_no": "o1"})));
        }
    }
    let outcomes = stage.tell(&facts).await;
    for outcome in outcomes.iter().skip(1).step_by(2) {
        assert_eq!(outcome["code"], "below_minimum", "{outcome}");
    }
    stage.nobody_holds_anything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_09_a_coupon_over_three_equal_lines_goes_to_the_first_ones_by_largest_remainder() {
    let stage = Stage::open().await;
    for (order, coupon, expected) in [("o1", "0.01", ["1", "0", "0"]), ("o2", "1.00", ["34", "33", "33"])] {
        let line = |n: u32| json!({"line_no": format!("{order}-{n}"), "list": cny("10.00"), "item_no": "item"});
        let body = json!({
            "platform": "taobao", "external_id": order, "at": "2026-05-20T12:00:00+08:00", "buyer": "buyer",
            "discounts": [{"funder": "merchant", "kind": "coupon", "amount": cny(coupon)}],
            "lines": [line(1), line(2), line(3)],
        });
        let made = stage.accepted("/v1/orders", body).await;
        let first = made["events"][0]["position"].as_i64().unwrap();
        let log = stage.get(&format!("/v1/events?after={}&limit=3", first - 1)).await;
        for (event, expected) in log["events"].as_array().unwrap().iter().zip(expected) {
            let what = &event["payload"]["fact"]["what"];
            let amount = what["discounts"][0]["amount"].as_str().unwrap_or("0");
            assert_eq!(amount, expected, "{event}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_25_amounts_have_their_currencys_digits_and_currencies_never_meet() {
    let stage = Stage::bare().await;
    let body = json!({
        "name": "Three", "perspective": "platform", "mode": "sandbox", "currencies": ["CNY", "JPY", "KWD"],
        "clock": "2026-06-01T12:00:00+08:00",
    });
    let opened = stage.accepted("/v1/books", body).await;
    let secret = opened["key"]["secret"].as_str().unwrap();
    let send = async |path: &str, key: Option<&str>, body: String| {
        let request = stage
            .server
            .client
            .post(format!("{}{path}", stage.server.base))
            .bearer_auth(secret);
        let request = match key {
            Some(key) => request
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json"),
            None => request.header("Content-Type", "application/x-ndjson"),
        };
        let response = request.body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let party = |kind: &str, n: &str| json!({"kind": kind, "external_id": n, "name": n}).to_string();
    assert_eq!(send("/v1/parties", Some("1"), party("anchor", "A")).await.0, 201);
    assert_eq!(send("/v1/parties", Some("2"), party("brand", "B")).await.0, 201);
    let formula = json!({"effective_from": "2026-01-01T00:00:00+08:00", "terms": {
        "name": "plain", "settleable": {"platform_settled": true}, "window_seconds": 3600,
    }});
    assert_eq!(send("/v1/formulas", Some("3"), formula.to_string()).await.0, 201);
    let rule = |item: &str, currency: &str| {
        json!({"brand": "B", "kind": "general", "currency": currency, "scope": {"platform": "taobao", "item": item},
            "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": "0.1"}})
        .to_string()
    };
    assert_eq!(send("/v1/rules", Some("4"), rule("yen", "JPY")).await.0, 201);
    assert_eq!(send("/v1/rules", Some("5"), rule("dinar", "KWD")).await.0, 201);
    assert_eq!(
        send("/v1/rules", Some("6"), rule("dollar", "USD")).await.0,
        422,
        "not a currency of the book"
    );
    let shop = json!({"platform": "taobao", "external_id": "shop", "name": "Shop", "brand": "B"});
    assert_eq!(send("/v1/shops", Some("7"), shop.to_string()).await.0, 201);
    let paid = |line: &str, item: &str, amount: &str, currency: &str| {
        let money = json!({"amount": amount, "currency": currency});
        with(
            fact(line, "paid", "2026-05-20T12:00:00+08:00"),
            json!({"amount": money, "item_no": item, "promoter": "A"}),
        )
    };
    let facts = [
        paid("1", "yen", "1005", "JPY"),
        paid("2", "dinar", "10.005", "KWD"),
        paid("3", "yen", "100.00", "CNY"),
        paid("4", "yen", "100.00", "JPY"),
        paid("5", "yen", "100.00", "USD"),
    ];
    let lines: Vec<String> = facts.iter().map(Value::to_string).collect();
    let (status, text) = send("/v1/facts", None, lines.join("\n")).await;
    let outcomes: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(status, 200);
    assert_eq!(outcomes[0]["state"], "applied", "{text}");
    assert_eq!(outcomes[1]["state"], "applied", "{text}");
    assert_eq!(outcomes[3]["code"], "amount_form", "yen have no digits: {text}");
    assert_eq!(outcomes[4]["code"], "currency_mismatch", "{text}");
    let get = async |path: &str| {
        let request = stage
            .server
            .client
            .get(format!("{}{path}", stage.server.base))
            .bearer_auth(secret);
        crate::http::server::read(request.send().await.unwrap()).await.1
    };
    let balances = get("/v1/balances?party=A").await;
    let mut amounts: Vec<String> = balances["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!(
                "{} {}",
                row["balance"]["amount"].as_str().unwrap(),
                row["balance"]["currency"].as_str().unwrap()
            )
        })
        .collect();
    amounts.sort();
    assert_eq!(
        amounts,
        ["1.001 KWD", "101 JPY"],
        "each currency by itself, and CNY under a JPY rule earns nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_26_very_large_amounts_are_exact_and_beyond_the_range_nothing_wraps() {
    let stage = Stage::open().await;
    stage.rule("general", "0.999999", json!({})).await;
    let sale = |line: &str, amount: &str| {
        ["created", "paid"].map(|kind| {
            with(
                paying(line, kind, "2026-05-20T12:00:00+08:00", amount),
                json!({"promoter": "A"}),
            )
        })
    };
    stage.applied(&sale("1", "10000000000000.00")).await;
    let brand = stage.pockets("B").await;
    assert_eq!(brand["estimated:commission"], "-9999990000000.00");
    // The largest amount there is: with what the brand owes already its commission leaves 64 bits. The facts are kept,
    // the payment parked without legs, and nobody else's fact of the same request is held up by it.
    let [created, paid] = sale("2", "92233720368547758.07");
    let told = stage.tell(&[created, paid, sale("3", "100.00")[1].clone()]).await;
    assert_eq!(
        (&told[1]["state"], &told[1]["code"]),
        (&json!("parked"), &json!("amount_out_of_range")),
        "{told:?}"
    );
    assert_eq!(told[2]["state"], "applied", "{told:?}");
    let parked = stage.get("/v1/parked?code=amount_out_of_range").await;
    assert_eq!(parked["parked"].as_array().map(Vec::len), Some(1), "{parked}");
    let beyond = stage.tell(&sale("4", "92233720368547758.08")).await;
    assert_eq!(beyond[1]["code"], "amount_out_of_range", "{beyond:?}");
    stage.balanced().await;
    let brand = stage.pockets("B").await;
    assert_eq!(brand["estimated:commission"], "-9999990000100.00", "nothing wrapped");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_27_only_the_canonical_spelling_of_an_amount_is_applied() {
    let stage = Stage::open().await;
    stage.rule("general", "0.1", json!({})).await;
    let spellings = [
        "1e3", "1.0", "1.005", "0x10", "+5.00", "-0.00", " 5.00", "５.00", "NaN", "00012.00", "5", "5.", ".50",
        "1,000.00", "",
    ];
    for (n, spelling) in spellings.into_iter().enumerate() {
        let told = paying(&format!("s{n}"), "paid", "2026-05-20T12:00:00+08:00", spelling);
        let outcome = &stage.tell(&[told]).await[0];
        assert_eq!(outcome["code"], "amount_form", "{spelling:?}: {outcome}");
        assert_ne!(outcome["state"], "applied", "{spelling:?}");
    }
    for wrong in [json!(5), json!(true), Value::Null, json!([]), json!({})] {
        let told = with(
            fact("w", "paid", "2026-05-20T12:00:00+08:00"),
            json!({"amount": {"amount": wrong, "currency": "CNY"}}),
        );
        let outcome = &stage.tell(&[told]).await[0];
        assert_eq!(
            outcome["state"], "refused",
            "a wrong type is no fact: {wrong}: {outcome}"
        );
    }
    stage.nobody_holds_anything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_28_outside_numbers_are_plain_ascii_and_names_are_normalised() {
    let stage = Stage::bare().await;
    let sixty_four = "a".repeat(64);
    let register = |number: &str, name: &str| json!({"kind": "anchor", "external_id": number, "name": name});
    for number in ["case", "CASE", "a.b_c:d-e", sixty_four.as_str()] {
        stage.accepted("/v1/parties", register(number, "x")).await;
    }
    let long = "a".repeat(65);
    for number in [
        "e\u{301}",
        "é",
        "a\u{200b}",
        "\u{202e}a",
        "１２",
        "😀",
        "a ",
        " a",
        "..%2f",
        "a/b",
        long.as_str(),
        "",
    ] {
        let (status, _) = stage.refused("/v1/parties", register(number, "x")).await;
        assert_eq!(status, 422, "{number:?}");
    }
    let (status, _) = stage.refused("/v1/parties", register("n1", "a\u{0}b")).await;
    assert!(matches!(status, 400 | 422), "{status}");
    let surrogate = r#"{"kind": "anchor", "external_id": "n2", "name": "\ud800"}"#;
    let request = stage
        .server
        .request(Role::Owner, "POST", "/v1/parties")
        .header("Idempotency-Key", "lone");
    let response = request
        .header("Content-Type", "application/json")
        .body(surrogate)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
    stage.accepted("/v1/parties", register("n3", "e\u{301}")).await;
    assert_eq!(stage.get("/v1/parties/n3").await["name"], "é", "NFC");
    for name in ["a\u{202e}b", "a\u{200b}b"] {
        let (status, _) = stage.refused("/v1/parties", register("n4", name)).await;
        assert_eq!(status, 422, "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_29_one_order_number_of_two_platforms_is_two_orders() {
    let stage = Stage::open().await;
    stage.rule("general", "0.1", json!({})).await;
    let douyin = json!({
        "brand": "B", "kind": "general", "currency": "CNY", "scope": {"platform": "douyin", "item": "item"},
        "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": "0.2"},
    });
    stage.accepted("/v1/rules", douyin).await;
    let told = with(
        paying("1", "paid", "2026-05-20T12:00:00+08:00", "100.00"),
        json!({"promoter": "A"}),
    );
    stage
        .applied(&[told.clone(), with(told, json!({"platform": "douyin"}))])
        .await;
    assert_eq!(stage.pockets("B").await["estimated:commission"], "-30.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_37_orders_of_nothing_of_less_and_of_a_coupon_only() {
    let stage = Stage::bare().await;
    stage.formula(json!({"add_back": ["platform"]})).await;
    stage.rule("general", "0.1", json!({})).await;
    let sale = |line: &str, amount: &str, more: Value| {
        let fact = with(
            paying(line, "paid", "2026-05-20T12:00:00+08:00", amount),
            json!({"promoter": "A"}),
        );
        with(fact, more)
    };
    let zero = &stage.tell(&[sale("1", "0.00", json!({}))]).await[0];
    assert_eq!(zero["state"], "applied", "a record: {zero}");
    stage.nobody_holds_anything().await;
    let negative = &stage.tell(&[sale("2", "-1.00", json!({}))]).await[0];
    assert_ne!(negative["state"], "applied", "{negative}");
    stage.nobody_holds_anything().await;
    let coupon = json!({"discounts": [{"funder": "platform", "kind": "coupon", "amount": cny("50.00")}]});
    stage.applied(&[sale("3", "0.00", coupon)]).await;
    assert_eq!(
        stage.pockets("A").await["estimated:available"],
        "5.00",
        "the formula counts the platform's coupon in"
    );
}
