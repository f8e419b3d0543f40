//! Decisions of a submission: make, amend, review, place, close.
//! Must never let the side that submits review itself.

use serde::Serialize;

use super::event::{
    CloseReason, SubmissionAmended, SubmissionClosed, SubmissionEvent, SubmissionMade, SubmissionPlaced,
    SubmissionReviewed, SubmissionTerms, Verdict,
};
use super::state::{Status, SubmissionState};
use crate::base::{PartyKind, SubmissionId};
use crate::domain::refusal::{Class, Refusal, Wrong};
use crate::money::{Minor, Rounding};

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Who submitted it.
    Submitter,
    /// The anchor, or its agency.
    Reviewer,
    /// The book itself, for either side.
    Book,
}

/// What is asked of a submission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Offers other terms.
    Amend {
        /// Which.
        terms: Box<SubmissionTerms>,
    },
    /// Takes it, sends it back, or refuses it.
    Review {
        /// What.
        verdict: Verdict,
        /// Why.
        reason: Option<String>,
        /// Warnings of which the reviewer knows, by code.
        despite: Vec<String>,
    },
    /// Gives it a place in the running order.
    Place {
        /// From 1.
        place: u32,
    },
    /// Ends it.
    Close {
        /// Why.
        reason: CloseReason,
        /// In words.
        remark: Option<String>,
        /// Units that were wanted and not there.
        unmet: Option<u32>,
    },
}

fn unfit(text: &str, most: usize) -> bool {
    text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control)
}

/// Refuses terms that cannot be meant.
pub fn check(terms: &SubmissionTerms) -> Result<(), Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        terms.live_price.0 <= 0,
        "/live_price",
        "amount_sign",
        "a price is more than nothing",
    );
    wrong.when(
        terms.daily_price < terms.live_price,
        "/daily_price",
        "amount_sign",
        "the show's price is not above the price of other days",
    );
    wrong.when(
        terms.slot_fee.0 < 0,
        "/slot_fee",
        "amount_sign",
        "a slot fee is not negative",
    );
    wrong.when(
        terms.stock == 0,
        "/stock",
        "number_form",
        "at least one unit is reserved",
    );
    let texts = terms
        .gifts
        .iter()
        .chain(terms.qualifications.iter().map(|one| &one.kind));
    wrong.when(
        texts.chain(&terms.category).any(|text| unfit(text, 200))
            || terms.link.as_ref().is_some_and(|link| unfit(link, 2_000)),
        "/gifts",
        "text_length",
        "gifts, qualifications and category are 1 to 200 characters without control characters, a link up to 2,000",
    );
    let points = terms.points.as_ref();
    wrong.when(
        points.is_some_and(|points| points.is_empty() || points.chars().count() > 4_000),
        "/points",
        "text_length",
        "write 1 to 4,000 characters",
    );
    wrong.when(
        terms.gifts.len() > 20 || terms.qualifications.len() > 50,
        "/qualifications",
        "texts_count",
        "at most 20 gifts and 50 qualifications",
    );
    wrong.check()
}

/// Makes a submission.
pub fn make(standing: Option<&SubmissionState>, made: SubmissionMade) -> Result<SubmissionEvent, Refusal> {
    if standing.is_some_and(|state| state.made.is_some()) {
        let why = "a submission with this number stands already";
        return Err(Refusal::conflict("already_exists", why)
            .at("/external_id")
            .because_of(made.submission));
    }
    let mut wrong = Wrong::default();
    wrong.when(
        !matches!(
            made.by.kind(),
            PartyKind::Brand | PartyKind::Agency | PartyKind::Supplier
        ),
        "/by",
        "party_kind",
        "brands, agencies and suppliers submit",
    );
    wrong.when(
        made.anchor.kind() != PartyKind::Anchor,
        "/anchor",
        "party_kind",
        "goods are submitted for a show of an anchor",
    );
    wrong.check()?;
    check(&made.terms)?;
    Ok(SubmissionEvent::Made(Box::new(made)))
}

