//! An import: the rows of a file become clicks and facts of a book, in chunks, and can go on where it was broken off.
//! Must never stop at a bad row or record a good one twice: facts and clicks are identified by themselves.
//!
//! Clicks go first, in a pass of their own: every order then finds its clicks, and nothing needs re-attribution.
//! Progress is kept in a job row named by the file's digest and the mapping's: how far the pass is, and what came of it.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::emit::{Emitted, RowFault, Told};
use super::plan::{Cells, Plan};
use super::source::{self, Next, Rows, SourceError};
use super::tally::{Outcomes, Tally};
use crate::base::{BookId, derive_uuid};
use crate::domain::click::Click;
use crate::domain::command::{Command, ReturnWord};
use crate::domain::order::{FactState, LineFact};
use crate::domain::refusal::Class;
use crate::engine::{Engine, EngineError, Lane, Meta};
use crate::store;
use crate::store::jobs::{self, Lease};

/// Clicks or facts of one chunk.
const CHUNK: usize = 500;
/// Chunks on their way at once; they are decided in order.
const IN_FLIGHT: usize = 4;
/// Rows without a number whose occurrences can be told apart: bounds the memory of an import.
const COUNTED_ROWS: usize = 4_000_000;
/// How often a chunk is sent again when the database did not take it.
const TRIES: u32 = 10;

/// Why an import did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A stand-in could not be made.
    #[error("the stand-in {key} of the mapping was refused: {error}")]
    Setup {
        /// Its key.
        key: String,
        /// Why.
        error: EngineError,
    },
    /// The engine could not take a chunk.
    #[error("rows up to {row} were not taken: {error}; run the same import again to go on")]
    Engine {
        /// Last row of the chunk.
        row: u64,
        /// Why.
        error: EngineError,
    },
    /// The database.
    #[error("the database refused: {0}")]
    Store(#[from] store::Error),
    /// No connection.
    #[error("no connection to the database: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// Another process imports this file.
    #[error("another process is importing this file; if it died, try again in half a minute")]
    Busy,
    /// The lease ran out and another process took over.
    #[error("another process has taken this import over")]
    Lost,
    /// Too many rows without a number.
    #[error("more than 4,000,000 rows without a number of their own: split the file, or map a number")]
    TooManyUnnumbered,
    /// What an earlier run wrote cannot be read.
    #[error("the progress of an earlier run is not readable")]
    Progress,
}

/// What is to be imported.
pub struct Request<'a> {
    /// The file.
    pub path: &'a Path,
    /// The compiled mapping.
    pub plan: &'a Plan,
    /// Text of the mapping: part of the import's identity.
    pub mapping: &'a str,
    /// Stand-ins to make first, with their keys.
    pub setup: Vec<(String, Command)>,
    /// Into which book.
    pub book: BookId,
}

/// Which pass over the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Clicks.
    #[default]
    Clicks,
    /// Facts of orders.
    Facts,
}

/// How far an import is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Which pass.
    pub pass: Pass,
    /// Rows of it.
    pub rows: u64,
    /// Bytes of the file read in it.
    pub bytes: u64,
}

/// Something worth a line of the row report: a rejected row, or a fact that is not simply applied.
pub struct Note<'a> {
    /// Number of the row.
    pub row: u64,
    /// `rejected`, or the state of a fact.
    pub what: &'a str,
    /// Code.
    pub code: &'a str,
    /// Sentence, or the line's id.
    pub message: &'a str,
}

/// Who is told how it goes.
pub struct Watch<'a> {
    /// Told every now and then.
    pub progress: &'a mut dyn FnMut(Progress),
    /// Told of each row worth a note.
    pub note: &'a mut dyn FnMut(Note<'_>),
}

/// What an earlier run had done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Saved {
    #[serde(default)]
    pass: Pass,
    #[serde(default)]
    row: u64,
    #[serde(default)]
    outcomes: Outcomes,
}

/// What came of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Counts and sums.
    pub tally: Tally,
    /// It went on where an earlier run was broken off: pass and row.
    pub resumed_at: Option<(Pass, u64)>,
    /// The same file was imported to its end before.
    pub again: bool,
}

