//! Raw files: one copy for each book and digest, its bytes in bounded parts.
//! Must never hold a whole file in memory, nor change the bytes of one that is kept.

use bytes::Bytes;
use tokio_postgres::Client;
use uuid::Uuid;

use super::error::Result;
use super::statements::text;
use crate::base::BookId;

/// Bytes of one part.
pub const PART: usize = 256 * 1024;

/// A file that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// SHA-256 of its bytes.
    pub digest: Vec<u8>,
    /// The upload that brought it: its parts stand under it.
    pub upload: Uuid,
    /// Bytes.
    pub size: i64,
    /// As its sender called it.
    pub name: String,
    /// As its sender described it.
    pub media_type: String,
}

/// Keeps one part of an upload.
pub async fn append(client: &Client, book: BookId, upload: Uuid, part: i32, bytes: &[u8]) -> Result<()> {
    client
        .execute(text::file_append, &[&book.0, &upload, &part, &bytes])
        .await?;
    Ok(())
}

/// Ends an upload: the file is kept under its digest. False when the book has it already; then the parts go again.
pub async fn add(client: &Client, book: BookId, file: &File, by: &str) -> Result<bool> {
    let File {
        digest,
        upload,
        size,
        name,
        media_type,
    } = file;
    let new = client
        .execute(text::file_add, &[&book.0, digest, upload, size, name, media_type, &by])
        .await?;
    if new == 0 {
        drop_parts(client, book, *upload).await?;
    }
    Ok(new == 1)
}

/// Removes the parts of an upload that is not kept.
pub async fn drop_parts(client: &Client, book: BookId, upload: Uuid) -> Result<()> {
    client.execute(text::file_unpart, &[&book.0, &upload]).await?;
    Ok(())
}

/// Removes parts of uploads that were broken off long ago.
pub async fn sweep(client: &Client, book: BookId) -> Result<u64> {
    Ok(client.execute(text::file_sweep, &[&book.0]).await?)
}

/// A file of a book by its digest.
pub async fn find(client: &Client, book: BookId, digest: &[u8]) -> Result<Option<File>> {
    let row = client.query_opt(text::file_find, &[&book.0, &digest]).await?;
    row.map(|row| {
        Ok(File {
            digest: digest.to_vec(),
            upload: row.try_get(0)?,
            size: row.try_get(1)?,
            name: row.try_get(2)?,
            media_type: row.try_get(3)?,
        })
    })
    .transpose()
}

/// One part of a file; none after the last.
pub async fn part(client: &Client, book: BookId, upload: Uuid, part: i32) -> Result<Option<Bytes>> {
    let row = client.query_opt(text::file_part, &[&book.0, &upload, &part]).await?;
    row.map(|row| Ok(Bytes::from(row.try_get::<_, Vec<u8>>(0)?)))
        .transpose()
}
