//! Cut-overs 期初建账: their openings, and what the cut-over account still holds, and of what.
//! Must never be shown to a party: they are the book's own.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{At, Cell, Money, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{CutoverId, Instant, LogId, Zone};
use crate::domain::book::CutOver;
use crate::domain::cutover::{CutoverState, Standing};
use crate::domain::world::Entity;
use crate::ledger::{AccountKind, Owner};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("cutover_held")];

/// An opening of a cut-over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OpeningView {
    /// 1, 2, 3, …
    pub number: u32,
    /// Why, or where it comes from.
    pub reason: String,
    /// How many balances it has.
    pub balances: usize,
    /// How many payees' years.
    pub payees: usize,
    /// SHA-256 of the file of unsettled lines that was agreed to with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_sha256: Option<String>,
    /// It was taken back.
    pub reversed: bool,
}

/// A cut-over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CutoverView {
    /// Which.
    #[schema(value_type = String)]
    pub cutover: CutoverId,
    /// Start of the day from which these books count.
    #[schema(value_type = String)]
    pub at: Instant,
    /// Only for this platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Only for this account of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its openings.
    pub openings: Vec<OpeningView>,
}

/// What stands against the cut-over account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct HeldView {
    /// `anchor:available`, …; `book:cutover` is the account itself, which must reach zero.
    pub accounts: String,
    /// Brought over in all.
    pub amount: Money,
}

/// Every cut-over of the book.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CutoversView {
    /// The position it reflects.
    pub position: i64,
    /// The cut-over account is at zero in every currency.
    pub complete: bool,
    /// Cut-overs, in order of approval.
    pub cutovers: Vec<CutoverView>,
    /// What the cut-over account holds, and of what.
    pub held: Vec<HeldView>,
    /// Zone of the book: a cut-over is at the start of a day in it.
    #[schema(value_type = String)]
    pub zone: Zone,
}

/// Every cut-over, with what the cut-over account still holds.
pub async fn cutovers(client: &Client, log: LogId, viewer: Viewer, at: At) -> Result<CutoversView, ReportError> {
    if viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let mut cutovers = Vec::with_capacity(book.cut_overs.len());
    for known in &book.cut_overs {
        cutovers.push(view(client, log, known, position).await?);
    }
    let ids: Vec<Uuid> = book.cut_overs.iter().map(|known| known.cutover.0).collect();
    let rows = client
        .query(include_str!("sql/cutover_held.sql"), &[&log.0, &position, &ids])
        .await?;
    let mut held = Vec::with_capacity(rows.len());
    let mut complete = true;
    for row in &rows {
        let kind = AccountKind::from_code(row.get(1)).ok_or(ReportError::Stored("account"))?;
        let currency: Currency = wire::currency(row.get(2))?;
        let amount = Minor(row.get(3));
        complete &= kind != AccountKind::Cutover || amount.is_zero();
        held.push(HeldView {
            accounts: format!("{}:{}", owner_word(row.get(0))?, kind.word()),
            amount: Money::of(amount, currency),
        });
    }
    Ok(CutoversView {
        position,
        complete,
        cutovers,
        held,
        zone: book.opened.zone,
    })
}

fn owner_word(tag: i32) -> Result<&'static str, ReportError> {
    let mut bytes = [0_u8; 16];
    bytes[0] = u8::try_from(tag).map_err(|_| ReportError::Stored("owner"))?;
    Ok(match wire::owner(Uuid::from_bytes(bytes))? {
        Owner::Book => "book",
        Owner::Party(party) => party.kind().word(),
    })
}

async fn view(client: &Client, log: LogId, known: &CutOver, position: i64) -> Result<CutoverView, ReportError> {
    let events = streams::events(client, log, known.cutover.into(), position).await?;
    let state = match streams::fold(&events) {
        Some(Entity::Cutover(state)) => CutoverState::clone(&state),
        _ => CutoverState::default(),
    };
    let text = |id: &Option<crate::base::ExternalId>| id.as_ref().map(ToString::to_string);
    Ok(CutoverView {
        cutover: known.cutover,
        at: known.at,
        platform: text(&known.platform),
        account: text(&known.account),
        openings: state.openings.iter().map(opening).collect(),
    })
}

fn opening(standing: &Standing) -> OpeningView {
    let told = &standing.posted.opening;
    OpeningView {
        number: standing.posted.number,
        reason: told.reason.clone(),
        balances: told.balances.len(),
        payees: told.payees.len(),
        lines_sha256: told.lines.as_ref().map(|lines| lines.sha256.clone()),
        reversed: standing.reversed,
    }
}

impl CutoversView {
    /// As a table: what the cut-over account holds, and of what.
    pub fn table(&self) -> Table {
        let verdict = if self.complete {
            "complete 已平"
        } else {
            "not complete 未平"
        };
        let mut table = Table::new(
            format!("Cut-over 期初建账 at position {}: {verdict}", self.position),
            &["accounts", "amount", "currency"],
        );
        for held in &self.held {
            table.push([
                held.accounts.clone().into(),
                Cell::from(&held.amount),
                held.amount.currency.as_str().into(),
            ]);
        }
        table
    }
}
