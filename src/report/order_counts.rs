//! Order counts 订单统计 from the facts: per platform and currency how many lines stand where, and what was ordered, paid,
//! kept and refunded.
//! Must never hold more than one line in memory.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::streams::stored;
use super::{At, Cell, Money, ReportError, Statement, Table, position, sql};
use crate::base::{LineId, LogId};
use crate::domain::event::Event;
use crate::domain::order::{LineState, Manner};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("line_events")];

/// Lines of one platform in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OrderCounts {
    /// Platform.
    pub platform: String,
    /// All lines.
    pub lines: i64,
    /// Never paid.
    pub never_paid: i64,
    /// Paid, and nothing refunded.
    pub paid_and_kept: i64,
    /// Refunded in full.
    pub fully_refunded: i64,
    /// Refunded in part.
    pub partly_refunded: i64,
    /// Refunded lines on which kept + refunded = paid.
    pub refunded_that_add_up: i64,
    /// What was to be paid, paid or not.
    pub ordered: Money,
    /// What was to be paid and never was.
    pub unpaid: Money,
    /// What was paid.
    pub paid: Money,
    /// What is left of it.
    pub kept: Money,
    /// What was refunded.
    pub refunded: Money,
    /// Of it, for goods sent back 退货退款; a refund whose manner was not told counts as such.
    pub returned: Money,
    /// Of it, to whoever kept the goods 仅退款.
    pub refunded_only: Money,
    /// Of it, the difference to a lower price 价保: the sale stands.
    pub price_protected: Money,
    /// Lines that are no sales and count in nothing above: gifts 赠品, own use 自用, exchanges 换货.
    pub not_sales: i64,
}

/// Counts after a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OrderCountsView {
    /// The position they reflect.
    pub position: i64,
    /// By platform and currency.
    pub counts: Vec<OrderCounts>,
}

#[derive(Default)]
struct Tally {
    lines: i64,
    never_paid: i64,
    paid_and_kept: i64,
    fully_refunded: i64,
    partly_refunded: i64,
    add_up: i64,
    unpaid: Minor,
    paid: Minor,
    kept: Minor,
    refunded: Minor,
    refunded_only: Minor,
    price_protected: Minor,
    not_sales: i64,
}

impl Tally {
    fn add(&mut self, state: &LineState) -> Result<(), ReportError> {
        if !state.about().is_sale() {
            self.not_sales += 1;
            return Ok(());
        }
        let story = state.story();
        self.lines += 1;
        let Some(paid) = story.paid_goods() else {
            self.never_paid += 1;
            self.unpaid = self.unpaid.plus(story.payable_base().unwrap_or_default())?;
            return Ok(());
        };
        let refunded = Minor::sum(story.refunds.iter().map(|refund| refund.goods))?;
        let of = |manner| {
            Minor::sum(
                story
                    .refunds
                    .iter()
                    .filter(|r| r.manner == Some(manner))
                    .map(|r| r.goods),
            )
        };
        self.refunded_only = self.refunded_only.plus(of(Manner::RefundOnly)?)?;
        self.price_protected = self.price_protected.plus(of(Manner::PriceProtection)?)?;
        // What a settled row reports is the shop's own word; else what the refunds leave.
        let kept = story
            .settled
            .and_then(|(_, base)| base)
            .map_or_else(|| paid.minus(refunded), Ok)?;
        self.paid = self.paid.plus(paid)?;
        self.kept = self.kept.plus(kept)?;
        self.refunded = self.refunded.plus(refunded)?;
        if refunded.is_zero() {
            self.paid_and_kept += 1;
            return Ok(());
        }
        if refunded >= paid {
            self.fully_refunded += 1;
        } else {
            self.partly_refunded += 1;
        }
        self.add_up += i64::from(kept.plus(refunded)? == paid);
        Ok(())
    }
}

