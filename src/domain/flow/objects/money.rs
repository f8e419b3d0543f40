//! Money that a person moves with a second one's agreement: payments made outside, freezes, write-offs, and the policies
//! that say who agrees.
//! Must never hold a rule of a slice; only what joins them: balances, the calendar, and who exists.

use std::sync::Arc;

use super::{exists, made};
use crate::base::{AdjustmentId, FreezeId, PartyId, PaymentId, PolicyId};
use crate::domain::adjustment::decide::write_off;
use crate::domain::book::BookState;
use crate::domain::command::{Made, Pending};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::freeze::{FreezeEvent, decide as freeze};
use crate::domain::party::{PartyState, decide as party};
use crate::domain::payment::decide as payment;
use crate::domain::policy::decide as policy;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::ledger::{Account, AccountKind};
use crate::money::Currency;

/// What a pending command would record now: on which stream, with what ids made.
pub(super) struct Decided {
    stream: StreamId,
    event: Event,
    made: (&'static str, String),
}

/// Decides a pending command as if it were approved now. The request and the approval both ask.
pub(super) fn decided(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Decided, Refusal> {
    let now = scribe.now;
    Ok(match pending {
        Pending::Pay(_) | Pending::ReturnPayment(_) => paid(pending, book, scribe)?,
        Pending::WriteOff(terms) => {
            known(scribe, terms.party)?;
            let available = available(terms.party, terms.currency, scribe);
            let id = AdjustmentId((scribe.fresh)());
            let posted = write_off(id, terms, available, now)?;
            of(id, Event::Adjustment(posted), ("adjustment", id.to_string()))
        }
        Pending::Freeze(terms) => {
            known(scribe, terms.party)?;
            let available = available(terms.party, terms.currency, scribe);
            let id = FreezeId((scribe.fresh)());
            let event = freeze::place(id, terms, (&book.opened.currencies, available), now)?;
            frozen(id, event)
        }
        Pending::Unfreeze(terms) => {
            let state = scribe.world.freeze(terms.freeze).cloned().unwrap_or_default();
            frozen(terms.freeze, freeze::lift(&state, terms, now)?)
        }
        Pending::Forfeit(terms) => {
            let state = scribe.world.freeze(terms.freeze).cloned().unwrap_or_default();
            let event = freeze::forfeit(&state, terms, &|party| exists(scribe, party), now)?;
            frozen(terms.freeze, event)
        }
        Pending::Resume { party: id, reason } => {
            let state = known(scribe, *id)?;
            let event = party::resume(&state, reason)?;
            of(*id, Event::Party(event), ("party", id.to_string()))
        }
        Pending::SetPolicy(terms) => {
            let id = PolicyId::of(scribe.book, terms.kind.word());
            let state = scribe.world.policy(id).cloned().unwrap_or_default();
            let event = policy::set(&state, id, terms, &book.opened.currencies, now)?;
            of(id, Event::Policy(event), ("policy", id.to_string()))
        }
        _ => return Err(Refusal::invalid("not_money", "this command moves no money of the desk")),
    })
}

/// Does an approved command.
pub(super) fn carry_out(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let done = decided(pending, book, scribe)?;
    let now = scribe.now;
    let at = done.event.accounting_at(now);
    scribe.record(done.stream, at, done.event);
    Ok(made([done.made]))
}

fn paid(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Decided, Refusal> {
    let (id, payee) = match pending {
        Pending::Pay(terms) => {
            let id = PaymentId::of(scribe.book, terms.channel.word(), terms.reference.as_str());
            (id, Some((terms.party, terms.currency)))
        }
        Pending::ReturnPayment(terms) => (terms.payment, None),
        _ => return Err(Refusal::not_found("payment")),
    };
    let state = scribe.world.payment(id).cloned().unwrap_or_default();
    let party = payee.map(|(party, _)| known(scribe, party)).transpose()?;
    let books = payment::Books {
        zone: book.opened.zone,
        currencies: &book.opened.currencies,
        owner: book.owner,
        suspended: party.as_ref().and_then(|party| party.suspended.as_deref()),
        available: payee.map_or_else(Default::default, |(party, currency)| available(party, currency, scribe)),
        now: scribe.now,
    };
    let event = match pending {
        Pending::Pay(terms) => payment::record(&state, id, terms, &books)?,
        Pending::ReturnPayment(terms) => payment::give_back(&state, terms, &books)?,
        _ => return Err(Refusal::not_found("payment")),
    };
    Ok(of(id, Event::Payment(event), ("payment", id.to_string())))
}

fn available(party: PartyId, currency: Currency, scribe: &mut Scribe<'_>) -> crate::money::Minor {
    scribe.owed(Account::of(party, AccountKind::Available), currency)
}

fn known(scribe: &Scribe<'_>, party: PartyId) -> Result<Arc<PartyState>, Refusal> {
    let state = scribe.world.party(party).cloned();
    state.ok_or_else(|| Refusal::not_found("party").at("/party"))
}

fn frozen(id: FreezeId, event: FreezeEvent) -> Decided {
    of(id, Event::Freeze(event), ("freeze", id.to_string()))
}

fn of(stream: impl Into<StreamId>, event: Event, made: (&'static str, String)) -> Decided {
    Decided {
        stream: stream.into(),
        event,
        made,
    }
}
