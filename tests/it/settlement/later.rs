//! What comes beside a month's run: business days, a held-back sheet issued later, commission payable on receipt, and the
//! exit settlement of a party inside a month.
//! It must never set a timer or a day itself: the book's clock is moved and the book says what happened.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::{Closed, adjusted, close, id, second_person};
use crate::acceptance::stage::{Stage, cny, fact, paying, with};
use crate::engine::verifies;
use crate::http::server::read;

/// A sale of A of 100.00: 20.00 commission, of which 4.20 to G and 9.80 to A.
async fn sold(stage: &Stage, line: &str, month: &str, settled: bool) {
    let at = |time: &str| format!("{month}-{time}+08:00");
    let on = |told: Value| with(told, json!({"promoter": "A"}));
    let mut facts = vec![
        on(paying(line, "created", &at("02T12:00:00"), "100.00")),
        on(paying(line, "paid", &at("02T12:05:00"), "100.00")),
    ];
    if settled {
        facts.push(on(fact(line, "settled", &at("05T12:00:00"))));
    }
    stage.applied(&facts).await;
}

/// Money of B comes in and is matched to its bill of a month.
async fn received(stage: &Stage, flow: &str, at: &str, period: &str, amount: &str) {
    let told = json!({"source": "icbc", "flow_no": flow, "at": at, "amount": cny(amount), "payer": "B"});
    let url = format!("{}/v1/receipts", stage.server.base);
    let request = stage.server.request(Role::Owner, "POST", "/v1/receipts");
    let (status, answer) = read(request.json(&json!({"receipts": [told]})).send().await.unwrap()).await;
    assert_eq!(status, 200, "{url}: {answer}");
    let open = stage.get("/v1/receipts?open=true").await;
    let found = open["receipts"].as_array().unwrap().iter();
    let one = found.into_iter().find(|row| row["flow_no"] == flow).unwrap();
    let path = format!("/v1/receipts/{}/match", one["receipt"].as_str().unwrap());
    let bill = json!({"bills": [{"party": "B", "period": period, "amount": cny(amount)}]});
    stage.accepted(&path, bill).await;
}

