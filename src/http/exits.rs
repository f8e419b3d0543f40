//! `/v1/exits`: exit settlements 离场结算: what a party that leaves is owed now, on a sheet of its own inside a month.
//! Must never move money, end a contract or close a month: the sheet says what was settled up to its position, and what
//! comes later stands on the party's next sheet.

use actix_web::web::Data;
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
use crate::report::{self, RunsView};

/// Who leaves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitIn {
    /// Whose settlement: id or own number.
    pub party: String,
    /// Why.
    #[schema(example = "合约到期离场")]
    pub reason: String,
}

/// Draws up the exit settlement of a party as its books stand: a run of its own with one sheet for each currency, without a
/// minimum payout. It is delivered, confirmed or contested, approved by a second person, issued and locked like a month's
/// run, under `/v1/settlements/{run}`; a second one begins from the same opening.
#[utoipa::path(post, path = "/v1/exits", tag = "settlement", request_body = ExitIn,
    responses((status = 201, body = AnswerView)))]
pub async fn make(write: Write, Json(body): Json<ExitIn>) -> Result<HttpResponse, Problem> {
    // What it came to then is not looked for again.
    if let Some(known) = write.replayed("run.started").await? {
        return Ok(HttpResponse::Created().json(AnswerView::of(known, "run")));
    }
    let mut form = write.form([body.party.as_str()]).await?;
    let party = form.party("/party", &body.party);
    let party = form.finish(party)?;
    let who = &write.caller.who;
    let command = write.shared.engine.exit(who.book, who.log, party, body.reason).await?;
    write.make("POST /v1/exits", "run", command).await
}

/// Lists exit settlements, latest month first.
#[utoipa::path(get, path = "/v1/exits", tag = "settlement",
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = RunsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(&request, &report::exits(&read.client, read.log(), &page).await?)
}
