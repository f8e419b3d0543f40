//! A close measured: a month of many settled lines and parties, beside the bare aggregate of the same legs, and the same end
//! after being killed on the way.
//! It must never kill anything but the close that it started itself.

use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant as Clock};

use tokio_postgres::Client;

use super::BenchError;
use crate::base::{BookId, Instant, LineId, LogId, Month, PartyId, PartyKind, RunId, Zone};
use crate::domain::book::{BookMode, BookOpened, Fee, Formula, FormulaBasis, Perspective};
use crate::domain::command::Command;
use crate::domain::order::fact::Snapshot;
use crate::domain::order::pin::FeeOf;
use crate::domain::order::{About, LineFact, Settleable, What};
use crate::domain::person::Role;
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use crate::domain::settlement::Settle;
use crate::engine::{Engine, EngineSettings, Meta};
use crate::money::{Currency, Minor, Rate, Rounding};
use crate::store::books;

/// Lines of one command, and commands under way at once.
const CHUNK: u64 = 500;
const AT_ONCE: u64 = 4;
/// How long a dead worker's lease keeps its run.
const LEASE: Duration = Duration::from_secs(31);
const PLATFORM: &str = "bench";

/// What is measured, and where.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Settled lines of the month.
    pub lines: u64,
    /// Anchors that they belong to.
    pub parties: u64,
    /// How often the close is killed on its way.
    pub kills: u64,
    /// This program.
    pub program: PathBuf,
    /// A database of its own.
    pub url: String,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Legs of the month.
    pub legs: i64,
    /// Sheets.
    pub sheets: i64,
    /// The bare aggregate, the best of three.
    pub bare: Duration,
    /// The close: from the start of the program to its end.
    pub close: Duration,
    /// Most memory that the closing process held.
    pub peak: String,
    /// At how many sheets it was killed.
    pub killed_at: Vec<i64>,
    /// The killed close said the same, sheet by sheet and line by line.
    pub same: bool,
}

fn month() -> Month {
    Month { year: 2026, month: 5 }
}

pub(super) fn at(text: &str) -> Result<Instant, BenchError> {
    text.parse().map_err(BenchError::other)
}

pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T, BenchError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(BenchError::other)
}

pub(super) async fn send(engine: &Engine, book: BookId, commands: Vec<Command>) -> Result<(), BenchError> {
    let sent = commands.into_iter().map(|command| {
        let meta = Meta {
            deadline: Duration::from_secs(300),
            ..Meta::system("bench")
        };
        engine.submit(book, command, meta)
    });
    for answer in futures_util::future::join_all(sent).await {
        answer?;
    }
    Ok(())
}

pub(super) fn anchor(book: BookId, n: u64) -> PartyId {
    PartyId::of(book, PartyKind::Anchor, &format!("anchor{n}"))
}

/// Parties, a shop, a formula with a fee, a rule.
pub(super) async fn open(engine: &Engine, book: BookId, parties: u64) -> Result<(), BenchError> {
    let opened = BookOpened {
        book,
        name: id("bench")?,
        perspective: Perspective::Platform,
        mode: BookMode::Live,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 1,
    };
    engine.open_book(opened, None, Meta::system("bench")).await?;
    let register = |kind: PartyKind, number: String| -> Result<Command, BenchError> {
        Ok(Command::RegisterParty {
            kind,
            name: id(&number)?,
            external_id: Some(id(&number)?),
        })
    };
    let mut commands = vec![
        register(PartyKind::Brand, "brand".to_owned())?,
        register(PartyKind::Platform, "fee".to_owned())?,
    ];
    for n in 0..parties {
        commands.push(register(PartyKind::Anchor, format!("anchor{n}"))?);
        if commands.len() == 1_000 {
            send(engine, book, std::mem::take(&mut commands)).await?;
        }
    }
    send(engine, book, commands).await?;
    let from = at("2026-01-01T00:00:00+08:00")?;
    let brand = PartyId::of(book, PartyKind::Brand, "brand");
    let shop = Command::RegisterShop {
        platform: id(PLATFORM)?,
        shop_no: id("shop")?,
        name: id("shop")?,
        brand,
    };
    send(engine, book, vec![shop]).await?;
    let formula = Command::SetFormula {
        formula: None,
        effective_from: Some(from),
        terms: Box::new(terms_of_split(book)?),
    };
    let scope = RuleScope::Shop(crate::base::ShopId::of(book, PLATFORM, "shop"));
    let rule = Command::PostRule {
        external_id: None,
        brand,
        kind: PlanKind::General,
        scope,
        currency: Currency::CNY,
        terms: Box::new(terms_of_rule(from)?),
    };
    send(engine, book, vec![formula, rule]).await
}

