//! Tail, jobs, cursors, receipts, keys and access log against a real server.
//! It must never assert money rules.

use fenzhang::base::{BookId, Instant, KeyId, PersonId};
use fenzhang::domain::person::{KeyIssued, Role};
use fenzhang::store::access_log::{self, Access};
use fenzhang::store::append::{Batch, ReceiptRow, begin, write};
use fenzhang::store::connect::{TakeRole, connect, pool};
use fenzhang::store::jobs::{self, Lease};
use fenzhang::store::{Statements, books, cursors, head, keys, load, receipts, tail};
use futures_util::TryStreamExt;
use uuid::Uuid;

use super::sample::{Sample, at, name};
use crate::support::pg::fresh_db;

#[tokio::test]
async fn events_are_read_in_order_as_stream_and_as_pages() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let st = Statements::prepare(&client).await.unwrap();
    let mut sample = Sample::open(&client).await;
    let money = sample.logs.money;
    let anchor = sample.party(fenzhang::base::PartyKind::Anchor, "anchor");
    let events = vec![
        sample.opened(),
        sample.paid("1", anchor, 5, true),
        sample.paid("2", anchor, 5, true),
    ];
    let expected: Vec<_> = events.iter().map(|(_, event)| event.clone()).collect();
    sample.write(&client, &st, money, events).await.unwrap();
    let read: Vec<_> = tail::read(&client, money, 0, i64::MAX)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(read.iter().map(|r| r.event.clone()).collect::<Vec<_>>(), expected);
    let page = tail::page(&client, money, 1, 1).await.unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!((page[0].position, page[0].kind.as_str()), (2, "order.paid"));
    assert_eq!(page[0].payload.get(), expected[1].payload().unwrap());
}

#[tokio::test]
async fn a_receipt_and_a_key_are_written_with_their_batch_and_found_again() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let st = Statements::prepare(&client).await.unwrap();
    let sample = Sample::open(&client).await;
    let (book, money) = (sample.book, sample.logs.money);
    let issued = KeyIssued {
        key: KeyId(Uuid::now_v7()),
        person: PersonId(Uuid::now_v7()),
        label: name("first"),
        role: Role::Owner,
        party: None,
        expires_at: None,
    };
    let store = async |revoked: Vec<Uuid>, key: Option<&str>| {
        begin(&client).await.unwrap();
        let head = head::lock(&client, &st, money).await.unwrap().unwrap();
        let mut batch = Batch::new(book, money, head.tree);
        batch.revoked = revoked;
        if let Some(key) = key {
            batch.keys.push(keys::row(&issued, vec![7; 32]).unwrap());
            batch.receipts.push(ReceiptRow {
                principal: book.to_string(),
                key: key.to_owned(),
                fingerprint: vec![1],
                position: 0,
                recorded_at: head.recorded_at.utc(),
                answer: "{}".to_owned(),
            });
        }
        write(&client, &st, &batch, head.recorded_at).await.unwrap();
    };
    store(vec![], Some("k")).await;
    let receipt = receipts::find(&client, money, &book.to_string(), "k")
        .await
        .unwrap()
        .unwrap();
    let asked = [
        (book.to_string(), "k".to_owned()),
        (book.to_string(), "other".to_owned()),
    ];
    assert_eq!(load::receipts(&client, &st, money, &asked).await.unwrap(), [receipt]);
    let key = keys::find(&client, issued.key).await.unwrap().unwrap();
    assert_eq!(
        (key.role, key.hash.as_slice(), key.revoked_at),
        (Role::Owner, [7; 32].as_slice(), None)
    );
    store(vec![issued.key.0], None).await;
    assert!(keys::list(&client, book).await.unwrap()[0].revoked_at.is_some());
}

