//! Parties that a sandbox plays, and the events of what they may have to do with.
//! Must never be asked inside the money transaction: a move is decided again there.

use std::collections::HashMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::error::{Error, Result};
use super::load;
use super::statements::text;
use crate::base::{LogId, PartyId};
use crate::domain::flow::Recorded;
use crate::domain::party::Script;
use crate::domain::stream::{Slice, StreamId};

/// Briefs and contracts that are looked at, at most of each; the youngest first.
const MOST: i64 = 200;

/// The parties of a log that are played, by id.
pub async fn parties(client: &Client, log: LogId) -> Result<Vec<(PartyId, Script)>> {
    let rows = client.query(text::scripted_parties, &[&log.0]).await?;
    let read = |row: &tokio_postgres::Row| {
        let party = PartyId::from_uuid(row.try_get(0)?).map_err(|_| Error::corrupt("a scripted party"))?;
        let script = Script::of(row.try_get(1)?).ok_or_else(|| Error::corrupt("an unknown script"))?;
        Ok((party, script))
    };
    rows.iter().map(read).collect()
}

/// Briefs and contracts on which they may have something to do, each with all its events in order.
pub async fn work(client: &Client, log: LogId, parties: &[PartyId]) -> Result<Vec<(StreamId, Vec<Recorded>)>> {
    let ids: Vec<Uuid> = parties.iter().map(|party| party.uuid()).collect();
    let hex: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    let (brief, contract) = (Slice::Brief.code(), Slice::Contract.code());
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [&log.0, &hex, &ids, &MOST, &brief, &contract];
    let mut streams = Vec::new();
    for row in client.query(text::scripted_work, &params).await? {
        let slice = Slice::from_code(row.try_get(0)?).ok_or_else(|| Error::corrupt("an unknown slice"))?;
        let id = row.try_get(1)?;
        streams.push(StreamId { slice, id });
    }
    let ids: Vec<Uuid> = streams.iter().map(|stream| stream.id).collect();
    let mut events: HashMap<StreamId, Vec<Recorded>> = HashMap::new();
    if !ids.is_empty() {
        let none: [Uuid; 0] = [];
        for row in client
            .query(text::load_streams, &[&log.0, &ids, &none.as_slice()])
            .await?
        {
            let recorded = load::recorded(log, &row)?;
            events.entry(recorded.stream).or_default().push(recorded);
        }
    }
    let told = |stream: StreamId| (stream, events.remove(&stream).unwrap_or_default());
    Ok(streams.into_iter().map(told).collect())
}
