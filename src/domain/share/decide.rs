//! Decisions about a contract's month: count a line, true the month up.
//! Must never read a clock, and must never touch what an earlier true-up posted: the difference is a new event.

use super::event::{ShareAccrued, TruedUp};
use super::formula::{MonthlyTiers, ShareFormula};
use super::state::{Figures, ShareState};
use crate::base::{Instant, LineId, MembershipId, Month, PartyId, ShareId};
use crate::ledger::{Account, AccountKind, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError, allocate};

/// A month of a contract under one set of terms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ShareKey {
    /// The contract.
    pub membership: MembershipId,
    /// Start of its terms.
    pub terms_from: Instant,
    /// The month.
    pub month: Month,
}

impl ShareKey {
    /// Its stream.
    pub fn id(&self) -> ShareId {
        ShareId::of(self.membership, self.terms_from, self.month)
    }
}

/// Counts what a line changed; nothing when it changed nothing.
pub fn accrue(
    state: &ShareState,
    key: ShareKey,
    currency: Currency,
    line: LineId,
    change: Figures,
) -> Result<Option<ShareAccrued>, MoneyError> {
    if change == Figures::default() {
        return Ok(None);
    }
    Ok(Some(ShareAccrued {
        share: key.id(),
        membership: key.membership,
        terms_from: key.terms_from,
        month: key.month,
        currency,
        line,
        figures: state.figures.plus(change)?,
        trued_up: state.trued_up,
    }))
}

/// Who stands on the two sides of a true-up.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    /// The member.
    pub member: PartyId,
    /// The agency.
    pub upper: PartyId,
}

/// Brings the month's shares to what the tiers give; nothing when they stand there.
///
/// INVARIANT: what the lines posted and all true-ups together are the tiers on the month's totals, however many true-ups
/// led there; the same totals again give nothing new.
pub fn true_up(
    state: &ShareState,
    key: ShareKey,
    sides: Sides,
    formula: &ShareFormula,
    tiers: &MonthlyTiers,
    at: Instant,
) -> Result<Option<TruedUp>, MoneyError> {
    let target = state.figures.by(tiers, formula.rates_of)?;
    let due = target.minus(state.figures.share)?;
    let change = due.minus(state.trued_up)?;
    if change.is_zero() {
        return Ok(None);
    }
    let leg = |party: PartyId, amount: Minor| Leg {
        account: Account::of(party, AccountKind::Available),
        layer: Layer::Settled,
        currency: tiers.currency,
        amount,
    };
    let mut legs = vec![leg(sides.upper, change)];
    // The team's parts of all true-ups so far, less those of the ones before: the same whichever steps led here.
    let alone = [(sides.member, crate::money::Rate::ONE)];
    let team = if formula.team.is_empty() {
        &alone
    } else {
        formula.team.as_slice()
    };
    let weights: Vec<u64> = team.iter().map(|(_, weight)| u64::from(weight.ppm())).collect();
    let after = allocate(due.negated()?, &weights)?;
    let before = allocate(state.trued_up.negated()?, &weights)?;
    for (((party, _), after), before) in team.iter().zip(after).zip(before) {
        let amount = after.minus(before)?;
        if !amount.is_zero() {
            legs.push(leg(*party, amount));
        }
    }
    Ok(Some(TruedUp {
        share: key.id(),
        membership: key.membership,
        member: sides.member,
        upper: sides.upper,
        terms_from: key.terms_from,
        month: key.month,
        currency: tiers.currency,
        figures: state.figures,
        target,
        trued_up: due,
        change,
        at,
        legs,
        closes: None,
    }))
}
