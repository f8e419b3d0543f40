//! Sixty formula-injection payloads in every text that people enter: in no export does any of them do anything, and amounts
//! stay numbers.
//! It must never trust one reader: cells are looked at as bytes, as a workbook and, where there is one, by a spreadsheet.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde_json::json;

use super::archives::unpacked;
use super::{adjusted, closed, run, taken, there};
use crate::acceptance::stage::{Stage, cny, fact, paying, with};
use crate::ledger::payloads;
use crate::support::folder::Scratch;

/// A spreadsheet takes the field for words, or it is a number.
fn inert(field: &str) -> bool {
    let number = field.strip_prefix('-').unwrap_or(field);
    let number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    number
        || !field.starts_with([
            '=', '+', '-', '@', '\t', '\r', '\n', '\0', '|', '%', '＝', '＋', '－', '＠',
        ])
}

fn check_csv(name: &str, bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes)
        .unwrap()
        .strip_prefix('\u{feff}')
        .expect("a byte-order mark");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut fields = 0;
    for row in reader.records() {
        for field in &row.unwrap() {
            assert!(inert(field), "{name}: {field:?}");
            fields += 1;
        }
    }
    fields
}

fn check_xlsx(name: &str, bytes: &[u8]) -> usize {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    for sheet in book.sheet_names() {
        assert!(book.worksheet_formula(&sheet).unwrap().is_empty(), "{name}: a formula");
    }
    let mut cells = 0;
    for (_, range) in book.worksheets() {
        cells += range
            .rows()
            .flatten()
            .filter(|cell| !matches!(cell, Data::Empty))
            .count();
    }
    cells
}

/// A month in which every payload stands in a party's name, a shop's, an item's title, a category, an order number's
/// neighbourhood, and the reason of an adjustment against the party; it is closed.
async fn hostile_month() -> (Stage, Vec<String>) {
    let stage = Stage::open().await;
    let payloads: Vec<String> = payloads()
        .into_iter()
        .filter(|text| !text.contains(char::is_control))
        .collect();
    for (n, payload) in payloads.iter().enumerate() {
        let party = json!({"kind": "anchor", "external_id": format!("P{n}"), "name": payload});
        stage.accepted("/v1/parties", party).await;
        let shop = json!({"platform": "taobao", "external_id": format!("-s{n}"), "name": payload, "brand": "B"});
        stage.accepted("/v1/shops", shop).await;
        let item = json!({"platform": "taobao", "external_id": format!("-i{n}"), "title": payload,
            "shop": format!("-s{n}"), "category": payload});
        stage.accepted("/v1/products", item).await;
        let rule = json!({"brand": "B", "kind": "general", "currency": "CNY",
            "scope": {"platform": "taobao", "item": format!("-i{n}")},
            "terms": {"from": "2026-01-01T00:00:00+08:00", "rate": "0.2"}});
        stage.accepted("/v1/rules", rule).await;
    }
    for n in 0..payloads.len() {
        let own = json!({"item_no": format!("-i{n}"), "shop_no": format!("-s{n}"), "promoter": format!("P{n}"),
            "order_no": format!("-o{n}")});
        let no = format!("-{n}");
        let paid = with(paying(&no, "paid", "2026-05-20T12:05:00+08:00", "199.00"), own.clone());
        let later = |kind: &str, at: &str| with(fact(&no, kind, at), own.clone());
        stage
            .applied(&[
                paid,
                later("received", "2026-05-24T12:00:00+08:00"),
                later("settled", "2026-05-25T12:00:00+08:00"),
            ])
            .await;
    }
    stage.clock("2026-06-20T12:00:00+08:00").await;
    for (n, payload) in payloads.iter().enumerate() {
        let legs = json!([{"party": format!("P{n}"), "account": "available", "amount": cny("-3.33")},
            {"account": "income", "amount": cny("3.33")}]);
        adjusted(&stage, payload, legs).await;
    }
    closed(&stage, "2026-05").await;
    closed_june(&stage).await;
    (stage, payloads)
}

