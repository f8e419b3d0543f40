//! Terms of an offer and prices as they are shown: every amount with its currency, every rule that was applied by its code.
//! Must never compute a price: what is shown was said by the terms, or given by the one price function.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Money;
use crate::domain::offer::{Freight, Note, OfferTerms, Priced, QuoteBy};
use crate::money::{Currency, Minor};

/// A price tier 阶梯价.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PriceTierView {
    /// Smallest quantity.
    pub from: u32,
    /// Largest quantity; absent for the last tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u32>,
    /// Unit price.
    pub price: Money,
}

/// A variant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferSkuView {
    /// The platform's number of it.
    pub sku: String,
    /// Colour, size and the like.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Its own price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Its own consignment price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consign_price: Option<Money>,
    /// Units on sale, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
}

/// Freight.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferFreightView {
    /// unknown, seller_pays or units.
    pub by: &'static str,
    /// Units in the first price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    /// Price of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_price: Option<Money>,
    /// Units in each further group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<u32>,
    /// Price of a started group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_price: Option<Money>,
}

/// Consignment 一件代发.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferConsignView {
    /// Price of a piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Freight of such a sending.
    pub freight: OfferFreightView,
}

/// A sample 样品.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferSampleView {
    /// Unit price; absent: what the quantity costs, minimum order and batch lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Freight of a sample.
    pub freight: OfferFreightView,
    /// Most units of a sample order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

/// Terms of an offer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferTermsView {
    /// Title.
    pub subject: String,
    /// Title in another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_subject: Option<String>,
    /// Who sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// The company named with the offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Category numbers.
    pub category: Vec<String>,
    /// Where goods are sent from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What one unit is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// quantity, sku or quantity_of_skus.
    pub quote_by: &'static str,
    /// Tiers.
    pub tiers: Vec<PriceTierView>,
    /// Variants.
    pub skus: Vec<OfferSkuView>,
    /// One price for every quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_price: Option<Money>,
    /// Lowest price of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_low: Option<Money>,
    /// Highest price of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_high: Option<Money>,
    /// The price shown as the sale price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_price: Option<Money>,
    /// The price shown as crossed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    /// Minimum order 起批量.
    pub min_order: u32,
    /// Units of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// What a batch is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_unit: Option<String>,
    /// 混批.
    pub mixed: bool,
    /// Prices are shown to chosen buyers only.
    pub private_price: bool,
    /// Freight of wholesale.
    pub freight: OfferFreightView,
    /// Dispatch promise, in hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ships_within_h: Option<u16>,
    /// Consignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consign: Option<OfferConsignView>,
    /// Samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<OfferSampleView>,
    /// Labels.
    pub tags: Vec<String>,
    /// Properties of the goods.
    pub attributes: BTreeMap<String, String>,
    /// Rules applied, and what a buyer should know, by code.
    pub notes: Vec<&'static str>,
}

fn freight(freight: Freight, currency: Currency) -> OfferFreightView {
    let plain = |by| OfferFreightView {
        by,
        first: None,
        first_price: None,
        more: None,
        more_price: None,
    };
    match freight {
        Freight::Unknown => plain("unknown"),
        Freight::SellerPays => plain("seller_pays"),
        Freight::Units {
            first,
            first_price,
            more,
            more_price,
        } => OfferFreightView {
            first: Some(first),
            first_price: Some(Money::of(first_price, currency)),
            more: Some(more),
            more_price: Some(Money::of(more_price, currency)),
            ..plain("units")
        },
    }
}

