//! What a cut-over, an opening and its reversal must be.
//! Must never know who approved it, and must never let an opening touch `book:cutover` by itself.

use std::collections::BTreeSet;

use super::event::{Opening, OpeningBalance, OpeningPosted, OpeningReversed, Scope};
use super::post::{offset, opposite};
use super::state::CutoverState;
use crate::base::{CutoverId, ExternalId, Instant, PartyId, Zone};
use crate::domain::refusal::{Refusal, Wrong};
use crate::ledger::{AccountKind, EntryError, Owner};
use crate::money::Currency;

/// Most balances, and most payees, of one opening; more stand in a further one.
pub const MOST_ROWS: usize = 5_000;
/// Longest reason in characters.
const LONGEST_REASON: usize = 1_000;

/// What of the book an opening must fit.
pub struct Books<'a> {
    /// Its zone.
    pub zone: Zone,
    /// Its currencies.
    pub currencies: &'a [Currency],
    /// A party is registered.
    pub exists: &'a dyn Fn(PartyId) -> bool,
}

/// The scope of a new cut-over: the start of a day that has come, and no other of the same platform and account.
pub fn scope(scope: &Scope, zone: Zone, taken: &[Scope], now: Instant) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        zone.midnight(zone.day(scope.at)) != scope.at,
        "/at",
        "not_a_midnight",
        "a cut-over is at the start of a day in the book's zone",
    );
    wrong.when(scope.at > now, "/at", "in_future", "the day of a cut-over has come");
    wrong.when(
        scope.account.is_some() && scope.platform.is_none(),
        "/account",
        "platform_missing",
        "an account is one of a platform: name the platform too",
    );
    wrong.check()?;
    let same = |known: &&Scope| known.platform == scope.platform && known.account == scope.account;
    match taken.iter().find(same) {
        Some(_) => Err(Refusal::conflict(
            "cutover_exists",
            "there is a cut-over of this platform and account; a correction is a further opening of it",
        )),
        None => Ok(()),
    }
}

/// Posts an opening that is well formed on the book's parties and currencies.
pub fn open(
    state: &CutoverState,
    cutover: CutoverId,
    at: Instant,
    opening: &Opening,
    books: &Books<'_>,
) -> Result<OpeningPosted, Refusal> {
    let mut wrong = Wrong::default();
    reason(&opening.reason, &mut wrong);
    wrong.when(
        opening.balances.len() > MOST_ROWS || opening.payees.len() > MOST_ROWS,
        "/balances",
        "rows_count",
        "an opening has at most 5,000 balances and 5,000 payees; more stand in a further one",
    );
    let mut seen: BTreeSet<(String, Option<&ExternalId>)> = BTreeSet::new();
    for (index, balance) in opening.balances.iter().enumerate().take(MOST_ROWS) {
        check_balance(index, balance, books, &mut wrong);
        let key = (
            format!("{}/{}", balance.account, balance.currency),
            balance.entity.as_ref(),
        );
        if !seen.insert(key) {
            wrong.add(
                format!("/balances/{index}/account"),
                "same_account",
                "an account of an entity stands once in an opening",
            );
        }
    }
    for (index, payee) in opening.payees.iter().enumerate().take(MOST_ROWS) {
        let at = |field: &str| format!("/payees/{index}/{field}");
        if !(books.exists)(payee.party) {
            wrong.add(at("party"), "not_found", "no such party");
        }
        if !books.currencies.contains(&payee.currency) {
            wrong.add(at("currency"), "currency_not_booked", "the book has no such currency");
        }
        if payee.income.0 < 0 || payee.tax.0 < 0 || payee.tax > payee.income {
            wrong.add(
                at("tax"),
                "tax_out_of_range",
                "income and tax are not negative, and tax is no more than income",
            );
        }
        if !(1_990..=2_999).contains(&payee.year) {
            wrong.add(at("year"), "year_out_of_range", "a tax year such as 2026");
        }
    }
    wrong.check()?;
    let legs = offset(&opening.balances).map_err(|error| match error {
        EntryError::Money(money) => Refusal::from(money).at("/balances"),
        unbalanced @ EntryError::Unbalanced { .. } => Refusal::from(unbalanced),
    })?;
    Ok(OpeningPosted {
        cutover,
        number: state.next(),
        at: just_before(at),
        opening: opening.clone(),
        legs,
    })
}

/// The last instant of the books before: a month's account that begins with the cut-over opens with what stood then.
fn just_before(at: Instant) -> Instant {
    Instant::from_micros(at.micros() - 1).unwrap_or(at)
}

fn reason(reason: &str, wrong: &mut Wrong) {
    let reason = reason.trim();
    wrong.when(
        reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.contains('\0'),
        "/reason",
        "reason_needed",
        "it has a reason of at most 1,000 characters",
    );
}

fn check_balance(index: usize, balance: &OpeningBalance, books: &Books<'_>, wrong: &mut Wrong) {
    let at = |field: &str| format!("/balances/{index}/{field}");
    let kind = balance.account.kind;
    let of_the_book = matches!(kind, AccountKind::Income | AccountKind::Suspense | AccountKind::Cash);
    let fits = match balance.account.owner {
        Owner::Book => of_the_book,
        Owner::Party(_) => !of_the_book && kind != AccountKind::Cutover,
    };
    if !fits {
        wrong.add(
            at("account"),
            "account_kind_not_opened",
            "a party has available, frozen, clawback_due, held, direct_paid, commission, clearing or advance, the book income or suspense",
        );
    }
    if kind == AccountKind::Advance && balance.amount.0 > 0 {
        wrong.add(
            at("amount"),
            "advance_positive",
            "an advance is owed to the book: write it negative",
        );
    }
    if balance.amount.is_zero() {
        wrong.add(at("amount"), "amount_zero", "a balance of nothing needs no opening");
    }
    if !books.currencies.contains(&balance.currency) {
        wrong.add(at("currency"), "currency_not_booked", "the book has no such currency");
    }
    if balance.account.party().is_some_and(|party| !(books.exists)(party)) {
        wrong.add(at("account"), "not_found", "no such party");
    }
}

/// Reverses an opening as a whole.
pub fn reverse(state: &CutoverState, number: u32, why: &str) -> Result<OpeningReversed, Refusal> {
    let mut wrong = Wrong::default();
    reason(why, &mut wrong);
    wrong.check()?;
    let standing = state
        .opening(number)
        .ok_or_else(|| Refusal::not_found("opening").at("/number"))?;
    if standing.reversed {
        return Err(Refusal::conflict(
            "opening_reversed",
            "this opening was reversed already",
        ));
    }
    Ok(OpeningReversed {
        cutover: standing.posted.cutover,
        number,
        at: standing.posted.at,
        reason: why.to_owned(),
        legs: opposite(&standing.posted.legs)?,
    })
}
