//! Decisions on returns: a row told or taken back, and the verdicts that follow from the sets as they stand.
//! Must never refuse a return: what cannot be matched is kept and parked.

use super::event::{Flaw, ReturnEvent, ReturnJudged, ReturnTold, ReturnWithdrawn, Returned, Verdict, Why};
use super::matching::{Sale, verdicts};
use super::state::{Kept, ReturnsState};
use crate::base::{ExternalId, LineId};
use crate::money::Currency;

/// What a return came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The same row is known already: the position of the event that told it.
    Known(i64),
    /// Record this.
    New(ReturnEvent),
}

/// Hears a row of a return document.
pub fn told(state: &ReturnsState, returned: &Returned, books: &dyn Fn(Currency) -> bool) -> Heard {
    let standing = state.standing(returned);
    // A row in conflict is known while the one that it contradicts stands; told again afterwards, it counts.
    let same = |kept: &&Kept| {
        !kept.withdrawn && kept.returned == *returned && (standing.is_some() || kept.flaw != Some(Flaw::Conflict))
    };
    if let Some(known) = state.kept().find(same) {
        return Heard::Known(known.position);
    }
    let flaw = if standing.is_some() {
        Some(Flaw::Conflict)
    } else if returned.buyer.is_none() || returned.item_no.is_none() {
        Some(Flaw::WithoutBuyer)
    } else if returned.amount.0 < 0 {
        Some(Flaw::AmountNegative)
    } else if returned.units == 0 {
        Some(Flaw::WithoutUnits)
    } else if !books(returned.currency) {
        Some(Flaw::CurrencyMismatch)
    } else {
        None
    };
    Heard::New(ReturnEvent::Told(ReturnTold {
        returned: returned.clone(),
        flaw,
    }))
}

/// Takes a row back; nothing when no such row stands, or when what stands says something else.
pub fn withdraw(state: &ReturnsState, returned: &Returned, batch: &ExternalId) -> Option<ReturnWithdrawn> {
    let kept = state.standing(returned).filter(|kept| kept.returned == *returned)?;
    Some(ReturnWithdrawn {
        document: kept.returned.document.clone(),
        row: kept.returned.row.clone(),
        batch: batch.clone(),
        before: kept.line(),
    })
}

/// Judges every return anew and gives the verdicts that changed, in the order in which returns are taken. `sales` are the
/// lines sold, none where matching is not asked for; `stands` says whether a line still has the refund of a match.
pub fn judge(
    state: &ReturnsState,
    sales: Option<&[Sale]>,
    stands: &dyn Fn(&Returned, LineId) -> bool,
) -> Vec<ReturnJudged> {
    let counting: Vec<&Returned> = state
        .kept()
        .filter(|kept| kept.counts())
        .map(|kept| &kept.returned)
        .collect();
    let judged = match sales {
        Some(sales) => verdicts(sales, &counting),
        None => {
            let parked = || Verdict::Parked {
                why: Why::NotAskedFor,
                candidates: Vec::new(),
            };
            counting.into_iter().map(|returned| (returned, parked())).collect()
        }
    };
    let changed = |(returned, verdict): (&Returned, Verdict)| {
        let kept = state.standing(returned)?;
        let holds = verdict.line().is_none_or(|line| stands(returned, line));
        if kept.verdict.as_ref() == Some(&verdict) && holds {
            return None;
        }
        let before = kept.line().filter(|line| stands(returned, *line));
        Some(ReturnJudged {
            document: returned.document.clone(),
            row: returned.row.clone(),
            before: before.filter(|line| verdict.line() != Some(*line)),
            matches: state.matches(returned) + u32::from(verdict.line().is_some()),
            verdict,
        })
    };
    judged.into_iter().filter_map(changed).collect()
}
