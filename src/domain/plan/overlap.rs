//! Overlap of exclusive rules: exclusive per item whatever the subject, live-exclusive per item and subject (decision A10).
//! Must never let a pause or an end that is still to come count as a gap.

use super::PlanKind;
use super::state::{RuleState, RuleTerms, ShelfState, Subjects};
use crate::base::{Instant, RuleId};

/// A stretch of time in which a version applies, half-open, with its terms.
type Stretch<'a> = (Instant, Option<Instant>, &'a RuleTerms);

/// The first other rule of the shelf that an exclusive rule overlaps; none for rules of other kinds.
///
/// INVARIANT: at no instant do two exclusives stand on one item, nor two live-exclusives on one item for one party.
pub(super) fn with(shelf: &ShelfState, rule: &RuleState) -> Option<RuleId> {
    let exclusive = matches!(rule.kind, PlanKind::Exclusive | PlanKind::LiveExclusive);
    let rivals = shelf
        .rules
        .iter()
        .filter(|other| exclusive && other.id != rule.id && other.kind == rule.kind && other.scope == rule.scope);
    let own = stretches(rule);
    rivals
        .filter(|other| {
            stretches(other)
                .iter()
                .any(|theirs| own.iter().any(|ours| collide(rule.kind, ours, theirs)))
        })
        .map(|other| other.id)
        .next()
}

fn collide(kind: PlanKind, a: &Stretch<'_>, b: &Stretch<'_>) -> bool {
    let before = |from: Instant, to: Option<Instant>| to.is_none_or(|to| from < to);
    let same_time = before(a.0, b.1) && before(b.0, a.1);
    same_time && (kind == PlanKind::Exclusive || share_a_subject(&a.2.subjects, &b.2.subjects))
}

fn share_a_subject(a: &Subjects, b: &Subjects) -> bool {
    match (a, b) {
        (Subjects::Named(a), Subjects::Named(b)) => a.iter().any(|party| b.contains(party)),
        // Whoever may still be let in may be the same.
        _ => true,
    }
}

/// When each version applies: from its start until a later recorded one takes over, inside its window and before the end.
fn stretches(rule: &RuleState) -> Vec<Stretch<'_>> {
    let mut until = rule.ended_at;
    let mut found = Vec::with_capacity(rule.versions.len());
    for version in rule.versions.iter().rev() {
        let from = version.effective_from.max(version.terms.from);
        let to = match (until, version.terms.to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if to.is_none_or(|to| from < to) {
            found.push((from, to, &version.terms));
        }
        until = Some(until.map_or(version.effective_from, |until| until.min(version.effective_from)));
    }
    found
}
