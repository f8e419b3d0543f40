//! API keys as rows: found by id, listed by book. They are written with their event, in the batch (`append::Batch::keys`).
//! Must never hold a secret, only its hash.

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::append::KeyRow;
use super::error::{Error, Result};
use super::rows::word;
use super::statements::text;
use crate::base::{BookId, Instant, KeyId, PartyId, PersonId};
use crate::domain::person::{KeyIssued, Role};

/// A key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// Whose book.
    pub book: BookId,
    /// Which.
    pub key: KeyId,
    /// Whose.
    pub person: PersonId,
    /// Label.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// For which party.
    pub party: Option<PartyId>,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// Since when.
    pub issued_at: Instant,
    /// Until when.
    pub expires_at: Option<Instant>,
    /// No longer since.
    pub revoked_at: Option<Instant>,
}

/// The row of a key that was issued.
pub fn row(issued: &KeyIssued, hash: Vec<u8>) -> Result<KeyRow> {
    Ok(KeyRow {
        key: issued.key.0,
        person: issued.person.0,
        label: issued.label.as_str().to_owned(),
        role: word(&issued.role)?,
        party: issued.party.map(PartyId::uuid),
        hash,
        expires_at: issued.expires_at.map(Instant::utc),
    })
}

/// A key by its id, whatever its book; revoked and expired ones too.
pub async fn find(client: &Client, key: KeyId) -> Result<Option<Key>> {
    let row = client.query_opt(text::key_find, &[&key.0]).await?;
    row.as_ref().map(read).transpose()
}

/// Every key of a book, in order of ids.
pub async fn list(client: &Client, book: BookId) -> Result<Vec<Key>> {
    let rows = client.query(text::key_list, &[&book.0]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Key> {
    let party: Option<Uuid> = row.try_get(5)?;
    let party = party.map(PartyId::from_uuid).transpose();
    let time =
        |column: usize| -> Result<Option<Instant>> { Ok(row.try_get::<_, Option<_>>(column)?.map(Instant::from_utc)) };
    Ok(Key {
        book: BookId(row.try_get(0)?),
        key: KeyId(row.try_get(1)?),
        person: PersonId(row.try_get(2)?),
        label: row.try_get(3)?,
        role: serde_json::from_str(&format!("\"{}\"", row.try_get::<_, &str>(4)?))?,
        party: party.map_err(|_| Error::corrupt("a key of no kind of party"))?,
        hash: row.try_get(6)?,
        issued_at: Instant::from_utc(row.try_get(7)?),
        expires_at: time(8)?,
        revoked_at: time(9)?,
    })
}
