//! Terms of an offer: everything a price follows from, and what a buyer is told beside it.
//! Must never hold figures that change by the day (units sold, scores): those would make a version of every look.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::freight::Freight;
use crate::base::{BookId, ExternalId, Name, OfferId, PartyId, PartyKind};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor};

/// Most units of one line or offer.
pub const MOST_UNITS: u32 = 10_000_000;
/// Most price tiers of an offer.
pub const MOST_TIERS: usize = 100;
/// Most SKUs of an offer.
pub const MOST_SKUS: usize = 2_000;

/// How prices are quoted (`quoteType`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteBy {
    /// By quantity, no SKU (0).
    #[default]
    Quantity,
    /// By SKU (1): each has its own price, whatever the quantity.
    Sku,
    /// By quantity, with SKUs (2): all SKUs of the offer count together towards the tier.
    QuantityOfSkus,
}

/// A price tier 阶梯价: the unit price from this quantity on, until the next tier begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Tier {
    /// Smallest quantity.
    pub from: u32,
    /// Unit price.
    pub price: Minor,
}

/// One variant of an offer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sku {
    /// The platform's number of it.
    pub sku: ExternalId,
    /// Colour, size and the like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Its own price, where prices are by SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Minor>,
    /// Its own consignment price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consign_price: Option<Minor>,
    /// Units on sale, as reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
}

/// Lowest and highest price, where nothing more exact is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PriceRange {
    /// Lowest.
    pub low: Minor,
    /// Highest.
    pub high: Minor,
}

/// Goods sold only in batches: `number` units each.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// Units of one batch.
    pub number: u32,
    /// What a batch is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Consignment 一件代发: the supplier sends single pieces to buyers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Consign {
    /// Price of a piece, unless its SKU has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Minor>,
    /// Freight of such a sending.
    #[serde(default, skip_serializing_if = "Freight::is_unknown")]
    pub freight: Freight,
}

/// A sample 样品 as the supplier offers it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SampleOffer {
    /// Unit price; none: what the quantity costs, minimum order and batch lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Minor>,
    /// Freight of a sample.
    #[serde(default, skip_serializing_if = "Freight::is_unknown")]
    pub freight: Freight,
    /// Most units of a sample order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

/// A stated rule that was applied to an offer, or a property that a buyer should know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A number carried its unit (`19副`): the digits are the number, the rest is the unit.
    UnitStripped,
    /// No tiers were stated: the sale price holds for every quantity.
    TiersMissing,
    /// Only a range was stated: quotes name the highest price and say that it is at most that.
    RangeOnly,
    /// Lowest and highest price are the same: that one price holds for every quantity.
    SinglePrice,
    /// The sale price is not the first tier's: tiers decide, the sale price is kept beside them.
    SalePriceDiffers,
    /// A larger quantity has a dearer unit in some tier: kept as stated.
    TiersNotMonotone,
    /// A tier's stated end is not the unit before the next tier: where a tier begins decides.
    TierEndsDiffer,
    /// No minimum order was stated: it is one unit.
    MinOrderUnstated,
    /// The source names no supplier.
    SupplierUnnamed,
}

impl Note {
    /// Every note.
    pub const ALL: [Note; 9] = [
        Note::UnitStripped,
        Note::TiersMissing,
        Note::RangeOnly,
        Note::SinglePrice,
        Note::SalePriceDiffers,
        Note::TiersNotMonotone,
        Note::TierEndsDiffer,
        Note::MinOrderUnstated,
        Note::SupplierUnnamed,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Note::UnitStripped => "unit_stripped",
            Note::TiersMissing => "tiers_missing",
            Note::RangeOnly => "range_only",
            Note::SinglePrice => "single_price",
            Note::SalePriceDiffers => "sale_price_differs",
            Note::TiersNotMonotone => "tiers_not_monotone",
            Note::TierEndsDiffer => "tier_ends_differ",
            Note::MinOrderUnstated => "min_order_unstated",
            Note::SupplierUnnamed => "supplier_unnamed",
        }
    }
}

