//! `import`: a file of clicks, orders or offers through a mapping, with progress, resumable, and a report of what came of it.
//! Must never change anything with `--check`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use super::progress::Bar;
use crate::base::{BookId, ImportId};
use crate::domain::book::Perspective;
use crate::domain::command::Actor;
use crate::engine::Engine;
use crate::intake::import::{self, Imported, Note, Request, Watch};
use crate::intake::tally::{KEPT, Tally};
use crate::intake::{Mapping, Plan, detect, ready, reverse};
use crate::money::Currency;
use crate::report::{self, Cell, Page, Table, write_csv};
use crate::store::books::BookLogs;

/// Reads a file (CSV, XLSX, NDJSON or JSON, UTF-8 or GBK, plain or gzipped) through a mapping. The same file twice changes nothing; an import that was
/// broken off goes on where it stopped. Good rows stand, bad rows are told by number and code.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// The file.
    #[arg(required_unless_present_any = ["reverse", "list"])]
    file: Option<PathBuf>,
    /// A ready mapping by name, or a TOML file of your own. Default: the ready mapping that the file fits, if one does.
    #[arg(long)]
    mapping: Option<String>,
    /// Takes a whole import back: the id that it was printed with.
    #[arg(long, value_name = "IMPORT", conflicts_with_all = ["file", "mapping", "check", "list"])]
    reverse: Option<ImportId>,
    /// Lists the imports of the book.
    #[arg(long, conflicts_with_all = ["file", "mapping", "check"])]
    list: bool,
    /// Into which book: its id, or a name (opened if it does not exist). Default: a book named as the mapping.
    #[arg(long)]
    book: Option<String>,
    /// Reads the whole file and changes nothing.
    #[arg(long)]
    check: bool,
    /// Does not make the stand-ins that the mapping's [setup] states.
    #[arg(long)]
    no_setup: bool,
    /// Writes the result table as CSV.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Writes every rejected row, and every fact that is not simply applied, as CSV.
    #[arg(long)]
    rows: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

const EXAMPLES: &str = "\
Examples:
  fenzhang import orders.csv --mapping generic-orders --book shop-2026 --check
  fenzhang import tmall-order-report-2020-02.csv.gz --mapping tmall-report
  fenzhang import events.ndjson --mapping ./my-mapping.toml --report result.csv --rows rows.csv
  fenzhang import 1688-offers-bags-tiered.json --mapping 1688-offers --book sourcing
  fenzhang import --list --book tmall-report
  fenzhang import --reverse imp_… --book tmall-report

  fenzhang import orders.xlsx --check            (finds the ready mapping by itself)

Ready mappings:
  generic-orders, generic-events, generic-snapshots, generic-statement, generic-clicks
  taobao-tbk-orders, taobao-refunds, taobao-live-estimates, tmall-report
  pinduoduo-ddk, douyin-settle-bill, douyin-cash-flow, ganet
  bank-receipts, alipay-receipts, douyin-receipts
  online-retail, rees46-events, taobao-userbehavior
  1688-offers
