//! Parties and their agency contracts (memberships 机构合约).
//! Must never hold personal data of people: names of parties are business names; people are persons with random ids.

pub mod card;
pub mod decide;
pub mod event;
pub mod script;
mod share;
pub mod state;
#[cfg(test)]
mod tests;

pub use card::{Asking, Card, CardSet, Credit, Figure, PrefundSet};
pub use event::{
    MembershipAmended, MembershipEnded, MembershipSigned, PartyEvent, PartyRegistered, PartyResumed, PartyScripted,
    PartySuspended,
};
pub use script::Script;
pub use state::{Contract, ContractScope, PartyState, Receiver, Share};
