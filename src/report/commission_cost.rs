//! Commission cost 佣金成本 by brand and shop: charged, given back for refunds, and what is only estimated yet.
//! Must never count what was paid as cost, nor an estimate as charged.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use uuid::Uuid;

use super::names::Names;
use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{LogId, Month, PartyId};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("commission_cost")];

/// One payer's cost for one shop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CostRow {
    /// Who pays.
    pub payer: PartyId,
    /// Its name.
    pub name: String,
    /// The shop's name; absent for what belongs to no line.
    pub shop: Option<String>,
    /// Lines.
    pub lines: i64,
    /// Charged.
    pub charged: Money,
    /// Given back; negative.
    pub given_back: Money,
    /// Both.
    pub cost: Money,
    /// Only estimated yet.
    pub estimated: Money,
}

/// Commission cost after a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CostView {
    /// The position it reflects.
    pub position: i64,
    /// Settled in this month; ever, when absent.
    pub period: Option<Month>,
    /// By payer and shop.
    pub rows: Vec<CostRow>,
    /// Per currency: charged, given back, cost, estimated.
    pub sums: Vec<[Money; 4]>,
}

/// Commission cost by brand and shop; of a month, or ever.
pub async fn commission_cost(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (party, period): (Option<PartyId>, Option<Month>),
    at: At,
) -> Result<CostView, ReportError> {
    if party.is_some_and(|party| !viewer.sees(party)) {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let own = party.or(viewer.party()).map(PartyId::uuid);
    let (first, last) = (own.unwrap_or(Uuid::nil()), own.unwrap_or(Uuid::max()));
    let month = period.map(Month::number);
    let found = client
        .query(
            include_str!("sql/commission_cost.sql"),
            &[&log.0, &position, &first, &last, &month],
        )
        .await?;
    let payers = found.iter().map(|row| row.get(0)).collect();
    let shops = found.iter().filter_map(|row| row.get(1)).collect();
    let names = Names::load(client, log, (payers, shops, Vec::new())).await?;
    let mut sums: BTreeMap<Currency, [Minor; 4]> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let currency = wire::currency(row.get(2))?;
        let (charged, given_back, estimated) = (Minor(row.get(4)), Minor(row.get(5)), Minor(row.get(6)));
        let amounts = [charged, given_back, charged.plus(given_back)?, estimated];
        for (sum, amount) in sums.entry(currency).or_default().iter_mut().zip(amounts) {
            *sum = sum.plus(amount)?;
        }
        let [charged, given_back, cost, estimated] = amounts.map(|amount| Money::of(amount, currency));
        rows.push(CostRow {
            payer: wire::party(row.get(0))?,
            name: names.party(row.get(0)),
            shop: row.get::<_, Option<Uuid>>(1).map(|shop| names.shop(shop)),
            lines: row.get(3),
            charged,
            given_back,
            cost,
            estimated,
        });
    }
    rows.sort_by(|a, b| (&a.name, &a.shop, &a.cost.currency).cmp(&(&b.name, &b.shop, &b.cost.currency)));
    let money = |(currency, sum): (Currency, [Minor; 4])| sum.map(|amount| Money::of(amount, currency));
    Ok(CostView {
        position,
        period,
        rows,
        sums: sums.into_iter().map(money).collect(),
    })
}

impl CostView {
    /// As a table; the sums stand last.
    pub fn table(&self) -> Table {
        let month = self.period.map_or("all months".to_owned(), |month| month.to_string());
        let mut table = Table::new(
            format!("Commission cost 佣金成本 of {month} at position {}", self.position),
            &[
                "brand 品牌",
                "shop 店铺",
                "lines 子订单数",
                "charged 计收",
                "given_back 退回",
                "cost 佣金成本",
                "estimated 预估",
                "currency 币种",
            ],
        );
        for row in &self.rows {
            table.push([
                row.name.clone().into(),
                row.shop
                    .clone()
                    .unwrap_or_else(|| "(adjustments 调整)".to_owned())
                    .into(),
                row.lines.into(),
                Cell::from(&row.charged),
                Cell::from(&row.given_back),
                Cell::from(&row.cost),
                Cell::from(&row.estimated),
                row.cost.currency.as_str().into(),
            ]);
        }
        for sums in &self.sums {
            let head = ["sum 合计".into(), Cell::Empty, Cell::Empty];
            let currency = sums[2].currency.as_str().into();
            table.push(head.into_iter().chain(sums.iter().map(Cell::from)).chain([currency]));
        }
        table
    }
}
