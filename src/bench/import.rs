//! A large import measured: rows written a second over COPY of the same rows, and the same end after being killed on the way.
//! It must never kill anything but the import that it started itself.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_postgres::Client;

use super::{BenchError, copy};
use crate::base::{BookId, LogId};
use crate::store::books;

/// Most bytes on their way from a file into COPY.
const PIECE: usize = 256 * 1024;
/// How long a dead worker's lease keeps its import.
const LEASE: Duration = Duration::from_secs(31);

/// Tables of imports, in which a book has rows beside those of its logs.
const OF_BOOK: [&str; 5] = ["file", "file_part", "import_day", "import_fact", "import_row"];

/// What is measured, and where.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Rows of the file.
    pub rows: u64,
    /// How often the import is killed on its way.
    pub kills: u64,
    /// This program.
    pub program: PathBuf,
    /// A database of its own.
    pub url: String,
    /// A folder of its own.
    pub folder: PathBuf,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Rows of the file a second.
    pub file_rows: u128,
    /// Rows written a second, in all tables.
    pub written: u128,
    /// Rows a second of COPY of the same rows.
    pub copied: u128,
    /// Rows written.
    pub total: u64,
    /// Most memory that the importing process held.
    pub peak: String,
    /// How often it was killed, and at which rows.
    pub killed_at: Vec<i64>,
    /// The killed import ended in the same balances.
    pub same: bool,
}

/// Two rows a line: created and paid; a thousand lines a day.
fn write_file(measure: &Measure) -> Result<(PathBuf, PathBuf), BenchError> {
    let (path, mapping) = (measure.folder.join("rows.csv"), measure.folder.join("rows.toml"));
    let setup = crate::intake::ready::find("tmall-report").unwrap_or_default();
    let setup = setup.find("[setup]").and_then(|at| setup.get(at..)).unwrap_or_default();
    let orders = crate::intake::ready::find("generic-orders").unwrap_or_default();
    std::fs::write(&mapping, format!("{orders}\n{setup}"))?;
    let mut out = BufWriter::new(std::fs::File::create(&path)?);
    writeln!(out, "platform,line_no,fact,at,currency,amount,shop_no,promoter")?;
    for row in 0..measure.rows {
        let line = row / 2;
        let (day, cents) = (1 + line / 1_000 % 28, line % 10_000);
        let fact = if row % 2 == 0 { "created" } else { "paid" };
        let tail = "stand-in-tmall-shop,stand-in-tmall-anchor";
        writeln!(
            out,
            "tmall,L{line},{fact},2026-02-{day:02}T10:00:00+08:00,CNY,{}.{:02},{tail}",
            20 + cents / 100,
            cents % 100
        )?;
    }
    out.flush()?;
    Ok((path, mapping))
}

