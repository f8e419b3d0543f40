//! Refunds of a purchase: the supplier's and the buyer's, each limited line by line.
//! Must never refund more for a line than was paid for it, nor more units than there are.

use super::actions::{RefundAsk, RefundLine};
use super::event::{Refund, Refunded};
use super::state::PurchaseState;
use super::terms::Ordered;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Minor, MoneyError, Rounding};

/// What a line may still be refunded, and for how many units.
struct Limit {
    quantity: u32,
    units: u32,
    whole: Minor,
    left: Minor,
    /// The price of one, when it is pinned.
    price: Option<Minor>,
}

impl Limit {
    /// What units came to: at the pinned price, else their share of the whole; the last units take what is left.
    fn of(&self, units: u32) -> Result<Minor, MoneyError> {
        let share = match self.price {
            Some(price) => {
                let exact = price.0.checked_mul(i64::from(units));
                exact.map(Minor).ok_or(MoneyError::OutOfRange)?
            }
            None if units == self.units => self.left,
            None => Rounding::HalfUp.scale(self.whole, i128::from(units), i128::from(self.quantity.max(1)))?,
        };
        Ok(share.min(self.left))
    }
}

/// A refund of the supplier.
///
/// INVARIANT: what is refunded of a line, or of freight, is at most what was paid for it.
pub fn by_supplier(order: &Ordered, state: &PurchaseState, asked: &RefundAsk) -> Result<Refund, Refusal> {
    let (paid, paid_freight) = state.paid_on()?;
    let mut limits = Vec::with_capacity(order.lines.len());
    for ((line, progress), paid) in order.lines.iter().zip(&state.lines).zip(paid) {
        limits.push(Limit {
            quantity: line.quantity,
            units: line.quantity.saturating_sub(progress.refunded_units),
            whole: paid,
            left: paid.minus(progress.refunded)?.max(Minor::ZERO),
            price: Some(line.unit_price),
        });
    }
    let freight = paid_freight.minus(state.freight_refunded)?.max(Minor::ZERO);
    refund(state, asked, &limits, freight)
}

/// A refund of the buyer of a dropship order.
///
/// INVARIANT: what the buyer gets back of a line, or of freight, is at most what it paid for it.
pub fn to_buyer(order: &Ordered, state: &PurchaseState, asked: &RefundAsk) -> Result<Refund, Refusal> {
    let mut limits = Vec::with_capacity(order.lines.len());
    for (line, progress) in order.lines.iter().zip(&state.lines) {
        let sold = line.sold.unwrap_or_default();
        limits.push(Limit {
            quantity: line.quantity,
            units: line.quantity.saturating_sub(progress.back_units),
            whole: sold,
            left: sold.minus(progress.back)?,
            price: None,
        });
    }
    let (_, sold_freight) = state.sold.unwrap_or_default();
    refund(state, asked, &limits, sold_freight.minus(state.freight_back)?)
}

fn refund(state: &PurchaseState, asked: &RefundAsk, limits: &[Limit], freight: Minor) -> Result<Refund, Refusal> {
    let mut wrong = Wrong::default();
    let mut lines: Vec<Refunded> = Vec::with_capacity(asked.lines.len());
    for (n, told) in asked.lines.iter().enumerate() {
        let at = |field: &str| format!("/lines/{n}/{field}");
        let limit = limits.get(usize::try_from(told.line).unwrap_or(usize::MAX));
        let Some(limit) = limit.filter(|_| lines.iter().all(|known| known.line != told.line)) else {
            wrong.add(at("line"), "line_unknown", "no such line, or named twice");
            continue;
        };
        if told.units > limit.units {
            wrong.add(at("units"), "refund_exceeds", "more units than are left of this line");
            continue;
        }
        let amount = amount(told, limit)?;
        match amount {
            None => wrong.add(at("units"), "refund_empty", "say how many units or how much"),
            Some(amount) if amount < Minor::ZERO => wrong.add(at("amount"), "amount_negative", "a refund is positive"),
            Some(amount) if amount > limit.left => {
                wrong.add(
                    at("amount"),
                    "refund_exceeds",
                    "more than was paid for this line and is not refunded yet",
                );
            }
            Some(amount) => lines.push(Refunded {
                line: told.line,
                units: told.units,
                amount,
            }),
        }
    }
    wrong.when(
        asked.freight < Minor::ZERO,
        "/freight",
        "amount_negative",
        "a refund is positive",
    );
    wrong.when(
        asked.freight > freight,
        "/freight",
        "refund_exceeds",
        "more than was paid for freight and is not refunded yet",
    );
    wrong.when(
        asked.lines.is_empty() && asked.freight.is_zero(),
        "/lines",
        "refund_empty",
        "say what is refunded",
    );
    let known = asked
        .reference
        .as_ref()
        .is_some_and(|told| state.references.contains(told.as_str()));
    wrong.check()?;
    if known {
        return Err(reference_known());
    }
    Ok(Refund {
        lines,
        freight: asked.freight,
        reference: asked.reference.clone(),
        reason: asked.reason.clone(),
    })
}

fn amount(told: &RefundLine, limit: &Limit) -> Result<Option<Minor>, Refusal> {
    match (told.amount, told.units) {
        (Some(amount), units) if units > 0 || !amount.is_zero() => Ok(Some(amount)),
        (None, units) if units > 0 => Ok(Some(limit.of(units)?)),
        _ => Ok(None),
    }
}

/// What a refund comes to.
pub fn total(refund: &Refund) -> Result<Minor, MoneyError> {
    Minor::sum(refund.lines.iter().map(|line| line.amount).chain([refund.freight]))
}

/// A number that was told already.
pub fn reference_known() -> Refusal {
    Refusal::conflict(
        "reference_known",
        "this number is recorded already; a new fact has a new number",
    )
    .at("/reference")
}
