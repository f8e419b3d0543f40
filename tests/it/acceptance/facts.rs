//! Callbacks of platforms in every order and number: nasty cases 2, 3, 4.
//! It must never sort what it tells.

use serde_json::{Value, json};

use super::stage::{Stage, fact, paying, refund, with};

/// The five callbacks of one order: created, paid, received, settled, refunded in part.
fn callbacks(line: &str) -> [Value; 5] {
    let all = [
        paying(line, "created", "2026-05-20T12:00:00+08:00", "100.00"),
        paying(line, "paid", "2026-05-20T12:05:00+08:00", "100.00"),
        fact(line, "received", "2026-05-24T12:00:00+08:00"),
        fact(line, "settled", "2026-05-25T12:00:00+08:00"),
        with(
            refund(line, "c1", "2026-05-28T12:00:00+08:00", "33.33"),
            json!({"deducted": true}),
        ),
    ];
    all.map(|fact| with(fact, json!({"promoter": "A"})))
}

fn orders_of_five() -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..5 {
        let mut longer = Vec::new();
        for order in &orders {
            for n in (0..5).filter(|n| !order.contains(n)) {
                longer.push([order.as_slice(), &[n]].concat());
            }
        }
        orders = longer;
    }
    orders
}

#[tokio::test(flavor = "multi_thread")]
async fn case_02_all_120_orders_of_five_callbacks_each_doubled_at_random_end_in_the_same_balances() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let orders = orders_of_five();
    assert_eq!(orders.len(), 120);
    let mut facts = Vec::new();
    for (n, order) in orders.iter().enumerate() {
        let line = format!("l{n}");
        let told = callbacks(&line);
        for (step, which) in order.iter().enumerate() {
            facts.push(told[*which].clone());
            // Doubled at once, or again at the end.
            if (n * 7 + step * 3) % 4 == 0 {
                facts.push(told[order[(n + step) % (step + 1)]].clone());
            }
        }
    }
    for (fact, outcome) in facts.iter().zip(stage.tell(&facts).await) {
        assert!(
            ["applied", "waiting"].contains(&outcome["state"].as_str().unwrap()),
            "{fact}: {outcome}"
        );
    }
    // 66.67 is left of each: G 13.33, tech 1.33, live 2.67, agency 2.80, anchor 6.53.
    let each = super::shapes::usual_split(6_667, 200_000);
    let all = each.map(|amount| {
        let fen: i64 = amount.replace('.', "").parse().unwrap();
        let sum = fen * 120;
        format!(
            "{}{}.{:02}",
            if sum < 0 { "-" } else { "" },
            sum.abs() / 100,
            sum.abs() % 100
        )
    });
    stage.available([&all[0], &all[1], &all[2], &all[3], &all[4]]).await;
    stage.estimated(["0.00"; 5]).await;
    stage.split("clawback_due", "clawback_due", ["0.00"; 5]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_03_one_callback_fifty_times_at_once_has_one_effect_and_another_body_has_none() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let [created, paid, ..] = callbacks("1");
    stage.applied(&[created]).await;
    let told = [paid.clone()];
    let all = futures_util::future::join_all((0..50).map(|_| stage.tell(&told))).await;
    let first = all.iter().filter(|outcome| outcome[0]["replayed"] == false).count();
    assert_eq!(first, 1, "one effect, 49 replays");
    assert!(all.iter().all(|outcome| outcome[0]["state"] == "applied"));
    let estimate = ["2.00", "4.00", "4.20", "9.80", "-20.00"];
    stage.estimated(estimate).await;
    let other = with(paid, json!({"amount": super::stage::cny("90.00")}));
    let outcome = &stage.tell(&[other]).await[0];
    assert_eq!(outcome["state"], "conflict", "{outcome}");
    stage.estimated(estimate).await;
    let parked = stage.get("/v1/parked").await;
    assert!(parked.to_string().contains("conflict"), "shown to people: {parked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_04_an_older_row_after_a_newer_one_is_stored_as_stale() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    let row = |modified: &str, paid: &str| {
        let row = json!({
            "created_at": "2026-05-20T12:00:00+08:00", "paid_at": "2026-05-20T12:05:00+08:00",
            "paid": super::stage::cny(paid),
        });
        with(fact("1", "snapshot", modified), json!({"row": row, "promoter": "A"}))
    };
    stage.applied(&[row("2026-05-22T12:00:00+08:00", "100.00")]).await;
    let estimate = ["2.00", "4.00", "4.20", "9.80", "-20.00"];
    stage.estimated(estimate).await;
    let outcome = &stage.tell(&[row("2026-05-21T12:00:00+08:00", "50.00")]).await[0];
    assert_eq!(outcome["state"], "stale", "{outcome}");
    stage.estimated(estimate).await;
}
