//! Settlement summary of a month 结算汇总: per party opening, what moved it, cell by cell, and closing.
//! Must never read a running balance, and never add what a platform paid itself.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{LogId, Month, PartyId, PartyKind};
use crate::domain::settlement::Part;
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("settlement_rows")];

/// A cell of the settlement summary; its closing is the sum of all. Each part of a settlement sheet belongs to one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MonthCell {
    /// 期初: what stood before the month.
    Opening,
    /// 佣金结算: commission settled, corrections upwards included.
    Settled,
    /// 佣金扣回: taken back for refunds, corrections downwards included.
    Clawbacks,
    /// 分成与保底: true-ups of tiers and minimum guarantees.
    Shares,
    /// 服务费: V任务 and 供货: brand contracts and sourcing.
    Services,
    /// 罚扣: 罚款 and 费用: what was forfeited or charged.
    Penalties,
    /// 冻结: frozen, less what was lifted.
    Freezes,
    /// 准备金: 退货准备金: held back for returns, and released.
    Reserves,
    /// 调整: manual adjustments and opening balances.
    Adjustments,
    /// 收付款: 付款 and 回款: paid, and money received.
    Payments,
    /// 核销: written off.
    WriteOffs,
}

impl MonthCell {
    /// Every cell, in the order of their codes.
    pub const ALL: [MonthCell; 11] = [
        MonthCell::Opening,
        MonthCell::Settled,
        MonthCell::Clawbacks,
        MonthCell::Shares,
        MonthCell::Services,
        MonthCell::Penalties,
        MonthCell::Freezes,
        MonthCell::Reserves,
        MonthCell::Adjustments,
        MonthCell::Payments,
        MonthCell::WriteOffs,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            MonthCell::Opening => "opening",
            MonthCell::Settled => "settled",
            MonthCell::Clawbacks => "clawbacks",
            MonthCell::Shares => "shares",
            MonthCell::Services => "services",
            MonthCell::Penalties => "penalties",
            MonthCell::Freezes => "freezes",
            MonthCell::Reserves => "reserves",
            MonthCell::Adjustments => "adjustments",
            MonthCell::Payments => "payments",
            MonthCell::WriteOffs => "write_offs",
        }
    }

    pub(super) fn zh(self) -> &'static str {
        match self {
            MonthCell::Opening => "期初",
            MonthCell::Settled => "佣金结算",
            MonthCell::Clawbacks => "佣金扣回",
            MonthCell::Shares => "分成与保底",
            MonthCell::Services => "服务费",
            MonthCell::Penalties => "罚扣",
            MonthCell::Freezes => "冻结",
            MonthCell::Reserves => "准备金",
            MonthCell::Adjustments => "调整",
            MonthCell::Payments => "收付款",
            MonthCell::WriteOffs => "核销",
        }
    }

    /// The cell that a part of a sheet belongs to.
    pub fn of(part: Part) -> MonthCell {
        match part {
            Part::Settled => MonthCell::Settled,
            Part::Clawbacks => MonthCell::Clawbacks,
            Part::TrueUps | Part::Guarantees => MonthCell::Shares,
            Part::Contracts | Part::Sourcing => MonthCell::Services,
            Part::Penalties | Part::Charges => MonthCell::Penalties,
            Part::Freezes => MonthCell::Freezes,
            Part::ReserveHeld | Part::ReserveReleased => MonthCell::Reserves,
            Part::Adjustments => MonthCell::Adjustments,
            Part::Payments | Part::Receipts => MonthCell::Payments,
            Part::WriteOffs => MonthCell::WriteOffs,
        }
    }

    /// Codes of the cells of every part, in the order of their numbers.
    pub(super) fn of_parts() -> [&'static str; Part::ALL.len()] {
        Part::ALL.map(|part| MonthCell::of(part).code())
    }

    /// The code in the statements.
    pub(super) fn code(self) -> &'static str {
        match self {
            MonthCell::Opening => "0",
            MonthCell::Settled => "1",
            MonthCell::Clawbacks => "2",
            MonthCell::Shares => "3",
            MonthCell::Services => "4",
            MonthCell::Penalties => "5",
            MonthCell::Freezes => "6",
            MonthCell::Reserves => "7",
            MonthCell::Adjustments => "8",
            MonthCell::Payments => "9",
            MonthCell::WriteOffs => "a",
        }
    }

    /// The heading of its column.
    fn column(self) -> &'static str {
        match self {
            MonthCell::Opening => "opening 期初",
            MonthCell::Settled => "settled 佣金结算",
            MonthCell::Clawbacks => "clawbacks 佣金扣回",
            MonthCell::Shares => "shares 分成与保底",
            MonthCell::Services => "services 服务费",
            MonthCell::Penalties => "penalties 罚扣",
            MonthCell::Freezes => "freezes 冻结",
            MonthCell::Reserves => "reserves 准备金",
            MonthCell::Adjustments => "adjustments 调整",
            MonthCell::Payments => "payments 收付款",
            MonthCell::WriteOffs => "write_offs 核销",
        }
    }

    /// Shown in a table even where nothing of it moved.
    fn always(self) -> bool {
        matches!(
            self,
            MonthCell::Opening
                | MonthCell::Settled
                | MonthCell::Clawbacks
                | MonthCell::Freezes
                | MonthCell::Adjustments
        )
    }
}

