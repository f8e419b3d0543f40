//! Bulk loads over HTTP, and the same rows by COPY; rebuild and replay of what was loaded.
//! It must never count a line that was not taken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::load::{Make, run};
use super::stage::Stage;
use super::stat::Stretch;
use super::{BenchError, copy, replay};
use crate::base::LogId;
use crate::store::rebuild::rebuild;

/// Lines of one NDJSON body.
const BODY: u64 = 5_000;
/// Senders at once: orders of one sender keep their order.
const SENDERS: usize = 4;
const LONG: Duration = Duration::from_secs(600);

/// Clicks in bulk; counted in clicks.
pub async fn clicks(server: SocketAddr, stage: &Arc<Stage>, from: u64, count: u64) -> Result<Stretch, BenchError> {
    let bodies = count.div_ceil(BODY);
    let stage = Arc::clone(stage);
    let make: Make = Arc::new(move |n| (n < bodies).then(|| stage.bulk_clicks(from + n * BODY, BODY)));
    let sent = run(&[server], SENDERS, LONG, make).await?;
    Ok(Stretch::rows(sent.done * BODY, sent.took))
}

/// Facts of the mix in bulk; each body is a series of lines of its own. Counted in facts.
pub async fn facts(server: SocketAddr, stage: &Arc<Stage>, round: u64, count: u64) -> Result<Stretch, BenchError> {
    let bodies = count.div_ceil(BODY * 2);
    let stage = Arc::clone(stage);
    let make: Make = Arc::new(move |n| (n < bodies).then(|| stage.bulk_facts(round * 1_000 + n, 0, BODY * 2)));
    let sent = run(&[server], SENDERS, LONG, make).await?;
    Ok(Stretch::rows(sent.done * BODY * 2, sent.took))
}

/// Rows of logs in all tables.
pub async fn rows(client: &Client, logs: &[LogId]) -> Result<u64, BenchError> {
    let mut all = 0;
    for table in copy::tables(client, &["cursor"]).await? {
        for log in logs {
            let sql = include_str!("sql/row_count.sql").replace("{table}", &table);
            let count: i64 = client.query_one(&sql, &[&log.0]).await?.try_get(0)?;
            all += u64::try_from(count).unwrap_or(0);
        }
    }
    Ok(all)
}

/// COPY of every row of a log but its head.
pub async fn copied(client: &Client, logs: &[LogId], without: &[&str]) -> Result<Stretch, BenchError> {
    let mut without = without.to_vec();
    without.extend(["log", "cursor"]);
    let tables = copy::tables(client, &without).await?;
    let mut all = Stretch::default();
    for log in logs {
        let read = copy::read(client, *log, &tables).await?;
        let (rows, took) = copy::load(client, &read).await?;
        all.done += rows;
        all.took += took;
    }
    Ok(all)
}

/// A rebuild that compares and changes nothing; counted in derived rows.
pub async fn rebuilt(client: &mut Client, log: LogId) -> Result<Stretch, BenchError> {
    let begun = Instant::now();
    let rebuilt = rebuild(client, log, false).await?;
    if !rebuilt.comparison.differences.is_empty() {
        return Err(BenchError::Other(
            "the derived rows are not what the log gives".to_owned(),
        ));
    }
    let rows = u64::try_from(rebuilt.comparison.rows).unwrap_or(0);
    Ok(Stretch::rows(rows, begun.elapsed()))
}

/// Replay, and its anchor.
pub async fn replayed(client: &Client, log: LogId) -> Result<(Stretch, Stretch), BenchError> {
    Ok((replay::fold(client, log).await?, replay::decode(client, log).await?))
}