fn ppm(n: u32) -> Result<Rate, BenchError> {
    Rate::from_ppm(n).map_err(BenchError::other)
}

/// A rule that gives everyone a fifth.
pub(super) fn terms_of_rule(from: Instant) -> Result<RuleTerms, BenchError> {
    Ok(RuleTerms {
        subjects: Subjects::Everyone,
        from,
        to: None,
        rates: Rates::Flat(ppm(200_000)?),
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    })
}

/// A formula by the book's own rules, with one fee of a tenth.
pub(super) fn terms_of_split(book: BookId) -> Result<Formula, BenchError> {
    Ok(Formula {
        name: "bench".to_owned(),
        basis: FormulaBasis::OwnRules,
        payer: None,
        platform: None,
        rounding: Rounding::HalfUp,
        add_back: Vec::new(),
        kept_deposit_is_base: false,
        returns_without_order: false,
        content_fee: None,
        rates_are_overall: false,
        fees: vec![Fee {
            name: "technical_fee".to_owned(),
            taker: PartyId::of(book, PartyKind::Platform, "fee"),
            rate: ppm(100_000)?,
            of: FeeOf::Gross,
        }],
        subsidies: Vec::new(),
        settleable: Settleable::PlatformSettled,
        window_seconds: 86_400,
    })
}

/// One settled line: a platform's row as it stands.
fn line(book: BookId, n: u64, parties: u64) -> Result<LineFact, BenchError> {
    let number = format!("L{n}");
    let day = |hour: u64| at(&format!("2026-05-{:02}T{hour:02}:00:00+08:00", 1 + n % 28));
    Ok(LineFact {
        line: LineId::of(book, PLATFORM, &number),
        platform: id(PLATFORM)?,
        line_no: id(&number)?,
        at: day(20)?,
        currency: Some(Currency::CNY),
        about: About {
            shop_no: Some(id("shop")?),
            promoter: Some(anchor(book, n % parties)),
            ..About::default()
        },
        what: What::Snapshot(Snapshot {
            created_at: Some(day(10)?),
            paid_at: Some(day(11)?),
            settled_at: Some(day(20)?),
            paid: Some(Minor(i64::try_from(5_000 + n % 20_000).unwrap_or(5_000))),
            ..Snapshot::default()
        }),
        reported: None,
    })
}

async fn fill(engine: &Engine, book: BookId, measure: &Measure) -> Result<(), BenchError> {
    let mut next = 0;
    while next < measure.lines {
        let mut commands = Vec::new();
        for _ in 0..AT_ONCE {
            let end = (next + CHUNK).min(measure.lines);
            let facts = (next..end)
                .map(|n| line(book, n, measure.parties))
                .collect::<Result<Vec<_>, _>>()?;
            if !facts.is_empty() {
                commands.push(Command::Facts(facts));
            }
            next = end;
        }
        send(engine, book, commands).await?;
    }
    Ok(())
}

