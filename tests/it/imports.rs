//! Imports against the real engine: broken off and gone on with, and taken back so that every balance is where it was.
//! It must never compare with what the import itself says; only with what another book holds.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fenzhang::base::{BookId, ImportId, Zone};
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::Actor;
use fenzhang::engine::{Engine, Meta};
use fenzhang::intake::import::{Imported, Request, Watch, run};
use fenzhang::intake::{ImportError, Mapping, Plan, ready, reverse};
use fenzhang::money::Currency;
use fenzhang::store::books;
use fenzhang::store::verify::verify;
use uuid::Uuid;

use crate::engine::engine_on;
use crate::support::folder::Scratch;
use crate::support::pg::{TestDb, fresh_db};

/// One fact a row, with the stand-ins of the ready Tmall mapping: a brand that pays 20 % and a platform that takes 10 % of it.
pub fn mapping() -> String {
    let setup = ready::find("tmall-report").unwrap();
    let setup = &setup[setup.find("[setup]").unwrap()..];
    format!("{}\n{setup}", ready::find("generic-orders").unwrap())
}

pub const HEADER: &str = "platform,line_no,fact,at,currency,amount,shop_no,promoter,case\n";

/// A row of the mapping above.
pub fn row(line: &str, fact: &str, at: &str, amount: &str, case: &str) -> String {
    format!("tmall,{line},{fact},{at},CNY,{amount},stand-in-tmall-shop,stand-in-tmall-anchor,{case}\n")
}

struct Desk {
    db: TestDb,
    engine: Engine,
    folder: Scratch,
    text: String,
    plan: Plan,
}

impl Desk {
    async fn new() -> Desk {
        let db = fresh_db().await;
        let engine = engine_on(&db).await;
        let text = mapping();
        let plan = Plan::parse(&text).unwrap();
        Desk {
            db,
            engine,
            folder: Scratch::new("imports"),
            text,
            plan,
        }
    }

    async fn book(&self) -> BookId {
        let book = BookId(Uuid::now_v7());
        let opened = BookOpened {
            book,
            name: "imports".parse().unwrap(),
            perspective: Perspective::Platform,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 1,
        };
        self.engine.open_book(opened, None, Meta::system("test")).await.unwrap();
        book
    }

    fn file(&self, name: &str, rows: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
        path
    }

    async fn import(&self, book: BookId, path: &std::path::Path) -> Result<Imported, ImportError> {
        self.import_watched(book, path, &mut |_| {}).await
    }

    async fn import_watched(
        &self,
        book: BookId,
        path: &std::path::Path,
        progress: &mut (dyn FnMut(fenzhang::intake::import::Progress) + Send),
    ) -> Result<Imported, ImportError> {
        let mapping = Mapping::parse(&self.text).unwrap();
        let request = Request {
            path,
            plan: &self.plan,
            mapping: &self.text,
            setup: mapping.setup.unwrap().commands(&mapping.name, book).unwrap(),
            book,
        };
        let mut watch = Watch {
            progress,
            note: &mut |_| {},
        };
        run(&self.engine, &request, &mut watch).await
    }

    async fn reverse(&self, book: BookId, id: ImportId) -> reverse::Reversed {
        reverse::ask(&self.engine, book, id, &Actor::SYSTEM).await.unwrap();
        reverse::run(&self.engine, book, id, Actor::SYSTEM).await.unwrap()
    }

    /// Every balance that is not zero: kind of owner, account, layer, month, amount. Ids of owners differ from book to book.
    async fn balances(&self, book: BookId) -> BTreeSet<(i32, i16, i16, i32, i64)> {
        let sql = "select get_byte(uuid_send(owner), 0), account, layer, coalesce(period, 0), sum(amount)::bigint from leg \
            where log = (select log from log where book = $1 and shard = 0) group by 1, 2, 3, 4 having sum(amount) <> 0";
        let rows = self.db.client().await.query(sql, &[&book.0]).await.unwrap();
        let balance = |row: &tokio_postgres::Row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
        rows.iter().map(balance).collect()
    }

    async fn number(&self, sql: &str, book: BookId) -> i64 {
        self.db.client().await.query_one(sql, &[&book.0]).await.unwrap().get(0)
    }

    async fn verify(&self, book: BookId) {
        let mut client = self.db.client().await;
        let logs = books::of_book(&client, book).await.unwrap().unwrap();
        let report = verify(&mut client, logs.money).await.unwrap();
        assert!(report.findings.is_empty(), "{report:?}");
    }
}

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }
}

