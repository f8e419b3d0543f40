//! What a manual adjustment must be.
//! Must never let an adjustment touch the estimated layer, or move money from an account to itself.

use super::{AdjustmentPosted, AdjustmentPurpose, WriteOffTerms};
use crate::base::{AdjustmentId, Instant, PartyId};
use crate::domain::refusal::{Refusal, Wrong};
use crate::ledger::{Account, AccountKind, Entry, EntryError, Layer, Leg};
use crate::money::{Currency, Minor};

/// Most legs of one adjustment.
const MOST_LEGS: usize = 200;

/// Posts an adjustment that is well formed on the book's parties and currencies.
pub fn post(
    posted: AdjustmentPosted,
    currencies: &[Currency],
    exists: &dyn Fn(PartyId) -> bool,
    now: Instant,
) -> Result<AdjustmentPosted, Refusal> {
    let mut wrong = Wrong::default();
    wrong.reason("/reason", &posted.reason);
    wrong.files("/files", posted.files.len());
    wrong.when(
        posted.at > now,
        "/at",
        "in_future",
        "an adjustment has no business time to come",
    );
    wrong.when(
        !(2..=MOST_LEGS).contains(&posted.legs.len()),
        "/legs",
        "legs_count",
        "an adjustment has 2 to 200 legs",
    );
    for (index, leg) in posted.legs.iter().enumerate().take(MOST_LEGS) {
        check_leg(index, leg, &posted.legs, currencies, exists, &mut wrong);
    }
    wrong.check()?;
    match Entry::balanced(posted.legs.iter().copied()) {
        Ok(_) => Ok(posted),
        Err(unbalanced @ EntryError::Unbalanced { .. }) => {
            Err(Refusal::invalid("legs_unbalanced", unbalanced.to_string()).at("/legs"))
        }
        Err(EntryError::Money(error)) => Err(Refusal::from(error).at("/legs")),
    }
}

/// Gives up what a party owes: its balance rises towards zero, and the book's income bears it.
///
/// INVARIANT: no write-off brings a balance above zero.
pub fn write_off(
    adjustment: AdjustmentId,
    terms: &WriteOffTerms,
    available: Minor,
    now: Instant,
) -> Result<AdjustmentPosted, Refusal> {
    let mut wrong = Wrong::default();
    wrong.reason("/reason", &terms.reason);
    wrong.files("/files", terms.files.len());
    wrong.when(
        terms.amount <= Minor::ZERO,
        "/amount",
        "amount_not_positive",
        "a write-off is of more than nothing",
    );
    wrong.check()?;
    if available.plus(terms.amount)? > Minor::ZERO {
        let available = available.display(terms.currency);
        let message = format!("the balance is {available}: no more than what is owed can be given up");
        return Err(Refusal::invalid("more_than_owed", message).at("/amount"));
    }
    let leg = |account, amount| Leg {
        account,
        layer: Layer::Settled,
        currency: terms.currency,
        amount,
    };
    Ok(AdjustmentPosted {
        adjustment,
        at: now,
        reason: terms.reason.trim().to_owned(),
        legs: vec![
            leg(Account::of(terms.party, AccountKind::Available), terms.amount),
            leg(Account::book(AccountKind::Income), terms.amount.negated()?),
        ],
        purpose: Some(AdjustmentPurpose::WriteOff),
        files: terms.files.clone(),
    })
}

fn check_leg(
    index: usize,
    leg: &Leg,
    legs: &[Leg],
    currencies: &[Currency],
    exists: &dyn Fn(PartyId) -> bool,
    wrong: &mut Wrong,
) {
    let at = |field: &str| format!("/legs/{index}/{field}");
    if leg.layer != Layer::Settled {
        wrong.add(at("layer"), "layer_not_settled", "only the settled layer is adjusted");
    }
    if leg.amount.is_zero() {
        wrong.add(at("amount"), "amount_zero", "a leg moves money");
    }
    if !currencies.contains(&leg.currency) {
        wrong.add(at("currency"), "currency_not_booked", "the book has no such currency");
    }
    if leg.account.party().is_some_and(|party| !exists(party)) {
        wrong.add(at("account"), "not_found", "no such party");
    }
    let same = |before: &Leg| before.account == leg.account && before.currency == leg.currency;
    if legs.iter().take(index).any(same) {
        wrong.add(
            at("account"),
            "same_account",
            "an account stands once in an entry: a transfer to itself moves nothing",
        );
    }
}
