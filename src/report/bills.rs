//! Bills of platforms and merchants by month: what was settled, what was received of it 回款, what is open and since when.
//! Must never count a receipt for the month in which it came instead of the month that it settles.
//!
//! A line is estimated (paid by the buyer), then settled (owed by the platform or merchant), then received (its bill is
//! paid: what its takers are owed is covered). The account is the party's: several accounts of one platform owe together.

use chrono::NaiveDate;
use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, at, position, sql, streams, wire};
use crate::base::{Instant, LogId, Month, PartyId, Zone};
use crate::ledger::{Account, Owner};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("bills")];

/// A bill: what one party owes for one month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BillView {
    /// Who owes it.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Business name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account it stands on: a platform's clearing, a merchant's commission.
    #[schema(value_type = String)]
    pub account: Account,
    /// The month; absent for what is only estimated yet.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Month>,
    /// Paid by buyers and not settled yet.
    pub estimated: Money,
    /// Owed.
    pub settled: Money,
    /// Received of it.
    pub received: Money,
    /// Not received yet.
    pub open: Money,
    /// `estimated`, `settled` (nothing received), `part_received`, `received` (what its takers are owed is covered) or
    /// `over_received`.
    pub state: &'static str,
    /// Days since the month ended, while something is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
}

/// Bills by party and month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BillsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Bills.
    pub bills: Vec<BillView>,
}

/// A bill before it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bill {
    pub party: PartyId,
    pub name: Option<String>,
    pub external_id: Option<String>,
    pub account: Account,
    pub currency: Currency,
    pub period: Option<Month>,
    pub settled: Minor,
    pub received: Minor,
    pub estimated: Minor,
    pub now: Instant,
}

impl Bill {
    /// What is not received yet.
    pub fn open(&self) -> Result<Minor, ReportError> {
        Ok(self.settled.minus(self.received)?)
    }

    fn state(&self) -> &'static str {
        let (settled, received) = (self.settled.0, self.received.0);
        match self.period {
            None => "estimated",
            Some(_) if received == 0 => "settled",
            Some(_) if received == settled => "received",
            Some(_) if (received > 0) == (settled > 0) && received.unsigned_abs() < settled.unsigned_abs() => {
                "part_received"
            }
            Some(_) => "over_received",
        }
    }

    fn view(&self, zone: Zone) -> Result<BillView, ReportError> {
        let open = self.open()?;
        let money = |amount| Money::of(amount, self.currency);
        let ended = self.period.map(|month| month.next().first_day());
        let today = zone.day(self.now);
        let age = |ended: NaiveDate| today.signed_duration_since(ended).num_days().max(0);
        Ok(BillView {
            party: self.party,
            name: self.name.clone(),
            account: self.account,
            period: self.period,
            estimated: money(self.estimated),
            settled: money(self.settled),
            received: money(self.received),
            open: money(open),
            state: self.state(),
            age_days: ended.filter(|_| !open.is_zero()).map(age),
        })
    }
}

/// Every bill, of one party when given.
pub(super) async fn all(
    client: &Client,
    log: LogId,
    party: Option<PartyId>,
    clock: Option<Instant>,
) -> Result<Vec<Bill>, ReportError> {
    let of = party.map(PartyId::uuid);
    let now = clock.map(Instant::utc);
    let rows = client
        .query(include_str!("sql/bills.sql"), &[&log.0, &of, &now])
        .await?;
    let mut bills = Vec::with_capacity(rows.len());
    for row in &rows {
        let account = wire::account(row.get(0), row.get(3))?;
        let Owner::Party(party) = account.owner else { continue };
        let period = match row.get::<_, i32>(5) {
            0 => None,
            number => Some(Month::from_number(number).map_err(|_| ReportError::Stored("period"))?),
        };
        bills.push(Bill {
            party,
            name: row.get(1),
            external_id: row.get(2),
            account,
            currency: wire::currency(row.get(4))?,
            period,
            settled: Minor(row.get(6)),
            received: Minor(row.get(7)),
            estimated: Minor(row.get(8)),
            now: Instant::from_utc(row.get(9)),
        });
    }
    Ok(bills)
}

/// Bills by party and month; of one party when given.
pub async fn bills(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
) -> Result<BillsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let book = streams::book(client, log, position).await?;
    let zone = book.opened.zone;
    let clock = at::clock(client, log, &book).await?;
    let found = all(client, log, viewer.party().or(party), clock).await?;
    let bills = found.iter().map(|bill| bill.view(zone));
    Ok(BillsView {
        position,
        bills: bills.collect::<Result<_, _>>()?,
    })
}

/// Ages of what is open, in the columns of a report.
const AGES: [(&str, i64, i64); 4] = [
    ("0-30 days", 0, 30),
    ("31-60 days", 31, 60),
    ("61-90 days", 61, 90),
    ("over 90 days", 91, i64::MAX),
];

impl BillsView {
    /// As a table: what is open stands in the column of its age.
    pub fn table(&self) -> Table {
        let mut columns = vec![
            "party",
            "name",
            "account",
            "month",
            "currency",
            "estimated",
            "settled",
            "received",
            "open",
            "state",
        ];
        columns.extend(AGES.iter().map(|(name, ..)| *name));
        let title = format!("Receipts of money 回款 against bills at position {}", self.position);
        let mut table = Table::new(title, &columns);
        for row in &self.bills {
            let mut cells: Vec<Cell> = vec![
                row.party.to_string().into(),
                row.name.clone().into(),
                row.account.kind.word().into(),
                row.period.map(|period| period.to_string()).into(),
                row.settled.currency.as_str().into(),
                Cell::from(&row.estimated),
                Cell::from(&row.settled),
                Cell::from(&row.received),
                Cell::from(&row.open),
                row.state.into(),
            ];
            for (_, from, to) in AGES {
                let here = row.age_days.is_some_and(|days| (from..=to).contains(&days));
                cells.push(if here { Cell::from(&row.open) } else { Cell::Empty });
            }
            table.push(cells);
        }
        table
    }
}
