//! Retainer 包月: each deliverable is a month with a fee; a month that has begun is paid for the days served.
//! Must never pay for days to come.

use super::{Deliverable, Point, Terms, slot};
use crate::base::Instant;
use crate::domain::refusal::Wrong;
use crate::money::{Minor, MoneyError, Rate, Rounding};

const DAY: i64 = 86_400_000_000;

/// The fee for the days begun so far, of the days of the month; nothing before it begins.
pub(super) fn served(one: &Deliverable, now: Instant) -> Result<Minor, MoneyError> {
    let (Some(from), Some(to)) = (one.from, one.to) else {
        return Ok(Minor::ZERO);
    };
    let days = |micros: i64| i128::from(micros.max(0)).div_euclid(i128::from(DAY));
    let up = |micros: i64| days(micros.saturating_add(DAY - 1));
    let whole = up(to.micros() - from.micros());
    let begun = up(now.micros() - from.micros()).min(whole);
    Rounding::HalfUp.scale(one.fee, begun, whole)
}

/// The brand pays the days served; the penalty is for a month that has not begun.
pub(super) fn cancelled(one: &Deliverable, point: Point, penalty: Rate, now: Instant) -> Result<Minor, MoneyError> {
    let served = served(one, now)?;
    match point {
        Point::Planned => Ok(Minor::ZERO),
        Point::Scheduled if served.is_zero() => slot::penalty(one.fee, penalty),
        Point::Scheduled => Ok(served),
        // A month of which nothing was shown although it is over.
        Point::Overdue => Ok(Minor::ZERO),
    }
}

/// Every month has its dates.
pub(super) fn check(terms: &Terms, wrong: &mut Wrong) {
    for (index, one) in terms.deliverables.iter().enumerate() {
        if one.from.is_none() || one.to.is_none() {
            wrong.add(
                format!("/terms/deliverables/{index}/from"),
                "window_needed",
                "a month of a retainer has its start and end",
            );
        }
    }
}
