//! Golden events of cards and of cover before an award.
//! It must never change what was released: a further form is a further event.

use fenzhang::domain::book::{BookEvent, BookPrefundSet};
use fenzhang::domain::event::Event;
use fenzhang::domain::party::{Asking, Card, CardSet, Credit, Figure, PartyEvent, PrefundSet};
use fenzhang::money::{Currency, Minor};

use super::rate;

pub fn events() -> Vec<Event> {
    vec![
        Event::Party(PartyEvent::CardSet(CardSet {
            card: Card {
                listed: true,
                level: Some(5),
                fans: Some(120_000),
                segments: vec!["都市丽人".to_owned()],
                asks: Some(Asking {
                    currency: Currency::CNY,
                    fee: Minor(500_000),
                }),
                least_commission: Some(rate(200_000)),
                shows: vec![Figure::Sales, Figure::Rating],
            },
        })),
        Event::Party(PartyEvent::PrefundSet(PrefundSet {
            on: Some(true),
            credit: vec![Credit {
                currency: Currency::CNY,
                amount: Minor(1_000_000),
            }],
        })),
        Event::Book(BookEvent::PrefundSet(BookPrefundSet { on: true })),
    ]
}
