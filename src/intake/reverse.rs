//! Reversing an import: every fact that no other batch or sender tells is taken back, in chunks, as a job that can go on.
//! Must never take away what somebody else still tells, nor leave a fact in conflict that now stands alone.
//!
//! What two imports told stays until the last of them is reversed. What was told outside of imports first (over the API)
//! was never the import's to take. A fact in conflict with one that is taken back is told again and counts now, as if the
//! one taken back had never come. Clicks stay: they are observations, not money. Offers stay too: an import of them is not
//! taken back, the next word on an offer replaces the last.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::batch::actor_text;
use super::import::ImportError;
use super::plan::Plan;
use super::send::state_word;
use crate::base::{BookId, ExternalId, ImportId, Instant, LineId, LogId, Month, derive_uuid};
use crate::domain::command::{Actor, Command, Pending, ReturnWord};
use crate::domain::event::Event;
use crate::domain::import::decide::NEEDS_APPROVAL;
use crate::domain::import::{ImportReversal, ImportReversed};
use crate::domain::order::{FactApplied, LineEvent, LineFact, What};
use crate::domain::parked::Resolution;
use crate::domain::returns::{ReturnEvent, Returned};
use crate::engine::{Engine, EngineError, Lane, Meta};
use crate::store::imports::{self, Begun, Import, Move, Stored, ToldAbout, ToldFact};
use crate::store::jobs::{self, Lease};
use crate::store::{self, books};

/// Facts of one chunk.
const CHUNK: i64 = 500;

/// What came of asking for a reversal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// It is under way.
    Begun,
    /// A second person has to approve it.
    Waits(Uuid),
}

/// What a reversal did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Reversed {
    /// Facts taken back.
    pub withdrawn: u32,
    /// Facts that somebody else still tells.
    pub kept: u32,
    #[serde(default)]
    at: (i64, i32),
    #[serde(default)]
    receipts_at: (i64, i32),
}

/// The states that an import may be taken back from.
const REVERSIBLE: [&str; 3] = ["done", "failed", "reversing"];

async fn log_of(client: &tokio_postgres::Client, book: BookId) -> Result<LogId, ImportError> {
    let logs = books::of_book(client, book).await?;
    Ok(logs.ok_or(ImportError::Missing("book"))?.money)
}

/// Asks for a reversal: begins it, or lays it before a second person when a month that it touches is cut off.
pub async fn ask(engine: &Engine, book: BookId, id: ImportId, actor: &Actor) -> Result<Asked, ImportError> {
    let mut client = engine.pool().get().await?;
    let import = imports::find(&client, book, id).await?;
    let import = import.ok_or(ImportError::Missing("import"))?;
    if !REVERSIBLE.contains(&import.state.as_str()) {
        return Err(ImportError::NotNow(import.state));
    }
    if Plan::parse(&import.mapping_text).is_ok_and(|plan| plan.has_offers()) {
        let why = "of offers: versions stay, a newer file or a person replaces them";
        return Err(ImportError::NotNow(why.to_owned()));
    }
    let log = log_of(&client, book).await?;
    let months = imports::months(&client, book, log, id).await?;
    let reversal = ImportReversal {
        import: id,
        file: hex::encode(&import.digest),
        months: months
            .into_iter()
            .filter_map(|number| Month::from_number(number).ok())
            .collect(),
    };
    let meta = Meta {
        actor: actor.clone(),
        lane: Lane::Interactive,
        ..Meta::system("import.reverse")
    };
    let begun = engine
        .submit(book, Command::ReverseImport(reversal.clone()), meta.clone())
        .await;
    match begun {
        Ok(_) => {}
        Err(EngineError::Refused(refusal)) if refusal.code == NEEDS_APPROVAL => {
            return request(engine, &client, (book, &import), reversal, meta)
                .await
                .map(Asked::Waits);
        }
        Err(error) => return Err(ImportError::Note(error)),
    }
    begin(&mut client, book, id, Some(actor)).await?;
    Ok(Asked::Begun)
}

/// Lays a reversal before a second person, once.
async fn request(
    engine: &Engine,
    client: &tokio_postgres::Client,
    (book, import): (BookId, &Import),
    reversal: ImportReversal,
    mut meta: Meta,
) -> Result<Uuid, ImportError> {
    if actor_is_nobody(&meta.actor) {
        return Err(ImportError::NotNow(
            "in a month that is cut off: ask for its reversal with a person's key".to_owned(),
        ));
    }
    let months: Vec<String> = reversal.months.iter().map(ToString::to_string).collect();
    // The same request of the same person is one request; a refused one may be asked for again.
    meta.key = Some(format!(
        "reverse:{}:{}:{}",
        import.id.0.simple(),
        import.approval.unwrap_or_default().simple(),
        months.join(",")
    ));
    let answer = engine
        .submit(book, Command::Request(Pending::ReverseImport(reversal)), meta)
        .await
        .map_err(ImportError::Note)?;
    let approval = answer.made.ids.get("approval").and_then(|id| id.parse().ok());
    let approval: crate::base::ApprovalId = approval.ok_or(ImportError::Progress)?;
    let step = Move {
        to: &import.state,
        from: &[&import.state],
        approval: Some(approval.0),
        ..Move::default()
    };
    imports::advance(client, book, import.id, step).await?;
    Ok(approval.0)
}

