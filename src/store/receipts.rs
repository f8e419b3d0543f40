//! The look-up of one receipt: what became of a request, asked by its key.
//! Must never be used to decide: the writer reads receipts under the head's lock.

use tokio_postgres::Client;

use super::error::Result;
use super::load::{Receipt, receipt};
use super::statements::text;
use crate::base::LogId;

/// The receipt of a key, if the command was recorded.
pub async fn find(client: &Client, log: LogId, principal: &str, key: &str) -> Result<Option<Receipt>> {
    let row = client
        .query_opt(text::receipt_find, &[&log.0, &vec![principal], &vec![key]])
        .await?;
    row.as_ref().map(receipt).transpose()
}
