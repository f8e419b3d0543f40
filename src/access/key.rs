//! The text of an API key: `fz_live_<32 hex digits of its id>_<64 hex digits of its secret>`; `fz_test_` for a sandbox.
//! Must never keep a secret: it is shown once, and only its SHA-256 is stored. It has 256 random bits, so no slow hash.

use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::base::KeyId;

const LIVE: &str = "fz_live_";
const TEST: &str = "fz_test_";

/// A new key. The text is the only place where the secret stands.
pub struct Minted {
    /// Its id.
    pub key: KeyId,
    /// What its holder sends.
    pub text: String,
    /// What is stored.
    pub hash: Vec<u8>,
}

/// Makes a key.
pub fn mint(sandbox: bool) -> Minted {
    let mut random = [0_u8; 48];
    rand::rng().fill_bytes(&mut random);
    let (id, secret) = random.split_at(16);
    let key = KeyId(Uuid::from_slice(id).unwrap_or_default());
    let secret = hex::encode(secret);
    let prefix = if sandbox { TEST } else { LIVE };
    Minted {
        key,
        text: format!("{prefix}{}_{secret}", key.0.simple()),
        hash: hash(&secret),
    }
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// A key as its holder sent it, in the right form; whether it is anybody's is another question.
pub struct KeyText {
    /// Its id.
    pub key: KeyId,
    /// Hash of the secret that was sent.
    pub hash: Vec<u8>,
    /// It says that it is of a sandbox.
    pub sandbox: bool,
}

impl KeyText {
    /// Reads a key; none for any other text.
    pub fn parse(text: &str) -> Option<KeyText> {
        let (rest, sandbox) = match (text.strip_prefix(LIVE), text.strip_prefix(TEST)) {
            (Some(rest), _) => (rest, false),
            (None, Some(rest)) => (rest, true),
            (None, None) => return None,
        };
        let (id, secret) = rest.split_once('_')?;
        let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(id, 32) || !hex(secret, 64) {
            return None;
        }
        Some(KeyText {
            key: KeyId(Uuid::try_parse(id).ok()?),
            hash: hash(secret),
            sandbox,
        })
    }

    /// Compares in constant time with a stored hash.
    pub fn opens(&self, stored: &[u8]) -> bool {
        self.hash.ct_eq(stored).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_key_opens_its_own_hash_and_no_other() {
        let (one, other) = (mint(false), mint(true));
        let text = KeyText::parse(&one.text).unwrap();
        assert_eq!(text.key, one.key);
        assert!(text.opens(&one.hash) && !text.opens(&other.hash));
        assert!(KeyText::parse(&other.text).unwrap().sandbox && !text.sandbox);
    }

    #[test]
    fn a_text_that_is_no_key_is_none() {
        for text in [
            "",
            "fz_live_",
            "fz_live_00_00",
            "Bearer x",
            "fz_prod_0_0",
            "fz_live_é_é",
        ] {
            assert!(KeyText::parse(text).is_none(), "{text}");
        }
    }
}