fn actor_is_nobody(actor: &Actor) -> bool {
    actor.person.is_none()
}

fn job(book: BookId, id: ImportId) -> Uuid {
    derive_uuid("job.reverse", book.0, &[&id.to_string()])
}

/// Lets a reversal that the log allows begin.
pub async fn begin(
    client: &mut tokio_postgres::Client,
    book: BookId,
    id: ImportId,
    actor: Option<&Actor>,
) -> Result<(), ImportError> {
    let by = actor.map(actor_text);
    let step = Move {
        to: "reversing",
        from: &REVERSIBLE,
        by: by.as_deref(),
        job: Some(job(book, id)),
        ..Move::default()
    };
    match imports::begin(client, book, id, step).await? {
        Begun::Yes => Ok(()),
        Begun::NotNow => Err(ImportError::NotNow("in no state to be taken back".to_owned())),
        Begun::Behind(import, state) => Err(ImportError::Behind { import, state }),
    }
}

/// Takes an import back to its end, from where an earlier run was broken off.
pub async fn run(engine: &Engine, book: BookId, id: ImportId, actor: Actor) -> Result<Reversed, ImportError> {
    let client = engine.pool().get().await?;
    let lease = Lease {
        book,
        id: job(book, id),
        owner: Uuid::now_v7(),
    };
    let spec = format!("{{\"import\":\"{id}\"}}");
    let progress = jobs::take(&client, lease, "reverse", &spec)
        .await?
        .ok_or(ImportError::Busy)?;
    let log = log_of(&client, book).await?;
    let mut run = Run {
        engine,
        client: &client,
        of: (book, log, id),
        lease,
        meta: Meta {
            actor,
            lane: Lane::Bulk,
            correlation: Some(id.to_string()),
            ..Meta::system("import.reverse")
        },
        done: if progress == "{}" {
            Reversed::default()
        } else {
            serde_json::from_str(&progress).map_err(|_| ImportError::Progress)?
        },
    };
    let ended = run.whole().await;
    let (done, text) = (run.done, run.text()?);
    jobs::end(&client, lease, ended.is_ok(), &text).await?;
    ended?;
    Ok(done)
}

struct Run<'a> {
    engine: &'a Engine,
    client: &'a tokio_postgres::Client,
    of: (BookId, LogId, ImportId),
    lease: Lease,
    meta: Meta,
    done: Reversed,
}

