//! Durable job rows: what long work is under way, how far it is, and who may go on with it.
//! Must never hold a lock between statements: a lease that runs out frees a job whose worker died.

use tokio_postgres::Client;
use uuid::Uuid;

use super::error::Result;
use super::statements::text;
use crate::base::BookId;

/// A job taken by this worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Whose book.
    pub book: BookId,
    /// Which job.
    pub id: Uuid,
    /// The worker.
    pub owner: Uuid,
}

/// A job as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// running, done, or waiting (given back).
    pub state: String,
    /// How far, as its worker wrote it.
    pub progress: String,
    /// How often it was taken.
    pub attempts: i32,
}

/// A job, when there is one.
pub async fn read(client: &Client, book: BookId, id: Uuid) -> Result<Option<Job>> {
    let row = client.query_opt(text::job_read, &[&book.0, &id]).await?;
    row.map(|row| {
        Ok(Job {
            state: row.try_get(0)?,
            progress: row.try_get(1)?,
            attempts: row.try_get(2)?,
        })
    })
    .transpose()
}

/// Takes a job and tells how far it is; none while another worker holds it.
pub async fn take(client: &Client, lease: Lease, kind: &str, spec: &str) -> Result<Option<String>> {
    let Lease { book, id, owner } = lease;
    let row = client
        .query_opt(text::job_take, &[&book.0, &id, &kind, &spec, &owner])
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Writes how far the job is and renews the lease; false when the lease was lost.
pub async fn progress(client: &Client, lease: Lease, progress: &str) -> Result<bool> {
    let Lease { book, id, owner } = lease;
    let rows = client
        .execute(text::job_progress, &[&book.0, &id, &owner, &progress])
        .await?;
    Ok(rows == 1)
}

/// Ends the job as done, or gives it back to be gone on with.
pub async fn end(client: &Client, lease: Lease, done: bool, progress: &str) -> Result<()> {
    let Lease { book, id, owner } = lease;
    let state = if done { "done" } else { "waiting" };
    client
        .execute(text::job_end, &[&book.0, &id, &owner, &state, &progress])
        .await?;
    Ok(())
}
