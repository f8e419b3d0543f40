//! Facets of a search in the pool: how many entries match, and how they spread over categories, prices, rates and the like.
//! Must never give a number as exact that was cut off.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::pool::CAP;
use super::{Money, ReportError};
use crate::domain::pool::{PRICE_BOUNDS, RATE_BOUNDS};
use crate::money::{Currency, Minor, Rate};

/// Categories shown.
const MOST: usize = 50;

/// How many entries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PoolCount {
    /// At least so many.
    pub entries: i64,
    /// Exactly so many; false: the count ended at the cap.
    pub exact: bool,
    /// For people: `128`, or `10,000+`.
    #[schema(example = "10,000+")]
    pub shown: String,
}

/// One value of a facet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FacetValue {
    /// The value: a category, a source, true or false, hours, or the lower bound of a band.
    pub value: String,
    /// Upper bound of a band, exclusive; none for the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
    /// Entries among those counted.
    pub count: PoolCount,
}

/// Facets.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct FacetLists {
    /// The 50 largest categories.
    pub category: Vec<FacetValue>,
    /// Items and offers.
    pub source: Vec<FacetValue>,
    /// Bands of the price.
    pub price: Vec<FacetValue>,
    /// Bands of the rate.
    pub rate: Vec<FacetValue>,
    /// Sent one by one.
    pub dropship: Vec<FacetValue>,
    /// With samples.
    pub sample: Vec<FacetValue>,
    /// Hours until dispatch.
    pub ships_within: Vec<FacetValue>,
}

/// How many match and how they spread.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Facets {
    /// In all.
    pub total: PoolCount,
    /// By facet. Beyond the cap the counts are of the entries counted: at least so many.
    pub facets: FacetLists,
}

impl Facets {
    /// Nothing matches.
    pub fn is_empty(&self) -> bool {
        self.total.entries == 0
    }

    /// More match than are counted.
    pub fn is_capped(&self) -> bool {
        !self.total.exact
    }
}

fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

fn counted(entries: i64, capped: bool) -> PoolCount {
    let entries = entries.min(CAP);
    PoolCount {
        entries,
        exact: !capped,
        shown: if capped {
            format!("{}+", thousands(entries))
        } else {
            thousands(entries)
        },
    }
}

/// Reads the rows of `pool_found`: a mask whose zero bits say which column a row counts.
pub(super) fn facets(rows: &[Row], currency: Currency) -> Result<Facets, ReportError> {
    let all = rows
        .iter()
        .find(|row| row.get::<_, i32>("mask") == 0b111_1111)
        .map_or(0, |row| row.get::<_, i64>("entries"));
    let capped = all > CAP;
    let mut lists = FacetLists::default();
    for row in rows {
        let count = counted(row.get("entries"), capped);
        let plain = |value: String| FacetValue {
            value,
            below: None,
            count: count.clone(),
        };
        match row.get::<_, i32>("mask") {
            0b011_1111 => lists
                .category
                .extend(row.get::<_, Option<String>>("category").map(plain)),
            0b101_1111 => lists.source.push(plain(row.get("source"))),
            0b110_1111 => lists.price.extend(price(row.get("price_band"), currency, &count)),
            0b111_0111 => lists.rate.extend(rate(row.get("rate_band"), &count)),
            0b111_1011 => lists.dropship.push(plain(row.get::<_, bool>("dropship").to_string())),
            0b111_1101 => lists.sample.push(plain(row.get::<_, bool>("sample").to_string())),
            0b111_1110 => {
                let hours: i32 = row.get("ships_within");
                lists
                    .ships_within
                    .extend((hours >= 0).then(|| plain(hours.to_string())));
            }
            _ => {}
        }
    }
    let largest = |one: &FacetValue| (std::cmp::Reverse(one.count.entries), one.value.clone());
    lists.category.sort_by_key(largest);
    lists.category.truncate(MOST);
    lists.source.sort_by_key(largest);
    lists.dropship.sort_by_key(largest);
    lists.sample.sort_by_key(largest);
    lists
        .ships_within
        .sort_by_key(|one| one.value.parse::<i32>().unwrap_or(i32::MAX));
    Ok(Facets {
        total: counted(all, capped),
        facets: lists,
    })
}

fn price(band: i16, currency: Currency, count: &PoolCount) -> Option<FacetValue> {
    let band = usize::try_from(band).ok()?;
    let unit = 10_i64.checked_pow(currency.digits()).unwrap_or(1);
    let text = |bound: &i64| Money::of(Minor(bound.saturating_mul(unit)), currency).amount;
    let from = band
        .checked_sub(1)
        .and_then(|below| PRICE_BOUNDS.get(below))
        .unwrap_or(&0);
    Some(FacetValue {
        value: text(from),
        below: PRICE_BOUNDS.get(band).map(text),
        count: count.clone(),
    })
}

fn rate(band: i16, count: &PoolCount) -> Option<FacetValue> {
    let band = usize::try_from(band).ok()?;
    let text = |percent: &u32| Rate::from_ppm(percent * 10_000).unwrap_or(Rate::ONE).to_string();
    let from = band
        .checked_sub(1)
        .and_then(|below| RATE_BOUNDS.get(below))
        .unwrap_or(&0);
    Some(FacetValue {
        value: text(from),
        below: RATE_BOUNDS.get(band).map(text),
        count: count.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_exact_to_the_cap_and_says_so_beyond_it() {
        assert_eq!(counted(10_000, false).shown, "10,000");
        assert_eq!(counted(10_001, true).shown, "10,000+");
        assert_eq!(counted(7, false).shown, "7");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }

    #[test]
    fn bands_are_told_by_their_bounds() {
        let one = price(0, Currency::CNY, &counted(1, false)).unwrap();
        assert_eq!((one.value.as_str(), one.below.as_deref()), ("0.00", Some("10.00")));
        let last = price(8, Currency::CNY, &counted(1, false)).unwrap();
        assert_eq!((last.value.as_str(), last.below), ("2000.00", None));
        assert_eq!(rate(2, &counted(1, false)).unwrap().value, "0.1");
        assert_eq!(rate(-1, &counted(1, false)), None);
    }
}
