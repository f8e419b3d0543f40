//! Tests of contracts: the worked examples to the fen, every form, every side exit, and clocks.
//! Must never need a database.

mod forms;
// Written apart, beside the tests over the database that use it too.
#[path = "../../../../tests/it/vtask/model.rs"]
mod model;
mod race;
#[path = "../../../../tests/it/vtask/steps.rs"]
mod steps;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::actions::{Action, Side, allowed};
use super::clocks;
use super::decide::{Desk, award, decide};
use super::event::{Awarded, ContractEvent, Delivery, Evidence, Taker, TakerKeeps};
use super::forms::Form;
use super::state::{ContractState, Phase, Status};
use super::terms::{Channel, Clocks, Deliverable, ServiceFee, Terms};
use crate::base::{BriefId, ContractId, Instant, LogId, PartyId, PartyKind};
use crate::domain::refusal::Refusal;
use crate::ledger::Account;
use crate::money::{Currency, Minor, Rate};

pub const DAY: i64 = 86_400;

pub fn start() -> Instant {
    "2026-06-01T00:00:00+08:00".parse().unwrap()
}

pub fn party(kind: PartyKind) -> PartyId {
    PartyId::tagged(kind, Uuid::from_u128(7))
}

pub fn rate(ppm: u32) -> Rate {
    Rate::from_ppm(ppm).unwrap()
}

/// A deliverable with a fee in yuan.
pub fn deliverable(yuan: i64) -> Deliverable {
    Deliverable {
        name: "live slot".to_owned(),
        media: None,
        fee: Minor(yuan * 100),
        from: None,
        to: None,
        minutes: None,
        due: None,
        evidence: Vec::new(),
        external_id: None,
    }
}

/// A service fee of 5 % for the platform, a penalty of 20 %, money released at once.
pub fn terms(form: Form, deliverables: Vec<Deliverable>) -> Terms {
    Terms {
        currency: Currency::CNY,
        form,
        deliverables,
        service_fee: ServiceFee {
            rate: rate(50_000),
            taker: Some(party(PartyKind::Platform)),
        },
        penalty: rate(200_000),
        clocks: Clocks {
            settle: 0,
            ..Clocks::default()
        },
        channel: Channel::Bank,
        part_funding: false,
        programme: None,
    }
}

/// The agency keeps 30 %, the anchor the rest.
pub fn chain() -> Vec<Taker> {
    let taker = |kind, keeps| Taker {
        party: party(kind),
        keeps,
        membership: None,
        direct: false,
    };
    vec![
        taker(PartyKind::Agency, TakerKeeps::Share(rate(300_000))),
        taker(PartyKind::Anchor, TakerKeeps::All),
    ]
}

/// A contract on the table: its state, what every account holds, and now.
pub struct Table {
    pub state: ContractState,
    pub accounts: BTreeMap<Account, i64>,
    pub now: Instant,
    pub kinds: Vec<&'static str>,
    position: i64,
}

impl Table {
    pub fn awarded(terms: Terms) -> Table {
        let mut table = Table {
            state: ContractState::default(),
            accounts: BTreeMap::new(),
            now: start(),
            kinds: Vec::new(),
            position: 0,
        };
        let awarded = Awarded {
            contract: ContractId(Uuid::from_u128(1)),
            external_id: None,
            brief: BriefId(Uuid::from_u128(2)),
            brand: party(PartyKind::Brand),
            awardee: party(PartyKind::Anchor),
            anchor: Some(party(PartyKind::Anchor)),
            chain: chain(),
            terms,
        };
        let event = award(awarded, table.now).unwrap();
        table.tell(vec![event]);
        table
    }

    /// Funded in full.
    pub fn funded(terms: Terms) -> Table {
        let needs = terms.needs().unwrap();
        let mut table = Table::awarded(terms);
        table.ok(Side::Brand, Action::Fund { amount: needs });
        table
    }

    fn tell(&mut self, events: Vec<ContractEvent>) {
        for event in events {
            // INVARIANT: an entry that does not balance cannot be constructed.
            let entry = super::post(&event).unwrap();
            for leg in entry.legs() {
                *self.accounts.entry(leg.account).or_default() += leg.amount.0;
            }
            self.position += 1;
            self.kinds.push(event.what.kind());
            self.state.evolve(&event, LogId(Uuid::from_u128(3)), self.position);
            let held = self.accounts.get(&self.brand("held")).copied().unwrap_or_default();
            assert_eq!(held, self.state.left().0, "escrow in = out + held");
            assert!(held >= 0);
        }
    }

