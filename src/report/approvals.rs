//! Approvals: commands that wait, or waited, for other persons; and the inbox of one of them.
//! Must never be shown to a party: they are the book's own.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::pending::{Detail, details};
use super::{At, Money, Page, ReportError, Statement, Table, Viewer, at, position, sql, streams};
use crate::base::{ApprovalId, FileId, Instant, LogId, PartyId, PersonId};
use crate::domain::approval::ApprovalEvent;
use crate::domain::command::Pending;
use crate::domain::event::Event;
use crate::domain::person::Role;
use crate::domain::world::Entity;
use crate::ledger::Account;

pub(super) const SQL: &[Statement] = &[sql!("approvals_page")];

/// One leg of an entry that waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PendingLeg {
    /// The account.
    #[schema(value_type = String)]
    pub account: Account,
    /// `+` credit, `-` debit.
    pub amount: Money,
}

/// One person's agreement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AgreedView {
    /// Who.
    #[schema(value_type = String)]
    pub by: PersonId,
    /// As substitute of whom.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// An approval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    /// Which.
    #[schema(value_type = String)]
    pub approval: ApprovalId,
    /// Kind of the command, such as `adjust`, `pay`, `write_off`, `freeze`, `approve_run` or `set_policy`.
    pub kind: String,
    /// Who asked.
    #[schema(value_type = String)]
    pub maker: PersonId,
    /// `pending`, `approved`, `refused`, `withdrawn`.
    pub status: String,
    /// What the caller may do with it now.
    pub allowed_actions: Vec<&'static str>,
    /// For whom the caller may decide: itself, or one who named it a substitute.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decide_as: Vec<PersonId>,
    /// How much it moves, per currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<Money>,
    /// Whose money it is about.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String)]
    pub requested_at: Instant,
    /// How long ago, in seconds.
    pub age_seconds: i64,
    /// How many persons beside the maker must agree.
    pub approvers: i16,
    /// Roles that each of them has one of; any when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Business time; in the single view.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// What would move; in the single view of an entry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<PendingLeg>,
    /// Everything else that is agreed to, by name; in the single view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Files that show it; in the single view.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
    /// Who agreed before the one who ended it; in the single view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agreed: Vec<AgreedView>,
    /// Who ended it; in the single view.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<PersonId>,
    /// As substitute of whom; in the single view.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_on_behalf_of: Option<PersonId>,
    /// What the ender said; in the single view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// Approvals, oldest first.
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

/// Which approvals, and who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ApprovalFilter<'a> {
    /// With this status.
    pub status: Option<&'a str>,
    /// Only what the person may decide now.
    pub inbox: bool,
    /// The person with its role; none: nobody in particular.
    pub person: Option<(PersonId, Role)>,
}

struct Ask<'a> {
    filter: ApprovalFilter<'a>,
    after: Uuid,
    limit: i64,
    one: Option<Uuid>,
}

async fn select(client: &Client, log: LogId, position: i64, ask: Ask<'_>) -> Result<Vec<Row>, ReportError> {
    let book = streams::book(client, log, position).await?;
    let filter = ask.filter;
    let person = filter.person.map(|(person, _)| person.0);
    let role = filter.person.map(|(_, role)| role.word());
    let now = at::clock(client, log, &book).await?.map(Instant::utc);
    let rows = client
        .query(
            include_str!("sql/approvals_page.sql"),
            &[
                &log.0,
                &ask.after,
                &ask.limit,
                &filter.status,
                &ask.one,
                &person,
                &role,
                &now,
                &filter.inbox,
            ],
        )
        .await?;
    Ok(rows)
}

/// Approvals a page at a time.
pub async fn approvals(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: ApprovalFilter<'_>,
    page: &Page,
) -> Result<ApprovalsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<ApprovalId>(after)?.0,
        None => Uuid::nil(),
    };
    let mut rows = match viewer {
        Viewer::All => {
            let ask = Ask {
                filter,
                after,
                limit: page.fetch(),
                one: None,
            };
            select(client, log, position, ask).await?
        }
        Viewer::Party(_) => Vec::new(),
    };
    let more = page.cut(&mut rows);
    let person = filter.person.map(|(person, _)| person);
    let approvals = rows.iter().map(|row| Ok(view(row, person)?.0));
    let approvals: Vec<ApprovalView> = approvals.collect::<Result<_, ReportError>>()?;
    let next = approvals.last().filter(|_| more).map(|row| row.approval.to_string());
    Ok(ApprovalsView {
        position,
        approvals,
        next,
    })
}

