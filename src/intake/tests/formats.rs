//! Forms of files: workbooks, GBK, JSON documents, aliases, units of rates, and which mapping a file fits.
//! It must never need a file of the machine.

use std::io::{Cursor, Write};
use std::path::Path;

use encoding_rs::GB18030;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::{facts, read};
use crate::domain::order::What;
use crate::intake::detect::{Detected, detect};
use crate::intake::emit::Told;
use crate::intake::field::{RateUnit, Spec};
use crate::intake::plan::Plan;
use crate::intake::source::{Next, Rows, SourceError};
use crate::intake::{Mapping, RowFault};
use crate::money::{Minor, Rate, Rounding};

/// A closed fact whose reason is one column: what a cell is read as.
fn cell_of(column: &str, source: &str) -> Plan {
    Plan::parse(&format!(
        "name = \"t\"\n[source]\nplatform = \"p\"\n{source}\n[[emit]]\nkind = \"closed\"\n\
         fields.line_no = {{ value = \"1\" }}\nfields.at = {{ value = \"2026-01-01T00:00:00Z\" }}\n\
         fields.reason = {{ column = \"{column}\", optional = true }}\n"
    ))
    .unwrap()
}

fn reasons(rows: &[Result<Vec<Told>, RowFault>]) -> Vec<Result<Option<&str>, &'static str>> {
    let mut reasons = Vec::new();
    for row in rows {
        reasons.push(match row {
            Ok(told) => match &told[0] {
                Told::Fact(fact) => match &fact.what {
                    What::Closed { reason } => Ok(reason.as_deref()),
                    _ => panic!(),
                },
                Told::Click(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_) => panic!(),
            },
            Err(fault) => Err(fault.code),
        });
    }
    reasons
}

fn open(plan: &Plan, bytes: &[u8]) -> Result<Rows, SourceError> {
    Rows::read(Path::new("a file"), Box::new(Cursor::new(bytes.to_vec())), plan)
}

fn refused(plan: &Plan, bytes: &[u8]) -> &'static str {
    match open(plan, bytes) {
        Err(SourceError::Header { fault, .. }) => fault.code,
        Err(SourceError::Io { .. }) => "io",
        Ok(_) => "",
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

const ROWS: &str = "编号,品名\n1,\"品彩拖鞋，\n女夏\"\n2,对联大礼包\n1,\"品彩拖鞋，\n女夏\"\n";

#[test]
fn gbk_is_read_as_what_it_says_stated_or_not_and_gzipped() {
    let (gbk, _, lossy) = GB18030.encode(ROWS);
    assert!(!lossy && std::str::from_utf8(&gbk).is_err());
    let expected = [
        Ok(Some("品彩拖鞋，\n女夏")),
        Ok(Some("对联大礼包")),
        Ok(Some("品彩拖鞋，\n女夏")),
    ];
    for source in ["", "encoding = \"gbk\""] {
        let plan = cell_of("品名", source);
        assert_eq!(reasons(&read(&plan, &gbk)), expected);
        assert_eq!(reasons(&read(&plan, &gzip(&gbk))), expected);
    }
    let utf8 = format!("\u{feff}{ROWS}");
    assert_eq!(reasons(&read(&cell_of("品名", ""), utf8.as_bytes())), expected);
    assert_eq!(refused(&cell_of("品名", "encoding = \"utf8\""), &gbk), "not_utf8");
}

#[test]
fn the_row_as_it_stands_is_kept_in_readable_letters() {
    let (gbk, ..) = GB18030.encode(ROWS);
    let plan = cell_of("品名", "");
    let mut rows = open(&plan, &gbk).unwrap();
    let mut cells = crate::intake::plan::Cells::default();
    assert_eq!(rows.next(&mut cells).unwrap(), Next::Row);
    assert_eq!(rows.raw(), "1,\"品彩拖鞋，\n女夏\"");
    assert_eq!((rows.number(), rows.bytes()), (1, gbk.len() as u64));
}

#[test]
fn a_file_does_not_change_its_letters_on_the_way() {
    let mut mixed = "no,name\n1,ok\n2,对联大礼包\n".as_bytes().to_vec();
    mixed.extend(&*GB18030.encode("3,节庆用品\n").0);
    mixed.extend(b"4,ok\n");
    let rows = read(&cell_of("name", ""), &mixed);
    assert_eq!(
        reasons(&rows),
        [Ok(Some("ok")), Ok(Some("对联大礼包")), Err("not_utf8"), Ok(Some("ok"))]
    );
}

/// A workbook as a spreadsheet writes it: texts, numbers, a time, a percentage, an empty row, and an id that it mangled.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let percent = Format::new().set_num_format("0.00%");
    let other = book.add_worksheet().set_name("说明").unwrap();
    other.write(0, 0, "not this one").unwrap();
    let sheet = book.add_worksheet().set_name("订单").unwrap();
    for (column, name) in ["子订单编号 ", "付款时间", "付款金额（元）", "佣金率", "备注"]
        .iter()
        .enumerate()
    {
        sheet.write(0, u16::try_from(column).unwrap(), *name).unwrap();
    }
    let paid = ExcelDateTime::parse_from_str("2020-01-17T18:27:02").unwrap();
    sheet.write(1, 0, "821039008321125986").unwrap();
    sheet.write_with_format(1, 1, &paid, &time).unwrap();
    sheet.write(1, 2, 4.65).unwrap();
    sheet.write_with_format(1, 3, 0.0135, &percent).unwrap();
    sheet.write(1, 4, "a, \"b\"\nc").unwrap();
    // Row 3 is empty.
    sheet.write(3, 0, 451_367_485_256_392_200.0).unwrap();
    sheet.write_with_format(3, 1, &paid, &time).unwrap();
    sheet.write(3, 2, 1).unwrap();
    sheet.write(4, 0, 1_234_567_890_123_456_f64).unwrap();
    sheet.write_with_format(4, 1, &paid, &time).unwrap();
    sheet.write(4, 2, "1.10").unwrap();
    sheet.write(4, 3, true).unwrap();
    book.save_to_buffer().unwrap()
}

