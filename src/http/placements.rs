//! `/v1/placements`: which party or room a platform's account, PID, nick or room belongs to, by date, and what lines wait for.
//! Must never release a line itself: an assignment is looked at by the engine's background.

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
use crate::base::{ExternalId, PlacementId};
use crate::domain::command::Command;
use crate::domain::placement::{Holder, PlacementKind};
use crate::report::{self, PlacementsView, WaitingsView};

/// An assignment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementIn {
    /// Platform.
    #[schema(example = "taobao")]
    pub platform: String,
    /// pid, nick, room or account.
    #[schema(value_type = String, example = "pid")]
    pub kind: PlacementKind,
    /// The platform's number or name of it.
    #[schema(example = "mm_1_2_3")]
    pub number: String,
    /// Whose: id or own number. Either this or `room`.
    pub party: Option<String>,
    /// The room of the same platform whose roster says who was on air.
    pub room: Option<String>,
    /// Inclusive. The past may be assigned as far as it is nobody's: the lines that waited are released.
    pub from: String,
    /// Exclusive; open when not told.
    pub to: Option<String>,
}

/// The end of an assignment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementEndIn {
    /// Exclusive end; the assignment that covers it ends there.
    pub at: String,
}

fn holder(form: &mut Form, told: &PlacementIn) -> Option<Holder> {
    match (&told.party, &told.room) {
        (Some(party), None) => form.party("/party", party).map(Holder::Party),
        (None, Some(room)) => form.read("/room", room).map(Holder::Room),
        _ => {
            form.fault("/party", Fault::new("one_of", "give party or room, one of them"));
            None
        }
    }
}

/// Assigns a placement to a party or a room.
#[utoipa::path(post, path = "/v1/placements", tag = "parties", request_body = PlacementIn,
    responses((status = 201, body = AnswerView)))]
pub async fn assign(write: Write, Json(body): Json<PlacementIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form(body.party.as_deref()).await?;
    let platform: Option<ExternalId> = form.read("/platform", &body.platform);
    let number: Option<ExternalId> = form.read("/number", &body.number);
    let holder = holder(&mut form, &body);
    let from = form.read("/from", &body.from);
    let to = form.maybe("/to", body.to.as_deref());
    let read = platform.zip(number).zip(holder).zip(from).zip(to);
    let ((((platform, number), holder), from), to) = form.finish(read)?;
    let command = Command::AssignPlacement {
        platform,
        kind: body.kind,
        number,
        holder,
        from,
        to,
    };
    write.make("POST /v1/placements", "placement", command).await
}

/// Ends an assignment.
#[utoipa::path(post, path = "/v1/placements/{placement}/end", tag = "parties", request_body = PlacementEndIn,
    params(("placement" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn end(write: Write, id: Path<String>, Json(body): Json<PlacementEndIn>) -> Result<HttpResponse, Problem> {
    let placement: PlacementId = id.parse().map_err(|_| Problem::not_found())?;
    let mut form = Form::default();
    let at = form.read("/at", &body.at);
    let at = form.finish(at)?;
    let command = Command::EndPlacement { placement, at };
    write.change("POST /v1/placements/{placement}/end", command).await
}

/// Lists assignments.
#[utoipa::path(get, path = "/v1/placements", tag = "parties",
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PlacementsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(&request, &report::placements(&read.client, read.log(), &page).await?)
}

/// Lists what lines wait for because nobody is assigned, the most lines first.
#[utoipa::path(get, path = "/v1/placements/waiting", tag = "parties", responses((status = 200, body = WaitingsView)))]
pub async fn waiting(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::waiting(&read.client, read.log()).await?)
}
