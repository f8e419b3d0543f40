//! Refunds: AT-12, AT-15, and nasty cases 1, 10.
//! It must never accept a fen that stays on a line that was fully refunded.

use serde_json::{Value, json};

use super::stage::{Stage, deducted, fact, paying, refund, with};

/// The order of AT-11, settled on 25 May.
async fn settled() -> Stage {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "199.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            fact("1", "settled", "2026-05-25T12:00:00+08:00"),
        ])
        .await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn at_12_a_part_refund_after_settlement_claws_back_old_minus_new() {
    let stage = settled().await;
    stage
        .applied(&[refund("1", "c1", "2026-05-28T12:00:00+08:00", "49.75")])
        .await;
    stage
        .split("clawback_due", "none", ["0.99", "1.99", "2.09", "4.88", "0.00"])
        .await;
    stage.available(["2.99", "5.97", "6.27", "14.62", "-39.80"]).await;
    stage.applied(&[deducted("1", "c1", "2026-05-29T12:00:00+08:00")]).await;
    stage.split("clawback_due", "none", ["0.00"; 5]).await;
    stage.available(["2.99", "5.97", "6.27", "14.62", "-29.85"]).await;
}

fn amounts(statement: &Value) -> (String, String) {
    let sum = &statement["sums"][0];
    let word = |name: &str| sum[name]["amount"].as_str().unwrap_or("0.00").to_owned();
    (word("opening"), word("closing"))
}

#[tokio::test(flavor = "multi_thread")]
async fn at_15_a_full_refund_in_the_next_month_opens_at_19_50_and_closes_at_zero() {
    let stage = settled().await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    let with_case = |kind: &str, at: &str| with(fact("1", kind, at), json!({"case": "c1"}));
    stage
        .applied(&[with_case("refund_opened", "2026-06-05T12:00:00+08:00")])
        .await;
    stage.available(["3.98", "7.96", "8.36", "19.50", "-39.80"]).await;
    stage
        .applied(&[refund("1", "c1", "2026-06-06T12:00:00+08:00", "199.00")])
        .await;
    stage.holds("A", &[("clawback_due", "19.50")]).await;
    stage.holds("B", &[("commission", "-39.80")]).await;
    stage.applied(&[deducted("1", "c1", "2026-06-10T12:00:00+08:00")]).await;
    stage.nobody_holds_anything().await;
    let statement = stage.get("/v1/statements?party=A&period=2026-06").await;
    assert_eq!(
        amounts(&statement),
        ("19.50".to_owned(), "0.00".to_owned()),
        "{statement}"
    );
    let before = stage.get("/v1/statements?party=A&period=2026-05").await;
    assert_eq!(amounts(&before), ("0.00".to_owned(), "19.50".to_owned()), "{before}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_15_paid_outside_before_it_opens_at_zero_and_closes_at_minus_19_50() {
    let stage = settled().await;
    // Paid by bank in May: an entry that a second person approves.
    let legs = json!([
        {"party": "A", "account": "available", "amount": super::stage::cny("-19.50")},
        {"account": "suspense", "amount": super::stage::cny("19.50")},
    ]);
    let entry = json!({"entry": {"at": "2026-05-31T12:00:00+08:00", "reason": "paid by bank", "legs": legs}});
    let asked = stage.accepted("/v1/adjustments", entry).await;
    let approval = asked["id"]
        .as_str()
        .or(asked["ids"]["approval"].as_str())
        .unwrap()
        .to_owned();
    let checker = stage
        .server
        .post(
            fenzhang::domain::person::Role::Finance,
            &format!("/v1/approvals/{approval}"),
            "verdict",
            &json!({"verdict": "approve"}),
        )
        .await;
    assert!(checker.0 < 300, "{checker:?}");
    stage.holds("A", &[]).await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    let refunded = [
        refund("1", "c1", "2026-06-06T12:00:00+08:00", "199.00"),
        deducted("1", "c1", "2026-06-10T12:00:00+08:00"),
    ];
    stage.applied(&refunded).await;
    stage.holds("A", &[("available", "-19.50")]).await;
    let statement = stage.get("/v1/statements?party=A&period=2026-06").await;
    assert_eq!(
        amounts(&statement),
        ("0.00".to_owned(), "-19.50".to_owned()),
        "{statement}"
    );
}

/// Order O of the nasty cases: 100.00 at 20 %, settled.
async fn order_o() -> Stage {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "100.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "100.00"),
            fact("1", "settled", "2026-05-25T12:00:00+08:00"),
        ])
        .await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn case_01_a_refund_above_the_payment_is_capped_and_its_excess_is_parked_without_legs() {
    let stage = order_o().await;
    let outcome = stage
        .tell(&[refund("1", "c1", "2026-05-28T12:00:00+08:00", "120.00")])
        .await;
    assert_eq!(outcome[0]["code"], "refund_exceeds_remaining", "{outcome:?}");
    stage.applied(&[deducted("1", "c1", "2026-05-29T12:00:00+08:00")]).await;
    stage.nobody_holds_anything().await;
    let parked = stage.get("/v1/parked?code=refund_exceeds_remaining").await;
    let text = parked.to_string();
    assert!(text.contains("\"20.00\""), "the excess of 20.00 is shown: {parked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_10_refunds_in_four_parts_end_at_exactly_zero_and_stand_right_at_each_step() {
    let stage = order_o().await;
    let mut left = 10_000_i64;
    for (n, part) in [3_333, 3_333, 3_333, 1].into_iter().enumerate() {
        let case = format!("c{n}");
        let goods = format!("{}.{:02}", part / 100, part % 100);
        let won = refund("1", &case, "2026-05-28T12:00:00+08:00", &goods);
        stage
            .applied(&[won, deducted("1", &case, "2026-05-29T12:00:00+08:00")])
            .await;
        left -= part;
        // At each step what stands is the split of what is left, component by component.
        let expected = super::shapes::usual_split(left, 200_000);
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        stage.available(expected.try_into().unwrap()).await;
    }
    stage.nobody_holds_anything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_10_a_thousand_refunds_of_ten_fen_end_at_exactly_zero() {
    let stage = order_o().await;
    let mut facts = Vec::new();
    for n in 0..1_000 {
        let case = format!("c{n}");
        let won = refund("1", &case, "2026-05-28T12:00:00+08:00", "0.10");
        facts.push(with(won, json!({"deducted": true})));
    }
    stage.applied(&facts).await;
    stage.nobody_holds_anything().await;
}
