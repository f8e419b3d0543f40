//! Rows of purchases with their lines, and of samples: what their lists and reports need, and running deadlines.
//! Must never hold terms: those are read from the events.

use super::{PurchaseLineRow, PurchaseRow, Rows, SampleRow, TimerRow};
use crate::base::{Instant, PartyId};
use crate::domain::purchase::PurchaseState;
use crate::domain::sample::SampleState;
use crate::domain::stream::StreamId;
use crate::money::MoneyError;
use crate::store::error::{Error, Result};

fn money(error: MoneyError) -> Error {
    Error::data(error.to_string())
}

pub(super) fn purchase(stream: StreamId, state: &PurchaseState, position: i64, rows: &mut Rows) -> Result<()> {
    rows.timed.push(stream.id);
    if let Some((timer, due)) = state.timer {
        rows.timers.push(TimerRow {
            timer: timer.0,
            slice: stream.slice.code(),
            stream: stream.id,
            due: due.utc(),
        });
    }
    let Some(order) = &state.order else { return Ok(()) };
    let at = |when: Option<Instant>| when.map(Instant::utc);
    let bill = state.bill.as_ref();
    let billed = bill
        .map(|bill| bill.goods.plus(bill.freight))
        .transpose()
        .map_err(money)?;
    let firsts = state.firsts;
    rows.purchases.push(PurchaseRow {
        purchase: stream.id,
        external_id: order.external_id.as_ref().map(ToString::to_string),
        source: order.source.to_string(),
        order_no: order.order_no.as_ref().map(ToString::to_string),
        kind: order.kind.word().to_owned(),
        phase: state.phase().word().to_owned(),
        buyer: order.buyer.map(PartyId::uuid),
        supplier: order.supplier.uuid(),
        pays: order.pays.word().to_owned(),
        currency: order.currency.code().to_owned(),
        cost: state.cost().map_err(money)?.0,
        due: state.due().map_err(money)?.0,
        paid: state.paid.0,
        repaid: state.repaid.0,
        sold: state.sale().map_err(money)?.0,
        charges: state.charges(false).map_err(money)?.0,
        margin: state.margin().map_err(money)?.0,
        bill_no: bill.map(|bill| bill.number.to_string()),
        billed: billed.map(|billed| billed.0),
        accrued: bill.map(|bill| bill.accrued.0),
        corrected: state.corrections.0,
        ordered_at: firsts.ordered.map_or_else(Default::default, Instant::utc),
        paid_at: at(firsts.paid),
        shipped_at: at(firsts.shipped),
        received_at: at(firsts.received),
        complained_at: at(firsts.complained),
        refunded_at: at(firsts.refunded),
        pay_by: state.timer.map(|(_, due)| due.utc()),
        position,
    });
    lines(stream, state, position, rows).map_err(money)
}

fn lines(
    stream: StreamId,
    state: &PurchaseState,
    position: i64,
    rows: &mut Rows,
) -> std::result::Result<(), MoneyError> {
    let margins = state.line_margins()?;
    let lines = state.order.iter().flat_map(|order| &order.lines);
    for (((line, progress), margin), nth) in lines.zip(&state.lines).zip(margins).zip(0_i32..) {
        rows.purchase_lines.push(PurchaseLineRow {
            purchase: stream.id,
            nth,
            name: line.name.clone(),
            product: line.product.map(|product| product.0),
            offer: line.offer.as_ref().map(|from| from.offer.0),
            sku: line
                .offer
                .as_ref()
                .and_then(|from| from.sku.as_ref())
                .map(ToString::to_string),
            order_line: line.order_line.map(|id| id.0),
            quantity: i64::from(line.quantity),
            goods: line.goods()?.0,
            refunded: progress.refunded.0,
            sold: line.sold.filter(|_| state.sold.is_some()).unwrap_or_default().0,
            back: progress.back.0,
            margin: margin.0,
            shipped: i64::from(progress.shipped),
            received: i64::from(progress.received),
            rejected: i64::from(progress.rejected),
            refunded_units: i64::from(progress.refunded_units),
            back_units: i64::from(progress.back_units),
            position,
        });
    }
    Ok(())
}

pub(super) fn sample(stream: StreamId, state: &SampleState, position: i64, rows: &mut Rows) {
    for round in &state.rounds {
        rows.samples.push(SampleRow {
            sample: stream.id,
            number: i32::try_from(round.asked.number).unwrap_or(i32::MAX),
            holder: round.asked.holder.uuid(),
            provider: round.asked.provider.uuid(),
            item: round.asked.item.map(|item| item.0),
            offer: round.asked.offer.map(|offer| offer.0),
            name: round.asked.name.clone(),
            units: i64::from(round.asked.units),
            standing: round.standing.word().to_owned(),
            currency: round.terms.currency.code().to_owned(),
            deposit: round.terms.deposit.0,
            loss_price: round.terms.loss_price.0,
            charged: round.charged.0,
            asked_at: round.at.utc(),
            sent_at: round.sent_at.map(Instant::utc),
            return_by: round.terms.return_by.map(Instant::utc),
            position,
        });
    }
}
