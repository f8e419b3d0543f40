//! The migration runner: applies `migrations/V<n>__<name>.sql` in order and remembers what it applied.
//! It must never run a statement without the lock, change an applied file's record, or step back.
//!
//! - Use a direct connection as the owner, not a transaction-mode pooler: the lock belongs to the session.
//! - A file runs in one transaction with its history row. A file whose first line is `-- no-transaction` holds one
//!   statement (such as CREATE INDEX CONCURRENTLY) that can be repeated: if the process dies between the statement
//!   and its history row, the file runs again.
//! - Grants belong in the files. The runner names the application role in the setting `fenzhang.app_role`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::migrations_list::MIGRATIONS;

/// The role `serve` takes on connect; it may not change or delete events.
pub const APP_ROLE: &str = "fenzhang_app";

/// "fenzhang" in ASCII; advisory locks are numbers of one database.
const LOCK: i64 = 0x66656e7a68616e67;

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The number in the file's name.
    pub version: i32,
    /// The name after the number.
    pub name: &'static str,
    /// The text.
    pub sql: &'static str,
}

impl Migration {
    /// SHA-256 of the text in hexadecimal; line ends do not count, git may have changed them.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.sql.replace("\r\n", "\n")))
    }

    fn in_transaction(&self) -> bool {
        self.sql
            .lines()
            .next()
            .is_none_or(|line| line.trim() != "-- no-transaction")
    }
}

/// A file and when it was applied here.
#[derive(Debug, Clone)]
pub struct Status {
    /// The number in the file's name.
    pub version: i32,
    /// The name after the number.
    pub name: String,
    /// When it was applied; `None` while it is pending.
    pub applied_at: Option<DateTime<Utc>>,
}

/// Why the schema is not, or was not made, what this program needs.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer program migrated this database.
    #[error(
        "the database has schema version {database} and this program knows only up to {program}; use a newer program"
    )]
    Newer {
        /// Highest version applied.
        database: i32,
        /// Highest version compiled in.
        program: i32,
    },
    /// An applied file is not the one compiled in.
    #[error("V{version}__{name}.sql is not the file that was applied; restore it, and put the change in a new file")]
    Changed {
        /// Its number.
        version: i32,
        /// Its name.
        name: String,
    },
    /// A pending file stands before an applied one, or an applied one is unknown.
    #[error("version {version} does not fit the history of this database; new files must have the highest number")]
    Order {
        /// The version that does not fit.
        version: i32,
    },
    /// The schema is behind; `serve` refuses.
    #[error("migrations {versions:?} are pending; run `fenzhang migrate up` first")]
    Pending {
        /// The versions to apply.
        versions: Vec<i32>,
    },
    /// A file failed; what came before it stays applied.
    #[error("V{version}__{name}.sql failed")]
    Failed {
        /// Its number.
        version: i32,
        /// Its name.
        name: &'static str,
        /// What the database said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The database refused one of the runner's own statements.
    #[error("the migration runner could not {what}")]
    Database {
        /// What was tried.
        what: &'static str,
        /// What the database said.
        #[source]
        source: tokio_postgres::Error,
    },
}

/// The files compiled in, oldest first.
pub fn embedded() -> &'static [Migration] {
    MIGRATIONS
}

/// Applies what is pending and answers the versions applied. See [`up_with`].
pub async fn up(client: &mut Client, app_role: Option<&str>) -> Result<Vec<i32>, MigrateError> {
    up_with(client, MIGRATIONS, app_role).await
}

/// Lists every file with when it was applied, without changing anything.
pub async fn status(client: &Client) -> Result<Vec<Status>, MigrateError> {
    let applied = history(client).await?;
    let mut rows: Vec<Status> = applied
        .iter()
        .map(|row| Status {
            version: row.version,
            name: row.name.clone(),
            applied_at: Some(row.applied_at),
        })
        .collect();
    let pending = MIGRATIONS
        .iter()
        .filter(|file| !applied.iter().any(|row| row.version == file.version));
    rows.extend(pending.map(|file| Status {
        version: file.version,
        name: file.name.into(),
        applied_at: None,
    }));
    rows.sort_by_key(|row| row.version);
    Ok(rows)
}

/// Passes only if exactly the files compiled in are applied, unchanged.
pub async fn verify(client: &Client) -> Result<(), MigrateError> {
    verify_with(client, MIGRATIONS).await
}

/// [`verify`] for a given list.
pub async fn verify_with(client: &Client, files: &[Migration]) -> Result<(), MigrateError> {
    let versions: Vec<i32> = pending(files, &history(client).await?)?
        .iter()
        .map(|file| file.version)
        .collect();
    if versions.is_empty() {
        Ok(())
    } else {
        Err(MigrateError::Pending { versions })
    }
}

