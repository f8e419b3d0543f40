//! The contest desk 申诉: `/v1/disputes`. An anchor disputes a line of its own, finance answers.
//! Must never say whether a line exists in which the caller has no part.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::adjustments::{ManualEntryIn, entry};
use super::body::Json;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer as respond};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{DisputeId, Instant, LineId};
use crate::domain::command::Command;
use crate::domain::dispute::{DisputeOpened, DisputeVerdict};
use crate::report::{self, DisputeView, DisputesView};

/// A line to dispute.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeIn {
    /// The line, one of the caller's own.
    #[schema(example = "lin_0198c0de00007000800000000000beef")]
    pub line: String,
    /// Why.
    pub reason: String,
}

/// What finance says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeAnswerIn {
    /// upheld or rejected.
    #[schema(value_type = String, example = "upheld")]
    pub verdict: DisputeVerdict,
    /// Why.
    pub reason: String,
    /// The entry that corrects it; a second person approves it.
    pub correction: Option<ManualEntryIn>,
}

/// Lists disputes, newest first: all for the book's people, its own for a party.
#[utoipa::path(get, path = "/v1/disputes", tag = "settlement",
    params(("state" = Option<String>, Query, description = "open, upheld or rejected"), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = DisputesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let states = ["open", "upheld", "rejected"].map(|state| (state, state));
    let state = read.params.word("state", &states)?;
    let page = read.params.page()?;
    read.finish()?;
    respond(
        &request,
        &report::disputes(&read.client, read.log(), read.viewer(), state, &page).await?,
    )
}

/// Shows a dispute with its evidence: the line explained as the party saw it when it disputed it.
#[utoipa::path(get, path = "/v1/disputes/{dispute}", tag = "settlement", params(("dispute" = String, Path)),
    responses((status = 200, body = DisputeView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    named: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let id: DisputeId = named.parse().map_err(|_| Problem::not_found())?;
    respond(
        &request,
        &report::dispute(&read.client, read.log(), read.viewer(), id).await?,
    )
}

/// Disputes a line of one's own. The evidence is fixed at once; finance answers within 15 days.
#[utoipa::path(post, path = "/v1/disputes", tag = "settlement", request_body = DisputeIn,
    responses((status = 201, body = AnswerView)))]
pub async fn open(write: Write, Json(body): Json<DisputeIn>) -> Result<HttpResponse, Problem> {
    if let Some(known) = write.replayed("dispute.opened").await? {
        return Ok(HttpResponse::Created().json(AnswerView::of(known, "dispute")));
    }
    let line: LineId = body.line.parse().map_err(|_| Problem::not_found())?;
    let party = write.caller.who.party.ok_or_else(Problem::forbidden)?;
    let client = write.client().await?;
    let evidence = report::evidence(&client, write.caller.who.log, party, line).await?;
    drop(client);
    let opened = DisputeOpened {
        dispute: DisputeId::of(line, party),
        number: 0,
        line,
        party,
        reason: body.reason,
        // The decision sets the day.
        due: Instant::from_utc(chrono::DateTime::UNIX_EPOCH),
        evidence_position: evidence.position,
        evidence_sha256: evidence.sha256,
    };
    write
        .make("POST /v1/disputes", "dispute", Command::OpenDispute(opened))
        .await
}

/// Answers a dispute; a correction is an adjustment that a second person approves.
#[utoipa::path(post, path = "/v1/disputes/{dispute}/answer", tag = "settlement", request_body = DisputeAnswerIn,
    params(("dispute" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn answer(
    write: Write,
    named: Path<String>,
    Json(body): Json<DisputeAnswerIn>,
) -> Result<HttpResponse, Problem> {
    let dispute: DisputeId = named.parse().map_err(|_| Problem::not_found())?;
    let legs = body.correction.iter().flat_map(|entry| &entry.legs);
    let mut form = write.form(legs.filter_map(|leg| leg.party.as_deref())).await?;
    let correction = match &body.correction {
        None => Some(None),
        Some(told) => form.within("/correction", |form| entry(form, told)).map(Some),
    };
    let correction = form.finish(correction)?;
    let command = Command::AnswerDispute {
        dispute,
        verdict: body.verdict,
        reason: body.reason,
        correction,
    };
    write.change("POST /v1/disputes/{dispute}/answer", command).await
}
