//! One run of a reconciliation: file in, both sides compared, breaks out, noted in the log.
//! Must never note a run whose breaks do not stand, nor a second one that found nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::breaks::{Of, breaks};
use super::ours::side;
use super::rows::{Told, named, refunds, theirs};
use crate::base::{BookId, ExternalId, LineId, LogId, Month, ReconciliationId, ShopId, Zone, derive_uuid};
use crate::domain::command::{Actor, Command};
use crate::domain::event::Event;
use crate::domain::order::{LineEvent, LineFact, LineState};
use crate::domain::recon::compare::{Finding, Frame, OnLine, Stage, TheirCash, Value, compare, compare_cash};
use crate::domain::recon::{BreakClass, CashTag, Cause, Proposal, ReconciliationRun};
use crate::engine::{Engine, EngineError, Lane, Meta};
use crate::intake::emit::Told as Emitted;
use crate::intake::import::{ImportError, Pass};
use crate::intake::mapping::Mapping;
use crate::intake::plan::Plan;
use crate::intake::reader::{Origin, Read1, Reader};
use crate::money::{Currency, Minor, MoneyError};
use crate::store::jobs::{self, Lease};
use crate::store::recon::{self, BreaksIn, Part, ReconRow, RowsIn, RunKey};
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

/// What the pass over the file counted.
#[derive(Default)]
struct Counted {
    rows: u64,
    rejected: u64,
    /// Fees that some row has.
    speaks: BTreeSet<String>,
    /// Accounts and shops that rows name.
    accounts: BTreeSet<ExternalId>,
    shops: BTreeSet<ExternalId>,
}

/// What the comparison counted.
struct Compared {
    lines: u64,
    matched: u64,
    breaks: BTreeMap<BreakClass, u32>,
    hash: Sha256,
    number: i32,
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
        let end = zone.midnight(self.key.period.next().first_day());
        let frame = Frame {
            period: self.key.period,
            tells_settlements: self.plan.has_settlements(),
            tells_refunds: self.plan.has_refunds(),
            now: head.recorded_at,
            patience: end.plus_days(PATIENCE_DAYS),
        };
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
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let noted = ReconciliationRun {
            reconciliation: id,
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
            matched: count(compared.matched),
            breaks: compared.breaks,
            content,
            position: head.position,
        };
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
        let mut out = Out {
            breaks: BreaksIn::begin(&writer, book, id).await?,
            compared: Compared {
                lines: 0,
                matched: 0,
                breaks: BTreeMap::new(),
                hash: Sha256::new(),
                number: 0,
            },
            log: self.log,
            statement: &statement,
            frame,
            zone,
            speaks: &counted.speaks,
            scope: Scope::of(self.ask, &self.key.platform, counted),
        };
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

/// Reads the file on a thread of its own.
fn read(
    origin: &Origin,
    plan: &Plan,
    book: BookId,
    platform: &ExternalId,
    sender: &mpsc::Sender<(ReconRow, u64)>,
) -> Result<Counted, ImportError> {
    let mut reader = Reader::new(origin.open(plan)?, plan, book, Pass::Facts);
    let mut counted = Counted::default();
    while let Some(read) = reader.next(None)? {
        let at = reader.progress();
        counted.rows = at.rows;
        let row = i64::try_from(at.rows).unwrap_or(i64::MAX);
        let cash = match reader.cash() {
            Ok(cash) if !matches!(read, Read1::Rejected(_)) => cash,
            Ok(Some(cash)) => Some(cash),
            Ok(None) | Err(_) => {
                counted.rejected += 1;
                continue;
            }
        };
        let mut lines: BTreeMap<LineId, Vec<LineFact>> = BTreeMap::new();
        for told in reader.out.told.drain(..) {
            if let Emitted::Fact(fact) = told
                && fact.platform == *platform
            {
                lines.entry(fact.line).or_default().push(*fact);
            }
        }
        let mut rows: Vec<ReconRow> = lines
            .into_values()
            .filter_map(|facts| of_line(row, facts, &mut counted))
            .collect();
        if let Some(cash) = cash.filter(|cash| cash.platform == *platform) {
            rows.push(ReconRow {
                row,
                nth: 0,
                line: cash.line.as_ref().map(|(line, _)| line.0),
                line_no: cash.line.map(|(_, number)| number.as_str().to_owned()),
                facts: "[]".to_owned(),
                tag: Some(cash.tag.word()),
                amount: Some(cash.amount.0),
                currency: Some(cash.currency.code().to_owned()),
                flow_no: cash.flow_no.map(|number| number.as_str().to_owned()),
                at: cash.at.utc(),
            });
        }
        for (nth, mut one) in (0..).zip(rows) {
            one.nth = nth;
            if sender.blocking_send((one, at.bytes)).is_err() {
                return Ok(counted);
            }
        }
    }
    Ok(counted)
}

fn of_line(row: i64, facts: Vec<LineFact>, counted: &mut Counted) -> Option<ReconRow> {
    let first = facts.first()?;
    for fact in &facts {
        counted.accounts.extend(fact.about.account.clone());
        counted.shops.extend(fact.about.shop_no.clone());
        let track = fact.reported.as_deref().and_then(|reported| reported.settled.as_ref());
        for (name, _) in track.into_iter().flat_map(named) {
            counted.speaks.insert(name);
        }
    }
    Some(ReconRow {
        row,
        nth: 0,
        line: Some(first.line.0),
        line_no: Some(first.line_no.as_str().to_owned()),
        tag: None,
        amount: None,
        currency: facts
            .iter()
            .find_map(|fact| fact.currency)
            .map(|currency| currency.code().to_owned()),
        flow_no: None,
        at: first.at.utc(),
        facts: serde_json_canonicalizer::to_string(&facts).unwrap_or_default(),
    })
}

/// Both sides of one line, as they come.
struct Both {
    line: LineId,
    line_no: Option<String>,
    told: Vec<Told>,
    cash: Vec<TheirCash>,
    currency: Option<Currency>,
    state: LineState,
}

impl Both {
    fn begin(line: LineId) -> Both {
        Both {
            line,
            line_no: None,
            told: Vec::new(),
            cash: Vec::new(),
            currency: None,
            state: LineState::default(),
        }
    }