/// Reads the whole file and changes nothing.
pub fn check(path: &Path, plan: &Plan, book: BookId, watch: &mut Watch<'_>) -> Result<Tally, ImportError> {
    let mut reader = Reader::open(path, plan, book, Pass::Clicks)?;
    let mut tally = Tally::default();
    while reader.next(&mut tally, Some(watch))? {}
    Ok(tally)
}

/// Imports a file.
pub async fn run(engine: &Engine, request: &Request<'_>, watch: &mut Watch<'_>) -> Result<Imported, ImportError> {
    let (digest, _) = source::digest(request.path)?;
    let digest = hex::encode(digest);
    let mapping = hex::encode(Sha256::digest(request.mapping.as_bytes()));
    for (key, command) in &request.setup {
        make(engine, request.book, key, command.clone()).await?;
    }
    let lease = Lease {
        book: request.book,
        id: derive_uuid("job.import", request.book.0, &[&digest, &mapping]),
        owner: Uuid::now_v7(),
    };
    let spec = format!("{{\"file\":\"{digest}\",\"mapping\":\"{mapping}\"}}");
    let client = engine.pool().get().await?;
    let before = jobs::read(&client, lease.book, lease.id).await?;
    let progress = jobs::take(&client, lease, "import", &spec)
        .await?
        .ok_or(ImportError::Busy)?;
    let saved: Saved = serde_json::from_str(&progress).map_err(|_| ImportError::Progress)?;
    let mut run = Run {
        engine,
        request,
        lease,
        client: &client,
        saved: saved.clone(),
        saved_at: tokio::time::Instant::now(),
        tally: Tally::default(),
    };
    run.tally.outcomes = saved.outcomes.clone();
    let ended = run.passes(watch).await;
    let text = serde_json::to_string(&run.saved).map_err(|_| ImportError::Progress)?;
    jobs::end(&client, lease, ended.is_ok(), &text).await?;
    ended?;
    Ok(Imported {
        tally: run.tally,
        resumed_at: (saved.row > 0).then_some((saved.pass, saved.row)),
        again: before.is_some_and(|job| job.state == "done"),
    })
}

/// Makes a stand-in; one that is there already is fine.
async fn make(engine: &Engine, book: BookId, key: &str, command: Command) -> Result<(), ImportError> {
    let mut meta = Meta::system("import.setup");
    meta.key = Some(key.to_owned());
    match engine.submit(book, command, meta).await {
        Ok(_) => Ok(()),
        Err(EngineError::Refused(refusal)) if refusal.class == Class::Conflict => Ok(()),
        Err(error) => Err(ImportError::Setup {
            key: key.to_owned(),
            error,
        }),
    }
}

/// Rows of one pass, mapped.
struct Reader<'a> {
    plan: &'a Plan,
    book: BookId,
    rows: Rows,
    cells: Cells,
    seen: HashMap<u64, u32>,
    out: Emitted,
    pass: Pass,
}

