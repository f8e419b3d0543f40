//! `/v1/payments`: payments made outside 线下付款, asked for with their vouchers and recorded once a second person agreed.
//! Must never record a payment itself: it asks, and an approval records it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
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
use crate::base::PaymentId;
use crate::domain::command::{Command, Pending};
use crate::domain::payment::{Channel, PaymentTerms, ReturnTerms};
use crate::report::{self, PaymentView, PaymentsView};

/// A payment made outside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentIn {
    /// Who was paid: id or own number.
    pub party: String,
    /// How much.
    pub amount: MoneyIn,
    /// bank, alipay, wechat, platform, cash or other.
    #[schema(value_type = String, example = "bank")]
    pub channel: Channel,
    /// The way's own number of the payment; recorded once, and never again after the payment came back.
    #[schema(example = "2026061800012345")]
    pub reference: String,
    /// The day, as the voucher says.
    #[schema(value_type = String, example = "2026-06-18")]
    pub paid_on: NaiveDate,
    /// Vouchers 回单: SHA-256 of files of `/v1/files`, at least one.
    pub vouchers: Vec<String>,
    /// What it is for.
    pub note: Option<String>,
    /// What exceeds the available balance is an advance 预支; without it, more than available is refused.
    #[serde(default)]
    pub as_advance: bool,
}

/// A payment that came back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnIn {
    /// The day it came back.
    #[schema(value_type = String, example = "2026-06-20")]
    pub returned_on: NaiveDate,
    /// Why, such as a closed account.
    pub reason: String,
    /// The bank's own number of the return.
    pub reference: Option<String>,
    /// SHA-256 of files of `/v1/files` that show it.
    #[serde(default)]
    pub files: Vec<String>,
}

fn terms(form: &mut Form, told: &PaymentIn) -> Option<PaymentTerms> {
    let party = form.party("/party", &told.party);
    let money = form.money("/amount", &told.amount);
    let reference = form.read("/reference", &told.reference);
    let vouchers = form.files("/vouchers", &told.vouchers);
    let money = money?;
    Some(PaymentTerms {
        party: party?,
        currency: money.currency,
        amount: money.minor,
        channel: told.channel,
        reference: reference?,
        paid_on: told.paid_on,
        vouchers: vouchers?,
        note: told.note.clone(),
        as_advance: told.as_advance,
    })
}

/// Asks for a payment made outside to be recorded; a second person approves it.
#[utoipa::path(post, path = "/v1/payments", tag = "settlement", request_body = PaymentIn,
    responses((status = 201, body = AnswerView)))]
pub async fn ask(write: Write, Json(body): Json<PaymentIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form([body.party.as_str()]).await?;
    let terms = terms(&mut form, &body);
    let terms = form.finish(terms)?;
    write.kept("/vouchers", &terms.vouchers).await?;
    write
        .make("POST /v1/payments", "approval", Command::Request(Pending::Pay(terms)))
        .await
}

/// Asks for a payment that came back to be recorded; a second person approves it. What was taken is available again.
#[utoipa::path(post, path = "/v1/payments/{payment}/return", tag = "settlement", request_body = ReturnIn,
    params(("payment" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn give_back(write: Write, id: Path<String>, Json(body): Json<ReturnIn>) -> Result<HttpResponse, Problem> {
    let payment: PaymentId = id.parse().map_err(|_| Problem::not_found())?;
    let mut form = Form::default();
    let reference = form.maybe("/reference", body.reference.as_deref());
    let files = form.files("/files", &body.files);
    let (reference, files) = form.finish(reference.zip(files))?;
    write.kept("/files", &files).await?;
    let terms = ReturnTerms {
        payment,
        returned_on: body.returned_on,
        reason: body.reason,
        reference,
        files,
    };
    let command = Command::Request(Pending::ReturnPayment(terms));
    write
        .make("POST /v1/payments/{payment}/return", "approval", command)
        .await
}

/// Lists payments made outside; a party sees its own.
#[utoipa::path(get, path = "/v1/payments", tag = "settlement",
    params(("party" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PaymentsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(party);
    answer(
        &request,
        &report::payments(&read.client, read.log(), viewer, party, &page).await?,
    )
}

/// Shows a payment with its vouchers.
#[utoipa::path(get, path = "/v1/payments/{payment}", tag = "settlement", params(("payment" = String, Path)),
    responses((status = 200, body = PaymentView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let payment = id.parse().map_err(|_| Problem::not_found())?;
    answer(
        &request,
        &report::payment(&read.client, read.log(), read.viewer(), payment).await?,
    )
}
