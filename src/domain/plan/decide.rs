//! Decisions about rules: posting, changing, ending, and who may use one.
//! Must never read a clock or make an id.

use super::change::{lowers, raised};
use super::event::{RuleChanged, RuleEnded, RulePosted, ShelfEvent, SubjectApplied, SubjectDecided};
use super::state::{RuleState, RuleTerms, ShelfState, Subjects};
use super::{PlanKind, overlap, validate};
use crate::base::{Instant, PartyId, PartyKind, RuleId, Zone};
use crate::domain::refusal::Refusal;
use crate::money::Rate;

/// Posts a rule with its first version. `content` is the largest content fee that stands on top of rule rates.
pub fn post(shelf: &ShelfState, posted: RulePosted, content: Rate) -> Result<ShelfEvent, Refusal> {
    if shelf.rule(posted.rule).is_some() {
        return Err(already_exists(posted.rule));
    }
    validate::terms(posted.kind, &posted.scope, &posted.terms, content)?;
    let event = ShelfEvent::Posted(posted.clone());
    let mut after = shelf.clone();
    after.evolve(&event);
    refuse_overlap(&after, posted.rule)?;
    Ok(event)
}

/// Changes a rule (decision A12): a change that lowers nothing takes effect now; a cut at the next midnight; a mixed change
/// becomes two versions, its raises now and the whole at midnight. Locked versions refuse cuts; what stands already is no event.
///
/// INVARIANT: no order before the next midnight is paid less under the rule after a change than before it.
pub fn change(
    shelf: &ShelfState,
    rule: RuleId,
    terms: &RuleTerms,
    content: Rate,
    now: Instant,
    zone: Zone,
) -> Result<Vec<ShelfEvent>, Refusal> {
    let state = standing(shelf, rule)?;
    validate::terms(state.kind, &state.scope, terms, content)?;
    if visible_from(state, now).all(|version| version.terms == *terms) {
        return Ok(Vec::new());
    }
    let in_the_way: Vec<_> = visible_from(state, now)
        .filter(|v| lowers(&v.terms, terms, now))
        .collect();
    if in_the_way.iter().any(|version| version.terms.locked) {
        return Err(locked(rule));
    }
    let mut starts = Vec::with_capacity(2);
    if in_the_way.is_empty() {
        starts.push((now, terms.clone()));
    } else {
        let midnight = zone.next_midnight(now);
        let until_then = state.versions.iter().rev().find(|v| v.effective_from < midnight);
        let raises = until_then.map(|version| (raised(&version.terms, terms), version));
        if let Some((raised, _)) = raises.filter(|(raised, version)| *raised != version.terms) {
            starts.push((now, raised));
        }
        starts.push((midnight, terms.clone()));
    }
    let mut after = shelf.clone();
    let mut events = Vec::with_capacity(starts.len());
    let first = state.versions.iter().map(|v| v.number).max().unwrap_or(0);
    for (version, (effective_from, terms)) in (first.saturating_add(1)..).zip(starts) {
        let event = ShelfEvent::Changed(RuleChanged {
            rule,
            version,
            effective_from,
            terms,
        });
        after.evolve(&event);
        events.push(event);
    }
    refuse_overlap(&after, rule)?;
    Ok(events)
}

/// Ends a rule: a cut, so at the next midnight; orders until then are still paid.
pub fn end(shelf: &ShelfState, rule: RuleId, now: Instant, zone: Zone) -> Result<ShelfEvent, Refusal> {
    let state = standing(shelf, rule)?;
    let at = zone.next_midnight(now);
    // A locked window that is over by then loses nothing.
    let cuts = |terms: &RuleTerms| terms.locked && terms.to.is_none_or(|to| to > at);
    if visible_from(state, now).any(|version| cuts(&version.terms)) {
        return Err(locked(rule));
    }
    Ok(ShelfEvent::Ended(RuleEnded { rule, at }))
}

/// Asks to use a rule that needs approval.
pub fn apply(shelf: &ShelfState, rule: RuleId, party: PartyId, now: Instant) -> Result<ShelfEvent, Refusal> {
    let state = standing(shelf, rule)?;
    if !may_promote(party) {
        return Err(Refusal::invalid("party_kind", "only anchors, promoters and agencies use rules").at("/party"));
    }
    let approval = |terms: &RuleTerms| matches!(terms.subjects, Subjects::OnApproval(_));
    if !visible_from(state, now).any(|version| approval(&version.terms)) {
        return Err(Refusal::conflict(
            "approval_not_needed",
            "nobody applies to this rule: it is open, or names its parties",
        ));
    }
    if state.applied.contains(&party) {
        return Err(Refusal::conflict("already_applied", "this party waits for a decision already").at("/party"));
    }
    if state.approved.iter().any(|(who, _)| *who == party) {
        return Err(Refusal::conflict("already_approved", "this party is approved already").at("/party"));
    }
    Ok(ShelfEvent::Applied(SubjectApplied { rule, party }))
}

/// Approves or refuses an applicant; an approval is in force from now.
pub fn decide_applicant(
    shelf: &ShelfState,
    rule: RuleId,
    party: PartyId,
    approved: bool,
    now: Instant,
) -> Result<ShelfEvent, Refusal> {
    let state = standing(shelf, rule)?;
    if !state.applied.contains(&party) {
        return Err(Refusal::conflict("not_applied", "this party does not wait for a decision").at("/party"));
    }
    Ok(ShelfEvent::Decided(SubjectDecided {
        rule,
        party,
        approved,
        from: now,
    }))
}

/// True for the kinds of party that rules may name.
pub(super) fn may_promote(party: PartyId) -> bool {
    matches!(
        party.kind(),
        PartyKind::Anchor | PartyKind::Promoter | PartyKind::Agency
    )
}

fn standing(shelf: &ShelfState, rule: RuleId) -> Result<&RuleState, Refusal> {
    let state = shelf.rule(rule).ok_or_else(|| Refusal::not_found("rule"))?;
    if state.ended_at.is_some() {
        return Err(
            Refusal::conflict("rule_ended", "the rule has ended, or ends at the next midnight").because_of(rule),
        );
    }
    Ok(state)
}

/// The version in force at an instant and every one recorded after it: what orders from then on may meet.
fn visible_from(state: &RuleState, at: Instant) -> impl Iterator<Item = &super::state::Version> {
    let current = state.versions.iter().rposition(|v| v.effective_from <= at).unwrap_or(0);
    state.versions.iter().skip(current)
}

fn refuse_overlap(after: &ShelfState, rule: RuleId) -> Result<(), Refusal> {
    let Some(state) = after.rule(rule) else {
        return Ok(());
    };
    match overlap::with(after, state) {
        Some(other) => Err(Refusal::conflict(
            "rule_overlaps",
            match state.kind {
                PlanKind::LiveExclusive => {
                    "a live-exclusive rule stands on this item for the same party at the same time"
                }
                _ => "an exclusive rule stands on this item at the same time",
            },
        )
        .at("/terms/from")
        .because_of(other)),
        None => Ok(()),
    }
}

fn already_exists(rule: RuleId) -> Refusal {
    Refusal::conflict("already_exists", "a rule with this number stands here already")
        .at("/external_id")
        .because_of(rule)
}

fn locked(rule: RuleId) -> Refusal {
    Refusal::conflict("rule_locked", "the rule is locked: it may be raised, never cut").because_of(rule)
}
