//! One run: interleaved rounds of everything, and the lines of the table.
//! It must never compare figures of two runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::load::{self, Make};
use super::serve::Served;
use super::stage::Stage;
use super::stat::{Ratio, Spread, Stretch};
use super::{BenchError, bulk, plain};
use crate::base::LogId;
use crate::engine::{Engine, EngineSettings};
use crate::report::{At, Viewer, earnings};
use crate::store::connect::{TakeRole, connect};
use crate::store::{books, head};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rounds; the table shows medians.
    pub rounds: u64,
    /// Length of one stretch of load.
    pub seconds: u64,
    /// Clicks of one bulk load.
    pub clicks: u64,
    /// Facts of one bulk load.
    pub facts: u64,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was measured.
    pub what: &'static str,
    /// Its figure.
    pub figure: String,
    /// What it is compared with.
    pub anchor: String,
    /// Figure over anchor.
    pub ratio: Option<Ratio>,
    /// The bar.
    pub bar: &'static str,
    /// Whether it is reached; none where nothing was measured.
    pub reached: Option<bool>,
}

#[derive(Default)]
struct Figures {
    parse: Vec<u64>,
    click: Vec<u64>,
    mix: Vec<u64>,
    plain: Vec<u64>,
    two: Vec<u64>,
    p50: Vec<u64>,
    p99: Vec<u64>,
    bulk_clicks: Vec<u64>,
    copy_clicks: Vec<u64>,
    bulk_rows: Vec<u64>,
    copy_rows: Vec<u64>,
    rebuild: Vec<u64>,
    copy_derived: Vec<u64>,
    fold: Vec<u64>,
    decode: Vec<u64>,
    earnings: Vec<u64>,
    index: Vec<u64>,
}

struct Bench {
    settings: Settings,
    url: String,
    stage: Arc<Stage>,
    money: LogId,
    click_logs: Vec<LogId>,
    servers: [Served; 2],
    parser: Served,
    client: Client,
    clicks: Arc<AtomicU64>,
    figures: Figures,
}

/// Measures everything on an empty, migrated database and says what it does.
pub async fn run(url: &str, settings: Settings, say: &mut dyn FnMut(String)) -> Result<Vec<Line>, BenchError> {
    let one = || {
        Engine::start(EngineSettings {
            database_url: url.to_owned(),
            readers: 16,
            background: true,
            allow_owner: true,
        })
    };
    let engines = [one().await?, one().await?];
    let [first, _] = &engines;
    let stage = Arc::new(Stage::open(first).await?);
    let client = connect(url, TakeRole::Login).await?;
    plain::set_up(&client).await?;
    let logs = books::of_book(&client, stage.book).await?;
    let logs = logs.ok_or_else(|| BenchError::Other("the book is gone".to_owned()))?;
    let [first, second] = engines.clone();
    let mut bench = Bench {
        settings,
        url: url.to_owned(),
        stage,
        money: logs.money,
        click_logs: logs.clicks,
        servers: [Served::service(first)?, Served::service(second)?],
        parser: Served::parser()?,
        client,
        clicks: Arc::default(),
        figures: Figures::default(),
    };
    let measured = bench.rounds(say).await;
    for server in bench.servers.iter().chain([&bench.parser]) {
        server.stop().await;
    }
    for engine in engines {
        engine.stop().await;
    }
    measured.map(|()| lines(&bench.figures))
}

