//! Agency contracts 机构合约 by date.
//! Must never show a party a contract of others.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, position, sql, wire};
use crate::base::{Instant, LogId, MembershipId, PartyId};
use crate::domain::party::Share;
use crate::domain::share::{
    Bearer, Deduction, Guarantee, GuaranteeMode, Measure, Method, MonthlyTiers, ShareFormula, Side,
};
use crate::money::Rate;

pub(super) const SQL: &[Statement] = &[sql!("memberships_page")];

/// Terms of a contract between two dates. An amendment is a row of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MembershipView {
    /// Which contract.
    #[schema(value_type = String)]
    pub membership: MembershipId,
    /// The member.
    #[schema(value_type = String)]
    pub member: PartyId,
    /// The agency above it.
    #[schema(value_type = String)]
    pub upper: PartyId,
    /// `all`, `cps`, `vtask`, `sourcing`.
    pub scope: String,
    /// `upper_keeps`: the upper keeps the rate; `upper_passes`: it passes the rate on; `formula`: see there.
    pub share: &'static str,
    /// The rate, a decimal fraction; of a formula with tiers the provisional one.
    #[schema(example = "0.3")]
    pub rate: String,
    /// Deductions, tiers on the month and team, when the share has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<ShareFormulaView>,
    /// Whom the platform pays: `book`, `upper`, `member`, `each`.
    pub receiver: String,
    /// 保底: what the agency guarantees the member a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<GuaranteeView>,
    /// Inclusive.
    #[schema(value_type = String)]
    pub from: Instant,
    /// Exclusive.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// What an agency guarantees its member a month 保底.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct GuaranteeView {
    /// A month.
    pub amount: Money,
    /// `top_up`: a shortfall is paid for good; `advance`: it is paid ahead and recovered from later months.
    #[schema(value_type = String)]
    pub mode: GuaranteeMode,
    /// An advance is recovered only out of what exceeds the guarantee.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub floor: bool,
}

impl GuaranteeView {
    fn of(guarantee: &Guarantee) -> GuaranteeView {
        GuaranteeView {
            amount: Money::of(guarantee.amount, guarantee.currency),
            mode: guarantee.mode,
            floor: guarantee.floor,
        }
    }

    /// How a shortfall is dealt with, as a word.
    fn word(&self) -> &'static str {
        match (self.mode, self.floor) {
            (GuaranteeMode::TopUp, _) => "top_up",
            (GuaranteeMode::Advance, false) => "advance",
            (GuaranteeMode::Advance, true) => "advance with floor",
        }
    }
}

/// A formula of a share, in the form in which it is signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ShareFormulaView {
    /// Whose part the rates give: `upper` or `member`.
    #[schema(value_type = String)]
    pub rates_of: Side,
    /// Deductions, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deductions: Vec<DeductionView>,
    /// Tiers on the month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tiers: Option<MonthlyTiersView>,
    /// Who shares what the member keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<TeamMemberView>,
}

/// A named deduction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DeductionView {
    /// Name.
    pub name: String,
    /// Rate of the inflow.
    pub rate: String,
    /// `both`, `upper` or `member`.
    #[schema(value_type = String)]
    pub bearer: Bearer,
    /// Who gets it; the upper when absent.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taker: Option<PartyId>,
}

/// Tiers on a month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MonthlyTiersView {
    /// `base` or `inflow`.
    #[schema(value_type = String)]
    pub measure: Measure,
    /// `whole` or `marginal`.
    #[schema(value_type = String)]
    pub method: Method,
    /// Lower bounds, inclusive, with their rates.
    pub steps: Vec<MonthlyTierView>,
}

/// One tier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MonthlyTierView {
    /// Lower bound, inclusive.
    pub from: Money,
    /// Rate.
    pub rate: String,
}

/// A part of the member's share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TeamMemberView {
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Weight.
    pub weight: String,
}

