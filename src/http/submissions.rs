//! `/v1/submissions`: goods submitted for a show 报品, their review, and the running order 播品单.
//! Must never let a party act on a submission that it is not shown: it looks as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::spool::{Form as As, Spool};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{ExternalId, FileId, Instant, SubmissionId};
use crate::domain::pool::Target;
use crate::domain::pooling::PoolCommand;
use crate::domain::submission::{Ask, CloseReason, Qualification, Status, SubmissionTerms, Verdict};
use crate::engine::Answer;
use crate::report::{self, SubmissionFilter, SubmissionView, SubmissionsView};

/// A licence, test report or the like 资质.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QualificationIn {
    /// Which, such as 食品经营许可证.
    pub kind: String,
    /// SHA-256 of an uploaded file.
    pub file: Option<String>,
    /// It holds until then.
    pub expires: Option<String>,
}

/// What is offered for a show.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionTermsIn {
    /// Name of the goods.
    pub title: String,
    /// Category; rivals are those of the same one.
    pub category: Option<String>,
    /// When the show begins.
    pub show_at: String,
    /// Number of the show 场次.
    pub show: Option<String>,
    /// Price on other days 日常价.
    pub daily_price: MoneyIn,
    /// Price in the show 直播价.
    pub live_price: MoneyIn,
    /// Gifts.
    pub gifts: Option<Vec<String>>,
    /// Commission, a decimal fraction.
    #[schema(example = "0.25")]
    pub commission: String,
    /// Slot fee 坑位费; none when not told.
    pub slot_fee: Option<MoneyIn>,
    /// Units reserved for the show.
    pub stock: u32,
    /// Hours until dispatch.
    pub ships_within: Option<u16>,
    /// Days of price protection 价保.
    pub protection_days: Option<u16>,
    /// Days before and after the show in which the anchor shows no rival.
    pub exclusive_days: Option<u16>,
    /// Licences and the like.
    pub qualifications: Option<Vec<QualificationIn>>,
    /// Page of the goods.
    pub link: Option<String>,
    /// What is said of them 卖点.
    pub points: Option<String>,
}

/// A submission.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionIn {
    /// Your own number for it.
    pub external_id: Option<String>,
    /// Who submits, a brand, agency or supplier: id or own number. A party's own key may leave it out.
    pub by: Option<String>,
    /// For whose show: id or own number.
    pub anchor: String,
    /// The product (`itm_`) or offer (`off_`), as the pool shows it.
    pub entry: String,
    /// On which terms.
    pub terms: SubmissionTermsIn,
}

/// Fields of the actions on a submission; which are needed depends on the action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionActionIn {
    /// Other terms (amend).
    pub terms: Option<SubmissionTermsIn>,
    /// Why (return, refuse; approve may say it too).
    pub reason: Option<String>,
    /// Codes of clashes that you know of (approve).
    pub despite: Option<Vec<String>>,
    /// Place in the running order, from 1 (place).
    pub place: Option<u32>,
    /// Why it is over: shown, stock_out, not_shown or price_broken (close).
    pub closed: Option<String>,
    /// Units that were wanted and not there (close, stock_out).
    pub unmet: Option<u32>,
}

/// The answer to a write, with the submission as it stands after it.
#[derive(Serialize, ToSchema)]
pub struct SubmissionAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// The submission after it; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission: Option<SubmissionView>,
}

/// A running order.
#[derive(Serialize, ToSchema)]
pub struct RunningOrderView {
    /// Columns, in order.
    pub columns: Vec<String>,
    /// Rows: numbers are texts, what is empty is null.
    pub rows: Vec<Vec<Option<String>>>,
}

fn qualifications(form: &mut Form, told: &[QualificationIn]) -> Option<Vec<Qualification>> {
    let read = |(n, one): (usize, &QualificationIn)| {
        form.within(&format!("/qualifications/{n}"), |form| {
            let file: Option<Option<FileId>> = form.maybe("/file", one.file.as_deref());
            let expires: Option<Option<Instant>> = form.maybe("/expires", one.expires.as_deref());
            Some(Qualification {
                kind: one.kind.clone(),
                file: file?,
                expires: expires?,
            })
        })
    };
    let each: Vec<Option<Qualification>> = told.iter().enumerate().map(read).collect();
    each.into_iter().collect()
}

