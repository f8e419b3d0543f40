//! Pollers against a platform that answers as documented: a simulated 11.11, gaps, faults, clocks, two servers, secrets.
//! It must never reach a network beyond this machine.

mod fake;
mod singles_day;
mod trouble;
mod world;

use std::sync::Arc;

use fenzhang::base::{BookId, Instant, Zone};
use fenzhang::domain::book::{BookMode, BookOpened, Perspective};
use fenzhang::domain::command::Command;
use fenzhang::engine::{Engine, Meta};
use fenzhang::intake::{Mapping, Plan};
use fenzhang::money::Currency;
use fenzhang::pull::{Clock, Config, Puller, Window, window};
use fenzhang::store::books;
use fenzhang::store::pulls::{self, Status};
use uuid::Uuid;

use crate::engine::engine_on;
use crate::support::folder::Scratch;
use crate::support::pg::{TestDb, fresh_db};
use fake::{Fake, KEY, SECRET, TOKEN};

const ORDERS: &str = include_str!("orders.toml");
const OTHERS: &str = include_str!("others.toml");
const START: &str = "2025-11-11T00:00:00+08:00";

/// A book, and pollers of a fake platform.
struct Stage {
    db: TestDb,
    engine: Engine,
    book: BookId,
    folder: Scratch,
}

impl Stage {
    async fn new() -> Stage {
        let db = fresh_db().await;
        let engine = engine_on(&db).await;
        let book = BookId(Uuid::now_v7());
        let opened = BookOpened {
            book,
            name: "pull".parse().unwrap(),
            perspective: Perspective::Platform,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 1,
        };
        engine.open_book(opened, None, Meta::system("test")).await.unwrap();
        let mapping = Mapping::parse(ORDERS).unwrap();
        for (key, command) in mapping.setup.unwrap().commands("pull-orders", book).unwrap() {
            let mut meta = Meta::system("test.setup");
            meta.key = Some(key);
            let command: Command = command;
            engine.submit(book, command, meta).await.unwrap();
        }
        let folder = Scratch::new("pull");
        std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
        std::fs::write(folder.path().join("token"), TOKEN).unwrap();
        Stage {
            db,
            engine,
            book,
            folder,
        }
    }

    /// A poller as its configuration makes it; `more` overrides and adds.
    fn puller(&self, fake: &Fake, clock: Arc<dyn Clock>, api: &str, more: &str) -> Puller {
        let folder = self.folder.path().display();
        let sign = if more.contains("sign = ") {
            ""
        } else {
            "sign = \"md5\"\n"
        };
        let text = format!(
            "[[source]]\nname = \"source\"\nbook = \"{}\"\naccount = \"main\"\napi = \"{api}\"\nendpoint = \"{}\"\n\
             app_key = \"{KEY}\"\napp_secret = {{ file = \"{folder}/secret\" }}\naccess_token = {{ file = \"{folder}/token\" }}\n\
             {sign}mapping = \"-\"\nstart = \"{START}\"\nallow_private_address = true\npace_ms = 0\n\
             timeout_seconds = 1\n{more}\n",
            self.book, fake.url
        );
        let source = Config::parse(&text).unwrap().source.remove(0);
        let plan = Plan::parse(if api == "taobao_orders" { ORDERS } else { OTHERS }).unwrap();
        Puller::new(self.engine.clone(), source, self.book, plan, clock).unwrap()
    }

    async fn status(&self) -> Status {
        let client = self.engine.pool().get().await.unwrap();
        pulls::list(&client, self.book).await.unwrap().remove(0)
    }

    async fn covered(&self) -> Vec<Window> {
        let client = self.engine.pool().get().await.unwrap();
        let covered = pulls::covered(&client, self.book).await.unwrap();
        assert!(
            covered
                .iter()
                .all(|one| one.account == "main" && one.source == "source")
        );
        covered.into_iter().map(|one| one.span.into()).collect()
    }

    async fn gaps(&self) -> Vec<Window> {
        window::gaps(self.status().await.asked().into(), &self.covered().await)
    }

    async fn number(&self, sql: &str) -> i64 {
        self.db.client().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// As if the server that held the lease had died two minutes ago.
    async fn outlive_the_lease(&self) {
        let expire = "update pull_source set lease_until = clock_timestamp() - interval '1 second'";
        self.db.client().await.execute(expire, &[]).await.unwrap();
    }

    /// A puller's orders may come and go; whatever is in the log must be right.
    async fn verify(&self) {
        let mut client = self.db.client().await;
        let logs = books::of_book(&client, self.book).await.unwrap().unwrap();
        let report = fenzhang::store::verify::verify(&mut client, logs.money).await.unwrap();
        assert!(report.findings.is_empty(), "{report:?}");
    }
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn seconds(text: &str) -> i64 {
    at(text).micros() / 1_000_000
}

fn span(from: &str, to: &str) -> Window {
    Window {
        from: at(from),
        to: at(to),
    }
}
