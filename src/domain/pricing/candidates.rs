//! Candidate rules of a line, their precedence (domain.md 2.7), and why each loser lost (decision A14).
//! Must never name a rule that is not open to the promoter or a taker above it: a pin is shown to them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::reserve::{self, Taken};
use super::{Known, Target};
use crate::base::{ExternalId, Instant, PartyId, PartyKind, RuleId, ShelfId};
use crate::domain::book::Formula;
use crate::domain::order::decide::PinRequest;
use crate::domain::order::{Candidate, Reason};
use crate::domain::plan::{PlanKind, RuleScope, RuleState, Subjects, Version};

/// Most losers kept one by one; further ones are counted.
const MOST_LOSERS: usize = 32;

/// The first level that a live exclusive plan removes (decision A10).
pub(super) const FIRST_EXCLUDED_LEVEL: u8 = 4;

/// What the choice came to.
pub(super) struct Outcome {
    /// The brand that pays and what was taken from its rule.
    pub taken: Option<(PartyId, Taken)>,
    /// Why nothing is earned.
    pub why_nothing: Option<&'static str>,
    /// Losers in order of precedence.
    pub lost: Vec<Candidate>,
    /// Further losers.
    pub lost_more: BTreeMap<Reason, u32>,
}

/// A rule that matches item, window and subjects.
pub(super) struct Matched<'a> {
    pub rule: &'a RuleState,
    pub version: &'a Version,
    /// 1 to 9.
    pub level: u8,
    /// How far above the promoter the named taker stands; 0 when the rule is open.
    distance: usize,
}

pub(super) type Rank = ((u8, usize), Reverse<i32>, Reverse<Instant>, RuleId);

impl Matched<'_> {
    /// Smaller wins.
    ///
    /// INVARIANT: precedence is total: no two rules have the same rank, because no two have the same id.
    pub(super) fn rank(&self) -> Rank {
        (
            (self.level, self.distance),
            Reverse(self.version.terms.priority),
            Reverse(self.version.effective_from),
            self.rule.id,
        )
    }

    fn candidate(&self, reason: Reason) -> Candidate {
        Candidate {
            rule: self.rule.id,
            version: self.version.number,
            reason,
        }
    }
}

/// Chooses the rule for the takers (the promoter first, then those above it).
pub(super) fn choose(
    takers: &[PartyId],
    target: &Target,
    request: &PinRequest<'_>,
    platform: &ExternalId,
    known: &dyn Known,
    formula: &Formula,
) -> Outcome {
    let in_place = in_place(target, known);
    let (in_currency, other): (Vec<_>, Vec<_>) = in_place
        .into_iter()
        .partition(|(rule, _)| rule.currency == request.currency);
    let excluded = in_currency
        .iter()
        .any(|(rule, version)| rule.kind == PlanKind::Exclusive && !version.terms.paused);
    let matches = |(rule, version)| matched(rule, version, takers, target.at);
    let mut candidates: Vec<Matched<'_>> = in_currency.into_iter().filter_map(matches).collect();
    candidates.sort_by_key(Matched::rank);
    let mut outcome = Outcome {
        taken: None,
        why_nothing: None,
        lost: Vec::new(),
        lost_more: BTreeMap::new(),
    };
    let mut winner: Option<Rank> = None;
    for candidate in &candidates {
        let reason = if candidate.version.terms.paused {
            Reason::Paused
        } else if excluded && candidate.level >= FIRST_EXCLUDED_LEVEL {
            Reason::Excluded
        } else if let Some(winner) = &winner {
            lost_to(winner, &candidate.rank())
        } else {
            match reserve::fit(candidate, request, platform, known, formula) {
                Ok(taken) => {
                    winner = Some(candidate.rank());
                    outcome.taken = Some((candidate.rule.brand, taken));
                    continue;
                }
                Err(reason) => reason,
            }
        };
        if outcome.lost.len() < MOST_LOSERS {
            outcome.lost.push(candidate.candidate(reason));
        } else {
            *outcome.lost_more.entry(reason).or_default() += 1;
        }
    }
    if outcome.taken.is_none() {
        outcome.why_nothing = Some(if excluded {
            "excluded"
        } else if candidates.is_empty() && other.into_iter().any(|found| matches(found).is_some()) {
            "currency_mismatch"
        } else {
            "no_rule"
        });
    }
    outcome
}

/// Rules of the item and the shop whose scope and window hold the line, whoever may use them.
fn in_place<'a>(target: &Target, known: &'a dyn Known) -> Vec<(&'a RuleState, &'a Version)> {
    let shelves = [target.item.map(ShelfId::of_item), target.shop.map(ShelfId::of_shop)];
    shelves
        .into_iter()
        .flatten()
        .filter_map(|shelf| known.shelf(shelf))
        .flat_map(|shelf| &shelf.rules)
        .filter(|rule| covers(&rule.scope, target))
        .filter_map(|rule| Some((rule, rule.in_force(target.at)?)))
        .collect()
}

fn covers(scope: &RuleScope, target: &Target) -> bool {
    match scope {
        RuleScope::Item(item) => target.item == Some(*item),
        RuleScope::Shop(shop) => target.shop == Some(*shop),
        RuleScope::Category(shop, category) => target.shop == Some(*shop) && target.category.as_ref() == Some(category),
    }
}

pub(super) fn matched<'a>(
    rule: &'a RuleState,
    version: &'a Version,
    takers: &[PartyId],
    at: Instant,
) -> Option<Matched<'a>> {
    let open_to = |party: &PartyId| match &version.terms.subjects {
        Subjects::Everyone => true,
        Subjects::Named(named) => named.contains(party),
        Subjects::OnApproval(named) => {
            let approved = rule.approved.iter().any(|(who, from)| who == party && *from <= at);
            approved || named.contains(party)
        }
    };
    let distance = takers.iter().position(open_to)?;
    let agency = takers.get(distance)?.kind() == PartyKind::Agency;
    let level = match (rule.kind, &rule.scope) {
        (PlanKind::LiveExclusive, _) => 1 + u8::from(agency),
        (PlanKind::Exclusive, _) => 3,
        (PlanKind::Targeted, _) => 4,
        (PlanKind::FirstN, _) => 5,
        (PlanKind::Marketing, _) => 6,
        (PlanKind::SelfSelect, _) => 7,
        (PlanKind::General, RuleScope::Item(_)) => 8,
        (PlanKind::General, RuleScope::Shop(_) | RuleScope::Category(..)) => 9,
    };
    // Only the named levels put the promoter's own approval before its agency's.
    let distance = if matches!(level, 1 | 2 | 4) { distance } else { 0 };
    Some(Matched {
        rule,
        version,
        level,
        distance,
    })
}

/// The first difference between a winner and a loser.
fn lost_to(winner: &Rank, loser: &Rank) -> Reason {
    if winner.0 != loser.0 {
        Reason::LessSpecific
    } else if winner.1 != loser.1 {
        Reason::LowerPriority
    } else if winner.2 != loser.2 {
        Reason::Earlier
    } else {
        Reason::LargerId
    }
}
