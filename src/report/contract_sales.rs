//! What the ledger knows of the sales that a contract is measured by: the lines of its anchor, window and items.
//! Must never decide what counts: it proposes, and both sides may contest each line.

use tokio_postgres::Client;
use uuid::Uuid;

use super::history::histories;
use super::{At, ReportError, position};
use crate::base::{ContractId, LogId};
use crate::domain::contract::event::Sold;
use crate::domain::contract::{Form, Measured};
use crate::domain::order::LineStatus;
use crate::domain::world::Entity;
use crate::money::{Currency, Minor};

/// One line more than a result may have.
const MOST: i64 = 2_001;

/// The lines of a contract's window as they stand, with the position that they were read at. A closed line, and one that
/// is not paid, stands there without being counted; sales are goods paid, less goods refunded unless measured gross.
pub async fn contract_sales(client: &Client, log: LogId, id: ContractId) -> Result<(Vec<Sold>, i64), ReportError> {
    let position = position(client, log, At::Now).await?;
    let events = super::streams::events(client, log, id.into(), position).await?;
    let Some(Entity::Contract(state)) = super::streams::fold(&events) else {
        return Err(ReportError::NotFound);
    };
    let terms = state.terms().ok_or(ReportError::NotFound)?;
    let measured = match &terms.form {
        Form::Guarantee { guarantee } => &guarantee.measured,
        Form::Hosted { hosted } => &hosted.measured,
        _ => return Ok((Vec::new(), position)),
    };
    let Some(anchor) = state.anchor else {
        return Ok((Vec::new(), position));
    };
    let items: Vec<Uuid> = measured.items.iter().map(|item| item.0).collect();
    let sql = include_str!("sql/contract_sales.sql");
    let (from, to) = (measured.from.utc(), measured.to.utc());
    let rows = client
        .query(sql, &[&log.0, &anchor.uuid(), &from, &to, &items, &MOST, &position])
        .await?;
    let lines = histories(log, &rows)?;
    let sold = lines
        .iter()
        .filter_map(|history| sold(history, measured, terms.currency));
    Ok((sold.collect(), position))
}

fn sold(history: &super::history::History, measured: &Measured, currency: Currency) -> Option<Sold> {
    let state = &history.state;
    if state.currency() != Some(currency) {
        return None;
    }
    let account = state.about().account.as_ref().map(|account| account.as_str());
    let named = measured.accounts.iter().any(|one| Some(one.as_str()) == account);
    if !measured.accounts.is_empty() && !named {
        return None;
    }
    let story = state.story();
    let paid = story.paid_goods().unwrap_or_default();
    let refunds = story
        .refunds
        .iter()
        .filter(|_| !measured.gross)
        .map(|refund| refund.goods);
    let refunded = Minor::sum(refunds).unwrap_or_default();
    let counted = matches!(
        state.status(),
        LineStatus::Paid | LineStatus::Received | LineStatus::Settled
    );
    Some(Sold {
        line: history.line,
        amount: Minor(paid.0.saturating_sub(refunded.0).max(0)),
        counted,
    })
}
