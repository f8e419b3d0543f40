//! One cluster in one data folder: made with initdb, started, restarted after a crash, stopped.
//! It must never weaken durability, listen on a network address, or let another local user in.
//!
//! Layout of the data folder: `pg` the cluster, `run` its socket, `postgres.log` its log, `lock` held by the service.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::binaries::Binaries;
use super::spawn::{Kept, alive};
use super::user::{self, Users};
use super::{LaunchError, Options};

/// The role and the database of the service.
const NAME: &str = "fenzhang";
/// The longest path a socket may have: macOS allows 103 bytes, Linux 107.
const SOCKET_PATH_MAX: usize = 103;
/// A killed postmaster's children and an unreaped zombie hold the cluster for a while.
const PATIENCE_AFTER_CRASH: Duration = Duration::from_secs(20);
/// An orphan that is still shutting down is writing its checkpoint.
const PATIENCE_WITH_ORPHAN: Duration = Duration::from_secs(60);
/// Recovery of a long log takes minutes; a server that lives is not given up before this.
const READY_TIMEOUT: Duration = Duration::from_secs(900);
const LOG_MAX: u64 = 10 << 20;
const GUARDED: &[&str] = &[
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "zero_damaged_pages",
    "ignore_checksum_failure",
    "listen_addresses",
    "unix_socket_directories",
    "unix_socket_permissions",
    "port",
    "hba_file",
    "ident_file",
    "data_directory",
];

/// A running private cluster; dropping it stops the server cleanly.
pub struct Running {
    cluster: Cluster,
    kept: Kept,
    /// Released by the system however this process ends.
    _lock: File,
}

struct Cluster {
    root: PathBuf,
    data: PathBuf,
    sockets: PathBuf,
    users: Users,
    binaries: Binaries,
    settings: Vec<(String, String)>,
}

impl Running {
    pub(super) fn start(options: &Options) -> Result<Running, LaunchError> {
        if let Some((name, _)) = options
            .settings
            .iter()
            .find(|(name, _)| GUARDED.contains(&name.to_lowercase().as_str()))
        {
            return Err(LaunchError::Setting { name: name.clone() });
        }
        let root = std::path::absolute(&options.data_dir).map_err(io_at("resolve", &options.data_dir))?;
        if !root.is_dir() {
            fs::create_dir_all(&root).map_err(io_at("make the data folder", &root))?;
            // Enterable, because the server may run as another user; what is inside is closed.
            fs::set_permissions(&root, Permissions::from_mode(0o711)).map_err(io_at("open", &root))?;
        }
        let data = root.join("pg");
        let users = user::choose(&data)?;
        let lock = take_lock(&root)?;
        let binaries = super::find(major_of(&data)?, &data)?;
        for path in [&root, &binaries.bin] {
            if let Some(folder) = user::closed_to(&users.server, path) {
                return Err(LaunchError::Unreachable {
                    user: users.server.name,
                    folder,
                    path: path.clone(),
                });
            }
        }
        let mut settings = vec![
            ("max_connections".into(), "200".into()),
            ("shared_buffers".into(), format!("{}MB", options.shared_buffers_mb)),
            ("max_wal_size".into(), "4GB".into()),
            ("timezone".into(), "UTC".into()),
            ("log_timezone".into(), "UTC".into()),
            ("cluster_name".into(), NAME.into()),
        ];
        settings.extend(options.settings.iter().cloned());
        let sockets = socket_folder(&root, &users)?;
        let cluster = Cluster {
            root,
            data,
            sockets,
            users,
            binaries,
            settings,
        };
        if !cluster.data.is_dir() {
            cluster.init()?;
        }
        cluster.write_access_rules()?;
        let kept = cluster.launch()?;
        Ok(Running {
            cluster,
            kept,
            _lock: lock,
        })
    }

    /// A connection string for tokio-postgres; it holds no secret, the server knows us by our user.
    pub fn url(&self) -> String {
        self.url_for(NAME)
    }

