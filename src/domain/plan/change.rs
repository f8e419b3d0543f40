//! Raise or cut: what a change of terms does to what an order would be paid under the rule (decision A12).
//! Must never weigh one rule against another: a change is judged by what this rule pays, limits compared as limits.

use super::state::{Rates, RuleTerms, Subjects};
use crate::base::{Instant, PartyId};
use crate::money::{Minor, Rate};

/// True when some order from `now` on could be paid less under the new terms than under the old.
pub(super) fn lowers(old: &RuleTerms, new: &RuleTerms, now: Instant) -> bool {
    shuts_out(&old.subjects, &new.subjects)
        || new.from.max(now) > old.from.max(now)
        || smaller(old.to, new.to)
        || rates_lower(&old.rates, &new.rates)
        || smaller(old.first_n, new.first_n)
        || smaller(old.budget, new.budget)
        || smaller(old.cap_per_order, new.cap_per_order)
        || (old.give_back && !new.give_back)
        // Another order among rules can go either way.
        || old.priority != new.priority
        || (old.locked && !new.locked)
        || (!old.paused && new.paused)
}

/// The old terms with every raise of the new ones and none of the cuts.
pub(super) fn raised(old: &RuleTerms, new: &RuleTerms) -> RuleTerms {
    RuleTerms {
        subjects: union(&old.subjects, &new.subjects),
        from: old.from.min(new.from),
        to: larger(old.to, new.to),
        rates: rates_raised(&old.rates, &new.rates),
        first_n: larger(old.first_n, new.first_n),
        budget: larger(old.budget, new.budget),
        cap_per_order: larger(old.cap_per_order, new.cap_per_order),
        give_back: old.give_back || new.give_back,
        priority: old.priority,
        locked: old.locked,
        paused: old.paused && new.paused,
    }
}

/// Of limits, none is the largest.
fn smaller<T: Ord>(old: Option<T>, new: Option<T>) -> bool {
    match (old, new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
    }
}

fn larger<T: Ord>(old: Option<T>, new: Option<T>) -> Option<T> {
    Some(old?.max(new?))
}

fn shuts_out(old: &Subjects, new: &Subjects) -> bool {
    let all_in = |old: &[PartyId], new: &[PartyId]| old.iter().all(|party| new.contains(party));
    match (old, new) {
        (_, Subjects::Everyone) => false,
        (Subjects::Everyone, _) => true,
        // Those approved would be out.
        (Subjects::OnApproval(_), Subjects::Named(_)) => true,
        (Subjects::Named(old), Subjects::Named(new) | Subjects::OnApproval(new))
        | (Subjects::OnApproval(old), Subjects::OnApproval(new)) => !all_in(old, new),
    }
}

fn union(old: &Subjects, new: &Subjects) -> Subjects {
    let both = |old: &[PartyId], new: &[PartyId]| {
        let mut all = old.to_vec();
        all.extend(new.iter().filter(|party| !old.contains(party)));
        all
    };
    match (old, new) {
        (Subjects::Everyone, _) | (_, Subjects::Everyone) => Subjects::Everyone,
        (Subjects::Named(old), Subjects::Named(new)) => Subjects::Named(both(old, new)),
        (Subjects::Named(old) | Subjects::OnApproval(old), Subjects::Named(new) | Subjects::OnApproval(new)) => {
            Subjects::OnApproval(both(old, new))
        }
    }
}

fn steps(rates: &Rates) -> Vec<(Minor, Rate)> {
    match rates {
        Rates::Flat(rate) => vec![(Minor::ZERO, *rate)],
        Rates::Stepped(steps) | Rates::Tiered(steps) => steps.clone(),
    }
}

fn rate_at(steps: &[(Minor, Rate)], volume: Minor) -> Rate {
    let reached = steps.iter().rev().find(|(bound, _)| *bound <= volume);
    reached.map_or(Rate::ZERO, |(_, rate)| *rate)
}

/// Both step functions at every bound of either.
fn both_at_bounds(old: &Rates, new: &Rates) -> Vec<(Minor, Rate, Rate)> {
    let (old, new) = (steps(old), steps(new));
    let mut bounds: Vec<Minor> = old.iter().chain(&new).map(|(bound, _)| *bound).collect();
    bounds.sort_unstable();
    bounds.dedup();
    bounds
        .into_iter()
        .map(|bound| (bound, rate_at(&old, bound), rate_at(&new, bound)))
        .collect()
}

/// A stepped rate looks at the volume where the order begins, a tiered one at every volume the order reaches; when one gives
/// way to the other, every rate the order could reach counts.
fn rates_lower(old: &Rates, new: &Rates) -> bool {
    let rates = both_at_bounds(old, new);
    let from_on = |index: usize| rates.iter().skip(index);
    match (old, new) {
        (Rates::Stepped(_), Rates::Tiered(_)) => rates
            .iter()
            .enumerate()
            .any(|(i, (_, old, _))| from_on(i).any(|(.., new)| new < old)),
        (Rates::Tiered(_), Rates::Stepped(_)) => rates
            .iter()
            .enumerate()
            .any(|(i, (.., new))| from_on(i).any(|(_, old, _)| new < old)),
        _ => rates.iter().any(|(_, old, new)| new < old),
    }
}

fn rates_raised(old: &Rates, new: &Rates) -> Rates {
    if !rates_lower(old, new) {
        return new.clone();
    }
    let highest = || {
        let mut steps: Vec<(Minor, Rate)> = Vec::new();
        for (bound, old, new) in both_at_bounds(old, new) {
            let rate = old.max(new);
            if steps.last().is_none_or(|(_, before)| *before != rate) {
                steps.push((bound, rate));
            }
        }
        steps
    };
    match (old, new) {
        (Rates::Flat(old), Rates::Flat(new)) => Rates::Flat(*old.max(new)),
        (Rates::Stepped(_), Rates::Tiered(_)) | (Rates::Tiered(_), Rates::Stepped(_)) => old.clone(),
        // The bounds of the old kind stay when nothing is raised, so that equal terms stay equal.
        _ if both_at_bounds(old, new).iter().all(|(_, old, new)| new <= old) => old.clone(),
        (Rates::Tiered(_), _) | (_, Rates::Tiered(_)) => Rates::Tiered(highest()),
        _ => Rates::Stepped(highest()),
    }
}
