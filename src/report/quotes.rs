//! Quotes 报价: lists of one's own, and one with how it came about from its offer's version and what the same costs now.
//! Must never price an old quote anew: what was given stands, and today's price is shown beside it.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::offer_terms::PricedView;
use super::offers::terms_of_version;
use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, OfferId, PartyId, QuoteId};
use crate::domain::offer::decide::on_sale;
use crate::domain::offer::price::{freight_of, price};
use crate::domain::offer::{Asked, Freight, Note, OfferTerms, QuoteGiven, QuoteState};
use crate::domain::world::Entity;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("quotes_page")];

/// A quote in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct QuoteRowView {
    /// Which.
    #[schema(value_type = String)]
    pub quote: QuoteId,
    /// Of which offer.
    #[schema(value_type = String)]
    pub offer: OfferId,
    /// Made from this version of it.
    pub version: i32,
    /// For whom; absent: for the book's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub buyer: Option<PartyId>,
    /// wholesale, sample or consign.
    pub kind: String,
    /// Units in all.
    pub quantity: i32,
    /// Goods and known freight.
    pub total: Money,
    /// Until then it may be used; exclusive.
    #[schema(value_type = String)]
    pub valid_until: Instant,
    /// What it was used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_for: Option<String>,
}

/// Quotes, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct QuotesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Quotes.
    pub quotes: Vec<QuoteRowView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What the same costs by the version that stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct QuoteNowView {
    /// The version that stands.
    pub version: u32,
    /// Goods and known freight; absent when it cannot be bought so any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Why it cannot, by code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// One quote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct QuoteView {
    /// A position it reflects at least.
    pub position: i64,
    /// Which.
    #[schema(value_type = String)]
    pub quote: QuoteId,
    /// Of which offer.
    #[schema(value_type = String)]
    pub offer: OfferId,
    /// Made from this version of it.
    pub version: u32,
    /// For whom; absent: for the book's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub buyer: Option<PartyId>,
    /// wholesale, sample or consign.
    pub kind: &'static str,
    /// What it comes to.
    #[serde(flatten)]
    pub priced: PricedView,
    /// When it was given.
    #[schema(value_type = String)]
    pub given_at: Instant,
    /// Until then it may be used; exclusive.
    #[schema(value_type = String)]
    pub valid_until: Instant,
    /// What it was used for; it is kept for ever then, as everything in the log is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_for: Option<String>,
    /// How it came about from its version, in sentences.
    pub explained: Vec<String>,
    /// What the same costs by the version that stands.
    pub now: QuoteNowView,
}

/// Which quotes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuoteFilter {
    /// Of this offer.
    pub offer: Option<OfferId>,
    /// Used, or not.
    pub used: Option<bool>,
}

async fn rows(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (filter, id): (&QuoteFilter, Option<Uuid>),
    (after, fetch): (Uuid, i64),
) -> Result<Vec<Row>, ReportError> {
    let sql = include_str!("sql/quotes_page.sql");
    let own = viewer.party().map(PartyId::uuid);
    let offer = filter.offer.map(|offer| offer.0);
    Ok(client
        .query(sql, &[&log.0, &after, &fetch, &own, &offer, &filter.used, &id])
        .await?)
}

/// Quotes a page at a time: a party its own.
pub async fn quotes(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &QuoteFilter,
    page: &Page,
) -> Result<QuotesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<QuoteId>(after)?.0,
        None => Uuid::nil(),
    };
    let mut rows = rows(client, log, viewer, (filter, None), (after, page.fetch())).await?;
    let more = page.cut(&mut rows);
    let quotes: Vec<QuoteRowView> = rows.iter().map(row).collect::<Result<_, _>>()?;
    let next = quotes.last().filter(|_| more).map(|last| last.quote.to_string());
    Ok(QuotesView { position, quotes, next })
}

fn row(row: &Row) -> Result<QuoteRowView, ReportError> {
    let currency = wire::currency(row.get(5))?;
    Ok(QuoteRowView {
        quote: QuoteId(row.get(0)),
        offer: OfferId(row.get(1)),
        version: row.get(2),
        buyer: row.get::<_, Option<Uuid>>(3).map(wire::party).transpose()?,
        kind: row.get(4),
        quantity: row.get(6),
        total: Money::of(Minor(row.get(7)), currency),
        valid_until: Instant::from_utc(row.get(8)),
        used_for: row.get(9),
    })
}

/// Whose a quote is; foreign and missing are alike.
pub async fn quote_buyer(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: QuoteId,
) -> Result<Option<PartyId>, ReportError> {
    let filter = QuoteFilter::default();
    let rows = rows(client, log, viewer, (&filter, Some(id.0)), (Uuid::nil(), 1)).await?;
    let row = rows.first().ok_or(ReportError::NotFound)?;
    row.get::<_, Option<Uuid>>(3).map(wire::party).transpose()
}