/// Three small files over a few lines: rows shared between files, and lines that are told with two amounts. `strict`: a line told
/// with two amounts shares no row, so that which amount stands does not depend on who else told it.
fn files(chance: &mut Chance, strict: bool) -> Vec<String> {
    let mut files = vec![String::new(); 3];
    for line in 0..6 {
        let name = format!("L{line}");
        let amount = format!("{}.00", 50 + chance.below(100));
        let torn = chance.below(2) == 0;
        let mut rows = vec![
            row(&name, "created", "2026-03-01T10:00:00+08:00", &amount, ""),
            row(&name, "paid", "2026-03-01T11:00:00+08:00", &amount, ""),
        ];
        if chance.below(3) > 0 {
            rows.push(row(&name, "settled", "2026-03-20T09:00:00+08:00", "", ""));
        }
        for case in 0..chance.below(3) {
            let at = format!("2026-03-{:02}T09:00:00+08:00", 10 + 8 * case);
            rows.push(row(&name, "refund_won", &at, "7.00", &format!("c{case}")));
        }
        let home = chance.below(3);
        for told in &rows {
            let first = if torn && strict { home } else { chance.below(3) };
            files[first].push_str(told);
            if !(torn && strict) && chance.below(3) == 0 {
                files[(first + 1) % 3].push_str(told);
            }
        }
        if torn {
            let other = row(&name, "paid", "2026-03-01T11:00:00+08:00", "41.00", "");
            files[(home + 1) % 3].push_str(&other);
        }
    }
    files.retain(|file| !file.is_empty());
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_taken_back_leaves_what_the_other_files_alone_would_have_told() {
    let desk = Desk::new().await;
    for seed in 1..=10 {
        let mut chance = Chance(seed);
        let strict = seed % 2 == 0;
        let files = files(&mut chance, strict);
        let paths: Vec<PathBuf> = files
            .iter()
            .enumerate()
            .map(|(number, rows)| desk.file(&format!("{seed}-{number}.csv"), rows))
            .collect();
        let mut order: Vec<usize> = (0..paths.len()).collect();
        chance.shuffle(&mut order);
        let gone = chance.below(paths.len());
        let (all, without) = (desk.book().await, desk.book().await);
        let mut ids = vec![None; paths.len()];
        for number in &order {
            ids[*number] = Some(desk.import(all, &paths[*number]).await.unwrap().id);
            if *number != gone {
                desk.import(without, &paths[*number]).await.unwrap();
            }
        }
        let before = desk.balances(all).await;
        assert!(!before.is_empty(), "seed {seed} moves no money");
        desk.reverse(all, ids[gone].unwrap()).await;
        if strict {
            assert_eq!(
                desk.balances(all).await,
                desk.balances(without).await,
                "seed {seed}: {files:#?} in order {order:?} without {gone}"
            );
        }
        for number in order.iter().rev().filter(|number| **number != gone) {
            desk.reverse(all, ids[*number].unwrap()).await;
        }
        assert_eq!(desk.balances(all).await, BTreeSet::new(), "seed {seed}");
        for number in &order {
            let again = desk.import(all, &paths[*number]).await.unwrap();
            assert_ne!(Some(again.id), ids[*number], "a new attempt");
        }
        assert_eq!(desk.balances(all).await, before, "seed {seed}: imported anew");
        desk.verify(all).await;
    }
    desk.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_rows_broken_off_and_gone_on_with_end_in_the_same_balances() {
    let desk = std::sync::Arc::new(Desk::new().await);
    let mut rows = String::new();
    for line in 0..10_000 {
        let (name, amount) = (format!("L{line}"), format!("{}.{:02}", 10 + line % 90, line % 100));
        let at = format!("2026-03-{:02}T10:00:00+08:00", 1 + line % 28);
        rows.push_str(&row(&name, "created", &at, &amount, ""));
        rows.push_str(&row(&name, "paid", &at, &amount, ""));
    }
    let path = desk.file("many.csv", &rows);
    let (broken, whole) = (desk.book().await, desk.book().await);
    for stop_at in [2_000_u64, 9_000] {
        let (reached, mut seen) = tokio::sync::oneshot::channel();
        let (worker, file) = (std::sync::Arc::clone(&desk), path.clone());
        let task = tokio::spawn(async move {
            let mut reached = Some(reached);
            let mut progress = move |at: fenzhang::intake::import::Progress| {
                if at.rows >= stop_at
                    && let Some(reached) = reached.take()
                {
                    let _ = reached.send(());
                }
            };
            worker.import_watched(broken, &file, &mut progress).await
        });
        (&mut seen).await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        let busy = desk.import(broken, &path).await.unwrap_err();
        assert!(matches!(busy, ImportError::Busy), "{busy}");
        // The dead worker's lease runs out by itself; here it is ended so that nobody waits.
        let client = desk.db.client().await;
        let ended = "update job set lease_until = clock_timestamp() - interval '1 second' where book = $1";
        client.execute(ended, &[&broken.0]).await.unwrap();
    }
    let resumed = desk.import(broken, &path).await.unwrap();
    let (_, row) = resumed.resumed_at.unwrap();
    // What is told and not yet kept is told again: a few chunks at most.
    assert!((9_000 - 4 * 500..20_000).contains(&row), "went on at {row}");
    assert_eq!(resumed.tally.rows, 20_000);
    desk.import(whole, &path).await.unwrap();
    assert_eq!(desk.balances(broken).await, desk.balances(whole).await);
    for book in [broken, whole] {
        let rows = desk
            .number("select count(*) from import_row where book = $1", book)
            .await;
        let facts = desk
            .number("select count(*) from import_fact where book = $1", book)
            .await;
        let days = desk
            .number("select sum(rows)::bigint from import_day where book = $1", book)
            .await;
        assert_eq!((rows, facts, days), (20_000, 20_000, 20_000));
        let told = "select count(*) from event where kind in ('order.created', 'order.paid') \
            and log = (select log from log where book = $1 and shard = 0)";
        assert_eq!(desk.number(told, book).await, 20_000, "nothing told twice");
        let noted = "select count(*) from event where kind = 'import.committed' \
            and log = (select log from log where book = $1 and shard = 0)";
        assert_eq!(desk.number(noted, book).await, 1);
    }
    let files = desk.number("select count(*) from file where book = $1", broken).await;
    assert_eq!(files, 1, "one copy of the file");
    desk.engine.stop().await;
}
