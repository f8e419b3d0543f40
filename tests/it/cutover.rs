//! A cut-over from two files on the command line: checked, asked for, approved by a second person, lines brought over.
//! It must never write a row by itself: parties and keys are made as everybody makes them.

use std::process::{Command as Process, Output};

use fenzhang::base::*;
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::Command;
use fenzhang::engine::Meta;
use fenzhang::money::Currency;

use crate::engine::engine_on;
use crate::support::folder::Scratch;
use crate::support::pg::{TestDb, fresh_db};

const BALANCES: &str = "\u{feff}对方,账户,主体,币种,应付,应收,年度,累计收入,累计税额\r\n\
A1,可付,company-1,CNY,\"1,000.00\",,,,\r\n\
A1,预支,company-1,,,200.00,,,\r\n\
B1,佣金,,,,900.00,,,\r\n\
,收入,,,100.00,,,,\r\n\
A1,年度累计,company-1,,,,2026,50000.00,7000.00\r\n";

const LINES: &str = "\
platform,line_no,sold_at,paid,refunded,payer,rate,commission,technical_fee,technical_fee_rate,technical_fee_taker,agency,agency_rate,agency_amount,anchor,anchor_amount\n\
taobao,L1,2026-05-20 12:00:00,100.00,,B1,20%,,,10%,P1,M1,0.3,,A1,\n\
taobao,L2,2026-05-21,100.00,10.00,B1,,17.99,1.79,,P1,M1,,4.87,A1,11.33\n";

struct Stage {
    db: TestDb,
    folder: Scratch,
    book: String,
}

