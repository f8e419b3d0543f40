//! Real files through the mappings kept in the repository: counts and sums as their source states them, and a second import
//! that changes nothing. The files lie outside the repository; without them the tests say so and pass, unless
//! FENZHANG_REQUIRE names `data`.
//! It must never write beside the files.

use std::path::PathBuf;

use fenzhang::base::{BookId, ImportId, Zone};
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::Actor;
use fenzhang::engine::{Engine, Meta};
use fenzhang::intake::import::{Imported, Request, Watch, check, run};
use fenzhang::intake::reverse::{self, Reversed};
use fenzhang::intake::tally::Tally;
use fenzhang::intake::{Mapping, Plan, ready};
use fenzhang::money::Currency;
use fenzhang::report::{Args, Output, Report, Viewer};
use fenzhang::store::books;
use fenzhang::store::verify::verify;
use uuid::Uuid;

use crate::engine::engine_on;
use crate::support::pg::{TestDb, fresh_db};

/// A data file, or none with a word about it.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let folder = std::env::var("FENZHANG_DATA").unwrap_or_else(|_| beside.to_owned());
    let path = PathBuf::from(folder).join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("FENZHANG_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|word| word == "data"),
        "FENZHANG_REQUIRE=data, but {} is not there; FENZHANG_DATA names the folder",
        path.display()
    );
    eprintln!(
        "SKIPPED: {} is not there; FENZHANG_DATA names the folder",
        path.display()
    );
    None
}

/// A book on a database of its own, with a ready mapping.
pub(crate) struct Stage {
    db: TestDb,
    pub(crate) engine: Engine,
    pub(crate) book: BookId,
    mapping: Mapping,
    plan: Plan,
    text: &'static str,
}

impl Stage {
    pub(crate) async fn new(name: &str) -> Stage {
        Stage::of(name, BookId(Uuid::now_v7())).await
    }

    /// With a book of a given id: two such stages give the same ids to everything.
    pub(crate) async fn of(name: &str, book: BookId) -> Stage {
        let db = fresh_db().await;
        let engine = engine_on(&db).await;
        let text = ready::find(name).unwrap();
        let mapping = Mapping::parse(text).unwrap();
        let plan = Plan::compile(&mapping).unwrap();
        let opened = BookOpened {
            book,
            name: name.parse().unwrap(),
            perspective: Perspective::Platform,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY, "USD".parse().unwrap(), "GBP".parse().unwrap()],
            click_logs: 2,
        };
        engine.open_book(opened, None, Meta::system("test")).await.unwrap();
        Stage {
            db,
            engine,
            book,
            mapping,
            plan,
            text,
        }
    }

    pub(crate) async fn import(&self, file: &std::path::Path) -> Imported {
        let setup = self.mapping.setup.as_ref();
        let setup = setup.map(|setup| setup.commands(&self.mapping.name, self.book).unwrap());
        let request = Request {
            path: file,
            plan: &self.plan,
            mapping: self.text,
            setup: setup.unwrap_or_default(),
            book: self.book,
        };
        let mut watch = Watch {
            progress: &mut |_| {},
            note: &mut |_| {},
        };
        run(&self.engine, &request, &mut watch).await.unwrap()
    }

    /// Takes an import back to its end.
    pub(crate) async fn reverse(&self, id: ImportId) -> Reversed {
        reverse::ask(&self.engine, self.book, id, &Actor::SYSTEM).await.unwrap();
        reverse::run(&self.engine, self.book, id, Actor::SYSTEM).await.unwrap()
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.db.client().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Rows of one text column.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.db.client().await.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// A report of the registry, as people see it.
    pub(crate) async fn report(&self, name: &str) -> String {
        let client = self.engine.pool().get().await.unwrap();
        let logs = books::of_book(&client, self.book).await.unwrap().unwrap();
        let args = Args::new(Viewer::All);
        match (Report::find(name).unwrap().run)(&client, logs.money, &args)
            .await
            .unwrap()
        {
            Output::Table(table) => table.text(),
            Output::Text(text) => text,
        }
    }

    /// Nothing is wrong with any log, nor with anything derived from it.
    pub(crate) async fn verify(&self) {
        let mut client = self.db.client().await;
        let logs = books::of_book(&client, self.book).await.unwrap().unwrap();
        for log in std::iter::once(logs.money).chain(logs.clicks) {
            let report = verify(&mut client, log).await.unwrap();
            assert!(report.findings.is_empty(), "{report:?}");
        }
    }

    pub(crate) async fn events(&self) -> i64 {
        self.number("select count(*) from event").await
    }
}

pub(crate) fn count(tally: &Tally, measure: &str, code: &str) -> u64 {
    let lines = tally.lines();
    let found = lines.iter().find(|line| line.measure == measure && line.code == code);
    found.map_or(0, |line| line.count)
}

/// True when a row of a printed report holds the words and then the number.
pub(crate) fn shows(report: &str, words: &str, number: &str) -> bool {
    let cell = |line: &str| line.contains(words) && line.split_whitespace().any(|word| word == number);
    report.lines().any(cell)
}

