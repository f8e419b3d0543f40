//! By the hour: minutes shown, at most the minutes agreed.
//! Must never pay for minutes beyond the fee that was set aside.

use super::{Deliverable, Terms};
use crate::domain::refusal::Wrong;
use crate::money::{Minor, MoneyError, Rounding};

/// `rate` for sixty minutes, half-up once.
pub(super) fn of_minutes(rate: Minor, minutes: u32) -> Result<Minor, MoneyError> {
    Rounding::HalfUp.scale(rate, i128::from(minutes), 60)
}

/// What the minutes shown earn.
pub(super) fn earned(rate: Minor, one: &Deliverable, minutes: Option<u32>) -> Result<Minor, MoneyError> {
    let agreed = one.minutes.unwrap_or(0);
    Ok(of_minutes(rate, minutes.unwrap_or(0).min(agreed))?.min(one.fee))
}

/// The fee of each deliverable is its minutes at the rate.
pub(super) fn check(rate: Minor, terms: &Terms, wrong: &mut Wrong) {
    wrong.when(
        rate.0 <= 0,
        "/terms/form/rate",
        "amount_not_positive",
        "a rate by the hour is positive",
    );
    for (index, one) in terms.deliverables.iter().enumerate() {
        let due = one.minutes.and_then(|minutes| of_minutes(rate, minutes).ok());
        if due != Some(one.fee) {
            wrong.add(
                format!("/terms/deliverables/{index}/fee"),
                "fee_not_by_hour",
                "the fee is the agreed minutes at the rate by the hour",
            );
        }
    }
}