/// [`up`] for a given list. Several processes may call it at once: one works, the others find nothing to do.
///
/// With `app_role` the role is made if it is missing and granted to the current user, so that `serve` can take it.
pub async fn up_with(
    client: &mut Client,
    files: &[Migration],
    app_role: Option<&str>,
) -> Result<Vec<i32>, MigrateError> {
    take_lock(client).await?;
    let result = up_locked(client, files, app_role).await;
    // A lock that could not be given back ends with the session; the answer above matters more.
    let _ = client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await;
    result
}

async fn up_locked(client: &mut Client, files: &[Migration], app_role: Option<&str>) -> Result<Vec<i32>, MigrateError> {
    // Refuse a newer schema before touching anything.
    pending(files, &history(client).await?)?;
    client
        .batch_execute(include_str!("sql/schema_history_create.sql"))
        .await
        .map_err(refused("make its table"))?;
    let name = "SELECT set_config('fenzhang.app_role', $1, false)";
    client
        .execute(name, &[&app_role.unwrap_or_default()])
        .await
        .map_err(refused("name the application role"))?;
    if app_role.is_some() {
        create_role(client).await?;
    }
    let mut done = Vec::new();
    for file in pending(files, &history(client).await?)? {
        apply(client, file).await.map_err(|source| MigrateError::Failed {
            version: file.version,
            name: file.name,
            source,
        })?;
        tracing::info!(version = file.version, name = file.name, "migration applied");
        done.push(file.version);
    }
    Ok(done)
}

async fn apply(client: &mut Client, file: &Migration) -> Result<(), tokio_postgres::Error> {
    let append = include_str!("sql/schema_history_append.sql");
    if file.in_transaction() {
        let transaction = client.transaction().await?;
        transaction.batch_execute(file.sql).await?;
        transaction
            .execute(append, &[&file.version, &file.name, &file.sha256()])
            .await?;
        return transaction.commit().await;
    }
    client.batch_execute(file.sql).await?;
    client
        .execute(append, &[&file.version, &file.name, &file.sha256()])
        .await
        .map(|_| ())
}

/// Polls instead of waiting inside PostgreSQL: a session that waits there holds a snapshot, and CREATE INDEX
/// CONCURRENTLY of the session that has the lock would wait for it in turn.
async fn take_lock(client: &Client) -> Result<(), MigrateError> {
    loop {
        let row = client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await;
        if row.map_err(refused("take its lock"))?.get(0) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Catalogue rows of roles are shared by all databases; overlapping grants end in "tuple concurrently updated".
async fn create_role(client: &Client) -> Result<(), MigrateError> {
    let sql = include_str!("sql/app_role_create.sql");
    for _ in 0..5 {
        match client.batch_execute(sql).await {
            Err(error) if error.code().is_some_and(|code| code.code() == "XX000") => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other.map_err(refused("make the application role")),
        }
    }
    client
        .batch_execute(sql)
        .await
        .map_err(refused("make the application role"))
}

struct Applied {
    version: i32,
    name: String,
    sha256: String,
    applied_at: DateTime<Utc>,
}

async fn history(client: &Client) -> Result<Vec<Applied>, MigrateError> {
    let exists = client
        .query_one(include_str!("sql/schema_history_exists.sql"), &[])
        .await;
    if !exists.map_err(refused("look for its table"))?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client.query(include_str!("sql/schema_history_load.sql"), &[]).await;
    let rows = rows.map_err(refused("read its table"))?;
    Ok(rows
        .iter()
        .map(|row| Applied {
            version: row.get(0),
            name: row.get(1),
            sha256: row.get(2),
            applied_at: row.get(3),
        })
        .collect())
}

/// The files still to apply, or why the history cannot be continued with these files.
fn pending<'a>(files: &'a [Migration], applied: &[Applied]) -> Result<Vec<&'a Migration>, MigrateError> {
    let database = applied.iter().map(|row| row.version).max().unwrap_or(0);
    let program = files.iter().map(|file| file.version).max().unwrap_or(0);
    if database > program {
        return Err(MigrateError::Newer { database, program });
    }
    for row in applied {
        match files.iter().find(|file| file.version == row.version) {
            None => return Err(MigrateError::Order { version: row.version }),
            Some(file) if file.sha256() != row.sha256 => {
                return Err(MigrateError::Changed {
                    version: row.version,
                    name: row.name.clone(),
                });
            }
            Some(_) => {}
        }
    }
    let pending: Vec<&Migration> = files
        .iter()
        .filter(|file| !applied.iter().any(|row| row.version == file.version))
        .collect();
    match pending.iter().find(|file| file.version < database) {
        Some(file) => Err(MigrateError::Order { version: file.version }),
        None => Ok(pending),
    }
}

fn refused(what: &'static str) -> impl Fn(tokio_postgres::Error) -> MigrateError {
    move |source| MigrateError::Database { what, source }
}
