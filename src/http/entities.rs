//! `/v1/entities`: legal entities, and which parties and shops belong to them.
//! Must never show or name a company to a party's own key.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{BookId, EntityId, ExternalId, ShopId};
use crate::domain::command::Command;
use crate::domain::entity::Member;
use crate::report::{self, LegalEntitiesView};

/// A legal entity to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityIn {
    /// The book's own number for it; accepted wherever its id is, and the one that cut-overs name.
    #[schema(example = "HZ-01")]
    pub external_id: String,
    /// Name of the company.
    #[schema(example = "杭州星河文化有限公司")]
    pub name: String,
}

/// A new name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityRenameIn {
    /// Name of the company.
    pub name: String,
}

/// Who is to belong to it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityMemberIn {
    /// A party: id or own number. Either this or `shop`.
    pub party: Option<String>,
    /// A shop: id, or the platform's number of it beside `platform`.
    pub shop: Option<String>,
    /// Platform of the shop's number.
    pub platform: Option<String>,
    /// True: it belongs to this entity no longer.
    #[serde(default)]
    pub leaves: bool,
}

/// An entity by its id or its number.
fn entity(book: BookId, text: &str) -> Result<EntityId, Problem> {
    let by_number = || text.parse::<ExternalId>().map(|number| EntityId::of(book, &number));
    text.parse().or_else(|_| by_number()).map_err(|_| Problem::not_found())
}

/// Registers a legal entity.
#[utoipa::path(post, path = "/v1/entities", tag = "parties", request_body = EntityIn,
    responses((status = 201, body = AnswerView)))]
pub async fn register(write: Write, Json(body): Json<EntityIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let external_id: Option<ExternalId> = form.read("/external_id", &body.external_id);
    let name = form.read("/name", &body.name);
    let (external_id, name) = form.finish(external_id.zip(name))?;
    let command = Command::RegisterEntity { external_id, name };
    write.make("POST /v1/entities", "entity", command).await
}

/// Renames a legal entity.
#[utoipa::path(patch, path = "/v1/entities/{entity}", tag = "parties", request_body = EntityRenameIn,
    params(("entity" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn rename(write: Write, id: Path<String>, Json(body): Json<EntityRenameIn>) -> Result<HttpResponse, Problem> {
    let entity = entity(write.caller.who.book, &id)?;
    let mut form = Form::default();
    let name = form.read("/name", &body.name);
    let name = form.finish(name)?;
    let command = Command::RenameEntity { entity, name };
    write.change("PATCH /v1/entities/{entity}", command).await
}

/// Brings a party or a shop into an entity, or out of it. Whoever belonged to another belongs to this one from now on.
#[utoipa::path(post, path = "/v1/entities/{entity}/members", tag = "parties", request_body = EntityMemberIn,
    params(("entity" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn join(write: Write, id: Path<String>, Json(body): Json<EntityMemberIn>) -> Result<HttpResponse, Problem> {
    let book = write.caller.who.book;
    let entity = entity(book, &id)?;
    let mut form = write.form(body.party.as_deref()).await?;
    let platform: Option<Option<ExternalId>> = form.maybe("/platform", body.platform.as_deref());
    let member = match (&body.party, &body.shop) {
        (Some(party), None) => form.party("/party", party).map(Member::Party),
        (None, Some(shop)) => shop_of(&mut form, book, platform.flatten(), shop).map(Member::Shop),
        _ => {
            form.fault("/party", Fault::new("one_of", "give party or shop, one of them"));
            None
        }
    };
    let member = form.finish(member)?;
    let leaves = body.leaves;
    let command = Command::JoinEntity { entity, member, leaves };
    write.change("POST /v1/entities/{entity}/members", command).await
}

fn shop_of(form: &mut Form, book: BookId, platform: Option<ExternalId>, text: &str) -> Option<ShopId> {
    if let Ok(shop) = text.parse() {
        return Some(shop);
    }
    let platform = form.need("/platform", platform)?;
    let number: ExternalId = form.read("/shop", text)?;
    Some(ShopId::of(book, platform.as_str(), number.as_str()))
}

/// Lists legal entities.
#[utoipa::path(get, path = "/v1/entities", tag = "parties",
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LegalEntitiesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(&request, &report::entities(&read.client, read.log(), &page).await?)
}
