//! Covering brand contracts before they are awarded 预存款: the setting, and the sum; and the card of an anchor.
//! Must never count money that is set aside already: it covers the contract that it is set aside for, and no other.
//!
//! New terms + what open contracts are short of <= what the brand has deposited and not set aside + its agreed credit.

use std::sync::Arc;

use super::{exists, made, record, vtask};
use crate::base::{ContractId, PartyId};
use crate::domain::book::{BookEvent, BookPrefundSet, BookState};
use crate::domain::command::{Command, Made};
use crate::domain::contract::Terms;
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::party::{self, PrefundSet};
use crate::domain::refusal::{Class, Refusal};
use crate::domain::stream::Slice;
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Minor};

/// Decides a command about cards and cover.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let made = match command {
        Command::SetCard { party, card } => {
            let state = scribe.world.party(*party).cloned();
            let state = state.ok_or_else(|| Refusal::not_found("party").at("/party"))?;
            let own = |actor| actor == *party || vtask::is_above(actor, *party, scribe);
            if !scribe.actor.party.is_none_or(own) {
                return Err(Refusal::new(
                    Class::Forbidden,
                    "not_this_side",
                    "an anchor, or its agency, publishes its card",
                ));
            }
            if let Some(event) = party::decide::set_card(&state, card)? {
                record(scribe, *party, Event::Party(event));
            }
            made([("party", party.to_string())])
        }
        Command::SetPrefund { brand: None, set } => {
            let on = set.on.unwrap_or_default();
            if book.prefund != on {
                let event = BookEvent::PrefundSet(BookPrefundSet { on });
                record(scribe, scribe.book, Event::Book(event));
            }
            made([("book", scribe.book.to_string())])
        }
        Command::SetPrefund {
            brand: Some(brand),
            set,
        } => of_brand(*brand, set, book, scribe)?,
        _ => return Ok(None),
    };
    Ok(Some(made))
}

fn of_brand(brand: PartyId, set: &PrefundSet, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    if !exists(scribe, brand) {
        return Err(Refusal::not_found("party").at("/party"));
    }
    let unbooked = |currency: &Currency| !book.opened.currencies.contains(currency);
    if set.credit.iter().any(|agreed| unbooked(&agreed.currency)) {
        let why = "the book has no such currency";
        return Err(Refusal::invalid("currency_not_booked", why).at("/credit"));
    }
    let state = scribe.world.party(brand).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("party").at("/party"))?;
    if let Some(event) = party::decide::set_prefund(&state, set)? {
        record(scribe, brand, Event::Party(event));
    }
    Ok(made([("party", brand.to_string())]))
}

/// Refuses terms that a brand's deposit and credit do not cover beside its open contracts. `needs` is what this contract
/// would still need set aside under them.
///
/// INVARIANT: where cover is asked for, no award and no amendment makes a brand's open contracts need more than the brand
/// has deposited and was granted.
pub(super) fn covered(
    (brand, contract): (PartyId, ContractId),
    terms: &Terms,
    needs: Minor,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let set = scribe.world.party(brand).map(|state| state.prefund.clone());
    let set = set.unwrap_or_default();
    if needs <= Minor::ZERO || !set.on.unwrap_or(book.prefund) {
        return Ok(());
    }
    let currency = terms.currency;
    let open = open_beside(brand, contract, currency, scribe)?;
    let deposit = scribe.owed(Account::of(brand, AccountKind::Available), currency);
    let credit = set.credit(currency);
    let (wanted, has) = (needs.plus(open)?, deposit.plus(credit)?);
    if wanted <= has {
        return Ok(());
    }
    let [needs, open, deposit, credit, short] =
        [needs, open, deposit, credit, wanted.minus(has)?].map(|amount| amount.display(currency));
    Err(Refusal::invalid(
        "prefund_insufficient",
        format!(
            "{currency} {needs} for these terms and {open} for open contracts; {deposit} deposited and {credit} of \
             credit: {short} short"
        ),
    ))
}

/// What a brand's other open contracts are short of: as the database has them, and as this batch left those it touched.
fn open_beside(
    brand: PartyId,
    contract: ContractId,
    currency: Currency,
    scribe: &Scribe<'_>,
) -> Result<Minor, Refusal> {
    let looked_up = scribe.open.get(&brand).map(Vec::as_slice).unwrap_or_default();
    let stands = |id: ContractId| scribe.world.contract(id).map(|state| state.uncovered());
    let known = looked_up
        .iter()
        .filter(|(id, of, _)| *of == currency && *id != contract)
        .map(|(id, _, short)| stands(*id).unwrap_or(*short));
    let of_brand = |id: &ContractId| {
        let awarded = scribe.world.contract(*id).and_then(|state| state.awarded.as_ref());
        awarded.is_some_and(|awarded| awarded.brand == brand && awarded.terms.currency == currency)
    };
    let touched = scribe.world.changed_since(0).into_iter();
    let touched = touched
        .filter(|stream| stream.slice == Slice::Contract)
        .map(|stream| ContractId(stream.id))
        .filter(|id| *id != contract && looked_up.iter().all(|(known, ..)| known != id))
        .filter(of_brand)
        .filter_map(stands);
    Ok(Minor::sum(known.chain(touched))?)
}
