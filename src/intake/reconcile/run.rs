//! One run of a reconciliation: file in, both sides compared, breaks out, noted in the log.
//! Must never note a run whose breaks do not stand, nor a second one that found nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::matching::{Both, Compared, Out, Scope};
use super::reading::{Counted, read};
use crate::base::{BookId, ExternalId, Instant, LogId, Month, ReconciliationId, Zone, derive_uuid};
use crate::domain::command::{Actor, Command};
use crate::domain::recon::sides::{Frame, TheirCash};
use crate::domain::recon::{BreakClass, CashTag, ReconciliationRun};
use crate::engine::{Engine, EngineError, Lane, Meta};
use crate::intake::import::ImportError;
use crate::intake::mapping::Mapping;
use crate::intake::plan::Plan;
use crate::intake::reader::Origin;
use crate::money::{Minor, MoneyError};
use crate::store::jobs::{self, Lease};
use crate::store::recon::{self, BreaksIn, RowsIn, RunKey};
use crate::store::{books, files, head};

/// Days after the end of the month in which a missing row may still come.
const PATIENCE_DAYS: i64 = 30;
/// How often the lease is renewed.
const BEAT: Duration = Duration::from_secs(10);
/// Rows between the thread that reads and the database.
const WAITING: usize = 1_000;

/// Why a reconciliation did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum ReconError {
    /// The file, its mapping, the database, the engine: as for an import.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The database.
    #[error("the database refused: {0}")]
    Store(#[from] crate::store::Error),
    /// No connection.
    #[error("no connection to the database: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Amounts that leave 64 bits.
    #[error("the amounts of {0} do not fit: {1}")]
    Money(String, MoneyError),
    /// Neither the mapping nor whoever asks names the platform.
    #[error("name the platform: the mapping does not")]
    NoPlatform,
    /// No break is meant that waits to be decided.
    #[error("no break is meant that waits to be decided")]
    NothingOpen,
    /// What is kept of a break is not readable.
    #[error("what is kept of a break is not readable")]
    Unreadable,
}

/// What is to be reconciled.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose book.
    pub book: BookId,
    /// SHA-256 of the kept file.
    pub digest: Vec<u8>,
    /// Text of the mapping.
    pub mapping: String,
    /// Which platform; the mapping's own when it names one.
    pub platform: Option<ExternalId>,
    /// Which month.
    pub period: Month,
    /// Only lines that this platform account was told of; when none is named, those of the accounts in the file.
    pub account: Option<ExternalId>,
    /// Only lines of this shop, by the platform's number; when none is named, those of the shops in the file.
    pub shop: Option<ExternalId>,
    /// Who asks.
    pub actor: Actor,
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Rows of the file read, and its bytes.
    Reading(u64, u64),
    /// Lines compared.
    Comparing(u64),
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// Which.
    pub id: ReconciliationId,
    /// The same file gave the same breaks before: that run answers, and nothing was noted.
    pub again: bool,
}

