//! Explain any cent: a line, a leg, a balance, a month's cell, the difference of two moments; down to events, bases, split
//! steps with their rounding, rule, click, contract, formula.
//! Must never smooth over a difference: what the facts give and what was posted are compared, and a gap is shouted.

mod account;
mod closing;
mod contracts;
mod evidence;
mod fold;
mod leaf;
mod money;
mod node;
mod purchases;
mod shares;

pub use super::reason::Lang;
pub(super) use account::moments;
pub use account::{explain_balance, explain_difference, explain_month, explain_sheet};
pub use fold::{Fold, FoldBy};
pub use node::Node;
pub use purchases::explain_purchase;

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use self::evidence::Proof;
use self::leaf::Leaves;
use super::history::{Calendar, History, history as load};
use super::{At, ReportError, Statement, Viewer, position, reason, sql};
use crate::base::{LineId, LogId};
use crate::ledger::Account;

pub(super) const SQL: &[Statement] = &[
    sql!("clicks_found"),
    sql!("explain_approvals"),
    sql!("explain_events"),
    sql!("explain_groups"),
    sql!("explain_leaves"),
    sql!("explain_lines"),
];

/// An explanation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ExplainView {
    /// The position it reflects.
    pub position: i64,
    /// The line explained.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// What the facts give equals what was posted.
    pub consistent: bool,
    /// The tree, from money to facts.
    pub root: Node,
    /// Cursor of the next events to be opened; the tree of every page adds up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl ExplainView {
    /// As an indented text.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        self.root.write(lang, 0, &mut out);
        out
    }
}

/// Explains a line as it stood at a position.
pub async fn explain_line(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    line: LineId,
    at: At,
) -> Result<ExplainView, ReportError> {
    let position = position(client, log, at).await?;
    let history = load(client, log, line, position).await?;
    if !super::lines::takes_part(&history, viewer) {
        return Err(ReportError::NotFound);
    }
    let calendar = Calendar::load(client, log, position).await?;
    let book = &calendar.book;
    let why = reason::why_line(&history, book, viewer)?;
    let (platform, line_no) = names(&history);
    let mut root = Node::new(
        "line",
        format!("Line {line_no} of {platform}: {}", why.en),
        format!("{platform} 子订单 {line_no}：{}", why.zh),
    )
    .refer(line);
    root.push(money::holdings(&history, viewer, history.currency(book))?);
    root.push(money::events(&history, &calendar, viewer, |_| true)?);
    let (consistent, check) = money::check(&history, viewer, history.currency(book))?;
    root.push(check);
    let proof = Proof::load(client, log, history.pin().map(|pin| &**pin).into_iter(), position).await?;
    evidence::all(viewer, &history, book, &proof, &mut root);
    if let Some(matched) = evidence::matched(client, log, &history, book, position).await? {
        root.push(matched);
    }
    Ok(ExplainView {
        position,
        line: Some(line),
        consistent,
        root,
        next: None,
    })
}

/// Explains what the event at a position moved on one account.
pub async fn explain_leg(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    position: i64,
    account: Account,
) -> Result<ExplainView, ReportError> {
    may_see(viewer, account)?;
    super::position(client, log, At::Position(position)).await?;
    let leaves = Leaves::load(client, log, &[position], position).await?;
    let leaf = leaves.leg(viewer, account, position)?;
    Ok(ExplainView {
        position,
        line: leaf.line,
        consistent: leaf.consistent,
        root: leaf.node,
        next: None,
    })
}

/// Accounts of the book itself are shown to a viewer of everything only.
fn may_see(viewer: Viewer, account: Account) -> Result<(), ReportError> {
    if viewer.sees_account(account) {
        Ok(())
    } else {
        Err(ReportError::NotFound)
    }
}

fn names(history: &History) -> (String, String) {
    let text = |id: Option<&crate::base::ExternalId>| id.map(ToString::to_string).unwrap_or_default();
    (text(history.state.platform()), text(history.state.line_no()))
}
