//! Rows of an event: legs, pin, parties of the line, parked facts, clicks.
//! Must never look at the fold of a stream: what it needs of the past is handed in.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    BreakResolvedRow, ClickRow, LegRow, LinePartyRow, ParkedRow, PinRow, ReconciliationRow, ResolutionRow, Rows,
    owner_uuid, word,
};
use crate::base::{BookId, PartyId};
use crate::domain::click::{Click, buyer_key};
use crate::domain::event::Event;
use crate::domain::flow::Recorded;
use crate::domain::order::pin::Pin;
use crate::domain::order::{FactApplied, FactState, LineEvent};
use crate::domain::parked::ParkedResolved;
use crate::domain::part::part_of;
use crate::domain::recon::ReconEvent;
use crate::domain::returns::{Flaw, ReturnEvent, Verdict};
use crate::domain::stream::Slice;
use crate::ledger::{Account, StampedLeg};
use crate::store::error::Result;

/// What rows of an event need of the past.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The book.
    pub book: BookId,
    /// Position of the event that pinned the line before this event, if one did.
    pub pinned_before: Option<i64>,
}

/// Adds the rows of one event. `stamped` are the legs of its entry with balances and periods.
pub fn of_event(context: Context, recorded: &Recorded, stamped: &[StampedLeg], rows: &mut Rows) -> Result<()> {
    let pin = pin_of(&recorded.event);
    legs(context, recorded, pin, stamped, rows)?;
    if let Some(pin) = pin {
        pinned(recorded, pin, rows);
    }
    match &recorded.event {
        Event::Line(LineEvent::Fact(fact)) => parked(recorded, fact, rows)?,
        Event::Resolution(resolved) => resolutions(recorded, resolved, rows)?,
        Event::Recon(event) => reconciled(recorded, event, rows)?,
        Event::Click(click) => clicked(context.book, recorded, click, rows),
        Event::Returns(event) => unmatched(recorded, event, rows),
        _ => {}
    }
    Ok(())
}

/// The pin that an event carries.
pub fn pin_of(event: &Event) -> Option<&Pin> {
    match event {
        Event::Line(LineEvent::Fact(e)) => e.pin.as_deref(),
        Event::Line(LineEvent::Reattributed(e)) => e.pin.as_deref(),
        Event::Line(LineEvent::TimerFired(e)) => e.pin.as_deref(),
        Event::Line(LineEvent::Released(e)) => Some(&e.pin),
        _ => None,
    }
}

/// Every party that a pin gives a part in the line.
pub fn parties_of(pin: &Pin) -> BTreeSet<PartyId> {
    let mut parties: BTreeSet<PartyId> = pin.attribution.party.into_iter().collect();
    if let Some(terms) = &pin.terms {
        parties.insert(terms.merchant);
        parties.extend(terms.content_fee.iter().map(|(taker, _)| *taker));
        parties.extend(terms.fees.iter().map(|fee| fee.taker));
        parties.extend(terms.subsidies.iter().map(|subsidy| subsidy.payer));
        parties.extend(terms.chain.iter().map(|hop| hop.party));
        for formula in terms.chain.iter().filter_map(|hop| hop.formula.as_deref()) {
            parties.extend(formula.deductions.iter().filter_map(|deduction| deduction.taker));
            parties.extend(formula.team.iter().map(|(party, _)| *party));
        }
    }
    parties
}

/// Legs stand under the pin in force after their event. An event that pins anew also takes money back from those who
/// had a part under the old pin only: their legs stand under the old one, so that its dimensions come out at zero.
fn legs(
    context: Context,
    recorded: &Recorded,
    pin: Option<&Pin>,
    stamped: &[StampedLeg],
    rows: &mut Rows,
) -> Result<()> {
    let placed = &recorded.placed;
    let at = recorded.event.accounting_at(placed.occurred_at).utc();
    let line = (recorded.stream.slice == Slice::Line).then_some(recorded.stream.id);
    let takers = pin.map(parties_of);
    let pin_of_leg = |account: &Account| match (&takers, account.party()) {
        (None, _) => context.pinned_before,
        (Some(takers), Some(party)) if !takers.contains(&party) => context.pinned_before.or(Some(placed.position)),
        (Some(_), _) => Some(placed.position),
    };
    for stamped_leg in stamped {
        let leg = &stamped_leg.leg;
        rows.totals.add(stamped_leg)?;
        rows.legs.push(LegRow {
            position: placed.position,
            owner: owner_uuid(&leg.account),
            account: leg.account.kind.code(),
            layer: leg.layer.code(),
            currency: leg.currency.code().to_owned(),
            amount: leg.amount.0,
            balance: stamped_leg.balance.0,
            period: stamped_leg.stamp.map(|stamp| stamp.period.number()),
            points_back_to: stamped_leg
                .stamp
                .and_then(|stamp| stamp.points_back_to)
                .map(|month| month.number()),
            at,
            line,
            pin: line.and_then(|_| pin_of_leg(&leg.account)),
            part: Some(part_of(&recorded.event, leg).code()),
        });
    }
    Ok(())
}

