//! Approvals: commands that wait, or waited, for a second person.
//! Must never be shown to a party: they are the book's own.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams};
use crate::base::{ApprovalId, Instant, LogId, PersonId};
use crate::domain::command::Pending;
use crate::domain::cutover::OpeningBalance;
use crate::domain::world::Entity;
use crate::ledger::Account;

pub(super) const SQL: &[Statement] = &[sql!("approvals_page")];

/// One leg of an adjustment that waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PendingLeg {
    /// The account.
    #[schema(value_type = String)]
    pub account: Account,
    /// `+` credit, `-` debit.
    pub amount: Money,
}

/// An approval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    /// Which.
    #[schema(value_type = String)]
    pub approval: ApprovalId,
    /// `adjust`, `approve_run`, `backdate_formula`, `open_balances` or `reverse_opening`.
    pub kind: String,
    /// Who asked.
    #[schema(value_type = String)]
    pub maker: PersonId,
    /// `pending`, `approved`, `refused`, `withdrawn`.
    pub status: String,
    /// What may be done with it now, by a person other than its maker (withdrawing: by its maker).
    pub allowed_actions: Vec<&'static str>,
    /// Why; in the single view of an adjustment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Business time; in the single view.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// What would move; in the single view of an adjustment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<PendingLeg>,
    /// Who ended it; in the single view.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<PersonId>,
    /// What the ender said; in the single view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// Approvals, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ApprovalsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Approvals.
    pub approvals: Vec<ApprovalView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Approvals a page at a time; with one status when given.
pub async fn approvals(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    status: Option<&str>,
    page: &Page,
) -> Result<ApprovalsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<ApprovalId>(after)?.0,
        None => Uuid::nil(),
    };
    let sql = include_str!("sql/approvals_page.sql");
    let mut rows = match viewer {
        Viewer::All => {
            let fetch = page.fetch();
            client
                .query(sql, &[&log.0, &after, &fetch, &status, &None::<Uuid>])
                .await?
        }
        Viewer::Party(_) => Vec::new(),
    };
    let more = page.cut(&mut rows);
    let approvals: Vec<ApprovalView> = rows.iter().map(view).collect();
    let next = approvals.last().filter(|_| more).map(|row| row.approval.to_string());
    Ok(ApprovalsView {
        position,
        approvals,
        next,
    })
}

/// One approval with what it would do.
pub async fn approval(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: ApprovalId,
) -> Result<ApprovalView, ReportError> {
    if viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    let sql = include_str!("sql/approvals_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &Uuid::nil(), &1_i64, &None::<&str>, &Some(id.0)])
        .await?;
    let mut view = view(&row.ok_or(ReportError::NotFound)?);
    let events = streams::events(client, log, id.into(), i64::MAX).await?;
    let Some(Entity::Approval(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    match state.requested.as_ref().map(|requested| &requested.command) {
        Some(Pending::Adjust { at, reason, legs, .. }) => {
            view.at = Some(*at);
            view.reason = Some(reason.clone());
            let leg = |leg: &crate::ledger::Leg| PendingLeg {
                account: leg.account,
                amount: Money::of(leg.amount, leg.currency),
            };
            view.legs = legs.iter().map(leg).collect();
        }
        // What it takes back is the import, which says so itself.
        Some(Pending::ReverseImport(reversal)) => view.reason = Some(reversal.import.to_string()),
        Some(Pending::BackdateFormula { effective_from, .. }) => view.at = Some(*effective_from),
        Some(Pending::OpenBalances { scope, opening, .. }) => {
            view.at = scope.as_ref().map(|scope| scope.at);
            view.reason = Some(opening.reason.clone());
            let balance = |balance: &OpeningBalance| PendingLeg {
                account: balance.account,
                amount: Money::of(balance.amount, balance.currency),
            };
            view.legs = opening.balances.iter().map(balance).collect();
        }
        // The run says itself what its sheets come to.
        Some(Pending::ApproveRun { run, digest }) => view.reason = Some(format!("{run} {digest}")),
        Some(Pending::ReverseOpening { reason, .. }) => view.reason = Some(reason.clone()),
        None => {}
    }
    if let Some(ended) = &state.ended {
        view.ended_by = Some(ended.by);
        view.remark.clone_from(&ended.remark);
    }
    Ok(view)
}

fn view(row: &Row) -> ApprovalView {
    let status: String = row.get(3);
    let allowed_actions = match status.as_str() {
        "pending" => vec!["approve", "refuse", "withdraw"],
        _ => Vec::new(),
    };
    ApprovalView {
        approval: ApprovalId(row.get(0)),
        kind: row.get(1),
        maker: PersonId(row.get(2)),
        status,
        allowed_actions,
        reason: None,
        at: None,
        legs: Vec::new(),
        ended_by: None,
        remark: None,
    }
}

impl ApprovalsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Approvals at position {}", self.position),
            &["approval", "kind", "maker", "status"],
        );
        for row in &self.approvals {
            table.push([
                row.approval.to_string().into(),
                row.kind.clone().into(),
                row.maker.to_string().into(),
                row.status.clone().into(),
            ]);
        }
        table
    }
}