/// Runs a reconciliation to its end. Another run of the same at the same time is `Busy`.
pub async fn run(engine: &Engine, ask: &Ask, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Done, ReconError> {
    let pool = engine.pool();
    let mapping = Mapping::parse(&ask.mapping).map_err(ImportError::from)?;
    let plan = Arc::new(Plan::compile(&mapping).map_err(ImportError::from)?);
    let platform = ask.platform.clone().or_else(|| mapping.source.platform.clone());
    let platform = platform.ok_or(ReconError::NoPlatform)?;
    let key = Key {
        file: hex::encode(&ask.digest),
        mapping_sha256: hex::encode(Sha256::digest(ask.mapping.as_bytes())),
        platform,
        period: ask.period,
        account: ask.account.as_ref().map(ToString::to_string).unwrap_or_default(),
        shop: ask.shop.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    let client = pool.get().await?;
    let log = books::of_book(&client, ask.book)
        .await?
        .ok_or(ImportError::Missing("book"))?
        .money;
    let lease = Lease {
        book: ask.book,
        id: derive_uuid("job.reconcile", ask.book.0, &key.parts().each_ref().map(String::as_str)),
        owner: Uuid::now_v7(),
    };
    let spec = format!("{{\"file\":\"{}\"}}", key.file);
    jobs::take(&client, lease, "reconcile", &spec)
        .await?
        .ok_or(ImportError::Busy)?;
    let work = Work {
        engine,
        ask,
        key: &key,
        plan,
        log,
        mapping: &mapping.name,
    };
    let done = tokio::select! {
        done = work.whole(progress) => done,
        () = held(pool, lease) => Err(ImportError::Lost.into()),
    };
    jobs::end(&client, lease, done.is_ok(), "{}").await?;
    done
}

/// Ends when the lease was lost.
async fn held(pool: &Pool, lease: Lease) {
    loop {
        tokio::time::sleep(BEAT).await;
        let Ok(client) = pool.get().await else { continue };
        if let Ok(false) = jobs::progress(&client, lease, "{}").await {
            return;
        }
    }
}

struct Key {
    file: String,
    mapping_sha256: String,
    platform: ExternalId,
    period: Month,
    account: String,
    shop: String,
}

impl Key {
    fn parts(&self) -> [String; 6] {
        let platform = self.platform.as_str().to_owned();
        [
            self.file.clone(),
            self.mapping_sha256.clone(),
            platform,
            self.period.to_string(),
            self.account.clone(),
            self.shop.clone(),
        ]
    }
}

struct Work<'a> {
    engine: &'a Engine,
    ask: &'a Ask,
    key: &'a Key,
    plan: Arc<Plan>,
    log: LogId,
    mapping: &'a str,
}

impl Work<'_> {
    async fn whole(&self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Done, ReconError> {
        let client = self.engine.pool().get().await?;
        let head = head::read(&client, self.log)
            .await?
            .ok_or(ImportError::Missing("book"))?;
        let book = recon::book(&client, self.log, head.position).await?;
        let of = RunKey {
            file: &self.key.file,
            mapping_sha256: &self.key.mapping_sha256,
            platform: self.key.platform.as_str(),
            period: self.key.period,
            account: &self.key.account,
            shop: &self.key.shop,
        };
        let last = recon::last(&client, self.log, of).await?;
        let run = last.as_ref().map_or(1, |(_, run, _)| run.saturating_add(1));
        let mut parts = self.key.parts().to_vec();
        parts.push(run.to_string());
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let id = ReconciliationId(derive_uuid("reconciliation", self.log.0, &parts));
        recon::clear(&client, self.ask.book, id).await?;
        let counted = self.read(&client, id, progress).await?;
        let zone = book.opened.zone;
        let frame = self.frame(zone, head.recorded_at);
        let compared = self
            .compare(&client, id, (&frame, zone), (&counted, head.position), progress)
            .await?;
        let content = hex::encode(compared.hash.finalize());
        if let Some((before, _, known)) = last
            && known == content
        {
            recon::clear(&client, self.ask.book, id).await?;
            return Ok(Done {
                id: before,
                again: true,
            });
        }
        let noted = self.noted(
            (id, run),
            &counted,
            (compared.matched, compared.breaks),
            (content, head.position),
        );
        let meta = Meta {
            actor: self.ask.actor.clone(),
            lane: Lane::Bulk,
            correlation: Some(id.to_string()),
            ..Meta::system("reconcile")
        };
        let command = Command::NoteReconciliation(Box::new(noted));
        self.engine.submit(self.ask.book, command, meta).await?;
        Ok(Done { id, again: false })
    }

    fn frame(&self, zone: Zone, now: Instant) -> Frame {
        let end = zone.midnight(self.key.period.next().first_day());
        Frame {
            period: self.key.period,
            tells_settlements: self.plan.has_settlements(),
            tells_refunds: self.plan.has_refunds(),
            now,
            patience: end.plus_days(PATIENCE_DAYS),
        }
    }

    fn noted(
        &self,
        (reconciliation, run): (ReconciliationId, u32),
        counted: &Counted,
        (matched, breaks): (u64, BTreeMap<BreakClass, u32>),
        (content, position): (String, i64),
    ) -> ReconciliationRun {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        ReconciliationRun {
            reconciliation,
            run,
            file: self.key.file.clone(),
            mapping: self.mapping.to_owned(),
            mapping_sha256: self.key.mapping_sha256.clone(),
            platform: self.key.platform.clone(),
            period: self.key.period,
            account: self.ask.account.clone(),
            shop: self.ask.shop.clone(),
            rows: count(counted.rows),
            rejected: count(counted.rejected),
            matched: count(matched),
            breaks,
            content,
            position,
        }
    }

    /// Rows of the file into their table, by one COPY.
    async fn read(
        &self,
        client: &tokio_postgres::Client,
        id: ReconciliationId,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Counted, ReconError> {
        let book = self.ask.book;
        let file = files::find(client, book, &self.ask.digest).await?;
        let file = file.ok_or(ImportError::Missing("file"))?;
        let origin = Origin::Kept {
            pool: self.engine.pool().clone(),
            book,
            upload: file.upload,
            name: file.name,
        };
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let (plan, platform) = (Arc::clone(&self.plan), self.key.platform.clone());
        let thread = tokio::task::spawn_blocking(move || read(&origin, &plan, book, &platform, &sender));
        let mut rows = RowsIn::begin(client, book, id).await?;
        let mut told: u64 = 0;
        while let Some((row, bytes)) = receiver.recv().await {
            rows.add(&row).await?;
            told += 1;
            if told.is_multiple_of(1_000) {
                progress(Progress::Reading(u64::try_from(row.row).unwrap_or(0), bytes));
            }
        }
        let counted = thread.await.map_err(|_| ImportError::Thread)??;
        rows.finish().await?;
        Ok(counted)
    }

    /// Both sides in one ordered pass; breaks into their table by one COPY.
    async fn compare(
        &self,
        client: &tokio_postgres::Client,
        id: ReconciliationId,
        (frame, zone): (&Frame, Zone),
        (counted, position): (&Counted, i64),
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Compared, ReconError> {
        let book = self.ask.book;
        let writer = self.engine.pool().get().await?;
        let statement = format!(
            "{} {} {}",
            self.key.platform,
            self.key.period,
            self.key.file.get(..12).unwrap_or("")
        );
        let breaks = BreaksIn::begin(&writer, book, id).await?;
        let scope = Scope::of(self.ask, &self.key.platform, counted);
        let mut out = Out::new(breaks, (self.log, &statement), (frame, zone), (&counted.speaks, scope));
        let place = (self.key.platform.as_str(), self.key.period, position);
        let parts = recon::lines(client, (book, self.log), id, place).await?;
        let mut parts = std::pin::pin!(parts);
        let mut current: Option<Both> = None;
        while let Some((line, part)) = parts.try_next().await? {
            if let Some(done) = current.take_if(|both| both.line != line) {
                out.line(done).await?;
                if out.compared.lines.is_multiple_of(1_000) {
                    progress(Progress::Comparing(out.compared.lines));
                }
            }
            current.get_or_insert_with(|| Both::begin(line)).take(part)?;
        }
        if let Some(done) = current {
            out.line(done).await?;
        }
        let loose = recon::loose_cash(client, book, id).await?;
        let mut loose = std::pin::pin!(loose);
        while let Some((row, tag, amount, currency)) = loose.try_next().await? {
            let tag = CashTag::from_word(&tag).ok_or(ReconError::Unreadable)?;
            let cash = TheirCash {
                row,
                tag,
                amount: Minor(amount),
            };
            out.cash(&cash, currency.and_then(|code| code.parse().ok())).await?;
        }
        out.breaks.finish().await?;
        Ok(out.compared)
    }
}
