//! `/v1/reports/line-ledger` 逐单明细账: JSON by pages, CSV and XLSX whole; and the saved sets of its columns.
//! Must never read an export's pages from more than one snapshot.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use tokio_postgres::IsolationLevel;
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::spool::{Form, Spool};
use super::state::Shared;
use crate::access::{ColumnSet, column_set, column_sets, forget_columns, save_columns};
use crate::base::Name;
use crate::report::{
    self, ColumnView, LEDGER_PAGE, LINE_STATUS, LedgerAsk, LineLedger, LineLedgerView, Page, Viewer, shop_named,
};

/// Columns of one request or set.
const COLUMNS: usize = 200;

/// The line ledger 逐单明细账: one row per sub-order line. JSON comes by pages; CSV and XLSX (by `Accept` or `format`) hold
/// every line asked for. With `accounting_month` the settled columns are what that month moved.
#[utoipa::path(get, path = "/v1/reports/line-ledger", tag = "reports",
    params(("format" = Option<String>, Query, description = "json, csv or xlsx"), ("party" = Option<String>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("order_month" = Option<String>, Query), ("accounting_month" = Option<String>, Query),
        ("platform" = Option<String>, Query),
        ("shop" = Option<String>, Query, description = "Id, or the platform's number beside `platform`."),
        ("status" = Option<String>, Query),
        ("columns" = Option<String>, Query, description = "Names with commas between them; `all` for every one."),
        ("set" = Option<String>, Query, description = "Name of a saved set of columns."),
        ("min_position" = Option<i64>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, content((LineLedgerView = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub async fn show(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let form = Form::of(&request, &mut read.params)?;
    let party = read.party_param().await?;
    let ask = LedgerAsk {
        party,
        ..ask(&mut read).await?
    };
    let viewer = read.viewer_of(party);
    match form {
        Form::Csv | Form::Xlsx => {
            read.finish()?;
            export(read, viewer, &ask, form).await
        }
        Form::Json | Form::Text => {
            let page = read.params.page()?;
            read.finish()?;
            let ledger = LineLedger::open(&read.client, read.log(), viewer, &ask).await?;
            answer(&request, &ledger.view(&page).await?)
        }
    }
}

async fn ask(read: &mut Read) -> Result<LedgerAsk, Problem> {
    let mut ask = LedgerAsk {
        from: read.params.read("from")?,
        to: read.params.read("to")?,
        order_month: read.params.read("order_month")?,
        accounting_month: read.params.read("accounting_month")?,
        platform: read.params.text("platform")?,
        status: read.params.word("status", &LINE_STATUS)?,
        ..LedgerAsk::default()
    };
    if let Some(text) = read.params.text("shop")? {
        ask.shop = Some(shop_named(read.who().book, ask.platform.as_deref(), &text)?);
    }
    match (read.params.text("columns")?, read.params.text("set")?) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request("columns_twice", "give columns or set, not both").at("set"));
        }
        (Some(names), None) => {
            let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
            ask.columns = names.map(str::to_owned).collect();
        }
        (None, Some(name)) => {
            let saved = column_set(&read.client, read.who(), &name).await?;
            ask.columns = saved.ok_or_else(Problem::not_found)?;
        }
        (None, None) => {}
    }
    few(&ask.columns)?;
    Ok(ask)
}

fn few(columns: &[String]) -> Result<(), Problem> {
    if columns.len() > COLUMNS {
        return Err(Problem::bad_request("columns_out_of_range", "at most 200 columns").at("columns"));
    }
    Ok(())
}

async fn export(mut read: Read, viewer: Viewer, ask: &LedgerAsk, form: Form) -> Result<HttpResponse, Problem> {
    let log = read.log();
    let snapshot = read
        .client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let ledger = LineLedger::open(snapshot.client(), log, viewer, ask).await?;
    let mut spool = Spool::start(form, &ledger.headings())?;
    let mut page = Page::first(LEDGER_PAGE);
    loop {
        let (rows, next) = ledger.page(&page).await?;
        rows.iter().try_for_each(|row| spool.row(row))?;
        let Some(next) = next else { break };
        page = Page::after(Some(next), LEDGER_PAGE);
    }
    snapshot.commit().await?;
    drop(read);
    spool.send("line-ledger").await
}

/// The columns there are.
#[derive(Serialize, ToSchema)]
pub struct ColumnsView {
    /// Every column of the book, in the order of a sheet.
    pub columns: Vec<ColumnView>,
    /// Names of the default set.
    pub default: Vec<String>,
    /// Sets that were saved.
    pub sets: Vec<ColumnSet>,
}

/// Lists the columns of the line ledger, its default set, and the saved sets.
#[utoipa::path(get, path = "/v1/reports/line-ledger/columns", tag = "reports", responses((status = 200, body = ColumnsView)))]
pub async fn columns(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let (columns, default) = report::ledger_columns(&read.client, read.log()).await?;
    let sets = column_sets(&read.client, read.who()).await?;
    let view = ColumnsView { columns, default, sets };
    answer(&request, &view)
}

/// A set of columns to save.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnSetIn {
    /// Name; saved again, it replaces what it named.
    #[schema(example = "月结")]
    pub name: String,
    /// Names of columns, in their order.
    #[schema(example = json!(["order_no", "line_no", "gross_settled"]))]
    pub columns: Vec<String>,
}

/// Saves a set of columns: the book's own people share theirs, a party has its own.
#[utoipa::path(post, path = "/v1/reports/line-ledger/columns", tag = "reports", request_body = ColumnSetIn,
    responses((status = 200, body = Vec<ColumnSet>)))]
pub async fn save(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    Json(body): Json<ColumnSetIn>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let mut form = super::form::Form::default();
    let name: Option<Name> = form.read("/name", &body.name);
    let name = form.finish(name)?;
    few(&body.columns)?;
    if body.columns.is_empty() {
        return Err(Problem::bad_request("columns_out_of_range", "at least one column").at("/columns"));
    }
    let (known, _) = report::ledger_columns(&read.client, read.log()).await?;
    let unknown = body
        .columns
        .iter()
        .find(|name| known.iter().all(|column| column.name != **name));
    if let Some(name) = unknown {
        return Err(report::ReportError::Column(name.chars().take(64).collect()).into());
    }
    if !save_columns(&read.client, read.who(), &name, &body.columns).await? {
        return Err(Problem::bad_request(
            "too_many_sets",
            "at most 100 sets; forget one first",
        ));
    }
    answer(&request, &column_sets(&read.client, read.who()).await?)
}

/// Forgets a saved set of columns.
#[utoipa::path(delete, path = "/v1/reports/line-ledger/columns/{name}", tag = "reports", params(("name" = String, Path)),
    responses((status = 204)))]
pub async fn forget(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    if name.contains('\0') || !forget_columns(&read.client, read.who(), &name).await? {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::NoContent().finish())
}
