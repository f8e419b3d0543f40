//! `/v1/facts`: order facts in bulk, NDJSON, one result line per fact.
//! Must never send two batches of one body at once: lines keep the order in which they were told.

use std::rc::Rc;

use actix_web::{HttpRequest, HttpResponse, web::Payload};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{content_type, parse};
use super::fact::{FactIn, read};
use super::form::Form;
use super::ndjson::{self, Line, RefusedLine};
use super::orders::tell_many;
use super::params::parties;
use super::problem::Problem;
use super::wire::FactView;
use super::write::{Told, Write};
use crate::domain::order::LineFact;
use crate::engine::Lane;

/// A line that was taken.
#[derive(Serialize, ToSchema)]
pub struct FactLine {
    /// Number of the line in the request, from 1.
    pub n: u64,
    /// What became of the fact.
    #[serde(flatten)]
    pub fact: FactView,
}

/// Tells facts in bulk: NDJSON in, one result line out per line, any size.
#[utoipa::path(post, path = "/v1/facts", tag = "cps", request_body(content = FactIn, content_type = "application/x-ndjson"),
    responses((status = 200, body = FactLine, content_type = "application/x-ndjson")))]
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

async fn decide(write: &Write, lines: Vec<Line>) -> Vec<String> {
    let parsed: Vec<(u64, Result<FactIn, Problem>)> = lines
        .into_iter()
        .map(|line| (line.n, line.text.and_then(|text| parse(&text))))
        .collect();
    let read = match facts(write, &parsed).await {
        Ok(read) => read,
        Err(problem) => {
            return parsed
                .iter()
                .map(|(n, _)| ndjson::line(&RefusedLine::of(*n, &problem)))
                .collect();
        }
    };
    let told: Vec<LineFact> = read
        .iter()
        .filter_map(|(_, fact)| fact.as_ref().ok().cloned())
        .collect();
    let answer = if told.is_empty() {
        None
    } else {
        Some(tell_many(write, told).await)
    };
    let mut outcomes = match &answer {
        Some(Ok(answer)) => answer.made.facts.iter(),
        _ => [].iter(),
    };
    let unanswered = Problem::unavailable();
    let result = |(n, fact): &(u64, Result<LineFact, Problem>)| match (fact, &answer) {
        (Err(problem), _) | (Ok(_), Some(Err(problem))) => ndjson::line(&RefusedLine::of(*n, problem)),
        (Ok(_), _) => match outcomes.next() {
            Some(outcome) => ndjson::line(&FactLine {
                n: *n,
                fact: FactView::of(outcome),
            }),
            None => ndjson::line(&RefusedLine::of(*n, &unanswered)),
        },
    };
    read.iter().map(result).collect()
}

type Read<T> = Vec<(u64, Result<T, Problem>)>;

async fn facts(write: &Write, parsed: &Read<FactIn>) -> Result<Read<LineFact>, Problem> {
    let promoters = || {
        parsed
            .iter()
            .filter_map(|(_, fact)| fact.as_ref().ok()?.promoter.as_deref())
    };
    let known = if promoters().any(|text| text.parse::<crate::base::PartyId>().is_err()) {
        let client = write.client().await?;
        parties(&client, &write.caller.who, promoters()).await?
    } else {
        std::collections::HashMap::new()
    };
    let known = Rc::new(known);
    let read = |(n, fact): &(u64, Result<FactIn, Problem>)| {
        let fact = fact.clone().and_then(|told| {
            let mut form = Form::knowing(Rc::clone(&known));
            let fact = read(&mut form, write.caller.who.book, &told);
            form.finish(fact)
        });
        (*n, fact)
    };
    Ok(parsed.iter().map(read).collect())
}
