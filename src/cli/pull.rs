//! `pull`: order queries of platforms, once or for good, and where every source stands.
//! Must never print a secret; the configuration says only where secrets are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{BookId, Instant, Zone};
use crate::engine::Engine;
use crate::intake::{Plan, ready};
use crate::pull::{Config, Puller, Round, SAMPLE, Source, SystemClock, Window, window};
use crate::report::{Cell, Table};
use crate::store::pulls::{self, Status};

/// Asks platforms for orders and refunds and tells them to the ledger: nothing missed, nothing doubled, stopped anywhere.
///
/// Each source of the configuration is one account and one query. It is asked in windows as long as the platform allows
/// (shorter in big promotions), page by page; a page counts only when its facts are durable. Every answer is kept as it came.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Pull {
    /// The sources, as TOML.
    #[arg(long, env = "FENZHANG_PULL_CONFIG", required_unless_present = "sample")]
    config: Option<PathBuf>,
    /// Asks for what is due now, then ends; without it, goes on until it is stopped.
    #[arg(long)]
    once: bool,
    /// Asks for what lies before this time (RFC 3339), then ends.
    #[arg(long)]
    until: Option<Instant>,
    /// Shows each source: how far it is, how far behind, and what is missing. Asks nothing.
    #[arg(long, conflicts_with_all = ["once", "until", "refill"])]
    status: bool,
    /// Asks again for what is missing: windows that were skipped or given up. Then ends.
    #[arg(long)]
    refill: bool,
    /// Prints a configuration to start from.
    #[arg(long)]
    sample: bool,
    #[command(flatten)]
    place: Where,
}

const EXAMPLES: &str = "\
Examples:
  fenzhang pull --sample > pull.toml             a configuration to start from, every line explained
  fenzhang pull --config pull.toml --once        what is due now, from cron for example
  fenzhang pull --config pull.toml               until it is stopped; also beside `serve --pull-config pull.toml`
  fenzhang pull --config pull.toml --status      sources, cursors, lag, gaps
  fenzhang pull --config pull.toml --refill      asks again for the gaps

Secrets are named in the configuration, by environment variable or file, and never stood in it. A row that is told again
is the same fact: overlaps and imports of the same orders do not count twice.";

impl Pull {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.sample {
            print!("{SAMPLE}");
            return Ok(());
        }
        let file = self.config.as_deref().ok_or_else(|| Failure::usage("--config FILE"))?;
        let config = read(file)?;
        let database = self.place.open()?;
        if self.status {
            return block_on(async { status(&database.client().await?, &config).await });
        }
        block_on(async {
            let engine = database.engine(true, false).await?;
            let done = self.pull(&engine, file).await;
            engine.stop().await;
            done
        })
    }

    async fn pull(&self, engine: &Engine, file: &Path) -> Result<(), Failure> {
        let pullers = pullers(engine, file).await?;
        if !(self.once || self.refill || self.until.is_some()) {
            println!("pulling {} sources; Ctrl-C stops", pullers.len());
            let all = join_all(pullers.iter().map(Puller::run));
            tokio::select! {
                _ = all => {}
                stopped = tokio::signal::ctrl_c() => stopped?,
            }
            return Ok(());
        }
        let rounds = pullers.iter().map(|puller| async {
            let round = if self.refill {
                puller.refill().await
            } else {
                puller.round(self.until).await
            };
            (puller.source().name.clone(), round)
        });
        let mut failed = 0;
        for (name, round) in join_all(rounds).await {
            match round {
                Ok(round) => println!("{name}: {}", told(&round)),
                Err(error) => {
                    failed += 1;
                    eprintln!("{name}: {error}");
                }
            }
        }
        if failed > 0 {
            let sentence = format!("{failed} of {} sources ended early", pullers.len());
            return Err(Failure::new(sentence).next(
                "run it again: each goes on where it was; where a platform does not answer or refuses, look at its \
                 endpoint, key and secret in the configuration; --status says more",
            ));
        }
        Ok(())
    }
}

fn told(round: &Round) -> String {
    if round.put_off {
        return "put off: another server is at it, or the platform asked to wait".to_owned();
    }
    let counts = round.counts;
    let mut text = format!(
        "{} windows, {} pages, {} rows ({} rejected), {} facts: {} known before",
        round.windows, counts.pages, counts.rows, counts.rejected, counts.facts, round.outcomes.facts_repeated
    );
    for state in ["applied", "waiting", "parked", "stale", "conflict"] {
        let count = round.outcomes.in_state(state);
        if count > 0 {
            text.push_str(&format!(", {count} {state}"));
        }
    }
    if round.skipped > 0 {
        text.push_str(&format!("; {} windows given up, see --status", round.skipped));
    }
    text
}

fn read(file: &Path) -> Result<Config, Failure> {
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}", file.display()))
            .next("`fenzhang pull --sample > pull.toml` writes one to begin with")
    })?;
    Config::parse(&text).map_err(|error| {
        Failure::usage(format!("{}: {error}", file.display())).next("`fenzhang pull --sample` shows every line")
    })
}

