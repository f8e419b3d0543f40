//! Rows of a page become facts of the ledger: mapped, kept raw, told in chunks, each acknowledged before the page counts.
//! Must never let one bad row stop a page: it is kept with its fault, the others stand.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::base::BookId;
use crate::domain::click::Click;
use crate::domain::command::{Command, ReturnWord};
use crate::domain::order::{FactState, LineFact};
use crate::engine::{Engine, EngineError, Lane, Meta};
use crate::intake::emit::Emitted;
use crate::intake::object::Objects;
use crate::intake::plan::{Cells, Plan};
use crate::intake::tally::Outcomes;
use crate::intake::{RowFault, Told};
use crate::store::pulls::{self, Counts, Lease, RawPage, Span};

use super::fault::PullError;

/// Facts of one command.
const CHUNK: usize = 500;
/// How often a chunk is sent again when the database did not take it.
const TRIES: u32 = 10;

/// A page read through a mapping.
pub(super) struct Mapped {
    clicks: Vec<Click>,
    facts: Vec<LineFact>,
    returns: Vec<ReturnWord>,
    /// Rows and what is wrong with them.
    rejected: Vec<(usize, RowFault)>,
    rows: usize,
}

/// Maps the rows of a page.
pub(super) fn map(book: BookId, plan: &Plan, objects: &Objects, rows: &[String]) -> Mapped {
    let (mut cells, mut out) = (Cells::default(), Emitted::default());
    let mut mapped = Mapped {
        clicks: Vec::new(),
        facts: Vec::new(),
        returns: Vec::new(),
        rejected: Vec::new(),
        rows: rows.len(),
    };
    for (number, row) in rows.iter().enumerate() {
        let filled = objects.fill(row, &mut cells);
        if let Err(fault) = filled.and_then(|()| plan.row(book, &cells, 1, &mut out).map(|_| ())) {
            mapped.rejected.push((number + 1, fault));
            continue;
        }
        for told in out.told.drain(..) {
            match told {
                Told::Click(click) => mapped.clicks.push(*click),
                Told::Fact(fact) => mapped.facts.push(*fact),
                Told::Return(returned) => mapped.returns.push(ReturnWord::Told { returned }),
                Told::Offer(_) => {
                    let fault = RowFault::new("offer_not_polled", "offers are imported from files");
                    mapped.rejected.push((number + 1, fault));
                }
                Told::Receipt(_) => {
                    let fault = RowFault::new("receipt_not_polled", "receipts are imported from files");
                    mapped.rejected.push((number + 1, fault));
                }
            }
        }
    }
    mapped
}

impl Mapped {
    /// What the page came to.
    pub(super) fn counts(&self) -> Counts {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Counts {
            pages: 1,
            rows: count(self.rows),
            facts: count(self.facts.len() + self.returns.len()),
            rejected: count(self.rejected.len()),
        }
    }
}

/// Keeps a page as it was answered. The one place that knows where raw pages go.
pub(super) async fn keep(
    client: &tokio_postgres::Client,
    lease: &Lease,
    window: Span,
    body: &str,
    rows: &[String],
    mapped: &Mapped,
) -> Result<(), PullError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut digest = Sha256::new();
    for row in rows {
        digest.update(row);
        digest.update([b'\n']);
    }
    let faults: Vec<(usize, &str, String)> = mapped
        .rejected
        .iter()
        .map(|(row, fault)| (*row, fault.code, fault.to_string()))
        .collect();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail; an empty body would be seen in the check of the page's rows.
    let body = gzip
        .write_all(body.as_bytes())
        .and_then(|()| gzip.finish())
        .unwrap_or_default();
    let page = RawPage {
        window,
        rows_sha256: digest.finalize().into(),
        rows: i32::try_from(rows.len()).unwrap_or(i32::MAX),
        rejected: &serde_json::to_string(&faults).unwrap_or_default(),
        body: &body,
    };
    Ok(pulls::keep(client, lease, &page).await?)
}

/// Tells a page to the ledger: clicks first, so that every order finds its own. What is acknowledged is durable.
pub(super) async fn tell(
    engine: &Engine,
    book: BookId,
    mapped: Mapped,
    outcomes: &mut Outcomes,
) -> Result<(), PullError> {
    for chunk in mapped.clicks.chunks(CHUNK) {
        let told = again(|| engine.record_clicks(book, chunk.to_vec(), meta())).await?;
        for (_, known) in told.clicks {
            outcomes.click(known);
        }
    }
    for chunk in mapped.facts.chunks(CHUNK) {
        let told = again(|| engine.submit(book, Command::Facts(chunk.to_vec()), meta())).await?;
        for fact in told.made.facts {
            if fact.replayed {
                outcomes.repeated();
            } else {
                outcomes.fact(word(fact.state), fact.code.as_deref().unwrap_or(""));
            }
        }
    }
    for chunk in mapped.returns.chunks(CHUNK) {
        let told = again(|| engine.submit(book, Command::Returns(chunk.to_vec()), meta())).await?;
        for outcome in told.made.returns {
            if outcome.replayed {
                outcomes.repeated();
            } else {
                outcomes.fact(word(outcome.state), outcome.code.as_deref().unwrap_or(""));
            }
        }
    }
    Ok(())
}

fn meta() -> Meta {
    Meta {
        lane: Lane::Bulk,
        deadline: Duration::from_secs(60),
        ..Meta::system("pull")
    }
}

/// Sends the same again while the database does not take it: what was taken is known by itself.
async fn again<T, F: Future<Output = Result<T, EngineError>>>(send: impl Fn() -> F) -> Result<T, PullError> {
    let mut tries = 0;
    loop {
        match send().await {
            Ok(told) => return Ok(told),
            Err(EngineError::NotStarted | EngineError::Unknown) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn word(state: FactState) -> &'static str {
    match state {
        FactState::Applied => "applied",
        FactState::Waiting => "waiting",
        FactState::Parked => "parked",
        FactState::Stale => "stale",
        FactState::Conflict => "conflict",
    }
}
