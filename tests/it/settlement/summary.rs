//! The settlement summary of a month beside its sheets: the same parts, and opening and parts are the closing.
//! It must never let a kind of movement stand in no column.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{adjusted, approved, close, paid};
use crate::acceptance::stage::{Stage, cny, deducted, fact, paying, refund, with};

/// The column of the summary for each part of a sheet.
const CELLS: [(&str, &str); 15] = [
    ("settled", "settled 佣金结算"),
    ("clawbacks", "clawbacks 佣金扣回"),
    ("true_ups", "shares 分成与保底"),
    ("guarantees", "shares 分成与保底"),
    ("contracts", "services 服务费"),
    ("sourcing", "services 服务费"),
    ("penalties", "penalties 罚扣"),
    ("charges", "penalties 罚扣"),
    ("freezes", "freezes 冻结"),
    ("reserve_held", "reserves 准备金"),
    ("reserve_released", "reserves 准备金"),
    ("adjustments", "adjustments 调整"),
    ("payments", "payments 收付款"),
    ("receipts", "payments 收付款"),
    ("write_offs", "write_offs 核销"),
];

fn fen(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Every kind of movement of `available`, in one month of A.
pub async fn moved(stage: &Stage) {
    let at = "2026-06-20T12:00:00+08:00";
    let on = |told: Value| with(told, json!({"promoter": "A"}));
    let sale = [
        on(paying("1", "created", "2026-06-10T10:00:00+08:00", "1000.00")),
        on(paying("1", "paid", "2026-06-10T11:00:00+08:00", "1000.00")),
        on(fact("1", "settled", "2026-06-10T12:00:00+08:00")),
        on(refund("1", "c", "2026-06-11T12:00:00+08:00", "250.00")),
        on(deducted("1", "c", "2026-06-12T12:00:00+08:00")),
    ];
    stage.applied(&sale).await;
    for (purpose, amount) in [
        ("adjustment", "1.00"),
        ("contract", "200.00"),
        ("sourcing", "30.00"),
        ("penalty", "-4.00"),
        ("charge", "-5.00"),
        ("payment", "-6.00"),
        ("receipt", "7.00"),
        ("write_off", "8.00"),
    ] {
        adjusted(stage, at, purpose, "A", amount).await;
    }
    paid(stage, "2026-06-25", "A", "20.00", "R-1").await;
    let bounced = paid(stage, "2026-06-25", "A", "3.00", "R-2").await;
    let path = format!("/v1/payments/{}/return", bounced["ids"]["payment"].as_str().unwrap());
    approved(stage, &path, json!({"returned_on": "2026-06-26", "reason": "账号有误"})).await;
}

/// A freeze has the date of its approval.
pub async fn frozen(stage: &Stage) {
    let freeze = json!({"party": "A", "amount": cny("9.00"), "reason": "核实"});
    let placed = approved(stage, "/v1/freezes", freeze).await;
    let id = placed["ids"]["freeze"].as_str().unwrap();
    let part = |amount: &str| json!({"amount": cny(amount), "reason": "申诉"});
    approved(stage, &format!("/v1/freezes/{id}/unfreeze"), part("2.00")).await;
    let mut to = part("3.00");
    to["to"] = json!("G");
    approved(stage, &format!("/v1/freezes/{id}/forfeit"), to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_has_the_parts_of_the_sheets_and_they_are_the_closing() {
    let stage = Stage::bare().await;
    stage.formula(json!({})).await;
    stage.rule("general", "0.2", json!({})).await;
    let contract = json!({
        "member": "A", "upper": "G", "share": {"upper_keeps": "0.3"}, "from": "2026-01-01T00:00:00+08:00",
        "guarantee": {"amount": cny("8000.00"), "mode": "top_up"},
    });
    stage.accepted("/v1/memberships", contract).await;
    let terms = json!({"from": "2026-05", "reserve_rate": "0.1", "reserve_days": 20});
    stage.accepted("/v1/settlement-terms", terms).await;
    adjusted(&stage, "2026-05-20T12:00:00+08:00", "contract", "A", "100.00").await;
    close(&stage, "2026-05").await.ties();
    stage.clock("2026-06-28T12:00:00+08:00").await;
    moved(&stage).await;
    frozen(&stage).await;
    stage.clock("2026-07-01T12:00:00+08:00").await;
    let june = close(&stage, "2026-06").await;
    june.ties();
    for (kind, party) in [("anchor", "A"), ("agency", "G"), ("brand", "B")] {
        let sheet = june.sheet_of(party).await;
        let report = stage
            .get(&format!("/v1/reports/settlement?kind={kind}&period=2026-06"))
            .await;
        let row = &report["rows"][0];
        assert_eq!(row["party"], party, "{report}");
        let mut due: BTreeMap<&str, i64> = BTreeMap::from([("opening 期初", fen(&sheet["opening"]["amount"]))]);
        for part in sheet["parts"].as_array().unwrap() {
            let (_, cell) = CELLS.iter().find(|(word, _)| part["part"] == *word).unwrap();
            *due.entry(cell).or_default() += fen(&part["amount"]["amount"]);
        }
        let shown: BTreeMap<&str, i64> = (row.as_object().unwrap().iter())
            .filter(|(name, _)| !["party", "closing 期末", "currency"].contains(&name.as_str()))
            .map(|(name, amount)| (name.as_str(), fen(amount)))
            .collect();
        assert_eq!(shown.values().sum::<i64>(), fen(&row["closing 期末"]), "{row}");
        assert_eq!(row["closing 期末"], sheet["closing"]["amount"], "{row}");
        for (name, amount) in &shown {
            assert_eq!(*amount, due.get(name).copied().unwrap_or_default(), "{name}: {sheet}");
        }
        for (name, amount) in due {
            assert_eq!(shown.get(name).copied().unwrap_or_default(), amount, "{name}: {row}");
        }
        // What stands in a cell is explained by the events that make it.
        for cell in ["shares", "services", "penalties", "payments", "write_offs"] {
            let path = format!("/v1/explain/statement?party={party}&period=2026-06&cell={cell}");
            let account = if party == "B" { "&account=commission" } else { "" };
            let (status, told) = stage
                .server
                .get(fenzhang::domain::person::Role::Owner, &(path + account))
                .await;
            let name = row
                .as_object()
                .unwrap()
                .keys()
                .find(|name| name.starts_with(&format!("{cell} ")));
            let stated = name.map_or(0, |name| fen(&row[name]));
            if status == 200 {
                assert_eq!(fen(&told["root"]["amount"]["amount"]), stated, "{cell}: {told}");
            } else {
                assert_eq!(stated, 0, "{cell}: {told}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_says_in_two_languages_what_moved() {
    let stage = Stage::bare().await;
    stage.formula(json!({})).await;
    stage.rule("general", "0.2", json!({})).await;
    stage.clock("2026-06-28T12:00:00+08:00").await;
    moved(&stage).await;
    frozen(&stage).await;
    let statement = stage.get("/v1/statements?party=A&period=2026-06&limit=100").await;
    let mut words: Vec<(&str, &str)> = (statement["lines"].as_array().unwrap().iter())
        .map(|line| (line["text"].as_str().unwrap(), line["text_zh"].as_str().unwrap()))
        .collect();
    words.sort_unstable();
    words.dedup();
    let expected = [
        ("brand contract", "V任务"),
        ("charge", "费用"),
        ("claw-back for a refund", "佣金扣回（退款）"),
        ("commission settled", "佣金结算"),
        ("freeze lifted", "解冻"),
        ("frozen", "冻结"),
        ("manual adjustment", "人工调整"),
        ("money received, by adjustment", "回款（人工调整）"),
        ("payment", "付款"),
        ("payment returned", "付款退回"),
        ("payment, by adjustment", "付款（人工调整）"),
        ("penalty", "罚款"),
        ("sourcing", "供货"),
        ("written off", "核销"),
    ];
    assert_eq!(words, expected);
}
