//! Who asked what and was refused: append-only, filled in batches outside money transactions (decision B7).
//! Must never be written inside a money transaction, and never hold a body.

use chrono::{DateTime, Utc};
use tokio_postgres::Client;
use uuid::Uuid;

use super::error::Result;
use super::statements::text;
use crate::base::{BookId, Instant, KeyId};

/// One request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// When.
    pub at: Instant,
    /// Whose book, when the key was known.
    pub book: Option<BookId>,
    /// Which key, when one was named.
    pub key: Option<KeyId>,
    /// Name of the route.
    pub route: String,
    /// HTTP status answered.
    pub status: i16,
    /// Code of the refusal.
    pub code: Option<String>,
}

/// Appends a batch.
pub async fn append(client: &Client, batch: &[Access]) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let at: Vec<DateTime<Utc>> = batch.iter().map(|access| access.at.utc()).collect();
    let books: Vec<Option<Uuid>> = batch.iter().map(|access| access.book.map(|id| id.0)).collect();
    let keys: Vec<Option<Uuid>> = batch.iter().map(|access| access.key.map(|id| id.0)).collect();
    let routes: Vec<&str> = batch.iter().map(|access| access.route.as_str()).collect();
    let status: Vec<i16> = batch.iter().map(|access| access.status).collect();
    let codes: Vec<Option<&str>> = batch.iter().map(|access| access.code.as_deref()).collect();
    client
        .execute(text::access_append, &[&at, &books, &keys, &routes, &status, &codes])
        .await?;
    Ok(())
}