impl OfferTermsView {
    /// From terms.
    pub fn of(terms: &OfferTerms) -> OfferTermsView {
        let money = |amount: Minor| Money::of(amount, terms.currency);
        let ends = terms.tiers.iter().skip(1).map(|tier| tier.from.checked_sub(1));
        let tiers = terms.tiers.iter().zip(ends.chain([None]));
        OfferTermsView {
            subject: terms.subject.to_string(),
            other_subject: terms.other_subject.as_ref().map(ToString::to_string),
            supplier: terms.supplier.map(|party| party.to_string()),
            company: terms.company.as_ref().map(ToString::to_string),
            category: terms.category.clone(),
            place: terms.place.clone(),
            url: terms.url.clone(),
            unit: terms.unit.clone(),
            quote_by: match terms.quote_by {
                QuoteBy::Quantity => "quantity",
                QuoteBy::Sku => "sku",
                QuoteBy::QuantityOfSkus => "quantity_of_skus",
            },
            tiers: tiers
                .map(|(tier, to)| PriceTierView {
                    from: tier.from,
                    to,
                    price: money(tier.price),
                })
                .collect(),
            skus: terms
                .skus
                .iter()
                .map(|sku| OfferSkuView {
                    sku: sku.sku.to_string(),
                    attributes: sku.attributes.clone(),
                    price: sku.price.map(money),
                    consign_price: sku.consign_price.map(money),
                    stock: sku.stock,
                })
                .collect(),
            single_price: terms.single_price.map(money),
            range_low: terms.range.map(|range| money(range.low)),
            range_high: terms.range.map(|range| money(range.high)),
            sale_price: terms.sale_price.map(money),
            list_price: terms.list_price.map(money),
            min_order: terms.min_order,
            batch: terms.batch.as_ref().map(|batch| batch.number),
            batch_unit: terms.batch.as_ref().and_then(|batch| batch.unit.clone()),
            mixed: terms.mixed,
            private_price: terms.private_price,
            freight: freight(terms.freight, terms.currency),
            ships_within_h: terms.ships_within_h,
            consign: terms.consign.as_ref().map(|consign| OfferConsignView {
                price: consign.price.map(money),
                freight: freight(consign.freight, terms.currency),
            }),
            sample: terms.sample.as_ref().map(|sample| OfferSampleView {
                price: sample.price.map(money),
                freight: freight(sample.freight, terms.currency),
                most: sample.most,
            }),
            tags: terms.tags.clone(),
            attributes: terms.attributes.clone(),
            notes: terms.notes.iter().copied().map(Note::word).collect(),
        }
    }
}

/// One line with its price.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PricedLineView {
    /// Which variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Units.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Money,
    /// Unit price times units.
    pub goods: Money,
    /// Where the tier begins that gave the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<u32>,
    /// Fewer units are on sale than asked for, as last reported.
    pub short_of_stock: bool,
}

/// A larger quantity that costs less in all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CheaperView {
    /// Units of the whole offer.
    pub quantity: u32,
    /// Price of one then.
    pub unit_price: Money,
    /// Goods.
    pub goods: Money,
    /// Freight, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freight: Option<Money>,
    /// Goods and known freight.
    pub total: Money,
    /// What it saves.
    pub saves: Money,
}

/// What lines come to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PricedView {
    /// The lines.
    pub lines: Vec<PricedLineView>,
    /// Units in all.
    pub quantity: u32,
    /// Goods.
    pub goods: Money,
    /// Freight; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freight: Option<Money>,
    /// Goods and known freight.
    pub total: Money,
    /// The offer only states a range: it costs this or less.
    pub at_most: bool,
    /// The larger quantity that costs least, when it costs less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cheaper: Option<CheaperView>,
}

impl PricedView {
    /// From what the price function gave.
    pub fn of(priced: &Priced, currency: Currency) -> PricedView {
        let money = |amount: Minor| Money::of(amount, currency);
        PricedView {
            lines: priced
                .lines
                .iter()
                .map(|line| PricedLineView {
                    sku: line.sku.as_ref().map(ToString::to_string),
                    quantity: line.quantity,
                    unit_price: money(line.unit_price),
                    goods: money(line.goods),
                    tier_from: line.tier_from,
                    short_of_stock: line.short_of_stock,
                })
                .collect(),
            quantity: priced.quantity,
            goods: money(priced.goods),
            freight: priced.freight.map(money),
            total: money(priced.total),
            at_most: priced.at_most,
            cheaper: priced.cheaper.as_ref().map(|cheaper| CheaperView {
                quantity: cheaper.quantity,
                unit_price: money(cheaper.unit_price),
                goods: money(cheaper.goods),
                freight: cheaper.freight.map(money),
                total: money(cheaper.total),
                saves: money(priced.total.minus(cheaper.total).unwrap_or_default()),
            }),
        }
    }
}
