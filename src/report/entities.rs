//! Legal entities 主体 with how many parties and shops belong to each.
//! Must never show a party the companies of others: only book-wide roles come here.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Page, ReportError, Statement, Table, position, sql};
use crate::base::{EntityId, LogId};

pub(super) const SQL: &[Statement] = &[sql!("entities_page")];

/// A legal entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LegalEntityView {
    /// Which.
    #[schema(value_type = String)]
    pub entity: EntityId,
    /// The book's own number for it.
    pub external_id: String,
    /// Name of the company.
    pub name: String,
    /// Parties that belong to it.
    pub parties: i64,
    /// Shops that belong to it.
    pub shops: i64,
}

/// Legal entities, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LegalEntitiesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Entities.
    pub entities: Vec<LegalEntityView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Entities a page at a time.
pub async fn entities(client: &Client, log: LogId, page: &Page) -> Result<LegalEntitiesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<EntityId>(after)?.0,
        None => Uuid::nil(),
    };
    let sql = include_str!("sql/entities_page.sql");
    let mut rows = client.query(sql, &[&log.0, &after, &page.fetch()]).await?;
    let more = page.cut(&mut rows);
    let entities: Vec<LegalEntityView> = rows.iter().map(view).collect();
    let next = entities.last().filter(|_| more).map(|last| last.entity.to_string());
    Ok(LegalEntitiesView {
        position,
        entities,
        next,
    })
}

fn view(row: &Row) -> LegalEntityView {
    LegalEntityView {
        entity: EntityId(row.get(0)),
        external_id: row.get(1),
        name: row.get(2),
        parties: row.get(3),
        shops: row.get(4),
    }
}

impl LegalEntitiesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Legal entities 主体 at position {}", self.position),
            &["entity", "external_id", "name", "parties", "shops"],
        );
        for row in &self.entities {
            table.push([
                row.entity.to_string().into(),
                row.external_id.clone().into(),
                row.name.clone().into(),
                Cell::from(row.parties),
                Cell::from(row.shops),
            ]);
        }
        table
    }
}
