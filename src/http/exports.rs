//! `/v1/exports`: the plain-text journal, vouchers 凭证, and a month's statements in one archive; also one statement as a file.
//! Must never send an export whose pages come from more than one snapshot, nor one that was not written to its end.

use std::fs::File;
use std::io::{BufWriter, Write};

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use deadpool_postgres::Transaction;
use tokio_postgres::IsolationLevel;

use super::guard::Caller;
use super::imports::problem;
use super::money::accepts;
use super::params::Params;
use super::problem::Problem;
use super::read::Read;
use super::spool::{XLSX, send_file};
use super::state::Shared;
use crate::access::sees;
use crate::base::{Month, PartyKind, SheetId};
use crate::export::archive::{SheetForm, Which, sheets_zip, statements_zip};
use crate::export::journal::{Dialect, write_journal};
use crate::export::paper::{Paper, printed};
use crate::export::sheet::{sheet_csv, sheet_paper, sheet_xlsx};
use crate::export::statement::{statement_paper, statement_xlsx};
use crate::export::voucher::{SAMPLE, Subjects, vouchers_csv, vouchers_xlsx};
use crate::intake::batch;
use crate::report::{self, JournalFilter, StatementKey, Viewer, VoucherAsk};

/// Media type of a PDF.
const PDF: &str = "application/pdf";

/// Largest account mapping.
const MAPPING: usize = 64 * 1024;

async fn snapshot(read: &mut Read) -> Result<Transaction<'_>, Problem> {
    let snapshot = read.client.build_transaction();
    let snapshot = snapshot.isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    Ok(snapshot.start().await?)
}

fn needed_period(params: &mut Params) -> Result<Month, Problem> {
    let missing = || Problem::bad_request("parameter_missing", "this parameter is needed").at("period");
    params.read("period")?.ok_or_else(missing)
}

fn flag(params: &mut Params, name: &'static str) -> Result<bool, Problem> {
    Ok(params.word(name, &[("true", true), ("false", false)])?.unwrap_or(false))
}

/// The plain-text journal for auditors, which hledger or beancount reads: every settled entry, accounts named from parties,
/// and what each account holds at the end of every month as an assertion.
#[utoipa::path(get, path = "/v1/exports/journal", tag = "exports",
    params(("period" = Option<String>, Query, description = "Only this accounting month, between its opening and closing."),
        ("dialect" = Option<String>, Query, description = "hledger (default) or beancount"),
        ("estimated" = Option<bool>, Query, description = "Estimated entries too, under accounts of their own; not with a period."),
        ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((String = "text/plain")))))]
pub async fn journal(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let dialect = read.params.word("dialect", &Dialect::ALL)?.unwrap_or_default();
    let filter = JournalFilter {
        period: read.params.read("period")?,
        estimated: flag(&mut read.params, "estimated")?,
    };
    if filter.estimated && filter.period.is_some() {
        let wrong = "estimated entries carry no accounting month: ask for them without one";
        return Err(Problem::bad_request("estimated_with_period", wrong).at("estimated"));
    }
    read.finish()?;
    let log = read.log();
    let file = tempfile::tempfile().map_err(report::ReportError::from)?;
    let mut out = BufWriter::new(file.try_clone().map_err(report::ReportError::from)?);
    let snapshot = snapshot(&mut read).await?;
    write_journal(snapshot.client(), log, dialect, filter, &mut out).await?;
    snapshot.commit().await?;
    drop(read);
    out.flush().map_err(report::ReportError::from)?;
    drop(out);
    send_file(
        file,
        "text/plain; charset=utf-8",
        &format!("journal.{}", dialect.ending()),
    )
}

/// The sample of an account mapping 科目映射, to copy and to fill with own subject codes.
#[utoipa::path(get, path = "/v1/exports/subjects", tag = "exports", responses((status = 200, content((String = "application/toml")))))]
pub async fn subjects(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    Ok(HttpResponse::Ok()
        .content_type("application/toml; charset=utf-8")
        .body(SAMPLE))
}

