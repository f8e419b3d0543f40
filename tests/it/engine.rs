//! The engine end to end on a real database: one order from click to claw-back, receipts, timers, late clicks.
//! Must never reach into the engine: it is driven as every caller drives it.

use std::time::Duration;

use fenzhang::base::*;
use fenzhang::domain::book::{BookMode, BookOpened, Fee, Formula, FormulaBasis, Perspective};
use fenzhang::domain::click::Click;
use fenzhang::domain::command::{Actor, Command};
use fenzhang::domain::order::pin::{FeeOf, Settleable};
use fenzhang::domain::order::{About, LineFact, What};
use fenzhang::domain::party::{ContractScope, Receiver, Share};
use fenzhang::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use fenzhang::engine::{Answer, Engine, EngineError, EngineSettings, Meta};
use fenzhang::money::{Currency, Minor, Rate, Rounding};
use fenzhang::store::books;
use fenzhang::store::connect::{TakeRole, connect};
use fenzhang::store::verify::verify;
use uuid::Uuid;

use crate::support::pg::{TestDb, fresh_db};

pub const PLATFORM: &str = "taobao";

pub fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub async fn engine_on(db: &TestDb) -> Engine {
    let settings = EngineSettings {
        database_url: db.url().to_owned(),
        readers: 4,
        background: true,
        allow_owner: true,
    };
    Engine::start(settings).await.unwrap()
}

/// A sandbox book with the usual split: technical fee 10 % of G, live share 20 % of G, agency 30 % of the rest, anchor residual.
pub struct Stage {
    pub engine: Engine,
    pub book: BookId,
    pub anchor: PartyId,
    pub agency: PartyId,
    pub brand: PartyId,
    pub affiliate: PartyId,
    pub live: PartyId,
}

impl Stage {
    pub async fn open(engine: Engine, clock: &str) -> Stage {
        let book = BookId(Uuid::now_v7());
        let opened = BookOpened {
            book,
            name: "Test book".parse().unwrap(),
            perspective: Perspective::Platform,
            mode: BookMode::Sandbox,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 2,
        };
        engine
            .open_book(opened, Some(at(clock)), Meta::system("test"))
            .await
            .unwrap();
        let id = |kind, no: &str| PartyId::of(book, kind, no);
        let stage = Stage {
            book,
            anchor: id(PartyKind::Anchor, "anchor"),
            agency: id(PartyKind::Agency, "agency"),
            brand: id(PartyKind::Brand, "brand"),
            affiliate: id(PartyKind::Platform, "affiliate"),
            live: id(PartyKind::Platform, "live"),
            engine,
        };
        for (kind, no) in [
            (PartyKind::Anchor, "anchor"),
            (PartyKind::Agency, "agency"),
            (PartyKind::Brand, "brand"),
            (PartyKind::Platform, "affiliate"),
            (PartyKind::Platform, "live"),
        ] {
            let register = Command::RegisterParty {
                kind,
                external_id: Some(ext(no)),
                name: no.parse().unwrap(),
            };
            stage.submit(register).await.unwrap();
        }
        let fee = |name: &str, taker, ppm| Fee {
            name: name.to_owned(),
            taker,
            rate: Rate::from_ppm(ppm).unwrap(),
            of: FeeOf::Gross,
        };
        let formula = Formula {
            name: "usual split".to_owned(),
            basis: FormulaBasis::OwnRules,
            payer: None,
            platform: None,
            rounding: Rounding::HalfUp,
            add_back: Vec::new(),
            kept_deposit_is_base: false,
            content_fee: None,
            rates_are_overall: false,
            fees: vec![
                fee("technical_fee", stage.affiliate, 100_000),
                fee("live_share", stage.live, 200_000),
            ],
            subsidies: Vec::new(),
            settleable: Settleable::PlatformSettled,
            window_seconds: 15 * 86_400,
        };
        let terms = Box::new(formula);
        stage
            .submit(Command::SetFormula {
                formula: None,
                effective_from: Some(at("2026-01-01T00:00:00Z")),
                terms,
            })
            .await
            .unwrap();
        let sign = Command::SignMembership {
            member: stage.anchor,
            upper: stage.agency,
            scope: ContractScope::All,
            share: Share::UpperKeeps(Rate::from_ppm(300_000).unwrap()),
            receiver: Receiver::Book,
            guarantee: None,
            from: at("2026-01-01T00:00:00Z"),
            to: None,
        };
        stage.submit(sign).await.unwrap();
        let shop = Command::RegisterShop {
            platform: ext(PLATFORM),
            shop_no: ext("shop"),
            name: "Shop".parse().unwrap(),
            brand: stage.brand,
        };
        stage.submit(shop).await.unwrap();
        stage
    }

