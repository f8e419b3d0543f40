//! Lists of keys and persons of a book, for its owner.
//! Must never read a hash.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::base::{BookId, Instant, KeyId, PartyId, PersonId};
use crate::store::statements::text;

/// A key as its book's owner sees it.
#[derive(Serialize, ToSchema)]
pub struct KeyRow {
    /// Id.
    pub id: String,
    /// Whose.
    pub person: String,
    /// Label.
    pub label: String,
    /// Role.
    pub role: String,
    /// For which party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// When it was issued.
    pub issued_at: String,
    /// Stops working here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Stopped working here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// A person as its book's owner sees it.
#[derive(Serialize, ToSchema)]
pub struct PersonRow {
    /// Id.
    pub id: String,
    /// Roles of its keys.
    pub roles: Vec<String>,
    /// How many keys it was issued.
    pub keys: i64,
}

fn time(at: DateTime<Utc>) -> String {
    Instant::from_utc(at).to_string()
}

/// Keys of a book after an id.
pub async fn keys_of(
    client: &Client,
    book: BookId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<KeyRow>, tokio_postgres::Error> {
    let sql = text::access_keys_of_book;
    let rows = client.query(sql, &[&book.0, &after, &limit]).await?;
    Ok(rows
        .iter()
        .map(|row| KeyRow {
            id: KeyId(row.get(0)).to_string(),
            person: PersonId(row.get(1)).to_string(),
            label: row.get(2),
            role: row.get(3),
            party: row
                .get::<_, Option<Uuid>>(4)
                .and_then(|id| PartyId::from_uuid(id).ok())
                .map(|id| id.to_string()),
            issued_at: time(row.get(5)),
            expires_at: row.get::<_, Option<_>>(6).map(time),
            revoked_at: row.get::<_, Option<_>>(7).map(time),
        })
        .collect())
}

/// Persons of a book after an id.
pub async fn persons_of(
    client: &Client,
    book: BookId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<PersonRow>, tokio_postgres::Error> {
    let sql = text::access_persons_of_book;
    let rows = client.query(sql, &[&book.0, &after, &limit]).await?;
    Ok(rows
        .iter()
        .map(|row| PersonRow {
            id: PersonId(row.get(0)).to_string(),
            roles: row.get(1),
            keys: row.get(2),
        })
        .collect())
}

/// Whose a key of this book is.
pub async fn person_of(client: &Client, book: BookId, key: KeyId) -> Result<Option<PersonId>, tokio_postgres::Error> {
    let sql = text::access_key_person;
    Ok(client
        .query_opt(sql, &[&book.0, &key.0])
        .await?
        .map(|row| PersonId(row.get(0))))
}
