//! Decisions about receipts: one fact a flow number, and what it settles.
//! Must never take a second content of a flow number for money, nor match more than came in.

use super::{
    Allocation, ReceiptEvent, ReceiptFact, ReceiptMatched, ReceiptParked, ReceiptRecorded, ReceiptState,
    ReceiptUnmatched, ReceiptWithdrawn, bill_account,
};
use crate::base::{ExternalId, Instant, Month, PartyId, PartyKind};
use crate::domain::refusal::{Refusal, Wrong};
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Minor};

/// The code of a flow number that stands with other content.
pub const CONFLICT: &str = "receipt_conflict";
/// The code of a currency that the book does not have.
const NOT_BOOKED: &str = "currency_not_booked";
/// The code of a movement that is to come.
const IN_FUTURE: &str = "in_future";
/// The code of a movement of nothing.
const NOTHING: &str = "amount_zero";

/// What telling a movement comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// Known already, as recorded or parked at this position.
    Known(i64),
    /// To be recorded.
    New(ReceiptEvent),
}

/// What a part of a receipt settles, as asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Bill {
    /// Who owed it, or which brand deposited it; none: it came from another account of the owner's own.
    pub party: Option<PartyId>,
    /// The month of the bill; none for a transfer, and for a brand's deposit.
    pub period: Option<Month>,
    /// How much.
    pub amount: Minor,
}

/// Tells a movement. What cannot stand is parked, never refused: rows of a file go on.
pub fn tell(state: &ReceiptState, fact: &ReceiptFact, currencies: &[Currency], now: Instant) -> Told {
    if let Some((known, position)) = state.stands.as_ref().filter(|(known, _)| known.same_money(fact)) {
        debug_assert_eq!(known.receipt, fact.receipt);
        return Told::Known(*position);
    }
    let code = if state.stands.is_some() {
        CONFLICT
    } else if !currencies.contains(&fact.currency) {
        NOT_BOOKED
    } else if fact.at > now {
        IN_FUTURE
    } else if fact.amount.is_zero() {
        NOTHING
    } else {
        return Told::New(ReceiptEvent::Recorded(Box::new(ReceiptRecorded { fact: fact.clone() })));
    };
    let known = |parked: &&(ReceiptFact, String, i64)| parked.0.same_money(fact) && parked.1 == code;
    match state.parked.iter().find(known) {
        Some((_, _, position)) => Told::Known(*position),
        None => Told::New(ReceiptEvent::Parked(Box::new(ReceiptParked {
            fact: fact.clone(),
            code: code.to_owned(),
        }))),
    }
}

/// Matches a receipt with what it settles, beside what was matched before.
pub fn settle(state: &ReceiptState, bills: &[Bill], exists: &dyn Fn(PartyId) -> bool) -> Result<ReceiptEvent, Refusal> {
    let (fact, _) = state.stands.as_ref().ok_or_else(|| Refusal::not_found("receipt"))?;
    let mut wrong = Wrong::default();
    wrong.when(
        bills.is_empty() || bills.len() > 200,
        "/bills",
        "bills_count",
        "1 to 200 bills",
    );
    let mut allocated = Vec::with_capacity(bills.len());
    for (index, bill) in bills.iter().enumerate().take(200) {
        let at = |field: &str| format!("/bills/{index}/{field}");
        if bill.amount.is_zero() || (bill.amount > Minor::ZERO) != (fact.amount > Minor::ZERO) {
            wrong.add(
                at("amount"),
                "amount_sign",
                "a part has the sign of the whole, and is not 0",
            );
        }
        if bill.party.is_some_and(|party| !exists(party)) {
            wrong.add(at("party"), "not_found", "no such party");
        }
        // What a brand pays ahead of its contracts 预存款 settles no bill: it is the brand's, to be set aside.
        let deposit = bill
            .party
            .filter(|party| bill.period.is_none() && party.kind() == PartyKind::Brand);
        if bill.party.is_some() != bill.period.is_some() && deposit.is_none() {
            wrong.add(
                at("period"),
                "period_of_bill",
                "a bill is of a party and a month; a brand's deposit of a brand alone; a transfer of neither",
            );
        }
        let account = match deposit {
            Some(brand) => Account::of(brand, AccountKind::Available),
            None => bill.party.map_or(Account::book(AccountKind::Cash), bill_account),
        };
        allocated.push(Allocation {
            account,
            period: bill.period,
            amount: bill.amount,
        });
    }
    wrong.check()?;
    let asked = Minor::sum(bills.iter().map(|bill| bill.amount))?;
    let matched = state.matched()?.plus(asked)?;
    if matched.0.unsigned_abs() > fact.amount.0.unsigned_abs() {
        let left = fact.amount.minus(state.matched()?)?.display(fact.currency);
        return Err(
            Refusal::conflict("receipt_exceeded", format!("{left} of this receipt is not matched yet")).at("/bills"),
        );
    }
    Ok(ReceiptEvent::Matched(ReceiptMatched {
        at: fact.at,
        currency: fact.currency,
        bills: allocated,
    }))
}

/// Takes every match of a receipt back.
pub fn release(state: &ReceiptState, reason: &str) -> Result<ReceiptEvent, Refusal> {
    let (fact, _) = state.stands.as_ref().ok_or_else(|| Refusal::not_found("receipt"))?;
    let mut wrong = Wrong::default();
    wrong.reason("/reason", reason);
    wrong.check()?;
    if state.bills.is_empty() {
        return Err(Refusal::conflict(
            "receipt_not_matched",
            "nothing of this receipt is matched",
        ));
    }
    Ok(ReceiptEvent::Unmatched(ReceiptUnmatched {
        at: fact.at,
        currency: fact.currency,
        bills: state.bills.clone(),
        reason: reason.trim().to_owned(),
    }))
}

/// Takes a receipt back with the batch that told it; nothing when it does not stand.
pub fn withdraw(state: &ReceiptState, batch: &ExternalId) -> Option<ReceiptEvent> {
    let (fact, _) = state.stands.as_ref()?;
    Some(ReceiptEvent::Withdrawn(ReceiptWithdrawn {
        at: fact.at,
        currency: fact.currency,
        amount: fact.amount,
        bills: state.bills.clone(),
        batch: batch.clone(),
    }))
}
