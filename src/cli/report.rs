//! `report`: any report of the registry as a table, CSV, XLSX or JSON.
//! Must never compute anything: it asks and prints.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tokio_postgres::{Client, IsolationLevel};

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{BookId, Instant, LogId, Month, PartyId, PartyKind};
use crate::domain::order::LineStatus;
use crate::report::{
    self, At, Cell, CsvRows, Dimension, GroupBy, LEDGER_PAGE, LINE_STATUS, Lang, LedgerAsk, LineLedger, NUMBERS,
    Output, Page, REGISTRY, Table, Take, Viewer, XlsxRows, numbers_in, shop_named, write_csv, write_xlsx,
};

/// Prints a report. Without a name, lists the reports there are.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang report                                        lists the reports
  fenzhang report trial-balance --book sample
  fenzhang report settlement --book sample --period 2025-11 --kind anchor
  fenzhang report statement --book sample --party anc_… --period 2025-11 --format csv > statement.csv
  fenzhang report order-counts --book tmall-report
  fenzhang report balance-sheet --book sample
  fenzhang report return-rates --book sample --by shop --period 2025-11
  fenzhang report statement-difference --book sample --party anc_… --period 2025-11 --known-at 2025-12-05
  fenzhang report line-ledger --book sample --accounting-month 2025-11 --format xlsx --output november.xlsx
  fenzhang report line-ledger --book sample --columns order_no,line_no,gross_settled,check --limit 20
  fenzhang report orders --book sample --numbers pasted.txt
  fenzhang report receipts --book sample                 bills, what was received of them, what is open and since when
  fenzhang report payments --book sample --party A-1001
  fenzhang report matches --book sample --brief B-1
  fenzhang report approvals --book sample")]
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
    /// How to group a finance report: anchor, shop, item, month or line.
    #[arg(long, value_parser = dimension)]
    by: Option<Dimension>,
    /// Statement difference: as known at this moment: a position, a day such as 2025-12-05 (its end), or an instant.
    #[arg(long)]
    known_at: Option<At>,
    /// Statement difference: and at this later one; now without it.
    #[arg(long)]
    and: Option<At>,
    /// As of a position of the log.
    #[arg(long)]
    at_position: Option<i64>,
    /// Rows at most.
    #[arg(long, default_value_t = 100)]
    limit: i64,
    /// Line ledger: columns by name, with commas between them; `all` for every one.
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// Line ledger: ordered from this instant on.
    #[arg(long)]
    from: Option<Instant>,
    /// Line ledger: ordered before this instant.
    #[arg(long)]
    to: Option<Instant>,
    /// Line ledger: ordered in this month.
    #[arg(long)]
    order_month: Option<Month>,
    /// Line ledger: settled or corrected in this month; settled amounts are then the month's.
    #[arg(long)]
    accounting_month: Option<Month>,
    /// Line ledger: of this platform.
    #[arg(long)]
    platform: Option<String>,
    /// Line ledger: of this shop, by id, or by the platform's number beside --platform.
    #[arg(long)]
    shop: Option<String>,
    /// Line ledger: waiting, created, deposit, paid, received, settled or closed.
    #[arg(long, value_parser = status)]
    status: Option<LineStatus>,
    /// Orders: a file of numbers as pasted, at most 1,000; `-` reads standard input.
    #[arg(long)]
    numbers: Option<PathBuf>,
    /// Matches: which brief, by id or the brand's number.
    #[arg(long)]
    brief: Option<String>,
    /// The file; standard output without it. A workbook needs one.
    #[arg(long, short)]
    output: Option<PathBuf>,
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
    Xlsx,
}

/// A kind of party by its word.
pub(super) fn kind(text: &str) -> Result<PartyKind, String> {
    let found = PartyKind::ALL.into_iter().find(|kind| kind.word() == text);
    found.ok_or_else(|| "anchor, agency, brand, supplier, promoter, platform or other".to_owned())
}

fn dimension(text: &str) -> Result<Dimension, String> {
    let found = Dimension::ALL.into_iter().find(|by| by.word() == text);
    found.ok_or_else(|| "anchor, shop, item, month or line".to_owned())
}

