//! Rules on their shelves: posting, changing, ending, applying.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{exists, in_time, made, record};
use crate::base::{Instant, PartyId, PartyKind, RuleId, ShelfId, derive_uuid};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::plan::event::ShelfEvent;
use crate::domain::plan::{RulePosted, RuleScope, RuleTerms, ShelfState, Subjects, decide as plan};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::Rate;

/// Decides a command about a rule.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let (now, zone) = (scribe.now, book.opened.zone);
    let (shelf, rule, events) = match command {
        Command::PostRule { .. } => return post(command, book, scribe).map(Some),
        Command::ChangeRule { shelf, rule, terms } => {
            named_exist(&terms.subjects, scribe)?;
            let state = standing(*shelf, scribe)?;
            (
                shelf,
                rule,
                plan::change(&state, *rule, terms, content(book, now), now, zone)?,
            )
        }
        Command::EndRule { shelf, rule } => {
            let state = standing(*shelf, scribe)?;
            (shelf, rule, vec![plan::end(&state, *rule, now, zone)?])
        }
        Command::ApplyToRule { shelf, rule, party } => {
            if !exists(scribe, *party) {
                return Err(Refusal::not_found("party").at("/party"));
            }
            let state = standing(*shelf, scribe)?;
            (shelf, rule, vec![plan::apply(&state, *rule, *party, now)?])
        }
        Command::DecideApplicant {
            shelf,
            rule,
            party,
            approved,
        } => {
            let state = standing(*shelf, scribe)?;
            let event = plan::decide_applicant(&state, *rule, *party, *approved, now)?;
            (shelf, rule, vec![event])
        }
        _ => return Ok(None),
    };
    for event in events {
        record(scribe, *shelf, Event::Shelf(event));
    }
    Ok(Some(made([("rule", rule.to_string()), ("shelf", shelf.to_string())])))
}

fn standing(shelf: ShelfId, scribe: &Scribe<'_>) -> Result<Arc<ShelfState>, Refusal> {
    scribe
        .world
        .shelf(shelf)
        .cloned()
        .ok_or_else(|| Refusal::not_found("rule"))
}

pub(super) fn post(command: &Command, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let Command::PostRule {
        external_id,
        brand,
        kind,
        scope,
        currency,
        terms,
    } = command
    else {
        return Ok(Made::default());
    };
    may_pay(*brand, scope, scribe)?;
    if !book.opened.currencies.contains(currency) {
        return Err(Refusal::invalid("currency_not_booked", "the book has no such currency").at("/currency"));
    }
    named_exist(&terms.subjects, scribe)?;
    in_time(terms.from, "/terms/from", scribe)?;
    let shelf = scope.shelf();
    let rule = RuleId(match external_id {
        Some(number) => derive_uuid("rule", shelf.0, &[&brand.to_string(), number.as_str()]),
        None => (scribe.fresh)(),
    });
    let posted = RulePosted {
        rule,
        external_id: external_id.clone(),
        brand: *brand,
        kind: *kind,
        scope: scope.clone(),
        currency: *currency,
        effective_from: terms.from,
        terms: RuleTerms::clone(terms),
    };
    let state = scribe.world.shelf(shelf).cloned().unwrap_or_default();
    let event: ShelfEvent = plan::post(&state, posted, content(book, terms.from))?;
    record(scribe, shelf, Event::Shelf(event));
    Ok(made([("rule", rule.to_string()), ("shelf", shelf.to_string())]))
}

/// The brand must be one, and answer for the shop that the rule names, when that shop is registered.
fn may_pay(brand: PartyId, scope: &RuleScope, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    if brand.kind() != PartyKind::Brand {
        return Err(Refusal::invalid("party_kind", "a brand pays under a rule").at("/brand"));
    }
    if !exists(scribe, brand) {
        return Err(Refusal::not_found("party").at("/brand"));
    }
    let shop = match scope {
        RuleScope::Item(_) => None,
        RuleScope::Shop(shop) | RuleScope::Category(shop, _) => scribe.world.shop(*shop),
    };
    let registered = shop.and_then(|shop| shop.registered.as_ref());
    if registered.is_some_and(|registered| registered.brand != brand) {
        return Err(Refusal::conflict("brand_differs", "another brand answers for this shop").at("/brand"));
    }
    Ok(())
}

/// Parties that were loaded and do not exist cannot be named.
fn named_exist(subjects: &Subjects, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    let (Subjects::Named(parties) | Subjects::OnApproval(parties)) = subjects else {
        return Ok(());
    };
    let mut wrong = Wrong::default();
    for (index, party) in parties.iter().enumerate() {
        if !exists(scribe, *party) {
            wrong.add(format!("/terms/subjects/{index}"), "not_found", "no such party");
        }
    }
    wrong.check()
}

/// The largest content fee that stands on top of rule rates at an instant or later.
fn content(book: &BookState, from: Instant) -> Rate {
    let on_top = book.formulas.iter().filter(|formula| !formula.terms.rates_are_overall);
    on_top
        .filter(|formula| formula.effective_from >= from || is_last_before(book, formula.id, formula.version, from))
        .filter_map(|formula| formula.terms.content_fee.map(|(_, rate)| rate))
        .max()
        .unwrap_or(Rate::ZERO)
}

/// True for the version of a formula that is in force at an instant.
fn is_last_before(book: &BookState, id: crate::base::FormulaId, version: u32, at: Instant) -> bool {
    let versions = book.formulas.iter().filter(|f| f.id == id && f.effective_from <= at);
    versions
        .max_by_key(|f| f.effective_from)
        .is_some_and(|f| f.version == version)
}
