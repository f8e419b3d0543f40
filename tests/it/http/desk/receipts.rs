//! Receipts of money: one fact a flow number, proposals, matches, the report of bills, and files that come and are taken back.
//! It must never match by itself: a person says what is settled.

use serde_json::{Value, json};

use super::{Desk, cny, held};
use crate::http::server::read;

fn receipt(flow: &str, amount: &str, payer: &str) -> Value {
    json!({"source": "icbc", "flow_no": flow, "at": "2026-05-25T10:00:00+08:00", "amount": cny(amount), "payer": payer})
}

async fn tell(desk: &Desk, receipts: &[Value]) -> Vec<(String, Value, bool)> {
    let url = format!("{}/v1/receipts", desk.server.base);
    let request = desk.server.client.post(url).bearer_auth(&desk.maker.key);
    let (status, told) = read(request.json(&json!({"receipts": receipts})).send().await.unwrap()).await;
    assert_eq!(status, 200, "{told}");
    let rows = told["receipts"].as_array().unwrap().iter();
    rows.map(|row| {
        let state = row["state"].as_str().unwrap().to_owned();
        (state, row["code"].clone(), row["replayed"].as_bool().unwrap())
    })
    .collect()
}

async fn open(desk: &Desk) -> Vec<Value> {
    let view = desk.get(&desk.owner, "/v1/receipts?open=true").await;
    view["receipts"].as_array().unwrap().clone()
}

/// Rows of the report: month, settled, received, open, state.
async fn bills(desk: &Desk, party: &str) -> Vec<[String; 5]> {
    let view = desk
        .get(&desk.owner, &format!("/v1/reports/receipts?party={party}"))
        .await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = view["rows"].as_array().unwrap().iter();
    rows.map(|row| ["month", "settled", "received", "open", "state"].map(|name| text(row, name)))
        .collect()
}

