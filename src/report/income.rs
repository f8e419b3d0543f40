//! Income by kind 收入构成 of a party, month by month: of the book's owner and the book itself, when no party is named. Only
//! the owner's own share is its income (decision A16).
//! Must never count money that was paid or received as earned, nor an estimate.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::{At, Cell, Lang, Money, ReportError, Statement, Table, Viewer, position, reason, sql, streams, wire};
use crate::base::{LogId, Month, PartyId};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("income")];

/// One kind of income in one month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomeRow {
    /// Accounting month.
    pub period: Month,
    /// What it is, in English and Chinese.
    pub kind: String,
    /// Events.
    pub events: i64,
    /// Negative: taken back.
    pub amount: Money,
}

/// Income after a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomeView {
    /// The position it reflects.
    pub position: i64,
    /// Whose; the book has no owner yet, when absent.
    pub party: Option<PartyId>,
    /// With the income of the book itself.
    pub with_book: bool,
    /// By month and kind.
    pub rows: Vec<IncomeRow>,
    /// Per currency.
    pub sums: Vec<Money>,
}

/// Income by kind, of a month or ever.
pub async fn income(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (party, period): (Option<PartyId>, Option<Month>),
    at: At,
) -> Result<IncomeView, ReportError> {
    if party.is_some_and(|party| !viewer.sees(party)) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let owner = streams::book(client, log, position).await?.owner;
    let named = party.or(viewer.party());
    let with_book = viewer == Viewer::All && (named.is_none() || named == owner);
    let party = named.or(owner);
    let mut owners: Vec<Uuid> = party.map(PartyId::uuid).into_iter().collect();
    owners.extend(with_book.then(Uuid::nil));
    let month = period.map(Month::number);
    let found = client
        .query(include_str!("sql/income.sql"), &[&log.0, &position, &owners, &month])
        .await?;
    let mut kinds: BTreeMap<(Month, Currency, String), (i64, Minor)> = BTreeMap::new();
    let mut sums: BTreeMap<Currency, Minor> = BTreeMap::new();
    for row in &found {
        let month = Month::from_number(row.get(0)).map_err(|_| ReportError::Stored("period"))?;
        let (kind, currency): (&str, _) = (row.get(1), wire::currency(row.get(3))?);
        let (amount, events): (Minor, i64) = (Minor(row.get(4)), row.get(5));
        let direction = Minor(if row.get(2) { 1 } else { -1 });
        let words = |lang| reason::movement(kind, row.get(6), direction, lang);
        let words = format!("{} {}", words(Lang::En), words(Lang::Zh));
        let known = kinds.entry((month, currency, words)).or_default();
        *known = (known.0 + events, known.1.plus(amount)?);
        let sum = sums.entry(currency).or_default();
        *sum = sum.plus(amount)?;
    }
    // What only went from one of its accounts to another is no income: a freeze, and its end.
    kinds.retain(|_, (_, amount)| !amount.is_zero());
    let row = |((period, currency, kind), (events, amount))| IncomeRow {
        period,
        kind,
        events,
        amount: Money::of(amount, currency),
    };
    Ok(IncomeView {
        position,
        party,
        with_book,
        rows: kinds.into_iter().map(row).collect(),
        sums: sums
            .into_iter()
            .map(|(currency, sum)| Money::of(sum, currency))
            .collect(),
    })
}

impl IncomeView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let whose = self.party.map_or(
            "the book, which has no owner named 未指定账套主体".to_owned(),
            |party| party.to_string(),
        );
        let mut table = Table::new(
            format!("Income by kind 收入构成 of {whose} at position {}", self.position),
            &[
                "period 账期",
                "kind 类别",
                "events 笔数",
                "amount 金额",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.period.to_string().into(),
                row.kind.clone().into(),
                row.events.into(),
                Cell::from(&row.amount),
                row.amount.currency.as_str().into(),
            ]);
        }
        for sum in &self.sums {
            let currency = sum.currency.as_str().into();
            table.push(["sum 合计".into(), Cell::Empty, Cell::Empty, Cell::from(sum), currency]);
        }
        table
    }
}
