//! Samples: every way one ends, repeats, and who may be charged.
//! It must never compute an expected amount.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::decide::{Action, allowed, decide, request, set_rules};
use super::*;
use crate::base::{Instant, PartyKind};
use crate::ledger::Account;
use crate::money::{Currency, Minor};

fn party(kind: PartyKind) -> PartyId {
    PartyId::tagged(kind, Uuid::from_u128(7))
}

fn day(n: i64) -> Instant {
    let start: Instant = "2026-06-01T12:00:00+08:00".parse().unwrap();
    start.plus_days(n)
}

fn free() -> SampleTerms {
    SampleTerms {
        currency: Currency::CNY,
        cost: Minor::ZERO,
        cost_by: Bearer::Provider,
        freight: Minor::ZERO,
        freight_by: Bearer::Provider,
        freight_paid_by: Bearer::Provider,
        deposit: Minor::ZERO,
        return_by: None,
        loss_price: Minor::ZERO,
    }
}

/// The holder bears 8.00 of freight that the provider lays out, and a deposit of 50.00; lost it costs 199.00.
fn lent() -> SampleTerms {
    SampleTerms {
        freight: Minor(800),
        freight_by: Bearer::Holder,
        deposit: Minor(5_000),
        return_by: Some(day(10)),
        loss_price: Minor(19_900),
        ..free()
    }
}

fn ask(terms: SampleTerms) -> SampleAsk {
    SampleAsk {
        holder: party(PartyKind::Anchor),
        provider: party(PartyKind::Supplier),
        item: None,
        offer: None,
        name: "杯子".to_owned(),
        units: 1,
        terms,
        note: None,
        again: false,
    }
}

#[derive(Default)]
struct Desk {
    state: SampleState,
    rules: SampleState,
    held: BTreeMap<Account, i64>,
}

impl Desk {
    fn keep(&mut self, event: &SampleEvent, at: Instant) {
        for leg in post(event).unwrap().legs() {
            *self.held.entry(leg.account).or_default() += leg.amount.0;
        }
        self.held.retain(|_, amount| *amount != 0);
        self.state.evolve(event, at);
    }

    fn asks(&mut self, asked: &SampleAsk, by: Side, at: Instant) -> Result<(), &'static str> {
        let id = asked.id(BookId(Uuid::from_u128(1)));
        let event = request(&self.state, &self.rules, id, asked, by, at).map_err(|refusal| refusal.code)?;
        self.keep(&event, at);
        Ok(())
    }

    fn does(&mut self, action: Action, by: Side, at: Instant) -> Result<(), &'static str> {
        let event = decide(&self.state, None, &action, by, at).map_err(|refusal| refusal.code)?;
        self.keep(&event, at);
        Ok(())
    }

    fn text(&self) -> String {
        let each: Vec<String> = self
            .held
            .iter()
            .map(|(account, amount)| {
                let owner = account.party().map_or("book", |party| party.kind().word());
                format!(
                    "{owner}:{} {}",
                    account.kind.word(),
                    Minor(*amount).display(Currency::CNY)
                )
            })
            .collect();
        each.join(", ")
    }
}

/// Asked for by the holder, approved and sent by the provider, received.
fn received(terms: SampleTerms) -> Desk {
    let mut desk = Desk::default();
    desk.asks(&ask(terms), Side::Holder, day(0)).unwrap();
    desk.does(Action::Approve { terms: None }, Side::Provider, day(1))
        .unwrap();
    desk.does(Action::Send { tracking: None }, Side::Provider, day(2))
        .unwrap();
    desk.does(Action::Receive, Side::Holder, day(3)).unwrap();
    desk
}

#[test]
fn freight_goes_from_who_bears_it_to_who_laid_it_out_and_the_deposit_is_set_aside() {
    let desk = received(lent());
    assert_eq!(
        desk.text(),
        "anchor:available -58.00, anchor:held 50.00, supplier:available 8.00"
    );
    assert_eq!(received(free()).text(), "");
    let by_book = SampleTerms {
        cost: Minor(2_500),
        cost_by: Bearer::Book,
        freight: Minor(800),
        freight_by: Bearer::Book,
        freight_paid_by: Bearer::Book,
        ..free()
    };
    let mut desk = Desk::default();
    assert_eq!(
        desk.asks(&ask(by_book.clone()), Side::Holder, day(0)),
        Err("by_book_only")
    );
    desk.asks(&ask(by_book), Side::Book, day(0)).unwrap();
    assert_eq!(
        desk.does(Action::Approve { terms: None }, Side::Provider, day(1)),
        Err("by_book_only")
    );
    desk.does(Action::Approve { terms: None }, Side::Book, day(1)).unwrap();
    desk.does(Action::Send { tracking: None }, Side::Provider, day(2))
        .unwrap();
    assert_eq!(
        desk.text(),
        "book:cash 8.00, book:purchases -33.00, supplier:available 25.00"
    );
}

