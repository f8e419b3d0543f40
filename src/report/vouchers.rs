//! Sums of a month's settled legs that vouchers 凭证 are written from: by day or month, kind of account, and party.
//! Must never hold the sums: each is handed on as the database gives it.

use std::pin::pin;

use chrono::NaiveDate;
use futures_util::TryStreamExt;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{ReportError, Statement, sql, trial, wire};
use crate::base::{LogId, Month, PartyId, Zone};
use crate::ledger::{AccountKind, Owner};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("voucher_sums")];

/// Which sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VoucherAsk {
    /// Which month.
    pub period: Month,
    /// By day; else one day for the month, its last.
    pub by_day: bool,
    /// By party; else by kind of party.
    pub by_party: bool,
}

/// What accounts of one kind moved on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoucherSum {
    /// The day.
    pub day: NaiveDate,
    /// Word of the owner's kind; `book` for the book itself.
    pub owner: &'static str,
    /// Which accounts.
    pub account: AccountKind,
    /// In which currency.
    pub currency: Currency,
    /// The party, where asked for; none for the book itself.
    pub party: Option<PartyId>,
    /// Its name.
    pub name: Option<String>,
    /// Debits 借.
    pub debits: Minor,
    /// Credits 贷.
    pub credits: Minor,
    /// Entries behind it.
    pub entries: i64,
}

/// Hands on every sum, by day, currency, owner's kind, account and party.
pub async fn voucher_sums(
    client: &Client,
    log: LogId,
    zone: Zone,
    ask: VoucherAsk,
    mut take: impl FnMut(VoucherSum) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let (period, zone) = (ask.period.number(), zone.to_string());
    let first = ask.period.first_day();
    let last = ask.period.last_day();
    let parameters: [&(dyn ToSql + Sync); 7] = [&log.0, &period, &ask.by_day, &zone, &first, &last, &ask.by_party];
    let rows = client
        .query_raw(include_str!("sql/voucher_sums.sql"), parameters)
        .await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        take(sum(&row)?)?;
    }
    Ok(())
}

fn sum(row: &Row) -> Result<VoucherSum, ReportError> {
    let party = match row.get::<_, Option<Uuid>>(4).map(wire::owner).transpose()? {
        Some(Owner::Party(party)) => Some(party),
        Some(Owner::Book) | None => None,
    };
    Ok(VoucherSum {
        day: row.get(0),
        owner: trial::owner_word(row.get(1))?,
        account: AccountKind::from_code(row.get(2)).ok_or(ReportError::Stored("account"))?,
        currency: wire::currency(row.get(3))?,
        party,
        name: row.get(5),
        debits: Minor(row.get(6)),
        credits: Minor(row.get(7)),
        entries: row.get(8),
    })
}
