//! Slot fee 坑位费, with or without commission, and commission alone.
//! Must never touch the commission's own money: its orders settle by the rules that the contract brings.

use super::{Commission, Terms};
use crate::domain::refusal::Wrong;
use crate::money::{Minor, MoneyError, Rate, Rounding};

/// Most items with commission.
const MOST_ITEMS: usize = 50;

/// What the anchor's side keeps of a fee that is cancelled after it was scheduled.
pub(super) fn penalty(fee: Minor, penalty: Rate) -> Result<Minor, MoneyError> {
    penalty.of(fee, Rounding::HalfUp)
}

/// Notes what is wrong with the commission.
pub(super) fn check_commission(commission: &Commission, wrong: &mut Wrong) {
    let mut items = commission.items.clone();
    items.sort_unstable();
    items.dedup();
    wrong.when(
        items.len() != commission.items.len() || !(1..=MOST_ITEMS).contains(&items.len()),
        "/terms/form/commission/items",
        "items_count",
        "commission is for 1 to 50 items, each once",
    );
    wrong.when(
        commission.rate == Rate::ZERO,
        "/terms/form/commission/rate",
        "rate_zero",
        "commission has a rate",
    );
    wrong.when(
        commission.from >= commission.to,
        "/terms/form/commission/to",
        "window_empty",
        "a window ends after it begins",
    );
}

/// Commission alone sets nothing aside.
pub(super) fn check_free(terms: &Terms, wrong: &mut Wrong) {
    wrong.when(
        terms.deliverables.iter().any(|one| !one.fee.is_zero()),
        "/terms/deliverables",
        "fee_not_zero",
        "a contract for commission alone has no fees",
    );
}
