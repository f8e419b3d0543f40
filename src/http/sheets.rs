//! `/v1/sheets`: settlement sheets 结算单 with their lines and anchors; a party confirms or contests its own.
//! Must never let a party speak for another: an agency sees its anchors' sheets, and confirms only its own.

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
use crate::access::sees;
use crate::base::{LineId, PartyId, RunId, SheetId};
use crate::domain::command::{Command, Pending};
use crate::domain::settlement::Settle;
use crate::report::{self, SheetFilter, SheetMembersView, SheetView, SheetsView, StatementView, Viewer};

/// A confirmation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIn {
    /// In its words.
    pub remark: Option<String>,
}

/// A contest.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContestIn {
    /// Why.
    pub reason: String,
    /// Which lines.
    #[serde(default)]
    pub lines: Vec<String>,
}

/// The answer to a contest. What it changes is a correction in the open month.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerIn {
    /// What was found.
    pub answer: String,
    /// The party was right.
    #[serde(default)]
    pub upheld: bool,
}

/// Whether a contested sheet is issued with the others.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBackIn {
    /// It is not.
    pub held_back: bool,
}

/// Takes what sheets are filtered by.
pub(super) async fn filter(read: &mut Read, run: Option<RunId>) -> Result<SheetFilter, Problem> {
    let words = ["drafted", "delivered", "confirmed", "deemed_confirmed", "contested"].map(|word| (word, word));
    let status = read.params.word("status", &words)?.map(str::to_owned);
    let party = read.party_param().await?;
    Ok(SheetFilter { run, party, status })
}

/// A sheet that the caller may see: its own, or for an agency one of its members'.
async fn seen(client: &tokio_postgres::Client, caller: &Caller, text: &str) -> Result<SheetView, Problem> {
    let id: SheetId = text.parse().map_err(|_| Problem::not_found())?;
    let who = &caller.who;
    let sheet = report::sheet(client, who.log, Viewer::All, id).await?;
    if !sees(client, who, sheet.party).await? {
        return Err(Problem::not_found());
    }
    match who.party {
        None => Ok(sheet),
        Some(_) => Ok(report::sheet(client, who.log, Viewer::Party(sheet.party), id).await?),
    }
}

/// Lists sheets of a party, or of all, by month.
#[utoipa::path(get, path = "/v1/sheets", tag = "settlement",
    params(("party" = Option<String>, Query), ("status" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SheetsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let filter = filter(&mut read, None).await?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(filter.party);
    answer(
        &request,
        &report::sheets(&read.client, read.log(), viewer, &filter, &page).await?,
    )
}

/// Shows a sheet.
#[utoipa::path(get, path = "/v1/sheets/{sheet}", tag = "settlement", params(("sheet" = String, Path)),
    responses((status = 200, body = SheetView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &seen(&read.client, &read.caller, &id).await?)
}

/// Lists the lines behind a sheet: opening, lines, closing of its account, as of the position that it reflects.
#[utoipa::path(get, path = "/v1/sheets/{sheet}/lines", tag = "settlement",
    params(("sheet" = String, Path), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = StatementView)))]
pub async fn lines(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    let sheet = seen(&read.client, &read.caller, &id).await?;
    answer(
        &request,
        &report::sheet_lines(&read.client, read.log(), Viewer::All, sheet.sheet, &page).await?,
    )
}

/// Lists what each anchor's lines gave the party of a sheet: an agency sees its anchors.
#[utoipa::path(get, path = "/v1/sheets/{sheet}/members", tag = "settlement",
    params(("sheet" = String, Path), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SheetMembersView)))]
pub async fn members(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    let sheet = seen(&read.client, &read.caller, &id).await?;
    answer(
        &request,
        &report::sheet_members(&read.client, read.log(), Viewer::All, sheet.sheet, &page).await?,
    )
}

/// The sheet that a party speaks about: its own alone. The book's people may note what any party said.
async fn own(write: &Write, text: &str) -> Result<(SheetId, Option<PartyId>), Problem> {
    let client = write.client().await?;
    let sheet = seen(&client, &write.caller, text).await?;
    match write.caller.who.party {
        Some(party) if party != sheet.party => Err(Problem::not_found()),
        by => Ok((sheet.sheet, by)),
    }
}

fn settle(asked: Settle) -> Command {
    Command::Settle(Box::new(asked))
}

/// The party confirms its sheet.
#[utoipa::path(post, path = "/v1/sheets/{sheet}/confirm", tag = "settlement", request_body = ConfirmIn,
    params(("sheet" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn confirm(write: Write, id: Path<String>, Json(body): Json<ConfirmIn>) -> Result<HttpResponse, Problem> {
    let (sheet, by) = own(&write, &id).await?;
    let asked = Settle::Confirm {
        sheet,
        by,
        remark: body.remark,
    };
    write.change("POST /v1/sheets/{sheet}/confirm", settle(asked)).await
}

/// The party contests its sheet, until it is issued.
#[utoipa::path(post, path = "/v1/sheets/{sheet}/contest", tag = "settlement", request_body = ContestIn,
    params(("sheet" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn contest(write: Write, id: Path<String>, Json(body): Json<ContestIn>) -> Result<HttpResponse, Problem> {
    let (sheet, by) = own(&write, &id).await?;
    let mut form = Form::default();
    let read = |(n, text): (usize, &String)| form.read::<LineId>(&format!("/lines/{n}"), text);
    let lines: Vec<Option<LineId>> = body.lines.iter().enumerate().map(read).collect();
    let lines = form.finish(lines.into_iter().collect::<Option<Vec<_>>>())?;
    let asked = Settle::Contest {
        sheet,
        by,
        reason: body.reason,
        lines,
    };
    write.change("POST /v1/sheets/{sheet}/contest", settle(asked)).await
}

/// Answers a contest.
#[utoipa::path(post, path = "/v1/sheets/{sheet}/answer", tag = "settlement", request_body = AnswerIn,
    params(("sheet" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn answer_contest(
    write: Write,
    id: Path<String>,
    Json(body): Json<AnswerIn>,
) -> Result<HttpResponse, Problem> {
    let asked = Settle::Answer {
        sheet: id.parse().map_err(|_| Problem::not_found())?,
        answer: body.answer,
        upheld: body.upheld,
    };
    write.change("POST /v1/sheets/{sheet}/answer", settle(asked)).await
}

/// Holds a contested sheet back, so that the others are issued without it; or lets it go with them.
#[utoipa::path(post, path = "/v1/sheets/{sheet}/hold-back", tag = "settlement", request_body = HoldBackIn,
    params(("sheet" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn hold_back(write: Write, id: Path<String>, Json(body): Json<HoldBackIn>) -> Result<HttpResponse, Problem> {
    let asked = Settle::HoldBack {
        sheet: id.parse().map_err(|_| Problem::not_found())?,
        held_back: body.held_back,
    };
    write.change("POST /v1/sheets/{sheet}/hold-back", settle(asked)).await
}

/// Asks for the later issue of a sheet that was held back when its run was issued, once its contest is answered; a second
/// person gives it under `/v1/approvals`. It says what it said when it was drawn up.
#[utoipa::path(post, path = "/v1/sheets/{sheet}/issue", tag = "settlement", request_body = NothingIn,
    params(("sheet" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn issue(
    write: Write,
    id: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    let client = write.client().await?;
    let sheet = seen(&client, &write.caller, &id).await?;
    std::mem::drop(client);
    let pending = Pending::IssueSheet {
        sheet: sheet.sheet,
        sha256: sheet.sha256,
    };
    write
        .make("POST /v1/sheets/{sheet}/issue", "approval", Command::Request(pending))
        .await
}
