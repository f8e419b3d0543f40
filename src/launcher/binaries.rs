//! Finding PostgreSQL programs already on this machine.
//! It must never start a server, write a file or reach the network.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest major version whose SQL this service uses.
pub const OLDEST_MAJOR: u32 = 15;

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binaries {
    /// Major version, such as 15.
    pub major: u32,
    /// Minor version; 0 for a beta.
    pub minor: u32,
    /// The folder that holds the programs.
    pub bin: PathBuf,
}

impl Binaries {
    /// Asks the programs in a folder for their version; `None` if they are missing or do not run.
    pub fn probe(bin: &Path) -> Option<Binaries> {
        // A link such as /usr/local/bin/postgres is followed, so that the same programs are seen once.
        let postgres = bin.join("postgres").canonicalize().ok()?;
        let bin = postgres.parent()?.to_owned();
        if !bin.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&postgres)
            .arg("--version")
            .current_dir("/")
            .output()
            .ok()?;
        let (major, minor) = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Binaries { major, minor, bin })
    }
}

/// Every usable set of programs on this machine, newest last.
pub fn installed() -> Vec<Binaries> {
    let found: BTreeSet<Binaries> = candidates().iter().filter_map(|bin| Binaries::probe(bin)).collect();
    found.into_iter().filter(|found| found.major >= OLDEST_MAJOR).collect()
}

fn candidates() -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.insert(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    // Debian and Ubuntu; RHEL and Fedora from the PostgreSQL project; Alpine; Arch and others have it in PATH.
    folders.extend(below("/usr/lib/postgresql", "", "bin"));
    folders.extend(below("/usr", "pgsql-", "bin"));
    folders.extend(below("/usr/libexec", "postgresql", ""));
    // Homebrew on both kinds of Mac and on Linux, and Postgres.app.
    for prefix in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
        folders.extend(below(prefix, "postgresql", "bin"));
    }
    folders.extend(below("/Applications/Postgres.app/Contents/Versions", "", "bin"));
    folders.retain(|folder| folder.is_absolute());
    folders
}

/// `parent/<prefix>*/inner`, for each folder that is there.
fn below(parent: &str, prefix: &str, inner: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)))
        .map(|entry| entry.path().join(inner))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` or `... 18beta1`.
fn parse_version(line: &str) -> Option<(u32, u32)> {
    let version = line.split("(PostgreSQL) ").nth(1)?.split_whitespace().next()?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    let (major, rest) = version.split_at(digits);
    let minor = rest.strip_prefix('.').and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some((major.parse().ok()?, minor))
}

/// One line for a person on this platform who has no PostgreSQL.
pub fn install_hint() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@17";
    }
    let like = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is = |word: &str| like.lines().any(|line| line.starts_with("ID") && line.contains(word));
    if is("debian") || is("ubuntu") {
        "apt-get install postgresql"
    } else if is("fedora") || is("rhel") || is("centos") {
        "dnf install postgresql-server"
    } else if is("alpine") {
        "apk add postgresql17 postgresql17-contrib"
    } else if is("arch") {
        "pacman -S postgresql"
    } else if is("suse") {
        "zypper install postgresql-server"
    } else {
        "install the postgresql server package of your system"
    }
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_of_packagers_and_betas_are_read() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some((15, 18))
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some((18, 0)));
        assert_eq!(parse_version("postgres (PostgreSQL) 18.4\n"), Some((18, 4)));
        assert_eq!(parse_version("mysqld 8.0"), None);
    }
}