/// Vouchers 凭证 of an accounting month under the subjects of a mapping: one per day (or for the month) and currency, with
/// debits and credits in columns of their own. Without a mapping the shipped sample is used, which is an example only.
#[utoipa::path(get, path = "/v1/exports/vouchers", tag = "exports",
    params(("period" = String, Query), ("by" = Option<String>, Query, description = "day (default) or month"),
        ("by_party" = Option<bool>, Query, description = "A row for every party 往来单位."),
        ("mapping" = Option<String>, Query, description = "An uploaded file: its id under /v1/files."),
        ("format" = Option<String>, Query, description = "csv (default) or xlsx"), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub async fn vouchers(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let ask = VoucherAsk {
        period: needed_period(&mut read.params)?,
        by_day: read
            .params
            .word("by", &[("day", true), ("month", false)])?
            .unwrap_or(true),
        by_party: flag(&mut read.params, "by_party")?,
    };
    let asked = read.params.word("format", &[("csv", false), ("xlsx", true)])?;
    let xlsx = asked.unwrap_or_else(|| accepts(&request, XLSX));
    let mapping = read.params.text("mapping")?;
    read.finish()?;
    let subjects = match mapping {
        Some(file) => mapping_of(&shared, &read, &file).await?,
        None => Subjects::read(SAMPLE)?,
    };
    let log = read.log();
    let mut file = tempfile::tempfile().map_err(report::ReportError::from)?;
    let snapshot = snapshot(&mut read).await?;
    if xlsx {
        vouchers_xlsx(snapshot.client(), log, ask, &subjects, &mut file).await?;
    } else {
        let out = BufWriter::new(file.try_clone().map_err(report::ReportError::from)?);
        vouchers_csv(snapshot.client(), log, ask, &subjects, out).await?;
    }
    snapshot.commit().await?;
    drop(read);
    let (kind, ending) = if xlsx {
        (XLSX, "xlsx")
    } else {
        ("text/csv; charset=utf-8", "csv")
    };
    send_file(file, kind, &format!("vouchers-{}.{ending}", ask.period))
}

/// A mapping from an uploaded file.
async fn mapping_of(shared: &Data<Shared>, read: &Read, file: &str) -> Result<Subjects, Problem> {
    let missing = || Problem::bad_request("file_unknown", "there is no such file; upload it first").at("mapping");
    let digest = hex::decode(file).map_err(|_| missing())?;
    let found = report::file(&read.client, read.log(), &digest).await;
    found.map_err(|_| missing())?;
    let mut bytes = Vec::new();
    let mut number = 0;
    while let Some(part) = batch::part(shared.engine.pool(), read.who().book, &digest, number)
        .await
        .map_err(problem)?
    {
        bytes.extend_from_slice(&part);
        number += 1;
        if bytes.len() > MAPPING {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "mapping_too_large",
                "an account mapping has at most 64 KiB",
            )
            .at("mapping"));
        }
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "subjects_form", "not UTF-8").at("mapping"))?;
    Ok(Subjects::read(&text)?)
}

/// Every account statement 往来对账单 of a month in one ZIP archive, with an index of closings and digests.
#[utoipa::path(get, path = "/v1/exports/statements", tag = "exports",
    params(("period" = String, Query), ("kind" = Option<String>, Query, description = "Parties of this kind only."),
        ("format" = Option<String>, Query, description = "pdf (default), xlsx or csv"), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((Vec<u8> = "application/zip")))))]
pub async fn statements(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let period = needed_period(&mut read.params)?;
    let kinds = PartyKind::ALL.map(|kind| (kind.word(), kind));
    let kind = read.params.word("kind", &kinds)?;
    let form = read.params.word("format", &SheetForm::ALL)?.unwrap_or_default();
    read.finish()?;
    let log = read.log();
    let file = tempfile::tempfile().map_err(report::ReportError::from)?;
    let out = BufWriter::new(file.try_clone().map_err(report::ReportError::from)?);
    let snapshot = snapshot(&mut read).await?;
    statements_zip(snapshot.client(), log, (period, kind), form, out).await?;
    snapshot.commit().await?;
    drop(read);
    send_file(file, "application/zip", &format!("statements-{period}.zip"))
}

/// Every settlement sheet 结算单 of a run in one ZIP archive, with an index of closings and digests.
#[utoipa::path(get, path = "/v1/exports/sheets", tag = "exports",
    params(("period" = String, Query), ("run" = Option<String>, Query, description = "The month's latest that was not dropped, without it."),
        ("kind" = Option<String>, Query, description = "Parties of this kind only."),
        ("format" = Option<String>, Query, description = "pdf (default), xlsx or csv"), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((Vec<u8> = "application/zip")))))]
pub async fn sheets(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let kinds = PartyKind::ALL.map(|kind| (kind.word(), kind));
    let which = Which {
        period: needed_period(&mut read.params)?,
        run: read.params.read("run")?,
        kind: read.params.word("kind", &kinds)?,
    };
    let form = read.params.word("format", &SheetForm::ALL)?.unwrap_or_default();
    read.finish()?;
    let log = read.log();
    let file = tempfile::tempfile().map_err(report::ReportError::from)?;
    let out = BufWriter::new(file.try_clone().map_err(report::ReportError::from)?);
    let snapshot = snapshot(&mut read).await?;
    sheets_zip(snapshot.client(), log, which, form, out).await?;
    snapshot.commit().await?;
    drop(read);
    send_file(file, "application/zip", &format!("sheets-{}.zip", which.period))
}