fn pinned(recorded: &Recorded, pin: &Pin, rows: &mut Rows) {
    let line = recorded.stream.id;
    let dims = &pin.dims;
    let text = |id: &Option<crate::base::ExternalId>| id.as_ref().map(|id| id.as_str().to_owned());
    rows.pins.push(PinRow {
        position: recorded.placed.position,
        line,
        at: pin.at.utc(),
        promoter: pin.attribution.party.map(PartyId::uuid),
        merchant: pin.terms.as_ref().map(|terms| terms.merchant.uuid()),
        rule: pin.rule.as_ref().map(|choice| choice.rule.0),
        item: dims.item.map(|item| item.0),
        shop: dims.shop.map(|shop| shop.0),
        category: dims.category.clone(),
        room: text(&dims.room),
        show: text(&dims.show),
        source: dims.source.clone(),
        phase: dims.phase.clone(),
        segment: dims.segment.clone(),
        payable: pin.payable.0,
    });
    for party in parties_of(pin) {
        rows.line_parties.push(LinePartyRow {
            party: party.uuid(),
            at: pin.at.utc(),
            line,
        });
    }
}

/// A parked or conflicting fact as a whole, or the remainder of an applied one. What waits or is stale needs nobody.
fn parked(recorded: &Recorded, fact: &FactApplied, rows: &mut Rows) -> Result<()> {
    let whole = matches!(fact.state, FactState::Parked | FactState::Conflict);
    if !whole && fact.remainder.is_none() {
        return Ok(());
    }
    rows.parked.push(ParkedRow {
        position: recorded.placed.position,
        line: Some(recorded.stream.id),
        kind: recorded.event.kind().to_owned(),
        state: word(&fact.state)?,
        code: fact.code.clone().unwrap_or_default(),
        amount: fact.remainder.map(|amount| amount.0),
        currency: fact.fact.currency.map(|currency| currency.code().to_owned()),
        at: recorded.placed.occurred_at.utc(),
    });
    Ok(())
}

fn resolutions(recorded: &Recorded, resolved: &ParkedResolved, rows: &mut Rows) -> Result<()> {
    for parked in &resolved.positions {
        rows.resolutions.push(ResolutionRow {
            parked: *parked,
            position: recorded.placed.position,
            how: word(&resolved.how)?,
            reason: resolved.reason.clone(),
            at: recorded.placed.recorded_at.utc(),
        });
    }
    Ok(())
}

fn clicked(book: BookId, recorded: &Recorded, click: &Click, rows: &mut Rows) {
    let id: Uuid = click.id(book).0;
    rows.clicks.push(ClickRow {
        position: recorded.placed.position,
        click: id,
        buyer: buyer_key(book, &click.buyer),
        item: click.item(book).map(|item| item.0),
        shop: click.shop(book).map(|shop| shop.0),
        at: click.at.utc(),
        tie: match &click.click_no {
            Some(no) => no.as_str().to_owned(),
            None => id.simple().to_string(),
        },
    });
}

/// A return that can never be matched, or that was judged to belong to no line; `returned` says whether that still stands.
fn unmatched(recorded: &Recorded, event: &ReturnEvent, rows: &mut Rows) {
    let (state, code, told) = match event {
        ReturnEvent::Told(e) => match e.flaw {
            Some(Flaw::Conflict) => ("conflict", Flaw::Conflict.code(), Some(&e.returned)),
            Some(flaw) => ("parked", flaw.code(), Some(&e.returned)),
            None => return,
        },
        ReturnEvent::Judged(e) => match &e.verdict {
            Verdict::Parked { why, .. } => ("parked", why.code(), None),
            Verdict::Matched { .. } => return,
        },
        ReturnEvent::Joined(_) | ReturnEvent::Withdrawn(_) => return,
    };
    rows.parked.push(ParkedRow {
        position: recorded.placed.position,
        line: None,
        kind: recorded.event.kind().to_owned(),
        state: state.to_owned(),
        code: code.to_owned(),
        amount: told.map(|told| told.amount.0),
        currency: told.map(|told| told.currency.code().to_owned()),
        at: recorded.placed.occurred_at.utc(),
    });
}

fn reconciled(recorded: &Recorded, event: &ReconEvent, rows: &mut Rows) -> Result<()> {
    let placed = &recorded.placed;
    let at = placed.recorded_at.utc();
    match event {
        ReconEvent::Run(run) => rows.reconciliations.push(ReconciliationRow {
            reconciliation: run.reconciliation.0,
            run: i32::try_from(run.run).unwrap_or(i32::MAX),
            file: run.file.clone(),
            mapping: run.mapping.clone(),
            mapping_sha256: run.mapping_sha256.clone(),
            platform: run.platform.as_str().to_owned(),
            period: run.period.number(),
            account: run.account.as_ref().map(ToString::to_string).unwrap_or_default(),
            shop: run.shop.as_ref().map(ToString::to_string).unwrap_or_default(),
            rows: i64::from(run.rows),
            rejected: i64::from(run.rejected),
            matched: i64::from(run.matched),
            breaks: serde_json_canonicalizer::to_string(&run.breaks)?,
            content: run.content.clone(),
            of_position: run.position,
            position: placed.position,
            made_at: at,
        }),
        ReconEvent::Resolved(resolved) => {
            for one in &resolved.breaks {
                rows.breaks_resolved.push(BreakResolvedRow {
                    position: placed.position,
                    break_id: one.id.0,
                    reconciliation: resolved.reconciliation.0,
                    number: i32::try_from(one.number).unwrap_or(i32::MAX),
                    how: word(&resolved.how)?,
                    proposal: word(&one.proposal)?,
                    by: resolved.by.map(|by| by.0),
                    reason: resolved.reason.clone(),
                    until: one.until.map(crate::base::Instant::utc),
                    approval: one.approval.map(|approval| approval.0),
                    at,
                });
            }
        }
    }
    Ok(())
}
