//! `/v1/periods`: accounting months and their cut-off 截账.
//! Must never cut off a month that is not over, or out of order: the book slice refuses it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::body::Json;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::rules::NothingIn;
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::Month;
use crate::domain::command::Command;
use crate::domain::settlement::Settle;
use crate::report::{self, PeriodsView};

/// Cuts off a month: nothing is stamped into it any more.
#[utoipa::path(post, path = "/v1/periods/{period}/cut-off", tag = "settlement", request_body = NothingIn,
    params(("period" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn cut_off(
    write: Write,
    period: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    let period: Month = period.parse().map_err(|_| Problem::not_found())?;
    write
        .change("POST /v1/periods/{period}/cut-off", Command::CutOffPeriod { period })
        .await
}

/// Opens the last month cut off again, as long as it has no run; stamps made meanwhile stay.
#[utoipa::path(post, path = "/v1/periods/{period}/reopen", tag = "settlement", request_body = NothingIn,
    params(("period" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn reopen(
    write: Write,
    period: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    let period: Month = period.parse().map_err(|_| Problem::not_found())?;
    let asked = Command::Settle(Box::new(Settle::Reopen { period }));
    write.change("POST /v1/periods/{period}/reopen", asked).await
}

/// Lists accounting months with their turnover.
#[utoipa::path(get, path = "/v1/periods", tag = "settlement", responses((status = 200, body = PeriodsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::periods(&read.client, read.log()).await?)
}
