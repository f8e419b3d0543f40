//! Closing entries 结账分录 of a run: minimum guarantees 保底 with their recovery, and the reserve for returns 退货准备金.
//! Must never post a month's whole again: a run that begins anew posts the difference to what stands.
//!
//! One stream for each contract with a guarantee, and one for each party and currency with a reserve; every event carries
//! the totals after it, so the last one is the state.

use serde::{Deserialize, Serialize};

use super::terms::SettlementTerms;
use crate::base::{ClosingId, Instant, MembershipId, Month, PartyId, RunId, Zone};
use crate::domain::share::{Guarantee, GuaranteeMode};
use crate::ledger::{Account, AccountKind, Entry, EntryError, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError, Rate, Rounding};

/// What a contract's member earned in the month of a run, as told with the command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GuaranteeFigures {
    /// The member.
    pub member: PartyId,
    /// The contract.
    pub membership: MembershipId,
    /// Currency.
    pub currency: Currency,
    /// What its lines and true-ups came to, what a platform paid it directly included.
    pub earned: Minor,
}

/// What a party earned in the month of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReserveFigures {
    /// Whose.
    pub party: PartyId,
    /// Currency.
    pub currency: Currency,
    /// What its lines came to.
    pub earned: Minor,
}

/// `guarantee.settled` 保底结算: the month of a contract brought to its guarantee, or an advance recovered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuaranteeSettled {
    /// Which stream.
    pub closing: ClosingId,
    /// By which run.
    pub run: RunId,
    /// The contract.
    pub membership: MembershipId,
    /// The member.
    pub member: PartyId,
    /// Who guarantees.
    pub upper: PartyId,
    /// Currency.
    pub currency: Currency,
    /// The month.
    pub period: Month,
    /// What is guaranteed; none: nothing any more, and an advance is recovered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<Guarantee>,
    /// What the member earned.
    pub earned: Minor,
    /// Advances open at the start of the month.
    pub open_before: Minor,
    /// Topped up in the month, for good.
    pub topped_up: Minor,
    /// Advanced in the month.
    pub advanced: Minor,
    /// Recovered in the month.
    pub recovered: Minor,
    /// Advances open after it.
    pub open: Minor,
    /// The last instant of the month.
    pub at: Instant,
    /// What moves.
    pub legs: Vec<Leg>,
}

/// A month's reserve.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// The month it was held for.
    pub month: Month,
    /// Held.
    pub held: Minor,
    /// Released of it.
    pub released: Minor,
}

/// `reserve.held` and `reserve.released`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReserveMoved {
    /// Which stream.
    pub closing: ClosingId,
    /// By which run.
    pub run: RunId,
    /// Whose.
    pub party: PartyId,
    /// Currency.
    pub currency: Currency,
    /// The month of the run.
    pub period: Month,
    /// What the party earned in it.
    pub earned: Minor,
    /// Rate of the reserve.
    pub rate: Rate,
    /// What is held back more (or less, when negative); in `reserve.released` what is given free.
    pub amount: Minor,
    /// Every reserve that is still held, after it.
    pub holds: Vec<Hold>,
    /// The last instant of the month.
    pub at: Instant,
    /// What moves.
    pub legs: Vec<Leg>,
}

/// A closing entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClosingEvent {
    /// `guarantee.settled`
    Guarantee(Box<GuaranteeSettled>),
    /// `reserve.held`
    Held(Box<ReserveMoved>),
    /// `reserve.released`
    Released(Box<ReserveMoved>),
}

impl ClosingEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            ClosingEvent::Guarantee(_) => "guarantee.settled",
            ClosingEvent::Held(_) => "reserve.held",
            ClosingEvent::Released(_) => "reserve.released",
        }
    }

    /// The month that it is stamped into.
    pub fn period(&self) -> Month {
        match self {
            ClosingEvent::Guarantee(e) => e.period,
            ClosingEvent::Held(e) | ClosingEvent::Released(e) => e.period,
        }
    }

    /// Its business time.
    pub fn at(&self) -> Instant {
        match self {
            ClosingEvent::Guarantee(e) => e.at,
            ClosingEvent::Held(e) | ClosingEvent::Released(e) => e.at,
        }
    }
}

/// Legs of a closing entry.
pub fn post(event: &ClosingEvent) -> Result<Entry, EntryError> {
    let legs = match event {
        ClosingEvent::Guarantee(e) => &e.legs,
        ClosingEvent::Held(e) | ClosingEvent::Released(e) => &e.legs,
    };
    Entry::balanced(legs.iter().copied())
}

/// The stream as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClosingState {
    /// The last settlement of a guarantee.
    pub guarantee: Option<Box<GuaranteeSettled>>,
    /// Reserves that are still held.
    pub holds: Vec<Hold>,
}

impl ClosingState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ClosingEvent) {
        match event {
            ClosingEvent::Guarantee(e) => self.guarantee = Some(e.clone()),
            ClosingEvent::Held(e) | ClosingEvent::Released(e) => self.holds.clone_from(&e.holds),
        }
    }
}

/// The month that is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// By which run.
    pub run: RunId,
    /// Which month.
    pub period: Month,
    /// Its last instant.
    pub at: Instant,
}

/// Both sides of a contract, with what was guaranteed at the end of the month.
#[derive(Clone, Copy, Debug)]
pub struct Contracted {
    /// The party above.
    pub upper: PartyId,
    /// What it guarantees.
    pub guarantee: Option<Guarantee>,
}

