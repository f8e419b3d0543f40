//! What the ledger knows of anchors: sales by month, category and price band, and clicks with the lines that they won.
//! Must never read more than a line before and after a batch: what lies between is what the sums change by.
//!
//! Sums are added to like totals. Folding a log from nothing adds each line once, as it stands at the end.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{AnchorClickRow, AnchorClicks, AnchorSaleRow, AnchorSales};
use crate::base::{PartyId, PartyKind, Zone};
use crate::domain::order::pin::Basis;
use crate::domain::order::{LineState, Manner};
use crate::domain::world::{Entity, Known};
use crate::money::{Currency, Minor};

/// Lower bounds of the price bands after the first, in whole units of a currency.
const BOUNDS: [i64; 9] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/// The band of the price of one unit; the bound itself is in the band above it.
pub fn band_of(price: Minor, currency: Currency) -> i16 {
    let unit = 10_i64.saturating_pow(currency.digits());
    let below = BOUNDS.iter().filter(|bound| price.0 >= bound.saturating_mul(unit));
    i16::try_from(below.count()).unwrap_or(i16::MAX)
}

type SaleKey = (String, i32, Uuid, i16, String, String);

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sold {
    lines: i64,
    paid: i64,
    refunded: i64,
}

/// What is added to sales and clicks of anchors, each key once: an upsert must not meet a row twice.
#[derive(Clone, Debug, Default)]
pub struct AnchorDeltas {
    sales: BTreeMap<SaleKey, Sold>,
    clicks: BTreeMap<Uuid, (i64, i64)>,
}

impl AnchorDeltas {
    /// Adds a click on somebody's link.
    pub fn clicked(&mut self, promoter: PartyId) {
        if promoter.kind() == PartyKind::Anchor {
            self.clicks.entry(promoter.uuid()).or_default().0 += 1;
        }
    }

    fn add(&mut self, line: &OfLine, sign: i64) {
        if let Some((key, sold)) = &line.sale {
            let sum = self.sales.entry(key.clone()).or_default();
            sum.lines += sign * sold.lines;
            sum.paid = sum.paid.saturating_add(sign.saturating_mul(sold.paid));
            sum.refunded = sum.refunded.saturating_add(sign.saturating_mul(sold.refunded));
        }
        if let Some(anchor) = line.won {
            self.clicks.entry(anchor).or_default().1 += sign;
        }
    }

    /// Sales as columns, in key order; what changes nothing is left out.
    pub fn sales(&self) -> AnchorSales {
        let mut sales = AnchorSales::default();
        for ((category, month, anchor, band, segment, currency), sold) in &self.sales {
            if *sold != Sold::default() {
                sales.push(AnchorSaleRow {
                    category: category.clone(),
                    month: *month,
                    anchor: *anchor,
                    band: *band,
                    segment: segment.clone(),
                    currency: currency.clone(),
                    lines: sold.lines,
                    paid: sold.paid,
                    refunded: sold.refunded,
                });
            }
        }
        sales
    }

    /// Clicks as columns, in key order; what changes nothing is left out.
    pub fn clicks(&self) -> AnchorClicks {
        let mut clicks = AnchorClicks::default();
        for (anchor, (seen, won)) in &self.clicks {
            if (*seen, *won) != (0, 0) {
                clicks.push(AnchorClickRow {
                    anchor: *anchor,
                    clicks: *seen,
                    won: *won,
                });
            }
        }
        clicks
    }

    /// A sum may have come to nothing: its row goes.
    pub fn takes_sales(&self) -> bool {
        self.sales.values().any(|sold| sold.lines < 0)
    }

    /// The same of clicks.
    pub fn takes_clicks(&self) -> bool {
        self.clicks.values().any(|(_, won)| *won < 0)
    }
}

/// What one line gives.
#[derive(PartialEq, Eq, Default)]
struct OfLine {
    sale: Option<(SaleKey, Sold)>,
    won: Option<Uuid>,
}

/// Adds what a stream changed, if it is a line: `before` the batch it stood so, or did not exist.
pub fn of_line(zone: Zone, before: Option<&Known>, after: &Known, deltas: &mut AnchorDeltas) {
    let Some(Entity::Line(after)) = &after.entity else {
        return;
    };
    let after = given(zone, after);
    let before = match before.and_then(|known| known.entity.as_ref()) {
        Some(Entity::Line(before)) => given(zone, before),
        _ => OfLine::default(),
    };
    if before != after {
        deltas.add(&before, -1);
        deltas.add(&after, 1);
    }
}

/// A sale of an anchor that was paid and not closed; gifts, own use and exchanges are no sales.
fn given(zone: Zone, state: &LineState) -> OfLine {
    let nothing = OfLine::default;
    let Some(pin) = &state.pin else { return nothing() };
    let anchor = pin.attribution.party.filter(|party| party.kind() == PartyKind::Anchor);
    let (Some(anchor), Some(currency)) = (anchor, state.currency()) else {
        return nothing();
    };
    if !state.about().is_sale() {
        return nothing();
    }
    let story = state.story();
    let Some(paid) = story.paid_goods().filter(|_| story.closed.is_none()) else {
        return nothing();
    };
    let refunds = story
        .refunds
        .iter()
        .filter(|refund| refund.manner != Some(Manner::PriceProtection));
    let refunded = refunds.fold(0_i64, |sum, refund| sum.saturating_add(refund.goods.0));
    let price = Minor(paid.0 / i64::from(state.quantity().max(1)));
    let segment = pin.dims.segment.as_deref().unwrap_or_default();
    let key = (
        pin.dims.category.clone().unwrap_or_default(),
        zone.month(pin.at).number(),
        anchor.uuid(),
        band_of(price, currency),
        segment.split('@').next().unwrap_or_default().to_owned(),
        currency.code().to_owned(),
    );
    OfLine {
        sale: Some((
            key,
            Sold {
                lines: 1,
                paid: paid.0,
                refunded: refunded.min(paid.0),
            },
        )),
        won: (pin.attribution.basis == Basis::Click).then(|| anchor.uuid()),
    }
}
