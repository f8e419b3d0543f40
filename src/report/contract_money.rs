//! What brand contracts gave and cost: their money by anchor for agencies and anchors, and for brands beside sales and
//! commission, by anchor or shop.
//! Must never show a brand how the anchor's side shares, nor one taker the part of another; holds one contract in memory.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::history::History;
use super::names::Names;
use super::scan::{self, Sale, Scan, percent};
use super::streams::stored;
use super::{Cell, Dimension, Money, ReportError, Statement, Table, Viewer, names, sql};
use crate::base::{ContractId, Instant, LogId, Month, PartyId, PartyKind, Zone};
use crate::domain::contract::money::split;
use crate::domain::contract::{ContractState, What};
use crate::domain::event::Event;
use crate::ledger::Layer;
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("contract_events"), scan::SQL[0], names::SQL[0]];

/// Money of a deliverable that moved.
struct Release<'a> {
    contract: ContractId,
    /// As it stood before.
    state: &'a ContractState,
    at: Instant,
    /// Of the fee, to the anchor's side: before and after.
    earned: (Minor, Minor),
    service: Minor,
}

/// Shows every release of contracts that concern a party, or of all, to a visitor.
async fn releases(
    client: &Client,
    log: LogId,
    party: Option<PartyId>,
    position: i64,
    mut visit: impl FnMut(&Release<'_>) -> Result<(), ReportError> + Send,
) -> Result<(), ReportError> {
    let hex = party.map(|party| party.uuid().simple().to_string());
    let parameters: [&(dyn ToSql + Sync); 3] = [&log.0, &hex, &position];
    let rows = client
        .query_raw(include_str!("sql/contract_events.sql"), parameters)
        .await?;
    let mut rows = std::pin::pin!(rows);
    let mut current: (Uuid, ContractState) = (Uuid::nil(), ContractState::default());
    while let Some(row) = rows.try_next().await? {
        let told = stored(log, &row, 0)?;
        if current.0 != told.stream {
            current = (told.stream, ContractState::default());
        }
        let Event::Contract(event) = &told.event else { continue };
        if let What::Released {
            deliverable,
            earned,
            service,
            ..
        } = &event.what
        {
            let before = current.1.work(*deliverable).map(|(_, work)| work.earned);
            visit(&Release {
                contract: ContractId(told.stream),
                state: &current.1,
                at: told.placed.occurred_at,
                earned: (before.unwrap_or_default(), *earned),
                service: *service,
            })?;
        }
        current.1.evolve(event, log, told.placed.position);
    }
    Ok(())
}

fn within(zone: Zone, month: Option<Month>, at: Instant) -> bool {
    month.is_none_or(|month| zone.month(at) == month)
}

/// What contracts gave one party through one anchor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomeByAnchor {
    /// Name of the anchor.
    pub anchor: String,
    /// Contracts that paid.
    pub contracts: usize,
    /// Fees that their anchors' sides earned.
    pub earned: Money,
    /// The party's own part.
    pub own: Money,
}

/// Income of a party from brand contracts, by anchor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContractIncomeView {
    /// A position it reflects at least.
    pub position: i64,
    /// Rows, most first.
    pub rows: Vec<IncomeByAnchor>,
}

#[derive(Default)]
struct Given {
    contracts: BTreeSet<ContractId>,
    earned: Minor,
    own: Minor,
}