fn orders(source: &str) -> Plan {
    Plan::parse(&format!(
        "name = \"t\"\n[source]\nplatform = \"p\"\ncurrency = \"CNY\"\nzone = \"Asia/Shanghai\"\n{source}\n\
         [aliases]\nline = [\"子订单编号\"]\namount = [\"付款金额(元)\"]\n[[emit]]\nkind = \"paid\"\n\
         fields.line_no = \"line\"\nfields.at = {{ column = \"付款时间\", time = \"%Y-%m-%d %H:%M:%S\" }}\n\
         fields.amount = \"amount\"\nfields.category = {{ column = \"备注\", optional = true }}\n"
    ))
    .unwrap()
}

#[test]
fn a_sheet_of_a_workbook_is_read_as_shown_and_a_mangled_id_is_refused() {
    for source in [
        "format = \"xlsx\"\nsheet = \"订单\"",
        "format = \"any\"\nsheet = \"订单\"",
        "sheet = \"订单\"",
    ] {
        let rows = read(&orders(source), &workbook());
        assert_eq!(rows.len(), 3, "an empty row is none");
        let Told::Fact(first) = &rows[0].as_ref().unwrap()[0] else {
            panic!()
        };
        assert_eq!(first.line_no.as_str(), "821039008321125986");
        assert_eq!(first.at.to_string(), "2020-01-17T10:27:02.000000Z");
        assert!(matches!(first.what, What::Paid { amount: Minor(465), .. }));
        assert_eq!(first.about.category.as_deref(), Some("a, \"b\"\nc"));
        assert_eq!(rows[1].as_ref().unwrap_err().code, "id_mangled");
        let Told::Fact(last) = &rows[2].as_ref().unwrap()[0] else {
            panic!()
        };
        assert_eq!(
            last.line_no.as_str(),
            "1234567890123456",
            "below 2^53 a spreadsheet is exact"
        );
        assert!(matches!(last.what, What::Paid { amount: Minor(110), .. }));
    }
}

#[test]
fn a_workbook_names_its_sheets_when_one_is_missing_and_reads_the_first_when_none_is_asked_for() {
    assert_eq!(
        refused(&orders("format = \"xlsx\"\nsheet = \"Orders\""), &workbook()),
        "sheet_missing"
    );
    assert_eq!(refused(&orders("format = \"xlsx\""), &workbook()), "column_missing");
    let first = read(&cell_of("not this one", "format = \"xlsx\""), &workbook());
    assert!(first.is_empty(), "a header and no rows");
    assert_eq!(
        refused(&orders("format = \"xlsx\""), b"PK\x03\x04 and nothing"),
        "xlsx_form"
    );
    assert_eq!(refused(&orders("format = \"xlsx\""), b"a,b\n"), "format_differs");
}

