//! Tests of layouts and of the comparison, without a database.
//! Must never need a file of the outside.

use std::collections::HashMap;

use uuid::Uuid;

use super::*;
use crate::base::{BookId, LineId, Month, PartyId, PartyKind};
use crate::money::Minor;

const LAYOUT: &str = r#"
name = "sheet"
[source]
platform = "taobao"
currency = "CNY"
[[ignore]]
column = "子订单"
among = ["合计"]
[columns]
line_no = "子订单"
anchor = { column = "主播", optional = true }
period = { column = "记账月", optional = true }
[amounts]
commission = ["线上佣金"]
fees = ["技术服务费", "平台服务费"]
anchor = [{ column = "主播分成(分)", unit = "minor" }]
"#;

const MONTH: Month = Month { year: 2026, month: 6 };

fn anchor(n: u128) -> PartyId {
    PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(n))
}

fn compared(sheet: &str, tolerance: i64) -> (Vec<(Kind, String)>, Summary) {
    let folder = std::env::temp_dir().join(format!("fenzhang-compare-{}.csv", Uuid::now_v7().simple()));
    let header = "子订单,主播,记账月,线上佣金,技术服务费,平台服务费,主播分成(分)\n";
    std::fs::write(&folder, format!("{header}{sheet}")).unwrap();
    let layout = Layout::parse(LAYOUT).unwrap();
    let mut anchors = Anchors::default();
    anchors.tell(anchor(1), "李晓".to_owned(), Some("A1".to_owned()));
    anchors.tell(anchor(2), "王芳".to_owned(), None);
    let book = BookId(Uuid::nil());
    let mut comparison = Comparison::begin(&layout, book, MONTH, Minor(tolerance), anchors);
    for (no, promoter) in [("1", 1), ("2", 2), ("3", 1)] {
        let here = Here {
            line_no: no.into(),
            promoter: Some(anchor(promoter)),
            amounts: [Minor(123_450), Minor(300), Minor(0), Minor(1_000)],
            seen: false,
        };
        comparison.here(LineId::of(book, "taobao", no), here).unwrap();
    }
    let mut found = Vec::new();
    let mut out = |difference: Difference| {
        found.push((difference.kind, difference.line_no));
        Ok(())
    };
    comparison.read(&folder, &mut out).unwrap();
    std::fs::remove_file(&folder).unwrap();
    let july = Month { year: 2026, month: 7 };
    let elsewhere: HashMap<LineId, Elsewhere> = comparison
        .to_look_up()
        .into_iter()
        .filter(|line| *line == LineId::of(book, "taobao", "7"))
        .map(|line| (line, Elsewhere::Settled(july)))
        .collect();
    let summary = comparison.end(&elsewhere, &mut out).unwrap();
    (found, summary)
}

const EQUAL: &str = "1,李晓,2026-06,\"1,234.50\",1.00,2.00,1000\n2,王芳,202606,¥1234.50,3,,1000\n3,A1,2026年6月,1234.5,3.00,0,1000\n合计,,,3703.50,,,\n";

#[test]
fn a_sheet_that_says_the_same_in_its_own_spelling_has_no_difference() {
    let (found, summary) = compared(EQUAL, 0);
    assert_eq!(found, []);
    assert_eq!((summary.rows, summary.ignored, summary.equal), (4, 1, 3));
    let sums = &summary.anchors["李晓"];
    assert_eq!(
        (sums.lines, sums.there, sums.here),
        (
            (2, 2),
            [Minor(246_900), Minor(600), Minor(0), Minor(2_000)],
            [Minor(246_900), Minor(600), Minor(0), Minor(2_000)]
        )
    );
}

#[test]
fn every_kind_of_difference_is_told_by_line() {
    let sheet = "1,王芳,2026-06,1234.50,3.00,,1001\n1,李晓,2026-06,1234.50,3.00,,1000\n2,王芳,2026-05,1234.50,3.00,,1000\n7,王芳,2026-06,1.00,0,,0\n8,王芳,2026-06,1.00,0,,0\n9,王芳,2026-05,1.00,0,,0\n4,王芳,2026-06,abc,0,,0\n";
    let (found, summary) = compared(sheet, 0);
    let of = |kind, no: &str| (kind, no.to_owned());
    assert_eq!(
        found,
        [
            of(Kind::AnchorDiffers, "1"),
            of(Kind::AmountDiffers, "1"),
            of(Kind::TwiceThere, "1"),
            of(Kind::PeriodDiffers, "2"),
            of(Kind::Unreadable, ""),
            of(Kind::PeriodDiffers, "7"),
            of(Kind::MissingHere, "8"),
            of(Kind::MissingThere, "3"),
        ]
    );
    assert_eq!((summary.rows, summary.other_months, summary.equal), (7, 1, 0));
}

#[test]
fn a_tolerance_is_only_what_is_asked_for() {
    let sheet = EQUAL.replacen("1.00,2.00,1000", "1.00,2.00,1002", 1);
    assert_eq!(compared(&sheet, 0).0.len(), 1);
    assert_eq!(compared(&sheet, 1).0.len(), 1);
    assert_eq!(compared(&sheet, 2).0, []);
}

#[test]
fn a_layout_that_makes_no_sense_is_one_sentence() {
    assert!(
        Layout::parse(&LAYOUT.replace("currency = \"CNY\"\n", ""))
            .unwrap_err()
            .to_string()
            .contains("currency")
    );
    assert!(Layout::parse(&LAYOUT.replace("commission =", "comission =")).is_err());
}
