//! Events of returns that name no order. Each says what was decided: the line, or why none and which could be.
//! Must never be changed once released: a new shape is a new schema version with an upcast.

use serde::{Deserialize, Serialize};

use super::TOLD;
use crate::base::{BookId, ExternalId, Instant, LineId, ReturnsId, derive_uuid};
use crate::money::{Currency, Minor};

/// A row of a return document 退货单. It names a buyer and an item, but no order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Returned {
    /// The platform that is the source (never the file or channel).
    pub platform: ExternalId,
    /// Number of the document.
    pub document: ExternalId,
    /// Number of the row; with platform and document its identity.
    pub row: ExternalId,
    /// Pseudonym of the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<ExternalId>,
    /// The platform's item number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_no: Option<ExternalId>,
    /// Business time.
    pub at: Instant,
    /// Currency of the amount.
    pub currency: Currency,
    /// Units returned.
    pub units: u32,
    /// Goods refunded; with the units it gives the unit price. Freight is never a part of it.
    pub amount: Minor,
}

impl Returned {
    /// The stream it belongs to. One without buyer or item cannot be matched and has a stream of its own.
    pub fn stream(&self, book: BookId) -> ReturnsId {
        let platform = self.platform.as_str();
        match (&self.buyer, &self.item_no) {
            (Some(buyer), Some(item)) => ReturnsId::of(book, platform, buyer.as_str(), item.as_str()),
            _ => ReturnsId::of_row(book, platform, self.document.as_str(), self.row.as_str()),
        }
    }

    /// Identity inside its stream.
    pub fn identity(&self) -> String {
        format!("{TOLD}/{}/{}", self.document, self.row)
    }

    /// The case under which a matched line is told of it.
    pub fn case(&self) -> ExternalId {
        let parts = [self.document.as_str(), self.row.as_str()];
        let hashed = || ExternalId::of_hash(derive_uuid("return.case", uuid::Uuid::nil(), &parts));
        parts.join(":").parse().unwrap_or_else(|_| hashed())
    }

    /// True when both are the same row of the same document.
    pub fn is_same_row(&self, other: &Returned) -> bool {
        self.document == other.document && self.row == other.row
    }
}

/// Code of a return that names no buyer, or no item.
pub const WITHOUT_BUYER: &str = "return_without_buyer";
/// Code of a return whose buyer bought nothing of the item before.
pub const WITHOUT_SALE: &str = "return_without_sale";
/// Code of a return that no earlier line fits.
pub const FITS_NONE: &str = "return_fits_none";
/// Code of a return that several lines fit.
pub const FITS_SEVERAL: &str = "return_fits_several";
/// Code of a return on a platform whose formulas do not ask for matching.
pub const NOT_ASKED_FOR: &str = "return_matching_not_asked_for";
/// Code of a return of no units.
pub const NO_UNITS: &str = "return_without_units";
/// Code of an amount below zero.
pub const NEGATIVE: &str = "amount_negative";
/// Code of a currency that the book does not book.
pub const OTHER_CURRENCY: &str = "currency_mismatch";
/// Code of a row told before with other content.
pub const CONFLICT: &str = "same_identity_other_content";

/// Why a return can never be matched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The same row was told before with other content.
    Conflict,
    /// No buyer, or no item.
    WithoutBuyer,
    /// No units.
    WithoutUnits,
    /// An amount below zero.
    AmountNegative,
    /// A currency that the book does not book.
    CurrencyMismatch,
}

impl Flaw {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Flaw::Conflict => CONFLICT,
            Flaw::WithoutBuyer => WITHOUT_BUYER,
            Flaw::WithoutUnits => NO_UNITS,
            Flaw::AmountNegative => NEGATIVE,
            Flaw::CurrencyMismatch => OTHER_CURRENCY,
        }
    }
}

/// Why a return is matched to no line as things stand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No formula of the platform asks for matching.
    NotAskedFor,
    /// The buyer bought nothing of the item before.
    WithoutSale,
    /// Earlier lines have something left, but none at the same unit price with enough left.
    FitsNone,
    /// Several lines fit: which one is not certain.
    FitsSeveral,
}

impl Why {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Why::NotAskedFor => NOT_ASKED_FOR,
            Why::WithoutSale => WITHOUT_SALE,
            Why::FitsNone => FITS_NONE,
            Why::FitsSeveral => FITS_SEVERAL,
        }
    }
}

/// A line that a parked return may belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// The line.
    pub line: LineId,
    /// Units that nothing was refunded for.
    pub left: u32,
    /// The unit price is the same and enough is left.
    pub fits: bool,
}

/// What a return is matched to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// It belongs to this line, the only one that fits.
    Matched {
        /// The line.
        line: LineId,
    },
    /// It waits for a person, or for lines that are not told yet.
    Parked {
        /// Why.
        why: Why,
        /// Lines it may belong to: those that fit first, then the oldest; at most 32.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        candidates: Vec<Candidate>,
    },
}

impl Verdict {
    /// The line it is matched to.
    pub fn line(&self) -> Option<LineId> {
        match self {
            Verdict::Matched { line } => Some(*line),
            Verdict::Parked { .. } => None,
        }
    }
}

/// A row of a return document was told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnTold {
    /// As told.
    pub returned: Returned,
    /// Why it can never be matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<Flaw>,
}

/// Lines sold to that buyer of that item join the set that returns are matched with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SalesJoined {
    /// The lines.
    pub lines: Vec<LineId>,
}

/// The verdict on a return changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnJudged {
    /// Number of the document.
    pub document: ExternalId,
    /// Number of the row.
    pub row: ExternalId,
    /// The verdict now.
    pub verdict: Verdict,
    /// The line it was matched to until now: its refund is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<LineId>,
    /// How often it has been matched, this time included.
    pub matches: u32,
}

/// A return was taken back: as if it had never been told, until it is told again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnWithdrawn {
    /// Number of the document.
    pub document: ExternalId,
    /// Number of the row.
    pub row: ExternalId,
    /// Which batch takes it back.
    pub batch: ExternalId,
    /// The line it was matched to: its refund is taken back too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<LineId>,
}

/// What happened to returns of one buyer and item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReturnEvent {
    /// `return.told`
    Told(ReturnTold),
    /// `return.sales_joined`
    Joined(SalesJoined),
    /// `return.judged`
    Judged(ReturnJudged),
    /// `return.withdrawn`
    Withdrawn(ReturnWithdrawn),
}

impl ReturnEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            ReturnEvent::Told(_) => TOLD,
            ReturnEvent::Joined(_) => "return.sales_joined",
            ReturnEvent::Judged(_) => "return.judged",
            ReturnEvent::Withdrawn(_) => "return.withdrawn",
        }
    }
}
