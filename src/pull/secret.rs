//! Secrets of platforms: where they are, and a wrapper that does not print them.
//! Must never be serialised, logged or shown: there is no Display, and Debug says only that there is one.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// Where a secret is found: never the secret itself.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file that holds nothing else; blanks at its ends do not count.
    File(PathBuf),
}

/// Why a secret is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No such variable, or it is empty.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// No such file, or it cannot be read.
    #[error("the secret file {0} cannot be read, or is empty")]
    NoFile(PathBuf),
}

impl SecretRef {
    /// Fetches the secret.
    pub fn fetch(&self) -> Result<Secret, SecretError> {
        let (text, missing) = match self {
            SecretRef::Env(name) => (std::env::var(name).ok(), SecretError::NoVariable(name.clone())),
            SecretRef::File(path) => (std::fs::read_to_string(path).ok(), SecretError::NoFile(path.clone())),
        };
        let text = text.map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty()).map(Secret).ok_or(missing)
    }
}

/// A secret in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for a signature or a request and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text of somebody else without this secret in it: platforms repeat what they were sent.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[redacted]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
