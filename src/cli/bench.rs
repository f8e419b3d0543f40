//! `bench`: measures the service beside anchors of the same run and prints the table of ratios.
//! Must never run on a database that holds anything: it makes one of its own and drops it.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{Table, presets};
use tokio_postgres::Client;
use uuid::Uuid;

use super::database::block_on;
use super::fail::Failure;
use crate::bench::import::{self, Measure};
use crate::bench::{self, BenchError, Line, Settings};
use crate::bench::{close, matching, pool};
use crate::launcher::{self, Options, Running};
use crate::store::connect::{TakeRole, connect};
use crate::store::migrate;

/// Measures the service on a database of its own, beside anchors measured in the same run: a plain SQL function, COPY of the
/// same rows, a parse-only route. Figures of two runs must not be compared; ratios inside one may.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang bench --quick      about a minute: shows that it works, too short to publish
  fenzhang bench              three rounds
Build with --release first.")]
pub(super) struct Bench {
    /// One short round.
    #[arg(long)]
    quick: bool,
    /// Rounds.
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// Seconds of each stretch of load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Clicks of one bulk load.
    #[arg(long, default_value_t = 100_000)]
    clicks: u64,
    /// Facts of one bulk load.
    #[arg(long, default_value_t = 60_000)]
    facts: u64,
    /// Measures one large import instead: a generated file of so many rows, its rows written a second over COPY of the same
    /// rows, and the same end after being killed on the way.
    #[arg(long, value_name = "ROWS", hide = true)]
    import_rows: Option<u64>,
    /// Measures one close instead: a month of so many settled lines, its close over the bare aggregate of the same legs, and
    /// the same sheets after being killed on the way.
    #[arg(long, value_name = "LINES", hide = true)]
    close_lines: Option<u64>,
    /// Anchors of the month that is closed.
    #[arg(long, default_value_t = 10_000, hide = true)]
    close_parties: u64,
    /// Measures matching instead: so many anchors ranked for a brief, over the bare statement of the same run, with its plan and
    /// the same order twice.
    #[arg(long, value_name = "ANCHORS", hide = true)]
    match_anchors: Option<u64>,
    /// Measures the pool's search instead: so many generated entries beside real ones, its first pages over the bare index of
    /// the same words, and the plans of the worst.
    #[arg(long, value_name = "ENTRIES", hide = true)]
    pool_entries: Option<u64>,
    /// How often the large import or the close is killed.
    #[arg(long, default_value_t = 5, hide = true)]
    kills: u64,
    /// A PostgreSQL on which to make the database; without it a private one is started for the run.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl Bench {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut settings = Settings {
            rounds: self.rounds.max(1),
            seconds: self.seconds.max(1),
            clicks: self.clicks,
            facts: self.facts,
        };
        if self.quick {
            settings = Settings {
                rounds: 1,
                seconds: 2,
                clicks: 20_000,
                facts: 20_000,
            };
        }
        let private = match &self.database_url {
            Some(_) => None,
            None => Some(Private::start()?),
        };
        let server = match (&self.database_url, &private) {
            (Some(url), _) => url.clone(),
            (None, Some(private)) => private.running.url(),
            (None, None) => return Err(Failure::new("no database")),
        };
        if let Some(rows) = self.import_rows {
            return block_on(large_import(server, rows, self.kills));
        }
        if let Some(lines) = self.close_lines {
            return block_on(large_close(server, lines, self.close_parties.max(1), self.kills));
        }
        if let Some(entries) = self.pool_entries {
            return block_on(large_pool(server, entries, self.rounds.max(1)));
        }
        if let Some(anchors) = self.match_anchors {
            return block_on(matched(server, anchors.max(1)));
        }
        let lines = block_on(on_new_database(&server, async |url, _| {
            bench::run(&url, settings, &mut |text| say(&text)).await
        }))?;
        print(&lines, settings);
        Ok(())
    }
}

/// A server for this run alone, with the settings behind the published figures.
struct Private {
    folder: PathBuf,
    running: Running,
}

