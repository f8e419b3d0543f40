//! Decisions about frozen money: what may be frozen, given back, or forfeited.
//! Must never freeze what a party does not have, nor forfeit to the party it was taken from.

use super::{
    ForfeitTerms, FreezeEvent, FreezeForfeited, FreezeLifted, FreezePlaced, FreezeState, FreezeTerms, UnfreezeTerms,
};
use crate::base::{FreezeId, HoldId, Instant, PartyId};
use crate::domain::refusal::{Refusal, Wrong};
use crate::ledger::{Account, AccountKind, Hold, HoldError};
use crate::money::{Currency, Minor, MoneyError};

/// Freezes money that is available.
pub fn place(
    freeze: FreezeId,
    terms: &FreezeTerms,
    (currencies, available): (&[Currency], Minor),
    now: Instant,
) -> Result<FreezeEvent, Refusal> {
    let mut wrong = Wrong::default();
    wrong.reason("/reason", &terms.reason);
    wrong.files("/files", terms.files.len());
    wrong.when(
        terms.amount <= Minor::ZERO,
        "/amount",
        "amount_not_positive",
        "a freeze is of more than nothing",
    );
    wrong.when(
        !currencies.contains(&terms.currency),
        "/amount/currency",
        "currency_not_booked",
        "the book has no such currency",
    );
    wrong.check()?;
    if terms.amount > available {
        let available = available.display(terms.currency);
        let message = format!("{available} is available; suspend the party to stop what comes later");
        return Err(Refusal::invalid("more_than_available", message).at("/amount"));
    }
    let hold = Hold {
        id: HoldId(freeze.0),
        source: Account::of(terms.party, AccountKind::Available),
        held_in: Account::of(terms.party, AccountKind::Frozen),
        currency: terms.currency,
        held: terms.amount,
        released: Minor::ZERO,
        voided: Minor::ZERO,
    };
    Ok(FreezeEvent::Placed(Box::new(FreezePlaced {
        freeze,
        party: terms.party,
        hold,
        at: now,
        reason: terms.reason.trim().to_owned(),
        files: terms.files.clone(),
    })))
}

/// Gives a part back to its party.
pub fn lift(state: &FreezeState, terms: &UnfreezeTerms, now: Instant) -> Result<FreezeEvent, Refusal> {
    let (_, hold) = standing(state, terms.freeze, terms.currency)?;
    let mut wrong = Wrong::default();
    wrong.reason("/reason", &terms.reason);
    wrong.check()?;
    let hold = hold.void(terms.amount).map_err(|error| refused(error, hold))?;
    Ok(FreezeEvent::Lifted(FreezeLifted {
        amount: terms.amount,
        hold,
        at: now,
        reason: terms.reason.trim().to_owned(),
    }))
}

/// Gives a part to somebody else.
pub fn forfeit(
    state: &FreezeState,
    terms: &ForfeitTerms,
    exists: &dyn Fn(PartyId) -> bool,
    now: Instant,
) -> Result<FreezeEvent, Refusal> {
    let (placed, hold) = standing(state, terms.freeze, terms.currency)?;
    let mut wrong = Wrong::default();
    wrong.reason("/reason", &terms.reason);
    wrong.files("/files", terms.files.len());
    wrong.when(
        terms.to == Some(placed.party),
        "/to",
        "same_account",
        "what goes back to its own party is unfrozen, not forfeited",
    );
    wrong.when(
        terms.to.is_some_and(|to| !exists(to)),
        "/to",
        "not_found",
        "no such party",
    );
    wrong.check()?;
    let hold = hold.release(terms.amount).map_err(|error| refused(error, hold))?;
    let to = match terms.to {
        Some(party) => Account::of(party, AccountKind::Available),
        None => Account::book(AccountKind::Income),
    };
    Ok(FreezeEvent::Forfeited(Box::new(FreezeForfeited {
        amount: terms.amount,
        to,
        hold,
        at: now,
        reason: terms.reason.trim().to_owned(),
        files: terms.files.clone(),
    })))
}

fn standing(state: &FreezeState, freeze: FreezeId, currency: Currency) -> Result<(&FreezePlaced, Hold), Refusal> {
    let (Some(placed), Some(hold)) = (&state.placed, state.hold) else {
        return Err(Refusal::not_found("freeze"));
    };
    if hold.currency != currency {
        let mismatch = MoneyError::Mismatch(hold.currency, currency);
        return Err(Refusal::from(mismatch).at("/amount/currency").because_of(freeze));
    }
    Ok((placed, hold))
}

fn refused(error: HoldError, hold: Hold) -> Refusal {
    let refusal = match error {
        HoldError::Exceeded => {
            let left = hold.left().display(hold.currency);
            Refusal::conflict("freeze_exceeded", format!("{left} is still frozen"))
        }
        HoldError::NotPositive => Refusal::invalid("amount_not_positive", error.to_string()),
        HoldError::OutOfRange => Refusal::from(MoneyError::OutOfRange),
    };
    refusal.at("/amount")
}
