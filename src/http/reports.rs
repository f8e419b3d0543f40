//! `/v1/reports`: every report of the registry, as JSON, CSV or XLSX by `Accept` or `format=`.
//! Must never show a role a report whose route it may not read, nor take an argument that the report ignores.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::language::Language;
use super::problem::Problem;
use super::read::{Read, answer};
use super::spool::{Form, Spool};
use super::state::Shared;
use crate::access::table::grant;
use crate::access::{Grant, Method};
use crate::base::PartyKind;
use crate::domain::person::Role;
use crate::ledger::AccountKind;
use crate::report::{self, Args, At, GroupBy, Lang, NUMBERS, Output, REGISTRY, Report, Table, Take};

/// A report as listed.
#[derive(Serialize, ToSchema)]
pub struct ReportRow {
    /// Name, as the path takes it.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Parameters it takes beside `format`.
    pub parameters: Vec<&'static str>,
}

/// The reports that a role may read.
#[derive(Serialize, ToSchema)]
pub struct ReportsView {
    /// Reports, by name.
    pub reports: Vec<ReportRow>,
}

/// A report's rows, or its text.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    /// Name.
    pub report: &'static str,
    /// What it shows, with the position it reflects.
    pub title: String,
    /// Columns, in order.
    pub columns: Vec<String>,
    /// One object a row; numbers are texts, so that no reader rounds them, and what is empty is null.
    pub rows: Vec<BTreeMap<String, Option<String>>>,
    /// Text of a report that has no rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

fn parameters(take: Take) -> &'static [&'static str] {
    match take {
        Take::Party => &["party"],
        Take::Kind => &["kind"],
        Take::Account => &["account"],
        Take::Period => &["period"],
        Take::By | Take::Dimension(_) => &["by"],
        Take::Known => &["known_at", "and"],
        Take::At => &["at", "at_position"],
        Take::Page => &["limit", "cursor"],
        Take::Numbers => &["external_id"],
        Take::Ledger => &[
            "from",
            "to",
            "order_month",
            "accounting_month",
            "platform",
            "shop",
            "status",
            "columns",
            "set",
        ],
        Take::Brief => &["brief"],
    }
}

/// A role that may not read what a report prints does not see the report.
fn may_read(report: &Report, role: Role) -> bool {
    grant(Method::Get, report.route, role) != Grant::No
}

/// Lists the reports.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", responses((status = 200, body = ReportsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let seen = REGISTRY.iter().filter(|report| may_read(report, read.who().role));
    let row = |report: &Report| ReportRow {
        name: report.name,
        about: report.about,
        parameters: report
            .takes
            .iter()
            .flat_map(|take| parameters(*take))
            .copied()
            .collect(),
    };
    answer(
        &request,
        &ReportsView {
            reports: seen.map(row).collect(),
        },
    )
}

