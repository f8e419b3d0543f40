//! Commission rules with their versions.
//! Must never show a promoter a rule that is not open to it, nor a brand the rules of another.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::shops::own_brand;
use super::streams::{Stored, stored};
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, PartyId, PartyKind, RuleId, ShelfId};
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleState, ShelfState, Subjects, Version};
use crate::domain::world::Entity;
use crate::money::{Currency, Minor, Rate};

pub(super) const SQL: &[Statement] = &[sql!("rules_page"), sql!("shelf_events"), sql!("uppers_of")];

/// One step of a rate by volume.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RateStep {
    /// From this volume on.
    pub from_volume: Money,
    /// Rate, a decimal fraction.
    pub rate: String,
}

/// One version of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RuleVersionView {
    /// 1, 2, 3, …
    pub version: u32,
    /// In force from here, until the next version's start.
    #[schema(value_type = String)]
    pub effective_from: Instant,
    /// `everyone`, `named` or `on_approval`.
    pub subjects: &'static str,
    /// Those named, as far as the viewer may see them.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<PartyId>,
    /// Start, inclusive.
    #[schema(value_type = String)]
    pub from: Instant,
    /// End, exclusive.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// `flat`, `stepped` or `tiered`.
    pub rate_kind: &'static str,
    /// The rate, or the first step's.
    pub rate: String,
    /// Steps by volume.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<RateStep>,
    /// First N units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_n: Option<u32>,
    /// Budget of commission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// Cap of commission per order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_per_order: Option<Money>,
    /// Refunds give units and budget back.
    pub give_back: bool,
    /// Larger wins inside a level.
    pub priority: i32,
    /// Cuts are refused.
    pub locked: bool,
    /// Pays nothing.
    pub paused: bool,
}

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RuleView {
    /// Which.
    #[schema(value_type = String)]
    pub rule: RuleId,
    /// The shelf it stands on: all rules of one item or shop.
    #[schema(value_type = String)]
    pub shelf: ShelfId,
    /// The owner's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The brand that pays.
    #[schema(value_type = String)]
    pub brand: PartyId,
    /// `general`, `self_select`, `marketing`, `first_n`, `targeted`, `exclusive`, `live_exclusive`.
    #[schema(value_type = String)]
    pub kind: PlanKind,
    /// `{"item": …}`, `{"shop": …}` or `{"category": [shop, category]}`.
    #[schema(value_type = Object)]
    pub scope: RuleScope,
    /// Nothing applies from here on.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// Applicants that wait; for the brand and the book.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<PartyId>,
    /// Approved applicants; for the brand and the book.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<PartyId>,
    /// Versions, oldest first.
    pub versions: Vec<RuleVersionView>,
}

/// Rules, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RulesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Rules.
    pub rules: Vec<RuleView>,
    /// Cursor of the next page. A page may be short: rules not open to the viewer are left out of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Who looks at rules: nothing hidden, or a promoter with the parties above it.
enum Eyes {
    Owner,
    Promoter(Vec<PartyId>),
}

impl Eyes {
    async fn of(client: &Client, log: LogId, viewer: Viewer) -> Result<Eyes, ReportError> {
        let Some(party) = viewer.party().filter(|party| party.kind() != PartyKind::Brand) else {
            return Ok(Eyes::Owner);
        };
        let sql = include_str!("sql/uppers_of.sql");
        let rows = client.query(sql, &[&log.0, &party.uuid()]).await?;
        let uppers = rows.iter().map(|row| wire::party(row.get(0)));
        Ok(Eyes::Promoter(
            std::iter::once(Ok(party)).chain(uppers).collect::<Result<_, _>>()?,
        ))
    }

    /// A rule is open to a promoter when any version names it or its agency, or anyone may apply.
    fn see(&self, rule: &RuleState) -> bool {
        let Eyes::Promoter(own) = self else { return true };
        rule.versions.iter().any(|version| match &version.terms.subjects {
            Subjects::Everyone | Subjects::OnApproval(_) => true,
            Subjects::Named(parties) => parties.iter().any(|party| own.contains(party)),
        })
    }

    fn shown(&self, parties: &[PartyId]) -> Vec<PartyId> {
        let visible = |party: &&PartyId| match self {
            Eyes::Owner => true,
            Eyes::Promoter(own) => own.contains(party),
        };
        parties.iter().filter(visible).copied().collect()
    }
}

/// Rules a page at a time: a brand sees its own, a promoter those open to it.
pub async fn rules(client: &Client, log: LogId, viewer: Viewer, page: &Page) -> Result<RulesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<RuleId>(after)?.0,
        None => Uuid::nil(),
    };
    let brand = own_brand(viewer).map(PartyId::uuid);
    let sql = include_str!("sql/rules_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &brand, &None::<Uuid>])
        .await?;
    let more = page.cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|row| RuleId(row.get(0)).to_string());
    let rules = views(client, log, viewer, &rows).await?;
    Ok(RulesView { position, rules, next })
}

