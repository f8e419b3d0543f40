//! Mappings and rows: what they accept, what they refuse, and that no bytes make them panic.
//! It must never need a database or a file of the machine.

use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;
use uuid::Uuid;

use super::emit::{Emitted, RowFault, Taken, Told};
use super::field::{Spec, Unit, outside_id};
use super::plan::{Cells, Plan};
use super::ready::READY;
use super::source::{Next, Rows};
use crate::base::{BookId, PartyKind};
use crate::domain::order::What;
use crate::money::{Currency, Minor};

mod formats;
mod ready;

const BOOK: BookId = BookId(Uuid::from_u128(7));

/// Every row of some bytes under a mapping: what it told, or its fault.
fn read(plan: &Plan, bytes: &[u8]) -> Vec<Result<Vec<Told>, RowFault>> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let mut rows = match Rows::read(Path::new("a file"), input, plan) {
        Ok(rows) => rows,
        Err(_) => return Vec::new(),
    };
    let (mut cells, mut out, mut all) = (Cells::default(), Emitted::default(), Vec::new());
    loop {
        match rows.next(&mut cells) {
            Ok(Next::Row) => {
                let taken = plan.row(BOOK, &cells, 1, &mut out);
                all.push(taken.map(|_| out.told.clone()));
            }
            Ok(Next::Bad(fault)) => all.push(Err(fault)),
            Ok(Next::End) | Err(_) => return all,
        }
    }
}

fn ready(name: &str) -> Plan {
    Plan::parse(super::ready::find(name).unwrap()).unwrap()
}

fn facts(told: &[Told]) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for one in told {
        match one {
            Told::Fact(fact) => facts.push((fact.what.kind(), fact.at.to_string())),
            Told::Click(click) => facts.push(("click", click.at.to_string())),
            Told::Return(returned) => facts.push(("return", returned.at.to_string())),
            Told::Receipt(receipt) => facts.push(("receipt", receipt.at.to_string())),
            Told::Offer(offer) => facts.push(("offer", offer.terms.product_no.to_string())),
        }
    }
    facts
}

#[test]
fn every_ready_mapping_compiles_and_its_stand_ins_are_labelled() {
    for (name, text) in READY {
        let mapping = super::Mapping::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(mapping.name, name);
        Plan::compile(&mapping).unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Some(setup) = &mapping.setup {
            assert_eq!(setup.label, "stand-in, not data of the file");
            assert!(setup.commands(name, BOOK).unwrap().len() >= 2, "{name}");
        }
    }
}

#[test]
fn a_tmall_row_with_a_refund_tells_created_paid_and_refunded() {
    let file = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n\
        1,178.8,0.0,上海,2020-02-21 00:00:00,,0.0\n\
        6,327.7,148.9,浙江省,2020-02-20 23:56:39,2020-02-20 23:56:53,178.8\n";
    let rows = read(&ready("tmall-report"), file.as_bytes());
    assert_eq!(
        facts(rows[0].as_ref().unwrap()),
        [("order.created", "2020-02-20T16:00:00.000000Z".into())]
    );
    let told = rows[1].as_ref().unwrap();
    assert_eq!(
        facts(told),
        [
            ("order.created", "2020-02-20T15:56:39.000000Z".into()),
            ("order.paid", "2020-02-20T15:56:53.000000Z".into()),
            ("refund_case.won", "2020-02-21T15:56:53.000000Z".into()),
        ]
    );
    let Told::Fact(refund) = &told[2] else { panic!() };
    let What::RefundWon { goods, deducted, .. } = &refund.what else {
        panic!()
    };
    assert_eq!(
        (*goods, *deducted, refund.currency),
        (Minor(17880), true, Some(Currency::CNY))
    );
    assert_eq!(refund.about.promoter.unwrap().kind(), PartyKind::Anchor);
}

