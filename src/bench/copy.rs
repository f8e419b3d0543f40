//! The anchor of bulk writes: binary COPY of the very rows the service wrote into tables with the same columns and indexes.
//! It must never leave out an index or a constraint of the original.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::Client;

use crate::base::LogId;
use crate::store::Result;

/// Rows of one table as binary COPY wrote them.
pub struct Copied {
    table: String,
    bytes: Vec<Bytes>,
}

/// Tables that have rows of logs, but for those named.
pub async fn tables(client: &Client, without: &[&str]) -> Result<Vec<String>> {
    let rows = client.query(include_str!("sql/copied_tables.sql"), &[&without]).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<std::result::Result<_, _>>()?)
}

/// Reads the rows of a log out of each table.
pub async fn read(client: &Client, log: LogId, tables: &[String]) -> Result<Vec<Copied>> {
    let mut all = Vec::new();
    for table in tables {
        let sql = format!(
            "copy (select * from public.{table} where log = '{}') to stdout (format binary)",
            log.0
        );
        let bytes = client.copy_out(&sql).await?.try_collect().await?;
        all.push(Copied {
            table: table.clone(),
            bytes,
        });
    }
    Ok(all)
}

/// Loads them into empty copies of their tables, all in one transaction; rows and time of the COPY and its commit alone.
pub async fn load(client: &Client, all: &[Copied]) -> Result<(u64, Duration)> {
    client
        .batch_execute("drop schema if exists copied cascade; create schema copied")
        .await?;
    for copied in all {
        let table = &copied.table;
        let make = format!("create table copied.{table} (like public.{table} including all)");
        client.batch_execute(&make).await?;
    }
    let begun = Instant::now();
    client.batch_execute("begin").await?;
    let mut rows = 0;
    for copied in all {
        let sql = format!("copy copied.{} from stdin (format binary)", copied.table);
        let sink = client.copy_in(&sql).await?;
        futures_util::pin_mut!(sink);
        for part in &copied.bytes {
            sink.feed(part.clone()).await?;
        }
        rows += sink.finish().await?;
    }
    client.batch_execute("commit").await?;
    Ok((rows, begun.elapsed()))
}
