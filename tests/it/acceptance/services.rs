//! Services by session, corrected prices, and lines that are no sales, through the public interface.
//! It must never reach behind the interface: what cannot be seen there is not proven here.

use serde_json::{Value, json};

use super::stage::{Stage, deducted, fact, paying, refund, with};

fn session(k: u32, at: &str) -> Value {
    with(fact("1", "fulfilled", at), json!({"k": k, "n": 6}))
}

/// A service of 600.00 at 20 %, sold on 1 May, that settles session by session.
async fn service() -> Stage {
    let stage = Stage::bare().await;
    stage
        .formula(json!({"settleable": {"fulfilment": true}, "fees": []}))
        .await;
    stage.rule("general", "0.2", json!({})).await;
    let by = json!({"promoter": "A"});
    let sold =
        ["created", "paid"].map(|kind| with(paying("1", kind, "2026-05-01T12:00:00+08:00", "600.00"), by.clone()));
    stage.applied(&sold).await;
    stage.holds("A", &[("estimated:available", "120.00")]).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn at_32_a_service_settles_twenty_a_session_and_a_refund_takes_the_rest_of_the_estimate() {
    let stage = service().await;
    stage.applied(&[session(1, "2026-05-05T12:00:00+08:00")]).await;
    stage
        .holds("A", &[("estimated:available", "100.00"), ("available", "20.00")])
        .await;
    // The same session again, told by another row, is the same session.
    let again = stage.tell(&[session(1, "2026-05-05T12:00:00+08:00")]).await;
    assert_eq!(again[0]["replayed"], true);
    stage.applied(&[session(4, "2026-05-06T12:00:00+08:00")]).await;
    let back = refund("1", "c1", "2026-05-10T12:00:00+08:00", "400.00");
    stage
        .applied(&[back, deducted("1", "c1", "2026-05-11T12:00:00+08:00")])
        .await;
    stage.holds("A", &[("available", "40.00")]).await;
    stage.holds("B", &[("commission", "-40.00")]).await;
    stage.balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_32_a_refund_below_what_was_used_goes_through_claw_back_and_all_sessions_settle_the_whole() {
    let stage = service().await;
    let used: Vec<Value> = (1..=6)
        .map(|k| session(k, &format!("2026-05-0{}T12:00:00+08:00", k + 1)))
        .collect();
    stage.applied(&used).await;
    stage.holds("A", &[("available", "120.00")]).await;
    assert_eq!(stage.line("1").await["status"], "settled");
    let back = refund("1", "c1", "2026-05-10T12:00:00+08:00", "500.00");
    stage.applied(&[back]).await;
    stage
        .holds("A", &[("available", "20.00"), ("clawback_due", "100.00")])
        .await;
    stage.applied(&[deducted("1", "c1", "2026-05-11T12:00:00+08:00")]).await;
    stage.holds("A", &[("available", "20.00")]).await;
    stage.balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_31_a_corrected_price_of_a_settled_order_is_an_adjustment_of_its_own() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let by = json!({"promoter": "A"});
    let sold =
        ["created", "paid"].map(|kind| with(paying("1", kind, "2026-05-20T12:00:00+08:00", "100.00"), by.clone()));
    stage.applied(&sold).await;
    stage
        .applied(&[fact("1", "settled", "2026-05-27T12:00:00+08:00")])
        .await;
    stage.available(["2.00", "4.00", "4.20", "9.80", "-20.00"]).await;
    let corrected = with(
        paying("1", "price_corrected", "2026-05-29T12:00:00+08:00", "90.00"),
        json!({"fact": "fix-1"}),
    );
    stage.applied(&[corrected]).await;
    stage.available(["1.80", "3.60", "3.78", "8.82", "-18.00"]).await;
    stage.balanced().await;
}