/// One rule with all its versions.
pub async fn rule(client: &Client, log: LogId, viewer: Viewer, rule: RuleId) -> Result<RuleView, ReportError> {
    let brand = own_brand(viewer).map(PartyId::uuid);
    let sql = include_str!("sql/rules_page.sql");
    let rows = client
        .query(sql, &[&log.0, &Uuid::nil(), &1_i64, &brand, &Some(rule.0)])
        .await?;
    views(client, log, viewer, &rows)
        .await?
        .pop()
        .ok_or(ReportError::NotFound)
}

/// The shelves of some ids as they stand at a position, by id.
pub(super) async fn shelves(
    client: &Client,
    log: LogId,
    ids: &[Uuid],
    position: i64,
) -> Result<BTreeMap<Uuid, ShelfState>, ReportError> {
    let sql = include_str!("sql/shelf_events.sql");
    let rows = client.query(sql, &[&log.0, &ids, &position]).await?;
    let mut events: BTreeMap<Uuid, Vec<Stored>> = BTreeMap::new();
    for row in &rows {
        let event = stored(log, row, 0)?;
        events.entry(event.stream).or_default().push(event);
    }
    let fold = |(id, events): (Uuid, Vec<Stored>)| match streams::fold(&events) {
        Some(Entity::Shelf(shelf)) => Some((id, ShelfState::clone(&shelf))),
        _ => None,
    };
    Ok(events.into_iter().filter_map(fold).collect())
}

async fn views(client: &Client, log: LogId, viewer: Viewer, rows: &[Row]) -> Result<Vec<RuleView>, ReportError> {
    let eyes = Eyes::of(client, log, viewer).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get(1)).collect();
    let shelves = shelves(client, log, &ids, i64::MAX).await?;
    let found = rows.iter().filter_map(|row| {
        let shelf: Uuid = row.get(1);
        let rule = shelves.get(&shelf)?.rule(RuleId(row.get(0)))?;
        eyes.see(rule).then(|| view(rule, ShelfId(shelf), &eyes))
    });
    Ok(found.collect())
}

fn view(rule: &RuleState, shelf: ShelfId, eyes: &Eyes) -> RuleView {
    let approved: Vec<PartyId> = rule.approved.iter().map(|(party, _)| *party).collect();
    RuleView {
        rule: rule.id,
        shelf,
        external_id: rule.external_id.as_ref().map(ToString::to_string),
        brand: rule.brand,
        kind: rule.kind,
        scope: rule.scope.clone(),
        ended_at: rule.ended_at,
        applied: eyes.shown(&rule.applied),
        approved: eyes.shown(&approved),
        versions: rule.versions.iter().map(|v| version(v, rule.currency, eyes)).collect(),
    }
}

fn version(version: &Version, currency: Currency, eyes: &Eyes) -> RuleVersionView {
    let terms = &version.terms;
    let (subjects, parties) = match &terms.subjects {
        Subjects::Everyone => ("everyone", Vec::new()),
        Subjects::Named(parties) => ("named", eyes.shown(parties)),
        Subjects::OnApproval(parties) => ("on_approval", eyes.shown(parties)),
    };
    let (rate_kind, rate, steps): (_, Rate, &[(Minor, Rate)]) = match &terms.rates {
        Rates::Flat(rate) => ("flat", *rate, &[]),
        Rates::Stepped(steps) => ("stepped", steps.first().map_or(Rate::ZERO, |step| step.1), steps),
        Rates::Tiered(steps) => ("tiered", steps.first().map_or(Rate::ZERO, |step| step.1), steps),
    };
    let step = |(from, rate): &(Minor, Rate)| RateStep {
        from_volume: Money::of(*from, currency),
        rate: rate.to_string(),
    };
    RuleVersionView {
        version: version.number,
        effective_from: version.effective_from,
        subjects,
        parties,
        from: terms.from,
        to: terms.to,
        rate_kind,
        rate: rate.to_string(),
        steps: steps.iter().map(step).collect(),
        first_n: terms.first_n,
        budget: terms.budget.map(|budget| Money::of(budget, currency)),
        cap_per_order: terms.cap_per_order.map(|cap| Money::of(cap, currency)),
        give_back: terms.give_back,
        priority: terms.priority,
        locked: terms.locked,
        paused: terms.paused,
    }
}

impl RulesView {
    /// As a table of the newest versions.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Rules at position {}", self.position),
            &[
                "rule",
                "external_id",
                "kind",
                "subjects",
                "rate",
                "from",
                "to",
                "version",
            ],
        );
        for row in &self.rules {
            let Some(newest) = row.versions.last() else { continue };
            table.push([
                row.rule.to_string().into(),
                row.external_id.clone().into(),
                plan_word(row.kind).into(),
                newest.subjects.into(),
                super::Cell::Number(newest.rate.clone()),
                newest.from.to_string().into(),
                row.ended_at.or(newest.to).map(|to| to.to_string()).into(),
                i64::from(newest.version).into(),
            ]);
        }
        table
    }
}

fn plan_word(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::General => "general 通用",
        PlanKind::SelfSelect => "self_select 自选",
        PlanKind::Marketing => "marketing 营销",
        PlanKind::FirstN => "first_n 前N件",
        PlanKind::Targeted => "targeted 定向",
        PlanKind::Exclusive => "exclusive 专享",
        PlanKind::LiveExclusive => "live_exclusive 直播专享",
    }
}
