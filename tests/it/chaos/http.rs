//! A writer's requests over HTTP, to a server process that may be killed and come back elsewhere.
//! It must never take a broken connection for an answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::history::{Done, Told, is_rename, renamed};
use crate::engine::{PLATFORM, Stage};

/// A server process, wherever it listens now.
#[derive(Clone)]
pub struct Http {
    base: Arc<Mutex<String>>,
    client: Client,
    key: String,
}

impl Http {
    pub fn new(address: &str, key: &str) -> Http {
        fenzhang::pull::net::use_ring();
        Http {
            base: Arc::new(Mutex::new(address.to_owned())),
            client: Client::builder().timeout(Duration::from_secs(10)).build().unwrap(),
            key: key.to_owned(),
        }
    }

    /// It listens somewhere else now.
    pub fn moved(&self, address: &str) {
        *self.base.lock().unwrap() = address.to_owned();
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.lock().unwrap())
    }

    pub async fn send(&self, stage: &Stage, name: &str) -> Result<Done, Told> {
        let request = if is_rename(name) {
            let party = renamed(stage, name);
            let request = self.client.patch(self.url(&format!("/v1/parties/{party}")));
            request.header("Idempotency-Key", name).json(&json!({"name": name}))
        } else {
            let list = json!({"amount": "100.00", "currency": "CNY"});
            let line = json!({"line_no": name, "list": list, "item_no": "item", "shop_no": "shop",
                "promoter": stage.anchor.to_string()});
            let order = json!({"platform": PLATFORM, "external_id": name, "at": "2026-06-18T12:00:00Z",
                "lines": [line]});
            self.client.post(self.url("/v1/orders")).json(&order)
        };
        let (status, body) = self.answer(request).await.ok_or(Told::Unknown)?;
        match (status, body["outcome"].as_str()) {
            (200..300, _) => Ok(Done {
                position: body["position"].as_i64().expect("a position"),
                replayed: body["replayed"].as_bool().expect("replayed"),
            }),
            (500.., Some("none")) | (429, _) => Err(Told::None),
            (500.., Some("unknown")) | (409, _) => Err(Told::Unknown),
            other => panic!("{name}: {other:?} {body}"),
        }
    }

    pub async fn outcome(&self, name: &str) -> Option<i64> {
        let request = self.client.get(self.url(&format!("/v1/operations/{name}")));
        let (status, body) = self.answer(request).await.expect("the server answers");
        assert_eq!(status, 200, "{body}");
        match body["state"].as_str() {
            Some("committed") => body["answer"]["position"].as_i64(),
            Some("unknown_key") => None,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Status and body; none when the connection broke before the whole answer was there.
    async fn answer(&self, request: RequestBuilder) -> Option<(u16, Value)> {
        let response = request.bearer_auth(&self.key).send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.json().await.ok()?))
    }
}
