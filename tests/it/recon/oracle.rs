//! The platform's side of the sample: what each line was paid, settled and refunded for, by plain arithmetic on its facts.
//! It must never use the product's split or fold.

use std::collections::BTreeMap;

use fenzhang::base::Instant;
use serde_json::Value;
use tokio_postgres::Client;

/// A line as the platform knows it; amounts in fen.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub line_no: String,
    pub order_no: String,
    pub item_no: String,
    pub shop_no: String,
    pub category: String,
    pub quantity: u64,
    pub created: Option<Instant>,
    pub paid_at: Option<Instant>,
    pub received: Option<Instant>,
    pub settled: Option<Instant>,
    pub paid: i64,
    refunds: Vec<Case>,
    deducted: Vec<String>,
    pin: Value,
}

/// A refund case.
#[derive(Clone, Debug)]
pub struct Case {
    pub case: String,
    pub at: Instant,
    pub goods: i64,
    pub deducted: bool,
}

/// Half-up of `amount x part / whole`.
pub fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let exact = i128::from(amount) * i128::from(part) * 2 + i128::from(whole);
    i64::try_from(exact / (2 * i128::from(whole))).unwrap()
}

fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .or_else(|| value.as_str()?.parse().ok())
        .unwrap_or_else(|| panic!("{value} is no number"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Line {
    fn hear(&mut self, payload: &Value) {
        if payload["pin"].is_object() {
            self.pin = payload["pin"].clone();
        }
        let fact = &payload["fact"];
        let (what, about) = (&fact["what"], &fact["about"]);
        let at: Option<Instant> = fact["at"].as_str().map(|at| at.parse().unwrap());
        match what["is"].as_str().unwrap_or_default() {
            "created" => {
                self.created = at;
                self.line_no = text(&fact["line_no"]);
                self.order_no = text(&about["order_no"]);
                self.item_no = text(&about["item_no"]);
                self.shop_no = text(&about["shop_no"]);
                self.category = text(&about["category"]);
                self.quantity = about["quantity"].as_u64().unwrap_or(1);
            }
            "paid" | "deposit" | "tail" => {
                self.paid_at = at;
                self.paid += number(&what["amount"]);
            }
            "received" => self.received = at,
            "settled" => self.settled = at,
            "refund_won" => self.refunds.push(Case {
                case: text(&what["case"]),
                at: at.unwrap(),
                goods: number(&what["goods"]),
                deducted: what["deducted"].as_bool().unwrap_or(false),
            }),
            "refund_deducted" => self.deducted.push(text(&what["case"])),
            _ => {}
        }
    }

    /// Somebody earns by it.
    pub fn earns(&self) -> bool {
        self.pin["terms"].is_object() && self.pin["rule"].is_object()
    }

    /// The rule gives one rate and limits nothing.
    pub fn is_plain(&self) -> bool {
        let rule = &self.pin["rule"];
        rule["rate"]["flat"].is_number() && rule["cap"].is_null() && self.pin["reservation"].is_null()
    }

    /// Rate in parts per million, where there is one.
    pub fn rate(&self) -> Option<i64> {
        self.pin["rule"]["rate"]["flat"].as_i64()
    }

    /// Who promoted it.
    pub fn promoter(&self) -> String {
        text(&self.pin["attribution"]["party"])
    }

    /// Paid, less what was refunded before the settlement.
    pub fn base(&self) -> i64 {
        let settled = self.settled.or(self.received);
        let before = self.refunds.iter().filter(|case| Some(case.at) <= settled);
        let before: i64 = before.map(|case| case.goods).sum();
        share(self.paid, self.paid - before, self.paid)
    }

    /// Commission of a base.
    pub fn commission(&self, base: i64) -> i64 {
        let rule = &self.pin["rule"];
        let gross = match rule["rate"]["flat"].as_i64() {
            Some(ppm) => share(base, ppm, 1_000_000),
            None => {
                let payable = number(&self.pin["payable"]);
                let portions = rule["rate"]["tiered"].as_array().unwrap();
                let exact: i128 = portions
                    .iter()
                    .map(|one| i128::from(number(&one[0])) * i128::from(number(&one[1])))
                    .sum();
                let whole = 1_000_000 * i128::from(payable);
                i64::try_from((exact * i128::from(base) * 2 + whole) / (2 * whole)).unwrap()
            }
        };
        if rule["cap"].is_null() {
            gross
        } else {
            gross.min(number(&rule["cap"]))
        }
    }

    /// Cases won after the settlement.
    pub fn after(&self) -> Vec<Case> {
        let after = self
            .refunds
            .iter()
            .filter(|case| self.settled.is_some_and(|settled| case.at > settled));
        after
            .map(|case| Case {
                deducted: case.deducted || self.deducted.contains(&case.case),
                ..case.clone()
            })
            .collect()
    }
}

/// Every line of the sample.
pub async fn read(client: &Client) -> Vec<Line> {
    let text = "select stream::text, payload from event where slice = 7 order by stream, version";
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for row in client.query(text, &[]).await.unwrap() {
        let payload: Value = serde_json::from_str(row.get(1)).unwrap();
        lines.entry(row.get(0)).or_default().hear(&payload);
    }
    let mut lines: Vec<Line> = lines.into_values().collect();
    lines.sort_by(|a, b| a.line_no.cmp(&b.line_no));
    lines
}
