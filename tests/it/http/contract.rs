//! The OpenAPI document against the routes, the role table and the committed file.
//! It must never be weakened: a route that is not documented, or not in the table, fails here.

use std::collections::BTreeSet;

use fenzhang::access::table::{Method, PUBLIC, TABLE};
use fenzhang::http::openapi::{Api, document};
use utoipa::OpenApi;

#[test]
fn the_committed_openapi_document_is_the_one_the_code_emits() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    if std::env::var_os("FENZHANG_BLESS").is_some() {
        std::fs::write(path, document()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == document(),
        "openapi/openapi.json has drifted; run with FENZHANG_BLESS=1 and review the change"
    );
}

#[test]
fn the_document_and_the_role_table_list_the_same_operations() {
    let mut documented = BTreeSet::new();
    for (path, item) in Api::openapi().paths.paths {
        for (word, operation) in [
            ("Get", &item.get),
            ("Post", &item.post),
            ("Put", &item.put),
            ("Patch", &item.patch),
            ("Delete", &item.delete),
        ] {
            if operation.is_some() {
                documented.insert(format!("{word} {path}"));
            }
        }
    }
    let mut listed: BTreeSet<String> = TABLE
        .iter()
        .map(|row| format!("{:?} {}", row.method, row.path))
        .collect();
    let public = PUBLIC.iter().filter(|path| !path.starts_with("/docs"));
    listed.extend(public.map(|path| format!("{:?} {path}", Method::Get)));
    assert_eq!(documented, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_is_served_without_a_key_and_the_page_needs_no_other_site() {
    let server = super::server::server().await;
    let get = |path: &str| server.client.get(format!("{}{path}", server.base)).send();
    for path in ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs/"] {
        let response = get(path).await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let body = response.text().await.unwrap();
        assert!(
            path != "/docs/" || !body.contains("https://"),
            "the page loads from elsewhere: {body}"
        );
    }
    assert_eq!(get("/nowhere").await.unwrap().status().as_u16(), 404);
}
