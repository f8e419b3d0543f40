//! Parties that are not to be paid 暂停付款: what they earn goes on, their sheets carry it, and it is payable once they are
//! resumed: case 32.
//! It must never look at a payable amount without what is carried beside it.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::{adjusted, approved, close, paid};
use crate::acceptance::stage::{Stage, cny, fact, paying, with};
use crate::engine::verifies;

fn on(told: Value) -> Value {
    with(told, json!({"promoter": "A"}))
}

#[tokio::test(flavor = "multi_thread")]
async fn case_32_a_suspended_party_earns_on_is_not_payable_and_is_payable_once_in_the_first_run_after_it_is_resumed() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "500.00").await;
    let running = [
        on(paying("1", "created", "2026-05-28T10:00:00+08:00", "100.00")),
        on(paying("1", "paid", "2026-05-28T11:00:00+08:00", "100.00")),
    ];
    stage.applied(&running).await;
    let reason = json!({"reason": "身份待核实"});
    stage.accepted("/v1/parties/A/suspend", reason).await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    may.says("A", "0.00", &[("contracts", "500.00")], "500.00", "0.00")
        .await;
    let sheet = may.sheet_of("A").await;
    assert_eq!(
        (&sheet["carried"], &sheet["suspended"]),
        (&cny("500.00"), &json!("身份待核实")),
        "{sheet}"
    );
    // The print says why.
    let path = format!("/v1/exports/sheets/{}?format=csv", sheet["sheet"].as_str().unwrap());
    let printed = stage.server.request(Role::Finance, "GET", &path).send().await.unwrap();
    let printed = printed.text().await.unwrap();
    assert!(
        printed.contains("暂停付款：身份待核实") && printed.contains("500.00"),
        "{printed}"
    );
    may.lock().await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    stage
        .applied(&[on(fact("1", "settled", "2026-06-12T12:00:00+08:00"))])
        .await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "500.00", &[("settled", "9.80")], "509.80", "0.00").await;
    june.says("G", "0.00", &[("settled", "4.20")], "4.20", "4.20").await;
    assert_eq!(june.sheet_of("A").await["carried"], cny("509.80"));
    // Nobody else's sheet says so.
    assert_eq!(june.sheet_of("G").await["suspended"], Value::Null);
    june.lock().await;
    approved(&stage, "/v1/parties/A/resume", json!({"reason": "已核实"})).await;
    stage.clock("2026-08-01T12:00:00+08:00").await;
    let july = close(&stage, "2026-07").await;
    july.ties();
    july.says("A", "509.80", &[], "509.80", "509.80").await;
    let sheet = july.sheet_of("A").await;
    assert_eq!(
        (&sheet["carried"], &sheet["suspended"]),
        (&cny("0.00"), &Value::Null),
        "{sheet}"
    );
    july.lock().await;
    stage.clock("2026-09-01T12:00:00+08:00").await;
    paid(&stage, "2026-08-05", "A", "509.80", "R-1").await;
    let august = close(&stage, "2026-08").await;
    august.ties();
    august
        .says("A", "509.80", &[("payments", "-509.80")], "0.00", "0.00")
        .await;
    // What was issued while the party was suspended is drawn up again to the same hash.
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_suspended_after_the_draft_is_so_in_the_next_run_of_the_month_and_owes_what_it_owes() {
    let stage = Stage::open().await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "500.00").await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "charge", "G", "-7.00").await;
    let first = close(&stage, "2026-05").await;
    first
        .says("A", "0.00", &[("contracts", "500.00")], "500.00", "500.00")
        .await;
    for party in ["A", "G"] {
        let path = format!("/v1/parties/{party}/suspend");
        stage.accepted(&path, json!({"reason": "核实中"})).await;
    }
    // The draft stands; finance drops it and draws up another.
    assert_eq!(first.sheet_of("A").await["payable"], cny("500.00"));
    let path = format!("/v1/settlements/{}/drop", first.run);
    stage.accepted(&path, json!({"reason": "A is suspended"})).await;
    let second = close(&stage, "2026-05").await;
    second.ties();
    second
        .says("A", "0.00", &[("contracts", "500.00")], "500.00", "0.00")
        .await;
    assert_eq!(second.view["sums"][0]["payable"], cny("0.00"), "{}", second.view);
    // A debt is carried because it is one.
    assert_eq!(second.sheet_of("G").await["suspended"], Value::Null);
}
