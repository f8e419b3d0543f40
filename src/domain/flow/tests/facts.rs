//! Facts through needs, pricing and the counters of limited rules, on a log kept in memory.
//! Must never need a database.

mod returns;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::base::*;
use crate::domain::book::{BookMode, BookOpened, Formula, Perspective};
use crate::domain::click::{Click, buyer_key};
use crate::domain::command::{Actor, Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::*;
use crate::domain::order::{About, FactState, LineEvent, LineFact, LineState, Reattribution, Settleable, What};
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects, UsageState};
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Known, World};
use crate::ledger::{Account, Layer};
use crate::money::{Currency, Minor, Rate, Rounding};

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn noon(day: i64) -> Instant {
    at("2026-06-01T04:00:00Z").plus_days(day - 1)
}

pub(super) fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

pub(super) fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

pub(super) fn book() -> BookId {
    BookId(Uuid::from_u128(1))
}

pub(super) fn line_id(no: &str) -> LineId {
    LineId::of(book(), "taobao", no)
}

/// A log: the folds of its streams, its clicks, and how many rounds the last command needed.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) streams: HashMap<StreamId, Known>,
    clicks: Vec<Click>,
    position: i64,
    pub(super) now: Instant,
    rounds: usize,
    kinds: Vec<&'static str>,
    ids: u128,
    /// What settled legs left in each account.
    pub(super) settled: HashMap<Account, i64>,
}

impl Log {
    /// Loads what a command needs into a cold world, decides it there, keeps what was recorded.
    pub(super) fn ask(&mut self, command: &Command) -> Made {
        let (mut world, mut clicks, mut sold) = (World::default(), Clicks::new(), Sold::new());
        self.rounds = 0;
        loop {
            let mut missing = Needs::default();
            let looked = Looked {
                clicks: &clicks,
                sold: &sold,
                open: &Uncovered::new(),
            };
            needs(book(), [command], &world, looked, &mut missing);
            if missing.is_empty() {
                break;
            }
            self.rounds += 1;
            // Two more where returns that name no order meet their lines.
            let most = if sold.is_empty() && missing.sold.is_empty() {
                3
            } else {
                5
            };
            assert!(self.rounds <= most, "still missing {missing:?}");
            for stream in missing.streams {
                world.tell(stream, self.known(stream));
            }
            missing
                .uppers
                .into_iter()
                .for_each(|party| self.load_uppers(party, &mut world));
            for query in missing.sold {
                sold.insert(query.returns, self.sold(&query));
            }
            for query in missing.clicks {
                clicks.entry(query.line).or_default().extend(self.last_clicks(&query));
            }
        }
        loop {
            let before = world.savepoint();
            let mut missing = std::collections::BTreeSet::new();
            let (made, recorded) = self.decide(command, &mut world, (&clicks, &sold), &mut missing);
            if missing.is_empty() {
                self.keep(recorded);
                return made;
            }
            // As the writer does: what it turned out to need is loaded, and it is decided again.
            world.undo_to(before);
            for stream in missing {
                world.tell(stream, self.known(stream));
            }
        }
    }

    fn decide(
        &mut self,
        command: &Command,
        world: &mut World,
        (clicks, sold): (&Clicks, &Sold),
        missing: &mut std::collections::BTreeSet<StreamId>,
    ) -> (Made, Vec<Recorded>) {
        let mut fresh = {
            let ids = &mut self.ids;
            move || {
                *ids += 1;
                Uuid::from_u128(*ids)
            }
        };
        let unpostable = HashSet::new();
        let mut scribe = Scribe {
            book: book(),
            log: LogId(Uuid::from_u128(2)),
            now: self.now,
            actor: &Actor::SYSTEM,
            world,
            clicks,
            sold,
            open: &Uncovered::new(),
            touched: Default::default(),
            latest_pin: None,
            position: self.position,
            unpostable: &unpostable,
            missing,
            balances: &mut |_| Minor::ZERO,
            fresh: &mut fresh,
            recorded: Vec::new(),
            causation: None,
        };
        fire_due(command, &mut scribe).unwrap();
        let made = decide(command, &mut scribe).unwrap();
        (made, scribe.recorded)
    }

    fn keep(&mut self, recorded: Vec<Recorded>) {
        self.position = recorded.last().map_or(self.position, |last| last.placed.position);
        self.kinds = recorded.iter().map(|recorded| recorded.event.kind()).collect();
        for recorded in recorded {
            let entry = recorded.event.post().expect("every event balances");
            for leg in entry.legs().iter().filter(|leg| leg.layer == Layer::Settled) {
                *self.settled.entry(leg.account).or_default() += leg.amount.0;
            }
            let known = self.streams.entry(recorded.stream).or_insert(Known::ABSENT);
            known.evolve(&recorded.event, &recorded.placed);
        }
    }

