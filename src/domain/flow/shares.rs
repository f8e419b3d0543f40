//! Contracts with tiers on the month: lines are counted in their contract's month, and a month is trued up.
//! Must never refuse a fact, and must never read a total that was not loaded: an unknown stream is named as missing, and
//! the batch is decided again with it.

use std::collections::BTreeMap;

use super::Scribe;
use crate::base::{Instant, LineId, MembershipId, Month, PartyId};
use crate::domain::book::BookState;
use crate::domain::command::{Made, TrueUp};
use crate::domain::event::Event;
use crate::domain::order::Accrual;
use crate::domain::party::{Contract, PartyState};
use crate::domain::refusal::Refusal;
use crate::domain::share::decide::{ShareKey, Sides, accrue, true_up};
use crate::domain::share::{Figures, MonthlyTiers, ShareEvent, ShareFormula, ShareState};
use crate::money::{Currency, MoneyError};

/// Counts what a line gave the months of its contracts before and gives them now.
pub(super) fn count(
    line: LineId,
    (before, after): (&[Accrual], &[Accrual]),
    occurred_at: Instant,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let Some(zone) = scribe.world.book(scribe.book).map(|book| book.opened.zone) else {
        return Ok(());
    };
    let mut moves: BTreeMap<ShareKey, (Currency, Figures)> = BTreeMap::new();
    let mut add = |accrual: &Accrual, figures: Figures| -> Result<(), MoneyError> {
        let key = ShareKey {
            membership: accrual.accrued.membership,
            terms_from: accrual.accrued.terms_from,
            month: zone.month(accrual.settled_at),
        };
        let change = moves
            .entry(key)
            .or_insert((accrual.accrued.currency, Figures::default()));
        change.1 = change.1.plus(figures)?;
        Ok(())
    };
    for accrual in after {
        add(accrual, accrual.accrued.figures)?;
    }
    for accrual in before {
        add(accrual, accrual.accrued.figures.negated()?)?;
    }
    for (key, (currency, change)) in moves {
        let state = stands(key, scribe);
        if let Some(event) = accrue(&state, key, currency, line, change)? {
            scribe.record(key.id(), occurred_at, Event::Share(ShareEvent::Accrued(event)));
        }
    }
    Ok(())
}

/// A contract's month as it stands; a stream that was not loaded is named as missing.
fn stands(key: ShareKey, scribe: &mut Scribe<'_>) -> ShareState {
    if !scribe.world.knows(key.id().into()) {
        scribe.missing.insert(key.id().into());
    }
    let known = scribe.world.share(key.id());
    known.map(|state| state.as_ref().clone()).unwrap_or_default()
}

/// The terms of a contract that have tiers, each with the instant it begins. Terms replaced at the very instant they began
/// never stood.
fn tiered(member: &PartyState, membership: MembershipId) -> Vec<(&Contract, &ShareFormula, &MonthlyTiers)> {
    let pieces = || {
        member
            .contracts
            .iter()
            .filter(move |contract| contract.id == membership)
    };
    let stood = pieces().filter(|contract| contract.to.is_none_or(|to| to > contract.from));
    stood
        .filter_map(|contract| {
            let formula = contract.share.formula()?;
            Some((contract, formula, formula.tiers.as_ref()?))
        })
        .collect()
}

/// Trues up a month of a contract: each of its terms by itself, because each has its own lines. As a closing entry it is
/// stamped into the month that is closed, and counts every line of the contract's month that is known by then.
pub(super) fn true_up_month(
    (member, membership, month): (PartyId, MembershipId, Month),
    closes: Option<Month>,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let state = scribe.world.party(member).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("membership"))?;
    if state.contracts.iter().all(|contract| contract.id != membership) {
        return Err(Refusal::not_found("membership"));
    }
    let terms = tiered(&state, membership);
    if terms.is_empty() {
        return Err(Refusal::conflict(
            "no_monthly_tiers",
            "the contract has no tiers on the month: what its lines posted is final",
        )
        .because_of(membership));
    }
    let end = book.opened.zone.midnight(month.next().first_day());
    if end > scribe.now {
        return Err(Refusal::conflict("period_not_over", "a month is trued up after its end").at("/month"));
    }
    let at = Instant::from_micros(end.micros().saturating_sub(1)).unwrap_or(end);
    let mut made = Made::default();
    for (contract, formula, tiers) in terms {
        let key = ShareKey {
            membership,
            terms_from: contract.from,
            month,
        };
        let stands = stands(key, scribe);
        let sides = Sides {
            member,
            upper: contract.upper,
        };
        let mut event = true_up(&stands, key, sides, formula, tiers, at)?;
        if let Some(event) = &mut event {
            event.closes = closes;
        }
        made.true_ups.push(TrueUp {
            terms_from: contract.from,
            currency: tiers.currency,
            figures: stands.figures,
            rate: tiers.reached(stands.figures.measured(tiers.measure)),
            target: stands.figures.by(tiers, formula.rates_of)?,
            trued_up_before: stands.trued_up,
            change: event.as_ref().map(|event| event.change).unwrap_or_default(),
        });
        if let Some(event) = event {
            let now = scribe.now;
            scribe.record(key.id(), now, Event::Share(ShareEvent::TruedUp(Box::new(event))));
        }
    }
    made.ids.insert("membership".to_owned(), membership.to_string());
    Ok(made)
}
