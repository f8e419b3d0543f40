//! The close of a month, as a durable job: closing entries, then sheets, page after page of parties. Whoever goes on with it
//! finds what is done already; two who work on one run do nothing twice.
//! Must never decide an amount: it reads what the month moved and tells it with commands, which check that it ties.
//!
//! Why figures may be read outside the head's lock: the month is cut off, so nothing is stamped into it but this run's own
//! closing entries, each a difference to what stands; and after those are ended, nothing at all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Engine, EngineError, Meta, not_started};
use crate::base::{BookId, Instant, LogId, MembershipId, Month, PartyId, RunId, Zone};
use crate::domain::book::BookMode;
use crate::domain::command::Command;
use crate::domain::settlement::terms::in_force;
use crate::domain::settlement::{Settle, Stage};
use crate::money::Rate;
use crate::store::jobs::{self, Lease};
use crate::store::{head, recon, settlements};

/// How often a server looks for runs that nobody works on.
const EVERY: Duration = Duration::from_millis(500);
/// How often a lease is renewed.
const BEAT: Duration = Duration::from_secs(8);
/// How long whoever finds a run taken waits before it looks again.
const AGAIN: Duration = Duration::from_millis(250);

/// What a close is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Contracts with tiers are trued up.
    #[default]
    TrueUps,
    /// Guarantees are settled.
    Guarantees,
    /// Reserves are held and released.
    Reserves,
    /// Sheets are drawn up.
    Sheets,
}

impl Phase {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Phase::TrueUps => "contracts trued up",
            Phase::Guarantees => "guarantees",
            Phase::Reserves => "reserves",
            Phase::Sheets => "sheets",
        }
    }
}

/// How far a close is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Done in this phase.
    pub done: u64,
    /// The last of what is done: a contract, or a party with its currency.
    pub after: Option<(Uuid, String)>,
}

/// How a close is worked on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Contracts or parties of one step, at most 500.
    pub step: i64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { step: 500 }
    }
}

/// What came of working on a close.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Every sheet is there, or the run was dropped meanwhile.
    Done,
    /// Somebody else works on it.
    Busy,
}