    pub(super) fn known(&self, stream: StreamId) -> Known {
        self.streams.get(&stream).cloned().unwrap_or(Known::ABSENT)
    }

    fn load_uppers(&self, party: PartyId, world: &mut World) {
        if !world.knows(party.into()) {
            world.tell(party.into(), self.known(party.into()));
            let uppers = world
                .party(party)
                .map(|state| state.contracts.clone())
                .unwrap_or_default();
            uppers
                .iter()
                .for_each(|contract| self.load_uppers(contract.upper, world));
        }
    }

    fn sold(&self, query: &SoldQuery) -> Vec<LineId> {
        let lines = self.streams.keys().filter(|stream| stream.slice == Slice::Line);
        let bought = |line: &LineId| {
            let mut world = World::default();
            world.tell((*line).into(), self.known((*line).into()));
            world.line(*line).is_some_and(|state| {
                let buyer = state.about().buyer.as_ref().map(|buyer| buyer_key(book(), buyer));
                let item = state.pin.as_ref().and_then(|pin| pin.dims.item);
                buyer == Some(query.buyer) && item == Some(query.item)
            })
        };
        lines.map(|stream| LineId(stream.id)).filter(bought).collect()
    }

    fn last_clicks(&self, query: &ClickQuery) -> Vec<Click> {
        let inside = |click: &&Click| {
            buyer_key(book(), &click.buyer) == query.buyer && query.from <= click.at && click.at < query.before
        };
        let clicks = || self.clicks.iter().filter(inside);
        let on_item = clicks().filter(|click| query.item.is_some() && click.item(book()) == query.item);
        let on_shop = clicks().filter(|click| query.shop.is_some() && click.shop(book()) == query.shop);
        let last = |clicks: Vec<&Click>| clicks.into_iter().max_by_key(|click| click.at).cloned();
        [last(on_item.collect()), last(on_shop.collect())]
            .into_iter()
            .flatten()
            .collect()
    }

    fn line(&self, no: &str) -> LineState {
        let mut world = World::default();
        world.tell(line_id(no).into(), self.known(line_id(no).into()));
        world
            .line(line_id(no))
            .map(|line| line.as_ref().clone())
            .unwrap_or_default()
    }

    fn used(&self, rule: RuleId) -> UsageState {
        let mut world = World::default();
        let usage = UsageId::of_rule(rule);
        world.tell(usage.into(), self.known(usage.into()));
        world.usage(usage).map(|used| used.as_ref().clone()).unwrap_or_default()
    }

    pub(super) fn register(&mut self, kind: PartyKind, number: &str) -> PartyId {
        let made = self.ask(&Command::RegisterParty {
            kind,
            external_id: Some(ext(number)),
            name: "name".parse().unwrap(),
        });
        made.ids["party"].parse().unwrap()
    }

    pub(super) fn post_rule(&mut self, kind: PlanKind, terms: RuleTerms) -> RuleId {
        let made = self.ask(&Command::PostRule {
            external_id: None,
            brand: PartyId::of(book(), PartyKind::Brand, "brand"),
            kind,
            scope: RuleScope::Item(ItemId::of(book(), "taobao", "item")),
            currency: Currency::CNY,
            terms: Box::new(terms),
        });
        made.ids["rule"].parse().unwrap()
    }

    pub(super) fn tell(&mut self, fact: &LineFact) -> crate::domain::command::FactOutcome {
        self.ask(&Command::Facts(vec![fact.clone()])).facts.remove(0)
    }

    /// G of the line as estimated: what the brand would pay.
    fn estimated(&self, no: &str) -> i64 {
        use crate::ledger::{AccountKind::Commission, Layer::Estimated};
        let brand = Account::of(PartyId::of(book(), PartyKind::Brand, "brand"), Commission);
        self.line(no)
            .posted()
            .get(&(brand, Estimated))
            .map_or(0, |amount| -amount.0)
    }
}

