//! What the terms of a rule must be, by kind (domain.md 2.6).
//! Must never stop at the first wrong field.

use super::decide::may_promote;
use super::state::{Rates, RuleTerms, Subjects};
use super::{PlanKind, RuleScope};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Minor, Rate};

/// Most parties that one rule may name.
const MOST_SUBJECTS: usize = 1_000;
/// Most steps of a rate.
const MOST_STEPS: usize = 100;

/// Refuses terms that do not fit their kind, naming every wrong field.
pub(super) fn terms(kind: PlanKind, scope: &RuleScope, terms: &RuleTerms, content: Rate) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    of_kind(kind, scope, terms, &mut wrong);
    subjects(kind, &terms.subjects, &mut wrong);
    rates(&terms.rates, content, &mut wrong);
    wrong.when(
        terms.to.is_some_and(|to| to <= terms.from),
        "/terms/to",
        "window_empty",
        "the end must come after the start; the end itself is outside the window",
    );
    let positive = |amount: Option<Minor>| amount.is_none_or(|amount| amount > Minor::ZERO);
    let message = "a limit must be positive; leave it out for none";
    wrong.when(!positive(terms.budget), "/terms/budget", "amount_not_positive", message);
    wrong.when(
        !positive(terms.cap_per_order),
        "/terms/cap_per_order",
        "amount_not_positive",
        message,
    );
    wrong.when(terms.first_n == Some(0), "/terms/first_n", "first_n_needed", message);
    wrong.check()
}

fn of_kind(kind: PlanKind, scope: &RuleScope, terms: &RuleTerms, wrong: &mut Wrong) {
    let per_item = matches!(
        kind,
        PlanKind::LiveExclusive | PlanKind::Exclusive | PlanKind::FirstN | PlanKind::Marketing
    );
    wrong.when(
        per_item && !matches!(scope, RuleScope::Item(_)),
        "/scope",
        "item_needed",
        "a rule of this kind stands on one item",
    );
    wrong.when(
        matches!(kind, PlanKind::LiveExclusive | PlanKind::Marketing) && terms.to.is_none(),
        "/terms/to",
        "end_needed",
        "a rule of this kind has an end",
    );
    wrong.when(
        kind == PlanKind::FirstN && terms.first_n.is_none(),
        "/terms/first_n",
        "first_n_needed",
        "a first-N rule says how many units",
    );
    if let RuleScope::Category(_, category) = scope {
        wrong.when(
            category.is_empty() || category.chars().count() > 200 || category.chars().any(char::is_control),
            "/scope/category",
            "text_length",
            "a category is 1 to 200 characters without control characters",
        );
    }
}

fn subjects(kind: PlanKind, subjects: &Subjects, wrong: &mut Wrong) {
    let fits = match (kind, subjects) {
        (PlanKind::General | PlanKind::Marketing, subjects) => *subjects == Subjects::Everyone,
        (PlanKind::LiveExclusive, subjects) => matches!(subjects, Subjects::Named(_)),
        (PlanKind::Targeted | PlanKind::SelfSelect, subjects) => *subjects != Subjects::Everyone,
        (PlanKind::FirstN | PlanKind::Exclusive, _) => true,
    };
    wrong.when(
        !fits,
        "/terms/subjects",
        "subjects_not_allowed",
        "general and marketing rules are open to everyone; live-exclusive ones name their parties; targeted and self-select \
         ones name them or let them apply",
    );
    let (Subjects::Named(parties) | Subjects::OnApproval(parties)) = subjects else {
        return;
    };
    wrong.when(
        parties.is_empty() && matches!(subjects, Subjects::Named(_)),
        "/terms/subjects",
        "subjects_empty",
        "a rule for named parties names at least one",
    );
    wrong.when(
        parties.len() > MOST_SUBJECTS,
        "/terms/subjects",
        "too_many",
        "a rule names at most 1,000 parties",
    );
    for (index, party) in parties.iter().enumerate().take(MOST_SUBJECTS) {
        let pointer = || format!("/terms/subjects/{index}");
        if !may_promote(*party) {
            wrong.add(
                pointer(),
                "party_kind",
                "only anchors, promoters and agencies use rules",
            );
        }
        if parties.iter().take(index).any(|before| before == party) {
            wrong.add(pointer(), "party_repeated", "this party is named twice");
        }
    }
}

fn rates(rates: &Rates, content: Rate, wrong: &mut Wrong) {
    let steps: &[(Minor, Rate)] = match rates {
        Rates::Flat(rate) => &[(Minor::ZERO, *rate)],
        Rates::Stepped(steps) | Rates::Tiered(steps) => steps,
    };
    let ascending = steps.first().is_some_and(|(bound, _)| bound.is_zero()) && steps.is_sorted_by(|a, b| a.0 < b.0);
    wrong.when(
        !ascending,
        "/terms/rates",
        "steps_order",
        "steps begin at zero and ascend",
    );
    wrong.when(
        steps.len() > MOST_STEPS,
        "/terms/rates",
        "too_many",
        "a rate has at most 100 steps",
    );
    wrong.when(
        steps.iter().any(|(_, rate)| rate.plus(content).is_err()),
        "/terms/rates",
        "parts_exceed_whole",
        "the rate and the content fee on top of it come to more than 1 (100 %)",
    );
}