/// One approval with everything that it would do.
pub async fn approval(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    person: Option<(PersonId, Role)>,
    id: ApprovalId,
) -> Result<ApprovalView, ReportError> {
    if viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, At::Now).await?;
    let ask = Ask {
        filter: ApprovalFilter {
            person,
            ..ApprovalFilter::default()
        },
        after: Uuid::nil(),
        limit: 1,
        one: Some(id.0),
    };
    let rows = select(client, log, position, ask).await?;
    let row = rows.first().ok_or(ReportError::NotFound)?;
    let (mut view, command) = view(row, person.map(|(person, _)| person))?;
    details(&command, &mut view);
    let events = streams::events(client, log, id.into(), i64::MAX).await?;
    let Some(Entity::Approval(state)) = streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let agreed = |agreed: &crate::domain::approval::ApprovalAgreed| AgreedView {
        by: agreed.by,
        on_behalf_of: agreed.on_behalf_of,
        remark: agreed.remark.clone(),
    };
    view.agreed = state.agreed.iter().map(agreed).collect();
    if let Some(ended) = &state.ended {
        view.ended_by = Some(ended.by);
        view.ended_on_behalf_of = ended.on_behalf_of;
        view.remark.clone_from(&ended.remark);
    }
    Ok(view)
}

fn view(row: &Row, person: Option<PersonId>) -> Result<(ApprovalView, Pending), ReportError> {
    let status: String = row.get(3);
    let maker = PersonId(row.get(2));
    let seats: Vec<Uuid> = row.get(10);
    let allowed_actions = match (status.as_str(), person) {
        ("pending", Some(person)) if person == maker => vec!["withdraw"],
        ("pending", Some(_)) if !seats.is_empty() => vec!["approve", "refuse"],
        ("pending", None) => vec!["approve", "refuse", "withdraw"],
        _ => Vec::new(),
    };
    let Event::Approval(ApprovalEvent::Requested(requested)) = Event::decode("approval.requested", 1, row.get(7))?
    else {
        return Err(ReportError::Stored("approval"));
    };
    let command = requested.command;
    let amounts = command.amounts();
    let roles: String = row.get(5);
    let mut view = ApprovalView {
        approval: ApprovalId(row.get(0)),
        kind: row.get(1),
        maker,
        status,
        allowed_actions,
        decide_as: seats.into_iter().map(PersonId).collect(),
        amounts: amounts
            .into_iter()
            .map(|(currency, amount)| Money::of(amount, currency))
            .collect(),
        party: None,
        reason: None,
        requested_at: Instant::from_utc(row.get(8)),
        age_seconds: row.get(9),
        approvers: row.get(4),
        roles: roles.split_whitespace().map(str::to_owned).collect(),
        at: None,
        legs: Vec::new(),
        details: Vec::new(),
        files: Vec::new(),
        agreed: Vec::new(),
        ended_by: None,
        ended_on_behalf_of: None,
        remark: None,
    };
    super::pending::summary(&command, &mut view);
    Ok((view, command))
}

impl ApprovalsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Approvals 审批 at position {}", self.position),
            &[
                "approval",
                "kind",
                "amount",
                "maker",
                "status",
                "approvers",
                "requested at",
                "age (hours)",
                "reason",
            ],
        );
        for row in &self.approvals {
            let amounts: Vec<String> = row
                .amounts
                .iter()
                .map(|money| format!("{} {}", money.amount, money.currency))
                .collect();
            table.push([
                row.approval.to_string().into(),
                row.kind.clone().into(),
                amounts.join(", ").into(),
                row.maker.to_string().into(),
                row.status.clone().into(),
                i64::from(row.approvers).into(),
                row.requested_at.to_string().into(),
                (row.age_seconds / 3_600).into(),
                row.reason.clone().into(),
            ]);
        }
        table
    }
}