/// What brand contracts gave a party, by who did the work; released in a month when one is named.
pub async fn contract_income(
    client: &Client,
    log: LogId,
    party: PartyId,
    month: Option<Month>,
) -> Result<ContractIncomeView, ReportError> {
    let scan = Scan::begin(client, log, Viewer::Party(party), None).await?;
    let zone = scan.calendar.book.opened.zone;
    let mut by: BTreeMap<(Currency, Uuid), Given> = BTreeMap::new();
    releases(client, log, Some(party), scan.position, |release| {
        let of = |amount| -> Result<Option<Minor>, ReportError> {
            let parts = split(&release.state.chain, amount)?;
            Ok(parts
                .into_iter()
                .find(|(taker, ..)| *taker == party)
                .map(|(_, part, _)| part))
        };
        let (Some(after), Some(before)) = (of(release.earned.1)?, of(release.earned.0)?) else {
            return Ok(());
        };
        let (Some(anchor), Some(terms)) = (release.state.anchor, release.state.terms()) else {
            return Ok(());
        };
        if within(zone, month, release.at) {
            let given = by.entry((terms.currency, anchor.uuid())).or_default();
            given.contracts.insert(release.contract);
            given.earned = given.earned.plus(release.earned.1.minus(release.earned.0)?)?;
            given.own = given.own.plus(after.minus(before)?)?;
        }
        Ok(())
    })
    .await?;
    let ids = by.keys().map(|(_, anchor)| *anchor).collect();
    let names = Names::load(client, log, (ids, Vec::new(), Vec::new())).await?;
    let mut rows: Vec<_> = by.into_iter().collect();
    rows.sort_by_key(|((currency, anchor), given)| (*currency, std::cmp::Reverse(given.own), *anchor));
    let row = |((currency, anchor), given): ((Currency, Uuid), Given)| IncomeByAnchor {
        anchor: names.party(anchor),
        contracts: given.contracts.len(),
        earned: Money::of(given.earned, currency),
        own: Money::of(given.own, currency),
    };
    Ok(ContractIncomeView {
        position: scan.position,
        rows: rows.into_iter().map(row).collect(),
    })
}

/// What a brand spent through one anchor or in one shop, and what it sold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpendRow {
    /// Name of the anchor or shop; absent where there is none.
    pub name: Option<String>,
    /// Contracts that paid.
    pub contracts: usize,
    /// Fees that the anchors' sides earned.
    pub fees: Money,
    /// Service on them.
    pub service: Money,
    /// Lines sold.
    pub lines: i64,
    /// Goods paid, refunds taken off.
    pub sales: Money,
    /// Commission, settled and estimated.
    pub commission: Money,
    /// Fees, service and commission.
    pub cost: Money,
    /// Cost of sales, in percent.
    pub of_sales: Option<String>,
}

/// What brands spend and sell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrandSpendView {
    /// A position it reflects at least.
    pub position: i64,
    /// What it is grouped by.
    pub by: Dimension,
    /// Rows, highest cost first.
    pub rows: Vec<SpendRow>,
}

#[derive(Default)]
struct Spent {
    contracts: BTreeSet<ContractId>,
    fees: Minor,
    service: Minor,
    lines: i64,
    sales: Minor,
    commission: Minor,
}

type Spending = BTreeMap<(Currency, Option<Uuid>), Spent>;

