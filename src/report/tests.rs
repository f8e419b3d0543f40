//! Tests of what needs no database: sentences, CSV cells, pages.
//! Must never need one.

use super::csv::{CsvRows, cell};
use super::*;
use crate::money::Rate;

#[test]
fn text_that_a_spreadsheet_would_run_is_disarmed_and_amounts_are_left_alone() {
    for risky in ["=1+1", "+1", "-1", "@SUM", "\tx", "\rx", "＝1", "＋1", "－1", "＠x"] {
        assert!(cell(risky).starts_with('\''), "{risky:?}");
    }
    assert_eq!(cell("普通"), "普通");
    let mut out = Vec::new();
    let mut rows = CsvRows::start(&mut out, &["名称", "金额"]).unwrap();
    rows.row(&["=cmd|' /C calc'!A0".into(), Cell::Number("-19.50".into())])
        .unwrap();
    rows.finish().unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\u{feff}名称,金额\r\n'=cmd|' /C calc'!A0,-19.50\r\n"
    );
}

#[test]
fn rates_are_said_in_percent_without_trailing_zeros() {
    let said = |ppm| reason::percent(Rate::from_ppm(ppm).unwrap());
    assert_eq!(
        [said(200_000), said(15_000), said(1), said(1_000_000)],
        ["20 %", "1.5 %", "0.0001 %", "100 %"]
    );
}

#[test]
fn a_span_is_said_in_its_largest_whole_unit() {
    let said = |seconds| reason::span(seconds).0;
    assert_eq!(
        [said(59), said(60), said(10_800), said(1_296_000)],
        ["59 s", "1 min", "3 h", "15 days"]
    );
    assert_eq!(reason::span(1_296_000).1, "15 天");
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let page = Page::after(Some("1~2".into()), 10);
    assert!(matches!(page.parts::<1>(), Err(ReportError::Cursor)));
    assert_eq!(page.parts::<2>().unwrap(), Some(["1", "2"]));
}

#[test]
fn amounts_stand_right_aligned_in_a_table() {
    let mut table = Table::new("t", &["name", "amount"]);
    table.push(["a".into(), Cell::Number("1.00".into())]);
    table.push(["b".into(), Cell::Number("-1234.50".into())]);
    let text = table.text();
    assert!(text.contains("    1.00 "), "{text}");
}

#[test]
fn every_report_has_a_name_of_its_own() {
    let mut names: Vec<&str> = REGISTRY.iter().map(|report| report.name).collect();
    names.dedup();
    assert_eq!(names.len(), REGISTRY.len());
}

#[test]
fn every_statement_names_its_log_and_every_file_is_registered() {
    let registered: Vec<&Statement> = REGISTRY
        .iter()
        .flat_map(|report| report.statements)
        .chain(SHARED.iter().copied().flatten())
        .collect();
    for statement in &registered {
        let code: String = statement.sql.lines().filter(|line| !line.starts_with("--")).collect();
        // What sets a session's own time reads no table.
        let reads = code.contains("from ");
        assert!(
            !reads || code.contains("log = $1"),
            "{}.sql names no log",
            statement.file
        );
        assert!(!code.contains(';'), "{}.sql is not one statement", statement.file);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/sql");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".sql").expect("only .sql files");
        assert!(
            registered.iter().any(|statement| statement.file == name),
            "{name}.sql is not registered"
        );
    }
}

/// INVARIANT: no statement classifies a leg by the kind of its event: the leg carries its part.
#[test]
fn the_part_of_a_leg_is_decided_in_one_place() {
    for text in [
        include_str!("../store/sql/sheet_moves.sql"),
        include_str!("../store/sql/guaranteed_page.sql"),
        include_str!("../store/sql/reserved_page.sql"),
        include_str!("sql/explain_groups.sql"),
        include_str!("sql/explain_leaves.sql"),
        include_str!("sql/settlement_rows.sql"),
    ] {
        assert!(text.contains("part"), "{text}");
        assert!(!text.contains("e.kind") && !text.contains("payload"), "{text}");
    }
}
