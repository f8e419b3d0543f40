//! Every route with every role, from the one table; and what is foreign against what is missing.
//! It must never list a route itself.

use fenzhang::access::table::{Grant, Method, ROLES, TABLE, grant};
use fenzhang::base::{PartyId, PartyKind};
use fenzhang::domain::person::Role;
use serde_json::json;
use uuid::Uuid;

use super::server::{read, register, server};

fn word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

/// A well-formed path of an object that does not exist.
fn missing(path: &str) -> String {
    let id = Uuid::now_v7().simple().to_string();
    let fills = [
        ("{book}", format!("bok_{id}")),
        (
            "{party}",
            PartyId::tagged(PartyKind::Anchor, Uuid::now_v7()).to_string(),
        ),
        ("{membership}", format!("mem_{id}")),
        ("{entity}", format!("ent_{id}")),
        ("{key}", format!("key_{id}")),
        ("{product}", format!("itm_{id}")),
        ("{formula}", format!("fml_{id}")),
        ("{rule}", format!("rul_{id}")),
        ("{line}", format!("lin_{id}")),
        ("{period}", "2026-05".to_owned()),
        ("{cutover}", format!("cut_{id}")),
        ("{import}", format!("imp_{id}")),
        ("{run}", format!("run_{id}")),
        ("{sheet}", format!("sht_{id}")),
        ("{file}", "ab".repeat(32)),
        ("{name}", "no-such-mapping".to_owned()),
        ("{position}", "1".to_owned()),
        ("{approval}", format!("apr_{id}")),
        ("{payment}", format!("pay_{id}")),
        ("{freeze}", format!("frz_{id}")),
        ("{receipt}", format!("rcp_{id}")),
        ("{person}", format!("per_{id}")),
        ("{brief}", format!("brf_{id}")),
        ("{contract}", format!("ctr_{id}")),
        ("{purchase}", format!("pur_{id}")),
        ("{sample}", format!("smp_{id}")),
        ("{entry}", format!("itm_{id}")),
        ("{selection}", format!("sel_{id}")),
        ("{watch}", format!("wch_{id}")),
        ("{submission}", format!("sbm_{id}")),
        ("{action}", "cancel".to_owned()),
        (
            "{supplier}",
            PartyId::tagged(PartyKind::Supplier, Uuid::now_v7()).to_string(),
        ),
        ("{offer}", format!("off_{id}")),
        ("{quote}", format!("quo_{id}")),
    ];
    fills
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_gets_on_every_route_what_the_table_says_and_nothing_more() {
    let server = server().await;
    for row in TABLE {
        let path = missing(row.path);
        let method = word(row.method);
        let url = format!("{}{path}", server.base);
        let anonymous = server
            .client
            .request(method.parse().unwrap(), url)
            .send()
            .await
            .unwrap();
        assert_eq!(anonymous.status().as_u16(), 401, "{method} {path} without a key");
        for role in ROLES {
            let request = server
                .request(role, method, &path)
                .header("Idempotency-Key", Uuid::now_v7().to_string());
            let (status, body) = read(request.send().await.unwrap()).await;
            match grant(row.method, row.path, role) {
                Grant::No => assert_eq!(
                    (status, body["code"].as_str()),
                    (403, Some("forbidden")),
                    "{role:?} {method} {path}"
                ),
                _ => assert!(
                    !matches!(status, 401 | 403 | 405 | 500..),
                    "{role:?} {method} {path}: {status} {body}"
                ),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_object_answers_exactly_as_a_missing_one() {
    let server = server().await;
    let foreign = register(&server.engine, server.book, PartyKind::Anchor).await;
    let missing = PartyId::tagged(PartyKind::Anchor, Uuid::now_v7());
    for path in [
        "/v1/parties/",
        "/v1/earnings/",
        "/v1/accounts?party=",
        "/v1/statements?period=2026-05&party=",
    ] {
        for role in [Role::Anchor, Role::Agency, Role::Brand] {
            let one = server.get(role, &format!("{path}{foreign}")).await;
            let other = server.get(role, &format!("{path}{missing}")).await;
            assert_eq!(one, other, "{role:?} {path}");
            assert_eq!(one.0, 404, "{role:?} {path}");
        }
        let own = server.parties[&Role::Anchor];
        let (status, body) = server.get(Role::Anchor, &format!("{path}{own}")).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_wrong_key_is_refused_within_a_second() {
    let server = server().await;
    let (status, issued) = server
        .post(Role::Owner, "/v1/keys", "k1", &json!({"label": "x", "role": "auditor"}))
        .await;
    assert_eq!(status, 201, "{issued}");
    let (secret, id) = (
        issued["key"]["secret"].as_str().unwrap(),
        issued["key"]["id"].as_str().unwrap(),
    );
    let ask = |secret: String| {
        let url = format!("{}/v1/books", server.base);
        let request = server.client.get(url).bearer_auth(secret);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(ask(secret.to_owned()).await, 200);
    let wrong = format!(
        "{}{}",
        &secret[..secret.len() - 1],
        if secret.ends_with('0') { '1' } else { '0' }
    );
    assert_eq!(ask(wrong).await, 401);
    assert_eq!(ask(secret.replace("fz_test_", "fz_live_")).await, 401);
    let revoked = server
        .request(Role::Owner, "DELETE", &format!("/v1/keys/{id}"))
        .header("Idempotency-Key", "k2");
    assert_eq!(revoked.send().await.unwrap().status().as_u16(), 200);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(ask(secret.to_owned()).await, 401);
    let (_, again) = server
        .post(Role::Owner, "/v1/keys", "k1", &json!({"label": "x", "role": "auditor"}))
        .await;
    assert_eq!(
        (again["replayed"].as_bool(), again["key"].get("secret")),
        (Some(true), None)
    );
}
