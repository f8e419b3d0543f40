//! `export`: events, entries, sheets, statements, the journal for auditors and vouchers, to a file or standard output, in
//! constant memory.
//! Must never write half a file under the name asked for without saying so.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use tokio_postgres::{Client, IsolationLevel};

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{LogId, Month, PartyId, PartyKind, RunId, SheetId};
use crate::export::archive::{SheetForm, Which, sheets_zip, statements_zip};
use crate::export::font::VARIABLE;
use crate::export::journal::{Dialect, write_journal};
use crate::export::paper::printed;
use crate::export::sheet::{sheet_csv, sheet_paper, sheet_xlsx};
use crate::export::statement::{statement_paper, statement_xlsx};
use crate::export::voucher::{SAMPLE, Subjects, vouchers_csv, vouchers_xlsx};
use crate::ledger::AccountKind;
use crate::report::{self, At, EntriesFilter, JournalFilter, Page, ReportError, StatementKey, Viewer, VoucherAsk};
use crate::store::tail;

/// Events read at a time.
const PAGE: i64 = 1_000;

/// Writes events, entries, sheets, statements, the journal or vouchers. Without --output to standard output.
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  fenzhang export events --book sample --output events.ndjson
  fenzhang export journal --book sample --output books.journal && hledger -f books.journal check
  fenzhang export journal --book sample --period 2025-11 --dialect beancount --output november.beancount
  fenzhang export statement --book sample --party anc_… --period 2025-11 --format pdf --output statement.pdf
  fenzhang export statements --book sample --period 2025-11 --output statements
  fenzhang export statements --book sample --period 2025-11 --format pdf --zip november.zip
  fenzhang export sheets --book sample --period 2025-11 --format pdf --zip sheets.zip
  fenzhang export subjects > subjects.toml
  fenzhang export vouchers --book sample --period 2025-11 --mapping subjects.toml --output vouchers.csv

PDF needs a font with Chinese: the one that FENZHANG_FONT names, else one of the machine's.")]
pub(super) struct Export {
    #[command(subcommand)]
    what: What,
    /// The file; standard output without it.
    #[arg(long, short, global = true)]
    output: Option<PathBuf>,
    /// Of which book.
    #[arg(long, global = true)]
    book: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Subcommand, Debug, Clone)]
enum What {
    /// The event log, one JSON object a line: envelope, payload exactly as it was hashed, and the leaf hash.
    Events {
        /// Only events after this position.
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
    /// Entries 凭证 with their legs.
    Entries {
        /// Plain-text accounting, or one JSON object a line.
        #[arg(long, value_enum, default_value = "text")]
        format: EntriesForm,
        /// Only entries that touch this party.
        #[arg(long)]
        party: Option<PartyId>,
    },
    /// The journal for auditors, which hledger or beancount reads: settled entries, and balances at month ends as assertions.
    Journal {
        /// Only this accounting month, between its opening and its closing.
        #[arg(long)]
        period: Option<Month>,
        /// hledger or beancount.
        #[arg(long, default_value = "hledger", value_parser = dialect)]
        dialect: Dialect,
        /// Estimated entries too, under accounts of their own.
        #[arg(long, conflicts_with = "period")]
        estimated: bool,
    },
    /// The account statement 往来对账单 of a party for a month.
    Statement {
        /// Whose.
        #[arg(long)]
        party: PartyId,
        /// Which month, such as 2025-11.
        #[arg(long)]
        period: Month,
        /// Of which account: `available` is what is owed to a party, `commission` what a brand owes.
        #[arg(long, default_value = "available", value_parser = account)]
        account: AccountKind,
        /// csv, xlsx or pdf.
        #[arg(long, default_value = "csv", value_parser = form)]
        format: SheetForm,
    },
    /// Every settlement sheet 结算单 of a month's run in one ZIP archive.
    Sheets {
        #[command(flatten)]
        many: Many,
        /// Of which run; the month's latest that was not dropped, without it.
        #[arg(long)]
        run: Option<RunId>,
    },
    /// One settlement sheet 结算单.
    Sheet {
        /// Which: its id.
        sheet: SheetId,
        /// pdf, xlsx or csv.
        #[arg(long, default_value = "pdf", value_parser = form)]
        format: SheetForm,
    },
    /// Every account statement 往来对账单 of a month: in one ZIP archive with --zip, else one file each into the folder
    /// --output.
    Statements(Many),
    /// Vouchers 凭证 of a month under the subjects of a mapping.
    Vouchers {
        /// Which month.
        #[arg(long)]
        period: Month,
        /// One voucher a day, or one for the month.
        #[arg(long, value_enum, default_value = "day")]
        by: By,
        /// A row for every party 往来单位.
        #[arg(long)]
        by_party: bool,
        /// The account mapping; the sample without it.
        #[arg(long)]
        mapping: Option<PathBuf>,
        /// csv or xlsx.
        #[arg(long, value_enum, default_value = "csv")]
        format: VoucherForm,
    },
    /// A sample of an account mapping, to copy and to fill with own subject codes.
    Subjects,
}

/// Sheets of many parties.
#[derive(Args, Debug, Clone)]
struct Many {
    /// Which month.
    #[arg(long)]
    period: Month,
    /// Parties of which kind; all without it.
    #[arg(long, value_parser = super::report::kind)]
    kind: Option<PartyKind>,
    /// pdf, xlsx or csv.
    #[arg(long, default_value = "xlsx", value_parser = form)]
    format: SheetForm,
    /// The archive.
    #[arg(long)]
    zip: Option<PathBuf>,
}

impl Many {
    fn zip(&self) -> Result<&Path, Failure> {
        let zip = self.zip.as_deref();
        zip.ok_or_else(|| Failure::usage("many sheets go into an archive").next("name it with --zip"))
    }

