//! `export`: events, entries, a statement or all of a month, to files or standard output, in constant memory.
//! Must never write half a file under the name asked for without saying so.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio_postgres::Client;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{LogId, Month, PartyId, PartyKind};
use crate::ledger::AccountKind;
use crate::report::{self, At, EntriesFilter, Page, StatementKey, Viewer};
use crate::store::tail;

/// Events read at a time.
const PAGE: i64 = 1_000;

/// Writes events, entries or statements. Without --output to standard output.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang export events --book sample --output events.ndjson
  fenzhang export entries --book sample --format text --output journal.txt
  fenzhang export statement --book sample --party anc_… --period 2025-11 --output statement.csv
  fenzhang export statements --book sample --period 2025-11 --format xlsx --output statements")]
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
    /// The account statement 往来对账单 of a party for a month, as CSV.
    Statement {
        /// Whose.
        #[arg(long)]
        party: PartyId,
        /// Which month, such as 2025-11.
        #[arg(long)]
        period: Month,
    },
    /// The account statements of every party of a kind for a month, one file each, into the folder --output.
    Statements {
        /// Which month, such as 2025-11.
        #[arg(long)]
        period: Month,
        /// Parties of which kind: anchor, agency, supplier, promoter, platform, other.
        #[arg(long, default_value = "anchor", value_parser = super::report::kind)]
        kind: PartyKind,
        /// Form of the files.
        #[arg(long, value_enum, default_value = "xlsx")]
        format: StatementForm,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum StatementForm {
    Csv,
    Xlsx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum EntriesForm {
    Text,
    Ndjson,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            if let What::Statements { period, kind, format } = self.what {
                return self.statements(&client, logs.money, (period, kind), format).await;
            }
            let mut out: Box<dyn Write> = match &self.output {
                Some(path) => Box::new(BufWriter::new(File::create(path)?)),
                None => Box::new(BufWriter::new(io::stdout())),
            };
            match self.what {
                What::Events { after } => events(&client, logs.money, after, &mut out).await?,
                What::Entries { format, party } => entries(&client, logs.money, format, party, &mut out).await?,
                What::Statements { .. } => {}
                What::Statement { party, period } => {
                    let key = StatementKey {
                        party,
                        account: AccountKind::Available,
                        period,
                    };
                    report::statement_csv(&client, logs.money, Viewer::All, key, At::Now, &mut out).await?;
                }
            }
            out.flush()?;
            Ok(())
        })
    }
}

impl Export {
    /// Every statement of a month that has anything in it, all of one position.
    async fn statements(
        &self,
        client: &Client,
        log: LogId,
        (period, kind): (Month, PartyKind),
        format: StatementForm,
    ) -> Result<(), Failure> {
        let folder = self.output.clone();
        let folder =
            folder.ok_or_else(|| Failure::usage("statements are many files").next("name a folder with --output"))?;
        let month = report::settlement(client, log, Viewer::All, kind, period, At::Now).await?;
        let at = At::Position(month.position);
        let numbers = numbers(client, log, kind).await?;
        fs::create_dir_all(&folder)?;
        let account = match kind {
            PartyKind::Brand => AccountKind::Commission,
            _ => AccountKind::Available,
        };
        let mut done = BTreeSet::new();
        for row in &month.rows {
            let Some(party) = row.party.filter(|party| done.insert(*party)) else {
                continue;
            };
            let number = numbers.get(&party).cloned().unwrap_or_else(|| party.to_string());
            let key = StatementKey { party, account, period };
            let ending = match format {
                StatementForm::Csv => "csv",
                StatementForm::Xlsx => "xlsx",
            };
            let path = folder.join(format!("{period} {} {}.{ending}", plain(&number), plain(&row.name)));
            let file = BufWriter::new(File::create(&path)?);
            match format {
                StatementForm::Csv => report::statement_csv(client, log, Viewer::All, key, at, file).await?,
                StatementForm::Xlsx => report::statement_xlsx(client, log, Viewer::All, key, at, file).await?,
            };
            println!(
                "{} {} {} {}",
                path.display(),
                row.name,
                row.closing.amount,
                row.closing.currency
            );
        }
        println!("{} statements of {period} at position {}", done.len(), month.position);
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
        let Some(last) = page.last() else { return Ok(()) };
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
        let Some(next) = view.next else { return Ok(()) };
        page = Page::after(Some(next), Page::MOST);
    }
}