/// One settlement sheet 结算单 as a file. A party takes its own; an agency also those of its anchors.
#[utoipa::path(get, path = "/v1/exports/sheets/{sheet}", tag = "exports",
    params(("sheet" = String, Path), ("format" = Option<String>, Query, description = "pdf (default), xlsx or csv"),
        ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((Vec<u8> = "application/pdf"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub async fn sheet(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    sheet: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let id: SheetId = sheet.parse().map_err(|_| Problem::not_found())?;
    let form = read.params.word("format", &SheetForm::ALL)?.unwrap_or_default();
    read.finish()?;
    let log = read.log();
    // Whose it is decides who sees it; a party then sees what parties see of it, which is nothing of a dropped run.
    let party = report::sheet(&read.client, log, Viewer::All, id).await?.party;
    if !sees(&read.client, read.who(), party).await? {
        return Err(Problem::not_found());
    }
    let viewer = read.viewer_of(Some(party));
    let mut file = tempfile::tempfile().map_err(report::ReportError::from)?;
    let snapshot = snapshot(&mut read).await?;
    let client = snapshot.client();
    let mut paper = None;
    match form {
        SheetForm::Csv => {
            let out = BufWriter::new(file.try_clone().map_err(report::ReportError::from)?);
            sheet_csv(client, log, viewer, id, out).await?;
        }
        SheetForm::Xlsx => sheet_xlsx(client, log, viewer, id, &mut file).await?,
        SheetForm::Pdf => paper = Some(sheet_paper(client, log, viewer, id).await?),
    }
    snapshot.commit().await?;
    drop(read);
    finished(file, paper, form, &format!("sheet-{id}")).await
}

/// Prints what is to be printed, when nothing of the database is held any more, and answers with the file.
async fn finished(mut file: File, paper: Option<Paper>, form: SheetForm, name: &str) -> Result<HttpResponse, Problem> {
    if let Some(paper) = paper {
        let bytes = printed(paper).await?;
        file.write_all(&bytes).map_err(report::ReportError::from)?;
    }
    let kind = match form {
        SheetForm::Csv => "text/csv; charset=utf-8",
        SheetForm::Xlsx => XLSX,
        SheetForm::Pdf => PDF,
    };
    send_file(file, kind, &format!("{name}.{}", form.word()))
}

/// What a statement is asked for as: by `format`, for clients that cannot set headers, else by `Accept`; none for JSON.
pub fn statement_form(request: &HttpRequest, params: &mut Params) -> Result<Option<SheetForm>, Problem> {
    let words = [
        ("json", None),
        ("csv", Some(SheetForm::Csv)),
        ("xlsx", Some(SheetForm::Xlsx)),
        ("pdf", Some(SheetForm::Pdf)),
    ];
    if let Some(form) = params.word("format", &words)? {
        return Ok(form);
    }
    let kinds = [
        ("text/csv", SheetForm::Csv),
        (XLSX, SheetForm::Xlsx),
        (PDF, SheetForm::Pdf),
    ];
    let asked = kinds.into_iter().find(|(kind, _)| accepts(request, kind));
    Ok(asked.map(|(_, form)| form))
}

/// One statement as a file.
pub async fn statement_file(
    mut read: Read,
    viewer: Viewer,
    key: StatementKey,
    form: SheetForm,
) -> Result<HttpResponse, Problem> {
    let (log, at) = (read.log(), read.at);
    let mut file: File = tempfile::tempfile().map_err(report::ReportError::from)?;
    let snapshot = snapshot(&mut read).await?;
    let client = snapshot.client();
    let mut paper = None;
    match form {
        SheetForm::Csv => {
            let out = BufWriter::new(file.try_clone().map_err(report::ReportError::from)?);
            report::statement_csv(client, log, viewer, key, at, out).await?;
        }
        SheetForm::Xlsx => {
            statement_xlsx(client, log, viewer, key, at, &mut file).await?;
        }
        SheetForm::Pdf => paper = Some(statement_paper(client, log, viewer, key, at).await?),
    }
    snapshot.commit().await?;
    drop(read);
    finished(file, paper, form, &format!("statement-{}-{}", key.party, key.period)).await
}