impl Run<'_> {
    fn text(&self) -> Result<String, ImportError> {
        serde_json::to_string(&self.done).map_err(|_| ImportError::Progress)
    }

    async fn whole(&mut self) -> Result<(), ImportError> {
        let (book, _, id) = self.of;
        loop {
            let told = imports::told(self.client, self.of, self.done.at, CHUNK).await?;
            let Some(last) = told.last() else { break };
            let at = last.at;
            let (alone, others): (Vec<&ToldFact>, Vec<&ToldFact>) = told.iter().partition(|fact| fact.alone);
            self.withdraw(&alone).await?;
            self.done.at = at;
            self.done.withdrawn = self.done.withdrawn.saturating_add(count(alone.len()));
            self.done.kept = self.done.kept.saturating_add(count(others.len()));
            if !jobs::progress(self.client, self.lease, &self.text()?).await? {
                return Err(ImportError::Lost);
            }
        }
        self.receipts().await?;
        self.clear_desk().await?;
        let ended = ImportReversed {
            import: id,
            withdrawn: self.done.withdrawn,
            kept: self.done.kept,
        };
        self.submit(Command::EndReversal(ended), None).await?;
        let step = Move {
            to: "reversed",
            from: &["reversing"],
            ..Move::default()
        };
        imports::advance(self.client, book, id, step).await?;
        Ok(())
    }

    /// Takes receipts back, with what they were matched to.
    async fn receipts(&mut self) -> Result<(), ImportError> {
        loop {
            let told = imports::told_receipts(self.client, self.of, self.done.receipts_at, CHUNK).await?;
            let Some(last) = told.last() else { return Ok(()) };
            let at = last.at;
            let alone: Vec<_> = told.iter().filter(|told| told.alone).map(|told| told.receipt).collect();
            let withdrawn = alone.len();
            if withdrawn > 0 {
                let command = Command::WithdrawReceipts {
                    receipts: alone,
                    batch: self.of.2,
                };
                self.submit(command, None).await?;
            }
            self.done.receipts_at = at;
            self.done.withdrawn = self.done.withdrawn.saturating_add(count(withdrawn));
            let kept = count(told.len().saturating_sub(withdrawn));
            self.done.kept = self.done.kept.saturating_add(kept);
            if !jobs::progress(self.client, self.lease, &self.text()?).await? {
                return Err(ImportError::Lost);
            }
        }
    }

    async fn submit(
        &self,
        command: Command,
        correlation: Option<Option<String>>,
    ) -> Result<crate::engine::Answer, ImportError> {
        let mut meta = self.meta.clone();
        if let Some(correlation) = correlation {
            meta.correlation = correlation;
        }
        self.engine
            .submit(self.of.0, command, meta)
            .await
            .map_err(ImportError::Note)
    }

    /// Takes facts back, then tells again what was in conflict with them.
    async fn withdraw(&self, alone: &[&ToldFact]) -> Result<(), ImportError> {
        if alone.is_empty() {
            return Ok(());
        }
        let batch: ExternalId = self.of.2.to_string().parse().map_err(|_| ImportError::Progress)?;
        let (mut facts, mut returns) = (Vec::new(), Vec::new());
        for told in alone {
            match &told.about {
                ToldAbout::Line { platform, line_no } => {
                    facts.push(withdrawal(told, (platform, line_no), &batch).ok_or(ImportError::Progress)?);
                }
                ToldAbout::Return(stored) => returns.push(ReturnWord::TakenBack {
                    returned: Box::new(return_of(stored)?),
                    batch: batch.clone(),
                }),
            }
        }
        if !facts.is_empty() {
            self.submit(Command::Facts(facts), None).await?;
        }
        if !returns.is_empty() {
            self.submit(Command::Returns(returns), None).await?;
        }
        let streams: Vec<Uuid> = alone.iter().map(|fact| fact.stream).collect();
        let mut kinds: Vec<&str> = alone.iter().map(|fact| kind_of(&fact.identity)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let rivals = imports::rivals(self.client, self.of, &streams, &kinds).await?;
        let mut moved = imports::Moved::new();
        for rival in &rivals {
            let (stream, identity, again) = again(self.of.0, rival)?;
            if !alone
                .iter()
                .any(|taken| taken.stream == stream && taken.identity == identity)
            {
                continue;
            }
            let answer = self.submit(again, Some(rival.correlation.clone())).await?;
            let facts = answer.made.facts.iter();
            let facts = facts.map(|now| (now.position, now.state, now.code.clone()));
            let returns = answer.made.returns.iter();
            let mut now = facts.chain(returns.map(|now| (now.position, now.state, now.code.clone())));
            if let Some((position, state, code)) = now.next() {
                let code = code.unwrap_or_default();
                moved.push((stream, rival.position, position, state_word(state), code));
            }
        }
        if !moved.is_empty() {
            imports::follow(self.client, self.of.0, &moved).await?;
        }
        Ok(())
    }

    /// What the import left on the parked desk is dealt with by its reversal.
    async fn clear_desk(&self) -> Result<(), ImportError> {
        let mut after = 0;
        loop {
            let positions = imports::parked(self.client, self.of, after).await?;
            let Some(last) = positions.last() else { return Ok(()) };
            after = *last;
            let resolve = Command::ResolveParked {
                positions,
                how: Resolution::Reversed,
                reason: None,
                facts: Vec::new(),
            };
            self.submit(resolve, None).await?;
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The kind that an identity begins with.
fn kind_of(identity: &str) -> &str {
    identity.split('/').next().unwrap_or(identity)
}

/// Takes a fact back at its own business time: money that it moved in an open month leaves that month again.
fn withdrawal(fact: &ToldFact, (platform, line_no): (&str, &str), batch: &ExternalId) -> Option<LineFact> {
    Some(LineFact {
        line: LineId(fact.stream),
        platform: platform.parse().ok()?,
        line_no: line_no.parse().ok()?,
        at: Instant::from_utc(fact.occurred_at),
        currency: None,
        about: crate::domain::order::About::default(),
        reported: None,
        what: What::Withdrawn {
            identity: fact.identity.clone(),
            batch: batch.clone(),
        },
    })
}

/// What a stored event keeps, to be told again: its stream, its identity there, and the command.
fn again(book: BookId, stored: &Stored) -> Result<(Uuid, String, Command), ImportError> {
    if let Some(told) = told_of(stored)? {
        let fact = told.fact;
        return Ok((fact.line.0, fact.identity(), Command::Facts(vec![fact])));
    }
    let returned = Box::new(return_of(stored)?);
    let (stream, identity) = (returned.stream(book).0, returned.identity());
    Ok((stream, identity, Command::Returns(vec![ReturnWord::Told { returned }])))
}

fn decoded(stored: &Stored) -> Result<Event, ImportError> {
    Ok(Event::decode(&stored.kind, stored.schema, &stored.payload).map_err(store::Error::from)?)
}

/// The fact that a stored event keeps, with what became of it; none where it keeps a return, or a verdict on one.
pub(super) fn told_of(stored: &Stored) -> Result<Option<FactApplied>, ImportError> {
    match decoded(stored)? {
        Event::Line(LineEvent::Fact(told)) => Ok(Some(*told)),
        Event::Returns(_) => Ok(None),
        _ => Err(ImportError::Progress),
    }
}

/// The return that a stored event keeps.
fn return_of(stored: &Stored) -> Result<Returned, ImportError> {
    match decoded(stored)? {
        Event::Returns(ReturnEvent::Told(told)) => Ok(told.returned),
        _ => Err(ImportError::Progress),
    }
}
