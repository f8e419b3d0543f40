//! Who somebody is, beside an id: own number, name, and the script when a sandbox plays it.
//! Must never be asked one at a time, nor of parties that the viewer has nothing to do with.

use std::collections::HashMap;

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ReportError, Statement, sql, wire};
use crate::base::{LogId, PartyId};
use crate::domain::party::Script;

pub(super) const SQL: &[Statement] = &[sql!("who")];

/// A party, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WhoView {
    /// Which.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// The book's own number for it, accepted wherever its id is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Business name.
    pub name: String,
    /// It is played by this sandbox's program, and does what the script says: nobody stands behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scripted: Option<ScriptView>,
}

/// A script.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ScriptView {
    /// steady, pricey, late, disputes or silent.
    pub script: &'static str,
    /// What it does.
    pub says: &'static str,
}

impl ScriptView {
    /// Of a script.
    pub fn of(script: Script) -> ScriptView {
        ScriptView {
            script: script.word(),
            says: script.says(),
        }
    }
}

/// Who these parties are, as they go by now; ids may repeat.
pub(super) async fn who(
    client: &Client,
    log: LogId,
    parties: impl IntoIterator<Item = PartyId>,
) -> Result<HashMap<PartyId, WhoView>, ReportError> {
    let mut ids: Vec<Uuid> = parties.into_iter().map(PartyId::uuid).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = HashMap::new();
    for row in client.query(include_str!("sql/who.sql"), &[&log.0, &ids]).await? {
        let party = wire::party(row.get(0))?;
        let script = row.get::<_, Option<&str>>(3).and_then(Script::of);
        let view = WhoView {
            party,
            external_id: row.get(1),
            name: row.get(2),
            scripted: script.map(ScriptView::of),
        };
        known.insert(party, view);
    }
    Ok(known)
}