impl<'a> Reader<'a> {
    fn open(path: &Path, plan: &'a Plan, book: BookId, pass: Pass) -> Result<Reader<'a>, ImportError> {
        Ok(Reader {
            plan,
            book,
            rows: Rows::open(path, plan)?,
            cells: Cells::default(),
            seen: HashMap::new(),
            out: Emitted::default(),
            pass,
        })
    }

    /// Maps the next row into `out`; false at the end. The first pass counts rows and notes rejected ones: `watch` is told.
    fn next(&mut self, tally: &mut Tally, watch: Option<&mut Watch<'_>>) -> Result<bool, ImportError> {
        self.out.told.clear();
        let fault = match self.rows.next(&mut self.cells)? {
            Next::End => return Ok(false),
            Next::Bad(fault) => Some(fault),
            Next::Row => self.map(tally, watch.is_some())?,
        };
        let number = self.rows.number();
        if let Some(watch) = watch {
            if let Some(fault) = fault {
                (watch.note)(Note {
                    row: number,
                    what: "rejected",
                    code: fault.code,
                    message: &fault.to_string(),
                });
                tally.rejected(number, fault);
            }
            if number.is_multiple_of(500) {
                (watch.progress)(self.progress());
            }
        }
        Ok(true)
    }

    fn progress(&self) -> Progress {
        Progress {
            pass: self.pass,
            rows: self.rows.number(),
            bytes: self.rows.bytes(),
        }
    }

    fn map(&mut self, tally: &mut Tally, count: bool) -> Result<Option<RowFault>, ImportError> {
        let mut ordinal = 1;
        if self.plan.counts(&self.cells) {
            if self.seen.len() >= COUNTED_ROWS {
                return Err(ImportError::TooManyUnnumbered);
            }
            let times = self.seen.entry(self.cells.row_hash).or_insert(0);
            *times = times.saturating_add(1);
            ordinal = *times;
        }
        let taken = match self.plan.row(self.book, &self.cells, ordinal, &mut self.out) {
            Ok(taken) => taken,
            Err(fault) => {
                self.out.told.clear();
                return Ok(Some(fault));
            }
        };
        if count {
            tally.row(taken, &self.out.figures);
            for told in &self.out.told {
                tally.told(match told {
                    Told::Click(_) => "click",
                    Told::Fact(fact) => fact.what.kind(),
                    Told::Return(_) => "return.told",
                });
            }
        }
        Ok(None)
    }
}

/// A chunk on its way: row numbers, clicks or facts.
#[derive(Default)]
struct Chunk {
    rows: Vec<u64>,
    clicks: Vec<Click>,
    facts: Vec<LineFact>,
    returns: Vec<ReturnWord>,
    /// Row numbers of the returns.
    return_rows: Vec<u64>,
    last: u64,
}

/// What came of a chunk.
struct Answered {
    last: u64,
    clicks: Vec<bool>,
    facts: Vec<(u64, crate::domain::command::FactOutcome)>,
    returns: Vec<(u64, crate::domain::command::ReturnOutcome)>,
}

struct Run<'a> {
    engine: &'a Engine,
    request: &'a Request<'a>,
    lease: Lease,
    client: &'a tokio_postgres::Client,
    saved: Saved,
    saved_at: tokio::time::Instant,
    tally: Tally,
}

impl<'a> Run<'a> {
    async fn passes(&mut self, watch: &mut Watch<'_>) -> Result<(), ImportError> {
        let plan = self.request.plan;
        let passes = [(Pass::Clicks, plan.has_clicks()), (Pass::Facts, plan.has_facts())];
        let mut first = true;
        for pass in passes.into_iter().filter_map(|(pass, needed)| needed.then_some(pass)) {
            // A pass that an earlier run ended is only read again when it is the one that counts rows.
            let skip = match pass.cmp(&self.saved.pass) {
                std::cmp::Ordering::Less => u64::MAX,
                std::cmp::Ordering::Equal => self.saved.row,
                std::cmp::Ordering::Greater => 0,
            };
            if first || skip < u64::MAX {
                self.pass(pass, first, skip, watch).await?;
            }
            first = false;
        }
        Ok(())
    }

    async fn pass(&mut self, pass: Pass, first: bool, skip: u64, watch: &mut Watch<'_>) -> Result<(), ImportError> {
        let request = self.request;
        let mut reader = Reader::open(request.path, request.plan, request.book, pass)?;
        let mut flying = FuturesOrdered::new();
        let mut chunk = Chunk::default();
        if skip < u64::MAX {
            self.saved.pass = pass;
        }
        loop {
            let more = reader.next(&mut self.tally, first.then_some(&mut *watch))?;
            let number = reader.rows.number();
            if !first && number.is_multiple_of(500) {
                (watch.progress)(reader.progress());
            }
            if more && number > skip {
                chunk.take(pass, number, &mut reader.out.told);
            }
            let waiting = chunk.rows.len() + chunk.return_rows.len();
            if waiting >= CHUNK || (!more && waiting > 0) {
                let full = std::mem::take(&mut chunk);
                flying.push_back(send(self.engine, request.book, full));
            }
            while flying.len() >= IN_FLIGHT || (!more && !flying.is_empty()) {
                if let Some(answered) = flying.next().await {
                    self.answered(answered?, watch).await?;
                }
            }
            if !more {
                (watch.progress)(reader.progress());
                return Ok(());
            }
        }
    }

