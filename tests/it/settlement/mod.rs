//! The close of a month through the public interface: runs, sheets, what is payable, and what happens when things go wrong.
//! It must never reach behind the interface to make a sheet right; only to break a close, or to count.

mod books;
mod broken;
mod contests;
mod examples;
mod guarantees;
mod months;
mod parts;
mod summary;
mod suspended;

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use crate::acceptance::stage::{Stage, cny};

/// A month that was closed on a stage.
pub struct Closed<'a> {
    stage: &'a Stage,
    pub run: String,
    pub view: Value,
}

pub fn id(answer: &Value, name: &str) -> String {
    let found = answer["ids"][name].as_str().or(answer["id"].as_str());
    found.unwrap_or_else(|| panic!("{name}: {answer}")).to_owned()
}

/// Starts a run and waits until its sheets are there.
pub async fn close<'a>(stage: &'a Stage, period: &str) -> Closed<'a> {
    let answer = stage.accepted("/v1/settlements", json!({"period": period})).await;
    let run = id(&answer, "run");
    let view = drafted(stage, &run).await;
    Closed { stage, run, view }
}

pub async fn drafted(stage: &Stage, run: &str) -> Value {
    for _ in 0..400 {
        let view = stage.get(&format!("/v1/settlements/{run}")).await;
        if !["closing", "drafting"].contains(&view["stage"].as_str().unwrap()) {
            return view;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the sheets of {run} are not there after 20 s");
}

/// A second person decides.
pub async fn second_person(stage: &Stage, approval: &str, verdict: &str) -> (u16, Value) {
    let key = format!("{approval}-{verdict}");
    let path = format!("/v1/approvals/{approval}");
    stage
        .server
        .post(Role::Finance, &path, &key, &json!({"verdict": verdict}))
        .await
}

/// An entry that a second person approves at once.
pub async fn adjusted(stage: &Stage, at: &str, purpose: &str, party: &str, amount: &str) {
    let other = amount
        .strip_prefix('-')
        .map_or_else(|| format!("-{amount}"), str::to_owned);
    let entry = json!({"entry": {"at": at, "reason": purpose, "purpose": purpose, "legs": [
        {"party": party, "account": "available", "amount": cny(amount)},
        {"account": "suspense", "amount": cny(&other)},
    ]}});
    let asked = stage.accepted("/v1/adjustments", entry).await;
    let done = second_person(stage, &id(&asked, "approval"), "approve").await;
    assert!(done.0 < 300, "{done:?}");
}

/// A payment made outside: its voucher is kept, and a second person approves it.
pub async fn paid(stage: &Stage, on: &str, party: &str, amount: &str, reference: &str) -> Value {
    let request = stage
        .server
        .request(Role::Finance, "POST", "/v1/files?name=voucher.pdf");
    let file = crate::http::server::read(request.body(&b"%PDF voucher"[..]).send().await.unwrap()).await;
    let body = json!({
        "party": party, "amount": cny(amount), "channel": "bank", "reference": reference, "paid_on": on,
        "vouchers": [file.1["file"]],
    });
    approved(stage, "/v1/payments", body).await
}

/// Asks for what a second person approves at once.
pub async fn approved(stage: &Stage, path: &str, body: Value) -> Value {
    let asked = stage.accepted(path, body).await;
    let done = second_person(stage, &id(&asked, "approval"), "approve").await;
    assert!(done.0 < 300, "{done:?}");
    done.1
}

impl Closed<'_> {
    pub async fn sheet_of(&self, party: &str) -> Value {
        let path = format!("/v1/settlements/{}/sheets?party={party}", self.run);
        let found = self.stage.get(&path).await;
        assert_eq!(found["sheets"].as_array().unwrap().len(), 1, "{party}: {found}");
        found["sheets"][0].clone()
    }

    /// Asserts a whole sheet of a party: opening, parts, closing, payable.
    pub async fn says(&self, party: &str, opening: &str, parts: &[(&str, &str)], closing: &str, payable: &str) {
        let sheet = self.sheet_of(party).await;
        let amount = |of: &Value| of["amount"].as_str().unwrap().to_owned();
        let found: Vec<(String, String)> = (sheet["parts"].as_array().unwrap().iter())
            .map(|part| (part["part"].as_str().unwrap().to_owned(), amount(&part["amount"])))
            .collect();
        let expected: Vec<(String, String)> = parts
            .iter()
            .map(|(part, amount)| ((*part).to_owned(), (*amount).to_owned()))
            .collect();
        assert_eq!(found, expected, "{party}: {sheet}");
        let ends = [&sheet["opening"], &sheet["closing"], &sheet["payable"]].map(amount);
        assert_eq!(ends, [opening, closing, payable], "{party}: {sheet}");
        self.lines_tie(&sheet).await;
    }

    /// Opening and the lines behind the sheet are its closing.
    async fn lines_tie(&self, sheet: &Value) {
        let path = format!("/v1/sheets/{}/lines?limit=1000", sheet["sheet"].as_str().unwrap());
        let lines = self.stage.get(&path).await;
        let last = lines["lines"].as_array().unwrap().last();
        let ends = last.map_or(&sheet["opening"], |line| &line["balance"]);
        assert_eq!(ends["amount"], sheet["closing"]["amount"], "{lines}");
    }

    /// The sheets tie with the ledger, account by account.
    pub fn ties(&self) -> &Self {
        assert_eq!(self.view["ties"], true, "{}", self.view);
        self
    }

    pub async fn act(&self, action: &str) -> Value {
        let path = format!("/v1/settlements/{}/{action}", self.run);
        self.stage.accepted(&path, json!({})).await
    }

    /// Approved by a second person, issued, and locked.
    pub async fn lock(&self) -> Value {
        let asked = self.act("approve").await;
        let done = second_person(self.stage, &id(&asked, "approval"), "approve").await;
        assert!(done.0 < 300, "{done:?}");
        self.act("issue").await;
        self.act("lock").await;
        let view = self.stage.get(&format!("/v1/settlements/{}", self.run)).await;
        assert_eq!(view["stage"], "locked");
        view
    }
}