impl Bench {
    async fn rounds(&mut self, say: &mut dyn FnMut(String)) -> Result<(), BenchError> {
        let rounds = self.settings.rounds;
        for round in 1..=rounds {
            say(format!("round {round} of {rounds}: single clicks"));
            self.single_clicks().await?;
            say("  order facts of the mix, and the plain SQL function".to_owned());
            self.mix(round).await?;
            say("  bulk, and COPY of the same rows".to_owned());
            self.bulk(round).await?;
            say("  replay and reads".to_owned());
            self.reads().await?;
        }
        Ok(())
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.settings.seconds)
    }

    async fn single_clicks(&mut self) -> Result<(), BenchError> {
        let time = self.time();
        let (stage, clicks) = (Arc::clone(&self.stage), Arc::clone(&self.clicks));
        let parse: Make = Arc::new(move |n| Some(stage.parse_request(n)));
        let parse = answered(load::run(&[self.parser.address], 64, time, parse).await?)?;
        self.figures.parse.push(parse.rate());
        let stage = Arc::clone(&self.stage);
        let click: Make = Arc::new(move |_| Some(stage.click_request(clicks.fetch_add(1, Ordering::Relaxed))));
        let click = answered(load::run(&[self.servers[0].address], 64, time, click).await?)?;
        self.figures.click.push(click.rate());
        Ok(())
    }

    /// The mix over some servers and connections, in a series of lines of its own.
    async fn facts(&self, servers: usize, connections: usize, series: String) -> Result<Stretch, BenchError> {
        let addresses: Vec<_> = self.servers.iter().take(servers).map(|s| s.address).collect();
        let stage = Arc::clone(&self.stage);
        let make: Make = Arc::new(move |n| Some(stage.fact_request(&series, n)));
        answered(load::run(&addresses, connections, self.time(), make).await?)
    }

    async fn stands(&self) -> Result<i64, BenchError> {
        Ok(head::read(&self.client, self.money)
            .await?
            .map_or(0, |head| head.position))
    }

    async fn mix(&mut self, round: u64) -> Result<(), BenchError> {
        let before = self.stands().await?;
        let mix = self.facts(1, 256, format!("m{round}")).await?;
        let after = self.stands().await?;
        self.figures.mix.push(mix.rate());
        let mut posted = plain::posted(&self.client, self.money, before, after).await?;
        let third = posted.len().div_ceil(3);
        let mut best = 0;
        for connections in [8, 16, 32] {
            let rest = posted.split_off(third.min(posted.len()));
            let part = Arc::new(std::mem::replace(&mut posted, rest));
            best = best.max(plain::run(&self.url, connections, self.time(), part).await?.rate());
        }
        self.figures.plain.push(best);
        let two = self.facts(2, 256, format!("t{round}")).await?;
        self.figures.two.push(two.rate());
        let single = self.facts(1, 64, format!("s{round}")).await?;
        self.figures.p50.push(u64::from(single.percentile(50)));
        self.figures.p99.push(u64::from(single.percentile(99)));
        Ok(())
    }

    async fn bulk(&mut self, round: u64) -> Result<(), BenchError> {
        let server = self.servers[0].address;
        let from = self.clicks.fetch_add(self.settings.clicks + 5_000, Ordering::Relaxed);
        let logs = self.click_logs.clone();
        let before = bulk::rows(&self.client, &logs).await?;
        let clicks = bulk::clicks(server, &self.stage, from, self.settings.clicks).await?;
        let written = bulk::rows(&self.client, &logs).await? - before;
        self.figures
            .bulk_clicks
            .push(Stretch::rows(written, clicks.took).rate());
        let copied = bulk::copied(&self.client, &logs, &[]).await?;
        self.figures.copy_clicks.push(copied.rate());
        let money = [self.money];
        let before = bulk::rows(&self.client, &money).await?;
        let facts = bulk::facts(server, &self.stage, round, self.settings.facts).await?;
        let written = bulk::rows(&self.client, &money).await? - before;
        self.figures.bulk_rows.push(Stretch::rows(written, facts.took).rate());
        let copied = bulk::copied(&self.client, &money, &[]).await?;
        self.figures.copy_rows.push(copied.rate());
        let mut own = connect(&self.url, TakeRole::Login).await?;
        self.figures
            .rebuild
            .push(bulk::rebuilt(&mut own, self.money).await?.rate());
        let derived = bulk::copied(&self.client, &money, &["event", "receipt"]).await?;
        self.figures.copy_derived.push(derived.rate());
        Ok(())
    }

    async fn reads(&mut self) -> Result<(), BenchError> {
        let (fold, decode) = bulk::replayed(&self.client, self.money).await?;
        self.figures.fold.push(fold.rate());
        self.figures.decode.push(decode.rate());
        let party = self.stage.busiest;
        let mut page = Stretch::default();
        let mut bare = Stretch::default();
        let statement = self.client.prepare(include_str!("sql/bare_index.sql")).await?;
        for _ in 0..200 {
            let begun = Instant::now();
            earnings(
                &self.client,
                self.money,
                Viewer::All,
                party,
                None,
                (None, None),
                At::Now,
            )
            .await?;
            page.micros.push(micros(begun));
            let begun = Instant::now();
            let (account, currency) = (1_i16, "CNY");
            for layer in [0_i16, 1] {
                self.client
                    .query(&statement, &[&self.money.0, &party.uuid(), &account, &layer, &currency])
                    .await?;
            }
            bare.micros.push(micros(begun));
        }
        self.figures.earnings.push(u64::from(page.percentile(50)));
        self.figures.index.push(u64::from(bare.percentile(50)));
        Ok(())
    }
}

