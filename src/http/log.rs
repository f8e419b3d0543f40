//! `/v1/events` by position with long poll, and `/v1/operations/{key}`.
//! Must never skip: positions are dense, so a reader at a position has seen everything up to it.

use std::time::Duration;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use crate::engine::Operation;
use crate::report::{self, EventsView};

/// Longest wait of a long poll.
const LONGEST: u64 = 30;

/// What became of a request.
#[derive(Serialize, ToSchema)]
pub struct OperationView {
    /// committed, in_progress or unknown_key.
    pub state: &'static str,
    /// The stored answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerView>,
}

/// Events after a position; with `wait`, waits up to so many seconds for the first one.
#[utoipa::path(get, path = "/v1/events", tag = "log",
    params(("after" = Option<i64>, Query), ("limit" = Option<u16>, Query), ("wait" = Option<u64>, Query)),
    responses((status = 200, body = EventsView)))]
pub async fn events(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let log = caller.who.log;
    let mut params = super::params::Params::of(&request)?;
    for name in ["at", "at_position"] {
        if params.text(name)?.is_some() {
            return Err(Problem::bad_request("not_as_of", "ask by position: after and limit").at(name));
        }
    }
    let after: i64 = params.read("after")?.unwrap_or(0);
    let wait: u64 = params.read("wait")?.unwrap_or(0);
    let limit = params.page()?.limit;
    params.finish()?;
    if !(0..i64::MAX).contains(&after) || wait > LONGEST {
        return Err(Problem::bad_request("number_form", "after is a position, wait at most 30 seconds").at("after"));
    }
    // The wait holds no connection.
    let position = shared
        .engine
        .wait_for(log, after + 1, Duration::from_secs(wait))
        .await?;
    let client = shared.engine.pool().get().await?;
    answer(&request, &report::events(&client, log, after, position, limit).await?)
}

/// What became of a request, by its Idempotency-Key: done with the stored answer, being decided, or never happened.
#[utoipa::path(get, path = "/v1/operations/{key}", tag = "log", params(("key" = String, Path)),
    responses((status = 200, body = OperationView)))]
pub async fn operation(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    key: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    if key.contains('\0') {
        return Err(Problem::not_found());
    }
    let who = read.who().clone();
    drop(read);
    let found = shared.engine.operation(who.book, &who.scope(), &key).await?;
    let view = match found {
        Operation::Committed(answer) => OperationView {
            state: "committed",
            answer: Some(AnswerView::of(*answer, "")),
        },
        Operation::InProgress => OperationView {
            state: "in_progress",
            answer: None,
        },
        Operation::UnknownKey => OperationView {
            state: "unknown_key",
            answer: None,
        },
    };
    answer(&request, &view)
}
