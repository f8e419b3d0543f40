//! Explain any cent: from money to legs, events, bases, split steps with their rounding, rule, click, contract, formula.
//! Must never smooth over a difference: what the facts give and what was posted are compared, and a gap is shouted.

mod contracts;
mod evidence;
mod money;
mod node;
mod shares;

pub use super::reason::Lang;
pub use node::Node;

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::history::{self, Calendar, History, history as load};
use super::streams::Stored;
use super::{At, Money, ReportError, Statement, Viewer, position, reason, sql, streams};
use crate::base::{ContractId, LineId, LogId};
use crate::domain::event::Event;
use crate::domain::share::ShareEvent;
use crate::domain::stream::Slice;
use crate::ledger::Account;

pub(super) const SQL: &[Statement] = &[sql!("click_found")];

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
    evidence::all(client, log, viewer, &history, book, position, &mut root).await?;
    Ok(ExplainView {
        position,
        line: Some(line),
        consistent,
        root,
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
    if account.party().is_none_or(|party| !viewer.sees(party)) && viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    super::position(client, log, At::Position(position)).await?;
    let stored = streams::event_at(client, log, position).await?;
    let moved: Vec<_> = history::legs(&stored.event)
        .iter()
        .filter(|leg| leg.account == account)
        .copied()
        .collect();
    if moved.is_empty() {
        return Err(ReportError::NotFound);
    }
    let amounts: Vec<String> = moved
        .iter()
        .map(|leg| {
            format!(
                "{} {} {}",
                leg.layer.word(),
                leg.amount.display(leg.currency),
                leg.currency
            )
        })
        .collect();
    let amounts = amounts.join(", ");
    let mut root = Node::new(
        "leg",
        format!("{} moved {account} by {amounts} at position {position}", stored.kind),
        format!("{} 在位置 {position} 使 {account} 变动 {amounts}", stored.kind),
    )
    .refer(stored.placed.id);
    if let [leg] = moved.as_slice() {
        root = root.with(Money::of(leg.amount, leg.currency));
    }
    if let Some(node) = of_no_line(&stored, viewer) {
        root.push(node);
    }
    if stored.slice != Slice::Line.code() {
        return Ok(ExplainView {
            position,
            line: None,
            consistent: true,
            root,
        });
    }
    let line = LineId(stored.stream);
    let history = load(client, log, line, position).await?;
    let calendar = Calendar::load(client, log, position).await?;
    let book = &calendar.book;
    let currency = history.currency(book);
    let eyes = account.party().map_or(viewer, Viewer::Party);
    root.push(money::balance_of(&history, account, &moved)?);
    root.push(money::events(&history, &calendar, eyes, |event| {
        event.placed.position == position
    })?);
    let (consistent, check) = money::check(&history, viewer, currency)?;
    root.push(check);
    evidence::all(client, log, viewer, &history, book, position, &mut root).await?;
    Ok(ExplainView {
        position,
        line: Some(line),
        consistent,
        root,
    })
}

/// Where an entry comes from that no line posted.
fn of_no_line(stored: &Stored, viewer: Viewer) -> Option<Node> {
    match &stored.event {
        Event::Adjustment(adjustment) => Some(evidence::adjustment(adjustment, viewer)),
        Event::Share(ShareEvent::TruedUp(event)) => Some(shares::true_up(event, viewer)),
        Event::Contract(event) => Some(contracts::entry(ContractId(stored.stream), event, viewer)),
        _ => None,
    }
}

fn names(history: &History) -> (String, String) {
    let text = |id: Option<&crate::base::ExternalId>| id.map(ToString::to_string).unwrap_or_default();
    (text(history.state.platform()), text(history.state.line_no()))
}