    fn brand(&self, kind: &str) -> Account {
        format!("brand:{}:{kind}", party(PartyKind::Brand)).parse().unwrap()
    }

    /// Moves the clock; what is due fires, in order.
    pub fn later(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
        while let Some((timer, due)) = clocks::due(&self.state, self.now).first().copied() {
            let events = clocks::fire(&self.state, timer, due);
            assert!(!events.is_empty() && events[0].fired == Some(timer));
            self.tell(events);
            assert!(clocks::fire(&self.state, timer, due).is_empty(), "a clock fires once");
        }
    }

    pub fn ask(&mut self, side: Side, action: &Action) -> Result<(), Refusal> {
        let listed = allowed(&self.state, side).contains(&action.word());
        let desk = Desk {
            now: self.now,
            chain: &|_| Ok(chain()),
        };
        let decided = decide(&self.state, action, side, &desk);
        assert!(
            listed || decided.is_err(),
            "{} was done though it is not listed",
            action.word()
        );
        self.tell(decided?);
        Ok(())
    }

    pub fn ok(&mut self, side: Side, action: Action) {
        let asked = self.ask(side, &action);
        assert!(asked.is_ok(), "{action:?}: {asked:?}");
    }

    pub fn refused(&mut self, side: Side, action: Action) -> &'static str {
        self.ask(side, &action).expect_err("it should be refused").code
    }

    /// Schedules and delivers the first deliverable.
    pub fn delivered(mut self, minutes: Option<u32>) -> Table {
        self.schedule(0);
        self.deliver(0, minutes);
        self
    }

    pub fn schedule(&mut self, deliverable: u32) {
        self.ok(Side::Anchor, Action::Schedule { deliverable, at: None });
    }

    pub fn deliver(&mut self, deliverable: u32, minutes: Option<u32>) {
        let delivery = delivery(minutes);
        self.ok(Side::Anchor, Action::Deliver { deliverable, delivery });
    }

    /// Available of brand, agency, anchor and platform, and the brand's held money, in fen.
    pub fn money(&self) -> [i64; 5] {
        let of = |kind: PartyKind, account: &str| {
            let account: Account = format!("{}:{}:{account}", kind.word(), party(kind)).parse().unwrap();
            self.accounts.get(&account).copied().unwrap_or_default()
        };
        [
            of(PartyKind::Brand, "available"),
            of(PartyKind::Agency, "available"),
            of(PartyKind::Anchor, "available"),
            of(PartyKind::Platform, "available"),
            of(PartyKind::Brand, "held"),
        ]
    }

    pub fn status(&self, deliverable: usize) -> Status {
        self.state.works[deliverable].status
    }

    pub fn phase(&self) -> &'static str {
        self.state.phase.word()
    }
}

pub fn delivery(minutes: Option<u32>) -> Delivery {
    Delivery {
        evidence: vec![Evidence {
            kind: "replay_url".to_owned(),
            value: "https://example.com/replay".to_owned(),
        }],
        minutes,
        note: None,
    }
}

pub fn cancel(deliverable: Option<u32>) -> Action {
    Action::Cancel {
        deliverable,
        reason: "plans changed".to_owned(),
    }
}

fn slot(yuan: i64) -> Terms {
    terms(Form::SlotFee, vec![deliverable(yuan)])
}

#[test]
fn at_18_a_slot_fee_is_shared_on_acceptance_and_nothing_stays_held() {
    let mut table = Table::funded(slot(10_000));
    assert_eq!(table.money(), [-1_050_000, 0, 0, 0, 1_050_000]);
    table.schedule(0);
    table.deliver(0, None);
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    assert_eq!(table.money(), [-1_050_000, 300_000, 700_000, 50_000, 0]);
    assert_eq!(table.phase(), "settled");
}

#[test]
fn at_18_cancelled_before_schedule_everything_goes_back() {
    for side in [Side::Brand, Side::Anchor, Side::Book] {
        let mut table = Table::funded(slot(10_000));
        table.ok(side, cancel(None));
        assert_eq!(table.money(), [0; 5]);
    }
}

