//! Rows of suppliers as reported, of offers and of quotes: what their lists and look-ups need.
//! Must never hold terms or what a quote says: those are read from the events.

use super::{OfferRow, QuoteRow, Rows, SupplierRow};
use crate::base::PartyId;
use crate::domain::offer::{Freight, Note, OfferState, QuoteState};
use crate::domain::stream::StreamId;
use crate::domain::supplier::{Score, SupplierState};
use crate::money::Rate;

fn score(score: Option<Score>) -> Option<i16> {
    score.and_then(|score| i16::try_from(score.hundredths()).ok())
}

fn rate(rate: Option<Rate>) -> Option<i32> {
    rate.and_then(|rate| i32::try_from(rate.ppm()).ok())
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn units(units: u32) -> i32 {
    i32::try_from(units).unwrap_or(i32::MAX)
}

pub(super) fn supplier(state: &SupplierState, position: i64, rows: &mut Rows) {
    let Some(told) = &state.reported else { return };
    let scores = &told.scores;
    rows.suppliers.push(SupplierRow {
        supplier: told.supplier.uuid(),
        source: told.source.as_str().to_owned(),
        member_no: told.member_no.clone(),
        composite: score(scores.composite),
        logistics: score(scores.logistics),
        dispute: score(scores.dispute),
        offer_score: score(scores.offer),
        after_sales: score(scores.after_sales),
        consulting: score(scores.consulting),
        medal: scores.medal.map(i16::from),
        repurchase_ppm: rate(scores.repurchase_ppm),
        collected_48h_ppm: rate(scores.collected_48h_ppm),
        quality_refund_ppm: rate(scores.quality_refund_ppm),
        member_years: scores.member_years.map(i16::from),
        reported_at: told.reported_at.utc(),
        position,
    });
}

pub(super) fn offer(stream: StreamId, state: &OfferState, position: i64, rows: &mut Rows) {
    let Some(terms) = &state.terms else { return };
    let prices = terms.prices();
    let figures = state.figures.map(|(_, figures)| figures).unwrap_or_default();
    let notes: Vec<&str> = terms.notes.iter().copied().map(Note::word).collect();
    rows.offers.push(OfferRow {
        offer: stream.id,
        source: terms.source.as_str().to_owned(),
        product_no: terms.product_no.as_str().to_owned(),
        supplier: terms.supplier.map(PartyId::uuid),
        subject: terms.subject.as_str().to_owned(),
        other_subject: terms.other_subject.as_ref().map(|subject| subject.as_str().to_owned()),
        category: terms.category.join("/"),
        place: terms.place.clone(),
        status: state.status.word().to_owned(),
        version: units(state.version),
        currency: terms.currency.code().to_owned(),
        low: prices.map(|range| range.low.0),
        high: prices.map(|range| range.high.0),
        unit: terms.unit.clone(),
        min_order: units(terms.min_order),
        mixed: terms.mixed,
        dropship: terms.dropship(),
        seller_pays: terms.freight == Freight::SellerPays,
        ships_within_h: terms.ships_within_h.and_then(|hours| i16::try_from(hours).ok()),
        sold: figures.sold.map(count),
        sold_days: figures.sold_days.and_then(|days| i16::try_from(days).ok()),
        orders: figures.orders.map(count),
        score: score(figures.score),
        repurchase_ppm: rate(figures.repurchase_ppm),
        notes: notes.join(" "),
        position,
    });
}

pub(super) fn quote(stream: StreamId, state: &QuoteState, position: i64, rows: &mut Rows) {
    let Some(given) = &state.given else { return };
    rows.quotes.push(QuoteRow {
        quote: stream.id,
        offer: given.offer.0,
        version: units(given.version),
        buyer: given.buyer.map(PartyId::uuid),
        kind: given.kind.word().to_owned(),
        currency: given.currency.code().to_owned(),
        quantity: units(given.priced.quantity),
        total: given.priced.total.0,
        valid_until: given.valid_until.utc(),
        used_for: state.used_for.as_ref().map(|id| id.as_str().to_owned()),
        position,
    });
}
