//! The pool's decisions and the words of its entries.
//! It must never reach outside the slice.

use super::decide::{list, rate, withdraw};
use super::*;
use crate::base::{BookId, ItemId, PartyId, PartyKind};
use crate::money::{Currency, Minor, Rate};

fn terms(price: i64) -> PoolTerms {
    PoolTerms {
        currency: Currency::CNY,
        price: Minor(price),
        coupon_price: None,
        sales: Some(120),
        refund_rate: None,
        score: Some(4_800),
        min_order: None,
        ships_within: Some(48),
        dropship: true,
        sample: false,
        stock: Some(10),
        freight: None,
    }
}

fn listed(price: i64) -> PoolListed {
    let book = BookId(uuid::Uuid::nil());
    PoolListed {
        item: ItemId::of(book, "taobao", "1"),
        owner: PartyId::of(book, PartyKind::Brand, "B"),
        terms: terms(price),
        figures: Figures::default(),
    }
}

fn fold(events: &[PoolEvent]) -> Option<Pooled> {
    let mut state = None;
    for event in events {
        Pooled::evolve(&mut state, event, 1);
    }
    state
}

#[test]
fn the_same_listing_again_is_no_event_and_a_new_price_is_one() {
    let first = list(None, listed(100)).unwrap().unwrap();
    let state = fold(std::slice::from_ref(&first));
    assert_eq!(list(state.as_ref(), listed(100)).unwrap(), None);
    assert!(list(state.as_ref(), listed(90)).unwrap().is_some());
}

#[test]
fn what_was_withdrawn_is_not_rated_and_may_be_listed_again() {
    let item = listed(100).item;
    let first = list(None, listed(100)).unwrap().unwrap();
    let state = fold(std::slice::from_ref(&first));
    let gone = withdraw(state.as_ref(), item, Some("sold out".to_owned()))
        .unwrap()
        .unwrap();
    let state = fold(&[first, gone]);
    let figures = Figures {
        rate: Some(Rate::from_ppm(1).unwrap()),
        ..Figures::default()
    };
    assert_eq!(rate(state.as_ref(), item, figures, 1), None);
    assert_eq!(withdraw(state.as_ref(), item, None).unwrap(), None);
    assert!(list(state.as_ref(), listed(100)).unwrap().is_some());
}

#[test]
fn prices_that_cannot_be_meant_are_refused() {
    let mut wrong = listed(0);
    assert_eq!(list(None, wrong.clone()).unwrap_err().fields[0].pointer, "/price");
    wrong.terms.price = Minor(100);
    wrong.terms.coupon_price = Some(Minor(101));
    assert_eq!(list(None, wrong).unwrap_err().fields[0].pointer, "/coupon_price");
}

#[test]
fn an_entry_is_found_by_parts_of_its_title_its_category_and_its_filters() {
    let entry = Entry {
        id: uuid::Uuid::nil(),
        kind: Kind::Item,
        owner: None,
        shop: None,
        title: "Anessa 安热沙防晒".to_owned(),
        also: None,
        category: Some("美妆".to_owned()),
        currency: Currency::CNY,
        price: Some(Minor(2_000)),
        rate: Some(Rate::from_ppm(200_000).unwrap()),
        commission: None,
        margin: None,
        sales: None,
        refund_rate: None,
        score: None,
        min_order: 1,
        ships_within: None,
        dropship: true,
        sample: false,
        stock: None,
        listed: true,
        due: None,
    };
    let (tokens, latin) = entry.words();
    let tokens: Vec<&str> = tokens.split(' ').collect();
    for word in [
        "anessa",
        "防晒",
        "热沙",
        "美妆",
        "#item",
        "#dropship",
        &category_word("美妆"),
    ] {
        assert!(tokens.contains(&word), "{word}");
    }
    assert!(!tokens.contains(&"#sample"));
    assert_eq!(latin, "anessa");
    assert_eq!((entry.price_band(), entry.rate_band()), (2, 3));
}
