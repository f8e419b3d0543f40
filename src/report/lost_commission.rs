//! Lost commission 丢佣 by cause: lines that earn nothing and why, and what refunds, closings and corrections took back of
//! what had been posted. An amount is only stated where it was posted once; what never was, nobody knows.
//! Must never hold more than one line in memory, nor guess an amount.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::history::{History, legs};
use super::scan::{self, Sale, Scan};
use super::{Cell, Money, ReportError, Statement, Table, Viewer, reason};
use crate::base::{LogId, Month};
use crate::domain::order::pin::{Pin, Reason};
use crate::ledger::{AccountKind, Layer, Leg};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = scan::SQL;

/// One cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LostRow {
    /// Stable code: that of the line's reason, `parked:` and a fact's code, or what took back: `refund`, `closed`, `corrected`.
    pub cause: String,
    /// In Chinese.
    pub zh: &'static str,
    /// Lines.
    pub lines: i64,
    /// Goods paid of them.
    pub paid: Money,
    /// Posted once and taken back since; absent where nothing was ever posted.
    pub lost: Option<Money>,
}

/// Lost commission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LostView {
    /// A position it reflects at least.
    pub position: i64,
    /// By currency and cause.
    pub rows: Vec<LostRow>,
    /// Per currency: posted at its highest, lost of it, and what stands.
    pub sums: Vec<[Money; 3]>,
}

#[derive(Default)]
struct Tally {
    lines: i64,
    paid: Minor,
    lost: Minor,
    known: bool,
}

/// Lost commission of lines the viewer has to do with, ordered in a month when one is named: for a viewer of everything what
/// merchants pay, for a party its own.
pub async fn lost_commission(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    order_month: Option<Month>,
) -> Result<LostView, ReportError> {
    let scan = Scan::begin(client, log, viewer, order_month).await?;
    let mut tallies: BTreeMap<(Currency, String), Tally> = BTreeMap::new();
    let mut sums: BTreeMap<Currency, [Minor; 3]> = BTreeMap::new();
    scan.lines(client, log, None, |history| {
        let currency = scan.currency(history);
        let (peak, stands) = posted(history, viewer)?;
        let lost = peak.minus(stands)?;
        for (sum, amount) in sums.entry(currency).or_default().iter_mut().zip([peak, lost, stands]) {
            *sum = sum.plus(amount)?;
        }
        let code = reason::why_line(history, &scan.calendar.book, viewer)?.code;
        if let Some(cause) = cause(history, lost, &code) {
            let tally = tallies.entry((currency, cause)).or_default();
            tally.lines += 1;
            tally.paid = tally
                .paid
                .plus(Sale::of(history)?.map(|sale| sale.paid).unwrap_or_default())?;
            tally.lost = tally.lost.plus(lost)?;
            tally.known |= lost.0 > 0;
        }
        Ok(true)
    })
    .await?;
    let row = |((currency, cause), tally): ((Currency, String), Tally)| LostRow {
        zh: zh(&cause),
        cause,
        lines: tally.lines,
        paid: Money::of(tally.paid, currency),
        lost: tally.known.then(|| Money::of(tally.lost, currency)),
    };
    let money = |(currency, sum): (Currency, [Minor; 3])| sum.map(|amount| Money::of(amount, currency));
    Ok(LostView {
        position: scan.position,
        rows: tallies.into_iter().map(row).collect(),
        sums: sums.into_iter().map(money).collect(),
    })
}

/// What was posted of a line for the viewer at its highest, in both layers together, and what stands of it.
fn posted(history: &History, viewer: Viewer) -> Result<(Minor, Minor), ReportError> {
    let merchant = |pin: &Pin| pin.terms.as_ref().map(|terms| terms.merchant);
    let payer = history.pin().and_then(|pin| merchant(pin));
    let own = |leg: &Leg| match viewer {
        Viewer::Party(party) => leg.account.party() == Some(party) && leg.account.kind != AccountKind::ClawbackDue,
        Viewer::All => payer.is_some() && leg.account.party() == payer,
    };
    // Within one event the estimate is replaced by the settlement: only what stands after an event counts.
    let (mut stands, mut peak) = (Minor::ZERO, Minor::ZERO);
    for stored in &history.events {
        let moved = legs(&stored.event).iter().filter(|leg| own(leg));
        stands = stands.plus(Minor::sum(moved.map(|leg| leg.amount))?)?;
        peak = peak.max(Minor(stands.0.saturating_abs()));
    }
    Ok((peak, Minor(stands.0.saturating_abs())))
}

