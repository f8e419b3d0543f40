//! Earnings 收益 of a party: estimated, available, frozen, to be clawed back, paid by the platform itself; whole and by
//! day, item, room, source or phase.
//! Must never add what a platform paid itself to what is available here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, ItemId, LogId, PartyId};
use crate::ledger::{AccountKind, Layer};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("balances_of_owner"), sql!("earnings_grouped")];

/// How earnings are grouped: by the dimensions a line was pinned with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Day of the order, in the book's zone.
    Day,
    /// Item.
    Item,
    /// Live room.
    Room,
    /// Traffic source.
    Source,
    /// Content phase.
    Phase,
}

impl GroupBy {
    /// Every grouping.
    pub const ALL: [GroupBy; 5] = [
        GroupBy::Day,
        GroupBy::Item,
        GroupBy::Room,
        GroupBy::Source,
        GroupBy::Phase,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            GroupBy::Day => "day",
            GroupBy::Item => "item",
            GroupBy::Room => "room",
            GroupBy::Source => "source",
            GroupBy::Phase => "phase",
        }
    }
}

impl std::str::FromStr for GroupBy {
    type Err = ReportError;
    fn from_str(text: &str) -> Result<GroupBy, ReportError> {
        let found = GroupBy::ALL.into_iter().find(|group| group.word() == text);
        found.ok_or(ReportError::Needs("--by day, item, room, source or phase"))
    }
}

/// The pockets of one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Pockets {
    /// 预估: paid by buyers, not settled; never payable.
    pub estimated: Money,
    /// 可付: settled and owed here; negative when the party owes.
    pub available: Money,
    /// 冻结: punished or disputed.
    pub frozen: Money,
    /// 待扣回: taken from available for refunds won, not yet deducted for the merchant.
    pub clawback_due: Money,
    /// 平台直付: paid by the platform itself.
    pub direct_paid: Money,
    /// 佣金: what a merchant owes for commission, settled.
    pub commission: Money,
    /// What a merchant will owe if its estimates settle.
    pub commission_estimated: Money,
}

/// The pockets of one group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EarningsGroup {
    /// The day, item, room, source or phase; absent where none was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Per currency.
    pub pockets: Vec<Pockets>,
}

/// Earnings of a party after a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EarningsView {
    /// The position they reflect.
    pub position: i64,
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Balances per currency.
    pub pockets: Vec<Pockets>,
    /// How grouped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<GroupBy>,
    /// What moved for the lines of each group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<EarningsGroup>,
}

/// Sums per account and layer, on the way to pockets.
#[derive(Clone, Default)]
pub(super) struct Sums(pub BTreeMap<(AccountKind, Layer), Minor>);

impl Sums {
    pub(super) fn pockets(&self, currency: Currency) -> Result<Pockets, ReportError> {
        let get = |kind, layer| self.0.get(&(kind, layer)).copied().unwrap_or_default();
        let money = |kind, layer| Money::of(get(kind, layer), currency);
        Ok(Pockets {
            estimated: money(AccountKind::Available, Layer::Estimated),
            available: money(AccountKind::Available, Layer::Settled),
            frozen: money(AccountKind::Frozen, Layer::Settled),
            clawback_due: money(AccountKind::ClawbackDue, Layer::Settled),
            direct_paid: money(AccountKind::DirectPaid, Layer::Settled),
            commission: money(AccountKind::Commission, Layer::Settled),
            commission_estimated: money(AccountKind::Commission, Layer::Estimated),
        })
    }
}

/// Earnings of a party; grouped over orders made in `[from, to)` when `by` is given.
pub async fn earnings(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: PartyId,
    by: Option<GroupBy>,
    range: (Option<Instant>, Option<Instant>),
    at: At,
) -> Result<EarningsView, ReportError> {
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
    let mut sums: BTreeMap<Currency, Sums> = BTreeMap::new();
    for row in &rows {
        let account = wire::account(row.get(0), row.get(1))?;
        let key = (account.kind, wire::layer(row.get(2))?);
        sums.entry(wire::currency(row.get(3))?)
            .or_default()
            .0
            .insert(key, Minor(row.get(4)));
    }
    let groups = match by {
        Some(by) => grouped(client, log, party, by, range, position).await?,
        None => Vec::new(),
    };
    Ok(EarningsView {
        position,
        party,
        pockets: sums
            .iter()
            .map(|(currency, sums)| sums.pockets(*currency))
            .collect::<Result<_, _>>()?,
        by,
        groups,
    })
}

async fn grouped(
    client: &Client,
    log: LogId,
    party: PartyId,
    by: GroupBy,
    (from, to): (Option<Instant>, Option<Instant>),
    position: i64,
) -> Result<Vec<EarningsGroup>, ReportError> {
    let zone = streams::book(client, log, position).await?.opened.zone.to_string();
    let (from, to) = (from.map(Instant::utc), to.map(Instant::utc));
    let rows = client
        .query(
            include_str!("sql/earnings_grouped.sql"),
            &[&log.0, &position, &party.uuid(), &by.word(), &zone, &from, &to],
        )
        .await?;
    let mut groups: BTreeMap<Option<String>, BTreeMap<Currency, Sums>> = BTreeMap::new();
    for row in &rows {
        let key: Option<String> = row.get(0);
        let key = match (by, key) {
            (GroupBy::Item, Some(item)) => Some(
                item.parse::<Uuid>()
                    .map_err(|_| ReportError::Stored("item"))
                    .map(|id| ItemId(id).to_string())?,
            ),
            (_, key) => key,
        };
        let kind = AccountKind::from_code(row.get(2)).ok_or(ReportError::Stored("account"))?;
        let sums = groups
            .entry(key)
            .or_default()
            .entry(wire::currency(row.get(1))?)
            .or_default();
        sums.0.insert((kind, wire::layer(row.get(3))?), Minor(row.get(4)));
    }
    let view = |(key, currencies): (Option<String>, BTreeMap<Currency, Sums>)| {
        let pockets = currencies.iter().map(|(currency, sums)| sums.pockets(*currency));
        Ok(EarningsGroup {
            key,
            pockets: pockets.collect::<Result<_, ReportError>>()?,
        })
    };
    groups.into_iter().map(view).collect()
}

impl EarningsView {
    /// As a table: the whole, then the groups.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Earnings 收益 of {} at position {}", self.party, self.position),
            &[
                "group",
                "currency",
                "estimated 预估",
                "available 可付",
                "frozen 冻结",
                "clawback_due 待扣回",
                "direct_paid 平台直付",
                "commission 佣金",
            ],
        );
        let mut push = |key: &str, pockets: &Pockets| {
            table.push([
                key.into(),
                pockets.available.currency.as_str().into(),
                Cell::from(&pockets.estimated),
                Cell::from(&pockets.available),
                Cell::from(&pockets.frozen),
                Cell::from(&pockets.clawback_due),
                Cell::from(&pockets.direct_paid),
                Cell::from(&pockets.commission),
            ]);
        };
        self.pockets.iter().for_each(|pockets| push("balance", pockets));
        for group in &self.groups {
            let key = group.key.as_deref().unwrap_or("-");
            group.pockets.iter().for_each(|pockets| push(key, pockets));
        }
        table
    }
}
