//! The pin: everything a line was decided with, fixed at the business time of its creation (decision A4).
//! Must never be changed in place: a new pin is a new event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{ClickId, ExternalId, FormulaId, Instant, ItemId, MembershipId, PartyId, RuleId, ShopId};
use crate::domain::share::Deduction;
use crate::money::{Currency, Minor, Rate, Rounding};

/// How the promoter of a line was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The platform said so.
    Platform,
    /// Last click in the window.
    Click,
    /// Assigned to the placement that the row names.
    Placement,
    /// Nobody: a state, not an error.
    None,
}

/// How near the winning click was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// On the same item.
    SameItem,
    /// On the same shop.
    SameShop,
}

/// Who promoted the line and how we know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attribution {
    /// How it was found.
    pub basis: Basis,
    /// The party: an anchor, or a second-level promoter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The winning click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click: Option<ClickId>,
    /// Its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<Instant>,
    /// How near it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Dimensions copied at the pin; a later change of master data does not move history.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Dims {
    /// Item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<ShopId>,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Live room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<ExternalId>,
    /// Show 场次.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<ExternalId>,
    /// Traffic source: channel, fan_group, message, micro_tao, search, off_site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Content phase: preview, live, slice, replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Audience segment with its version, `segment@version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
}

/// Why a candidate rule lost, or why nothing was earned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A rule of a more specific level won.
    LessSpecific,
    /// Same level, lower priority.
    LowerPriority,
    /// Same level and priority, earlier start.
    Earlier,
    /// Same in everything, larger id.
    LargerId,
    /// An exclusive plan of another party stands on the item (decision A10).
    Excluded,
    /// The whole quantity no longer fits the first N.
    NExhausted,
    /// The whole commission no longer fits the budget.
    BudgetExhausted,
    /// Paused at the instant.
    Paused,
}

/// A rule that could have applied, and why it lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleId,
    /// Its version at the instant.
    pub version: u32,
    /// Why it lost.
    pub reason: Reason,
}

/// The rate of the line: flat, or portions of the payable base at different rates (tiers).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateTerms {
    /// One rate.
    Flat(Rate),
    /// Portions of the payable base; G of another base is half-up of the exact proportional sum.
    Tiered(Vec<(Minor, Rate)>),
}

/// The rule that won.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleChoice {
    /// The rule.
    pub rule: RuleId,
    /// Its version at the pin instant.
    pub version: u32,
    /// Precedence level, 1 (live-exclusive of the anchor) to 9 (shop or category); domain.md 2.7.
    pub level: u8,
    /// The rate.
    pub rate: RateTerms,
    /// Largest G this line may have (cap per order, as left for this line).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Minor>,
}

/// What the pin took from a limited rule (decision A11).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reservation {
    /// The rule.
    pub rule: RuleId,
    /// Units taken from its first N.
    pub units: u32,
    /// Commission taken from its budget.
    pub gross: Minor,
    /// Base added to its tier volume.
    pub volume: Minor,
}

/// How a hop shares with the one below (decision A13).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeps {
    /// The upper keeps half-up(inflow x rate); the member gets the residual.
    Share(Rate),
    /// The upper passes half-up(inflow x rate) on; it keeps the residual.
    PassesOn(Rate),
    /// Last hop: keeps all of its inflow.
    All,
    /// Keeps `part` when its inflow is `of`, and half-up of that proportion of any other: an amount agreed elsewhere.
    Portion {
        /// What it keeps.
        part: Minor,
        /// Of which inflow.
        of: Minor,
    },
}

/// What a contract's formula adds to a hop: the rate of `keeps` then applies to what deductions before the split leave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HopFormula {
    /// Start of the contract's terms.
    pub terms_from: Instant,
    /// In stated order; one without a taker goes to the hop's own party.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deductions: Vec<Deduction>,
    /// Who shares what the next taker keeps, by weight; empty: that taker alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<(PartyId, Rate)>,
    /// The contract has tiers on its month in this currency: the rate is provisional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiers_in: Option<Currency>,
}

/// One taker of the distributable, from the first receiver down to the promoter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hop {
    /// The taker.
    pub party: PartyId,
    /// What it keeps.
    pub keeps: Keeps,
    /// The contract with the next hop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<MembershipId>,
    /// The platform pays this taker itself (平台直付).
    #[serde(default)]
    pub direct: bool,
    /// The contract's formula, when it has more than a rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<Box<HopFormula>>,
}

