//! An agency's book of what platforms report: figures as given, placements assigned later, rosters, two views of a line.
//! It must never reach behind the interface: what cannot be seen there is not proven here.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Stage, cny, deducted, refund, with};

const PAID: &str = "2026-05-20T12:00:00+08:00";

/// A book that posts what the platform reports: the affiliate platform owes it and takes its technical fee.
async fn agency_book() -> Stage {
    let stage = Stage::bare().await;
    stage
        .formula(json!({
            "basis": "as_reported", "payer": "affiliate",
            "fees": [{"name": "technical_fee", "taker": "affiliate", "rate": "0", "of": "gross"}],
        }))
        .await;
    stage.party("anchor", "A2").await;
    for anchor in ["A", "A2"] {
        let share = json!({"upper_keeps": "0.3"});
        stage
            .contract(anchor, "G", share, "2026-01-01T00:00:00+08:00", None)
            .await;
    }
    stage
}

fn track(gross: &str, fee: &str) -> Value {
    json!({"gross": cny(gross), "fees": [{"name": "technical_fee", "amount": cny(fee)}]})
}

/// A platform's row of one line as it stands at `at`.
fn row(line_no: &str, at: &str, row: Value, reported: Value, more: Value) -> Value {
    let plain = json!({"created_at": PAID, "paid_at": PAID});
    let fact = json!({
        "platform": "taobao", "line_no": line_no, "kind": "snapshot", "at": at, "shop_no": "shop",
        "row": with(plain, row), "reported": reported,
    });
    with(fact, more)
}

fn paid(line_no: &str, more: Value) -> Value {
    let reported = json!({"estimated": track("6.00", "0.60")});
    row(
        line_no,
        "2026-05-20T13:00:00+08:00",
        json!({"paid": cny("50.00")}),
        reported,
        more,
    )
}

fn settled(line_no: &str, more: Value) -> Value {
    let reported = json!({"estimated": track("6.00", "0.60"), "settled": track("5.50", "0.55")});
    let told = json!({
        "paid": cny("50.00"), "settled_base": cny("48.00"), "settled_at": "2026-05-27T12:00:00+08:00",
    });
    row(line_no, "2026-05-28T12:00:00+08:00", told, reported, more)
}

