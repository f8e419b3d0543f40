//! A scratch folder that disappears, however the process ends.
//! It must never lie inside a home folder: the database of a root user could not enter it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Waits for our end of its pipe to close, then for a server in the folder to be gone, then removes the folder.
const SWEEP: &str = r#"
cat >/dev/null
pid=$(head -n 1 "$0/pg/postmaster.pid" 2>/dev/null)
n=0
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done
for try in 1 2 3 4 5; do rm -rf "$0" 2>/dev/null; [ -e "$0" ] || exit 0; sleep 1; done
"#;

/// A folder of the system's temporary one, removed with all it holds when dropped or when this process ends.
pub struct Scratch {
    path: PathBuf,
    sweeper: Child,
}

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("fenzhang-{name}-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&path).unwrap();
        // In a group of its own so that Ctrl-C does not end it before it has swept, and silent so that a pipe behind
        // `cargo test` closes when the tests end.
        let mut sweeper = Command::new("sh");
        sweeper.args(["-c", SWEEP]).arg(&path).process_group(0);
        sweeper
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let sweeper = sweeper.spawn().expect("sh runs");
        Scratch { path, sweeper }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Closes the pipe, then waits until the folder is gone.
        let _ = self.sweeper.wait();
    }
}
