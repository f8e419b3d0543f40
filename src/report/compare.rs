//! What the ledger settled in a month, line by line, for a comparison with a sheet.
//! Must never be read into one list by itself: lines are handed on as they come.

use futures_util::TryStreamExt;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{ReportError, Statement, sql, wire};
use crate::base::{LineId, LogId, Month, PartyId};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("compare_lines"), sql!("compare_elsewhere")];

/// Lines of one look-up.
const CHUNK: usize = 1_000;

/// A line of the month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettledLine {
    /// Which.
    pub line: LineId,
    /// Its number.
    pub line_no: String,
    /// Who promoted it.
    pub promoter: Option<PartyId>,
    /// What the payer owes; what fee takers, agencies, and anchors have.
    pub amounts: [Minor; 4],
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct SettledOf<'a> {
    /// Which month.
    pub period: Month,
    /// Up to which position.
    pub position: i64,
    /// In which currency.
    pub currency: Currency,
    /// Of which platform; every one, when none.
    pub platform: Option<&'a str>,
}

/// Hands on every line with settled legs in a month.
pub async fn settled_lines<E: From<ReportError>>(
    client: &Client,
    log: LogId,
    of: SettledOf<'_>,
    mut take: impl FnMut(SettledLine) -> Result<(), E>,
) -> Result<(), E> {
    let database = |error| E::from(ReportError::Database(error));
    let (period, currency) = (of.period.number(), of.currency.code());
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&log.0, &period, &of.position, &currency, &of.platform];
    let rows = client
        .query_raw(include_str!("sql/compare_lines.sql"), params)
        .await
        .map_err(database)?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(database)? {
        let promoter: Option<Uuid> = row.get(2);
        take(SettledLine {
            line: LineId(row.get(0)),
            line_no: row.get(1),
            promoter: promoter.map(wire::party).transpose()?,
            amounts: [3, 4, 5, 6].map(|column| Minor(row.get(column))),
        })?;
    }
    Ok(())
}

/// Of lines: the other month in which each was settled; none for one that is known and was not. Unknown ones are absent.
pub async fn settled_elsewhere(
    client: &Client,
    log: LogId,
    period: Month,
    lines: &[LineId],
) -> Result<Vec<(LineId, Option<Month>)>, ReportError> {
    let mut found = Vec::new();
    for chunk in lines.chunks(CHUNK) {
        let ids: Vec<Uuid> = chunk.iter().map(|line| line.0).collect();
        let rows = client
            .query(
                include_str!("sql/compare_elsewhere.sql"),
                &[&log.0, &ids, &period.number()],
            )
            .await?;
        for row in rows {
            let month: Option<i32> = row.get(1);
            let month = month.map(Month::from_number).transpose();
            found.push((LineId(row.get(0)), month.map_err(|_| ReportError::Stored("period"))?));
        }
    }
    Ok(found)
}
