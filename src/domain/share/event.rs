//! Events of a contract's month.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::state::Figures;
use crate::base::{Instant, LineId, MembershipId, Month, PartyId, ShareId};
use crate::ledger::Leg;
use crate::money::{Currency, Minor};

/// `membership.accrued`: a line settled under a contract with tiers, or changed after that.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShareAccrued {
    /// Which month of which contract.
    pub share: ShareId,
    /// The contract.
    pub membership: MembershipId,
    /// Start of the terms that the line is pinned under.
    pub terms_from: Instant,
    /// Month of the line's settle date.
    pub month: Month,
    /// Currency.
    pub currency: Currency,
    /// The line.
    pub line: LineId,
    /// Of all lines, after it.
    pub figures: Figures,
    /// What true-ups gave the upper so far.
    pub trued_up: Minor,
}

/// `membership.trued_up` 分成结算差额: the month's shares brought to what the tiers give on its totals.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TruedUp {
    /// Which month of which contract.
    pub share: ShareId,
    /// The contract.
    pub membership: MembershipId,
    /// The member.
    pub member: PartyId,
    /// The agency.
    pub upper: PartyId,
    /// Start of the terms.
    pub terms_from: Instant,
    /// The month.
    pub month: Month,
    /// Currency.
    pub currency: Currency,
    /// Of all lines as they stand.
    pub figures: Figures,
    /// The upper's part of the pool by the tiers.
    pub target: Minor,
    /// What true-ups gave the upper, this one included: the target less what the lines posted.
    pub trued_up: Minor,
    /// What this one gives the upper; negative: the member.
    pub change: Minor,
    /// The last instant of the month: its legs belong there, or to the earliest month open, pointing back.
    pub at: Instant,
    /// What moves.
    pub legs: Vec<Leg>,
    /// The month of the run whose closing entry it is: it is stamped there, although that month is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<Month>,
}

/// What happened to a contract's month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShareEvent {
    /// `membership.accrued`
    Accrued(ShareAccrued),
    /// `membership.trued_up`
    TruedUp(Box<TruedUp>),
}
