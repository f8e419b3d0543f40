//! Decisions about the book: opening, owner, formulas, periods, a sandbox's clock.
//! Must never read a clock or make an id.

use std::collections::BTreeSet;

use super::BookMode;
use super::event::{BookEvent, BookOpened, ClockMoved, FormulaSet, OwnerNamed, PeriodCutOff, PeriodReopened};
use super::formula::{Formula, FormulaBasis};
use super::state::BookState;
use crate::base::{FormulaId, Instant, Month, PartyId};
use crate::domain::order::pin::FeeOf;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Minor, Rate};

/// Most click logs of a book.
const MOST_CLICK_LOGS: u32 = 64;
/// Longest attribution window in seconds: 180 days.
const LONGEST_WINDOW: i64 = 180 * 86_400;
/// Most fees or subsidies of a formula.
const MOST_PARTS: usize = 32;

/// Opens a book on an empty log.
pub fn open(standing: Option<&BookState>, opened: &BookOpened) -> Result<BookEvent, Refusal> {
    if let Some(book) = standing {
        return Err(Refusal::conflict("already_exists", "this book is open already").because_of(book.opened.book));
    }
    let mut wrong = Wrong::default();
    wrong.when(
        opened.currencies.is_empty(),
        "/currencies",
        "currencies_empty",
        "a book has at least one currency",
    );
    let distinct: BTreeSet<_> = opened.currencies.iter().collect();
    wrong.when(
        distinct.len() != opened.currencies.len(),
        "/currencies",
        "currency_repeated",
        "a currency is named twice",
    );
    wrong.when(
        !(1..=MOST_CLICK_LOGS).contains(&opened.click_logs),
        "/click_logs",
        "click_logs_range",
        "a book has 1 to 64 click logs",
    );
    wrong.check()?;
    Ok(BookEvent::Opened(opened.clone()))
}

/// Names the owner; `exists` tells whether the party is registered.
pub fn name_owner(owner: PartyId, exists: bool) -> Result<BookEvent, Refusal> {
    if exists {
        Ok(BookEvent::OwnerNamed(OwnerNamed { owner }))
    } else {
        Err(Refusal::not_found("party").at("/owner"))
    }
}

/// Sets a new version of a formula, or the first of a new one, which is then called `fresh`.
pub fn set_formula(
    book: &BookState,
    formula: Option<FormulaId>,
    fresh: FormulaId,
    effective_from: Instant,
    terms: &Formula,
    exists: &dyn Fn(PartyId) -> bool,
) -> Result<BookEvent, Refusal> {
    let latest = formula.and_then(|id| book.formulas.iter().filter(|f| f.id == id).max_by_key(|f| f.version));
    if formula.is_some() && latest.is_none() {
        return Err(Refusal::not_found("formula").at("/formula"));
    }
    let mut wrong = Wrong::default();
    wrong.when(
        latest.is_some_and(|latest| latest.terms.platform != terms.platform),
        "/terms/platform",
        "platform_differs",
        "a formula keeps its platform; set a new formula for another one",
    );
    parts(terms, exists, &mut wrong);
    wrong.when(
        terms.payer.is_some() && terms.basis == FormulaBasis::OwnRules,
        "/terms/payer",
        "payer_of_own_rules",
        "under own_rules the brand of the rule owes the commission",
    );
    wrong.when(
        terms.payer.is_some_and(|payer| !exists(payer)),
        "/terms/payer",
        "not_found",
        "no such party",
    );
    wrong.when(
        !(0..=LONGEST_WINDOW).contains(&terms.window_seconds),
        "/terms/window_seconds",
        "window_range",
        "an attribution window is 0 to 180 days",
    );
    wrong.when(
        terms.name.is_empty() || terms.name.chars().count() > 200 || terms.name.chars().any(char::is_control),
        "/terms/name",
        "text_length",
        "a name is 1 to 200 characters without control characters",
    );
    wrong.check()?;
    Ok(BookEvent::FormulaSet(FormulaSet {
        formula: formula.unwrap_or(fresh),
        version: latest.map_or(1, |latest| latest.version.saturating_add(1)),
        effective_from,
        terms: terms.clone(),
    }))
}

