//! `/v1/receipts`: movements on the owner's own accounts 回款, and the bills that they settle.
//! Must never take a movement twice: its flow number is its identity, so it needs no Idempotency-Key.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::freezes::ReasonIn;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::{Told, Write};
use crate::base::{BookId, Month, ReceiptId};
use crate::domain::command::{Command, ReceiptOutcome};
use crate::domain::receipt::ReceiptFact;
use crate::domain::receipt::decide::Bill;
use crate::money::Currency;
use crate::report::{self, Page, ReceiptView, ReceiptsView};

/// One movement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptIn {
    /// Bank, wallet or platform: one word of your own for each teller of flow numbers.
    #[schema(example = "icbc")]
    pub source: String,
    /// Its number of the movement.
    pub flow_no: String,
    /// When the money moved.
    pub at: String,
    /// How much came in; negative: it was taken back.
    pub amount: MoneyIn,
    /// The owner's own account there.
    pub account: Option<String>,
    /// Who paid, as told.
    pub payer: Option<String>,
    /// The teller's own word for what it is.
    pub tag: Option<String>,
    /// Remarks.
    pub memo: Option<String>,
}

/// Movements, at most 200.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptsIn {
    /// Movements.
    pub receipts: Vec<ReceiptIn>,
}

/// What became of one movement.
#[derive(Serialize, ToSchema)]
pub struct ReceiptOutcomeView {
    /// Which.
    pub receipt: String,
    /// applied, parked or conflict.
    pub state: &'static str,
    /// Why, when not simply applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same movement was known already.
    pub replayed: bool,
    /// Position of the event that records it.
    pub position: i64,
}

/// The answer to movements told.
#[derive(Serialize, ToSchema)]
pub struct ReceiptsAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// What became of each, in the order told.
    pub receipts: Vec<ReceiptOutcomeView>,
}

impl ReceiptOutcomeView {
    fn of(outcome: &ReceiptOutcome) -> ReceiptOutcomeView {
        use crate::domain::order::FactState;
        ReceiptOutcomeView {
            receipt: outcome.receipt.to_string(),
            state: match outcome.state {
                FactState::Conflict => "conflict",
                FactState::Parked => "parked",
                _ => "applied",
            },
            code: outcome.code.clone(),
            replayed: outcome.replayed,
            position: outcome.position,
        }
    }
}

/// A part of a receipt and what it settles.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillIn {
    /// The platform or merchant that owed it: id or own number; not told for a transfer between the owner's own accounts.
    pub party: Option<String>,
    /// The month of the bill; none for a brand's deposit 预存款, and for a transfer.
    #[schema(example = "2026-05")]
    pub period: Option<String>,
    /// How much of the receipt.
    pub amount: MoneyIn,
}

/// What a receipt settles.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchIn {
    /// Parts; they may leave some of the receipt for later.
    pub bills: Vec<BillIn>,
}

fn fact(form: &mut Form, book: BookId, told: &ReceiptIn) -> Option<ReceiptFact> {
    let source = form.read::<crate::base::ExternalId>("/source", &told.source);
    let flow_no = form.read::<crate::base::ExternalId>("/flow_no", &told.flow_no);
    let at = form.read("/at", &told.at);
    let money = form.money("/amount", &told.amount);
    let account = form.maybe("/account", told.account.as_deref());
    let payer = form.word("/payer", told.payer.as_deref());
    let tag = form.word("/tag", told.tag.as_deref());
    let memo = form.word("/memo", told.memo.as_deref());
    let (source, flow_no, money) = (source?, flow_no?, money?);
    Some(ReceiptFact {
        receipt: ReceiptId::of(book, source.as_str(), flow_no.as_str()),
        source,
        flow_no,
        at: at?,
        currency: money.currency,
        amount: money.minor,
        account: account?,
        payer: payer?,
        tag: tag?,
        memo: memo?,
    })
}

/// Tells movements: each flow number is one fact, told as often as one likes.
#[utoipa::path(post, path = "/v1/receipts", tag = "settlement", request_body = ReceiptsIn,
    responses((status = 200, body = ReceiptsAnswer)))]
