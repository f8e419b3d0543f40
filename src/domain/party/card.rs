//! What an anchor shows of itself to brands that look for one: its card 主播名片, published by itself.
//! Must never hold a figure that the ledger knows: those are counted, not told; the card says which of them may be shown.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::refusal::Wrong;
use crate::money::{Currency, Minor, Rate};

/// A figure that brands are shown as a range over at least five parties, unless the anchor publishes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Sales in the brief's category and price band.
    Sales,
    /// Sales won by a click, of clicks.
    Conversion,
    /// Refunded of paid, in the brief's category.
    Refunds,
    /// Sales to the brief's audience segment, of all sales in its category.
    Segment,
    /// Deliveries on time.
    Punctuality,
    /// Ratings by brands.
    Rating,
}

impl Figure {
    /// Every figure, in the order in which it is shown.
    pub const ALL: [Figure; 6] = [
        Figure::Sales,
        Figure::Conversion,
        Figure::Refunds,
        Figure::Segment,
        Figure::Punctuality,
        Figure::Rating,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Figure::Sales => "sales",
            Figure::Conversion => "conversion",
            Figure::Refunds => "refunds",
            Figure::Segment => "segment",
            Figure::Punctuality => "punctuality",
            Figure::Rating => "rating",
        }
    }
}

/// What an anchor asks for one deliverable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Asking {
    /// Currency.
    pub currency: Currency,
    /// The fee.
    pub fee: Minor,
}

/// A card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// It is found by brands that look for an anchor.
    pub listed: bool,
    /// Level on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    /// Number of fans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fans: Option<u64>,
    /// Audience segments that it reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// What it asks for one deliverable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asking>,
    /// Least commission that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_commission: Option<Rate>,
    /// Figures of the ledger that brands may see to the digit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shows: Vec<Figure>,
}

impl Default for Card {
    fn default() -> Card {
        Card {
            listed: true,
            level: None,
            fans: None,
            segments: Vec::new(),
            asks: None,
            least_commission: None,
            shows: Vec::new(),
        }
    }
}

impl Card {
    /// Names every field that makes no sense.
    pub(super) fn check(&self, wrong: &mut Wrong) {
        let word = |text: &String| (1..=100).contains(&text.trim().chars().count()) && !text.contains('\0');
        wrong.when(
            self.segments.len() > 50 || !self.segments.iter().all(word),
            "/segments",
            "text_length",
            "at most 50 segments of 1 to 100 characters",
        );
        wrong.when(
            self.asks.is_some_and(|asks| asks.fee < Minor::ZERO),
            "/asks",
            "amount_negative",
            "a fee is not negative",
        );
        let distinct: BTreeSet<Figure> = self.shows.iter().copied().collect();
        wrong.when(
            distinct.len() != self.shows.len(),
            "/shows",
            "name_repeated",
            "a figure is named twice",
        );
    }
}

/// `party.card_set`: the whole card, as it is from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardSet {
    /// The card.
    pub card: Card,
}

/// How far a brand may go beyond what it has deposited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Credit {
    /// Currency.
    pub currency: Currency,
    /// Agreed credit 授信.
    pub amount: Minor,
}

/// `party.prefund_set`: whether a brand's contracts must be covered before they are awarded 预存款, and by what credit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PrefundSet {
    /// Covered before; none: as the book says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// Agreed credit, one of a currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credit: Vec<Credit>,
}

impl PrefundSet {
    /// Agreed credit in a currency.
    pub fn credit(&self, currency: Currency) -> Minor {
        let agreed = self.credit.iter().find(|agreed| agreed.currency == currency);
        agreed.map_or(Minor::ZERO, |agreed| agreed.amount)
    }

    /// Names every field that makes no sense.
    pub(super) fn check(&self, wrong: &mut Wrong) {
        let distinct: BTreeSet<&str> = self.credit.iter().map(|agreed| agreed.currency.code()).collect();
        wrong.when(
            distinct.len() != self.credit.len(),
            "/credit",
            "currency_repeated",
            "a currency is named twice",
        );
        wrong.when(
            self.credit.iter().any(|agreed| agreed.amount < Minor::ZERO),
            "/credit",
            "amount_negative",
            "a credit is not negative",
        );
    }
}
