//! Who must agree: policies by amount, substitutes, one inbox, and one person with two keys.
//! It must never let a test pass because nobody was asked.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::{Desk, Person, cny, held, key};

/// Payments of 1,000.00 and more need two persons, owners both.
async fn two_owners(desk: &Desk) {
    let policy = json!({"kind": "pay", "currency": "CNY", "steps": [
        {"from": "0.00", "approvers": 1}, {"from": "1000.00", "approvers": 2, "roles": ["owner"]}]});
    desk.done("/v1/policies", &policy).await;
}

async fn pay(desk: &Desk, amount: &str, reference: &str) -> String {
    let body = json!({"party": "A1", "amount": cny(amount), "channel": "bank", "reference": reference,
        "paid_on": "2026-06-01", "vouchers": [desk.file().await]});
    desk.ask("/v1/payments", &body).await
}

async fn code(desk: &Desk, who: &Person, approval: &str, body: Value) -> (u16, String) {
    let (status, refused) = desk.decide(who, approval, &body).await;
    (status, refused["code"].as_str().unwrap_or_default().to_owned())
}

fn approve() -> Value {
    json!({"verdict": "approve"})
}

fn forbidden(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

async fn inbox(desk: &Desk, who: &Person) -> Vec<(String, Value)> {
    let view = desk.get(who, "/v1/approvals?inbox=true").await;
    let rows = view["approvals"].as_array().unwrap().iter();
    rows.map(|row| (row["approval"].as_str().unwrap().to_owned(), row.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_persons_agree_to_a_large_payment_and_one_to_a_small_one() {
    let desk = Desk::open().await;
    two_owners(&desk).await;
    desk.owe("A1", "5000.00").await;
    let other = key(&desk.server, Role::Owner, None).await;
    let clerk = key(&desk.server, Role::Finance, None).await;
    let small = pay(&desk, "999.99", "small").await;
    desk.approve(&clerk, &small).await;
    assert_eq!(desk.holds("A1").await, held(&[("available", "4000.01")]));
    let large = pay(&desk, "1000.00", "large").await;
    let wrong = code(&desk, &clerk, &large, approve()).await;
    assert_eq!(wrong, forbidden("role_not_enough"));
    let first = desk.approve(&desk.owner, &large).await;
    assert_eq!(first["events"][0]["kind"], "approval.agreed", "{first}");
    assert_eq!(desk.holds("A1").await, held(&[("available", "4000.01")]));
    let again = code(&desk, &desk.owner, &large, approve()).await;
    assert_eq!(again, (409, "agreed_already".to_owned()));
    // The same person with another key is the same person.
    let second_key = key(&desk.server, Role::Owner, Some(&desk.owner.id)).await;
    let again = code(&desk, &second_key, &large, approve()).await;
    assert_eq!(again, (409, "agreed_already".to_owned()));
    let makers_key = key(&desk.server, Role::Owner, Some(&desk.maker.id)).await;
    let own = code(&desk, &makers_key, &large, approve()).await;
    assert_eq!(own, forbidden("same_person"));
    let view = desk.get(&desk.owner, &format!("/v1/approvals/{large}")).await;
    assert_eq!(
        (&view["status"], &view["approvers"], &view["agreed"][0]["by"]),
        (&json!("pending"), &json!(2), &json!(desk.owner.id)),
        "{view}"
    );
    let done = desk.approve(&other, &large).await;
    let kinds: Vec<&str> = done["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["approval.approved", "payment.recorded"]);
    assert_eq!(desk.holds("A1").await, held(&[("available", "3000.01")]));
    let late = code(&desk, &clerk, &large, approve()).await;
    assert_eq!(late, (409, "approval_ended".to_owned()));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_substitute_decides_for_another_never_for_the_maker_and_never_twice() {
    let desk = Desk::open().await;
    two_owners(&desk).await;
    desk.owe("A1", "5000.00").await;
    let away = key(&desk.server, Role::Owner, None).await;
    let clerk = key(&desk.server, Role::Finance, None).await;
    let large = pay(&desk, "2000.00", "large").await;
    let as_away = json!({"verdict": "approve", "for": away.id});
    assert_eq!(
        code(&desk, &clerk, &large, as_away.clone()).await,
        forbidden("not_a_substitute")
    );
    assert!(inbox(&desk, &clerk).await.is_empty(), "the policy names owners");
    let substitute = |person: &str| format!("/v1/persons/{person}/substitutes");
    let clerk_until = json!({"by": clerk.id, "to": "2026-06-02T00:00:00+08:00"});
    let (status, foreign) = desk.post(&clerk, &substitute(&away.id), &clerk_until).await;
    assert_eq!(status, 404, "nobody names itself: {foreign}");
    let (status, named) = desk.post(&away, &substitute(&away.id), &clerk_until).await;
    assert_eq!(status, 200, "{named}");
    // The maker names a substitute too: who stands for the maker decides nothing of the maker's.
    let (status, named) = desk.post(&desk.maker, &substitute(&desk.maker.id), &clerk_until).await;
    assert_eq!(status, 200, "{named}");
    let as_maker = json!({"verdict": "approve", "for": desk.maker.id});
    assert_eq!(code(&desk, &clerk, &large, as_maker).await, forbidden("same_person"));
    let (_, seen) = inbox(&desk, &clerk).await.remove(0);
    assert_eq!(
        (&seen["decide_as"], &seen["allowed_actions"], &seen["kind"]),
        (&json!([away.id]), &json!(["approve", "refuse"]), &json!("pay")),
        "{seen}"
    );
    let (status, agreed) = desk.decide(&clerk, &large, &as_away).await;
    assert_eq!(status, 200, "{agreed}");
    for (who, body) in [(&away, approve()), (&clerk, as_away.clone()), (&clerk, approve())] {
        let (status, _) = code(&desk, who, &large, body).await;
        assert!(matches!(status, 403 | 409), "a seat is taken once");
    }
    assert!(inbox(&desk, &clerk).await.is_empty() && inbox(&desk, &away).await.is_empty());
    assert_eq!(desk.holds("A1").await, held(&[("available", "5000.00")]));
    desk.approve(&desk.owner, &large).await;
    assert_eq!(desk.holds("A1").await, held(&[("available", "3000.00")]));
    // Said again with an end that has come, it is over.
    let over = json!({"by": clerk.id, "from": "2026-06-01T00:00:00+08:00", "to": "2026-06-01T00:00:00+08:00"});
    desk.post(&desk.owner, &substitute(&away.id), &over).await;
    let next = pay(&desk, "2000.00", "next").await;
    assert_eq!(code(&desk, &clerk, &next, as_away).await, forbidden("not_a_substitute"));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_shows_what_one_may_decide_with_amount_maker_age_and_actions() {
    let desk = Desk::open().await;
    desk.owe("A1", "500.00").await;
    let mine = pay(&desk, "10.00", "one").await;
    let other = key(&desk.server, Role::Finance, None).await;
    let freeze = json!({"party": "A1", "amount": cny("20.00"), "reason": "刷单"});
    let (_, frozen) = desk.post(&other, "/v1/freezes", &freeze).await;
    let frozen = frozen["id"].as_str().unwrap().to_owned();
    let ids = |rows: Vec<(String, Value)>| rows.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(inbox(&desk, &desk.maker).await), [frozen.as_str()]);
    assert_eq!(ids(inbox(&desk, &other).await), [mine.as_str()]);
    let both = inbox(&desk, &desk.owner).await;
    assert_eq!(both.len(), 2);
    let (_, row) = both.into_iter().find(|(id, _)| *id == mine).unwrap();
    assert_eq!(row["amounts"], json!([{"amount": "10.00", "currency": "CNY"}]));
    assert_eq!(row["maker"], json!(desk.maker.id));
    assert_eq!(row["age_seconds"], 0, "the sandbox's clock stands still: {row}");
    assert!(row["party"].as_str().unwrap().starts_with("anc_"));
    let own = desk.get(&desk.maker, &format!("/v1/approvals/{mine}")).await;
    assert_eq!(own["allowed_actions"], json!(["withdraw"]));
    let details = own["details"].as_array().unwrap();
    assert!(details.contains(&json!({"name": "reference", "value": "one"})), "{own}");
    assert_eq!(own["files"], json!([desk.file().await]));
    let (status, refused) = desk
        .decide(&other, &mine, &json!({"verdict": "refuse", "remark": "凭证不符"}))
        .await;
    assert_eq!(status, 200, "{refused}");
    assert!(inbox(&desk, &other).await.is_empty());
    assert_eq!(desk.holds("A1").await, held(&[("available", "500.00")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_set_by_two_persons_and_binds_requests_made_after_it() {
    let desk = Desk::open().await;
    desk.owe("A1", "5000.00").await;
    let before = pay(&desk, "3000.00", "before").await;
    let policy = json!({"kind": "pay", "currency": "CNY", "steps": [{"approvers": 2}]});
    let asked = desk.ask("/v1/policies", &policy).await;
    let own = code(&desk, &desk.maker, &asked, approve()).await;
    assert_eq!(own, forbidden("same_person"));
    assert_eq!(desk.get(&desk.owner, "/v1/policies").await["policies"], json!([]));
    desk.approve(&desk.owner, &asked).await;
    let set = desk.get(&desk.owner, "/v1/policies").await;
    assert_eq!(set["policies"][0]["steps"][0]["approvers"], 2, "{set}");
    // What was asked for before needs what was needed then.
    desk.approve(&desk.owner, &before).await;
    let after = pay(&desk, "10.00", "after").await;
    let first = desk.approve(&desk.owner, &after).await;
    assert_eq!(first["events"][0]["kind"], "approval.agreed");
    let wrong = json!({"kind": "pay", "currency": "CNY",
        "steps": [{"from": "1.00", "approvers": 9, "roles": ["anchor"]}]});
    let (status, refused) = desk.post(&desk.maker, "/v1/policies", &wrong).await;
    let codes: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        (status, codes),
        (
            422,
            vec!["steps_begin_at_zero", "approvers_out_of_range", "role_never_decides"]
        )
    );
}
