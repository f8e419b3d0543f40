//! `/v1/explain/balance`, `/statement`, `/difference`, `/sheet/{sheet}`: a sum of an account as a tree from money to facts.
//! Must never show a party more than its own accounts; foreign and missing look alike.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::guard::Caller;
use super::lines::explained;
use super::problem::Problem;
use super::read::Read;
use super::reports::known;
use super::state::Shared;
use crate::base::{Month, SheetId};
use crate::domain::settlement::Part;
use crate::ledger::{Account, AccountKind, Layer, Owner};
use crate::money::Currency;
use crate::report::{self, ExplainView, Fold, FoldBy, MonthCell, Viewer};

/// An account as asked for, and what its owner may see of it.
async fn account(read: &mut Read) -> Result<(Account, Viewer), Problem> {
    let text = read.params.text("account")?;
    if let Some(account) = text.as_deref().and_then(|text| text.parse::<Account>().ok()) {
        let viewer = match account.owner {
            Owner::Party(party) => read.viewer_of(Some(read.party(&party.to_string()).await?)),
            Owner::Book => read.viewer(),
        };
        return Ok((account, viewer));
    }
    let kind = match text.as_deref() {
        None => AccountKind::Available,
        Some(word) => {
            let known = AccountKind::ALL.into_iter().find(|kind| kind.word() == word);
            let wrong = "a kind of account beside party, or a whole account such as book:income";
            known.ok_or_else(|| Problem::bad_request("unknown_word", wrong).at("account"))?
        }
    };
    let party = read.party_param().await?;
    let missing = || Problem::bad_request("missing_field", "whose account?").at("party");
    let party = party.ok_or_else(missing)?;
    Ok((Account::of(party, kind), read.viewer_of(Some(party))))
}

/// How it is folded, and which events are opened.
fn fold(read: &mut Read, by: FoldBy) -> Result<Fold, Problem> {
    let words = FoldBy::ALL.map(|by| (by.word(), by));
    let limit = read.params.read::<u16>("limit")?.map_or(Fold::OPENED, i64::from);
    if !(1..=Fold::MOST).contains(&limit) {
        return Err(Problem::bad_request("limit_out_of_range", "limit is 1 to 100").at("limit"));
    }
    let mut fold = Fold::by(read.params.word("by", &words)?.unwrap_or(by));
    fold.group = read.params.text("group")?;
    let cursor = read.params.text("cursor")?;
    if cursor.as_ref().is_some_and(|cursor| cursor.len() > 512) {
        return Err(Problem::bad_request("cursor_form", "not a cursor of this list").at("cursor"));
    }
    fold.page = report::Page::after(cursor, limit);
    Ok(fold)
}

fn month(read: &mut Read) -> Result<Month, Problem> {
    let missing = || Problem::bad_request("missing_field", "which month?").at("period");
    read.params.read("period")?.ok_or_else(missing)
}

/// Explains what an account holds: groups by day, accounting month, kind or rule, with the first events opened down to click,
/// rule and rounding. Every node that says so adds up.
#[utoipa::path(get, path = "/v1/explain/balance", tag = "money",
    params(("party" = Option<String>, Query), ("account" = Option<String>, Query), ("layer" = Option<String>, Query),
        ("currency" = Option<String>, Query), ("by" = Option<String>, Query, description = "day, month, kind, rule or part"),
        ("group" = Option<String>, Query, description = "Events are opened from this group on."),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn balance(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let (account, viewer) = account(&mut read).await?;
    let layers = [Layer::Settled, Layer::Estimated].map(|layer| (layer.word(), layer));
    let layer = read.params.word("layer", &layers)?.unwrap_or(Layer::Settled);
    let currency: Option<Currency> = read.params.read("currency")?;
    let fold = fold(&mut read, FoldBy::Day)?;
    read.finish()?;
    let asked = (account, layer, currency);
    let view = report::explain_balance(&read.client, read.log(), viewer, asked, read.at, &fold).await?;
    explained(&request, &view)
}

/// Explains a month of an account: its closing, or one cell of the settlement summary.
#[utoipa::path(get, path = "/v1/explain/statement", tag = "money",
    params(("party" = Option<String>, Query), ("account" = Option<String>, Query), ("period" = String, Query),
        ("cell" = Option<String>, Query, description = "opening, settled, clawbacks, shares, services, penalties, freezes, reserves, adjustments, payments, write_offs or closing"),
        ("currency" = Option<String>, Query), ("by" = Option<String>, Query), ("group" = Option<String>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn statement(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let (account, viewer) = account(&mut read).await?;
    let month = month(&mut read)?;
    let mut cells: Vec<(&str, Option<MonthCell>)> = vec![("closing", None)];
    cells.extend(MonthCell::ALL.map(|cell| (cell.word(), Some(cell))));
    let cell = read.params.word("cell", &cells)?.flatten();
    let currency: Option<Currency> = read.params.read("currency")?;
    let fold = fold(&mut read, if cell.is_some() { FoldBy::Day } else { FoldBy::Kind })?;
    read.finish()?;
    let asked = (account, month, cell, currency);
    let view = report::explain_month(&read.client, read.log(), viewer, asked, read.at, &fold).await?;
    explained(&request, &view)
}

/// Explains how a month's closing as known at one moment became the closing as known at a later one.
#[utoipa::path(get, path = "/v1/explain/difference", tag = "money",
    params(("party" = Option<String>, Query), ("account" = Option<String>, Query), ("period" = String, Query),
        ("known_at" = String, Query, description = "A position, a day (its end) or an instant."),
        ("and" = Option<String>, Query, description = "A later moment; now, when absent."),
        ("currency" = Option<String>, Query), ("by" = Option<String>, Query), ("group" = Option<String>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn difference(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let (account, viewer) = account(&mut read).await?;
    let month = month(&mut read)?;
    let missing = || Problem::bad_request("missing_field", "as known when?").at("known_at");
    let known = known(&mut read)?.ok_or_else(missing)?;
    let currency: Option<Currency> = read.params.read("currency")?;
    let fold = fold(&mut read, FoldBy::Kind)?;
    read.finish()?;
    let view = difference_view(&read, viewer, (account, month, currency), known, &fold).await?;
    explained(&request, &view)
}

/// Explains a settlement sheet: its closing, or one part of it, from the movements that it reflects.
#[utoipa::path(get, path = "/v1/explain/sheet/{sheet}", tag = "settlement",
    params(("sheet" = String, Path),
        ("part" = Option<String>, Query, description = "settled, clawbacks, true_ups, …; the closing, when absent."),
        ("by" = Option<String>, Query), ("group" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn sheet(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let part = read.params.word("part", &Part::ALL.map(|part| (part.word(), part)))?;
    let fold = fold(&mut read, if part.is_some() { FoldBy::Day } else { FoldBy::Part })?;
    read.finish()?;
    let id: SheetId = id.parse().map_err(|_| Problem::not_found())?;
    let view = report::explain_sheet(&read.client, read.log(), read.viewer(), (id, part), &fold).await?;
    explained(&request, &view)
}

async fn difference_view(
    read: &Read,
    viewer: Viewer,
    asked: (Account, Month, Option<Currency>),
    known: (report::At, report::At),
    fold: &Fold,
) -> Result<ExplainView, Problem> {
    Ok(report::explain_difference(&read.client, read.log(), viewer, asked, known, fold).await?)
}
