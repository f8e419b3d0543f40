//! Events of a cut-over.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use crate::base::{CutoverId, ExternalId, Instant, PartyId};
use crate::ledger::{Account, Leg};
use crate::money::{Currency, Minor};

/// What a cut-over is of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// Start of the day from which these books count.
    pub at: Instant,
    /// Only for this platform; for every one, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ExternalId>,
    /// Only for this account of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ExternalId>,
}

/// A balance of the books before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpeningBalance {
    /// The account here.
    pub account: Account,
    /// The legal entity 签约主体 that held it, in the book's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<ExternalId>,
    /// Currency.
    pub currency: Currency,
    /// `+`: the book owes it; `-`: it is owed to the book.
    pub amount: Minor,
}

/// What a payee earned and was taxed in a tax year before the cut-over. Kept for the tax of later months; moves nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PayeeYear {
    /// Who.
    pub party: PartyId,
    /// Paid by which legal entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<ExternalId>,
    /// Which tax year.
    pub year: u16,
    /// Currency.
    pub currency: Currency,
    /// Income so far.
    pub income: Minor,
    /// Tax withheld so far.
    pub tax: Minor,
}

/// The file of unsettled lines that the second person agrees to with the balances.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinesNamed {
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// How many lines it has.
    pub lines: u64,
}

/// What is asked for and approved.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Opening {
    /// Why, or where it comes from.
    pub reason: String,
    /// Balances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balances: Vec<OpeningBalance>,
    /// Income and tax of payees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payees: Vec<PayeeYear>,
    /// The file of unsettled lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<LinesNamed>,
}

/// `cutover.opened`: balances of other books stand here now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpeningPosted {
    /// Of which cut-over.
    pub cutover: CutoverId,
    /// 1, 2, 3, … within it.
    pub number: u32,
    /// Its business time: the last instant before the cut-over.
    pub at: Instant,
    /// As approved.
    pub opening: Opening,
    /// What moves: the balances and their offset.
    pub legs: Vec<Leg>,
}

/// `cutover.reversed`: an opening was taken back as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpeningReversed {
    /// Of which cut-over.
    pub cutover: CutoverId,
    /// Which opening.
    pub number: u32,
    /// Its business time: that of the opening.
    pub at: Instant,
    /// Why.
    pub reason: String,
    /// What moves: the opening's legs with the opposite sign.
    pub legs: Vec<Leg>,
}

/// What happened to a cut-over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CutoverEvent {
    /// `cutover.opened`
    Opened(Box<OpeningPosted>),
    /// `cutover.reversed`
    Reversed(OpeningReversed),
}
