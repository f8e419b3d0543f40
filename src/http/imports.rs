//! Imports 导入批次: made of a file and a mapping, previewed, checked, committed with progress, reversed.
//! Must never work on an import inside the request: it is begun here, and the server's import desk takes it up.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::params::Params;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use crate::base::{ImportId, LineId, LogId};
use crate::domain::person::Role;
use crate::intake::ImportError;
use crate::intake::batch::{self, Opening};
use crate::intake::emit::Told;
use crate::intake::reverse::{self, Asked};
use crate::intake::source::SourceError;
use crate::report::{
    self, CoverageFilter, CoverageView, CsvRows, ImportRowsView, ImportView, ImportsView, LineRowsView, Page, RowFilter,
};

/// How long a request waits for a small import before it answers 202.
const SMALL: Duration = Duration::from_secs(2);

/// Why an import did not do what was asked.
pub(super) fn problem(error: ImportError) -> Problem {
    let detail = error.to_string();
    match error {
        ImportError::Missing(_) => Problem::not_found(),
        ImportError::NotNow(_) => Problem::new(StatusCode::CONFLICT, "import_state", detail),
        ImportError::Behind { import, .. } => {
            let mut problem = Problem::new(StatusCode::CONFLICT, "import_under_way", detail);
            problem.conflicting = Some(import.to_string().into());
            problem
        }
        ImportError::Busy | ImportError::Lost => Problem::new(StatusCode::CONFLICT, "import_under_way", detail),
        ImportError::Source(SourceError::Header { fault, .. }) => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "file_does_not_fit",
            format!("the file does not fit the mapping: {fault}"),
        ),
        ImportError::Mapping(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "mapping_invalid", detail),
        ImportError::TooManyUnnumbered => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "rows_without_number", detail),
        ImportError::Note(error) | ImportError::Engine { error, .. } | ImportError::Setup { error, .. } => {
            Problem::from(error)
        }
        ImportError::Store(_) | ImportError::Pool(_) | ImportError::Source(_) | ImportError::Thread => {
            tracing::warn!(%detail, "an import could not be read");
            Problem::unavailable()
        }
        ImportError::Progress => {
            tracing::error!(%detail, "what is kept of an import is not readable");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "internal error; nothing happened",
            )
        }
    }
}

/// The days a file is said to cover, whether rows fall on them or not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoversIn {
    /// Platform account; of everything in the file when not told.
    pub account: Option<String>,
    /// First day.
    #[schema(value_type = String, example = "2026-02-01")]
    pub from: NaiveDate,
    /// Last day.
    #[schema(value_type = String, example = "2026-02-28")]
    pub to: NaiveDate,
}

/// An import to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportIn {
    /// The file's SHA-256, as its upload answered.
    pub file: String,
    /// A mapping by name: the book's own, or a ready one; the ready one that the file fits when not told.
    pub mapping: Option<String>,
    /// Makes the stand-ins that the mapping's setup states (owner and finance only).
    pub stand_ins: Option<bool>,
    /// The days it is said to cover.
    pub covers: Option<CoversIn>,
}

/// The ready mapping that a file fits, if exactly one does.
pub(super) async fn detected(shared: &Shared, caller: &Caller, digest: &[u8]) -> Result<String, Problem> {
    let detected = batch::detect(shared.engine.pool(), caller.who.book, digest)
        .await
        .map_err(problem)?;
    if let Some(best) = detected.best {
        return Ok(best.to_owned());
    }
    let alike = detected.alike();
    let nearest = detected.fits.first().filter(|fit| fit.columns > 0);
    let why = match (alike.is_empty(), nearest) {
        (false, _) => format!("the file fits {} alike: name one", alike.join(" and ")),
        (true, Some(fit)) => format!(
            "the file fits no ready mapping; the nearest is {}: {}",
            fit.name,
            fit.reason()
        ),
        (true, None) => "the file fits no ready mapping".to_owned(),
    };
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "mapping_unclear", why).at("/mapping"))
}

/// Makes an import of a file with a mapping: nothing is told yet. The one that stands answers again.
#[utoipa::path(post, path = "/v1/imports", tag = "intake", request_body = ImportIn,
    responses((status = 201, body = ImportView)))]