    fn take(&mut self, part: Part) -> Result<(), ReconError> {
        match part {
            Part::Row {
                row,
                facts,
                cash,
                currency,
                line_no,
            } => {
                self.line_no = self.line_no.take().or(line_no);
                self.currency = self.currency.or_else(|| currency.and_then(|code| code.parse().ok()));
                let facts: Vec<LineFact> = serde_json::from_str(&facts).map_err(|_| ReconError::Unreadable)?;
                if !facts.is_empty() {
                    self.told.push(Told { row, facts });
                }
                if let Some((tag, amount)) = cash {
                    let tag = CashTag::from_word(&tag).ok_or(ReconError::Unreadable)?;
                    let amount = Minor(amount);
                    self.cash.push(TheirCash { row, tag, amount });
                }
            }
            Part::Event(event) => {
                if let (Event::Line(event), placed) = event.as_ref() {
                    let event: &LineEvent = event;
                    self.state.evolve(event, placed);
                }
            }
        }
        Ok(())
    }
}

/// Both sides name another currency.
fn other_currency(row: Option<i64>) -> Finding {
    Finding {
        class: BreakClass::B06,
        cause: Cause::CommissionDiffers,
        component: "currency".to_owned(),
        case: None,
        row,
        ours: Value::None,
        theirs: Value::None,
        difference: None,
        proposal: Proposal::AskPlatform,
        until: None,
    }
}

/// Where findings go.
struct Out<'a> {
    breaks: BreaksIn,
    compared: Compared,
    log: LogId,
    statement: &'a str,
    frame: &'a Frame,
    zone: Zone,
    speaks: &'a BTreeSet<String>,
    scope: Scope,
}

/// Whose lines the statement could speak of: a line elsewhere that it lacks is no break.
struct Scope {
    accounts: BTreeSet<ExternalId>,
    shops: BTreeSet<ShopId>,
}

