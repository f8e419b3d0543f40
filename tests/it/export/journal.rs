//! The journal for auditors: hledger and beancount read it, its balances are ours, and a reader of the test's own agrees.
//! It must never take a balance from the journal's writer: they come from the accounts of the interface.

use std::collections::BTreeMap;

use fenzhang::base::PartyId;
use fenzhang::domain::person::Role;
use fenzhang::export::journal::account_name;
use fenzhang::ledger::{Account, Layer};
use serde_json::json;

use super::{adjusted, download, run, taken, text, there, two_months};
use crate::acceptance::stage::{Stage, cny};
use crate::support::folder::Scratch;

type Balances = BTreeMap<String, i64>;

fn fen(amount: &str) -> i64 {
    let digits: String = amount.chars().filter(|c| *c != '.').collect();
    digits.parse().unwrap()
}

/// What the interface says the settled accounts hold, debits positive, under the names of the journal.
async fn ours(stage: &Stage, layer: Layer) -> Balances {
    let mut names = BTreeMap::new();
    for party in stage.get("/v1/parties?limit=1000").await["parties"].as_array().unwrap() {
        let id: PartyId = party["party"].as_str().unwrap().parse().unwrap();
        names.insert(id, party["name"].as_str().unwrap().to_owned());
    }
    let view = stage.get("/v1/accounts?limit=1000").await;
    let mut balances = Balances::new();
    for row in view["accounts"].as_array().unwrap() {
        let account: Account = row["account"].as_str().unwrap().parse().unwrap();
        let name = account.party().and_then(|party| names.get(&party)).map(String::as_str);
        if row["layer"] == layer.word() {
            let balance = -fen(row["balance"]["amount"].as_str().unwrap());
            balances.insert(account_name(account, name, layer), balance);
        }
    }
    balances.retain(|_, balance| *balance != 0);
    balances
}

/// Reads either dialect as far as it is written here: dated entries that sum to zero, postings, assertions in the order in
/// which the readers check them. Shares nothing with the writer.
fn read(journal: &str) -> Balances {
    let mut entries: Vec<(String, bool, Vec<String>)> = Vec::new();
    let dated = |line: &str| line.len() > 10 && line.as_bytes()[4] == b'-' && line.as_bytes()[7] == b'-';
    for (number, line) in journal.lines().enumerate() {
        if dated(line) && line.contains(" balance ") {
            let balance = line.split_once(" balance ").unwrap().1;
            let (name, rest) = balance.split_once("  ").unwrap();
            let amount = rest.split_whitespace().next().unwrap();
            // Checked at the beginning of the day.
            entries.push((
                line[..10].to_owned(),
                true,
                vec![format!("{name}  0.00 CNY = {amount} CNY")],
            ));
        } else if dated(line) && !line.contains(" open ") {
            entries.push((line[..10].to_owned(), false, Vec::new()));
        } else if line.starts_with("    ") && !line.trim_start().starts_with(';') {
            let last = entries
                .last_mut()
                .unwrap_or_else(|| panic!("line {number}: a posting of no entry"));
            last.2.push(line.trim().to_owned());
        }
    }
    entries.sort_by(|a, b| (&a.0, !a.1).cmp(&(&b.0, !b.1)));
    let mut balances = Balances::new();
    for (day, _, postings) in entries {
        let mut sum = 0;
        for posting in postings {
            let (name, rest) = posting.split_once("  ").unwrap();
            let mut words = rest.split_whitespace();
            let amount = fen(words.next().unwrap());
            sum += amount;
            let balance = balances.entry(name.to_owned()).or_default();
            *balance += amount;
            if let (Some("CNY"), Some("="), Some(holds)) = (words.next(), words.next(), words.next()) {
                assert_eq!(*balance, fen(holds), "{day} {name}");
            }
        }
        assert_eq!(sum, 0, "{day}");
    }
    balances.retain(|_, balance| *balance != 0);
    balances
}