#[test]
fn a_percentage_of_a_workbook_keeps_its_sign() {
    let rows = read(&cell_of("佣金率", "format = \"xlsx\"\nsheet = \"订单\""), &workbook());
    assert_eq!(reasons(&rows), [Ok(Some("1.35%")), Ok(None), Ok(Some("TRUE"))]);
}

#[test]
fn a_list_in_a_json_document_is_read_whatever_stands_around_it() {
    let plan = cell_of("id", "format = \"json\"\nrows = \"a.rows\"");
    for document in [
        r#"{"x":[{"rows":[{"id":0}]}],"a":{"n":1,"rows":[{"id":451367485256392200},{"id":"]}\"\\","o":{"p":[1,2]}}],"z":"}"}}"#,
        "[ {\"a\": {\"rows\": [\n {\"id\":451367485256392200}\n]}},\n {\"a\":{\"rows\":[ {\"id\":\"]}\\\"\\\\\"} ]}} ]",
        "{\"a\":{\"rows\":[{\"id\":451367485256392200}]}}\n{\"a\":{\"rows\":[]}}\n{\"a\":{\"rows\":[{\"id\":\"]}\\\"\\\\\"}]}}\n",
    ] {
        let rows = read(&plan, document.as_bytes());
        assert_eq!(
            reasons(&rows),
            [Ok(Some("451367485256392200")), Ok(Some("]}\"\\"))],
            "{document}"
        );
    }
    let own = cell_of("id", "format = \"json\"");
    assert_eq!(
        reasons(&read(&own, b"[{\"id\":1},{\"id\":2}]")),
        [Ok(Some("1")), Ok(Some("2"))]
    );
    assert_eq!(refused(&plan, b"{\"a\":{}}"), "rows_missing");
    assert_eq!(refused(&plan, b"{\"a\":}}"), "json_form");
}

#[test]
fn a_json_document_that_is_cut_off_tells_its_rows_and_then_says_so() {
    let plan = cell_of("id", "format = \"json\"\nrows = \"rows\"");
    for (document, expected) in [
        (
            "{\"rows\":[{\"id\":1},{\"id\":",
            vec![Ok(Some("1")), Err("file_cut_off")],
        ),
        ("{\"rows\":[{\"id\":1}]", vec![Ok(Some("1")), Err("file_cut_off")]),
        ("{\"rows\":[{\"id\":1},2]}", vec![Ok(Some("1")), Err("json_form")]),
        ("{\"rows\":[{\"id\":1}]}]", vec![Ok(Some("1")), Err("json_form")]),
    ] {
        assert_eq!(reasons(&read(&plan, document.as_bytes())), expected, "{document}");
    }
}

#[test]
fn any_form_is_recognised_by_its_beginning() {
    let plan = cell_of("id", "format = \"any\"\nrows = [\"rows\", \"\"]");
    let expected = [Ok(Some("7")), Ok(Some("8"))];
    for file in [
        "id,x\n7,a\n8,b\n",
        "id\tx\n7\ta\n8\tb\n",
        "{\"id\":7}\n{\"id\":8}\n",
        "{\"rows\":[{\"id\":7},{\"id\":8}]}",
        "{\n \"n\": 2,\n \"rows\": [ {\"id\":7}, {\"id\":8} ]\n}\n",
        "\u{feff} [{\"id\":7},{\"id\":8}]",
    ] {
        assert_eq!(reasons(&read(&plan, file.as_bytes())), expected, "{file}");
        assert_eq!(reasons(&read(&plan, &gzip(file.as_bytes()))), expected, "{file}");
    }
}

