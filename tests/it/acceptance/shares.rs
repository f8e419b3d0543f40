//! Share formulas of agency contracts and the true-up of a month, through the public interface: nasty case 20 for shares.
//! It must never accept a fen that nobody can account for.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::stage::{Stage, cny, deducted, fact, paying, refund, with};
use crate::engine::verifies;
use crate::http::server::{read, second};

/// Anchor A of agency G by a formula: paid traffic 5 % before the split; of the rest G keeps 30 %, from sales of 10,000.00
/// a month on 20 %, for the whole month; A bears tax points 6 %, to T; A and C share the rest 60 : 40.
fn formula(method: &str) -> Value {
    json!({"formula": {
        "rates_of": "upper",
        "deductions": [
            {"name": "paid_traffic", "rate": "0.05", "bearer": "both"},
            {"name": "tax_points", "rate": "0.06", "bearer": "member", "taker": "T"},
        ],
        "tiers": {"measure": "base", "method": method, "steps": [
            {"from": cny("0.00"), "rate": "0.3"},
            {"from": cny("10000.00"), "rate": "0.2"},
        ]},
        "team": [{"party": "A", "weight": "0.6"}, {"party": "C", "weight": "0.4"}],
    }})
}

async fn open(method: &str) -> (Stage, String) {
    let stage = Stage::bare().await;
    stage.party("anchor", "C").await;
    stage.party("other", "T").await;
    stage.formula(json!({})).await;
    stage.rule("general", "0.1", json!({})).await;
    let signed = stage
        .contract("A", "G", formula(method), "2026-01-01T00:00:00+08:00", None)
        .await;
    let membership = signed["id"].as_str().unwrap().to_owned();
    (stage, membership)
}

/// A line of May that A promoted, settled on the 25th.
async fn sold(stage: &Stage, line: &str, amount: &str) {
    let facts = [
        paying(line, "created", "2026-05-20T12:00:00+08:00", amount),
        paying(line, "paid", "2026-05-20T12:05:00+08:00", amount),
        fact(line, "settled", "2026-05-25T12:00:00+08:00"),
    ]
    .map(|fact| with(fact, json!({"promoter": "A"})));
    for outcome in stage.tell(&facts).await {
        assert_eq!(outcome["state"], "applied", "{outcome}");
    }
}

async fn true_up(stage: &Stage, membership: &str) -> Value {
    let path = format!("/v1/memberships/{membership}/true-up");
    stage.accepted(&path, json!({"month": "2026-05"})).await
}

fn change(answer: &Value) -> (&str, &str, usize) {
    let of = &answer["true_ups"][0];
    let amount = |name: &str| of[name]["amount"].as_str().unwrap();
    (
        amount("target"),
        amount("change"),
        answer["events"].as_array().unwrap().len(),
    )
}

