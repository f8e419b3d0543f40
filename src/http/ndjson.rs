//! NDJSON in, one result line out per line, streamed: memory holds one batch of lines, whatever the size of the body.
//! Must never lose count: every line of the request, blank ones aside, has exactly one result line, in order.

use std::future::Future;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::Payload;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Outcome, Problem};

/// Longest line.
pub const LINE_CAP: usize = 64 * 1024;
/// Most lines decided together.
pub const BATCH: usize = 512;
/// Longest silence of a sender.
const IDLE: Duration = Duration::from_secs(30);

/// A line that was not taken.
#[derive(Serialize, ToSchema)]
pub struct RefusedLine {
    /// Number of the line in the request, from 1.
    pub n: u64,
    /// Always `refused`: it was not recorded.
    pub state: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
    /// The field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Whether something may have happened.
    pub outcome: Outcome,
}

impl RefusedLine {
    /// From a problem.
    pub fn of(n: u64, problem: &Problem) -> RefusedLine {
        RefusedLine {
            n,
            state: "refused",
            code: problem.code,
            detail: problem.detail.clone(),
            pointer: problem.errors.first().map(|field| field.pointer.to_string()),
            outcome: problem.outcome,
        }
    }
}

/// One line of the request with its number.
pub struct Line {
    /// From 1.
    pub n: u64,
    /// Its bytes; a problem when it was too long.
    pub text: Result<Bytes, Problem>,
}

/// Cuts a body into lines.
struct Lines {
    payload: Payload,
    rest: BytesMut,
    scanned: usize,
    n: u64,
    skipping: bool,
    ended: Option<Problem>,
    done: bool,
}

impl Lines {
    /// The next batch: whatever lines are complete, at most `BATCH`; waits only while there is none.
    async fn batch(&mut self) -> Vec<Line> {
        let mut batch = Vec::new();
        loop {
            while batch.len() < BATCH {
                match self.cut() {
                    Some(line) => batch.extend(line),
                    None => break,
                }
            }
            if batch.len() >= BATCH || self.done {
                return batch;
            }
            // Lines that are here are not kept waiting for lines that are not.
            let more = if batch.is_empty() {
                tokio::time::timeout(IDLE, self.payload.next()).await.map_err(|_| ())
            } else {
                match futures_util::poll!(self.payload.next()) {
                    std::task::Poll::Ready(more) => Ok(more),
                    std::task::Poll::Pending => return batch,
                }
            };
            match more {
                Ok(Some(Ok(chunk))) => self.rest.extend_from_slice(&chunk),
                Ok(None) => self.finish(None, &mut batch),
                Ok(Some(Err(_))) => self.finish(Some(("body_broken", "the body ended early")), &mut batch),
                Err(()) => self.finish(Some(("body_too_slow", "nothing arrived for 30 seconds")), &mut batch),
            }
        }
    }

    /// Cuts one line off what has arrived: `Some(None)` for a blank one, none while no line is complete.
    fn cut(&mut self) -> Option<Option<Line>> {
        let unseen = self.rest.get(self.scanned..).unwrap_or_default();
        let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.rest.len();
            if self.rest.len() > LINE_CAP {
                self.skipping = true;
                self.rest.clear();
                self.scanned = 0;
            }
            return None;
        };
        let line = self.rest.split_to(self.scanned + end + 1).freeze();
        self.scanned = 0;
        Some(self.number(&line))
    }

    fn number(&mut self, line: &Bytes) -> Option<Line> {
        self.n += 1;
        let text = line.trim_ascii();
        if std::mem::take(&mut self.skipping) || text.len() > LINE_CAP {
            let long = Problem::new(
                actix_web::http::StatusCode::PAYLOAD_TOO_LARGE,
                "line_too_long",
                "a line has at most 64 KiB",
            );
            return Some(Line {
                n: self.n,
                text: Err(long),
            });
        }
        if text.is_empty() {
            return None;
        }
        Some(Line {
            n: self.n,
            text: Ok(line.slice_ref(text)),
        })
    }

    fn finish(&mut self, broken: Option<(&'static str, &'static str)>, batch: &mut Vec<Line>) {
        self.done = true;
        let rest = self.rest.split().freeze();
        match broken {
            // A line cut short by a broken connection may be a shorter line that happens to be whole JSON: not taken.
            Some((code, detail)) => self.ended = Some(Problem::bad_request(code, detail)),
            None if rest.is_empty() && !self.skipping => {}
            None => batch.extend(self.number(&rest)),
        }
    }
}

/// Answers a body line by line. `decide` gets a batch of lines and gives one result line each.
pub fn answer<F, R>(payload: Payload, decide: F) -> HttpResponse
where
    F: Fn(Vec<Line>) -> R + 'static,
    R: Future<Output = Vec<String>>,
{
    let lines = Lines {
        payload,
        rest: BytesMut::new(),
        scanned: 0,
        n: 0,
        skipping: false,
        ended: None,
        done: false,
    };
    let results = stream::unfold(Some((lines, decide)), |state| async move {
        let (mut lines, decide) = state?;
        let batch = lines.batch().await;
        let mut out = BytesMut::new();
        if !batch.is_empty() {
            for result in decide(batch).await {
                out.extend_from_slice(result.as_bytes());
                out.extend_from_slice(b"\n");
            }
        }
        if let Some(problem) = lines.ended.take() {
            out.extend_from_slice(line(&RefusedLine::of(lines.n + 1, &problem)).as_bytes());
            out.extend_from_slice(b"\n");
        }
        let next = if lines.done { None } else { Some((lines, decide)) };
        Some((Ok::<Bytes, actix_web::Error>(out.freeze()), next))
    });
    // An empty chunk would end a chunked answer.
    let results = results.filter(|chunk| std::future::ready(chunk.as_ref().is_ok_and(|bytes| !bytes.is_empty())));
    HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(Box::pin(results))
}

/// One result line.
pub fn line<T: Serialize>(view: &T) -> String {
    serde_json::to_string(view).unwrap_or_default()
}