#[test]
fn a_column_has_any_of_its_headings_and_a_field_takes_the_first_column_that_is_filled() {
    let plan = Plan::parse(
        "name = \"t\"\n[source]\nplatform = \"p\"\nabsent = [\"--\"]\n[aliases]\nno = [\"订单编号\", \"Order\"]\n[[emit]]\n\
         kind = \"closed\"\nwhen = [{ column = \"no\", present = true }]\nfields.line_no = \"no\"\n\
         fields.at = [\"changed\", { column = \"made\", plus_seconds = 1 }]\n\
         fields.account = { column = \"acc\", absent = [\"0\"], optional = true }\n\
         fields.pid = { columns = [\"acc\", \"site\"], join = \"_\", prefix = \"mm_\", optional = true }\n",
    )
    .unwrap();
    for heading in ["no", "订单编号", " Order "] {
        let file = format!(
            "{heading},changed,made,acc,site\n1,--,2026-01-01T00:00:00Z,0,5\n2,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z,9,5\n\
             3,,--,9,--\n"
        );
        let rows = read(&plan, file.as_bytes());
        let at = |n: usize| facts(rows[n].as_ref().unwrap())[0].1.clone();
        assert_eq!(at(0), "2026-01-01T00:00:01.000000Z");
        assert_eq!(at(1), "2026-01-02T00:00:00.000000Z");
        let about = |n: usize| match &rows[n].as_ref().unwrap()[0] {
            Told::Fact(fact) => fact.about.clone(),
            Told::Click(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_) => panic!(),
        };
        assert_eq!((about(0).account, about(0).pid.unwrap().as_str()), (None, "mm_0_5"));
        assert_eq!(
            (about(1).account.unwrap().as_str(), about(1).pid.unwrap().as_str()),
            ("9", "mm_9_5")
        );
        let fault = rows[2].as_ref().unwrap_err();
        assert_eq!(
            (fault.code, fault.column.as_deref()),
            ("value_missing", Some("changed"))
        );
    }
    let unread = "name = \"t\"\n[source]\nplatform = \"p\"\n[aliases]\nx = [\"y\"]\n[[emit]]\nkind = \"closed\"\n\
        fields.line_no = \"no\"\nfields.at = \"at\"\n";
    assert!(Plan::parse(unread).unwrap_err().to_string().contains("nothing reads"));
}

fn rate(unit: RateUnit, text: &str) -> Result<Rate, &'static str> {
    let spec = Spec {
        rate: unit,
        ..Spec::default()
    };
    spec.rate(text).map_err(|fault| fault.code)
}

#[test]
fn every_unit_of_a_rate_is_read_exactly_or_refused() {
    for (unit, text, ppm) in [
        (RateUnit::Fraction, "0.0999", 99_900),
        (RateUnit::Percent, "9.99", 99_900),
        (RateUnit::Percent, "30.00%", 300_000),
        (RateUnit::Permille, "1.35 %", 13_500),
        (RateUnit::PercentX100, "1550", 155_000),
        (RateUnit::PercentX100, "1234", 123_400),
        (RateUnit::RatioX10000, "3500", 350_000),
        (RateUnit::BasisPoints, "800", 80_000),
        (RateUnit::Permille, "350", 350_000),
        (RateUnit::Per100000, "1000", 10_000),
        (RateUnit::Ppm, "22000", 22_000),
        (RateUnit::Percent, "100", 1_000_000),
        (RateUnit::Percent, "0", 0),
    ] {
        assert_eq!(rate(unit, text).unwrap().ppm(), ppm, "{unit:?} {text}");
    }
    assert_eq!(
        rate(RateUnit::Percent, "9.99999"),
        Err("rate_form"),
        "finer than a part in a million"
    );
    assert_eq!(rate(RateUnit::Percent, "100.01"), Err("rate_out_of_range"));
    assert_eq!(rate(RateUnit::Fraction, "30"), Err("rate_out_of_range"));
    for wrong in ["", "%", "-1", "1e1", "1,5", "１"] {
        assert_eq!(rate(RateUnit::Percent, wrong), Err("rate_form"), "{wrong:?}");
    }
}

#[test]
fn at_04_to_at_07_rates_come_out_of_their_units_exactly() {
    let percent = |text| rate(RateUnit::Percent, text).unwrap();
    // AT-04: 10 % overall, 3 % special service, 7 % shown.
    assert_eq!(percent("7").plus(percent("3.00")).unwrap(), percent("10"));
    // AT-05: two subsidies of 1 % are 2 %.
    assert_eq!(percent("1").plus(percent("1")).unwrap(), percent("2"));
    // AT-06: 109.90 at 800 basis points is 8.79.
    let points = rate(RateUnit::BasisPoints, "800").unwrap();
    assert_eq!(points.of(Minor(10_990), Rounding::HalfUp).unwrap(), Minor(879));
    // AT-07: 3500 is 35 %, 1550 is 15.5 %, 1234 is 12.34 %, 22000 is 2.2 %.
    assert_eq!(rate(RateUnit::RatioX10000, "3500").unwrap(), percent("35"));
    assert_eq!(rate(RateUnit::PercentX100, "1550").unwrap(), percent("15.5"));
    assert_eq!(rate(RateUnit::PercentX100, "1234").unwrap(), percent("12.34"));
    assert_eq!(rate(RateUnit::Ppm, "22000").unwrap(), percent("2.2"));
}

