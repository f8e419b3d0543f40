//! Finds the principal behind a key: from the database, or from a copy at most half a second old.
//! Must never answer for an unknown key faster than for a wrong secret, and never keep a copy long enough to outlive
//! a revocation by a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;

use super::{KeyText, Principal};
use crate::base::{BookId, KeyId, LogId, PartyId, PersonId};
use crate::domain::person::Role;
use crate::store::statements::text;

/// INVARIANT: a revoked key stops working within a second on every server.
const FRESH: Duration = Duration::from_millis(500);
/// Copies kept before stale ones are dropped.
const KEPT: usize = 4_096;
/// What an unknown key is compared with: no text hashes to it.
const NOBODY: [u8; 32] = [0; 32];

/// Why no principal was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyringError {
    /// Unknown, wrong, revoked or expired; which of them is not said.
    Refused,
    /// The database did not answer.
    Unavailable,
}

#[derive(Clone)]
struct Copy {
    seen: Instant,
    principal: Principal,
    hash: Vec<u8>,
    good: bool,
}

/// Keys seen lately.
#[derive(Default)]
pub struct Keyring {
    copies: Mutex<HashMap<KeyId, Copy>>,
}

impl Keyring {
    /// The principal behind the text of a key.
    pub async fn principal(&self, pool: &Pool, text: &KeyText) -> Result<Principal, KeyringError> {
        let found = match self.copy(text.key) {
            Some(copy) => Some(copy),
            None => self
                .fetch(pool, text.key)
                .await
                .map_err(|()| KeyringError::Unavailable)?,
        };
        let stored = found.as_ref().map_or(NOBODY.as_slice(), |copy| &copy.hash);
        let opens = text.opens(stored);
        match found {
            Some(copy) if opens && copy.good && copy.principal.sandbox == text.sandbox => Ok(copy.principal),
            _ => Err(KeyringError::Refused),
        }
    }

    /// Drops the copy of a key, so that this server sees its change at once.
    pub fn forget(&self, key: KeyId) {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    fn copy(&self, key: KeyId) -> Option<Copy> {
        let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.get(&key).filter(|copy| copy.seen.elapsed() < FRESH).cloned()
    }

    async fn fetch(&self, pool: &Pool, key: KeyId) -> Result<Option<Copy>, ()> {
        let seen = Instant::now();
        let client = pool.get().await.map_err(|_| ())?;
        let statement = client.prepare_cached(text::access_key).await.map_err(|_| ())?;
        let Some(row) = client.query_opt(&statement, &[&key.0]).await.map_err(|_| ())? else {
            return Ok(None);
        };
        let Some(role) = role_of(row.get(4)) else {
            return Ok(None);
        };
        let party = match row.get::<_, Option<uuid::Uuid>>(5).map(PartyId::from_uuid) {
            Some(Err(_)) => return Ok(None),
            Some(Ok(party)) => Some(party),
            None => None,
        };
        // A role of a party without a party would see everything.
        if needs_party(role) != party.is_some() {
            return Ok(None);
        }
        let principal = Principal {
            book: BookId(row.get(0)),
            log: LogId(row.get(1)),
            sandbox: row.get(2),
            person: PersonId(row.get(3)),
            key,
            role,
            party,
        };
        let copy = Copy {
            seen,
            principal,
            hash: row.get(6),
            good: row.get(7),
        };
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if copies.len() >= KEPT {
            copies.retain(|_, copy| copy.seen.elapsed() < FRESH);
        }
        copies.insert(key, copy.clone());
        Ok(Some(copy))
    }
}

/// True for the roles that act for one party; the others are of the whole book.
pub(crate) fn needs_party(role: Role) -> bool {
    matches!(role, Role::Brand | Role::Agency | Role::Anchor | Role::Supplier)
}

fn role_of(word: &str) -> Option<Role> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
