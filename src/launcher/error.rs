//! Why the private PostgreSQL could not be started; every message says what to do next.
//! It must never repeat its source in its own message.

use std::io;
use std::path::PathBuf;

use super::binaries::install_hint;

/// Why the private PostgreSQL could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Neither installed nor fetched.
    #[error(
        "no PostgreSQL was found and none could be fetched ({fetch}). Install one: `{hint}`; or set DATABASE_URL to a \
         server you already run; or set FENZHANG_PG_BIN to a folder with `initdb` and `postgres`",
        hint = install_hint()
    )]
    NoBinaries {
        /// What the fetch said.
        fetch: String,
    },
    /// `FENZHANG_PG_BIN` names a folder that cannot be used.
    #[error("FENZHANG_PG_BIN is {bin}, but no PostgreSQL 15 or later runs from there; correct it or unset it", bin = bin.display())]
    BadBin {
        /// The folder.
        bin: PathBuf,
    },
    /// `FENZHANG_PG_SOURCE` is none of the three words.
    #[error("FENZHANG_PG_SOURCE is `{source_name}`; set it to `any`, `installed` or `npm`")]
    BadSource {
        /// The word found.
        source_name: String,
    },
    /// The data folder needs programs of another major version.
    #[error(
        "the data folder {path} was made by PostgreSQL {wanted}, and only these major versions are here: [{found}]. Three ways \
         out: (1) install PostgreSQL {wanted} beside the others and start again; (2) upgrade the folder with pg_upgrade; \
         (3) with the old programs `export` the event log, move the folder away, and `import` it with the new ones",
        path = path.display()
    )]
    WrongMajor {
        /// The data folder.
        path: PathBuf,
        /// Its major version.
        wanted: u32,
        /// The major versions at hand, with commas.
        found: String,
    },
    /// The package could not be fetched, checked or unpacked.
    #[error("{0}")]
    Fetch(String),
    /// The user has no name, as with `docker run --user 1234` or on OpenShift.
    #[error(
        "user id {uid} has no entry in the passwd database and PostgreSQL refuses to run without one. Add the entry, run as a \
         named user, or set DATABASE_URL to a server you already run"
    )]
    NoPasswdEntry {
        /// The user id.
        uid: u32,
    },
    /// Root, and nobody to change to.
    #[error(
        "PostgreSQL refuses to run as root and there is neither a user `postgres` nor `nobody`; add one of them (`useradd \
         --system postgres`) or start this program as an ordinary user"
    )]
    NoUserForRoot,
    /// `id` is missing.
    #[error("the command `id` does not run here; put it into PATH, or set DATABASE_URL to a server you already run")]
    NoIdCommand,
    /// The data folder is somebody else's.
    #[error(
        "the data folder {path} does not belong to {user} (or belongs to root, as whom no PostgreSQL runs); start as its \
         owner, change its owner with chown -R, or choose another folder",
        path = path.display()
    )]
    Owner {
        /// The data folder.
        path: PathBuf,
        /// Who we are.
        user: String,
    },
    /// A folder on the way is closed to the user the server runs as.
    #[error(
        "PostgreSQL will run as {user}, who may not enter {folder}, needed for {path}; choose a folder that is open to that \
         user (such as one below /var/lib or /var/cache), or start this program as an ordinary user",
        folder = folder.display(), path = path.display()
    )]
    Unreachable {
        /// The user of the server.
        user: String,
        /// The closed folder.
        folder: PathBuf,
        /// What lies below it.
        path: PathBuf,
    },
    /// Another process runs this cluster.
    #[error("{path} is in use by another process of this service; stop that one or choose another data folder", path = path.display())]
    Busy {
        /// The data folder.
        path: PathBuf,
    },
    /// A setting that may not be changed.
    #[error("the server setting `{name}` guards durability or access and may not be changed here; remove it")]
    Setting {
        /// Its name.
        name: String,
    },
    /// `initdb` failed.
    #[error("initdb failed; correct what it says and start again:\n{output}")]
    Initdb {
        /// What it printed.
        output: String,
    },
    /// The server ended instead of becoming ready.
    #[error("PostgreSQL did not start; its log {log} ends with:\n{tail}", log = log.display())]
    Start {
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The operating system refused something.
    #[error("could not {what}; check the rights and the space there and start again")]
    Io {
        /// What was tried.
        what: String,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
}
