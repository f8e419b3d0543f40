//! A small book to write to: events of parties, a formula-free line with legs, clicks.
//! It must never decide anything: events are given as they are.

use std::collections::HashMap;

use fenzhang::base::*;
use fenzhang::domain::book::{BookEvent, BookMode, BookOpened, Perspective};
use fenzhang::domain::click::Click;
use fenzhang::domain::command::Actor;
use fenzhang::domain::event::Event;
use fenzhang::domain::flow::Recorded;
use fenzhang::domain::order::{
    About, Attribution, Basis, Dims, FactApplied, FactState, Figures, LineEvent, LineFact, Pin, What,
};
use fenzhang::domain::party::{ContractScope, MembershipSigned, PartyEvent, PartyRegistered, Receiver, Share};
use fenzhang::domain::stream::StreamId;
use fenzhang::domain::world::{Placed, World};
use fenzhang::ledger::{Account, AccountKind, Balances, Layer, Leg, Stamp};
use fenzhang::money::{Currency, Minor, Rate};
use fenzhang::store::append::{Batch, begin, write};
use fenzhang::store::books::{self, BookLogs};
use fenzhang::store::envelope::Origin;
use fenzhang::store::error::Result;
use fenzhang::store::rows::{of_line, of_state, pin_of};
use fenzhang::store::statements::Statements;
use fenzhang::store::{head, load};
use tokio_postgres::Client;
use uuid::Uuid;

/// A book with a writer's memory.
pub struct Sample {
    pub book: BookId,
    pub logs: BookLogs,
    pub world: World,
    pub balances: Balances,
    pub pins: HashMap<StreamId, i64>,
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub fn outside(text: &str) -> ExternalId {
    text.parse().unwrap()
}

impl Sample {
    /// Makes a book with one money log and two click logs, opened.
    pub async fn open(client: &Client) -> Sample {
        let book = BookId(Uuid::now_v7());
        let logs = BookLogs {
            book,
            sandbox: false,
            money: LogId(Uuid::now_v7()),
            clicks: vec![LogId(Uuid::now_v7()), LogId(Uuid::now_v7())],
        };
        books::create(client, &logs, at("2020-01-01T00:00:00Z")).await.unwrap();
        Sample {
            book,
            logs,
            world: World::default(),
            balances: Balances::default(),
            pins: HashMap::new(),
        }
    }

    pub fn party(&self, kind: PartyKind, external: &str) -> PartyId {
        PartyId::of(self.book, kind, external)
    }

    pub fn opened(&self) -> (StreamId, Event) {
        let opened = BookOpened {
            book: self.book,
            name: name("样书"),
            perspective: Perspective::Agency,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 2,
        };
        (self.book.into(), Event::Book(BookEvent::Opened(opened)))
    }

    pub fn registered(&self, kind: PartyKind, external: &str) -> (StreamId, Event) {
        let party = self.party(kind, external);
        let event = PartyRegistered {
            party,
            external_id: Some(outside(external)),
            name: name(external),
        };
        (party.into(), Event::Party(PartyEvent::Registered(event)))
    }

    pub fn signed(&self, member: PartyId, upper: PartyId) -> (StreamId, Event) {
        let event = MembershipSigned {
            membership: MembershipId(Uuid::now_v7()),
            member,
            upper,
            scope: ContractScope::All,
            share: Share::UpperKeeps(Rate::from_ppm(300_000).unwrap()),
            receiver: Receiver::Book,
            guarantee: None,
            from: at("2026-01-01T00:00:00Z"),
            to: None,
        };
        (member.into(), Event::Party(PartyEvent::MembershipSigned(event)))
    }

    /// A paid line whose whole commission goes to the anchor, in the settled layer.
    pub fn paid(&self, line_no: &str, anchor: PartyId, amount: i64, settled: bool) -> (StreamId, Event) {
        let line = LineId::of(self.book, "tmall", line_no);
        let brand = self.party(PartyKind::Brand, "brand");
        let layer = if settled { Layer::Settled } else { Layer::Estimated };
        let leg = |party, kind, amount| Leg {
            account: Account::of(party, kind),
            layer,
            currency: Currency::CNY,
            amount: Minor(amount),
        };
        let fact = FactApplied {
            fact: LineFact {
                line,
                platform: outside("tmall"),
                line_no: outside(line_no),
                at: at("2026-06-18T12:00:00Z"),
                currency: Some(Currency::CNY),
                about: About {
                    order_no: Some(outside("o-1")),
                    buyer: Some(outside("buyer-1")),
                    ..About::default()
                },
                what: What::Paid {
                    amount: Minor(amount * 10),
                    discounts: Vec::new(),
                },
                reported: None,
            },
            state: FactState::Applied,
            code: None,
            remainder: None,
            pin: None,
            figures: Figures::default(),
            legs: vec![
                leg(anchor, AccountKind::Available, amount),
                leg(brand, AccountKind::Commission, -amount),
            ],
            accounting_at: None,
            timers: Vec::new(),
        };
        (line.into(), Event::Line(LineEvent::Fact(Box::new(fact))))
    }