/// Counts the lines of a book, one line in memory at a time.
pub async fn order_counts(client: &Client, log: LogId, at: At) -> Result<OrderCountsView, ReportError> {
    let position = position(client, log, at).await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&log.0, &position];
    let rows = client
        .query_raw(include_str!("sql/line_events.sql"), parameters)
        .await?;
    let mut rows = std::pin::pin!(rows);
    let mut tallies: BTreeMap<(String, Currency), Tally> = BTreeMap::new();
    let mut current: Option<(LineId, LineState)> = None;
    while let Some(row) = rows.try_next().await? {
        let stored = stored(log, &row, 0)?;
        let line = LineId(stored.stream);
        let mut state = match current.take() {
            Some((known, state)) if known == line => state,
            Some((_, ended)) => {
                count(&mut tallies, &ended)?;
                LineState::default()
            }
            None => LineState::default(),
        };
        if let Event::Line(event) = &stored.event {
            state.evolve(event, &stored.placed);
        }
        current = Some((line, state));
    }
    if let Some((_, ended)) = current {
        count(&mut tallies, &ended)?;
    }
    let counts = tallies
        .into_iter()
        .map(|((platform, currency), tally)| view(platform, currency, tally));
    Ok(OrderCountsView {
        position,
        counts: counts.collect::<Result<_, _>>()?,
    })
}

fn count(tallies: &mut BTreeMap<(String, Currency), Tally>, state: &LineState) -> Result<(), ReportError> {
    let platform = state.platform().map(ToString::to_string).unwrap_or_default();
    let currency = state.currency().unwrap_or(Currency::CNY);
    tallies.entry((platform, currency)).or_default().add(state)
}

fn view(platform: String, currency: Currency, tally: Tally) -> Result<OrderCounts, ReportError> {
    let money = |amount| Money::of(amount, currency);
    Ok(OrderCounts {
        platform,
        lines: tally.lines,
        never_paid: tally.never_paid,
        paid_and_kept: tally.paid_and_kept,
        fully_refunded: tally.fully_refunded,
        partly_refunded: tally.partly_refunded,
        refunded_that_add_up: tally.add_up,
        ordered: money(tally.paid.plus(tally.unpaid)?),
        unpaid: money(tally.unpaid),
        paid: money(tally.paid),
        kept: money(tally.kept),
        refunded: money(tally.refunded),
        returned: money(
            tally
                .refunded
                .minus(tally.refunded_only)?
                .minus(tally.price_protected)?,
        ),
        refunded_only: money(tally.refunded_only),
        price_protected: money(tally.price_protected),
        not_sales: tally.not_sales,
    })
}

impl OrderCountsView {
    /// As a table, one figure a row.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Order counts 订单统计 at position {}", self.position),
            &["platform", "figure", "lines or amount", "currency"],
        );
        for row in &self.counts {
            let counts = [
                ("lines 订单", row.lines),
                ("never paid 未付款", row.never_paid),
                ("paid and kept 已付未退", row.paid_and_kept),
                ("fully refunded 全额退款", row.fully_refunded),
                ("partly refunded 部分退款", row.partly_refunded),
                ("refunded, kept + refunded = paid 勾稽一致", row.refunded_that_add_up),
                ("no sale: gift, own use, exchange 非销售", row.not_sales),
            ];
            for (name, count) in counts {
                table.push([row.platform.clone().into(), name.into(), count.into(), Cell::Empty]);
            }
            let sums = [
                ("ordered 总金额", &row.ordered),
                ("never paid 未付款", &row.unpaid),
                ("paid 已付", &row.paid),
                ("kept 实收", &row.kept),
                ("refunded 退款", &row.refunded),
                ("of it returned 退货退款", &row.returned),
                ("of it refunded only 仅退款", &row.refunded_only),
                ("of it price protection 价保", &row.price_protected),
            ];
            for (name, sum) in sums {
                let currency = sum.currency.as_str().into();
                table.push([row.platform.clone().into(), name.into(), Cell::from(sum), currency]);
            }
        }
        table
    }
}
