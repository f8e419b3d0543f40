//! `report`: any report of the registry as a table, CSV or JSON.
//! Must never compute anything: it asks and prints.

use std::io::{self, Write};

use clap::{Args, ValueEnum};

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{Month, PartyId, PartyKind};
use crate::report::{self, At, Cell, GroupBy, Lang, Output, Page, REGISTRY, Table, Viewer, write_csv};

/// Prints a report. Without a name, lists the reports there are.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang report                                        lists the reports
  fenzhang report trial-balance --book sample
  fenzhang report settlement --book sample --period 2025-11 --kind anchor
  fenzhang report statement --book sample --party anc_… --period 2025-11 --format csv > statement.csv
  fenzhang report order-counts --book tmall-report")]
pub(super) struct Report {
    /// Which.
    name: Option<String>,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    /// Whose: a party's id, or its external id with --kind.
    #[arg(long)]
    party: Option<String>,
    /// Parties of which kind: anchor, agency, brand, supplier, promoter, platform, other.
    #[arg(long, value_parser = kind)]
    kind: Option<PartyKind>,
    /// Which month, such as 2025-11.
    #[arg(long)]
    period: Option<Month>,
    /// How to group earnings: day, item, room, source or phase.
    #[arg(long, value_parser = group)]
    group: Option<GroupBy>,
    /// As of a position of the log.
    #[arg(long)]
    at_position: Option<i64>,
    /// Rows at most.
    #[arg(long, default_value_t = 100)]
    limit: i64,
    /// Sentences in Chinese.
    #[arg(long)]
    zh: bool,
    /// Form.
    #[arg(long, value_enum, default_value = "table")]
    format: Form,
    #[command(flatten)]
    place: Where,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Table,
    Csv,
    Json,
}

fn kind(text: &str) -> Result<PartyKind, String> {
    let found = PartyKind::ALL.into_iter().find(|kind| kind.word() == text);
    found.ok_or_else(|| "anchor, agency, brand, supplier, promoter, platform or other".to_owned())
}

fn group(text: &str) -> Result<GroupBy, String> {
    let quoted = serde_json::Value::String(text.to_owned());
    serde_json::from_value(quoted).map_err(|error| error.to_string())
}

impl Report {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Some(name) = &self.name else {
            for report in REGISTRY {
                println!("{:16} {}", report.name, report.about);
            }
            return Ok(());
        };
        let found = report::Report::find(name);
        let found = found.ok_or_else(|| {
            Failure::usage(format!("there is no report {name:?}")).next("`fenzhang report` lists them")
        })?;
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            let mut args = report::Args::new(Viewer::All);
            args.at = self.at_position.map_or(At::Now, At::Position);
            args.kind = self.kind;
            args.period = self.period;
            args.group = self.group;
            args.page = Page::first(self.limit);
            args.lang = if self.zh { Lang::Zh } else { Lang::En };
            if let Some(text) = &self.party {
                args.party = Some(match text.parse::<PartyId>() {
                    Ok(party) => party,
                    Err(_) => PartyId::of(logs.book, self.kind.unwrap_or(PartyKind::Anchor), text),
                });
            }
            let output = (found.run)(&client, logs.money, &args).await?;
            print(output, self.format)
        })
    }
}

fn print(output: Output, form: Form) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match (output, form) {
        (Output::Text(text), Form::Table) => out.write_all(text.as_bytes())?,
        (Output::Text(_), _) => {
            return Err(
                Failure::usage("this report is plain text").next("leave --format out, or use `fenzhang export`")
            );
        }
        (Output::Table(table), Form::Table) => out.write_all(table.text().as_bytes())?,
        (Output::Table(table), Form::Csv) => write_csv(&table, &mut out)?,
        (Output::Table(table), Form::Json) => {
            serde_json::to_writer_pretty(&mut out, &rows(&table))?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// The rows of a table as JSON objects; numbers stay texts, so that no reader rounds them.
fn rows(table: &Table) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let value = |cell: &Cell| match cell {
        Cell::Text(text) | Cell::Number(text) => serde_json::Value::String(text.clone()),
        Cell::Empty => serde_json::Value::Null,
    };
    let object = |row: &Vec<Cell>| {
        let named = table.columns.iter().zip(row);
        named.map(|(name, cell)| ((*name).to_owned(), value(cell))).collect()
    };
    table.rows.iter().map(object).collect()
}