/// Brand, agency, anchor under it, shop and item, and a formula without fees: all since 1 May.
pub(super) fn log() -> Log {
    let mut log = Log {
        streams: HashMap::new(),
        clicks: Vec::new(),
        position: 0,
        now: at("2026-05-01T00:00:00Z"),
        rounds: 0,
        kinds: Vec::new(),
        ids: 1_000,
        settled: HashMap::new(),
    };
    log.ask(&Command::OpenBook(BookOpened {
        book: book(),
        name: "book".parse().unwrap(),
        perspective: Perspective::Agency,
        mode: BookMode::Live,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 2,
    }));
    let brand = log.register(PartyKind::Brand, "brand");
    let agency = log.register(PartyKind::Agency, "agency");
    let member = log.register(PartyKind::Anchor, "anchor");
    log.register(PartyKind::Anchor, "other");
    log.ask(&Command::SignMembership {
        member,
        upper: agency,
        scope: ContractScope::Cps,
        share: Share::UpperKeeps(rate("0.3")),
        receiver: Receiver::Book,
        guarantee: None,
        from: log.now,
        to: None,
    });
    log.ask(&Command::RegisterShop {
        platform: ext("taobao"),
        shop_no: ext("shop"),
        name: "shop".parse().unwrap(),
        brand,
    });
    log.ask(&Command::ListItem {
        platform: ext("taobao"),
        item_no: ext("item"),
        title: None,
        shop_no: ext("shop"),
        category: None,
        from: None,
    });
    log.ask(&Command::SetFormula {
        formula: None,
        effective_from: None,
        terms: Box::new(Formula {
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
            window_seconds: 15 * 86_400,
            returns_without_order: false,
        }),
    });
    log
}

pub(super) fn terms(percent: &str) -> RuleTerms {
    RuleTerms {
        subjects: Subjects::Everyone,
        from: at("2026-05-01T00:00:00Z"),
        to: None,
        rates: Rates::Flat(rate(percent)),
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    }
}

pub(super) fn fact(no: &str, at: Instant, what: What) -> LineFact {
    let currency = what.amounts().next().map(|_| Currency::CNY);
    LineFact {
        line: line_id(no),
        platform: ext("taobao"),
        line_no: ext(no),
        at,
        currency,
        about: About {
            buyer: Some(ext("buyer")),
            item_no: Some(ext("item")),
            ..About::default()
        },
        what,
        reported: None,
    }
}

fn created(no: &str, at: Instant) -> LineFact {
    let (payable, discounts) = (Some(Minor(10_000)), Vec::new());
    fact(no, at, What::Created { payable, discounts })
}

fn paid(no: &str, at: Instant) -> LineFact {
    let (amount, discounts) = (Minor(10_000), Vec::new());
    fact(no, at, What::Paid { amount, discounts })
}

pub(super) fn promoted(mut fact: LineFact) -> LineFact {
    fact.about.promoter = Some(PartyId::of(book(), PartyKind::Anchor, "anchor"));
    fact
}

