//! Terms and figures of an offer on the wire, and their reading.
//! Must never guess what a body does not say: unknown freight is unknown.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::form::{Fault, Form};
use super::wire::MoneyIn;
use crate::base::PartyId;
use crate::domain::offer::{
    Batch, Consign, Freight, Note, OfferFigures, OfferTerms, PriceRange, QuoteBy, SampleOffer, Sku, Tier,
};
use crate::money::Currency;

/// A price tier 阶梯价: the unit price from this quantity on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceTierIn {
    /// Smallest quantity.
    pub from: u32,
    /// Unit price.
    pub price: MoneyIn,
}

/// A variant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferSkuIn {
    /// The platform's number of it.
    pub sku: String,
    /// Colour, size and the like.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Its own price.
    pub price: Option<MoneyIn>,
    /// Its own consignment price.
    pub consign_price: Option<MoneyIn>,
    /// Units on sale.
    pub stock: Option<u32>,
}

/// Freight by units; the first price covers `first` units, each started group of `more` further ones costs `more_price`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferFreightIn {
    /// The seller pays 包邮; the rest is then left out.
    #[serde(default)]
    pub seller_pays: bool,
    /// Units in the first price.
    pub first: Option<u32>,
    /// Price of these.
    pub first_price: Option<MoneyIn>,
    /// Units in each further group; 1 when not told.
    pub more: Option<u32>,
    /// Price of a group; nothing when not told.
    pub more_price: Option<MoneyIn>,
}

/// Consignment 一件代发.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferConsignIn {
    /// Price of a piece.
    pub price: Option<MoneyIn>,
    /// Freight of such a sending.
    pub freight: Option<OfferFreightIn>,
}

/// A sample 样品.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferSampleIn {
    /// Unit price; what the quantity costs when not told, minimum order and batch lifted.
    pub price: Option<MoneyIn>,
    /// Freight of a sample.
    pub freight: Option<OfferFreightIn>,
    /// Most units of a sample order.
    pub most: Option<u32>,
}

/// Figures as the platform reports them.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct OfferFiguresIn {
    /// Units sold.
    pub sold: Option<u64>,
    /// Over how many days; ever when not told.
    pub sold_days: Option<u16>,
    /// Orders.
    pub orders: Option<u64>,
    /// Score of the goods.
    #[schema(example = "4.9")]
    pub score: Option<String>,
    /// Share of buyers who come back for it.
    #[schema(example = "0.33")]
    pub repurchase: Option<String>,
}

/// An offer. The same content again changes nothing, other content is the next version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferIn {
    /// Which platform.
    #[schema(example = "1688")]
    pub source: String,
    /// The platform's product number.
    #[schema(example = "737342241195")]
    pub product_no: String,
    /// Who sells it: id or own number. A supplier's own key need not say.
    pub supplier: Option<String>,
    /// Title.
    pub subject: String,
    /// Title in another language.
    pub other_subject: Option<String>,
    /// Category numbers.
    #[serde(default)]
    pub category: Vec<String>,
    /// Where goods are sent from.
    pub place: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// ISO 4217; CNY when not told.
    pub currency: Option<String>,
    /// What one unit is called.
    #[schema(example = "副")]
    pub unit: Option<String>,
    /// quantity (when not told), sku or quantity_of_skus.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub quote_by: QuoteBy,
    /// Tiers, by where they begin.
    #[serde(default)]
    pub tiers: Vec<PriceTierIn>,
    /// Variants.
    #[serde(default)]
    pub skus: Vec<OfferSkuIn>,
    /// One price for every quantity, where there are no tiers.
    pub single_price: Option<MoneyIn>,
    /// Lowest price, where only a range is known.
    pub range_low: Option<MoneyIn>,
    /// Highest price of the range.
    pub range_high: Option<MoneyIn>,
    /// The price shown as the sale price.
    pub sale_price: Option<MoneyIn>,
    /// The price shown as crossed out.
    pub list_price: Option<MoneyIn>,
    /// Minimum order 起批量; where the first tier begins, else 1, when not told.
    pub min_order: Option<u32>,
    /// Units of a batch, where it is sold in batches only.
    pub batch: Option<u32>,
    /// What a batch is called.
    pub batch_unit: Option<String>,
    /// 混批.
    #[serde(default)]
    pub mixed: bool,
    /// Prices are shown to chosen buyers only.
    #[serde(default)]
    pub private_price: bool,
    /// Freight of wholesale; not known when not told.
    pub freight: Option<OfferFreightIn>,
    /// Dispatch promise, in hours.
    pub ships_within_h: Option<u16>,
    /// Consignment, where it is offered.
    pub consign: Option<OfferConsignIn>,
    /// Samples, where they have their own price or freight.
    pub sample: Option<OfferSampleIn>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Properties of the goods.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Figures.
    pub figures: Option<OfferFiguresIn>,
    /// When the platform said so; now when not told.
    pub reported_at: Option<String>,
}

