//! An import: the rows of a file become clicks and facts of a book, in chunks, and can go on where it was broken off.
//! Must never stop at a bad row or record a good one twice: facts and clicks are identified by themselves.
//!
//! Clicks go first, in a pass of their own: every order then finds its clicks, and nothing needs re-attribution.
//! What became of a chunk is kept together with the job's progress, so whoever goes on finds both or neither; what a
//! broken run had told beyond that is told again and known by itself. One import is one batch: every event of it carries
//! the import's id as correlation.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::batch::{self, Opening};
use super::mapping::{Mapping, MappingError};
use super::plan::Plan;
use super::reader::{self, Origin, Reading};
use super::send::{Answered, Came, OFFER, send, state_word};
use super::shelf;
use super::source::SourceError;
use super::tally::{Outcomes, Tally};
use crate::base::{BookId, ImportId, derive_uuid};
use crate::domain::command::{Actor, Command};
use crate::domain::import::ImportCommitted;
use crate::domain::order::FactState;
use crate::domain::refusal::Class;
use crate::engine::{Engine, EngineError, Lane, Meta};
use crate::store;
use crate::store::imports::{self, Begun, Import, Kept, Move};
use crate::store::jobs::{self, Lease};

/// Chunks on their way at once; they are decided in order.
const IN_FLIGHT: usize = 4;

/// Why an import did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The mapping.
    #[error(transparent)]
    Mapping(#[from] MappingError),
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
    /// The engine could not note what became of the import.
    #[error("the end of the import could not be noted: {0}")]
    Note(EngineError),
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
    /// No such book, import or file.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// Another import stands in the way.
    #[error("{import} is {state}: imports and reversals of a book wait for each other")]
    Behind {
        /// Which.
        import: ImportId,
        /// What it does.
        state: String,
    },
    /// It is in no state to be told.
    #[error("this import is {0}")]
    NotNow(String),
    /// The thread that reads ended before its file.
    #[error("the file could not be read to its end")]
    Thread,
}

impl ImportError {
    /// True when the same import may be gone on with as it is.
    pub fn may_pass(&self) -> bool {
        match self {
            ImportError::Store(error) => error.may_pass(),
            ImportError::Engine { error, .. } | ImportError::Note(error) => {
                matches!(error, EngineError::NotStarted | EngineError::Unknown)
            }
            ImportError::Pool(_)
            | ImportError::Busy
            | ImportError::Lost
            | ImportError::Thread
            | ImportError::Behind { .. } => true,
            _ => false,
        }
    }
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

/// Something worth a line of the row report: a rejected row, or a fact or return that is not simply applied.
pub struct Note<'a> {
    /// Number of the row.
    pub row: u64,
    /// `rejected`, or the state of a fact.
    pub what: &'a str,
    /// Code.
    pub code: &'a str,
    /// Sentence, or the id of the line or of the returns.
    pub message: &'a str,
}

/// Who is told how it goes.
pub struct Watch<'a> {
    /// Told every now and then.
    pub progress: &'a mut (dyn FnMut(Progress) + Send),
    /// Told of each row worth a note.
    pub note: &'a mut (dyn FnMut(Note<'_>) + Send),
}

/// What an earlier run had done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Saved {
    #[serde(default)]
    pass: Pass,
    #[serde(default)]
    row: u64,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    outcomes: Outcomes,
}

/// What came of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Which.
    pub id: ImportId,
    /// Counts and sums.
    pub tally: Tally,
    /// It went on where an earlier run was broken off: pass and row.
    pub resumed_at: Option<(Pass, u64)>,
    /// The same file was imported to its end before.
    pub again: bool,
}

/// Reads the whole file and changes nothing.
pub fn check(path: &Path, plan: &Plan, book: BookId, watch: &mut Watch<'_>) -> Result<Tally, ImportError> {
    reader::check(&Origin::Path(path.to_owned()), plan, book, watch)
}

/// Imports a file of this machine: it is kept in the book's file store, then told.
pub async fn run(engine: &Engine, request: &Request<'_>, watch: &mut Watch<'_>) -> Result<Imported, ImportError> {
    let file = shelf::keep_path(engine.pool(), request.book, request.path, &Actor::SYSTEM).await?;
    let name = Mapping::parse(request.mapping).map_or_else(|_| String::new(), |mapping| mapping.name);
    let opening = Opening {
        digest: &file.digest,
        file_name: &file.name,
        mapping: &name,
        mapping_text: request.mapping,
        stand_ins: !request.setup.is_empty(),
        cover: (None, None, None),
        actor: &Actor::SYSTEM,
    };
    let id = batch::open(engine.pool(), request.book, &opening).await?;
    let work = Work {
        book: request.book,
        id,
        origin: Origin::Path(request.path.to_owned()),
        plan: Arc::new(request.plan.clone()),
        setup: request.setup.clone(),
        actor: Actor::SYSTEM,
    };
    tell(engine, work, watch).await
}

