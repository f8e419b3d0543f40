//! Reconciliations 对账: `/v1/reconciliations` compares a kept statement file with the book; breaks are listed, accepted,
//! rejected, parked, one by one or many at once.
//! Must never compare inside the request longer than a moment: a long run goes on by itself, and the same request asks again.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::imports;
use super::params::Params;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{ExternalId, Month, ReconciliationId};
use crate::domain::recon::{BreakClass, How, Proposal};
use crate::intake::ImportError;
use crate::intake::batch;
use crate::intake::reconcile::desk::{BreakChoice, resolve};
use crate::intake::reconcile::{Ask, Done, ReconError, run};
use crate::report::{self, BreakFilter, BreaksView, ReconciliationFilter, ReconciliationView, ReconciliationsView};

/// How long a request waits for a small statement before it answers 202.
const SMALL: Duration = Duration::from_secs(2);

/// A statement to reconcile.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconciliationIn {
    /// The file's SHA-256, as its upload answered.
    pub file: String,
    /// A mapping by name: the book's own, or a ready one; the ready one that the file fits when not told.
    pub mapping: Option<String>,
    /// The platform whose lines are compared; the mapping's own when it names one.
    #[schema(example = "taobao")]
    pub platform: Option<String>,
    /// Only lines that this platform account was told of; when not told, those of the accounts that the file names.
    pub account: Option<String>,
    /// Only lines of this shop, by the platform's number; when not told, those of the shops that the file names.
    pub shop: Option<String>,
    /// The month, by settle date.
    #[schema(example = "2026-06")]
    pub period: String,
}

/// A run that goes on.
#[derive(Serialize, ToSchema)]
pub struct UnderWayView {
    /// `running`: send the same request again for its result.
    pub state: &'static str,
}

/// Why a reconciliation did not do what was asked.
fn problem(error: ReconError) -> Problem {
    let detail = error.to_string();
    match error {
        ReconError::Import(error) => imports::problem(error),
        ReconError::Engine(error) => error.into(),
        ReconError::NoPlatform => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "platform_unknown", detail).at("/platform")
        }
        ReconError::NothingOpen => Problem::new(StatusCode::CONFLICT, "no_open_break", detail),
        ReconError::Money(..) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "amount_out_of_range", detail),
        ReconError::Store(_) | ReconError::Pool(_) | ReconError::Unreadable => {
            tracing::warn!(%detail, "a reconciliation could not be read");
            Problem::unavailable()
        }
    }
}

/// Compares a statement with the book. The same statement over an unchanged book is one reconciliation: 200 with it again;
/// 201 with a new one; 202 while a long one goes on, and the same request asks again.
#[utoipa::path(post, path = "/v1/reconciliations", tag = "settlement", request_body = ReconciliationIn,
    responses((status = 200, body = ReconciliationView), (status = 201, body = ReconciliationView),
        (status = 202, body = UnderWayView)))]
pub async fn make(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    Json(body): Json<ReconciliationIn>,
) -> Result<HttpResponse, Problem> {
    Params::of(&request)?.finish()?;
    let (pool, book) = (shared.engine.pool(), caller.who.book);
    let mut form = Form::default();
    let period: Option<Month> = form.read("/period", &body.period);
    let platform: Option<Option<ExternalId>> = form.maybe("/platform", body.platform.as_deref());
    let account: Option<Option<ExternalId>> = form.maybe("/account", body.account.as_deref());
    let shop: Option<Option<ExternalId>> = form.maybe("/shop", body.shop.as_deref());
    let ((period, platform), (account, shop)) = form.finish(period.zip(platform).zip(account.zip(shop)))?;
    let no_file = || {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "file_unknown",
            "upload the file first",
        )
        .at("/file")
    };
    let digest = hex::decode(&body.file).map_err(|_| no_file())?;
    let client = pool.get().await?;
    report::file(&client, caller.who.log, &digest)
        .await
        .map_err(|error| match error {
            report::ReportError::NotFound => no_file(),
            other => other.into(),
        })?;
    drop(client);
    let named = match body.mapping {
        Some(named) => named,
        None => imports::detected(&shared, &caller, &digest).await?,
    };
    let text = batch::mapping_text(pool, book, &named)
        .await
        .map_err(imports::problem)?;
    let no_mapping =
        || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "mapping_unknown", "no such mapping").at("/mapping");
    let ask = Ask {
        book,
        digest,
        mapping: text.ok_or_else(no_mapping)?,
        platform,
        period,
        account,
        shop,
        actor: caller.who.actor(),
    };
    let engine = shared.engine.clone();
    // The run outlives the request: its lease and its end are its own.
    let running = tokio::spawn(async move { run(&engine, &ask, &mut |_| {}).await });
    let under_way = || HttpResponse::Accepted().json(UnderWayView { state: "running" });
    let Done { id, again } = match tokio::time::timeout(SMALL, running).await {
        Err(_) => return Ok(under_way()),
        Ok(Err(_)) => return Err(Problem::unavailable()),
        Ok(Ok(Err(ReconError::Import(ImportError::Busy)))) => return Ok(under_way()),
        Ok(Ok(done)) => done.map_err(problem)?,
    };
    let client = pool.get().await?;
    let view = report::reconciliation(&client, caller.who.log, id).await?;
    let status = if again { StatusCode::OK } else { StatusCode::CREATED };
    Ok(HttpResponse::build(status).json(view))
}