    /// The same for another database of the cluster.
    pub fn url_for(&self, database: &str) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let host = quote(&self.cluster.sockets.to_string_lossy());
        format!("host={host} port=5432 user={NAME} dbname={}", quote(database))
    }

    /// Process id of the postmaster.
    pub fn postmaster_pid(&self) -> u32 {
        self.kept.pid()
    }

    /// Whether the postmaster is still there.
    pub fn is_alive(&self) -> bool {
        self.kept.exit().is_none()
    }

    /// The programs in use.
    pub fn binaries(&self) -> &Binaries {
        &self.cluster.binaries
    }

    /// Starts the server again after it died; does nothing while it lives.
    pub fn restart_after_crash(&mut self) -> Result<(), LaunchError> {
        // The keeper reports a death within moments; a caller that has just seen a lost connection may be earlier.
        if self.kept.wait(Duration::from_millis(500)).is_some() {
            self.kept = self.cluster.launch()?;
        }
        Ok(())
    }

    /// Stops the server: sessions end, a checkpoint is written. If that takes over a minute it is cut short, and the
    /// next start recovers from the log.
    pub fn stop(&mut self) {
        self.kept.interrupt();
        if self.kept.wait(Duration::from_secs(60)).is_none() {
            self.kept.quit();
            self.kept.wait(Duration::from_secs(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if !self.cluster.sockets.starts_with(&self.cluster.root) {
            let _ = fs::remove_dir(&self.cluster.sockets);
        }
    }
}

impl Cluster {
    /// Makes the cluster beside its place and moves it there when complete, so that an interrupted start leaves none.
    fn init(&self) -> Result<(), LaunchError> {
        let new = self.root.join("pg.new");
        if new.exists() {
            fs::remove_dir_all(&new).map_err(io_at("remove the unfinished cluster", &new))?;
        }
        private_folder(&new, &self.users)?;
        // PostgreSQL 17 brings its own C.UTF-8; before that it is the system's, which macOS does not have.
        let locale = if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" };
        let mut initdb = self.users.server.command(&self.binaries.bin.join("initdb"), &new);
        initdb
            .arg("-D")
            .arg(&new)
            .args(["-U", NAME, "--data-checksums", "--encoding=UTF8", "--no-instructions"]);
        initdb
            .arg(format!("--locale={locale}"))
            .args(["--auth-local=peer", "--auth-host=scram-sha-256"]);
        if self.binaries.major >= 17 {
            initdb.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        }
        checked(initdb.output())?;
        let mut single = self.users.server.command(&self.binaries.bin.join("postgres"), &new);
        single
            .arg("--single")
            .arg("-D")
            .arg(&new)
            .args(["-c", "exit_on_error=true", "postgres"]);
        single
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        checked(single.spawn().and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(format!("CREATE DATABASE {NAME};\n").as_bytes())?;
            }
            child.wait_with_output()
        }))?;
        fs::rename(&new, &self.data).map_err(io_at("move the finished cluster to", &self.data))
    }

    /// Lets in, through the socket only, exactly our own user and the server's, as the one role. Written at each start
    /// because the folder may be started by its owner today and by root tomorrow.
    fn write_access_rules(&self) -> Result<(), LaunchError> {
        let head = "# Written by Fenzhang at every start; changes are lost.\n";
        let hba = format!("{head}local all {NAME} peer map={NAME}\n");
        let mut ident = head.to_owned();
        for name in [&self.users.us, &self.users.server.name] {
            ident.push_str(&format!("{NAME} \"{name}\" {NAME}\n"));
        }
        for (name, text) in [("pg_hba.conf", hba), ("pg_ident.conf", ident)] {
            let path = self.data.join(name);
            fs::write(&path, text).map_err(io_at("write", &path))?;
        }
        Ok(())
    }

    /// Starts the server and waits until it accepts connections, trying again where the last one died hard.
    fn launch(&self) -> Result<Kept, LaunchError> {
        let begun = Instant::now();
        loop {
            let (left_over, _) = self.pid_file();
            let kept = self.spawn()?;
            if self.wait_ready(&kept)? {
                return Ok(kept);
            }
            let patience = match left_over {
                Some(pid) if alive(pid) => PATIENCE_WITH_ORPHAN,
                Some(_) => PATIENCE_AFTER_CRASH,
                None => Duration::ZERO,
            };
            if begun.elapsed() >= patience {
                let log = self.root.join("postgres.log");
                return Err(LaunchError::Start { tail: tail(&log), log });
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    fn spawn(&self) -> Result<Kept, LaunchError> {
        let path = self.root.join("postgres.log");
        if path.metadata().is_ok_and(|meta| meta.len() > LOG_MAX) {
            fs::rename(&path, self.root.join("postgres.log.1")).map_err(io_at("move the log", &path))?;
        }
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(io_at("open", &path))?;
        let same = log.try_clone().map_err(io_at("open", &path))?;
        let mut command = self
            .users
            .server
            .command(&self.binaries.bin.join("postgres"), &self.data);
        command.arg("-D").arg(&self.data);
        let sockets = self.sockets.to_string_lossy().replace('"', "\"\"");
        let fixed = [
            ("listen_addresses", String::new()),
            ("unix_socket_directories", format!("\"{sockets}\"")),
        ];
        let port = [
            ("unix_socket_permissions", "0700".to_owned()),
            ("port", "5432".to_owned()),
        ];
        let ours = self.settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
        for (name, value) in ours.chain(fixed).chain(port) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.stdin(Stdio::null()).stdout(log).stderr(same);
        Kept::spawn(command).map_err(io_at("run", &self.binaries.bin.join("postgres")))
    }

    /// True when ready, false when it ended before that.
    fn wait_ready(&self, kept: &Kept) -> Result<bool, LaunchError> {
        let begun = Instant::now();
        while kept.wait(Duration::from_millis(15)).is_none() {
            let (pid, ready) = self.pid_file();
            if ready && pid.and_then(|pid| u32::try_from(pid).ok()) == Some(kept.pid()) {
                return Ok(true);
            }
            if begun.elapsed() > READY_TIMEOUT {
                kept.quit();
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// What `postmaster.pid` says: the process on its first line, and on its eighth whether it accepts connections.
    fn pid_file(&self) -> (Option<i32>, bool) {
        let text = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        (pid, text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    }
}

fn major_of(data: &Path) -> Result<Option<u32>, LaunchError> {
    let path = data.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_at("read", &path)(error)),
    }
}

fn take_lock(root: &Path) -> Result<File, LaunchError> {
    let path = root.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io_at("open", &path))?;
    // A predecessor that is just ending holds it for a moment longer.
    for _ in 0..40 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::Error(error)) => return Err(io_at("lock", &path)(error)),
        }
    }
    Err(LaunchError::Busy { path: root.to_owned() })
}

