//! `import`: a file of clicks or orders through a mapping, with progress, resumable, and a report of what came of it.
//! Must never change anything with `--check`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use uuid::Uuid;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use super::progress::Bar;
use crate::base::BookId;
use crate::domain::book::{BookMode, BookOpened, Perspective};
use crate::engine::{Engine, Meta};
use crate::intake::import::{self, Imported, Note, Request, Watch};
use crate::intake::tally::{KEPT, Tally};
use crate::intake::{Mapping, Plan, detect, ready};
use crate::money::Currency;
use crate::report::{Cell, Table, write_csv};

/// Reads a file (CSV, XLSX, NDJSON or JSON, UTF-8 or GBK, plain or gzipped) through a mapping. The same file twice changes nothing; an import that was
/// broken off goes on where it stopped. Good rows stand, bad rows are told by number and code.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// The file.
    file: PathBuf,
    /// A ready mapping by name, or a TOML file of your own. Default: the ready mapping that the file fits, if one does.
    #[arg(long)]
    mapping: Option<String>,
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

  fenzhang import orders.xlsx --check            (finds the ready mapping by itself)

Ready mappings:
  generic-orders, generic-events, generic-snapshots, generic-clicks
  taobao-tbk-orders, taobao-refunds, taobao-live-estimates, tmall-report
  pinduoduo-ddk, douyin-settle-bill, douyin-cash-flow, ganet
  online-retail, rees46-events, taobao-userbehavior
They are TOML in src/intake/mappings; the language is described at the head of src/intake/mapping.rs.";

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        let named = match &self.mapping {
            Some(named) => named.clone(),
            None => self.detect()?.to_owned(),
        };
        let text = mapping_text(&named)?;
        let own = |error| Failure::usage(format!("{named}: {error}"));
        let mapping = Mapping::parse(&text).map_err(own)?;
        let plan = Plan::compile(&mapping).map_err(own)?;
        let book = books::id_of(self.book.as_deref().unwrap_or(&mapping.name));
        let size = fs::metadata(&self.file)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", self.file.display())))?
            .len();
        let mut notes = Notes::open(self.rows.as_deref())?;
        if self.check {
            let tally = notes.check(size, |watch| import::check(&self.file, &plan, book, watch))?;
            println!(
                "checked {} with {}; nothing was changed",
                self.file.display(),
                mapping.name
            );
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
                path: &self.file,
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
            tally,
            resumed_at,
            again,
        } = imported;
        println!("imported {} with {} into {book}", self.file.display(), mapping.name);
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

    /// The ready mapping that the file fits.
    fn detect(&self) -> Result<&'static str, Failure> {
        let detected = detect::file(&self.file)?;
        if let Some(best) = detected.best {
            let reason = detected.fits.first().map_or(String::new(), detect::Fit::reason);
            println!("{} fits {best}: {reason}", self.file.display());
            return Ok(best);
        }
        let alike = detected.alike();
        let nearest = detected.fits.first();
        let message = match (alike.is_empty(), nearest) {
            (false, _) => format!("{} fits {} alike", self.file.display(), alike.join(" and ")),
            (true, Some(fit)) if fit.columns > 0 => {
                let name = self.file.display();
                format!(
                    "{name} fits no ready mapping; the nearest is {}: {}",
                    fit.name,
                    fit.reason()
                )
            }
            (true, _) => format!("{} fits no ready mapping", self.file.display()),
        };
        Err(Failure::usage(message).next("name one with --mapping: a ready one, or a TOML file of your own"))
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

/// Opens the book if it does not exist; a book that exists is left as it is.
async fn open_book(engine: &Engine, book: BookId, mapping: &Mapping, name: Option<&str>) -> Result<(), Failure> {
    let client = engine.pool().get().await?;
    if crate::store::books::of_book(&client, book).await?.is_some() {
        return Ok(());
    }
    drop(client);
    if let Some(id) = name.filter(|name| name.parse::<BookId>().is_ok()) {
        return Err(Failure::usage(format!("there is no book {id}")).next("give a name to open a new one"));
    }
    let mut currencies: Vec<Currency> = mapping.source.currency.into_iter().collect();
    if !currencies.contains(&Currency::CNY) {
        currencies.push(Currency::CNY);
    }
    let name = name.unwrap_or(&mapping.name);
    let opened = BookOpened {
        book,
        name: name
            .parse()
            .map_err(|error| Failure::usage(format!("--book: {error}")))?,
        perspective: Perspective::Platform,
        mode: BookMode::Live,
        zone: mapping.source.zone,
        currencies,
        click_logs: 2,
    };
    let mut meta = Meta::system("import.book");
    meta.key = Some(format!("import:open:{}", Uuid::simple(book.0)));
    engine.open_book(opened, None, meta).await?;
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
