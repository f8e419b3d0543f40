//! A month of one anchor: the worked example AT-11 and its refund AT-15, decided by the line itself, written by the store.
//! It must never assert anything.

use fenzhang::base::*;
use fenzhang::domain::book::{BookEvent, Formula, FormulaBasis, FormulaSet};
use fenzhang::domain::catalogue::{ItemListed, ShopRegistered};
use fenzhang::domain::event::Event;
use fenzhang::domain::order::decide::{self, Desk, Heard, PinRequest};
use fenzhang::domain::order::pin::{BaseTerms, FeeOf, FeeTerms};
use fenzhang::domain::order::*;
use fenzhang::domain::plan::event::ShelfEvent;
use fenzhang::domain::plan::{PlanKind, Rates, RulePosted, RuleScope, RuleTerms, Subjects};
use fenzhang::ledger::AccountKind;
use fenzhang::money::{Currency, Minor, Rate, Rounding};
use fenzhang::report::StatementKey;
use fenzhang::store::Statements;
use fenzhang::store::connect::{TakeRole, connect};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::store::sample::{Sample, at, name, outside};
use crate::support::pg::{TestDb, fresh_db};

/// A book with a writer's memory.
pub struct Month {
    _db: TestDb,
    pub client: Client,
    st: Statements,
    pub sample: Sample,
}

impl Month {
    pub fn log(&self) -> LogId {
        self.sample.logs.money
    }

    pub fn anchor(&self) -> PartyId {
        self.sample.party(PartyKind::Anchor, "anchor")
    }

    pub fn agency(&self) -> PartyId {
        self.sample.party(PartyKind::Agency, "agency")
    }

    pub fn brand(&self) -> PartyId {
        self.sample.party(PartyKind::Brand, "brand")
    }

    pub fn line(&self, no: &str) -> LineId {
        LineId::of(self.sample.book, "tmall", no)
    }

    /// A book with everything but money: parties, shop, item, rule, formula, one click.
    pub async fn begin() -> Month {
        let db = fresh_db().await;
        let client = connect(db.url(), TakeRole::Application).await.unwrap();
        let st = Statements::prepare(&client).await.unwrap();
        let sample = Sample::open(&client).await;
        let mut month = Month {
            _db: db,
            client,
            st,
            sample,
        };
        let kinds = [
            (PartyKind::Anchor, "anchor"),
            (PartyKind::Agency, "agency"),
            (PartyKind::Brand, "brand"),
            (PartyKind::Platform, "alimama"),
            (PartyKind::Platform, "live"),
        ];
        let mut events = vec![month.sample.opened()];
        events.extend(kinds.map(|(kind, id)| month.sample.registered(kind, id)));
        events.push(month.sample.signed(month.anchor(), month.agency()));
        events.extend(month.objects());
        month.write(events).await;
        let click = month.sample.click(Some("c1"), "2026-06-10T09:00:00Z", Some("i"), None);
        let buyer = fenzhang::domain::click::buyer_key(month.sample.book, &click.buyer);
        let shard = fenzhang::domain::click::log_of(buyer, 2) as usize;
        let log = month.sample.logs.clicks[shard];
        let event = (click.id(month.sample.book).into(), Event::Click(click));
        month
            .sample
            .write(&month.client, &month.st, log, vec![event])
            .await
            .unwrap();
        month
    }

    pub fn objects(&self) -> Vec<(fenzhang::domain::stream::StreamId, Event)> {
        let book = self.sample.book;
        let (item, shop) = (ItemId::of(book, "tmall", "i"), ShopId::of(book, "tmall", "s"));
        let start = at("2026-01-01T00:00:00Z");
        let formula = FormulaSet {
            formula: FormulaId(Uuid::from_u128(8)),
            version: 1,
            effective_from: start,
            terms: Formula {
                name: "worked examples".into(),
                basis: FormulaBasis::OwnRules,
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
            },
        };
        let registered = ShopRegistered {
            shop,
            platform: outside("tmall"),
            shop_no: outside("s"),
            name: name("旗舰店"),
            brand: self.brand(),
        };
        let listed = ItemListed {
            item,
            platform: outside("tmall"),
            item_no: outside("i"),
            title: Some(name("=口红")),
            shop,
            category: None,
            from: start,
        };
        let posted = RulePosted {
            rule: RuleId(Uuid::from_u128(9)),
            external_id: Some(outside("june-exclusive")),
            brand: self.brand(),
            kind: PlanKind::Exclusive,
            scope: RuleScope::Item(item),
            currency: Currency::CNY,
            effective_from: start,
            terms: RuleTerms {
                subjects: Subjects::Named(vec![self.anchor()]),
                from: start,
                to: None,
                rates: Rates::Flat(Rate::from_ppm(200_000).unwrap()),
                first_n: None,
                budget: None,
                cap_per_order: None,
                give_back: false,
                priority: 0,
                locked: false,
                paused: false,
            },
        };
        vec![
            (book.into(), Event::Book(BookEvent::FormulaSet(formula))),
            (shop.into(), Event::Shop(registered)),
            (item.into(), Event::Item(listed)),
            (ShelfId::of_item(item).into(), Event::Shelf(ShelfEvent::Posted(posted))),
        ]
    }