fn row(fields: [&str; 5]) -> [String; 5] {
    fields.map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_number_told_twice_is_one_receipt_and_other_content_is_a_conflict() {
    let desk = Desk::open().await;
    let first = receipt("F1", "100.00", "某品牌有限公司");
    assert_eq!(
        tell(&desk, &[first.clone(), first.clone()]).await,
        [
            ("applied".to_owned(), Value::Null, false),
            ("applied".to_owned(), Value::Null, true)
        ]
    );
    let other = receipt("F1", "100.01", "某品牌有限公司");
    let conflict = json!("receipt_conflict");
    for replayed in [false, true] {
        assert_eq!(
            tell(&desk, std::slice::from_ref(&other)).await,
            [("conflict".to_owned(), conflict.clone(), replayed)]
        );
    }
    let mut later = receipt("F2", "1.00", "x");
    later["at"] = json!("2026-06-02T00:00:00+08:00");
    assert_eq!(
        tell(&desk, &[later]).await,
        [("parked".to_owned(), json!("in_future"), false)]
    );
    assert_eq!(
        desk.holds("book").await,
        held(&[("cash", "-100.00"), ("suspense", "100.00")])
    );
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_proposed_by_amount_and_name_matched_and_counts_for_the_month_of_its_bill() {
    let desk = Desk::open().await;
    desk.owe("A1", "100.00").await;
    assert_eq!(
        bills(&desk, "B1").await,
        [row(["2026-05", "100.00", "0.00", "100.00", "settled"])]
    );
    tell(
        &desk,
        &[
            receipt("F1", "100.00", "某品牌有限公司"),
            receipt("F2", "100.00", "别的公司"),
            receipt("F3", "99.99", "某品牌有限公司"),
        ],
    )
    .await;
    let found = open(&desk).await;
    assert_eq!(found.len(), 3);
    let proposed: Vec<&Value> = found.iter().filter(|row| !row["proposal"].is_null()).collect();
    assert_eq!(proposed.len(), 1, "name and amount must both fit: {found:?}");
    let (one, proposal) = (proposed[0]["receipt"].as_str().unwrap(), &proposed[0]["proposal"]);
    assert_eq!(
        (&proposed[0]["flow_no"], &proposal["period"]),
        (&json!("F1"), &json!("2026-05"))
    );
    let bill = |amount: &str| json!({"bills": [{"party": "B1", "period": "2026-05", "amount": cny(amount)}]});
    let path = format!("/v1/receipts/{one}/match");
    assert_eq!(
        desk.refused(&path, &bill("100.01")).await,
        (409, "receipt_exceeded".to_owned())
    );
    let (status, part) = desk.post(&desk.maker, &path, &bill("40.00")).await;
    assert_eq!(status, 200, "{part}");
    assert_eq!(
        bills(&desk, "B1").await,
        [row(["2026-05", "100.00", "40.00", "60.00", "part_received"])]
    );
    desk.post(&desk.maker, &path, &bill("60.00")).await;
    assert_eq!(
        bills(&desk, "B1").await,
        [row(["2026-05", "100.00", "100.00", "0.00", "received"])]
    );
    assert_eq!(desk.holds("B1").await, held(&[]));
    assert!(
        open(&desk).await.iter().all(|row| row["proposal"].is_null()),
        "the bill is paid"
    );
    let undo = format!("/v1/receipts/{one}/unmatch");
    let (status, undone) = desk.post(&desk.maker, &undo, &json!({"reason": "错配"})).await;
    assert_eq!(status, 200, "{undone}");
    assert_eq!(desk.holds("B1").await, held(&[("commission", "-100.00")]));
    let twice = desk.refused(&undo, &json!({"reason": "错配"})).await;
    assert_eq!(twice, (409, "receipt_not_matched".to_owned()));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_receipts_that_fit_one_bill_are_left_to_a_person_and_a_transfer_settles_nobody() {
    let desk = Desk::open().await;
    desk.owe("A1", "100.00").await;
    tell(
        &desk,
        &[
            receipt("F1", "100.00", "某品牌有限公司"),
            receipt("F2", "100.00", "某品牌有限公司"),
        ],
    )
    .await;
    let found = open(&desk).await;
    assert!(found.iter().all(|row| row["proposal"].is_null()), "{found:?}");
    let one = found[0]["receipt"].as_str().unwrap();
    let path = format!("/v1/receipts/{one}/match");
    let (_, refused) = desk
        .post(
            &desk.maker,
            &path,
            &json!({"bills": [{"period": "2026-05", "amount": cny("-1.00")}]}),
        )
        .await;
    let codes: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["amount_sign", "period_of_bill"]);
    let (status, moved) = desk
        .post(&desk.maker, &path, &json!({"bills": [{"amount": cny("100.00")}]}))
        .await;
    assert_eq!(status, 200, "{moved}");
    assert_eq!(
        desk.holds("book").await,
        held(&[("cash", "-100.00"), ("suspense", "100.00")]),
        "of the two, one came from the owner's other account"
    );
    assert_eq!(
        open(&desk).await[0]["proposal"]["period"],
        "2026-05",
        "now only one fits"
    );
}

const BANK: &str = "交易流水号,交易时间,收入金额,支出金额,对方户名,摘要\n";

async fn upload(desk: &Desk, rows: &str) -> String {
    let url = format!("{}/v1/files?name=bank.csv", desk.server.base);
    let request = desk.server.client.post(url).bearer_auth(&desk.maker.key);
    let (_, file) = read(request.body(format!("{BANK}{rows}")).send().await.unwrap()).await;
    let made = json!({"file": file["file"], "mapping": "bank-receipts"});
    let (status, import) = desk.post(&desk.maker, "/v1/imports", &made).await;
    assert_eq!(status, 201, "{import}");
    import["import"].as_str().unwrap().to_owned()
}

async fn act(desk: &Desk, import: &str, action: &str, state: &str) -> Value {
    let (status, view) = desk
        .post(&desk.maker, &format!("/v1/imports/{import}/{action}"), &json!({}))
        .await;
    assert!(matches!(status, 200 | 202), "{view}");
    for _ in 0..200 {
        let view = desk.get(&desk.owner, &format!("/v1/imports/{import}")).await;
        if view["state"] == state {
            return view;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{import} never came to {state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_statement_is_checked_committed_and_taken_back_with_what_it_was_matched_to() {
    let desk = Desk::open().await;
    desk.owe("A1", "1234.50").await;
    let rows = "F1,2026-05-25 10:00:00,\"1,234.50\",0.00,某品牌有限公司,货款\n\
        F2,2026-05-25 11:00:00,0.00,50.00,某供应商,付款\n\
        F3,2026-05-26 10:00:00,20.00,,别的公司,\n\
        F4,2026-05-26 10:00:00,1x,,别的公司,\n";
    let import = upload(&desk, rows).await;
    let preview = desk.get(&desk.owner, &format!("/v1/imports/{import}/preview")).await;
    assert_eq!(
        (
            &preview["rows"][0]["told"][0]["kind"],
            &preview["rows"][0]["told"][0]["amounts"]
        ),
        (&json!("receipt.recorded"), &json!(["1234.50"])),
        "{preview}"
    );
    assert_eq!(
        (&preview["rows"][1]["state"], &preview["rows"][3]["state"]),
        (&json!("left_out"), &json!("rejected"))
    );
    act(&desk, &import, "check", "checked").await;
    assert_eq!(desk.holds("book").await, held(&[]), "a check changes nothing");
    act(&desk, &import, "commit", "done").await;
    assert_eq!(
        desk.holds("book").await,
        held(&[("cash", "-1254.50"), ("suspense", "1254.50")])
    );
    // Another file with one of the rows, and the same row with other content.
    let second = upload(
        &desk,
        "F3,2026-05-26 10:00:00,20.00,,别的公司,\nF1,2026-05-25 10:00:00,1234.51,,某品牌有限公司,货款\n",
    )
    .await;
    act(&desk, &second, "commit", "done").await;
    let told = desk.get(&desk.owner, &format!("/v1/imports/{second}/rows")).await;
    assert_eq!(
        (
            &told["rows"][0]["told"][0]["repeated"],
            &told["rows"][1]["told"][0]["state"]
        ),
        (&json!(true), &json!("conflict")),
        "{told}"
    );
    assert!(told["rows"][0]["told"][0]["line"].as_str().unwrap().starts_with("rcp_"));
    let found = open(&desk).await;
    let one = found.iter().find(|row| row["flow_no"] == "F1").unwrap();
    assert_eq!(one["proposal"]["amount"]["amount"], "1234.50", "{one}");
    let bill = json!({"bills": [{"party": "B1", "period": "2026-05", "amount": cny("1234.50")}]});
    let path = format!("/v1/receipts/{}/match", one["receipt"].as_str().unwrap());
    desk.post(&desk.maker, &path, &bill).await;
    assert_eq!(desk.holds("B1").await, held(&[]));
    act(&desk, &import, "reverse", "reversed").await;
    assert_eq!(desk.holds("B1").await, held(&[("commission", "-1234.50")]));
    assert_eq!(
        desk.holds("book").await,
        held(&[("cash", "-20.00"), ("suspense", "20.00")]),
        "what the other file tells too stays"
    );
    act(&desk, &second, "reverse", "reversed").await;
    assert_eq!(desk.holds("book").await, held(&[]));
    let again = upload(&desk, rows).await;
    act(&desk, &again, "commit", "done").await;
    assert_eq!(
        desk.holds("book").await,
        held(&[("cash", "-1254.50"), ("suspense", "1254.50")]),
        "after a reversal the file may be imported again"
    );
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_receipts_in_a_month_that_is_cut_off_is_taken_back_by_two_persons() {
    let desk = Desk::open().await;
    let import = upload(&desk, "F1,2026-05-25 10:00:00,10.00,,某品牌有限公司,\n").await;
    act(&desk, &import, "commit", "done").await;
    let (status, cut) = desk.post(&desk.maker, "/v1/periods/2026-05/cut-off", &json!({})).await;
    assert_eq!(status, 200, "{cut}");
    let path = format!("/v1/imports/{import}/reverse");
    let (status, waits) = desk.post(&desk.maker, &path, &json!({})).await;
    assert_eq!(status, 202, "{waits}");
    assert_eq!(
        desk.holds("book").await,
        held(&[("cash", "-10.00"), ("suspense", "10.00")])
    );
    desk.approve(&desk.owner, waits["approval"].as_str().unwrap()).await;
    for _ in 0..200 {
        if desk.holds("book").await.is_empty() {
            return desk.verify().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never taken back");
}
