//! Streams that a command about an object needs.
//! Must never name a stream the world already knows.

use std::collections::BTreeSet;

use crate::base::{BookId, ItemId, PartyId, PlacementId, ShopId};
use crate::domain::book::Formula;
use crate::domain::command::{Command, Pending};
use crate::domain::flow::Needs;
use crate::domain::party::Share;
use crate::domain::placement::Holder;
use crate::domain::plan::{RuleScope, RuleTerms, Subjects};
use crate::domain::share::ShareFormula;
use crate::domain::stream::StreamId;
use crate::domain::world::World;

/// Adds what a command about an object still needs.
pub fn needs(book: BookId, command: &Command, world: &World, out: &mut Needs) {
    let mut wanted: Vec<StreamId> = vec![book.into()];
    match command {
        Command::NameOwner { owner } => wanted.push((*owner).into()),
        Command::SetFormula { terms, .. } => wanted.extend(of_formula(terms)),
        Command::RegisterParty {
            external_id: Some(number),
            ..
        } => wanted.extend(PartyId::candidates(book, number.as_str()).map(StreamId::from)),
        Command::RenameParty { party, .. } => wanted.push((*party).into()),
        Command::SignMembership { .. }
        | Command::AmendMembership { .. }
        | Command::EndMembership { .. }
        | Command::TrueUpMembership { .. } => wanted.extend(of_contract(command, world, out)),
        Command::RegisterShop { .. }
        | Command::ListItem { .. }
        | Command::AssignPlacement { .. }
        | Command::EndPlacement { .. } => wanted.extend(of_places(book, command)),
        Command::PostRule {
            brand, scope, terms, ..
        } => {
            wanted.extend::<[StreamId; 2]>([scope.shelf().into(), (*brand).into()]);
            if let RuleScope::Shop(shop) | RuleScope::Category(shop, _) = scope {
                wanted.push((*shop).into());
            }
            wanted.extend(of_rule(terms));
        }
        Command::ChangeRule { shelf, terms, .. } => {
            wanted.push((*shelf).into());
            wanted.extend(of_rule(terms));
        }
        Command::EndRule { shelf, .. } | Command::DecideApplicant { shelf, .. } => wanted.push((*shelf).into()),
        Command::ApplyToRule { shelf, party, .. } => wanted.extend::<[StreamId; 2]>([(*shelf).into(), (*party).into()]),
        Command::CommitImport(told) => wanted.push(told.import.into()),
        Command::ReverseImport(reversal) => wanted.push(reversal.import.into()),
        Command::EndReversal(ended) => wanted.push(ended.import.into()),
        Command::Request(pending) => wanted.extend(of_pending(pending)),
        Command::DecideApproval { approval, .. } => {
            wanted.push((*approval).into());
            let requested = world.approval(*approval).and_then(|state| state.requested.as_ref());
            wanted.extend(
                requested
                    .into_iter()
                    .flat_map(|requested| of_pending(&requested.command)),
            );
        }
        Command::IssueKey { person, party, .. } => {
            wanted.extend(person.map(StreamId::from));
            wanted.extend(party.map(StreamId::from));
        }
        Command::RevokeKey { person, .. } => wanted.push((*person).into()),
        Command::DraftBrief { .. } | Command::AskBrief { .. } | Command::ActContract { .. } => {
            super::vtask_needs::needs(book, command, world, out);
        }
        Command::OpenBook(_)
        | Command::CutOffPeriod { .. }
        | Command::MoveClock { .. }
        | Command::NoteRepair { .. }
        | Command::RegisterParty { external_id: None, .. }
        | Command::Facts(_)
        | Command::ResolveParked { .. }
        | Command::Reattribute { .. }
        | Command::Release { .. }
        | Command::FireTimer { .. } => {}
    }
    out.streams
        .extend(wanted.into_iter().filter(|stream| !world.knows(*stream)));
}