/// Terms of an offer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfferTerms {
    /// Which platform.
    pub source: ExternalId,
    /// The platform's product number.
    pub product_no: ExternalId,
    /// Who sells it; none when the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<PartyId>,
    /// The company named with the offer; a hosted shop names several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Name>,
    /// Title.
    pub subject: Name,
    /// Title in another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_subject: Option<Name>,
    /// Category numbers, as the platform lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// Where goods are sent from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Currency of every price.
    pub currency: Currency,
    /// What one unit is called, such as 副.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How prices are quoted.
    pub quote_by: QuoteBy,
    /// Tiers, by where they begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// Variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<Sku>,
    /// One price for every quantity, where there are no tiers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_price: Option<Minor>,
    /// A range, where there is nothing more exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<PriceRange>,
    /// The price shown as the sale price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_price: Option<Minor>,
    /// The price shown as crossed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Minor>,
    /// Minimum order 起批量, in units.
    pub min_order: u32,
    /// Sold only in batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// 混批: the minimum may be reached together with other offers of the shop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
    /// Prices are shown to chosen buyers only: nothing is quoted from them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private_price: bool,
    /// Freight of wholesale.
    #[serde(default, skip_serializing_if = "Freight::is_unknown")]
    pub freight: Freight,
    /// Dispatch promise, in hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ships_within_h: Option<u16>,
    /// Consignment, where it is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consign: Option<Consign>,
    /// Samples, where they have their own price or freight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleOffer>,
    /// Labels of the platform, such as 7天无理由.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Properties of the goods.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Rules applied, and what a buyer should know.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub notes: BTreeSet<Note>,
}

impl OfferTerms {
    /// Terms that say nothing but what must be said; prices are still to be given.
    pub fn plain(source: ExternalId, product_no: ExternalId, subject: Name, currency: Currency) -> OfferTerms {
        OfferTerms {
            source,
            product_no,
            supplier: None,
            company: None,
            subject,
            other_subject: None,
            category: Vec::new(),
            place: None,
            url: None,
            currency,
            unit: None,
            quote_by: QuoteBy::Quantity,
            tiers: Vec::new(),
            skus: Vec::new(),
            single_price: None,
            range: None,
            sale_price: None,
            list_price: None,
            min_order: 1,
            batch: None,
            mixed: false,
            private_price: false,
            freight: Freight::Unknown,
            ships_within_h: None,
            consign: None,
            sample: None,
            tags: Vec::new(),
            attributes: BTreeMap::new(),
            notes: BTreeSet::new(),
        }
    }

    /// The offer these are terms of.
    pub fn id(&self, book: BookId) -> OfferId {
        OfferId::of(book, self.source.as_str(), self.product_no.as_str())
    }

    /// True when single pieces are sent to buyers.
    pub fn dropship(&self) -> bool {
        self.consign.is_some()
    }

    /// The variant with this number.
    pub fn sku(&self, sku: &ExternalId) -> Option<&Sku> {
        self.skus.iter().find(|known| known.sku == *sku)
    }

    /// The tier that a quantity reaches; below the first one, the first.
    pub fn tier(&self, quantity: u32) -> Option<&Tier> {
        let reached = self.tiers.iter().rev().find(|tier| tier.from <= quantity);
        reached.or_else(|| self.tiers.first())
    }

    /// True when no larger quantity has a dearer unit.
    pub fn monotone(&self) -> bool {
        self.tiers.is_sorted_by(|one, next| one.price >= next.price)
    }

    /// Lowest and highest unit price that wholesale may come to.
    pub fn prices(&self) -> Option<PriceRange> {
        let skus = self.skus.iter().filter_map(|sku| sku.price);
        let known: Vec<Minor> = match (self.quote_by, self.tiers.is_empty()) {
            (QuoteBy::Sku, _) => skus.collect(),
            (_, false) => self.tiers.iter().map(|tier| tier.price).collect(),
            (_, true) => Vec::new(),
        };
        let of = |low: Option<&Minor>, high: Option<&Minor>| {
            Some(PriceRange {
                low: *low?,
                high: *high?,
            })
        };
        let exact = of(known.iter().min(), known.iter().max());
        exact
            .or_else(|| of(self.single_price.as_ref(), self.single_price.as_ref()))
            .or(self.range)
    }

    /// Sets the notes that follow from the terms themselves.
    ///
    /// INVARIANT: tiers are monotone, or flagged.
    pub fn flag(&mut self) {
        let first = self.tiers.first().map(|tier| tier.price);
        let differs = first.is_some() && self.sale_price.is_some() && first != self.sale_price;
        let wrong_way = !self.monotone();
        for (note, holds) in [
            (Note::SalePriceDiffers, differs),
            (Note::TiersNotMonotone, wrong_way),
            (Note::SupplierUnnamed, self.supplier.is_none()),
        ] {
            match holds {
                true => self.notes.insert(note),
                false => self.notes.remove(&note),
            };
        }
    }

