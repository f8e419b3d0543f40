//! Shadow tables: the derived rows that a log should have, folded anew and loaded by COPY beside the live ones.
//! Must never touch a live row; the shadows are temporary and end with the transaction.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};

use super::derive::{Class, Findings, Fold, Raw};
use super::error::Result;
use super::head::Head;
use super::load::{place, recorded};
use super::rows::{Rows, of_line, of_state};
use super::statements::text;
use crate::base::{EventId, LogId, Zone};
use crate::domain::stream::StreamId;
use crate::domain::world::Known;

/// A derived table with the order in which a person looks for its first wrong row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    key: &'static str,
}

/// Every derived table.
pub const TABLES: [Table; 43] = [
    table("leg", "position, owner, account, layer, currency"),
    table("total", "owner, account, layer, currency, period"),
    table("pin", "position"),
    table("line_party", "at, line, party"),
    table("parked", "position"),
    table("parked_resolution", "parked, position"),
    table("click", "position"),
    table("line", "position"),
    table("party", "position"),
    table("membership", "position, from_at"),
    table("item", "position"),
    table("shop", "position"),
    table("entity", "position"),
    table("rule", "position, rule"),
    table("approval", "position"),
    table("substitute", "position, by"),
    table("payment", "position"),
    table("money_freeze", "position"),
    table("money_receipt", "position"),
    table("receipt_bill", "position, nth"),
    table("placement", "position, from_at"),
    table("settlement_run", "position"),
    table("settlement_sheet", "position, sheet"),
    table("reconciliation", "position"),
    table("recon_resolution", "position, break_id"),
    table("dispute", "position"),
    table("brief", "position"),
    table("contract", "position"),
    table("timer", "due, timer"),
    table("returned", "told"),
    table("supplier", "position"),
    table("offer", "position"),
    table("quote", "position"),
    table("anchor_sale", "anchor, month, category, band, segment, currency"),
    table("anchor_click", "anchor"),
    table("anchor_card", "position"),
    table("purchase", "position"),
    table("purchase_line", "position, nth"),
    table("sample", "position, number"),
    table("pool_entry", "position"),
    table("submission", "position"),
    table("selection", "position"),
    table("watch", "position"),
];

const fn table(name: &'static str, key: &'static str) -> Table {
    Table { name, key }
}

/// The statements that exist once for each derived table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Template {
    /// Makes the shadow.
    Create,
    /// Loads the shadow.
    Copy,
    /// Digest of the live rows.
    DigestLive,
    /// Digest of the shadow.
    DigestShadow,
    /// First rows that only one side has.
    Difference,
    /// Removes the live rows.
    Remove,
    /// Puts the shadow in their place.
    Replace,
}

impl Template {
    /// Every template.
    pub const ALL: [Template; 7] = [
        Template::Create,
        Template::Copy,
        Template::DigestLive,
        Template::DigestShadow,
        Template::Difference,
        Template::Remove,
        Template::Replace,
    ];

    /// The statement for a table. Names come from the constant list above, never from outside.
    pub fn of(self, table: Table) -> String {
        let shadow = format!("shadow_{}", table.name);
        let (text, name) = match self {
            Template::Create => (include_str!("sql/shadow_create.sql"), table.name),
            Template::Copy => (include_str!("sql/shadow_copy.sql"), table.name),
            Template::DigestLive => (include_str!("sql/shadow_digest.sql"), table.name),
            Template::DigestShadow => (include_str!("sql/shadow_digest.sql"), shadow.as_str()),
            Template::Difference => (include_str!("sql/shadow_difference.sql"), table.name),
            Template::Remove => (include_str!("sql/shadow_remove.sql"), table.name),
            Template::Replace => (include_str!("sql/shadow_replace.sql"), table.name),
        };
        text.replace("{table}", name).replace("{key}", table.key)
    }
}

/// Events fetched at once.
const CHUNK: i32 = 2_000;

/// Folds a log up to its head into shadow tables. Two passes: by position for what events say, by stream for states.
pub async fn load(transaction: &Transaction<'_>, head: &Head, readable: bool) -> Result<Findings> {
    for table in TABLES {
        transaction.batch_execute(&Template::Create.of(table)).await?;
    }
    let mut fold = Fold::new(head.clone(), readable);
    by_position(transaction, head, &mut fold).await?;
    let zone = fold.zone();
    by_stream(transaction, head, zone, &mut fold.findings).await?;
    transaction.execute(text::pool_scores_once, &[&head.log.0]).await?;
    if !fold.repinned.is_empty() {
        let params: [&(dyn ToSql + Sync); 2] = [&head.log.0, &fold.repinned];
        transaction.execute(text::line_party_once, &params).await?;
    }
    Ok(fold.findings)
}

async fn by_position(transaction: &Transaction<'_>, head: &Head, fold: &mut Fold) -> Result<()> {
    let statement = transaction.prepare(text::event_range).await?;
    // Rows beyond the head would be a finding, so they are read too.
    let portal = transaction.bind(&statement, &[&head.log.0, &0_i64, &i64::MAX]).await?;
    loop {
        let rows = transaction.query_portal(&portal, CHUNK).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            fold.take(raw(head.log, row)?)?;
        }
        let mut chunk = std::mem::take(&mut fold.rows);
        fold.rows.totals = std::mem::take(&mut chunk.totals);
        fold.rows.anchors = std::mem::take(&mut chunk.anchors);
        copy(transaction, &chunk, head.log).await?;
    }
    fold.finish();
    copy(transaction, &fold.rows, head.log).await
}

