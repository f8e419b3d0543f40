//! `reconcile`: a platform's statement file against the book, line by line, with breaks that paste into a spreadsheet.
//! Must never accept anything that was not asked for by class.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use super::progress::Bar;
use crate::base::{ExternalId, Month};
use crate::domain::command::Actor;
use crate::domain::recon::{BreakClass, How};
use crate::engine::{Engine, Meta};
use crate::intake::reconcile::desk::{BreakChoice, resolve};
use crate::intake::reconcile::{Ask, Progress, ReconError, run};
use crate::intake::{detect, ready, shelf};
use crate::report::{self, BreakFilter, Page, ReconciliationView, ReconciliationsView, Table, cell};
use crate::store::books::BookLogs;

/// Compares a platform's statement file with what the book settled in a month, line by line. Breaks come in twelve classes
/// with probable cause and proposal. The same file over an unchanged book is one reconciliation and changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang reconcile settle-bill.csv --book shop --period 2026-06
  fenzhang reconcile statement.csv --mapping generic-statement --platform taobao --book sample --period 2025-11
  fenzhang reconcile statement.csv --book shop --period 2026-06 --accept B05 --accept B12
  fenzhang reconcile statement.csv --book shop --period 2026-06 > breaks.tsv

Breaks go to standard output with tabs between columns; the summary goes to standard error. --accept does what the breaks of a
class propose; adjustments need two persons and are accepted over the API. Exit code 3 while breaks are open.")]
pub(super) struct Reconcile {
    /// The statement.
    file: PathBuf,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    /// Which month, by settle date.
    #[arg(long)]
    period: Month,
    /// A ready mapping by name, or a TOML file of your own. Default: the ready mapping that the file fits.
    #[arg(long)]
    mapping: Option<String>,
    /// The platform whose lines are compared. Default: the mapping's own.
    #[arg(long)]
    platform: Option<ExternalId>,
    /// Only lines that this platform account was told of. Default: of the accounts that the file names.
    #[arg(long)]
    account: Option<ExternalId>,
    /// Only lines of this shop, by the platform's number. Default: of the shops that the file names.
    #[arg(long)]
    shop: Option<ExternalId>,
    /// Accepts what the open breaks of a class propose; may be given several times.
    #[arg(long, value_name = "CLASS", value_parser = class)]
    accept: Vec<BreakClass>,
    /// Lists accepted, rejected and parked breaks too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Where,
}

fn class(text: &str) -> Result<BreakClass, String> {
    BreakClass::from_word(text).ok_or_else(|| "a class is B01 to B12".to_owned())
}

impl Reconcile {
    pub(super) fn run(self) -> Result<(), Failure> {
        let named = match &self.mapping {
            Some(named) => named.clone(),
            None => {
                let detected = detect::file(&self.file)?;
                let unclear = || {
                    Failure::usage("no ready mapping fits the file alone")
                        .next("name one with --mapping, such as generic-statement")
                };
                detected.best.ok_or_else(unclear)?.to_owned()
            }
        };
        let text = match ready::find(&named) {
            Some(text) => text.to_owned(),
            None => {
                fs::read_to_string(&named).map_err(|error| Failure::usage(format!("no mapping {named:?}: {error}")))?
            }
        };
        let size = fs::metadata(&self.file)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", self.file.display())))?
            .len();
        let database = self.place.open()?;
        let open = block_on(async {
            let engine = database.engine(true, false).await?;
            let done = self.reconcile(&engine, text, size).await;
            engine.stop().await;
            done
        })?;
        match open {
            0 => Ok(()),
            open => {
                let are = if open == 1 { "break is" } else { "breaks are" };
                Err(Failure::difference(format!("{open} {are} open")).next(
                    "--accept CLASS does what the breaks of a class propose; over the API each is accepted, rejected or \
                     parked",
                ))
            }
        }
    }