/// Why a line earns less than it might; none for one that earns all of it, or waits for its payment.
fn cause(history: &History, lost: Minor, code: &str) -> Option<String> {
    let story = history.state.story();
    if lost.0 > 0 {
        let refunded = !story.refunds.is_empty();
        let closed = story.closed.is_some() && history.state.posted().keys().all(|(_, layer)| *layer == Layer::Settled);
        return Some(
            match () {
                () if story.is_forfeited() => "forfeited",
                () if refunded => "refund",
                () if closed => "closed",
                () => "corrected",
            }
            .to_owned(),
        );
    }
    if !story.has_amount() {
        return match code {
            "waiting" if history.state.parked().count() == 0 => None,
            "waiting" => Some("parked".to_owned()),
            "closed" => Some("never_paid".to_owned()),
            // Not pinned: the code of the fact that is held back.
            code if history.pin().is_none() => Some(format!("parked:{code}")),
            code => Some(code.to_owned()),
        };
    }
    let beaten = history.pin().and_then(|pin| limited(pin));
    match (code, beaten) {
        ("paid" | "expected" | "charged" | "frozen", beaten) => beaten.map(|why| format!("lower_rule:{why}")),
        ("no_rule", Some(why)) => Some(why.to_owned()),
        ("not_taken", _) => None,
        (code, _) if history.pin().is_none() => Some(format!("parked:{code}")),
        (code, _) => Some(code.to_owned()),
    }
}

/// A limited rule that the line no longer fitted.
fn limited(pin: &Pin) -> Option<&'static str> {
    let lost = |reason| pin.lost.iter().any(|lost| lost.reason == reason) || pin.lost_more.contains_key(&reason);
    match () {
        () if lost(Reason::NExhausted) => Some("n_exhausted"),
        () if lost(Reason::BudgetExhausted) => Some("budget_exhausted"),
        () => None,
    }
}

fn zh(cause: &str) -> &'static str {
    match cause {
        "refund" | "refunded" => "退款",
        "closed" => "订单关闭",
        "never_paid" => "未付款关闭",
        "corrected" => "更正",
        "forfeited" => "罚没",
        "no_click" => "归因窗口内无点击",
        "no_rule" => "没有适用的佣金计划",
        "excluded" => "他人专享",
        "n_exhausted" => "前N件已用完",
        "budget_exhausted" => "预算已用完",
        "lower_rule:n_exhausted" => "前N件已用完，按较低计划计佣",
        "lower_rule:budget_exhausted" => "预算已用完，按较低计划计佣",
        "below_minimum" => "不足最小货币单位",
        "unknown_placement" => "推广位未归属",
        "unknown_payer" => "付佣方未知",
        "before_cut_over" => "早于期初",
        cause if cause.starts_with("parked") => "待处理",
        _ => "其他",
    }
}

impl LostView {
    /// As a table; what was posted, lost and stands comes last.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Lost commission 丢佣 by cause at position {}", self.position),
            &[
                "cause 原因代码",
                "原因",
                "lines 子订单数",
                "paid 已付",
                "lost 丢失佣金",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.cause.clone().into(),
                row.zh.into(),
                row.lines.into(),
                Cell::from(&row.paid),
                row.lost.as_ref().map_or(Cell::Empty, Cell::from),
                row.paid.currency.as_str().into(),
            ]);
        }
        for sums in &self.sums {
            let words = [
                ("posted at its highest", "曾入账"),
                ("lost of it", "其中丢失"),
                ("stands", "现存"),
            ];
            for ((en, zh), sum) in words.into_iter().zip(sums) {
                let currency = sum.currency.as_str().into();
                table.push([
                    en.into(),
                    zh.into(),
                    Cell::Empty,
                    Cell::Empty,
                    Cell::from(sum),
                    currency,
                ]);
            }
        }
        table
    }
}
