//! What N units of an offer cost: unit price, goods, freight, and the larger quantity that costs less, if there is one.
//! Must never invent a price: what the terms do not say is refused by a code, or said to be at most.
//!
//! The same function makes quotes and prices purchases, so that a quote equals what is bought from it. Nothing is rounded:
//! a unit price times a quantity is exact.

use serde::{Deserialize, Serialize};

use super::freight::Freight;
use super::terms::{MOST_UNITS, OfferTerms, QuoteBy, Tier};
use crate::base::ExternalId;
use crate::domain::refusal::Refusal;
use crate::money::{Minor, MoneyError};

/// Most lines of one question.
pub const MOST_LINES: usize = 200;

/// As what goods are bought.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// Wholesale: tiers, minimum order and batch count.
    Wholesale,
    /// A sample order (kind yp): minimum order and batch are lifted.
    Sample,
    /// Consignment 一件代发: the consignment price, minimum order and batch are lifted.
    Consign,
}

impl PriceKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            PriceKind::Wholesale => "wholesale",
            PriceKind::Sample => "sample",
            PriceKind::Consign => "consign",
        }
    }
}

/// One line that is asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Which variant; none where the offer has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<ExternalId>,
    /// Units.
    pub quantity: u32,
}

/// One line with its price.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PricedLine {
    /// Which variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<ExternalId>,
    /// Units.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Minor,
    /// Unit price times units.
    pub goods: Minor,
    /// Where the tier begins that gave the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<u32>,
    /// Fewer units are on sale than asked for, as last reported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub short_of_stock: bool,
}

/// A larger quantity that costs less in all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Cheaper {
    /// Units of the whole offer.
    pub quantity: u32,
    /// Price of one then.
    pub unit_price: Minor,
    /// Goods.
    pub goods: Minor,
    /// Freight, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight: Option<Minor>,
    /// Goods and known freight.
    pub total: Minor,
}

/// What the lines come to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Priced {
    /// The lines.
    pub lines: Vec<PricedLine>,
    /// Units in all.
    pub quantity: u32,
    /// Goods.
    pub goods: Minor,
    /// Freight; none when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight: Option<Minor>,
    /// Goods and known freight.
    pub total: Minor,
    /// The terms only know a range: it costs this or less.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
    /// The larger quantity that costs least, when it costs less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cheaper: Option<Cheaper>,
}

/// What the lines of one offer cost as `kind`. Codes of refusals: `no_quantity`, `quantity_range`, `lines_count`,
/// `private_price`, `not_dropship`, `unknown_sku`, `sku_needed`, `no_price`, `below_moq`, `not_a_batch`, `above_sample`.
pub fn price(terms: &OfferTerms, kind: PriceKind, asked: &[Asked]) -> Result<Priced, Refusal> {
    let quantity = fits(terms, kind, asked)?;
    let mut lines = Vec::with_capacity(asked.len());
    let mut at_most = false;
    for (index, line) in asked.iter().enumerate() {
        let at = |refusal: Refusal| refusal.at(format!("/lines/{index}"));
        let unit = unit_price(terms, kind, line.sku.as_ref(), quantity).map_err(at)?;
        at_most |= unit.at_most;
        let stock = line.sku.as_ref().and_then(|sku| terms.sku(sku)?.stock);
        lines.push(PricedLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: unit.price,
            goods: times(unit.price, line.quantity)?,
            tier_from: unit.tier.map(|tier| tier.from),
            short_of_stock: stock.is_some_and(|stock| stock < line.quantity),
        });
    }
    let goods = Minor::sum(lines.iter().map(|line| line.goods))?;
    let freight = freight_of(terms, kind).of(quantity)?;
    let total = goods.plus(freight.unwrap_or_default())?;
    let cheaper = match kind {
        PriceKind::Wholesale => cheaper(terms, quantity, total)?,
        PriceKind::Sample | PriceKind::Consign => None,
    };
    Ok(Priced {
        lines,
        quantity,
        goods,
        freight,
        total,
        at_most,
        cheaper,
    })
}

/// What `quantity` units of one variant cost.
pub fn price_one(
    terms: &OfferTerms,
    kind: PriceKind,
    sku: Option<&ExternalId>,
    quantity: u32,
) -> Result<Priced, Refusal> {
    let asked = Asked {
        sku: sku.cloned(),
        quantity,
    };
    price(terms, kind, &[asked])
}

/// The units in all, when they may be bought as `kind`.
fn fits(terms: &OfferTerms, kind: PriceKind, asked: &[Asked]) -> Result<u32, Refusal> {
    let quantity = units(asked)?;
    if terms.private_price {
        let message = "prices of this offer are shown to chosen buyers only; ask the supplier";
        return Err(Refusal::conflict("private_price", message));
    }
    match kind {
        PriceKind::Consign if !terms.dropship() => {
            let message = "this offer is not sent piece by piece (一件代发)";
            Err(Refusal::conflict("not_dropship", message))
        }
        PriceKind::Consign => Ok(quantity),
        PriceKind::Sample => match terms.sample.as_ref().and_then(|sample| sample.most) {
            Some(most) if quantity > most => {
                let message = format!("a sample order has at most {most} units");
                Err(Refusal::invalid("above_sample", message).at("/quantity"))
            }
            _ => Ok(quantity),
        },
        PriceKind::Wholesale if quantity < terms.min_order => {
            let least = terms.min_order;
            let message = format!("the minimum order is {least} units; a sample order may be smaller");
            Err(Refusal::invalid("below_moq", message).at("/quantity"))
        }
        PriceKind::Wholesale => match &terms.batch {
            Some(batch) if !quantity.is_multiple_of(batch.number.max(1)) => {
                let message = format!("it is sold in batches of {} units", batch.number);
                Err(Refusal::invalid("not_a_batch", message).at("/quantity"))
            }
            _ => Ok(quantity),
        },
    }
}

