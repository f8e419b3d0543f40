//! `/v1/adjustments` and `/v1/approvals`: manual entries that a first person asks for and a second one approves.
//! Must never post an adjustment itself: it asks, and an approval posts it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::formulas::{FormulaTermsIn, parties_of, terms};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{ApprovalId, Instant};
use crate::domain::adjustment::AdjustmentPurpose;
use crate::domain::command::{Command, Pending, Verdict};
use crate::ledger::{Account, AccountKind, Layer, Leg};
use crate::report::{self, ApprovalView, ApprovalsView};

/// What to ask for: an entry, or a formula version that starts in the past. Exactly one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentIn {
    /// A manual entry in the settled layer.
    pub entry: Option<ManualEntryIn>,
    /// A formula version that starts before lines already pinned.
    pub formula: Option<BackdatedFormulaIn>,
}

/// A manual entry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManualEntryIn {
    /// Business time.
    pub at: String,
    /// Why.
    pub reason: String,
    /// What moves; sums to zero per currency. 2 to 100 legs.
    pub legs: Vec<LegIn>,
    /// What it is for, and so where a settlement sheet shows it: adjustment (when not told), contract, sourcing, penalty,
    /// charge, payment, receipt or write_off.
    #[schema(value_type = Option<String>, example = "payment")]
    pub purpose: Option<AdjustmentPurpose>,
}

/// A leg: `party` with an account of its, or `book` without a party.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegIn {
    /// Whose account: id or own number; the book's own when not told.
    pub party: Option<String>,
    /// available, frozen, clawback_due, held, direct_paid, commission, clearing, income, suspense or cutover.
    #[schema(value_type = String, example = "available")]
    pub account: AccountKind,
    /// Positive: the book owes the party more.
    pub amount: MoneyIn,
}

/// A formula version that starts in the past.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackdatedFormulaIn {
    /// Which; a new one when not told.
    pub formula: Option<String>,
    /// In force from here.
    pub effective_from: String,
    /// The formula.
    pub terms: FormulaTermsIn,
}

/// A verdict.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictIn {
    /// approve, refuse or withdraw.
    #[schema(value_type = String, example = "approve")]
    pub verdict: Verdict,
    /// Why.
    pub remark: Option<String>,
}

fn leg(form: &mut Form, told: &LegIn) -> Option<Leg> {
    let money = form.money("/amount", &told.amount);
    let account = match &told.party {
        Some(text) => Account::of(form.party("/party", text)?, told.account),
        None => Account::book(told.account),
    };
    let money = money?;
    Some(Leg {
        account,
        layer: Layer::Settled,
        currency: money.currency,
        amount: money.minor,
    })
}

fn entry(form: &mut Form, told: &ManualEntryIn) -> Option<Pending> {
    let at: Option<Instant> = form.read("/at", &told.at);
    let reason = form.word("/reason", Some(&told.reason)).flatten();
    if !(2..=100).contains(&told.legs.len()) {
        form.fault("/legs", Fault::new("legs_out_of_range", "an entry has 2 to 100 legs"));
    }
    let read = |(n, told): (usize, &LegIn)| form.within(&format!("/legs/{n}"), |form| leg(form, told));
    let legs: Vec<Option<Leg>> = told.legs.iter().enumerate().map(read).collect();
    Some(Pending::Adjust {
        at: at?,
        reason: reason?,
        legs: legs.into_iter().collect::<Option<_>>()?,
        purpose: told.purpose,
    })
}

fn formula(form: &mut Form, told: &BackdatedFormulaIn) -> Option<Pending> {
    let formula = form.maybe("/formula", told.formula.as_deref());
    let effective_from = form.read("/effective_from", &told.effective_from);
    let terms = form.within("/terms", |form| terms(form, &told.terms));
    Some(Pending::BackdateFormula {
        formula: formula?,
        effective_from: effective_from?,
        terms: Box::new(terms?),
    })
}

/// Asks for an adjustment; a second person approves it.
#[utoipa::path(post, path = "/v1/adjustments", tag = "settlement", request_body = AdjustmentIn,
    responses((status = 201, body = AnswerView)))]
pub async fn ask(write: Write, Json(body): Json<AdjustmentIn>) -> Result<HttpResponse, Problem> {
    let legs = body
        .entry
        .iter()
        .flat_map(|entry| entry.legs.iter().filter_map(|leg| leg.party.as_deref()));
    let takers = body.formula.iter().flat_map(|formula| parties_of(&formula.terms));
    let mut form = write.form(legs.chain(takers)).await?;
    let pending = match (&body.entry, &body.formula) {
        (Some(told), None) => form.within("/entry", |form| entry(form, told)),
        (None, Some(told)) => form.within("/formula", |form| formula(form, told)),
        _ => {
            form.fault("", Fault::new("one_of", "give entry or formula, one of them"));
            None
        }
    };
    let pending = form.finish(pending)?;
    write
        .make("POST /v1/adjustments", "approval", Command::Request(pending))
        .await
}

/// Approves, refuses or withdraws what waits. The maker cannot approve.
#[utoipa::path(post, path = "/v1/approvals/{approval}", tag = "settlement", request_body = VerdictIn,
    params(("approval" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn decide(write: Write, id: Path<String>, Json(body): Json<VerdictIn>) -> Result<HttpResponse, Problem> {
    let approval: ApprovalId = id.parse().map_err(|_| Problem::not_found())?;
    let mut form = Form::default();
    let remark = form.word("/remark", body.remark.as_deref());
    let remark = form.finish(remark)?;
    let command = Command::DecideApproval {
        approval,
        verdict: body.verdict,
        remark,
    };
    let answer = write.decide("POST /v1/approvals/{approval}", command).await?;
    if let Some(import) = answer.made.ids.get("import").filter(|_| !answer.dry_run) {
        super::imports::approved(&write.shared, &write.caller, import).await;
    }
    Ok(HttpResponse::Ok().json(AnswerView::of(answer, "")))
}

/// Lists what waits, or waited, for a second person.
#[utoipa::path(get, path = "/v1/approvals", tag = "settlement",
    params(("status" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ApprovalsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let words = ["pending", "approved", "refused", "withdrawn"].map(|word| (word, word));
    let status = read.params.word("status", &words)?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::approvals(&read.client, read.log(), read.viewer(), status, &page).await?,
    )
}

/// Shows an approval.
#[utoipa::path(get, path = "/v1/approvals/{approval}", tag = "settlement", params(("approval" = String, Path)),
    responses((status = 200, body = ApprovalView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let approval = id.parse().map_err(|_| Problem::not_found())?;
    answer(
        &request,
        &report::approval(&read.client, read.log(), read.viewer(), approval).await?,
    )
}
