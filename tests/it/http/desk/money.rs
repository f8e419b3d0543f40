//! Payments made outside and what comes back, freezes, forfeits, write-offs, and parties that are not to be paid.
//! It must never leave a balance unasked.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::{Desk, cny, held, key};

async fn payment(desk: &Desk, amount: &str, reference: &str) -> Value {
    json!({"party": "A1", "amount": cny(amount), "channel": "bank", "reference": reference,
        "paid_on": "2026-06-01", "vouchers": [desk.file().await], "note": "五月佣金"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_made_outside_is_recorded_once_and_restored_when_it_bounces() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    let body = payment(&desk, "300.00", "R-1").await;
    let (one, two) = (
        desk.ask("/v1/payments", &body).await,
        desk.ask("/v1/payments", &body).await,
    );
    assert_eq!(desk.get(&desk.owner, "/v1/payments").await["payments"], json!([]));
    let done = desk.approve(&desk.owner, &one).await;
    let id = done["ids"]["payment"].as_str().unwrap().to_owned();
    assert_eq!(desk.holds("A1").await, held(&[("available", "200.00")]));
    assert_eq!(desk.holds("book").await, held(&[("cash", "300.00")]));
    // Asked for twice, approved once: the reference is known.
    let (status, again) = desk.decide(&desk.owner, &two, &json!({"verdict": "approve"})).await;
    assert_eq!(
        (status, &again["code"], &again["conflicting"]),
        (409, &json!("payment_known"), &json!(id)),
        "{again}"
    );
    let shown = desk.get(&desk.owner, &format!("/v1/payments/{id}")).await;
    assert_eq!(
        (&shown["paid_on"], &shown["status"]),
        (&json!("2026-06-01"), &json!("recorded"))
    );
    assert_eq!(shown["vouchers"], json!([desk.file().await]));
    let back = json!({"returned_on": "2026-06-01", "reason": "账号有误"});
    desk.done(&format!("/v1/payments/{id}/return"), &back).await;
    assert_eq!(desk.holds("A1").await, held(&[("available", "500.00")]));
    assert_eq!(desk.holds("book").await, held(&[]));
    let path = format!("/v1/payments/{id}/return");
    assert_eq!(desk.refused(&path, &back).await, (409, "payment_returned".to_owned()));
    assert_eq!(
        desk.refused("/v1/payments", &body).await,
        (409, "payment_known".to_owned()),
        "a reference is never used again"
    );
    let same_elsewhere = json!({"channel": "alipay", "party": "A1", "amount": cny("1.00"), "reference": "R-1",
        "paid_on": "2026-06-01", "vouchers": [desk.file().await]});
    desk.done("/v1/payments", &same_elsewhere).await;
    assert_eq!(desk.holds("A1").await, held(&[("available", "499.00")]));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_available_needs_an_advance_and_two_approvals_never_overdraw() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    let refused = desk.refused("/v1/payments", &payment(&desk, "500.01", "R").await).await;
    assert_eq!(refused, (422, "more_than_available".to_owned()));
    let (one, two) = (
        desk.ask("/v1/payments", &payment(&desk, "300.00", "R-1").await).await,
        desk.ask("/v1/payments", &payment(&desk, "300.00", "R-2").await).await,
    );
    let verdict = json!({"verdict": "approve"});
    let (a, b) = tokio::join!(
        desk.decide(&desk.owner, &one, &verdict),
        desk.decide(&desk.owner, &two, &verdict)
    );
    let mut outcomes = [(a.0, a.1["code"].clone()), (b.0, b.1["code"].clone())];
    outcomes.sort_by_key(|(status, _)| *status);
    assert_eq!(
        outcomes,
        [(200, Value::Null), (422, json!("more_than_available"))],
        "what was agreed to is looked at again when it is done"
    );
    let mut ahead = payment(&desk, "700.00", "R-3").await;
    ahead["as_advance"] = json!(true);
    let done = desk.done("/v1/payments", &ahead).await;
    assert_eq!(desk.holds("A1").await, held(&[("advance", "-500.00")]));
    let id = done["ids"]["payment"].as_str().unwrap();
    let back = json!({"returned_on": "2026-06-01", "reason": "退回"});
    desk.done(&format!("/v1/payments/{id}/return"), &back).await;
    assert_eq!(desk.holds("A1").await, held(&[("available", "200.00")]));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_a_voucher_of_tomorrow_or_with_a_file_nobody_has_is_refused() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    let mut body = payment(&desk, "1.00", "R").await;
    body["vouchers"] = json!([]);
    body["paid_on"] = json!("2026-06-02");
    let (_, refused) = desk.post(&desk.maker, "/v1/payments", &body).await;
    let codes: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["voucher_needed", "in_future"]);
    let mut body = payment(&desk, "1.00", "R").await;
    body["vouchers"] = json!(["ab".repeat(32)]);
    assert_eq!(
        desk.refused("/v1/payments", &body).await,
        (422, "file_unknown".to_owned())
    );
    body["vouchers"] = json!(["voucher.pdf"]);
    assert_eq!(desk.refused("/v1/payments", &body).await, (422, "file_form".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_party_earns_on_and_is_paid_once_it_is_resumed() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    let waits = desk.ask("/v1/payments", &payment(&desk, "100.00", "R-1").await).await;
    let reason = json!({"reason": "身份待核实"});
    let (status, stopped) = desk.post(&desk.maker, "/v1/parties/A1/suspend", &reason).await;
    assert_eq!(status, 200, "{stopped}");
    let again = desk.refused("/v1/parties/A1/suspend", &reason).await;
    assert_eq!(again, (409, "party_suspended".to_owned()));
    desk.owe("A1", "50.00").await;
    assert_eq!(
        desk.holds("A1").await,
        held(&[("available", "550.00")]),
        "what it earns goes on"
    );
    let (_, blocked) = desk.decide(&desk.owner, &waits, &json!({"verdict": "approve"})).await;
    assert_eq!(blocked["code"], "party_suspended");
    assert_eq!(desk.get(&desk.owner, "/v1/parties/A1").await["suspended"], true);
    desk.done("/v1/parties/A1/resume", &json!({"reason": "已核实"})).await;
    assert_eq!(desk.get(&desk.owner, "/v1/parties/A1").await["suspended"], Value::Null);
    desk.approve(&desk.owner, &waits).await;
    assert_eq!(desk.holds("A1").await, held(&[("available", "450.00")]));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_frozen_given_back_and_forfeited_and_never_more_than_was_frozen() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    let freeze = |amount: &str| json!({"party": "A1", "amount": cny(amount), "reason": "刷单"});
    assert_eq!(
        desk.refused("/v1/freezes", &freeze("500.01")).await,
        (422, "more_than_available".to_owned())
    );
    let done = desk.done("/v1/freezes", &freeze("300.00")).await;
    let id = done["ids"]["freeze"].as_str().unwrap().to_owned();
    assert_eq!(
        desk.holds("A1").await,
        held(&[("available", "200.00"), ("frozen", "300.00")])
    );
    let paid = desk.refused("/v1/payments", &payment(&desk, "200.01", "R").await).await;
    assert_eq!(paid.1, "more_than_available", "frozen money is not paid");
    let part = |amount: &str| json!({"amount": cny(amount), "reason": "申诉"});
    let (unfreeze, forfeit) = (
        format!("/v1/freezes/{id}/unfreeze"),
        format!("/v1/freezes/{id}/forfeit"),
    );
    desk.done(&unfreeze, &part("100.00")).await;
    desk.done(&forfeit, &part("50.00")).await;
    let mut to = part("120.00");
    to["to"] = json!("M1");
    desk.done(&forfeit, &to).await;
    assert_eq!(
        desk.holds("A1").await,
        held(&[("available", "300.00"), ("frozen", "30.00")])
    );
    assert_eq!(desk.holds("M1").await, held(&[("available", "120.00")]));
    assert_eq!(desk.holds("book").await, held(&[("income", "50.00")]));
    assert_eq!(
        desk.refused(&unfreeze, &part("30.01")).await,
        (409, "freeze_exceeded".to_owned())
    );
    let mut own = part("1.00");
    own["to"] = json!("A1");
    assert_eq!(desk.refused(&forfeit, &own).await, (422, "same_account".to_owned()));
    let list = desk.get(&desk.owner, "/v1/freezes?party=A1").await;
    assert_eq!(
        (
            &list["freezes"][0]["left"]["amount"],
            &list["freezes"][0]["allowed_actions"]
        ),
        (&json!("30.00"), &json!(["unfreeze", "forfeit"]))
    );
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_negative_balance_is_written_off_by_two_persons_and_never_beyond_zero() {
    let desk = Desk::open().await;
    desk.owe("A1", "-80.00").await;
    let off = |amount: &str| json!({"write_off": {"party": "A1", "amount": cny(amount), "reason": "解约无法追回"}});
    assert_eq!(
        desk.refused("/v1/adjustments", &off("80.01")).await,
        (422, "more_than_owed".to_owned())
    );
    let asked = desk.ask("/v1/adjustments", &off("80.00")).await;
    let view = desk.get(&desk.owner, &format!("/v1/approvals/{asked}")).await;
    assert_eq!(
        (&view["kind"], &view["amounts"][0]["amount"]),
        (&json!("write_off"), &json!("80.00"))
    );
    desk.approve(&desk.owner, &asked).await;
    assert_eq!(desk.holds("A1").await, held(&[]));
    assert_eq!(desk.holds("book").await, held(&[("income", "-80.00")]));
    assert_eq!(
        desk.refused("/v1/adjustments", &off("0.01")).await,
        (422, "more_than_owed".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_keeps_the_files_that_show_it_and_the_owner_is_not_paid_from_its_own_books() {
    let desk = Desk::open().await;
    let file = desk.file().await;
    let legs = json!([
        {"party": "A1", "account": "available", "amount": cny("5.00")},
        {"account": "income", "amount": cny("-5.00")},
    ]);
    let entry = |files: Value| json!({"entry": {"at": "2026-05-31T12:00:00+08:00", "reason": "补差", "legs": legs.clone(), "files": files}});
    let unknown = desk.refused("/v1/adjustments", &entry(json!(["cd".repeat(32)]))).await;
    assert_eq!(unknown, (422, "file_unknown".to_owned()));
    desk.done("/v1/adjustments", &entry(json!([file]))).await;
    let events = desk.get(&desk.owner, "/v1/events?limit=1000").await.to_string();
    assert!(
        events.contains("adjustment.posted") && events.contains(&file),
        "the digest stands on the event"
    );
    let owner = desk.get(&desk.owner, "/v1/parties/A1").await["party"].clone();
    let path = format!("/v1/books/{}/owner", desk.server.book);
    let (status, named) = desk.post(&desk.owner, &path, &json!({"party": owner})).await;
    assert_eq!(status, 200, "{named}");
    let itself = desk.refused("/v1/payments", &payment(&desk, "1.00", "R").await).await;
    assert_eq!(itself, (422, "same_account".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_sees_its_own_payments_and_freezes_and_no_others() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    desk.done("/v1/payments", &payment(&desk, "1.00", "R-1").await).await;
    desk.done(
        "/v1/freezes",
        &json!({"party": "A1", "amount": cny("2.00"), "reason": "核实"}),
    )
    .await;
    let (status, payments) = desk.server.get(Role::Anchor, "/v1/payments").await;
    assert_eq!((status, &payments["payments"]), (200, &json!([])));
    let (status, freezes) = desk.server.get(Role::Anchor, "/v1/freezes").await;
    assert_eq!((status, &freezes["freezes"]), (200, &json!([])));
    let auditor = key(&desk.server, Role::Auditor, None).await;
    let all = desk.get(&auditor, "/v1/payments").await;
    let id = all["payments"][0]["payment"].as_str().unwrap();
    let (status, _) = desk.server.get(Role::Anchor, &format!("/v1/payments/{id}")).await;
    assert_eq!(status, 404);
    for report in ["payments", "freezes", "approvals", "policies", "receipts"] {
        let view = desk.get(&auditor, &format!("/v1/reports/{report}")).await;
        assert_eq!(view["report"], report, "{view}");
    }
}