    /// Refuses terms that no price could follow from, naming every field at fault.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Wrong::default();
        self.check_prices(&mut wrong);
        self.check_tiers(&mut wrong);
        self.check_skus(&mut wrong);
        self.check_texts(&mut wrong);
        let units = |count: u32| !(1..=MOST_UNITS).contains(&count);
        wrong.when(
            units(self.min_order) || self.batch.as_ref().is_some_and(|batch| units(batch.number)),
            "/min_order",
            "quantity_range",
            "minimum order and batch are 1 to 10,000,000 units",
        );
        wrong.when(
            self.supplier.is_some_and(|party| party.kind() != PartyKind::Supplier),
            "/supplier",
            "party_kind",
            "offers are a supplier's",
        );
        wrong.check()
    }

    fn check_prices(&self, wrong: &mut Wrong) {
        let skus = self
            .skus
            .iter()
            .flat_map(|sku| sku.price.iter().chain(&sku.consign_price));
        let consign = self.consign.iter().filter_map(|consign| consign.price.as_ref());
        let sample = self.sample.iter().filter_map(|sample| sample.price.as_ref());
        let range = self.range.iter().flat_map(|range| [&range.low, &range.high]);
        let single = self.single_price.iter().chain(&self.sale_price).chain(&self.list_price);
        let tiers = self.tiers.iter().map(|tier| &tier.price);
        let mut prices = skus.chain(consign).chain(range).chain(single).chain(tiers);
        wrong.when(
            prices.any(|price| price.0 <= 0) || sample.into_iter().any(|price| price.0 < 0),
            "/tiers",
            "price_not_positive",
            "prices are above zero (a sample may be free)",
        );
        wrong.when(
            self.range.is_some_and(|range| range.low > range.high),
            "/range",
            "range_order",
            "the lowest price is not above the highest",
        );
        let freights = [
            Some(&self.freight),
            self.consign.as_ref().map(|c| &c.freight),
            self.sample.as_ref().map(|s| &s.freight),
        ];
        wrong.when(
            freights.into_iter().flatten().any(|freight| !freight.makes_sense()),
            "/freight",
            "freight_form",
            "freight counts at least one unit and costs nothing or more",
        );
    }

    fn check_tiers(&self, wrong: &mut Wrong) {
        wrong.when(
            self.tiers.len() > MOST_TIERS,
            "/tiers",
            "tiers_count",
            "an offer has at most 100 tiers",
        );
        wrong.when(
            !self.tiers.is_sorted_by(|one, next| one.from < next.from)
                || self.tiers.iter().any(|tier| !(1..=MOST_UNITS).contains(&tier.from)),
            "/tiers",
            "tiers_order",
            "tiers begin at 1 unit or more, each after the one before",
        );
    }

    fn check_skus(&self, wrong: &mut Wrong) {
        wrong.when(
            self.skus.len() > MOST_SKUS,
            "/skus",
            "skus_count",
            "an offer has at most 2,000 SKUs",
        );
        let distinct: BTreeSet<&ExternalId> = self.skus.iter().map(|sku| &sku.sku).collect();
        wrong.when(
            distinct.len() < self.skus.len(),
            "/skus",
            "sku_twice",
            "each SKU is listed once",
        );
    }

    fn check_texts(&self, wrong: &mut Wrong) {
        let unfit = |text: &String, most: usize| {
            text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control)
        };
        let short = self
            .category
            .iter()
            .chain(&self.tags)
            .chain(&self.unit)
            .chain(&self.place);
        let batch = self.batch.iter().filter_map(|batch| batch.unit.as_ref());
        let mut short = short.chain(batch);
        let own = self.attributes.iter();
        let mut pairs = own.chain(self.skus.iter().flat_map(|sku| &sku.attributes));
        wrong.when(
            short.any(|text| unfit(text, 200))
                || pairs.any(|(name, value)| unfit(name, 200) || unfit(value, 2_000))
                || self.url.as_ref().is_some_and(|url| unfit(url, 2_000)),
            "/attributes",
            "text_length",
            "texts are 1 to 200 characters without control characters, values and pages up to 2,000",
        );
        wrong.when(
            self.tags.len() > 100 || self.category.len() > 20 || self.attributes.len() > 200,
            "/attributes",
            "texts_count",
            "at most 100 labels, 20 categories and 200 attributes",
        );
    }
}

impl OfferId {
    /// The offer that a platform numbers `product_no`.
    pub fn of(book: BookId, source: &str, product_no: &str) -> OfferId {
        OfferId(crate::base::derive_uuid("offer", book.0, &[source, product_no]))
    }
}
