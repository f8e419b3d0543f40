//! Balances, accounts, entries, trial balance, earnings and statements.
//! Must never sum or round: the reports do, and a view is the wire shape.

use actix_web::http::header::ACCEPT;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::exports::{statement_file, statement_form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use crate::base::{Instant, Month};
use crate::ledger::AccountKind;
use crate::report::{
    self, AccountsView, BalancesView, EarningsView, EntriesFilter, EntriesView, GroupBy, StatementKey, StatementView,
    TrialBalanceView,
};

fn account(read: &mut Read) -> Result<Option<AccountKind>, Problem> {
    let kinds = AccountKind::ALL.map(|kind| (kind.word(), kind));
    read.params.word("account", &kinds)
}

/// Lists accounts with debits, credits and balance per layer.
#[utoipa::path(get, path = "/v1/accounts", tag = "money",
    params(("party" = Option<String>, Query), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query),
        ("min_position" = Option<i64>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AccountsView)))]
pub async fn accounts(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(party);
    answer(
        &request,
        &report::accounts(&read.client, read.log(), viewer, party, read.at, &page).await?,
    )
}

/// Balances of a party, or of every party.
#[utoipa::path(get, path = "/v1/balances", tag = "money",
    params(("party" = Option<String>, Query), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query),
        ("min_position" = Option<i64>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BalancesView)))]
pub async fn balances(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(party);
    let view = match party {
        Some(party) => report::balances_of(&read.client, read.log(), viewer, party, read.at).await?,
        None => report::balances(&read.client, read.log(), viewer, read.at, &page).await?,
    };
    answer(&request, &view)
}

/// Lists entries 凭证 with their legs 分录; as plain-text accounting with `Accept: text/plain`.
#[utoipa::path(get, path = "/v1/entries", tag = "money",
    params(("party" = Option<String>, Query), ("account" = Option<String>, Query), ("at" = Option<String>, Query),
        ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, content((EntriesView = "application/json"), (String = "text/plain")))))]
pub async fn entries(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let account = account(&mut read)?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(party);
    let filter = EntriesFilter { party, account };
    let view = report::entries(&read.client, read.log(), viewer, filter, read.at, &page).await?;
    if accepts(&request, "text/plain") {
        return Ok(HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(view.text()));
    }
    answer(&request, &view)
}

/// Sums of all accounts by kind; zero per currency and layer.
#[utoipa::path(get, path = "/v1/trial-balance", tag = "money",
    params(("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, body = TrialBalanceView)))]
pub async fn trial_balance(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    answer(
        &request,
        &report::trial_balance(&read.client, read.log(), read.at).await?,
    )
}

/// Earnings of a party: estimated, available, frozen, claw-back due, paid outside.
#[utoipa::path(get, path = "/v1/earnings/{party}", tag = "money",
    params(("party" = String, Path), ("by" = Option<String>, Query), ("from" = Option<String>, Query),
        ("to" = Option<String>, Query), ("at" = Option<String>, Query),
        ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, body = EarningsView)))]
pub async fn earnings(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    party: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let party = read.party(&party).await?;
    let by = read
        .params
        .word("by", &GroupBy::ALL.map(|group| (group.word(), group)))?;
    let range: (Option<Instant>, Option<Instant>) = (read.params.read("from")?, read.params.read("to")?);
    read.finish()?;
    let viewer = read.viewer_of(Some(party));
    answer(
        &request,
        &report::earnings(&read.client, read.log(), viewer, party, by, range, read.at).await?,
    )
}

/// A month's account statement 往来对账单 of a party: opening, lines, closing; as CSV, XLSX or PDF by `format` or `Accept`.
#[utoipa::path(get, path = "/v1/statements", tag = "settlement",
    params(("party" = Option<String>, Query), ("period" = String, Query), ("account" = Option<String>, Query),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or pdf"),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, content((StatementView = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Vec<u8> = "application/pdf")))))]
pub async fn statement(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let missing = |name: &'static str| Problem::bad_request("parameter_missing", "this parameter is needed").at(name);
    let party = read.party_param().await?.ok_or_else(|| missing("party"))?;
    let period: Month = read.params.read("period")?.ok_or_else(|| missing("period"))?;
    let account = account(&mut read)?.unwrap_or(AccountKind::Available);
    let form = statement_form(&request, &mut read.params)?;
    let page = read.params.page()?;
    read.finish()?;
    let viewer = read.viewer_of(Some(party));
    let key = StatementKey { party, account, period };
    if let Some(form) = form {
        return statement_file(read, viewer, key, form).await;
    }
    answer(
        &request,
        &report::statement(&read.client, read.log(), viewer, key, read.at, &page).await?,
    )
}

/// True when the client asks for a media type by name.
pub fn accepts(request: &HttpRequest, kind: &str) -> bool {
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept
        .split(',')
        .any(|one| one.split(';').next().is_some_and(|name| name.trim() == kind))
}
