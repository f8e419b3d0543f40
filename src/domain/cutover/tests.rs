//! Tests of openings: what they must be, and that their offset is what is left to explain.
//! Must never need a database.

use uuid::Uuid;

use super::decide::{Books, open, reverse, scope};
use super::*;
use crate::base::{CutoverId, Instant, PartyId, PartyKind, Zone};
use crate::ledger::{Account, AccountKind, text};
use crate::money::{Currency, Minor};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn start() -> Instant {
    at("2026-06-01T00:00:00+08:00")
}

fn party(kind: PartyKind) -> PartyId {
    PartyId::tagged(kind, Uuid::nil())
}

fn balance(account: Account, fen: i64) -> OpeningBalance {
    OpeningBalance {
        account,
        entity: None,
        currency: Currency::CNY,
        amount: Minor(fen),
    }
}

fn of(kind: PartyKind, account: AccountKind, fen: i64) -> OpeningBalance {
    balance(Account::of(party(kind), account), fen)
}

fn opened(state: &CutoverState, balances: Vec<OpeningBalance>) -> Result<OpeningPosted, Vec<&'static str>> {
    let books = Books {
        zone: Zone::SHANGHAI,
        currencies: &[Currency::CNY],
        exists: &|party| party.kind() != PartyKind::Supplier,
    };
    let opening = Opening {
        reason: "May's spreadsheet".to_owned(),
        balances,
        ..Opening::default()
    };
    let posted = open(state, CutoverId(Uuid::nil()), start(), &opening, &books);
    posted.map_err(|refusal| refusal.fields.iter().map(|field| field.code).collect())
}

#[test]
fn what_is_owed_and_what_is_to_be_had_stand_against_the_cutover_account() {
    let posted = opened(
        &CutoverState::default(),
        vec![
            of(PartyKind::Anchor, AccountKind::Available, 100_000),
            of(PartyKind::Anchor, AccountKind::Advance, -20_000),
            of(PartyKind::Brand, AccountKind::Commission, -90_000),
        ],
    );
    let posted = posted.unwrap();
    let day = Zone::SHANGHAI.day(posted.at);
    let id = Uuid::nil().simple().to_string();
    let id = |tag: &str| format!("{tag}{}", &id[2..]);
    let written = text::entry(day, "opening", &posted.legs);
    assert!(written.starts_with("2026-05-31 opening\n"), "{written}");
    let lines: Vec<String> = written
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "book:cutover 100.00 CNY".to_owned(),
            format!("anchor:anc_{}:available 1000.00 CNY", id("a1")),
            format!("anchor:anc_{}:advance -200.00 CNY", id("a1")),
            format!("brand:brd_{}:commission -900.00 CNY", id("a3")),
        ]
    );
}

#[test]
fn the_cutover_account_is_at_zero_when_everything_is_brought_over() {
    let mut state = CutoverState::default();
    let first = vec![
        of(PartyKind::Anchor, AccountKind::Available, 100_000),
        of(PartyKind::Brand, AccountKind::Commission, -90_000),
    ];
    let rest = vec![
        of(PartyKind::Agency, AccountKind::Available, 5_000),
        balance(Account::book(AccountKind::Income), -15_000),
    ];
    let mut sum = 0;
    for balances in [first, rest] {
        let posted = opened(&state, balances).unwrap();
        let cutover = Account::book(AccountKind::Cutover);
        sum += posted
            .legs
            .iter()
            .filter(|leg| leg.account == cutover)
            .map(|leg| leg.amount.0)
            .sum::<i64>();
        state.evolve(&CutoverEvent::Opened(Box::new(posted)));
    }
    assert_eq!(sum, 0);
    assert_eq!(
        state
            .openings
            .iter()
            .map(|standing| standing.posted.number)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn a_reversed_opening_moves_everything_back_and_only_once() {
    let mut state = CutoverState::default();
    let posted = opened(&state, vec![of(PartyKind::Anchor, AccountKind::Available, 100)]).unwrap();
    let legs = posted.legs.clone();
    state.evolve(&CutoverEvent::Opened(Box::new(posted)));
    let reversed = reverse(&state, 1, "the wrong file").unwrap();
    for (leg, back) in legs.iter().zip(&reversed.legs) {
        assert_eq!((leg.account, leg.amount.0), (back.account, -back.amount.0));
    }
    state.evolve(&CutoverEvent::Reversed(reversed));
    assert_eq!(reverse(&state, 1, "again").unwrap_err().code, "opening_reversed");
    assert_eq!(reverse(&state, 2, "none").unwrap_err().code, "not_found");
    assert_eq!(state.next(), 2);
}

#[test]
fn every_wrong_row_of_an_opening_is_named() {
    let wrong = opened(
        &CutoverState::default(),
        vec![
            balance(Account::book(AccountKind::Cutover), 1),
            of(PartyKind::Anchor, AccountKind::Income, 1),
            of(PartyKind::Anchor, AccountKind::Advance, 1),
            of(PartyKind::Supplier, AccountKind::Available, 1),
            of(PartyKind::Anchor, AccountKind::Available, 0),
            of(PartyKind::Anchor, AccountKind::Available, 5),
        ],
    );
    assert_eq!(
        wrong.unwrap_err(),
        [
            "account_kind_not_opened",
            "account_kind_not_opened",
            "advance_positive",
            "not_found",
            "amount_zero",
            "same_account"
        ]
    );
}

#[test]
fn a_cut_over_begins_with_a_day_that_has_come_and_stands_once_per_scope() {
    let of = |at: Instant, platform: Option<&str>, account: Option<&str>| Scope {
        at,
        platform: platform.map(|text| text.parse().unwrap()),
        account: account.map(|text| text.parse().unwrap()),
    };
    let zone = Zone::SHANGHAI;
    let now = at("2026-06-18T12:00:00+08:00");
    let code = |told: &Scope, taken: &[Scope]| scope(told, zone, taken, now).err().map(|refusal| refusal.code);
    let whole = of(start(), None, None);
    assert_eq!(code(&whole, &[]), None);
    assert_eq!(
        code(&of(at("2026-06-01T00:00:00Z"), None, None), &[]),
        Some("not_a_midnight")
    );
    assert_eq!(
        code(&of(at("2026-07-01T00:00:00+08:00"), None, None), &[]),
        Some("in_future")
    );
    assert_eq!(code(&of(start(), None, Some("shop-1")), &[]), Some("platform_missing"));
    assert_eq!(code(&whole, std::slice::from_ref(&whole)), Some("cutover_exists"));
    assert_eq!(code(&of(start(), Some("taobao"), None), &[whole]), None);
}
