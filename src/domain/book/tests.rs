//! Tests of the book: opening, formulas, periods, a sandbox's clock.
//! Must never need a database.

use super::decide::{cut_off, move_clock, name_owner, open, set_formula};
use super::*;
use crate::base::{BookId, FormulaId, Instant, PartyId, PartyKind, Zone};
use crate::domain::order::Settleable;
use crate::domain::order::pin::FeeOf;
use crate::domain::refusal::Refusal;
use crate::money::{Currency, Minor, Rate, Rounding};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn taker() -> PartyId {
    PartyId::of(BookId(uuid::Uuid::nil()), PartyKind::Platform, "taker")
}

fn opened(mode: BookMode) -> BookOpened {
    BookOpened {
        book: BookId(uuid::Uuid::nil()),
        name: "book".parse().unwrap(),
        perspective: Perspective::Agency,
        mode,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 2,
    }
}

fn book(mode: BookMode) -> BookState {
    BookState::begin(&open(None, &opened(mode)).unwrap()).unwrap()
}

fn fee(name: &str, percent: &str, of: FeeOf) -> Fee {
    Fee {
        name: name.into(),
        taker: taker(),
        rate: rate(percent),
        of,
    }
}

fn formula(fees: Vec<Fee>) -> Formula {
    Formula {
        name: "plain".into(),
        basis: FormulaBasis::OwnRules,
        payer: None,
        platform: None,
        rounding: Rounding::HalfUp,
        add_back: Vec::new(),
        kept_deposit_is_base: false,
        content_fee: None,
        rates_are_overall: false,
        fees,
        subsidies: Vec::new(),
        settleable: Settleable::PlatformSettled,
        window_seconds: 15 * 86_400,
        returns_without_order: false,
    }
}

fn set(book: &mut BookState, formula: Option<FormulaId>, from: &str, terms: &Formula) -> Result<(), Refusal> {
    let fresh = FormulaId(uuid::Uuid::from_u128(1));
    let event = set_formula(book, formula, fresh, at(from), terms, &|party| party == taker())?;
    book.evolve(&event);
    Ok(())
}

fn codes(refused: Refusal) -> Vec<(String, &'static str)> {
    refused
        .fields
        .into_iter()
        .map(|field| (field.pointer.into_owned(), field.code))
        .collect()
}

#[test]
fn a_book_opens_once_with_currencies_and_at_most_sixty_four_click_logs() {
    let mut wrong = opened(BookMode::Live);
    wrong.currencies.clear();
    wrong.click_logs = 65;
    let expected = [("/currencies", "currencies_empty"), ("/click_logs", "click_logs_range")];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(field, code)| (field.to_owned(), code))
        .collect();
    assert_eq!(codes(open(None, &wrong).unwrap_err()), expected);
    let standing = book(BookMode::Live);
    assert_eq!(
        open(Some(&standing), &opened(BookMode::Live)).unwrap_err().code,
        "already_exists"
    );
    assert_eq!(name_owner(taker(), false).unwrap_err().code, "not_found");
}

#[test]
fn a_formula_counts_its_versions_and_the_one_in_force_is_found() {
    let mut book = book(BookMode::Live);
    set(
        &mut book,
        None,
        "2026-01-01T00:00:00Z",
        &formula(vec![fee("tech", "0.1", FeeOf::Gross)]),
    )
    .unwrap();
    let id = book.formulas[0].id;
    set(&mut book, Some(id), "2026-06-01T00:00:00Z", &formula(Vec::new())).unwrap();
    let version = |time| book.formula(&"taobao".parse().unwrap(), at(time)).map(|f| f.version);
    assert_eq!(version("2025-12-31T23:59:59Z"), None);
    assert_eq!(version("2026-05-31T23:59:59.999999Z"), Some(1));
    assert_eq!(version("2026-06-01T00:00:00Z"), Some(2));
}

