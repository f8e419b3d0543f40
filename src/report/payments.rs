//! Payments made outside 线下付款: who was paid, by which way and reference, and what came back.
//! Must never show a party another's payments.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{FileId, LogId, PartyId, PaymentId};
use crate::domain::world::Entity;
use crate::money::Minor;

pub(super) const SQL: &[Statement] = &[sql!("payments_page")];

/// A payment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PaymentView {
    /// Which.
    #[schema(value_type = String)]
    pub payment: PaymentId,
    /// Who was paid.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// Business name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How much.
    pub amount: Money,
    /// The part of it that was an advance 预支.
    pub advance: Money,
    /// bank, alipay, wechat, platform, cash or other.
    pub channel: String,
    /// The way's own number.
    pub reference: String,
    /// The day.
    pub paid_on: String,
    /// The day it came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_on: Option<String>,
    /// `recorded` or `returned`.
    pub status: &'static str,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What may be asked for now.
    pub allowed_actions: Vec<&'static str>,
    /// Vouchers, by SHA-256; in the single view.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vouchers: Vec<FileId>,
    /// Why it came back; in the single view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_reason: Option<String>,
}

/// Payments, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PaymentsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Payments.
    pub payments: Vec<PaymentView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Payments a page at a time; of one party when given.
pub async fn payments(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    party: Option<PartyId>,
    page: &Page,
) -> Result<PaymentsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<PaymentId>(after)?.0,
        None => Uuid::nil(),
    };
    let of = viewer.party().or(party).map(PartyId::uuid);
    let sql = include_str!("sql/payments_page.sql");
    let mut rows = client
        .query(sql, &[&log.0, &after, &page.fetch(), &of, &None::<Uuid>])
        .await?;
    let more = page.cut(&mut rows);
    let payments: Vec<PaymentView> = rows.iter().map(view).collect::<Result<_, _>>()?;
    let next = payments.last().filter(|_| more).map(|row| row.payment.to_string());
    Ok(PaymentsView {
        position,
        payments,
        next,
    })
}

/// One payment with its vouchers.
pub async fn payment(client: &Client, log: LogId, viewer: Viewer, id: PaymentId) -> Result<PaymentView, ReportError> {
    let of = viewer.party().map(PartyId::uuid);
    let sql = include_str!("sql/payments_page.sql");
    let row = client
        .query_opt(sql, &[&log.0, &Uuid::nil(), &1_i64, &of, &Some(id.0)])
        .await?;
    let mut view = view(&row.ok_or(ReportError::NotFound)?)?;
    let events = streams::events(client, log, id.into(), i64::MAX).await?;
    if let Some(Entity::Payment(state)) = streams::fold(&events) {
        if let Some(recorded) = &state.recorded {
            view.vouchers.clone_from(&recorded.terms.vouchers);
        }
        view.return_reason = state.returned.as_ref().map(|back| back.terms.reason.clone());
    }
    Ok(view)
}

fn view(row: &Row) -> Result<PaymentView, ReportError> {
    let currency = wire::currency(row.get(3))?;
    let returned_on: Option<String> = row.get(9);
    let (status, allowed_actions) = match returned_on {
        Some(_) => ("returned", Vec::new()),
        None => ("recorded", vec!["return"]),
    };
    Ok(PaymentView {
        payment: PaymentId(row.get(0)),
        party: wire::party(row.get(1))?,
        name: row.get(2),
        amount: Money::of(Minor(row.get(4)), currency),
        advance: Money::of(Minor(row.get(5)), currency),
        channel: row.get(6),
        reference: row.get(7),
        paid_on: row.get(8),
        returned_on,
        status,
        note: row.get(10),
        allowed_actions,
        vouchers: Vec::new(),
        return_reason: None,
    })
}

impl PaymentsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Payments made outside 线下付款 at position {}", self.position),
            &[
                "payment",
                "party",
                "name",
                "amount",
                "advance",
                "currency",
                "channel",
                "reference",
                "paid on",
                "returned on",
                "note",
            ],
        );
        for row in &self.payments {
            table.push([
                row.payment.to_string().into(),
                row.party.to_string().into(),
                row.name.clone().into(),
                Cell::from(&row.amount),
                Cell::from(&row.advance),
                row.amount.currency.as_str().into(),
                row.channel.clone().into(),
                row.reference.clone().into(),
                row.paid_on.clone().into(),
                row.returned_on.clone().into(),
                row.note.clone().into(),
            ]);
        }
        table
    }
}