fn status(text: &str) -> Result<LineStatus, String> {
    let found = LINE_STATUS.iter().find(|(word, _)| *word == text);
    found
        .map(|(_, status)| *status)
        .ok_or_else(|| "waiting, created, deposit, paid, received, settled or closed".to_owned())
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
            let mut client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            let mut args = report::Args::new(Viewer::All);
            args.at = self.at_position.map_or(At::Now, At::Position);
            args.kind = self.kind;
            args.period = self.period;
            args.group = self.group;
            args.by = self.by(found)?;
            args.known = self.known_at.map(|earlier| (earlier, self.and.unwrap_or(At::Now)));
            args.page = Page::first(self.limit);
            args.lang = if self.zh { Lang::Zh } else { Lang::En };
            if let Some(text) = &self.party {
                args.party = Some(match text.parse::<PartyId>() {
                    Ok(party) => party,
                    Err(_) => PartyId::of(logs.book, self.kind.unwrap_or(PartyKind::Anchor), text),
                });
            }
            args.ledger = self.ledger(logs.book)?;
            args.brief.clone_from(&self.brief);
            args.numbers = self.numbers.as_deref().map(pasted).transpose()?.unwrap_or_default();
            if name == "line-ledger" && matches!(self.format, Form::Csv | Form::Xlsx) {
                args.ledger.party = args.party;
                return self.export(&mut client, logs.money, &args.ledger).await;
            }
            let output = (found.run)(&client, logs.money, &args).await?;
            self.print(output)
        })
    }

    fn by(&self, found: &report::Report) -> Result<Option<Dimension>, Failure> {
        let Some(by) = self.by else { return Ok(None) };
        let known = found.takes.iter().find_map(|take| match take {
            Take::Dimension(known) => Some(*known),
            _ => None,
        });
        match known {
            Some(known) if known.contains(&by) => Ok(Some(by)),
            Some(known) => {
                let words: Vec<&str> = known.iter().map(|by| by.word()).collect();
                Err(Failure::usage(format!(
                    "{} groups by {}",
                    found.name,
                    words.join(" or ")
                )))
            }
            None => Err(Failure::usage(format!("{} is not grouped", found.name))),
        }
    }

    fn ledger(&self, book: BookId) -> Result<LedgerAsk, Failure> {
        let shop = self.shop.as_deref();
        let shop = shop
            .map(|shop| shop_named(book, self.platform.as_deref(), shop))
            .transpose()?;
        Ok(LedgerAsk {
            party: None,
            from: self.from,
            to: self.to,
            order_month: self.order_month,
            accounting_month: self.accounting_month,
            platform: self.platform.clone(),
            shop,
            status: self.status,
            columns: self.columns.clone(),
        })
    }

    /// Every line asked for, a page at a time, from one snapshot.
    async fn export(&self, client: &mut Client, log: LogId, ask: &LedgerAsk) -> Result<(), Failure> {
        let snapshot = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        let ledger = LineLedger::open(snapshot.client(), log, Viewer::All, ask).await?;
        let heads = ledger.headings();
        let mut rows = match self.format {
            Form::Xlsx => Rows::Xlsx(Box::new(XlsxRows::start(&heads)?), self.workbook()?),
            _ => Rows::Csv(Box::new(CsvRows::start(self.out()?, &heads)?)),
        };
        let mut page = Page::first(LEDGER_PAGE);
        loop {
            let (cells, next) = ledger.page(&page).await?;
            for row in &cells {
                match &mut rows {
                    Rows::Csv(rows) => rows.row(row)?,
                    Rows::Xlsx(rows, _) => rows.row(row)?,
                }
            }
            let Some(next) = next else { break };
            page = Page::after(Some(next), LEDGER_PAGE);
        }
        snapshot.commit().await?;
        match rows {
            Rows::Csv(rows) => rows.finish()?,
            Rows::Xlsx(rows, file) => rows.finish(file)?,
        }
        Ok(())
    }

    fn out(&self) -> Result<Box<dyn Write>, Failure> {
        Ok(match &self.output {
            Some(path) => Box::new(BufWriter::new(File::create(path)?)),
            None => Box::new(io::stdout().lock()),
        })
    }

    fn workbook(&self) -> Result<File, Failure> {
        match &self.output {
            Some(path) => Ok(File::create(path)?),
            None => Err(Failure::usage("a workbook is no text").next("name a file with --output")),
        }
    }

    fn print(&self, output: Output) -> Result<(), Failure> {
        if let (Output::Table(table), Form::Xlsx) = (&output, self.format) {
            return Ok(write_xlsx(table, self.workbook()?)?);
        }
        print(output, self.format, self.out()?)
    }
}

enum Rows {
    Csv(Box<CsvRows<Box<dyn Write>>>),
    Xlsx(Box<XlsxRows>, File),
}

/// The numbers of a file as pasted.
fn pasted(path: &Path) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin().read_to_string(&mut text)?;
    } else {
        File::open(path)?.read_to_string(&mut text)?;
    }
    let numbers = numbers_in(&text);
    if numbers.is_empty() || numbers.len() > NUMBERS {
        let wrong = format!("1 to {NUMBERS} different numbers; these are {}", numbers.len());
        return Err(Failure::usage(wrong));
    }
    Ok(numbers)
}

fn print(output: Output, form: Form, mut out: Box<dyn Write>) -> Result<(), Failure> {
    match (output, form) {
        (Output::Text(text), Form::Table) => out.write_all(text.as_bytes())?,
        (Output::Text(_), _) => {
            return Err(
                Failure::usage("this report is plain text").next("leave --format out, or use `fenzhang export`")
            );
        }
        (Output::Table(table), Form::Table) => out.write_all(table.text().as_bytes())?,
        (Output::Table(table), Form::Csv) => write_csv(&table, &mut out)?,
        (Output::Table(table), Form::Json | Form::Xlsx) => {
            serde_json::to_writer_pretty(&mut out, &rows(&table))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
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
        named.map(|(name, cell)| (name.to_string(), value(cell))).collect()
    };
    table.rows.iter().map(object).collect()
}
