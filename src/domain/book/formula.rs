//! Formulas: dated, versioned objects that say what a commission line is computed from and who takes which part.
//! Must never contain a platform's rule as a constant: every figure here is configuration of the book.

use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, PartyId};
use crate::domain::order::Funder;
use crate::domain::order::pin::{FeeOf, Settleable};
use crate::money::{Minor, Rate, Rounding};

/// Whose figures are posted (decision A3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormulaBasis {
    /// Our rules decide; reported figures are stored beside ours.
    #[default]
    OwnRules,
    /// 平台口径: the row's own base, gross, fees and subsidies are posted as given; rates here only name the takers. Needs
    /// no rule and no click; what lies below the receiver is split by the contracts of this book.
    AsReported,
}

/// A fee taken from the gross commission, in stated order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fee {
    /// Component name, such as `technical_fee`.
    pub name: String,
    /// Who gets it.
    pub taker: PartyId,
    /// Rate on the rounded predecessor.
    pub rate: Rate,
    /// Predecessor.
    pub of: FeeOf,
}

/// A subsidy: min(base x rate, cap) x share, paid by its own payer into the distributable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subsidy {
    /// Name.
    pub name: String,
    /// Who pays it.
    pub payer: PartyId,
    /// Rate on the base.
    pub rate: Rate,
    /// Cap per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Minor>,
    /// Share that reaches the takers.
    pub share: Rate,
}

/// One version of a formula.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Formula {
    /// Name for people.
    pub name: String,
    /// Whose figures are posted.
    #[serde(default)]
    pub basis: FormulaBasis,
    /// Only for lines of this platform; absent: any platform without a formula of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ExternalId>,
    /// Who owes the commission, under `as_reported`: for an agency's book the platform that pays it. Absent: the brand of
    /// the line's shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<PartyId>,
    /// Rounding of every product.
    #[serde(default)]
    pub rounding: Rounding,
    /// Discounts of these funders do not lower the base: they are added back, and the funder is charged when it is a party
    /// of the line (decision A9).
    #[serde(default)]
    pub add_back: Vec<Funder>,
    /// A kept deposit is a base.
    #[serde(default)]
    pub kept_deposit_is_base: bool,
    /// Content fee 内容场景专项服务费: taker and rate on the base, on top of the shown rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_fee: Option<(PartyId, Rate)>,
    /// Rules state the overall rate: the shown rate is the rule's rate minus the content fee's.
    #[serde(default)]
    pub rates_are_overall: bool,
    /// Fees, in order.
    #[serde(default)]
    pub fees: Vec<Fee>,
    /// Subsidies.
    #[serde(default)]
    pub subsidies: Vec<Subsidy>,
    /// When a line becomes settleable.
    pub settleable: Settleable,
    /// Attribution window in seconds before the order, inclusive start.
    pub window_seconds: i64,
    /// Returns that do not name their order are matched with the lines of this platform. Once a version has said so, it
    /// holds: a match must not depend on which version is in force.
    #[serde(default, skip_serializing_if = "is_false")]
    pub returns_without_order: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}