/// June is not over yet on the book's clock.
async fn closed_june(stage: &Stage) {
    stage.clock("2026-07-02T12:00:00+08:00").await;
    closed(stage, "2026-06").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_payloads_in_every_text_do_nothing_in_any_export() {
    let (stage, payloads) = hostile_month().await;
    assert_eq!(
        payloads.len(),
        40,
        "twenty hold control characters, which are refused at the door"
    );
    let mut fields = 0;
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for period in ["2026-05", "2026-06"] {
        for what in ["sheets", "statements"] {
            for format in ["csv", "xlsx"] {
                let path = format!("/v1/exports/{what}?period={period}&format={format}");
                for (name, bytes) in unpacked(&taken(&stage, &path).await) {
                    let safe = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
                    assert!(name.chars().all(safe) && !name.starts_with(['.', '-', '_']), "{name:?}");
                    fields += if name.ends_with("xlsx") {
                        check_xlsx(&name, &bytes)
                    } else {
                        check_csv(&name, &bytes)
                    };
                    *names.entry(name).or_default() += 1;
                }
            }
        }
        for ask in ["", "&by_party=true"] {
            let path = format!("/v1/exports/vouchers?period={period}{ask}");
            fields += check_csv(&path, &taken(&stage, &path).await);
            fields += check_xlsx(&path, &taken(&stage, &format!("{path}&format=xlsx")).await);
        }
    }
    assert!(fields > 5_000, "{fields}");
    assert!(names.len() > 160, "{}", names.len());

    // Amounts stay numbers, also where they are negative.
    let june = unpacked(&taken(&stage, "/v1/exports/statements?period=2026-06&kind=anchor&format=csv").await);
    let taken_back = june
        .values()
        .filter(|csv| String::from_utf8_lossy(csv).contains(",-3.33,"))
        .count();
    assert_eq!(taken_back, 40);
    if there("hledger", "hledger") {
        let journal = taken(&stage, "/v1/exports/journal").await;
        let check = run(
            &Scratch::new("payloads"),
            "hledger",
            &["-f"],
            "books.journal",
            &journal,
            &["check"],
        );
        assert!(check.status.success(), "{check:?}");
    }
    if there("bean-check", "beancount") {
        let journal = taken(&stage, "/v1/exports/journal?dialect=beancount").await;
        let check = run(
            &Scratch::new("payloads"),
            "bean-check",
            &[],
            "books.beancount",
            &journal,
            &[],
        );
        assert!(check.status.success(), "{check:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_program_shows_the_payloads_and_runs_none() {
    if !there("soffice", "libreoffice-calc-nogui") {
        return;
    }
    let stage = Stage::open().await;
    for payload in ["=1+1", "=HYPERLINK(\"http://x.example/\",\"see\")", "@SUM(1)", "＝1+1"] {
        let party = json!({"kind": "brand", "external_id": format!("X{}", payload.len()), "name": payload});
        stage.accepted("/v1/parties", party).await;
        let legs = json!([{"party": format!("X{}", payload.len()), "account": "commission", "amount": cny("-1.00")},
            {"account": "income", "amount": cny("1.00")}]);
        stage.clock("2026-06-20T12:00:00+08:00").await;
        adjusted(&stage, payload, legs).await;
    }
    let folder = Scratch::new("payload");
    let home = format!("-env:UserInstallation=file://{}/home", folder.path().display());
    let csv = taken(&stage, "/v1/exports/vouchers?period=2026-06&by_party=true").await;
    let before = [
        home.as_str(),
        "--headless",
        "--infilter=CSV:44,34,76,1",
        "--convert-to",
        "fods",
        "--outdir",
        ".",
    ];
    let said = run(&folder, "soffice", &before, "vouchers.csv", &csv, &[]);
    assert!(said.status.success(), "{said:?}");
    let flat = std::fs::read_to_string(folder.path().join("vouchers.fods")).unwrap();
    assert!(
        flat.contains("1+1") && !flat.contains("table:formula"),
        "nothing is run"
    );
}
