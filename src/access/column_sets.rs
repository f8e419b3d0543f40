//! Saved sets of columns: what a party, or the book's own people, chose to see in a line ledger, under a name.
//! Must never be read with another owner's eyes, nor hold anything of the ledger itself.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Principal;
use crate::base::{Instant, Name, PartyId};
use crate::store::statements::text;

/// Sets that one owner may have.
const MOST: i64 = 100;

type Found<T> = Result<T, tokio_postgres::Error>;

/// A saved set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ColumnSet {
    /// Name.
    pub name: String,
    /// Columns, in their order.
    pub columns: Vec<String>,
    /// When it was saved.
    #[schema(value_type = String)]
    pub saved_at: Instant,
}

/// Its party; book-wide roles share the sets of the book.
fn owner(who: &Principal) -> Uuid {
    who.party.map_or(Uuid::nil(), PartyId::uuid)
}

/// Every set of a principal's own, by name.
pub async fn column_sets(client: &Client, who: &Principal) -> Found<Vec<ColumnSet>> {
    let rows = client
        .query(text::access_column_sets, &[&who.book.0, &owner(who)])
        .await?;
    let set = |row: &tokio_postgres::Row| ColumnSet {
        name: row.get(0),
        columns: row.get(1),
        saved_at: Instant::from_utc(row.get(2)),
    };
    Ok(rows.iter().map(set).collect())
}

/// The columns of one set.
pub async fn column_set(client: &Client, who: &Principal, name: &str) -> Found<Option<Vec<String>>> {
    let row = client
        .query_opt(text::access_column_set, &[&who.book.0, &owner(who), &name])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Saves a set; false when there are too many already.
pub async fn save_columns(client: &Client, who: &Principal, name: &Name, columns: &[String]) -> Found<bool> {
    let saved = client
        .execute(
            text::access_column_set_save,
            &[&who.book.0, &owner(who), &name.as_str(), &columns, &MOST],
        )
        .await?;
    Ok(saved == 1)
}

/// Forgets a set; false when there was none.
pub async fn forget_columns(client: &Client, who: &Principal, name: &str) -> Found<bool> {
    let gone = client
        .execute(text::access_column_set_remove, &[&who.book.0, &owner(who), &name])
        .await?;
    Ok(gone == 1)
}
