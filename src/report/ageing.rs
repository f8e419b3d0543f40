//! Ageing 账龄 of what should be zero and is not: negative balances carried, commission not paid, claw-backs not deducted,
//! clearing, suspense, advances. The oldest is taken to be settled first, so what is open is the newest that adds up to it.
//! Must never net one owner's balance against another's.

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, head, position, sql, streams, wire};
use crate::base::{LogId, Month, PartyId};
use crate::ledger::{Account, Owner};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("ageing")];

/// Ages in months: this one, one, two, three to five, older.
const BUCKETS: usize = 5;

/// One open balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgeingRow {
    /// Which account.
    pub account: Account,
    /// Its owner's name.
    pub name: String,
    /// As it stands: negative when the owner owes.
    pub balance: Money,
    /// Oldest month that is still open.
    pub oldest: Month,
    /// What of the balance is of this month, the one before, two before, three to five before, and older.
    pub buckets: [Money; BUCKETS],
}

/// Open balances by age.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgeingView {
    /// The position they reflect.
    pub position: i64,
    /// The month that ages are counted from.
    pub month: Month,
    /// By account and owner.
    pub rows: Vec<AgeingRow>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Open balances, oldest settled first, a page at a time.
pub async fn ageing(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    at: At,
    page: &Page,
) -> Result<AgeingView, ReportError> {
    if party.is_some_and(|party| !viewer.sees(party)) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let zone = streams::book(client, log, position).await?.opened.zone;
    let recorded_at = match at {
        At::Now => head(client, log).await?.recorded_at,
        _ => streams::event_at(client, log, position).await?.placed.recorded_at,
    };
    let month = zone.month(recorded_at);
    let (account, owner, currency) = match page.parts::<3>()? {
        Some([account, owner, currency]) => (part::<i16>(account)?, part::<Uuid>(owner)?, currency),
        None => (0, Uuid::nil(), ""),
    };
    let own = party.or(viewer.party()).map(PartyId::uuid);
    let found = client
        .query(
            include_str!("sql/ageing.sql"),
            &[&log.0, &position, &own, &account, &owner, &currency, &page.fetch()],
        )
        .await?;
    let mut open: Vec<&[Row]> = found.chunk_by(|one, other| key(one) == key(other)).collect();
    let more = page.cut(&mut open);
    let next = open.last().and_then(|rows| rows.first()).filter(|_| more).map(|row| {
        let (account, owner, currency) = key(row);
        format!("{account}~{owner}~{currency}")
    });
    let rows = open.into_iter().map(|rows| aged(rows, month));
    Ok(AgeingView {
        position,
        month,
        rows: rows.collect::<Result<_, _>>()?,
        next,
    })
}

fn key(row: &Row) -> (i16, Uuid, String) {
    (row.get(0), row.get(1), row.get(3))
}

/// One balance laid over its months, newest first.
fn aged(rows: &[Row], now: Month) -> Result<AgeingRow, ReportError> {
    let first = rows.first().ok_or(ReportError::Stored("total"))?;
    let account = wire::account(first.get(1), first.get(0))?;
    let currency = wire::currency(first.get(3))?;
    let balance = Minor(first.get(4));
    let months = rows.iter().map(|row| {
        let month = Month::from_number(row.get(5)).map_err(|_| ReportError::Stored("period"))?;
        let (credits, debits) = (Minor(row.get(6)), Minor(row.get(7)));
        Ok((month, if balance.0 < 0 { debits } else { credits }))
    });
    let months: Vec<(Month, Minor)> = months.collect::<Result<_, ReportError>>()?;
    let (oldest, buckets) = lay(balance, &months, now)?;
    let name: Option<String> = first.get(2);
    Ok(AgeingRow {
        account,
        name: name.unwrap_or_else(|| match account.owner {
            Owner::Book => "book 本账".to_owned(),
            Owner::Party(party) => party.to_string(),
        }),
        balance: Money::of(balance, currency),
        oldest: oldest.unwrap_or(now),
        buckets: buckets.map(|amount| Money::of(amount, currency)),
    })
}

/// Lays a balance over what months moved in its direction, newest first: the oldest month reached, and the ages.
fn lay(
    balance: Minor,
    months: &[(Month, Minor)],
    now: Month,
) -> Result<(Option<Month>, [Minor; BUCKETS]), ReportError> {
    let mut buckets = [Minor::ZERO; BUCKETS];
    let (mut left, mut oldest) = (Minor(balance.0.saturating_abs()), None);
    for (month, moved) in months {
        let taken = left.min(*moved);
        if taken.0 > 0 {
            let bucket = match age(*month, now) {
                ..=0 => &mut buckets[0],
                1 => &mut buckets[1],
                2 => &mut buckets[2],
                3..=5 => &mut buckets[3],
                _ => &mut buckets[4],
            };
            let signed = if balance.0 < 0 { taken.negated()? } else { taken };
            *bucket = bucket.plus(signed)?;
            (left, oldest) = (left.minus(taken)?, Some(*month));
        }
    }
    Ok((oldest, buckets))
}

/// Months between.
fn age(month: Month, now: Month) -> i32 {
    let count = |month: Month| month.number() / 100 * 12 + month.number() % 100;
    count(now) - count(month)
}

impl AgeingView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Ageing 账龄 in {} at position {}", self.month, self.position),
            &[
                "account 科目",
                "owner 户名",
                "balance 余额",
                "oldest_month 最早账期",
                "this month 本月",
                "1 month 1个月",
                "2 months 2个月",
                "3-5 months 3-5个月",
                "6+ months 6个月以上",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            let kind = match row.account.owner {
                Owner::Book => "book",
                Owner::Party(party) => party.kind().word(),
            };
            let head = [
                format!("{kind}:{}", row.account.kind.word()).into(),
                row.name.clone().into(),
                Cell::from(&row.balance),
                row.oldest.to_string().into(),
            ];
            let buckets = row.buckets.iter().map(Cell::from);
            table.push(
                head.into_iter()
                    .chain(buckets)
                    .chain([row.balance.currency.as_str().into()]),
            );
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_open_is_the_newest_that_adds_up_to_the_balance() {
        let moved = [
            (month("2026-06"), Minor(300)),
            (month("2026-05"), Minor(0)),
            (month("2026-04"), Minor(500)),
            (month("2025-11"), Minor(900)),
        ];
        let (oldest, buckets) = lay(Minor(-700), &moved, month("2026-06")).unwrap();
        assert_eq!(oldest, Some(month("2026-04")));
        assert_eq!(buckets.map(|amount| amount.0), [-300, 0, -400, 0, 0]);
        let (oldest, buckets) = lay(Minor(1_000), &moved, month("2026-06")).unwrap();
        assert_eq!(
            (oldest, buckets.map(|amount| amount.0)),
            (Some(month("2025-11")), [300, 0, 500, 0, 200])
        );
        assert_eq!(age(month("2025-11"), month("2026-06")), 7);
    }
}
