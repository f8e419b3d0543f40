//! The real months of two shops closed one after the other: sheets and statements tie, late cancellations land in the open
//! month, locked hashes stay.
//! It must never write beside the data; without it the tests say so and pass, unless FENZHANG_REQUIRE names `data`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead as _;
use std::path::PathBuf;

use fenzhang::base::{LineId, LogId, Month, PersonId, RunId};
use fenzhang::domain::command::{Actor, Command, Pending, Verdict};
use fenzhang::domain::order::{About, LineFact, What};
use fenzhang::domain::person::Role;
use fenzhang::domain::settlement::{Part, Settle, Stage as Standing};
use fenzhang::engine::close::Pace;
use fenzhang::engine::{Answer, Meta};
use fenzhang::ledger::AccountKind;
use fenzhang::report::{self, At, Page, RunView, SheetFilter, SheetView, StatementKey, Viewer};
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

/// Whole months, and all of them: FENZHANG_MONTHS says `all`.
fn all() -> bool {
    std::env::var("FENZHANG_MONTHS").is_ok_and(|months| months == "all")
}

/// The last day of a month.
fn last_day(month: Month) -> String {
    month.next().first_day().pred_opt().unwrap().to_string()
}

/// The first rows of a gzipped file, or all of it.
fn some_of(file: &std::path::Path, rows: usize, folder: &Scratch) -> PathBuf {
    if all() {
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

    /// Settles whatever was ordered before an instant and is paid and open.
    async fn settle_lines(&self, at: &str) -> usize {
        let sql =
            "select line, platform, line_no from line where log = $1 and status in (3, 4) and at < $2 order by line";
        let before: fenzhang::base::Instant = at.parse().unwrap();
        let client = self.stage.engine.pool().get().await.unwrap();
        let rows = client.query(sql, &[&self.log.0, &before.utc()]).await.unwrap();
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

    /// Over all parties the closings are the settled layer of the trial balance at the sheets' position, less what was stamped
    /// into later months by then.
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
        let sql = "select account, sum(amount)::bigint from leg where log = $1 and layer = 1 and period > $2 \
                   and position <= $3 and owner > '00000000-0000-0000-0000-000000000000' group by account";
        let (period, position) = (run.period.number(), run.reckoned_at.unwrap());
        for row in client.query(sql, &[&self.log.0, &period, &position]).await.unwrap() {
            let account = AccountKind::from_code(row.get(0)).unwrap().word().to_owned();
            *held.entry(account).or_default() -= row.get::<_, i64>(1);
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
            on_behalf_of: None,
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

    /// Settled legs of a month that belong to one before it.
    async fn pointing_back(&self, period: Month) -> i64 {
        let sql = "select count(*) from leg where log = $1 and layer = 1 and period = $2 and points_back_to = $3";
        let before = period.previous().number();
        let client = self.stage.engine.pool().get().await.unwrap();
        let row = client
            .query_one(sql, &[&self.log.0, &period.number(), &before])
            .await
            .unwrap();
        row.get(0)
    }

    /// The account statement of a month opens and closes as the sheet does.
    async fn statements_are_the_sheets(&self, period: Month, run: RunId) {
        let client = self.stage.engine.pool().get().await.unwrap();
        for sheet in self.sheets(run).await.into_values() {
            let key = StatementKey {
                party: sheet.party,
                account: sheet.account,
                period,
            };
            let statement = report::statement(&client, self.log, Viewer::All, key, At::Now, &Page::first(1)).await;
            let statement = statement.unwrap();
            let sum = statement.sums.iter().find(|sum| sum.closing.currency == sheet.currency);
            let sum = sum.unwrap();
            assert_eq!((&sum.opening, &sum.closing), (&sheet.opening, &sheet.closing));
        }
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

const MONTHS: [&str; 7] = [
    "2010-12", "2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06",
];

/// The rows of a month of invoices in two files: those in time, and the later half of its cancellations, which are told only
/// after its close. Unless all is asked for: the first rows, two hundred cancellations, and what these may cancel.
fn in_time_and_late(file: &std::path::Path, month: &str, folder: &Scratch) -> [PathBuf; 2] {
    let unpacked = flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap());
    let mut lines = std::io::BufReader::new(unpacked).lines().map(Result::unwrap);
    let heading = lines.next().unwrap();
    let rows: Vec<String> = lines.collect();
    // Only the description, the third cell, has commas inside.
    let customer_and_item = |row: &str| {
        let item = row.split(',').nth(1).unwrap().to_owned();
        (row.rsplit(',').nth(1).unwrap().to_owned(), item)
    };
    let mut cancelled: Vec<&String> = rows.iter().filter(|row| row.starts_with('C')).collect();
    if !all() {
        cancelled.truncate(200);
    }
    let keys: BTreeSet<(String, String)> = cancelled.iter().map(|row| customer_and_item(row)).collect();
    let late = cancelled.split_off(cancelled.len() / 2);
    let sales = rows.iter().enumerate().filter(|(_, row)| !row.starts_with('C'));
    let sales = sales.filter(|(at, row)| all() || *at < 1_500 || keys.contains(&customer_and_item(row)));
    let in_time: Vec<&String> = sales.map(|(_, row)| row).chain(cancelled).collect();
    [(in_time, "in-time"), (late, "late")].map(|(rows, name)| {
        let path = folder.path().join(format!("{month}-{name}.csv"));
        let text: Vec<&str> = std::iter::once(&heading).chain(rows).map(String::as_str).collect();
        std::fs::write(&path, text.join("\n") + "\n").unwrap();
        path
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_months_of_the_british_shop_are_closed_one_after_the_other_and_late_cancellations_point_back() {
    let months = if all() { &MONTHS[..] } else { &MONTHS[..2] };
    let file = |month: &&str| data(&format!("orders/online-retail-{month}.csv.gz"));
    let Some(files) = months.iter().map(file).collect::<Option<Vec<_>>>() else {
        return;
    };
    let folder = Scratch::new("months");
    let shop = Shop::open("online-retail").await;
    let mut closed: Vec<RunView> = Vec::new();
    let mut told_late: Option<PathBuf> = None;
    let mut pointing_back = 0;
    for (month, file) in months.iter().zip(&files) {
        let [in_time, late] = in_time_and_late(file, month, &folder);
        let before = closed.last().map(|run| run.run);
        if let Some(late) = told_late.replace(late) {
            shop.stage.import(&late).await;
        }
        shop.stage.import(&in_time).await;
        let last: Month = month.parse().unwrap();
        let settled = shop.settle_lines(&format!("{}T15:59:59Z", last_day(last))).await;
        assert!(settled > 1_000, "{settled} lines of {month}");
        let run = shop.close(month).await;
        shop.lock(run.run).await;
        if let Some(before) = before {
            shop.closings_are_openings(before, run.run).await;
            pointing_back += shop.pointing_back(last).await;
            let sheets = shop.sheets(run.run).await;
            let part = |sheet: &SheetView| sheet.amount(Part::Clawbacks).is_some();
            assert!(sheets.values().any(part), "{month}");
        }
        shop.statements_are_the_sheets(last, run.run).await;
        closed.push(shop.view(run.run).await);
        eprintln!(
            "{month}: {settled} lines settled, {pointing_back} late so far, {:?}",
            closed.last().unwrap().digest
        );
    }
    assert!(pointing_back > 0, "no late cancellation landed in an open month");
    for run in closed {
        let now = shop.view(run.run).await;
        assert_eq!((now.digest, now.stage), (run.digest, Standing::Locked));
    }
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