They are TOML in src/intake/mappings; the language is described at the head of src/intake/mapping.rs.";

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.list || self.reverse.is_some() {
            return self.manage();
        }
        let Some(file) = self.file.clone() else {
            return Err(Failure::usage("name a file"));
        };
        let named = match &self.mapping {
            Some(named) => named.clone(),
            None => detected(&file)?.to_owned(),
        };
        let text = mapping_text(&named)?;
        let own = |error| Failure::usage(format!("{named}: {error}"));
        let mapping = Mapping::parse(&text).map_err(own)?;
        let plan = Plan::compile(&mapping).map_err(own)?;
        let book = books::id_of(self.book.as_deref().unwrap_or(&mapping.name));
        let size = fs::metadata(&file)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?
            .len();
        let mut notes = Notes::open(self.rows.as_deref())?;
        if self.check {
            let tally = notes.check(size, |watch| import::check(&file, &plan, book, watch))?;
            println!("checked {} with {}; nothing was changed", file.display(), mapping.name);
            return self.tell(&tally, notes);
        }
        let database = self.place.open()?;
        let imported = block_on(async {
            let engine = database.engine(true, false).await?;
            open_book(&engine, book, &mapping, self.book.as_deref()).await?;
            let setup = match &mapping.setup {
                Some(setup) if !self.no_setup => setup.commands(&mapping.name, book).map_err(own)?,
                _ => Vec::new(),
            };
            let stand_ins = setup.len();
            let request = Request {
                path: &file,
                plan: &plan,
                mapping: &text,
                setup,
                book,
            };
            let imported = notes.import(&engine, &request, size).await;
            engine.stop().await;
            imported.map(|imported| (imported, stand_ins))
        })?;
        let (imported, stand_ins) = imported;
        let Imported {
            id,
            tally,
            resumed_at,
            again,
        } = imported;
        println!("imported {} with {} into {book} as {id}", file.display(), mapping.name);
        if stand_ins > 0 {
            println!("{stand_ins} stand-ins of the mapping are in the book, labelled as such");
        }
        if let Some((pass, row)) = resumed_at {
            println!("went on after row {row} of the {pass:?} pass, where an earlier run was broken off");
        } else if again {
            println!("this file was imported to its end before");
        }
        self.tell(&tally, notes)
    }

    /// Lists imports, or takes one back.
    fn manage(&self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let engine = database.engine(true, false).await?;
            let client = engine.pool().get().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            drop(client);
            let done = match self.reverse {
                Some(id) => reverse_one(&engine, logs.book, id).await,
                None => list(&engine, &logs).await,
            };
            engine.stop().await;
            done
        })
    }

    fn tell(&self, tally: &Tally, notes: Notes) -> Result<(), Failure> {
        let mut table = Table::new("What came of it", &["measure", "code", "count", "sum", "currency"]);
        for line in tally.lines() {
            let (sum, currency) = line.sum.map_or((Cell::Empty, Cell::Empty), |(sum, currency)| {
                (Cell::Number(sum.to_string()), currency.code().into())
            });
            let count = Cell::Number(line.count.to_string());
            table.push([line.measure.into(), line.code.into(), count, sum, currency]);
        }
        print!("{}", table.text());
        for (row, fault) in tally.first_rejected() {
            println!("row {row}: {fault}");
        }
        let more = tally.rejected_rows().saturating_sub(KEPT as u64);
        if more > 0 {
            println!("and {more} more rejected rows; --rows FILE writes them all");
        }
        if let Some(path) = &self.report {
            write_csv(&table, fs::File::create(path)?)?;
        }
        notes.finish()
    }
}

fn mapping_text(named: &str) -> Result<String, Failure> {
    if let Some(text) = ready::find(named) {
        return Ok(text.to_owned());
    }
    fs::read_to_string(named).map_err(|error| {
        let names: Vec<&str> = ready::READY.iter().map(|(name, _)| *name).collect();
        Failure::usage(format!("no mapping {named:?}: {error}"))
            .next(format!("name a TOML file, or one of {}", names.join(", ")))
    })
}

/// The ready mapping that the file fits.
fn detected(path: &Path) -> Result<&'static str, Failure> {
    let detected = detect::file(path)?;
    if let Some(best) = detected.best {
        let reason = detected.fits.first().map_or(String::new(), detect::Fit::reason);
        println!("{} fits {best}: {reason}", path.display());
        return Ok(best);
    }
    let alike = detected.alike();
    let nearest = detected.fits.first();
    let message = match (alike.is_empty(), nearest) {
        (false, _) => format!("{} fits {} alike", path.display(), alike.join(" and ")),
        (true, Some(fit)) if fit.columns > 0 => {
            let name = path.display();
            format!(
                "{name} fits no ready mapping; the nearest is {}: {}",
                fit.name,
                fit.reason()
            )
        }
        (true, _) => format!("{} fits no ready mapping", path.display()),
    };
    Err(Failure::usage(message).next("name one with --mapping: a ready one, or a TOML file of your own"))
}

