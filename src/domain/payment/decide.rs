//! Decisions about payments made outside: whether one may be recorded, and whether it came back.
//! Must never take more from a party than is available, unless the rest was said to be an advance.

use chrono::NaiveDate;

use super::{PaymentEvent, PaymentRecorded, PaymentReturned, PaymentState, PaymentTerms, ReturnTerms};
use crate::base::{Instant, PartyId, PaymentId, Zone};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor};

/// Longest note in characters.
const LONGEST_NOTE: usize = 1_000;

/// What the book knows of a payment.
#[derive(Clone, Copy, Debug)]
pub struct Books<'a> {
    /// Calendar.
    pub zone: Zone,
    /// Currencies of the book.
    pub currencies: &'a [Currency],
    /// Whose books.
    pub owner: Option<PartyId>,
    /// The payee's suspension, with its reason.
    pub suspended: Option<&'a str>,
    /// The payee's available balance.
    pub available: Minor,
    /// Now.
    pub now: Instant,
}

/// Records a payment.
///
/// INVARIANT: a reference of a channel is recorded once, and never again after it came back.
pub fn record(
    state: &PaymentState,
    payment: PaymentId,
    terms: &PaymentTerms,
    books: &Books<'_>,
) -> Result<PaymentEvent, Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        terms.amount <= Minor::ZERO,
        "/amount",
        "amount_not_positive",
        "a payment is of more than nothing",
    );
    wrong.when(
        !books.currencies.contains(&terms.currency),
        "/amount/currency",
        "currency_not_booked",
        "the book has no such currency",
    );
    wrong.when(
        terms.vouchers.is_empty(),
        "/vouchers",
        "voucher_needed",
        "a payment made outside is shown by at least one file",
    );
    wrong.files("/vouchers", terms.vouchers.len());
    let long = |note: &String| note.chars().count() > LONGEST_NOTE || note.contains('\0');
    wrong.when(
        terms.note.as_ref().is_some_and(long),
        "/note",
        "text_length",
        "a note is at most 1,000 characters",
    );
    let at = day(terms.paid_on, "/paid_on", books, &mut wrong);
    wrong.when(
        books.owner == Some(terms.party),
        "/party",
        "same_account",
        "the owner of the book cannot pay itself",
    );
    wrong.check()?;
    if state.recorded.is_some() {
        return Err(Refusal::conflict(
            "payment_known",
            "a payment with this reference of this channel is recorded already; a new payment has a new reference",
        )
        .at("/reference")
        .because_of(payment));
    }
    if let Some(reason) = books.suspended {
        return Err(
            Refusal::conflict("party_suspended", format!("this party is not to be paid: {reason}")).at("/party"),
        );
    }
    let from_available = terms.amount.min(books.available.max(Minor::ZERO));
    let advance = terms.amount.minus(from_available)?;
    if !advance.is_zero() && !terms.as_advance {
        let available = books.available.display(terms.currency);
        return Err(Refusal::invalid(
            "more_than_available",
            format!("{available} is available; say as_advance when the rest is paid ahead of what is earned"),
        )
        .at("/amount"));
    }
    Ok(PaymentEvent::Recorded(Box::new(PaymentRecorded {
        payment,
        terms: terms.clone(),
        at,
        from_available,
        advance,
    })))
}

/// Records that a payment came back as a whole.
pub fn give_back(state: &PaymentState, terms: &ReturnTerms, books: &Books<'_>) -> Result<PaymentEvent, Refusal> {
    let recorded = state.recorded.as_ref().ok_or_else(|| Refusal::not_found("payment"))?;
    let mut wrong = Wrong::default();
    wrong.reason("/reason", &terms.reason);
    wrong.files("/files", terms.files.len());
    let at = day(terms.returned_on, "/returned_on", books, &mut wrong);
    wrong.when(
        terms.returned_on < recorded.terms.paid_on,
        "/returned_on",
        "before_payment",
        "a payment comes back on or after the day it was paid",
    );
    wrong.check()?;
    if state.returned.is_some() {
        return Err(
            Refusal::conflict("payment_returned", "this payment came back already").because_of(recorded.payment)
        );
    }
    Ok(PaymentEvent::Returned(PaymentReturned {
        terms: terms.clone(),
        party: recorded.terms.party,
        currency: recorded.terms.currency,
        at,
        to_available: recorded.from_available,
        advance: recorded.advance,
    }))
}

/// The start of a day that must not be to come.
fn day(day: NaiveDate, pointer: &'static str, books: &Books<'_>, wrong: &mut Wrong) -> Instant {
    wrong.when(
        day > books.zone.day(books.now),
        pointer,
        "in_future",
        "this day has not come yet",
    );
    books.zone.midnight(day)
}