fn start(measure: &Measure, (file, mapping): &(PathBuf, PathBuf), book: &str) -> Result<Child, BenchError> {
    Ok(Command::new(&measure.program)
        .arg("import")
        .arg(file)
        .arg("--mapping")
        .arg(mapping)
        .args(["--book", book, "--database-url", &measure.url])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

/// What Linux says of a process; empty elsewhere.
fn peak(child: &Child) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

/// Imports without a break: how long it took, and the most memory it held.
async fn whole(measure: &Measure, files: &(PathBuf, PathBuf), book: &str) -> Result<(Duration, String), BenchError> {
    let begun = Instant::now();
    let mut child = start(measure, files, book)?;
    let mut most = String::new();
    loop {
        if let Some(now) = peak(&child) {
            most = now;
        }
        match child.try_wait()? {
            Some(status) if status.success() => return Ok((begun.elapsed(), most)),
            Some(status) => return Err(BenchError::Other(format!("the import ended with {status}"))),
            None => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Kills the import once it is past a row; says at which row it stood.
async fn killed(
    measure: &Measure,
    client: &Client,
    files: &(PathBuf, PathBuf),
    (name, book): (&str, BookId),
    past: i64,
) -> Result<i64, BenchError> {
    let mut child = start(measure, files, name)?;
    loop {
        let row = client
            .query_one(include_str!("sql/import_progress.sql"), &[&book.0])
            .await?;
        let row: i64 = row.try_get(0)?;
        if row >= past {
            child.kill()?;
            child.wait()?;
            tokio::time::sleep(LEASE).await;
            return Ok(row);
        }
        if let Some(status) = child.try_wait()? {
            return Err(BenchError::Other(format!(
                "the import ended with {status} before row {past}"
            )));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn balances(client: &Client, log: LogId) -> Result<Vec<(i32, i16, i16, String)>, BenchError> {
    let rows = client.query(include_str!("sql/book_balances.sql"), &[&log.0]).await?;
    let row = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    rows.iter().map(row).collect()
}

/// COPY of every row that the import wrote, through files, into tables with the same columns and indexes.
async fn copied(client: &Client, folder: &Path, log: LogId, book: BookId) -> Result<(u64, Duration), BenchError> {
    let logs = copy::tables(client, &["log", "cursor", "import"]).await?;
    let of_log = logs.into_iter().map(|table| (table, "log", log.0));
    let of_book = OF_BOOK.map(|table| (table.to_owned(), "book", book.0));
    client
        .batch_execute("drop schema if exists copied cascade; create schema copied")
        .await?;
    let (mut rows, mut took) = (0, Duration::ZERO);
    for (table, key, id) in of_log.chain(of_book) {
        client
            .batch_execute(&format!(
                "create table copied.{table} (like public.{table} including all)"
            ))
            .await?;
        let path = folder.join(format!("{table}.copy"));
        let mut file = tokio::fs::File::create(&path).await?;
        let out = format!("copy (select * from public.{table} where {key} = '{id}') to stdout (format binary)");
        let stream = client.copy_out(&out).await?;
        futures_util::pin_mut!(stream);
        while let Some(piece) = stream.next().await {
            file.write_all(&piece?).await?;
        }
        file.flush().await?;
        let mut file = tokio::fs::File::open(&path).await?;
        let begun = Instant::now();
        let sink = client
            .copy_in(&format!("copy copied.{table} from stdin (format binary)"))
            .await?;
        futures_util::pin_mut!(sink);
        loop {
            let mut piece = bytes::BytesMut::with_capacity(PIECE);
            if file.read_buf(&mut piece).await? == 0 {
                break;
            }
            sink.send(piece.freeze()).await?;
        }
        rows += sink.finish().await?;
        took += begun.elapsed();
        tokio::fs::remove_file(&path).await?;
    }
    Ok((rows, took))
}

/// Measures.
pub async fn measure(measure: &Measure, client: &Client) -> Result<Measured, BenchError> {
    let files = write_file(measure)?;
    let book = |name: &str| BookId(crate::base::derive_uuid("book.named", uuid::Uuid::nil(), &[name]));
    let (took, peak) = whole(measure, &files, "whole").await?;
    let mut killed_at = Vec::new();
    for kill in 1..=measure.kills {
        let past = i64::try_from(measure.rows * kill / (measure.kills + 1)).unwrap_or(i64::MAX);
        killed_at.push(killed(measure, client, &files, ("killed", book("killed")), past).await?);
    }
    whole(measure, &files, "killed").await?;
    let missing = || BenchError::Other("a book is missing".to_owned());
    let whole = books::of_book(client, book("whole")).await?.ok_or_else(missing)?;
    let broken = books::of_book(client, book("killed")).await?.ok_or_else(missing)?;
    let same = balances(client, whole.money).await? == balances(client, broken.money).await?;
    let (total, copy) = copied(client, &measure.folder, whole.money, whole.book).await?;
    let rate = |rows: u64, took: Duration| u128::from(rows) * 1_000_000 / took.as_micros().max(1);
    Ok(Measured {
        file_rows: rate(measure.rows, took),
        written: rate(total, took),
        copied: rate(total, copy),
        total,
        peak,
        killed_at,
        same,
    })
}
