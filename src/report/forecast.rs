//! Forecast 回款预测: what becomes available on which day. A day is due where a timer runs; elsewhere it is expected, from how
//! long settled lines of the same platform took (their median, marked 推断); a platform without history has no day. What is
//! available already, frozen or set aside stands beside it without a day.
//! Must never call an expected day a due one, nor an estimate payable.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tokio_postgres::Client;

use super::history::History;
use super::scan::{self, Scan};
use super::{Cell, Money, ReportError, Statement, Table, Viewer, head, sql, trial, wire};
use crate::base::{LogId, Zone};
use crate::ledger::{AccountKind, Layer};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[scan::SQL[0], sql!("frozen_sums")];

/// How a day is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Known {
    /// Available already.
    Available,
    /// Frozen; nobody knows until when.
    Frozen,
    /// Set aside by a hold.
    Held,
    /// A timer settles it.
    Due,
    /// Should have settled by what is usual, and has not.
    Overdue,
    /// By what is usual.
    Expected,
    /// Nothing is known of the day.
    Unknown,
}

impl Known {
    fn words(self) -> &'static str {
        match self {
            Known::Available => "available 可付",
            Known::Frozen => "frozen 冻结",
            Known::Held => "held 履约冻结",
            Known::Due => "due 到期结算",
            Known::Overdue => "overdue, inferred 逾期未结（推断）",
            Known::Expected => "expected, inferred 预计（推断）",
            Known::Unknown => "unknown 未知",
        }
    }
}

/// One day's money of one kind of party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForecastRow {
    /// How the day is known.
    pub known: Known,
    /// The day, in the book's zone; absent where none is known.
    pub day: Option<NaiveDate>,
    /// Parties of this kind.
    pub kind: &'static str,
    /// Lines; none for balances.
    pub lines: Option<i64>,
    /// What becomes available.
    pub amount: Money,
}

/// What becomes available on which day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForecastView {
    /// A position it reflects at least.
    pub position: i64,
    /// The day it is made on.
    pub today: NaiveDate,
    /// Median days from order to settlement, by platform.
    pub usual: BTreeMap<String, i64>,
    /// Rows, by how the day is known.
    pub rows: Vec<ForecastRow>,
}

type Key = (Known, Option<NaiveDate>, &'static str, Currency);
type Sums = BTreeMap<Key, (Option<i64>, Minor)>;

/// What a line is waiting for, while what is usual is not known yet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Waits {
    Until(NaiveDate),
    Ordered(String, NaiveDate),
}

