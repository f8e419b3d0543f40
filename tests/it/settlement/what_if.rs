//! What if: a month under other rates, drafted rules and other shares, beside what it came to.
//! It must never find anything written by it.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, fact, paying, with};

/// A sale of A of 100.00 that settles: at 20 %, 2.00 and 4.00 fees, 4.20 to G, 9.80 to A.
async fn sold(stage: &Stage, line: &str, settled: bool) {
    let at = |time: &str| format!("2026-05-{time}+08:00");
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

/// Name, now, then, difference.
fn of(view: &Value, name: &str) -> [String; 3] {
    let parties = view["parties"].as_array().unwrap();
    let one = parties.iter().find(|party| party["name"] == name);
    let one = one.unwrap_or_else(|| panic!("{name}: {view}"));
    ["now", "then", "difference"].map(|side| one[side]["amount"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_under_another_rate_or_share_shows_the_difference_and_writes_nothing() {
    let stage = Stage::open().await;
    let rule = stage.rule("general", "0.2", json!({})).await;
    sold(&stage, "1", true).await;
    sold(&stage, "2", false).await;
    let name = |view: &Value, kind: &str| {
        let parties = view["parties"].as_array().unwrap();
        let one = parties
            .iter()
            .find(|party| party["party"].as_str().unwrap().starts_with(kind));
        one.unwrap()["name"].as_str().unwrap().to_owned()
    };
    let before = stage.get("/v1/trial-balance").await;
    let ask = |draft: Value| {
        let body = with(json!({"period": "2026-05"}), draft);
        async { stage.accepted("/v1/simulations", body).await }
    };
    // 25 % of 100.00: 25.00, fees 2.50 and 5.00, of 17.50 5.25 and 12.25; two lines.
    let view = ask(json!({"rates": [{"rule": rule, "rate": "0.25"}]})).await;
    assert_eq!((&view["lines"], &view["changed"]), (&json!(2), &json!(2)), "{view}");
    let (a, g, b) = (name(&view, "anc_"), name(&view, "agc_"), name(&view, "brd_"));
    assert_eq!(of(&view, &a), ["19.60", "24.50", "4.90"]);
    assert_eq!(of(&view, &g), ["8.40", "10.50", "2.10"]);
    assert_eq!(of(&view, &b), ["-40.00", "-50.00", "-10.00"]);
    // G keeps a half of 14.00.
    let view = ask(json!({"shares": [{"member": "A", "upper": "G", "upper_keeps": "0.5"}]})).await;
    assert_eq!(of(&view, &a), ["19.60", "14.00", "-5.60"]);
    assert_eq!(of(&view, &g), ["8.40", "14.00", "5.60"]);
    assert!(
        view["parties"]
            .as_array()
            .unwrap()
            .iter()
            .all(|party| party["name"] != b.as_str() || party["difference"]["amount"] == "0.00")
    );
    // A drafted rule of the same level goes before; one of a lower level does not.
    let drafted = |kind: &str, scope: Value| json!({"rules": [{"kind": kind, "scope": scope, "rate": "0.1"}]});
    let view = ask(drafted("marketing", json!({"platform": "taobao", "item": "item"}))).await;
    assert_eq!(of(&view, &b), ["-40.00", "-20.00", "20.00"]);
    let view = ask(drafted("general", json!({"platform": "taobao", "shop": "shop"}))).await;
    assert_eq!((&view["changed"], &view["parties"]), (&json!(0), &json!([])), "{view}");
    let after = stage.get("/v1/trial-balance").await;
    assert_eq!(before, after, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_earned_nothing_is_counted_and_not_priced_and_a_brand_sees_its_own_alone() {
    let stage = Stage::open().await;
    sold(&stage, "1", true).await;
    let draft = json!({"rules": [{"kind": "general", "scope": {"platform": "taobao", "item": "item"}, "rate": "0.1"}]});
    let view = stage
        .accepted("/v1/simulations", with(json!({"period": "2026-05"}), draft.clone()))
        .await;
    assert_eq!((&view["unpriced"], &view["changed"]), (&json!(1), &json!(0)), "{view}");
    // A brand looks at its own lines; this one has none.
    let body = with(json!({"period": "2026-05"}), draft);
    let (status, own) = stage.server.post(Role::Brand, "/v1/simulations", "b-1", &body).await;
    assert_eq!(
        (status, &own["lines"], &own["parties"]),
        (200, &json!(0), &json!([])),
        "{own}"
    );
    assert!(own.get("sums").is_none(), "{own}");
    let shares = json!({"period": "2026-05", "shares": [{"member": "A", "upper": "G", "upper_keeps": "0.5"}]});
    let (status, _) = stage.server.post(Role::Brand, "/v1/simulations", "b-2", &shares).await;
    assert!(status == 404 || status == 422, "{status}");
    let (status, _) = stage.server.post(Role::Anchor, "/v1/simulations", "b-3", &body).await;
    assert_eq!(status, 403);
    let empty = stage.refused("/v1/simulations", json!({"period": "2026-05"})).await;
    assert_eq!(empty.0, 422);
}
