//! Events of a party.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::card::{CardSet, PrefundSet};
use super::script::Script;
use super::state::{ContractScope, Receiver, Share};
use crate::base::{ExternalId, Instant, MembershipId, Name, PartyId};
use crate::domain::entity::EntityNamed;
use crate::domain::share::Guarantee;

/// `party.registered`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartyRegistered {
    /// Which.
    pub party: PartyId,
    /// The book's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Business name.
    pub name: Name,
}

/// `party.renamed`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartyRenamed {
    /// New name.
    pub name: Name,
}

/// `membership.signed`, on the member's stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MembershipSigned {
    /// Which contract.
    pub membership: MembershipId,
    /// The member.
    pub member: PartyId,
    /// The agency.
    pub upper: PartyId,
    /// What it covers.
    pub scope: ContractScope,
    /// Share.
    pub share: Share,
    /// Whom the platform pays.
    pub receiver: Receiver,
    /// 保底: what the upper guarantees the member a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<Guarantee>,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// `membership.amended`: other terms from an instant on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MembershipAmended {
    /// Which contract.
    pub membership: MembershipId,
    /// The member.
    pub member: PartyId,
    /// Share.
    pub share: Share,
    /// Whom the platform pays.
    pub receiver: Receiver,
    /// 保底: what the upper guarantees the member a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<Guarantee>,
    /// From here on.
    pub from: Instant,
}

/// `membership.ended`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MembershipEnded {
    /// Which contract.
    pub membership: MembershipId,
    /// The member.
    pub member: PartyId,
    /// Exclusive end.
    pub at: Instant,
}

/// `party.suspended` 暂停付款: what it earns goes on, and nothing is paid to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartySuspended {
    /// Why.
    pub reason: String,
}

/// `party.resumed`: it may be paid again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartyResumed {
    /// Why.
    pub reason: String,
}

/// `party.scripted` 脚本主播: in a sandbox the program plays this party from here on, by a script; without one it stops.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartyScripted {
    /// How it behaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
}

/// What happened to a party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartyEvent {
    /// `party.registered`
    Registered(PartyRegistered),
    /// `party.renamed`
    Renamed(PartyRenamed),
    /// `membership.signed`
    MembershipSigned(MembershipSigned),
    /// `membership.amended`
    MembershipAmended(MembershipAmended),
    /// `membership.ended`
    MembershipEnded(MembershipEnded),
    /// `party.entity_named`
    EntityNamed(EntityNamed),
    /// `party.suspended`
    Suspended(PartySuspended),
    /// `party.resumed`
    Resumed(PartyResumed),
    /// `party.card_set`
    CardSet(CardSet),
    /// `party.prefund_set`
    PrefundSet(PrefundSet),
    /// `party.scripted`
    Scripted(PartyScripted),
}

impl PartyEvent {
    /// Its wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            PartyEvent::Registered(_) => "party.registered",
            PartyEvent::Renamed(_) => "party.renamed",
            PartyEvent::MembershipSigned(_) => "membership.signed",
            PartyEvent::MembershipAmended(_) => "membership.amended",
            PartyEvent::MembershipEnded(_) => "membership.ended",
            PartyEvent::EntityNamed(_) => "party.entity_named",
            PartyEvent::Suspended(_) => "party.suspended",
            PartyEvent::Resumed(_) => "party.resumed",
            PartyEvent::CardSet(_) => "party.card_set",
            PartyEvent::PrefundSet(_) => "party.prefund_set",
            PartyEvent::Scripted(_) => "party.scripted",
        }
    }
}
