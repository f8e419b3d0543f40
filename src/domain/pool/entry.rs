//! An entry of the pool as it is searched: figures, bands of the facets, and the words under which it is found.
//! Must never depend on anything but what its owner published.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::words::words;
use crate::base::{IdError, Instant, ItemId, OfferId, PartyId, ShopId};
use crate::money::{Currency, Minor, Rate};

/// Lower bounds of the price bands in whole units of the currency; the first band holds what costs less.
pub const PRICE_BOUNDS: [i64; 8] = [10, 20, 50, 100, 200, 500, 1_000, 2_000];
/// Lower bounds of the rate bands in percent.
pub const RATE_BOUNDS: [u32; 6] = [5, 10, 20, 30, 40, 50];

/// What an entry is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An item of a brand.
    Item,
    /// An offer of a supplier.
    Offer,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Item => "item",
            Kind::Offer => "offer",
        }
    }
}

/// What an entry is, by its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A product.
    Item(ItemId),
    /// An offer of a supplier.
    Offer(OfferId),
}

impl Target {
    /// Its id inside its slice.
    pub fn uuid(self) -> Uuid {
        match self {
            Target::Item(item) => item.0,
            Target::Offer(offer) => offer.0,
        }
    }
}

impl std::str::FromStr for Target {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Target, IdError> {
        match text.parse() {
            Ok(item) => Ok(Target::Item(item)),
            Err(_) => text.parse().map(Target::Offer).map_err(|_| IdError("itm or off")),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Item(item) => item.fmt(f),
            Target::Offer(offer) => offer.fmt(f),
        }
    }
}

/// An entry of the pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Id of the item or offer.
    pub id: Uuid,
    /// What it is of.
    pub kind: Kind,
    /// Brand or supplier.
    pub owner: Option<PartyId>,
    /// Shop of an item.
    pub shop: Option<ShopId>,
    /// Title.
    pub title: String,
    /// Further names under which it is found.
    pub also: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Currency of amounts.
    pub currency: Currency,
    /// What a buyer pays.
    pub price: Option<Minor>,
    /// Rate that anybody earns; of an offer the mark-up over its suggested price.
    pub rate: Option<Rate>,
    /// Commission or mark-up of a unit.
    pub commission: Option<Minor>,
    /// What is left of it.
    pub margin: Option<Minor>,
    /// Units a month.
    pub sales: Option<u32>,
    /// Share refunded.
    pub refund_rate: Option<Rate>,
    /// Thousandths.
    pub score: Option<u16>,
    /// Least quantity.
    pub min_order: u32,
    /// Hours until dispatch.
    pub ships_within: Option<u16>,
    /// Sent one by one.
    pub dropship: bool,
    /// Samples.
    pub sample: bool,
    /// Units that may be sold.
    pub stock: Option<u64>,
    /// It is shown.
    pub listed: bool,
    /// Figures are to be reckoned anew here.
    pub due: Option<Instant>,
}

impl Entry {
    /// The band of its price; -1 without one.
    pub fn price_band(&self) -> i16 {
        let unit = 10_i64.checked_pow(self.currency.digits()).unwrap_or(1);
        self.price.map_or(-1, |price| {
            let below = PRICE_BOUNDS
                .iter()
                .filter(|bound| bound.saturating_mul(unit) <= price.0);
            i16::try_from(below.count()).unwrap_or(i16::MAX)
        })
    }

    /// The band of its rate; -1 without one.
    pub fn rate_band(&self) -> i16 {
        self.rate.map_or(-1, |rate| {
            let below = RATE_BOUNDS.iter().filter(|bound| **bound * 10_000 <= rate.ppm());
            i16::try_from(below.count()).unwrap_or(i16::MAX)
        })
    }

    /// The words under which it is found: those of title and category, and filters that are looked up like words, which
    /// begin with a mark that no word of a text has. And the words that may be mistyped.
    pub fn words(&self) -> (String, String) {
        let names = words(&format!("{} {}", self.title, self.also.as_deref().unwrap_or_default()));
        let mut all = names.exact;
        if let Some(category) = &self.category {
            all.extend(words(category).exact);
            all.push(category_word(category));
        }
        all.push(kind_word(self.kind).to_owned());
        all.extend(self.owner.map(owner_word));
        all.extend(self.dropship.then(|| DROPSHIP.to_owned()));
        all.extend(self.sample.then(|| SAMPLE.to_owned()));
        all.sort_unstable();
        all.dedup();
        (all.join(" "), names.latin.join(" "))
    }
}

/// The word of entries that are sent one by one.
pub const DROPSHIP: &str = "#dropship";
/// The word of entries with samples.
pub const SAMPLE: &str = "#sample";

/// The word of entries of a kind.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Item => "#item",
        Kind::Offer => "#offer",
    }
}

/// The word of entries in a category; categories are free words of the trade, so their hash stands for them.
pub fn category_word(category: &str) -> String {
    let digest = hex::encode(Sha256::digest(category.as_bytes()));
    format!("#c{}", digest.get(..16).unwrap_or(&digest))
}

/// The word of entries of an owner.
pub fn owner_word(owner: PartyId) -> String {
    format!("#w{}", owner.uuid().simple())
}