pub async fn make(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    Json(body): Json<ImportIn>,
) -> Result<HttpResponse, Problem> {
    Params::of(&request)?.finish()?;
    let (pool, book) = (shared.engine.pool(), caller.who.book);
    let stand_ins = body.stand_ins.unwrap_or(false);
    if stand_ins && !matches!(caller.who.role, Role::Owner | Role::Finance) {
        return Err(Problem::forbidden());
    }
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
    let file = report::file(&client, caller.who.log, &digest)
        .await
        .map_err(|error| match error {
            report::ReportError::NotFound => no_file(),
            other => other.into(),
        })?;
    let mapping = match body.mapping {
        Some(named) => named,
        None => detected(&shared, &caller, &digest).await?,
    };
    let text = batch::mapping_text(pool, book, &mapping).await.map_err(problem)?;
    let no_mapping =
        || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "mapping_unknown", "no such mapping").at("/mapping");
    let text = text.ok_or_else(no_mapping)?;
    let covers = body.covers.as_ref();
    if covers.is_some_and(|covers| covers.from > covers.to || (covers.to - covers.from).num_days() > 3_700) {
        let wrong = "from is the first day, to the last, ten years at most";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "covers_range", wrong).at("/covers"));
    }
    let actor = caller.who.actor();
    let opening = Opening {
        digest: &digest,
        file_name: &file.name,
        mapping: &mapping,
        mapping_text: &text,
        stand_ins,
        cover: (
            covers.and_then(|covers| covers.account.as_deref()),
            covers.map(|covers| covers.from),
            covers.map(|covers| covers.to),
        ),
        actor: &actor,
    };
    let id = batch::open(pool, book, &opening).await.map_err(problem)?;
    let view = report::import(&client, caller.who.log, id).await?;
    Ok(HttpResponse::Created().json(view))
}

/// Lists imports, newest first.
#[utoipa::path(get, path = "/v1/imports", tag = "intake",
    params(("state" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ImportsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let states = [
        "uploaded",
        "checked",
        "committing",
        "done",
        "failed",
        "reversing",
        "reversed",
    ];
    let state = read.params.word("state", &states.map(|state| (state, state)))?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::imports(&read.client, read.log(), state, &page).await?,
    )
}

fn id(text: &str) -> Result<ImportId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// A read of one import, which is there.
async fn of_one(
    shared: &Data<Shared>,
    caller: Caller,
    request: &HttpRequest,
    text: &str,
) -> Result<(Read, ImportView), Problem> {
    let read = Read::current(shared, caller, request).await?;
    let view = report::import(&read.client, read.log(), id(text)?).await?;
    Ok((read, view))
}

/// Shows an import with its progress and result.
#[utoipa::path(get, path = "/v1/imports/{import}", tag = "intake", params(("import" = String, Path)),
    responses((status = 200, body = ImportView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (mut read, view) = of_one(&shared, caller, &request, &import).await?;
    read.finish()?;
    answer(&request, &view)
}

/// Something that a row would tell.
#[derive(Serialize, ToSchema)]
pub struct WouldTell {
    /// `click`, or the kind of the fact.
    pub kind: String,
    /// The line of a fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The platform's number of that line, the flow number of a receipt, or the product number of an offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_no: Option<String>,
    /// Business time; empty for an offer, which holds from when it is told.
    pub at: String,
    /// Amounts in it, as they would be booked.
    pub amounts: Vec<String>,
    /// Currency of the amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// All of it, in the form in which the log would keep it (amounts in minor units).
    #[schema(value_type = Object)]
    pub whole: serde_json::Value,
}

impl WouldTell {
    fn of(told: &Told) -> WouldTell {
        match told {
            Told::Click(click) => WouldTell {
                kind: "click".to_owned(),
                line: None,
                line_no: None,
                at: click.at.to_string(),
                amounts: Vec::new(),
                currency: None,
                whole: serde_json::to_value(click).unwrap_or_default(),
            },
            Told::Return(back) => WouldTell {
                kind: crate::domain::returns::TOLD.to_owned(),
                line: None,
                line_no: None,
                at: back.at.to_string(),
                amounts: vec![report::Money::of(back.amount, back.currency).amount],
                currency: Some(back.currency.code().to_owned()),
                whole: serde_json::to_value(back).unwrap_or_default(),
            },
            Told::Receipt(receipt) => WouldTell {
                kind: "receipt.recorded".to_owned(),
                line: None,
                line_no: Some(receipt.flow_no.as_str().to_owned()),
                at: receipt.at.to_string(),
                amounts: vec![report::Money::of(receipt.amount, receipt.currency).amount],
                currency: Some(receipt.currency.code().to_owned()),
                whole: serde_json::to_value(receipt).unwrap_or_default(),
            },
            Told::Offer(offer) => {
                let prices = offer.terms.tiers.iter().map(|tier| tier.price);
                let prices = prices.chain(offer.terms.single_price);
                WouldTell {
                    kind: "offer.published".to_owned(),
                    line: None,
                    line_no: Some(offer.terms.product_no.as_str().to_owned()),
                    at: String::new(),
                    amounts: prices
                        .map(|price| report::Money::of(price, offer.terms.currency).amount)
                        .collect(),
                    currency: Some(offer.terms.currency.code().to_owned()),
                    whole: serde_json::to_value(offer).unwrap_or_default(),
                }
            }
            Told::Fact(fact) => {
                let text = |currency: crate::money::Currency| {
                    let amounts = fact.what.amounts();
                    amounts
                        .map(|amount| report::Money::of(amount, currency).amount)
                        .collect()
                };
                WouldTell {
                    kind: fact.what.kind().to_owned(),
                    line: Some(fact.line.to_string()),
                    line_no: Some(fact.line_no.as_str().to_owned()),
                    at: fact.at.to_string(),
                    amounts: fact.currency.map(text).unwrap_or_default(),
                    currency: fact.currency.map(|currency| currency.code().to_owned()),
                    whole: serde_json::to_value(fact).unwrap_or_default(),
                }
            }
        }
    }
}

/// A row of a preview.
#[derive(Serialize, ToSchema)]
pub struct PreviewRow {
    /// Number, from 1.
    pub row: u64,
    /// told, left_out or rejected.
    pub state: &'static str,
    /// Reason or code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// As it came.
    pub raw: String,
    /// What it would tell.
    pub told: Vec<WouldTell>,
}

/// The first rows of a file beside what each would tell.
#[derive(Serialize, ToSchema)]
pub struct PreviewView {
    /// At most 20.
    pub rows: Vec<PreviewRow>,
}

/// Shows the first 20 rows beside what each would tell. Changes nothing.
#[utoipa::path(get, path = "/v1/imports/{import}/preview", tag = "intake", params(("import" = String, Path)),
    responses((status = 200, body = PreviewView)))]
