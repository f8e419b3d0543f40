//! `/v1/freezes` and the suspension of parties: money set aside by reason, given back, or forfeited to somebody named.
//! Must never move money itself: it asks, and an approval moves it. Stopping payments alone needs no second person.

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
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::FreezeId;
use crate::domain::command::{Command, Pending};
use crate::domain::freeze::{ForfeitTerms, FreezeTerms, UnfreezeTerms};
use crate::report::{self, FreezesView};

/// Money to freeze.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeIn {
    /// Whose: id or own number.
    pub party: String,
    /// How much of what is available.
    pub amount: MoneyIn,
    /// Why.
    pub reason: String,
    /// SHA-256 of files of `/v1/files` that show it.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A part to give back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnfreezeIn {
    /// How much.
    pub amount: MoneyIn,
    /// Why.
    pub reason: String,
}

/// A part to forfeit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForfeitIn {
    /// How much.
    pub amount: MoneyIn,
    /// To whom: id or own number; the book's own income when not told.
    pub to: Option<String>,
    /// Why.
    pub reason: String,
    /// SHA-256 of files of `/v1/files` that show it.
    #[serde(default)]
    pub files: Vec<String>,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonIn {
    /// Why.
    pub reason: String,
}

/// Asks for money of a party to be frozen; a second person approves it.
#[utoipa::path(post, path = "/v1/freezes", tag = "settlement", request_body = FreezeIn,
    responses((status = 201, body = AnswerView)))]
pub async fn ask(write: Write, Json(body): Json<FreezeIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form([body.party.as_str()]).await?;
    let party = form.party("/party", &body.party);
    let money = form.money("/amount", &body.amount);
    let files = form.files("/files", &body.files);
    let ((party, money), files) = form.finish(party.zip(money).zip(files))?;
    write.kept("/files", &files).await?;
    let terms = FreezeTerms {
        party,
        currency: money.currency,
        amount: money.minor,
        reason: body.reason,
        files,
    };
    write
        .make("POST /v1/freezes", "approval", Command::Request(Pending::Freeze(terms)))
        .await
}

/// Asks for a part of a freeze to go back to its party; a second person approves it.
#[utoipa::path(post, path = "/v1/freezes/{freeze}/unfreeze", tag = "settlement", request_body = UnfreezeIn,
    params(("freeze" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn unfreeze(write: Write, id: Path<String>, Json(body): Json<UnfreezeIn>) -> Result<HttpResponse, Problem> {
    let freeze: FreezeId = id.parse().map_err(|_| Problem::not_found())?;
    let mut form = Form::default();
    let money = form.money("/amount", &body.amount);
    let money = form.finish(money)?;
    let terms = UnfreezeTerms {
        freeze,
        amount: money.minor,
        currency: money.currency,
        reason: body.reason,
    };
    let command = Command::Request(Pending::Unfreeze(terms));
    write
        .make("POST /v1/freezes/{freeze}/unfreeze", "approval", command)
        .await
}

/// Asks for a part of a freeze to go to somebody else; a second person approves it.
#[utoipa::path(post, path = "/v1/freezes/{freeze}/forfeit", tag = "settlement", request_body = ForfeitIn,
    params(("freeze" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn forfeit(write: Write, id: Path<String>, Json(body): Json<ForfeitIn>) -> Result<HttpResponse, Problem> {
    let freeze: FreezeId = id.parse().map_err(|_| Problem::not_found())?;
    let mut form = write.form(body.to.as_deref()).await?;
    let money = form.money("/amount", &body.amount);
    let to = match &body.to {
        Some(text) => form.party("/to", text).map(Some),
        None => Some(None),
    };
    let files = form.files("/files", &body.files);
    let ((money, to), files) = form.finish(money.zip(to).zip(files))?;
    write.kept("/files", &files).await?;
    let terms = ForfeitTerms {
        freeze,
        amount: money.minor,
        currency: money.currency,
        to,
        reason: body.reason,
        files,
    };
    let command = Command::Request(Pending::Forfeit(terms));
    write
        .make("POST /v1/freezes/{freeze}/forfeit", "approval", command)
        .await
}

/// Lists frozen money; a party sees its own.
#[utoipa::path(get, path = "/v1/freezes", tag = "settlement",
    params(("party" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = FreezesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(party);
    answer(
        &request,
        &report::freezes(&read.client, read.log(), viewer, party, &page).await?,
    )
}

/// Stops payments to a party at once 暂停付款; what it earns goes on.
#[utoipa::path(post, path = "/v1/parties/{party}/suspend", tag = "parties", request_body = ReasonIn,
    params(("party" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn suspend(write: Write, party: Path<String>, Json(body): Json<ReasonIn>) -> Result<HttpResponse, Problem> {
    let command = Command::SuspendParty {
        party: write.party(&party).await?,
        reason: body.reason,
    };
    write.change("POST /v1/parties/{party}/suspend", command).await
}

/// Asks for a suspended party to be paid again; a second person approves it.
#[utoipa::path(post, path = "/v1/parties/{party}/resume", tag = "parties", request_body = ReasonIn,
    params(("party" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn resume(write: Write, party: Path<String>, Json(body): Json<ReasonIn>) -> Result<HttpResponse, Problem> {
    let command = Command::Request(Pending::Resume {
        party: write.party(&party).await?,
        reason: body.reason,
    });
    write.make("POST /v1/parties/{party}/resume", "approval", command).await
}
