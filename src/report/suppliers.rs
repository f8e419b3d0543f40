//! Suppliers 供应商 with scores as their platforms report them.
//! Must never mix in what we measured ourselves: promises kept are figures of their own, with count and period.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, PartyId, PartyKind, SupplierId};
use crate::domain::supplier::{Profile, Score};
use crate::domain::world::Entity;
use crate::money::Rate;

pub(super) const SQL: &[Statement] = &[sql!("suppliers_page")];

/// Scores as reported: points with one or two decimals, shares as decimal fractions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct SupplierScoresView {
    /// Composite service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4.5")]
    pub composite: Option<String>,
    /// Logistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logistics: Option<String>,
    /// Disputes and complaints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute: Option<String>,
    /// The goods themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// After sales, returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sales: Option<String>,
    /// Consulting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consulting: Option<String>,
    /// Trade medal level, 0 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medal: Option<i16>,
    /// Share of buyers who come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.33")]
    pub repurchase: Option<String>,
    /// Share collected by the carrier within 48 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected_48h: Option<String>,
    /// Share refunded for quality within 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_refund: Option<String>,
    /// Years of paid membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_years: Option<i16>,
}

/// A supplier in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SupplierRowView {
    /// Who.
    #[schema(value_type = String)]
    pub supplier: PartyId,
    /// Name.
    pub name: String,
    /// Which platform reports it.
    pub source: String,
    /// The platform's number of it.
    pub member_no: String,
    /// Scores as reported.
    pub scores: SupplierScoresView,
    /// When they were reported.
    #[schema(value_type = String)]
    pub reported_at: Instant,
    /// Offers it has on sale.
    pub offers: i64,
}

/// Suppliers, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SuppliersView {
    /// A position they reflect at least.
    pub position: i64,
    /// Suppliers.
    pub suppliers: Vec<SupplierRowView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One supplier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SupplierView {
    /// A position it reflects at least.
    pub position: i64,
    /// As in a list.
    #[serde(flatten)]
    pub row: SupplierRowView,
    /// What the platform says beside scores.
    #[schema(value_type = Object)]
    pub profile: Profile,
}

/// Which suppliers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SupplierFilter {
    /// Reported by this platform.
    pub source: Option<String>,
    /// With at least this composite score.
    pub least_composite: Option<Score>,
}

/// The supplier whose offers alone a viewer sees: itself, for a supplier; everybody's offers are open to who may buy.
pub(super) fn own(viewer: Viewer) -> Option<Uuid> {
    let party = viewer.party().filter(|party| party.kind() == PartyKind::Supplier);
    party.map(PartyId::uuid)
}

/// A score of a row.
pub(super) fn score(hundredths: Option<i16>) -> Result<Option<String>, ReportError> {
    let read = |hundredths: i16| {
        u16::try_from(hundredths)
            .ok()
            .and_then(|told| Score::try_from(told).ok())
    };
    hundredths
        .map(|told| {
            read(told)
                .map(|score| score.to_string())
                .ok_or(ReportError::Stored("score"))
        })
        .transpose()
}

/// A share of a row.
pub(super) fn share(ppm: Option<i32>) -> Result<Option<String>, ReportError> {
    let read = |ppm: i32| u32::try_from(ppm).ok().and_then(|ppm| Rate::from_ppm(ppm).ok());
    ppm.map(|told| {
        read(told)
            .map(|rate| rate.to_string())
            .ok_or(ReportError::Stored("rate"))
    })
    .transpose()
}

async fn rows(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (filter, id): (&SupplierFilter, Option<Uuid>),
    (after, fetch): (Uuid, i64),
) -> Result<Vec<Row>, ReportError> {
    let sql = include_str!("sql/suppliers_page.sql");
    let least = filter
        .least_composite
        .and_then(|score| i16::try_from(score.hundredths()).ok());
    let own = own(viewer);
    Ok(client
        .query(sql, &[&log.0, &after, &fetch, &own, &filter.source, &least, &id])
        .await?)
}

/// Suppliers a page at a time.
pub async fn suppliers(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &SupplierFilter,
    page: &Page,
) -> Result<SuppliersView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PartyId>(after)?.uuid(),
        None => Uuid::nil(),
    };
    let mut rows = rows(client, log, viewer, (filter, None), (after, page.fetch())).await?;
    let more = page.cut(&mut rows);
    let suppliers: Vec<SupplierRowView> = rows.iter().map(row).collect::<Result<_, _>>()?;
    let next = suppliers.last().filter(|_| more).map(|last| last.supplier.to_string());
    Ok(SuppliersView {
        position,
        suppliers,
        next,
    })
}

/// One supplier with what its platform says of it.
pub async fn supplier(client: &Client, log: LogId, viewer: Viewer, id: PartyId) -> Result<SupplierView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let filter = SupplierFilter::default();
    let rows = rows(client, log, viewer, (&filter, Some(id.uuid())), (Uuid::nil(), 1)).await?;
    let row = row(rows.first().ok_or(ReportError::NotFound)?)?;
    let events = streams::events(client, log, SupplierId::of(id).into(), position).await?;
    let Some(Entity::Supplier(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let profile = state.reported.as_ref().map(|told| told.profile.clone());
    Ok(SupplierView {
        position,
        row,
        profile: profile.unwrap_or_default(),
    })
}

fn row(row: &Row) -> Result<SupplierRowView, ReportError> {
    Ok(SupplierRowView {
        supplier: wire::party(row.get(0))?,
        name: row.get(1),
        source: row.get(2),
        member_no: row.get(3),
        scores: SupplierScoresView {
            composite: score(row.get(4))?,
            logistics: score(row.get(5))?,
            dispute: score(row.get(6))?,
            offer: score(row.get(7))?,
            after_sales: score(row.get(8))?,
            consulting: score(row.get(9))?,
            medal: row.get(10),
            repurchase: share(row.get(11))?,
            collected_48h: share(row.get(12))?,
            quality_refund: share(row.get(13))?,
            member_years: row.get(14),
        },
        reported_at: Instant::from_utc(row.get::<_, DateTime<Utc>>(15)),
        offers: row.get(16),
    })
}

impl SuppliersView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Suppliers 供应商 at position {}", self.position),
            &[
                "supplier",
                "name",
                "source",
                "composite",
                "logistics",
                "dispute",
                "after_sales",
                "consulting",
                "offers",
                "reported_at",
            ],
        );
        for row in &self.suppliers {
            let scores = &row.scores;
            table.push([
                row.supplier.to_string().into(),
                row.name.clone().into(),
                row.source.clone().into(),
                scores.composite.clone().into(),
                scores.logistics.clone().into(),
                scores.dispute.clone().into(),
                scores.after_sales.clone().into(),
                scores.consulting.clone().into(),
                Cell::from(row.offers),
                row.reported_at.to_string().into(),
            ]);
        }
        table
    }
}