pub async fn preview(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (mut read, view) = of_one(&shared, caller, &request, &import).await?;
    read.finish()?;
    let book = read.who().book;
    drop(read);
    let rows = batch::preview(shared.engine.pool(), book, view.import)
        .await
        .map_err(problem)?;
    let rows = rows.into_iter().map(|row| PreviewRow {
        row: row.number,
        state: row.state,
        code: row.code,
        message: row.message,
        raw: row.raw,
        told: row.told.iter().map(WouldTell::of).collect(),
    });
    answer(&request, &PreviewView { rows: rows.collect() })
}

/// Reads the whole file and answers with counts and sums. Changes no line and no balance.
#[utoipa::path(post, path = "/v1/imports/{import}/check", tag = "intake", params(("import" = String, Path)),
    responses((status = 200, body = ImportView)))]
pub async fn check(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (mut read, mut view) = of_one(&shared, caller, &request, &import).await?;
    read.finish()?;
    let (book, log) = (read.who().book, read.log());
    drop(read);
    let tally = batch::check(shared.engine.pool(), book, view.import)
        .await
        .map_err(problem)?;
    let result = serde_json::from_str(&tally.json()).unwrap_or_default();
    let client = shared.engine.pool().get().await?;
    view = report::import(&client, log, view.import).await?;
    view.result = result;
    Ok(HttpResponse::Ok().json(view))
}

/// Waits a little for an import to leave a state; 202 while it is in it.
async fn settled(shared: &Shared, log: LogId, id: ImportId) -> Result<HttpResponse, Problem> {
    shared.imports.wake();
    let deadline = tokio::time::Instant::now() + SMALL;
    loop {
        let client = shared.engine.pool().get().await?;
        let view = report::import(&client, log, id).await?;
        drop(client);
        let under_way = matches!(view.state.as_str(), "committing" | "reversing");
        if !under_way {
            return Ok(HttpResponse::Ok().json(view));
        }
        if tokio::time::Instant::now() >= deadline {
            return Ok(HttpResponse::Accepted().json(view));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Tells every row: 200 when done at once, 202 with progress otherwise. Again: the same answer, but offers anew.
#[utoipa::path(post, path = "/v1/imports/{import}/commit", tag = "intake", params(("import" = String, Path)),
    responses((status = 200, body = ImportView), (status = 202, body = ImportView)))]
pub async fn commit(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.who.actor();
    let (mut read, view) = of_one(&shared, caller, &request, &import).await?;
    read.finish()?;
    let (book, log) = (read.who().book, read.log());
    drop(read);
    batch::begin(shared.engine.pool(), book, view.import, &actor)
        .await
        .map_err(problem)?;
    settled(&shared, log, view.import).await
}

/// Takes the whole batch back: every fact that nobody else tells. Once a month that it touched is cut off, a second person
/// has to approve: then the answer is 202 with the approval, and approving it begins the reversal.
#[utoipa::path(post, path = "/v1/imports/{import}/reverse", tag = "intake", params(("import" = String, Path)),
    responses((status = 200, body = ImportView), (status = 202, body = ImportView)))]