/// Decides what a side asks.
pub fn decide(
    state: &SubmissionState,
    submission: SubmissionId,
    ask: &Ask,
    by: By,
) -> Result<SubmissionEvent, Refusal> {
    let Some(terms) = state.terms.as_deref() else {
        return Err(Refusal::not_found("submission"));
    };
    match ask {
        Ask::Amend { terms } => {
            side(by, By::Submitter)?;
            stands(state, &[Status::Submitted, Status::Returned])?;
            check(terms)?;
            Ok(SubmissionEvent::Amended(Box::new(SubmissionAmended {
                submission,
                terms: SubmissionTerms::clone(terms),
            })))
        }
        Ask::Review {
            verdict,
            reason,
            despite,
        } => {
            side(by, By::Reviewer)?;
            stands(state, &[Status::Submitted])?;
            if *verdict != Verdict::Approved && reason.is_none() {
                return Err(Refusal::invalid("reason_needed", "say why").at("/reason"));
            }
            text(reason.as_deref(), "/reason")?;
            Ok(SubmissionEvent::Reviewed(SubmissionReviewed {
                submission,
                verdict: *verdict,
                reason: reason.clone(),
                despite: despite.clone(),
            }))
        }
        Ask::Place { place } => {
            side(by, By::Reviewer)?;
            stands(state, &[Status::Approved, Status::Placed])?;
            if *place == 0 {
                return Err(Refusal::invalid("number_form", "places are counted from 1").at("/place"));
            }
            Ok(SubmissionEvent::Placed(SubmissionPlaced {
                submission,
                place: *place,
            }))
        }
        Ask::Close { reason, remark, unmet } => close(state, terms, (submission, by), *reason, remark.as_ref(), *unmet),
    }
}

fn close(
    state: &SubmissionState,
    terms: &SubmissionTerms,
    (submission, by): (SubmissionId, By),
    reason: CloseReason,
    remark: Option<&String>,
    unmet: Option<u32>,
) -> Result<SubmissionEvent, Refusal> {
    if reason == CloseReason::Withdrawn {
        side(by, By::Submitter)?;
        stands(
            state,
            &[Status::Submitted, Status::Returned, Status::Approved, Status::Placed],
        )?;
    } else {
        side(by, By::Reviewer)?;
        stands(state, &[Status::Approved, Status::Placed])?;
    }
    text(remark.map(String::as_str), "/remark")?;
    let unmet = match (reason, unmet) {
        (CloseReason::StockOut, None) => {
            let why = "say how many units were wanted and not there";
            return Err(Refusal::invalid("missing_field", why).at("/unmet"));
        }
        (CloseReason::StockOut, unmet) => unmet,
        (_, None) => None,
        (_, Some(_)) => {
            let why = "only a stock-out leaves units unmet";
            return Err(Refusal::invalid("unexpected_field", why).at("/unmet"));
        }
    };
    let goods = |units: u32| terms.live_price.0.checked_mul(i64::from(units)).map(Minor);
    let lost = match unmet {
        Some(units) => {
            let goods = goods(units).ok_or(crate::money::MoneyError::OutOfRange)?;
            Some(terms.commission.of(goods, Rounding::HalfUp)?)
        }
        None => None,
    };
    Ok(SubmissionEvent::Closed(SubmissionClosed {
        submission,
        reason,
        remark: remark.cloned(),
        unmet,
        lost,
    }))
}

fn side(by: By, wanted: By) -> Result<(), Refusal> {
    if by == wanted || by == By::Book {
        return Ok(());
    }
    let why = "the other side of the submission does this";
    Err(Refusal::new(Class::Forbidden, "not_this_side", why))
}

fn stands(state: &SubmissionState, allowed: &[Status]) -> Result<(), Refusal> {
    if allowed.contains(&state.status) {
        return Ok(());
    }
    let why = format!("the submission is {}", state.status.word());
    Err(Refusal::conflict("submission_status", why))
}

fn text(text: Option<&str>, pointer: &'static str) -> Result<(), Refusal> {
    if text.is_some_and(|text| unfit(text, 1_000)) {
        return Err(Refusal::invalid("text_length", "write 1 to 1,000 characters").at(pointer));
    }
    Ok(())
}
