//! Starting a child under another user that cannot outlive us, and sending it signals.
//! The only file with `unsafe`; it must never hold a decision about PostgreSQL itself.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

/// The user PostgreSQL runs as; it is us unless we are root, because no PostgreSQL starts as root.
#[derive(Debug, Clone)]
pub(super) struct RunAs {
    /// Name in the passwd database.
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Whether we are root and have to change to this user.
    pub drop: bool,
}

impl RunAs {
    /// Prepares a command: user, working directory, a clean environment, and an interrupt when we die.
    ///
    /// An unreadable working directory makes initdb say that postgres is missing, so it is always set. Settings such
    /// as PGPORT or PGDATA of the caller's shell are meant for another server, so they are removed.
    pub fn command(&self, program: &std::path::Path, dir: &std::path::Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir).env("LC_ALL", "C");
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PG")) {
                command.env_remove(name);
            }
        }
        if self.drop {
            // The standard library sets the group, clears the supplementary groups, sets the user and only then
            // changes the directory and runs `pre_exec`.
            command.gid(self.gid).uid(self.uid);
        }
        die_with_parent(&mut command);
        command
    }
}

#[derive(Default)]
struct State {
    exit: Option<ExitStatus>,
}

/// A child that is interrupted when we die, however we die.
pub(super) struct Kept {
    pid: u32,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Kept {
    /// Starts the child from a thread of its own and keeps that thread for as long as the child lives.
    ///
    /// The kernel sends the parent-death signal when the *thread* that forked ends, so a child started from a test's
    /// thread or from a pool of blocking threads would be stopped at a random moment. The thread also reaps the child
    /// at once, so that a crashed postmaster does not stay a zombie that keeps `postmaster.pid` valid.
    pub fn spawn(mut command: Command) -> io::Result<Kept> {
        // A group of its own: Ctrl-C in a terminal must reach us only, the database has to outlive our draining.
        command.process_group(0);
        let shared = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let seen = Arc::clone(&shared);
        let (send, receive) = mpsc::channel();
        std::thread::Builder::new()
            .name("postgres-keeper".into())
            .spawn(move || {
                let mut child = match command.spawn() {
                    Ok(child) => child,
                    Err(error) => {
                        let _ = send.send(Err(error));
                        return;
                    }
                };
                let _ = send.send(Ok(child.id()));
                if let Ok(status) = child.wait() {
                    lock(&seen.0).exit = Some(status);
                    seen.1.notify_all();
                }
            })?;
        let pid = receive
            .recv()
            .map_err(|_| io::Error::other("the keeper thread ended early"))??;
        Ok(Kept { pid, shared })
    }

    /// Process id of the child.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// How the child ended, if it has.
    pub fn exit(&self) -> Option<ExitStatus> {
        lock(&self.shared.0).exit
    }

    /// Waits at most `timeout` for the child to end.
    pub fn wait(&self, timeout: Duration) -> Option<ExitStatus> {
        let state = lock(&self.shared.0);
        let waited = self
            .shared
            .1
            .wait_timeout_while(state, timeout, |state| state.exit.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.exit
    }

    /// SIGINT: PostgreSQL's fast shutdown, which ends sessions and writes a checkpoint.
    pub fn interrupt(&self) {
        self.signal(libc::SIGINT);
    }

    /// SIGQUIT: PostgreSQL's immediate shutdown; the next start recovers from the log.
    pub fn quit(&self) {
        self.signal(libc::SIGQUIT);
    }

    fn signal(&self, signal: libc::c_int) {
        let state = lock(&self.shared.0);
        if state.exit.is_none()
            && let Ok(pid) = libc::pid_t::try_from(self.pid)
        {
            // SAFETY: kill takes two integers and touches no memory. The child was not yet reported as reaped.
            unsafe { libc::kill(pid, signal) };
        }
    }
}

/// Whether a process with this id exists, whoever owns it.
pub(super) fn alive(pid: i32) -> bool {
    // SAFETY: signal 0 only asks; kill takes two integers and touches no memory.
    pid > 0 && (unsafe { libc::kill(pid, 0) } == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    // SAFETY: the closure runs between fork and exec and calls only prctl and getppid, which are async-signal-safe; it
    // allocates nothing. Changing the user clears the setting, and `pre_exec` runs after that change.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) == -1 {
                return Err(io::Error::last_os_error());
            }
            // We may have died before the call above; then nobody would ever send the signal.
            if u32::try_from(libc::getppid()).ok() != Some(parent) {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}

/// Elsewhere there is no such signal: an orphaned server is found by its `postmaster.pid` at the next start.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}