pub async fn reverse(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.who.actor();
    let (mut read, view) = of_one(&shared, caller, &request, &import).await?;
    read.finish()?;
    let (book, log) = (read.who().book, read.log());
    drop(read);
    match reverse::ask(&shared.engine, book, view.import, &actor)
        .await
        .map_err(problem)?
    {
        Asked::Begun => settled(&shared, log, view.import).await,
        Asked::Waits(_) => {
            let client = shared.engine.pool().get().await?;
            let view = report::import(&client, log, view.import).await?;
            Ok(HttpResponse::Accepted().json(view))
        }
    }
}

/// Begins a reversal that a second person just approved. What stands in its way is said by the import; asking for the
/// reversal again begins it later.
pub(super) async fn approved(shared: &Shared, caller: &Caller, import: &str) {
    let begun = async {
        let id: ImportId = import.parse().map_err(|_| ImportError::Missing("import"))?;
        let mut client = shared.engine.pool().get().await?;
        reverse::begin(&mut client, caller.who.book, id, None).await
    };
    if let Err(error) = begun.await {
        tracing::warn!(%error, import, "an approved reversal could not begin yet");
    }
    shared.imports.wake();
}

/// Lists rows of an import with what became of each, by number.
#[utoipa::path(get, path = "/v1/imports/{import}/rows", tag = "intake",
    params(("import" = String, Path), ("state" = Option<String>, Query), ("code" = Option<String>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ImportRowsView)))]
pub async fn rows(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (mut read, view) = of_one(&shared, caller, &request, &import).await?;
    let states = [
        "told", "left_out", "rejected", "applied", "waiting", "parked", "stale", "conflict",
    ];
    let state = read.params.word("state", &states.map(|state| (state, state)))?;
    let filter = RowFilter {
        state: state.map(str::to_owned),
        code: read.params.text("code")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::import_rows(&read.client, read.log(), view.import, &filter, &page).await?,
    )
}

/// The rows that a line came from.
#[utoipa::path(get, path = "/v1/orders/{line}/rows", tag = "intake", params(("line" = String, Path)),
    responses((status = 200, body = LineRowsView)))]
pub async fn rows_of_line(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    line: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let line: LineId = line.parse().map_err(|_| Problem::not_found())?;
    answer(&request, &report::rows_of_line(&read.client, read.log(), line).await?)
}

/// The result file: every row with what became of it, as CSV that no spreadsheet runs.
#[utoipa::path(get, path = "/v1/imports/{import}/result", tag = "intake", params(("import" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn result(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    import: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (mut read, view) = of_one(&shared, caller, &request, &import).await?;
    read.finish()?;
    let (log, id) = (read.log(), view.import);
    drop(read);
    let first = Some(Page::first(Page::MOST));
    let pages = stream::unfold((first, true), move |(page, head)| {
        let shared = shared.clone();
        async move {
            let page = page?;
            Some(match csv(&shared, log, id, &page, head).await {
                Ok((bytes, next)) => {
                    let next = next.map(|next| Page::after(Some(next), Page::MOST));
                    (Ok::<Bytes, actix_web::Error>(bytes), (next, false))
                }
                Err(problem) => (Err(problem.into()), (None, false)),
            })
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"result.csv\""))
        .streaming(Box::pin(pages)))
}

async fn csv(
    shared: &Shared,
    log: LogId,
    id: ImportId,
    page: &Page,
    head: bool,
) -> Result<(Bytes, Option<String>), Problem> {
    let client = shared.engine.pool().get().await?;
    let view = report::import_rows(&client, log, id, &RowFilter::default(), page).await?;
    let mut out = Vec::new();
    let mut rows = if head {
        CsvRows::start(&mut out, &ImportRowsView::COLUMNS)?
    } else {
        CsvRows::go_on(&mut out)
    };
    for cells in view.cells() {
        rows.row(&cells)?;
    }
    rows.finish()?;
    Ok((out.into(), view.next))
}

/// The coverage calendar: which days the imports of each mapping cover, by account, and the gaps.
#[utoipa::path(get, path = "/v1/imports/coverage", tag = "intake",
    params(("mapping" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = CoverageView)))]
pub async fn coverage(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let mut day = |name: &'static str| -> Result<Option<NaiveDate>, Problem> {
        let text = read.params.text(name)?;
        let wrong = |_| Problem::bad_request("day_form", "a day is written 2026-02-28").at(name);
        text.map(|text| text.parse().map_err(wrong)).transpose()
    };
    let (from, to) = (day("from")?, day("to")?);
    let filter = CoverageFilter {
        mapping: read.params.text("mapping")?,
        from,
        to,
    };
    read.finish()?;
    answer(&request, &report::coverage(&read.client, read.log(), &filter).await?)
}