/// Settles the guarantee of a month; nothing when it stands where it should.
///
/// INVARIANT: a month with a shortfall pays the guarantee, and what is recovered never exceeds what is open; with the
/// guarantee as floor the member keeps at least the guarantee.
pub fn guarantee(
    state: &ClosingState,
    told: &GuaranteeFigures,
    contract: Contracted,
    closed: Closed,
) -> Result<Option<GuaranteeSettled>, MoneyError> {
    let last = state.guarantee.as_deref().filter(|last| last.currency == told.currency);
    let again = last.filter(|last| last.period == closed.period);
    let open_before = match (again, last) {
        (Some(again), _) => again.open_before,
        (None, Some(last)) => last.open,
        (None, None) => Minor::ZERO,
    };
    let terms = contract.guarantee.filter(|terms| terms.currency == told.currency);
    let least = terms.map_or(Minor::ZERO, |terms| terms.amount);
    let shortfall = least.minus(told.earned)?;
    let (mut topped_up, mut advanced, mut recovered) = (Minor::ZERO, Minor::ZERO, Minor::ZERO);
    match terms {
        Some(terms) if shortfall > Minor::ZERO => match terms.mode {
            GuaranteeMode::TopUp => topped_up = shortfall,
            GuaranteeMode::Advance => advanced = shortfall,
        },
        _ => {
            let floor = terms
                .filter(|terms| terms.floor)
                .map_or(Minor::ZERO, |terms| terms.amount);
            recovered = open_before.min(told.earned.minus(floor)?.max(Minor::ZERO));
        }
    }
    let stood = again.map_or((Minor::ZERO, Minor::ZERO, Minor::ZERO), |again| {
        (again.topped_up, again.advanced, again.recovered)
    });
    if stood == (topped_up, advanced, recovered) {
        return Ok(None);
    }
    let lent = advanced.minus(stood.1)?.minus(recovered.minus(stood.2)?)?;
    let moved = topped_up.minus(stood.0)?.plus(lent)?;
    let leg = |party: PartyId, kind: AccountKind, amount: Minor| Leg {
        account: Account::of(party, kind),
        layer: Layer::Settled,
        currency: told.currency,
        amount,
    };
    let legs = [
        leg(told.member, AccountKind::Available, moved),
        leg(contract.upper, AccountKind::Available, moved.negated()?),
        leg(told.member, AccountKind::Advance, lent.negated()?),
        leg(contract.upper, AccountKind::Advance, lent),
    ];
    Ok(Some(GuaranteeSettled {
        closing: ClosingId::of_guarantee(told.membership),
        run: closed.run,
        membership: told.membership,
        member: told.member,
        upper: contract.upper,
        currency: told.currency,
        period: closed.period,
        guarantee: terms,
        earned: told.earned,
        open_before,
        topped_up,
        advanced,
        recovered,
        open: open_before.plus(advanced)?.minus(recovered)?,
        at: closed.at,
        legs: legs.into_iter().filter(|leg| !leg.amount.is_zero()).collect(),
    }))
}

/// Holds the month's reserve back and gives free what is due; each only when there is something to move.
///
/// INVARIANT: released never exceeds held, month by month.
pub fn reserve(
    state: &ClosingState,
    told: &ReserveFigures,
    terms: &SettlementTerms,
    closed: Closed,
    zone: Zone,
) -> Result<(Option<ReserveMoved>, Option<ReserveMoved>), MoneyError> {
    let mut holds = state.holds.clone();
    let end = |month: Month| zone.midnight(month.next().first_day());
    let free = |month: Month| {
        month < closed.period && end(month).plus_days(i64::from(terms.reserve_days)) <= end(closed.period)
    };
    let mut given = Minor::ZERO;
    for hold in holds.iter_mut().filter(|hold| free(hold.month)) {
        given = given.plus(hold.held.minus(hold.released)?)?;
        hold.released = hold.held;
    }
    holds.retain(|hold| hold.held != hold.released);
    let event = |amount: Minor, moved: Minor, holds: Vec<Hold>| -> Result<ReserveMoved, MoneyError> {
        let leg = |kind: AccountKind, amount: Minor| Leg {
            account: Account::of(told.party, kind),
            layer: Layer::Settled,
            currency: told.currency,
            amount,
        };
        Ok(ReserveMoved {
            closing: ClosingId::of_reserve(told.party, told.currency.code()),
            run: closed.run,
            party: told.party,
            currency: told.currency,
            period: closed.period,
            earned: told.earned,
            rate: terms.reserve_rate,
            amount,
            holds,
            at: closed.at,
            legs: vec![
                leg(AccountKind::Available, moved.negated()?),
                leg(AccountKind::Held, moved),
            ],
        })
    };
    let released = match given.is_zero() {
        true => None,
        false => Some(event(given, given.negated()?, holds.clone())?),
    };
    let due = terms.reserve_rate.of(told.earned.max(Minor::ZERO), Rounding::HalfUp)?;
    let stands = holds.iter().find(|hold| hold.month == closed.period);
    let more = due.minus(stands.map_or(Minor::ZERO, |hold| hold.held))?;
    if more.is_zero() {
        return Ok((None, released));
    }
    holds.retain(|hold| hold.month != closed.period);
    if !due.is_zero() {
        holds.push(Hold {
            month: closed.period,
            held: due,
            released: Minor::ZERO,
        });
    }
    Ok((Some(event(more, more, holds)?), released))
}
