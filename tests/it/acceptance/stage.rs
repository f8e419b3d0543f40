//! A book over HTTP: parties, the usual split, a shop, and short words for what the examples need.
//! It must never assert more than that a request of the set-up was accepted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use crate::http::server::{Server, read, server};

/// The usual split of the examples: technical fee 10 % of G, live share 20 % of G, agency 30 % of the rest, anchor residual.
pub struct Stage {
    pub server: Server,
    next: AtomicU64,
}

/// Amounts by account and layer, such as `available` or `estimated:available`; zeros are absent.
pub type Pockets = BTreeMap<String, String>;

pub fn cny(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

/// One fact of line `line_no` on the usual item.
pub fn fact(line_no: &str, kind: &str, at: &str) -> Value {
    json!({
        "platform": "taobao", "line_no": line_no, "kind": kind, "at": at,
        "buyer": "buyer", "item_no": "item", "shop_no": "shop",
    })
}

/// The same with an amount.
pub fn paying(line_no: &str, kind: &str, at: &str, amount: &str) -> Value {
    with(fact(line_no, kind, at), json!({"amount": cny(amount)}))
}

/// A won refund of goods.
pub fn refund(line_no: &str, case: &str, at: &str, goods: &str) -> Value {
    with(paying(line_no, "refund_won", at, goods), json!({"case": case}))
}

/// Its deduction.
pub fn deducted(line_no: &str, case: &str, at: &str) -> Value {
    with(fact(line_no, "refund_deducted", at), json!({"case": case}))
}

/// An object with further fields.
pub fn with(mut base: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

impl Stage {
    /// Parties A (anchor, of agency G at 30 %), B (brand), and the two platforms; the book's clock stands at
    /// 2026-06-01T12:00 in Shanghai.
    pub async fn open() -> Stage {
        let stage = Stage::bare().await;
        let usual = json!([
            {"name": "technical_fee", "taker": "affiliate", "rate": "0.1", "of": "gross"},
            {"name": "live_share", "taker": "live", "rate": "0.2", "of": "gross"},
        ]);
        stage.formula(json!({"fees": usual})).await;
        stage
            .contract(
                "A",
                "G",
                json!({"upper_keeps": "0.3"}),
                "2026-01-01T00:00:00+08:00",
                None,
            )
            .await;
        stage
    }

    /// Parties, shop and item, without formula or contract.
    pub async fn bare() -> Stage {
        let stage = Stage {
            server: server().await,
            next: AtomicU64::new(1),
        };
        for (kind, number) in [
            ("anchor", "A"),
            ("agency", "G"),
            ("brand", "B"),
            ("platform", "affiliate"),
            ("platform", "live"),
        ] {
            stage.party(kind, number).await;
        }
        let shop = json!({"platform": "taobao", "external_id": "shop", "name": "Shop", "brand": "B"});
        stage.accepted("/v1/shops", shop).await;
        stage
    }

    pub async fn party(&self, kind: &str, number: &str) -> Value {
        self.accepted(
            "/v1/parties",
            json!({"kind": kind, "external_id": number, "name": number}),
        )
        .await
    }

    pub async fn contract(&self, member: &str, upper: &str, share: Value, from: &str, to: Option<&str>) -> Value {
        let mut body = json!({"member": member, "upper": upper, "share": share, "from": from});
        if let Some(to) = to {
            body["to"] = json!(to);
        }
        self.accepted("/v1/memberships", body).await
    }

    /// A formula in force since the new year, with a window of 15 days, settled by the platform unless told otherwise.
    pub async fn formula(&self, terms: Value) -> Value {
        let plain = json!({"name": "usual", "settleable": {"platform_settled": true}, "window_seconds": 1_296_000});
        let body = json!({"effective_from": "2026-01-01T00:00:00+08:00", "terms": with(plain, terms)});
        self.accepted("/v1/formulas", body).await
    }

    /// A rule on the usual item, open to everyone since the new year unless told otherwise. Gives its id.
    pub async fn rule(&self, kind: &str, rate: &str, terms: Value) -> String {
        let plain = json!({"from": "2026-01-01T00:00:00+08:00", "rate": rate});
        let body = json!({
            "brand": "B", "kind": kind, "currency": "CNY",
            "scope": {"platform": "taobao", "item": "item"}, "terms": with(plain, terms),
        });
        self.accepted("/v1/rules", body).await["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn clicked(&self, at: &str) {
        self.clicked_by("A", "buyer", "item", at).await;
    }

    pub async fn clicked_by(&self, promoter: &str, buyer: &str, item: &str, at: &str) {
        let click = json!({
            "source": "taobao", "at": at, "buyer": buyer, "promoter": promoter, "platform": "taobao",
            "item_no": item, "shop_no": "shop",
        });
        let (status, told) = self.post("/v1/clicks", json!({"clicks": [click]})).await;
        assert_eq!(status, 200, "{told}");
    }

    /// Moves the book's clock.
    pub async fn clock(&self, to: &str) {
        let path = format!("/v1/books/{}/clock", self.server.book);
        self.accepted(&path, json!({"to": to})).await;
    }

    /// Tells facts in bulk and gives the outcome of each.
    pub async fn tell(&self, facts: &[Value]) -> Vec<Value> {
        let body: Vec<String> = facts.iter().map(Value::to_string).collect();
        let request = self.server.request(Role::Ingest, "POST", "/v1/facts");
        let request = request
            .header("Content-Type", "application/x-ndjson")
            .body(body.join("\n"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Tells facts that must all be applied.
    pub async fn applied(&self, facts: &[Value]) {
        for (told, outcome) in facts.iter().zip(self.tell(facts).await) {
            assert_eq!(outcome["state"], "applied", "{told}: {outcome}");
        }
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let key = format!("k{}", self.next.fetch_add(1, Ordering::Relaxed));
        // Routes of facts and clicks take no key.
        let mut request = self.server.request(Role::Owner, "POST", path).json(&body);
        if !["/v1/clicks", "/v1/orders", "/v1/facts"].contains(&path) {
            request = request.header("Idempotency-Key", key);
        }
        read(request.send().await.unwrap()).await
    }

    pub async fn accepted(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body.clone()).await;
        assert!(status < 300, "{status} {path} {body}: {answer}");
        answer
    }

    /// A refusal: its status and code.
    pub async fn refused(&self, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.post(path, body).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.server.get(Role::Owner, path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// What a party's accounts hold.
    pub async fn pockets(&self, party: &str) -> Pockets {
        let view = self.get(&format!("/v1/balances?party={party}")).await;
        let mut pockets = Pockets::new();
        for row in view["balances"].as_array().unwrap() {
            let amount = row["balance"]["amount"].as_str().unwrap().to_owned();
            let kind = row["kind"].as_str().unwrap();
            let name = if row["layer"] == "settled" {
                kind.to_owned()
            } else {
                format!("estimated:{kind}")
            };
            if amount != "0.00" {
                pockets.insert(name, amount);
            }
        }
        pockets
    }

    /// Asserts everything a party holds.
    pub async fn holds(&self, party: &str, expected: &[(&str, &str)]) {
        let expected: Pockets = expected
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        assert_eq!(self.pockets(party).await, expected, "{party}");
    }

    /// Asserts one account of each of: affiliate, live, agency G, anchor A, brand B.
    pub async fn split(&self, account: &str, of_brand: &str, expected: [&str; 5]) {
        let mut found = Vec::new();
        for party in ["affiliate", "live", "G", "A"] {
            found.push(
                self.pockets(party)
                    .await
                    .remove(account)
                    .unwrap_or_else(|| "0.00".to_owned()),
            );
        }
        found.push(
            self.pockets("B")
                .await
                .remove(of_brand)
                .unwrap_or_else(|| "0.00".to_owned()),
        );
        assert_eq!(found, expected, "{account}");
    }

    pub async fn estimated(&self, expected: [&str; 5]) {
        self.split("estimated:available", "estimated:commission", expected)
            .await;
    }

    pub async fn available(&self, expected: [&str; 5]) {
        self.split("available", "commission", expected).await;
    }

    /// Every account of every party is zero.
    pub async fn nobody_holds_anything(&self) {
        for party in ["affiliate", "live", "G", "A", "B"] {
            self.holds(party, &[]).await;
        }
    }

    /// Sums of each layer and currency are zero, and there is something to sum.
    pub async fn balanced(&self) {
        let view = self.get("/v1/trial-balance").await;
        assert_eq!(view["balanced"], true, "{view}");
        let sums = view["sums"].as_array().unwrap();
        assert!(
            !sums.is_empty() && sums.iter().all(|sum| sum["difference"]["amount"] == "0.00"),
            "{view}"
        );
    }

    pub async fn line(&self, line_no: &str) -> Value {
        let line = fenzhang::base::LineId::of(self.server.book, "taobao", line_no);
        self.get(&format!("/v1/orders/{line}")).await
    }
}
