//! What a line takes from a limited rule: first N, budget, tier volume, cap per order (decisions A11, A13).
//! Must never take a part: a line fits whole or the next candidate is asked.

use super::Known;
use super::candidates::Matched;
use crate::base::{ExternalId, UsageId};
use crate::domain::book::Formula;
use crate::domain::order::decide::PinRequest;
use crate::domain::order::{RateTerms, Reason, Reservation, RuleChoice};
use crate::domain::plan::Rates;
use crate::money::{Minor, MoneyError, Rate, Rounding};

/// A rule that the line takes.
pub(super) struct Taken {
    pub choice: RuleChoice,
    pub reservation: Option<Reservation>,
}

/// Takes the rule for the line, or says which limit it does not fit.
pub(super) fn fit(
    candidate: &Matched<'_>,
    request: &PinRequest<'_>,
    platform: &ExternalId,
    known: &dyn Known,
    formula: &Formula,
) -> Result<Taken, Reason> {
    let (rule, terms) = (candidate.rule.id, &candidate.version.terms);
    let tiered = !matches!(terms.rates, Rates::Flat(_));
    let limited = tiered || terms.first_n.is_some() || terms.budget.is_some() || terms.cap_per_order.is_some();
    let used = if limited {
        known.usage(UsageId::of_rule(rule))
    } else {
        Default::default()
    };
    let quantity = request.about.quantity.unwrap_or(1);
    if terms
        .first_n
        .is_some_and(|n| used.units.saturating_add(u64::from(quantity)) > u64::from(n))
    {
        return Err(Reason::NExhausted);
    }
    let rate = shown(rate_terms(&terms.rates, used.volume, request.payable), formula);
    let cap = terms.cap_per_order.map(|cap| {
        let order = request.about.order_no.as_ref();
        let taken = order.map(|no| {
            known
                .usage(UsageId::of_order(rule, platform.as_str(), no.as_str()))
                .gross
        });
        Minor(cap.0.saturating_sub(taken.unwrap_or_default().0).max(0))
    });
    let gross = estimate(&rate, request.payable, formula.rounding).map_err(|_| Reason::BudgetExhausted)?;
    let gross = cap.map_or(gross, |cap| gross.min(cap));
    let fits = |budget: Minor| used.gross.plus(gross).is_ok_and(|after| after <= budget);
    if terms.budget.is_some_and(|budget| !fits(budget)) {
        return Err(Reason::BudgetExhausted);
    }
    Ok(Taken {
        choice: RuleChoice {
            rule,
            version: candidate.version.number,
            level: candidate.level,
            rate,
            cap,
        },
        reservation: limited.then_some(Reservation {
            rule,
            units: quantity,
            gross,
            volume: request.payable,
        }),
    })
}

/// The rate of a line that begins where `volume` has been sold: a step gives the whole line its rate; tiers are marginal,
/// lower bounds inclusive.
pub(super) fn rate_terms(rates: &Rates, volume: Minor, payable: Minor) -> RateTerms {
    match rates {
        Rates::Flat(rate) => RateTerms::Flat(*rate),
        Rates::Stepped(steps) => {
            let reached = steps.iter().rev().find(|(bound, _)| *bound <= volume);
            RateTerms::Flat(reached.map_or(Rate::ZERO, |(_, rate)| *rate))
        }
        // Nothing to spread: the rate where the line begins.
        Rates::Tiered(tiers) if payable.0 <= 0 => rate_terms(&Rates::Stepped(tiers.clone()), volume, payable),
        Rates::Tiered(tiers) => {
            let end = volume.0.saturating_add(payable.0);
            let bounds = tiers.iter().skip(1).map(|(bound, _)| bound.0).chain([i64::MAX]);
            let portions = tiers.iter().zip(bounds).filter_map(|((lower, rate), upper)| {
                let part = end.min(upper).saturating_sub(volume.0.max(lower.0));
                (part > 0).then_some((Minor(part), *rate))
            });
            RateTerms::Tiered(portions.collect())
        }
    }
}

/// The shown rate: without the content fee's where rules state the overall rate, and never above what that fee leaves.
pub(super) fn shown(rate: RateTerms, formula: &Formula) -> RateTerms {
    let Some((_, content)) = formula.content_fee else {
        return rate;
    };
    let lower = |rate: Rate| {
        let left = Rate::SCALE.saturating_sub(content.ppm());
        let ppm = if formula.rates_are_overall {
            rate.ppm().saturating_sub(content.ppm())
        } else {
            rate.ppm()
        };
        Rate::from_ppm(ppm.min(left)).unwrap_or(Rate::ZERO)
    };
    match rate {
        RateTerms::Flat(rate) => RateTerms::Flat(lower(rate)),
        RateTerms::Tiered(parts) => {
            RateTerms::Tiered(parts.into_iter().map(|(part, rate)| (part, lower(rate))).collect())
        }
    }
}

/// Estimated G on the full payable base: half-up of the exact sum over portions; nothing when it is below one unit (A1).
fn estimate(rate: &RateTerms, payable: Minor, rounding: Rounding) -> Result<Minor, MoneyError> {
    let scale = i128::from(Rate::SCALE);
    let exact = match rate {
        RateTerms::Flat(rate) => i128::from(payable.0) * i128::from(rate.ppm()),
        RateTerms::Tiered(parts) => parts
            .iter()
            .map(|(part, rate)| i128::from(part.0) * i128::from(rate.ppm()))
            .sum(),
    };
    if exact < scale {
        return Ok(Minor::ZERO);
    }
    rounding.scale(Minor(1), exact, scale)
}
