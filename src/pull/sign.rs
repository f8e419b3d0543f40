//! Signatures of the two families of platform APIs, over sorted parameters.
//! Must never log what it signs: the text to be signed holds the secret.
//!
//! Documented publicly. Family TOP: names and values of all parameters with a name and a value, sorted by name and joined
//! without separators; `md5`: upper-case hex of MD5(secret + joined + secret); `hmac`: HMAC-MD5 with the secret as key;
//! `hmac-sha256`: the same with SHA-256. Family AOP (param2): HMAC-SHA1 of the path after `openapi/` followed by the joined
//! parameters without the signature, upper-case hex.
//! Not confirmed against a live platform: whether AOP drops empty values (none are sent), and the key length limits.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::secret::Secret;

/// How a TOP request is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub enum SignMethod {
    /// MD5 with the secret at both ends.
    #[serde(rename = "md5")]
    Md5,
    /// HMAC-MD5.
    #[serde(rename = "hmac")]
    HmacMd5,
    /// HMAC-SHA256.
    #[default]
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
}

impl SignMethod {
    /// The word in the request.
    pub fn word(self) -> &'static str {
        match self {
            SignMethod::Md5 => "md5",
            SignMethod::HmacMd5 => "hmac",
            SignMethod::HmacSha256 => "hmac-sha256",
        }
    }
}

/// Parameters of a request; sorted by name, bytewise.
pub type Parameters = BTreeMap<String, String>;

fn joined(parameters: &Parameters, signature: &str) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        if name != signature && !name.is_empty() && !value.is_empty() {
            text.push_str(name);
            text.push_str(value);
        }
    }
    text
}

/// Signature of a TOP request; a parameter `sign` does not count.
pub fn top(method: SignMethod, parameters: &Parameters, secret: &Secret) -> String {
    let text = joined(parameters, "sign");
    let key = secret.expose();
    match method {
        SignMethod::Md5 => upper(&Md5::digest(format!("{key}{text}{key}"))),
        SignMethod::HmacMd5 => hmac::<Hmac<Md5>>(key, &text),
        SignMethod::HmacSha256 => hmac::<Hmac<Sha256>>(key, &text),
    }
}

/// Signature of an AOP request: `path` begins with `param2/`; a parameter `_aop_signature` does not count.
pub fn aop(path: &str, parameters: &Parameters, secret: &Secret) -> String {
    let text = format!("{path}{}", joined(parameters, "_aop_signature"));
    hmac::<Hmac<Sha1>>(secret.expose(), &text)
}

fn hmac<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    upper(&mac.finalize().into_bytes())
}

fn upper(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text
}
