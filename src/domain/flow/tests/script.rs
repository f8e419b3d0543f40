//! Scripts of scripted anchors, without a database: every move is accepted, and they come to an end.
//! It must never say what an anchor does: the script does.

use uuid::Uuid;

use crate::base::*;
use crate::domain::command::Command;
use crate::domain::contract::actions::room;
use crate::domain::contract::decide::{Desk, award, decide};
use crate::domain::contract::{
    Action, Awarded, Channel, Clocks, ContractEvent, ContractState, Deliverable, Form, ServiceFee, Side, Status, Taker,
    TakerKeeps, Terms,
};
use crate::domain::event::Event;
use crate::domain::flow::Recorded;
use crate::domain::flow::script::{Move, next};
use crate::domain::party::Script;
use crate::domain::stream::StreamId;
use crate::domain::world::Placed;
use crate::money::{Currency, Minor, Rate};

fn party(kind: PartyKind) -> PartyId {
    PartyId::tagged(kind, Uuid::from_u128(7))
}

/// A contract with its events, and now.
struct Desktop {
    events: Vec<Recorded>,
    state: ContractState,
    now: Instant,
}

impl Desktop {
    fn tell(&mut self, events: Vec<ContractEvent>) {
        for event in events {
            let position = i64::try_from(self.events.len()).unwrap() + 1;
            let log = LogId(Uuid::nil());
            self.state.evolve(&event, log, position);
            self.events.push(Recorded {
                stream: stream(),
                placed: Placed {
                    log,
                    position,
                    version: position,
                    id: EventId(Uuid::from_u128(1)),
                    occurred_at: self.now,
                    recorded_at: self.now,
                },
                event: Event::Contract(Box::new(event)),
                causation: None,
            });
        }
    }

    fn ask(&mut self, side: Side, action: &Action) {
        let none = |_: PartyId| Ok(Vec::new());
        let desk = Desk {
            now: self.now,
            chain: &none,
        };
        let events = decide(&self.state, action, side, &desk);
        self.tell(events.unwrap_or_else(|refusal| panic!("{action:?}: {refusal}")));
    }

    fn next(&self, script: Script) -> Option<Move> {
        next(party(PartyKind::Anchor), script, stream(), &self.events)
    }

    fn play(&mut self, one: Move) {
        assert!(one.at >= self.now, "a move is not in the past");
        self.now = one.at;
        match one.command {
            Command::ActContract { action, .. } => self.ask(Side::Anchor, &action),
            other => panic!("{other:?}"),
        }
    }
}

fn stream() -> StreamId {
    ContractId(Uuid::from_u128(1)).into()
}

fn funded(part_funding: bool) -> Desktop {
    let one = |days: i64, evidence: &[&str]| Deliverable {
        name: "live slot".to_owned(),
        media: None,
        fee: Minor(10_000),
        from: None,
        to: None,
        minutes: None,
        due: Some(start().plus_days(days)),
        evidence: evidence.iter().map(|kind| (*kind).to_owned()).collect(),
        external_id: None,
    };
    let terms = Terms {
        currency: Currency::CNY,
        form: Form::SlotFee,
        deliverables: vec![one(9, &["replay_url", "item_card"]), one(4, &[])],
        service_fee: ServiceFee {
            rate: Rate::ZERO,
            taker: None,
        },
        penalty: Rate::ZERO,
        clocks: Clocks::default(),
        channel: Channel::Bank,
        part_funding,
        programme: None,
    };
    let taker = Taker {
        party: party(PartyKind::Anchor),
        keeps: TakerKeeps::All,
        membership: None,
        direct: false,
    };
    let awarded = Awarded {
        contract: ContractId(Uuid::from_u128(1)),
        external_id: None,
        brief: BriefId(Uuid::from_u128(2)),
        brand: party(PartyKind::Brand),
        awardee: party(PartyKind::Anchor),
        anchor: Some(party(PartyKind::Anchor)),
        chain: vec![taker],
        terms,
    };
    let mut desk = Desktop {
        events: Vec::new(),
        state: ContractState::default(),
        now: start(),
    };
    desk.tell(vec![award(awarded, start()).unwrap()]);
    assert_eq!(
        desk.next(Script::Steady),
        None,
        "nothing is done before the money is there"
    );
    let amount = if part_funding { Minor(10_000) } else { room(&desk.state) };
    desk.ask(Side::Brand, &Action::Fund { amount });
    desk
}

fn start() -> Instant {
    "2026-06-01T00:00:00+08:00".parse().unwrap()
}

/// Plays until nothing is left to do; the brand asks for one revision of each delivery. Gives the words with their days.
fn play(script: Script, part_funding: bool) -> (Vec<(&'static str, i64)>, Desktop) {
    let mut desk = funded(part_funding);
    let mut played = Vec::new();
    while let Some(one) = desk.next(script) {
        played.push((one.word, (one.at.micros() - start().micros()) / 86_400_000_000));
        assert!(played.len() < 20, "{played:?}");
        desk.play(one);
        for deliverable in 0..2 {
            let work = desk.state.works[usize::try_from(deliverable).unwrap()].clone();
            if work.status == Status::Delivered && work.rounds == 0 {
                let reason = "the link is missing".to_owned();
                desk.ask(Side::Brand, &Action::RequestRevision { deliverable, reason });
            }
        }
    }
    (played, desk)
}

#[test]
fn every_move_of_every_script_is_accepted_and_each_comes_to_its_end() {
    for script in Script::ALL {
        let (played, desk) = play(script, false);
        let words: Vec<&str> = played.iter().map(|(word, _)| *word).collect();
        let statuses: Vec<Status> = desk.state.works.iter().map(|work| work.status).collect();
        match script {
            Script::Silent => assert_eq!(words, ["schedule", "schedule"]),
            Script::Disputes => {
                assert_eq!(words.iter().filter(|word| **word == "dispute").count(), 2);
                assert_eq!(words.iter().filter(|word| **word == "state").count(), 2);
                assert_eq!(statuses, [Status::Disputed; 2]);
            }
            Script::Steady | Script::Pricey | Script::Late => {
                assert_eq!(words.iter().filter(|word| **word == "deliver").count(), 4, "{words:?}");
                assert_eq!(statuses, [Status::Delivered; 2]);
            }
        }
    }
}

#[test]
fn the_late_one_is_a_day_late_with_each_and_begins_with_what_is_due_first() {
    let (played, _) = play(Script::Late, false);
    let delivered: Vec<i64> = played
        .iter()
        .filter(|one| one.0 == "deliver")
        .map(|one| one.1)
        .collect();
    assert_eq!(
        delivered,
        [5, 6, 10, 11],
        "due on the 4th and 9th day, each with a revision a day later"
    );
}

#[test]
fn nobody_schedules_what_the_money_does_not_cover() {
    let (played, desk) = play(Script::Steady, true);
    assert_eq!(played.iter().filter(|one| one.0 == "schedule").count(), 1);
    assert!(desk.state.works.iter().any(|work| work.status == Status::Planned));
}

#[test]
fn what_others_do_does_not_put_a_move_off() {
    let mut desk = funded(false);
    let before = desk.next(Script::Steady).unwrap();
    desk.now = desk.now.plus_seconds(3_600);
    let paid = Action::MarkPaid {
        amount: Minor(100),
        channel: Channel::Bank,
        reference: "B-1".parse().unwrap(),
        at: desk.now,
    };
    desk.ask(Side::Book, &paid);
    let after = desk.next(Script::Steady).unwrap();
    assert_eq!((before.at, before.word), (after.at, after.word));
}
