//! Races: accept and cancel at the same instant from two servers, and random sequences of racing parties through the database.
//! It must never be satisfied by answers alone: balances, phases and statuses are compared with the model, and the log verifies.

use fenzhang::base::{ContractId, Instant};
use fenzhang::domain::command::Command;
use fenzhang::domain::contract::event::{Delivery, Evidence};
use fenzhang::domain::contract::{Action, Side};
use fenzhang::domain::person::Role;
use fenzhang::engine::{Engine, EngineError, Meta};
use fenzhang::money::Minor;
use fenzhang::report::{self, At as AsOf, ContractView, Viewer};
use fenzhang::store::books;
use fenzhang::store::verify::verify;
use futures_util::StreamExt;
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

use super::model::{At, Do, Model, Who};
use super::steps::{fees, fitted, rules, turn, what};
use super::*;
use crate::http::server::{read, second};

const DAY: i64 = 86_400;

pub fn delivery() -> Delivery {
    Delivery {
        evidence: vec![Evidence {
            kind: "replay_url".to_owned(),
            value: "https://example.com/replay".to_owned(),
        }],
        minutes: None,
        note: None,
    }
}

pub async fn act(
    stage: &Stage,
    engine: &Engine,
    contract: ContractId,
    side: Side,
    action: Action,
) -> Result<(), EngineError> {
    let side = Some(side);
    let command = Command::ActContract { contract, side, action };
    engine
        .submit(stage.server.book, command, Meta::system("test"))
        .await
        .map(|_| ())
}

pub async fn verified(stage: &Stage) {
    let mut client = stage.server.db.client().await;
    let log = books::of_book(&client, stage.server.book).await.unwrap().unwrap().money;
    let found = verify(&mut client, log).await.unwrap();
    assert!(found.findings.is_empty(), "{:?}", found.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accept_and_cancel_at_the_same_instant_from_two_servers_a_thousand_times_end_in_one_way() {
    let stage = Stage::open().await;
    let other = second(&stage.server).await;
    let fee = vec!["10.00"; 100];
    let (mut accepted, mut cancelled) = (0, 0);
    for n in 0..10 {
        let number = format!("c{n}");
        let contract = funded(&stage, &number, slot_fee(&fee)).await;
        let id: ContractId = contract["contract"].as_str().unwrap().parse().unwrap();
        let engine = &stage.server.engine;
        for action in [
            |deliverable| Action::Schedule { deliverable, at: None },
            |deliverable| Action::Deliver {
                deliverable,
                delivery: delivery(),
            },
        ] {
            let each = (0..100).map(|number| act(&stage, engine, id, Side::Anchor, action(number)));
            assert!(join_all(each).await.iter().all(Result::is_ok));
        }
        let races = (0..100_u32).map(|deliverable| {
            let ask = |base: &str, word: &str, body: serde_json::Value| {
                let url = format!("{base}/v1/contracts/{number}/{word}");
                let request = stage
                    .server
                    .client
                    .post(url)
                    .bearer_auth(&stage.server.keys[&Role::Owner]);
                let key = uuid::Uuid::now_v7().to_string();
                let request = request.header("Idempotency-Key", key).json(&body);
                // A connection may close under a request, a queue may be full: the same key asks again.
                async move {
                    for _ in 0..10 {
                        if let Ok(response) = request.try_clone().unwrap().send().await
                            && response.status().as_u16() != 503
                        {
                            return read(response).await;
                        }
                    }
                    panic!("no answer");
                }
            };
            let (first, second) = if deliverable % 2 == 0 {
                (&stage.server.base, &other.base)
            } else {
                (&other.base, &stage.server.base)
            };
            let accept = ask(first, "accept", json!({"deliverable": deliverable}));
            let cancel = ask(
                second,
                "cancel",
                json!({"deliverable": deliverable, "side": "anchor", "reason": "illness"}),
            );
            async move { tokio::join!(accept, cancel) }
        });
        // Ten races at a time.
        let races: Vec<_> = futures_util::stream::iter(races).buffer_unordered(10).collect().await;
        for (accept, cancel) in races {
            let mut statuses = [accept.0, cancel.0];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "{accept:?} {cancel:?}");
            accepted += u32::from(accept.0 == 200);
            cancelled += u32::from(cancel.0 == 200);
        }
        let after = stage.get(&format!("/v1/contracts/{number}")).await;
        assert_eq!(
            (&after["phase"], &after["escrow"]["held"]),
            (&json!("settled"), &cny("0.00"))
        );
    }
    assert_eq!(accepted + cancelled, 1_000);
    // Sum out = sum in: 10.00 and 0.50 of service for each that was accepted, everything else back.
    let fen = |yuan: String| yuan.replace('.', "").parse::<i64>().unwrap();
    let paid = -fen(stage
        .pockets("B")
        .await
        .remove("available")
        .unwrap_or_else(|| "0.00".to_owned()));
    assert_eq!(paid, i64::from(accepted) * 1_050);
    verified(&stage).await;
}

fn action(what: Do) -> Action {
    let number = |n: usize| u32::try_from(n).unwrap();
    let reason = || "because".to_owned();
    match what {
        Do::Fund(amount) => Action::Fund { amount: Minor(amount) },
        Do::Refund => Action::Refund,
        Do::Schedule(n) => Action::Schedule {
            deliverable: number(n),
            at: None,
        },
        Do::Deliver(n) => Action::Deliver {
            deliverable: number(n),
            delivery: delivery(),
        },
        Do::Accept(n) => Action::Accept { deliverable: number(n) },
        Do::Revise(n) => Action::RequestRevision {
            deliverable: number(n),
            reason: reason(),
        },
        Do::Dispute(n) => Action::Dispute {
            deliverable: number(n),
            reason: reason(),
            files: Vec::new(),
        },
        Do::Arbitrate(n, anchor, brand) => Action::Arbitrate {
            deliverable: number(n),
            anchor,
            brand,
            reason: reason(),
        },
        Do::Cancel(n) => Action::Cancel {
            deliverable: n.map(number),
            reason: reason(),
        },
        Do::Rate(stars) => Action::Rate { stars, text: None },
    }
}

fn side(who: Who) -> Side {
    match who {
        Who::Brand => Side::Brand,
        Who::Anchor => Side::Anchor,
        Who::Book => Side::Book,
    }
}

fn word(at: At) -> &'static str {
    match at {
        At::Planned => "planned",
        At::Scheduled => "scheduled",
        At::Delivered => "delivered",
        At::Revising => "revising",
        At::Accepted => "accepted",
        At::Disputed => "disputed",
        At::Closed => "closed",
    }
}

