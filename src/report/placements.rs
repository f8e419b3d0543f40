//! Placements 推广位 with their assignments by date, and the numbers that lines wait for because nobody is assigned.
//! Must never show a party another's placements: only book-wide roles come here.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Page, ReportError, Statement, Table, position, sql, wire};
use crate::base::{Instant, LogId, PartyId, PlacementId};

pub(super) const SQL: &[Statement] = &[sql!("placements_page"), sql!("placements_waiting")];

/// Most groups of waiting lines that are shown.
const GROUPS: i64 = 1_000;

/// One assignment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PlacementView {
    /// Which.
    #[schema(value_type = String)]
    pub placement: PlacementId,
    /// Platform.
    pub platform: String,
    /// pid, nick, room or account.
    pub kind: String,
    /// The platform's number of it.
    pub number: String,
    /// Whose, unless a room's.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The room whose roster says who was on air.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Inclusive.
    #[schema(value_type = String)]
    pub from: Instant,
    /// Exclusive.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// Assignments, by placement and start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PlacementsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Assignments.
    pub placements: Vec<PlacementView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Lines that wait for the same thing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WaitingView {
    /// Platform.
    pub platform: String,
    /// `unknown_placement`, or `unknown_payer`: register the shop with its brand, or name the payer in the formula.
    pub waits_for: String,
    /// PID that they name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<String>,
    /// Nick that they name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    /// Room that they name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Account that they were reported to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How many.
    pub lines: i64,
    /// Order time of the first.
    #[schema(value_type = String)]
    pub first_at: Instant,
    /// Order time of the last.
    #[schema(value_type = String)]
    pub last_at: Instant,
}

/// What lines wait for, the most lines first, at most 1,000 groups.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WaitingsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Groups.
    pub waiting: Vec<WaitingView>,
}

/// Assignments a page at a time.
pub async fn placements(client: &Client, log: LogId, page: &Page) -> Result<PlacementsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let (after, from) = match page.parts::<2>()? {
        Some([placement, from]) => (part::<PlacementId>(placement)?.0, part::<Instant>(from)?.utc()),
        None => (Uuid::nil(), DateTime::<Utc>::UNIX_EPOCH),
    };
    let sql = include_str!("sql/placements_page.sql");
    let mut rows = client.query(sql, &[&log.0, &after, &from, &page.fetch()]).await?;
    let more = page.cut(&mut rows);
    let placements: Vec<PlacementView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let key = |last: &PlacementView| format!("{}~{}", last.placement, last.from);
    let next = placements.last().filter(|_| more).map(key);
    Ok(PlacementsView {
        position,
        placements,
        next,
    })
}

/// What lines wait for.
pub async fn waiting(client: &Client, log: LogId) -> Result<WaitingsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let rows = client
        .query(include_str!("sql/placements_waiting.sql"), &[&log.0, &GROUPS])
        .await?;
    let group = |row: &Row| WaitingView {
        platform: row.get(0),
        waits_for: row.get(1),
        pid: row.get(2),
        nick: row.get(3),
        room: row.get(4),
        account: row.get(5),
        lines: row.get(6),
        first_at: Instant::from_utc(row.get(7)),
        last_at: Instant::from_utc(row.get(8)),
    };
    Ok(WaitingsView {
        position,
        waiting: rows.iter().map(group).collect(),
    })
}

fn view(row: &Row) -> Result<PlacementView, ReportError> {
    Ok(PlacementView {
        placement: PlacementId(row.get(0)),
        platform: row.get(1),
        kind: row.get(2),
        number: row.get(3),
        party: row.get::<_, Option<Uuid>>(4).map(wire::party).transpose()?,
        room: row.get(5),
        from: Instant::from_utc(row.get(6)),
        to: row.get::<_, Option<_>>(7).map(Instant::from_utc),
    })
}

impl PlacementsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Placements 推广位 at position {}", self.position),
            &["placement", "platform", "kind", "number", "party", "room", "from", "to"],
        );
        for row in &self.placements {
            table.push([
                row.placement.to_string().into(),
                row.platform.clone().into(),
                row.kind.clone().into(),
                row.number.clone().into(),
                row.party.map(|party| party.to_string()).into(),
                row.room.clone().into(),
                row.from.to_string().into(),
                row.to.map(|to| to.to_string()).into(),
            ]);
        }
        table
    }
}

impl WaitingsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Lines that wait 待归属 at position {}", self.position),
            &[
                "platform",
                "waits_for",
                "pid",
                "nick",
                "room",
                "account",
                "lines",
                "first_at",
                "last_at",
            ],
        );
        for row in &self.waiting {
            table.push([
                row.platform.clone().into(),
                row.waits_for.clone().into(),
                row.pid.clone().into(),
                row.nick.clone().into(),
                row.room.clone().into(),
                row.account.clone().into(),
                super::Cell::Number(row.lines.to_string()),
                row.first_at.to_string().into(),
                row.last_at.to_string().into(),
            ]);
        }
        table
    }
}