/// What hledger says the accounts hold.
fn of_hledger(folder: &Scratch, journal: &[u8]) -> Balances {
    let said = run(
        folder,
        "hledger",
        &["-f"],
        "books.journal",
        journal,
        &["bal", "--flat", "-N", "-O", "csv"],
    );
    assert!(said.status.success(), "{said:?}");
    let text = text(&said);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let rows = rows.records().map(Result::unwrap);
    let balance = |row: csv::StringRecord| (row[0].to_owned(), fen(row[1].trim_end_matches(" CNY")));
    rows.map(balance).filter(|(_, balance)| *balance != 0).collect()
}

/// What beancount says the accounts hold.
fn of_beancount(folder: &Scratch, journal: &[u8]) -> Balances {
    let query = ["SELECT account, sum(number) AS n GROUP BY account"];
    let said = run(folder, "bean-query", &["-f", "csv"], "books.beancount", journal, &query);
    assert!(said.status.success(), "{said:?}");
    let text = text(&said);
    let mut balances = Balances::new();
    for line in text.lines().skip(1) {
        let (name, number) = line.rsplit_once(',').unwrap();
        let number = number.trim();
        if !number.is_empty() && fen(number) != 0 {
            balances.insert(name.trim().to_owned(), fen(number));
        }
    }
    balances
}