/// A fee taken from G (or from what a named predecessor left), to one taker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeTerms {
    /// Component name, such as `technical_fee`.
    pub name: String,
    /// Who gets it.
    pub taker: PartyId,
    /// Rate on the rounded predecessor.
    pub rate: Rate,
    /// Predecessor: the gross commission, or what the fees before left of it.
    pub of: FeeOf,
}

/// The predecessor of a fee.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeOf {
    /// The gross commission G.
    Gross,
    /// What remains after the fees stated before.
    Remainder,
}

/// A subsidy: min(base x rate, cap) x share, paid by its own payer into the distributable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubsidyTerms {
    /// Name.
    pub name: String,
    /// Who pays it.
    pub payer: PartyId,
    /// Rate on the base.
    pub rate: Rate,
    /// Cap per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Minor>,
    /// Share of it that reaches the takers.
    pub share: Rate,
}

/// When a line becomes settleable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settleable {
    /// When the platform says settled.
    PlatformSettled,
    /// A number of days after receipt.
    ReceivedPlusDays(u16),
    /// Session by session (decision A17, AT-32).
    Fulfilment,
}

/// Which discounts lower the base (decision A9). Freight is never in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BaseTerms {
    /// Discounts of these funders are added back to what was paid: the funder bears them, the base does not shrink.
    pub add_back: Vec<super::Funder>,
    /// A kept deposit is a base.
    pub kept_deposit: bool,
}

/// The formula of a line with parties filled in: all that `split` needs, for ever.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// Who pays the commission.
    pub merchant: PartyId,
    /// How products are rounded.
    pub rounding: Rounding,
    /// What the base is.
    pub base: BaseTerms,
    /// Content fee 内容场景专项服务费, on the base, on top of G, with its taker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_fee: Option<(PartyId, Rate)>,
    /// Fees in formula order.
    pub fees: Vec<FeeTerms>,
    /// Subsidies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsidies: Vec<SubsidyTerms>,
    /// Takers of the distributable, first receiver first; at most five.
    pub chain: Vec<Hop>,
    /// When it becomes settleable.
    pub settleable: Settleable,
    /// 平台口径: fees, subsidies and the gross are what the platform's row says; rates here only name the takers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_reported: bool,
}

/// Nobody clicked in the window.
pub const NO_CLICK: &str = "no_click";
/// Nobody is assigned to the placement that the line names.
pub const UNKNOWN_PLACEMENT: &str = "unknown_placement";
/// Nobody is known to owe the commission of the line.
pub const UNKNOWN_PAYER: &str = "unknown_payer";
/// Sold before the cut-over and not brought over: it belongs to the books before.
pub const BEFORE_CUT_OVER: &str = "before_cut_over";

impl Pin {
    /// The line waits until somebody says whose it is, or who owes its commission, or brings it over.
    pub fn waits(&self) -> bool {
        let waits = [UNKNOWN_PLACEMENT, UNKNOWN_PAYER, BEFORE_CUT_OVER];
        self.why_nothing.as_deref().is_some_and(|why| waits.contains(&why))
    }

    /// The line belongs to the books before the cut-over.
    pub fn is_before_cut_over(&self) -> bool {
        self.why_nothing.as_deref() == Some(BEFORE_CUT_OVER)
    }
}

/// Everything a line was decided with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pin {
    /// The instant everything was looked up at: business time of creation.
    pub at: Instant,
    /// The full payable base that reservations were made for.
    pub payable: Minor,
    /// Who promoted it.
    pub attribution: Attribution,
    /// Dimensions.
    pub dims: Dims,
    /// The formula version.
    pub formula: FormulaId,
    /// Its version.
    pub formula_version: u32,
    /// The rule that won; none: nothing is earned, `why_nothing` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleChoice>,
    /// Why nothing is earned: `no_click`, `no_rule`, `excluded`, `unknown_placement`, `unknown_payer`, `before_cut_over`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_nothing: Option<String>,
    /// Candidates that lost, at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Candidate>,
    /// Further losers, counted by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lost_more: BTreeMap<Reason, u32>,
    /// The formula with parties filled in; none when nothing can be earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// What was taken from a limited rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
    /// It was brought over from other books and carries its own terms: no formula of this book is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought_over: Option<super::brought::Agreed>,
}