impl Scope {
    fn of(ask: &Ask, platform: &ExternalId, counted: &Counted) -> Scope {
        let named = |asked: &Option<ExternalId>, told: &BTreeSet<ExternalId>| match asked {
            Some(one) => BTreeSet::from([one.clone()]),
            None => told.clone(),
        };
        let shops = named(&ask.shop, &counted.shops);
        Scope {
            accounts: named(&ask.account, &counted.accounts),
            shops: shops
                .iter()
                .map(|no| ShopId::of(ask.book, platform.as_str(), no.as_str()))
                .collect(),
        }
    }

    /// A line of which no account or shop is known may be anywhere.
    fn has(&self, state: &LineState) -> bool {
        let account = state.about().account.as_ref();
        let shop = state.pin.as_ref().and_then(|pin| pin.dims.shop);
        let within_accounts = self.accounts.is_empty() || account.is_none_or(|account| self.accounts.contains(account));
        let within_shops = self.shops.is_empty() || shop.is_none_or(|shop| self.shops.contains(&shop));
        within_accounts && within_shops
    }
}

impl Out<'_> {
    async fn line(&mut self, both: Both) -> Result<(), ReconError> {
        self.compared.lines += 1;
        let Both {
            line,
            line_no,
            told,
            cash,
            currency,
            state,
        } = both;
        if told.is_empty() && cash.is_empty() && !self.scope.has(&state) {
            return Ok(());
        }
        let number = state
            .line_no()
            .map(|number| number.as_str().to_owned())
            .or(line_no)
            .unwrap_or_default();
        let money = |error| ReconError::Money(number.clone(), error);
        let side = side(&state, self.zone).map_err(money)?;
        let newest = side.as_ref().and_then(|side| side.newest);
        let mut rows: Vec<_> = told
            .iter()
            .filter_map(|told| theirs(told, self.zone, self.speaks))
            .collect();
        for row in &mut rows {
            row.tellable = !row.snapshot || newest.is_none_or(|newest| row.told_at > newest);
        }
        let settled = rows.iter().any(|row| row.stage == Stage::Settled);
        let on_line = OnLine {
            ours: side.as_ref().map(|side| side.ours.clone()),
            theirs: rows,
            refunds: told.iter().flat_map(refunds).collect(),
            cash,
        };
        let of_rows = told
            .iter()
            .flat_map(|told| &told.facts)
            .find_map(|fact| fact.currency)
            .or(currency);
        let findings = match (state.currency(), of_rows) {
            // Amounts of two currencies are not compared.
            (Some(here), Some(there)) if here != there => vec![other_currency(told.first().map(|told| told.row))],
            _ => compare(&on_line, self.frame).map_err(money)?,
        };
        if findings.is_empty() && settled && side.is_some() {
            self.compared.matched += 1;
        }
        let of = Of {
            log: self.log,
            line: Some((line, &number)),
            currency: state.currency().or(of_rows),
            told: &told,
            side: side.as_ref(),
            now: self.frame.now,
            statement: self.statement,
        };
        self.keep(findings, &of).await
    }

    async fn cash(&mut self, cash: &TheirCash, currency: Option<Currency>) -> Result<(), ReconError> {
        let Some(finding) = compare_cash(cash, self.frame) else {
            return Ok(());
        };
        let of = Of {
            log: self.log,
            line: None,
            currency,
            told: &[],
            side: None,
            now: self.frame.now,
            statement: self.statement,
        };
        self.keep(vec![finding], &of).await
    }

    async fn keep(&mut self, findings: Vec<Finding>, of: &Of<'_>) -> Result<(), ReconError> {
        if findings.is_empty() {
            return Ok(());
        }
        for finding in &findings {
            let count = self.compared.breaks.entry(finding.class).or_default();
            *count = count.saturating_add(1);
        }
        let mut number = self.compared.number;
        let mut numbers = || {
            number = number.saturating_add(1);
            number
        };
        let money = |error| ReconError::Money(of.line.map_or("", |(_, number)| number).to_owned(), error);
        let rows = breaks(findings, of, &mut numbers).map_err(money)?;
        self.compared.number = number;
        for row in &rows {
            self.compared.hash.update(row.break_id.as_bytes());
            self.breaks.add(row).await?;
        }
        Ok(())
    }
}