pub(crate) fn sum(tally: &Tally, code: &str) -> String {
    let lines = tally.lines();
    let found = lines
        .iter()
        .find(|line| line.measure == "sum as read" && line.code == code);
    found.map_or(String::new(), |line| line.sum.unwrap().0.normalize().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tmall_report_becomes_28010_orders_and_a_second_import_changes_nothing() {
    let Some(file) = data("orders/tmall-order-report-2020-02.csv.gz") else {
        return;
    };
    let stage = Stage::new("tmall-report").await;
    let first = stage.import(&file).await.tally;
    assert_eq!(first.rows, 28_010);
    assert_eq!(first.rejected_rows(), 0);
    assert_eq!(count(&first, "told", "order.paid"), 28_010 - 3_923);
    assert_eq!(count(&first, "told", "refund_case.won"), 5_132 + 514);
    assert_eq!(sum(&first, "created.amount"), "2995760.61");
    assert_eq!(sum(&first, "refund_won.amount"), "572335.92");
    assert_eq!(
        first.outcomes.in_state("applied"),
        28_010 + 24_087 + 5_646,
        "{:?}",
        first.outcomes
    );
    assert_eq!(
        stage
            .number("select count(distinct stream) from event where kind = 'order.created'")
            .await,
        28_010
    );
    assert_eq!(
        stage.number("select coalesce(sum(amount), 0)::bigint from leg").await,
        0
    );
    assert!(
        stage.number("select count(*) from leg").await > 20_000,
        "legs were posted"
    );
    let counts = stage.report("order-counts").await;
    for (words, number) in [
        ("lines", "28010"),
        ("never paid", "3923"),
        ("paid and kept", "18441"),
        ("fully refunded", "5132"),
        ("partly refunded", "514"),
        ("kept + refunded = paid", "5646"),
        ("ordered", "2995760.61"),
        ("kept", "1902487.15"),
        ("refunded", "572335.92"),
        ("never paid", "520937.54"),
    ] {
        assert!(shows(&counts, words, number), "{words} {number}:\n{counts}");
    }
    assert!(stage.report("trial-balance").await.contains("balanced"));
    stage.verify().await;
    let events = stage.events().await;
    let again = stage.import(&file).await;
    assert!(again.again);
    assert_eq!(again.tally.outcomes.facts_repeated, 28_010 + 24_087 + 5_646);
    assert_eq!(stage.events().await, events);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shop_events_become_17051_clicks_and_214_orders_and_the_cut_off_line_is_told() {
    let Some(file) = data("clicks/rees46-events-2019-10-01.csv.gz") else {
        return;
    };
    let stage = Stage::new("rees46-events").await;
    let first = stage.import(&file).await.tally;
    assert_eq!(first.rows, 17_435);
    assert_eq!(count(&first, "rows left out", "cart"), 165);
    assert_eq!(count(&first, "rows rejected", "row_cut_off"), 1);
    assert_eq!(first.first_rejected()[0].0, 17_435);
    assert_eq!((first.outcomes.clicks_new, first.outcomes.clicks_repeated), (17_051, 4));
    assert_eq!(sum(&first, "paid.amount"), "59442.63");
    assert_eq!(first.outcomes.in_state("applied"), 2 * 214, "{:?}", first.outcomes);
    assert_eq!(
        stage
            .number("select count(distinct stream) from event where kind = 'order.created'")
            .await,
        214
    );
    assert_eq!(
        stage
            .number("select count(*) from pin where promoter is not null")
            .await,
        212
    );
    assert!(shows(&stage.report("click-coverage").await, "rees46", "212"));
    stage.verify().await;
    let events = stage.events().await;
    let again = stage.import(&file).await.tally;
    assert_eq!((again.outcomes.clicks_new, again.outcomes.clicks_repeated), (0, 17_055));
    assert_eq!(again.outcomes.facts_repeated, 2 * 214);
    assert_eq!(stage.events().await, events);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buys_without_a_price_become_77_records_without_legs_and_48_have_a_click() {
    let Some(file) = data("clicks/taobao-userbehavior-sample.csv") else {
        return;
    };
    let stage = Stage::new("taobao-userbehavior").await;
    let first = stage.import(&file).await.tally;
    assert_eq!(first.rows, 4_321);
    assert_eq!(count(&first, "rows left out", "cart"), 190);
    assert_eq!(count(&first, "rows left out", "fav"), 128);
    assert_eq!(first.outcomes.clicks_new + first.outcomes.clicks_repeated, 3_926);
    assert_eq!(first.outcomes.in_state("applied"), 77, "{:?}", first.outcomes);
    assert_eq!(
        stage
            .number("select count(*) from pin where promoter is not null")
            .await,
        48
    );
    assert_eq!(stage.number("select count(*) from leg").await, 0);
    assert!(shows(&stage.report("click-coverage").await, "taobao", "48"));
    stage.verify().await;
    let events = stage.events().await;
    stage.import(&file).await;
    assert_eq!(stage.events().await, events);
    stage.engine.stop().await;
}

#[test]
fn a_check_reads_the_whole_file_and_needs_no_database() {
    let Some(file) = data("clicks/rees46-events-2019-10-01.csv.gz") else {
        return;
    };
    let plan = Plan::parse(ready::find("rees46-events").unwrap()).unwrap();
    let mut noted = Vec::new();
    let mut watch = Watch {
        progress: &mut |_| {},
        note: &mut |note| noted.push((note.row, note.code.to_owned())),
    };
    let tally = check(&file, &plan, BookId(Uuid::nil()), &mut watch).unwrap();
    assert_eq!((tally.rows, count(&tally, "told", "click")), (17_435, 17_055));
    assert_eq!(noted, [(17_435, "row_cut_off".to_owned())]);
}
