//! Settlement summary of a month 结算汇总: per party opening, commission settled, claw-backs, other, closing.
//! Must never read a running balance, and never add what a platform paid itself.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{LogId, Month, PartyId, PartyKind};
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("settlement_rows")];

/// One party in one currency, or the sum of all shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SettlementRow {
    /// Whose; absent in a sum.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Its name.
    pub name: String,
    /// 期初
    pub opening: Money,
    /// 佣金结算: commission settled, corrections upwards included.
    pub settled: Money,
    /// 佣金扣回: taken back for refunds.
    pub clawbacks: Money,
    /// Freezes and what was lifted or forfeited of them.
    pub freezes: Money,
    /// Manual adjustments.
    pub adjustments: Money,
    /// 期末
    pub closing: Money,
}

/// The settlement of a month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SettlementView {
    /// The position it reflects.
    pub position: i64,
    /// The month.
    #[schema(value_type = String)]
    pub period: Month,
    /// Parties of this kind.
    #[schema(value_type = String)]
    pub kind: PartyKind,
    /// Of which account: `available`; for brands `commission`.
    pub account: &'static str,
    /// Parties with money, by name.
    pub rows: Vec<SettlementRow>,
    /// Sums per currency.
    pub sums: Vec<SettlementRow>,
}

#[derive(Clone, Copy, Default)]
struct Amounts {
    opening: Minor,
    settled: Minor,
    clawbacks: Minor,
    freezes: Minor,
    adjustments: Minor,
}

impl Amounts {
    fn of(row: &Row) -> Amounts {
        Amounts {
            opening: Minor(row.get(3)),
            settled: Minor(row.get(4)),
            clawbacks: Minor(row.get(5)),
            freezes: Minor(row.get(6)),
            adjustments: Minor(row.get(7)),
        }
    }

    fn add(&mut self, other: Amounts) -> Result<(), ReportError> {
        self.opening = self.opening.plus(other.opening)?;
        self.settled = self.settled.plus(other.settled)?;
        self.clawbacks = self.clawbacks.plus(other.clawbacks)?;
        self.freezes = self.freezes.plus(other.freezes)?;
        self.adjustments = self.adjustments.plus(other.adjustments)?;
        Ok(())
    }

    fn view(self, party: Option<PartyId>, name: String, currency: Currency) -> Result<SettlementRow, ReportError> {
        let parts = [
            self.opening,
            self.settled,
            self.clawbacks,
            self.freezes,
            self.adjustments,
        ];
        let closing = Minor::sum(parts)?;
        let money = |amount| Money::of(amount, currency);
        Ok(SettlementRow {
            party,
            name,
            opening: money(self.opening),
            settled: money(self.settled),
            clawbacks: money(self.clawbacks),
            freezes: money(self.freezes),
            adjustments: money(self.adjustments),
            closing: money(closing),
        })
    }
}

/// The settlement of a month for all parties of a kind, as far as the viewer may see them.
pub async fn settlement(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    kind: PartyKind,
    period: Month,
    at: At,
) -> Result<SettlementView, ReportError> {
    let position = position(client, log, at).await?;
    let account = match kind {
        PartyKind::Brand => AccountKind::Commission,
        _ => AccountKind::Available,
    };
    let (low, high) = match viewer {
        Viewer::All => (
            PartyId::tagged(kind, Uuid::nil()).uuid(),
            PartyId::tagged(kind, Uuid::max()).uuid(),
        ),
        Viewer::Party(own) if own.kind() == kind => (own.uuid(), own.uuid()),
        Viewer::Party(_) => return Err(ReportError::NotFound),
    };
    let found = client
        .query(
            include_str!("sql/settlement_rows.sql"),
            &[&log.0, &position, &account.code(), &period.number(), &low, &high],
        )
        .await?;
    let mut sums: BTreeMap<Currency, Amounts> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let currency = wire::currency(row.get(2))?;
        let amounts = Amounts::of(row);
        sums.entry(currency).or_default().add(amounts)?;
        rows.push(amounts.view(Some(wire::party(row.get(0))?), row.get(1), currency)?);
    }
    let sums = sums
        .into_iter()
        .map(|(currency, sum)| sum.view(None, "sum 合计".to_owned(), currency));
    Ok(SettlementView {
        position,
        period,
        kind,
        account: account.word(),
        rows,
        sums: sums.collect::<Result<_, _>>()?,
    })
}

impl SettlementView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!(
                "Settlement 结算汇总 {} of {}:{} at position {}",
                self.period,
                self.kind.word(),
                self.account,
                self.position
            ),
            &[
                "party",
                "opening 期初",
                "settled 佣金结算",
                "clawbacks 佣金扣回",
                "freezes 冻结",
                "adjustments 调整",
                "closing 期末",
                "currency",
            ],
        );
        for row in self.rows.iter().chain(&self.sums) {
            table.push([
                row.name.clone().into(),
                Cell::from(&row.opening),
                Cell::from(&row.settled),
                Cell::from(&row.clawbacks),
                Cell::from(&row.freezes),
                Cell::from(&row.adjustments),
                Cell::from(&row.closing),
                row.closing.currency.as_str().into(),
            ]);
        }
        table
    }
}