impl Private {
    fn start() -> Result<Private, Failure> {
        let folder = std::env::temp_dir().join(format!("fenzhang-bench-{}", Uuid::now_v7().simple()));
        let mut options = Options::new(&folder);
        options.shared_buffers_mb = 1_024;
        options.settings = vec![
            ("max_wal_size".to_owned(), "8GB".to_owned()),
            ("checkpoint_timeout".to_owned(), "15min".to_owned()),
        ];
        let running = launcher::start(&options)?;
        Ok(Private { folder, running })
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.running.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Migrates a new database, measures on it, and drops it, whatever came of it.
async fn on_new_database<T>(
    server: &str,
    measure: impl AsyncFnOnce(String, Client) -> Result<T, BenchError>,
) -> Result<T, Failure> {
    let owner = connect(server, TakeRole::Login).await?;
    let name = format!("fenzhang_bench_{}", Uuid::now_v7().simple());
    owner
        .batch_execute(&format!("create database {name} template template0"))
        .await?;
    let url = of_database(server, &name);
    let measured = async {
        let mut client = connect(&url, TakeRole::Login).await?;
        migrate::up(&mut client, Some(migrate::APP_ROLE)).await?;
        let measured = measure(url.clone(), client).await;
        measured.map_err(|error| Failure::new(error.to_string()))
    };
    let measured = measured.await;
    owner
        .batch_execute(&format!("drop database if exists {name} with (force)"))
        .await?;
    measured
}

fn say(text: &str) {
    eprintln!("{text}");
}

/// Measures a large import in a new folder, which goes afterwards, whatever came of it.
async fn large_import(server: String, rows: u64, kills: u64) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("fenzhang-bench-{}", Uuid::now_v7().simple()));
    std::fs::create_dir_all(&folder)?;
    let program = std::env::current_exe()?;
    let done = on_new_database(&server, async |url, client| {
        let measure = Measure {
            rows,
            kills,
            program,
            url,
            folder: folder.clone(),
        };
        import::measure(&measure, &client).await
    })
    .await;
    let _ = std::fs::remove_dir_all(&folder);
    let done = done?;
    println!("{rows} rows of a file, {} rows written in all tables", done.total);
    println!("file rows a second: {}", done.file_rows);
    println!("rows written a second: {}", done.written);
    println!("COPY of the same rows: {} a second", done.copied);
    println!("ratio: {} thousandths", done.written * 1_000 / done.copied.max(1));
    println!("peak memory of the importing process: {}", done.peak);
    println!("killed at rows {:?}; same balances: {}", done.killed_at, done.same);
    if done.same {
        Ok(())
    } else {
        Err(Failure::difference("the killed import ended in other balances"))
    }
}

/// Measures a close.
async fn large_close(server: String, lines: u64, parties: u64, kills: u64) -> Result<(), Failure> {
    let program = std::env::current_exe()?;
    let done = on_new_database(&server, async |url, client| {
        let measure = close::Measure {
            lines,
            parties,
            kills,
            program,
            url,
        };
        close::measure(&measure, &client, &mut say).await
    })
    .await?;
    let ratio = done.close.as_micros() * 100 / done.bare.as_micros().max(1);
    println!(
        "{lines} settled lines, {parties} anchors: {} legs, {} sheets",
        done.legs, done.sheets
    );
    println!("bare aggregate of the same legs: {} ms", done.bare.as_millis());
    println!("close, from cut-off to the last sheet: {} ms", done.close.as_millis());
    println!("ratio: {}.{:02}", ratio / 100, ratio % 100);
    println!("peak memory of the closing process: {}", done.peak);
    println!("killed at sheets {:?}; the same sheets: {}", done.killed_at, done.same);
    if done.same {
        Ok(())
    } else {
        Err(Failure::difference("the killed close said something else"))
    }
}