/// What a sequence does to one contract, through two engines in turn.
struct Sequence<'a> {
    stage: &'a Stage,
    engines: [&'a Engine; 2],
    client: tokio_postgres::Client,
    log: fenzhang::base::LogId,
    now: Instant,
}

impl Sequence<'_> {
    async fn pass(&mut self, model: &mut Model, seconds: i64) {
        if seconds == 0 {
            return;
        }
        self.now = self.now.plus_seconds(seconds);
        let command = Command::MoveClock { to: self.now };
        self.engines[0]
            .submit(self.stage.server.book, command, Meta::system("test"))
            .await
            .unwrap();
        model.pass(seconds);
    }

    async fn view(&self, id: ContractId) -> ContractView {
        report::contract(&self.client, self.log, Viewer::All, id, AsOf::Now)
            .await
            .unwrap()
    }

    async fn same(&self, id: ContractId, model: &Model) {
        let view = self.view(id).await;
        let phases = ["awarded", "funded", "running", model.ending];
        assert_eq!(view.row.phase, phases[usize::from(model.phase)]);
        let found: Vec<&str> = view.deliverables.iter().map(|one| one.status).collect();
        let expected: Vec<&str> = model.items.iter().map(|item| word(item.at)).collect();
        assert_eq!(found, expected);
        assert_eq!(
            view.escrow.held,
            report::Money::of(Minor(model.held), fenzhang::money::Currency::CNY)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_sequences_of_racing_parties_end_in_the_database_where_the_model_ends() {
    let stage = Stage::open().await;
    let engine = crate::engine::engine_on(&stage.server.db).await;
    let client = stage.server.db.client().await;
    let log = books::of_book(&client, stage.server.book).await.unwrap().unwrap().money;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = prop::collection::vec((0_u8..9, what(), prop_oneof![4 => Just(0), 1 => 0..3 * DAY]), 4..14);
    let strategy = (rules(), fees(), steps);
    let mut sequence = Sequence {
        stage: &stage,
        engines: [&stage.server.engine, &engine],
        client,
        log,
        now: "2026-06-01T12:00:00+08:00".parse().unwrap(),
    };
    let mut sums = [0_i64; 5];
    let mut done = 0;
    for n in 0..200 {
        let (rules, fees, steps) = strategy.new_tree(&mut runner).unwrap().current();
        let start = sequence.now;
        let mut model = Model::new(rules, &fees);
        let id = begin(&sequence, n, rules, &fees).await;
        sequence.same(id, &model).await;
        for (turn_number, (who, what, seconds)) in steps.into_iter().enumerate() {
            sequence.pass(&mut model, seconds).await;
            let what = fitted(what, &model);
            let who = turn(who, what);
            let expected = model.ask(who, what);
            let engine = sequence.engines[turn_number % 2];
            let found = match act(&stage, engine, id, side(who), action(what)).await {
                Ok(()) => Ok(()),
                Err(EngineError::Refused(refusal)) => Err(refusal.code),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, expected, "{n}: {who:?} {what:?}");
            done += u32::from(found.is_ok());
        }
        sequence.same(id, &model).await;
        // Whatever clock still runs has run.
        sequence.pass(&mut model, 70 * DAY).await;
        sequence.same(id, &model).await;
        for (sum, own) in sums
            .iter_mut()
            .zip([model.brand, model.agency, model.anchor, model.platform, model.held])
        {
            *sum += own;
        }
        assert!(sequence.now > start);
    }
    assert!(done > 600, "the sequences do something: {done}");
    let mut found = Vec::new();
    for (party, account) in [
        ("B", "available"),
        ("G", "available"),
        ("A", "available"),
        ("affiliate", "available"),
        ("B", "held"),
    ] {
        let amount = stage
            .pockets(party)
            .await
            .remove(account)
            .unwrap_or_else(|| "0.00".to_owned());
        found.push(amount.replace('.', "").parse::<i64>().unwrap());
    }
    assert_eq!(found, sums, "brand, agency, anchor, platform, held");
    stage.balanced().await;
    verified(&stage).await;
}

async fn begin(sequence: &Sequence<'_>, n: u32, rules: super::model::Rules, fees: &[(i64, Option<i64>)]) -> ContractId {
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    let rate = |ppm: i64| {
        fenzhang::money::Rate::from_ppm(u32::try_from(ppm).unwrap())
            .unwrap()
            .to_string()
    };
    let each = fees.iter().map(|(fee, due)| {
        let plain = json!({"name": "slot", "fee": cny(&yuan(*fee))});
        match due {
            Some(due) => with(plain, json!({"due": sequence.now.plus_seconds(*due).to_string()})),
            None => plain,
        }
    });
    let terms = json!({
        "form": {"kind": "slot_fee"}, "deliverables": each.collect::<Vec<_>>(), "service_fee": rate(rules.service),
        "service_fee_taker": "affiliate", "penalty": rate(rules.penalty), "part_funding": rules.part,
        "clocks": {"settle": rules.settle, "funding": rules.funding, "review": rules.review, "rating": rules.rating,
            "revision_rounds": rules.rounds},
    });
    let stage = sequence.stage;
    let number = format!("s{n}");
    let closes = sequence.now.plus_days(1).to_string();
    let body =
        json!({"external_id": number, "brand": "B", "brief": {"title": "t", "terms": terms, "closes_at": closes}});
    stage.accepted("/v1/briefs", body).await;
    stage.accepted(&format!("/v1/briefs/{number}/post"), json!({})).await;
    let applications = format!("/v1/briefs/{number}/applications");
    stage
        .accepted(&applications, json!({"party": "A", "side": "anchor"}))
        .await;
    let awarded = stage.accepted(&format!("{applications}/A/award"), json!({})).await;
    awarded["id"].as_str().unwrap().parse().unwrap()
}
