//! The proxy does what its name says, shown on a bare connection; without this the cuts below would prove nothing.
//! It must never involve the service.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

use super::proxy::{Cut, Proxy};
use crate::support::pg::fresh_db;

async fn through(proxy: &Proxy) -> Client {
    let (client, connection) = tokio_postgres::connect(proxy.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Inserts one row in a transaction that is cut as told; says whether the client believes it committed, and whether it did.
async fn cut_one(cut: Cut) -> (Option<bool>, bool) {
    let db = fresh_db().await;
    let direct = db.client().await;
    direct.batch_execute("create table probe (n int)").await.unwrap();
    let proxy = Proxy::start(db.url()).await;
    let client = through(&proxy).await;
    client
        .batch_execute("BEGIN; insert into probe values (1)")
        .await
        .unwrap();
    proxy.arm(cut);
    let believed = timeout(Duration::from_millis(800), client.batch_execute("COMMIT")).await;
    assert_eq!(proxy.cuts(), 1);
    assert!(!proxy.is_armed());
    // Waits for a transaction that is still open.
    let happened = async {
        loop {
            let open = "select count(*) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null";
            let open: i64 = direct.query_one(open, &[]).await.unwrap().get(0);
            if open == 0 || cut == Cut::HalfOpen {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let count = direct.query_one("select count(*) from probe", &[]).await.unwrap();
        count.get::<_, i64>(0) == 1
    };
    (believed.ok().map(|result| result.is_ok()), happened.await)
}

#[tokio::test]
async fn a_commit_cut_before_it_is_forwarded_never_happened() {
    assert_eq!(cut_one(Cut::BeforeForward).await, (Some(false), false));
}

#[tokio::test]
async fn a_commit_cut_after_it_was_forwarded_happened_although_the_client_saw_an_error() {
    assert_eq!(cut_one(Cut::AfterForward).await, (Some(false), true));
}

#[tokio::test]
async fn a_late_commit_happens_after_the_client_saw_an_error() {
    assert_eq!(cut_one(Cut::Late).await, (Some(false), true));
}

#[tokio::test]
async fn a_half_open_connection_answers_nothing() {
    assert_eq!(cut_one(Cut::HalfOpen).await, (None, false));
    assert_eq!(cut_one(Cut::HalfOpenCommitted).await, (None, true));
}

#[tokio::test]
async fn an_unarmed_proxy_changes_nothing() {
    let db = fresh_db().await;
    let proxy = Proxy::start(db.url()).await;
    let client = through(&proxy).await;
    client.batch_execute("BEGIN").await.unwrap();
    let row = client.query_one("select repeat('x', 3000000)", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0).len(), 3_000_000);
    client.batch_execute("COMMIT").await.unwrap();
    assert_eq!((proxy.commits(), proxy.cuts()), (1, 0));
}