#[tokio::test(flavor = "multi_thread")]
async fn both_readers_take_the_journal_without_complaint_and_hold_what_our_accounts_hold() {
    let stage = two_months().await;
    let expected = ours(&stage, Layer::Settled).await;
    assert!(expected.len() >= 5, "{expected:?}");
    let folder = Scratch::new("journal");

    let hledger = taken(&stage, "/v1/exports/journal").await;
    assert_eq!(read(std::str::from_utf8(&hledger).unwrap()), expected);
    if there("hledger", "hledger") {
        let check = run(
            &folder,
            "hledger",
            &["-f"],
            "books.journal",
            &hledger,
            &["check", "accounts", "commodities"],
        );
        assert!(check.status.success() && check.stderr.is_empty(), "{check:?}");
        assert_eq!(of_hledger(&folder, &hledger), expected);
    }

    let beancount = taken(&stage, "/v1/exports/journal?dialect=beancount").await;
    assert_eq!(read(std::str::from_utf8(&beancount).unwrap()), expected);
    if there("bean-check", "beancount") {
        let check = run(&folder, "bean-check", &[], "books.beancount", &beancount, &[]);
        assert!(
            check.status.success() && check.stdout.is_empty() && check.stderr.is_empty(),
            "{check:?}"
        );
        assert_eq!(of_beancount(&folder, &beancount), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_points_back_stands_in_the_month_it_is_stamped_with_and_months_open_with_what_the_last_closed_with() {
    let stage = two_months().await;
    let journal = String::from_utf8(taken(&stage, "/v1/exports/journal").await).unwrap();
    let late = journal
        .split("\n\n")
        .find(|entry| entry.contains("390000000000000003"))
        .unwrap();
    assert!(
        late.starts_with("2026-06-01 * order.settled") && late.contains("; pointsback: 2026-05"),
        "{late}"
    );
    assert!(late.contains("; happened: 2026-05-25 12:00:00"), "{late}");
    assert!(!journal.contains("390000000000000004"), "an estimate is left out");

    // June alone, with its opening, comes to the same as all months.
    let june = String::from_utf8(taken(&stage, "/v1/exports/journal?period=2026-06").await).unwrap();
    assert!(
        june.contains("2026-06-01 * opening balances") && !june.contains("2026-05-25 *"),
        "{june}"
    );
    assert_eq!(read(&june), read(&journal));
    let may = String::from_utf8(taken(&stage, "/v1/exports/journal?period=2026-05").await).unwrap();
    assert!(!may.contains("opening balances") && !may.contains("2026-06-"), "{may}");
    if there("hledger", "hledger") {
        let folder = Scratch::new("june");
        for (name, month) in [("may.journal", &may), ("june.journal", &june)] {
            let check = run(&folder, "hledger", &["-f"], name, month.as_bytes(), &["check"]);
            assert!(check.status.success(), "{check:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_come_when_asked_for_under_accounts_of_their_own() {
    let stage = two_months().await;
    let journal = String::from_utf8(taken(&stage, "/v1/exports/journal?estimated=true").await).unwrap();
    let mut expected = ours(&stage, Layer::Settled).await;
    let estimated = ours(&stage, Layer::Estimated).await;
    assert!(
        !estimated.is_empty() && estimated.keys().all(|name| name.contains(":Estimated:")),
        "{estimated:?}"
    );
    expected.extend(estimated);
    assert_eq!(read(&journal), expected);
    let (status, body) = download(
        &stage,
        Role::Finance,
        "/v1/exports/journal?estimated=true&period=2026-06",
    )
    .await;
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&body).contains("estimated_with_period"));
    for role in [Role::Brand, Role::Agency, Role::Anchor, Role::Ingest] {
        assert_eq!(download(&stage, role, "/v1/exports/journal").await.0, 403, "{role:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_with_one_fen_moved_is_refused_by_every_reader() {
    let stage = two_months().await;
    let folder = Scratch::new("moved");
    let wrong = |journal: &str, mark: &str| {
        let at = journal.rfind(mark).unwrap();
        let end = at
            + mark.len()
            + journal[at + mark.len()..]
                .find(['1', '2', '3', '4', '5', '6', '7', '8'])
                .unwrap();
        let digit = journal.as_bytes()[end];
        format!("{}{}{}", &journal[..end], char::from(digit + 1), &journal[end + 1..])
    };
    let hledger = String::from_utf8(taken(&stage, "/v1/exports/journal").await).unwrap();
    let moved = wrong(&hledger, " = -");
    assert!(std::panic::catch_unwind(|| read(&moved)).is_err());
    if there("hledger", "hledger") {
        let check = run(
            &folder,
            "hledger",
            &["-f"],
            "wrong.journal",
            moved.as_bytes(),
            &["check"],
        );
        assert!(!check.status.success());
    }
    let beancount = String::from_utf8(taken(&stage, "/v1/exports/journal?dialect=beancount").await).unwrap();
    let moved = wrong(&beancount, "  -");
    if there("bean-check", "beancount") {
        let check = run(&folder, "bean-check", &[], "wrong.beancount", moved.as_bytes(), &[]);
        assert!(!check.status.success());
    }
}

/// Names that end a line, a text, a comment or an account early, if they are let.
const HOSTILE: [&str; 12] = [
    "a;b | c",
    "quote\" and \\ backslash",
    "\" \"\n2026-01-01 * \"x\"",
    "=SUM(A1) ; comment",
    "two  spaces  100.00 CNY = 5",
    "Assets:Other:Account",
    "{1 CNY} @ 2 USD",
    "(virtual) [brackets]",
    "include /etc/passwd",
    "; key: value, other: value",
    "😀 émoji é",
    "#tag ^link !flag",
];

#[tokio::test(flavor = "multi_thread")]
async fn names_and_reasons_never_become_syntax() {
    let stage = two_months().await;
    let mut legs = Vec::new();
    for (n, name) in HOSTILE.iter().enumerate() {
        // Control characters are refused at the door.
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        let number = format!("H{n}");
        let body = json!({"kind": "anchor", "external_id": number, "name": name});
        stage.accepted("/v1/parties", body).await;
        legs.push(json!({"party": number, "account": "available", "amount": cny("1.00")}));
    }
    legs.push(json!({"account": "income", "amount": cny("-12.00")}));
    adjusted(&stage, "x\" ; | = 1\\", json!(legs)).await;
    let expected = ours(&stage, Layer::Settled).await;
    assert_eq!(
        expected.values().filter(|balance| **balance == -100).count(),
        HOSTILE.len()
    );
    let folder = Scratch::new("hostile");
    let hledger = taken(&stage, "/v1/exports/journal").await;
    assert_eq!(read(std::str::from_utf8(&hledger).unwrap()), expected);
    if there("hledger", "hledger") {
        assert_eq!(of_hledger(&folder, &hledger), expected);
    }
    let beancount = taken(&stage, "/v1/exports/journal?dialect=beancount").await;
    assert_eq!(read(std::str::from_utf8(&beancount).unwrap()), expected);
    if there("bean-check", "beancount") {
        let check = run(&folder, "bean-check", &[], "books.beancount", &beancount, &[]);
        assert!(check.status.success(), "{check:?}");
        assert_eq!(of_beancount(&folder, &beancount), expected);
    }
}