/// One report: JSON, or the same rows as CSV or XLSX by `Accept` or `format`. Which parameters it takes is listed.
#[utoipa::path(get, path = "/v1/reports/{name}", tag = "reports",
    params(("name" = String, Path), ("format" = Option<String>, Query, description = "json, csv, xlsx or text"),
        ("party" = Option<String>, Query), ("kind" = Option<String>, Query), ("account" = Option<String>, Query),
        ("period" = Option<String>, Query), ("by" = Option<String>, Query),
        ("known_at" = Option<String>, Query, description = "A moment: a position, a day (its end) or an instant."),
        ("and" = Option<String>, Query, description = "A later moment; now, when absent."),
        ("external_id" = Option<Vec<String>>, Query), ("brief" = Option<String>, Query),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, content((ReportView = "application/json"), (String = "text/csv"), (String = "text/plain"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = Report::find(&name).filter(|report| may_read(report, caller.who.role));
    let found = found.ok_or_else(Problem::not_found)?;
    let mut read = if found.takes.contains(&Take::At) {
        Read::as_of(&shared, caller, &request).await?
    } else {
        Read::current(&shared, caller, &request).await?
    };
    let form = Form::of(&request, &mut read.params)?;
    let args = args(&mut read, found, &request).await?;
    read.finish()?;
    match ((found.run)(&read.client, read.log(), &args).await?, form) {
        (Output::Table(table), Form::Json) => answer(&request, &view(found.name, table)),
        (Output::Table(table), Form::Text) => Ok(plain(table.text())),
        (Output::Table(table), form) => {
            let mut spool = Spool::start(form, &table.columns)?;
            table.rows.iter().try_for_each(|row| spool.row(row))?;
            spool.send(found.name).await
        }
        (Output::Text(text), Form::Text) => Ok(plain(text)),
        (Output::Text(text), Form::Json) => {
            let mut view = view(found.name, Table::default());
            view.text = Some(text);
            answer(&request, &view)
        }
        (Output::Text(_), _) => {
            Err(Problem::bad_request("report_without_rows", "this report is text: ask for json or text").at("format"))
        }
    }
}

async fn args(read: &mut Read, report: &Report, request: &HttpRequest) -> Result<Args, Problem> {
    let mut args = Args::new(read.viewer());
    args.at = read.at;
    args.lang = match Language::of(request.headers()) {
        Language::Chinese => Lang::Zh,
        Language::English => Lang::En,
    };
    for take in report.takes {
        match take {
            Take::Party => {
                args.party = read.party_param().await?;
                args.viewer = read.viewer_of(args.party);
            }
            Take::Kind => {
                args.kind = read
                    .params
                    .word("kind", &PartyKind::ALL.map(|kind| (kind.word(), kind)))?
            }
            Take::Account => {
                let kinds = AccountKind::ALL.map(|kind| (kind.word(), kind));
                args.account = read.params.word("account", &kinds)?.unwrap_or(args.account);
            }
            Take::Period => args.period = read.params.read("period")?,
            Take::By => {
                args.group = read
                    .params
                    .word("by", &GroupBy::ALL.map(|group| (group.word(), group)))?
            }
            Take::Dimension(known) => {
                let words: Vec<_> = known.iter().map(|by| (by.word(), *by)).collect();
                args.by = read.params.word("by", &words)?;
            }
            Take::Known => args.known = known(read)?,
            Take::Page => args.page = read.params.page()?,
            Take::Numbers => {
                let pasted = read.params.all("external_id").join(" ");
                args.numbers = numbers(&pasted)?;
            }
            // Taken by `Read::as_of` already.
            Take::At => {}
            // A route of its own.
            Take::Ledger => return Err(Problem::not_found()),
            Take::Brief => args.brief = read.params.text("brief")?,
        }
    }
    Ok(args)
}

/// Two moments: the second is now, when absent.
pub fn known(read: &mut Read) -> Result<Option<(At, At)>, Problem> {
    let moment = |name: &'static str, text: Option<String>| {
        let wrong = "a position, a day such as 2026-07-05 (its end), or an instant";
        let read = text.map(|text| text.parse::<At>()).transpose();
        read.map_err(|_| Problem::bad_request("time_form", wrong).at(name))
    };
    let earlier = moment("known_at", read.params.text("known_at")?)?;
    let later = moment("and", read.params.text("and")?)?;
    Ok(earlier.map(|earlier| (earlier, later.unwrap_or(At::Now))))
}

/// The numbers in a pasted text, if they are not too many.
pub fn numbers(pasted: &str) -> Result<Vec<String>, Problem> {
    let numbers = report::numbers_in(pasted);
    if numbers.is_empty() || numbers.len() > NUMBERS {
        let wrong = format!("1 to {NUMBERS} different numbers; these are {}", numbers.len());
        return Err(Problem::bad_request("numbers_out_of_range", wrong).at("numbers"));
    }
    Ok(numbers)
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}

fn view(report: &'static str, table: Table) -> ReportView {
    let columns: Vec<String> = table.columns.iter().map(ToString::to_string).collect();
    let object = |row: Vec<report::Cell>| {
        let named = columns.iter().cloned().zip(row);
        named.map(|(name, cell)| (name, cell.into_text())).collect()
    };
    ReportView {
        report,
        rows: table.rows.into_iter().map(object).collect(),
        title: table.title,
        text: None,
        next: table.next,
        columns,
    }
}
