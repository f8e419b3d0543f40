//! Returns that name no order over HTTP: told in bulk, matched or parked with their lines, and counted.
//! It must never look into the database for what a route shows.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny, paying, with};

fn sold(line_no: &str, at: &str, units: u32, amount: &str) -> Value {
    with(
        paying(line_no, "paid", at, amount),
        json!({"quantity": units, "promoter": "A"}),
    )
}

fn back(document: &str, at: &str, units: u32, amount: &str) -> Value {
    json!({
        "platform": "taobao", "document": document, "row": "1", "buyer": "buyer", "item_no": "item", "at": at,
        "units": units, "amount": cny(amount),
    })
}

async fn tell(stage: &Stage, role: Role, returns: &[Value]) -> (u16, Vec<Value>) {
    let body: Vec<String> = returns.iter().map(Value::to_string).collect();
    let request = stage.server.request(role, "POST", "/v1/returns");
    let request = request.header("Content-Type", "application/x-ndjson");
    let response = request.body(body.join("\n")).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (
        status,
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    )
}

/// A shop whose returns name no order, with a rule of 20 %; times are of May 2026.
async fn shop() -> Stage {
    let stage = Stage::bare().await;
    let terms = json!({"platform": "taobao", "fees": [], "returns_without_order": true});
    stage.formula(terms).await;
    stage.rule("general", "0.2", json!({})).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_matched_with_the_only_line_that_fits_and_parked_with_both_once_two_do() {
    let stage = shop().await;
    stage
        .applied(&[sold("1", "2026-05-02T10:00:00+08:00", 4, "40.00")])
        .await;
    let of_two = back("C1", "2026-05-09T10:00:00+08:00", 2, "20.00");
    let (status, told) = tell(&stage, Role::Ingest, std::slice::from_ref(&of_two)).await;
    assert_eq!(status, 200, "{told:?}");
    assert_eq!((&told[0]["state"], &told[0]["n"]), (&json!("applied"), &json!(1)));
    let line = told[0]["line"].as_str().unwrap();
    assert!(line.starts_with("lin_"), "{told:?}");
    stage.holds("A", &[("estimated:available", "4.00")]).await;
    let (_, again) = tell(&stage, Role::Ingest, std::slice::from_ref(&of_two)).await;
    assert_eq!(again[0]["replayed"], true);
    assert_eq!(again[0]["position"], told[0]["position"]);
    let counts = stage.get("/v1/returns").await;
    assert_eq!(counts["returns"][0]["state"], "matched", "{counts}");
    assert_eq!(counts["returns"][0]["amount"]["amount"], "20.00");
    assert_eq!(stage.get("/v1/parked").await["parked"], json!([]));

    stage
        .applied(&[sold("2", "2026-05-03T10:00:00+08:00", 5, "50.00")])
        .await;
    stage.holds("A", &[("estimated:available", "18.00")]).await;
    let parked = stage.get("/v1/parked").await["parked"].clone();
    assert_eq!(parked.as_array().unwrap().len(), 1, "{parked}");
    let row = &parked[0];
    assert_eq!(row["code"], "return_fits_several", "{row}");
    assert_eq!(row["allowed_actions"], json!(["dismiss"]));
    assert_eq!(
        (&row["returned"]["document"], &row["returned"]["units"]),
        (&json!("C1"), &json!(2))
    );
    let candidates = row["returned"]["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2, "{row}");
    assert!(
        candidates
            .iter()
            .any(|candidate| candidate["line"] == line && candidate["fits"] == true)
    );
    let returned = &stage.get("/v1/returns").await["returns"];
    assert_eq!(
        (&returned[0]["state"], &returned[0]["candidates"]),
        (&json!("parked"), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_return_can_only_be_dismissed_and_one_that_is_no_return_is_refused_by_its_line() {
    let stage = shop().await;
    let mut without_buyer = back("C2", "2026-05-09T10:00:00+08:00", 1, "10.00");
    without_buyer.as_object_mut().unwrap().remove("buyer");
    let bad_amount = with(
        back("C3", "2026-05-09T10:00:00+08:00", 1, "10.00"),
        json!({"amount": cny("010.0")}),
    );
    let other_content = with(back("C1", "2026-05-09T10:00:00+08:00", 1, "10.00"), json!({"units": 3}));
    let told = [
        back("C1", "2026-05-09T10:00:00+08:00", 1, "10.00"),
        without_buyer,
        bad_amount,
        json!({"platform": "taobao", "kind": "paid"}),
        other_content,
    ];
    let (status, answers) = tell(&stage, Role::Ingest, &told).await;
    assert_eq!(status, 200);
    let states: Vec<(&str, &str)> = answers
        .iter()
        .map(|answer| {
            (
                answer["state"].as_str().unwrap(),
                answer["code"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("parked", "return_without_sale"),
            ("parked", "return_without_buyer"),
            ("refused", "amount_form"),
            ("refused", "unknown_field"),
            ("conflict", "same_identity_other_content"),
        ]
    );
    let open = stage.get("/v1/parked").await["parked"].clone();
    assert_eq!(open.as_array().unwrap().len(), 3, "{open}");
    let position = open[0]["position"].clone();
    let these = json!({"positions": [position]});
    assert_eq!(
        stage.refused("/v1/parked/retry", these.clone()).await.1,
        "nothing_parked"
    );
    let fact = paying("1", "paid", "2026-05-02T10:00:00+08:00", "40.00");
    let correct = format!("/v1/parked/{position}/correct");
    assert_eq!(stage.refused(&correct, json!({"fact": fact})).await.1, "only_dismissed");
    let dismiss = with(these, json!({"reason": "written off"}));
    stage.accepted("/v1/parked/dismiss", dismiss).await;
    assert_eq!(stage.get("/v1/parked").await["parked"].as_array().unwrap().len(), 2);
    let (status, _) = tell(&stage, Role::Finance, &told).await;
    assert_eq!(status, 403, "finance tells no returns");
}