pub async fn tell(Told(write): Told, Json(body): Json<ReceiptsIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    if !(1..=200).contains(&body.receipts.len()) {
        form.fault("/receipts", Fault::new("receipts_out_of_range", "1 to 200 receipts"));
    }
    let book = write.caller.who.book;
    let read = |(n, told): (usize, &ReceiptIn)| form.within(&format!("/receipts/{n}"), |form| fact(form, book, told));
    let facts: Vec<Option<ReceiptFact>> = body.receipts.iter().enumerate().map(read).collect();
    let facts = form.finish(facts.into_iter().collect::<Option<Vec<_>>>())?;
    let answer = write.decide("POST /v1/receipts", Command::Receipts(facts)).await?;
    let receipts = answer.made.receipts.iter().map(ReceiptOutcomeView::of).collect();
    Ok(HttpResponse::Ok().json(ReceiptsAnswer {
        answer: AnswerView::of(answer, ""),
        receipts,
    }))
}

fn bill(form: &mut Form, told: &BillIn, currency: Currency) -> Option<Bill> {
    let party = match &told.party {
        Some(text) => form.party("/party", text).map(Some),
        None => Some(None),
    };
    let period: Option<Option<Month>> = form.maybe("/period", told.period.as_deref());
    let amount = form.amount("/amount", &told.amount, currency);
    Some(Bill {
        party: party?,
        period: period?,
        amount: amount?,
    })
}

/// Says what a receipt settles.
#[utoipa::path(post, path = "/v1/receipts/{receipt}/match", tag = "settlement", request_body = MatchIn,
    params(("receipt" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn settle(write: Write, id: Path<String>, Json(body): Json<MatchIn>) -> Result<HttpResponse, Problem> {
    let receipt: ReceiptId = id.parse().map_err(|_| Problem::not_found())?;
    let named = body.bills.iter().filter_map(|bill| bill.party.as_deref());
    let mut form = write.form(named).await?;
    let client = write.client().await?;
    let who = &write.caller.who;
    let known = report::money_receipts(&client, who.log, who.viewer(), (false, Some(receipt)), &Page::first(1)).await?;
    drop(client);
    let known = known.receipts.first().ok_or_else(Problem::not_found)?;
    let currency: Currency = known.amount.currency.parse().map_err(|_| Problem::not_found())?;
    let read = |(n, told): (usize, &BillIn)| form.within(&format!("/bills/{n}"), |form| bill(form, told, currency));
    let bills: Vec<Option<Bill>> = body.bills.iter().enumerate().map(read).collect();
    let bills = form.finish(bills.into_iter().collect::<Option<Vec<_>>>())?;
    write
        .change(
            "POST /v1/receipts/{receipt}/match",
            Command::MatchReceipt { receipt, bills },
        )
        .await
}

/// Takes everything that a receipt was matched with back.
#[utoipa::path(post, path = "/v1/receipts/{receipt}/unmatch", tag = "settlement", request_body = ReasonIn,
    params(("receipt" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn release(write: Write, id: Path<String>, Json(body): Json<ReasonIn>) -> Result<HttpResponse, Problem> {
    let receipt: ReceiptId = id.parse().map_err(|_| Problem::not_found())?;
    let command = Command::UnmatchReceipt {
        receipt,
        reason: body.reason,
    };
    write.change("POST /v1/receipts/{receipt}/unmatch", command).await
}

/// Lists receipts in order of time, with what they settle and, where exactly one open bill fits by amount and name, what
/// they could settle. `open=true`: only those not wholly matched.
#[utoipa::path(get, path = "/v1/receipts", tag = "settlement",
    params(("open" = Option<bool>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ReceiptsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let open = read.params.read("open")?.unwrap_or(false);
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::money_receipts(&read.client, read.log(), read.viewer(), (open, None), &page).await?,
    )
}

/// Shows a receipt.
#[utoipa::path(get, path = "/v1/receipts/{receipt}", tag = "settlement", params(("receipt" = String, Path)),
    responses((status = 200, body = ReceiptView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let receipt = id.parse().map_err(|_| Problem::not_found())?;
    let found = (false, Some(receipt));
    let view = report::money_receipts(&read.client, read.log(), read.viewer(), found, &Page::first(1)).await?;
    answer(&request, view.receipts.first().ok_or_else(Problem::not_found)?)
}
