//! `/v1/returns`: rows of return documents that name no order 未指单退货, in bulk as NDJSON, and how many are matched.
//! Must never say to which line a return belongs: that is decided from everything told of its buyer and item.

use std::rc::Rc;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{content_type, parse};
use super::form::Form;
use super::guard::Caller;
use super::ndjson::{self, Line, RefusedLine};
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::{MoneyIn, state_word};
use super::write::{Told, Write};
use crate::base::ExternalId;
use crate::domain::command::{Command, ReturnOutcome, ReturnWord};
use crate::domain::returns::Returned;
use crate::engine::Lane;
use crate::report::{self, ReturnCountsView};

/// A row of a return document. It names a buyer and an item, but no order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnIn {
    /// The platform that is the source.
    #[schema(example = "taobao")]
    pub platform: String,
    /// Number of the document.
    pub document: String,
    /// Number of the row; with platform and document its identity.
    pub row: String,
    /// Pseudonym of the buyer; without it the return is kept and parked.
    pub buyer: Option<String>,
    /// The platform's item number; without it the return is kept and parked.
    pub item_no: Option<String>,
    /// Business time.
    pub at: String,
    /// Units returned.
    pub units: u32,
    /// Goods refunded for all units; freight is never a part of it.
    pub amount: MoneyIn,
}

/// What became of a return.
#[derive(Serialize, ToSchema)]
pub struct ReturnLine {
    /// Number of the line in the request, from 1.
    pub n: u64,
    /// The returns of its buyer and item.
    #[schema(example = "rtn_0198c0de00007000800000000000beef")]
    pub returns: String,
    /// applied: it is matched to a line; parked, with the lines it may belong to in `/v1/parked`; or conflict.
    pub state: &'static str,
    /// Why, when it is not matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The line it is matched to, as things stand: what is told later may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The same row was known already.
    pub replayed: bool,
    /// Position of the event that records it.
    pub position: i64,
}

impl ReturnLine {
    fn of(n: u64, outcome: &ReturnOutcome) -> ReturnLine {
        ReturnLine {
            n,
            returns: outcome.returns.to_string(),
            state: state_word(outcome.state),
            code: outcome.code.clone(),
            line: outcome.line.map(|line| line.to_string()),
            replayed: outcome.replayed,
            position: outcome.position,
        }
    }
}

/// Tells returns that name no order in bulk: NDJSON in, one result line out per line, any size.
#[utoipa::path(post, path = "/v1/returns", tag = "cps",
    request_body(content = ReturnIn, content_type = "application/x-ndjson"),
    responses((status = 200, body = ReturnLine, content_type = "application/x-ndjson")))]
pub async fn bulk(Told(mut write): Told, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    content_type(&request, "application/x-ndjson")?;
    write.meta.lane = Lane::Bulk;
    // A bulk sender waits for its turn rather than being told to come back line by line.
    write.meta.deadline *= 6;
    let write = Rc::new(write);
    Ok(ndjson::answer(payload.into_inner(), move |lines| {
        let write = Rc::clone(&write);
        async move { decide(&write, lines).await }
    }))
}

/// Counts returns that name no order: matched, parked with lines they may belong to, parked without.
#[utoipa::path(get, path = "/v1/returns", tag = "cps", responses((status = 200, body = ReturnCountsView)))]
pub async fn counts(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::return_counts(&read.client, read.log()).await?)
}

async fn decide(write: &Write, lines: Vec<Line>) -> Vec<String> {
    let read: Vec<(u64, Result<Returned, Problem>)> = lines
        .into_iter()
        .map(|line| (line.n, line.text.and_then(|text| returned(&parse(&text)?))))
        .collect();
    let told = read.iter().filter_map(|(_, told)| told.as_ref().ok().cloned());
    let words: Vec<ReturnWord> = told
        .map(|returned| ReturnWord::Told {
            returned: Box::new(returned),
        })
        .collect();
    let answer = if words.is_empty() {
        None
    } else {
        Some(write.decide("POST /v1/returns", Command::Returns(words)).await)
    };
    let mut outcomes = match &answer {
        Some(Ok(answer)) => answer.made.returns.iter(),
        _ => [].iter(),
    };
    let unanswered = Problem::unavailable();
    let result = |(n, told): &(u64, Result<Returned, Problem>)| match (told, &answer) {
        (Err(problem), _) | (Ok(_), Some(Err(problem))) => ndjson::line(&RefusedLine::of(*n, problem)),
        (Ok(_), _) => match outcomes.next() {
            Some(outcome) => ndjson::line(&ReturnLine::of(*n, outcome)),
            None => ndjson::line(&RefusedLine::of(*n, &unanswered)),
        },
    };
    read.iter().map(result).collect()
}

fn returned(told: &ReturnIn) -> Result<Returned, Problem> {
    let mut form = Form::default();
    let platform = form.read("/platform", &told.platform);
    let document = form.read("/document", &told.document);
    let row = form.read("/row", &told.row);
    let buyer = form.maybe::<ExternalId>("/buyer", told.buyer.as_deref());
    let item_no = form.maybe::<ExternalId>("/item_no", told.item_no.as_deref());
    let at = form.read("/at", &told.at);
    let amount = form.money("/amount", &told.amount);
    let read = || {
        let amount = amount?;
        Some(Returned {
            platform: platform?,
            document: document?,
            row: row?,
            buyer: buyer?,
            item_no: item_no?,
            at: at?,
            currency: amount.currency,
            units: told.units,
            amount: amount.minor,
        })
    };
    let returned = read();
    form.finish(returned)
}