#[test]
fn at_18_cancelled_by_the_brand_after_schedule_a_fifth_goes_to_the_anchors_side() {
    let mut table = Table::funded(slot(10_000));
    table.schedule(0);
    table.ok(Side::Brand, cancel(None));
    assert_eq!(table.money(), [-210_000, 60_000, 140_000, 10_000, 0]);
    assert_eq!(table.phase(), "cancelled_by_brand");
}

#[test]
fn cancelled_by_the_anchor_after_schedule_everything_goes_back_and_it_is_the_anchors_doing() {
    let mut table = Table::funded(slot(10_000));
    table.schedule(0);
    table.ok(Side::Anchor, cancel(None));
    assert_eq!((table.money(), table.phase()), ([0; 5], "cancelled_by_anchor"));
}

#[test]
fn cancelled_after_delivery_the_arbiter_decides_and_after_acceptance_it_is_refused() {
    let mut table = Table::funded(slot(100)).delivered(None);
    table.ok(Side::Brand, cancel(None));
    assert_eq!(table.status(0), Status::Disputed);
    assert_eq!(table.money()[4], 10_500);
    assert_eq!(table.refused(Side::Brand, cancel(None)), "in_dispute");
    let arbitrate = Action::Arbitrate {
        deliverable: 0,
        anchor: 1,
        brand: 2,
        reason: "half of it was shown".to_owned(),
    };
    assert_eq!(table.refused(Side::Brand, arbitrate.clone()), "not_this_side");
    table.ok(Side::Book, arbitrate);
    // 33.33 of 100.00 to the anchor's side; service 1.67 of it; the rest of 105.00 back.
    assert_eq!(table.money(), [-3_500, 1_000, 2_333, 167, 0]);

    let mut slow = slot(100);
    slow.clocks.settle = 86_400;
    let mut table = Table::funded(slow).delivered(None);
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    for side in Side::ALL {
        assert_eq!(table.refused(side, cancel(None)), "accepted_already");
    }
    table.later(DAY);
    assert_eq!((table.phase(), table.money()[4]), ("settled", 0));
}

#[test]
fn two_deliverables_on_money_for_one_only_one_is_scheduled_and_a_raise_waits_for_its_money() {
    let mut told = terms(Form::SlotFee, vec![deliverable(60), deliverable(60)]);
    told.service_fee.rate = Rate::ZERO;
    told.part_funding = true;
    let mut table = Table::awarded(told.clone());
    table.ok(Side::Brand, Action::Fund { amount: Minor(10_000) });
    table.schedule(0);
    let second = Action::Schedule {
        deliverable: 1,
        at: None,
    };
    assert_eq!(table.refused(Side::Anchor, second.clone()), "escrow_insufficient");
    told.deliverables[0].fee = Minor(12_000);
    table.ok(Side::Anchor, Action::Amend { terms: Box::new(told) });
    let accept = Action::AcceptAmendment { number: 2 };
    assert_eq!(table.refused(Side::Brand, accept.clone()), "escrow_insufficient");
    table.ok(Side::Brand, Action::Fund { amount: Minor(2_000) });
    table.ok(Side::Brand, accept);
    assert_eq!(table.refused(Side::Anchor, second), "escrow_insufficient");
}

#[test]
fn an_award_that_is_not_funded_in_time_lapses_and_what_was_set_aside_goes_back() {
    let mut table = Table::awarded(slot(100));
    table.ok(Side::Brand, Action::Fund { amount: Minor(5_000) });
    table.later(DAY - 1);
    assert_eq!(table.phase(), "awarded");
    table.later(1);
    assert_eq!((table.phase(), table.money()), ("lapsed", [0; 5]));
    assert_eq!(
        table.refused(Side::Brand, Action::Fund { amount: Minor(1) }),
        "contract_over"
    );
    let rate = Action::Rate { stars: 5, text: None };
    assert_eq!(table.refused(Side::Brand, rate), "not_rateable");
}

