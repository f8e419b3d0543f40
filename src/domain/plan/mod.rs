//! Commission rules (plans): who may earn what on which item or shop, when, and how a rule may change.
//! Must never look at a line or a click; `pricing/` does the matching.

mod change;
pub mod decide;
pub mod event;
mod overlap;
pub mod state;
#[cfg(test)]
mod tests;
mod validate;

pub use event::{RuleChanged, RuleEnded, RulePosted, SubjectDecided, UsageEvent};
pub use state::{Rates, RuleState, RuleTerms, ShelfState, Subjects, UsageState, Version};

use serde::{Deserialize, Serialize};

/// Plan kinds of the trade, in the words of domain.md 2.6.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// 通用计划: open to everyone; scope item, shop or category.
    General,
    /// 自选计划: promoters chosen by the merchant.
    SelfSelect,
    /// 营销计划: open, per item, time boxed.
    Marketing,
    /// First N units at a special rate.
    FirstN,
    /// 定向计划: approved promoters or agencies.
    Targeted,
    /// 专享: one per item; excludes levels 4 to 9 for everyone.
    Exclusive,
    /// 直播专享: named anchors or agencies on one item inside a live window.
    LiveExclusive,
}

/// What a rule covers. Item rules stand on the item's shelf, the other two on the shop's.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// One item.
    Item(crate::base::ItemId),
    /// Every item of a shop.
    Shop(crate::base::ShopId),
    /// One category of a shop.
    Category(crate::base::ShopId, String),
}

impl RuleScope {
    /// The shelf on which a rule of this scope stands.
    pub fn shelf(&self) -> crate::base::ShelfId {
        match self {
            RuleScope::Item(item) => crate::base::ShelfId::of_item(*item),
            RuleScope::Shop(shop) | RuleScope::Category(shop, _) => crate::base::ShelfId::of_shop(*shop),
        }
    }
}