/// An import that is to be told.
pub struct Work {
    /// Whose.
    pub book: BookId,
    /// Which.
    pub id: ImportId,
    /// Where its bytes are.
    pub origin: Origin,
    /// The compiled mapping.
    pub plan: Arc<Plan>,
    /// Stand-ins to make first, with their keys.
    pub setup: Vec<(String, Command)>,
    /// Who imports.
    pub actor: Actor,
}

/// The states that an import may be told from.
pub(super) const TELLABLE: [&str; 5] = ["uploaded", "checked", "failed", "committing", "done"];

/// The job that tells an import.
pub(super) fn job(book: BookId, id: ImportId) -> Uuid {
    derive_uuid("job.import", book.0, &[&id.to_string()])
}

/// Tells an import to its end, from where an earlier run was broken off.
pub async fn tell(engine: &Engine, work: Work, watch: &mut Watch<'_>) -> Result<Imported, ImportError> {
    let mut client = engine.pool().get().await?;
    let import = imports::find(&client, work.book, work.id).await?;
    let import = import.ok_or(ImportError::Missing("import"))?;
    let lease = Lease {
        book: work.book,
        id: job(work.book, work.id),
        owner: Uuid::now_v7(),
    };
    let by = batch::actor_text(&work.actor);
    let step = Move {
        to: "committing",
        from: &TELLABLE,
        by: Some(&by),
        job: Some(lease.id),
        ..Move::default()
    };
    match imports::begin(&mut client, work.book, work.id, step).await? {
        Begun::Yes => {}
        Begun::NotNow => return Err(ImportError::NotNow(import.state)),
        Begun::Behind(import, state) => return Err(ImportError::Behind { import, state }),
    }
    let spec = format!("{{\"import\":\"{}\"}}", work.id);
    let progress = jobs::take(&client, lease, "import", &spec)
        .await?
        .ok_or(ImportError::Busy)?;
    let saved: Saved = serde_json::from_str(&progress).map_err(|_| ImportError::Progress)?;
    if saved.row == 0 {
        imports::clear_days(&client, work.book, work.id).await?;
    }
    let mut run = Run {
        engine,
        work: &work,
        lease,
        client,
        saved: saved.clone(),
        tally: Tally::default(),
    };
    run.tally.outcomes = saved.outcomes.clone();
    let ended = run.whole(&import, watch).await;
    let text = serde_json::to_string(&run.saved).map_err(|_| ImportError::Progress)?;
    if let Err(error) = &ended
        && !error.may_pass()
    {
        let failure = error.to_string();
        let step = Move {
            to: "failed",
            from: &["committing"],
            failure: Some(&failure),
            ..Move::default()
        };
        imports::advance(&run.client, work.book, work.id, step).await?;
    }
    jobs::end(&run.client, lease, ended.is_ok(), &text).await?;
    ended?;
    Ok(Imported {
        id: work.id,
        tally: run.tally,
        resumed_at: (saved.row > 0).then_some((saved.pass, saved.row)),
        again: import.state == "done",
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

struct Run<'a> {
    engine: &'a Engine,
    work: &'a Work,
    lease: Lease,
    client: deadpool_postgres::Object,
    saved: Saved,
    tally: Tally,
}

impl Run<'_> {
    async fn whole(&mut self, import: &Import, watch: &mut Watch<'_>) -> Result<(), ImportError> {
        for (key, command) in &self.work.setup {
            make(self.engine, self.work.book, key, command.clone()).await?;
        }
        self.passes(watch).await?;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let committed = ImportCommitted {
            import: self.work.id,
            file: hex::encode(&import.digest),
            mapping: import.mapping.clone(),
            mapping_sha256: hex::encode(&import.mapping_digest),
            attempt: u32::try_from(import.attempt).unwrap_or(1),
            rows: count(self.tally.rows),
            rejected: count(self.tally.rejected_rows()),
        };
        self.engine
            .submit(self.work.book, Command::CommitImport(committed), self.meta())
            .await
            .map_err(ImportError::Note)?;
        let tally = self.tally.json();
        let step = Move {
            to: "done",
            from: &["committing"],
            tally: Some(&tally),
            ..Move::default()
        };
        imports::advance(&self.client, self.work.book, self.work.id, step).await?;
        Ok(())
    }

    fn meta(&self) -> Meta {
        Meta {
            actor: self.work.actor.clone(),
            lane: Lane::Bulk,
            correlation: Some(self.work.id.to_string()),
            ..Meta::system("import")
        }
    }

    async fn passes(&mut self, watch: &mut Watch<'_>) -> Result<(), ImportError> {
        let plan = &self.work.plan;
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
                self.pass(Reading { pass, first, skip }, watch).await?;
            }
            first = false;
        }
        Ok(())
    }

    async fn pass(&mut self, reading: Reading, watch: &mut Watch<'_>) -> Result<(), ImportError> {
        let work = self.work;
        if reading.skip < u64::MAX {
            self.saved.pass = reading.pass;
            self.saved.row = reading.skip;
        }
        let meta = self.meta();
        let (mut bundles, thread) = reader::spawn(work.origin.clone(), Arc::clone(&work.plan), work.book, reading);
        let mut flying = FuturesOrdered::new();
        let mut ended = false;
        while !ended || !flying.is_empty() {
            tokio::select! {
                biased;
                Some(answered) = flying.next(), if !flying.is_empty() => {
                    self.answered(answered?, reading, watch).await?;
                }
                bundle = bundles.recv(), if !ended && flying.len() < IN_FLIGHT => match bundle {
                    Some(bundle) => flying.push_back(send(self.engine, work.book, meta.clone(), bundle)),
                    None => ended = true,
                },
            }
        }
        let tally = thread.await.map_err(|_| ImportError::Thread)??;
        if reading.first {
            let outcomes = std::mem::take(&mut self.tally.outcomes);
            self.tally = tally.with(outcomes);
        }
        Ok(())
    }

    async fn answered(
        &mut self,
        answered: Answered,
        reading: Reading,
        watch: &mut Watch<'_>,
    ) -> Result<(), ImportError> {
        let bundle = answered.bundle;
        (watch.progress)(Progress {
            pass: reading.pass,
            rows: bundle.last,
            bytes: bundle.bytes,
        });
        if bundle.last <= reading.skip {
            return Ok(());
        }
        for known in answered.clicks {
            self.tally.outcomes.click(known);
        }
        let mut kept = Kept::default();
        for row in bundle.rows {
            if row.state == "rejected" {
                (watch.note)(Note {
                    row: row.number,
                    what: row.state,
                    code: &row.code,
                    message: &row.message,
                });
            }
            kept.rows.row.push(number(row.number));
            kept.rows.raw.push(row.raw);
            kept.rows.state.push(row.state);
            kept.rows.code.push(row.code);
            kept.rows.message.push(row.message);
        }
        for (_, outcome) in &answered.offers {
            self.tally.outcomes.offer(outcome);
        }
        let mut place = (0, 0);
        for came in answered.came {
            let row = came.row;
            place = if place.0 == row { (row, place.1 + 1) } else { (row, 0) };
            self.outcome(&came, watch);
            kept.facts.row.push(number(row));
            kept.facts.nth.push(place.1);
            kept.facts.line.push(came.stream.id);
            kept.facts.identity.push(came.identity);
            kept.facts.position.push(came.position);
            kept.facts.state.push(state_word(came.state));
            kept.facts.code.push(came.code);
            kept.facts.repeated.push(came.replayed);
        }
        let day = |((platform, account, day), rows)| (platform, account, day, rows);
        kept.days = bundle.days.into_iter().map(day).collect();
        self.saved.row = bundle.last;
        self.saved.bytes = bundle.bytes;
        self.saved.outcomes = self.tally.outcomes.clone();
        let text = serde_json::to_string(&self.saved).map_err(|_| ImportError::Progress)?;
        if imports::keep(&mut self.client, self.lease, self.work.id, &kept, &text).await? {
            Ok(())
        } else {
            Err(ImportError::Lost)
        }
    }

    fn outcome(&mut self, came: &Came, watch: &mut Watch<'_>) {
        let state = state_word(came.state);
        let refused = came.state != FactState::Applied;
        // Offers are counted by what became of them, not as facts.
        if came.identity == OFFER && !refused {
            return;
        }
        if came.replayed {
            self.tally.outcomes.repeated();
            return;
        }
        if came.identity != OFFER {
            self.tally.outcomes.fact(state, &came.code);
        }
        if came.state != FactState::Applied {
            (watch.note)(Note {
                row: came.row,
                what: state,
                code: &came.code,
                message: &came.stream.to_string(),
            });
        }
    }
}

/// Rows and positions are counted in 63 bits by the database.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
