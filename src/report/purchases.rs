//! Purchases: lists, and one with its lines, money, story and what may be done next.
//! Must never show a supplier what was earned on its goods, nor whom they were sold to.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::streams::{self, Stored};
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{Instant, ItemId, LineId, LogId, OfferId, PartyId, PurchaseId, QuoteId};
use crate::domain::event::Event;
use crate::domain::purchase::actions::allowed;
use crate::domain::purchase::state::{Bill, Charge, Stated};
use crate::domain::purchase::{Ordered, Progress, PurchaseState, Side, What};
use crate::domain::world::Entity;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("purchases_page")];

/// A purchase in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurchaseRow {
    /// Which.
    #[schema(value_type = String)]
    pub purchase: PurchaseId,
    /// The book's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Where it was ordered.
    pub source: String,
    /// The number that it has there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// wholesale, dropship or sample.
    pub kind: String,
    /// ordered, part_paid, paid, part_shipped, shipped, part_received, received, done, cancelled or timed_out.
    pub phase: String,
    /// Who buys, of a dropship order who keeps the margin; absent: the owner of the book.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<PartyId>,
    /// Who sells.
    #[schema(value_type = String)]
    pub supplier: PartyId,
    /// book, balance or buyer.
    pub pays: String,
    /// Goods and freight as they stand: ordered, changed, corrected, less refunds and what was called off.
    pub cost: Money,
    /// The same with what else is to be paid to the supplier.
    pub due: Money,
    /// Paid to the supplier.
    pub paid: Money,
    /// Paid back by the supplier.
    pub repaid: Money,
    /// Still owed to the supplier; negative: it owes that back.
    pub payable: Money,
    /// Dropship: what it was sold for, less what its buyer got back. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<Money>,
    /// Return freight, insurance, packaging and fees. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charges: Option<Money>,
    /// Dropship: what it leaves. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Money>,
    /// When it was ordered.
    #[schema(value_type = String)]
    pub ordered_at: Instant,
    /// It is off unless it is paid until here.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_by: Option<Instant>,
}

/// Purchases, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurchasesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Purchases.
    pub purchases: Vec<PurchaseRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A line of a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurchaseLineView {
    /// Its number, from 0.
    pub line: usize,
    /// What it is.
    pub name: String,
    /// The product it is sold as.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ItemId>,
    /// The offer that it was ordered from.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
    /// Version of the offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Its variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Where the tier begins that the price is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<u32>,
    /// The price was agreed and is not the offer's own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub agreed: bool,
    /// How many.
    pub quantity: u32,
    /// Price of one, pinned.
    pub unit_price: Money,
    /// Price times quantity.
    pub goods: Money,
    /// What the supplier refunded of it.
    pub refunded: Money,
    /// Units that the supplier refunded.
    pub refunded_units: u32,
    /// Units sent.
    pub shipped: u32,
    /// Units that arrived.
    pub received: u32,
    /// Units found bad.
    pub rejected: u32,
    /// The buyer's order line. Not shown to the supplier.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_line: Option<LineId>,
    /// What the buyer paid for it. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<Money>,
    /// What the buyer got back of it. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<Money>,
    /// What the line leaves with its share of freight and charges. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Money>,
}

/// A charge on a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ChargeView {
    /// return_freight, insurance, packaging, fee or other.
    pub charge: &'static str,
    /// How much in all.
    pub amount: Money,
    /// Who gets it; absent: the book.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payee: Option<PartyId>,
}

/// The supplier's final bill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurchaseBillView {
    /// Its number.
    pub number: String,
    /// For goods.
    pub goods: Money,
    /// For freight.
    pub freight: Money,
    /// What stood in the ledger for the same.
    pub accrued: Money,
    /// The bill less that.
    pub difference: Money,
}

/// The platform's last word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StatedView {
    /// order, refund or stage.
    pub track: &'static str,
    /// Its code as told.
    pub code: String,
    /// What it means here; absent: unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<&'static str>,
    /// Number of the refund or stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurchaseStoryView {
    /// Position of its event.
    pub position: i64,
    /// Kind.
    pub kind: String,
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
    /// The amount it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Number or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurchaseView {
    /// The position it reflects.
    pub position: i64,
    /// As in a list.
    #[serde(flatten)]
    pub row: PurchaseRow,
    /// Goods of all lines as ordered.
    pub goods: Money,
    /// Freight that the supplier charges now.
    pub freight: Money,
    /// What the supplier refunded of it.
    pub freight_refunded: Money,
    /// Freight that the buyer paid. Not shown to the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_freight: Option<Money>,
    /// The quote that it was made from.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteId>,
    /// Lines.
    pub lines: Vec<PurchaseLineView>,
    /// Charges; to a supplier its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charged: Vec<ChargeView>,
    /// The supplier's last bill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill: Option<PurchaseBillView>,
    /// The platform's last words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<StatedView>,
    /// What the viewer may record now, in the words of the route.
    pub allowed_actions: Vec<&'static str>,
    /// What happened.
    pub story: Vec<PurchaseStoryView>,
}

