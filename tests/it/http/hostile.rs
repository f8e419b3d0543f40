//! JSONTestSuite and the naughty strings against every route that takes a body: never a 5xx, never a hang.
//! It must never be skipped silently: without the data it says so, and fails where `FENZHANG_REQUIRE` names data.

use std::io::Read;
use std::path::PathBuf;

use fenzhang::access::table::{Method, TABLE};
use fenzhang::domain::person::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::server::{Server, server};

fn data(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("FENZHANG_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let path = root.join("hostile").join(name);
    let found = std::fs::read(&path).ok();
    if found.is_none() {
        let required = std::env::var("FENZHANG_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|one| one == "data"),
            "{} is required and missing",
            path.display()
        );
        eprintln!("SKIPPED: {} is missing; set FENZHANG_DATA", path.display());
    }
    found
}

/// Every route that takes a body, with an id in its path that exists nowhere.
fn routes() -> Vec<(&'static str, String)> {
    let bodies = TABLE
        .iter()
        .filter(|row| matches!(row.method, Method::Post | Method::Patch));
    let id = Uuid::now_v7().simple().to_string();
    bodies
        .map(|row| {
            let method = if row.method == Method::Post { "POST" } else { "PATCH" };
            let path = row
                .path
                .replace("{period}", "2026-05")
                .replace("{brief}", &format!("brf_{id}"))
                .replace("{contract}", &format!("ctr_{id}"))
                .replace("{action}", "cancel")
                .replace("{rule}", &format!("rul_{id}"));
            let path = path
                .replace("{line}", &format!("lin_{id}"))
                .replace("{formula}", &format!("fml_{id}"));
            let path = path
                .replace("{offer}", &format!("off_{id}"))
                .replace("{quote}", &format!("quo_{id}"));
            let path = path
                .replace("{approval}", &format!("apr_{id}"))
                .replace("{membership}", &format!("mem_{id}"));
            (method, path.replace("{party}", &format!("anc_a1{}", &id[2..])))
        })
        .collect()
}

/// Paths whose body is JSON, as the committed document says.
fn routes_of_json() -> Vec<String> {
    let document: Value = serde_json::from_str(include_str!("../../../openapi/openapi.json")).unwrap();
    let takes = |operations: &Value| {
        let bodies = ["post", "patch"].map(|method| &operations[method]["requestBody"]["content"]);
        bodies.iter().any(|content| !content["application/json"].is_null())
    };
    let paths = document["paths"].as_object().unwrap();
    let found: Vec<String> = paths
        .iter()
        .filter(|(_, operations)| takes(operations))
        .map(|(path, _)| path.clone())
        .collect();
    assert!(found.len() > 25, "{found:?}");
    found
}

/// A path with its ids filled in is one of a template's.
fn fits(template: &str, path: &str) -> bool {
    let (wanted, found): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    wanted.len() == found.len()
        && wanted
            .iter()
            .zip(found)
            .all(|(wanted, found)| wanted.starts_with('{') || *wanted == found)
}

async fn send(server: &Server, method: &str, path: &str, body: Vec<u8>) -> (u16, String) {
    let path = path.replace("{book}", &server.book.to_string());
    let kind = if ["/v1/facts", "/v1/returns"].contains(&path.as_str()) {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    // Only a party disputes a line.
    let role = match (method, path.as_str()) {
        ("POST", "/v1/disputes") => Role::Anchor,
        _ => Role::Owner,
    };
    let request = server
        .request(role, method, &path)
        .header("Idempotency-Key", Uuid::now_v7().to_string())
        .header("Content-Type", kind)
        .body(body);
    let response = request.send().await.expect("an answer within the time allowed");
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_test_suite_is_answered_without_a_fault_on_every_route() {
    let Some(archive) = data("json-test-suite-parsing.tar.gz") else {
        return;
    };
    let server = server().await;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry
            .path()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let mut body = Vec::new();
        entry.read_to_end(&mut body).unwrap();
        if name.ends_with(".json") {
            files.push((name, body));
        }
    }
    assert_eq!(files.len(), 318);
    let routes = routes();
    let of_json = routes_of_json();
    for (name, body) in &files {
        for (method, path) in &routes {
            let (status, answer) = send(&server, method, path, body.clone()).await;
            assert!(status < 500, "{name} to {method} {path}: {status} {answer}");
            if ["/v1/facts", "/v1/returns"].contains(&path.as_str()) {
                // One result line per line of the body, none of them a fact.
                assert!(
                    status == 200 && !answer.contains("\"state\":\"applied\""),
                    "{name}: {answer}"
                );
                continue;
            }
            // A file's bytes may be anything, and a route without a body reads none: neither may fail.
            if !of_json.iter().any(|known| fits(known, path)) {
                continue;
            }
            let syntax = ["json_syntax", "not_utf8", "nul_character"]
                .iter()
                .any(|code| answer.contains(code));
            if name.starts_with("n_") {
                assert!(
                    status == 400 && (syntax || answer.contains("duplicate_key")),
                    "{name} to {path}: {status} {answer}"
                );
            } else if name.starts_with("y_") {
                // A text with NUL is well-formed JSON; it is refused as a text, not as syntax.
                assert!(
                    !answer.contains("json_syntax") && !answer.contains("not_utf8"),
                    "{name} to {path}: {answer}"
                );
            }
        }
    }
}

/// Bodies that are right but for one field, which takes the string.
fn bodies(text: &str) -> Vec<(&'static str, &'static str, Value)> {
    let money = json!({"amount": text, "currency": "CNY"});
    vec![
        ("POST", "/v1/parties", json!({"kind": "anchor", "name": text})),
        (
            "POST",
            "/v1/parties",
            json!({"kind": "anchor", "name": "x", "external_id": text}),
        ),
        ("POST", "/v1/parties", json!({"kind": text, "name": "x"})),
        (
            "POST",
            "/v1/shops",
            json!({"platform": text, "external_id": text, "name": text, "brand": text}),
        ),
        (
            "POST",
            "/v1/products",
            json!({"platform": "t", "external_id": "1", "title": text, "shop": "1", "category": text}),
        ),
        ("POST", "/v1/keys", json!({"label": text, "role": "auditor"})),
        (
            "POST",
            "/v1/orders",
            json!({"platform": "t", "external_id": text, "at": text, "lines": [{"line_no": text, "list": money}]}),
        ),
        (
            "POST",
            "/v1/facts",
            json!({"platform": "t", "line_no": "1", "kind": "paid", "at": "2026-05-01T00:00:00Z", "amount": money}),
        ),
        (
            "POST",
            "/v1/facts",
            json!({"platform": "t", "line_no": text, "kind": "received", "at": "2026-05-01T00:00:00Z", "category": text}),
        ),
        (
            "POST",
            "/v1/returns",
            json!({"platform": "t", "document": text, "row": text, "buyer": text, "item_no": "1", "at": "2026-05-01T00:00:00Z", "units": 1, "amount": money}),
        ),
        (
            "POST",
            "/v1/clicks",
            json!({"clicks": [{"source": text, "at": "2026-05-01T00:00:00Z", "buyer": text, "promoter": text, "segment": text}]}),
        ),
        (
            "POST",
            "/v1/rules",
            json!({"kind": "general", "brand": text, "scope": {"platform": "t", "shop": "1", "category": text}, "terms": {"from": text, "rate": text}}),
        ),
        (
            "POST",
            "/v1/memberships",
            json!({"member": text, "upper": text, "share": {"upper_keeps": text}, "from": text}),
        ),
        (
            "POST",
            "/v1/formulas",
            json!({"terms": {"name": text, "settleable": {"platform_settled": true}, "window_seconds": 1, "fees": [{"name": text, "taker": text, "rate": text, "of": "gross"}]}}),
        ),
        (
            "POST",
            "/v1/adjustments",
            json!({"entry": {"at": text, "reason": text, "legs": [{"account": "income", "amount": money}]}}),
        ),
        ("POST", "/v1/books/{book}/clock", json!({"to": text})),
        ("POST", "/v1/books/{book}/owner", json!({"party": text})),
        (
            "POST",
            "/v1/books",
            json!({"name": text, "perspective": text, "mode": "sandbox"}),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn naughty_strings_in_every_field_are_answered_without_a_fault() {
    let Some(list) = data("blns.json") else { return };
    let strings: Vec<String> = serde_json::from_slice(&list).unwrap();
    assert_eq!(strings.len(), 515);
    let server = server().await;
    for text in &strings {
        for (method, path, body) in bodies(text) {
            let (status, answer) = send(&server, method, path, serde_json::to_vec(&body).unwrap()).await;
            assert!(status < 500, "{text:?} to {path}: {status} {answer}");
        }
        for (method, path) in routes() {
            let (status, answer) = send(&server, method, &path, text.clone().into_bytes()).await;
            assert!(status < 500, "{text:?} as the body of {path}: {status} {answer}");
        }
        let url = reqwest::Url::parse_with_params(&format!("{}/v1/parties", server.base), [("cursor", text)]).unwrap();
        let asked = server
            .client
            .get(url)
            .bearer_auth(&server.keys[&Role::Owner])
            .send()
            .await
            .unwrap();
        assert!(asked.status().as_u16() < 500, "{text:?} as a cursor");
    }
}