/// Spend, sales and cost of a brand, or of every brand for a viewer of everything: orders of a month and money of contracts
/// released in it, when one is named. A contract has no shop: by shop its fees stand in a row of their own.
pub async fn brand_spend(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    by: Dimension,
    month: Option<Month>,
) -> Result<BrandSpendView, ReportError> {
    if viewer.party().is_some_and(|party| party.kind() != PartyKind::Brand) {
        return Err(ReportError::NotFound);
    }
    let scan = Scan::begin(client, log, viewer, month).await?;
    let zone = scan.calendar.book.opened.zone;
    let mut all = Spending::new();
    scan.lines(client, log, None, |history| {
        let Some(sale) = Sale::of(history)? else {
            return Ok(true);
        };
        let spent = all.entry((scan.currency(history), key(history, by))).or_default();
        spent.lines += 1;
        spent.sales = spent.sales.plus(sale.paid.minus(sale.refunded)?)?;
        spent.commission = spent.commission.plus(commission(history, viewer)?)?;
        Ok(true)
    })
    .await?;
    releases(client, log, viewer.party(), scan.position, |release| {
        let Some(terms) = release.state.terms().filter(|_| within(zone, month, release.at)) else {
            return Ok(());
        };
        let anchor = release.state.anchor.filter(|_| by == Dimension::Anchor);
        let spent = all.entry((terms.currency, anchor.map(PartyId::uuid))).or_default();
        spent.contracts.insert(release.contract);
        spent.fees = spent.fees.plus(release.earned.1.minus(release.earned.0)?)?;
        spent.service = spent.service.plus(release.service)?;
        Ok(())
    })
    .await?;
    let ids: Vec<Uuid> = all.keys().filter_map(|(_, id)| *id).collect();
    let names = match by {
        Dimension::Shop => Names::load(client, log, (Vec::new(), ids, Vec::new())).await?,
        _ => Names::load(client, log, (ids, Vec::new(), Vec::new())).await?,
    };
    let name = |id: Uuid| match by {
        Dimension::Shop => names.shop(id),
        _ => names.party(id),
    };
    let mut rows = Vec::with_capacity(all.len());
    for ((currency, id), spent) in all {
        let cost = Minor::sum([spent.fees, spent.service, spent.commission])?;
        rows.push((
            currency,
            std::cmp::Reverse(cost),
            id,
            spent.row(id.map(name), currency, cost),
        ));
    }
    rows.sort_by_key(|(currency, cost, id, _)| (*currency, *cost, *id));
    Ok(BrandSpendView {
        position: scan.position,
        by,
        rows: rows.into_iter().map(|(.., row)| row).collect(),
    })
}

fn key(history: &History, by: Dimension) -> Option<Uuid> {
    let pin = history.pin()?;
    match by {
        Dimension::Shop => pin.dims.shop.map(|shop| shop.0),
        _ => pin.attribution.party.map(PartyId::uuid),
    }
}

/// What the line's merchant, or the brand that looks, owes for it: estimated until it is settled.
fn commission(history: &History, viewer: Viewer) -> Result<Minor, ReportError> {
    let merchant = history.pin().and_then(|pin| Some(pin.terms.as_ref()?.merchant));
    let Some(merchant) = viewer.party().or(merchant) else {
        return Ok(Minor::ZERO);
    };
    let (settled, estimated) = (
        history.held(merchant, Layer::Settled)?,
        history.held(merchant, Layer::Estimated)?,
    );
    Ok(settled.plus(estimated)?.negated()?)
}

impl Spent {
    fn row(self, name: Option<String>, currency: Currency, cost: Minor) -> SpendRow {
        let money = |amount| Money::of(amount, currency);
        SpendRow {
            name,
            contracts: self.contracts.len(),
            fees: money(self.fees),
            service: money(self.service),
            lines: self.lines,
            sales: money(self.sales),
            commission: money(self.commission),
            cost: money(cost),
            of_sales: percent(cost.0, self.sales.0),
        }
    }
}

fn count(number: usize) -> Cell {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

impl ContractIncomeView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Income from brand contracts V任务收入 at position {}", self.position),
            &[
                "anchor 主播",
                "contracts 合约",
                "earned 合约费用",
                "own 本方所得",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.anchor.clone().into(),
                count(row.contracts),
                Cell::from(&row.earned),
                Cell::from(&row.own),
                row.own.currency.as_str().into(),
            ]);
        }
        table
    }
}

impl BrandSpendView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!(
                "Spend and sales 投放成本 by {} at position {}",
                self.by.word(),
                self.position
            ),
            &[
                self.by.heading(),
                "contracts 合约",
                "fees 合约费用",
                "service 服务费",
                "lines 已付子订单",
                "sales 净销售额",
                "commission 佣金",
                "cost 总成本",
                "of_sales % 费销比",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.name.clone().unwrap_or_else(|| "(none 无)".to_owned()).into(),
                count(row.contracts),
                Cell::from(&row.fees),
                Cell::from(&row.service),
                row.lines.into(),
                Cell::from(&row.sales),
                Cell::from(&row.commission),
                Cell::from(&row.cost),
                row.of_sales.clone().map_or(Cell::Empty, Cell::Number),
                row.cost.currency.as_str().into(),
            ]);
        }
        table
    }
}