/// One quote, explained from its offer's version.
pub async fn quote(client: &Client, log: LogId, viewer: Viewer, id: QuoteId, at: At) -> Result<QuoteView, ReportError> {
    let position = position(client, log, at).await?;
    let events = streams::events(client, log, id.into(), position).await?;
    let given_at = events.first().map(|stored| stored.placed.recorded_at);
    let Some(Entity::Quote(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let (Some(given), Some(given_at)) = (state.given.as_deref(), given_at) else {
        return Err(ReportError::NotFound);
    };
    if viewer != Viewer::All && given.buyer.is_none_or(|buyer| !viewer.sees(buyer)) {
        return Err(ReportError::NotFound);
    }
    let terms = terms_of_version(client, log, (given.offer, given.version), position).await?;
    Ok(QuoteView {
        position,
        quote: id,
        offer: given.offer,
        version: given.version,
        buyer: given.buyer,
        kind: given.kind.word(),
        priced: PricedView::of(&given.priced, given.currency),
        given_at,
        valid_until: given.valid_until,
        used_for: used(&state),
        explained: explained(given, &terms),
        now: now(client, log, given, position).await?,
    })
}

fn used(state: &QuoteState) -> Option<String> {
    state.used_for.as_ref().map(ToString::to_string)
}

async fn now(client: &Client, log: LogId, given: &QuoteGiven, position: i64) -> Result<QuoteNowView, ReportError> {
    let events = streams::events(client, log, given.offer.into(), position).await?;
    let Some(Entity::Offer(state)) = streams::fold(&events) else {
        return Err(ReportError::Stored("offer"));
    };
    let asked: Vec<Asked> = given
        .priced
        .lines
        .iter()
        .map(|line| Asked {
            sku: line.sku.clone(),
            quantity: line.quantity,
        })
        .collect();
    let priced = on_sale(&state).and_then(|(_, terms)| Ok((price(terms, given.kind, &asked)?, terms.currency)));
    Ok(QuoteNowView {
        version: state.version,
        total: priced
            .as_ref()
            .ok()
            .map(|(priced, currency)| Money::of(priced.total, *currency)),
        refused: priced.err().map(|refusal| refusal.code.to_owned()),
    })
}

/// How a quote came about, step by step.
fn explained(given: &QuoteGiven, terms: &OfferTerms) -> Vec<String> {
    let money = |amount: Minor| Money::of(amount, given.currency).amount;
    let priced = &given.priced;
    let unit = terms.unit.as_deref().unwrap_or("units");
    let mut said = vec![format!(
        "version {} of offer {} ({} {}), minimum order {} {unit}",
        given.version, given.offer, terms.source, terms.product_no, terms.min_order
    )];
    for line in &priced.lines {
        let of = line.sku.as_ref().map_or(String::new(), |sku| format!(" of SKU {sku}"));
        let why = match (line.tier_from, priced.at_most) {
            (Some(from), _) => format!("{} {unit} in all reach the tier from {from}", priced.quantity),
            (None, true) => "the offer states a range, this is its highest price".to_owned(),
            (None, false) => "one price, whatever the quantity".to_owned(),
        };
        said.push(format!(
            "{}{of}: {why}: {} x {} = {}",
            line.quantity,
            money(line.unit_price),
            line.quantity,
            money(line.goods)
        ));
    }
    said.push(match (priced.freight, freight_of(terms, given.kind)) {
        (None, _) => "freight is not stated: it is agreed when ordering".to_owned(),
        (Some(_), Freight::SellerPays) => "freight: the seller pays".to_owned(),
        (Some(freight), _) => format!("freight of {} {unit}: {}", priced.quantity, money(freight)),
    });
    said.push(format!("total {} {}", money(priced.total), given.currency));
    if let Some(cheaper) = &priced.cheaper {
        said.push(format!(
            "{} {unit} cost {}, less than {}",
            cheaper.quantity,
            money(cheaper.total),
            money(priced.total)
        ));
    }
    let notes: Vec<&str> = terms.notes.iter().copied().map(Note::word).collect();
    if !notes.is_empty() {
        said.push(format!("rules applied to the offer: {}", notes.join(", ")));
    }
    said
}

impl QuotesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Quotes 报价 at position {}", self.position),
            &[
                "quote",
                "offer",
                "version",
                "buyer",
                "kind",
                "quantity",
                "total",
                "valid_until",
                "used_for",
            ],
        );
        for row in &self.quotes {
            table.push([
                row.quote.to_string().into(),
                row.offer.to_string().into(),
                Cell::from(i64::from(row.version)),
                row.buyer.map(|buyer| buyer.to_string()).into(),
                row.kind.clone().into(),
                Cell::from(i64::from(row.quantity)),
                Cell::from(&row.total),
                row.valid_until.to_string().into(),
                row.used_for.clone().into(),
            ]);
        }
        table
    }
}