/// Which purchases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PurchaseFilter {
    /// Of this party, as buyer or supplier.
    pub party: Option<PartyId>,
    /// In this phase.
    pub phase: Option<&'static str>,
    /// Of this kind.
    pub kind: Option<&'static str>,
    /// Of this supplier.
    pub supplier: Option<PartyId>,
    /// Of this buyer.
    pub buyer: Option<PartyId>,
    /// With this outside number, or number of the book.
    pub number: Option<String>,
}

/// Purchases a page at a time. `viewer` has been found to see what the filter names.
pub async fn purchases(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &PurchaseFilter,
    page: &Page,
) -> Result<PurchasesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PurchaseId>(after)?.0,
        None => Uuid::nil(),
    };
    let mut rows = select(client, log, (after, page.fetch()), filter, None).await?;
    let more = page.cut(&mut rows);
    let all = rows.iter().map(|found| row(found, viewer));
    let purchases: Vec<PurchaseRow> = all.collect::<Result<_, _>>()?;
    let next = purchases.last().filter(|_| more).map(|last| last.purchase.to_string());
    Ok(PurchasesView {
        position,
        purchases,
        next,
    })
}

async fn select(
    client: &Client,
    log: LogId,
    (after, fetch): (Uuid, i64),
    filter: &PurchaseFilter,
    one: Option<Uuid>,
) -> Result<Vec<Row>, ReportError> {
    let of = |party: Option<PartyId>| party.map(PartyId::uuid);
    let (party, supplier, buyer) = (of(filter.party), of(filter.supplier), of(filter.buyer));
    let found = client
        .query(
            include_str!("sql/purchases_page.sql"),
            &[
                &log.0,
                &after,
                &fetch,
                &party,
                &filter.phase,
                &filter.kind,
                &supplier,
                &buyer,
                &filter.number,
                &one,
            ],
        )
        .await?;
    Ok(found)
}

fn row(row: &Row, viewer: Viewer) -> Result<PurchaseRow, ReportError> {
    let currency = wire::currency(row.get(9))?;
    let money = |at: usize| Money::of(Minor(row.get(at)), currency);
    let supplier = wire::party(row.get(7))?;
    let sees_sale = viewer.party() != Some(supplier);
    let dropship = row.get::<_, String>(4) == "dropship" && sees_sale;
    let payable = Minor(row.get(11)).minus(Minor(row.get(12)))?.plus(Minor(row.get(13)))?;
    Ok(PurchaseRow {
        purchase: PurchaseId(row.get(0)),
        external_id: row.get(1),
        source: row.get(2),
        order_no: row.get(3),
        kind: row.get(4),
        phase: row.get(5),
        buyer: row.get::<_, Option<Uuid>>(6).map(wire::party).transpose()?,
        supplier,
        pays: row.get(8),
        cost: money(10),
        due: money(11),
        paid: money(12),
        repaid: money(13),
        payable: Money::of(payable, currency),
        sold: dropship.then(|| money(14)),
        charges: sees_sale.then(|| money(15)),
        margin: dropship.then(|| money(16)),
        ordered_at: Instant::from_utc(row.get(17)),
        pay_by: row.get::<_, Option<_>>(18).map(Instant::from_utc),
    })
}

/// The purchase that a text names: its id, its outside number or the book's own; with its buyer and supplier.
pub async fn purchase_named(
    client: &Client,
    log: LogId,
    text: &str,
) -> Result<(PurchaseId, Option<PartyId>, PartyId), ReportError> {
    let id = text.parse::<PurchaseId>().ok().map(|id| id.0);
    let filter = PurchaseFilter {
        number: Some(text.to_owned()).filter(|_| id.is_none()),
        ..PurchaseFilter::default()
    };
    let rows = select(client, log, (Uuid::nil(), 2), &filter, id).await?;
    match rows.as_slice() {
        [one] => {
            let one = row(one, Viewer::All)?;
            Ok((one.purchase, one.buyer, one.supplier))
        }
        _ => Err(ReportError::NotFound),
    }
}

