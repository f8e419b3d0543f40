//! A server on a free port with a sandbox book and a key for every role.
//! It must never assert.

use std::collections::HashMap;

use fenzhang::access::table::ROLES;
use fenzhang::base::*;
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::Command;
use fenzhang::domain::person::Role;
use fenzhang::engine::{Engine, EngineSettings, Meta};
use fenzhang::http::{HttpSettings, build};
use fenzhang::money::Currency;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use uuid::Uuid;

use crate::support::pg::{TestDb, fresh_db};

pub struct Server {
    pub base: String,
    pub client: Client,
    pub engine: Engine,
    pub book: BookId,
    pub keys: HashMap<Role, String>,
    pub parties: HashMap<Role, PartyId>,
    handle: actix_web::dev::ServerHandle,
    pub db: TestDb,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The future does nothing until awaited, but the command is sent at once.
        drop(self.handle.stop(false));
    }
}

/// Starts a server; the book's clock stands at noon of 1 June 2026 in Shanghai.
pub async fn server() -> Server {
    fenzhang::pull::net::use_ring();
    let db = fresh_db().await;
    let settings = EngineSettings {
        database_url: db.url().to_owned(),
        readers: 8,
        background: true,
        allow_owner: true,
    };
    let engine = Engine::start(settings).await.unwrap();
    let book = BookId(Uuid::now_v7());
    let opened = BookOpened {
        book,
        name: "测试账套".parse().unwrap(),
        perspective: Perspective::Platform,
        mode: BookMode::Sandbox,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 2,
    };
    let clock = "2026-06-01T04:00:00Z".parse().unwrap();
    engine
        .open_book(opened, Some(clock), Meta::system("test"))
        .await
        .unwrap();
    let (mut keys, mut parties) = (HashMap::new(), HashMap::new());
    for role in ROLES {
        let party = match kind_of(role) {
            Some(kind) => Some(register(&engine, book, kind).await),
            None => None,
        };
        parties.extend(party.map(|party| (role, party)));
        keys.insert(role, issue(&engine, book, role, party).await);
    }
    let listening = build(
        engine.clone(),
        HttpSettings {
            listen: "127.0.0.1:0".to_owned(),
            ..HttpSettings::default()
        },
    );
    let listening = listening.unwrap();
    let base = format!("http://{}", listening.addresses[0]);
    let handle = listening.server.handle();
    tokio::spawn(listening.server);
    Server {
        base,
        client: Client::new(),
        engine,
        book,
        keys,
        parties,
        handle,
        db,
    }
}

/// A second server on the database of the first.
pub struct Second {
    pub base: String,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for Second {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

pub async fn second(first: &Server) -> Second {
    let settings = EngineSettings {
        database_url: first.db.url().to_owned(),
        readers: 8,
        background: true,
        allow_owner: true,
    };
    let engine = Engine::start(settings).await.unwrap();
    let listen = HttpSettings {
        listen: "127.0.0.1:0".to_owned(),
        ..HttpSettings::default()
    };
    let listening = build(engine, listen).unwrap();
    let base = format!("http://{}", listening.addresses[0]);
    let handle = listening.server.handle();
    tokio::spawn(listening.server);
    Second { base, handle }
}

fn kind_of(role: Role) -> Option<PartyKind> {
    match role {
        Role::Brand => Some(PartyKind::Brand),
        Role::Agency => Some(PartyKind::Agency),
        Role::Anchor => Some(PartyKind::Anchor),
        Role::Supplier => Some(PartyKind::Supplier),
        _ => None,
    }
}

pub async fn register(engine: &Engine, book: BookId, kind: PartyKind) -> PartyId {
    let command = Command::RegisterParty {
        kind,
        external_id: None,
        name: kind.word().parse().unwrap(),
    };
    let answer = engine.submit(book, command, Meta::system("test")).await.unwrap();
    answer.made.ids["party"].parse().unwrap()
}

pub async fn issue(engine: &Engine, book: BookId, role: Role, party: Option<PartyId>) -> String {
    let minted = fenzhang::access::mint(true);
    let command = Command::IssueKey {
        person: None,
        key: minted.key,
        label: "test".parse().unwrap(),
        role,
        party,
        expires_at: None,
    };
    let meta = Meta {
        secret_hash: Some(minted.hash),
        ..Meta::system("test")
    };
    engine.submit(book, command, meta).await.unwrap();
    minted.text
}

impl Server {
    pub fn request(&self, role: Role, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().unwrap();
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.keys[&role])
            .timeout(std::time::Duration::from_secs(20))
    }

    pub async fn get(&self, role: Role, path: &str) -> (u16, Value) {
        read(self.request(role, "GET", path).send().await.unwrap()).await
    }

    pub async fn post(&self, role: Role, path: &str, key: &str, body: &Value) -> (u16, Value) {
        read(
            self.request(role, "POST", path)
                .header("Idempotency-Key", key)
                .json(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }
}

pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
