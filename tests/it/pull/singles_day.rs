//! A simulated 11.11: thousands of orders in a day (as many as one likes), windows of twenty minutes, a platform that fails, and a poller
//! that is killed again and again. Afterwards the ledger has exactly the platform's orders, each in its final state.
//! It must never wait for real time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fenzhang::pull::Clock;

use super::fake::{Fake, Moods, Simulated};
use super::world::World;
use super::{START, Stage, seconds, span};
use crate::histories::chance::Chance;

const PROMOTION: &str = "by = \"updated\"\noverlap_seconds = 600\n[[source.promotion]]\n\
    from = \"2025-11-10T20:00:00+08:00\"\nto = \"2025-11-12T12:00:00+08:00\"\nwindow_minutes = 20";

/// How many orders the day has: few in an ordinary run; FENZHANG_PULL_ORDERS=20000 is the day itself.
fn orders() -> usize {
    let wanted = std::env::var("FENZHANG_PULL_ORDERS").ok();
    wanted.map_or(4_000, |text| text.parse().unwrap())
}

/// Every order of the platform is one line, its newest row is the platform's last, and no row counts twice.
pub(super) async fn has_exactly_the_orders(stage: &Stage, world: &World) {
    let sql = "select payload::jsonb #>> '{fact,line_no}', payload::jsonb #>> '{fact,at}', payload from event \
        where kind = 'order.snapshot'";
    let rows = stage.db.client().await.query(sql, &[]).await.unwrap();
    let mut told: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for row in &rows {
        told.entry(row.get(0)).or_default().push((row.get(1), row.get(2)));
    }
    assert_eq!(told.len(), world.orders.len(), "lines");
    for (number, order) in world.orders.iter().enumerate() {
        let mut facts = told.remove(&World::trade_id(number)).expect("every order is a line");
        facts.sort_unstable();
        let times = facts.len();
        facts.dedup_by(|a, b| a.0 == b.0);
        assert_eq!(facts.len(), times, "no state of an order counts twice");
        let last = order.changes.last().unwrap();
        let (at, fact) = facts.last().unwrap();
        assert_eq!(seconds(at), last.at, "order {number} stands as the platform left it");
        let has = |field: &str| fact.contains(&format!("\"{field}\":"));
        assert_eq!(has("settled_at"), last.status == 3, "{fact}");
        assert_eq!(has("closed_at"), last.status == 13, "{fact}");
        assert_eq!(has("received_at"), matches!(last.status, 3 | 14), "{fact}");
        assert!(fact.contains(&format!("\"paid\":\"{}\"", order.cents)), "{fact}");
    }
    let by_state = |status: u8| {
        world
            .orders
            .iter()
            .filter(|o| o.changes.last().unwrap().status == status)
            .count()
    };
    let lines = stage.number("select count(*) from line").await;
    assert_eq!(usize::try_from(lines).unwrap(), world.orders.len());
    assert!(by_state(3) > 0 && by_state(13) > 0 && by_state(14) > 0 && by_state(12) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_singles_day_misses_nothing_and_doubles_nothing_however_often_the_poller_is_killed() {
    let mut stage = Stage::new().await;
    let clock = Simulated::at(START);
    let world = World::day(11, orders(), seconds(START));
    let fake = Fake::start(Arc::clone(&clock), world, 11).await;
    {
        let mut rules = fake.rules.lock().unwrap();
        rules.longest = 20 * 60;
        rules.moods = Moods {
            broken: 2,
            overloaded: 1,
            limited: 3,
            cut_off: 1,
            twice: 5,
        };
    }
    let mut chance = Chance::new(1111);
    let (mut kills, mut failed) = (0, 0);
    let begun = std::time::Instant::now();
    let mut puller = stage.puller(&fake, clock.clone(), "taobao_orders", PROMOTION);
    let end = fake.world.end();
    loop {
        let kill = clock.seconds() < end && chance.percent(25);
        let after = chance.below(12);
        let done = tokio::select! {
            () = async { if kill { fake.after(after).await } else { std::future::pending().await } } => None,
            round = puller.round(None) => Some(round),
        };
        match done {
            Some(Ok(_)) => {}
            Some(Err(_)) => failed += 1,
            None => {
                kills += 1;
                if kills % 10 == 0 {
                    // The whole server goes, with what it was writing.
                    stage.engine.stop().await;
                    stage.engine = crate::engine::engine_on(&stage.db).await;
                }
                stage.outlive_the_lease().await;
                puller = stage.puller(&fake, clock.clone(), "taobao_orders", PROMOTION);
            }
        }
        if clock.seconds() > end + 120 && stage.status().await.reached.micros() / 1_000_000 > end {
            break;
        }
        clock.pass(Duration::from_secs(300));
    }
    let status = stage.status().await;
    eprintln!(
        "{} orders, {} requests, {kills} kills, {failed} failed rounds, {} pages, {} rows, {:?}",
        fake.world.orders.len(),
        fake.asked.load(std::sync::atomic::Ordering::Relaxed),
        status.counts.pages,
        status.counts.rows,
        begun.elapsed()
    );
    assert!(kills > 10, "{kills}");
    assert_eq!(
        fake.refused("span is too long"),
        0,
        "windows keep the limit of the promotion"
    );
    assert_eq!(fake.refused("sign"), 0);
    assert_eq!(stage.gaps().await, []);
    assert_eq!(stage.covered().await.len(), 1);
    assert_eq!(status.counts.rejected, 0);
    has_exactly_the_orders(&stage, &fake.world).await;
    let raw = stage
        .number("select coalesce(sum(rows), 0)::bigint from pull_page")
        .await;
    assert!(
        raw >= stage
            .number("select count(*) from event where kind = 'order.snapshot'")
            .await
    );
    stage.verify().await;
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_made_on_purpose_is_listed_until_it_is_refilled() {
    let stage = Stage::new().await;
    let clock = Simulated::at("2025-11-12T16:00:00+08:00");
    let world = World::day(5, 600, seconds(START));
    let fake = Fake::start(Arc::clone(&clock), world, 5).await;
    let gap = span("2025-11-11T03:00:00+08:00", "2025-11-11T03:20:00+08:00");
    fake.rules.lock().unwrap().refused = Some((gap.from.micros() / 1_000_000, gap.to.micros() / 1_000_000));
    let more = "by = \"created\"\ngive_up_after = 3\nwindow_minutes = 20\noverlap_seconds = 0";
    let puller = stage.puller(&fake, clock.clone(), "taobao_orders", more);
    let mut ended_early = 0;
    let skipped = loop {
        match puller.round(None).await {
            Ok(round) if round.put_off => clock.pass(Duration::from_secs(60)),
            Ok(round) => break round.skipped,
            Err(error) => {
                ended_early += 1;
                assert!(error.to_string().contains("not this window"), "{error}");
                assert!(stage.status().await.wait_until.unwrap() > clock.now());
            }
        }
    };
    assert_eq!((ended_early, skipped), (2, 1), "refused three times, then given up");
    assert_eq!(stage.gaps().await, [gap]);
    let lost = fake.world.orders.iter().filter(|order| {
        let at = order.changes[0].at * 1_000_000;
        gap.from.micros() < at && at < gap.to.micros()
    });
    let (all, lost) = (
        i64::try_from(fake.world.orders.len()).unwrap(),
        i64::try_from(lost.count()).unwrap(),
    );
    assert!(lost > 0);
    assert_eq!(stage.number("select count(*) from line").await, all - lost);
    fake.rules.lock().unwrap().refused = None;
    let refilled = puller.refill().await.unwrap();
    assert_eq!((refilled.windows, refilled.skipped), (1, 0));
    assert_eq!(stage.gaps().await, []);
    assert_eq!(stage.covered().await.len(), 1);
    assert_eq!(stage.number("select count(*) from line").await, all);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_that_nobody_configured_is_found_out_and_windows_that_are_too_full_are_halved() {
    let stage = Stage::new().await;
    let clock = Simulated::at("2025-11-12T16:00:00+08:00");
    let fake = Fake::start(Arc::clone(&clock), World::day(6, 500, seconds(START)), 6).await;
    fake.rules.lock().unwrap().longest = 20 * 60;
    let more = "by = \"updated\"\npage_size = 2\npage_limit = 4";
    let puller = stage.puller(&fake, clock.clone(), "taobao_orders", more);
    puller.round(None).await.unwrap();
    assert_eq!(fake.refused("span is too long"), 1, "once in a round");
    assert_eq!(stage.gaps().await, []);
    has_exactly_the_orders(&stage, &fake.world).await;
    stage.engine.stop().await;
}
