//! Reports of sourcing: what is owed to suppliers, what was accrued beside the bill, margins by product, what suppliers did.
//! Must never sum two currencies, nor call what was measured here what a supplier promised.

use serde::Serialize;
use tokio_postgres::Client;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, Month, PartyId, PurchaseId};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[
    sql!("supplier_payable"),
    sql!("purchase_bills"),
    sql!("purchase_margins"),
    sql!("supplier_promises"),
];

/// A page of a report of sourcing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SourcingView<T> {
    /// A position it reflects at least.
    pub position: i64,
    /// Rows.
    pub rows: Vec<T>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is owed to a supplier by purchases.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PayableRow {
    /// Who sells.
    pub supplier: PartyId,
    /// Its name.
    pub name: Option<String>,
    /// book, balance or buyer: who is to pay.
    pub pays: String,
    /// Purchases.
    pub purchases: i64,
    /// Goods and freight as they stand.
    pub cost: Money,
    /// The same with what else is to be paid to it.
    pub due: Money,
    /// Paid.
    pub paid: Money,
    /// Paid back.
    pub repaid: Money,
    /// Still owed; negative: it owes that back.
    pub payable: Money,
}

/// A purchase with accrued cost beside its bill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AccruedRow {
    /// Which.
    pub purchase: PurchaseId,
    /// Its outside number.
    pub order_no: Option<String>,
    /// Who sells.
    pub supplier: PartyId,
    /// Its name.
    pub name: Option<String>,
    /// Where it stands.
    pub phase: String,
    /// Goods and freight in the ledger, without what bills corrected.
    pub accrued: Money,
    /// Number of the bill.
    pub bill_no: Option<String>,
    /// The bill.
    pub billed: Option<Money>,
    /// The bill less what stood in the ledger when it came.
    pub difference: Option<Money>,
    /// What bills corrected.
    pub corrected: Money,
}

/// What dropship orders of a product left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MarginRow {
    /// The product, else the offer, else the name.
    pub key: String,
    /// A name it was bought under.
    pub name: String,
    /// Units ordered.
    pub units: i64,
    /// What buyers paid for goods.
    pub sold: Money,
    /// What they got back.
    pub back: Money,
    /// What the goods cost.
    pub goods: Money,
    /// What suppliers refunded.
    pub refunded: Money,
    /// Freight and charges, less freight that buyers paid.
    pub other: Money,
    /// What it left.
    pub margin: Money,
}

/// What a supplier did with our orders.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PromiseRow {
    /// Who.
    pub supplier: PartyId,
    /// Its name.
    pub name: Option<String>,
    /// Orders.
    pub orders: i64,
    /// The first of them.
    pub from: Instant,
    /// The last of them.
    pub to: Instant,
    /// Orders sent after they were paid.
    pub sent: i64,
    /// Seconds from payment to first dispatch, on average.
    pub dispatch_seconds: Option<i64>,
    /// Of those sent: within 24 hours.
    pub within_24h: i64,
    /// Of those sent: within 48 hours.
    pub within_48h: i64,
    /// Units that arrived.
    pub received: i64,
    /// Units of them found bad.
    pub defects: i64,
    /// Complaints that ended in a refund.
    pub refunds: i64,
    /// Seconds from complaint to refund, on average.
    pub refund_seconds: Option<i64>,
}

fn whole_book(viewer: Viewer) -> Result<(), ReportError> {
    match viewer {
        Viewer::All => Ok(()),
        Viewer::Party(_) => Err(ReportError::NotFound),
    }
}

/// What is owed to suppliers; of one when given. A supplier sees its own.
pub async fn supplier_payable(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    page: &Page,
) -> Result<SourcingView<PayableRow>, ReportError> {
    let position = position(client, log, At::Now).await?;
    let supplier = viewer.party().or(party).map(PartyId::uuid);
    let (after, currency, pays) = match page.parts::<3>()? {
        Some([after, currency, pays]) => (part::<PartyId>(after)?.uuid(), currency, pays),
        None => (Uuid::nil(), "", ""),
    };
    let sql = include_str!("sql/supplier_payable.sql");
    let mut found = client
        .query(sql, &[&log.0, &supplier, &after, &currency, &pays, &page.fetch()])
        .await?;
    let more = page.cut(&mut found);
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let currency = wire::currency(row.get(2))?;
        let money = |at: usize| Money::of(Minor(row.get(at)), currency);
        rows.push(PayableRow {
            supplier: wire::party(row.get(0))?,
            name: row.get(1),
            pays: row.get(3),
            purchases: row.get(4),
            cost: money(5),
            due: money(6),
            paid: money(7),
            repaid: money(8),
            payable: money(9),
        });
    }
    let key = |last: &PayableRow| format!("{}~{}~{}", last.supplier, last.payable.currency, last.pays);
    let next = rows.last().filter(|_| more).map(key);
    Ok(SourcingView { position, rows, next })
}