#[derive(Default)]
struct Tally {
    took: BTreeMap<String, BTreeMap<i64, i64>>,
    open: BTreeMap<(Waits, &'static str, Currency), (i64, Minor)>,
}

/// The forecast of the viewer's own money, or of everybody's.
pub async fn forecast(client: &Client, log: LogId, viewer: Viewer) -> Result<ForecastView, ReportError> {
    let scan = Scan::begin(client, log, viewer, None).await?;
    let zone = scan.calendar.book.opened.zone;
    let today = zone.day(head(client, log).await?.recorded_at);
    let mut tally = Tally::default();
    scan.lines(client, log, None, |history| {
        tally.add(history, zone, viewer, scan.currency(history))?;
        Ok(true)
    })
    .await?;
    let usual: BTreeMap<String, i64> = tally
        .took
        .into_iter()
        .filter_map(|(platform, days)| Some((platform, median(&days)?)))
        .collect();
    let mut sums = Sums::new();
    for ((waits, kind, currency), (lines, amount)) in tally.open {
        let (known, day) = when(&waits, &usual, today);
        let sum = sums.entry((known, day, kind, currency)).or_default();
        *sum = (Some(sum.0.unwrap_or(0) + lines), sum.1.plus(amount)?);
    }
    balances(client, log, viewer, scan.position, &mut sums).await?;
    let row = |((known, day, kind, currency), (lines, amount)): (Key, (Option<i64>, Minor))| ForecastRow {
        known,
        day,
        kind,
        lines,
        amount: Money::of(amount, currency),
    };
    Ok(ForecastView {
        position: scan.position,
        today,
        usual,
        rows: sums.into_iter().map(row).collect(),
    })
}

impl Tally {
    fn add(&mut self, history: &History, zone: Zone, viewer: Viewer, currency: Currency) -> Result<(), ReportError> {
        let Some(ordered) = history.state.at().map(|at| zone.day(at)) else {
            return Ok(());
        };
        let platform = || history.state.platform().map(ToString::to_string).unwrap_or_default();
        let open = history.state.posted().iter().filter(|((account, layer), _)| {
            let own = account.party().is_some_and(|party| viewer.sees(party));
            own && account.kind == AccountKind::Available && *layer == Layer::Estimated
        });
        let open: Vec<(&'static str, Minor)> = open
            .filter_map(|((account, _), amount)| Some((account.party()?.kind().word(), *amount)))
            .collect();
        let target = history.state.target()?;
        if let Some(settled) = target.settled_at {
            let days = (zone.day(settled) - ordered).num_days();
            *self.took.entry(platform()).or_default().entry(days).or_default() += 1;
        }
        if open.is_empty() {
            return Ok(());
        }
        let waits = match target.settles_at {
            Some(due) => Waits::Until(zone.day(due)),
            None => Waits::Ordered(platform(), ordered),
        };
        // Several parties of a kind share a line: it counts once for the kind.
        let mut counted: Vec<&'static str> = Vec::new();
        for (kind, amount) in open {
            let sum = self.open.entry((waits.clone(), kind, currency)).or_default();
            sum.1 = sum.1.plus(amount)?;
            if !counted.contains(&kind) {
                sum.0 += 1;
                counted.push(kind);
            }
        }
        Ok(())
    }
}

/// The lower median of a histogram.
fn median(days: &BTreeMap<i64, i64>) -> Option<i64> {
    let all: i64 = days.values().sum();
    let mut seen = 0;
    days.iter().find_map(|(day, count)| {
        seen += count;
        (seen * 2 >= all).then_some(*day)
    })
}

fn when(waits: &Waits, usual: &BTreeMap<String, i64>, today: NaiveDate) -> (Known, Option<NaiveDate>) {
    match waits {
        Waits::Until(day) => (Known::Due, Some(*day)),
        Waits::Ordered(platform, ordered) => {
            let usual = usual.get(platform).and_then(|days| u64::try_from(*days).ok());
            let day = usual.and_then(|days| ordered.checked_add_days(chrono::Days::new(days)));
            match day {
                None => (Known::Unknown, None),
                Some(day) if day < today => (Known::Overdue, None),
                Some(day) => (Known::Expected, Some(day)),
            }
        }
    }
}

/// What is available, frozen or held already.
async fn balances(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    position: i64,
    sums: &mut Sums,
) -> Result<(), ReportError> {
    let own = viewer.party().map(|party| party.uuid());
    let sql = include_str!("sql/frozen_sums.sql");
    for row in client.query(sql, &[&log.0, &position, &own]).await? {
        let known = match AccountKind::from_code(row.get(2)) {
            Some(AccountKind::Available) => Known::Available,
            Some(AccountKind::Frozen) => Known::Frozen,
            _ => Known::Held,
        };
        let key = (known, None, trial::owner_word(row.get(1))?, wire::currency(row.get(0))?);
        let sum = sums.entry(key).or_default();
        sum.1 = sum.1.plus(Minor(row.get(3)))?;
    }
    Ok(())
}

impl ForecastView {
    /// As a table.
    pub fn table(&self) -> Table {
        let usual: Vec<String> = self
            .usual
            .iter()
            .map(|(platform, days)| format!("{platform} {days} days"))
            .collect();
        let usual = if usual.is_empty() {
            "no history".to_owned()
        } else {
            usual.join(", ")
        };
        let mut table = Table::new(
            format!(
                "Forecast 回款预测 on {} at position {}; usual from order to settlement 通常结算周期: {usual}",
                self.today, self.position
            ),
            &[
                "basis 依据",
                "day 日期",
                "parties 对象",
                "lines 子订单数",
                "amount 金额",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.known.words().into(),
                row.day.map(|day| day.to_string()).into(),
                row.kind.into(),
                row.lines.map_or(Cell::Empty, Cell::from),
                Cell::from(&row.amount),
                row.amount.currency.as_str().into(),
            ]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_is_the_lower_median_and_a_day_gone_by_is_overdue() {
        let days = BTreeMap::from([(3, 1), (20, 2), (90, 1)]);
        assert_eq!((median(&days), median(&BTreeMap::new())), (Some(20), None));
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let usual = BTreeMap::from([("taobao".to_owned(), 20)]);
        let ordered = |platform: &str, at: &str| Waits::Ordered(platform.to_owned(), day(at));
        let today = day("2026-06-30");
        assert_eq!(
            when(&ordered("taobao", "2026-06-20"), &usual, today),
            (Known::Expected, Some(day("2026-07-10")))
        );
        assert_eq!(
            when(&ordered("taobao", "2026-06-01"), &usual, today),
            (Known::Overdue, None)
        );
        assert_eq!(
            when(&ordered("other", "2026-06-20"), &usual, today),
            (Known::Unknown, None)
        );
    }
}