/// Takes an import back. In a month that is cut off two persons do it, with keys of their own.
async fn reverse_one(engine: &Engine, book: BookId, id: ImportId) -> Result<(), Failure> {
    reverse::ask(engine, book, id, &Actor::SYSTEM).await?;
    let done = reverse::run(engine, book, id, Actor::SYSTEM).await?;
    println!("{id} is taken back: {} facts", done.withdrawn);
    if done.kept > 0 {
        println!(
            "{} facts stay, because another import or sender tells them too",
            done.kept
        );
    }
    Ok(())
}

async fn list(engine: &Engine, logs: &BookLogs) -> Result<(), Failure> {
    let client = engine.pool().get().await?;
    let mut page = Page::first(Page::MOST);
    loop {
        let view = report::imports(&client, logs.money, None, &page).await?;
        print!("{}", view.table().text());
        match view.next {
            Some(next) => page = Page::after(Some(next), Page::MOST),
            None => return Ok(()),
        }
    }
}

/// Opens the book if it does not exist; a book that exists is left as it is.
async fn open_book(engine: &Engine, book: BookId, mapping: &Mapping, name: Option<&str>) -> Result<(), Failure> {
    let mut currencies: Vec<Currency> = mapping.source.currency.into_iter().collect();
    if !currencies.contains(&Currency::CNY) {
        currencies.push(Currency::CNY);
    }
    let new = books::New {
        name: name.unwrap_or(&mapping.name),
        perspective: Perspective::Platform,
        zone: mapping.source.zone,
        currencies,
    };
    books::open(engine, book, new).await?;
    Ok(())
}

/// The row report, written as it goes.
struct Notes {
    rows: Option<csv::Writer<fs::File>>,
    failed: Option<csv::Error>,
}

impl Notes {
    fn open(path: Option<&Path>) -> Result<Notes, Failure> {
        let mut rows = None;
        if let Some(path) = path {
            let mut file = fs::File::create(path)?;
            file.write_all("\u{feff}".as_bytes())?;
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(["row", "what", "code", "message"])?;
            rows = Some(writer);
        }
        Ok(Notes { rows, failed: None })
    }

    fn note(&mut self, note: &Note<'_>) {
        if let Some(rows) = &mut self.rows {
            let message = crate::report::cell(note.message);
            let written = rows.write_record([&note.row.to_string(), note.what, note.code, &message]);
            if let Err(error) = written {
                self.failed.get_or_insert(error);
            }
        }
    }

    fn check<T, E: Into<Failure>>(
        &mut self,
        size: u64,
        work: impl FnOnce(&mut Watch<'_>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let mut bar = Bar::begin("reading", "rows", size);
        let done = work(&mut Watch {
            progress: &mut |at| bar.step(at.bytes, at.rows),
            note: &mut |note| self.note(&note),
        });
        bar.end();
        done.map_err(Into::into)
    }

    async fn import(&mut self, engine: &Engine, request: &Request<'_>, size: u64) -> Result<Imported, Failure> {
        let passes = u64::from(request.plan.has_clicks()) + u64::from(request.plan.has_facts());
        let mut bar = Bar::begin("importing", "rows", size.saturating_mul(passes));
        let before = |pass| {
            if pass == import::Pass::Facts && request.plan.has_clicks() {
                size
            } else {
                0
            }
        };
        let done = import::run(
            engine,
            request,
            &mut Watch {
                progress: &mut |at| bar.step(before(at.pass) + at.bytes, at.rows),
                note: &mut |note| self.note(&note),
            },
        )
        .await;
        bar.end();
        Ok(done?)
    }

    fn finish(self) -> Result<(), Failure> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        if let Some(mut rows) = self.rows {
            rows.flush()?;
        }
        Ok(())
    }
}
