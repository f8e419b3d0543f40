//! A party as it stands: its name, and every contract in which it is the member.
//! Must never forget an ended contract: lines pinned under it still settle under it.

use serde::{Deserialize, Serialize};

use super::card::{Card, PrefundSet};
use super::event::PartyEvent;
use super::script::Script;
use crate::base::{EntityId, ExternalId, Instant, MembershipId, Name, PartyId};
use crate::domain::share::{Guarantee, ShareFormula};
use crate::money::Rate;

/// What a contract covers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractScope {
    /// Everything.
    All,
    /// Commission per sale.
    Cps,
    /// Brand contracts (V任务).
    Vtask,
    /// Sourcing.
    Sourcing,
}

/// Whom the platform pays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// Everything is payable here.
    #[default]
    Book,
    /// The platform pays the upper its part itself.
    Upper,
    /// The platform pays the member its part itself.
    Member,
    /// The platform pays each its part itself.
    Each,
}

/// How the upper and the member share (decision A13).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// The upper keeps half-up(inflow x rate), the member gets the residual.
    UpperKeeps(Rate),
    /// The upper passes half-up(inflow x rate) on to the member and keeps the residual.
    UpperPasses(Rate),
    /// By a formula: deductions, tiers on the month, a team.
    Formula(Box<ShareFormula>),
}

impl Share {
    /// The formula, when it is one.
    pub fn formula(&self) -> Option<&ShareFormula> {
        match self {
            Share::Formula(formula) => Some(formula),
            Share::UpperKeeps(_) | Share::UpperPasses(_) => None,
        }
    }
}

/// One contract of a member with its upper (agency, or the anchor above a second-level promoter). Half-open in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
    /// Which.
    pub id: MembershipId,
    /// The agency.
    pub upper: PartyId,
    /// What it covers.
    pub scope: ContractScope,
    /// Share.
    pub share: Share,
    /// Whom the platform pays.
    pub receiver: Receiver,
    /// What the upper guarantees the member a month.
    pub guarantee: Option<Guarantee>,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive.
    pub to: Option<Instant>,
}

impl Contract {
    /// In force at an instant.
    pub fn covers(&self, at: Instant) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// A party as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartyState {
    /// Which.
    pub id: PartyId,
    /// The book's own number for it.
    pub external_id: Option<ExternalId>,
    /// Business name.
    pub name: Name,
    /// Contracts in which this party is the member, in order of signing. Amendments are contracts of their own dates.
    pub contracts: Vec<Contract>,
    /// The legal entity it belongs to.
    pub entity: Option<EntityId>,
    /// Why nothing is paid to it 暂停付款; what it earns goes on.
    pub suspended: Option<String>,
    /// What it shows of itself to brands.
    pub card: Option<Box<Card>>,
    /// Whether its brand contracts must be covered before they are awarded.
    pub prefund: PrefundSet,
    /// How it behaves when a sandbox plays it.
    pub script: Option<Script>,
}

impl PartyState {
    /// The contract for a scope at an instant.
    pub fn contract(&self, scope: ContractScope, at: Instant) -> Option<&Contract> {
        self.contracts
            .iter()
            .find(|c| (c.scope == scope || c.scope == ContractScope::All) && c.covers(at))
    }

    /// The state after the first event; any other event first is not a party.
    pub fn begin(event: &PartyEvent) -> Option<PartyState> {
        match event {
            PartyEvent::Registered(e) => Some(PartyState {
                id: e.party,
                external_id: e.external_id.clone(),
                name: e.name.clone(),
                contracts: Vec::new(),
                entity: None,
                suspended: None,
                card: None,
                prefund: PrefundSet::default(),
                script: None,
            }),
            _ => None,
        }
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &PartyEvent) {
        match event {
            PartyEvent::Registered(_) => {}
            PartyEvent::Renamed(e) => self.name = e.name.clone(),
            PartyEvent::EntityNamed(e) => self.entity = e.entity,
            PartyEvent::Suspended(e) => self.suspended = Some(e.reason.clone()),
            PartyEvent::Resumed(_) => self.suspended = None,
            PartyEvent::CardSet(e) => self.card = Some(Box::new(e.card.clone())),
            PartyEvent::PrefundSet(e) => self.prefund = e.clone(),
            PartyEvent::Scripted(e) => self.script = e.script,
            PartyEvent::MembershipSigned(e) => self.contracts.push(Contract {
                id: e.membership,
                upper: e.upper,
                scope: e.scope,
                share: e.share.clone(),
                receiver: e.receiver,
                guarantee: e.guarantee,
                from: e.from,
                to: e.to,
            }),
            PartyEvent::MembershipAmended(e) => {
                // The contract goes on under new terms from an instant: the old terms end there.
                let Some(index) = self
                    .contracts
                    .iter()
                    .rposition(|c| c.id == e.membership && c.covers(e.from))
                else {
                    return;
                };
                let Some(old) = self.contracts.get_mut(index) else {
                    return;
                };
                let next = Contract {
                    share: e.share.clone(),
                    receiver: e.receiver,
                    guarantee: e.guarantee,
                    from: e.from,
                    ..old.clone()
                };
                old.to = Some(e.from);
                self.contracts.push(next);
            }
            PartyEvent::MembershipEnded(e) => {
                for contract in self.contracts.iter_mut().filter(|c| c.id == e.membership) {
                    if contract.to.is_none_or(|to| to > e.at) {
                        contract.to = Some(e.at);
                    }
                }
                self.contracts.retain(|c| c.to.is_none_or(|to| to > c.from));
            }
        }
    }
}
