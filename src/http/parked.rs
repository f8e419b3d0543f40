//! The parked desk 待处理: list, retry, correct, dismiss; many at once by a filter, 1,000 at most.
//! Must never remove a parked fact: what is dealt with leaves the desk and stays readable with `state=resolved`.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::fact::{self, FactIn};
use super::form::Fault;
use super::guard::Caller;
use super::imports;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::engine::{Answer, Operation};
use crate::intake::desk::{self, DeskError, ParkedChoice};
use crate::report::{self, ParkedFilter, ParkedState, ParkedView};

/// Facts that were kept without effect, and why; those dealt with, with `state=resolved`.
#[utoipa::path(get, path = "/v1/parked", tag = "cps",
    params(("code" = Option<String>, Query), ("line" = Option<String>, Query), ("state" = Option<String>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ParkedView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let filter = ParkedFilter {
        code: read.params.text("code")?,
        line: read.params.read("line")?,
        state: read.params.word("state", &ParkedState::WORDS)?.unwrap_or_default(),
    };
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::parked(&read.client, read.log(), read.viewer(), &filter, &page).await?,
    )
}

/// Which parked facts: named by position, or all with a code or of a line (1,000 at most, oldest first).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceIn {
    /// These.
    pub positions: Option<Vec<i64>>,
    /// With this code.
    pub code: Option<String>,
    /// Of this line; a retry then also tells again what waits of it.
    pub line: Option<String>,
}

/// Which parked facts are dismissed, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissIn {
    /// These.
    pub positions: Option<Vec<i64>>,
    /// With this code.
    pub code: Option<String>,
    /// Of this line.
    pub line: Option<String>,
    /// Why.
    pub reason: String,
}

/// The right fact, told in the place of a parked one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectIn {
    /// The right fact of the same line.
    pub fact: FactIn,
    /// Why.
    pub reason: Option<String>,
}

async fn choice(write: &Write, told: ChoiceIn) -> Result<ParkedChoice, Problem> {
    let mut form = write.form([]).await?;
    if told.positions.is_none() && told.code.is_none() && told.line.is_none() {
        form.fault("", Fault::new("one_of", "give positions, code or line"));
    }
    let line = form.maybe("/line", told.line.as_deref());
    let line = form.finish(line)?;
    Ok(ParkedChoice {
        positions: told.positions,
        code: told.code,
        line,
    })
}

fn problem(error: DeskError) -> Problem {
    let detail = error.to_string();
    match error {
        DeskError::NothingParked => Problem::new(StatusCode::CONFLICT, "nothing_parked", detail),
        DeskError::TooMany => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "positions_count", detail),
        DeskError::OnlyDismissed => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "only_dismissed", detail),
        DeskError::OtherLine => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "other_line", detail).at("/fact/line_no")
        }
        DeskError::Engine(error) => error.into(),
        DeskError::Import(error) => imports::problem(error),
    }
}

/// The first answer to this key, when it was given: what it dealt with is open no longer, so it is not looked for again.
async fn replayed(write: &Write) -> Result<Option<HttpResponse>, Problem> {
    let Some(key) = &write.meta.key else { return Ok(None) };
    let who = &write.caller.who;
    let known = write.shared.engine.operation(who.book, &who.scope(), key).await?;
    let Operation::Committed(answer) = known else {
        return Ok(None);
    };
    if !answer.events.iter().any(|event| event.kind == "parked.resolved") {
        return Err(crate::engine::EngineError::KeyReused.into());
    }
    Ok(Some(done(Answer {
        replayed: true,
        ..*answer
    })))
}

fn done(answer: Answer) -> HttpResponse {
    HttpResponse::Ok().json(AnswerView::of(answer, "resolution"))
}

/// Tells parked facts again, to be judged by what is known now.
#[utoipa::path(post, path = "/v1/parked/retry", tag = "cps", request_body = ChoiceIn,
    responses((status = 200, body = AnswerView)))]
pub async fn retry(write: Write, Json(body): Json<ChoiceIn>) -> Result<HttpResponse, Problem> {
    if let Some(known) = replayed(&write).await? {
        return Ok(known);
    }
    let choice = choice(&write, body).await?;
    let who = &write.caller.who;
    let answer = desk::retry(&write.shared.engine, (who.book, who.log), &choice, write.meta.clone()).await;
    answer.map(done).map_err(problem)
}

/// Marks parked facts as dealt with, for a reason.
#[utoipa::path(post, path = "/v1/parked/dismiss", tag = "cps", request_body = DismissIn,
    responses((status = 200, body = AnswerView)))]
pub async fn dismiss(write: Write, Json(body): Json<DismissIn>) -> Result<HttpResponse, Problem> {
    if let Some(known) = replayed(&write).await? {
        return Ok(known);
    }
    let DismissIn {
        positions,
        code,
        line,
        reason,
    } = body;
    let choice = choice(&write, ChoiceIn { positions, code, line }).await?;
    let who = &write.caller.who;
    let of = (who.book, who.log);
    let answer = desk::dismiss(&write.shared.engine, of, &choice, reason, write.meta.clone()).await;
    answer.map(done).map_err(problem)
}

/// Tells the right fact in the place of a parked one of the same line.
#[utoipa::path(post, path = "/v1/parked/{position}/correct", tag = "cps", request_body = CorrectIn,
    params(("position" = i64, Path)), responses((status = 200, body = AnswerView)))]
pub async fn correct(
    write: Write,
    position: Path<String>,
    Json(body): Json<CorrectIn>,
) -> Result<HttpResponse, Problem> {
    if let Some(known) = replayed(&write).await? {
        return Ok(known);
    }
    let position = position.parse().map_err(|_| Problem::not_found())?;
    let mut form = write.form(body.fact.promoter.as_deref()).await?;
    let right = form.within("/fact", |form| fact::read(form, write.caller.who.book, &body.fact));
    let right = form.finish(right)?;
    let who = &write.caller.who;
    let of = (who.book, who.log);
    let answer = desk::correct(
        &write.shared.engine,
        of,
        position,
        right,
        body.reason,
        write.meta.clone(),
    )
    .await;
    answer.map(done).map_err(problem)
}