/// One party in one currency, or the sum of all shown: opening and all that follows it are the closing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SettlementRow {
    /// Whose; absent in a sum.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Its name.
    pub name: String,
    /// 期初: what stood before the month.
    pub opening: Money,
    /// 佣金结算: commission settled, corrections upwards included.
    pub settled: Money,
    /// 佣金扣回: taken back for refunds, corrections downwards included.
    pub clawbacks: Money,
    /// 分成与保底: true-ups of tiers and minimum guarantees.
    pub shares: Money,
    /// 服务费: V任务 and 供货: brand contracts and sourcing.
    pub services: Money,
    /// 罚扣: 罚款 and 费用: what was forfeited or charged.
    pub penalties: Money,
    /// 冻结: frozen, less what was lifted.
    pub freezes: Money,
    /// 准备金: 退货准备金: held back for returns, and released.
    pub reserves: Money,
    /// 调整: manual adjustments and opening balances.
    pub adjustments: Money,
    /// 收付款: 付款 and 回款: paid, and money received.
    pub payments: Money,
    /// 核销: written off.
    pub write_offs: Money,
    /// 期末
    pub closing: Money,
}

impl SettlementRow {
    /// One cell.
    pub fn cell(&self, cell: MonthCell) -> &Money {
        match cell {
            MonthCell::Opening => &self.opening,
            MonthCell::Settled => &self.settled,
            MonthCell::Clawbacks => &self.clawbacks,
            MonthCell::Shares => &self.shares,
            MonthCell::Services => &self.services,
            MonthCell::Penalties => &self.penalties,
            MonthCell::Freezes => &self.freezes,
            MonthCell::Reserves => &self.reserves,
            MonthCell::Adjustments => &self.adjustments,
            MonthCell::Payments => &self.payments,
            MonthCell::WriteOffs => &self.write_offs,
        }
    }
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

/// Amounts in the order of the cells.
#[derive(Clone, Copy, Default)]
struct Amounts([Minor; MonthCell::ALL.len()]);

impl Amounts {
    fn of(row: &Row) -> Amounts {
        // Party, name and currency stand before them.
        Amounts(std::array::from_fn(|at| Minor(row.get(at + 3))))
    }

    fn add(&mut self, other: Amounts) -> Result<(), ReportError> {
        for (own, more) in self.0.iter_mut().zip(other.0) {
            *own = own.plus(more)?;
        }
        Ok(())
    }

    fn view(self, party: Option<PartyId>, name: String, currency: Currency) -> Result<SettlementRow, ReportError> {
        let closing = Money::of(Minor::sum(self.0)?, currency);
        let [
            opening,
            settled,
            clawbacks,
            shares,
            services,
            penalties,
            freezes,
            reserves,
            adjustments,
            payments,
            write_offs,
        ] = self.0.map(|amount| Money::of(amount, currency));
        Ok(SettlementRow {
            party,
            name,
            opening,
            settled,
            clawbacks,
            shares,
            services,
            penalties,
            freezes,
            reserves,
            adjustments,
            payments,
            write_offs,
            closing,
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
            &[
                &log.0,
                &position,
                &account.code(),
                &period.number(),
                &low,
                &high,
                &MonthCell::of_parts().as_slice(),
            ],
        )
        .await?;
    let mut sums: BTreeMap<Currency, Amounts> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        if row.get::<_, i64>(3 + MonthCell::ALL.len()) != 0 {
            return Err(ReportError::Stored("part of a leg"));
        }
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
    /// As a table; the sums stand last. Shares, services, penalties, reserves, payments and write-offs have a column when any
    /// moved.
    pub fn table(&self) -> Table {
        let all = || self.rows.iter().chain(&self.sums);
        let moved = |cell: MonthCell| all().any(|row| row.cell(cell).amount.bytes().any(|b| matches!(b, b'1'..=b'9')));
        let shown: Vec<MonthCell> = MonthCell::ALL
            .into_iter()
            .filter(|cell| cell.always() || moved(*cell))
            .collect();
        let mut columns = vec!["party"];
        columns.extend(shown.iter().map(|cell| cell.column()));
        columns.extend(["closing 期末", "currency"]);
        let mut table = Table::new(
            format!(
                "Settlement 结算汇总 {} of {}:{} at position {}",
                self.period,
                self.kind.word(),
                self.account,
                self.position
            ),
            &columns,
        );
        for row in all() {
            let mut cells: Vec<Cell> = vec![row.name.clone().into()];
            cells.extend(shown.iter().map(|cell| Cell::from(row.cell(*cell))));
            cells.push(Cell::from(&row.closing));
            cells.push(row.closing.currency.as_str().into());
            table.push(cells);
        }
        table
    }
}
