//! Frozen money of parties 冻结: how much was set aside and why, what was given back and what was forfeited.
//! Must never show a party another's freezes.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{FreezeId, Instant, LogId, PartyId};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("freezes_page")];

/// A freeze.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FreezeView {
    /// Which.
    #[schema(value_type = String)]
    pub freeze: FreezeId,
    /// Whose money.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Business name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Set aside.
    pub held: Money,
    /// Given back.
    pub lifted: Money,
    /// Given to somebody else.
    pub forfeited: Money,
    /// Still frozen.
    pub left: Money,
    /// Why.
    pub reason: String,
    /// Since when.
    #[schema(value_type = String)]
    pub at: Instant,
    /// What may be asked for now.
    pub allowed_actions: Vec<&'static str>,
}

/// Freezes, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FreezesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Freezes.
    pub freezes: Vec<FreezeView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Freezes a page at a time; of one party when given.
pub async fn freezes(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    page: &Page,
) -> Result<FreezesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<FreezeId>(after)?.0,
        None => Uuid::nil(),
    };
    let of = viewer.party().or(party).map(PartyId::uuid);
    let sql = include_str!("sql/freezes_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &of, &None::<Uuid>])
        .await?;
    let more = page.cut(&mut rows);
    let freezes: Vec<FreezeView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let next = freezes.last().filter(|_| more).map(|row| row.freeze.to_string());
    Ok(FreezesView {
        position,
        freezes,
        next,
    })
}

fn view(row: &Row) -> Result<FreezeView, ReportError> {
    let currency = wire::currency(row.get(3))?;
    let (held, lifted, forfeited): (i64, i64, i64) = (row.get(4), row.get(5), row.get(6));
    let left = held.saturating_sub(lifted).saturating_sub(forfeited);
    let money = |amount: i64| Money::of(Minor(amount), currency);
    Ok(FreezeView {
        freeze: FreezeId(row.get(0)),
        party: wire::party(row.get(1))?,
        name: row.get(2),
        held: money(held),
        lifted: money(lifted),
        forfeited: money(forfeited),
        left: money(left),
        reason: row.get(7),
        at: Instant::from_utc(row.get(8)),
        allowed_actions: if left > 0 {
            vec!["unfreeze", "forfeit"]
        } else {
            Vec::new()
        },
    })
}

impl FreezesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Frozen money 冻结 at position {}", self.position),
            &[
                "freeze",
                "party",
                "name",
                "held",
                "lifted",
                "forfeited",
                "left",
                "currency",
                "at",
                "reason",
            ],
        );
        for row in &self.freezes {
            table.push([
                row.freeze.to_string().into(),
                row.party.to_string().into(),
                row.name.clone().into(),
                Cell::from(&row.held),
                Cell::from(&row.lifted),
                Cell::from(&row.forfeited),
                Cell::from(&row.left),
                row.held.currency.as_str().into(),
                row.at.to_string().into(),
                row.reason.clone().into(),
            ]);
        }
        table
    }
}
