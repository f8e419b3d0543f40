//! `verify` names each kind of defect, and `rebuild` finds and repairs derived rows.
//! It must never plant a defect through the product.

use fenzhang::base::{LogId, PartyKind};
use fenzhang::domain::event::Event;
use fenzhang::store::connect::{TakeRole, connect};
use fenzhang::store::derive::Class;
use fenzhang::store::rebuild::rebuild;
use fenzhang::store::verify::{Report, verify};
use fenzhang::store::{Kind, Statements, head};
use tokio_postgres::Client;

use super::sample::{Sample, pinned};
use crate::support::pg::{TestDb, fresh_db};

/// A book with parties, a contract, lines in both layers, one of them pinned twice, and clicks.
async fn filled(db: &TestDb) -> (Client, Sample) {
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let st = Statements::prepare(&client).await.unwrap();
    let mut sample = Sample::open(&client).await;
    let (money, clicks) = (sample.logs.money, sample.logs.clicks[0]);
    let anchor = sample.party(PartyKind::Anchor, "anchor");
    let other = sample.party(PartyKind::Anchor, "other");
    let agency = sample.party(PartyKind::Agency, "agency");
    let first = vec![
        sample.opened(),
        sample.registered(PartyKind::Anchor, "anchor"),
        sample.registered(PartyKind::Agency, "agency"),
        sample.registered(PartyKind::Brand, "brand"),
        sample.signed(anchor, agency),
        pinned(sample.paid("1", anchor, 1950, false), anchor),
    ];
    sample.write(&client, &st, money, first).await.unwrap();
    let second = vec![
        pinned(sample.paid("1", other, 100, true), other),
        sample.paid("2", anchor, 700, true),
        sample.paid("3", anchor, -50, true),
        pinned(sample.paid("1", anchor, 3, true), anchor),
    ];
    sample.write(&client, &st, money, second).await.unwrap();
    let click = sample.click(Some("1"), "2026-06-10T10:00:00Z", Some("i"), None);
    let event = (click.id(sample.book).into(), Event::Click(click));
    sample.write(&client, &st, clicks, vec![event]).await.unwrap();
    (client, sample)
}

async fn verified(client: &mut Client, log: LogId) -> Report {
    verify(client, log).await.unwrap()
}

