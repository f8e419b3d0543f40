//! Return rates 退货率 by anchor, shop or item: goods sent back apart from money given back alone 仅退款 and from price
//! protection 价保, after which the sale stands.
//! Must never hold more than one line in memory, nor count what is no sale.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::history::History;
use super::names::Names;
use super::scan::{self, Sale, Scan, percent};
use super::{Cell, Dimension, Money, ReportError, Statement, Table, Viewer, names};
use crate::base::{LogId, Month, PartyId};
use crate::money::Currency;

pub(super) const SQL: &[Statement] = &[scan::SQL[0], names::SQL[0]];

/// One group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnRow {
    /// Name of the anchor, shop or item; absent where a line has none.
    pub name: Option<String>,
    /// Lines paid.
    pub lines: i64,
    /// Of them with goods sent back or money given back; price protection aside.
    pub refunded_lines: i64,
    /// Goods paid.
    pub paid: Money,
    /// Goods sent back 退货退款.
    pub returned: Money,
    /// Money given back alone 仅退款.
    pub refunded_only: Money,
    /// 价保
    pub price_protected: Money,
    /// Refunded lines of lines, in percent.
    pub rate_of_lines: Option<String>,
    /// Returned of paid.
    pub rate_returned: Option<String>,
    /// Refunded only of paid.
    pub rate_refunded_only: Option<String>,
}

/// Return rates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnRatesView {
    /// A position they reflect at least.
    pub position: i64,
    /// What they are grouped by.
    pub by: Dimension,
    /// Groups, most paid first.
    pub rows: Vec<ReturnRow>,
    /// Per currency, over all groups.
    pub sums: Vec<ReturnRow>,
}

#[derive(Clone, Default)]
struct Tally {
    lines: i64,
    refunded_lines: i64,
    sale: Sale,
}

/// Return rates of lines the viewer has to do with, ordered in a month when one is named.
pub async fn return_rates(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    by: Dimension,
    order_month: Option<Month>,
) -> Result<ReturnRatesView, ReportError> {
    let scan = Scan::begin(client, log, viewer, order_month).await?;
    let mut tallies: BTreeMap<(Currency, Option<Uuid>), Tally> = BTreeMap::new();
    let mut sums: BTreeMap<Currency, Tally> = BTreeMap::new();
    scan.lines(client, log, None, |history| {
        if let Some(sale) = Sale::of(history)? {
            let currency = scan.currency(history);
            tallies.entry((currency, key(history, by))).or_default().add(&sale)?;
            sums.entry(currency).or_default().add(&sale)?;
        }
        Ok(true)
    })
    .await?;
    let ids: Vec<Uuid> = tallies.keys().filter_map(|(_, id)| *id).collect();
    let names = match by {
        Dimension::Shop => Names::load(client, log, (Vec::new(), ids, Vec::new())).await?,
        Dimension::Item => Names::load(client, log, (Vec::new(), Vec::new(), ids)).await?,
        _ => Names::load(client, log, (ids, Vec::new(), Vec::new())).await?,
    };
    let name = |id: Uuid| match by {
        Dimension::Shop => names.shop(id),
        Dimension::Item => names.item(id),
        _ => names.party(id),
    };
    let mut groups: Vec<_> = tallies.into_iter().collect();
    groups.sort_by_key(|((currency, id), tally)| (*currency, std::cmp::Reverse(tally.sale.paid), *id));
    let rows = groups
        .into_iter()
        .map(|((currency, id), tally)| tally.row(id.map(name), currency));
    Ok(ReturnRatesView {
        position: scan.position,
        by,
        rows: rows.collect::<Result<_, _>>()?,
        sums: sums
            .into_iter()
            .map(|(currency, tally)| tally.row(Some("sum 合计".to_owned()), currency))
            .collect::<Result<_, _>>()?,
    })
}

fn key(history: &History, by: Dimension) -> Option<Uuid> {
    let pin = history.pin()?;
    match by {
        Dimension::Shop => pin.dims.shop.map(|shop| shop.0),
        Dimension::Item => pin.dims.item.map(|item| item.0),
        _ => pin.attribution.party.map(PartyId::uuid),
    }
}

impl Tally {
    fn add(&mut self, sale: &Sale) -> Result<(), ReportError> {
        self.lines += 1;
        self.refunded_lines += i64::from(sale.refunded > sale.price_protected);
        self.sale.gain(sale)
    }

    fn row(&self, name: Option<String>, currency: Currency) -> Result<ReturnRow, ReportError> {
        let money = |amount| Money::of(amount, currency);
        let (sale, returned) = (&self.sale, self.sale.returned()?);
        Ok(ReturnRow {
            name,
            lines: self.lines,
            refunded_lines: self.refunded_lines,
            paid: money(sale.paid),
            returned: money(returned),
            refunded_only: money(sale.refunded_only),
            price_protected: money(sale.price_protected),
            rate_of_lines: percent(self.refunded_lines, self.lines),
            rate_returned: percent(returned.0, sale.paid.0),
            rate_refunded_only: percent(sale.refunded_only.0, sale.paid.0),
        })
    }
}

impl ReturnRatesView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!(
                "Return rates 退货率 by {} at position {}",
                self.by.word(),
                self.position
            ),
            &[
                self.by.heading(),
                "lines 已付子订单",
                "refunded_lines 退款子订单",
                "paid 已付",
                "returned 退货退款",
                "refunded_only 仅退款",
                "price_protected 价保",
                "rate_of_lines % 退款率(单)",
                "rate_returned % 退货率(额)",
                "rate_refunded_only % 仅退款率(额)",
                "currency 币种",
            ],
        );
        let rate = |rate: &Option<String>| rate.clone().map_or(Cell::Empty, Cell::Number);
        for row in self.rows.iter().chain(&self.sums) {
            table.push([
                row.name.clone().unwrap_or_else(|| "(none 无)".to_owned()).into(),
                row.lines.into(),
                row.refunded_lines.into(),
                Cell::from(&row.paid),
                Cell::from(&row.returned),
                Cell::from(&row.refunded_only),
                Cell::from(&row.price_protected),
                rate(&row.rate_of_lines),
                rate(&row.rate_returned),
                rate(&row.rate_refunded_only),
                row.paid.currency.as_str().into(),
            ]);
        }
        table
    }
}
