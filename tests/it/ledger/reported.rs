//! The platform's figures beside ours, in a book that decides by its own rules.
//! It must never compute an expected amount with the product.

use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny};

/// What a platform reported: gross, its technical fee, and the base where it told one.
fn track(base: Option<&str>, gross: &str, fee: &str) -> Value {
    let mut track = json!({"gross": cny(gross), "fees": [{"name": "technical_fee", "amount": cny(fee)}]});
    if let Some(base) = base {
        track["base"] = cny(base);
    }
    track
}

fn row(line_no: &str, at: &str, settled: bool) -> Value {
    let paid = "2026-05-20T12:00:00+08:00";
    let mut row = json!({"created_at": paid, "paid_at": paid, "paid": cny("100.00")});
    let mut reported = json!({"estimated": track(Some("100.00"), "21.00", "2.10")});
    if settled {
        row["settled_base"] = cny("90.00");
        row["settled_at"] = json!("2026-05-27T12:00:00+08:00");
        reported["settled"] = track(None, "17.00", "1.70");
    }
    json!({
        "platform": "taobao", "line_no": line_no, "kind": "snapshot", "at": at, "buyer": "buyer", "item_no": "item",
        "shop_no": "shop", "row": row, "reported": reported,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_reported_stands_beside_ours_with_the_difference() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clicked("2026-05-20T10:00:00+08:00").await;
    stage
        .applied(&[
            row("paid", "2026-05-20T13:00:00+08:00", false),
            row("settled", "2026-05-28T12:00:00+08:00", true),
        ])
        .await;
    let of = |name: &str| ["estimated", "settled", "difference"].map(|side| format!("{name}_reported_{side}"));
    let names = ["base", "gross", "fees", "content_fee", "subsidies"].map(|name| of(name).join(","));
    let path = format!(
        "/v1/reports/line-ledger?columns=line_no,gross_estimated,gross_settled,{}",
        names.join(",")
    );
    let view = stage.get(&path).await;
    let line = |no: &str| {
        let rows = view["rows"].as_array().unwrap().iter();
        rows.clone().find(|row| row["line_no"] == no).unwrap().clone()
    };
    let three = |row: &Value, name: &str| of(name).map(|column| row[column].as_str().map(str::to_owned));
    let text = |told: [Option<&str>; 3]| told.map(|told| told.map(str::to_owned));
    // Ours: 20 % of 90.00 is 18.00, of it the technical fee 1.80 and the live share 3.60.
    let settled = line("settled");
    assert_eq!(settled["gross_settled"], "18.00");
    assert_eq!(
        three(&settled, "base"),
        text([Some("100.00"), Some("90.00"), Some("0.00")])
    );
    assert_eq!(
        three(&settled, "gross"),
        text([Some("21.00"), Some("17.00"), Some("1.00")])
    );
    assert_eq!(
        three(&settled, "fees"),
        text([Some("2.10"), Some("1.70"), Some("3.70")])
    );
    assert_eq!(
        three(&settled, "content_fee"),
        text([None, None, None]),
        "what was not told is nothing, not zero"
    );
    assert_eq!(
        three(&settled, "subsidies"),
        text([Some("0.00"), Some("0.00"), Some("0.00")])
    );
    // Not settled yet: the estimates are held against each other.
    let paid = line("paid");
    assert_eq!(paid["gross_estimated"], "20.00");
    assert_eq!(three(&paid, "gross"), text([Some("21.00"), None, Some("-1.00")]));
    assert_eq!(three(&paid, "base"), text([Some("100.00"), None, Some("0.00")]));
    assert_eq!(three(&paid, "fees"), text([Some("2.10"), None, Some("3.90")]));
    stage.balanced().await;
}