    async fn reconcile(&self, engine: &Engine, mapping: String, size: u64) -> Result<i64, Failure> {
        let client = engine.pool().get().await?;
        let logs = books::find(&client, self.book.as_deref()).await?;
        drop(client);
        let file = shelf::keep_path(engine.pool(), logs.book, &self.file, &Actor::SYSTEM).await?;
        let ask = Ask {
            book: logs.book,
            digest: file.digest,
            mapping,
            platform: self.platform.clone(),
            period: self.period,
            account: self.account.clone(),
            shop: self.shop.clone(),
            actor: Actor::SYSTEM,
        };
        let mut bar = Bar::begin("reading", "rows", size);
        let (mut rows, mut comparing) = (0, None);
        let done = run(engine, &ask, &mut |at| match at {
            Progress::Reading(read, bytes) => {
                rows = read;
                bar.step(bytes, read);
            }
            Progress::Comparing(lines) => {
                let bar = comparing.get_or_insert_with(|| Bar::begin("comparing", "lines", rows));
                bar.step(lines.min(rows), lines);
            }
        })
        .await;
        bar.end();
        comparing.into_iter().for_each(Bar::end);
        let done = done.map_err(failure)?;
        for class in &self.accept {
            accept(engine, &logs, done.id, *class).await?;
        }
        let client = engine.pool().get().await?;
        let view = report::reconciliation(&client, logs.money, done.id).await?;
        let accepted: Vec<&str> = self.accept.iter().map(|class| class.word()).collect();
        let again = match (done.again, accepted.is_empty()) {
            (true, true) => ", as before: nothing was changed".to_owned(),
            (false, true) => String::new(),
            (_, false) => format!("; accepted what breaks of {} propose", accepted.join(", ")),
        };
        eprintln!("reconciled {} as {}{again}", self.file.display(), done.id);
        summary(&view);
        let filter = BreakFilter {
            state: (!self.all).then_some("open"),
            ..BreakFilter::default()
        };
        let mut page = Page::first(Page::MOST);
        let mut first = true;
        loop {
            let breaks = report::breaks(&client, logs.money, done.id, &filter, &page).await?;
            print(&breaks.table(), first);
            first = false;
            match breaks.next {
                Some(next) => page = Page::after(Some(next), Page::MOST),
                None => return Ok(view.open),
            }
        }
    }
}

/// Accepts every open break of a class.
async fn accept(
    engine: &Engine,
    logs: &BookLogs,
    id: crate::base::ReconciliationId,
    class: BreakClass,
) -> Result<(), Failure> {
    let choice = BreakChoice {
        class: Some(class.word()),
        ..BreakChoice::default()
    };
    loop {
        let done = (How::Accepted, None);
        match resolve(
            engine,
            (logs.book, logs.money),
            id,
            &choice,
            done,
            Meta::system("reconcile"),
        )
        .await
        {
            Ok(_) => {}
            Err(ReconError::NothingOpen) => return Ok(()),
            Err(error) => return Err(failure(error)),
        }
    }
}

fn failure(error: ReconError) -> Failure {
    match error {
        ReconError::Import(error) => error.into(),
        ReconError::Engine(error) => error.into(),
        ReconError::NoPlatform => Failure::usage(error.to_string()).next("give --platform"),
        other => Failure::new(other.to_string()),
    }
}

fn summary(view: &ReconciliationView) {
    let one = ReconciliationsView {
        position: view.position,
        reconciliations: vec![view.clone()],
        next: None,
    };
    eprint!("{}", one.table().text());
}

/// With tabs: a spreadsheet takes it as it is. No cell begins a formula.
fn print(table: &Table, header: bool) {
    if header {
        println!("{}", table.columns.join("\t"));
    }
    for row in &table.rows {
        let cells = row.iter().map(|one| match one {
            report::Cell::Text(text) => cell(text).replace(['\t', '\n', '\r'], " "),
            report::Cell::Number(number) => number.clone(),
            report::Cell::Empty => String::new(),
        });
        println!("{}", cells.collect::<Vec<_>>().join("\t"));
    }
}
