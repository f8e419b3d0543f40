//! The parallel run as finance does it: a sheet of the sample month with differences planted in it, found one by one.
//! It must never ask the product what it should find: the sheet is made from legs, the plants are made here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Command, Output};

use fenzhang::sample::{self, Size, load};

use crate::engine::engine_on;
use crate::support::folder::Scratch;
use crate::support::pg::{TestDb, fresh_db};

const SIZE: Size = Size {
    anchors: 48,
    agencies: 6,
    brands: 6,
    items: 40,
    clicks: 2_400,
    orders: 600,
};

const LAYOUT: &str = r#"
name = "sheet"
[source]
platform = "taobao"
currency = "CNY"
[[ignore]]
column = "子订单号"
among = ["合计"]
[columns]
line_no = "子订单号"
anchor = "主播"
period = "记账月"
[amounts]
commission = ["线上佣金"]
fees = ["技术服务费", "直播分成"]
agency = ["机构分成"]
anchor = ["主播分成"]
"#;

/// A row of the sheet; amounts in fen.
#[derive(Clone)]
struct Row {
    line_no: String,
    anchor: String,
    month: &'static str,
    amounts: [i64; 5],
}

async fn rows(db: &TestDb) -> Vec<Row> {
    let sql = "with moved as (
            select l.line, p.external_id as who, l.account, l.amount, get_byte(uuid_send(l.owner), 0) as tag
            from leg l left join party p on p.log = l.log and p.party = l.owner
            where l.layer = 1 and l.period = 202511 and l.line is not null and l.account <> 3)
        select ln.line_no, a.name,
            -coalesce(sum(m.amount) filter (where m.account = 6), 0)::bigint,
            coalesce(sum(m.amount) filter (where m.who = 'alimama'), 0)::bigint,
            coalesce(sum(m.amount) filter (where m.who = 'live'), 0)::bigint,
            coalesce(sum(m.amount) filter (where m.who like 'M%'), 0)::bigint,
            coalesce(sum(m.amount) filter (where m.who like 'A%' or m.who like 'T%'), 0)::bigint
        from moved m join line ln on ln.line = m.line join party a on a.log = ln.log and a.party = ln.promoter
        group by 1, 2 having sum(abs(m.amount)) > 0 and sum(m.amount) filter (where m.account = 6) <> 0 order by 1";
    let found = db.client().await.query(sql, &[]).await.unwrap();
    let row = |row: &tokio_postgres::Row| Row {
        line_no: row.get(0),
        anchor: row.get(1),
        month: "2025-11",
        amounts: [2, 3, 4, 5, 6].map(|column| row.get(column)),
    };
    found.iter().map(row).collect()
}

fn written(rows: &[Row]) -> String {
    let mut sheet = "\u{feff}子订单号,主播,记账月,线上佣金,技术服务费,直播分成,机构分成,主播分成\r\n".to_owned();
    let yuan = |fen: i64| {
        let sign = if fen < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
    };
    for row in rows {
        let amounts = row.amounts.map(yuan).join(",");
        let _ = write!(sheet, "{},{},{},{amounts}\r\n", row.line_no, row.anchor, row.month);
    }
    sheet.push_str("合计,,,0.00,,,,\r\n");
    sheet
}

/// What a difference is known by: kind, line, component.
type Known = (String, String, String);

fn plant(rows: &mut Vec<Row>) -> BTreeSet<Known> {
    assert!(rows.len() > 120, "{} settled lines are too few to plant in", rows.len());
    let mut planted = BTreeSet::new();
    let mut know = |kind: &str, no: &str, component: &str| {
        planted.insert((kind.to_owned(), no.to_owned(), component.to_owned()));
    };
    // Twenty amounts, one fen up or down, each another row; both fees are one component.
    let columns = [
        (0, "commission"),
        (1, "fees"),
        (2, "fees"),
        (3, "agency"),
        (4, "anchor"),
    ];
    for n in 0..20 {
        let (column, component) = columns[n % columns.len()];
        rows[3 * n].amounts[column] += if n % 2 == 0 { 1 } else { -1 };
        know("amount_differs", &rows[3 * n].line_no, component);
    }
    for n in 0..6 {
        let row = &mut rows[61 + n];
        row.anchor = if n == 0 {
            "=1+1".to_owned()
        } else {
            format!("somebody {n}")
        };
        know("anchor_differs", &row.line_no, "");
    }
    for row in &mut rows[70..74] {
        row.month = "2025-10";
        know("period_differs", &row.line_no, "");
    }
    for row in rows.drain(80..90) {
        know("missing_there", &row.line_no, "");
    }
    let mut twice = rows[90..92].to_vec();
    twice.iter().for_each(|row| know("twice_there", &row.line_no, ""));
    rows.append(&mut twice);
    for n in 0..8 {
        let line_no = format!("X{n:04}");
        know("missing_here", &line_no, "");
        rows.push(Row {
            line_no,
            anchor: "somebody".to_owned(),
            month: "2025-11",
            amounts: [100, 10, 20, 21, 49],
        });
    }
    planted
}

fn compare(db: &TestDb, folder: &Scratch, rows: &[Row]) -> (Output, BTreeSet<Known>, usize, String) {
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (layout, sheet, differences) = (at("layout.toml"), at("sheet.csv"), at("differences.csv"));
    std::fs::write(&layout, LAYOUT).unwrap();
    std::fs::write(&sheet, written(rows)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenzhang"));
    command.args([
        "compare",
        "--mapping",
        &layout,
        &sheet,
        "--period",
        "2025-11",
        "--book",
        "sample",
    ]);
    command
        .args(["--differences", &differences])
        .env("DATABASE_URL", db.url());
    let output = command.output().unwrap();
    let text = std::fs::read_to_string(&differences).unwrap_or_default();
    let mut found = BTreeSet::new();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    for line in &lines {
        let cells: Vec<&str> = line.split(',').collect();
        found.insert((cells[0].to_owned(), cells[2].to_owned(), cells[4].to_owned()));
    }
    (output, found, lines.len(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parallel_run_finds_50_planted_differences_and_no_other() {
    let db = fresh_db().await;
    let folder = Scratch::new("compare");
    let engine = engine_on(&db).await;
    load::load(&engine, SIZE, &mut |_, _| {}).await.unwrap();
    engine.stop().await;
    let _ = sample::book();
    let mut sheet = rows(&db).await;
    let (output, found, count, _) = compare(&db, &folder, &sheet);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        (found.len(), count),
        (0, 0),
        "the sheet of the ledger itself: {found:?}"
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("every anchor's sums are equal"), "{printed}");
    let planted = plant(&mut sheet);
    assert_eq!(planted.len(), 50);
    let (output, found, count, text) = compare(&db, &folder, &sheet);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(found, planted);
    assert_eq!(count, 50);
    assert!(
        text.contains(",'=1+1,"),
        "a cell that a spreadsheet would run is guarded"
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("somebody"), "sums per anchor: {printed}");
}
