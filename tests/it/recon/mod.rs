//! Reconciliation end to end: the sample month against a statement of it with seeded defects of every class.
//! It must never learn a figure from the code under test: what the platform says is computed here from the facts alone.

mod desk;
mod oracle;
mod statement;

use std::collections::BTreeMap;

use fenzhang::base::*;
use fenzhang::domain::command::{Actor, Command, Verdict};
use fenzhang::domain::person::Role;
use fenzhang::domain::recon::How;
use fenzhang::engine::{Engine, Meta};
use fenzhang::intake::reconcile::desk::{BreakChoice, resolve};
use fenzhang::intake::reconcile::{Ask, Done, ReconError, run};
use fenzhang::intake::{ready, shelf};
use fenzhang::sample::{self, Size, load};
use fenzhang::store::verify::verify;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::engine::engine_on;
use crate::support::folder::Scratch;
use crate::support::pg::{TestDb, fresh_db};

/// Large enough for a hundred defects on lines of their own.
const SIZE: Size = Size {
    anchors: 48,
    agencies: 6,
    brands: 6,
    items: 40,
    clicks: 1_200,
    orders: 460,
};

pub fn person(n: u128) -> Actor {
    Actor {
        person: Some(PersonId(Uuid::from_u128(n))),
        key: None,
        party: None,
        role: Some(Role::Finance),
    }
}

pub fn meta(actor: &Actor) -> Meta {
    Meta {
        actor: actor.clone(),
        ..Meta::system("test")
    }
}

async fn compare(engine: &Engine, folder: &Scratch, text: &str) -> Done {
    let path = folder.path().join("statement.csv");
    std::fs::write(&path, text).unwrap();
    let file = shelf::keep_path(engine.pool(), sample::book(), &path, &person(1))
        .await
        .unwrap();
    let ask = Ask {
        book: sample::book(),
        digest: file.digest,
        mapping: ready::find("generic-statement").unwrap().to_owned(),
        platform: Some("taobao".parse().unwrap()),
        period: sample::MONTH,
        account: None,
        shop: None,
        actor: person(1),
    };
    run(engine, &ask, &mut |_| {}).await.unwrap()
}

/// Breaks of a run: class and line, with how often; those that nobody decided, or all.
async fn found(client: &Client, id: ReconciliationId) -> BTreeMap<(String, String), u32> {
    let text = "select class, coalesce(line_no, '') from recon_break where book = $1 and reconciliation = $2";
    let mut found = BTreeMap::new();
    for row in client.query(text, &[&sample::book().0, &id.0]).await.unwrap() {
        *found.entry((row.get(0), row.get(1))).or_default() += 1;
    }
    found
}

async fn head(client: &Client) -> (LogId, i64) {
    let text = "select log, position from log where book = $1 and shard = 0";
    let row = client.query_one(text, &[&sample::book().0]).await.unwrap();
    (LogId(row.get(0)), row.get(1))
}

async fn accept_all(engine: &Engine, log: LogId, id: ReconciliationId) -> u32 {
    let mut commands = 0;
    loop {
        let choice = BreakChoice::default();
        let done = (How::Accepted, None);
        match resolve(engine, (sample::book(), log), id, &choice, done, meta(&person(1))).await {
            Ok(_) => commands += 1,
            Err(ReconError::NothingOpen) => return commands,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn approve_all(engine: &Engine, client: &Client) -> usize {
    let rows = client
        .query("select approval from approval where status = 'pending'", &[])
        .await
        .unwrap();
    for row in &rows {
        let command = Command::DecideApproval {
            approval: ApprovalId(row.get(0)),
            verdict: Verdict::Approve,
            on_behalf_of: None,
            remark: None,
        };
        engine.submit(sample::book(), command, meta(&person(2))).await.unwrap();
    }
    rows.len()
}

/// The command line on the last statement: exit code, output, summary.
fn by_hand(db: &TestDb, folder: &Scratch, more: &[&str]) -> (i32, String, String) {
    let path = folder.path().join("statement.csv");
    let period = sample::MONTH.to_string();
    let mut words = vec![
        "reconcile",
        path.to_str().unwrap(),
        "--book",
        "sample",
        "--period",
        &period,
    ];
    words.extend(["--mapping", "generic-statement", "--platform", "taobao"]);
    words.extend(more);
    let output = crate::cli::fenzhang(db, folder, &words);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

async fn month() -> (TestDb, Engine) {
    let db = fresh_db().await;
    let engine = engine_on(&db).await;
    load::load(&engine, SIZE, &mut |_, _| {}).await.unwrap();
    (db, engine)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_defects_of_all_twelve_classes_are_found_none_is_invented_and_accepted_corrections_make_the_next_run_clean()
 {
    let (db, engine) = month().await;
    let client = db.client().await;
    let folder = Scratch::new("recon");
    let lines = oracle::read(&client).await;
    let honest = statement::Statement::of(&lines);
    let clean = compare(&engine, &folder, &honest.text()).await;
    assert_eq!(
        found(&client, clean.id).await,
        BTreeMap::new(),
        "an honest statement has no break"
    );

    let (defective, expected) = honest.with_defects(&lines, 100, 20_251_130);
    assert_eq!(expected.values().sum::<u32>(), 100);
    assert_eq!(
        expected
            .keys()
            .map(|(class, _)| class)
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        12
    );
    let text = defective.text();
    let first = compare(&engine, &folder, &text).await;
    assert_eq!(found(&client, first.id).await, expected);

    let before = head(&client).await;
    let again = compare(&engine, &folder, &text).await;
    assert_eq!(
        (again.id, again.again),
        (first.id, true),
        "the same file over an unchanged book is one run"
    );
    assert_eq!(head(&client).await, before, "and changes nothing");

    let (code, told, summary) = by_hand(&db, &folder, &[]);
    assert_eq!(
        (code, told.lines().count()),
        (3, 101),
        "a header, and one line a break: {summary}"
    );
    assert!(told.lines().all(|line| line.matches('\t').count() == 16), "{told}");
    assert!(summary.contains("nothing was changed"), "{summary}");
    assert_eq!(head(&client).await, before);
    let (_, told, _) = by_hand(&db, &folder, &["--accept", "B12"]);
    assert!(!told.contains("B12") && told.contains("B05"), "{told}");

    assert_eq!(accept_all(&engine, before.0, first.id).await, 1);
    assert!(
        approve_all(&engine, &client).await >= 5,
        "fees are corrected by approved adjustments"
    );
    let second = compare(&engine, &folder, &text).await;
    assert_ne!(second.id, first.id, "the book has changed");
    let left = desk::open(&client, before.0, second.id).await;
    assert_eq!(left, Vec::<String>::new(), "the second run is clean");
    let parked = "select count(*) from parked where log = $1";
    assert_eq!(
        client.query_one(parked, &[&before.0.0]).await.unwrap().get::<_, i64>(0),
        0
    );

    let (code, told, _) = by_hand(&db, &folder, &[]);
    assert_eq!((code, told.lines().count()), (0, 1), "{told}");

    let mut owner = db.client().await;
    let report = verify(&mut owner, before.0).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    engine.stop().await;
}
