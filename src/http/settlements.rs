//! `/v1/settlements`: a month's run from closing entries to sheets: start, drop, approve, issue, lock; and its differences.
//! Must never work on a close inside the request, nor approve: it asks, and a second person decides under `/v1/approvals`.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::rules::NothingIn;
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{Month, RunId, SheetId};
use crate::domain::command::{Command, Pending};
use crate::domain::settlement::Settle;
use crate::report::{self, DifferencesView, RunView, RunsView, SheetFilter, SheetsView};

/// Which month to close.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunIn {
    /// A month that is over, such as `2026-05`. It is cut off, if it is not.
    #[schema(example = "2026-05")]
    pub period: String,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DropIn {
    /// Why.
    pub reason: String,
}

/// A delivery of sheets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverIn {
    /// Which; at most 500.
    pub sheets: Vec<String>,
    /// How, such as `email` or `portal`.
    #[schema(example = "email")]
    pub how: String,
    /// What proves it. Without proof silence never confirms.
    pub proof: Option<String>,
}

fn run_id(text: &str) -> Result<RunId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn settle(asked: Settle) -> Command {
    Command::Settle(Box::new(asked))
}

/// Starts the close of a month, or finds the one under way: cuts the month off, posts closing entries, draws up sheets.
/// The answer comes at once; the run says how far it is.
#[utoipa::path(post, path = "/v1/settlements", tag = "settlement", request_body = RunIn,
    responses((status = 201, body = AnswerView)))]
pub async fn start(write: Write, Json(body): Json<RunIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let period = form.read("/period", &body.period);
    let period: Month = form.finish(period)?;
    let answer = write
        .decide("POST /v1/settlements", settle(Settle::Start { period }))
        .await?;
    if let Some(run) = answer
        .made
        .ids
        .get("run")
        .and_then(|run| run.parse().ok())
        .filter(|_| !answer.dry_run)
    {
        write
            .shared
            .engine
            .begin_close(write.caller.who.book, write.caller.who.log, run);
    }
    let mut response = match answer.dry_run {
        true => HttpResponse::Ok(),
        false => HttpResponse::Created(),
    };
    Ok(response.json(AnswerView::of(answer, "run")))
}

/// Lists runs, latest month first.
#[utoipa::path(get, path = "/v1/settlements", tag = "settlement",
    params(("period" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = RunsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let period: Option<Month> = read.params.read("period")?;
    let page = read.params.page()?;
    read.finish()?;
    answer(&request, &report::runs(&read.client, read.log(), period, &page).await?)
}

/// Shows a run: how far it is, its sums, whether its sheets tie with the ledger, and what to do next.
#[utoipa::path(get, path = "/v1/settlements/{run}", tag = "settlement", params(("run" = String, Path)),
    responses((status = 200, body = RunView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::run(&read.client, read.log(), run_id(&id)?).await?)
}

/// Lists the sheets of a run, by party. A party sees its own.
#[utoipa::path(get, path = "/v1/settlements/{run}/sheets", tag = "settlement",
    params(("run" = String, Path), ("party" = Option<String>, Query), ("status" = Option<String>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SheetsView)))]
pub async fn sheets(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let run = run_id(&id)?;
    let filter = super::sheets::filter(&mut read, Some(run)).await?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(filter.party);
    let filter = SheetFilter {
        run: Some(run),
        ..filter
    };
    answer(
        &request,
        &report::sheets(&read.client, read.log(), viewer, &filter, &page).await?,
    )
}

/// How the sheets of a run differ from those of the month before (`against=last_month`, the default) or of the run of the
/// same month that was dropped (`against=last_run`), and in which part: why.
#[utoipa::path(get, path = "/v1/settlements/{run}/differences", tag = "settlement",
    params(("run" = String, Path), ("against" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = DifferencesView)))]
pub async fn differences(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let same_month = read
        .params
        .word("against", &[("last_month", false), ("last_run", true)])?;
    let page = read.params.page()?;
    read.finish()?;
    let run = report::run(&read.client, read.log(), run_id(&id)?).await?;
    let against = report::last_run_before(&read.client, read.log(), &run, same_month.unwrap_or_default()).await?;
    answer(
        &request,
        &report::differences(&read.client, read.log(), run.run, against, &page).await?,
    )
}

/// Drops a run that is not issued; its month is open again for what comes later.
#[utoipa::path(post, path = "/v1/settlements/{run}/drop", tag = "settlement", request_body = DropIn,
    params(("run" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn drop_run(write: Write, id: Path<String>, Json(body): Json<DropIn>) -> Result<HttpResponse, Problem> {
    let asked = Settle::Drop {
        run: run_id(&id)?,
        reason: body.reason,
    };
    write.change("POST /v1/settlements/{run}/drop", settle(asked)).await
}

/// Asks for approval of exactly these sheets; a second person gives it under `/v1/approvals`.
#[utoipa::path(post, path = "/v1/settlements/{run}/approve", tag = "settlement", request_body = NothingIn,
    params(("run" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn approve(
    write: Write,
    id: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    let run = run_id(&id)?;
    let client = write.client().await?;
    let view = report::run(&client, write.caller.who.log, run).await?;
    std::mem::drop(client);
    let pending = Pending::ApproveRun {
        run,
        digest: view.digest.unwrap_or_default(),
    };
    write
        .make(
            "POST /v1/settlements/{run}/approve",
            "approval",
            Command::Request(pending),
        )
        .await
}

/// Issues an approved run: its sheets are final.
#[utoipa::path(post, path = "/v1/settlements/{run}/issue", tag = "settlement", request_body = NothingIn,
    params(("run" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn issue(
    write: Write,
    id: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    let run = run_id(&id)?;
    let unconfirmed = write.shared.engine.unconfirmed(write.caller.who.log, run).await?;
    write
        .change(
            "POST /v1/settlements/{run}/issue",
            settle(Settle::Issue { run, unconfirmed }),
        )
        .await
}

/// Locks an issued run.
#[utoipa::path(post, path = "/v1/settlements/{run}/lock", tag = "settlement", request_body = NothingIn,
    params(("run" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn lock(
    write: Write,
    id: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    let run = run_id(&id)?;
    write
        .change("POST /v1/settlements/{run}/lock", settle(Settle::Lock { run }))
        .await
}

/// Notes that sheets were delivered.
#[utoipa::path(post, path = "/v1/settlements/{run}/deliver", tag = "settlement", request_body = DeliverIn,
    params(("run" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn deliver(write: Write, id: Path<String>, Json(body): Json<DeliverIn>) -> Result<HttpResponse, Problem> {
    let run = run_id(&id)?;
    let mut form = Form::default();
    let read = |(n, text): (usize, &String)| form.read::<SheetId>(&format!("/sheets/{n}"), text);
    let sheets: Vec<Option<SheetId>> = body.sheets.iter().enumerate().map(read).collect();
    let sheets = form.finish(sheets.into_iter().collect::<Option<Vec<_>>>())?;
    let asked = Settle::Deliver {
        run,
        sheets,
        how: body.how,
        proof: body.proof,
    };
    write.change("POST /v1/settlements/{run}/deliver", settle(asked)).await
}
