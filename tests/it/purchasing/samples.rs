//! Samples over HTTP: request to return, repeats, money to who bears it, and the stock with its holders.
//! It must never compute an expected amount.

use fenzhang::domain::person::Role;

use super::*;
use crate::http::server::server;

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_asks_a_supplier_sends_and_the_bearer_pays() {
    let server = server().await;
    let post = async |role: Role, path: &str, body: Value| {
        let key = uuid::Uuid::now_v7().to_string();
        server.post(role, path, &key, &body).await
    };
    let (anchor, supplier) = (server.parties[&Role::Anchor], server.parties[&Role::Supplier]);
    let terms = json!({
        "freight": cny("8.00"), "freight_by": "holder", "deposit": cny("50.00"), "loss_price": cny("199.00"),
        "return_by": "2026-06-20T00:00:00+08:00",
    });
    let ask = json!({"provider": supplier.to_string(), "name": "杯子", "terms": terms});
    let rule = post(Role::Operator, "/v1/sample-rules", json!({"repeat_days": 7})).await;
    assert_eq!(rule.0, 200, "{}", rule.1);
    let (status, asked) = post(Role::Anchor, "/v1/samples", ask.clone()).await;
    assert_eq!(status, 201, "{asked}");
    let id = asked["id"].as_str().unwrap().to_owned();
    let again = post(Role::Anchor, "/v1/samples", ask.clone()).await;
    assert_eq!((again.0, &again.1["code"]), (409, &json!("requested_lately")));
    let act =
        async |role: Role, action: &str, body: Value| post(role, &format!("/v1/samples/{id}/{action}"), body).await;
    assert_eq!(act(Role::Anchor, "approve", json!({})).await.1["code"], "not_this_side");
    let (_, seen) = server.get(Role::Supplier, &format!("/v1/samples/{id}")).await;
    assert_eq!(seen["allowed_actions"], json!(["approve", "refuse"]), "{seen}");
    assert_eq!(act(Role::Supplier, "approve", json!({})).await.0, 200);
    assert_eq!(act(Role::Supplier, "send", json!({"tracking": "SF1"})).await.0, 200);
    assert_eq!(act(Role::Anchor, "receive", json!({})).await.0, 200);
    let held = async |party: &str| {
        server
            .get(Role::Finance, &format!("/v1/balances?party={party}"))
            .await
            .1
    };
    let kinds = |view: &Value| -> Vec<(String, String)> {
        let rows = view["balances"].as_array().unwrap().iter();
        let word = |row: &Value, at: &str| row[at].as_str().unwrap_or_default().to_owned();
        rows.map(|row| (word(row, "kind"), word(&row["balance"], "amount")))
            .collect()
    };
    let own = |kind: &str, amount: &str| (kind.to_owned(), amount.to_owned());
    let of_anchor = held(&anchor.to_string()).await;
    assert_eq!(kinds(&of_anchor), [own("available", "-58.00"), own("held", "50.00")]);
    assert_eq!(kinds(&held(&supplier.to_string()).await), [own("available", "8.00")]);
    // Who has which sample.
    let (_, out) = server.get(Role::Finance, "/v1/samples?out=true").await;
    assert_eq!(
        (&out["samples"][0]["holder"], &out["samples"][0]["standing"]),
        (&json!(anchor.to_string()), &json!("received"))
    );
    let report = server.get(Role::Finance, "/v1/reports/samples").await.1.to_string();
    assert!(report.contains("杯子"), "{report}");
    assert_eq!(act(Role::Supplier, "bill", json!({})).await.1["code"], "not_late");
    let (_, back) = act(Role::Supplier, "return", json!({"freight": cny("6.00")})).await;
    assert_eq!(back["sample"]["standing"], "returned", "{back}");
    let free: Vec<_> = kinds(&held(&anchor.to_string()).await)
        .into_iter()
        .filter(|(_, amount)| amount != "0.00")
        .collect();
    assert_eq!(free, [own("available", "-14.00")]);
    // A stranger finds nothing; an agency without a contract neither.
    assert_eq!(server.get(Role::Agency, &format!("/v1/samples/{id}")).await.0, 404);
    assert_eq!(server.get(Role::Agency, "/v1/samples").await.1["samples"], json!([]));
    let (_, statement) = server.get(Role::Anchor, "/v1/statements?period=2026-06").await;
    assert_eq!(statement["lines"][0]["text_zh"], "样品寄出", "{statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_and_a_late_sample_cost_the_loss_price_and_refused_requests_do_not_count() {
    let stage = stage().await;
    let terms = json!({"deposit": cny("50.00"), "loss_price": cny("199.00"), "return_by": "2026-06-10T00:00:00+08:00"});
    let ask = |name: &str| json!({"holder": "A", "provider": "S", "name": name, "terms": terms});
    stage.accepted("/v1/sample-rules", json!({"repeat_days": 7})).await;
    let step = async |id: &str, action: &str, body: Value| {
        stage.accepted(&format!("/v1/samples/{id}/{action}"), body).await["sample"].clone()
    };
    let mut ids = Vec::new();
    for name in ["lost", "late"] {
        let id = stage.accepted("/v1/samples", ask(name)).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        for action in ["approve", "send", "receive"] {
            step(&id, action, json!({})).await;
        }
        ids.push(id);
    }
    stage.holds("A", &[("available", "-100.00"), ("held", "100.00")]).await;
    step(&ids[0], "lose", json!({"reason": "left in the studio"})).await;
    stage.holds("A", &[("available", "-249.00"), ("held", "50.00")]).await;
    stage.clock("2026-06-10T00:00:00+08:00").await;
    let late = stage.get(&format!("/v1/samples/{}", ids[1])).await;
    assert_eq!(
        (&late["overdue"], &late["allowed_actions"]),
        (&json!(true), &json!(["keep", "return", "bill", "lose"]))
    );
    step(&ids[1], "bill", json!({})).await;
    stage.holds("A", &[("available", "-398.00")]).await;
    stage.holds("S", &[("available", "398.00")]).await;
    // Seven days are over; a refused request is as if it had not been made.
    let second = stage.accepted("/v1/samples", ask("late")).await;
    assert_eq!(second["sample"]["number"], 2);
    step(&ids[1], "refuse", json!({"reason": "sold out"})).await;
    stage.accepted("/v1/samples", ask("late")).await;
    let again = with(ask("late"), json!({"again": true}));
    assert_eq!(
        stage.refused("/v1/samples", ask("late")).await,
        (409, "requested_lately".to_owned())
    );
    assert_eq!(stage.accepted("/v1/samples", again).await["sample"]["number"], 4);
    let page = stage.get("/v1/samples?limit=2").await;
    let next = page["next"].as_str().unwrap();
    let rest = stage.get(&format!("/v1/samples?limit=2&cursor={next}")).await;
    let last = stage
        .get(&format!(
            "/v1/samples?limit=2&cursor={}",
            rest["next"].as_str().unwrap()
        ))
        .await;
    let count = [page, rest, last].map(|page| page["samples"].as_array().unwrap().len());
    assert_eq!(count, [2, 2, 1]);
    stage.balanced().await;
    verified(&stage).await;
}