#[tokio::test]
async fn a_job_is_done_by_one_worker_and_gone_on_with_by_the_next() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let (book, id) = (BookId(Uuid::now_v7()), Uuid::now_v7());
    let by = |owner: u128| Lease {
        book,
        id,
        owner: Uuid::from_u128(owner),
    };
    assert_eq!(
        jobs::take(&client, by(1), "import", "{}").await.unwrap().as_deref(),
        Some("{}")
    );
    assert_eq!(jobs::take(&client, by(2), "import", "{}").await.unwrap(), None);
    assert!(jobs::progress(&client, by(1), "{\"done\":1}").await.unwrap());
    let owner = db.client().await;
    owner
        .batch_execute("update job set lease_until = clock_timestamp()")
        .await
        .unwrap();
    let progress = jobs::take(&client, by(2), "import", "{}").await.unwrap();
    assert_eq!(progress.as_deref(), Some("{\"done\":1}"));
    assert!(!jobs::progress(&client, by(1), "{}").await.unwrap());
    jobs::end(&client, by(2), true, "{}").await.unwrap();
    let job = jobs::read(&client, book, id).await.unwrap().unwrap();
    assert_eq!((job.state.as_str(), job.attempts), ("done", 2));
}

#[tokio::test]
async fn a_cursor_never_moves_back() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let sample = Sample::open(&client).await;
    let log = sample.logs.clicks[0];
    assert_eq!(cursors::read(&client, log, "late_clicks").await.unwrap(), 0);
    for (told, stands) in [(5, 5), (3, 5), (9, 9)] {
        cursors::advance(&client, log, "late_clicks", told).await.unwrap();
        assert_eq!(cursors::read(&client, log, "late_clicks").await.unwrap(), stands);
    }
}

#[tokio::test]
async fn a_refusal_is_kept_in_the_access_log() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let refused = Access {
        at: at("2026-06-18T12:00:00Z"),
        book: None,
        key: None,
        route: "post_rule".to_owned(),
        status: 422,
        code: Some("rule_overlaps".to_owned()),
    };
    access_log::append(&client, &vec![refused; 2]).await.unwrap();
    let count: i64 = client
        .query_one("select count(*) from access_log", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(count, 2);
}

#[tokio::test]
async fn a_reset_book_has_new_logs_and_the_old_ones_name_their_successors() {
    let db = fresh_db().await;
    let mut client = connect(db.url(), TakeRole::Application).await.unwrap();
    let sample = Sample::open(&client).await;
    let old = sample.logs;
    let fresh = books::BookLogs {
        money: fenzhang::base::LogId(Uuid::now_v7()),
        clicks: old
            .clicks
            .iter()
            .map(|_| fenzhang::base::LogId(Uuid::now_v7()))
            .collect(),
        ..old.clone()
    };
    books::reset(&mut client, &fresh, at("2020-01-01T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(books::of_book(&client, old.book).await.unwrap(), Some(fresh.clone()));
    assert_eq!(books::list(&client).await.unwrap(), std::slice::from_ref(&fresh));
    let head = head::read(&client, old.money).await.unwrap().unwrap();
    assert_eq!(head.successor, Some(fresh.money));
}

#[tokio::test]
async fn a_pooled_connection_left_inside_a_transaction_comes_back_clean() {
    let db = fresh_db().await;
    let pool = pool(db.url(), TakeRole::Application, 1).unwrap();
    {
        let client = pool.get().await.unwrap();
        client
            .batch_execute("begin; create temp table left_behind (x int)")
            .await
            .unwrap();
    }
    let client = pool.get().await.unwrap();
    let row = client
        .query_one("select to_regclass('left_behind') is null, current_user::text", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
    assert_eq!(row.get::<_, String>(1), "fenzhang_app");
}

#[tokio::test]
async fn time_read_after_the_lock_is_not_before_the_lock_was_had() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let st = Statements::prepare(&client).await.unwrap();
    let sample = Sample::open(&client).await;
    let other = connect(db.url(), TakeRole::Application).await.unwrap();
    let other_st = Statements::prepare(&other).await.unwrap();
    begin(&client).await.unwrap();
    head::lock(&client, &st, sample.logs.money).await.unwrap();
    let waits = async {
        begin(&other).await.unwrap();
        let (head, time) = futures_util::join!(
            head::lock(&other, &other_st, sample.logs.money),
            head::clock(&other, &other_st)
        );
        head.unwrap();
        time.unwrap()
    };
    let holds = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let time: Instant = head::clock(&client, &st).await.unwrap();
        client.batch_execute("commit").await.unwrap();
        time
    };
    let (after, before) = tokio::join!(waits, holds);
    assert!(after > before);
}