async fn available(stage: &Stage) -> [String; 4] {
    let mut found = [const { String::new() }; 4];
    for (slot, party) in found.iter_mut().zip(["G", "T", "A", "C"]) {
        *slot = stage
            .pockets(party)
            .await
            .remove("available")
            .unwrap_or_else(|| "0.00".to_owned());
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn case_20_a_month_with_a_share_formula_from_its_lines_to_a_late_refund() {
    let (stage, membership) = open("whole").await;
    // G 1,000.00: traffic 50.00 to the agency; pool 950.00, of it 30 % = 285.00; 665.00 to A's side, tax points 60.00,
    // and 605.00 are 363.00 and 242.00.
    sold(&stage, "1", "9999.99").await;
    assert_eq!(available(&stage).await, ["335.00", "60.00", "363.00", "242.00"]);
    let answer = true_up(&stage, &membership).await;
    assert_eq!(
        change(&answer),
        ("285.00", "0.00", 0),
        "9,999.99 is still in the first tier"
    );

    // One fen of sales more, of which no commission arises: 10,000.00, and 20 % of the pool is 190.00.
    sold(&stage, "2", "0.01").await;
    let path = format!("/v1/memberships/{membership}/true-up");
    let dry = stage
        .accepted(&format!("{path}?dry_run=true"), json!({"month": "2026-05"}))
        .await;
    assert_eq!((change(&dry), &dry["dry_run"]), (("190.00", "-95.00", 1), &json!(true)));
    assert_eq!(available(&stage).await[0], "335.00", "a dry run writes nothing");
    let answer = true_up(&stage, &membership).await;
    assert_eq!(change(&answer), ("190.00", "-95.00", 1), "{answer}");
    assert_eq!(available(&stage).await, ["240.00", "60.00", "420.00", "280.00"]);
    assert_eq!(change(&true_up(&stage, &membership).await), ("190.00", "0.00", 0));

    // The month is cut off; in June the fen comes back: 9,999.99 again, and the difference is of June, pointing back.
    let may = stage.get("/v1/statements?party=G&period=2026-05").await;
    stage.accepted("/v1/periods/2026-05/cut-off", json!({})).await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    let back = [
        refund("2", "c1", "2026-06-10T12:00:00+08:00", "0.01"),
        deducted("2", "c1", "2026-06-11T12:00:00+08:00"),
    ];
    stage.applied(&back).await;
    // Another server finds the month in the log, not in a cache.
    let other = second(&stage.server).await;
    let request = stage.server.client.post(format!("{}{path}", other.base));
    let request = request
        .bearer_auth(&stage.server.keys[&Role::Finance])
        .header("Idempotency-Key", "late");
    let (status, answer) = read(request.json(&json!({"month": "2026-05"})).send().await.unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(change(&answer), ("285.00", "95.00", 1), "{answer}");
    assert_eq!(answer["true_ups"][0]["trued_up_before"]["amount"], "-95.00");
    assert_eq!(available(&stage).await, ["335.00", "60.00", "363.00", "242.00"]);
    assert_eq!(change(&true_up(&stage, &membership).await), ("285.00", "0.00", 0));

    let june = stage.get("/v1/statements?party=G&period=2026-06").await;
    let line = &june["lines"][0];
    assert_eq!(
        (
            &line["kind"],
            &line["text_zh"],
            &line["amount"]["amount"],
            &line["points_back_to"]
        ),
        (
            &json!("membership.trued_up"),
            &json!("分成结算差额"),
            &json!("95.00"),
            &json!("2026-05")
        ),
        "{june}"
    );
    let still = stage.get("/v1/statements?party=G&period=2026-05").await;
    assert_eq!(still["lines"], may["lines"], "what was cut off stays");
    assert_eq!(june["sums"][0]["opening"], still["sums"][0]["closing"]);
    stage.balanced().await;

    // Where the 95.00 come from, and how a line was split.
    let account = format!("{}:{}", line["position"], june["account"].as_str().unwrap());
    let why = stage.get(&format!("/v1/explain/{account}")).await.to_string();
    for word in [
        "share true-up of 2026-05",
        "by the tiers: 285.00",
        "earlier true-ups: -95.00",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let line = fenzhang::base::LineId::of(stage.server.book, "taobao", "1");
    let why = stage.get(&format!("/v1/explain/{line}")).await;
    assert_eq!(why["consistent"], true);
    for word in [
        "paid_traffic: deducts 1000.00 x 5 %",
        "the rate is provisional",
        "of the team 605.00 x 60 %",
    ] {
        assert!(why.to_string().contains(word), "{word}: {why}");
    }
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marginal_tiers_true_up_the_portion_above_the_bound_and_two_batches_count_in_one_month() {
    let (stage, membership) = open("marginal").await;
    // Sales 15,000.00 in two lines, pool 1,425.00: (10,000 x 30 % + 5,000 x 20 %) / 15,000 of it is 380.00; posted 427.50.
    sold(&stage, "1", "9000.00").await;
    sold(&stage, "2", "6000.00").await;
    let answer = true_up(&stage, &membership).await;
    assert_eq!(change(&answer), ("380.00", "-47.50", 1), "{answer}");
    assert_eq!(answer["true_ups"][0]["base"]["amount"], "15000.00");
    let shown = stage.get("/v1/memberships").await;
    let contract = &shown["memberships"][0];
    assert_eq!(
        (&contract["share"], &contract["rate"]),
        (&json!("formula"), &json!("0.3")),
        "{contract}"
    );
    assert_eq!(contract["formula"]["tiers"]["steps"][1]["from"], cny("10000.00"));
    assert_eq!(contract["formula"]["team"].as_array().unwrap().len(), 2);
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amended_terms_have_a_month_of_their_own_lines() {
    let (stage, membership) = open("whole").await;
    let path = format!("/v1/memberships/{membership}");
    let mut other = formula("whole");
    other["formula"]["tiers"]["steps"][0]["rate"] = json!("0.4");
    other["formula"]["rate"] = json!("0.5");
    let amended = stage
        .server
        .request(Role::Owner, "PATCH", &path)
        .header("Idempotency-Key", "amend")
        .json(&json!({"share": other, "from": "2026-05-22T00:00:00+08:00"}));
    let (status, answer) = read(amended.send().await.unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    sold(&stage, "1", "1000.00").await;
    let later = [
        paying("2", "created", "2026-05-23T12:00:00+08:00", "2000.00"),
        paying("2", "paid", "2026-05-23T12:05:00+08:00", "2000.00"),
        fact("2", "settled", "2026-05-25T12:00:00+08:00"),
    ]
    .map(|fact| with(fact, json!({"promoter": "A"})));
    stage.applied(&later).await;
    let answer = true_up(&stage, &membership).await;
    // The first terms: pool 95.00, 30 % as posted. The others: pool 190.00, posted 50 % = 95.00, tiers 40 % = 76.00.
    let all: Vec<(&Value, &Value)> = answer["true_ups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (&of["target"]["amount"], &of["change"]["amount"]))
        .collect();
    assert_eq!(
        all,
        [(&json!("28.50"), &json!("0.00")), (&json!("76.00"), &json!("-19.00"))]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_as_the_platform_reports_it_is_shared_by_the_formula_below_the_receiver() {
    let stage = Stage::bare().await;
    stage.party("anchor", "C").await;
    stage.party("other", "T").await;
    let fees = json!([{"name": "technical_fee", "taker": "affiliate", "rate": "0", "of": "gross"}]);
    stage
        .formula(json!({"basis": "as_reported", "payer": "live", "fees": fees}))
        .await;
    stage
        .contract("A", "G", formula("whole"), "2026-01-01T00:00:00+08:00", None)
        .await;
    let told = json!({
        "platform": "taobao", "line_no": "1", "kind": "snapshot", "at": "2026-05-26T12:00:00+08:00",
        "promoter": "A", "item_no": "item", "shop_no": "shop",
        "row": {"created_at": "2026-05-20T12:00:00+08:00", "paid_at": "2026-05-20T12:05:00+08:00", "paid": cny("200.00"),
        "settled_at": "2026-05-25T12:00:00+08:00", "settled_base": cny("199.00")},
        "reported": {"settled": {
            "gross": cny("39.81"), "fees": [{"name": "technical_fee", "amount": cny("3.98")}],
        }},
    });
    stage.applied(&[told]).await;
    // 39.81 - 3.98 = 35.83. Traffic 1.79 (1.7915); pool 34.04, G 10.21 (10.212), side 23.83; tax 2.15 (2.1498); 21.68:
    // 13.008 and 8.672, the fen that rounding down leaves to the larger remainder: 13.01 and 8.67.
    assert_eq!(available(&stage).await, ["12.00", "2.15", "13.01", "8.67"]);
    stage.holds("affiliate", &[("available", "3.98")]).await;
    stage.holds("live", &[("clearing", "-39.81")]).await;
    stage.balanced().await;
    verifies(&stage.server.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_true_up_that_cannot_be_is_refused_with_its_reason() {
    let (stage, membership) = open("whole").await;
    let plain = stage
        .contract(
            "C",
            "G",
            json!({"upper_keeps": "0.3"}),
            "2026-01-01T00:00:00+08:00",
            None,
        )
        .await;
    let plain = plain["id"].as_str().unwrap();
    let refused = |membership: &str, body: Value| {
        let path = format!("/v1/memberships/{membership}/true-up");
        let stage = &stage;
        async move { stage.refused(&path, body).await }
    };
    assert_eq!(
        refused(&membership, json!({"month": "2026-06"})).await,
        (409, "period_not_over".to_owned())
    );
    assert_eq!(
        refused(plain, json!({"month": "2026-05"})).await,
        (409, "no_monthly_tiers".to_owned())
    );
    assert_eq!(
        refused(&membership, json!({"month": "May"})).await,
        (422, "month_form".to_owned())
    );
    let unknown = "mem_00000000000000000000000000000001";
    assert_eq!(refused(unknown, json!({"month": "2026-05"})).await.0, 404);
    // A month of no line is a month of nothing.
    let path = format!("/v1/memberships/{membership}/true-up");
    let empty = stage.accepted(&path, json!({"month": "2026-04"})).await;
    assert_eq!(change(&empty), ("0.00", "0.00", 0));
    // Every wrong field of a formula is named with where it is.
    let mut wrong = formula("whole");
    wrong["formula"]["team"][1]["weight"] = json!("0.5");
    wrong["formula"]["tiers"]["steps"][0]["from"] = cny("1.00");
    wrong["formula"]["deductions"][0]["bearer"] = json!("upper");
    let body =
        json!({"member": "C", "upper": "G", "share": wrong, "from": "2027-01-01T00:00:00+08:00", "scope": "vtask"});
    let (status, answer) = stage.post("/v1/memberships", body).await;
    assert_eq!(status, 422, "{answer}");
    let mut pointers: Vec<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wrong| wrong["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/share/formula/deductions/0/taker",
            "/share/formula/team",
            "/share/formula/tiers/steps/0/from",
        ]
    );
}
