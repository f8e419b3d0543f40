//! Rows of the money desk: substitutes, payments made outside, frozen money, receipts of money and what they settle.
//! Must never depend on anything but the fold and the position of its last event.

use super::{FreezeRow, MoneyReceiptRow, PaymentRow, ReceiptBillRow, Rows, SubstituteRow, owner_uuid};
use crate::base::PersonId;
use crate::domain::freeze::FreezeState;
use crate::domain::payment::PaymentState;
use crate::domain::person::{PersonState, Role};
use crate::domain::receipt::ReceiptState;
use crate::domain::stream::StreamId;
use crate::store::error::{Error, Result};

/// Words of roles with blanks between them, in the order of the roles, each once.
pub(super) fn roles(roles: impl Iterator<Item = Role>) -> String {
    let mut roles: Vec<Role> = roles.collect();
    roles.sort_unstable();
    roles.dedup();
    let words: Vec<&str> = roles.into_iter().map(Role::word).collect();
    words.join(" ")
}

/// Ids of persons with blanks between them.
pub(super) fn persons(persons: impl Iterator<Item = PersonId>) -> String {
    let ids: Vec<String> = persons.map(|person| person.0.to_string()).collect();
    ids.join(" ")
}

/// Substitutes of a person, with the roles that they stand for.
pub(super) fn substitutes(stream: StreamId, state: &PersonState, position: i64, rows: &mut Rows) {
    if state.substitutes.is_empty() {
        return;
    }
    rows.absent.push(stream.id);
    for told in &state.substitutes {
        rows.substitutes.push(SubstituteRow {
            person: stream.id,
            by: told.by.0,
            from_at: told.from.utc(),
            to_at: told.to.utc(),
            roles: roles(state.roles()),
            position,
        });
    }
}

/// A payment made outside.
pub(super) fn payment(stream: StreamId, state: &PaymentState, position: i64, rows: &mut Rows) {
    let Some(recorded) = &state.recorded else { return };
    let terms = &recorded.terms;
    rows.payments.push(PaymentRow {
        payment: stream.id,
        party: terms.party.uuid(),
        currency: terms.currency.code().to_owned(),
        amount: terms.amount.0,
        advance: recorded.advance.0,
        channel: terms.channel.word().to_owned(),
        reference: terms.reference.as_str().to_owned(),
        paid_on: terms.paid_on.to_string(),
        returned_on: state.returned.as_ref().map(|back| back.terms.returned_on.to_string()),
        note: terms.note.clone(),
        position,
    });
}

/// Frozen money of a party.
pub(super) fn freeze(stream: StreamId, state: &FreezeState, position: i64, rows: &mut Rows) {
    let (Some(placed), Some(hold)) = (&state.placed, &state.hold) else {
        return;
    };
    rows.freezes.push(FreezeRow {
        hold: stream.id,
        party: placed.party.uuid(),
        currency: hold.currency.code().to_owned(),
        held: hold.held.0,
        lifted: hold.voided.0,
        forfeited: hold.released.0,
        reason: placed.reason.clone(),
        at: placed.at.utc(),
        position,
    });
}

/// A receipt of money with what it settles; one that was taken back has no rows.
pub(super) fn receipt(stream: StreamId, state: &ReceiptState, position: i64, rows: &mut Rows) -> Result<()> {
    rows.received.push(stream.id);
    let Some((fact, _)) = &state.stands else { return Ok(()) };
    let matched = state.matched().map_err(|error| Error::data(error.to_string()))?;
    rows.money_receipts.push(MoneyReceiptRow {
        receipt: stream.id,
        source: fact.source.as_str().to_owned(),
        account: fact.account.as_ref().map(|account| account.as_str().to_owned()),
        flow_no: fact.flow_no.as_str().to_owned(),
        at: fact.at.utc(),
        currency: fact.currency.code().to_owned(),
        amount: fact.amount.0,
        matched: matched.0,
        payer: fact.payer.clone(),
        tag: fact.tag.clone(),
        memo: fact.memo.clone(),
        position,
    });
    for (nth, bill) in (0_i32..).zip(&state.bills) {
        rows.receipt_bills.push(ReceiptBillRow {
            receipt: stream.id,
            nth,
            owner: owner_uuid(&bill.account),
            account: bill.account.kind.code(),
            period: bill.period.map_or(0, |month| month.number()),
            currency: fact.currency.code().to_owned(),
            amount: bill.amount.0,
            position,
        });
    }
    Ok(())
}
