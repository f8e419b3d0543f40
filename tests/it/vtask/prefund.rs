//! Contracts that must be covered by deposit and credit before they are awarded.
//! It must never reach past the interface.

use serde_json::json;

use super::race::verified;
use super::*;

/// What a brand pays ahead, received at the bank and matched to the brand.
async fn deposit(stage: &Stage, number: &str, amount: &str) {
    let told = json!({"source": "bank", "flow_no": number, "at": "2026-06-01T10:00:00+08:00", "amount": cny(amount)});
    let answer = stage.accepted("/v1/receipts", json!({"receipts": [told]})).await;
    let receipt = answer["receipts"][0]["receipt"].as_str().unwrap().to_owned();
    let bills = json!({"bills": [{"party": "B", "amount": cny(amount)}]});
    stage.accepted(&format!("/v1/receipts/{receipt}/match"), bills).await;
}

async fn applied(stage: &Stage, number: &str, fee: &str) -> String {
    let terms = with(slot_fee(&[fee]), json!({"clocks": {"settle": 0, "funding": 2_592_000}}));
    brief(stage, number, terms, json!({})).await;
    let applications = format!("/v1/briefs/{number}/applications");
    stage
        .accepted(&applications, json!({"party": "A", "side": "anchor"}))
        .await;
    format!("{applications}/A/award")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_award_beyond_deposit_and_credit_is_refused_with_the_numbers() {
    let stage = Stage::open().await;
    let book = format!("/v1/books/{}/prefund", stage.server.book);
    stage.accepted(&book, json!({"on": true})).await;
    let first = applied(&stage, "c1", "100.00").await;
    let (status, answer) = stage.post(&first, json!({})).await;
    assert_eq!(
        (status, &answer["code"]),
        (422, &json!("prefund_insufficient")),
        "{answer}"
    );
    let said = answer["detail"].as_str().unwrap();
    assert!(
        said.contains(
            "105.00 for these terms and 0.00 for open contracts; 0.00 deposited and 0.00 of credit: 105.00 short"
        ),
        "{said}"
    );
    deposit(&stage, "F1", "150.00").await;
    stage.holds("B", &[("available", "150.00")]).await;
    stage.accepted(&first, json!({"external_id": "c1"})).await;
    // 45.00 are left, and not 150.00: the first contract is open and nothing is set aside for it yet.
    let second = applied(&stage, "c2", "50.00").await;
    let refusal = stage.refused(&second, json!({})).await;
    assert_eq!(refusal, (422, "prefund_insufficient".to_owned()));
    let credit = |amount: &str| json!({"credit": [cny(amount)]});
    stage.accepted("/v1/parties/B/prefund", credit("7.49")).await;
    assert_eq!(stage.refused(&second, json!({})).await.0, 422);
    stage.accepted("/v1/parties/B/prefund", credit("7.50")).await;
    stage.accepted(&second, json!({"external_id": "c2"})).await;
    // Setting aside what was covered changes nothing: 45.00 are deposited, 52.50 open, 7.50 of credit.
    done(&stage, "c1", "fund", json!({"amount": cny("105.00")})).await;
    let third = applied(&stage, "c3", "0.01").await;
    assert_eq!(stage.refused(&third, json!({})).await.0, 422);
    // A raise needs cover too, a cut does not.
    let raise = with(slot_fee(&["60.00"]), json!({"clocks": {"settle": 0}}));
    done(&stage, "c2", "amend", json!({"terms": raise, "side": "anchor"})).await;
    let accept = json!({"version": 2, "side": "brand"});
    let refusal = refused(&stage, "c2", "accept-amendment", accept.clone()).await;
    assert_eq!(refusal, (422, "prefund_insufficient".to_owned()));
    done(&stage, "c2", "refuse-amendment", accept).await;
    let cut = with(slot_fee(&["40.00"]), json!({"clocks": {"settle": 0}}));
    done(&stage, "c2", "amend", json!({"terms": cut, "side": "brand"})).await;
    done(
        &stage,
        "c2",
        "accept-amendment",
        json!({"version": 3, "side": "anchor"}),
    )
    .await;
    stage.accepted(&third, json!({"external_id": "c3"})).await;
    verified(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brands_own_setting_goes_before_the_books_and_a_cancelled_contract_needs_nothing() {
    let stage = Stage::open().await;
    let first = applied(&stage, "c1", "100.00").await;
    stage
        .accepted("/v1/parties/B/prefund", json!({"on": true, "credit": [cny("105.00")]}))
        .await;
    stage.accepted(&first, json!({"external_id": "c1"})).await;
    let second = applied(&stage, "c2", "100.00").await;
    assert_eq!(stage.refused(&second, json!({})).await.0, 422);
    done(
        &stage,
        "c1",
        "cancel",
        json!({"reason": "plans changed", "side": "brand"}),
    )
    .await;
    stage.accepted(&second, json!({"external_id": "c2"})).await;
    // Off for this brand, whatever the book says.
    stage.accepted("/v1/parties/B/prefund", json!({"on": false})).await;
    let book = format!("/v1/books/{}/prefund", stage.server.book);
    stage.accepted(&book, json!({"on": true})).await;
    let third = applied(&stage, "c3", "100.00").await;
    stage.accepted(&third, json!({"external_id": "c3"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_awards_of_one_deposit_at_the_same_instant_are_one_award() {
    let stage = Stage::open().await;
    stage.accepted("/v1/parties/B/prefund", json!({"on": true})).await;
    deposit(&stage, "F1", "105.00").await;
    let (first, second) = (
        applied(&stage, "c1", "100.00").await,
        applied(&stage, "c2", "100.00").await,
    );
    let (one, two) = tokio::join!(stage.post(&first, json!({})), stage.post(&second, json!({})));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", one.1, two.1);
}
