//! Text that comes from outside: outside numbers compared bytewise, and names shown to people.
//! Must never change an outside number; names are NFC-normalised once, on entry.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not one to 64 of the allowed ASCII characters.
    #[error("an outside id is 1 to 64 characters of A-Z a-z 0-9 . _ : -")]
    ExternalId,
    /// Empty, longer than 200 characters, or with control characters.
    #[error("a name is 1 to 200 characters without control characters")]
    Name,
    /// Not 64 lower-case hexadecimal digits.
    #[error("a file is named by the 64 lower-case hexadecimal digits of its SHA-256, as the upload answered")]
    File,
}

/// An outside number: one to 64 ASCII characters of `A-Za-z0-9._:-`, compared bytewise.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct ExternalId(String);

impl ExternalId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number in place of one that is too long: `sha:` and the sixteen bytes that stand for it.
    pub fn of_hash(hash: uuid::Uuid) -> ExternalId {
        ExternalId(format!("sha:{}", hash.simple()))
    }
}

impl FromStr for ExternalId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(ExternalId(text.to_owned()))
        } else {
            Err(TextError::ExternalId)
        }
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ExternalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A name for people: NFC, one to 200 characters, no control characters, no blanks at the ends.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let normal: String = text.trim().nfc().collect();
        let length = normal.chars().count();
        // Directional overrides and zero-width characters make two names look alike.
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        };
        if (1..=200).contains(&length) && !normal.chars().any(hidden) {
            Ok(Name(normal))
        } else {
            Err(TextError::Name)
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A file of the book's own store, named by the SHA-256 of its bytes: 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct FileId(String);

impl FileId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(hex) {
            Ok(FileId(text.to_owned()))
        } else {
            Err(TextError::File)
        }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FileId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
