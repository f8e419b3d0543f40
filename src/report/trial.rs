//! Trial balance 试算平衡: debits and credits of every kind of account; they must be equal per currency and layer.
//! Must never hide a difference: `balanced` is computed from what stands.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{At, Cell, Money, ReportError, Statement, Table, position, sql, wire};
use crate::base::LogId;
use crate::ledger::{AccountKind, Layer, Owner};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("trial_balance")];

/// All accounts of one kind of owner and purpose, such as `anchor:available`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TrialRow {
    /// Owner kind and account kind, such as `anchor:available` or `book:income`.
    pub accounts: String,
    /// `estimated` or `settled`.
    #[schema(value_type = String)]
    pub layer: Layer,
    /// Debits 借.
    pub debits: Money,
    /// Credits 贷.
    pub credits: Money,
}

/// The sum of one currency and layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TrialSum {
    /// `estimated` or `settled`.
    #[schema(value_type = String)]
    pub layer: Layer,
    /// Debits.
    pub debits: Money,
    /// Credits.
    pub credits: Money,
    /// Credits less debits: zero, or the ledger is broken.
    pub difference: Money,
}

/// The trial balance after a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TrialBalanceView {
    /// The position it reflects.
    pub position: i64,
    /// Every difference is zero.
    pub balanced: bool,
    /// Rows, by currency, layer and accounts.
    pub rows: Vec<TrialRow>,
    /// Sums per currency and layer.
    pub sums: Vec<TrialSum>,
}

/// The trial balance after a position.
pub async fn trial_balance(client: &Client, log: LogId, at: At) -> Result<TrialBalanceView, ReportError> {
    let position = position(client, log, at).await?;
    let found = client
        .query(include_str!("sql/trial_balance.sql"), &[&log.0, &position])
        .await?;
    let mut rows = Vec::with_capacity(found.len());
    let mut sums: BTreeMap<(Currency, Layer), (Minor, Minor)> = BTreeMap::new();
    for row in &found {
        let currency = wire::currency(row.get(0))?;
        let layer = wire::layer(row.get(1))?;
        let kind = AccountKind::from_code(row.get(3)).ok_or(ReportError::Stored("account"))?;
        let (debits, credits) = (Minor(row.get(4)), Minor(row.get(5)));
        let sum = sums.entry((currency, layer)).or_default();
        *sum = (sum.0.plus(debits)?, sum.1.plus(credits)?);
        if !debits.is_zero() || !credits.is_zero() {
            rows.push(TrialRow {
                accounts: format!("{}:{}", owner_word(row.get(2))?, kind.word()),
                layer,
                debits: Money::of(debits, currency),
                credits: Money::of(credits, currency),
            });
        }
    }
    let mut balanced = true;
    let mut totals = Vec::with_capacity(sums.len());
    for ((currency, layer), (debits, credits)) in sums {
        let difference = credits.minus(debits)?;
        balanced &= difference.is_zero();
        totals.push(TrialSum {
            layer,
            debits: Money::of(debits, currency),
            credits: Money::of(credits, currency),
            difference: Money::of(difference, currency),
        });
    }
    Ok(TrialBalanceView {
        position,
        balanced,
        rows,
        sums: totals,
    })
}

/// The word of the first byte of an owner: the tag of a party's kind, or zero for the book.
pub(super) fn owner_word(tag: i32) -> Result<&'static str, ReportError> {
    let tag = u8::try_from(tag).map_err(|_| ReportError::Stored("owner"))?;
    let mut bytes = [0_u8; 16];
    bytes[0] = tag;
    match wire::owner(Uuid::from_bytes(bytes))? {
        Owner::Book => Ok("book"),
        Owner::Party(party) => Ok(party.kind().word()),
    }
}

impl TrialBalanceView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let verdict = if self.balanced {
            "balanced 平"
        } else {
            "NOT BALANCED 不平"
        };
        let mut table = Table::new(
            format!("Trial balance 试算平衡 at position {}: {verdict}", self.position),
            &["accounts", "layer", "currency", "debits", "credits"],
        );
        for row in &self.rows {
            table.push([
                row.accounts.clone().into(),
                row.layer.word().into(),
                row.debits.currency.as_str().into(),
                Cell::from(&row.debits),
                Cell::from(&row.credits),
            ]);
        }
        for sum in &self.sums {
            table.push([
                format!("sum (difference {})", sum.difference.amount).into(),
                sum.layer.word().into(),
                sum.debits.currency.as_str().into(),
                Cell::from(&sum.debits),
                Cell::from(&sum.credits),
            ]);
        }
        table
    }
}
