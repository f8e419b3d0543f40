//! Which user PostgreSQL runs as, and whether that user can reach a folder.
//! It must never change the user of this process; only a child changes (see `spawn`).

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::LaunchError;
use super::spawn::RunAs;

/// Our own name, as the server sees it when we connect (`peer`), and the user the server will run as.
pub(super) struct Users {
    pub us: String,
    pub server: RunAs,
}

/// Root runs the server as the owner of an existing data folder, else as `postgres`, else as `nobody`.
pub(super) fn choose(data: &Path) -> Result<Users, LaunchError> {
    let uid: u32 = id(&["-u"])
        .and_then(|uid| uid.parse().ok())
        .ok_or(LaunchError::NoIdCommand)?;
    // PostgreSQL looks its own user up and refuses to run without a passwd entry.
    let us = id(&["-un"]).ok_or(LaunchError::NoPasswdEntry { uid })?;
    let owner = data.metadata().ok().map(|meta| meta.uid());
    if uid != 0 {
        if owner.is_some_and(|owner| owner != uid) {
            return Err(LaunchError::Owner {
                path: data.to_owned(),
                user: us,
            });
        }
        let gid = id(&["-g"])
            .and_then(|gid| gid.parse().ok())
            .ok_or(LaunchError::NoIdCommand)?;
        return Ok(Users {
            server: RunAs {
                name: us.clone(),
                uid,
                gid,
                drop: false,
            },
            us,
        });
    }
    let server = match owner {
        Some(0) => {
            return Err(LaunchError::Owner {
                path: data.to_owned(),
                user: "root".into(),
            });
        }
        Some(owner) => look_up(&owner.to_string()).ok_or(LaunchError::NoPasswdEntry { uid: owner })?,
        None => look_up("postgres")
            .or_else(|| look_up("nobody"))
            .ok_or(LaunchError::NoUserForRoot)?,
    };
    Ok(Users { us, server })
}

/// Name service, LDAP and directories of macOS are all behind `id`, and it needs no unsafe call.
fn id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn look_up(user: &str) -> Option<RunAs> {
    let uid = id(&["-u", user])?.parse().ok()?;
    let gid = id(&["-g", user])?.parse().ok()?;
    Some(RunAs {
        name: id(&["-un", user])?,
        uid,
        gid,
        drop: true,
    })
}

/// The first folder on the way to `path` that the user may not enter, by its mode bits.
pub(super) fn closed_to(user: &RunAs, path: &Path) -> Option<PathBuf> {
    let enterable = |folder: &Path| match folder.metadata() {
        Ok(meta) if meta.uid() == user.uid => meta.mode() & 0o100 != 0,
        Ok(meta) if meta.gid() == user.gid => meta.mode() & 0o010 != 0,
        Ok(meta) => meta.mode() & 0o001 != 0,
        Err(_) => true,
    };
    let closed = path
        .ancestors()
        .filter(|folder| !folder.as_os_str().is_empty() && !enterable(folder))
        .last();
    closed.map(Path::to_owned)
}

/// Whether this process has root's rights.
pub(super) fn is_root() -> bool {
    id(&["-u"]).as_deref() == Some("0")
}
