//! The part of a sheet that each leg carries: what the migration gives older legs, and what new ones are written with.
//! It must never list what an event is: the two are only compared.

use fenzhang::domain::person::Role;
use serde_json::json;

use super::summary::{frozen, moved};
use super::{adjusted, close};
use crate::acceptance::stage::{Stage, cny, fact, paying, with};
use crate::engine::verifies;

const MIGRATION: &str = include_str!("../../../migrations/V13__parts.sql");

/// INVARIANT: legs written before the column was there are given the parts that they would be written with today.
#[tokio::test(flavor = "multi_thread")]
async fn legs_of_an_older_database_are_given_the_parts_that_they_would_be_written_with() {
    let stage = Stage::bare().await;
    stage.formula(json!({})).await;
    stage.rule("general", "0.2", json!({})).await;
    let contract = json!({
        "member": "A", "upper": "G", "share": {"upper_keeps": "0.3"}, "from": "2026-01-01T00:00:00+08:00",
        "guarantee": {"amount": cny("8000.00"), "mode": "top_up"},
    });
    stage.accepted("/v1/memberships", contract).await;
    let terms = json!({"from": "2026-05", "reserve_rate": "0.1", "reserve_days": 20});
    stage.accepted("/v1/settlement-terms", terms).await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "100.00").await;
    close(&stage, "2026-05").await.ties();
    stage.clock("2026-06-28T12:00:00+08:00").await;
    moved(&stage).await;
    frozen(&stage).await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    close(&stage, "2026-06").await.ties();

    let client = stage.server.db.client().await;
    let written = "select coalesce(string_agg(distinct part::text, ' '), '') from leg";
    let kinds: String = client.query_one(written, &[]).await.unwrap().get(0);
    for part in [1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15] {
        assert!(
            kinds.split(' ').any(|kind| kind == part.to_string()),
            "{part} in {kinds}"
        );
    }
    verifies(&stage.server.db).await;
    client
        .batch_execute("create table before as select * from leg; update leg set part = null")
        .await
        .unwrap();
    let from = MIGRATION.find("update leg").unwrap();
    let until = MIGRATION.find("-- The same index").unwrap();
    client.batch_execute(&MIGRATION[from..until]).await.unwrap();
    let same = "select count(*) from (select * from before except select * from leg) d";
    let differing: i64 = client.query_one(same, &[]).await.unwrap().get(0);
    assert_eq!(differing, 0);
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_without_a_part_is_told_and_never_left_out_of_a_sum() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let on = |told| with(told, json!({"promoter": "A"}));
    stage
        .applied(&[
            on(paying("1", "created", "2026-05-10T12:00:00+08:00", "100.00")),
            on(paying("1", "paid", "2026-05-10T12:05:00+08:00", "100.00")),
            on(fact("1", "settled", "2026-05-20T12:00:00+08:00")),
        ])
        .await;
    let client = stage.server.db.client().await;
    client.batch_execute("update leg set part = null").await.unwrap();
    let path = "/v1/reports/settlement?period=2026-05&kind=anchor";
    let (status, said) = stage.server.get(Role::Finance, path).await;
    assert_eq!(status, 500, "{said}");
}