/// Accrued cost beside bills.
pub async fn purchase_bills(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    page: &Page,
) -> Result<SourcingView<AccruedRow>, ReportError> {
    let position = position(client, log, At::Now).await?;
    let supplier = viewer.party().or(party).map(PartyId::uuid);
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PurchaseId>(after)?.0,
        None => Uuid::nil(),
    };
    let sql = include_str!("sql/purchase_bills.sql");
    let mut found = client.query(sql, &[&log.0, &after, &supplier, &page.fetch()]).await?;
    let more = page.cut(&mut found);
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let currency = wire::currency(row.get(4))?;
        let money = |amount: i64| Money::of(Minor(amount), currency);
        rows.push(AccruedRow {
            purchase: PurchaseId(row.get(0)),
            order_no: row.get(1),
            supplier: wire::party(row.get(2))?,
            name: row.get(3),
            phase: row.get(5),
            accrued: money(row.get(6)),
            bill_no: row.get(7),
            billed: row.get::<_, Option<i64>>(8).map(money),
            difference: row.get::<_, Option<i64>>(9).map(money),
            corrected: money(row.get(10)),
        });
    }
    let next = rows.last().filter(|_| more).map(|last| last.purchase.to_string());
    Ok(SourcingView { position, rows, next })
}

/// What dropship orders left by product; of one taker and of one month of ordering when given.
pub async fn purchase_margins(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (party, period): (Option<PartyId>, Option<Month>),
    page: &Page,
) -> Result<SourcingView<MarginRow>, ReportError> {
    let position = position(client, log, At::Now).await?;
    let taker = viewer.party().or(party).map(PartyId::uuid);
    let (from, to) = window(client, log, position, period).await?;
    let after = page.after.clone().unwrap_or_default();
    let sql = include_str!("sql/purchase_margins.sql");
    let mut found = client
        .query(sql, &[&log.0, &taker, &from, &to, &after, &page.fetch()])
        .await?;
    let more = page.cut(&mut found);
    let mut rows = Vec::with_capacity(found.len());
    let mut next = None;
    for row in &found {
        let currency = wire::currency(row.get(2))?;
        let amount = |at: usize| Minor(row.get(at));
        let own = amount(4).minus(amount(5))?.minus(amount(6))?.plus(amount(7))?;
        let key: String = row.get(0);
        let short = key.rsplit_once(' ').map_or(key.as_str(), |(short, _)| short);
        rows.push(MarginRow {
            key: short.to_owned(),
            name: row.get(1),
            units: row.get(3),
            sold: Money::of(amount(4), currency),
            back: Money::of(amount(5), currency),
            goods: Money::of(amount(6), currency),
            refunded: Money::of(amount(7), currency),
            other: Money::of(amount(8).minus(own)?, currency),
            margin: Money::of(amount(8), currency),
        });
        next = Some(key);
    }
    let next = next.filter(|_| more);
    Ok(SourcingView { position, rows, next })
}

/// What suppliers did with our orders, of one month of ordering when given.
pub async fn supplier_promises(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (party, period): (Option<PartyId>, Option<Month>),
    page: &Page,
) -> Result<SourcingView<PromiseRow>, ReportError> {
    whole_book(viewer)?;
    let position = position(client, log, At::Now).await?;
    let (from, to) = window(client, log, position, period).await?;
    let supplier = party.map(PartyId::uuid);
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PartyId>(after)?.uuid(),
        None => Uuid::nil(),
    };
    let sql = include_str!("sql/supplier_promises.sql");
    let mut found = client
        .query(sql, &[&log.0, &supplier, &from, &to, &after, &page.fetch()])
        .await?;
    let more = page.cut(&mut found);
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        rows.push(PromiseRow {
            supplier: wire::party(row.get(0))?,
            name: row.get(1),
            orders: row.get(2),
            from: Instant::from_utc(row.get(3)),
            to: Instant::from_utc(row.get(4)),
            sent: row.get(5),
            dispatch_seconds: row.get(6),
            within_24h: row.get(7),
            within_48h: row.get(8),
            received: row.get(9),
            defects: row.get(10),
            refunds: row.get(11),
            refund_seconds: row.get(12),
        });
    }
    let next = rows.last().filter(|_| more).map(|last| last.supplier.to_string());
    Ok(SourcingView { position, rows, next })
}

