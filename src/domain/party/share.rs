//! What a share formula of a contract must be, with every wrong field named.
//! Must never look at the contract's dates, nor compute an amount.

use std::collections::BTreeSet;

use super::state::{Receiver, Share};
use crate::base::{PartyId, PartyKind};
use crate::domain::refusal::Wrong;
use crate::domain::share::{Bearer, Deduction, Guarantee, MonthlyTiers};
use crate::money::{Minor, Rate};

/// Most deductions, tiers and team members.
const MOST_PARTS: usize = 32;

/// Names that a split gives to its own parts.
const TAKEN: [&str; 3] = ["share", "team", "content_fee"];

/// Notes what is wrong with a share; pointers begin with `/share/formula`.
pub(super) fn check(
    share: &Share,
    upper: PartyId,
    receiver: Receiver,
    exists: &dyn Fn(PartyId) -> bool,
    wrong: &mut Wrong,
) {
    let Some(formula) = share.formula() else { return };
    deductions(&formula.deductions, upper, exists, wrong);
    if let Some(terms) = &formula.tiers {
        tiers(terms, wrong);
    }
    team(&formula.team, receiver, exists, wrong);
}

/// Notes what is wrong with a guarantee.
pub(super) fn guarantee(told: Option<&Guarantee>, upper: PartyId, wrong: &mut Wrong) {
    let Some(told) = told else { return };
    wrong.when(
        told.amount <= Minor::ZERO,
        "/guarantee/amount",
        "amount_not_positive",
        "a guarantee is a positive amount a month",
    );
    wrong.when(
        upper.kind() != PartyKind::Agency,
        "/guarantee",
        "party_kind",
        "an agency guarantees; this contract is with another party",
    );
}

fn deductions(all: &[Deduction], upper: PartyId, exists: &dyn Fn(PartyId) -> bool, wrong: &mut Wrong) {
    let mut names = BTreeSet::new();
    let mut before = 0_u64;
    for (index, deduction) in all.iter().enumerate() {
        let mut add = |field: &str, code, message: &str| {
            wrong.add(format!("/share/formula/deductions/{index}/{field}"), code, message);
        };
        let name = deduction.name.as_str();
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name_byte) {
            add("name", "name_form", "a name is 1 to 64 characters of a-z, 0-9 and _");
        } else if !names.insert(name) || TAKEN.contains(&name) {
            add("name", "name_repeated", "another part of the split has this name");
        }
        if deduction.taker.is_some_and(|taker| !exists(taker)) {
            add("taker", "not_found", "no such party");
        }
        if deduction.bearer == Bearer::Upper && deduction.taker.is_none_or(|taker| taker == upper) {
            add(
                "taker",
                "taker_needed",
                "what the upper bears must go to somebody else, or nothing moves",
            );
        }
        if deduction.bearer == Bearer::Both {
            before = before.saturating_add(u64::from(deduction.rate.ppm()));
        }
    }
    wrong.when(
        before > u64::from(Rate::SCALE),
        "/share/formula/deductions",
        "parts_exceed_whole",
        "the deductions before the split come to more than 1 (100 %)",
    );
    wrong.when(
        all.len() > MOST_PARTS,
        "/share/formula/deductions",
        "too_many",
        "a share has at most 32 deductions",
    );
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

fn tiers(terms: &MonthlyTiers, wrong: &mut Wrong) {
    wrong.when(
        !(1..=MOST_PARTS).contains(&terms.steps.len()),
        "/share/formula/tiers/steps",
        "too_many",
        "a month has 1 to 32 tiers",
    );
    let mut below: Option<Minor> = None;
    for (index, (from, _)) in terms.steps.iter().enumerate() {
        let fine = match below {
            None => from.is_zero(),
            Some(below) => *from > below,
        };
        if !fine {
            wrong.add(
                format!("/share/formula/tiers/steps/{index}/from"),
                "steps_order",
                "lower bounds rise from zero",
            );
        }
        below = Some(*from);
    }
}

fn team(all: &[(PartyId, Rate)], receiver: Receiver, exists: &dyn Fn(PartyId) -> bool, wrong: &mut Wrong) {
    let mut seen = BTreeSet::new();
    for (index, (party, weight)) in all.iter().enumerate() {
        let mut add = |field: &str, code, message: &str| {
            wrong.add(format!("/share/formula/team/{index}/{field}"), code, message);
        };
        if !exists(*party) {
            add("party", "not_found", "no such party");
        }
        if !seen.insert(*party) {
            add("party", "party_repeated", "another part of the team is this party's");
        }
        if *weight == Rate::ZERO {
            add("weight", "weight_zero", "a team member without weight gets nothing");
        }
    }
    let sum: u64 = all.iter().map(|(_, weight)| u64::from(weight.ppm())).sum();
    wrong.when(
        !all.is_empty() && sum != u64::from(Rate::SCALE),
        "/share/formula/team",
        "weights_not_whole",
        "the weights of a team sum to 1",
    );
    wrong.when(
        all.len() > MOST_PARTS,
        "/share/formula/team",
        "too_many",
        "a team has at most 32 members",
    );
    wrong.when(
        !all.is_empty() && matches!(receiver, Receiver::Member | Receiver::Each),
        "/share/formula/team",
        "team_paid_directly",
        "what the platform pays the member itself, the book cannot share out to a team",
    );
}