async fn by_stream(
    transaction: &Transaction<'_>,
    head: &Head,
    zone: Option<Zone>,
    findings: &mut Findings,
) -> Result<()> {
    let statement = transaction.prepare(text::event_by_stream).await?;
    let portal = transaction.bind(&statement, &[&head.log.0, &head.position]).await?;
    let mut rows = Rows::default();
    let mut current: Option<(StreamId, Known, i64)> = None;
    loop {
        let events = transaction.query_portal(&portal, CHUNK).await?;
        if events.is_empty() {
            break;
        }
        for row in &events {
            let (stream, placed) = place(head.log, row)?;
            if let Some((done, known, position)) = current.take_if(|(last, ..)| *last != stream) {
                of_stream((head, zone), done, &known, position, &mut rows)?;
            }
            let (_, known, position) = current.get_or_insert((stream, Known::ABSENT, 0));
            if placed.version != known.version + 1 {
                let place = || format!("{stream} version {} at position {}", placed.version, placed.position);
                findings.add(Class::Versions, place);
            }
            *position = placed.position;
            known.version = placed.version;
            // What does not decode was found in the pass by position.
            if let Ok(event) = recorded(head.log, row) {
                known.evolve(&event.event, &placed);
            }
        }
        let mut chunk = std::mem::take(&mut rows);
        rows.anchors = std::mem::take(&mut chunk.anchors);
        copy(transaction, &chunk, head.log).await?;
    }
    if let Some((stream, known, position)) = current {
        of_stream((head, zone), stream, &known, position, &mut rows)?;
    }
    copy(transaction, &rows, head.log).await
}

/// Rows of a stream as it stands; sums of anchors stay in memory until the last stream, one for each month, category and band.
fn of_stream(
    (head, zone): (&Head, Option<Zone>),
    stream: StreamId,
    known: &Known,
    position: i64,
    rows: &mut Rows,
) -> Result<()> {
    if let Some(zone) = zone {
        of_line(zone, None, known, &mut rows.anchors);
    }
    of_state(head.book, stream, known, position, rows)
}

fn raw(log: LogId, row: &Row) -> Result<Raw<'_>> {
    let (stream, placed) = place(log, row)?;
    Ok(Raw {
        stream,
        placed,
        kind: row.try_get(5)?,
        schema: row.try_get(6)?,
        causation: row.try_get::<_, Option<uuid::Uuid>>(9)?.map(EventId),
        payload: row.try_get(10)?,
        actor: row.try_get(11)?,
        key: row.try_get(12)?,
        correlation: row.try_get(13)?,
        leaf: row.try_get(14)?,
    })
}

/// Loads rows into the shadows. The columns of a row stand in the order of its table.
async fn copy(transaction: &Transaction<'_>, rows: &Rows, log: LogId) -> Result<()> {
    let totals = rows.totals.columns();
    let (sales, clicks) = (rows.anchors.sales(), rows.anchors.clicks());
    macro_rules! load {
        ($($name:literal from $columns:expr;)*) => {$(
            if let Some(table) = TABLES.iter().find(|table| table.name == $name) {
                $columns.copy(transaction, &Template::Copy.of(*table), &log.0).await?;
            }
        )*};
    }
    load! {
        "leg" from rows.legs;
        "total" from totals;
        "pin" from rows.pins;
        "line_party" from rows.line_parties;
        "parked" from rows.parked;
        "parked_resolution" from rows.resolutions;
        "click" from rows.clicks;
        "line" from rows.lines;
        "party" from rows.parties;
        "membership" from rows.memberships;
        "item" from rows.items;
        "shop" from rows.shops;
        "entity" from rows.entities;
        "rule" from rows.rules;
        "approval" from rows.approvals;
        "substitute" from rows.substitutes;
        "payment" from rows.payments;
        "money_freeze" from rows.freezes;
        "money_receipt" from rows.money_receipts;
        "receipt_bill" from rows.receipt_bills;
        "placement" from rows.placements;
        "settlement_run" from rows.runs;
        "settlement_sheet" from rows.sheets;
        "reconciliation" from rows.reconciliations;
        "recon_resolution" from rows.breaks_resolved;
        "dispute" from rows.disputes;
        "brief" from rows.briefs;
        "contract" from rows.contracts;
        "timer" from rows.timers;
        "returned" from rows.returned;
        "supplier" from rows.suppliers;
        "offer" from rows.offers;
        "quote" from rows.quotes;
        "anchor_sale" from sales;
        "anchor_click" from clicks;
        "anchor_card" from rows.cards;
        "purchase" from rows.purchases;
        "purchase_line" from rows.purchase_lines;
        "sample" from rows.samples;
        "pool_entry" from rows.pool_entries;
        "submission" from rows.submissions;
        "selection" from rows.selections;
        "watch" from rows.watches;
    }
    Ok(())
}
