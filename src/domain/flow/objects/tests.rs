//! Tests of object commands through the dispatch: ids, approvals, keys, catalogue, backdating, and what they need loaded.
//! Must never need a database.

use std::collections::HashSet;

use uuid::Uuid;

use super::decide;
use crate::base::*;
use crate::domain::book::{BookMode, BookOpened, Formula, Perspective};
use crate::domain::command::{Actor, Command, Made, Pending, Verdict};
use crate::domain::event::Event;
use crate::domain::flow::{Clicks, Looked, Needs, Recorded, Scribe, Sold, Uncovered, needs};
use crate::domain::order::Settleable;
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::domain::person::Role;
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use crate::domain::refusal::Refusal;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Known, World};
use crate::ledger::{Account, AccountKind, Balances, Layer, Leg};
use crate::money::{Currency, Minor, Rate, Rounding};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

fn name() -> Name {
    "name".parse().unwrap()
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn book_id() -> BookId {
    BookId(Uuid::from_u128(1))
}

/// A book in memory: what is needed is loaded as absent, as the engine would find it in an empty log.
struct Desk {
    world: World,
    now: Instant,
    latest_pin: Option<Instant>,
    position: i64,
    ids: u128,
    recorded: Vec<Recorded>,
    balances: Balances,
}

impl Desk {
    fn new() -> Desk {
        let mut desk = Desk {
            world: World::default(),
            now: at("2026-06-18T10:00:00Z"),
            latest_pin: None,
            position: 0,
            ids: 1_000,
            recorded: Vec::new(),
            balances: Balances::default(),
        };
        desk.ask(Command::OpenBook(BookOpened {
            book: book_id(),
            name: name(),
            perspective: Perspective::Agency,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 2,
        }))
        .unwrap();
        desk
    }

    fn ask(&mut self, command: Command) -> Result<Made, Refusal> {
        self.ask_as(None, command)
    }

    fn ask_as(&mut self, person: Option<PersonId>, command: Command) -> Result<Made, Refusal> {
        let (clicks, sold, open) = (Clicks::default(), Sold::default(), Uncovered::default());
        for _ in 0..3 {
            let mut wanted = Needs::default();
            let looked = Looked {
                clicks: &clicks,
                sold: &sold,
                open: &open,
            };
            needs(book_id(), [&command], &self.world, looked, &mut wanted);
            let uppers = wanted.uppers.into_iter().map(StreamId::from);
            for stream in wanted.streams.into_iter().chain(uppers) {
                self.world.tell(stream, Known::ABSENT);
            }
        }
        let actor = Actor {
            person,
            ..Actor::SYSTEM
        };
        let savepoint = self.world.savepoint();
        let ids = &mut self.ids;
        let mut fresh = move || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        let unpostable = HashSet::new();
        let balances = self.balances.clone();
        let mut missing = std::collections::BTreeSet::new();
        let mut scribe = Scribe {
            book: book_id(),
            log: LogId(Uuid::from_u128(2)),
            now: self.now,
            actor: &actor,
            world: &mut self.world,
            clicks: &clicks,
            sold: &sold,
            open: &open,
            touched: Default::default(),
            latest_pin: self.latest_pin,
            position: self.position,
            unpostable: &unpostable,
            missing: &mut missing,
            balances: &mut |key| balances.get(&key),
            fresh: &mut fresh,
            recorded: Vec::new(),
            causation: None,
        };
        let made = decide(&command, &mut scribe);
        let (position, recorded) = (scribe.position, scribe.recorded);
        match &made {
            Ok(_) => {
                self.position = position;
                for recorded in &recorded {
                    self.balances.apply(&recorded.event.post().unwrap(), None).unwrap();
                }
                self.recorded = recorded;
                self.world.keep();
            }
            Err(_) => self.world.undo_to(savepoint),
        }
        made
    }

    fn register(&mut self, kind: PartyKind, number: &str) -> PartyId {
        let made = self.ask(Command::RegisterParty {
            kind,
            external_id: Some(ext(number)),
            name: name(),
        });
        made.unwrap().ids["party"].parse().unwrap()
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.recorded.iter().map(|recorded| recorded.event.kind()).collect()
    }
}

fn first_field(refused: Refusal) -> (&'static str, String) {
    let field = refused.fields.first().map(|field| field.pointer.to_string());
    (refused.code, field.unwrap_or_default())
}

fn plain() -> Formula {
    Formula {
        name: "plain".into(),
        basis: Default::default(),
        payer: None,
        platform: None,
        rounding: Rounding::HalfUp,
        add_back: Vec::new(),
        kept_deposit_is_base: false,
        content_fee: None,
        rates_are_overall: false,
        fees: Vec::new(),
        subsidies: Vec::new(),
        settleable: Settleable::PlatformSettled,
        window_seconds: 0,
        returns_without_order: false,
    }
}

fn general(brand: PartyId, from: Instant) -> Command {
    Command::PostRule {
        external_id: Some(ext("r1")),
        brand,
        kind: PlanKind::General,
        scope: RuleScope::Item(ItemId::of(book_id(), "taobao", "1")),
        currency: Currency::CNY,
        terms: Box::new(RuleTerms {
            subjects: Subjects::Everyone,
            from,
            to: None,
            rates: Rates::Flat(Rate::ONE),
            first_n: None,
            budget: None,
            cap_per_order: None,
            give_back: false,
            priority: 0,
            locked: false,
            paused: false,
        }),
    }
}

fn leg(party: PartyId, amount: i64) -> Leg {
    Leg {
        account: Account::of(party, AccountKind::Available),
        layer: Layer::Settled,
        currency: Currency::CNY,
        amount: Minor(amount),
    }
}

fn adjust(legs: Vec<Leg>) -> Command {
    Command::Request(Pending::Adjust {
        at: at("2026-06-01T00:00:00Z"),
        reason: "agreed by phone".into(),
        legs,
        purpose: None,
        files: Vec::new(),
    })
}

fn verdict(approval: &str, verdict: Verdict) -> Command {
    Command::DecideApproval {
        approval: approval.parse().unwrap(),
        verdict,
        remark: None,
        on_behalf_of: None,
    }
}

#[test]
fn a_number_taken_by_another_kind_is_refused_with_its_holder() {
    let mut desk = Desk::new();
    let anchor = desk.register(PartyKind::Anchor, "7");
    let again = desk.ask(Command::RegisterParty {
        kind: PartyKind::Agency,
        external_id: Some(ext("7")),
        name: name(),
    });
    let refused = again.unwrap_err();
    assert_eq!(
        (refused.code, refused.conflicting),
        ("already_exists", Some(anchor.to_string()))
    );
}

#[test]
fn nothing_is_decided_before_the_book_is_open() {
    let mut desk = Desk::new();
    desk.world.clear();
    let refused = desk.ask(Command::CutOffPeriod {
        period: "2026-05".parse().unwrap(),
    });
    assert_eq!(refused.unwrap_err().code, "not_found");
}

#[test]
fn an_adjustment_waits_for_a_second_person_and_is_posted_with_the_approval() {
    let mut desk = Desk::new();
    let (a, b) = (
        desk.register(PartyKind::Anchor, "a"),
        desk.register(PartyKind::Agency, "b"),
    );
    let made = desk
        .ask_as(Some(person(1)), adjust(vec![leg(a, 100), leg(b, -100)]))
        .unwrap();
    assert_eq!(desk.kinds(), ["approval.requested"]);
    let approval = made.ids["approval"].clone();
    let own = desk.ask_as(Some(person(1)), verdict(&approval, Verdict::Approve));
    assert_eq!(own.unwrap_err().code, "same_person");
    let nobody = desk.ask(verdict(&approval, Verdict::Approve));
    assert_eq!(nobody.unwrap_err().code, "person_needed");
    let made = desk
        .ask_as(Some(person(2)), verdict(&approval, Verdict::Approve))
        .unwrap();
    assert_eq!(desk.kinds(), ["approval.approved", "adjustment.posted"]);
    assert!(made.ids.contains_key("adjustment"));
    let [approved, posted] = desk.recorded.as_slice() else {
        panic!("two events")
    };
    assert_eq!(posted.causation, Some(approved.placed.id));
    assert_eq!(posted.placed.occurred_at, at("2026-06-01T00:00:00Z"));
    assert_eq!(posted.event.post().unwrap().legs().len(), 2);
    let again = desk.ask_as(Some(person(3)), verdict(&approval, Verdict::Approve));
    assert_eq!(again.unwrap_err().code, "approval_ended");
}

#[test]
fn only_the_maker_takes_a_request_back_and_a_refusal_does_nothing() {
    let mut desk = Desk::new();
    let (a, b) = (
        desk.register(PartyKind::Anchor, "a"),
        desk.register(PartyKind::Agency, "b"),
    );
    let mut request = || {
        let made = desk.ask_as(Some(person(1)), adjust(vec![leg(a, 100), leg(b, -100)]));
        made.unwrap().ids["approval"].clone()
    };
    let (first, second) = (request(), request());
    let other = desk.ask_as(Some(person(2)), verdict(&first, Verdict::Withdraw));
    assert_eq!(other.unwrap_err().code, "not_the_maker");
    desk.ask_as(Some(person(1)), verdict(&first, Verdict::Withdraw))
        .unwrap();
    assert_eq!(desk.kinds(), ["approval.withdrawn"]);
    desk.ask_as(Some(person(2)), verdict(&second, Verdict::Refuse)).unwrap();
    assert_eq!(desk.kinds(), ["approval.refused"]);
}

#[test]
fn an_adjustment_that_could_not_be_posted_is_refused_when_asked_for() {
    let mut desk = Desk::new();
    let (a, b) = (
        desk.register(PartyKind::Anchor, "a"),
        desk.register(PartyKind::Agency, "b"),
    );
    let stranger = PartyId::of(book_id(), PartyKind::Anchor, "stranger");
    let mut estimated = leg(b, -100);
    estimated.layer = Layer::Estimated;
    let mut dollars = leg(b, -100);
    dollars.currency = "USD".parse().unwrap();
    for (legs, code, field) in [
        (vec![leg(a, 100), leg(b, -99)], "legs_unbalanced", "/legs"),
        (vec![leg(a, 100), leg(a, -100)], "same_account", "/legs/1/account"),
        (vec![leg(a, 100), leg(stranger, -100)], "not_found", "/legs/1/account"),
        (vec![leg(a, 100), estimated], "layer_not_settled", "/legs/1/layer"),
        (vec![leg(a, 100), dollars], "currency_not_booked", "/legs/1/currency"),
        (vec![leg(a, 0), leg(b, 0)], "amount_zero", "/legs/0/amount"),
        (vec![leg(a, 100)], "legs_count", "/legs"),
    ] {
        let refused = desk.ask_as(Some(person(1)), adjust(legs)).unwrap_err();
        assert_eq!(first_field(refused), (code, field.to_owned()));
    }
}

#[test]
fn nothing_takes_effect_before_an_order_that_is_decided_already() {
    let mut desk = Desk::new();
    let brand = desk.register(PartyKind::Brand, "brand");
    let (member, upper) = (
        desk.register(PartyKind::Anchor, "a"),
        desk.register(PartyKind::Agency, "b"),
    );
    let pinned = at("2026-06-10T00:00:00Z");
    desk.latest_pin = Some(pinned);
    let formula = |from| Command::SetFormula {
        formula: None,
        effective_from: from,
        terms: Box::new(plain()),
    };
    let contract = |from| Command::SignMembership {
        member,
        upper,
        scope: ContractScope::Cps,
        share: Share::UpperKeeps(Rate::ZERO),
        receiver: Receiver::Book,
        guarantee: None,
        from,
        to: None,
    };
    for (command, field) in [
        (general(brand, pinned), "/terms/from"),
        (contract(pinned), "/from"),
        (formula(Some(pinned)), "/effective_from"),
    ] {
        let refused = desk.ask(command).unwrap_err();
        assert_eq!(first_field(refused), ("backdated", field.to_owned()));
    }
    // After the last pin, though before now: the book can be loaded with history.
    let after = pinned.plus_seconds(1);
    desk.ask(general(brand, after)).unwrap();
    desk.ask(contract(after)).unwrap();
    desk.ask(formula(Some(after))).unwrap();
    let approved = Command::Request(Pending::BackdateFormula {
        formula: None,
        effective_from: pinned,
        terms: Box::new(plain()),
    });
    let approval = desk.ask_as(Some(person(1)), approved).unwrap().ids["approval"].clone();
    desk.ask_as(Some(person(2)), verdict(&approval, Verdict::Approve))
        .unwrap();
    assert_eq!(desk.kinds(), ["approval.approved", "formula.set"]);
}

#[test]
fn a_rule_of_the_same_number_on_the_same_item_exists_already() {
    let mut desk = Desk::new();
    let brand = desk.register(PartyKind::Brand, "brand");
    let now = desk.now;
    let made = desk.ask(general(brand, now)).unwrap();
    let refused = desk.ask(general(brand, now)).unwrap_err();
    assert_eq!(
        (refused.code, refused.conflicting.as_ref()),
        ("already_exists", Some(&made.ids["rule"]))
    );
    let ended = desk.ask(Command::EndRule {
        shelf: made.ids["shelf"].parse().unwrap(),
        rule: made.ids["rule"].parse().unwrap(),
    });
    assert!(ended.is_ok());
    let anchor = desk.register(PartyKind::Anchor, "a");
    assert_eq!(desk.ask(general(anchor, now)).unwrap_err().code, "party_kind");
}

#[test]
fn a_brand_posts_no_rule_on_a_shop_of_another() {
    let mut desk = Desk::new();
    let (ours, theirs) = (
        desk.register(PartyKind::Brand, "ours"),
        desk.register(PartyKind::Brand, "theirs"),
    );
    let register = |brand| Command::RegisterShop {
        platform: ext("taobao"),
        shop_no: ext("s"),
        name: name(),
        brand,
    };
    desk.ask(register(ours)).unwrap();
    assert_eq!(desk.kinds(), ["shop.registered"]);
    desk.ask(register(ours)).unwrap();
    assert!(desk.kinds().is_empty(), "the same again is no event");
    let mut rule = general(theirs, desk.now);
    if let Command::PostRule { scope, .. } = &mut rule {
        *scope = RuleScope::Shop(ShopId::of(book_id(), "taobao", "s"));
    }
    assert_eq!(desk.ask(rule).unwrap_err().code, "brand_differs");
    let agency = desk.register(PartyKind::Agency, "agency");
    assert_eq!(desk.ask(register(agency)).unwrap_err().code, "party_kind");
}

#[test]
fn an_item_is_listed_from_now_unless_told_otherwise() {
    let mut desk = Desk::new();
    let list = Command::ListItem {
        platform: ext("taobao"),
        item_no: ext("1"),
        title: None,
        shop_no: ext("s"),
        category: Some("food".into()),
        from: None,
    };
    desk.ask(list).unwrap();
    let Some(Event::Item(listed)) = desk.recorded.first().map(|recorded| &recorded.event) else {
        panic!("listed")
    };
    assert_eq!(
        (listed.from, listed.shop),
        (desk.now, ShopId::of(book_id(), "taobao", "s"))
    );
}

#[test]
fn a_key_goes_with_a_party_of_its_role() {
    let mut desk = Desk::new();
    let (brand, promoter) = (
        desk.register(PartyKind::Brand, "b"),
        desk.register(PartyKind::Promoter, "p"),
    );
    let stranger = PartyId::of(book_id(), PartyKind::Brand, "stranger");
    let past = desk.now;
    let key = |role, party, expires_at| Command::IssueKey {
        person: None,
        key: KeyId(Uuid::from_u128(7)),
        label: name(),
        role,
        party,
        expires_at,
    };
    for (command, code) in [
        (key(Role::Brand, None, None), "party_needed"),
        (key(Role::Brand, Some(promoter), None), "party_kind"),
        (key(Role::Finance, Some(brand), None), "party_not_allowed"),
        (key(Role::Brand, Some(stranger), None), "not_found"),
        (key(Role::Finance, None, Some(past)), "key_expired"),
    ] {
        assert_eq!(desk.ask(command).unwrap_err().code, code);
    }
    assert!(desk.ask(key(Role::Anchor, Some(promoter), None)).is_ok());
    let made = desk.ask(key(Role::Owner, None, None)).unwrap();
    let revoke = |key| Command::RevokeKey {
        person: made.ids["person"].parse().unwrap(),
        key: KeyId(Uuid::from_u128(key)),
    };
    assert_eq!(desk.ask(revoke(8)).unwrap_err().code, "not_found");
    desk.ask(revoke(7)).unwrap();
    assert_eq!(desk.kinds(), ["key.revoked"]);
    desk.ask(revoke(7)).unwrap();
    assert!(desk.kinds().is_empty(), "revoked already");
}

#[test]
fn a_contract_needs_everybody_above_the_upper() {
    let mut desk = Desk::new();
    let names = ["a", "b", "c"].map(|number| desk.register(PartyKind::Agency, number));
    let sign = |member, upper| Command::SignMembership {
        member,
        upper,
        scope: ContractScope::All,
        share: Share::UpperKeeps(Rate::ZERO),
        receiver: Receiver::Book,
        guarantee: None,
        from: at("2026-06-18T10:00:00Z"),
        to: None,
    };
    desk.ask(sign(names[0], names[1])).unwrap();
    desk.ask(sign(names[1], names[2])).unwrap();
    let round = desk.ask(sign(names[2], names[0])).unwrap_err();
    assert_eq!(first_field(round), ("membership_cycle", "/upper".to_owned()));
    // What is above an upper that is known, but was not loaded with it, is asked for.
    desk.world.forget([names[2].into()]);
    let mut wanted = Needs::default();
    let anchor = PartyId::of(book_id(), PartyKind::Anchor, "x");
    needs(
        book_id(),
        [&sign(anchor, names[0])],
        &desk.world,
        Looked {
            clicks: &Clicks::default(),
            sold: &Sold::default(),
            open: &Uncovered::default(),
        },
        &mut wanted,
    );
    assert_eq!(wanted.uppers.into_iter().collect::<Vec<_>>(), [names[2]]);
    assert!(wanted.streams.iter().all(|stream| stream.slice == Slice::Party));
}
