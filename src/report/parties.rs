//! Parties of a book: names and outside numbers.
//! Must never show a party anybody but itself and those it has a contract with.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::who::ScriptView;
use super::{At, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{EntityId, LogId, PartyId, PartyKind};
use crate::domain::party::Script;

pub(super) const SQL: &[Statement] = &[sql!("parties_page"), sql!("parties_visible")];

/// A party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PartyView {
    /// Which.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// What it is: `anchor`, `agency`, `brand`, `supplier`, `promoter`, `platform`, `other`.
    #[schema(value_type = String)]
    pub kind: PartyKind,
    /// The book's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Business name.
    pub name: String,
    /// The legal entity it belongs to; only for those who see all of the book.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
    /// Nothing is paid to it for now; what it earns goes on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// It is played by this sandbox's program, and does what the script says: nobody stands behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scripted: Option<ScriptView>,
}

/// Parties, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PartiesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Parties.
    pub parties: Vec<PartyView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Parties the viewer may see, of one kind or all, a page at a time.
pub async fn parties(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    kind: Option<PartyKind>,
    page: &Page,
) -> Result<PartiesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    // The kind is the first byte of the id, so parties of one kind are a range.
    let (low, high) = match kind {
        Some(kind) => (
            PartyId::tagged(kind, Uuid::nil()).uuid(),
            PartyId::tagged(kind, Uuid::max()).uuid(),
        ),
        None => (Uuid::nil(), Uuid::max()),
    };
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PartyId>(after)?.uuid(),
        None => Uuid::nil(),
    };
    let mut rows = select(client, log, viewer, (after, low, high), page.fetch()).await?;
    let more = page.cut(&mut rows);
    let parties: Vec<PartyView> = rows.iter().map(|row| view(row, viewer)).collect::<Result<_, _>>()?;
    let next = parties.last().filter(|_| more).map(|party| party.party.to_string());
    Ok(PartiesView {
        position,
        parties,
        next,
    })
}

/// One party.
pub async fn party(client: &Client, log: LogId, viewer: Viewer, party: PartyId) -> Result<PartyView, ReportError> {
    let id = party.uuid();
    let rows = select(client, log, viewer, (Uuid::nil(), id, id), 1).await?;
    view(rows.first().ok_or(ReportError::NotFound)?, viewer)
}

async fn select(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (after, low, high): (Uuid, Uuid, Uuid),
    limit: i64,
) -> Result<Vec<Row>, ReportError> {
    Ok(match viewer {
        Viewer::All => {
            let sql = include_str!("sql/parties_page.sql");
            client.query(sql, &[&log.0, &after, &low, &high, &limit]).await?
        }
        Viewer::Party(own) => {
            let sql = include_str!("sql/parties_visible.sql");
            client
                .query(sql, &[&log.0, &after, &low, &high, &limit, &own.uuid()])
                .await?
        }
    })
}

fn view(row: &Row, viewer: Viewer) -> Result<PartyView, ReportError> {
    let party = wire::party(row.get(0))?;
    Ok(PartyView {
        party,
        kind: party.kind(),
        external_id: row.get(1),
        name: row.get(2),
        entity: row
            .get::<_, Option<Uuid>>(3)
            .filter(|_| viewer == Viewer::All)
            .map(EntityId),
        suspended: row.get(4),
        scripted: row.get::<_, Option<&str>>(5).and_then(Script::of).map(ScriptView::of),
    })
}

impl PartiesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Parties at position {}", self.position),
            &["party", "kind", "external_id", "name", "entity", "suspended"],
        );
        for row in &self.parties {
            table.push([
                row.party.to_string().into(),
                row.kind.word().into(),
                row.external_id.clone().into(),
                row.name.clone().into(),
                row.entity.map(|entity| entity.to_string()).into(),
                if row.suspended { "yes" } else { "" }.into(),
            ]);
        }
        table
    }
}
