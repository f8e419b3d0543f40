//! How what a deliverable earned is split, and the legs that bring it from one point to the next.
//! Must never round a change: every component is split anew from the totals, and the difference moves.
//!
//! INVARIANT: for each deliverable, earned + service on it + returned + service returned <= fee + service on the fee, with
//! equality when it is closed; so escrow in = out + held for the contract after every event.

use super::event::{Taker, TakerKeeps};
use super::state::{ContractState, Work};
use super::terms::Terms;
use crate::base::PartyId;
use crate::domain::refusal::Refusal;
use crate::ledger::{Account, AccountKind, Hold, HoldError, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError, Rounding};

/// The service fee on an amount.
pub fn service(terms: &Terms, amount: Minor) -> Result<Minor, MoneyError> {
    terms.service_fee.rate.of(amount, Rounding::HalfUp)
}

/// What each taker gets of an amount: the first receives it whole and passes on, the last keeps what is left.
pub fn split(chain: &[Taker], earned: Minor) -> Result<Vec<(PartyId, Minor, bool)>, MoneyError> {
    let mut parts = Vec::with_capacity(chain.len());
    let mut inflow = earned;
    for (index, taker) in chain.iter().enumerate() {
        let last = index + 1 == chain.len();
        let kept = match taker.keeps {
            _ if last => inflow,
            TakerKeeps::All => inflow,
            TakerKeeps::Share(rate) => rate.of(inflow, Rounding::HalfUp)?,
            TakerKeeps::PassesOn(rate) => inflow.minus(rate.of(inflow, Rounding::HalfUp)?)?,
        };
        parts.push((taker.party, kept, taker.direct));
        inflow = inflow.minus(kept)?;
    }
    Ok(parts)
}

/// Where a deliverable's money stands, or is to stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Point {
    /// Of the fee, for the anchor's side.
    pub earned: Minor,
    /// Of the fee, back to the brand.
    pub returned: Minor,
}

/// The brand's account from which money is set aside, and the one where it stands.
pub fn accounts(brand: PartyId) -> (Account, Account) {
    (
        Account::of(brand, AccountKind::Available),
        Account::of(brand, AccountKind::Held),
    )
}

/// A leg of the settled layer.
pub fn leg(account: Account, currency: Currency, amount: Minor) -> Leg {
    Leg {
        account,
        layer: Layer::Settled,
        currency,
        amount,
    }
}

/// A move of a deliverable's money: what leaves the hold for others, what goes back, and the legs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    /// To the anchor's side and for the service.
    pub released: Minor,
    /// Back to the brand.
    pub voided: Minor,
    /// Service fee taken by this move.
    pub service: Minor,
    /// What moves.
    pub legs: Vec<Leg>,
}

/// Moves a deliverable from where it stands to a point.
pub fn step(state: &ContractState, work: &Work, fee: Minor, to: Point) -> Result<Moved, Refusal> {
    let Some((terms, awarded)) = state.terms().zip(state.awarded.as_ref()) else {
        return Err(Refusal::not_found("contract"));
    };
    let from = Point {
        earned: work.earned,
        returned: work.returned,
    };
    let (source, held_in) = accounts(awarded.brand);
    let currency = terms.currency;
    let mut legs = Vec::new();
    let before = split(&state.chain, from.earned)?;
    for ((party, after, direct), (_, before, _)) in split(&state.chain, to.earned)?.into_iter().zip(before) {
        let amount = after.minus(before)?;
        legs.push(leg(Account::of(party, AccountKind::Available), currency, amount));
        if direct {
            // The platform paid it itself: shown, never payable here (decision A18).
            legs.push(leg(
                Account::of(party, AccountKind::Available),
                currency,
                amount.negated()?,
            ));
            legs.push(leg(Account::of(party, AccountKind::DirectPaid), currency, amount));
        }
    }
    let taken = service(terms, to.earned)?.minus(service(terms, from.earned)?)?;
    let taker = terms.service_fee.taker;
    let taker = taker.map_or(Account::book(AccountKind::Income), |taker| {
        Account::of(taker, AccountKind::Available)
    });
    legs.push(leg(taker, currency, taken));
    // The service that may still be due is on what may still be earned.
    let may = |returned: Minor| service(terms, fee.minus(returned)?);
    let unneeded = may(from.returned)?.minus(may(to.returned)?)?;
    let voided = to.returned.minus(from.returned)?.plus(unneeded)?;
    legs.push(leg(source, currency, voided));
    let released = to.earned.minus(from.earned)?.plus(taken)?;
    legs.push(leg(held_in, currency, released.plus(voided)?.negated()?));
    Ok(Moved {
        released,
        voided,
        service: taken,
        legs,
    })
}

/// The hold after a move; a part that is nothing leaves it as it is.
pub fn drawn(hold: Hold, released: Minor, voided: Minor) -> Result<Hold, HoldError> {
    let hold = if released.is_zero() {
        hold
    } else {
        hold.release(released)?
    };
    if voided.is_zero() { Ok(hold) } else { hold.void(voided) }
}

impl From<HoldError> for Refusal {
    fn from(error: HoldError) -> Refusal {
        match error {
            HoldError::Exceeded => Refusal::invalid("escrow_insufficient", error.to_string()),
            HoldError::NotPositive => Refusal::invalid("amount_not_positive", error.to_string()),
            HoldError::OutOfRange => Refusal::invalid("amount_out_of_range", error.to_string()),
        }
    }
}
