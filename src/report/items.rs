//! Items as last listed.
//! Must never show a brand the items of another.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::shops::own_brand;
use super::{At, Page, ReportError, Statement, Table, Viewer, position, sql};
use crate::base::{ItemId, LogId, PartyId, ShopId};

pub(super) const SQL: &[Statement] = &[sql!("items_page")];

/// An item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ItemView {
    /// Which.
    #[schema(value_type = String)]
    pub item: ItemId,
    /// Platform.
    pub platform: String,
    /// The platform's item number.
    pub item_no: String,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its shop.
    #[schema(value_type = String)]
    pub shop: ShopId,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// Items, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ItemsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Items.
    pub items: Vec<ItemView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Items a page at a time; a brand sees those of its own shops.
pub async fn items(client: &Client, log: LogId, viewer: Viewer, page: &Page) -> Result<ItemsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<ItemId>(after)?.0,
        None => Uuid::nil(),
    };
    let brand = own_brand(viewer).map(PartyId::uuid);
    let sql = include_str!("sql/items_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &brand, &None::<Uuid>])
        .await?;
    let more = page.cut(&mut rows);
    let items: Vec<ItemView> = rows.iter().map(view).collect();
    let next = items.last().filter(|_| more).map(|item| item.item.to_string());
    Ok(ItemsView { position, items, next })
}

/// One item.
pub async fn item(client: &Client, log: LogId, viewer: Viewer, item: ItemId) -> Result<ItemView, ReportError> {
    let brand = own_brand(viewer).map(PartyId::uuid);
    let sql = include_str!("sql/items_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &Uuid::nil(), &1_i64, &brand, &Some(item.0)])
        .await?;
    row.as_ref().map(view).ok_or(ReportError::NotFound)
}

fn view(row: &Row) -> ItemView {
    ItemView {
        item: ItemId(row.get(0)),
        platform: row.get(1),
        item_no: row.get(2),
        title: row.get(3),
        shop: ShopId(row.get(4)),
        category: row.get(5),
    }
}

impl ItemsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Items at position {}", self.position),
            &["item", "platform", "item_no", "title", "shop", "category"],
        );
        for row in &self.items {
            table.push([
                row.item.to_string().into(),
                row.platform.clone().into(),
                row.item_no.clone().into(),
                row.title.clone().into(),
                row.shop.to_string().into(),
                row.category.clone().into(),
            ]);
        }
        table
    }
}
