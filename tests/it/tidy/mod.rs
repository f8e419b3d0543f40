//! Tidiness as tests: layering, file heads and sizes, forbidden words, and every SQL statement.
//! It must never pass by having found nothing to look at; each check is shown a broken text beside it and must object.

mod files;
mod layers;
mod sql;

use std::path::{Path, PathBuf};

/// A file of the repository: its path from the root, with forward slashes, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below the folders whose name ends so; fails when there is none.
fn sources(folders: &[&str], ending: &str) -> Vec<Source> {
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().ends_with(ending) {
            // Files of other programs (bytes that are no text) are not ours to judge.
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
    assert!(!found.is_empty(), "no {ending} below {folders:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Fails with one line for each objection.
fn none(objections: Vec<String>) {
    assert!(objections.is_empty(), "\n{}", objections.join("\n"));
}