    pub fn click(&self, no: Option<&str>, when: &str, item: Option<&str>, shop: Option<&str>) -> Click {
        Click {
            source: outside("site"),
            click_no: no.map(outside),
            at: at(when),
            buyer: outside("buyer-1"),
            promoter: self.party(PartyKind::Anchor, "anchor"),
            platform: outside("tmall"),
            item_no: item.map(outside),
            shop_no: shop.map(outside),
            room: None,
            show: None,
            slot: None,
            traffic: None,
            off_site: None,
            campaign: None,
            phase: None,
            trigger: None,
            format: None,
            segment: None,
        }
    }

    /// Writes events to a log in one batch, as a writer does: lock, load, fold, stamp, write.
    pub async fn write(
        &mut self,
        client: &Client,
        st: &Statements,
        log: LogId,
        events: Vec<(StreamId, Event)>,
    ) -> Result<i64> {
        begin(client).await?;
        let head = head::lock(client, st, log).await?.expect("the log exists");
        let now = head::clock(client, st).await?.max(head.recorded_at);
        let unknown: Vec<StreamId> = events
            .iter()
            .map(|(stream, _)| *stream)
            .filter(|s| !self.world.knows(*s))
            .collect();
        let loaded = load::streams(client, st, log, &unknown, &[]).await?;
        for (stream, known) in load::fold(unknown, &loaded) {
            self.world.tell(stream, known);
        }
        let mut batch = Batch::new(self.book, log, head.tree.clone());
        let mut touched = std::collections::BTreeMap::new();
        for (index, (stream, event)) in events.into_iter().enumerate() {
            let occurred_at = match &event {
                Event::Line(LineEvent::Fact(fact)) => fact.fact.at,
                Event::Click(click) => click.at,
                _ => at("2026-06-18T12:00:00Z"),
            };
            let placed = Placed {
                log,
                position: head.position + 1 + index as i64,
                version: self.world.version(stream) + 1,
                id: EventId(Uuid::now_v7()),
                occurred_at,
                recorded_at: now,
            };
            self.world.apply(stream, &event, &placed);
            let entry = event.post()?;
            let accounting_at = event.accounting_at(occurred_at);
            let unopened = Stamp {
                period: Zone::SHANGHAI.month(accounting_at),
                points_back_to: None,
            };
            let stamp = self
                .world
                .book(self.book)
                .map_or(unopened, |book| book.stamp(accounting_at));
            let stamped = self.balances.apply(&entry, Some(stamp))?;
            let recorded = Recorded {
                stream,
                placed,
                event,
                causation: None,
            };
            let origin = Origin {
                actor: &Actor::SYSTEM,
                key: Some("k-1"),
                correlation: None,
            };
            let pinned_before = self.pins.get(&stream).copied();
            if pin_of(&recorded.event).is_some() {
                self.pins.insert(stream, placed.position);
            }
            batch.add(&recorded, origin, &stamped, pinned_before)?;
            touched.insert(stream, placed.position);
        }
        let before = self.world.before_journal();
        let zone = self.world.book(self.book).map(|book| book.opened.zone);
        for (stream, position) in touched {
            if let Some(known) = self.world.get(stream) {
                if let Some(zone) = zone {
                    of_line(zone, before.get(&stream).copied(), known, &mut batch.rows.anchors);
                }
                of_state(self.book, stream, known, position, &mut batch.rows)?;
            }
        }
        write(client, st, &batch, now).await?;
        self.world.keep();
        Ok(head.position + batch.len() as i64)
    }
}

/// The same event with a pin for one promoter.
pub fn pinned((stream, event): (StreamId, Event), promoter: PartyId) -> (StreamId, Event) {
    let Event::Line(LineEvent::Fact(mut fact)) = event else {
        panic!("only a fact of a line is pinned here");
    };
    fact.pin = Some(Box::new(Pin {
        at: fact.fact.at,
        payable: Minor(19_500),
        attribution: Attribution {
            basis: Basis::Platform,
            party: Some(promoter),
            click: None,
            clicked_at: None,
            scope: None,
        },
        dims: Dims {
            source: Some("channel".to_owned()),
            ..Dims::default()
        },
        formula: FormulaId(Uuid::from_u128(1)),
        formula_version: 1,
        rule: None,
        why_nothing: Some("no_rule".to_owned()),
        lost: Vec::new(),
        lost_more: Default::default(),
        terms: None,
        reservation: None,
        brought_over: None,
    }));
    (stream, Event::Line(LineEvent::Fact(fact)))
}
