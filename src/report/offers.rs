//! Offers 货源: lists of what is on sale, one offer as of a position, and its versions.
//! Must never show a supplier what others sell.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::offer_terms::OfferTermsView;
use super::page::part;
use super::suppliers::{own, score, share};
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, OfferId, PartyId};
use crate::domain::event::Event;
use crate::domain::offer::{OfferEvent, OfferState, OfferTerms};
use crate::domain::world::Entity;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("offers_page")];

/// An offer in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferRowView {
    /// Which.
    #[schema(value_type = String)]
    pub offer: OfferId,
    /// Which platform.
    pub source: String,
    /// The platform's product number.
    pub product_no: String,
    /// Who sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub supplier: Option<PartyId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier_name: Option<String>,
    /// Title.
    pub subject: String,
    /// Title in another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_subject: Option<String>,
    /// Category numbers, with a slash between them.
    pub category: String,
    /// Where goods are sent from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// published, expired, audited_off or deleted.
    pub status: String,
    /// Its version.
    pub version: i32,
    /// Lowest unit price of wholesale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Money>,
    /// Highest unit price of wholesale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Money>,
    /// What one unit is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Minimum order.
    pub min_order: i32,
    /// 混批.
    pub mixed: bool,
    /// 一件代发.
    pub dropship: bool,
    /// The seller pays freight 包邮.
    pub seller_pays: bool,
    /// Dispatch promise, in hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ships_within_h: Option<i16>,
    /// Units sold, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<i64>,
    /// Over how many days; absent: ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_days: Option<i16>,
    /// Orders, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<i64>,
    /// Score of the goods, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// Share of buyers who come back for it, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repurchase: Option<String>,
    /// Rules applied, and what a buyer should know, by code.
    pub notes: Vec<String>,
}

/// Offers, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OffersView {
    /// A position they reflect at least.
    pub position: i64,
    /// Offers.
    pub offers: Vec<OfferRowView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One offer as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferView {
    /// The position it reflects.
    pub position: i64,
    /// Which.
    #[schema(value_type = String)]
    pub offer: OfferId,
    /// Which platform.
    pub source: String,
    /// The platform's product number.
    pub product_no: String,
    /// published, expired, audited_off or deleted.
    pub status: &'static str,
    /// Its version.
    pub version: u32,
    /// Its terms.
    #[serde(flatten)]
    pub terms: OfferTermsView,
    /// Units sold, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<u64>,
    /// Over how many days; absent: ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_days: Option<u16>,
    /// Orders, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<u64>,
    /// Score of the goods, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// Share of buyers who come back for it, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repurchase: Option<String>,
    /// When these figures were reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub figures_at: Option<Instant>,
}

/// One version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferVersionView {
    /// Which, from 1.
    pub version: u32,
    /// From here on.
    #[schema(value_type = String)]
    pub from: Instant,
    /// Position of its event.
    pub position: i64,
    /// Its terms.
    #[serde(flatten)]
    pub terms: OfferTermsView,
}

/// Versions of an offer, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferVersionsView {
    /// The position they reflect.
    pub position: i64,
    /// Of which offer.
    #[schema(value_type = String)]
    pub offer: OfferId,
    /// Versions.
    pub versions: Vec<OfferVersionView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OfferFilter {
    /// Of this supplier.
    pub supplier: Option<PartyId>,
    /// With this status.
    pub status: Option<&'static str>,
    /// Of this platform.
    pub source: Option<String>,
    /// Sent piece by piece, or not.
    pub dropship: Option<bool>,
    /// With at most this minimum order.
    pub most_min_order: Option<i32>,
    /// With prices in this currency.
    pub currency: Option<Currency>,
    /// With some price of at least this.
    pub price_from: Option<Minor>,
    /// With some price of at most this.
    pub price_to: Option<Minor>,
    /// Dispatched within as many hours.
    pub ships_within_h: Option<i16>,
    /// With this note.
    pub note: Option<&'static str>,
}

async fn rows(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (filter, id): (&OfferFilter, Option<Uuid>),
    (after, fetch): (Uuid, i64),
) -> Result<Vec<Row>, ReportError> {
    let sql = include_str!("sql/offers_page.sql");
    let own = own(viewer);
    let supplier = filter.supplier.map(PartyId::uuid);
    let currency = filter.currency.map(|currency| currency.code().to_owned());
    let from = filter.price_from.map(|price| price.0);
    let to = filter.price_to.map(|price| price.0);
    Ok(client
        .query(
            sql,
            &[
                &log.0,
                &after,
                &fetch,
                &own,
                &supplier,
                &filter.status,
                &filter.source,
                &filter.dropship,
                &filter.most_min_order,
                &currency,
                &from,
                &to,
                &filter.ships_within_h,
                &filter.note,
                &id,
            ],
        )
        .await?)
}

/// Offers a page at a time.
pub async fn offers(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &OfferFilter,
    page: &Page,
) -> Result<OffersView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<OfferId>(after)?.0,
        None => Uuid::nil(),
    };
    let mut rows = rows(client, log, viewer, (filter, None), (after, page.fetch())).await?;
    let more = page.cut(&mut rows);
    let offers: Vec<OfferRowView> = rows.iter().map(row).collect::<Result<_, _>>()?;
    let next = offers.last().filter(|_| more).map(|last| last.offer.to_string());
    Ok(OffersView { position, offers, next })
}

