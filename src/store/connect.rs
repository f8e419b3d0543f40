//! Connections: one way to make them, as the application's role, with timeouts, and refused on a server that may lose money.
//! Must never hand out a connection whose session was not set up.

use std::str::FromStr;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres::{Client, Config, NoTls};

use super::error::{Error, Result};
use super::migrate::APP_ROLE;
use super::statements::text;

/// Reads a connection string and adds what every connection of ours has. Plain text only: no TLS.
pub fn config(url: &str) -> Result<Config> {
    let mut config = Config::from_str(url)?;
    config
        .application_name("fenzhang")
        .connect_timeout(Duration::from_secs(5))
        .tcp_user_timeout(Duration::from_secs(10))
        .keepalives(true)
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(10))
        .keepalives_retries(3);
    Ok(config)
}

/// Which role a connection takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TakeRole {
    /// The application's: it may only insert into and read the log.
    #[default]
    Application,
    /// That of the connection string itself.
    Login,
}

impl TakeRole {
    fn name(self) -> &'static str {
        match self {
            TakeRole::Application => APP_ROLE,
            TakeRole::Login => "none",
        }
    }
}

/// One connection of its own, for a writer or a long check. It ends when the client is dropped.
pub async fn connect(url: &str, role: TakeRole) -> Result<Client> {
    let (client, connection) = config(url)?.connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(?error, "a database connection was lost");
        }
    });
    client.query_one(text::session, &[&role.name()]).await?;
    Ok(client)
}

/// A pool for reads. A connection that comes back is rolled back before it is given out again.
pub fn pool(url: &str, role: TakeRole, size: usize) -> Result<Pool> {
    let recycling_method = RecyclingMethod::Custom("ROLLBACK".to_owned());
    let manager = Manager::from_config(config(url)?, NoTls, ManagerConfig { recycling_method });
    let set_up = Hook::async_fn(move |client, _| {
        Box::pin(async move {
            let set_up = client.query_one(text::session, &[&role.name()]).await;
            set_up.map(|_| ()).map_err(HookError::Backend)
        })
    });
    Pool::builder(manager)
        .max_size(size)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .wait_timeout(Some(Duration::from_secs(10)))
        .create_timeout(Some(Duration::from_secs(10)))
        .recycle_timeout(Some(Duration::from_secs(5)))
        .post_create(set_up)
        .build()
        .map_err(|error| Error::setup(format!("the pool cannot be built: {error}")))
}

/// What was found out about a server and our role on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checked {
    /// `server_version_num`, such as 150018.
    pub version: i32,
    /// The role may change events; only with the owner's consent.
    pub may_change_events: bool,
}

/// Refuses a server that may lose what it acknowledged, and a role that may change events unless `allow_owner`.
pub async fn check(client: &Client, allow_owner: bool) -> Result<Checked> {
    let row = client.query_one(text::server_check, &[]).await?;
    let version: i32 = row.try_get(0)?;
    let refusals = [
        (version >= 150_000, "PostgreSQL 15 or newer is needed"),
        (
            row.try_get(1)?,
            "fsync is off: the server may lose what it acknowledged",
        ),
        (row.try_get(2)?, "full_page_writes is off: a crash may tear pages"),
        (
            row.try_get(3)?,
            "synchronous_commit is off: the server may lose what it acknowledged",
        ),
        (
            row.try_get(4)?,
            "max_prepared_transactions must be 0: an orphan would hold the head's lock for ever",
        ),
        (row.try_get(5)?, "the database's encoding must be UTF8"),
    ];
    if let Some((_, why)) = refusals.into_iter().find(|(fine, _)| !fine) {
        return Err(Error::setup(why));
    }
    let may_change_events: bool = row.try_get(6)?;
    if may_change_events && !allow_owner {
        return Err(Error::setup(
            "the database role may change events; run as the application's role, or say --allow-owner",
        ));
    }
    Ok(Checked {
        version,
        may_change_events,
    })
}