/// The parts of a formula: names, takers, and that no part exceeds the whole.
fn parts(terms: &Formula, exists: &dyn Fn(PartyId) -> bool, wrong: &mut Wrong) {
    let unknown = "no such party";
    let name_wrong = |name: &str| name.is_empty() || name.len() > 64 || !name.bytes().all(is_name_byte);
    let name_form = "a name is 1 to 64 characters of a-z, 0-9 and _";
    let mut names = BTreeSet::new();
    let mut gross = 0_u64;
    for (index, fee) in terms.fees.iter().enumerate() {
        if name_wrong(&fee.name) {
            wrong.add(format!("/terms/fees/{index}/name"), "name_form", name_form);
        }
        if !names.insert(fee.name.as_str()) {
            wrong.add(
                format!("/terms/fees/{index}/name"),
                "name_repeated",
                "another part has this name",
            );
        }
        if !exists(fee.taker) {
            wrong.add(format!("/terms/fees/{index}/taker"), "not_found", unknown);
        }
        if fee.of == FeeOf::Gross {
            gross = gross.saturating_add(u64::from(fee.rate.ppm()));
        }
    }
    wrong.when(
        gross > u64::from(Rate::SCALE),
        "/terms/fees",
        "parts_exceed_whole",
        "the fees on the gross commission come to more than 1 (100 %)",
    );
    for (index, subsidy) in terms.subsidies.iter().enumerate() {
        if name_wrong(&subsidy.name) {
            wrong.add(format!("/terms/subsidies/{index}/name"), "name_form", name_form);
        }
        if !names.insert(subsidy.name.as_str()) {
            wrong.add(
                format!("/terms/subsidies/{index}/name"),
                "name_repeated",
                "another part has this name",
            );
        }
        if !exists(subsidy.payer) {
            wrong.add(format!("/terms/subsidies/{index}/payer"), "not_found", unknown);
        }
        if subsidy.cap.is_some_and(|cap| cap <= Minor::ZERO) {
            wrong.add(
                format!("/terms/subsidies/{index}/cap"),
                "amount_not_positive",
                "a cap must be positive; leave it out for none",
            );
        }
    }
    wrong.when(
        terms.fees.len() > MOST_PARTS || terms.subsidies.len() > MOST_PARTS,
        "/terms/fees",
        "too_many",
        "a formula has at most 32 fees and 32 subsidies",
    );
    wrong.when(
        terms.content_fee.is_some_and(|(taker, _)| !exists(taker)),
        "/terms/content_fee",
        "not_found",
        unknown,
    );
    wrong.when(
        terms.rates_are_overall && terms.content_fee.is_none(),
        "/terms/rates_are_overall",
        "content_fee_needed",
        "an overall rate needs a content fee to be taken from it",
    );
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// Cuts off a month: the one after the last, and only when it is over.
pub fn cut_off(book: &BookState, period: Month, now: Instant) -> Result<BookEvent, Refusal> {
    if let Some(last) = book.cut_off_through.filter(|last| last.next() != period) {
        return Err(Refusal::conflict(
            "period_order",
            format!("months are cut off in order: {} is next", last.next()),
        )
        .at("/period"));
    }
    if book.opened.zone.midnight(period.next().first_day()) > now {
        return Err(Refusal::conflict("period_not_over", "a month is cut off after its end").at("/period"));
    }
    Ok(BookEvent::PeriodCutOff(PeriodCutOff { period }))
}

/// Opens the last month cut off again.
pub fn reopen(book: &BookState, period: Month) -> Result<BookEvent, Refusal> {
    if book.cut_off_through != Some(period) {
        return Err(Refusal::conflict("period_order", "only the last month cut off can be opened again").at("/period"));
    }
    Ok(BookEvent::PeriodReopened(PeriodReopened { period }))
}

/// Moves a sandbox's clock; to where it stands already is a move, so that a repeated step is harmless.
pub fn move_clock(book: &BookState, to: Instant, now: Instant) -> Result<BookEvent, Refusal> {
    if book.opened.mode != BookMode::Sandbox {
        return Err(Refusal::conflict(
            "not_a_sandbox",
            "only a sandbox has a clock of its own",
        ));
    }
    if to < now {
        return Err(Refusal::conflict(
            "clock_backwards",
            format!("the clock stands at {now} and moves forward only; a reset begins anew"),
        )
        .at("/to"));
    }
    Ok(BookEvent::ClockMoved(ClockMoved { to }))
}