#[test]
fn silence_accepts_after_a_warning_and_the_money_follows_a_day_later() {
    let mut slow = slot(100);
    slow.clocks.settle = 86_400;
    let mut table = Table::funded(slow).delivered(None);
    table.later(6 * DAY);
    assert_eq!(table.kinds.last(), Some(&"contract.review_warned"));
    table.later(DAY);
    assert_eq!(table.status(0), Status::Accepted);
    table.later(DAY);
    assert_eq!(table.money(), [-10_500, 3_000, 7_000, 500, 0]);
    table.later(30 * DAY);
    assert_eq!(table.kinds.last(), Some(&"contract.rating_closed"));
    assert!(table.state.timers.is_empty());
}

#[test]
fn revisions_are_counted_and_then_only_acceptance_or_dispute_are_left() {
    let mut table = Table::funded(slot(100)).delivered(None);
    let revise = || Action::RequestRevision {
        deliverable: 0,
        reason: "the link is missing".to_owned(),
    };
    for _ in 0..2 {
        table.ok(Side::Brand, revise());
        // Nothing is accepted by silence while it is revised.
        table.later(8 * DAY);
        assert_eq!(table.status(0), Status::Revising);
        table.deliver(0, None);
    }
    assert_eq!(table.refused(Side::Brand, revise()), "revisions_exhausted");
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    assert_eq!(table.phase(), "settled");
}

#[test]
fn an_overdue_deliverable_can_be_cancelled_without_penalty() {
    let mut told = slot(100);
    told.deliverables[0].due = Some(start().plus_seconds(5 * DAY));
    let mut table = Table::funded(told);
    table.schedule(0);
    table.later(5 * DAY);
    assert_eq!(table.kinds.last(), Some(&"contract.overdue"));
    table.ok(Side::Brand, cancel(None));
    assert_eq!(table.money(), [0; 5]);
}

#[test]
fn other_terms_need_the_other_side_and_leave_what_was_delivered_alone() {
    let mut table = Table::funded(terms(Form::SlotFee, vec![deliverable(100), deliverable(50)]));
    table.schedule(0);
    table.deliver(0, None);
    let mut other = table.state.terms().unwrap().clone();
    other.deliverables[0].fee = Minor(9_000);
    let amend = |terms: &Terms| Action::Amend {
        terms: Box::new(terms.clone()),
    };
    assert_eq!(table.refused(Side::Brand, amend(&other)), "deliverable_fixed");
    other.deliverables[0].fee = Minor(10_000);
    other.deliverables[1].fee = Minor(4_000);
    table.ok(Side::Brand, amend(&other));
    assert_eq!(
        table.refused(Side::Brand, Action::AcceptAmendment { number: 2 }),
        "amendment_gone"
    );
    table.ok(Side::Anchor, Action::AcceptAmendment { number: 2 });
    assert_eq!(table.state.versions.len(), 2);
    table.ok(Side::Brand, Action::Refund);
    assert_eq!(table.money(), [-14_700, 0, 0, 0, 14_700]);
    assert_eq!(table.refused(Side::Brand, Action::Refund), "nothing_to_refund");
}

#[test]
fn another_anchor_needs_the_brands_consent_and_no_work_in_hand() {
    let mut table = Table::funded(slot(100));
    let anchor = PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(8));
    table.ok(Side::Anchor, Action::Assign { anchor });
    assert_eq!(table.refused(Side::Anchor, Action::Consent), "not_this_side");
    table.ok(Side::Brand, Action::Consent);
    assert_eq!(table.state.anchor, Some(anchor));
    let mut table = table.delivered(None);
    assert_eq!(table.refused(Side::Anchor, Action::Assign { anchor }), "work_in_hand");
}

#[test]
fn each_side_rates_once_after_the_end() {
    let mut table = Table::funded(slot(100)).delivered(None);
    let rate = |stars| Action::Rate { stars, text: None };
    assert_eq!(table.refused(Side::Brand, rate(5)), "not_rateable");
    table.ok(Side::Brand, Action::Accept { deliverable: 0 });
    assert_eq!(table.refused(Side::Brand, rate(6)), "stars_out_of_range");
    table.ok(Side::Brand, rate(5));
    assert_eq!(table.refused(Side::Brand, rate(4)), "rated_already");
    table.ok(Side::Anchor, rate(4));
    assert!(table.state.rating_closed && table.state.timers.is_empty());
    assert!(matches!(table.state.phase, Phase::Ended(_)));
}
