//! Sheets between the book and its parties: who sees and confirms what, silence, contests, and that no one person can issue.
//! It must never let a party act through the book's own keys.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::{close, id, second_person};
use crate::acceptance::stage::{Stage, cny};
use crate::http::server::issue;

/// An anchor with a key of its own has earned something in May.
async fn earned(stage: &Stage) -> String {
    let anchor = stage.server.parties[&Role::Anchor].to_string();
    super::adjusted(stage, "2026-05-20T12:00:00+08:00", "contract", &anchor, "100.00").await;
    super::adjusted(stage, "2026-05-20T12:00:00+08:00", "contract", "A", "50.00").await;
    anchor
}

async fn speak(stage: &Stage, role: Role, sheet: &str, action: &str, body: Value) -> (u16, Value) {
    let path = format!("/v1/sheets/{sheet}/{action}");
    let key = format!("{sheet}-{action}-{body}").replace(|c: char| !c.is_ascii_alphanumeric(), "");
    stage.server.post(role, &path, &key[..key.len().min(120)], &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_sees_and_confirms_its_own_sheet_and_nothing_else() {
    let stage = Stage::bare().await;
    let anchor = earned(&stage).await;
    let may = close(&stage, "2026-05").await;
    let own = may.sheet_of(&anchor).await["sheet"].as_str().unwrap().to_owned();
    let other = may.sheet_of("A").await["sheet"].as_str().unwrap().to_owned();
    let (status, listed) = stage.server.get(Role::Anchor, "/v1/sheets").await;
    assert_eq!(
        (status, listed["sheets"].as_array().unwrap().len()),
        (200, 1),
        "{listed}"
    );
    assert_eq!(
        stage.server.get(Role::Anchor, &format!("/v1/sheets/{own}")).await.0,
        200
    );
    for path in ["", "/lines", "/members"] {
        let foreign = stage
            .server
            .get(Role::Anchor, &format!("/v1/sheets/{other}{path}"))
            .await;
        assert_eq!(foreign.0, 404, "{foreign:?}");
    }
    assert_eq!(speak(&stage, Role::Anchor, &other, "confirm", json!({})).await.0, 404);
    assert_eq!(speak(&stage, Role::Brand, &own, "confirm", json!({})).await.0, 404);
    let (status, _) = speak(&stage, Role::Anchor, &own, "confirm", json!({"remark": "无误"})).await;
    assert_eq!(status, 200);
    assert_eq!(may.sheet_of(&anchor).await["status"], "confirmed");
    let late = speak(&stage, Role::Anchor, &own, "contest", json!({"reason": "after all"})).await;
    assert_eq!((late.0, late.1["code"].as_str()), (409, Some("sheet_confirmed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_confirms_only_with_proof_of_delivery_and_an_agreed_clause() {
    let stage = Stage::bare().await;
    let anchor = earned(&stage).await;
    let terms = json!({"from": "2026-05", "confirm_days": 3, "silence_confirms": true});
    stage.accepted("/v1/settlement-terms", terms).await;
    let may = close(&stage, "2026-05").await;
    let proven = may.sheet_of(&anchor).await["sheet"].as_str().unwrap().to_owned();
    let unproven = may.sheet_of("A").await["sheet"].as_str().unwrap().to_owned();
    let deliver = format!("/v1/settlements/{}/deliver", may.run);
    stage
        .accepted(
            &deliver,
            json!({"sheets": [proven], "how": "email", "proof": "message-1"}),
        )
        .await;
    stage
        .accepted(&deliver, json!({"sheets": [unproven], "how": "by word"}))
        .await;
    stage.clock("2026-06-04T11:59:59+08:00").await;
    assert_eq!(may.sheet_of(&anchor).await["status"], "delivered");
    stage.clock("2026-06-10T12:00:00+08:00").await;
    assert_eq!(may.sheet_of(&anchor).await["status"], "deemed_confirmed");
    assert_eq!(
        may.sheet_of("A").await["status"],
        "delivered",
        "without proof silence says nothing"
    );
    crate::engine::verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contested_sheet_stops_the_run_until_it_is_answered_or_held_back() {
    let stage = Stage::bare().await;
    let anchor = earned(&stage).await;
    let may = close(&stage, "2026-05").await;
    let sheet = may.sheet_of(&anchor).await["sheet"].as_str().unwrap().to_owned();
    let asked = may.act("approve").await;
    let contest = json!({"reason": "one sale is missing"});
    assert_eq!(speak(&stage, Role::Anchor, &sheet, "contest", contest).await.0, 200);
    // Neither a new request nor the one that waits goes through.
    let path = format!("/v1/settlements/{}", may.run);
    let refused = stage.refused(&format!("{path}/approve"), json!({})).await;
    assert_eq!(refused, (409, "sheets_contested".to_owned()));
    let approved = second_person(&stage, &id(&asked, "approval"), "approve").await;
    assert_eq!(
        (approved.0, approved.1["code"].as_str()),
        (409, Some("sheets_contested"))
    );
    let view = stage.get(&path).await;
    assert_eq!(view["contested"], 1);
    // Finance holds it back: the others go out, and the run says which one does not.
    let (status, _) = speak(&stage, Role::Finance, &sheet, "hold-back", json!({"held_back": true})).await;
    assert_eq!(status, 200);
    may.lock().await;
    let view = stage.get(&path).await;
    assert_eq!((&view["contested"], &view["held_back"]), (&json!(0), &json!(1)));
    assert_eq!(may.sheet_of(&anchor).await["held_back"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_contest_lets_the_run_go_on() {
    let stage = Stage::bare().await;
    let anchor = earned(&stage).await;
    let may = close(&stage, "2026-05").await;
    let sheet = may.sheet_of(&anchor).await["sheet"].as_str().unwrap().to_owned();
    let contest = json!({"reason": "one sale is missing"});
    assert_eq!(speak(&stage, Role::Anchor, &sheet, "contest", contest).await.0, 200);
    let answer = json!({"answer": "it settles in June"});
    assert_eq!(speak(&stage, Role::Finance, &sheet, "answer", answer).await.0, 200);
    let view = stage.get(&format!("/v1/sheets/{sheet}")).await;
    assert_eq!(view["contest"]["answer"], "it settles in June", "{view}");
    may.lock().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_with_two_keys_cannot_issue_a_month() {
    let stage = Stage::bare().await;
    earned(&stage).await;
    let may = close(&stage, "2026-05").await;
    let path = format!("/v1/settlements/{}", may.run);
    assert_eq!(
        stage.refused(&format!("{path}/issue"), json!({})).await,
        (409, "not_approved".to_owned())
    );
    let asked = may.act("approve").await;
    let approval = id(&asked, "approval");
    let own = stage
        .refused(&format!("/v1/approvals/{approval}"), json!({"verdict": "approve"}))
        .await;
    assert_eq!(own, (403, "same_person".to_owned()));
    // A second key of the very same person changes nothing; somebody else's does.
    let maker = stage.get(&format!("/v1/approvals/{approval}")).await["maker"].clone();
    let key = json!({"person": maker, "label": "second key", "role": "finance"});
    let second = stage.accepted("/v1/keys", key).await;
    let secret = second["key"]["secret"].as_str().unwrap();
    let request = stage
        .server
        .client
        .post(format!("{}/v1/approvals/{approval}", stage.server.base));
    let request = request.bearer_auth(secret).header("Idempotency-Key", "two-keys");
    let answer = request.json(&json!({"verdict": "approve"})).send().await.unwrap();
    assert_eq!(answer.status(), 403, "{second}");
    let other = issue(&stage.server.engine, stage.server.book, Role::Finance, None).await;
    let request = stage
        .server
        .client
        .post(format!("{}/v1/approvals/{approval}", stage.server.base));
    let request = request.bearer_auth(other).header("Idempotency-Key", "somebody-else");
    let answer = request.json(&json!({"verdict": "approve"})).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    may.act("issue").await;
    // Issued never opens again.
    let dropped = stage
        .refused(&format!("{path}/drop"), json!({"reason": "too late"}))
        .await;
    assert_eq!(dropped, (409, "run_stage".to_owned()));
    let reopened = stage.refused("/v1/periods/2026-05/reopen", json!({})).await;
    assert_eq!(reopened, (409, "run_stage".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_agreed_to_wait_for_confirmation_does_not_issue_without_it() {
    let stage = Stage::bare().await;
    let anchor = earned(&stage).await;
    stage
        .accepted(
            "/v1/settlement-terms",
            json!({"from": "2026-05", "confirm_before_issue": true}),
        )
        .await;
    let may = close(&stage, "2026-05").await;
    let asked = may.act("approve").await;
    assert!(second_person(&stage, &id(&asked, "approval"), "approve").await.0 < 300);
    let path = format!("/v1/settlements/{}/issue", may.run);
    assert_eq!(
        stage.refused(&path, json!({})).await,
        (409, "sheets_unconfirmed".to_owned())
    );
    for party in [anchor.as_str(), "A"] {
        let sheet = may.sheet_of(party).await;
        assert_eq!(sheet["payable"]["currency"], cny("0.00")["currency"]);
        let sheet = sheet["sheet"].as_str().unwrap();
        assert_eq!(speak(&stage, Role::Finance, sheet, "confirm", json!({})).await.0, 200);
    }
    stage.accepted(&path, json!({})).await;
}