#[test]
fn fees_that_come_to_more_than_the_commission_are_refused() {
    let mut book = book(BookMode::Live);
    let fees = |percent| vec![fee("a", "0.6", FeeOf::Gross), fee("b", percent, FeeOf::Gross)];
    let refused = set(&mut book, None, "2026-01-01T00:00:00Z", &formula(fees("0.41"))).unwrap_err();
    assert_eq!(refused.code, "parts_exceed_whole");
    assert!(set(&mut book, None, "2026-01-01T00:00:00Z", &formula(fees("0.4"))).is_ok());
    // A fee on the remainder cannot take more than there is.
    let rest = vec![fee("a", "1", FeeOf::Gross), fee("b", "1", FeeOf::Remainder)];
    assert!(set(&mut book, None, "2026-01-01T00:00:00Z", &formula(rest)).is_ok());
}

#[test]
fn every_wrong_field_of_a_formula_is_named_at_once() {
    let mut wrong = formula(vec![
        fee("Tech Fee", "0.1", FeeOf::Gross),
        fee("a", "0.1", FeeOf::Gross),
    ]);
    wrong.fees[1].taker = PartyId::of(BookId(uuid::Uuid::nil()), PartyKind::Other, "nobody");
    wrong.subsidies = vec![Subsidy {
        name: "a".into(),
        payer: taker(),
        rate: rate("0.01"),
        cap: Some(Minor(0)),
        share: Rate::ONE,
    }];
    wrong.payer = Some(taker());
    wrong.rates_are_overall = true;
    wrong.window_seconds = 181 * 86_400;
    let refused = set(&mut book(BookMode::Live), None, "2026-01-01T00:00:00Z", &wrong).unwrap_err();
    let expected = [
        ("/terms/fees/0/name", "name_form"),
        ("/terms/fees/1/taker", "not_found"),
        ("/terms/subsidies/0/name", "name_repeated"),
        ("/terms/subsidies/0/cap", "amount_not_positive"),
        ("/terms/rates_are_overall", "content_fee_needed"),
        ("/terms/payer", "payer_of_own_rules"),
        ("/terms/window_seconds", "window_range"),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(field, code)| (field.to_owned(), code))
        .collect();
    assert_eq!(codes(refused), expected);
}

#[test]
fn a_formula_keeps_its_platform() {
    let mut book = book(BookMode::Live);
    set(&mut book, None, "2026-01-01T00:00:00Z", &formula(Vec::new())).unwrap();
    let mut other = formula(Vec::new());
    other.platform = Some("taobao".parse().unwrap());
    let id = book.formulas[0].id;
    let refused = set(&mut book, Some(id), "2026-06-01T00:00:00Z", &other).unwrap_err();
    assert_eq!(refused.code, "platform_differs");
    let unknown = FormulaId(uuid::Uuid::from_u128(9));
    assert_eq!(
        set(&mut book, Some(unknown), "2026-06-01T00:00:00Z", &other)
            .unwrap_err()
            .code,
        "not_found"
    );
}

#[test]
fn months_are_cut_off_in_order_and_only_once_they_are_over() {
    let mut book = book(BookMode::Live);
    let june = || "2026-06".parse().unwrap();
    let last_instant = at("2026-06-30T15:59:59.999999Z");
    assert_eq!(
        cut_off(&book, june(), last_instant).unwrap_err().code,
        "period_not_over"
    );
    let july_first = at("2026-06-30T16:00:00Z");
    let event = cut_off(&book, june(), july_first).unwrap();
    book.evolve(&event);
    let later = at("2026-12-01T00:00:00Z");
    assert_eq!(cut_off(&book, june(), later).unwrap_err().code, "period_order");
    assert_eq!(
        cut_off(&book, "2026-08".parse().unwrap(), later).unwrap_err().code,
        "period_order"
    );
    assert!(cut_off(&book, "2026-07".parse().unwrap(), later).is_ok());
}

#[test]
fn only_a_sandbox_has_a_clock_and_it_goes_forward() {
    let now = at("2026-06-01T00:00:00Z");
    let later = now.plus_seconds(1);
    assert_eq!(
        move_clock(&book(BookMode::Live), later, now).unwrap_err().code,
        "not_a_sandbox"
    );
    let sandbox = book(BookMode::Sandbox);
    assert_eq!(move_clock(&sandbox, now, later).unwrap_err().code, "clock_backwards");
    assert!(move_clock(&sandbox, later, now).is_ok());
    assert!(move_clock(&sandbox, now, now).is_ok());
}