/// Works on runs of every book for as long as the engine lives.
pub async fn run(engine: Engine) {
    loop {
        if let Err(error) = round(&engine).await {
            tracing::warn!(%error, "a close waits for the next round");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn round(engine: &Engine) -> Result<(), EngineError> {
    let client = engine.pool().get().await.map_err(|_| EngineError::NotStarted)?;
    let found = settlements::under_way(&client).await.map_err(not_started)?;
    drop(client);
    for (book, log, run) in found {
        engine.close(book, log, run, Pace::default(), &mut |_| {}).await?;
    }
    Ok(())
}

impl Engine {
    /// Works on a run until every sheet is there.
    pub async fn close(
        &self,
        book: BookId,
        log: LogId,
        run: RunId,
        pace: Pace,
        watch: &mut (dyn FnMut(&Progress) + Send + Sync),
    ) -> Result<Outcome, EngineError> {
        let lease = Lease {
            book,
            id: run.0,
            owner: Uuid::now_v7(),
        };
        let client = self.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        let Some(text) = jobs::take(&client, lease, "settlement", &run.to_string())
            .await
            .map_err(not_started)?
        else {
            return Ok(Outcome::Busy);
        };
        drop(client);
        let progress: Progress = serde_json::from_str(&text).unwrap_or_default();
        let mut work = Work {
            engine: self,
            book,
            log,
            run,
            lease,
            pace,
            beat: Beat::start(self.clone(), lease, text),
            progress,
            watch,
        };
        let outcome = work.go().await;
        let done = matches!(outcome, Ok(Outcome::Done));
        let text = serde_json::to_string(&work.progress).unwrap_or_default();
        drop(work);
        let client = self.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        jobs::end(&client, lease, done, &text).await.map_err(not_started)?;
        outcome
    }

    /// Takes a run up on this server, now; any other goes on with it when this one stops.
    pub fn begin_close(&self, book: BookId, log: LogId, run: RunId) {
        let engine = self.clone();
        tokio::spawn(async move {
            if let Err(error) = engine.close(book, log, run, Pace::default(), &mut |_| {}).await {
                tracing::warn!(%error, %run, "a close waits for the next round");
            }
        });
    }

    /// The exit settlement of a party as a command: what it is owed up to the head, in the month that is open.
    pub async fn exit(&self, book: BookId, log: LogId, party: PartyId, reason: String) -> Result<Command, EngineError> {
        let client = self.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        let head = head::read(&client, log).await.map_err(not_started)?;
        let head = head.ok_or(EngineError::NotStarted)?;
        let position = head.position;
        let state = recon::book(&client, log, position).await.map_err(not_started)?;
        // A sandbox's time stands still between the moves of its clock.
        let now = match state.opened.mode {
            BookMode::Sandbox => head.recorded_at,
            BookMode::Live => head::now(&client).await.map_err(not_started)?,
        };
        let period = state.stamp(now).period;
        let terms = settlements::terms_until(&client, log, book, position)
            .await
            .map_err(not_started)?;
        let terms = in_force(&terms, period);
        let of = settlements::reckoned(&client, log, (period, position), &terms)
            .await
            .map_err(not_started)?;
        let sheets = settlements::exit(&client, log, &of, party).await.map_err(not_started)?;
        Ok(Command::Settle(Box::new(Settle::Exit {
            party,
            period,
            reason,
            position,
            sheets,
        })))
    }

    /// Sheets of a run with something payable that nobody confirmed.
    pub async fn unconfirmed(&self, log: LogId, run: RunId) -> Result<u64, EngineError> {
        let client = self.pool().get().await.map_err(|_| EngineError::NotStarted)?;
        settlements::unconfirmed(&client, log, run).await.map_err(not_started)
    }

    /// Works on a run, or waits for whoever does, until every sheet is there.
    pub async fn close_or_wait(
        &self,
        book: BookId,
        log: LogId,
        run: RunId,
        pace: Pace,
        watch: &mut (dyn FnMut(&Progress) + Send + Sync),
    ) -> Result<(), EngineError> {
        loop {
            if self.close(book, log, run, pace, watch).await? == Outcome::Done {
                return Ok(());
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Renews a lease while a long step is under way; ends with the work.
struct Beat {
    text: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Beat {
    fn start(engine: Engine, lease: Lease, text: String) -> Beat {
        let text = Arc::new(Mutex::new(text));
        let told = Arc::clone(&text);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                let text = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let Ok(client) = engine.pool().get().await else {
                    continue;
                };
                if matches!(jobs::progress(&client, lease, &text).await, Ok(false)) {
                    return;
                }
            }
        });
        Beat { text, task }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Work<'a> {
    engine: &'a Engine,
    book: BookId,
    log: LogId,
    run: RunId,
    lease: Lease,
    pace: Pace,
    beat: Beat,
    progress: Progress,
    watch: &'a mut (dyn FnMut(&Progress) + Send + Sync),
}

impl Work<'_> {
    /// Each stage until the next; what is done is found done.
    async fn go(&mut self) -> Result<Outcome, EngineError> {
        loop {
            let client = self.client().await?;
            let run = settlements::run(&client, self.log, self.run)
                .await
                .map_err(not_started)?;
            drop(client);
            let Some(run) = run else { return Ok(Outcome::Done) };
            let went_on = match (run.stage, run.reckoned_at) {
                (Stage::Closing, _) => self.closing(run.period).await,
                (Stage::Drafting, Some(position)) => self.drafting(run.period, position).await,
                _ => return Ok(Outcome::Done),
            };
            match went_on {
                Ok(true) => {}
                Ok(false) => return Ok(Outcome::Busy),
                // Somebody else took the run further, or dropped it: look again.
                Err(EngineError::Refused(refusal)) if refusal.code == "run_stage" => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn client(&self) -> Result<deadpool_postgres::Object, EngineError> {
        self.engine.pool().get().await.map_err(|_| EngineError::NotStarted)
    }

    async fn tell(&self, command: Command) -> Result<(), EngineError> {
        let meta = Meta {
            correlation: Some(self.run.to_string()),
            deadline: Duration::from_secs(120),
            ..Meta::system("settlement")
        };
        self.engine.submit(self.book, command, meta).await.map(|_| ())
    }

    async fn settle(&self, asked: Settle) -> Result<(), EngineError> {
        self.tell(Command::Settle(Box::new(asked))).await
    }

    /// Notes a step; false when the lease was lost.
    async fn step(&mut self, done: u64, after: (Uuid, String)) -> Result<bool, EngineError> {
        self.progress.done += done;
        self.progress.after = Some(after);
        (self.watch)(&self.progress);
        let text = serde_json::to_string(&self.progress).map_err(|_| EngineError::Internal)?;
        text.clone_into(&mut self.beat.text.lock().unwrap_or_else(PoisonError::into_inner));
        let client = self.client().await?;
        jobs::progress(&client, self.lease, &text).await.map_err(not_started)
    }

    /// Where a phase goes on; a phase that is done is passed over.
    fn begin(&mut self, phase: Phase) -> Option<(Uuid, String)> {
        if self.progress.phase != phase {
            self.progress = Progress {
                phase,
                ..Progress::default()
            };
        }
        self.progress.after.clone()
    }

    async fn closing(&mut self, period: Month) -> Result<bool, EngineError> {
        let client = self.client().await?;
        let terms = settlements::terms(&client, self.log, self.book)
            .await
            .map_err(not_started)?;
        drop(client);
        let held = terms.iter().any(|set| set.terms.reserve_rate != Rate::ZERO);
        let back = in_force(&terms, period).true_up_months;
        for phase in [Phase::TrueUps, Phase::Guarantees, Phase::Reserves] {
            let order = |phase: Phase| phase as u8;
            if order(self.progress.phase) > order(phase) && self.progress.phase != Phase::Sheets {
                continue;
            }
            let went_on = match phase {
                Phase::TrueUps => self.true_ups(period, back).await?,
                Phase::Guarantees => self.guarantees(period).await?,
                _ if held => self.reserves(period).await?,
                _ => true,
            };
            if !went_on {
                return Ok(false);
            }
        }
        self.settle(Settle::Reckon { run: self.run }).await?;
        Ok(true)
    }

    /// Trues up this month and those before it, as far back as the terms say, of every contract with tiers.
    async fn true_ups(&mut self, period: Month, back: u32) -> Result<bool, EngineError> {
        let mut after = self.begin(Phase::TrueUps).map_or(Uuid::nil(), |(after, _)| after);
        loop {
            let client = self.client().await?;
            let found = settlements::tiered(&client, self.log, MembershipId(after), ends(period), self.pace.step)
                .await
                .map_err(not_started)?;
            drop(client);
            let Some((last, ..)) = found.last() else {
                return Ok(true);
            };
            after = last.0;
            let mut told = Vec::new();
            for (membership, member, from) in &found {
                let mut month = period;
                for _ in 0..=back {
                    if ends(month) <= *from {
                        break;
                    }
                    let command = Command::TrueUpMembership {
                        member: *member,
                        membership: *membership,
                        month,
                        run: Some(self.run),
                    };
                    told.push(self.tell(command));
                    month = month.previous();
                }
            }
            for outcome in join_all(told).await {
                match outcome {
                    // The contract lost its tiers, or ended before it began.
                    Err(EngineError::Refused(refusal))
                        if matches!(refusal.code, "no_monthly_tiers" | "not_found" | "period_not_over") => {}
                    other => other?,
                }
            }
            let done = u64::try_from(found.len()).unwrap_or_default();
            if !self.step(done, (after, String::new())).await? {
                return Ok(false);
            }
        }
    }

    async fn guarantees(&mut self, period: Month) -> Result<bool, EngineError> {
        let mut after = self.begin(Phase::Guarantees).map_or(Uuid::nil(), |(after, _)| after);
        loop {
            let client = self.client().await?;
            let begun = ends(period);
            let figures =
                settlements::guaranteed(&client, self.log, period, MembershipId(after), begun, self.pace.step)
                    .await
                    .map_err(not_started)?;
            drop(client);
            let Some(last) = figures.last() else { return Ok(true) };
            after = last.membership.0;
            let done = u64::try_from(figures.len()).unwrap_or_default();
            let run = self.run;
            self.settle(Settle::Guarantees { run, figures }).await?;
            if !self.step(done, (after, String::new())).await? {
                return Ok(false);
            }
        }
    }

    async fn reserves(&mut self, period: Month) -> Result<bool, EngineError> {
        let mut after = self.begin(Phase::Reserves).unwrap_or((Uuid::nil(), String::new()));
        loop {
            let client = self.client().await?;
            let figures = settlements::reserved(&client, self.log, period, (after.0, &after.1), self.pace.step)
                .await
                .map_err(not_started)?;
            drop(client);
            let Some(last) = figures.last() else { return Ok(true) };
            after = (last.party.uuid(), last.currency.code().to_owned());
            let done = u64::try_from(figures.len()).unwrap_or_default();
            let run = self.run;
            self.settle(Settle::Reserves { run, figures }).await?;
            if !self.step(done, after.clone()).await? {
                return Ok(false);
            }
        }
    }

    /// Draws up every sheet, then ends the draft with their digest.
    async fn drafting(&mut self, period: Month, position: i64) -> Result<bool, EngineError> {
        let mut after = self.begin(Phase::Sheets).map_or(Uuid::nil(), |(after, _)| after);
        let client = self.client().await?;
        let terms = settlements::terms(&client, self.log, self.book)
            .await
            .map_err(not_started)?;
        let terms = in_force(&terms, period);
        let of = settlements::reckoned(&client, self.log, (period, position), &terms)
            .await
            .map_err(not_started)?;
        drop(client);
        loop {
            let client = self.client().await?;
            let page = settlements::sheets(&client, self.log, &of, after, self.pace.step)
                .await
                .map_err(not_started)?;
            drop(client);
            let Some(last) = page.last else { break };
            after = last;
            let done = u64::try_from(page.sheets.len()).unwrap_or_default();
            let mut sheets = page.sheets;
            // A party has a sheet for each of its currencies.
            while !sheets.is_empty() {
                let rest = sheets.split_off(sheets.len().min(500));
                let run = self.run;
                self.settle(Settle::DraftSheets { run, sheets }).await?;
                sheets = rest;
            }
            if !self.step(done, (after, String::new())).await? {
                return Ok(false);
            }
        }
        let client = self.client().await?;
        let whole = settlements::digest(&client, self.log, self.run)
            .await
            .map_err(not_started)?;
        drop(client);
        self.settle(Settle::DraftRun {
            run: self.run,
            sheets: whole.sheets,
            sums: whole.sums,
            digest: whole.digest,
        })
        .await?;
        Ok(true)
    }
}

/// A day after the end of a month anywhere: which contracts began is decided by the book's own zone.
fn ends(period: Month) -> Instant {
    Zone::SHANGHAI.midnight(period.next().first_day()).plus_days(1)
}