/// A puller of each source of the file, all of whose books there are.
async fn pullers(engine: &Engine, file: &Path) -> Result<Vec<Puller>, Failure> {
    let client = engine.pool().get().await?;
    let mut pullers = Vec::new();
    for source in read(file)?.source {
        let plan = plan(&source)?;
        let book = books::id_of(&source.book);
        if crate::store::books::of_book(&client, book).await?.is_none() {
            let sentence = format!("source {:?}: there is no book {:?}", source.name, source.book);
            let next = "open it with `fenzhang roster` or `fenzhang import`, or over the API";
            return Err(Failure::usage(sentence).next(next));
        }
        let puller = Puller::new(engine.clone(), source, book, plan, Arc::new(SystemClock));
        pullers.push(puller.map_err(|error| {
            Failure::usage(error.to_string()).next(
                "the configuration says where each secret is, { env = \"NAME\" } or { file = \"PATH\" }: put it there \
                 and run this again",
            )
        })?);
    }
    Ok(pullers)
}

fn plan(source: &Source) -> Result<Plan, Failure> {
    let text = match ready::find(&source.mapping) {
        Some(text) => text.to_owned(),
        None => fs::read_to_string(&source.mapping).map_err(|error| {
            Failure::usage(format!(
                "source {:?}: no mapping {:?}: {error}",
                source.name, source.mapping
            ))
            .next("name a ready mapping, or a TOML file of your own; `fenzhang import --help` lists the ready ones")
        })?,
    };
    Plan::parse(&text).map_err(|error| Failure::usage(format!("source {:?}: {}: {error}", source.name, source.mapping)))
}

/// Starts the pollers of a file beside a server.
pub(super) async fn start(engine: &Engine, file: &Path) -> Result<Vec<JoinHandle<()>>, Failure> {
    let pullers = pullers(engine, file).await?;
    Ok(pullers
        .into_iter()
        .map(|puller| tokio::spawn(async move { puller.run().await }))
        .collect())
}

async fn status(client: &tokio_postgres::Client, config: &Config) -> Result<(), Failure> {
    let mut sources = Table::new(
        "Sources",
        &[
            "source",
            "account",
            "query",
            "pulled to",
            "lag",
            "rows",
            "rejected",
            "state",
        ],
    );
    let mut gaps = Table::new("Gaps: not pulled, or given up", &["source", "account", "from", "to"]);
    let books: BTreeSet<BookId> = config.source.iter().map(|source| books::id_of(&source.book)).collect();
    let now = Instant::from_utc(chrono::Utc::now());
    let mut missing = 0;
    let mut asked = BTreeSet::new();
    for book in books {
        let covered = pulls::covered(client, book).await?;
        for status in pulls::list(client, book).await? {
            let own = covered.iter().filter(|covered| covered.source == status.source);
            let spans: Vec<Window> = own.map(|covered| covered.span.into()).collect();
            for gap in window::gaps(status.asked().into(), &spans) {
                missing += 1;
                gaps.push([
                    status.source.as_str().into(),
                    status.account.as_str().into(),
                    Zone::SHANGHAI.local(gap.from).as_str().into(),
                    Zone::SHANGHAI.local(gap.to).as_str().into(),
                ]);
            }
            asked.insert((book, status.source.clone()));
            sources.push([
                status.source.as_str().into(),
                status.account.as_str().into(),
                status.api.as_str().into(),
                Zone::SHANGHAI.local(status.reached).as_str().into(),
                lag(now, status.reached).as_str().into(),
                Cell::Number(status.counts.rows.to_string()),
                Cell::Number(status.counts.rejected.to_string()),
                state(&status, now).as_str().into(),
            ]);
        }
    }
    for source in &config.source {
        if !asked.contains(&(books::id_of(&source.book), source.name.clone())) {
            let mut row = vec![Cell::from(source.name.as_str()), Cell::from(source.account.as_str())];
            row.resize(7, Cell::Empty);
            row.push("never asked yet; --once begins".into());
            sources.push(row);
        }
    }
    print!("{}", sources.text());
    if asked.is_empty() {
        println!("nothing was asked yet");
    } else if missing > 0 {
        print!("{}", gaps.text());
        println!("--refill asks for the gaps again");
    } else {
        println!("no gaps");
    }
    Ok(())
}

fn lag(now: Instant, reached: Instant) -> String {
    let minutes = (now.micros() - reached.micros()).max(0) / 60_000_000;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    }
}

fn state(status: &Status, now: Instant) -> String {
    let mut state = if status.busy { "pulling" } else { "idle" }.to_owned();
    if let Some(until) = status.wait_until.filter(|until| *until > now) {
        state = format!("waits until {}", Zone::SHANGHAI.local(until));
    }
    if let Some(error) = &status.last_error {
        state.push_str(&format!("; {} failures: {error}", status.failures));
    }
    state
}
