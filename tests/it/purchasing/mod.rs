//! Purchases and samples from outside: over HTTP, to the fen.
//! It must never look into the service: only what it answers and what its tables hold.

mod dropship;
mod purchases;
mod samples;
mod sides;

use fenzhang::domain::command::{Command, OfferTold};
use fenzhang::domain::offer::{Consign, Freight, OfferTerms, SampleOffer, Tier};
use fenzhang::engine::Meta;
use fenzhang::money::{Currency, Minor};
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny, with};

/// The usual book with supplier S.
pub async fn stage() -> Stage {
    let stage = Stage::open().await;
    stage.party("supplier", "S").await;
    stage
}

/// The offer of AT-22 and AT-23, with number 9: tiers 1-9 25.00, 10-99 22.00, 100-499 19.50, 500 and more 17.80; minimum order
/// 2; a sample is sent for 8.00; single pieces cost 22.00 and are sent for 6.00.
pub async fn offer(stage: &Stage) -> String {
    let supplier = stage.get("/v1/parties/S").await["party"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let once = |price| Freight::Units {
        first: 100,
        first_price: Minor(price),
        more: 1,
        more_price: Minor(0),
    };
    let tiers = [(1, 2_500), (10, 2_200), (100, 1_950), (500, 1_780)].map(|(from, price)| Tier {
        from,
        price: Minor(price),
    });
    let terms = OfferTerms {
        supplier: Some(supplier),
        tiers: tiers.to_vec(),
        min_order: 2,
        sample: Some(SampleOffer {
            price: None,
            freight: once(800),
            most: Some(1),
        }),
        consign: Some(Consign {
            price: Some(Minor(2_200)),
            freight: once(600),
        }),
        ..OfferTerms::plain(
            "1688".parse().unwrap(),
            "9".parse().unwrap(),
            "杯子".parse().unwrap(),
            Currency::CNY,
        )
    };
    let told = OfferTold {
        terms,
        supplier: None,
        figures: None,
        reported_at: None,
    };
    let command = Command::PublishOffer(Box::new(told));
    let answer = stage
        .server
        .engine
        .submit(stage.server.book, command, Meta::system("test"));
    answer.await.unwrap().made.ids["offer"].clone()
}

/// A purchase from the offer of number 9, for anchor A.
pub fn from_offer(kind: &str, quantity: u32, more: Value) -> Value {
    let plain = json!({"kind": kind, "buyer": "A", "lines": [{"offer": "9", "quantity": quantity}]});
    with(plain, more)
}

/// Records something; gives the purchase after it.
pub async fn done(stage: &Stage, number: &str, action: &str, body: Value) -> Value {
    stage.accepted(&format!("/v1/purchases/{number}/{action}"), body).await["purchase"].clone()
}

pub async fn refused(stage: &Stage, number: &str, action: &str, body: Value) -> (u16, String) {
    stage.refused(&format!("/v1/purchases/{number}/{action}"), body).await
}

/// Every derived table is what a fold of the log gives.
pub async fn verified(stage: &Stage) {
    let mut client = stage.server.db.client().await;
    let logs = fenzhang::store::books::of_book(&client, stage.server.book)
        .await
        .unwrap();
    let found = fenzhang::store::verify::verify(&mut client, logs.unwrap().money)
        .await
        .unwrap();
    assert!(found.findings.is_empty(), "{:?}", found.findings);
}

/// Fen of an amount.
pub fn fen(money: &Value) -> i64 {
    money["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Wherever a node of an explanation says so, the amounts below it are its own. Gives how many did.
pub fn adds_up(node: &Value) -> usize {
    let below = node["because"].as_array().cloned().unwrap_or_default();
    let mut count = below.iter().map(adds_up).sum();
    if node["adds_up"] == true {
        let sum: i64 = below.iter().map(|node| fen(&node["amount"])).sum();
        assert_eq!(sum, fen(&node["amount"]), "{node}");
        count += 1;
    }
    count
}