    pub async fn submit(&self, command: Command) -> Result<Answer, EngineError> {
        self.engine.submit(self.book, command, Meta::system("test")).await
    }

    pub async fn general_rule(&self, item: &str, ppm: u32) -> Answer {
        let terms = RuleTerms {
            subjects: Subjects::Everyone,
            from: at("2026-01-01T00:00:00Z"),
            to: None,
            rates: Rates::Flat(Rate::from_ppm(ppm).unwrap()),
            first_n: None,
            budget: None,
            cap_per_order: None,
            give_back: false,
            priority: 0,
            locked: false,
            paused: false,
        };
        let scope = RuleScope::Item(ItemId::of(self.book, PLATFORM, item));
        self.submit(Command::PostRule {
            external_id: None,
            brand: self.brand,
            kind: PlanKind::General,
            scope,
            currency: Currency::CNY,
            terms: Box::new(terms),
        })
        .await
        .unwrap()
    }

    pub fn fact(&self, line: &str, when: &str, what: What) -> LineFact {
        LineFact {
            line: LineId::of(self.book, PLATFORM, line),
            platform: ext(PLATFORM),
            line_no: ext(line),
            at: at(when),
            currency: Some(Currency::CNY),
            about: About {
                buyer: Some(ext("buyer")),
                item_no: Some(ext("item")),
                shop_no: Some(ext("shop")),
                ..About::default()
            },
            what,
            reported: None,
        }
    }

    pub fn click(&self, when: &str) -> Click {
        Click {
            source: ext(PLATFORM),
            click_no: None,
            at: at(when),
            buyer: ext("buyer"),
            promoter: self.anchor,
            platform: ext(PLATFORM),
            item_no: Some(ext("item")),
            shop_no: Some(ext("shop")),
            room: Some(ext("room")),
            show: None,
            slot: None,
            traffic: None,
            off_site: None,
            campaign: None,
            phase: Some("live".to_owned()),
            trigger: None,
            format: None,
            segment: None,
        }
    }

    /// Balance of a party in fen: (estimated available, settled available, settled claw-back due).
    pub async fn balance(&self, party: PartyId) -> (i64, i64, i64) {
        let client = self.engine.pool().get().await.unwrap();
        let one = async |account: i16, layer: i16| -> i64 {
            let sql = "select coalesce(sum(credits - debits), 0)::bigint from total t join log l on l.log = t.log
                       where l.book = $1 and owner = $2 and account = $3 and layer = $4";
            client
                .query_one(sql, &[&self.book.0, &party.uuid(), &account, &layer])
                .await
                .unwrap()
                .get(0)
        };
        (one(1, 0).await, one(1, 1).await, one(3, 1).await)
    }
}