/// The units in all.
fn units(asked: &[Asked]) -> Result<u32, Refusal> {
    if asked.is_empty() || asked.len() > MOST_LINES {
        let message = format!("1 to {MOST_LINES} lines are asked for at once");
        return Err(Refusal::invalid("lines_count", message).at("/lines"));
    }
    if asked.iter().any(|line| line.quantity == 0) {
        return Err(Refusal::invalid("no_quantity", "at least one unit is asked for").at("/quantity"));
    }
    let total: u64 = asked.iter().map(|line| u64::from(line.quantity)).sum();
    match u32::try_from(total) {
        Ok(quantity) if quantity <= MOST_UNITS => Ok(quantity),
        _ => {
            let message = format!("at most {MOST_UNITS} units are asked for at once");
            Err(Refusal::invalid("quantity_range", message).at("/quantity"))
        }
    }
}

struct Unit<'a> {
    price: Minor,
    tier: Option<&'a Tier>,
    at_most: bool,
}

fn unit_price<'a>(
    terms: &'a OfferTerms,
    kind: PriceKind,
    sku: Option<&ExternalId>,
    quantity: u32,
) -> Result<Unit<'a>, Refusal> {
    let exact = |price| Unit {
        price,
        tier: None,
        at_most: false,
    };
    let no_price = || Refusal::conflict("no_price", "the offer states no price for this");
    let known = match sku {
        Some(sku) => match terms.sku(sku) {
            Some(known) => Some(known),
            None => return Err(Refusal::invalid("unknown_sku", format!("the offer has no SKU {sku}"))),
        },
        None if terms.quote_by == QuoteBy::Sku => {
            return Err(Refusal::invalid(
                "sku_needed",
                "prices of this offer are by SKU: name one",
            ));
        }
        None => None,
    };
    if kind == PriceKind::Consign {
        let own = known.and_then(|sku| sku.consign_price);
        let price = own.or_else(|| terms.consign.as_ref()?.price);
        return price.map(exact).ok_or_else(no_price);
    }
    if let (PriceKind::Sample, Some(price)) = (kind, terms.sample.as_ref().and_then(|sample| sample.price)) {
        return Ok(exact(price));
    }
    if terms.quote_by == QuoteBy::Sku {
        return known.and_then(|sku| sku.price).map(exact).ok_or_else(no_price);
    }
    if let Some(tier) = terms.tier(quantity) {
        return Ok(Unit {
            tier: Some(tier),
            ..exact(tier.price)
        });
    }
    let at_most = |range: super::terms::PriceRange| Unit {
        at_most: range.low < range.high,
        ..exact(range.high)
    };
    let single = terms.single_price.map(exact);
    single.or_else(|| terms.range.map(at_most)).ok_or_else(no_price)
}

/// Freight of goods bought as `kind`.
pub fn freight_of(terms: &OfferTerms, kind: PriceKind) -> Freight {
    match kind {
        PriceKind::Wholesale => terms.freight,
        PriceKind::Consign => terms
            .consign
            .as_ref()
            .map(|consign| consign.freight)
            .unwrap_or_default(),
        PriceKind::Sample => terms.sample.as_ref().map_or(terms.freight, |sample| sample.freight),
    }
}

/// The larger quantity that costs least in all: where a further tier begins, in whole batches.
fn cheaper(terms: &OfferTerms, quantity: u32, total: Minor) -> Result<Option<Cheaper>, MoneyError> {
    if terms.quote_by == QuoteBy::Sku {
        return Ok(None);
    }
    let batch = terms.batch.as_ref().map_or(1, |batch| batch.number.max(1));
    let mut best: Option<Cheaper> = None;
    for tier in terms.tiers.iter().filter(|tier| tier.from > quantity) {
        let Some(larger) = tier
            .from
            .div_ceil(batch)
            .checked_mul(batch)
            .filter(|units| *units <= MOST_UNITS)
        else {
            continue;
        };
        let unit_price = terms.tier(larger).map_or(tier.price, |reached| reached.price);
        let goods = times(unit_price, larger)?;
        let freight = terms.freight.of(larger)?;
        let candidate = Cheaper {
            quantity: larger,
            unit_price,
            goods,
            freight,
            total: goods.plus(freight.unwrap_or_default())?,
        };
        if candidate.total < best.map_or(total, |known| known.total) {
            best = Some(candidate);
        }
    }
    Ok(best)
}

fn times(price: Minor, quantity: u32) -> Result<Minor, MoneyError> {
    price
        .0
        .checked_mul(i64::from(quantity))
        .map(Minor)
        .ok_or(MoneyError::OutOfRange)
}