#[test]
fn a_last_line_that_is_cut_off_is_reported_and_not_used() {
    let file = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n\
        2019-10-01 00:00:00 UTC,view,44600062,2103,,shiseido,35.79,541312140,72d76fde\n\
        2019-10-01 02:50:00 UTC,view,10900305,2053,appliances,elenberg,25.71,52040330";
    let rows = read(&ready("rees46-events"), file.as_bytes());
    assert_eq!(
        facts(rows[0].as_ref().unwrap()),
        [("click", "2019-10-01T00:00:00.000000Z".into())]
    );
    assert_eq!(rows[1].as_ref().unwrap_err().code, "row_cut_off");
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_buy_without_a_price_is_an_order_of_nothing() {
    let rows = read(
        &ready("taobao-userbehavior"),
        b"1,2268318,2520377,buy,1511544070\n1,2,3,fav,1511544070\n",
    );
    let Told::Fact(fact) = &rows[0].as_ref().unwrap()[0] else {
        panic!()
    };
    assert!(matches!(
        fact.what,
        What::Created {
            payable: Some(Minor::ZERO),
            ..
        }
    ));
    assert!(rows[1].as_ref().unwrap().is_empty(), "a favourite is left out");
}

#[test]
fn identical_rows_without_a_number_are_told_apart_by_their_occurrence() {
    let plan = ready("taobao-userbehavior");
    assert!(plan.counts_identical_rows);
    let mut cells = Cells::default();
    cells.reset(plan.columns.len());
    let row = [
        ("user", "1"),
        ("item", "2"),
        ("category", "3"),
        ("behaviour", "buy"),
        ("at", "1511544070"),
    ];
    for (slot, column) in plan.columns.iter().enumerate() {
        let (_, cell) = row.iter().find(|(name, _)| *name == column.name).unwrap();
        cells.set(slot, cell);
    }
    let line_of = |ordinal| {
        let mut out = Emitted::default();
        assert_eq!(plan.row(BOOK, &cells, ordinal, &mut out).unwrap(), Taken::Told);
        match &out.told[0] {
            Told::Fact(fact) => fact.line,
            Told::Click(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_) => panic!(),
        }
    };
    assert_eq!(line_of(1), line_of(1));
    assert_ne!(line_of(1), line_of(2));
}

#[test]
fn quotes_may_hold_delimiters_line_ends_and_quotes() {
    let text = "name = \"t\"\n[source]\nplatform = \"p\"\n[[emit]]\nkind = \"closed\"\n\
        fields.line_no = \"no\"\nfields.at = \"at\"\nfields.reason = \"why\"\n";
    let plan = Plan::parse(text).unwrap();
    let file = "\u{feff}no,why,at\r\n1,\"a, \"\"b\"\"\nc\",2026-01-01T00:00:00Z\r\n\r\n2,x,2026-01-01T00:00:00Z\r\n";
    let rows = read(&plan, file.as_bytes());
    assert_eq!(rows.len(), 2);
    let Told::Fact(fact) = &rows[0].as_ref().unwrap()[0] else {
        panic!()
    };
    assert_eq!(
        fact.what,
        What::Closed {
            reason: Some("a, \"b\"\nc".into())
        }
    );
}

#[test]
fn nested_json_is_named_by_its_path_and_large_numbers_stay_exact() {
    let text = "name = \"t\"\n[source]\nformat = \"ndjson\"\nplatform = \"p\"\ncurrency = \"CNY\"\n[[emit]]\n\
        kind = \"paid\"\nfields.line_no = \"order.no\"\nfields.at = { column = \"at\", time = \"epoch_ms\" }\n\
        fields.amount = { column = \"order.fen.0\", unit = \"minor\" }\n";
    let plan = Plan::parse(text).unwrap();
    let file = "{\"order\":{\"no\":451367485256392200,\"fen\":[790]},\"at\":1511544070123}\n{\"order\":\n";
    let rows = read(&plan, file.as_bytes());
    let Told::Fact(fact) = &rows[0].as_ref().unwrap()[0] else {
        panic!()
    };
    assert_eq!(fact.line_no.as_str(), "451367485256392200");
    assert!(matches!(fact.what, What::Paid { amount: Minor(790), .. }));
    assert_eq!(rows[1].as_ref().unwrap_err().code, "json_form");
}

#[test]
fn a_row_longer_than_the_bound_is_rejected_and_the_next_one_is_read() {
    let long = "9".repeat(200_000);
    let file = format!("1,{long},3,pv,1511544070\n1,2,3,pv,1511544070\n");
    let rows = read(&ready("taobao-userbehavior"), file.as_bytes());
    assert_eq!(rows[0].as_ref().unwrap_err().code, "row_too_long");
    assert!(rows[1].is_ok());
}

#[test]
fn a_number_mangled_by_a_spreadsheet_is_refused_by_name() {
    assert_eq!(outside_id("6.91E+18").unwrap_err().code, "id_mangled");
    assert_eq!(outside_id("SE12").unwrap().as_str(), "SE12");
    assert_eq!(outside_id("店 1").unwrap().as_str(), "pct::E5:BA:97:201");
    assert!(outside_id(&"店".repeat(100)).unwrap().as_str().starts_with("sha:"));
}

#[test]
fn an_amount_with_more_decimals_than_its_currency_keeps_the_difference() {
    let read = |text| Spec::default().amount(text, None, Currency::CNY).unwrap();
    assert_eq!(
        (read("178.8").minor, read("178.8").difference.to_string()),
        (Minor(17880), "0.0".into())
    );
    assert_eq!(
        (read("0.005").minor, read("0.005").difference.to_string()),
        (Minor(1), "-0.005".into())
    );
    let fen = Spec {
        unit: Unit::Minor,
        ..Spec::default()
    };
    assert_eq!(fen.amount("790", None, Currency::CNY).unwrap().minor, Minor(790));
    for wrong in ["", "1e5", "1,000", "NaN", "１", "--1", "1_0"] {
        assert_eq!(
            Spec::default().amount(wrong, None, Currency::CNY).unwrap_err().code,
            "amount_form",
            "{wrong:?}"
        );
    }
}

#[test]
fn a_mapping_that_makes_no_sense_is_told_in_one_sentence() {
    let head = "name = \"t\"\n[source]\nplatform = \"p\"\n[[emit]]\n";
    for (body, says) in [
        (
            "kind = \"paid\"\nfields.line_no = \"no\"\nfields.at = \"at\"",
            "needs the field \"amount\"",
        ),
        (
            "kind = \"closed\"\nfields.line_no = \"no\"\nfields.at = \"at\"\nfields.amount = \"x\"",
            "has no field",
        ),
        (
            "kind = \"closed\"\nfields.line_no = {}\nfields.at = \"at\"",
            "exactly one of column",
        ),
        ("kind = \"sold\"", "unknown variant"),
    ] {
        let error = Plan::parse(&format!("{head}{body}\n")).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_bytes_of_a_file_make_a_mapping_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&ready_once("taobao-userbehavior"), &bytes);
    }

    #[test]
    fn no_rows_that_look_right_make_a_mapping_panic(
        cells in proptest::collection::vec("[0-9a-z,\"\n.:E+-]{0,12}|[0-9]{1,19}|buy|pv", 0..40),
    ) {
        read(&ready_once("taobao-userbehavior"), cells.join(",").as_bytes());
    }

    #[test]
    fn no_text_makes_the_parser_of_mappings_panic(text in "(?s).{0,200}") {
        let _ = Plan::parse(&text);
    }

    #[test]
    fn no_text_makes_an_amount_or_an_id_panic(text in "(?s).{0,80}|-?[0-9]{0,30}\\.?[0-9]{0,30}") {
        let _ = Spec::default().amount(&text, None, Currency::CNY);
        let _ = Spec { unit: Unit::Minor, negate: true, ..Spec::default() }.amount(&text, None, Currency::CNY);
        let _ = outside_id(&text);
    }
}

/// Compiled once: the property tests run it ten thousand times.
fn ready_once(name: &str) -> Plan {
    use std::sync::OnceLock;
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| ready(name)).clone()
}
