//! Balances 余额: of one party, or of all accounts page by page, at any position.
//! Must never sum legs: every leg keeps the balance after it, so each balance is one look-up by index.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{LogId, PartyId};
use crate::ledger::{Account, Layer};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("balances_of_owner"), sql!("balances_page")];

/// One balance. `+` the book owes the party, `-` the party owes the book.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BalanceView {
    /// The account, such as `anchor:anc_…:available`.
    #[schema(value_type = String)]
    pub account: Account,
    /// Whose; absent for the book's own.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// What for, such as `available`.
    pub kind: &'static str,
    /// `estimated` or `settled`; only the settled layer is owed.
    #[schema(value_type = String)]
    pub layer: Layer,
    /// The balance.
    pub balance: Money,
}

/// Balances after a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BalancesView {
    /// The position they reflect.
    pub position: i64,
    /// In order of owner, account, layer, currency.
    pub balances: Vec<BalanceView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

fn view(row: &Row) -> Result<BalanceView, ReportError> {
    let account = wire::account(row.get(0), row.get(1))?;
    Ok(BalanceView {
        account,
        party: account.party(),
        kind: account.kind.word(),
        layer: wire::layer(row.get(2))?,
        balance: Money::of(Minor(row.get(4)), wire::currency(row.get(3))?),
    })
}

/// Every balance of one party; a party without legs has none.
pub async fn balances_of(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: PartyId,
    at: At,
) -> Result<BalancesView, ReportError> {
    if !viewer.sees(party) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let rows = client
        .query(
            include_str!("sql/balances_of_owner.sql"),
            &[&log.0, &position, &party.uuid()],
        )
        .await?;
    Ok(BalancesView {
        position,
        balances: rows.iter().map(view).collect::<Result<_, _>>()?,
        next: None,
    })
}

/// Balances of all accounts the viewer may see, a page at a time.
pub async fn balances(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    at: At,
    page: &Page,
) -> Result<BalancesView, ReportError> {
    if let Viewer::Party(own) = viewer {
        return balances_of(client, log, viewer, own, at).await;
    }
    let position = position(client, log, at).await?;
    let (owner, kind, layer, currency) = match page.parts::<4>()? {
        Some([owner, kind, layer, currency]) => (part::<Uuid>(owner)?, part(kind)?, part(layer)?, currency),
        None => (Uuid::nil(), -1_i16, -1_i16, ""),
    };
    let rows = client
        .query(
            include_str!("sql/balances_page.sql"),
            &[&log.0, &position, &owner, &kind, &layer, &currency, &page.fetch()],
        )
        .await?;
    let mut rows = rows;
    let more = page.cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|row| {
        let (owner, kind, layer, currency) = (
            row.get::<_, Uuid>(0),
            row.get::<_, i16>(1),
            row.get::<_, i16>(2),
            row.get::<_, String>(3),
        );
        format!("{owner}~{kind}~{layer}~{currency}")
    });
    Ok(BalancesView {
        position,
        balances: rows
            .iter()
            .filter(|row| row.get::<_, Option<i64>>(4).is_some())
            .map(view)
            .collect::<Result<_, _>>()?,
        next,
    })
}

impl BalancesView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Balances 余额 at position {}", self.position),
            &["account", "layer", "currency", "balance"],
        );
        for row in &self.balances {
            table.push([
                row.account.to_string().into(),
                row.layer.word().into(),
                row.balance.currency.as_str().into(),
                Cell::from(&row.balance),
            ]);
        }
        table
    }
}
