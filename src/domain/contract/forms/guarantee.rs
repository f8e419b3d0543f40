//! Sales guarantee 保量: a fee against a promise of sales, earned in proportion to what was reached.
//! Must never take a result for more than a proposal: lines can be contested.

use serde::{Deserialize, Serialize};

use super::Terms;
use crate::base::{Instant, ItemId};
use crate::domain::refusal::Wrong;
use crate::money::{Minor, MoneyError, Rounding};

/// Which sales count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Of these items; empty: every item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemId>,
    /// Sold through these accounts; empty: whatever is the anchor's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Order time, inclusive.
    pub from: Instant,
    /// Order time, exclusive.
    pub to: Instant,
    /// Before refunds; otherwise net of them.
    #[serde(default)]
    pub gross: bool,
    /// Whose figures count, such as `ledger` or `platform_backend`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Orders that do not count, in words, such as `brushed`, `employees`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
}

/// What becomes of a shortfall.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The fee goes back in proportion.
    ProRata,
    /// One more show is held; then the fee goes back in proportion to what both reached.
    MakeUpShow,
    /// Missing the target leaves commission only: the whole fee goes back.
    CommissionOnly,
}

/// A guarantee.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Guarantee {
    /// Sales promised.
    pub target: Minor,
    /// Which sales.
    pub measured: Measured,
    /// What a shortfall means.
    pub remedy: Remedy,
    /// Most that goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Minor>,
}

impl Measured {
    pub(super) fn check(&self, pointer: &'static str, wrong: &mut Wrong) {
        wrong.when(
            self.from >= self.to,
            pointer,
            "window_empty",
            "a window ends after it begins",
        );
        wrong.when(
            self.items.len() > 200 || self.accounts.len() > 50 || self.excluded.len() > 50,
            pointer,
            "too_many",
            "at most 200 items, 50 accounts, 50 exclusions",
        );
    }
}

impl Guarantee {
    /// What the fee has earned: half-up(fee x reached / target), at most the fee, at least what the cap leaves.
    pub(super) fn earned(&self, fee: Minor, reached: Minor) -> Result<Minor, MoneyError> {
        let reached = reached.max(Minor::ZERO).min(self.target);
        let floor = self.cap.map_or(Minor::ZERO, |cap| Minor((fee.0 - cap.0).max(0)));
        let earned = match self.remedy {
            Remedy::CommissionOnly if reached < self.target => Minor::ZERO,
            Remedy::CommissionOnly => fee,
            Remedy::ProRata | Remedy::MakeUpShow => {
                Rounding::HalfUp.scale(fee, i128::from(reached.0), i128::from(self.target.0))?
            }
        };
        Ok(earned.max(floor).min(fee))
    }

    pub(super) fn check(&self, terms: &Terms, wrong: &mut Wrong) {
        wrong.when(
            self.target.0 <= 0,
            "/terms/form/guarantee/target",
            "amount_not_positive",
            "a target is positive",
        );
        wrong.when(
            self.cap.is_some_and(|cap| cap.0 < 0),
            "/terms/form/guarantee/cap",
            "amount_negative",
            "a cap is not negative",
        );
        self.measured.check("/terms/form/guarantee/measured", wrong);
        wrong.when(
            terms.deliverables.len() != 1,
            "/terms/deliverables",
            "deliverables_count",
            "a sales guarantee is one deliverable",
        );
    }
}
