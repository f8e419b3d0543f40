//! Events of the pool: an item is shown, what it earns changed, it is shown no more.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use crate::base::{Instant, ItemId, PartyId, RuleId};
use crate::money::{Currency, Minor, Rate};

/// What a brand publishes of an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolTerms {
    /// Currency of amounts.
    pub currency: Currency,
    /// Price in the show.
    pub price: Minor,
    /// What a buyer pays after the coupon that everybody gets; commission is reckoned on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_price: Option<Minor>,
    /// Units sold a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales: Option<u32>,
    /// Share of units refunded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_rate: Option<Rate>,
    /// Score of the shop in thousandths, 0 to 5,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u16>,
    /// Least quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_order: Option<u32>,
    /// Hours until dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ships_within: Option<u16>,
    /// Sent to the buyer one by one for whoever sells it 一件代发.
    #[serde(default)]
    pub dropship: bool,
    /// Samples may be asked for.
    #[serde(default)]
    pub sample: bool,
    /// Units that may be sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
    /// Freight of a unit that whoever promotes it bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight: Option<Minor>,
}

impl PoolTerms {
    /// What a buyer pays.
    pub fn paid(&self) -> Minor {
        self.coupon_price.unwrap_or(self.price)
    }
}

/// What anybody would earn on a unit, with the amounts in it: rules and formulas may change.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// The rule that anybody may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// Its shown rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Commission on what a buyer pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Minor>,
    /// What fees take of it, less what subsidies add.
    #[serde(default)]
    pub fees: Minor,
    /// What refunds at the published rate would take of the rest.
    #[serde(default)]
    pub refunds: Minor,
    /// Freight that the promoter bears.
    #[serde(default)]
    pub freight: Minor,
    /// What is left: the true margin of a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Minor>,
    /// They are reckoned anew here: a rule or listing begins or ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// `pool.listed`: the item is shown with these terms from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolListed {
    /// Which.
    pub item: ItemId,
    /// The brand.
    pub owner: PartyId,
    /// What it publishes.
    pub terms: PoolTerms,
    /// What anybody would earn.
    pub figures: Figures,
}

/// `pool.rated`: what anybody would earn changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolRated {
    /// Which.
    pub item: ItemId,
    /// What anybody would earn from now on.
    pub figures: Figures,
}

/// `pool.withdrawn`: the item is shown no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolWithdrawn {
    /// Which.
    pub item: ItemId,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What happened to an item in the pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PoolEvent {
    /// `pool.listed`
    Listed(Box<PoolListed>),
    /// `pool.rated`
    Rated(Box<PoolRated>),
    /// `pool.withdrawn`
    Withdrawn(PoolWithdrawn),
}

impl PoolEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            PoolEvent::Listed(_) => "pool.listed",
            PoolEvent::Rated(_) => "pool.rated",
            PoolEvent::Withdrawn(_) => "pool.withdrawn",
        }
    }
}
