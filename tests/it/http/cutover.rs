//! A cut-over through the interface: two persons, the offset that reaches zero, lines that were brought over or were not.
//! It must never read a table of the database.

use fenzhang::base::*;
use fenzhang::domain::command::Command;
use fenzhang::domain::person::Role;
use fenzhang::engine::Meta;
use serde_json::{Value, json};

use super::server::{Server, read, server};

const DAY: &str = "2026-06-01T00:00:00+08:00";

async fn party(server: &Server, kind: &str, number: &str) {
    let body = json!({"kind": kind, "external_id": number, "name": number});
    let (status, made) = server
        .post(Role::Owner, "/v1/parties", &format!("party-{number}"), &body)
        .await;
    assert_eq!(status, 201, "{made}");
}

/// A book with three parties.
async fn books() -> Server {
    let server = server().await;
    for (kind, number) in [("anchor", "A1"), ("agency", "M1"), ("brand", "B1"), ("platform", "P1")] {
        party(&server, kind, number).await;
    }
    server
}

fn cny(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

fn opening(balances: &[(Option<&str>, &str, &str)]) -> Value {
    let balance = |(party, account, amount): &(Option<&str>, &str, &str)| json!({"party": party, "account": account, "entity": "company-1", "amount": cny(amount)});
    let balances: Vec<Value> = balances.iter().map(balance).collect();
    json!({"reason": "五月台账", "balances": balances})
}

async fn ask(server: &Server, key: &str, body: &Value) -> String {
    let (status, asked) = server.post(Role::Finance, "/v1/cutovers", key, body).await;
    assert_eq!(status, 201, "{asked}");
    asked["id"].as_str().unwrap().to_owned()
}

async fn approve(server: &Server, approval: &str) -> Value {
    let path = format!("/v1/approvals/{approval}");
    let (status, done) = server
        .post(
            Role::Owner,
            &path,
            &format!("approve-{approval}"),
            &json!({"verdict": "approve"}),
        )
        .await;
    assert_eq!(status, 200, "{done}");
    done
}

/// Begins a cut-over; its id.
async fn begun(server: &Server, balances: &[(Option<&str>, &str, &str)]) -> String {
    let mut body = opening(balances);
    body["begins"] = json!({"at": DAY});
    let approval = ask(server, "begin", &body).await;
    let (_, before) = server.get(Role::Finance, "/v1/cutovers").await;
    assert_eq!(
        before["cutovers"],
        json!([]),
        "nothing stands before a second person agreed"
    );
    approve(server, &approval).await;
    let (_, after) = server.get(Role::Finance, "/v1/cutovers").await;
    after["cutovers"][0]["cutover"].as_str().unwrap().to_owned()
}

fn held(view: &Value, accounts: &str) -> String {
    let rows = view["held"].as_array().unwrap();
    let row = rows.iter().find(|row| row["accounts"] == accounts);
    row.map_or(String::new(), |row| {
        row["amount"]["amount"].as_str().unwrap().to_owned()
    })
}

async fn balance(server: &Server, party: &str, account: &str, layer: &str) -> String {
    let (_, view) = server.get(Role::Finance, &format!("/v1/balances?party={party}")).await;
    let rows = view["balances"].as_array().unwrap();
    let row = rows.iter().find(|row| row["kind"] == account && row["layer"] == layer);
    row.map_or("0.00".to_owned(), |row| {
        row["balance"]["amount"].as_str().unwrap().to_owned()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_with_two_keys_is_one_person() {
    let server = books().await;
    let mut body = opening(&[(Some("A1"), "available", "100.00")]);
    body["begins"] = json!({"at": DAY});
    let approval = ask(&server, "begin", &body).await;
    let (_, asked) = server.get(Role::Owner, &format!("/v1/approvals/{approval}")).await;
    assert_eq!(
        (&asked["kind"], &asked["reason"]),
        (&json!("open_balances"), &json!("五月台账")),
        "{asked}"
    );
    let minted = fenzhang::access::mint(true);
    let command = Command::IssueKey {
        person: Some(asked["maker"].as_str().unwrap().parse().unwrap()),
        key: minted.key,
        label: "second key".parse().unwrap(),
        role: Role::Owner,
        party: None,
        expires_at: None,
    };
    let meta = Meta {
        secret_hash: Some(minted.hash),
        ..Meta::system("test")
    };
    server.engine.submit(server.book, command, meta).await.unwrap();
    for key in [&minted.text, &server.keys[&Role::Finance]] {
        let request = server.client.post(format!("{}/v1/approvals/{approval}", server.base));
        let request = request.bearer_auth(key).header("Idempotency-Key", key.as_str());
        let (status, refused) = read(request.json(&json!({"verdict": "approve"})).send().await.unwrap()).await;
        assert_eq!((status, &refused["code"]), (403, &json!("same_person")), "{refused}");
    }
    approve(&server, &approval).await;
    assert_eq!(balance(&server, "A1", "available", "settled").await, "100.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cutover_account_says_what_it_holds_and_reaches_zero() {
    let server = books().await;
    let cutover = begun(
        &server,
        &[
            (Some("A1"), "available", "1000.00"),
            (Some("A1"), "advance", "-200.00"),
            (Some("A1"), "frozen", "50.00"),
            (Some("B1"), "commission", "-900.00"),
            (Some("P1"), "clearing", "-100.00"),
        ],
    )
    .await;
    let (_, view) = server.get(Role::Finance, "/v1/cutovers").await;
    assert_eq!(
        (&view["complete"], held(&view, "book:cutover")),
        (&json!(false), "150.00".to_owned()),
        "{view}"
    );
    assert_eq!(held(&view, "anchor:advance"), "-200.00");
    assert_eq!(held(&view, "brand:commission"), "-900.00");
    let mut wrong = opening(&[(Some("M1"), "available", "9999.00")]);
    wrong["cutover"] = json!(cutover);
    approve(&server, &ask(&server, "wrong", &wrong).await).await;
    let body = json!({"opening": 2, "reason": "录错"});
    let path = format!("/v1/cutovers/{cutover}/reverse");
    let (status, asked) = server.post(Role::Finance, &path, "reverse", &body).await;
    assert_eq!(status, 201, "{asked}");
    approve(&server, asked["id"].as_str().unwrap()).await;
    assert_eq!(balance(&server, "M1", "available", "settled").await, "0.00");
    let mut rest = opening(&[(Some("M1"), "available", "250.00"), (None, "income", "-100.00")]);
    rest["cutover"] = json!(cutover);
    approve(&server, &ask(&server, "rest", &rest).await).await;
    let (_, view) = server.get(Role::Finance, "/v1/cutovers").await;
    assert_eq!(
        (&view["complete"], held(&view, "book:cutover")),
        (&json!(true), "0.00".to_owned()),
        "{view}"
    );
    let openings = view["cutovers"][0]["openings"].as_array().unwrap();
    assert_eq!(
        openings
            .iter()
            .map(|o| o["reversed"] == json!(true))
            .collect::<Vec<_>>(),
        [false, true, false]
    );
    let (_, june) = server
        .get(Role::Finance, "/v1/statements?party=A1&period=2026-06")
        .await;
    assert_eq!(
        june["sums"][0]["opening"],
        cny("1000.00"),
        "the first month opens with what was brought over: {june}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_is_wrong_is_refused_before_anybody_is_asked() {
    let server = books().await;
    let code = async |key: &str, body: &Value| {
        let (status, refused) = server.post(Role::Finance, "/v1/cutovers", key, body).await;
        (status, refused["code"].as_str().unwrap_or_default().to_owned())
    };
    let mut body = opening(&[(Some("A1"), "cutover", "1.00")]);
    body["begins"] = json!({"at": DAY});
    assert_eq!(code("k1", &body).await, (422, "account_kind_not_opened".to_owned()));
    let mut body = opening(&[]);
    body["begins"] = json!({"at": "2026-05-31T12:00:00+08:00"});
    assert_eq!(code("k2", &body).await, (422, "not_a_midnight".to_owned()));
    assert_eq!(code("k3", &opening(&[])).await, (422, "one_of".to_owned()));
    begun(&server, &[]).await;
    let mut again = opening(&[]);
    again["begins"] = json!({"at": DAY});
    assert_eq!(code("k4", &again).await, (409, "cutover_exists".to_owned()));
    let (status, _) = server.get(Role::Anchor, "/v1/cutovers").await;
    assert_eq!(status, 403);
}

async fn fact(server: &Server, line_no: &str, fact: Value) -> Value {
    let mut body = fact;
    body["platform"] = json!("taobao");
    body["line_no"] = json!(line_no);
    let line = LineId::of(server.book, "taobao", line_no);
    let (status, told) = server
        .post(Role::Ingest, &format!("/v1/orders/{line}/facts"), "k", &body)
        .await;
    assert_eq!(status, 200, "{told}");
    told["facts"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_before_the_day_is_parked_until_it_is_brought_over_and_ends_right_to_the_fen() {
    let server = books().await;
    let cutover = begun(&server, &[]).await;
    let paid = json!({"kind": "paid", "at": "2026-05-20T12:00:00+08:00", "amount": cny("100.00")});
    let parked = fact(&server, "1", paid.clone()).await;
    assert_eq!(
        (&parked["state"], &parked["code"]),
        (&json!("parked"), &json!("before_cut_over")),
        "{parked}"
    );
    let line = |no: &str| {
        json!({
            "platform": "taobao", "line_no": no, "at": "2026-05-20T12:00:00+08:00",
            "paid": cny("100.00"), "refunded": cny("10.00"), "payer": "B1", "promoter": "A1",
            "reported": {"gross": cny("17.99"), "fees": [{"name": "technical_fee", "amount": cny("1.79")}]},
            "fees": [{"name": "technical_fee", "taker": "P1"}],
            "takers": [{"party": "M1", "amount": cny("4.87"), "of": cny("16.20")}, {"party": "A1"}]
        })
    };
    let path = format!("/v1/cutovers/{cutover}/lines");
    let bring = async |key: &str, no: &str| {
        let (status, told) = server
            .post(Role::Finance, &path, key, &json!({"lines": [line(no)]}))
            .await;
        assert_eq!(status, 200, "{told}");
        told["facts"][0].clone()
    };
    assert_eq!(bring("b1", "1").await["state"], "applied");
    assert_eq!(balance(&server, "A1", "available", "estimated").await, "11.33");
    assert_eq!(balance(&server, "M1", "available", "estimated").await, "4.87");
    // A third of what is left is refunded before the settlement: 30.00 of 90.00.
    let won = json!({"kind": "refund_won", "at": "2026-06-01T10:00:00+08:00", "case": "c1", "amount": cny("30.00")});
    fact(&server, "1", won).await;
    fact(
        &server,
        "1",
        json!({"kind": "settled", "at": "2026-06-01T11:00:00+08:00"}),
    )
    .await;
    // G 17.99 x 60/90 = 11.99, fee 1.79 x 60/90 = 1.19, agency 10.80 x 4.87/16.20 = 3.25, anchor 7.55.
    for (party, account, amount) in [
        ("B1", "commission", "-11.99"),
        ("P1", "available", "1.19"),
        ("M1", "available", "3.25"),
        ("A1", "available", "7.55"),
    ] {
        assert_eq!(balance(&server, party, account, "settled").await, amount, "{party}");
    }
    let won = json!({"kind": "refund_won", "at": "2026-06-01T11:30:00+08:00", "case": "c2", "amount": cny("60.00"), "deducted": true});
    fact(&server, "1", won).await;
    for party in ["B1", "P1", "M1", "A1"] {
        for account in ["available", "clawback_due", "commission"] {
            assert_eq!(
                balance(&server, party, account, "settled").await,
                "0.00",
                "{party} {account}"
            );
        }
    }
    let line = LineId::of(server.book, "taobao", "1");
    let (_, explained) = server.get(Role::Finance, &format!("/v1/explain/{line}")).await;
    assert_eq!(explained["consistent"], json!(true), "{explained}");
    // The same line told again is known; nothing of another cut-over is.
    assert_eq!(bring("b2", "1").await["replayed"], json!(true));
    let after = fact(
        &server,
        "2",
        json!({"kind": "paid", "at": "2026-06-01T01:00:00+08:00", "amount": cny("1.00")}),
    )
    .await;
    assert_ne!(
        after["code"],
        json!("before_cut_over"),
        "a line of the day itself is one of these books"
    );
}
