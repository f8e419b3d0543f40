//! Show report 单场战报: a show, or where none is named a room's day: orders, paid, refunds, commission and its rate. A room or
//! show that the platform's row does not name itself is inferred 推断, from the click or the roster, and says so.
//! Must never hold more than one line in memory, nor call an inferred show a reported one.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveDate;
use tokio_postgres::Client;

use super::history::History;
use super::scan::{self, Sale, Scan, percent};
use super::{Cell, Money, ReportError, Statement, Table, Viewer};
use crate::base::{LogId, Month, Zone};
use crate::ledger::{AccountKind, Layer};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = scan::SQL;

/// One show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShowRow {
    /// Day of its first order, in the book's zone.
    pub day: NaiveDate,
    /// Room; absent where no line names one.
    pub room: Option<String>,
    /// Show, when one is named.
    pub show: Option<String>,
    /// Lines whose room or show is inferred.
    pub inferred: i64,
    /// Different orders; lines without an order number count one each.
    pub orders: i64,
    /// Lines paid.
    pub lines: i64,
    /// Goods paid.
    pub paid: Money,
    /// Goods refunded.
    pub refunded: Money,
    /// Refunded of paid.
    pub refund_rate: Option<String>,
    /// Commission settled.
    pub commission: Money,
    /// Commission only estimated yet.
    pub estimated: Money,
    /// Both of what was paid and kept.
    pub rate: Option<String>,
}

/// Shows, latest day first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShowsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Shows.
    pub rows: Vec<ShowRow>,
}

#[derive(Default)]
struct Tally {
    /// Of its first order.
    day: Option<NaiveDate>,
    orders: HashSet<u64>,
    lines: i64,
    inferred: i64,
    sale: Sale,
    commission: Minor,
    estimated: Minor,
}

/// A show by its number; where none is named the day.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    Show(String),
    Day(NaiveDate),
}

type Key = (Option<String>, Which, Currency);

/// Shows of lines the viewer has to do with, ordered in a month when one is named: for a viewer of everything commission is
/// what merchants pay, for a party its own.
pub async fn show_report(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    order_month: Option<Month>,
) -> Result<ShowsView, ReportError> {
    let scan = Scan::begin(client, log, viewer, order_month).await?;
    let zone = scan.calendar.book.opened.zone;
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    scan.lines(client, log, None, |history| {
        if let (Some(key), Some(sale)) = (key(history, zone, scan.currency(history)), Sale::of(history)?) {
            let tally = tallies.entry(key).or_default();
            tally.day = [tally.day, history.state.at().map(|at| zone.day(at))]
                .into_iter()
                .flatten()
                .min();
            tally.add(history, &sale, viewer)?;
        }
        Ok(true)
    })
    .await?;
    let rows = tallies.into_iter().map(|(key, tally)| tally.row(key));
    let mut rows: Vec<ShowRow> = rows.collect::<Result<_, _>>()?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.day));
    Ok(ShowsView {
        position: scan.position,
        rows,
    })
}

fn key(history: &History, zone: Zone, currency: Currency) -> Option<Key> {
    let pin = history.pin()?;
    let text = |id: &Option<crate::base::ExternalId>| id.as_ref().map(ToString::to_string);
    let which = text(&pin.dims.show).map_or_else(|| Which::Day(zone.day(pin.at)), Which::Show);
    Some((text(&pin.dims.room), which, currency))
}

/// The row itself names neither the room nor the show that the line was pinned with.
fn is_inferred(history: &History) -> bool {
    let Some(pin) = history.pin() else { return false };
    let (told, dims) = (history.state.about(), &pin.dims);
    (dims.room.is_some() && told.room != dims.room) || (dims.show.is_some() && told.show != dims.show)
}

impl Tally {
    fn add(&mut self, history: &History, sale: &Sale, viewer: Viewer) -> Result<(), ReportError> {
        let mut hash = DefaultHasher::new();
        match &history.state.about().order_no {
            Some(order) => order.as_str().hash(&mut hash),
            None => history.line.0.hash(&mut hash),
        }
        self.orders.insert(hash.finish());
        self.lines += 1;
        self.inferred += i64::from(is_inferred(history));
        self.sale.gain(sale)?;
        self.commission = self.commission.plus(commission(history, viewer, Layer::Settled)?)?;
        self.estimated = self.estimated.plus(commission(history, viewer, Layer::Estimated)?)?;
        Ok(())
    }

    fn row(&self, (room, which, currency): Key) -> Result<ShowRow, ReportError> {
        let money = |amount| Money::of(amount, currency);
        let sale = &self.sale;
        let kept = sale.paid.minus(sale.refunded)?;
        let earned = self.commission.plus(self.estimated)?;
        let (show, day) = match which {
            Which::Show(show) => (Some(show), self.day.ok_or(ReportError::Stored("line"))?),
            Which::Day(day) => (None, day),
        };
        Ok(ShowRow {
            day,
            room,
            show,
            inferred: self.inferred,
            orders: i64::try_from(self.orders.len()).unwrap_or(i64::MAX),
            lines: self.lines,
            paid: money(sale.paid),
            refunded: money(sale.refunded),
            refund_rate: percent(sale.refunded.0, sale.paid.0),
            commission: money(self.commission),
            estimated: money(self.estimated),
            rate: percent(earned.0, kept.0),
        })
    }
}

/// What the merchant owes of a line, or what a party holds of it.
fn commission(history: &History, viewer: Viewer, layer: Layer) -> Result<Minor, ReportError> {
    if let Viewer::Party(party) = viewer {
        let own = history.state.posted().iter().filter(|((account, of), _)| {
            account.party() == Some(party) && *of == layer && account.kind != AccountKind::ClawbackDue
        });
        return Ok(Minor::sum(own.map(|(_, amount)| *amount))?);
    }
    let merchant = history.pin().and_then(|pin| Some(pin.terms.as_ref()?.merchant));
    let Some(merchant) = merchant else {
        return Ok(Minor::ZERO);
    };
    Ok(history.held(merchant, layer)?.negated()?)
}

impl ShowsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Show report 单场战报 at position {}", self.position),
            &[
                "day 日期",
                "room 直播间",
                "show 场次",
                "basis 依据",
                "orders 订单数",
                "lines 子订单数",
                "paid 成交",
                "refunded 退款",
                "refund_rate % 退款率",
                "commission 佣金",
                "estimated 预估佣金",
                "rate % 佣金率",
                "currency 币种",
            ],
        );
        let rate = |rate: &Option<String>| rate.clone().map_or(Cell::Empty, Cell::Number);
        for row in &self.rows {
            let basis = match (row.inferred, &row.room, &row.show) {
                (0, None, None) => String::new(),
                (0, ..) => "reported 平台".to_owned(),
                (inferred, ..) if inferred == row.lines => "inferred 推断".to_owned(),
                (inferred, ..) => format!("{inferred} of {} lines inferred 部分推断", row.lines),
            };
            table.push([
                row.day.to_string().into(),
                row.room.clone().into(),
                row.show.clone().into(),
                basis.into(),
                row.orders.into(),
                row.lines.into(),
                Cell::from(&row.paid),
                Cell::from(&row.refunded),
                rate(&row.refund_rate),
                Cell::from(&row.commission),
                Cell::from(&row.estimated),
                rate(&row.rate),
                row.paid.currency.as_str().into(),
            ]);
        }
        table
    }
}
