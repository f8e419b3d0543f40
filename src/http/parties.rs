//! `/v1/parties`: anchors, agencies, brands, suppliers, promoters, platforms and other takers.
//! Must never hold personal data: the name of a party is a business name.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::PartyKind;
use crate::domain::command::Command;
use crate::report::{self, PartiesView, PartyView};

/// A party to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyIn {
    /// anchor, agency, brand, supplier, promoter, platform or other.
    #[schema(value_type = String, example = "anchor")]
    pub kind: PartyKind,
    /// The book's own number for it; accepted wherever its id is.
    #[schema(example = "A-1001")]
    pub external_id: Option<String>,
    /// Business name.
    #[schema(example = "李晓")]
    pub name: String,
}

/// A new name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameIn {
    /// Business name.
    pub name: String,
}

/// Registers a party.
#[utoipa::path(post, path = "/v1/parties", tag = "parties", request_body = PartyIn,
    responses((status = 201, body = AnswerView)))]
pub async fn register(write: Write, Json(body): Json<PartyIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let external_id = form.maybe("/external_id", body.external_id.as_deref());
    let name = form.read("/name", &body.name);
    let (external_id, name) = form.finish(external_id.zip(name))?;
    let command = Command::RegisterParty {
        kind: body.kind,
        external_id,
        name,
    };
    write.make("POST /v1/parties", "party", command).await
}

/// Renames a party.
#[utoipa::path(patch, path = "/v1/parties/{party}", tag = "parties", request_body = RenameIn,
    params(("party" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn rename(write: Write, party: Path<String>, Json(body): Json<RenameIn>) -> Result<HttpResponse, Problem> {
    let party = write.party(&party).await?;
    let mut form = Form::default();
    let name = form.read("/name", &body.name);
    let name = form.finish(name)?;
    write
        .change("PATCH /v1/parties/{party}", Command::RenameParty { party, name })
        .await
}

/// Lists parties.
#[utoipa::path(get, path = "/v1/parties", tag = "parties",
    params(("kind" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PartiesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let kinds = PartyKind::ALL.map(|kind| (kind.word(), kind));
    let kind = read.params.word("kind", &kinds)?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::parties(&read.client, read.log(), read.viewer(), kind, &page).await?,
    )
}

/// Shows a party.
#[utoipa::path(get, path = "/v1/parties/{party}", tag = "parties", params(("party" = String, Path)),
    responses((status = 200, body = PartyView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    party: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let party = read.party(&party).await?;
    let viewer = read.viewer_of(Some(party));
    answer(&request, &report::party(&read.client, read.log(), viewer, party).await?)
}
