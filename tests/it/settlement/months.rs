//! The real months of two shops closed one after the other: sheets and statements tie, late cancellations land in the open
//! month, locked hashes stay.
//! It must never write beside the data; without it the tests say so and pass, unless FENZHANG_REQUIRE names `data`.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::PathBuf;

use fenzhang::base::{LineId, LogId, Month, PersonId, RunId};
use fenzhang::domain::command::{Actor, Command, Pending, Verdict};
use fenzhang::domain::order::{About, LineFact, What};
use fenzhang::domain::person::Role;
use fenzhang::domain::settlement::Settle;
use fenzhang::engine::close::Pace;
use fenzhang::engine::{Answer, Meta};
use fenzhang::money::Minor;
use fenzhang::report::{self, At, Page, RunView, SheetFilter, SheetView, Viewer};
use fenzhang::store::books;
use uuid::Uuid;

use crate::import::{Stage, data};
use crate::support::folder::Scratch;

fn person(n: u128) -> Meta {
    let actor = Actor {
        person: Some(PersonId(Uuid::from_u128(n))),
        key: None,
        party: None,
        role: Some(Role::Finance),
    };
    Meta {
        actor,
        ..Meta::system("test")
    }
}

/// The first rows of a gzipped file, or all of it when FENZHANG_MONTHS says `all`.
fn some_of(file: &std::path::Path, rows: usize, folder: &Scratch) -> PathBuf {
    if std::env::var("FENZHANG_MONTHS").is_ok_and(|months| months == "all") {
        return file.to_owned();
    }
    let unpacked = flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap());
    let lines = std::io::BufReader::new(unpacked).split(b'\n').take(rows + 1);
    let text: Vec<Vec<u8>> = lines.map(|line| [line.unwrap(), b"\n".to_vec()].concat()).collect();
    let name = file.file_stem().unwrap().to_owned();
    let path = folder.path().join(name);
    std::fs::write(&path, text.concat()).unwrap();
    path
}

struct Shop {
    stage: Stage,
    log: LogId,
}

impl Shop {
    async fn open(mapping: &str) -> Shop {
        let stage = Stage::new(mapping).await;
        let client = stage.engine.pool().get().await.unwrap();
        let log = books::of_book(&client, stage.book).await.unwrap().unwrap().money;
        drop(client);
        Shop { stage, log }
    }

    async fn ask(&self, command: Command, meta: Meta) -> Answer {
        self.stage.engine.submit(self.stage.book, command, meta).await.unwrap()
    }

    async fn settle(&self, asked: Settle) -> Answer {
        self.ask(Command::Settle(Box::new(asked)), person(1)).await
    }

    /// Settles whatever the file left paid and open, at a date of the month.
    async fn settle_lines(&self, at: &str) -> usize {
        let sql = "select line, platform, line_no from line where log = $1 and status in (3, 4) order by line";
        let client = self.stage.engine.pool().get().await.unwrap();
        let rows = client.query(sql, &[&self.log.0]).await.unwrap();
        drop(client);
        let told: Vec<LineFact> = (rows.iter())
            .map(|row| LineFact {
                line: LineId(row.get(0)),
                platform: row.get::<_, String>(1).parse().unwrap(),
                line_no: row.get::<_, String>(2).parse().unwrap(),
                at: at.parse().unwrap(),
                currency: None,
                about: About::default(),
                reported: None,
                what: What::Settled { base: None },
            })
            .collect();
        for chunk in told.chunks(500) {
            self.ask(Command::Facts(chunk.to_vec()), Meta::system("test")).await;
        }
        told.len()
    }

    async fn close(&self, period: &str) -> RunView {
        let period: Month = period.parse().unwrap();
        let answer = self.settle(Settle::Start { period }).await;
        let run: RunId = answer.made.ids["run"].parse().unwrap();
        let (engine, book) = (&self.stage.engine, self.stage.book);
        engine
            .close_or_wait(book, self.log, run, Pace::default(), &mut |_| {})
            .await
            .unwrap();
        let view = self.view(run).await;
        assert_eq!(view.ties, Some(true), "{view:?}");
        self.sum_is_the_trial_balance(&view).await;
        view
    }

    async fn view(&self, run: RunId) -> RunView {
        let client = self.stage.engine.pool().get().await.unwrap();
        report::run(&client, self.log, run).await.unwrap()
    }

    /// Over all parties the closings are the settled layer of the trial balance at the sheets' position.
    async fn sum_is_the_trial_balance(&self, run: &RunView) {
        let client = self.stage.engine.pool().get().await.unwrap();
        let at = At::Position(run.reckoned_at.unwrap());
        let trial = report::trial_balance(&client, self.log, at).await.unwrap();
        assert!(trial.balanced);
        let fen = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
        let mut held: BTreeMap<String, i64> = BTreeMap::new();
        let settled = trial
            .rows
            .iter()
            .filter(|row| row.layer == fenzhang::ledger::Layer::Settled);
        for row in settled.filter(|row| !row.accounts.starts_with("book:")) {
            let account = row.accounts.split(':').nth(1).unwrap().to_owned();
            *held.entry(account).or_default() += fen(&row.credits.amount) - fen(&row.debits.amount);
        }
        for row in run.tie.iter().filter(|row| !row.account.starts_with("book:")) {
            let due = held.remove(&row.account).unwrap_or_default();
            assert_eq!(fen(&row.closing.amount), due, "{}", row.account);
        }
        assert!(held.values().all(|left| *left == 0), "{held:?}");
    }