/// `run` in the data folder, or a folder of the system's temporary one where that path is too long for a socket.
fn socket_folder(root: &Path, users: &Users) -> Result<PathBuf, LaunchError> {
    let fits = |folder: &Path| folder.as_os_str().len() + "/.s.PGSQL.5432".len() <= SOCKET_PATH_MAX;
    let digest = hex::encode(Sha256::digest(root.as_os_str().as_encoded_bytes()));
    let short = format!("fenzhang-{}", &digest[..16]);
    let places = [
        root.join("run"),
        std::env::temp_dir().join(&short),
        Path::new("/tmp").join(&short),
    ];
    let folder = places
        .into_iter()
        .find(|folder| fits(folder))
        .unwrap_or_else(|| root.join("run"));
    private_folder(&folder, users)?;
    Ok(folder)
}

/// A folder only the server's user (and root) may enter. One that is already there must be a folder of that user's or
/// ours: others could have put a link of that name into a shared temporary folder.
fn private_folder(folder: &Path, users: &Users) -> Result<(), LaunchError> {
    let server = &users.server;
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let meta = folder.symlink_metadata().map_err(io_at("look at", folder))?;
            if !meta.is_dir() || (meta.uid() != server.uid && !(server.drop && meta.uid() == 0)) {
                return Err(LaunchError::Owner {
                    path: folder.to_owned(),
                    user: server.name.clone(),
                });
            }
        }
        Err(error) => return Err(io_at("make the folder", folder)(error)),
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(io_at("close", folder))?;
    if server.drop {
        chown(folder, Some(server.uid), Some(server.gid)).map_err(io_at("give away", folder))?;
    }
    Ok(())
}

fn checked(run: io::Result<Output>) -> Result<(), LaunchError> {
    let output = run.map_err(io_at("run", Path::new("initdb")))?;
    if output.status.success() {
        return Ok(());
    }
    let both = [output.stdout, output.stderr].concat();
    Err(LaunchError::Initdb {
        output: String::from_utf8_lossy(&both).trim().to_owned(),
    })
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(4096)..]).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

fn io_at(what: &str, path: &Path) -> impl FnOnce(io::Error) -> LaunchError + use<> {
    let what = format!("{what} {}", path.display());
    move |source| LaunchError::Io { what, source }
}