fn start(measure: &Measure, book: BookId, key: &str) -> Result<Child, BenchError> {
    Ok(Process::new(&measure.program)
        .args(["settle", "--period", &month().to_string(), "--book", &book.to_string()])
        .args(["--database-url", &measure.url])
        .env("FENZHANG_KEY", key)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

/// What Linux says of a process; empty elsewhere.
fn peak(child: &Child) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

/// Closes without a break: how long it took, and the most memory it held.
async fn whole(measure: &Measure, book: BookId, key: &str) -> Result<(Duration, String), BenchError> {
    let begun = Clock::now();
    let mut child = start(measure, book, key)?;
    let mut most = String::new();
    loop {
        if let Some(now) = peak(&child) {
            most = now;
        }
        match child.try_wait()? {
            Some(status) if status.success() => return Ok((begun.elapsed(), most)),
            Some(status) => return Err(BenchError::Other(format!("the close ended with {status}"))),
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn drafted(client: &Client, log: LogId, run: RunId) -> Result<i64, BenchError> {
    let row = client
        .query_one(include_str!("sql/close_progress.sql"), &[&log.0, &run.0])
        .await?;
    Ok(row.try_get(0)?)
}

/// Kills the close once it is past a number of sheets; says at how many it stood.
async fn killed(
    measure: &Measure,
    client: &Client,
    (book, log, run): (BookId, LogId, RunId),
    key: &str,
    past: i64,
) -> Result<i64, BenchError> {
    let mut child = start(measure, book, key)?;
    loop {
        let sheets = drafted(client, log, run).await?;
        if sheets >= past {
            child.kill()?;
            child.wait()?;
            tokio::time::sleep(LEASE).await;
            return Ok(sheets);
        }
        if let Some(status) = child.try_wait()? {
            return Err(BenchError::Other(format!(
                "the close ended with {status} before {past} sheets"
            )));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn said(client: &Client, log: LogId, run: RunId) -> Result<(i64, String), BenchError> {
    let row = client
        .query_one(include_str!("sql/close_said.sql"), &[&log.0, &run.0])
        .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn bare(client: &Client, log: LogId) -> Result<(i64, Duration), BenchError> {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let begun = Clock::now();
        client
            .query_one(include_str!("sql/bare_close.sql"), &[&log.0, &month().number()])
            .await?;
        best = best.min(begun.elapsed());
    }
    let legs = client
        .query_one(include_str!("sql/close_legs.sql"), &[&log.0, &month().number()])
        .await?;
    Ok((legs.try_get(0)?, best))
}

/// Measures.
pub async fn measure(measure: &Measure, client: &Client, say: &mut dyn FnMut(&str)) -> Result<Measured, BenchError> {
    let settings = EngineSettings {
        database_url: measure.url.clone(),
        readers: 4,
        background: false,
        allow_owner: false,
    };
    let engine = Engine::start(settings).await?;
    let book = BookId(uuid::Uuid::now_v7());
    open(&engine, book, measure.parties).await?;
    say("parties are there; settling lines");
    fill(&engine, book, measure).await?;
    let minted = crate::access::mint(false);
    let issue = Command::IssueKey {
        person: None,
        key: minted.key,
        label: id("bench")?,
        role: Role::Owner,
        party: None,
        expires_at: None,
    };
    let meta = Meta {
        secret_hash: Some(minted.hash),
        ..Meta::system("bench")
    };
    engine.submit(book, issue, meta).await?;
    let missing = || BenchError::Other("the book is missing".to_owned());
    let log = books::of_book(client, book).await?.ok_or_else(missing)?.money;
    client.batch_execute("analyze").await?;
    say("lines are settled; closing");
    let (legs, bare) = bare(client, log).await?;
    let (close, peak) = whole(measure, book, &minted.text).await?;
    let first = RunId::of(book, month(), 1);
    let (sheets, expected) = said(client, log, first).await?;
    let reason = "measured".to_owned();
    let dropped = Command::Settle(Box::new(Settle::Drop { run: first, reason }));
    engine.submit(book, dropped, Meta::system("bench")).await?;
    let second = RunId::of(book, month(), 2);
    let mut killed_at = Vec::new();
    for kill in 1..=measure.kills {
        let past = sheets * i64::try_from(kill).unwrap_or(1) / i64::try_from(measure.kills + 1).unwrap_or(2);
        say(&format!("killing the close after {past} sheets"));
        killed_at.push(killed(measure, client, (book, log, second), &minted.text, past.max(1)).await?);
    }
    whole(measure, book, &minted.text).await?;
    let same = said(client, log, second).await? == (sheets, expected);
    engine.stop().await;
    Ok(Measured {
        legs,
        sheets,
        bare,
        close,
        peak,
        killed_at,
        same,
    })
}