type Told<T> = Option<Option<T>>;

fn freight(form: &mut Form, told: Option<&OfferFreightIn>, currency: Currency) -> Option<Freight> {
    let Some(told) = told else {
        return Some(Freight::Unknown);
    };
    let units = told.first.is_some() || told.first_price.is_some() || told.more.is_some() || told.more_price.is_some();
    if told.seller_pays && units {
        let fault = Fault::new(
            "unexpected_field",
            "the seller pays, or freight is by units, one of them",
        );
        form.fault("/seller_pays", fault);
        return None;
    }
    if told.seller_pays {
        return Some(Freight::SellerPays);
    }
    let first = form.need("/first", told.first);
    let first_price = form.need("/first_price", told.first_price.as_ref());
    let first_price = first_price.and_then(|told| form.amount("/first_price", told, currency));
    let more_price = form.maybe_amount("/more_price", told.more_price.as_ref(), currency);
    Some(Freight::Units {
        first: first?,
        first_price: first_price?,
        more: told.more.unwrap_or(1),
        more_price: more_price?.unwrap_or_default(),
    })
}

fn consign(form: &mut Form, told: &OfferConsignIn, currency: Currency) -> Option<Consign> {
    let price = form.maybe_amount("/price", told.price.as_ref(), currency);
    let freight = form.within("/freight", |form| freight(form, told.freight.as_ref(), currency));
    Some(Consign {
        price: price?,
        freight: freight?,
    })
}

fn sample(form: &mut Form, told: &OfferSampleIn, currency: Currency) -> Option<SampleOffer> {
    let price = form.maybe_amount("/price", told.price.as_ref(), currency);
    let freight = form.within("/freight", |form| freight(form, told.freight.as_ref(), currency));
    Some(SampleOffer {
        price: price?,
        freight: freight?,
        most: told.most,
    })
}

fn tier(form: &mut Form, told: &PriceTierIn, currency: Currency) -> Option<Tier> {
    let price = form.amount("/price", &told.price, currency)?;
    Some(Tier { from: told.from, price })
}

fn sku(form: &mut Form, told: &OfferSkuIn, currency: Currency) -> Option<Sku> {
    let number = form.read("/sku", &told.sku);
    let price = form.maybe_amount("/price", told.price.as_ref(), currency);
    let consign_price = form.maybe_amount("/consign_price", told.consign_price.as_ref(), currency);
    Some(Sku {
        sku: number?,
        attributes: told.attributes.clone(),
        price: price?,
        consign_price: consign_price?,
        stock: told.stock,
    })
}

fn each<I, T>(
    form: &mut Form,
    name: &str,
    told: &[I],
    mut read: impl FnMut(&mut Form, &I) -> Option<T>,
) -> Option<Vec<T>> {
    let one = |(n, told): (usize, &I)| form.within(&format!("{name}/{n}"), |form| read(form, told));
    let all: Vec<Option<T>> = told.iter().enumerate().map(one).collect();
    all.into_iter().collect()
}

