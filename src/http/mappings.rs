//! Mappings: the ready ones that come with the program, and the book's own, which win over a ready one of their name.
//! Must never save a mapping that does not compile.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::imports::problem;
use super::params::Params;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use crate::intake::{Mapping, batch, ready};
use crate::report::{self, MappingView};

/// Mappings, by name.
#[derive(Serialize, ToSchema)]
pub struct MappingsView {
    /// Own and ready ones.
    pub mappings: Vec<MappingView>,
}

/// A mapping to save.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingIn {
    /// TOML, as described at the head of `src/intake/mapping.rs`.
    pub text: String,
}

fn about(text: &str) -> String {
    Mapping::parse(text).map_or_else(|_| String::new(), |mapping| mapping.about)
}

fn ready_view(name: &str, text: &str, whole: bool) -> MappingView {
    MappingView {
        name: name.to_owned(),
        kind: "ready",
        about: about(text),
        text: whole.then(|| text.to_owned()),
        saved_at: None,
    }
}

/// Lists mappings: the book's own, then the ready ones.
#[utoipa::path(get, path = "/v1/mappings", tag = "intake", responses((status = 200, body = MappingsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let mut mappings = report::own_mappings(&read.client, read.log(), None).await?;
    for own in &mut mappings {
        own.about = about(own.text.as_deref().unwrap_or_default());
        own.text = None;
    }
    mappings.extend(ready::READY.iter().map(|(name, text)| ready_view(name, text, false)));
    answer(&request, &MappingsView { mappings })
}

/// Shows a mapping with its text.
#[utoipa::path(get, path = "/v1/mappings/{name}", tag = "intake", params(("name" = String, Path)),
    responses((status = 200, body = MappingView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let own = report::own_mappings(&read.client, read.log(), Some(&name)).await?;
    let view = match own.into_iter().next() {
        Some(mut own) => {
            own.about = about(own.text.as_deref().unwrap_or_default());
            own
        }
        None => ready_view(&name, ready::find(&name).ok_or_else(Problem::not_found)?, true),
    };
    answer(&request, &view)
}

/// Names as they stand in paths: letters, digits, dash, dot and underscore.
fn checked(name: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&name.chars().count()) && name.chars().all(fits) {
        Ok(())
    } else {
        Err(Problem::bad_request(
            "mapping_name",
            "1 to 64 letters, digits, dashes, dots and underscores",
        ))
    }
}

/// Saves a mapping of the book's own, or replaces it. Imports made with it before keep the text they were made with.
#[utoipa::path(put, path = "/v1/mappings/{name}", tag = "intake", params(("name" = String, Path)),
    request_body = MappingIn, responses((status = 204)))]
pub async fn save(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    name: Path<String>,
    Json(body): Json<MappingIn>,
) -> Result<HttpResponse, Problem> {
    Params::of(&request)?.finish()?;
    checked(&name)?;
    batch::save_mapping(
        shared.engine.pool(),
        caller.who.book,
        &name,
        &body.text,
        &caller.who.actor(),
    )
    .await
    .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes a mapping of the book's own.
#[utoipa::path(delete, path = "/v1/mappings/{name}", tag = "intake", params(("name" = String, Path)),
    responses((status = 204)))]
pub async fn remove(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    Params::of(&request)?.finish()?;
    let removed = batch::remove_mapping(shared.engine.pool(), caller.who.book, &name)
        .await
        .map_err(problem)?;
    if removed {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}
