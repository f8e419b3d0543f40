//! Reading lines: `/v1/orders` by outside number or party, a thousand numbers looked up at once, one line with its facts, and `/v1/explain/{line}`.
//! Must never show a party more of a line than its own part.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::language::Language;
use super::money::accepts;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use crate::base::{ExternalId, LineId};
use crate::ledger::Account;
use crate::report::{self, ExplainView, Lang, LineFilter, LineView, LinesView, LookupView};

/// Lines by outside numbers (of orders, lines, refund and freeze cases), or of a party, newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "cps",
    params(("external_id" = Option<Vec<String>>, Query, description = "Number of an order, line or case; repeatable, at most 100."),
        ("party" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("min_position" = Option<i64>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LinesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let numbers = read.params.all("external_id");
    if numbers.is_empty() {
        let party = read.party_param().await?;
        let filter = LineFilter {
            party,
            from: read.params.read("from")?,
            to: read.params.read("to")?,
        };
        let page = read.params.page()?;
        read.finish()?;
        let viewer = read.viewer_of(party);
        return answer(
            &request,
            &report::lines(&read.client, read.log(), viewer, filter, &page).await?,
        );
    }
    read.finish()?;
    if numbers.len() > 100 || numbers.iter().any(|number| number.parse::<ExternalId>().is_err()) {
        let wrong = "at most 100 numbers of 1 to 64 characters of A-Z a-z 0-9 . _ : -";
        return Err(Problem::bad_request("external_id_form", wrong).at("external_id"));
    }
    answer(
        &request,
        &report::lines_of_orders(&read.client, read.log(), read.viewer(), &numbers).await?,
    )
}

/// Numbers to look up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupIn {
    /// Up to 1,000 numbers as pasted: white space, commas, semicolons, quotes and repetitions do no harm.
    #[schema(example = "3900000000000000001\n3900000000000000002, R-77")]
    pub numbers: String,
}

/// Looks up orders by any outside number: of orders, lines, refund and freeze cases. The answer has every number in the
/// order pasted, each once, and says which were not found.
#[utoipa::path(post, path = "/v1/orders/lookup", tag = "cps", request_body = LookupIn,
    responses((status = 200, body = LookupView)))]
pub async fn lookup(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    Json(body): Json<LookupIn>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let numbers = super::reports::numbers(&body.numbers)?;
    answer(
        &request,
        &report::lookup(&read.client, read.log(), read.viewer(), &numbers).await?,
    )
}

/// A line with every fact.
#[utoipa::path(get, path = "/v1/orders/{line}", tag = "cps",
    params(("line" = String, Path), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query),
        ("min_position" = Option<i64>, Query)),
    responses((status = 200, body = LineView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    line: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let line: LineId = line.parse().map_err(|_| Problem::not_found())?;
    answer(
        &request,
        &report::line(&read.client, read.log(), read.viewer(), line, read.at).await?,
    )
}

/// Explains a line, or a leg named `position:account`, down to click, rule and rounding; as text with
/// `Accept: text/plain`, in Chinese or English by `Accept-Language`.
#[utoipa::path(get, path = "/v1/explain/{line}", tag = "money",
    params(("line" = String, Path), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query),
        ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn explain(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    what: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let (client, log, viewer) = (&read.client, read.log(), read.viewer());
    let view = match (what.parse::<LineId>(), leg(&what)) {
        (Ok(line), _) => report::explain_line(client, log, viewer, line, read.at).await?,
        (_, Some((position, account))) => report::explain_leg(client, log, viewer, position, account).await?,
        _ => return Err(Problem::not_found()),
    };
    explained(&request, &view)
}

/// An explanation as JSON, or as a text in the reader's language.
pub fn explained(request: &HttpRequest, view: &ExplainView) -> Result<HttpResponse, Problem> {
    if accepts(request, "text/plain") {
        let lang = match Language::of(request.headers()) {
            Language::Chinese => Lang::Zh,
            Language::English => Lang::En,
        };
        return Ok(HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(view.text(lang)));
    }
    answer(request, view)
}

fn leg(text: &str) -> Option<(i64, Account)> {
    let (position, account) = text.split_once(':')?;
    Some((position.parse().ok()?, account.parse().ok()?))
}
