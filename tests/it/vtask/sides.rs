//! Who may do what: a brand, an anchor and an agency with their own keys, and strangers.
//! It must never use the owner's key for what a party does.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::*;
use crate::http::server::{issue, read, register, server};

#[tokio::test(flavor = "multi_thread")]
async fn each_side_does_its_own_part_and_a_stranger_finds_nothing() {
    let server = server().await;
    let post = async |role: Role, path: &str, body: Value| {
        let key = uuid::Uuid::now_v7().to_string();
        server.post(role, path, &key, &body).await
    };
    let (brand, anchor) = (server.parties[&Role::Brand], server.parties[&Role::Anchor]);
    let terms = json!({"form": {"kind": "slot_fee"}, "deliverables": [{"name": "slot", "fee": cny("100.00")}], "clocks": {"settle": 0}});
    let says = json!({"title": "t", "terms": terms, "closes_at": CLOSES});
    let (status, drafted) = post(Role::Brand, "/v1/briefs", json!({"external_id": "PO-1", "brief": says})).await;
    assert_eq!(status, 201, "{drafted}");
    assert_eq!(
        drafted["brief"]["allowed_actions"],
        json!(["post", "amend", "withdraw"])
    );
    // A draft is the brand's own.
    assert_eq!(server.get(Role::Anchor, "/v1/briefs/PO-1").await.0, 404);
    assert_eq!(post(Role::Brand, "/v1/briefs/PO-1/post", json!({})).await.0, 200);
    let (_, open) = server.get(Role::Anchor, "/v1/briefs").await;
    let id = open["briefs"][0]["brief"].as_str().unwrap().to_owned();
    let (status, applied) = post(
        Role::Anchor,
        &format!("/v1/briefs/{id}/applications"),
        json!({"note": "gladly"}),
    )
    .await;
    assert_eq!(status, 201, "{applied}");
    // An applicant cannot award itself, nor does another anchor see its quote.
    let own = format!("/v1/briefs/{id}/applications/{anchor}");
    assert_eq!(
        post(Role::Anchor, &format!("{own}/award"), json!({})).await.1["code"],
        "not_this_side"
    );
    let other = register(&server.engine, server.book, fenzhang::base::PartyKind::Anchor).await;
    let key = issue(&server.engine, server.book, Role::Anchor, Some(other)).await;
    let as_other = async |path: String| {
        let url = format!("{}{path}", server.base);
        read(server.client.get(url).bearer_auth(&key).send().await.unwrap()).await
    };
    let (_, seen) = as_other(format!("/v1/briefs/{id}")).await;
    assert_eq!(seen["applications"], json!([]));
    let (status, awarded) = post(Role::Brand, &format!("{own}/award"), json!({"external_id": "C-1"})).await;
    assert_eq!(status, 201, "{awarded}");
    assert_eq!(
        awarded["contract"]["takers"],
        Value::Null,
        "a brand does not see how the anchor's side shares"
    );
    let contract = awarded["id"].as_str().unwrap().to_owned();
    for path in [format!("/v1/contracts/{contract}"), "/v1/contracts/C-1".to_owned()] {
        assert_eq!(
            as_other(path.clone()).await,
            as_other("/v1/contracts/ctr_x".to_owned()).await,
            "{path}"
        );
        assert_eq!(server.get(Role::Agency, &path).await.0, 404);
    }
    let act = format!("/v1/contracts/{contract}");
    let wrong = post(Role::Anchor, &format!("{act}/fund"), json!({"amount": cny("100.00")})).await;
    assert_eq!((wrong.0, &wrong.1["code"]), (403, &json!("not_this_side")));
    assert_eq!(
        post(Role::Brand, &format!("{act}/fund"), json!({"amount": cny("100.00")}))
            .await
            .0,
        200
    );
    let (_, scheduled) = post(Role::Anchor, &format!("{act}/schedule"), json!({})).await;
    assert_eq!(
        scheduled["contract"]["allowed_actions"],
        json!(["assign", "amend", "deliver", "cancel"]),
        "{scheduled}"
    );
    let evidence = json!([{"kind": "replay_url", "value": "https://example.com"}]);
    assert_eq!(
        post(Role::Anchor, &format!("{act}/deliver"), json!({"evidence": evidence}))
            .await
            .0,
        200
    );
    let for_other = post(Role::Anchor, &format!("{act}/accept"), json!({"side": "brand"})).await;
    assert_eq!((for_other.0, &for_other.1["code"]), (403, &json!("not_this_side")));
    let (_, settled) = post(Role::Brand, &format!("{act}/accept"), json!({})).await;
    assert_eq!(settled["contract"]["phase"], "settled");
    assert_eq!(
        post(Role::Brand, &format!("{act}/rate"), json!({"stars": 5})).await.0,
        200
    );
    // A brand sees its own contracts only, and never another brand's brief.
    let stranger = register(&server.engine, server.book, fenzhang::base::PartyKind::Brand).await;
    let key = issue(&server.engine, server.book, Role::Brand, Some(stranger)).await;
    let url = format!("{}/v1/contracts", server.base);
    let (_, none) = read(server.client.get(url).bearer_auth(&key).send().await.unwrap()).await;
    assert_eq!(none["contracts"], json!([]));
    let url = format!("{}/v1/briefs/{id}", server.base);
    assert_eq!(
        server
            .client
            .get(url)
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        404
    );
    let _ = brand;
}