/// An offer as of a position: its fold, when the viewer may see it.
async fn state(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: OfferId,
    position: i64,
) -> Result<OfferState, ReportError> {
    let events = streams::events(client, log, id.into(), position).await?;
    let Some(Entity::Offer(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let supplier = state.terms.as_ref().ok_or(ReportError::NotFound)?.supplier;
    match own(viewer) {
        Some(own) if supplier.map(PartyId::uuid) != Some(own) => Err(ReportError::NotFound),
        _ => Ok((*state).clone()),
    }
}

/// One offer as of a position.
pub async fn offer(client: &Client, log: LogId, viewer: Viewer, id: OfferId, at: At) -> Result<OfferView, ReportError> {
    let position = position(client, log, at).await?;
    let state = state(client, log, viewer, id, position).await?;
    let terms = state.terms.as_deref().ok_or(ReportError::NotFound)?;
    let figures = state.figures.map(|(_, figures)| figures).unwrap_or_default();
    Ok(OfferView {
        position,
        offer: id,
        source: terms.source.to_string(),
        product_no: terms.product_no.to_string(),
        status: state.status.word(),
        version: state.version,
        terms: OfferTermsView::of(terms),
        sold: figures.sold,
        sold_days: figures.sold_days,
        orders: figures.orders,
        score: figures.score.map(|score| score.to_string()),
        repurchase: figures.repurchase_ppm.map(|rate| rate.to_string()),
        figures_at: state.figures.map(|(at, _)| at),
    })
}

/// An offer's terms and version as of a position, for who asks what a quantity would cost.
pub async fn offer_on_sale(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: OfferId,
    at: At,
) -> Result<(i64, OfferState), ReportError> {
    let position = position(client, log, at).await?;
    Ok((position, state(client, log, viewer, id, position).await?))
}

/// Versions of an offer, the newest first.
pub async fn offer_versions(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: OfferId,
    page: &Page,
) -> Result<OfferVersionsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    state(client, log, viewer, id, position).await?;
    let before = match page.parts::<1>()? {
        Some([before]) => part::<u32>(before)?,
        None => u32::MAX,
    };
    let events = streams::events(client, log, id.into(), position).await?;
    let published = events.iter().rev().filter_map(|stored| match &stored.event {
        Event::Offer(OfferEvent::Published(e)) if e.version < before => Some(OfferVersionView {
            version: e.version,
            from: stored.placed.recorded_at,
            position: stored.placed.position,
            terms: OfferTermsView::of(&e.terms),
        }),
        _ => None,
    });
    let fetch = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let mut versions: Vec<OfferVersionView> = published.take(fetch).collect();
    let more = page.cut(&mut versions);
    let next = versions.last().filter(|_| more).map(|last| last.version.to_string());
    Ok(OfferVersionsView {
        position,
        offer: id,
        versions,
        next,
    })
}

/// Terms of one version.
pub(super) async fn terms_of_version(
    client: &Client,
    log: LogId,
    (id, version): (OfferId, u32),
    position: i64,
) -> Result<OfferTerms, ReportError> {
    let events = streams::events(client, log, id.into(), position).await?;
    let found = events.into_iter().find_map(|stored| match stored.event {
        Event::Offer(OfferEvent::Published(e)) if e.version == version => Some(*e.terms),
        _ => None,
    });
    found.ok_or(ReportError::Stored("offer"))
}

fn row(row: &Row) -> Result<OfferRowView, ReportError> {
    let currency = wire::currency(row.get(11))?;
    let money = |amount: Option<i64>| amount.map(|amount| Money::of(Minor(amount), currency));
    let notes: String = row.get(25);
    Ok(OfferRowView {
        offer: OfferId(row.get(0)),
        source: row.get(1),
        product_no: row.get(2),
        supplier: row.get::<_, Option<Uuid>>(3).map(wire::party).transpose()?,
        supplier_name: row.get(4),
        subject: row.get(5),
        other_subject: row.get(6),
        category: row.get(7),
        place: row.get(8),
        status: row.get(9),
        version: row.get(10),
        low: money(row.get(12)),
        high: money(row.get(13)),
        unit: row.get(14),
        min_order: row.get(15),
        mixed: row.get(16),
        dropship: row.get(17),
        seller_pays: row.get(18),
        ships_within_h: row.get(19),
        sold: row.get(20),
        sold_days: row.get(21),
        orders: row.get(22),
        score: score(row.get(23))?,
        repurchase: share(row.get(24))?,
        notes: notes.split_whitespace().map(str::to_owned).collect(),
    })
}

impl OffersView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Offers 货源 at position {}", self.position),
            &[
                "offer",
                "product_no",
                "subject",
                "supplier",
                "status",
                "version",
                "low",
                "high",
                "min_order",
                "unit",
                "dropship",
                "sold",
                "notes",
            ],
        );
        let price = |money: &Option<Money>| money.as_ref().map_or(Cell::Empty, Cell::from);
        for row in &self.offers {
            table.push([
                row.offer.to_string().into(),
                row.product_no.clone().into(),
                row.subject.clone().into(),
                row.supplier_name.clone().into(),
                row.status.clone().into(),
                Cell::from(i64::from(row.version)),
                price(&row.low),
                price(&row.high),
                Cell::from(i64::from(row.min_order)),
                row.unit.clone().into(),
                (if row.dropship { "yes" } else { "no" }).into(),
                row.sold.map_or(Cell::Empty, Cell::from),
                row.notes.join(" ").into(),
            ]);
        }
        table
    }
}