fn terms(form: &mut Form, told: &SubmissionTermsIn) -> Option<SubmissionTerms> {
    let title = form.read("/title", &told.title);
    let show_at = form.read("/show_at", &told.show_at);
    let show: Option<Option<ExternalId>> = form.maybe("/show", told.show.as_deref());
    let category = form.word("/category", told.category.as_deref());
    let commission = form.read("/commission", &told.commission);
    let qualifications = qualifications(form, told.qualifications.as_deref().unwrap_or_default());
    let live = form.money("/live_price", &told.live_price)?;
    let daily_price = form.amount("/daily_price", &told.daily_price, live.currency);
    let slot_fee = match &told.slot_fee {
        Some(fee) => form.amount("/slot_fee", fee, live.currency),
        None => Some(Default::default()),
    };
    Some(SubmissionTerms {
        title: title?,
        category: category?,
        show_at: show_at?,
        show: show?,
        currency: live.currency,
        daily_price: daily_price?,
        live_price: live.minor,
        gifts: told.gifts.clone().unwrap_or_default(),
        commission: commission?,
        slot_fee: slot_fee?,
        stock: told.stock,
        ships_within: told.ships_within,
        protection_days: told.protection_days,
        exclusive_days: told.exclusive_days,
        qualifications: qualifications?,
        link: told.link.clone(),
        points: told.points.clone(),
    })
}

async fn kept(write: &Write, terms: &SubmissionTerms) -> Result<(), Problem> {
    let files: Vec<FileId> = terms.qualifications.iter().filter_map(|one| one.file.clone()).collect();
    write.kept("/terms/qualifications", &files).await
}

async fn after(write: &Write, answer: Answer, made: &str, status: StatusCode) -> Result<HttpResponse, Problem> {
    let id = answer
        .made
        .ids
        .get("submission")
        .and_then(|id| id.parse::<SubmissionId>().ok());
    let submission = match id.filter(|_| !answer.dry_run) {
        Some(id) => {
            let client = write.client().await?;
            let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
            Some(report::submission(&client, log, viewer, id).await?)
        }
        None => None,
    };
    let status = if answer.dry_run { StatusCode::OK } else { status };
    let answer = AnswerView::of(answer, made);
    Ok(HttpResponse::build(status).json(SubmissionAnswer { answer, submission }))
}

/// Submits goods for a show 报品.
#[utoipa::path(post, path = "/v1/submissions", tag = "pool", request_body = SubmissionIn,
    responses((status = 201, body = SubmissionAnswer)))]
pub async fn make(write: Write, Json(body): Json<SubmissionIn>) -> Result<HttpResponse, Problem> {
    let texts = body.by.as_deref().into_iter().chain([body.anchor.as_str()]);
    let mut form = write.form(texts).await?;
    let external_id = form.maybe("/external_id", body.external_id.as_deref());
    let by = match (&body.by, write.caller.who.party) {
        (Some(text), _) => form.party("/by", text),
        (None, own) => form.need("/by", own),
    };
    let anchor = form.party("/anchor", &body.anchor);
    let target: Option<Target> = form.read("/entry", &body.entry);
    let terms = form.within("/terms", |form| terms(form, &body.terms));
    let read = external_id.zip(by).zip(anchor).zip(target).zip(terms);
    let ((((external_id, by), anchor), target), terms) = form.finish(read)?;
    // A party submits for itself only; another's number looks unknown.
    if write.caller.who.party.is_some_and(|own| own != by) {
        return Err(Problem::not_found());
    }
    kept(&write, &terms).await?;
    let command = PoolCommand::Submit {
        external_id,
        by,
        anchor,
        target,
        terms: Box::new(terms),
    }
    .into();
    let answer = write.decide("POST /v1/submissions", command).await?;
    after(&write, answer, "submission", StatusCode::CREATED).await
}

/// A review knows what clashes: each code must be named, or nothing is taken.
async fn known_clashes(write: &Write, id: SubmissionId, despite: &[String]) -> Result<(), Problem> {
    let client = write.client().await?;
    let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
    let view = report::submission(&client, log, viewer, id).await?;
    let open: Vec<String> = view
        .clashes
        .iter()
        .filter(|clash| !despite.contains(&clash.code))
        .map(|clash| format!("{}: {}", clash.code, clash.why))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "{}; name these codes in despite to take it all the same",
        open.join("; ")
    );
    Err(Problem::new(StatusCode::CONFLICT, "submission_clashes", detail))
}

/// Acts on a submission: amend, withdraw (who submitted it); approve, return, refuse, place, close (the anchor's side).
#[utoipa::path(post, path = "/v1/submissions/{submission}/{action}", tag = "pool", request_body = SubmissionActionIn,
    params(("submission" = String, Path),
        ("action" = String, Path, description = "amend, withdraw, approve, return, refuse, place or close")),
    responses((status = 200, body = SubmissionAnswer)))]