fn range(form: &mut Form, body: &OfferIn, currency: Currency) -> Told<PriceRange> {
    let low = form.maybe_amount("/range_low", body.range_low.as_ref(), currency);
    let high = form.maybe_amount("/range_high", body.range_high.as_ref(), currency);
    match (low?, high?) {
        (None, None) => Some(None),
        (Some(low), Some(high)) => Some(Some(PriceRange { low, high })),
        _ => {
            form.fault(
                "/range_high",
                Fault::new("missing_field", "a range has a lowest and a highest price"),
            );
            None
        }
    }
}

fn prices(form: &mut Form, body: &OfferIn, terms: &mut OfferTerms) -> Option<()> {
    let currency = terms.currency;
    let tiers = each(form, "/tiers", &body.tiers, |form, told| tier(form, told, currency));
    let skus = each(form, "/skus", &body.skus, |form, told| sku(form, told, currency));
    let single = form.maybe_amount("/single_price", body.single_price.as_ref(), currency);
    let range = range(form, body, currency);
    let sale = form.maybe_amount("/sale_price", body.sale_price.as_ref(), currency);
    let list = form.maybe_amount("/list_price", body.list_price.as_ref(), currency);
    let freight = form.within("/freight", |form| freight(form, body.freight.as_ref(), currency));
    let sent = match &body.consign {
        Some(told) => form.within("/consign", |form| consign(form, told, currency)).map(Some),
        None => Some(None),
    };
    let sampled = match &body.sample {
        Some(told) => form.within("/sample", |form| sample(form, told, currency)).map(Some),
        None => Some(None),
    };
    (terms.tiers, terms.skus) = (tiers?, skus?);
    (terms.single_price, terms.range) = (single?, range?);
    (terms.sale_price, terms.list_price) = (sale?, list?);
    (terms.freight, terms.consign, terms.sample) = (freight?, sent?, sampled?);
    Some(())
}

/// The notes that follow from what the body says of prices.
fn noted(body: &OfferIn, terms: &mut OfferTerms) {
    if terms.tiers.is_empty() && terms.single_price.is_none() && terms.range.is_some() {
        terms.notes.insert(Note::RangeOnly);
    }
    terms.min_order = match (body.min_order, terms.tiers.first()) {
        (Some(least), _) => least,
        (None, Some(tier)) => tier.from,
        (None, None) => {
            terms.notes.insert(Note::MinOrderUnstated);
            1
        }
    };
}

/// Reads the terms of an offer of this supplier.
pub fn terms(form: &mut Form, body: &OfferIn, supplier: Option<PartyId>) -> Option<OfferTerms> {
    let source = form.read("/source", &body.source);
    let product_no = form.read("/product_no", &body.product_no);
    let subject = form.read("/subject", &body.subject);
    let other_subject = form.maybe("/other_subject", body.other_subject.as_deref());
    let currency = form.maybe("/currency", body.currency.as_deref());
    let currency: Option<Currency> = currency.map(|currency| currency.unwrap_or(Currency::CNY));
    let mut terms = OfferTerms::plain(source?, product_no?, subject?, currency?);
    prices(form, body, &mut terms)?;
    noted(body, &mut terms);
    terms.supplier = supplier;
    terms.other_subject = other_subject?;
    terms.category = body.category.clone();
    terms.place = body.place.clone();
    terms.url = body.url.clone();
    terms.unit = body.unit.clone();
    terms.quote_by = body.quote_by;
    terms.batch = body.batch.map(|number| Batch {
        number,
        unit: body.batch_unit.clone(),
    });
    terms.mixed = body.mixed;
    terms.private_price = body.private_price;
    terms.ships_within_h = body.ships_within_h;
    terms.tags = body.tags.clone();
    terms.attributes = body.attributes.clone();
    Some(terms)
}

/// Reads figures that may be absent.
pub fn figures(form: &mut Form, told: Option<&OfferFiguresIn>) -> Told<OfferFigures> {
    let Some(told) = told else { return Some(None) };
    let score = form.maybe("/score", told.score.as_deref());
    let repurchase = form.maybe("/repurchase", told.repurchase.as_deref());
    Some(Some(OfferFigures {
        sold: told.sold,
        sold_days: told.sold_days,
        orders: told.orders,
        score: score?,
        repurchase_ppm: repurchase?,
    }))
}