/// Waits until a party holds something, as the background releases what waited.
async fn comes_to(stage: &Stage, party: &str, account: &str, amount: &str) {
    for _ in 0..100 {
        if stage.pockets(party).await.get(account).map(String::as_str) == Some(amount) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!(
        "{party} {account} never came to {amount}: {:?}",
        stage.pockets(party).await
    );
}

async fn assign(stage: &Stage, kind: &str, number: &str, holder: Value) -> Value {
    let plain = json!({"platform": "taobao", "kind": kind, "number": number, "from": "2026-01-01T00:00:00+08:00"});
    stage.accepted("/v1/placements", with(plain, holder)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn at_08_rows_of_an_unknown_pid_wait_and_are_posted_as_given_once_it_is_assigned() {
    let stage = agency_book().await;
    let pid = json!({"pid": "mm_1_2_3", "account": "acc"});
    let told = stage.tell(&[paid("1", pid.clone()), settled("2", pid)]).await;
    for outcome in &told {
        assert_eq!(
            (&outcome["state"], &outcome["code"]),
            (&json!("waiting"), &json!("unknown_placement")),
            "{outcome}"
        );
    }
    stage.nobody_holds_anything().await;
    let waiting = stage.get("/v1/placements/waiting").await;
    assert_eq!(
        (&waiting["waiting"][0]["pid"], &waiting["waiting"][0]["lines"]),
        (&json!("mm_1_2_3"), &json!(2)),
        "{waiting}"
    );
    assign(&stage, "pid", "mm_1_2_3", json!({"party": "A"})).await;
    comes_to(&stage, "A", "available", "3.46").await;
    stage
        .holds("A", &[("estimated:available", "3.78"), ("available", "3.46")])
        .await;
    stage
        .holds("G", &[("estimated:available", "1.62"), ("available", "1.49")])
        .await;
    let affiliate = stage.pockets("affiliate").await;
    assert_eq!(
        affiliate["clearing"], "-5.50",
        "the platform owes what it reported: {affiliate:?}"
    );
    assert_eq!(affiliate["available"], "0.55");
    assert_eq!(stage.get("/v1/placements/waiting").await["waiting"], json!([]));
    let why = stage.line("2").await;
    assert!(
        why["reason"]["en"]
            .as_str()
            .unwrap()
            .contains("the platform's own figures by the placement"),
        "{why}"
    );
    stage.balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_09_a_reported_commission_above_the_payment_is_parked_as_break_b10() {
    let stage = agency_book().await;
    let told = row(
        "1",
        "2026-05-20T13:00:00+08:00",
        json!({"paid": cny("157.02")}),
        json!({"estimated": track("200.36", "0.00")}),
        json!({"promoter": "A"}),
    );
    let outcome = &stage.tell(&[told]).await[0];
    assert_eq!(
        (&outcome["state"], &outcome["code"]),
        (&json!("parked"), &json!("commission_exceeds_payment"))
    );
    let parked = stage.get("/v1/parked?code=commission_exceeds_payment").await;
    assert_eq!(parked["parked"].as_array().map(Vec::len), Some(1), "{parked}");
    stage.nobody_holds_anything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_exported_three_times_and_once_by_the_sharer_is_one_line_with_its_history() {
    let stage = agency_book().await;
    let by = json!({"promoter": "A"});
    let sharer = |fact: Value| {
        let mut fact = with(fact, json!({"account": "sharer"}));
        fact["reported"]["view"] = json!("sharer");
        fact["reported"]["estimated"] = track("2.00", "0.00");
        fact
    };
    let received = row(
        "1",
        "2026-05-25T12:00:00+08:00",
        json!({"paid": cny("50.00"), "received_at": "2026-05-25T11:00:00+08:00"}),
        json!({"estimated": track("6.00", "0.60")}),
        by.clone(),
    );
    stage
        .applied(&[settled("1", by.clone()), sharer(paid("1", by.clone()))])
        .await;
    let older = stage.tell(&[paid("1", by.clone()), received]).await;
    assert!(older.iter().all(|outcome| outcome["state"] == "stale"), "{older:?}");
    stage.holds("A", &[("available", "3.46")]).await;
    let line = stage.line("1").await;
    assert_eq!(
        line["facts"].as_array().map(Vec::len),
        Some(4),
        "every export is kept: {line}"
    );
    assert_eq!(line["status"], "settled");
    let again = stage.tell(&[settled("1", by)]).await;
    assert_eq!(again[0]["replayed"], true);
    stage.balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_room_gives_each_order_to_whoever_was_on_air_at_its_instant() {
    let stage = agency_book().await;
    assign(&stage, "pid", "mm_9", json!({"room": "room-1"})).await;
    let shift = |party: &str, from: &str, to: &str| json!({"platform": "taobao", "kind": "room", "number": "room-1", "party": party, "from": from, "to": to});
    let hand_over = PAID;
    let early = shift("A", "2026-05-20T10:00:00+08:00", hand_over);
    stage.accepted("/v1/placements", early.clone()).await;
    let overlapping = shift("A2", "2026-05-20T11:59:59+08:00", "2026-05-20T14:00:00+08:00");
    assert_eq!(
        stage.refused("/v1/placements", overlapping).await,
        (409, "placement_taken".to_owned())
    );
    let late = shift("A2", hand_over, "2026-05-20T14:00:00+08:00");
    stage.accepted("/v1/placements", late).await;
    let before = json!({"pid": "mm_9", "row": {
        "created_at": "2026-05-20T11:59:59+08:00", "paid_at": PAID, "paid": cny("50.00"),
    }});
    stage
        .applied(&[paid("at", json!({"pid": "mm_9"})), paid("before", before)])
        .await;
    stage.holds("A", &[("estimated:available", "3.78")]).await;
    stage.holds("A2", &[("estimated:available", "3.78")]).await;
    assert_eq!(stage.line("at").await["room"], "room-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_after_settlement_take_back_reported_components_in_proportion_to_zero() {
    let stage = agency_book().await;
    let told = row(
        "1",
        "2026-05-28T12:00:00+08:00",
        json!({"paid": cny("199.00"), "settled_base": cny("199.00"), "settled_at": "2026-05-27T12:00:00+08:00"}),
        json!({"settled": track("39.80", "3.98")}),
        json!({"promoter": "A"}),
    );
    stage.applied(&[told]).await;
    let part = refund("1", "c1", "2026-05-29T12:00:00+08:00", "49.75");
    stage
        .applied(&[part, deducted("1", "c1", "2026-05-30T12:00:00+08:00")])
        .await;
    // 149.25 of 199.00: gross 29.85, technical fee 2.985 -> 2.99, the rest 26.86: agency 8.06, anchor 18.80.
    stage.holds("A", &[("available", "18.80")]).await;
    stage.holds("G", &[("available", "8.06")]).await;
    let rest = refund("1", "c2", "2026-05-31T12:00:00+08:00", "149.25");
    stage
        .applied(&[rest, deducted("1", "c2", "2026-05-31T13:00:00+08:00")])
        .await;
    stage.nobody_holds_anything().await;
    stage.balanced().await;
}