pub async fn act(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<SubmissionActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, action) = path.into_inner();
    let id = {
        let client = write.client().await?;
        let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
        report::submission_named(&client, log, viewer, &text).await?
    };
    let mut form = Form::default();
    let review = |verdict| Ask::Review {
        verdict,
        reason: body.reason.clone(),
        despite: body.despite.clone().unwrap_or_default(),
    };
    let ask = match action.as_str() {
        "amend" => {
            let told = form.need("/terms", body.terms.as_ref());
            let read = told.and_then(|told| form.within("/terms", |form| terms(form, told)));
            read.map(|terms| Ask::Amend { terms: Box::new(terms) })
        }
        "approve" => Some(review(Verdict::Approved)),
        "return" => Some(review(Verdict::Returned)),
        "refuse" => Some(review(Verdict::Refused)),
        "place" => form.need("/place", body.place).map(|place| Ask::Place { place }),
        "withdraw" => Some(Ask::Close {
            reason: CloseReason::Withdrawn,
            remark: body.reason.clone(),
            unmet: None,
        }),
        "close" => {
            let told = form.need("/closed", body.closed.as_deref());
            let reason = told.and_then(|told| closing(&mut form, told));
            reason.map(|reason| Ask::Close {
                reason,
                remark: body.reason.clone(),
                unmet: body.unmet,
            })
        }
        _ => return Err(Problem::not_found()),
    };
    let ask = form.finish(ask)?;
    match &ask {
        Ask::Amend { terms } => kept(&write, terms).await?,
        Ask::Review {
            verdict: Verdict::Approved,
            despite,
            ..
        } => known_clashes(&write, id, despite).await?,
        _ => {}
    }
    let command = PoolCommand::Ask { submission: id, ask }.into();
    let answer = write
        .decide("POST /v1/submissions/{submission}/{action}", command)
        .await?;
    after(&write, answer, "", StatusCode::OK).await
}

fn closing(form: &mut Form, told: &str) -> Option<CloseReason> {
    let known = CloseReason::ALL
        .iter()
        .filter(|(_, reason)| *reason != CloseReason::Withdrawn);
    let found = known
        .into_iter()
        .find(|(word, _)| *word == told)
        .map(|(_, reason)| *reason);
    if found.is_none() {
        let why = "shown, stock_out, not_shown or price_broken";
        form.fault("/closed", super::form::Fault::new("unknown_word", why));
    }
    found
}

/// Lists submissions: a submitter its own, an anchor those for it, an agency those for its anchors.
#[utoipa::path(get, path = "/v1/submissions", tag = "pool",
    params(("status" = Option<String>, Query), ("external_id" = Option<String>, Query), ("anchor" = Option<String>, Query),
        ("show" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SubmissionsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let anchor = match read.params.text("anchor")? {
        Some(text) => Some(read.party(&text).await?),
        None => None,
    };
    let words = Status::ALL.map(|(word, _)| (word, word));
    let filter = SubmissionFilter {
        status: read.params.word("status", &words)?,
        external_id: read.params.text("external_id")?,
        anchor,
        show: read.params.text("show")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::submissions(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

/// Shows a submission with what clashes with it.
#[utoipa::path(get, path = "/v1/submissions/{submission}", tag = "pool", params(("submission" = String, Path)),
    responses((status = 200, body = SubmissionView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let id = report::submission_named(&read.client, read.log(), read.viewer(), &id).await?;
    answer(
        &request,
        &report::submission(&read.client, read.log(), read.viewer(), id).await?,
    )
}

/// The running order 播品单 of an anchor, as JSON, CSV or XLSX by `Accept` or `format`: of a show, or of all shows between two
/// instants (two years at most; from now on when not told).
#[utoipa::path(get, path = "/v1/running-order", tag = "pool",
    params(("anchor" = Option<String>, Query, description = "Id or own number; an anchor's own key may leave it out."),
        ("show" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("format" = Option<String>, Query, description = "json, csv or xlsx")),
    responses((status = 200, content((RunningOrderView = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub async fn running_order(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let form = As::of(&request, &mut read.params)?;
    let anchor = match read.params.text("anchor")? {
        Some(text) => read.party(&text).await?,
        None => {
            let missing = || Problem::bad_request("parameter_missing", "this parameter is needed").at("anchor");
            read.who().party.ok_or_else(missing)?
        }
    };
    let show = read.params.text("show")?;
    let from: Option<Instant> = read.params.read("from")?;
    let to: Option<Instant> = read.params.read("to")?;
    read.finish()?;
    let now = report::head(&read.client, read.log()).await?.recorded_at;
    let from = from.unwrap_or(if show.is_some() { now.plus_days(-365) } else { now });
    let to = to.unwrap_or(from.plus_days(730)).min(from.plus_days(730));
    let table = report::running_order(&read.client, read.log(), anchor, (from, to), show.as_deref()).await?;
    if matches!(form, As::Csv | As::Xlsx) {
        let mut spool = Spool::start(form, &table.columns)?;
        table.rows.iter().try_for_each(|row| spool.row(row))?;
        return spool.send("running-order").await;
    }
    let text = |row: Vec<report::Cell>| row.into_iter().map(report::Cell::into_text).collect();
    answer(
        &request,
        &RunningOrderView {
            columns: table.columns.iter().map(ToString::to_string).collect(),
            rows: table.rows.into_iter().map(text).collect(),
        },
    )
}