fn detected(bytes: &[u8]) -> Detected {
    detect(|plan| open(plan, bytes)).unwrap()
}

#[test]
fn the_ready_mapping_that_a_file_fits_is_named_with_its_reason() {
    let tmall = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n\
        1,178.8,0.0,上海,2020-02-21 00:00:00,,0.0\n";
    let report = detected(tmall.as_bytes());
    assert_eq!(report.best, Some("tmall-report"));
    assert_eq!(
        report.fits[0].reason(),
        "the file has 5 of its 5 columns; understands 1 of the first 1 rows"
    );
    let (gbk, ..) = GB18030.encode(tmall);
    assert_eq!(detected(&gzip(&gbk)).best, Some("tmall-report"));
    let snapshot = "platform,line_no,at,paid,currency\nx,1,2026-01-01T00:00:00Z,1.00,CNY\n";
    assert_eq!(detected(snapshot.as_bytes()).best, Some("generic-snapshots"));
    let fact = "platform,line_no,fact,at,amount,currency\nx,1,paid,2026-01-01T00:00:00Z,1.00,CNY\n";
    assert_eq!(detected(fact.as_bytes()).best, Some("generic-orders"));
    let clicks = "platform,at,buyer,promoter,item_no\nx,2026-01-01T00:00:00Z,b,a,1\n";
    assert_eq!(detected(clicks.as_bytes()).best, Some("generic-clicks"));
    let nothing = detected(b"a,b\n1,2\n");
    assert_eq!((nothing.best, nothing.alike()), (None, Vec::new()));
    assert!(
        nothing
            .fits
            .iter()
            .any(|fit| fit.fault.as_ref().is_some_and(|fault| fault.code == "column_missing"))
    );
}

#[test]
fn a_gbk_file_with_a_sign_that_may_be_half_a_letter_is_refused_in_the_mapping() {
    let text = "name = \"t\"\n[source]\nplatform = \"p\"\nencoding = \"gbk\"\ndelimiter = \"|\"\n[[emit]]\nkind = \"closed\"\n\
        fields.line_no = \"no\"\nfields.at = \"at\"\n";
    assert!(Mapping::parse(text).unwrap_err().to_string().contains("GBK"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_in_gbk_is_read_back(words in proptest::collection::vec("[\u{4e00}-\u{9fa5}a-z0-9 \",\n]{1,12}", 1..8)) {
        let mut file = String::from("编号,品名\n");
        for (n, word) in words.iter().enumerate() {
            file.push_str(&format!("{n},\"{}\"\n", word.replace('"', "\"\"")));
        }
        let (gbk, ..) = GB18030.encode(&file);
        let rows = read(&cell_of("品名", ""), &gbk);
        let expected: Vec<Option<&str>> = words.iter().map(|word| Some(word.trim()).filter(|word| !word.is_empty())).collect();
        let told: Vec<Option<&str>> = reasons(&rows).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn any_list_of_json_is_read_back(ids in proptest::collection::vec("[0-9]{1,25}", 0..6), words in "(?s).{0,20}") {
        let words = serde_json::to_string(&words).unwrap();
        let rows: Vec<String> = ids.iter().map(|id| format!("{{\"w\":{words},\"id\":\"{id}\"}}")).collect();
        let document = format!("{{{words}:[{{}}],\"rows\":[{}],\"rest\":{words}}}", rows.join(" , "));
        let rows = read(&cell_of("id", "format = \"json\"\nrows = \"rows\""), document.as_bytes());
        let told: Vec<Option<&str>> = reasons(&rows).into_iter().map(Result::unwrap).collect();
        let expected: Vec<Option<&str>> = ids.iter().map(|id| Some(id.as_str())).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn no_bytes_make_a_form_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in "any|json|ndjson|csv") {
        read(&cell_of("id", &format!("format = \"{form}\"\nrows = [\"rows\", \"\"]")), &bytes);
    }

    #[test]
    fn no_json_like_text_makes_a_form_panic(text in "[\\[\\]{}\",:\\\\ rowsid0-9\n]{0,60}") {
        for form in ["any", "json"] {
            read(&cell_of("id", &format!("format = \"{form}\"\nrows = [\"rows\", \"\"]")), text.as_bytes());
        }
    }
}