fn amounts(sheet: &Value, names: &[&str]) -> Vec<String> {
    let amount = |name: &&str| sheet[*name]["amount"].as_str().unwrap_or("").to_owned();
    names.iter().map(amount).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn commission_that_is_payable_on_receipt_waits_for_its_debtor_and_an_advance_is_shown() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let terms = json!({
        "from": "2026-05", "payable_on": "receipt", "exceptions": [{"party": "G", "payable_on": "settlement"}],
    });
    stage.accepted("/v1/settlement-terms", terms).await;
    sold(&stage, "1", "2026-05", true).await;
    // A quarter of what B owes for May comes in.
    received(&stage, "F1", "2026-05-25T10:00:00+08:00", "2026-05", "5.00").await;
    let may = close(&stage, "2026-05").await;
    may.ties();
    let names = ["closing", "payable", "carried", "unreceived", "advanced"];
    let sheet = may.sheet_of("A").await;
    assert_eq!(amounts(&sheet, &names), ["9.80", "2.45", "7.35", "7.35", ""], "{sheet}");
    let sheet = may.sheet_of("G").await;
    assert_eq!(amounts(&sheet, &names), ["4.20", "4.20", "0.00", "", "3.15"], "{sheet}");
    may.lock().await;
    let locked = may.sheet_of("A").await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    received(&stage, "F2", "2026-06-10T10:00:00+08:00", "2026-05", "15.00").await;
    sold(&stage, "2", "2026-06", true).await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    // May is received in full; nothing of June is.
    let sheet = june.sheet_of("A").await;
    assert_eq!(
        amounts(&sheet, &names),
        ["19.60", "9.80", "9.80", "9.80", ""],
        "{sheet}"
    );
    june.lock().await;
    assert_eq!(may.sheet_of("A").await["sha256"], locked["sha256"]);
    // Both are drawn up again from what had come in by their positions.
    verifies(&stage.server.db).await;
    let shown = stage.get("/v1/settlement-terms").await;
    assert_eq!(shown["terms"][0]["payable_on"], "receipt", "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_business_days_follow_the_books_own_list_and_are_never_guessed() {
    let stage = Stage::bare().await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "100.00").await;
    let terms = json!({
        "from": "2026-05", "confirm_days": 3, "silence_confirms": true, "pay_days": 2, "business_days": true,
    });
    stage.accepted("/v1/settlement-terms", terms).await;
    let may = close(&stage, "2026-05").await;
    let sheet = may.sheet_of("A").await["sheet"].clone();
    let deliver = format!("/v1/settlements/{}/deliver", may.run);
    let delivery = json!({"sheets": [sheet], "how": "email", "proof": "message-1"});
    let refused = stage.refused(&deliver, delivery.clone()).await;
    assert_eq!(refused, (409, "calendar_missing".to_owned()));
    let of_other_year = json!({"year": 2026, "rest": [6, 7], "days": [{"on": "2027-06-03", "working": false}]});
    assert_eq!(stage.refused("/v1/calendars", of_other_year).await.0, 422);
    let year =
        json!({"year": 2026, "rest": [6, 7], "days": [{"on": "2026-06-03", "working": false, "name": "节假日"}]});
    stage.accepted("/v1/calendars", year).await;
    let shown = stage.get("/v1/calendars").await;
    assert_eq!(shown["calendars"][0]["days"][0]["on"], "2026-06-03", "{shown}");
    // Delivered on Monday 1 June; Wednesday is a holiday: the third business day is Friday.
    stage.accepted(&deliver, delivery).await;
    stage.clock("2026-06-05T23:59:59+08:00").await;
    assert_eq!(may.sheet_of("A").await["status"], "delivered");
    stage.clock("2026-06-06T00:00:00+08:00").await;
    assert_eq!(may.sheet_of("A").await["status"], "deemed_confirmed");
    // Issued on a Saturday: Monday and Tuesday are the two days to pay.
    let view = may.lock().await;
    assert_eq!(view["pay_by"], "2026-06-09", "{view}");
    assert_eq!(may.sheet_of("A").await["pay_by"], "2026-06-09");
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_that_was_held_back_is_issued_later_as_it_was_once_its_contest_is_answered() {
    let stage = Stage::bare().await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "100.00").await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "G", "50.00").await;
    let may = close(&stage, "2026-05").await;
    let before = may.sheet_of("A").await;
    let path = |action: &str| format!("/v1/sheets/{}/{action}", before["sheet"].as_str().unwrap());
    stage
        .accepted(&path("contest"), json!({"reason": "one sale is missing"}))
        .await;
    stage.accepted(&path("hold-back"), json!({"held_back": true})).await;
    let early = stage.refused(&path("issue"), json!({})).await;
    assert_eq!(early, (409, "run_stage".to_owned()), "its run is not issued");
    may.lock().await;
    let contested = stage.refused(&path("issue"), json!({})).await;
    assert_eq!(contested, (409, "sheet_contested".to_owned()));
    stage
        .accepted(&path("answer"), json!({"answer": "it settles in June"}))
        .await;
    assert_eq!(
        may.sheet_of("A").await["held_back"],
        true,
        "an answer alone issues nothing"
    );
    let released = stage.refused(&path("hold-back"), json!({"held_back": false})).await;
    assert_eq!(released.0, 409, "nor is it let go without a second person");
    let asked = stage.accepted(&path("issue"), json!({})).await;
    let approval = id(&asked, "approval");
    let own = stage
        .refused(&format!("/v1/approvals/{approval}"), json!({"verdict": "approve"}))
        .await;
    assert_eq!(own, (403, "same_person".to_owned()));
    let done = second_person(&stage, &approval, "approve").await;
    assert!(done.0 < 300, "{done:?}");
    let after = may.sheet_of("A").await;
    assert_eq!(
        (&after["held_back"], &after["sha256"]),
        (&json!(false), &before["sha256"])
    );
    let run = stage.get(&format!("/v1/settlements/{}", may.run)).await;
    assert_eq!(
        (&run["held_back"], &run["contested"], &run["stage"]),
        (&json!(0), &json!(0), &json!("locked"))
    );
    let again = stage.refused(&path("issue"), json!({})).await;
    assert_eq!(again, (409, "sheet_not_held_back".to_owned()));
    let late = stage.refused(&path("contest"), json!({"reason": "after all"})).await;
    assert_eq!(late, (409, "run_stage".to_owned()));
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_leaves_is_settled_inside_the_month_and_what_comes_later_stands_on_a_later_sheet() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let terms = json!({"from": "2026-05", "minimum_payouts": [cny("50.00")]});
    stage.accepted("/v1/settlement-terms", terms).await;
    let nothing = stage
        .refused("/v1/exits", json!({"party": "A", "reason": "离场"}))
        .await;
    assert_eq!(nothing, (409, "nothing_to_settle".to_owned()));
    sold(&stage, "1", "2026-05", true).await;
    stage.clock("2026-06-10T12:00:00+08:00").await;
    sold(&stage, "2", "2026-06", true).await;
    sold(&stage, "3", "2026-06", false).await;
    let body = json!({"party": "A", "reason": "合约到期离场"});
    let made = stage.server.post(Role::Owner, "/v1/exits", "leaves", &body).await;
    assert_eq!(made.0, 201, "{made:?}");
    let exit = Closed {
        stage: &stage,
        run: id(&made.1, "run"),
        view: made.1.clone(),
    };
    // May is not closed yet: it is the opening. The minimum payout does not hold for who leaves.
    exit.says("A", "9.80", &[("settled", "9.80")], "19.60", "19.60").await;
    let sheet = exit.sheet_of("A").await;
    assert_eq!(
        (&sheet["exit"], &sheet["estimated"]),
        (&json!(true), &cny("9.80")),
        "{sheet}"
    );
    sold(&stage, "4", "2026-06", true).await;
    let again = stage.server.post(Role::Owner, "/v1/exits", "leaves", &body).await;
    assert_eq!(
        id(&again.1, "run"),
        exit.run,
        "the same request is the same settlement: {again:?}"
    );
    exit.lock().await;
    let exits = stage.get("/v1/exits").await;
    assert_eq!(exits["runs"][0]["run"], json!(exit.run), "{exits}");
    assert!(exits["runs"][0]["exit_of"].is_string());
    assert_eq!(
        stage.get("/v1/settlements").await["runs"],
        json!([]),
        "no month has a run"
    );
    // The months close as if nothing had happened: the exit moved nothing.
    stage.clock("2026-07-01T12:00:00+08:00").await;
    stage
        .applied(&[with(
            fact("3", "settled", "2026-06-25T12:00:00+08:00"),
            json!({"promoter": "A"}),
        )])
        .await;
    let may = close(&stage, "2026-05").await;
    may.ties()
        .says("A", "0.00", &[("settled", "9.80")], "9.80", "0.00")
        .await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    june.says("A", "9.80", &[("settled", "29.40")], "39.20", "0.00").await;
    assert_eq!(exit.sheet_of("A").await["sha256"], sheet["sha256"]);
    assert_eq!(
        stage.get("/v1/sheets?party=A").await["sheets"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    // A later change of terms for a month that was open then changes nothing of what was said.
    stage
        .accepted(
            "/v1/settlement-terms",
            json!({"from": "2026-07", "payable_on": "receipt"}),
        )
        .await;
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_settlement_that_is_dropped_opens_no_month() {
    let stage = Stage::bare().await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "100.00").await;
    let made = stage
        .accepted("/v1/exits", json!({"party": "A", "reason": "离场"}))
        .await;
    let run = id(&made, "run");
    let periods = stage.get("/v1/periods").await;
    stage
        .accepted(
            &format!("/v1/settlements/{run}/drop"),
            json!({"reason": "stays after all"}),
        )
        .await;
    let view = stage.get(&format!("/v1/settlements/{run}")).await;
    assert_eq!(view["stage"], "dropped", "{view}");
    assert_eq!(stage.get("/v1/periods").await["periods"], periods["periods"]);
    close(&stage, "2026-05").await.ties();
    verifies(&stage.server.db).await;
}