    async fn lock(&self, run: RunId) {
        let digest = self.view(run).await.digest.unwrap();
        let asked = self
            .ask(Command::Request(Pending::ApproveRun { run, digest }), person(1))
            .await;
        let decide = Command::DecideApproval {
            approval: asked.made.ids["approval"].parse().unwrap(),
            verdict: Verdict::Approve,
            remark: None,
        };
        self.ask(decide, person(2)).await;
        self.settle(Settle::Issue { run, unconfirmed: 0 }).await;
        self.settle(Settle::Lock { run }).await;
    }

    async fn sheets(&self, run: RunId) -> BTreeMap<String, SheetView> {
        let client = self.stage.engine.pool().get().await.unwrap();
        let filter = SheetFilter {
            run: Some(run),
            ..SheetFilter::default()
        };
        let view = report::sheets(&client, self.log, Viewer::All, &filter, &Page::first(1_000))
            .await
            .unwrap();
        let key = |sheet: SheetView| (format!("{} {}", sheet.party, sheet.currency), sheet);
        view.sheets.into_iter().map(key).collect()
    }

    /// Every closing is the next opening, and a party does not vanish.
    async fn closings_are_openings(&self, before: RunId, after: RunId) {
        let (before, after) = (self.sheets(before).await, self.sheets(after).await);
        for (party, sheet) in &before {
            match after.get(party) {
                Some(next) => assert_eq!(sheet.closing, next.opening, "{party}"),
                None => assert!(sheet.closing.amount.bytes().all(|b| b == b'0' || b == b'.'), "{party}"),
            }
        }
        assert!(!before.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_months_of_the_british_shop_are_closed_one_after_the_other_and_late_cancellations_point_back() {
    let (Some(december), Some(january)) = (
        data("orders/online-retail-2010-12.csv.gz"),
        data("orders/online-retail-2011-01.csv.gz"),
    ) else {
        return;
    };
    let folder = Scratch::new("months");
    let (december, january) = (some_of(&december, 3_000, &folder), some_of(&january, 3_000, &folder));
    let shop = Shop::open("online-retail").await;
    shop.stage.import(&december).await;
    assert!(shop.settle_lines("2010-12-31T12:00:00Z").await > 2_500);
    let first = shop.close("2010-12").await;
    shop.lock(first.run).await;
    let locked = shop.view(first.run).await;
    // Cancellations of December that are told after its close: the whole of forty lines.
    let sql = "select l.line, l.platform, l.line_no, p.payable from line l join pin p on p.log = $1 and p.line = l.line \
               where l.log = $1 and p.payable > 100 order by l.line limit 40";
    let client = shop.stage.engine.pool().get().await.unwrap();
    let rows = client.query(sql, &[&shop.log.0]).await.unwrap();
    drop(client);
    let cancelled: Vec<LineFact> = (rows.iter())
        .map(|row| LineFact {
            line: LineId(row.get(0)),
            platform: row.get::<_, String>(1).parse().unwrap(),
            line_no: row.get::<_, String>(2).parse().unwrap(),
            at: "2011-01-10T12:00:00Z".parse().unwrap(),
            currency: Some("GBP".parse().unwrap()),
            about: About::default(),
            reported: None,
            what: What::RefundWon {
                case: "late".parse().unwrap(),
                goods: Minor(row.get(3)),
                freight: Minor(0),
                units: None,
                deducted: true,
                manner: None,
            },
        })
        .collect();
    let answer = shop.ask(Command::Facts(cancelled), Meta::system("test")).await;
    assert!(
        answer.made.facts.iter().all(|fact| fact.code.is_none()),
        "{:?}",
        answer.made.facts
    );
    shop.stage.import(&january).await;
    shop.settle_lines("2011-01-31T12:00:00Z").await;
    let second = shop.close("2011-01").await;
    shop.closings_are_openings(first.run, second.run).await;
    let sheets = shop.sheets(second.run).await;
    assert!(
        sheets
            .values()
            .any(|sheet| sheet.amount(fenzhang::domain::settlement::Part::Clawbacks).is_some())
    );
    assert_eq!(shop.view(first.run).await.digest, locked.digest);
    shop.stage.verify().await;
    shop.stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tmall_month_is_closed_and_the_next_opens_where_it_closed() {
    let Some(file) = data("orders/tmall-order-report-2020-02.csv.gz") else {
        return;
    };
    let folder = Scratch::new("months");
    let shop = Shop::open("tmall-report").await;
    shop.stage.import(&some_of(&file, 4_000, &folder)).await;
    shop.settle_lines("2020-02-29T12:00:00+08:00").await;
    let february = shop.close("2020-02").await;
    shop.lock(february.run).await;
    let march = shop.close("2020-03").await;
    shop.closings_are_openings(february.run, march.run).await;
    assert_eq!(shop.view(february.run).await.digest, february.digest);
    shop.stage.verify().await;
    shop.stage.engine.stop().await;
}
