//! Legal entities over HTTP: registered, renamed, joined by parties and shops, and shown where a finance person looks.
//! It must never reach around the interface.

use fenzhang::domain::person::Role;
use serde_json::json;

use crate::acceptance::stage::{Stage, paying};
use crate::http::server::read;

#[tokio::test(flavor = "multi_thread")]
async fn parties_and_shops_belong_to_one_entity_at_a_time_and_show_it() {
    let stage = Stage::open().await;
    let one = json!({"external_id": "HZ-01", "name": "杭州星河文化有限公司"});
    let made = stage.accepted("/v1/entities", one.clone()).await;
    let first = made["id"].as_str().unwrap().to_owned();
    assert!(first.starts_with("ent_"), "{made}");
    assert_eq!(stage.refused("/v1/entities", one).await, (409, "already_exists".into()));
    stage
        .accepted("/v1/entities", json!({"external_id": "SH-02", "name": "上海二号"}))
        .await;
    let join = |entity: &str, body| (format!("/v1/entities/{entity}/members"), body);
    for (path, body) in [
        join("HZ-01", json!({"party": "A"})),
        join(&first, json!({"shop": "shop", "platform": "taobao"})),
        // The same again is nothing new, and a later one takes the place of the one before.
        join("HZ-01", json!({"party": "A"})),
        join("SH-02", json!({"party": "G"})),
        join("HZ-01", json!({"party": "G"})),
    ] {
        stage.accepted(&path, body).await;
    }
    let refusals = [
        ("HZ-01", json!({}), 422, "one_of"),
        ("HZ-01", json!({"party": "A", "shop": "shop"}), 422, "one_of"),
        (
            "HZ-01",
            json!({"shop": "other", "platform": "taobao"}),
            404,
            "not_found",
        ),
        ("NOBODY", json!({"party": "A"}), 404, "not_found"),
        ("SH-02", json!({"party": "A", "leaves": true}), 409, "not_a_member"),
    ];
    for (entity, body, status, code) in refusals {
        let (found, answer) = stage
            .post(&format!("/v1/entities/{entity}/members"), body.clone())
            .await;
        let codes = answer.to_string();
        assert!(
            found == status && codes.contains(code),
            "{entity} {body}: {found} {answer}"
        );
    }
    let request = stage.server.request(Role::Finance, "PATCH", "/v1/entities/HZ-01");
    let request = request
        .header("Idempotency-Key", "rename")
        .json(&json!({"name": "杭州银河文化有限公司"}));
    assert_eq!(read(request.send().await.unwrap()).await.0, 200);

    let listed = stage.get("/v1/entities").await;
    let hz = listed["entities"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entity| entity["external_id"] == "HZ-01");
    let hz = hz.unwrap();
    assert_eq!(
        (&hz["name"], &hz["parties"], &hz["shops"]),
        (&json!("杭州银河文化有限公司"), &json!(2), &json!(1))
    );
    assert_eq!(stage.get("/v1/shops").await["shops"][0]["entity"], json!(first));
    assert_eq!(stage.get("/v1/parties/A").await["entity"], json!(first));

    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[paying("1", "paid", "2026-05-20T12:05:00+08:00", "10.00")])
        .await;
    let ledger = stage.get("/v1/reports/line-ledger?columns=line_no,shop,entity").await;
    assert_eq!(ledger["rows"][0]["entity"], "杭州银河文化有限公司", "{ledger}");
    // Registered anew, a shop stays with its entity; then it leaves.
    let shop = json!({"platform": "taobao", "external_id": "shop", "name": "Renamed", "brand": "B"});
    stage.accepted("/v1/shops", shop).await;
    assert_eq!(stage.get("/v1/shops").await["shops"][0]["entity"], json!(first));
    let leaves = json!({"shop": "shop", "platform": "taobao", "leaves": true});
    stage.accepted("/v1/entities/HZ-01/members", leaves).await;
    assert!(stage.get("/v1/shops").await["shops"][0].get("entity").is_none());

    // What the tables hold is what a fold of the log gives.
    let mut client = stage.server.db.client().await;
    let logs = fenzhang::store::books::of_book(&client, stage.server.book)
        .await
        .unwrap()
        .unwrap();
    let checked = fenzhang::store::verify::verify(&mut client, logs.money).await.unwrap();
    assert!(checked.findings.is_empty(), "{checked:?}");
}
