//! What debtors have not paid in yet 未回款: bills of platforms and merchants by month as they stood at a position, and what a
//! party earned through those that are open.
//! Must never count more as received than a receipt of money was matched for.
//!
//! A line's commission is owed by a merchant (its `commission`) or paid out by a platform (its `clearing`); the debtor's leg
//! and the takers' legs stand in one event. A bill is what a debtor owes for one month, without the legs of receipts. What a
//! party earned through a bill is received in the bill's own proportion, rounded down, so that parties never get more than
//! came in; a line with two debtors is received as far as the slower of them paid.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::error::{Error, Result};
use super::statements::text;
use crate::base::{LogId, Month};
use crate::domain::event::Event;
use crate::domain::receipt::{Allocation, ReceiptEvent};
use crate::ledger::Owner;
use crate::money::{Currency, Minor};

/// Debtor, account, currency, month.
type Key = (Uuid, i16, String, i32);

/// Bills that are not paid in full, those first of which least was received.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OpenBills {
    owners: Vec<Uuid>,
    accounts: Vec<i16>,
    currencies: Vec<String>,
    periods: Vec<i32>,
    /// Received, of how much.
    shares: Vec<(Minor, Minor)>,
}

/// Bills of months up to one, as they stood at a position.
pub async fn open_bills(client: &Client, log: LogId, (period, position): (Month, i64)) -> Result<OpenBills> {
    let rows = client
        .query(text::bills_settled, &[&log.0, &period.number(), &position])
        .await?;
    let received = received(client, log, position).await?;
    let mut open = Vec::new();
    for row in &rows {
        let key: Key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let settled = Minor(row.try_get(4)?);
        let paid = received.get(&key).copied().unwrap_or_default().max(Minor::ZERO);
        if settled > Minor::ZERO && paid < settled {
            open.push((key, paid, settled));
        }
    }
    let part = |paid: Minor, of: Minor| i128::from(paid.0) * i128::from(of.0);
    open.sort_by(|a, b| part(a.1, b.2).cmp(&part(b.1, a.2)).then_with(|| a.0.cmp(&b.0)));
    let mut bills = OpenBills::default();
    for ((owner, account, currency, period), paid, settled) in open {
        bills.owners.push(owner);
        bills.accounts.push(account);
        bills.currencies.push(currency);
        bills.periods.push(period);
        bills.shares.push((paid, settled));
    }
    Ok(bills)
}

/// What receipts settled of bills, up to a position.
async fn received(client: &Client, log: LogId, position: i64) -> Result<BTreeMap<Key, Minor>> {
    let mut received: BTreeMap<Key, Minor> = BTreeMap::new();
    let mut add = |currency: Currency, bills: &[Allocation], back: bool| -> Result<()> {
        for bill in bills {
            let (Some(period), Owner::Party(party)) = (bill.period, bill.account.owner) else {
                continue;
            };
            let key = (
                party.uuid(),
                bill.account.kind.code(),
                currency.code().to_owned(),
                period.number(),
            );
            let sum = received.entry(key).or_default();
            let next = if back {
                sum.minus(bill.amount)
            } else {
                sum.plus(bill.amount)
            };
            *sum = next.map_err(|_| Error::corrupt("receipts leave the range of an amount"))?;
        }
        Ok(())
    };
    for row in client.query(text::receipts_until, &[&log.0, &position]).await? {
        let (kind, schema, payload): (&str, i16, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let event = Event::decode(kind, schema, payload).map_err(|_| Error::corrupt("an event does not decode"))?;
        match &event {
            Event::Receipt(ReceiptEvent::Matched(e)) => add(e.currency, &e.bills, false)?,
            Event::Receipt(ReceiptEvent::Unmatched(e)) => add(e.currency, &e.bills, true)?,
            Event::Receipt(ReceiptEvent::Withdrawn(e)) => add(e.currency, &e.bills, true)?,
            _ => {}
        }
    }
    Ok(received)
}

impl OpenBills {
    /// What parties earned through open bills and debtors have not paid yet, by party and currency; up to a position.
    pub async fn of(
        &self,
        client: &Client,
        log: LogId,
        position: i64,
        owners: &[Uuid],
    ) -> Result<BTreeMap<(Uuid, String), Minor>> {
        let mut unreceived: BTreeMap<(Uuid, String), Minor> = BTreeMap::new();
        if self.shares.is_empty() || owners.is_empty() {
            return Ok(unreceived);
        }
        let params: [&(dyn ToSql + Sync); 7] = [
            &log.0,
            &position,
            &owners,
            &self.owners,
            &self.accounts,
            &self.currencies,
            &self.periods,
        ];
        for row in client.query(text::unreceived_page, &params).await? {
            let (owner, currency, earned) = (row.try_get(0)?, row.try_get(1)?, Minor(row.try_get(3)?));
            let share = usize::try_from(row.try_get::<_, i64>(2)?)
                .ok()
                .and_then(|n| self.shares.get(n.checked_sub(1)?));
            let open = share.map_or(Ok(Minor::ZERO), |share| outstanding(earned, *share))?;
            let sum = unreceived.entry((owner, currency)).or_default();
            *sum = sum
                .plus(open)
                .map_err(|_| Error::corrupt("what is not received leaves the range of an amount"))?;
        }
        Ok(unreceived)
    }
}

/// What is not received of an amount, when so much of its bill was; what came in is rounded down.
fn outstanding(earned: Minor, (paid, settled): (Minor, Minor)) -> Result<Minor> {
    if earned <= Minor::ZERO {
        return Ok(Minor::ZERO);
    }
    let came = i128::from(earned.0) * i128::from(paid.0) / i128::from(settled.0.max(1));
    let came = i64::try_from(came).map_err(|_| Error::corrupt("what was received leaves the range of an amount"))?;
    earned
        .minus(Minor(came))
        .map_err(|_| Error::corrupt("what is not received leaves the range of an amount"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_came_in_is_rounded_down_and_nothing_negative_is_outstanding() {
        let of = |earned, paid, settled| outstanding(Minor(earned), (Minor(paid), Minor(settled))).unwrap();
        assert_eq!(of(1_000, 0, 3_000), Minor(1_000));
        assert_eq!(of(1_000, 1_000, 3_000), Minor(667));
        assert_eq!(of(-500, 0, 3_000), Minor(0));
    }

    proptest! {
        /// INVARIANT: what parties get of a bill never exceeds what came in for it.
        #[test]
        fn parties_never_get_more_than_came_in(parts in prop::collection::vec(0_i64..1_000_000, 1..20), paid in 0_i64..20_000_000) {
            let settled: i64 = parts.iter().sum::<i64>().max(1);
            let paid = paid.min(settled - 1);
            let got: i64 = parts
                .iter()
                .map(|part| part - outstanding(Minor(*part), (Minor(paid), Minor(settled))).unwrap().0)
                .sum();
            prop_assert!(got <= paid, "{got} of {paid}");
        }
    }
}