    async fn answered(&mut self, answered: Answered, watch: &mut Watch<'_>) -> Result<(), ImportError> {
        for known in answered.clicks {
            self.tally.outcomes.click(known);
        }
        for (row, outcome) in answered.facts {
            let code = outcome.code.as_deref().unwrap_or("");
            let state = state_word(outcome.state);
            if outcome.replayed {
                self.tally.outcomes.repeated();
            } else {
                self.tally.outcomes.fact(state, code);
                if outcome.state != FactState::Applied {
                    (watch.note)(Note {
                        row,
                        what: state,
                        code,
                        message: &outcome.line.to_string(),
                    });
                }
            }
        }
        for (row, outcome) in answered.returns {
            let code = outcome.code.as_deref().unwrap_or("");
            let state = state_word(outcome.state);
            if outcome.replayed {
                self.tally.outcomes.repeated();
                continue;
            }
            self.tally.outcomes.fact(state, code);
            if outcome.state != FactState::Applied {
                (watch.note)(Note {
                    row,
                    what: state,
                    code,
                    message: &outcome.returns.to_string(),
                });
            }
        }
        self.saved.row = answered.last;
        self.saved.outcomes = self.tally.outcomes.clone();
        if self.saved_at.elapsed() > Duration::from_secs(1) {
            self.saved_at = tokio::time::Instant::now();
            let text = serde_json::to_string(&self.saved).map_err(|_| ImportError::Progress)?;
            if !jobs::progress(self.client, self.lease, &text).await? {
                return Err(ImportError::Lost);
            }
        }
        Ok(())
    }
}

impl Chunk {
    fn take(&mut self, pass: Pass, row: u64, told: &mut Vec<Told>) {
        for told in told.drain(..) {
            match (pass, told) {
                (Pass::Clicks, Told::Click(click)) => self.clicks.push(*click),
                (Pass::Facts, Told::Fact(fact)) => self.facts.push(*fact),
                (Pass::Facts, Told::Return(returned)) => {
                    self.returns.push(ReturnWord::Told { returned });
                    self.return_rows.push(row);
                    continue;
                }
                _ => continue,
            }
            self.rows.push(row);
        }
        self.last = row;
    }
}

/// Sends a chunk, again while the database does not take it: what was taken is known by itself.
async fn send(engine: &Engine, book: BookId, chunk: Chunk) -> Result<Answered, ImportError> {
    let meta = Meta {
        lane: Lane::Bulk,
        deadline: Duration::from_secs(60),
        ..Meta::system("import")
    };
    let mut tries = 0;
    loop {
        let clicks = async {
            match chunk.clicks.is_empty() {
                true => Ok(Vec::new()),
                false => engine
                    .record_clicks(book, chunk.clicks.clone(), meta.clone())
                    .await
                    .map(|a| a.clicks),
            }
        };
        let facts = async {
            match chunk.facts.is_empty() {
                true => Ok(Vec::new()),
                false => {
                    let command = Command::Facts(chunk.facts.clone());
                    engine
                        .submit(book, command, meta.clone())
                        .await
                        .map(|answer| answer.made.facts)
                }
            }
        };
        let returns = async {
            match chunk.returns.is_empty() {
                true => Ok(Vec::new()),
                false => {
                    let command = Command::Returns(chunk.returns.clone());
                    engine
                        .submit(book, command, meta.clone())
                        .await
                        .map(|answer| answer.made.returns)
                }
            }
        };
        match futures_util::future::try_join3(clicks, facts, returns).await {
            Ok((clicks, facts, returns)) => {
                return Ok(Answered {
                    last: chunk.last,
                    clicks: clicks.into_iter().map(|(_, known)| known).collect(),
                    facts: chunk.rows.iter().copied().zip(facts).collect(),
                    returns: chunk.return_rows.iter().copied().zip(returns).collect(),
                });
            }
            Err(EngineError::NotStarted | EngineError::Unknown) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(ImportError::Engine { row: chunk.last, error }),
        }
    }
}

fn state_word(state: FactState) -> &'static str {
    match state {
        FactState::Applied => "applied",
        FactState::Waiting => "waiting",
        FactState::Parked => "parked",
        FactState::Stale => "stale",
        FactState::Conflict => "conflict",
    }
}