impl ShareFormulaView {
    fn of(formula: &ShareFormula) -> ShareFormulaView {
        let deduction = |of: &Deduction| DeductionView {
            name: of.name.clone(),
            rate: of.rate.to_string(),
            bearer: of.bearer,
            taker: of.taker,
        };
        let tiers = |of: &MonthlyTiers| MonthlyTiersView {
            measure: of.measure,
            method: of.method,
            steps: (of.steps.iter())
                .map(|(from, rate)| MonthlyTierView {
                    from: Money::of(*from, of.currency),
                    rate: rate.to_string(),
                })
                .collect(),
        };
        let member = |(party, weight): &(PartyId, Rate)| TeamMemberView {
            party: *party,
            weight: weight.to_string(),
        };
        ShareFormulaView {
            rates_of: formula.rates_of,
            deductions: formula.deductions.iter().map(deduction).collect(),
            tiers: formula.tiers.as_ref().map(tiers),
            team: formula.team.iter().map(member).collect(),
        }
    }
}

/// Contracts, by member, contract and start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MembershipsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Contracts.
    pub memberships: Vec<MembershipView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Contracts the viewer may see; of one party (as member or upper) when `party` is given.
pub async fn memberships(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    page: &Page,
) -> Result<MembershipsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let (member, membership, from) = match page.parts::<3>()? {
        Some([member, membership, from]) => (
            part::<PartyId>(member)?.uuid(),
            part::<MembershipId>(membership)?.0,
            part::<Instant>(from)?.utc(),
        ),
        None => (Uuid::nil(), Uuid::nil(), Default::default()),
    };
    let (own, of) = (viewer.party().map(PartyId::uuid), party.map(PartyId::uuid));
    let mut rows = client
        .query(
            include_str!("sql/memberships_page.sql"),
            &[&log.0, &member, &membership, &from, &page.fetch(), &own, &of],
        )
        .await?;
    let more = page.cut(&mut rows);
    let memberships: Vec<MembershipView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let next = memberships.last().filter(|_| more);
    let next = next.map(|last| format!("{}~{}~{}", last.member, last.membership, last.from));
    Ok(MembershipsView {
        position,
        memberships,
        next,
    })
}

fn view(row: &Row) -> Result<MembershipView, ReportError> {
    let share: Share = serde_json::from_str(row.get(4)).map_err(|_| ReportError::Stored("share"))?;
    let (word, rate): (_, Rate) = match &share {
        Share::UpperKeeps(rate) => ("upper_keeps", *rate),
        Share::UpperPasses(rate) => ("upper_passes", *rate),
        Share::Formula(formula) => ("formula", formula.rate),
    };
    let guarantee: Option<Guarantee> = (row.get::<_, Option<&str>>(8))
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| ReportError::Stored("guarantee"))?;
    Ok(MembershipView {
        membership: MembershipId(row.get(0)),
        member: wire::party(row.get(1))?,
        upper: wire::party(row.get(2))?,
        scope: row.get(3),
        share: word,
        rate: rate.to_string(),
        formula: share.formula().map(ShareFormulaView::of),
        receiver: row.get(5),
        guarantee: guarantee.as_ref().map(GuaranteeView::of),
        from: Instant::from_utc(row.get(6)),
        to: row.get::<_, Option<_>>(7).map(Instant::from_utc),
    })
}

impl MembershipsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Contracts 机构合约 at position {}", self.position),
            &[
                "membership",
                "member",
                "upper",
                "scope",
                "share",
                "rate",
                "receiver",
                "guarantee 保底",
                "currency",
                "mode",
                "from",
                "to",
            ],
        );
        for row in &self.memberships {
            table.push([
                row.membership.to_string().into(),
                row.member.to_string().into(),
                row.upper.to_string().into(),
                row.scope.clone().into(),
                row.share.into(),
                super::Cell::Number(row.rate.clone()),
                row.receiver.clone().into(),
                row.guarantee
                    .as_ref()
                    .map_or(super::Cell::Empty, |of| super::Cell::from(&of.amount)),
                row.guarantee.as_ref().map(|of| of.amount.currency.clone()).into(),
                row.guarantee.as_ref().map(|of| of.word().to_owned()).into(),
                row.from.to_string().into(),
                row.to.map(|to| to.to_string()).into(),
            ]);
        }
        table
    }
}
