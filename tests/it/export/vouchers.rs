//! Vouchers: they balance, they sum to the trial balance of their month, and a mapping that does not fit is refused.
//! It must never sum with the product.

use std::collections::BTreeMap;

use fenzhang::domain::person::Role;

use super::{download, taken, two_months};
use crate::acceptance::stage::Stage;

fn fen(amount: &str) -> i64 {
    let digits: String = amount.chars().filter(|c| *c != '.').collect();
    if digits.is_empty() { 0 } else { digits.parse().unwrap() }
}

fn rows(bytes: &[u8]) -> Vec<csv::StringRecord> {
    let text = std::str::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').unwrap();
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect()
}

/// Debits and credits of each voucher.
fn sums(rows: &[csv::StringRecord]) -> BTreeMap<String, (i64, i64)> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(row[0].to_owned()).or_default();
        *sum = (sum.0 + fen(&row[8]), sum.1 + fen(&row[9]));
    }
    sums
}

async fn uploaded(stage: &Stage, text: &str) -> String {
    let request = stage
        .server
        .request(Role::Finance, "POST", "/v1/files?name=subjects.toml");
    let response = request.body(text.to_owned()).send().await.unwrap();
    let body: serde_json::Value = response.json().await.unwrap();
    body["file"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_voucher_balances_and_all_of_them_are_the_turnover_of_the_month() {
    let stage = two_months().await;
    let periods = stage.get("/v1/periods").await;
    for period in ["2026-05", "2026-06"] {
        let found = periods["periods"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["period"] == period);
        let turnover = fen(found.unwrap()["turnover"]["amount"].as_str().unwrap());
        for ask in ["", "&by=month", "&by_party=true", "&by=month&by_party=true"] {
            let rows = rows(&taken(&stage, &format!("/v1/exports/vouchers?period={period}{ask}")).await);
            let sums = sums(&rows);
            assert!(sums.values().all(|(debits, credits)| debits == credits), "{sums:?}");
            assert_eq!(sums.values().map(|sum| sum.0).sum::<i64>(), turnover, "{period}{ask}");
            assert!(
                rows.iter().all(|row| row[1].starts_with(period)),
                "a date stays in its month"
            );
            assert_eq!(
                ask.contains("by=month"),
                sums.len() == 1 && rows[0][1].ends_with(['0', '1']) && !ask.is_empty()
            );
        }
    }
    let rows = rows(&taken(&stage, "/v1/exports/vouchers?period=2026-05&by_party=true").await);
    let brand = rows.iter().find(|row| row[4] == *"1122.01").unwrap();
    assert_eq!(
        (&brand[7], &brand[8], &brand[9]),
        ("B", "79.60", ""),
        "two lines of 199.00 at 20 %"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn own_subjects_take_the_place_of_the_sample_and_a_moved_account_without_one_is_refused() {
    let stage = two_months().await;
    let sample = String::from_utf8(taken(&stage, "/v1/exports/subjects").await).unwrap();
    assert!(sample.contains("sample = true") && sample.contains("科目"), "{sample}");
    let own = uploaded(&stage, &sample.replace("1122.01", "=1122+1")).await;
    let rows = rows(&taken(&stage, &format!("/v1/exports/vouchers?period=2026-05&mapping={own}")).await);
    assert!(
        rows.iter().any(|row| row[4] == *"'=1122+1"),
        "a code is text, whatever it begins with"
    );

    let bare = "name = \"x\"\n[[subject]]\naccount = \"available\"\ncode = \"1\"\nname = \"n\"\n";
    let bare = uploaded(&stage, bare).await;
    let (status, body) = download(
        &stage,
        Role::Finance,
        &format!("/v1/exports/vouchers?period=2026-05&mapping={bare}"),
    )
    .await;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert_eq!(status, 422, "{body}");
    assert!(
        body.contains("subjects_form") && body.contains("brand:commission moved in this month"),
        "{body}"
    );
    for (path, status, code) in [
        ("/v1/exports/vouchers?period=2026-05&mapping=00", 400, "file_unknown"),
        ("/v1/exports/vouchers", 400, "parameter_missing"),
        ("/v1/exports/vouchers?period=2026-05&by=week", 400, "unknown_word"),
    ] {
        let (got, body) = download(&stage, Role::Finance, path).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(got == status && body.contains(code), "{path}: {got} {body}");
    }
}
