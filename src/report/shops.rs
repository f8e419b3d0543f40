//! Shops and the brand that answers for each.
//! Must never show a brand the shops of another.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{EntityId, LogId, PartyId, PartyKind, ShopId};

pub(super) const SQL: &[Statement] = &[sql!("shops_page")];

/// A shop.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ShopView {
    /// Which.
    #[schema(value_type = String)]
    pub shop: ShopId,
    /// Platform.
    pub platform: String,
    /// The platform's shop number.
    pub shop_no: String,
    /// Name.
    pub name: String,
    /// The brand that pays its commission.
    #[schema(value_type = String)]
    pub brand: PartyId,
    /// The legal entity it belongs to; only for those who see all of the book.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
}

/// Shops, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ShopsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Shops.
    pub shops: Vec<ShopView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The brand a viewer is confined to: itself for a brand; promoters and agencies may look through the catalogue.
pub(super) fn own_brand(viewer: Viewer) -> Option<PartyId> {
    let confined = |party: &PartyId| matches!(party.kind(), PartyKind::Brand | PartyKind::Supplier);
    viewer.party().filter(confined)
}

/// Shops a page at a time; a brand sees its own.
pub async fn shops(client: &Client, log: LogId, viewer: Viewer, page: &Page) -> Result<ShopsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<ShopId>(after)?.0,
        None => Uuid::nil(),
    };
    let brand = own_brand(viewer).map(PartyId::uuid);
    let sql = include_str!("sql/shops_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &brand, &None::<Uuid>])
        .await?;
    let more = page.cut(&mut rows);
    let shops: Vec<ShopView> = rows.iter().map(|row| view(row, viewer)).collect::<Result<_, _>>()?;
    let next = shops.last().filter(|_| more).map(|shop| shop.shop.to_string());
    Ok(ShopsView { position, shops, next })
}

/// One shop.
pub async fn shop(client: &Client, log: LogId, viewer: Viewer, shop: ShopId) -> Result<ShopView, ReportError> {
    let brand = own_brand(viewer).map(PartyId::uuid);
    let sql = include_str!("sql/shops_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &Uuid::nil(), &1_i64, &brand, &Some(shop.0)])
        .await?;
    view(&row.ok_or(ReportError::NotFound)?, viewer)
}

fn view(row: &Row, viewer: Viewer) -> Result<ShopView, ReportError> {
    Ok(ShopView {
        shop: ShopId(row.get(0)),
        platform: row.get(1),
        shop_no: row.get(2),
        name: row.get(3),
        brand: wire::party(row.get(4))?,
        entity: row
            .get::<_, Option<Uuid>>(5)
            .filter(|_| viewer == Viewer::All)
            .map(EntityId),
    })
}

impl ShopsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Shops at position {}", self.position),
            &["shop", "platform", "shop_no", "name", "brand", "entity"],
        );
        for row in &self.shops {
            table.push([
                row.shop.to_string().into(),
                row.platform.clone().into(),
                row.shop_no.clone().into(),
                row.name.clone().into(),
                row.brand.to_string().into(),
                row.entity.map(|entity| entity.to_string()).into(),
            ]);
        }
        table
    }
}
