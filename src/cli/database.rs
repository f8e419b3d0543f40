//! Which database a command works on, and the engine on it.
//! Must never start a private database when a URL is given, nor run on a schema that is not the program's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use super::fail::Failure;
use crate::engine::{Engine, EngineSettings};
use crate::launcher::{self, LaunchError, Options, Running};
use crate::store::connect::{TakeRole, connect};
use crate::store::migrate;

/// Where the database is.
#[derive(Args, Debug, Clone)]
pub(super) struct Where {
    /// A PostgreSQL 15 or newer to use.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// Folder of the private database when no URL is given.
    #[arg(long, env = "FENZHANG_DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
}

/// A database that can be reached. A private one that this process started stops when dropped.
pub(super) struct Database {
    url: String,
    /// Dropped last: the server stops when nobody needs it any more.
    running: Option<Running>,
}

impl Where {
    /// The folder of the private database, and of what `dev` keeps beside it.
    pub(super) fn folder(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(launcher::default_data_dir)
    }

    /// True when a URL was given.
    pub(super) fn is_given(&self) -> bool {
        self.database_url.is_some()
    }

    /// The database: the one given, or the private one, started if it is not running. Blocks; call it outside a runtime.
    pub(super) fn open(&self) -> Result<Database, Failure> {
        if let Some(url) = &self.database_url {
            return Ok(Database {
                url: url.clone(),
                running: None,
            });
        }
        let folder = self.folder();
        match launcher::start(&Options::new(&folder)) {
            Ok(running) => {
                let url = running.url();
                // For a second command while this one runs. It holds no secret: the server knows its users by their ids.
                fs::write(url_file(&folder), &url)?;
                Ok(Database {
                    url,
                    running: Some(running),
                })
            }
            Err(LaunchError::Busy { path }) => {
                let busy = LaunchError::Busy { path };
                let url = fs::read_to_string(url_file(&folder)).map_err(|_| busy)?;
                Ok(Database { url, running: None })
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn url_file(folder: &Path) -> PathBuf {
    folder.join("url")
}

impl Database {
    /// The connection string.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// True when this process started the server and will stop it.
    pub(super) fn is_ours(&self) -> bool {
        self.running.is_some()
    }

    /// Brings the schema up to date as the owner; the versions applied.
    pub(super) async fn migrate(&self) -> Result<Vec<i32>, Failure> {
        let mut client = connect(&self.url, TakeRole::Login).await?;
        Ok(migrate::up(&mut client, Some(migrate::APP_ROLE)).await?)
    }

    /// A connection as the application's role, on a schema that is up to date.
    pub(super) async fn client(&self) -> Result<tokio_postgres::Client, Failure> {
        self.ready().await?;
        Ok(connect(&self.url, TakeRole::Application).await?)
    }

    /// An engine on a schema that is up to date.
    pub(super) async fn engine(&self, background: bool, allow_owner: bool) -> Result<Engine, Failure> {
        self.ready().await?;
        let settings = EngineSettings {
            database_url: self.url.clone(),
            readers: 16,
            background,
            allow_owner,
        };
        Ok(Engine::start(settings).await?)
    }

    /// A private database is migrated by itself; one of the user's own never without being asked.
    async fn ready(&self) -> Result<(), Failure> {
        if self.is_ours() {
            self.migrate().await?;
            return Ok(());
        }
        let client = connect(&self.url, TakeRole::Login).await?;
        Ok(migrate::verify(&client).await?)
    }
}

/// A runtime for one command.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Runs a command's asynchronous part and ends the runtime before the database stops.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(future);
    runtime.shutdown_timeout(Duration::from_secs(5));
    done
}
