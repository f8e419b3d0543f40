//! A migrated database of its own for each test, on one private cluster per test process or on a server given by
//! `FENZHANG_TEST_DATABASE_URL` (else `DATABASE_URL`), whose user must be allowed to make databases.
//! It must never touch a database it did not make, and leaves no cluster behind however the process ends.
//!
//! libtest has no exit hook. The private server stops because its parent-death signal fires when we end; its folder
//! is removed by its own sweeper (see `folder`).

use std::sync::{Mutex, OnceLock, mpsc};
use std::thread;

use fenzhang::launcher::{self, Options, Running};
use fenzhang::store::migrate;
use tokio::sync::oneshot;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use super::folder::Scratch;

/// A migrated database, dropped when the test ends, by success or by panic.
pub struct TestDb {
    config: Config,
    name: String,
    url: String,
}

/// Clones the template for the calling test.
pub async fn fresh_db() -> TestDb {
    fresh_like(server().template.as_str()).await
}

/// An empty database, for tests of the migrations themselves.
pub async fn empty_db() -> TestDb {
    fresh_like("template0").await
}

async fn fresh_like(template: &str) -> TestDb {
    let server = server();
    let name = format!("fenzhang_test_{}", Uuid::now_v7().simple());
    let (done, made) = oneshot::channel();
    let order = Order::Create {
        name: name.clone(),
        template: template.to_owned(),
        done,
    };
    server.orders.send(order).expect("the janitor lives");
    made.await
        .expect("the janitor answers")
        .expect("a test database is made");
    let mut config = server.config.clone();
    config.dbname(&name);
    TestDb {
        config,
        url: server.url_of(&name),
        name,
    }
}

impl TestDb {
    /// A connection string for this database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of this database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new connection as the owner.
    pub async fn client(&self) -> Client {
        connect(&self.config).await
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (done, wait) = mpsc::channel();
        let _ = server().orders.send(Order::Drop {
            name: std::mem::take(&mut self.name),
            done,
        });
        // The private server disappears as a whole; on a shared one the last drop must not be lost with this process.
        if server().shared {
            let _ = wait.recv();
        }
    }
}

enum Order {
    Create {
        name: String,
        template: String,
        done: oneshot::Sender<Result<(), String>>,
    },
    Drop {
        name: String,
        done: mpsc::Sender<()>,
    },
}

struct Server {
    config: Config,
    base_url: String,
    template: String,
    shared: bool,
    orders: mpsc::Sender<Order>,
    /// Kept for its lifetime; statics are not dropped, and need not be.
    _private: Option<(Mutex<Running>, Mutex<Scratch>)>,
}

impl Server {
    /// The last `dbname` of a key-value string counts; in a URL the path is replaced.
    fn url_of(&self, name: &str) -> String {
        match self.base_url.split_once("://") {
            None => format!("{} dbname={name}", self.base_url),
            Some((scheme, rest)) => {
                let (before, query) = rest
                    .split_once('?')
                    .map_or((rest, None), |(before, query)| (before, Some(query)));
                let host = before.split_once('/').map_or(before, |(host, _)| host);
                let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                format!("{scheme}://{host}/{name}{query}")
            }
        }
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    // Started on a thread without a runtime: the launcher blocks, and callers are inside one.
    SERVER.get_or_init(|| thread::spawn(start).join().expect("the test server starts"))
}

fn start() -> Server {
    let given = ["FENZHANG_TEST_DATABASE_URL", "DATABASE_URL"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    let shared = given.is_some();
    let (base_url, private) = match given {
        Some(url) => (url, None),
        None => {
            let (running, folder) = private_cluster();
            (
                running.url_for("postgres"),
                Some((Mutex::new(running), Mutex::new(folder))),
            )
        }
    };
    let config: Config = base_url.parse().expect("the test database URL is readable");
    // Named by its content: runs of different checkouts may share one server.
    let digests: String = migrate::embedded().iter().map(|file| file.sha256()).collect();
    let of_all = migrate::Migration {
        version: 1,
        name: "all",
        sql: digests.leak(),
    };
    let template = format!("fenzhang_template_{}", &of_all.sha256()[..16]);
    let (orders, inbox) = mpsc::channel();
    let (ready, is_ready) = mpsc::channel();
    let (janitor_config, janitor_template) = (config.clone(), template.clone());
    thread::spawn(move || janitor(janitor_config, janitor_template, inbox, ready));
    is_ready.recv().expect("the template database is made");
    Server {
        config,
        base_url,
        template,
        shared,
        orders,
        _private: private,
    }
}

fn private_cluster() -> (Running, Scratch) {
    let folder = Scratch::new("tests");
    let running = launcher::start(&Options::new(folder.path())).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    (running, folder)
}

/// Makes and drops databases, one at a time, on a connection and a thread that outlive every test's runtime.
fn janitor(config: Config, template: String, inbox: mpsc::Receiver<Order>, ready: mpsc::Sender<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(make_template(&config, &template));
    let client = runtime.block_on(connect(&config));
    ready.send(()).expect("the starter waits");
    for order in inbox {
        match order {
            Order::Create { name, template, done } => {
                let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
                let made = runtime.block_on(client.batch_execute(&sql));
                let _ = done.send(made.map_err(|error| format!("{error:?}")));
            }
            Order::Drop { name, done } => {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                if let Err(error) = runtime.block_on(client.batch_execute(&sql)) {
                    eprintln!("the test database {name} stays: {error:?}");
                }
                let _ = done.send(());
            }
        }
    }
}

/// Makes and migrates the template once; concurrent test runs on one server wait for each other.
async fn make_template(config: &Config, template: &str) {
    let client = connect(config).await;
    client
        .execute("SELECT pg_advisory_lock(hashtext($1))", &[&template])
        .await
        .unwrap();
    let done = "SELECT datistemplate FROM pg_database WHERE datname = $1";
    let found = client.query_opt(done, &[&template]).await.unwrap();
    if found.as_ref().is_none_or(|row| !row.get::<_, bool>(0)) {
        if found.is_some() {
            // Left unfinished by a run that died.
            client
                .batch_execute(&format!("DROP DATABASE {template} WITH (FORCE)"))
                .await
                .unwrap();
        }
        client
            .batch_execute(&format!("CREATE DATABASE {template} TEMPLATE template0"))
            .await
            .unwrap();
        let mut inner = config.clone();
        let (mut owner, connection) = inner.dbname(template).connect(NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        migrate::up(&mut owner, Some(migrate::APP_ROLE))
            .await
            .unwrap_or_else(|error| panic!("{error}: {error:?}"));
        drop(owner);
        // A template can be cloned only while nobody is connected to it.
        driver.await.unwrap().unwrap();
        client
            .batch_execute(&format!("ALTER DATABASE {template} IS_TEMPLATE true"))
            .await
            .unwrap();
    }
    client
        .execute("SELECT pg_advisory_unlock(hashtext($1))", &[&template])
        .await
        .unwrap();
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("the test server accepts connections");
    tokio::spawn(connection);
    client
}