/// Measures matching.
async fn matched(server: String, anchors: u64) -> Result<(), Failure> {
    let done = on_new_database(&server, async |url, client| {
        matching::measure(&url, anchors, &client, &mut say).await
    })
    .await?;
    let ratio = done.page.as_micros() * 100 / done.bare.as_micros().max(1);
    println!("{} anchors, {} lines sold", done.anchors, done.lines);
    println!("the bare statement: {} us", done.bare.as_micros());
    println!("the first hundred matches: {} us", done.page.as_micros());
    println!("ratio: {}.{:02}", ratio / 100, ratio % 100);
    println!("the same order twice and by pages: {}", done.same);
    println!("{}", done.plan);
    if cfg!(debug_assertions) {
        println!("THIS IS NOT A RELEASE BUILD: the figures mean nothing.");
    }
    let scans = ["anchor_sale", "anchor_click", "contract"]
        .iter()
        .any(|table| done.plan.contains(&format!("Seq Scan on {table}")));
    if done.same && !scans {
        Ok(())
    } else {
        Err(Failure::difference("another order, or a scan of a table that grows"))
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn millis(time: std::time::Duration) -> String {
    let micros = time.as_micros();
    format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
}

/// The same server's other database.
fn of_database(url: &str, name: &str) -> String {
    match url.split_once("://") {
        None => format!("{url} dbname={name}"),
        Some((scheme, rest)) => {
            let (before, query) = rest
                .split_once('?')
                .map_or((rest, String::new()), |(b, q)| (b, format!("?{q}")));
            let host = before.split_once('/').map_or(before, |(host, _)| host);
            format!("{scheme}://{host}/{name}{query}")
        }
    }
}

fn print(lines: &[Line], settings: Settings) {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["what", "measured", "anchor of the same run", "ratio", "bar", ""]);
    for line in lines {
        let verdict = match line.reached {
            Some(true) => "reached",
            Some(false) => "MISSED",
            None => "",
        };
        let ratio = line.ratio.map_or_else(String::new, |ratio| ratio.to_string());
        table.add_row([line.what, &line.figure, &line.anchor, &ratio, line.bar, verdict]);
    }
    println!("{table}");
    println!(
        "Medians [lowest–highest] of {} rounds, interleaved; {} s a stretch of load; {} clicks and {} facts a bulk load.",
        settings.rounds, settings.seconds, settings.clicks, settings.facts
    );
    println!(
        "Service, load generator and database share this machine; the load generator runs inside this process. Everything \
         durable, with keys, roles and receipts of facts checked; allowances are raised, not off."
    );
    if let Some(peak) = peak_memory() {
        println!("Peak memory of this process, two servers and the load generator together: {peak}.");
    }
    if cfg!(debug_assertions) {
        println!("THIS IS NOT A RELEASE BUILD: the figures mean nothing.");
    }
}

/// What Linux says; nothing elsewhere.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

/// Measures the pool's search.
async fn large_pool(server: String, entries: u64, rounds: u64) -> Result<(), Failure> {
    let done = on_new_database(&server, async |url, _| {
        let measure = pool::Measure { entries, rounds, url };
        pool::measure(&measure, &mut say).await
    })
    .await?;
    println!(
        "{} entries of the pool, {entries} of them generated (their titles say 生成): {} with indexes, loaded in {} s",
        done.loaded.0,
        done.loaded.1,
        done.took.as_secs()
    );
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "first page of 50, counted, with facets",
        "found",
        "ms",
        "slowest",
        "bare index, ms",
        "ratio",
    ]);
    for one in &done.asked {
        let ratio = bench::stat::Ratio::of(micros(one.page), micros(one.bare));
        table.add_row([
            one.what.clone(),
            one.found.clone(),
            millis(one.page),
            millis(one.slowest),
            millis(one.bare),
            ratio.to_string(),
        ]);
    }
    println!("{table}");
    println!(
        "Medians of {rounds} interleaved rounds in one run, after one that warms; client and database share the machine."
    );
    if cfg!(debug_assertions) {
        println!("This is not a release build; most of the time is the database's own.");
    }
    println!("The worst first page is \"{}\"; its plans:", done.worst);
    for plan in &done.plans {
        println!("{plan}\n");
    }
    Ok(())
}