/// A purchase with its events as of a position.
pub(super) async fn folded(
    client: &Client,
    log: LogId,
    id: PurchaseId,
    position: i64,
) -> Result<(PurchaseState, Vec<Stored>), ReportError> {
    let events = streams::events(client, log, id.into(), position).await?;
    match streams::fold(&events) {
        Some(Entity::Purchase(state)) => Ok((PurchaseState::clone(&state), events)),
        _ => Err(ReportError::NotFound),
    }
}

/// The side that a viewer is on; who sees neither the supplier's side nor everything is on the buyer's.
pub(super) fn side_of(order: &Ordered, viewer: Viewer) -> Side {
    match viewer {
        Viewer::All => Side::Book,
        Viewer::Party(party) if party == order.supplier => Side::Supplier,
        Viewer::Party(_) => Side::Buyer,
    }
}

/// One purchase as of a position. The viewer has been found to be concerned by it.
pub async fn purchase(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: PurchaseId,
    at: At,
) -> Result<PurchaseView, ReportError> {
    let position = position(client, log, at).await?;
    let (state, events) = folded(client, log, id, position).await?;
    view(position, viewer, &state, &events)
}

fn view(position: i64, viewer: Viewer, state: &PurchaseState, events: &[Stored]) -> Result<PurchaseView, ReportError> {
    let order = state.order.as_deref().ok_or(ReportError::Stored("purchase"))?;
    let side = side_of(order, viewer);
    let sees_sale = side != Side::Supplier;
    let money = |amount: Minor| Money::of(amount, order.currency);
    let charged = state.charges.iter();
    let charged = charged.filter(|one| sees_sale || one.payee == Some(order.supplier));
    Ok(PurchaseView {
        position,
        row: standing(state, order, sees_sale)?,
        goods: money(order.goods()?),
        freight: money(state.freight),
        freight_refunded: money(state.freight_refunded),
        sold_freight: order.sold_freight.filter(|_| sees_sale).map(money),
        quote: order.quote,
        lines: lines(state, order, sees_sale)?,
        charged: charged.map(|one| charge(one, order.currency)).collect(),
        bill: state.bill.as_ref().map(|one| bill(one, order.currency)).transpose()?,
        stated: state.stated.iter().map(stated).collect(),
        allowed_actions: allowed(state, side),
        story: events
            .iter()
            .filter_map(|stored| story(stored, order.currency, sees_sale))
            .collect(),
    })
}

fn standing(state: &PurchaseState, order: &Ordered, sees_sale: bool) -> Result<PurchaseRow, ReportError> {
    let money = |amount: Minor| Money::of(amount, order.currency);
    let dropship = state.is_dropship() && sees_sale;
    let when = state.firsts.ordered.ok_or(ReportError::Stored("purchase"))?;
    Ok(PurchaseRow {
        purchase: order.purchase,
        external_id: order.external_id.as_ref().map(ToString::to_string),
        source: order.source.to_string(),
        order_no: order.order_no.as_ref().map(ToString::to_string),
        kind: order.kind.word().to_owned(),
        phase: state.phase().word().to_owned(),
        buyer: order.buyer,
        supplier: order.supplier,
        pays: order.pays.word().to_owned(),
        cost: money(state.cost()?),
        due: money(state.due()?),
        paid: money(state.paid),
        repaid: money(state.repaid),
        payable: money(state.payable()?),
        sold: dropship.then(|| state.sale()).transpose()?.map(money),
        charges: sees_sale.then(|| state.charges(false)).transpose()?.map(money),
        margin: dropship.then(|| state.margin()).transpose()?.map(money),
        ordered_at: when,
        pay_by: state.timer.map(|(_, due)| due),
    })
}

fn lines(state: &PurchaseState, order: &Ordered, sees_sale: bool) -> Result<Vec<PurchaseLineView>, ReportError> {
    let money = |amount: Minor| Money::of(amount, order.currency);
    let sale = state.is_dropship() && sees_sale;
    let margins = state.line_margins()?;
    let each = order.lines.iter().zip(&state.lines).zip(margins).enumerate();
    let view = |(number, ((line, progress), margin)): (usize, ((&_, &Progress), Minor))| {
        let line: &crate::domain::purchase::Line = line;
        let from = line.offer.as_ref();
        Ok(PurchaseLineView {
            line: number,
            name: line.name.clone(),
            product: line.product,
            offer: from.map(|from| from.offer),
            version: from.map(|from| from.version),
            sku: from.and_then(|from| from.sku.as_ref()).map(ToString::to_string),
            tier_from: from.and_then(|from| from.tier_from),
            agreed: from.is_some_and(|from| from.agreed),
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            goods: money(line.goods()?),
            refunded: money(progress.refunded),
            refunded_units: progress.refunded_units,
            shipped: progress.shipped,
            received: progress.received,
            rejected: progress.rejected,
            order_line: line.order_line.filter(|_| sale),
            sold: line.sold.filter(|_| sale).map(money),
            back: sale.then(|| money(progress.back)),
            margin: sale.then(|| money(margin)),
        })
    };
    each.map(view).collect()
}

