//! Decisions about approval policies: which steps make sense.
//! Must never let a policy be set by one person: it is a pending command itself.

use super::{PendingKind, PolicySet, PolicyState, PolicyTerms};
use crate::base::{Instant, PolicyId};
use crate::domain::person::Role;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor};

/// Roles that may decide approvals at all.
pub const DECIDING: [Role; 2] = [Role::Owner, Role::Finance];

/// Most persons that one step may ask for.
const MOST_APPROVERS: u8 = 5;

/// Sets a version of a policy.
pub fn set(
    state: &PolicyState,
    policy: PolicyId,
    terms: &PolicyTerms,
    currencies: &[Currency],
    now: Instant,
) -> Result<PolicySet, Refusal> {
    let mut wrong = Wrong::default();
    match (terms.kind.has_amount(), terms.currency) {
        (true, None) => wrong.add(
            "/currency",
            "currency_needed",
            "steps by amount are in one currency: name it",
        ),
        (true, Some(currency)) if !currencies.contains(&currency) => {
            wrong.add("/currency", "currency_not_booked", "the book has no such currency");
        }
        (false, Some(_)) => wrong.add(
            "/currency",
            "currency_not_allowed",
            "this kind moves no stated amount: leave the currency out",
        ),
        _ => {}
    }
    steps(terms.kind, terms, &mut wrong);
    wrong.check()?;
    let version = u32::try_from(state.versions.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    Ok(PolicySet {
        policy,
        version,
        kind: terms.kind,
        currency: terms.currency,
        steps: terms.steps.clone(),
        effective_from: terms.effective_from.unwrap_or(now),
    })
}

fn steps(kind: PendingKind, terms: &PolicyTerms, wrong: &mut Wrong) {
    let most = if kind.has_amount() { 10 } else { 1 };
    if terms.steps.is_empty() || terms.steps.len() > most {
        let message = format!("this kind has 1 to {most} steps");
        wrong.add("/steps", "steps_count", message);
    }
    wrong.when(
        terms.steps.first().is_some_and(|step| !step.from.is_zero()),
        "/steps/0/from",
        "steps_begin_at_zero",
        "the first step begins at 0",
    );
    let mut before: Option<Minor> = None;
    for (index, step) in terms.steps.iter().enumerate() {
        let at = |field: &str| format!("/steps/{index}/{field}");
        if before.is_some_and(|before| step.from <= before) {
            wrong.add(at("from"), "steps_ascend", "each step begins above the one before it");
        }
        before = Some(step.from);
        if !(1..=MOST_APPROVERS).contains(&step.approvers) {
            wrong.add(
                at("approvers"),
                "approvers_out_of_range",
                "1 to 5 persons beside the maker",
            );
        }
        if step.roles.iter().any(|role| !DECIDING.contains(role)) {
            wrong.add(at("roles"), "role_never_decides", "owner and finance decide approvals");
        }
    }
}
