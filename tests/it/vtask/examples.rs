//! Worked examples AT-18 and AT-19 and the nasty cases 17 and 18, over HTTP, to the fen.
//! It must never compute an expected amount.

use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn at_18_slot_fee_with_escrow_to_the_fen() {
    let stage = Stage::open().await;
    funded(&stage, "c1", slot_fee(&["10000.00"])).await;
    stage
        .holds("B", &[("available", "-10500.00"), ("held", "10500.00")])
        .await;
    delivered(&stage, "c1", 0, json!({})).await;
    let after = done(&stage, "c1", "accept", json!({})).await;
    assert_eq!(after["phase"], "settled");
    stage.holds("G", &[("available", "3000.00")]).await;
    stage.holds("A", &[("available", "7000.00")]).await;
    stage.holds("affiliate", &[("available", "500.00")]).await;
    stage.holds("B", &[("available", "-10500.00")]).await;
    stage.balanced().await;
    // The statement of the month words it, and its line explains itself.
    let statement = stage.get("/v1/statements?party=A&period=2026-06").await;
    assert_eq!(statement["lines"][0]["text_zh"], "V任务结算", "{statement}");
    assert_eq!(statement["sums"][0]["closing"]["amount"], "7000.00", "{statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_18_cancelled_before_and_after_schedule() {
    let stage = Stage::open().await;
    funded(&stage, "c1", slot_fee(&["10000.00"])).await;
    let why = json!({"reason": "plans changed", "side": "brand"});
    done(&stage, "c1", "cancel", why.clone()).await;
    stage.holds("B", &[]).await;
    funded(&stage, "c2", slot_fee(&["10000.00"])).await;
    done(&stage, "c2", "schedule", json!({})).await;
    let after = done(&stage, "c2", "cancel", why).await;
    assert_eq!(after["phase"], "cancelled_by_brand");
    assert_eq!(after["escrow"]["returned"], cny("8400.00"));
    stage.holds("B", &[("available", "-2100.00")]).await;
    stage.holds("G", &[("available", "600.00")]).await;
    stage.holds("A", &[("available", "1400.00")]).await;
    stage.holds("affiliate", &[("available", "100.00")]).await;
}

/// A guarantee of 200,000.00 of net sales of `item` in the first week of June.
fn guarantee(fee: &str, target: &str) -> Value {
    let window = json!({"from": "2026-06-01T00:00:00+08:00", "to": "2026-06-08T00:00:00+08:00",
        "items": [{"platform": "taobao", "item": "item"}]});
    let form = json!({"kind": "guarantee", "target": cny(target), "measured": window});
    with(slot_fee(&[fee]), json!({"form": form}))
}

#[tokio::test(flavor = "multi_thread")]
async fn at_19_a_guarantee_measured_by_the_ledger_itself_gives_a_quarter_back() {
    let stage = Stage::open().await;
    stage.rule("general", "0.1", json!({})).await;
    funded(&stage, "c1", guarantee("20000.00", "200000.00")).await;
    stage
        .holds("B", &[("available", "-21000.00"), ("held", "21000.00")])
        .await;
    // 170,000.00 sold, 20,000.00 of it refunded, and one order that was closed.
    stage.clicked("2026-06-01T12:30:00+08:00").await;
    stage.clock("2026-06-02T12:00:00+08:00").await;
    let at = "2026-06-01T13:00:00+08:00";
    for (line, amount) in [("L1", "100000.00"), ("L2", "70000.00"), ("L3", "9000.00")] {
        let facts = [paying(line, "created", at, amount), paying(line, "paid", at, amount)];
        stage.applied(&facts).await;
    }
    stage
        .applied(&[refund("L2", "case-1", "2026-06-01T14:00:00+08:00", "20000.00")])
        .await;
    stage
        .applied(&[fact("L3", "closed", "2026-06-01T14:00:00+08:00")])
        .await;
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    let early = refused(&stage, "c1", "propose-result", json!({})).await;
    assert_eq!(early, (409, "result_not_due".to_owned()));
    // The window ends on the 8th; its refunds and a day are over on the 24th.
    stage.clock("2026-06-24T00:00:00+08:00").await;
    let proposed = done(&stage, "c1", "propose-result", json!({})).await;
    let result = &proposed["deliverables"][0]["result"];
    assert_eq!(result["reached"], cny("150000.00"), "{result}");
    assert_eq!(result["lines"].as_array().unwrap().len(), 3);
    done(&stage, "c1", "accept-result", json!({"side": "brand"})).await;
    let after = done(&stage, "c1", "accept-result", json!({"side": "anchor"})).await;
    assert_eq!(
        (&after["phase"], &after["escrow"]["returned"]),
        (&json!("settled"), &cny("5250.00"))
    );
    let settled = |mut pockets: crate::acceptance::stage::Pockets| pockets.remove("available");
    assert_eq!(settled(stage.pockets("G").await).as_deref(), Some("4500.00"));
    assert_eq!(settled(stage.pockets("A").await).as_deref(), Some("10500.00"));
    assert_eq!(settled(stage.pockets("affiliate").await).as_deref(), Some("750.00"));
    assert_eq!(settled(stage.pockets("B").await).as_deref(), Some("-15750.00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn contested_lines_of_a_guarantee_stay_held_until_the_arbiter_says_which_count() {
    let stage = Stage::open().await;
    funded(&stage, "c1", guarantee("20000.00", "200000.00")).await;
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    stage.clock("2026-06-24T00:00:00+08:00").await;
    let line = |n: u32| fenzhang::base::LineId::of(stage.server.book, "taobao", &n.to_string()).to_string();
    let lines = json!([{"line": line(1), "amount": cny("100000.00")}, {"line": line(2), "amount": cny("50000.00")}]);
    done(&stage, "c1", "propose-result", json!({"lines": lines})).await;
    let contest = json!({"line_ids": [line(2)], "reason": "bought by themselves", "side": "brand"});
    done(&stage, "c1", "contest-result", contest).await;
    stage.clock("2026-06-27T00:00:00+08:00").await;
    let open = stage.get("/v1/contracts/c1").await;
    assert_eq!(open["deliverables"][0]["status"], "disputed");
    // 100,000.00 nobody contests: 10,000.00 earned; 50,000.00 short for sure: 5,000.00 and its service back.
    assert_eq!(open["escrow"]["released"], cny("10500.00"));
    assert_eq!(open["escrow"]["returned"], cny("5250.00"));
    assert_eq!(open["escrow"]["held"], cny("5250.00"));
    let verdict = json!({"line_ids": [], "reason": "returned by the same buyer"});
    let after = done(&stage, "c1", "arbitrate-lines", verdict).await;
    assert_eq!(after["escrow"]["returned"], cny("10500.00"));
    assert_eq!(after["phase"], "settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarantee_counted_by_the_ledger_is_contested_line_by_line_down_to_the_refund() {
    let stage = Stage::open().await;
    funded(&stage, "c1", guarantee("20000.00", "200000.00")).await;
    stage.clicked("2026-06-01T12:30:00+08:00").await;
    stage.clock("2026-06-02T12:00:00+08:00").await;
    let at = "2026-06-01T13:00:00+08:00";
    for (line, amount) in [("L1", "100000.00"), ("L2", "60000.00"), ("L3", "20000.00")] {
        let facts = [paying(line, "created", at, amount), paying(line, "paid", at, amount)];
        stage.applied(&facts).await;
    }
    let returned = refund("L2", "case-1", "2026-06-01T14:00:00+08:00", "10000.00");
    stage.applied(&[returned]).await;
    delivered(&stage, "c1", 0, json!({})).await;
    done(&stage, "c1", "accept", json!({})).await;
    stage.clock("2026-06-24T00:00:00+08:00").await;
    let proposed = done(&stage, "c1", "propose-result", json!({})).await;
    assert_eq!(proposed["deliverables"][0]["result"]["reached"], cny("170000.00"));
    // The brand contests two lines that the ledger counted; the anchor's side accepts the rest.
    let line = |n: &str| fenzhang::base::LineId::of(stage.server.book, "taobao", n).to_string();
    let contest = json!({"line_ids": [line("L2"), line("L3")], "reason": "bought by themselves", "side": "brand"});
    let contested = done(&stage, "c1", "contest-result", contest).await;
    let lines = contested["deliverables"][0]["result"]["lines"].as_array().unwrap();
    assert_eq!(lines.iter().filter(|one| one["contested"] == true).count(), 2);
    done(&stage, "c1", "accept-result", json!({"side": "brand"})).await;
    let open = done(&stage, "c1", "accept-result", json!({"side": "anchor"})).await;
    // L1 alone is 100,000.00: 10,000.00 earned; 30,000.00 short for sure: 3,000.00 back; 70,000.00 stays held.
    assert_eq!(open["deliverables"][0]["status"], "disputed", "{open}");
    assert_eq!(open["escrow"]["released"], cny("10500.00"));
    assert_eq!(open["escrow"]["returned"], cny("3150.00"));
    assert_eq!(open["escrow"]["held"], cny("7350.00"));
    let verdict = json!({"line_ids": [line("L2")], "reason": "L3 went to one address eleven times"});
    let after = done(&stage, "c1", "arbitrate-lines", verdict).await;
    // 150,000.00 count: three quarters of the fee, and a quarter back with its service.
    assert_eq!(
        (&after["phase"], &after["escrow"]["held"]),
        (&json!("settled"), &cny("0.00"))
    );
    assert_eq!(after["escrow"]["returned"], cny("5250.00"));
    let settled = |mut pockets: crate::acceptance::stage::Pockets| pockets.remove("available");
    assert_eq!(settled(stage.pockets("A").await).as_deref(), Some("10500.00"));
    assert_eq!(settled(stage.pockets("G").await).as_deref(), Some("4500.00"));
    assert_eq!(settled(stage.pockets("B").await).as_deref(), Some("-15750.00"));
    stage.balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_17_cancelled_before_delivery_after_delivery_and_after_acceptance() {
    let stage = Stage::open().await;
    let why = json!({"reason": "plans changed", "side": "brand"});
    let slow = || with(slot_fee(&["100.00"]), json!({"clocks": {"settle": 86_400}}));
    funded(&stage, "c1", slow()).await;
    done(&stage, "c1", "cancel", why.clone()).await;
    stage.holds("B", &[]).await;
    funded(&stage, "c2", slow()).await;
    delivered(&stage, "c2", 0, json!({})).await;
    let after = done(&stage, "c2", "cancel", why.clone()).await;
    assert_eq!(after["deliverables"][0]["status"], "disputed");
    assert_eq!(after["escrow"]["held"], cny("105.00"));
    let verdict = json!({"weights": {"anchor": 1, "brand": 2}, "reason": "half of it was shown"});
    let after = done(&stage, "c2", "arbitrate", verdict).await;
    assert_eq!(
        (&after["escrow"]["released"], &after["escrow"]["returned"]),
        (&cny("35.00"), &cny("70.00"))
    );
    funded(&stage, "c3", slow()).await;
    delivered(&stage, "c3", 0, json!({})).await;
    done(&stage, "c3", "accept", json!({})).await;
    assert_eq!(
        refused(&stage, "c3", "cancel", why).await,
        (409, "accepted_already".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_18_two_deliverables_on_money_for_one_and_a_raise_that_waits() {
    let stage = Stage::open().await;
    let bare = json!({"service_fee": "0", "part_funding": true});
    let terms = || with(slot_fee(&["60.00", "60.00"]), bare.clone());
    awarded(&stage, "c1", terms()).await;
    done(&stage, "c1", "fund", json!({"amount": cny("100.00")})).await;
    let (one, two) = tokio::join!(
        stage.post("/v1/contracts/c1/schedule", json!({"deliverable": 0})),
        stage.post("/v1/contracts/c1/schedule", json!({"deliverable": 1})),
    );
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422], "{one:?} {two:?}");
    let lost = if one.0 == 422 { &one } else { &two };
    assert_eq!(lost.1["code"], "escrow_insufficient");
    let winner = if one.0 == 200 { "120.00" } else { "60.00" };
    let loser = if one.0 == 200 { "60.00" } else { "120.00" };
    let raised = with(slot_fee(&[winner, loser]), bare.clone());
    done(&stage, "c1", "amend", json!({"terms": raised, "side": "anchor"})).await;
    let accept = json!({"version": 2, "side": "brand"});
    let short = refused(&stage, "c1", "accept-amendment", accept.clone()).await;
    assert_eq!(short, (422, "escrow_insufficient".to_owned()));
    done(&stage, "c1", "fund", json!({"amount": cny("20.00")})).await;
    let after = done(&stage, "c1", "accept-amendment", accept).await;
    assert_eq!(
        (&after["version"], &after["escrow"]["bound"]),
        (&json!(2), &cny("120.00"))
    );
}

use crate::acceptance::stage::{fact, paying, refund};