    fn file(&self) -> Result<BufWriter<File>, Failure> {
        Ok(BufWriter::new(File::create(self.zip()?)?))
    }

    /// Says how many there are; what was not written to its end does not stay under the name asked for.
    fn said(&self, what: &str, made: Result<u64, ReportError>) -> Result<(), Failure> {
        match made {
            Ok(made) => {
                eprintln!("{made} {what} of {} in {}", self.period, self.zip()?.display());
                Ok(())
            }
            Err(error) => {
                fs::remove_file(self.zip()?)?;
                Err(match error {
                    ReportError::NotFound => Failure::new(format!("{} has no run that stands", self.period))
                        .next(format!("`fenzhang settle --period {}` makes one", self.period)),
                    other => said(other),
                })
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum EntriesForm {
    Text,
    Ndjson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum VoucherForm {
    Csv,
    Xlsx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Day,
    Month,
}

fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    found.map(|(_, value)| *value).ok_or_else(|| known.join(", "))
}

fn form(text: &str) -> Result<SheetForm, String> {
    word(text, &SheetForm::ALL)
}

fn dialect(text: &str) -> Result<Dialect, String> {
    word(text, &Dialect::ALL)
}

fn account(text: &str) -> Result<AccountKind, String> {
    word(text, &AccountKind::ALL.map(|kind| (kind.word(), kind)))
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        if let What::Subjects = self.what {
            self.out()?.write_all(SAMPLE.as_bytes())?;
            return Ok(());
        }
        let database = self.place.open()?;
        block_on(async {
            let mut client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            // Every page of one export is read from one snapshot.
            let snapshot = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()
                .await?;
            report::long_read(snapshot.client()).await?;
            self.write(snapshot.client(), logs.money).await?;
            snapshot.commit().await?;
            Ok(())
        })
    }

    fn out(&self) -> Result<BufWriter<Box<dyn Write + Send>>, Failure> {
        Ok(BufWriter::new(match &self.output {
            Some(path) => Box::new(File::create(path)?),
            None => Box::new(io::stdout()),
        }))
    }

    async fn write(&self, client: &Client, log: LogId) -> Result<(), Failure> {
        match &self.what {
            What::Events { after } => events(client, log, *after, &mut self.out()?).await,
            What::Entries { format, party } => entries(client, log, *format, *party, &mut self.out()?).await,
            What::Journal {
                period,
                dialect,
                estimated,
            } => {
                let filter = JournalFilter {
                    period: *period,
                    estimated: *estimated,
                };
                let mut out = self.out()?;
                write_journal(client, log, *dialect, filter, &mut out).await?;
                Ok(out.flush()?)
            }
            What::Statement {
                party,
                period,
                account,
                format,
            } => {
                let key = StatementKey {
                    party: *party,
                    account: *account,
                    period: *period,
                };
                self.statement(client, log, key, *format).await
            }
            What::Sheets { many, run } => {
                let which = Which {
                    period: many.period,
                    run: *run,
                    kind: many.kind,
                };
                let made = sheets_zip(client, log, which, many.format, many.file()?).await;
                many.said("sheets", made)
            }
            What::Sheet { sheet, format } => self.sheet(client, log, *sheet, *format).await,
            What::Statements(many) if many.zip.is_none() => self.statements(client, log, many).await,
            What::Statements(many) => {
                let which = (many.period, many.kind);
                let made = statements_zip(client, log, which, many.format, many.file()?).await;
                many.said("statements", made)
            }
            What::Vouchers {
                period,
                by,
                by_party,
                mapping,
                format,
            } => {
                let ask = VoucherAsk {
                    period: *period,
                    by_day: *by == By::Day,
                    by_party: *by_party,
                };
                self.vouchers(client, log, ask, mapping.as_deref(), *format).await
            }
            What::Subjects => Ok(()),
        }
    }

    async fn sheet(&self, client: &Client, log: LogId, id: SheetId, form: SheetForm) -> Result<(), Failure> {
        match form {
            SheetForm::Csv => sheet_csv(client, log, Viewer::All, id, self.out()?)
                .await
                .map_err(said)?,
            SheetForm::Pdf => {
                let paper = sheet_paper(client, log, Viewer::All, id).await.map_err(said)?;
                let bytes = printed(paper).await.map_err(said)?;
                let mut out = self.out()?;
                out.write_all(&bytes)?;
                out.flush()?;
            }
            SheetForm::Xlsx => sheet_xlsx(client, log, Viewer::All, id, &mut self.workbook()?).await?,
        }
        Ok(())
    }

    async fn statement(&self, client: &Client, log: LogId, key: StatementKey, form: SheetForm) -> Result<(), Failure> {
        match form {
            SheetForm::Csv => {
                let mut out = self.out()?;
                report::statement_csv(client, log, Viewer::All, key, At::Now, &mut out).await?;
                out.flush()?;
            }
            SheetForm::Pdf => {
                let paper = statement_paper(client, log, Viewer::All, key, At::Now)
                    .await
                    .map_err(said)?;
                let bytes = printed(paper).await.map_err(said)?;
                let mut out = self.out()?;
                out.write_all(&bytes)?;
                out.flush()?;
            }
            SheetForm::Xlsx => {
                let mut file = self.workbook()?;
                statement_xlsx(client, log, Viewer::All, key, At::Now, &mut file).await?;
            }
        }
        Ok(())
    }

    /// A workbook is put together at its end, going back and forth in its file.
    fn workbook(&self) -> Result<File, Failure> {
        let path = self.output.as_ref();
        Ok(File::create(
            path.ok_or_else(|| Failure::usage("a workbook needs a file: --output"))?,
        )?)
    }

    async fn vouchers(
        &self,
        client: &Client,
        log: LogId,
        ask: VoucherAsk,
        mapping: Option<&Path>,
        form: VoucherForm,
    ) -> Result<(), Failure> {
        let text = match mapping {
            Some(path) => fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?,
            None => SAMPLE.to_owned(),
        };
        let subjects = Subjects::read(&text).map_err(|error| Failure::usage(error.to_string()))?;
        if subjects.sample {
            eprintln!(
                "the subjects are those of the sample: put your own in (`fenzhang export subjects`, then --mapping)"
            );
        }
        let written = match form {
            VoucherForm::Csv => vouchers_csv(client, log, ask, &subjects, self.out()?).await,
            VoucherForm::Xlsx => vouchers_xlsx(client, log, ask, &subjects, self.workbook()?).await,
        };
        let written = written?;
        for (currency, amount) in &written.turnover {
            let amount = amount.display(*currency);
            eprintln!("{} vouchers, debits = credits = {amount} {currency}", written.vouchers);
        }
        Ok(())
    }
}

/// A missing font is the one failure with something to do about it.
fn said(error: ReportError) -> Failure {
    let missing = matches!(error, ReportError::FontMissing(_));
    let failure = Failure::new(match missing {
        true => format!("font_missing: {error}"),
        false => error.to_string(),
    });
    match missing {
        true => failure.next(format!(
            "install fonts-noto-cjk, or set {VARIABLE} to a font file; CSV and XLSX need none"
        )),
        false => failure,
    }
}

impl Export {
    /// Every statement of a month that has anything in it, all of one position, one file each.
    async fn statements(&self, client: &Client, log: LogId, many: &Many) -> Result<(), Failure> {
        let folder = self.output.as_ref();
        let folder = folder
            .ok_or_else(|| Failure::usage("statements are many files").next("name a folder with --output, or --zip"))?;
        let (period, kind) = (many.period, many.kind.unwrap_or(PartyKind::Anchor));
        let month = report::settlement(client, log, Viewer::All, kind, period, At::Now).await?;
        let numbers = numbers(client, log, kind).await?;
        fs::create_dir_all(folder)?;
        let account = match kind {
            PartyKind::Brand => AccountKind::Commission,
            _ => AccountKind::Available,
        };
        let mut done: Option<PartyId> = None;
        let mut written = 0;
        for row in &month.rows {
            // A party's currencies stand together.
            let Some(party) = row.party.filter(|party| done != Some(*party)) else {
                continue;
            };
            done = Some(party);
            let number = numbers.get(&party).cloned().unwrap_or_else(|| party.to_string());
            let ending = many.format.word();
            let path = folder.join(format!("{period} {} {}.{ending}", plain(&number), plain(&row.name)));
            let one = Export {
                output: Some(path.clone()),
                ..self.clone()
            };
            let key = StatementKey { party, account, period };
            one.statement(client, log, key, many.format).await?;
            written += 1;
            let closing = &row.closing;
            println!(
                "{} {} {} {}",
                path.display(),
                row.name,
                closing.amount,
                closing.currency
            );
        }
        println!("{written} statements of {period} at position {}", month.position);
        Ok(())
    }
}

/// The own number of every party of a kind.
async fn numbers(client: &Client, log: LogId, kind: PartyKind) -> Result<HashMap<PartyId, String>, Failure> {
    let mut found = HashMap::new();
    let mut page = Page::first(Page::MOST);
    loop {
        let view = report::parties(client, log, Viewer::All, Some(kind), &page).await?;
        let numbered = view.parties.into_iter();
        found.extend(numbered.filter_map(|party| Some((party.party, party.external_id?))));
        let Some(next) = view.next else { return Ok(found) };
        page = Page::after(Some(next), Page::MOST);
    }
}

/// A name as part of a file's name: letters and digits of any script, and nothing that a file system reads.
fn plain(name: &str) -> String {
    let kept = name.chars().take(60);
    kept.map(|c| {
        if c.is_alphanumeric() || matches!(c, '-' | '_') {
            c
        } else {
            '_'
        }
    })
    .collect()
}

async fn events(client: &Client, log: LogId, after: i64, out: &mut dyn Write) -> Result<(), Failure> {
    let mut after = after;
    loop {
        let page = tail::page(client, log, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(out.flush()?);
        };
        after = last.position;
        for event in &page {
            serde_json::to_writer(&mut *out, event)?;
            out.write_all(b"\n")?;
        }
    }
}

async fn entries(
    client: &Client,
    log: LogId,
    format: EntriesForm,
    party: Option<PartyId>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let filter = EntriesFilter {
        party,
        ..EntriesFilter::default()
    };
    let mut page = Page::first(Page::MOST);
    let mut at = At::Now;
    loop {
        let view = report::entries(client, log, Viewer::All, filter, at, &page).await?;
        // Every page of one export reflects one position.
        at = At::Position(view.position);
        match format {
            EntriesForm::Text => out.write_all(view.text().as_bytes())?,
            EntriesForm::Ndjson => {
                for entry in &view.entries {
                    serde_json::to_writer(&mut *out, entry)?;
                    out.write_all(b"\n")?;
                }
            }
        }
        let Some(next) = view.next else { return Ok(out.flush()?) };
        page = Page::after(Some(next), Page::MOST);
    }
}