/// The party and everybody above it, by any contract.
pub(super) fn above(party: PartyId, world: &World, seen: &mut BTreeSet<PartyId>, out: &mut Needs) {
    if !seen.insert(party) {
        return;
    }
    if !world.knows(party.into()) {
        out.uppers.insert(party);
    }
    for contract in world.party(party).into_iter().flat_map(|state| &state.contracts) {
        above(contract.upper, world, seen, out);
    }
}

/// Shops, items and placements.
fn of_places(book: BookId, command: &Command) -> Vec<StreamId> {
    let mut wanted = Vec::new();
    match command {
        Command::RegisterShop {
            platform,
            shop_no,
            brand,
            ..
        } => wanted.extend::<[StreamId; 2]>([
            ShopId::of(book, platform.as_str(), shop_no.as_str()).into(),
            (*brand).into(),
        ]),
        Command::ListItem { platform, item_no, .. } => {
            wanted.push(ItemId::of(book, platform.as_str(), item_no.as_str()).into());
        }
        Command::AssignPlacement {
            platform,
            kind,
            number,
            holder,
            ..
        } => {
            wanted.push(PlacementId::of(book, platform, *kind, number).into());
            if let Holder::Party(party) = holder {
                wanted.push((*party).into());
            }
        }
        Command::EndPlacement { placement, .. } => wanted.push((*placement).into()),
        _ => {}
    }
    wanted
}

/// The member, whom the share names, and for a new contract everybody above the upper.
fn of_contract(command: &Command, world: &World, out: &mut Needs) -> Vec<StreamId> {
    let mut wanted = Vec::new();
    match command {
        Command::SignMembership {
            member, upper, share, ..
        } => {
            wanted.push((*member).into());
            wanted.extend(of_share(share));
            above(*upper, world, &mut BTreeSet::new(), out);
        }
        Command::AmendMembership { member, share, .. } => {
            wanted.push((*member).into());
            wanted.extend(of_share(share));
        }
        // Which months a true-up looks at follows from the contract's terms: the decision names them.
        Command::EndMembership { member, .. } | Command::TrueUpMembership { member, .. } => {
            wanted.push((*member).into());
        }
        _ => {}
    }
    wanted
}

fn of_share(share: &Share) -> impl Iterator<Item = StreamId> + '_ {
    let formula = share.formula().into_iter();
    formula.flat_map(ShareFormula::parties).map(StreamId::from)
}

fn of_formula(terms: &Formula) -> Vec<StreamId> {
    let takers = terms.fees.iter().map(|fee| fee.taker);
    let payers = terms.subsidies.iter().map(|subsidy| subsidy.payer);
    let content = terms.content_fee.iter().map(|(taker, _)| *taker);
    let owes = terms.payer.into_iter();
    takers
        .chain(payers)
        .chain(content)
        .chain(owes)
        .map(StreamId::from)
        .collect()
}

fn of_rule(terms: &RuleTerms) -> impl Iterator<Item = StreamId> + '_ {
    let named: &[PartyId] = match &terms.subjects {
        Subjects::Everyone => &[],
        Subjects::Named(parties) | Subjects::OnApproval(parties) => parties,
    };
    named.iter().map(|party| StreamId::from(*party))
}

fn of_pending(pending: &Pending) -> Vec<StreamId> {
    match pending {
        Pending::Adjust { legs, .. } => legs
            .iter()
            .filter_map(|leg| leg.account.party())
            .map(StreamId::from)
            .collect(),
        Pending::ReverseImport(reversal) => vec![reversal.import.into()],
        Pending::BackdateFormula { terms, .. } => of_formula(terms),
        Pending::OpenBalances { cutover, opening, .. } => {
            let owners = opening.balances.iter().filter_map(|balance| balance.account.party());
            let payees = opening.payees.iter().map(|payee| payee.party);
            let parties = owners.chain(payees).map(StreamId::from);
            parties.chain(cutover.map(StreamId::from)).collect()
        }
        Pending::ReverseOpening { cutover, .. } => vec![(*cutover).into()],
    }
}