#[tokio::test]
async fn a_log_that_was_written_by_the_writer_verifies() {
    let db = fresh_db().await;
    let (mut client, sample) = filled(&db).await;
    for log in [sample.logs.money, sample.logs.clicks[0], sample.logs.clicks[1]] {
        let report = verified(&mut client, log).await;
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
    assert_eq!(verified(&mut client, sample.logs.money).await.position, 10);
}

#[tokio::test]
async fn every_kind_of_planted_defect_is_found_and_named() {
    let plants = [
        (
            Class::Positions,
            "update event set position = 99 where position = 10 and log = $1",
        ),
        (Class::Positions, "update log set position = 8 where log = $1"),
        (
            Class::Versions,
            "update event set version = 9 where position = 10 and log = $1",
        ),
        (
            Class::RecordedAt,
            "update event set recorded_at = recorded_at - interval '1 day' where position = 7 and log = $1",
        ),
        (
            Class::Payload,
            "update event set payload = payload || ' ' where position = 8 and log = $1",
        ),
        (
            Class::Payload,
            "update event set kind = 'order.unheard_of' where position = 8 and log = $1",
        ),
        (
            Class::Payload,
            "update event set actor = '[]' where position = 8 and log = $1",
        ),
        (
            Class::Leaves,
            "update event set correlation = 'x' where position = 3 and log = $1",
        ),
        (
            Class::Leaves,
            "update event set actor = '{ }' where position = 3 and log = $1",
        ),
        (
            Class::Root,
            "update log set root = decode(repeat('00', 32), 'hex') where log = $1",
        ),
        (
            Class::Legs,
            "update leg set amount = amount + 1 where position = 8 and owner <> '00000000-0000-0000-0000-000000000000' and log = $1",
        ),
        (Class::Legs, "delete from leg where position = 8 and log = $1"),
        (
            Class::Legs,
            "insert into leg select log, 2, owner, account, layer, currency, amount, balance, period, points_back_to, at, line, pin, part from leg where position = 8 and log = $1",
        ),
        (
            Class::RunningBalances,
            "update leg set balance = balance + 1 where position = 8 and log = $1",
        ),
        (
            Class::Periods,
            "update leg set period = 202605 where position = 8 and log = $1",
        ),
        (
            Class::LegLinks,
            "update leg set pin = 1 where position = 8 and log = $1",
        ),
        (
            Class::LegLinks,
            "update leg set part = null where position = 8 and log = $1",
        ),
        (
            Class::Totals,
            "update total set credits = credits + 1, debits = debits + 1 where log = $1",
        ),
        (
            Class::ReadRows,
            "update party set name = 'somebody else' where log = $1",
        ),
        (Class::ReadRows, "delete from membership where log = $1"),
        (Class::ReadRows, "update pin set room = 'r' where log = $1"),
        (Class::ReadRows, "delete from line_party where log = $1"),
        (Class::ReadRows, "insert into timer values ($1, $1, 7, $1, now())"),
    ];
    let db = fresh_db().await;
    let (mut client, sample) = filled(&db).await;
    let log = sample.logs.money;
    let mut owner = db.client().await;
    owner
        .batch_execute("alter table event disable trigger user")
        .await
        .unwrap();
    // Each defect is planted, seen from a snapshot, and undone; verify needs its own transaction, so undo by a copy.
    for table in [
        "log",
        "event",
        "leg",
        "total",
        "party",
        "membership",
        "pin",
        "line_party",
        "timer",
    ] {
        owner
            .batch_execute(&format!("create table kept_{table} as select * from {table}"))
            .await
            .unwrap();
    }
    for (class, plant) in plants {
        assert_ne!(
            owner.execute(plant, &[&log.0]).await.unwrap(),
            0,
            "nothing planted: {plant}"
        );
        let findings = verified(&mut client, log).await.findings;
        assert!(findings.of(class).is_some(), "{plant}: {findings:?}");
        let undo = owner.transaction().await.unwrap();
        for table in [
            "log",
            "event",
            "leg",
            "total",
            "party",
            "membership",
            "pin",
            "line_party",
            "timer",
        ] {
            undo.batch_execute(&format!(
                "delete from {table}; insert into {table} select * from kept_{table}"
            ))
            .await
            .unwrap();
        }
        undo.commit().await.unwrap();
    }
    assert!(verified(&mut client, log).await.findings.is_empty());
}

#[tokio::test]
async fn a_changed_payload_with_a_changed_leaf_is_still_seen_at_the_root() {
    let db = fresh_db().await;
    let (mut client, sample) = filled(&db).await;
    let log = sample.logs.money;
    let owner = db.client().await;
    owner
        .batch_execute("alter table event disable trigger user")
        .await
        .unwrap();
    let plant = "update event set leaf = sha256('somebody''s own') where position = 4 and log = $1";
    owner.execute(plant, &[&log.0]).await.unwrap();
    let findings = verified(&mut client, log).await.findings;
    assert!(
        findings.of(Class::Root).is_some() && findings.of(Class::Leaves).is_some(),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_rebuild_of_sound_rows_is_equal_and_one_of_damaged_rows_names_and_repairs_them() {
    let db = fresh_db().await;
    let (mut client, sample) = filled(&db).await;
    let log = sample.logs.money;
    let sound = rebuild(&mut client, log, false).await.unwrap();
    assert_eq!(sound.comparison.live, sound.comparison.due);
    assert!(sound.comparison.differences.is_empty() && !sound.repaired);

    let plant = "update leg set amount = amount + 1 where position = 8 and log = $1";
    client.execute(plant, &[&log.0]).await.unwrap();
    client
        .execute("delete from line_party where log = $1", &[&log.0])
        .await
        .unwrap();
    let damaged = rebuild(&mut client, log, false).await.unwrap();
    let names: Vec<&str> = damaged.comparison.differences.iter().map(|d| d.table).collect();
    assert_eq!(names, ["leg", "line_party"]);
    let leg = &damaged.comparison.differences[0];
    assert_eq!((leg.missing, leg.extra), (2, 2));
    assert!(
        leg.first_missing
            .as_ref()
            .is_some_and(|row| row.contains("\"position\":8"))
    );
    assert!(!damaged.repaired);

    let generation = head::read(&client, log).await.unwrap().unwrap().generation;
    let repaired = rebuild(&mut client, log, true).await.unwrap();
    assert!(repaired.repaired);
    assert_eq!(repaired.comparison.due, sound.comparison.live);
    assert_eq!(
        rebuild(&mut client, log, false).await.unwrap().comparison.live,
        sound.comparison.live
    );
    assert_eq!(
        head::read(&client, log).await.unwrap().unwrap().generation,
        generation + 1
    );
}

#[tokio::test]
async fn a_second_rebuild_of_the_same_log_at_once_is_refused() {
    let db = fresh_db().await;
    let (mut client, sample) = filled(&db).await;
    let other = connect(db.url(), TakeRole::Application).await.unwrap();
    let (_, low) = sample.logs.money.0.as_u64_pair();
    other.batch_execute("begin").await.unwrap();
    other
        .query_one("select pg_advisory_xact_lock($1)", &[&low.cast_signed()])
        .await
        .unwrap();
    let error = rebuild(&mut client, sample.logs.money, false).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    other.batch_execute("rollback").await.unwrap();
    assert!(rebuild(&mut client, sample.logs.money, false).await.is_ok());
}

#[tokio::test]
async fn a_log_that_breaks_its_own_rules_is_no_source_for_a_rebuild() {
    let db = fresh_db().await;
    let (mut client, sample) = filled(&db).await;
    let owner = db.client().await;
    owner
        .batch_execute("alter table event disable trigger user")
        .await
        .unwrap();
    let plant = "update event set payload = '{}' where position = 8 and log = $1";
    owner.execute(plant, &[&sample.logs.money.0]).await.unwrap();
    let error = rebuild(&mut client, sample.logs.money, true).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
}
