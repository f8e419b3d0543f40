//! Accounts 科目 in use: which exist, with what went through them.
//! Must never list an account that never had a leg.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{LogId, PartyId};
use crate::ledger::{Account, Layer};
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("accounts_page"), sql!("accounts_of_owner")];

/// One account in one layer and currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// The account.
    #[schema(value_type = String)]
    pub account: Account,
    /// Whose; absent for the book's own.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// `estimated` or `settled`.
    #[schema(value_type = String)]
    pub layer: Layer,
    /// All debits.
    pub debits: Money,
    /// All credits.
    pub credits: Money,
    /// Credits less debits.
    pub balance: Money,
}

/// Accounts as they stand, or stood.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AccountsView {
    /// The position they reflect.
    pub position: i64,
    /// In order of owner, account, layer, currency.
    pub accounts: Vec<AccountView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The accounts a viewer may see, a page at a time; of one party when `party` is given.
pub async fn accounts(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    at: At,
    page: &Page,
) -> Result<AccountsView, ReportError> {
    if party.is_some_and(|party| !viewer.sees(party)) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let (owner, kind, layer, currency) = match page.parts::<4>()? {
        Some([owner, kind, layer, currency]) => (part::<Uuid>(owner)?, part(kind)?, part(layer)?, currency),
        None => (Uuid::nil(), -1_i16, -1_i16, ""),
    };
    let mut rows = match party.or(viewer.party()) {
        Some(party) => {
            let sql = include_str!("sql/accounts_of_owner.sql");
            client.query(sql, &[&log.0, &position, &party.uuid()]).await?
        }
        None => {
            let sql = include_str!("sql/accounts_page.sql");
            let fetch = page.fetch();
            client
                .query(sql, &[&log.0, &position, &owner, &kind, &layer, &currency, &fetch])
                .await?
        }
    };
    let more = party.or(viewer.party()).is_none() && page.cut(&mut rows);
    let mut accounts = Vec::with_capacity(rows.len());
    let mut last = None;
    for row in &rows {
        let account = wire::account(row.get(0), row.get(1))?;
        let currency = wire::currency(row.get(3))?;
        let (debits, credits) = (Minor(row.get(4)), Minor(row.get(5)));
        last = Some(format!(
            "{}~{}~{}~{currency}",
            row.get::<_, Uuid>(0),
            row.get::<_, i16>(1),
            row.get::<_, i16>(2)
        ));
        if debits.is_zero() && credits.is_zero() {
            continue;
        }
        accounts.push(AccountView {
            account,
            party: account.party(),
            layer: wire::layer(row.get(2))?,
            debits: Money::of(debits, currency),
            credits: Money::of(credits, currency),
            balance: Money::of(credits.minus(debits)?, currency),
        });
    }
    Ok(AccountsView {
        position,
        accounts,
        next: last.filter(|_| more),
    })
}

impl AccountsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Accounts 科目 at position {}", self.position),
            &["account", "layer", "currency", "debits", "credits", "balance"],
        );
        for row in &self.accounts {
            table.push([
                row.account.to_string().into(),
                row.layer.word().into(),
                row.balance.currency.as_str().into(),
                Cell::from(&row.debits),
                Cell::from(&row.credits),
                Cell::from(&row.balance),
            ]);
        }
        table
    }
}