fn click(promoter: &str, at: Instant) -> Click {
    let json = serde_json::json!({
        "source": "taobao", "at": at, "buyer": "buyer", "platform": "taobao", "item_no": "item",
        "promoter": PartyId::of(book(), PartyKind::Anchor, promoter),
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn an_order_of_a_cold_log_is_attributed_priced_and_posted_in_three_rounds() {
    let mut log = log();
    log.post_rule(PlanKind::General, terms("0.2"));
    log.clicks = vec![click("other", noon(1)), click("anchor", noon(2))];
    log.now = noon(30);
    let outcome = log.tell(&paid("1", noon(3)));
    assert_eq!(
        (outcome.state, outcome.replayed, log.rounds),
        (FactState::Applied, false, 3)
    );
    assert_eq!((log.kinds.as_slice(), log.estimated("1")), (&["order.paid"][..], 2_000));
    let line = log.line("1");
    let pin = line.pin.as_ref().unwrap();
    let takers: Vec<PartyKind> = pin
        .terms
        .as_ref()
        .unwrap()
        .chain
        .iter()
        .map(|hop| hop.party.kind())
        .collect();
    assert_eq!(takers, vec![PartyKind::Agency, PartyKind::Anchor]);
    let again = log.tell(&paid("1", noon(3)));
    assert_eq!(
        (again.replayed, again.position, log.kinds.len()),
        (true, outcome.position, 0)
    );
}

#[test]
fn a_created_fact_that_comes_late_is_attributed_at_its_own_time() {
    let mut log = log();
    log.post_rule(PlanKind::General, terms("0.2"));
    log.clicks = vec![click("other", noon(1)), click("anchor", noon(3))];
    log.now = noon(30);
    log.tell(&paid("1", noon(4)));
    log.tell(&created("1", noon(2)));
    let promoter = log.line("1").pin.unwrap().attribution.party;
    assert_eq!(promoter, Some(PartyId::of(book(), PartyKind::Anchor, "other")));
}

#[test]
fn the_first_two_units_take_the_special_rate_and_a_refund_gives_none_back_at_29() {
    let mut log = log();
    log.post_rule(PlanKind::General, terms("0.1"));
    let first_n = RuleTerms {
        first_n: Some(2),
        ..terms("0.3")
    };
    let rule = log.post_rule(PlanKind::FirstN, first_n);
    log.now = noon(30);
    for no in ["1", "2"] {
        log.tell(&promoted(created(no, noon(2))));
        assert_eq!(log.kinds, ["order.created", "rule.used"]);
        log.tell(&paid(no, noon(2)));
        assert_eq!((log.kinds.as_slice(), log.estimated(no)), (&["order.paid"][..], 3_000));
    }
    let refund = What::RefundWon {
        case: ext("c1"),
        goods: Minor(10_000),
        freight: Minor::ZERO,
        units: Some(1),
        deducted: false,
        manner: None,
    };
    log.tell(&fact("1", noon(3), refund));
    log.tell(&promoted(paid("3", noon(4))));
    assert_eq!((log.used(rule).units, log.estimated("3")), (2, 1_000));
}

#[test]
fn an_order_closed_unpaid_frees_its_reservation_and_a_new_pin_moves_it() {
    let mut log = log();
    let budgeted = RuleTerms {
        budget: Some(Minor(3_000)),
        give_back: true,
        ..terms("0.2")
    };
    let rule = log.post_rule(
        PlanKind::Marketing,
        RuleTerms {
            to: Some(noon(60)),
            ..budgeted
        },
    );
    log.now = noon(30);
    log.tell(&promoted(created("1", noon(2))));
    assert_eq!(log.used(rule).gross, Minor(2_000));
    log.tell(&fact("1", noon(3), What::Closed { reason: None }));
    assert_eq!((log.used(rule).gross, log.used(rule).units), (Minor::ZERO, 0));
    // A second line: its own reservation does not stand in its way when it is pinned anew.
    log.tell(&promoted(paid("2", noon(4))));
    log.tell(&created("2", noon(3)));
    assert_eq!((log.used(rule).gross, log.estimated("2")), (Minor(2_000), 2_000));
    let refund = What::RefundWon {
        case: ext("c1"),
        goods: Minor(5_000),
        freight: Minor::ZERO,
        units: None,
        deducted: false,
        manner: None,
    };
    log.tell(&fact("2", noon(5), refund));
    assert_eq!(log.used(rule).gross, Minor(1_000));
}

#[test]
fn a_late_click_wins_a_line_once() {
    let mut log = log();
    log.post_rule(PlanKind::General, terms("0.2"));
    log.now = noon(30);
    log.tell(&paid("1", noon(4)));
    assert_eq!(log.estimated("1"), 0);
    let late = click("anchor", noon(3));
    log.clicks.push(late.clone());
    let command = Command::Reattribute {
        line: line_id("1"),
        click: Box::new(late),
    };
    log.ask(&command);
    assert_eq!(
        (log.kinds.as_slice(), log.estimated("1")),
        (&["order.reattributed"][..], 2_000)
    );
    log.ask(&command);
    assert!(log.kinds.is_empty());
    let older = click("other", noon(2));
    log.ask(&Command::Reattribute {
        line: line_id("1"),
        click: Box::new(older),
    });
    assert!(log.kinds.is_empty());
}

#[test]
fn a_reattribution_reads_back_as_it_was_written() {
    let reattributed = Event::Line(LineEvent::Reattributed(Box::new(crate::domain::order::Reattributed {
        click: ClickId(Uuid::nil()),
        outcome: Reattribution::Listed,
        pin: None,
        figures: Default::default(),
        legs: Vec::new(),
        accounting_at: None,
        timers: Vec::new(),
    })));
    let payload = reattributed.payload().unwrap();
    assert_eq!(Event::decode("order.reattributed", 1, &payload).unwrap(), reattributed);
}

#[test]
fn a_fact_in_a_currency_the_book_does_not_keep_is_parked() {
    let mut log = log();
    log.now = noon(30);
    let mut dollars = paid("1", noon(2));
    dollars.currency = Some("USD".parse().unwrap());
    let outcome = log.tell(&dollars);
    assert_eq!(
        (outcome.state, outcome.code.as_deref()),
        (FactState::Parked, Some("currency_mismatch"))
    );
}

#[test]
fn a_timer_that_is_no_longer_pending_leaves_nothing() {
    let mut log = log();
    log.now = noon(1);
    log.tell(&paid("1", noon(2)));
    let line = log.line("1");
    let (timer, due) = line.timers[0];
    log.now = noon(3);
    let command = Command::FireTimer {
        stream: line_id("1").into(),
        timer,
        due,
    };
    log.ask(&command);
    assert_eq!(log.kinds, ["line.timer_fired"]);
    assert!(log.line("1").pin.is_some());
    log.ask(&command);
    assert!(log.kinds.is_empty());
}
