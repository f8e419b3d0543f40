//! Receipts of money one by one 回款明细: what came in, what it settles, and a proposal for what it could settle.
//! Must never propose where two bills fit: a person says which.

use std::collections::HashMap;

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::bills::{self, Bill};
use super::page::part;
use super::{At, Money, Page, ReportError, Statement, Viewer, at, position, sql, streams, wire};
use crate::base::{Instant, LogId, Month, PartyId, ReceiptId};
use crate::ledger::{Account, Owner};
use crate::money::{Currency, Minor};

pub(super) const SQL: &[Statement] = &[sql!("money_receipts_page"), sql!("receipt_bills")];

/// A part of a receipt and what it settles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SettledBillView {
    /// Who owed it; absent for a transfer between the owner's own accounts.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Business name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account.
    #[schema(value_type = String)]
    pub account: Account,
    /// The month of the bill.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Month>,
    /// How much.
    pub amount: Money,
}

/// A receipt of money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// Which.
    #[schema(value_type = String)]
    pub receipt: ReceiptId,
    /// Bank, wallet or platform.
    pub source: String,
    /// The owner's own account there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its number of the movement.
    pub flow_no: String,
    /// When the money moved.
    #[schema(value_type = String)]
    pub at: Instant,
    /// How much came in; negative: it was taken back.
    pub amount: Money,
    /// What of it settles nothing yet.
    pub open: Money,
    /// `unmatched`, `part_matched` or `matched`.
    pub state: &'static str,
    /// Who paid, as told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// The teller's own word for what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// What it settles.
    pub bills: Vec<SettledBillView>,
    /// The one open bill of exactly this amount whose party goes by the payer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<SettledBillView>,
    /// What may be done with it now.
    pub allowed_actions: Vec<&'static str>,
}

/// Receipts of money, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReceiptsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Receipts.
    pub receipts: Vec<ReceiptView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Receipts a page at a time; only those not wholly matched, or one, when asked.
pub async fn money_receipts(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (open, one): (bool, Option<ReceiptId>),
    page: &Page,
) -> Result<ReceiptsView, ReportError> {
    if viewer != Viewer::All {
        return Err(ReportError::NotFound);
    }
    let position = position(client, log, At::Now).await?;
    let (from, after) = match page.parts::<2>()? {
        Some([from, after]) => (part::<Instant>(from)?, part::<ReceiptId>(after)?.0),
        None => (Instant::from_utc(chrono::DateTime::UNIX_EPOCH), Uuid::nil()),
    };
    let sql = include_str!("sql/money_receipts_page.sql");
    let mut rows = client
        .query(
            sql,
            &[&log.0, &from.utc(), &after, &page.fetch(), &open, &one.map(|id| id.0)],
        )
        .await?;
    let more = page.cut(&mut rows);
    let mut receipts: Vec<(ReceiptView, Currency, Minor)> = rows.iter().map(view).collect::<Result<_, _>>()?;
    settled(client, log, &mut receipts).await?;
    if receipts.iter().any(|(row, ..)| row.state == "unmatched") {
        let book = streams::book(client, log, position).await?;
        let clock = at::clock(client, log, &book).await?;
        let bills = bills::all(client, log, None, clock).await?;
        propose(&bills, &mut receipts)?;
    }
    let receipts: Vec<ReceiptView> = receipts.into_iter().map(|(row, ..)| row).collect();
    let next = receipts
        .last()
        .filter(|_| more)
        .map(|row| format!("{}~{}", row.at, row.receipt));
    Ok(ReceiptsView {
        position,
        receipts,
        next,
    })
}

fn view(row: &Row) -> Result<(ReceiptView, Currency, Minor), ReportError> {
    let currency = wire::currency(row.get(5))?;
    let (amount, matched) = (Minor(row.get(6)), Minor(row.get(7)));
    let open = amount.minus(matched)?;
    let (state, allowed_actions) = match (matched.is_zero(), open.is_zero()) {
        (true, _) => ("unmatched", vec!["match"]),
        (false, false) => ("part_matched", vec!["match", "unmatch"]),
        (false, true) => ("matched", vec!["unmatch"]),
    };
    let view = ReceiptView {
        receipt: ReceiptId(row.get(0)),
        source: row.get(1),
        account: row.get(2),
        flow_no: row.get(3),
        at: Instant::from_utc(row.get(4)),
        amount: Money::of(amount, currency),
        open: Money::of(open, currency),
        state,
        payer: row.get(8),
        tag: row.get(9),
        memo: row.get(10),
        bills: Vec::new(),
        proposal: None,
        allowed_actions,
    };
    Ok((view, currency, open))
}

/// What each of them settles.
async fn settled(
    client: &Client,
    log: LogId,
    receipts: &mut [(ReceiptView, Currency, Minor)],
) -> Result<(), ReportError> {
    let ids: Vec<Uuid> = receipts.iter().map(|(row, ..)| row.receipt.0).collect();
    let rows = client
        .query(include_str!("sql/receipt_bills.sql"), &[&log.0, &ids])
        .await?;
    let mut bills: HashMap<Uuid, Vec<SettledBillView>> = HashMap::new();
    for row in &rows {
        let account = wire::account(row.get(1), row.get(3))?;
        let period = match row.get::<_, i32>(4) {
            0 => None,
            number => Some(Month::from_number(number).map_err(|_| ReportError::Stored("period"))?),
        };
        bills.entry(row.get(0)).or_default().push(SettledBillView {
            party: match account.owner {
                Owner::Party(party) => Some(party),
                Owner::Book => None,
            },
            name: row.get(2),
            account,
            period,
            amount: Money::of(Minor(row.get(6)), wire::currency(row.get(5))?),
        });
    }
    for (row, ..) in receipts {
        row.bills = bills.remove(&row.receipt.0).unwrap_or_default();
    }
    Ok(())
}

/// Proposes the one open bill of a receipt's amount and payer. Two receipts that fit the same bill are left to a person.
fn propose(bills: &[Bill], receipts: &mut [(ReceiptView, Currency, Minor)]) -> Result<(), ReportError> {
    let mut fits: HashMap<(Currency, Minor), Vec<&Bill>> = HashMap::new();
    for bill in bills.iter().filter(|bill| bill.period.is_some()) {
        let open = bill.open()?;
        if !open.is_zero() {
            fits.entry((bill.currency, open)).or_default().push(bill);
        }
    }
    let mut proposed: HashMap<(Account, Option<Month>), Vec<usize>> = HashMap::new();
    for (index, (row, currency, open)) in receipts.iter_mut().enumerate() {
        let Some(payer) = row.payer.as_deref().map(str::trim).filter(|_| row.state == "unmatched") else {
            continue;
        };
        let named = |bill: &&&Bill| bill.name.as_deref() == Some(payer) || bill.external_id.as_deref() == Some(payer);
        let candidates = fits.get(&(*currency, *open)).into_iter().flatten();
        let found: Vec<&&Bill> = candidates.filter(named).collect();
        if let [bill] = found.as_slice() {
            row.proposal = Some(SettledBillView {
                party: Some(bill.party),
                name: bill.name.clone(),
                account: bill.account,
                period: bill.period,
                amount: Money::of(*open, *currency),
            });
            proposed.entry((bill.account, bill.period)).or_default().push(index);
        }
    }
    for indexes in proposed.values().filter(|indexes| indexes.len() > 1) {
        for index in indexes {
            if let Some((row, ..)) = receipts.get_mut(*index) {
                row.proposal = None;
            }
        }
    }
    Ok(())
}