/// Lists reconciliations, newest first.
#[utoipa::path(get, path = "/v1/reconciliations", tag = "settlement",
    params(("platform" = Option<String>, Query), ("period" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ReconciliationsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let filter = ReconciliationFilter {
        platform: read.params.text("platform")?,
        period: read.params.read("period")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::reconciliations(&read.client, read.log(), &filter, &page).await?,
    )
}

fn id(text: &str) -> Result<ReconciliationId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// Shows a reconciliation with its breaks by class.
#[utoipa::path(get, path = "/v1/reconciliations/{reconciliation}", tag = "settlement",
    params(("reconciliation" = String, Path)), responses((status = 200, body = ReconciliationView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    named: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(
        &request,
        &report::reconciliation(&read.client, read.log(), id(&named)?).await?,
    )
}

/// Lists the breaks of a reconciliation.
#[utoipa::path(get, path = "/v1/reconciliations/{reconciliation}/breaks", tag = "settlement",
    params(("reconciliation" = String, Path), ("class" = Option<String>, Query, description = "B01 to B12"),
        ("state" = Option<String>, Query, description = "open, accepted, rejected or parked"),
        ("proposal" = Option<String>, Query, description = "tell_facts, adjust, wait, ask_platform or close"),
        ("line_no" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BreaksView)))]
pub async fn breaks(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    named: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let classes: Vec<_> = BreakClass::ALL.iter().map(|class| (class.word(), *class)).collect();
    let proposals: Vec<_> = Proposal::ALL.iter().map(|one| (one.word(), *one)).collect();
    let states = ["open", "accepted", "rejected", "parked"].map(|state| (state, state));
    let filter = BreakFilter {
        class: read.params.word("class", &classes)?,
        state: read.params.word("state", &states)?,
        proposal: read.params.word("proposal", &proposals)?,
        line_no: read.params.text("line_no")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let of = report::reconciliation(&read.client, read.log(), id(&named)?).await?;
    answer(
        &request,
        &report::breaks(&read.client, read.log(), of.reconciliation, &filter, &page).await?,
    )
}

/// Which breaks, and why: by numbers, or of a class, or all; 500 at a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreaksIn {
    /// These numbers.
    pub breaks: Option<Vec<i32>>,
    /// Those of this class.
    #[schema(example = "B05")]
    pub class: Option<String>,
    /// All that wait, parked ones not among them.
    pub all: Option<bool>,
    /// Why; needed to reject.
    pub reason: Option<String>,
}

async fn decide(
    write: &Write,
    named: &str,
    body: BreaksIn,
    (how, route): (How, &'static str),
) -> Result<HttpResponse, Problem> {
    if let Some(known) = write.replayed("reconciliation.resolved").await? {
        return Ok(HttpResponse::Ok().json(AnswerView::of(known, "reconciliation")));
    }
    let id = id(named)?;
    let mut form = Form::default();
    let chosen =
        usize::from(body.breaks.is_some()) + usize::from(body.class.is_some()) + usize::from(body.all == Some(true));
    if chosen != 1 {
        form.fault("", Fault::new("one_of", "give breaks, class or all, one of them"));
    }
    let class = match &body.class {
        None => Some(None),
        Some(word) => match BreakClass::from_word(word) {
            Some(class) => Some(Some(class.word())),
            None => {
                form.fault("/class", Fault::new("word_unknown", "a class is B01 to B12"));
                None
            }
        },
    };
    let class = form.finish(class)?;
    let choice = BreakChoice {
        // What is named may have been put aside before; a class or all means what nobody looked at.
        parked: body.breaks.is_some(),
        numbers: body.breaks,
        class,
    };
    let who = &write.caller.who;
    let mut meta = write.meta.clone();
    meta.route = route;
    let done = (how, body.reason);
    let answer = resolve(&write.shared.engine, (who.book, who.log), id, &choice, done, meta).await;
    let answer = answer.map_err(problem)?;
    Ok(HttpResponse::Ok().json(AnswerView::of(answer, "reconciliation")))
}

/// Accepts breaks: what each proposes is done. Facts are told, adjustments asked for (a second person approves), days waited for.
#[utoipa::path(post, path = "/v1/reconciliations/{reconciliation}/accept", tag = "settlement", request_body = BreaksIn,
    params(("reconciliation" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn accept(write: Write, named: Path<String>, Json(body): Json<BreaksIn>) -> Result<HttpResponse, Problem> {
    let route = "POST /v1/reconciliations/{reconciliation}/accept";
    decide(&write, &named, body, (How::Accepted, route)).await
}

/// Rejects breaks, with a reason: nothing is done, and our figures stand.
#[utoipa::path(post, path = "/v1/reconciliations/{reconciliation}/reject", tag = "settlement", request_body = BreaksIn,
    params(("reconciliation" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn reject(write: Write, named: Path<String>, Json(body): Json<BreaksIn>) -> Result<HttpResponse, Problem> {
    let route = "POST /v1/reconciliations/{reconciliation}/reject";
    decide(&write, &named, body, (How::Rejected, route)).await
}

/// Puts breaks aside, to be decided later.
#[utoipa::path(post, path = "/v1/reconciliations/{reconciliation}/park", tag = "settlement", request_body = BreaksIn,
    params(("reconciliation" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn park(write: Write, named: Path<String>, Json(body): Json<BreaksIn>) -> Result<HttpResponse, Problem> {
    let route = "POST /v1/reconciliations/{reconciliation}/park";
    decide(&write, &named, body, (How::Parked, route)).await
}