fn micros(begun: Instant) -> u32 {
    u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX)
}

/// A figure with refused requests in it would be a figure of refusals.
fn answered(stretch: Stretch) -> Result<Stretch, BenchError> {
    if stretch.failed > 0 {
        let (failed, done) = (stretch.failed, stretch.done);
        let one = stretch.failure.unwrap_or_default();
        return Err(BenchError::Other(format!(
            "{failed} requests were refused and {done} done; one said {one}"
        )));
    }
    Ok(stretch)
}

/// A figure that should be at least so many hundredths of its anchor.
fn at_least(
    what: &'static str,
    unit: &str,
    figures: &[u64],
    (anchor, anchors): (&str, &[u64]),
    (bar, hundredths): (&'static str, u64),
) -> Line {
    let figure = Spread::of(figures.iter().copied());
    let against = Spread::of(anchors.iter().copied());
    let ratio = Ratio::of(figure.median, against.median);
    Line {
        what,
        figure: format!("{figure} {unit}"),
        anchor: format!("{anchor}: {against}"),
        ratio: Some(ratio),
        bar,
        reached: Some(ratio >= Ratio(hundredths)),
    }
}

/// A time that should be at most so many hundredths of its anchor.
fn at_most(
    what: &'static str,
    figures: &[u64],
    anchor: (&str, &[u64]),
    (bar, hundredths): (&'static str, u64),
) -> Line {
    let line = at_least(what, "µs", figures, anchor, (bar, 0));
    let reached = line.ratio.map(|ratio| ratio <= Ratio(hundredths));
    Line { reached, ..line }
}

fn absent(what: &'static str, why: &str, bar: &'static str) -> Line {
    Line {
        what,
        figure: "not measured".to_owned(),
        anchor: why.to_owned(),
        ratio: None,
        bar,
        reached: None,
    }
}

fn lines(f: &Figures) -> Vec<Line> {
    let mut lines = writes(f);
    lines.extend(reads(f));
    lines
}

fn writes(f: &Figures) -> Vec<Line> {
    let click = "one click a request, 64 connections";
    let mix = "one order fact a request, the mix, 256 connections";
    let parse = ("parse-only POST", f.parse.as_slice());
    let plain = ("plain SQL function, the same events and legs", f.plain.as_slice());
    let copy_clicks = ("COPY of the same rows", f.copy_clicks.as_slice());
    let copy_rows = ("COPY of the same rows", f.copy_rows.as_slice());
    let p50 = ("its p50", f.p50.as_slice());
    let one = ("one server", f.mix.as_slice());
    vec![
        at_least(click, "/s", &f.click, parse, (">= 0.45", 45)),
        at_least(mix, "/s", &f.mix, plain, (">= 5", 500)),
        at_least(
            "bulk clicks (NDJSON)",
            "rows/s",
            &f.bulk_clicks,
            copy_clicks,
            (">= 0.7", 70),
        ),
        at_least(
            "bulk order facts (NDJSON)",
            "rows/s",
            &f.bulk_rows,
            copy_rows,
            (">= 0.4", 40),
        ),
        at_most("p99 of a single fact, 64 connections", &f.p99, p50, ("<= 10", 1_000)),
        at_least("two servers, 256 connections", "/s", &f.two, one, (">= 0.7", 70)),
        absent(
            "10M clicks and 1M events against a hundredth",
            "a run of hours",
            ">= 0.9",
        ),
    ]
}

fn reads(f: &Figures) -> Vec<Line> {
    let copy = ("COPY of the same rows", f.copy_derived.as_slice());
    let decode = ("streamed SELECT, one field decoded", f.decode.as_slice());
    let index = ("its two bare index queries", f.index.as_slice());
    vec![
        at_least(
            "rebuild and compare",
            "derived rows/s",
            &f.rebuild,
            copy,
            (">= 0.5", 50),
        ),
        at_least("replay (decode and fold)", "events/s", &f.fold, decode, (">= 0.6", 60)),
        at_most("earnings of the busiest party", &f.earnings, index, ("<= 2", 200)),
        absent("closing a month of 1M settled lines", "there is no close yet", "<= 10"),
    ]
}