type Bound = Option<chrono::DateTime<chrono::Utc>>;

/// Start and end of a month in the book's zone.
async fn window(
    client: &Client,
    log: LogId,
    position: i64,
    period: Option<Month>,
) -> Result<(Bound, Bound), ReportError> {
    let Some(period) = period else { return Ok((None, None)) };
    let zone = streams::book(client, log, position).await?.opened.zone;
    let start = |month: Month| zone.midnight(month.first_day()).utc();
    Ok((Some(start(period)), Some(start(period.next()))))
}

impl SourcingView<PayableRow> {
    /// As a table.
    pub fn table(&self) -> Table {
        let title = format!("Owed to suppliers 应付供应商 at position {}", self.position);
        let columns = [
            "supplier",
            "name",
            "pays",
            "purchases",
            "currency",
            "cost",
            "due",
            "paid",
            "repaid",
            "payable",
        ];
        let mut table = Table::new(title, &columns);
        for row in &self.rows {
            table.push([
                row.supplier.to_string().into(),
                row.name.clone().into(),
                row.pays.clone().into(),
                row.purchases.into(),
                row.cost.currency.clone().into(),
                Cell::from(&row.cost),
                Cell::from(&row.due),
                Cell::from(&row.paid),
                Cell::from(&row.repaid),
                Cell::from(&row.payable),
            ]);
        }
        table
    }
}

impl SourcingView<AccruedRow> {
    /// As a table.
    pub fn table(&self) -> Table {
        let title = format!("Accrued against billed 暂估与账单 at position {}", self.position);
        let columns = [
            "purchase",
            "order_no",
            "supplier",
            "name",
            "phase",
            "currency",
            "accrued",
            "bill_no",
            "billed",
            "difference",
            "corrected",
        ];
        let mut table = Table::new(title, &columns);
        let cell = |money: &Option<Money>| money.as_ref().map_or(Cell::Empty, Cell::from);
        for row in &self.rows {
            table.push([
                row.purchase.to_string().into(),
                row.order_no.clone().into(),
                row.supplier.to_string().into(),
                row.name.clone().into(),
                row.phase.clone().into(),
                row.accrued.currency.clone().into(),
                Cell::from(&row.accrued),
                row.bill_no.clone().into(),
                cell(&row.billed),
                cell(&row.difference),
                Cell::from(&row.corrected),
            ]);
        }
        table
    }
}

impl SourcingView<MarginRow> {
    /// As a table.
    pub fn table(&self) -> Table {
        let title = format!("Margin by product 商品毛利 at position {}", self.position);
        let columns = [
            "product", "name", "units", "currency", "sold", "back", "goods", "refunded", "other", "margin",
        ];
        let mut table = Table::new(title, &columns);
        for row in &self.rows {
            table.push([
                row.key.clone().into(),
                row.name.clone().into(),
                row.units.into(),
                row.margin.currency.clone().into(),
                Cell::from(&row.sold),
                Cell::from(&row.back),
                Cell::from(&row.goods),
                Cell::from(&row.refunded),
                Cell::from(&row.other),
                Cell::from(&row.margin),
            ]);
        }
        table
    }
}

impl SourcingView<PromiseRow> {
    /// As a table.
    pub fn table(&self) -> Table {
        let title = format!(
            "What suppliers did with our orders 供应商履约 at position {}: measured here, not promised",
            self.position
        );
        let columns = [
            "supplier",
            "name",
            "orders",
            "from",
            "to",
            "sent",
            "dispatch_seconds",
            "within_24h",
            "within_48h",
            "received",
            "defects",
            "refunds",
            "refund_seconds",
        ];
        let mut table = Table::new(title, &columns);
        let number = |told: Option<i64>| told.map_or(Cell::Empty, Cell::from);
        for row in &self.rows {
            table.push([
                row.supplier.to_string().into(),
                row.name.clone().into(),
                row.orders.into(),
                row.from.to_string().into(),
                row.to.to_string().into(),
                row.sent.into(),
                number(row.dispatch_seconds),
                row.within_24h.into(),
                row.within_48h.into(),
                row.received.into(),
                row.defects.into(),
                row.refunds.into(),
                number(row.refund_seconds),
            ]);
        }
        table
    }
}