impl Stage {
    async fn new() -> Stage {
        let db = fresh_db().await;
        let engine = engine_on(&db).await;
        let book = BookId(uuid::Uuid::now_v7());
        let opened = BookOpened {
            book,
            name: "shop".parse().unwrap(),
            perspective: Perspective::Agency,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 2,
        };
        engine.open_book(opened, None, Meta::system("test")).await.unwrap();
        let parties = [
            (PartyKind::Anchor, "A1"),
            (PartyKind::Agency, "M1"),
            (PartyKind::Brand, "B1"),
            (PartyKind::Platform, "P1"),
        ];
        for (kind, number) in parties {
            let register = Command::RegisterParty {
                kind,
                external_id: Some(number.parse().unwrap()),
                name: number.parse().unwrap(),
            };
            engine.submit(book, register, Meta::system("test")).await.unwrap();
        }
        engine.stop().await;
        Stage {
            db,
            folder: Scratch::new("cutover"),
            book: book.to_string(),
        }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Process::new(env!("CARGO_BIN_EXE_fenzhang"));
        command.args(words).args(["--book", &self.book]);
        command.env("DATABASE_URL", self.db.url()).env_remove("FENZHANG_KEY");
        command.output().unwrap()
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    fn key(&self, role: &str) -> String {
        let made = self.done(&["keys", "create", "--role", role, "--label", role]);
        made.split_whitespace().next().unwrap().to_owned()
    }
}

fn id(printed: &str, prefix: &str) -> String {
    let mut words = printed.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.find(|word| word.starts_with(prefix)).unwrap().to_owned()
}

/// True when a row of a printed report holds the account and the amount.
fn shows(report: &str, account: &str, amount: &str) -> bool {
    let cell = |line: &str| line.contains(account) && line.split_whitespace().any(|word| word == amount);
    report.lines().any(cell)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_begin_a_book_once_a_second_person_agreed() {
    let stage = Stage::new().await;
    let (balances, lines) = (stage.file("opening.csv", BALANCES), stage.file("lines.csv", LINES));
    let (finance, owner) = (stage.key("finance"), stage.key("owner"));
    let files = [
        "cutover",
        "--date",
        "2026-06-01",
        "--balances",
        &balances,
        "--lines",
        &lines,
    ];
    let checked = stage.done(&[files.as_slice(), &["--check"]].concat());
    assert!(
        shows(&checked, "anchor:available", "1000.00") && shows(&checked, "anchor:advance", "-200.00"),
        "{checked}"
    );
    assert!(
        shows(&checked, "lines", "2") && shows(&checked, "year_to_date", "1"),
        "{checked}"
    );
    assert!(
        !stage.done(&["report", "approvals"]).contains("apr_"),
        "a check asks nothing"
    );
    let asked = stage.done(&[files.as_slice(), &["--key", &finance]].concat());
    let approval = id(&asked, "apr_");
    let own = stage.refused(&["cutover", "--approve", &approval, "--key", &finance]);
    assert!(own.contains("second person"), "{own}");
    let approved = stage.done(&["cutover", "--approve", &approval, "--key", &owner]);
    let cutover = id(&approved, "cut_");
    let bring = ["cutover", "--cutover", &cutover, "--key", &finance, "--lines"];
    let other = stage.file("other.csv", &LINES.replace("L2", "L3"));
    let not_agreed = stage.refused(&[bring.as_slice(), &[&other]].concat());
    assert!(not_agreed.contains("not agreed"), "{not_agreed}");
    let brought = stage.done(&[bring.as_slice(), &[&lines]].concat());
    assert!(brought.contains("2 lines brought over, 0 known already"), "{brought}");
    let again = stage.done(&[bring.as_slice(), &[&lines]].concat());
    assert!(again.contains("0 lines brought over, 2 known already"), "{again}");
    let report = stage.done(&["report", "cutover"]);
    assert!(
        report.contains("complete 已平") && !report.contains("not complete"),
        "{report}"
    );
    assert!(
        shows(&report, "brand:commission", "-900.00"),
        "an opening that balances by itself is shown too: {report}"
    );
    // L1: G 20.00, fee 2.00, agency 30 % of 18.00, anchor 12.60. L2 as told.
    let balances = stage.done(&["report", "balances", "--limit", "1000"]);
    for (account, amount) in [
        (":commission", "-37.99"),
        ("platform:", "3.79"),
        ("agency:", "10.27"),
        (":available", "23.93"),
        (":available", "1000.00"),
        (":advance", "-200.00"),
        ("book:income", "100.00"),
    ] {
        assert!(shows(&balances, account, amount), "{account} {amount}:\n{balances}");
    }
    assert!(stage.done(&["verify"]).contains("money log"));
    assert!(stage.done(&["rebuild"]).contains("equal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_does_not_fit_is_told_by_its_number_and_nothing_is_asked() {
    let stage = Stage::new().await;
    let balances = "party,account,we_owe,they_owe\nA9,available,1.00,\nA1,available,1.00,1.00\nA1,purse,1.00,\nA1,available,1.005,\n";
    let lines = LINES
        .replace("11.33", "11.34")
        .replace("2026-05-20 12:00:00", "2026-06-01 00:00:00");
    let (balances, lines) = (stage.file("opening.csv", balances), stage.file("lines.csv", &lines));
    let finance = stage.key("finance");
    let told = stage.refused(&[
        "cutover",
        "--date",
        "2026-06-01",
        "--balances",
        &balances,
        "--lines",
        &lines,
        "--key",
        &finance,
    ]);
    for (row, says) in [
        ("balances row 1", "no party"),
        ("balances row 2", "one of them"),
        ("balances row 3", "no account"),
        ("balances row 4", "decimals"),
        ("lines row 1", "on or after the day"),
        ("lines row 2", "not one whole"),
    ] {
        assert!(
            told.lines().any(|line| line.contains(row) && line.contains(says)),
            "{row} {says}:\n{told}"
        );
    }
    assert!(
        !stage.done(&["report", "approvals"]).contains("apr_"),
        "nothing was asked"
    );
    let ingest = stage.key("ingest");
    let good = stage.file("good.csv", BALANCES);
    let told = stage.refused(&["cutover", "--date", "2026-06-01", "--balances", &good, "--key", &ingest]);
    assert!(told.contains("not one of this book that may open balances"), "{told}");
}
