//! Tests across slices.
//! Must never need a database.

mod facts;
mod script;
mod shares;

use std::sync::Arc;

use uuid::Uuid;

use super::{Clicks, Looked, Needs, Sold, Uncovered, needs};
use crate::base::*;
use crate::domain::book::{BookEvent, BookMode, BookOpened, BookState, Perspective};
use crate::domain::command::Command;
use crate::domain::order::{About, LineFact, What};
use crate::domain::world::{Entity, Known, World};
use crate::money::{Currency, Minor};

fn told(book: BookId, about: About, what: What) -> Command {
    Command::Facts(vec![LineFact {
        line: LineId::of(book, "taobao", "1"),
        platform: "taobao".parse().unwrap(),
        line_no: "1".parse().unwrap(),
        at: "2026-06-18T12:00:00Z".parse().unwrap(),
        currency: Some(Currency::CNY),
        about,
        what,
        reported: None,
    }])
}

#[test]
fn facts_of_one_line_in_two_commands_of_a_batch_are_asked_for_together() {
    let book = BookId(Uuid::from_u128(7));
    let opened = BookEvent::Opened(BookOpened {
        book,
        name: "Book".parse().unwrap(),
        perspective: Perspective::Platform,
        mode: BookMode::Live,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 2,
    });
    let state = BookState::begin(&opened).unwrap();
    let mut world = World::default();
    world.tell(
        book.into(),
        Known {
            version: 1,
            entity: Some(Entity::Book(Arc::new(state))),
        },
    );
    let item = ItemId::of(book, "taobao", "item");
    for absent in [LineId::of(book, "taobao", "1").into(), item.into()] {
        world.tell(absent, Known::ABSENT);
    }
    let about = About {
        buyer: Some("buyer".parse().unwrap()),
        item_no: Some("item".parse().unwrap()),
        ..About::default()
    };
    let created = What::Created {
        payable: None,
        discounts: Vec::new(),
    };
    let paid = What::Paid {
        amount: Minor(100),
        discounts: Vec::new(),
    };
    let commands = [told(book, about, created), told(book, About::default(), paid)];
    let mut wanted = Needs::default();
    let nothing = Looked {
        clicks: &Clicks::new(),
        sold: &Sold::new(),
        open: &Uncovered::new(),
    };
    needs(book, &commands, &world, nothing, &mut wanted);
    assert_eq!(
        wanted.clicks.len(),
        1,
        "the buyer is named by one command, the amount that pins by the other"
    );
    let mut alone = Needs::default();
    needs(book, &commands[1..], &world, nothing, &mut alone);
    assert!(alone.clicks.is_empty(), "a payment alone names no buyer");
}
