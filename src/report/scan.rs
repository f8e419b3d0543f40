//! Lines one after the other, each folded whole: what reports that count lines are made of; and ratios.
//! Must never hold more than one line in memory.

use futures_util::TryStreamExt;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::history::{Calendar, History};
use super::lines::end_of_time;
use super::streams::stored;
use super::{At, ReportError, Statement, Viewer, position, sql};
use crate::base::{Instant, LineId, LogId, Month, PartyId};
use crate::domain::order::Manner;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("scan_lines")];

/// Which lines are read.
pub(super) struct Scan {
    /// The book as it stands.
    pub calendar: Calendar,
    /// Up to here.
    pub position: i64,
    viewer: Viewer,
    range: (Instant, Instant),
}

impl Scan {
    /// Lines the viewer has to do with, ordered in a month when one is named.
    pub async fn begin(
        client: &Client,
        log: LogId,
        viewer: Viewer,
        order_month: Option<Month>,
    ) -> Result<Scan, ReportError> {
        let position = position(client, log, At::Now).await?;
        let calendar = Calendar::load(client, log, position).await?;
        let zone = calendar.book.opened.zone;
        let ever = Instant::from_micros(0).map_err(|_| ReportError::Stored("time"))?;
        let range = order_month.map_or((ever, Instant::from_utc(end_of_time())), |month| {
            (
                zone.midnight(month.first_day()),
                zone.midnight(month.next().first_day()),
            )
        });
        Ok(Scan {
            calendar,
            position,
            viewer,
            range,
        })
    }

    /// Shows every line after one to a visitor, in order of their ids, until it has seen enough (answers false).
    pub async fn lines(
        &self,
        client: &Client,
        log: LogId,
        after: Option<LineId>,
        mut visit: impl FnMut(&History) -> Result<bool, ReportError> + Send,
    ) -> Result<(), ReportError> {
        let after = after.map_or(Uuid::nil(), |line| line.0);
        let party = self.viewer.party().map(PartyId::uuid);
        let (from, to) = (self.range.0.utc(), self.range.1.utc());
        let parameters: [&(dyn ToSql + Sync); 6] = [&log.0, &self.position, &from, &to, &party, &after];
        let rows = client.query_raw(include_str!("sql/scan_lines.sql"), parameters).await?;
        let mut rows = std::pin::pin!(rows);
        let mut current: Option<History> = None;
        while let Some(row) = rows.try_next().await? {
            let event = stored(log, &row, 0)?;
            let line = LineId(event.stream);
            if let Some(ended) = current.take_if(|known| known.line != line)
                && !visit(&ended)?
            {
                return Ok(());
            }
            current.get_or_insert_with(|| History::begin(line)).push(event);
        }
        if let Some(ended) = current {
            visit(&ended)?;
        }
        Ok(())
    }

    /// Currency of a line.
    pub fn currency(&self, history: &History) -> Currency {
        history.currency(&self.calendar.book)
    }
}

/// What buyers paid of a line and got back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sale {
    /// Goods paid.
    pub paid: Minor,
    /// Goods refunded for whatever reason.
    pub refunded: Minor,
    /// Of it, to whoever kept the goods 仅退款.
    pub refunded_only: Minor,
    /// Of it, the difference to a lower price 价保: the sale stands.
    pub price_protected: Minor,
}

impl Sale {
    /// Of a line that was paid; a line that is no sale or was never paid has none.
    pub fn of(history: &History) -> Result<Option<Sale>, ReportError> {
        let story = history.state.story();
        let Some(paid) = story.paid_goods().filter(|_| history.state.about().is_sale()) else {
            return Ok(None);
        };
        let of = |manner: Option<Manner>| {
            let refunds = story.refunds.iter();
            let own = refunds.filter(|refund| manner.is_none() || refund.manner == manner);
            Minor::sum(own.map(|refund| refund.goods))
        };
        Ok(Some(Sale {
            paid,
            refunded: of(None)?,
            refunded_only: of(Some(Manner::RefundOnly))?,
            price_protected: of(Some(Manner::PriceProtection))?,
        }))
    }

    /// Of goods that came back; a refund whose manner was not told counts as such.
    pub fn returned(&self) -> Result<Minor, ReportError> {
        Ok(self.refunded.minus(self.refunded_only)?.minus(self.price_protected)?)
    }

    /// Adds another.
    pub fn gain(&mut self, other: &Sale) -> Result<(), ReportError> {
        self.paid = self.paid.plus(other.paid)?;
        self.refunded = self.refunded.plus(other.refunded)?;
        self.refunded_only = self.refunded_only.plus(other.refunded_only)?;
        self.price_protected = self.price_protected.plus(other.price_protected)?;
        Ok(())
    }
}

/// A ratio in percent with two digits, half up on magnitude, such as `12.35`; none of nothing. A heading says that it is in
/// percent, so that a sheet has a number.
pub(super) fn percent(part: i64, whole: i64) -> Option<String> {
    let (part, whole) = (i128::from(part), i128::from(whole));
    if whole == 0 {
        return None;
    }
    let twice = part * 20_000 / whole.abs();
    let rounded = (twice + twice.signum()) / 2 * whole.signum();
    let sign = if rounded < 0 { "-" } else { "" };
    let (units, hundredths) = (rounded.abs() / 100, rounded.abs() % 100);
    Some(format!("{sign}{units}.{hundredths:02}"))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_ratio_is_rounded_half_up_and_nothing_has_none() {
        let said = |part, whole| percent(part, whole).unwrap_or_default();
        assert_eq!([said(1, 3), said(2, 3), said(-1, 3)], ["33.33", "66.67", "-33.33"]);
        assert_eq!(
            [said(1, 1), said(1, 20_000), said(1, 20_001)],
            ["100.00", "0.01", "0.00"]
        );
        assert_eq!([said(-1, 20_000), said(1, -2), said(0, 5)], ["-0.01", "-50.00", "0.00"]);
        assert_eq!(percent(5, 0), None);
    }
}
