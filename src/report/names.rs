//! Names of the parties, shops and items that a report speaks of, read at once.
//! Must never be asked one at a time.

use std::collections::HashMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::{ReportError, Statement, sql};
use crate::base::LogId;

pub(super) const SQL: &[Statement] = &[sql!("ledger_names")];

/// Numbers and names, by id.
#[derive(Default)]
pub(super) struct Names {
    pub parties: HashMap<Uuid, String>,
    /// Number, name, and the legal entity's name.
    pub shops: HashMap<Uuid, (String, String, Option<String>)>,
    pub items: HashMap<Uuid, (String, Option<String>)>,
}

impl Names {
    /// Reads the names of some parties, shops and items; ids may repeat.
    pub async fn load(
        client: &Client,
        log: LogId,
        (mut parties, mut shops, mut items): (Vec<Uuid>, Vec<Uuid>, Vec<Uuid>),
    ) -> Result<Names, ReportError> {
        for ids in [&mut parties, &mut shops, &mut items] {
            ids.sort_unstable();
            ids.dedup();
        }
        let sql = include_str!("sql/ledger_names.sql");
        let mut names = Names::default();
        for row in client.query(sql, &[&log.0, &parties, &shops, &items]).await? {
            let (id, no, name): (Uuid, Option<String>, Option<String>) = (row.get(1), row.get(2), row.get(3));
            match row.get::<_, i16>(0) {
                1 => drop(names.parties.insert(id, name.unwrap_or_default())),
                2 => {
                    let shop = (no.unwrap_or_default(), name.unwrap_or_default(), row.get(4));
                    drop(names.shops.insert(id, shop));
                }
                _ => drop(names.items.insert(id, (no.unwrap_or_default(), name))),
            }
        }
        Ok(names)
    }

    /// A party's name.
    pub fn party(&self, id: Uuid) -> String {
        self.parties.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// A shop's name.
    pub fn shop(&self, id: Uuid) -> String {
        self.shops
            .get(&id)
            .map_or_else(|| id.to_string(), |(_, name, _)| name.clone())
    }

    /// An item's title, or its number where it has none.
    pub fn item(&self, id: Uuid) -> String {
        let named = |(number, title): &(String, Option<String>)| title.clone().unwrap_or_else(|| number.clone());
        self.items.get(&id).map_or_else(|| id.to_string(), named)
    }
}
