//! `compare`: last month's sheet beside the ledger, line by line and anchor by anchor.
//! Must never change anything.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use tokio_postgres::Client;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{LogId, Month};
use crate::intake::compare::{Anchors, Comparison, Component, Difference, Elsewhere, Here, Layout, Summary};
use crate::money::{Currency, Minor};
use crate::report::{self, At, Cell, CsvRows, Page, SettledOf, Table, Viewer};
use crate::store::books::BookLogs;

/// Compares a sheet (CSV) of a month with what the ledger settled in it. The layout says which columns hold what.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang compare --mapping our-sheet.toml june.csv --period 2026-06 --book shop
  fenzhang compare --mapping our-sheet.toml june.csv --period 2026-06 --differences diff.csv --tolerance 0.01

The layout is described at the head of src/intake/compare/layout.rs. Exit code 3 when something differs.")]
pub(super) struct Compare {
    /// The sheet.
    file: PathBuf,
    /// The layout: a TOML file of your own.
    #[arg(long)]
    mapping: PathBuf,
    /// Which month.
    #[arg(long)]
    period: Month,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    /// Only lines of this platform of the ledger; the layout's own when it names one.
    #[arg(long)]
    platform: Option<String>,
    /// Amounts no further apart than this are equal; nothing is, unless asked for.
    #[arg(long)]
    tolerance: Option<String>,
    /// Writes every difference as CSV; without it they are printed.
    #[arg(long)]
    differences: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

/// Differences printed at most.
const PRINTED: usize = 100;
const COLUMNS: [&str; 7] = ["kind", "row", "line_no", "anchor", "component", "there", "here"];

impl Compare {
    pub(super) fn run(self) -> Result<(), Failure> {
        let text = fs::read_to_string(&self.mapping)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", self.mapping.display())))?;
        let own = |error| Failure::usage(format!("{}: {error}", self.mapping.display()));
        let layout = Layout::parse(&text).map_err(own)?;
        let tolerance = match &self.tolerance {
            Some(text) => {
                Minor::parse(text, layout.currency).map_err(|error| Failure::usage(format!("--tolerance: {error}")))?
            }
            None => Minor::ZERO,
        };
        let database = self.place.open()?;
        let mut told = Told::open(self.differences.as_deref())?;
        let summary = block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            self.compare(&client, logs, &layout, tolerance, &mut told).await
        })?;
        told.finish()?;
        print(&summary, layout.currency);
        match summary.differences.is_empty() {
            true => Ok(()),
            false => Err(Failure::difference("the sheet and the ledger differ")),
        }
    }

    async fn compare(
        &self,
        client: &Client,
        logs: BookLogs,
        layout: &Layout,
        tolerance: Minor,
        told: &mut Told,
    ) -> Result<Summary, Failure> {
        let anchors = anchors(client, logs.money).await?;
        let mut comparison = Comparison::begin(layout, logs.book, self.period, tolerance, anchors);
        let platform = self.platform.as_deref().or(layout.platform());
        let of = SettledOf {
            period: self.period,
            position: report::position(client, logs.money, At::Now).await?,
            currency: layout.currency,
            platform,
        };
        report::settled_lines(client, logs.money, of, |line| -> Result<(), Failure> {
            let here = Here {
                line_no: line.line_no.into(),
                promoter: line.promoter,
                amounts: line.amounts,
                seen: false,
            };
            Ok(comparison.here(line.line, here)?)
        })
        .await?;
        let mut out = |difference: Difference| told.tell(&difference);
        comparison.read(&self.file, &mut out)?;
        let absent = comparison.to_look_up();
        let found = report::settled_elsewhere(client, logs.money, self.period, &absent).await?;
        let known = |month: Option<Month>| month.map_or(Elsewhere::NotSettled, Elsewhere::Settled);
        let elsewhere: HashMap<_, _> = found.into_iter().map(|(line, month)| (line, known(month))).collect();
        Ok(comparison.end(&elsewhere, &mut out)?)
    }
}

/// Every party of the book, by what a sheet may call it.
async fn anchors(client: &Client, log: LogId) -> Result<Anchors, Failure> {
    let mut anchors = Anchors::default();
    let mut page = Page::first(1_000);
    loop {
        let view = report::parties(client, log, Viewer::All, None, &page).await?;
        for party in view.parties {
            anchors.tell(party.party, party.name, party.external_id);
        }
        match view.next {
            Some(next) => page.after = Some(next),
            None => return Ok(anchors),
        }
    }
}

/// Where differences go: all into a file, or the first ones onto the screen.
struct Told {
    file: Option<CsvRows<fs::File>>,
    printed: Table,
    more: usize,
}

impl Told {
    fn open(path: Option<&std::path::Path>) -> Result<Told, Failure> {
        let file = match path {
            Some(path) => Some(CsvRows::start(fs::File::create(path)?, &COLUMNS)?),
            None => None,
        };
        Ok(Told {
            file,
            printed: Table::new("Differences 差异", &COLUMNS),
            more: 0,
        })
    }

    fn tell(&mut self, difference: &Difference) -> Result<(), crate::intake::compare::CompareError> {
        let row = [
            difference.kind.word().into(),
            difference.row.map_or(Cell::Empty, |row| Cell::Number(row.to_string())),
            difference.line_no.clone().into(),
            difference.anchor.clone().into(),
            difference
                .component
                .map_or(Cell::Empty, |component| component.word().into()),
            difference.there.clone().into(),
            difference.here.clone().into(),
        ];
        let failed = |error: report::ReportError| crate::intake::compare::CompareError::Output(error.to_string());
        match &mut self.file {
            Some(file) => file.row(&row).map_err(failed)?,
            None if self.printed.rows.len() < PRINTED => self.printed.push(row),
            None => self.more += 1,
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        match self.file {
            Some(file) => file.finish()?,
            None if self.printed.rows.is_empty() => {}
            None => print!("{}", self.printed.text()),
        }
        if self.more > 0 {
            println!("and {} more; --differences FILE writes them all", self.more);
        }
        Ok(())
    }
}

fn print(summary: &Summary, currency: Currency) {
    let mut kinds = Table::new("What came of it", &["measure", "count"]);
    let count = |number: u64| Cell::Number(number.to_string());
    kinds.push(["rows".into(), count(summary.rows)]);
    kinds.push(["rows left out".into(), count(summary.ignored)]);
    kinds.push(["rows of other months".into(), count(summary.other_months)]);
    kinds.push(["lines equal".into(), count(summary.equal)]);
    for (kind, number) in &summary.differences {
        kinds.push([kind.word().into(), count(*number)]);
    }
    print!("{}", kinds.text());
    let mut sums = Table::new(
        "Per anchor: sheet, ledger, difference",
        &[
            "anchor",
            "lines there",
            "lines here",
            "amount",
            "there",
            "here",
            "difference",
        ],
    );
    for (name, of) in &summary.anchors {
        let amounts = Component::ALL.into_iter().zip(of.there).zip(of.here);
        for ((component, there), here) in amounts.filter(|((_, there), here)| there != here) {
            let difference = there.minus(here).map(|off| off.display(currency)).unwrap_or_default();
            sums.push([
                name.clone().into(),
                count(of.lines.0),
                count(of.lines.1),
                component.word().into(),
                Cell::Number(there.display(currency)),
                Cell::Number(here.display(currency)),
                Cell::Number(difference),
            ]);
        }
    }
    if sums.rows.is_empty() {
        println!("every anchor's sums are equal");
    } else {
        print!("{}", sums.text());
    }
}
