//! Who may order, record and see what: an anchor, a supplier and strangers with their own keys; pages of the list.
//! It must never use the owner's key for what a party does.

use fenzhang::domain::person::Role;

use super::*;
use crate::http::server::server;

#[tokio::test(flavor = "multi_thread")]
async fn a_party_orders_what_it_pays_itself_and_the_supplier_never_sees_the_sale() {
    let server = server().await;
    let post = async |role: Role, path: &str, body: Value| {
        let key = uuid::Uuid::now_v7().to_string();
        server.post(role, path, &key, &body).await
    };
    let supplier = server.parties[&Role::Supplier].to_string();
    let line = json!([{"name": "cup", "quantity": 2, "unit_price": cny("22.00"), "sold_price": cny("35.00")}]);
    let body = json!({
        "kind": "dropship", "supplier": supplier, "lines": line, "freight": cny("6.00"), "sold_freight": cny("6.00"),
        "external_id": "PO-1",
    });
    let (status, refused) = post(Role::Anchor, "/v1/purchases", body.clone()).await;
    assert_eq!((status, &refused["code"]), (403, &json!("pays_itself")), "{refused}");
    let own = with(body.clone(), json!({"pays": "buyer"}));
    let foreign = with(own.clone(), json!({"buyer": server.parties[&Role::Agency].to_string()}));
    assert_eq!(post(Role::Anchor, "/v1/purchases", foreign).await.0, 404);
    let (status, made) = post(Role::Anchor, "/v1/purchases", own).await;
    assert_eq!((status, &made["purchase"]["margin"]), (201, &cny("26.00")), "{made}");
    // Nothing of it can be paid out: it stands on direct_paid.
    let (_, balances) = server.get(Role::Anchor, "/v1/balances").await;
    assert_eq!(balances["balances"][0]["kind"], "direct_paid", "{balances}");
    let act =
        async |role: Role, action: &str, body: Value| post(role, &format!("/v1/purchases/PO-1/{action}"), body).await;
    assert_eq!(
        act(Role::Supplier, "pay", json!({"reference": "x"})).await.1["code"],
        "not_this_side"
    );
    assert_eq!(
        act(Role::Anchor, "charge", json!({"charge": "fee", "amount": cny("1.00")}))
            .await
            .1["code"],
        "not_this_side"
    );
    assert_eq!(act(Role::Anchor, "pay", json!({"reference": "x"})).await.0, 200);
    let (status, shipped) = act(Role::Supplier, "ship", json!({"tracking": "SF1"})).await;
    assert_eq!(
        (status, &shipped["purchase"]["phase"]),
        (200, &json!("shipped")),
        "{shipped}"
    );
    let (_, seen) = server.get(Role::Supplier, "/v1/purchases/PO-1").await;
    assert_eq!(seen["cost"], cny("50.00"));
    for hidden in ["sold", "margin", "charges", "sold_freight"] {
        assert_eq!(seen.get(hidden), None, "{hidden}: {seen}");
        assert_eq!(seen["lines"][0].get(hidden), None, "{hidden}: {seen}");
    }
    assert!(
        !seen.to_string().contains("35.00") && !seen.to_string().contains("purchase.sold"),
        "{seen}"
    );
    let (_, listed) = server.get(Role::Supplier, "/v1/purchases").await;
    assert_eq!(
        (
            listed["purchases"].as_array().unwrap().len(),
            listed["purchases"][0].get("margin")
        ),
        (1, None)
    );
    let (_, tree) = server.get(Role::Supplier, "/v1/explain/purchase/PO-1").await;
    assert_eq!(
        (&tree["root"]["amount"], &tree["consistent"]),
        (&cny("0.00"), &json!(true)),
        "{tree}"
    );
    adds_up(&tree["root"]);
    for role in [Role::Brand, Role::Agency] {
        assert_eq!(server.get(role, "/v1/purchases/PO-1").await.0, 404, "{role:?}");
        assert_eq!(
            server.get(role, "/v1/purchases").await.1["purchases"],
            json!([]),
            "{role:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_page_by_key() {
    let stage = stage().await;
    let line = json!([{"name": "cup", "quantity": 1, "unit_price": cny("1.00")}]);
    for number in ["a", "b", "c", "d", "e"] {
        let body = json!({"kind": "wholesale", "buyer": "A", "supplier": "S", "lines": line, "freight": cny("0.00"), "order_no": number});
        stage.accepted("/v1/purchases", body).await;
    }
    done(&stage, "c", "pay", json!({"reference": "x"})).await;
    let mut seen = Vec::new();
    let mut path = "/v1/purchases?supplier=S&limit=2".to_owned();
    loop {
        let page = stage.get(&path).await;
        let rows = page["purchases"].as_array().unwrap().iter();
        seen.extend(rows.map(|row| row["order_no"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/purchases?supplier=S&limit=2&cursor={next}");
    }
    seen.sort_unstable();
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    let one = stage.get("/v1/purchases?number=b").await;
    assert_eq!(one["purchases"].as_array().unwrap().len(), 1);
    let paid = stage.get("/v1/purchases?phase=paid").await;
    assert_eq!(
        (
            &paid["purchases"][0]["order_no"],
            paid["purchases"].as_array().unwrap().len()
        ),
        (&json!("c"), 1)
    );
    assert_eq!(
        stage.get("/v1/purchases?buyer=A&phase=ordered").await["purchases"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert_eq!(stage.get("/v1/purchases?party=G").await["purchases"], json!([]));
}
