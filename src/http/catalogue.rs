//! `/v1/shops` and `/v1/products`: shops with their brand, items with shop and category by date.
//! Must never let a brand name another brand's shop.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::access::shop_brand;
use crate::base::{ExternalId, ShopId};
use crate::domain::command::Command;
use crate::report::{self, ItemView, ItemsView, ShopsView};

/// A shop to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShopIn {
    /// Platform.
    #[schema(example = "taobao")]
    pub platform: String,
    /// The platform's shop number.
    pub external_id: String,
    /// Name.
    pub name: String,
    /// The brand that answers for it: id or own number. A brand's own key may leave it out.
    pub brand: Option<String>,
}

/// An item to list, or to list anew from an instant on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductIn {
    /// Platform.
    pub platform: String,
    /// The platform's item number.
    pub external_id: String,
    /// Title.
    pub title: Option<String>,
    /// The platform's shop number.
    pub shop: String,
    /// Category.
    pub category: Option<String>,
    /// From here on; from now when not told.
    pub from: Option<String>,
}

/// Registers a shop with its brand.
#[utoipa::path(post, path = "/v1/shops", tag = "catalogue", request_body = ShopIn,
    responses((status = 201, body = AnswerView)))]
pub async fn register(write: Write, Json(body): Json<ShopIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form(body.brand.as_deref()).await?;
    let platform: Option<ExternalId> = form.read("/platform", &body.platform);
    let shop_no: Option<ExternalId> = form.read("/external_id", &body.external_id);
    let name = form.read("/name", &body.name);
    let brand = match (&body.brand, write.caller.who.party) {
        (Some(text), _) => form.party("/brand", text),
        (None, own) => form.need("/brand", own),
    };
    let (((platform, shop_no), name), brand) = form.finish(platform.zip(shop_no).zip(name).zip(brand))?;
    if let Some(own) = write.caller.who.party {
        let shop = ShopId::of(write.caller.who.book, platform.as_str(), shop_no.as_str());
        let client = write.client().await?;
        let stands = shop_brand(&client, write.caller.who.log, shop).await?;
        if brand != own || stands.is_some_and(|brand| brand != own) {
            return Err(Problem::not_found());
        }
    }
    write
        .make(
            "POST /v1/shops",
            "shop",
            Command::RegisterShop {
                platform,
                shop_no,
                name,
                brand,
            },
        )
        .await
}

/// Lists an item in a shop.
#[utoipa::path(post, path = "/v1/products", tag = "catalogue", request_body = ProductIn,
    responses((status = 201, body = AnswerView)))]
pub async fn list_item(write: Write, Json(body): Json<ProductIn>) -> Result<HttpResponse, Problem> {
    let mut form = super::form::Form::default();
    let platform: Option<ExternalId> = form.read("/platform", &body.platform);
    let item_no: Option<ExternalId> = form.read("/external_id", &body.external_id);
    let title = form.maybe("/title", body.title.as_deref());
    let shop_no: Option<ExternalId> = form.read("/shop", &body.shop);
    let category = form.word("/category", body.category.as_deref());
    let from = form.maybe("/from", body.from.as_deref());
    let read = platform.zip(item_no).zip(title).zip(shop_no).zip(category).zip(from);
    let (((((platform, item_no), title), shop_no), category), from) = form.finish(read)?;
    if let Some(own) = write.caller.who.party {
        let who = &write.caller.who;
        let client = write.client().await?;
        let shop = ShopId::of(who.book, platform.as_str(), shop_no.as_str());
        let item = crate::domain::plan::RuleScope::Item(crate::base::ItemId::of(
            who.book,
            platform.as_str(),
            item_no.as_str(),
        ));
        let stands = crate::access::scope_brand(&client, who.log, &item).await?;
        if shop_brand(&client, who.log, shop).await? != Some(own) || stands.is_some_and(|brand| brand != own) {
            return Err(Problem::not_found());
        }
    }
    write
        .make(
            "POST /v1/products",
            "item",
            Command::ListItem {
                platform,
                item_no,
                title,
                shop_no,
                category,
                from,
            },
        )
        .await
}

/// Lists shops.
#[utoipa::path(get, path = "/v1/shops", tag = "catalogue", params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = ShopsView)))]
pub async fn shops(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::shops(&read.client, read.log(), read.viewer(), &page).await?,
    )
}

/// Lists items.
#[utoipa::path(get, path = "/v1/products", tag = "catalogue", params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = ItemsView)))]
pub async fn products(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::items(&read.client, read.log(), read.viewer(), &page).await?,
    )
}

/// Shows an item.
#[utoipa::path(get, path = "/v1/products/{product}", tag = "catalogue", params(("product" = String, Path)),
    responses((status = 200, body = ItemView)))]
pub async fn product(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let item = id.parse().map_err(|_| Problem::not_found())?;
    answer(
        &request,
        &report::item(&read.client, read.log(), read.viewer(), item).await?,
    )
}
