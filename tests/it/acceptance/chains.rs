//! Takers: AT-02, AT-03, AT-20, and nasty case 11.
//! It must never depend on which of two contracts was signed first.

use serde_json::json;

use super::stage::{Stage, deducted, fact, paying, refund};

#[tokio::test(flavor = "multi_thread")]
async fn at_02_a_chain_of_five_takers_shares_ten_yuan_as_four_two_two_one_one() {
    let stage = Stage::bare().await;
    stage.formula(json!({"fees": []})).await;
    for (kind, number) in [
        ("agency", "lead"),
        ("agency", "helper"),
        ("agency", "between"),
        ("promoter", "P"),
    ] {
        stage.party(kind, number).await;
    }
    let from = "2026-01-01T00:00:00+08:00";
    for (member, upper, rate) in [
        ("helper", "lead", "0.6"),
        ("A", "helper", "0.666667"),
        ("between", "A", "0.5"),
        ("P", "between", "0.5"),
    ] {
        stage
            .contract(member, upper, json!({"upper_passes": rate}), from, None)
            .await;
    }
    stage.rule("general", "0.1", json!({})).await;
    stage
        .clicked_by("P", "buyer", "item", "2026-05-20T10:00:00+08:00")
        .await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "100.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "100.00"),
            fact("1", "settled", "2026-05-25T12:00:00+08:00"),
        ])
        .await;
    for (party, net) in [
        ("lead", "4.00"),
        ("helper", "2.00"),
        ("A", "2.00"),
        ("between", "1.00"),
        ("P", "1.00"),
    ] {
        stage.holds(party, &[("available", net)]).await;
    }
    stage.holds("B", &[("commission", "-10.00")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_03_an_anchor_at_100_000_ppm_and_a_service_fee_at_300_000_ppm_of_one_yuan() {
    let stage = Stage::bare().await;
    stage
        .formula(json!({"content_fee": {"taker": "G", "rate": "0.3"}}))
        .await;
    stage.rule("general", "0.1", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            paying("1", "created", "2026-05-20T12:00:00+08:00", "1.00"),
            paying("1", "paid", "2026-05-20T12:05:00+08:00", "1.00"),
        ])
        .await;
    stage.holds("A", &[("estimated:available", "0.10")]).await;
    stage.holds("G", &[("estimated:available", "0.30")]).await;
    stage.holds("B", &[("estimated:commission", "-0.40")]).await;
    assert_eq!(
        stage.line("1").await["status"],
        "paid",
        "unsettled: status 20 of the source"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_20_and_case_11_an_order_belongs_to_the_agency_of_its_instant_and_so_does_its_refund() {
    let stage = Stage::bare().await;
    stage.party("agency", "G2").await;
    stage.formula(json!({"fees": []})).await;
    let (start, change) = ("2026-01-01T00:00:00+08:00", "2026-05-16T00:00:00+08:00");
    stage
        .contract("A", "G", json!({"upper_keeps": "0.3"}), start, Some(change))
        .await;
    stage
        .contract("A", "G2", json!({"upper_keeps": "0.2"}), change, None)
        .await;
    stage.rule("general", "0.1", json!({})).await;
    stage.clicked("2026-05-10T10:00:00+08:00").await;
    let sale = |line: &'static str, at: &'static str| {
        [
            paying(line, "created", at, "1000.00"),
            paying(line, "paid", "2026-05-17T12:05:00+08:00", "1000.00"),
            fact(line, "settled", "2026-05-31T12:00:00+08:00"),
        ]
    };
    stage.applied(&sale("1", "2026-05-14T12:00:00+08:00")).await;
    stage.holds("G", &[("available", "30.00")]).await;
    stage.holds("A", &[("available", "70.00")]).await;
    stage.applied(&sale("2", "2026-05-17T12:00:00+08:00")).await;
    stage.holds("G2", &[("available", "20.00")]).await;
    stage.holds("A", &[("available", "150.00")]).await;
    // At 24:00 of the 15th, which is 00:00 of the 16th, and in the last microsecond before it.
    stage.applied(&sale("3", change)).await;
    stage.holds("G2", &[("available", "40.00")]).await;
    stage.applied(&sale("4", "2026-05-15T23:59:59.999999+08:00")).await;
    stage.holds("G", &[("available", "60.00")]).await;
    // A refund long after the change debits the agency of the order.
    let refunded = [
        refund("1", "c1", "2026-05-31T20:00:00+08:00", "1000.00"),
        deducted("1", "c1", "2026-05-31T21:00:00+08:00"),
    ];
    stage.applied(&refunded).await;
    stage.holds("G", &[("available", "30.00")]).await;
    stage.holds("G2", &[("available", "40.00")]).await;
}