/// Every log of the database follows its own rules, and a fold of it gives the live rows.
pub async fn verifies(db: &TestDb) {
    let mut client = connect(db.url(), TakeRole::Application).await.unwrap();
    for logs in books::list(&client).await.unwrap() {
        for log in logs.clicks.iter().chain([&logs.money]) {
            let report = verify(&mut client, *log).await.unwrap();
            assert!(report.findings.is_empty(), "{log}: {:?}", report.findings);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_becomes_balances_from_click_to_clawback() {
    let db = fresh_db().await;
    let engine = engine_on(&db).await;
    let stage = Stage::open(engine, "2026-06-30T00:00:00Z").await;
    stage.general_rule("item", 200_000).await;
    let told = vec![stage.click("2026-06-18T11:00:00Z"), stage.click("2026-06-18T11:00:00Z")];
    let clicks = stage
        .engine
        .record_clicks(stage.book, told, Meta::system("test"))
        .await
        .unwrap();
    assert!(
        !clicks.clicks[0].1 && clicks.clicks[1].1,
        "the same click twice is one click"
    );

    let paid = What::Paid {
        amount: Minor(19_900),
        discounts: Vec::new(),
    };
    let created = What::Created {
        payable: Some(Minor(19_900)),
        discounts: Vec::new(),
    };
    let facts = vec![
        stage.fact("1", "2026-06-18T12:00:00Z", created),
        stage.fact("1", "2026-06-18T12:01:00Z", paid),
    ];
    let first = stage.submit(Command::Facts(facts.clone())).await.unwrap();
    assert_eq!(stage.balance(stage.anchor).await, (1_950, 0, 0));
    let again = stage.submit(Command::Facts(facts)).await.unwrap();
    assert!(again.events.is_empty() && again.made.facts.iter().all(|fact| fact.replayed));
    assert_eq!(again.made.facts[1].position, first.events.last().unwrap().position);

    let settled = stage.fact("1", "2026-06-25T12:00:00Z", What::Settled { base: None });
    stage.submit(Command::Facts(vec![settled])).await.unwrap();
    assert_eq!(stage.balance(stage.anchor).await, (0, 1_950, 0));
    assert_eq!(stage.balance(stage.agency).await, (0, 836, 0));
    assert_eq!(stage.balance(stage.live).await, (0, 796, 0));
    assert_eq!(stage.balance(stage.affiliate).await, (0, 398, 0));

    let won = What::RefundWon {
        case: ext("r1"),
        goods: Minor(4_975),
        freight: Minor(0),
        units: None,
        deducted: false,
        manner: None,
    };
    stage
        .submit(Command::Facts(vec![stage.fact("1", "2026-06-26T12:00:00Z", won)]))
        .await
        .unwrap();
    assert_eq!(stage.balance(stage.anchor).await, (0, 1_462, 488));
    let deducted = What::RefundDeducted { case: ext("r1") };
    stage
        .submit(Command::Facts(vec![stage.fact("1", "2026-06-27T12:00:00Z", deducted)]))
        .await
        .unwrap();
    assert_eq!(stage.balance(stage.anchor).await, (0, 1_462, 0));
    stage.engine.stop().await;
    verifies(&db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_has_one_effect_and_one_answer_and_no_second_command() {
    let db = fresh_db().await;
    let stage = Stage::open(engine_on(&db).await, "2026-06-30T00:00:00Z").await;
    let meta = Meta {
        key: Some("k-1".to_owned()),
        actor: Actor::SYSTEM,
        ..Meta::system("test")
    };
    let rename = |name: &str| Command::RenameParty {
        party: stage.anchor,
        name: name.parse().unwrap(),
    };
    let first = stage
        .engine
        .submit(stage.book, rename("Li"), meta.clone())
        .await
        .unwrap();
    let again = stage
        .engine
        .submit(stage.book, rename("Li"), meta.clone())
        .await
        .unwrap();
    assert_eq!(
        Answer {
            replayed: false,
            ..again.clone()
        },
        first
    );
    assert!(again.replayed);
    let other = stage.engine.submit(stage.book, rename("Wang"), meta).await;
    assert!(matches!(other, Err(EngineError::KeyReused)));
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_that_arrives_after_its_order_is_still_attributed() {
    let db = fresh_db().await;
    let stage = Stage::open(engine_on(&db).await, "2026-06-30T00:00:00Z").await;
    stage.general_rule("item", 200_000).await;
    let paid = What::Paid {
        amount: Minor(19_900),
        discounts: Vec::new(),
    };
    stage
        .submit(Command::Facts(vec![stage.fact("1", "2026-06-18T12:00:00Z", paid)]))
        .await
        .unwrap();
    assert_eq!(stage.balance(stage.anchor).await, (0, 0, 0));
    let late = vec![stage.click("2026-06-18T11:00:00Z")];
    stage
        .engine
        .record_clicks(stage.book, late, Meta::system("test"))
        .await
        .unwrap();
    for _ in 0..100 {
        if stage.balance(stage.anchor).await == (1_950, 0, 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stage.balance(stage.anchor).await, (1_950, 0, 0));
    stage.engine.stop().await;
    verifies(&db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_sandbox_starts_over_with_the_parties_that_hold_keys() {
    let db = fresh_db().await;
    let stage = Stage::open(engine_on(&db).await, "2026-06-30T00:00:00Z").await;
    let issue = Command::IssueKey {
        person: None,
        key: KeyId(Uuid::now_v7()),
        label: "anchor".parse().unwrap(),
        role: fenzhang::domain::person::Role::Anchor,
        party: Some(stage.anchor),
        expires_at: None,
    };
    let meta = Meta {
        secret_hash: Some(vec![7; 32]),
        ..Meta::system("test")
    };
    stage.engine.submit(stage.book, issue, meta).await.unwrap();
    let meta = Meta {
        key: Some("reset-1".to_owned()),
        ..Meta::system("test")
    };
    let first = stage.engine.reset_book(stage.book, meta.clone()).await.unwrap();
    let again = stage.engine.reset_book(stage.book, meta).await.unwrap();
    assert!(
        again.replayed && again.position == first.position,
        "the same reset twice is one reset"
    );
    let rename = |party, name: &str| Command::RenameParty {
        party,
        name: name.parse().unwrap(),
    };
    stage.submit(rename(stage.anchor, "Li")).await.unwrap();
    let gone = stage.submit(rename(stage.agency, "Wang")).await;
    assert!(
        matches!(gone, Err(EngineError::Refused(_))),
        "the agency held no key: {gone:?}"
    );
    stage.engine.stop().await;
}