fn charge(one: &Charge, currency: Currency) -> ChargeView {
    ChargeView {
        charge: one.charge.word(),
        amount: Money::of(one.amount, currency),
        payee: one.payee,
    }
}

fn bill(one: &Bill, currency: Currency) -> Result<PurchaseBillView, ReportError> {
    let money = |amount: Minor| Money::of(amount, currency);
    Ok(PurchaseBillView {
        number: one.number.to_string(),
        goods: money(one.goods),
        freight: money(one.freight),
        accrued: money(one.accrued),
        difference: money(one.goods.plus(one.freight)?.minus(one.accrued)?),
    })
}

fn stated(one: &Stated) -> StatedView {
    use crate::domain::purchase::Track;
    StatedView {
        track: match one.track {
            Track::Order => "order",
            Track::Refund => "refund",
            Track::Stage => "stage",
        },
        code: one.code.clone(),
        means: one.means.map(|means| means.word()),
        number: one.number.as_ref().map(ToString::to_string),
    }
}

fn story(stored: &Stored, currency: Currency, sees_sale: bool) -> Option<PurchaseStoryView> {
    let Event::Purchase(event) = &stored.event else {
        return None;
    };
    if !sees_sale
        && matches!(
            event.what,
            What::Sold { .. } | What::BuyerRefunded(_) | What::Charged { .. }
        )
    {
        return None;
    }
    let sum = |refund: &crate::domain::purchase::Refund| {
        let lines = refund.lines.iter().map(|line| line.amount);
        Minor::sum(lines.chain([refund.freight])).ok()
    };
    let (amount, text) = match &event.what {
        What::Ordered { order } => (order.goods().and_then(|goods| goods.plus(order.freight)).ok(), None),
        What::Sold { goods, freight } => (goods.plus(*freight).ok(), None),
        What::Paid { amount, reference } | What::Repaid { amount, reference } => {
            (Some(*amount), Some(reference.to_string()))
        }
        What::FreightChanged { before, after, reason } => (after.minus(*before).ok(), reason.clone()),
        What::Shipped { tracking, .. } => (None, tracking.clone()),
        What::Rejected { reason, .. } => (None, Some(reason.clone())),
        What::Refunded(refund) | What::BuyerRefunded(refund) => (sum(refund), refund.reason.clone()),
        What::Charged { amount, note, .. } => (Some(*amount), note.clone()),
        What::Billed {
            goods, freight, number, ..
        } => (goods.plus(*freight).ok(), Some(number.to_string())),
        What::Stated { code, .. } => (None, Some(code.clone())),
        What::Cancelled { amount, reason, .. } => (Some(*amount), reason.clone()),
        What::TimedOut { amount } => (Some(*amount), None),
        What::Received { .. } | What::Done => (None, None),
    };
    Some(PurchaseStoryView {
        position: stored.placed.position,
        kind: stored.kind.clone(),
        at: stored.placed.occurred_at,
        amount: amount.map(|amount| Money::of(amount, currency)),
        text,
    })
}

impl PurchasesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let title = format!("Purchases 采购单 at position {}", self.position);
        let mut table = Table::new(
            title,
            &[
                "purchase", "order_no", "kind", "phase", "buyer", "supplier", "pays", "currency", "cost", "paid",
                "payable", "sold", "margin",
            ],
        );
        let cell = |money: &Option<Money>| money.as_ref().map_or(super::Cell::Empty, super::Cell::from);
        for row in &self.purchases {
            table.push([
                row.purchase.to_string().into(),
                row.order_no.clone().into(),
                row.kind.clone().into(),
                row.phase.clone().into(),
                row.buyer.map(|buyer| buyer.to_string()).into(),
                row.supplier.to_string().into(),
                row.pays.clone().into(),
                row.cost.currency.clone().into(),
                super::Cell::from(&row.cost),
                super::Cell::from(&row.paid),
                super::Cell::from(&row.payable),
                cell(&row.sold),
                cell(&row.margin),
            ]);
        }
        table
    }
}
