//! What makes two requests the same: principal, route, and the canonical form of the parsed command (decision B9).
//! Must never depend on spelling, key order or headers.

use sha2::{Digest, Sha256};

use super::api::Meta;
use crate::domain::command::{Actor, Command};

/// SHA-256 of route and canonical command. The id of a new key is left out: it is made per request.
pub fn fingerprint(meta: &Meta, command: &Command) -> Result<Vec<u8>, serde_json::Error> {
    let mut hash = Sha256::new();
    hash.update(meta.route.as_bytes());
    hash.update([0]);
    let canonical = match command {
        Command::IssueKey {
            person,
            label,
            role,
            party,
            expires_at,
            ..
        } => serde_json_canonicalizer::to_vec(&(person, label, role, party, expires_at))?,
        other => serde_json_canonicalizer::to_vec(other)?,
    };
    hash.update(&canonical);
    Ok(hash.finalize().to_vec())
}

/// Whose keys a key is compared with: the party a key acts for, or the book for book-wide roles.
pub fn principal(actor: &Actor) -> String {
    actor.party.map_or_else(|| "book".to_owned(), |party| party.to_string())
}