#[test]
fn a_returned_or_kept_sample_gives_the_deposit_back_and_a_lost_or_late_one_costs_its_loss_price() {
    let mut desk = received(lent());
    desk.does(Action::Return { freight: Minor(600) }, Side::Provider, day(5))
        .unwrap();
    assert_eq!(desk.text(), "anchor:available -14.00, supplier:available 14.00");
    let mut desk = received(lent());
    assert_eq!(desk.does(Action::Keep, Side::Holder, day(5)), Err("not_this_side"));
    desk.does(Action::Keep, Side::Provider, day(5)).unwrap();
    assert_eq!(desk.text(), "anchor:available -8.00, supplier:available 8.00");
    let mut desk = received(lent());
    let reason = "left in the studio".to_owned();
    desk.does(Action::Lose { reason }, Side::Holder, day(5)).unwrap();
    assert_eq!(desk.text(), "anchor:available -207.00, supplier:available 207.00");
    let mut desk = received(lent());
    assert_eq!(desk.does(Action::Bill, Side::Provider, day(5)), Err("not_late"));
    assert!(!allowed(&desk.state.rounds[0], Side::Provider, day(5)).contains(&"bill"));
    desk.does(Action::Bill, Side::Provider, day(11)).unwrap();
    assert_eq!(desk.text(), "anchor:available -207.00, supplier:available 207.00");
    assert_eq!(desk.does(Action::Keep, Side::Book, day(12)), Err("sample_standing"));
}

#[test]
fn a_repeat_within_the_days_is_refused_and_a_refused_request_does_not_count() {
    let mut desk = Desk::default();
    // Off until it is set.
    desk.asks(&ask(free()), Side::Holder, day(0)).unwrap();
    desk.asks(&ask(free()), Side::Holder, day(0)).unwrap();
    desk.rules.evolve(&set_rules(Some(7), day(0), day(0)).unwrap(), day(0));
    assert_eq!(desk.asks(&ask(free()), Side::Holder, day(6)), Err("requested_lately"));
    assert_eq!(desk.asks(&ask(free()), Side::Book, day(6)), Err("requested_lately"));
    let again = SampleAsk {
        again: true,
        ..ask(free())
    };
    assert_eq!(desk.asks(&again, Side::Holder, day(6)), Err("by_book_only"));
    desk.asks(&ask(free()), Side::Holder, day(7)).unwrap();
    let reason = "out of stock".to_owned();
    desk.does(Action::Refuse { reason }, Side::Provider, day(7)).unwrap();
    desk.asks(&ask(free()), Side::Holder, day(8)).unwrap();
    desk.asks(&again, Side::Book, day(8)).unwrap();
    assert_eq!(desk.state.rounds.len(), 5);
    // A later rule counts from its start only.
    desk.rules.evolve(&set_rules(None, day(20), day(9)).unwrap(), day(9));
    assert_eq!(
        (desk.rules.repeat_days(day(19)), desk.rules.repeat_days(day(20))),
        (Some(7), None)
    );
    assert_eq!(set_rules(Some(0), day(0), day(0)).unwrap_err().code, "days_range");
    assert_eq!(set_rules(Some(7), day(0), day(1)).unwrap_err().code, "backdated");
}

#[test]
fn nobody_is_charged_what_the_request_does_not_say() {
    let mut desk = Desk::default();
    desk.asks(&ask(free()), Side::Holder, day(0)).unwrap();
    let dearer = Action::Approve { terms: Some(lent()) };
    assert_eq!(desk.does(dearer.clone(), Side::Provider, day(1)), Err("by_book_only"));
    assert_eq!(desk.does(dearer.clone(), Side::Holder, day(1)), Err("not_this_side"));
    desk.does(dearer, Side::Book, day(1)).unwrap();
    desk.does(Action::Send { tracking: None }, Side::Provider, day(2))
        .unwrap();
    let back = Action::Return { freight: Minor(801) };
    assert_eq!(desk.does(back.clone(), Side::Provider, day(3)), Err("amount_negative"));
    desk.does(back, Side::Book, day(3)).unwrap();
    let broken = SampleAsk {
        units: 0,
        name: String::new(),
        provider: party(PartyKind::Agency),
        holder: party(PartyKind::Supplier),
        terms: SampleTerms {
            deposit: Minor(-1),
            ..free()
        },
        ..ask(free())
    };
    let refusal = request(
        &desk.state,
        &desk.rules,
        SampleId(Uuid::nil()),
        &broken,
        Side::Book,
        day(9),
    )
    .unwrap_err();
    assert_eq!(refusal.fields.len(), 5, "{:?}", refusal.fields);
}
