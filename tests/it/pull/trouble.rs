//! What goes wrong between a poller and a platform: time-outs, limits, refused keys, clocks, other servers, other queries.
//! It must never wait longer than a time-out.

use std::sync::Arc;
use std::time::Duration;

use fenzhang::pull::{Clock, Fault, PullError};

use super::fake::{Fake, SECRET, Simulated, Skewed, TOKEN};
use super::singles_day::has_exactly_the_orders;
use super::world::{Change, Order, World};
use super::{START, Stage, at, seconds};

const NOON: &str = "2025-11-12T16:00:00+08:00";

async fn stage(orders: usize, clock: &str) -> (Stage, Arc<Simulated>, Arc<Fake>) {
    let clock = Simulated::at(clock);
    let fake = Fake::start(Arc::clone(&clock), World::day(3, orders, seconds(START)), 3).await;
    (Stage::new().await, clock, fake)
}

fn fault(error: PullError) -> Fault {
    match error {
        PullError::Fault { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_is_asked_for_again() {
    let (stage, clock, fake) = stage(300, NOON).await;
    fake.rules.lock().unwrap().silent = 7;
    let puller = stage.puller(&fake, clock, "taobao_orders", "by = \"updated\"");
    puller.round(None).await.unwrap();
    has_exactly_the_orders(&stage, &fake.world).await;
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_says_how_long_is_waited_for_and_nothing_is_skipped() {
    let (stage, clock, fake) = stage(50, NOON).await;
    let limited =
        |status, header, body: &str| fake.rules.lock().unwrap().only = Some((status, header, body.to_owned()));
    let puller = stage.puller(
        &fake,
        clock.clone(),
        "taobao_orders",
        "by = \"updated\"\ngive_up_after = 1",
    );
    limited(429, "Retry-After: 1800\r\n", "");
    let before = clock.now();
    let error = fault(puller.round(None).await.unwrap_err());
    assert!(matches!(error, Fault::Limited { wait: Some(wait), .. } if wait == Duration::from_secs(1_800)));
    let until = stage.status().await.wait_until.unwrap();
    assert!(until >= before.plus_seconds(1_800), "{until}");
    let asked = fake.asked.load(std::sync::atomic::Ordering::SeqCst);
    assert!(puller.round(None).await.unwrap().put_off);
    assert_eq!(
        fake.asked.load(std::sync::atomic::Ordering::SeqCst),
        asked,
        "nothing is asked while it waits"
    );
    clock.pass(Duration::from_secs(1_801));
    let ban = "{\"error_response\":{\"code\":7,\"msg\":\"App Call Limited\",\"sub_code\":\"isp.call-limited\",\
        \"sub_msg\":\"This ban will last for 5 more seconds\"}}";
    limited(200, "", ban);
    let error = fault(puller.round(None).await.unwrap_err());
    assert!(
        matches!(error, Fault::Limited { wait: Some(wait), .. } if wait == Duration::from_secs(5)),
        "{error}"
    );
    fake.rules.lock().unwrap().only = None;
    clock.pass(Duration::from_secs(6));
    puller.round(None).await.unwrap();
    assert_eq!(stage.gaps().await, []);
    assert_eq!(stage.number("select count(*) from line").await, 50);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_moves_nothing_and_the_secret_is_nowhere_even_if_the_platform_says_it_back() {
    let (stage, clock, fake) = stage(20, NOON).await;
    let wrong = stage.puller(
        &fake,
        clock.clone(),
        "taobao_orders",
        "by = \"updated\"\nsign = \"hmac\"\ngive_up_after = 1",
    );
    let error = wrong.round(None).await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(matches!(fault(error), Fault::Denied(_)));
    assert_eq!(stage.status().await.reached, at(START));
    assert!(fake.refused(TOKEN) > 0, "the platform repeats the token");
    let source = format!("{:?}", wrong.source());
    let kept = stage.db.client().await;
    let kept = kept
        .query_one("select string_agg(s::text, ' ') from pull_source s", &[])
        .await
        .unwrap();
    for text in [said, source, kept.get(0)] {
        assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text}");
    }
    assert!(stage.status().await.last_error.unwrap().contains("[redacted]"));
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_by_a_quarter_of_an_hour_is_measured_and_no_unlived_time_is_covered() {
    for minutes in [15, -15] {
        let (stage, clock, fake) = stage(300, "2025-11-11T12:00:00+08:00").await;
        let skewed = Arc::new(Skewed(Arc::clone(&clock), minutes * 60));
        let puller = stage.puller(&fake, skewed, "taobao_orders", "by = \"updated\"\noverlap_seconds = 0");
        let mut refused = 0;
        while clock.seconds() < fake.world.end() + 120 {
            refused += usize::from(puller.round(None).await.is_err());
            let reached = stage.status().await.reached;
            assert!(reached.micros() <= clock.now().plus_seconds(-55).micros(), "{reached}");
            clock.pass(Duration::from_secs(1_700));
        }
        puller.round(None).await.unwrap();
        assert!(fake.refused("more than ten minutes off") > 0 && refused == 0);
        has_exactly_the_orders(&stage, &fake.world).await;
        stage.engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_do_not_pull_one_source_at_once_and_a_name_stands_for_one_query() {
    let (stage, clock, fake) = stage(200, NOON).await;
    let one = stage.puller(&fake, clock.clone(), "taobao_orders", "by = \"updated\"");
    let two = stage.puller(&fake, clock.clone(), "taobao_orders", "by = \"updated\"");
    tokio::select! {
        () = fake.after(2) => {}
        _ = one.round(None) => panic!("it had more to do"),
    }
    assert!(
        two.round(None).await.unwrap().put_off,
        "the lease of the killed one still runs"
    );
    stage.outlive_the_lease().await;
    two.round(None).await.unwrap();
    has_exactly_the_orders(&stage, &fake.world).await;
    let other = stage.puller(&fake, clock, "taobao_orders", "by = \"created\"");
    assert!(matches!(other.round(None).await, Err(PullError::OtherQuery(_))));
    stage.engine.stop().await;
}

/// Rows that change within seconds of each other, and again while they are read.
fn restless(start: i64) -> World {
    let order = |number: i64| Order {
        cents: 100 + number,
        changes: (0..8)
            .map(|change| Change {
                at: start + number + change * 3_000,
                status: 12,
            })
            .collect(),
    };
    World::of((0..240).map(order).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_number_lose_no_row_that_leaves_the_window_while_it_is_read() {
    let others = [
        ("taobao_refunds", "by = \"opened\"\npage_size = 7", "line_no"),
        ("taobao_live_estimates", "by = \"paid\"\npage_size = 7", "line_no"),
        ("1688_buyer_orders", "by = \"updated\"\npage_size = 7", "item"),
    ];
    for (api, more, unit) in others {
        let stage = Stage::new().await;
        let start = seconds(START);
        // The reading begins when most rows are about to change again.
        let clock = Simulated::at("2025-11-11T05:00:00+08:00");
        let fake = Fake::start(Arc::clone(&clock), restless(start), 9).await;
        let puller = stage.puller(&fake, clock.clone(), api, &format!("{more}\noverlap_seconds = 600"));
        while clock.seconds() < fake.world.end() + 300 {
            puller.round(None).await.unwrap();
            clock.pass(Duration::from_secs(150));
        }
        puller.round(None).await.unwrap();
        let last = "select count(distinct stream) from event where kind in ('order.snapshot', 'refund_case.opened')";
        let per_order = if unit == "item" { 2 } else { 1 };
        assert_eq!(stage.number(last).await, 240 * per_order, "{api}");
        assert_eq!(stage.gaps().await, [], "{api}");
        assert_eq!(stage.status().await.counts.rejected, 0, "{api}");
        if api != "taobao_refunds" {
            let stale = "select count(*) from (select max(payload::jsonb #>> '{fact,at}') as at from event \
                where kind = 'order.snapshot' group by stream) as newest where at < '2025-11-10T21:50:00'";
            assert_eq!(stage.number(stale).await, 0, "{api}: every line has its last row");
        }
        stage.engine.stop().await;
    }
}
