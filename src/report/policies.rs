//! Approval policies 审批规则: how many persons agree to what, by amount and date.
//! Must never show a version that was not set.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{At, Money, ReportError, Statement, Table, position, sql, streams};
use crate::base::{Instant, LogId, PolicyId};
use crate::domain::event::Event;
use crate::domain::policy::{PendingKind, PolicySet};
use crate::money::Currency;

pub(super) const SQL: &[Statement] = &[sql!("policies")];

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StepView {
    /// Amounts of this and more; absent for kinds without an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Money>,
    /// How many persons beside the maker.
    pub approvers: u8,
    /// Roles that each of them has one of; any when empty.
    pub roles: Vec<&'static str>,
}

/// One version of a policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PolicyView {
    /// Which.
    #[schema(value_type = String)]
    pub policy: PolicyId,
    /// Which version of it.
    pub version: u32,
    /// Kind of pending command.
    pub kind: &'static str,
    /// For amounts of this currency.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Requests from here on.
    #[schema(value_type = String)]
    pub effective_from: Instant,
    /// Steps by amount.
    pub steps: Vec<StepView>,
}

/// Every version of every policy, in the order of setting. A kind without one needs one second person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PoliciesView {
    /// A position they reflect at least.
    pub position: i64,
    /// Policies.
    pub policies: Vec<PolicyView>,
}

/// Every policy of the book.
pub async fn policies(client: &Client, log: LogId) -> Result<PoliciesView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let book = streams::book(client, log, position).await?.opened.book;
    let ids: Vec<Uuid> = PendingKind::ALL
        .iter()
        .map(|kind| PolicyId::of(book, kind.word()).0)
        .collect();
    let rows = client.query(include_str!("sql/policies.sql"), &[&log.0, &ids]).await?;
    let mut policies = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Event::Policy(set) = streams::stored(log, row, 0)?.event {
            policies.push(view(&set));
        }
    }
    Ok(PoliciesView { position, policies })
}

fn view(set: &PolicySet) -> PolicyView {
    let steps = set.steps.iter().map(|step| StepView {
        from: set.currency.map(|currency| Money::of(step.from, currency)),
        approvers: step.approvers,
        roles: step.roles.iter().map(|role| role.word()).collect(),
    });
    PolicyView {
        policy: set.policy,
        version: set.version,
        kind: set.kind.word(),
        currency: set.currency,
        effective_from: set.effective_from,
        steps: steps.collect(),
    }
}

impl PoliciesView {
    /// As a table, one row a step.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Approval policies 审批规则 at position {}", self.position),
            &[
                "kind",
                "version",
                "from",
                "amount from",
                "currency",
                "approvers",
                "roles",
            ],
        );
        for policy in &self.policies {
            for step in &policy.steps {
                table.push([
                    policy.kind.into(),
                    i64::from(policy.version).into(),
                    policy.effective_from.to_string().into(),
                    step.from.as_ref().map_or(super::Cell::Empty, super::Cell::from),
                    policy.currency.map(|currency| currency.to_string()).into(),
                    i64::from(step.approvers).into(),
                    if step.roles.is_empty() {
                        "any".to_owned()
                    } else {
                        step.roles.join(" ")
                    }
                    .into(),
                ]);
            }
        }
        table
    }
}