    pub async fn write(&mut self, events: Vec<(fenzhang::domain::stream::StreamId, Event)>) -> i64 {
        let log = self.log();
        self.sample.write(&self.client, &self.st, log, events).await.unwrap()
    }

    pub fn pin(&self, request: &PinRequest<'_>, earns: bool) -> Pin {
        let fee = |name: &str, taker: &str, ppm| FeeTerms {
            name: name.into(),
            taker: self.sample.party(PartyKind::Platform, taker),
            rate: Rate::from_ppm(ppm).unwrap(),
            of: FeeOf::Gross,
        };
        let hop = |party, keeps| Hop {
            party,
            keeps,
            membership: None,
            direct: false,
            formula: None,
        };
        let book = self.sample.book;
        let click = self.sample.click(Some("c1"), "2026-06-10T09:00:00Z", Some("i"), None);
        Pin {
            at: request.at,
            payable: request.payable,
            attribution: Attribution {
                basis: if earns { Basis::Click } else { Basis::None },
                party: earns.then(|| self.anchor()),
                click: earns.then(|| click.id(book)),
                clicked_at: earns.then_some(click.at),
                scope: earns.then_some(Scope::SameItem),
            },
            dims: Dims {
                item: Some(ItemId::of(book, "tmall", "i")),
                shop: Some(ShopId::of(book, "tmall", "s")),
                room: Some(outside("room-1")),
                ..Dims::default()
            },
            formula: FormulaId(Uuid::from_u128(8)),
            formula_version: 1,
            rule: earns.then(|| RuleChoice {
                rule: RuleId(Uuid::from_u128(9)),
                version: 1,
                level: 3,
                rate: RateTerms::Flat(Rate::from_ppm(200_000).unwrap()),
                cap: None,
            }),
            why_nothing: (!earns).then(|| "no_click".to_owned()),
            lost: Vec::new(),
            lost_more: Default::default(),
            terms: earns.then(|| Terms {
                merchant: self.brand(),
                rounding: Rounding::HalfUp,
                base: BaseTerms {
                    add_back: Vec::new(),
                    kept_deposit: false,
                },
                content_fee: None,
                fees: vec![
                    fee("technical_fee", "alimama", 100_000),
                    fee("live_share", "live", 200_000),
                ],
                subsidies: Vec::new(),
                chain: vec![
                    hop(self.agency(), Keeps::Share(Rate::from_ppm(300_000).unwrap())),
                    hop(self.anchor(), Keeps::All),
                ],
                settleable: Settleable::PlatformSettled,
                as_reported: false,
            }),
            reservation: None,
            brought_over: None,
        }
    }

    /// Tells a fact of a line; answers the last position.
    pub async fn tell(&mut self, no: &str, when: &str, what: What) -> i64 {
        let line = self.line(no);
        let fact = LineFact {
            line,
            platform: outside("tmall"),
            line_no: outside(no),
            at: at(when),
            currency: Some(Currency::CNY),
            about: About {
                order_no: Some(outside("o-1")),
                buyer: Some(outside("buyer-1")),
                item_no: Some(outside("i")),
                ..About::default()
            },
            what,
            reported: None,
        };
        let state = self.sample.world.line(line).cloned().unwrap_or_default();
        let earns = no != "no-click";
        let event = {
            let mut price = |request: &PinRequest<'_>| Some(self.pin(request, earns));
            let mut desk = Desk {
                now: at("2026-12-01T00:00:00Z"),
                books: &|_| true,
                cut_over: &|_| None,
                cut_off: &|_| false,
                price: &mut price,
            };
            match decide::fact(&state, &fact, &mut desk) {
                Heard::New(event) => event,
                Heard::Known(_) => panic!("a new fact"),
            }
        };
        self.write(vec![(line.into(), Event::Line(event))]).await
    }

    /// AT-11: 199.00 at 20 %, settled in June.
    pub async fn settled_in_june(&mut self) -> i64 {
        let payable = Some(Minor(19_900));
        let discounts = Vec::new();
        self.tell(
            "1",
            "2026-06-10T12:00:00Z",
            What::Created {
                payable,
                discounts: discounts.clone(),
            },
        )
        .await;
        let amount = Minor(19_900);
        self.tell("1", "2026-06-10T12:01:00Z", What::Paid { amount, discounts })
            .await;
        self.tell("1", "2026-06-20T12:00:00Z", What::Settled { base: None })
            .await
    }

    /// AT-15: refunded in full in July; won, then deducted.
    pub async fn refunded_in_july(&mut self) -> i64 {
        let case = outside("case-1");
        let won = What::RefundWon {
            case: case.clone(),
            goods: Minor(19_900),
            freight: Minor(0),
            units: None,
            deducted: false,
            manner: None,
        };
        self.tell("1", "2026-07-05T12:00:00Z", won).await;
        self.tell("1", "2026-07-06T12:00:00Z", What::RefundDeducted { case })
            .await
    }

    pub fn key(&self, period: &str) -> StatementKey {
        StatementKey {
            party: self.anchor(),
            account: AccountKind::Available,
            period: period.parse().unwrap(),
        }
    }
}
