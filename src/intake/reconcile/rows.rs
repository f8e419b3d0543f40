//! What the facts of a statement's row say of its line, as a reconciliation compares it.
//! Must never look at the ledger.

use std::collections::BTreeSet;

use crate::base::Zone;
use crate::domain::order::split::CONTENT_FEE;
use crate::domain::order::{LineFact, Track, What};
use crate::domain::recon::sides::{Stage, TheirRefund, Theirs};
use crate::money::Minor;

/// A row of the statement with its facts.
pub(super) struct Told {
    /// Its number.
    pub row: i64,
    /// Its facts.
    pub facts: Vec<LineFact>,
}

/// What a row says of the line as a whole; none when it only speaks of cases. Of fees that the file `speaks` of, one that
/// the row lacks is nothing.
pub(super) fn theirs(told: &Told, zone: Zone, speaks: &BTreeSet<String>) -> Option<Theirs> {
    let first = told.facts.first()?;
    let mut row = Theirs {
        row: told.row,
        stage: Stage::Open,
        told_at: first.at,
        snapshot: false,
        settled_at: None,
        month: None,
        paid: None,
        base: None,
        rate: None,
        commission: None,
        fees: Vec::new(),
        tellable: true,
    };
    let mut whole = false;
    for fact in &told.facts {
        match &fact.what {
            What::Snapshot(snapshot) => {
                row.snapshot = true;
                row.told_at = fact.at;
                row.paid = snapshot.paid;
                row.settled_at = snapshot.settled_at;
                row.base = snapshot.settled_base;
                row.stage = match (snapshot.settled_at, snapshot.closed_at) {
                    (Some(_), _) => Stage::Settled,
                    (None, Some(_)) => Stage::Closed,
                    (None, None) => Stage::Open,
                };
            }
            What::Settled { base } => {
                row.stage = Stage::Settled;
                row.told_at = fact.at;
                row.settled_at = Some(fact.at);
                row.base = *base;
            }
            What::Closed { .. } if row.stage == Stage::Open => row.stage = Stage::Closed,
            What::Paid { amount, .. } => row.paid = Some(*amount),
            What::Created { .. } | What::Received | What::Closed { .. } => {}
            _ => continue,
        }
        whole = true;
        let track = fact.reported.as_deref().and_then(|reported| reported.settled.as_ref());
        if let Some(track) = track {
            figures(&mut row, track, speaks);
        }
    }
    row.month = row.settled_at.map(|at| zone.month(at));
    if row.stage != Stage::Settled {
        (row.base, row.commission) = (None, None);
    }
    whole.then_some(row)
}

fn figures(row: &mut Theirs, track: &Track, speaks: &BTreeSet<String>) {
    row.base = row.base.or(track.base);
    row.rate = track.rate;
    row.commission = Some(track.gross);
    row.fees = named(track);
    for name in speaks {
        if !row.fees.iter().any(|(known, _)| known == name) {
            row.fees.push((name.clone(), Minor::ZERO));
        }
    }
}

/// Fees of a track, the content fee among them.
pub(super) fn named(track: &Track) -> Vec<(String, Minor)> {
    let fees = track.fees.iter().map(|fee| (fee.name.clone(), fee.amount));
    let content = track.content_fee.map(|amount| (CONTENT_FEE.to_owned(), amount));
    fees.chain(content).collect()
}

/// What a row says of refund cases.
pub(super) fn refunds(told: &Told) -> Vec<TheirRefund> {
    let mut cases: Vec<TheirRefund> = Vec::new();
    for fact in &told.facts {
        if let What::RefundWon {
            case, goods, deducted, ..
        } = &fact.what
        {
            cases.push(TheirRefund {
                row: told.row,
                case: case.as_str().to_owned(),
                goods: *goods,
                deducted: *deducted,
            });
        }
    }
    for fact in &told.facts {
        if let What::RefundDeducted { case } = &fact.what {
            let won = cases.iter_mut().find(|won| won.case == case.as_str());
            if let Some(won) = won {
                won.deducted = true;
            }
        }
    }
    cases
}
