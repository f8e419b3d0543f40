//! Streams that briefs and brand contracts need.
//! Must never name a stream the world already knows.

use std::collections::BTreeSet;

use super::needs::above;
use crate::base::{BookId, BriefId, ContractId, PartyId, ShelfId, derive_uuid};
use crate::domain::brief::Ask;
use crate::domain::command::Command;
use crate::domain::contract::{Action, Terms};
use crate::domain::flow::{Needs, Uncovered};
use crate::domain::stream::StreamId;
use crate::domain::world::World;

/// The contract that a brand numbers itself.
pub(super) fn numbered(book: BookId, brand: PartyId, external_id: &str) -> ContractId {
    ContractId(derive_uuid("contract.own", book.0, &[&brand.to_string(), external_id]))
}

/// Adds what a command about a brief or a contract still needs.
pub(super) fn needs(book: BookId, command: &Command, (world, open): (&World, &Uncovered), out: &mut Needs) {
    let mut wanted: Vec<StreamId> = Vec::new();
    match command {
        Command::DraftBrief {
            external_id,
            brand,
            terms,
            ..
        } => {
            wanted.push((*brand).into());
            wanted.extend(taker(&terms.terms));
            let own = external_id.as_ref().map(|no| BriefId::of(book, *brand, no.as_str()));
            wanted.extend(own.map(StreamId::from));
        }
        Command::AskBrief { brief, ask, .. } => {
            wanted.push((*brief).into());
            of_ask(book, *brief, ask, world, &mut wanted);
            if let Some(party) = ask.party() {
                above(party, world, &mut BTreeSet::new(), out);
            }
            let brand = world
                .brief(*brief)
                .and_then(|state| Some(state.drafted.as_ref()?.brand));
            if let (Ask::Award { .. }, Some(brand)) = (ask, brand) {
                of_brand(brand, open, out);
            }
        }
        Command::ActContract { contract, action, .. } => {
            of_contract_stream(*contract, world, out);
            match action {
                Action::Assign { anchor } => above(*anchor, world, &mut BTreeSet::new(), out),
                Action::Consent => {
                    let replacement = world.contract(*contract).and_then(|state| state.replacement);
                    if let Some(anchor) = replacement {
                        above(anchor, world, &mut BTreeSet::new(), out);
                    }
                }
                Action::Amend { terms } => wanted.extend(taker(terms)),
                Action::AcceptAmendment { .. } => {
                    let awarded = world.contract(*contract).and_then(|state| state.awarded.as_ref());
                    if let Some(awarded) = awarded {
                        of_brand(awarded.brand, open, out);
                    }
                }
                _ => {}
            }
        }
        Command::SetCard { party, .. } => above(*party, world, &mut BTreeSet::new(), out),
        Command::SetPrefund { brand, .. } => wanted.extend(brand.map(StreamId::from)),
        _ => {}
    }
    add(wanted, world, out);
}

/// What a brand's open contracts are short of, whether it matters or not: the setting may be made in this very batch.
fn of_brand(brand: PartyId, open: &Uncovered, out: &mut Needs) {
    if !open.contains_key(&brand) {
        out.open.insert(brand);
    }
}

/// A contract with its brief, its brand, who does the work, and the shelves of the items that it brings commission for.
pub fn of_contract_stream(contract: ContractId, world: &World, out: &mut Needs) {
    let mut wanted: Vec<StreamId> = vec![contract.into()];
    if let Some(state) = world.contract(contract)
        && let Some(awarded) = &state.awarded
    {
        wanted.extend::<[StreamId; 3]>([awarded.brief.into(), awarded.brand.into(), awarded.awardee.into()]);
        wanted.extend(state.anchor.map(StreamId::from));
        wanted.extend(shelves(&awarded.terms));
    }
    add(wanted, world, out);
}

fn of_ask(book: BookId, brief: BriefId, ask: &Ask, world: &World, wanted: &mut Vec<StreamId>) {
    match ask {
        Ask::Amend { terms } => wanted.extend(taker(&terms.terms)),
        Ask::Quote { terms, .. } => wanted.extend(taker(terms)),
        Ask::Apply { terms: Some(terms), .. } => wanted.extend(taker(terms)),
        Ask::Award { party, external_id, .. } => {
            let Some(state) = world.brief(brief) else { return };
            let brand = state.drafted.as_ref().map(|drafted| drafted.brand);
            wanted.extend(brand.map(StreamId::from));
            let own = external_id.as_ref().zip(brand);
            wanted.extend(own.map(|(no, brand)| StreamId::from(numbered(book, brand, no.as_str()))));
            let Some(one) = state.application(*party) else { return };
            wanted.push(ContractId::of(brief, *party, one.awards + 1).into());
            wanted.extend(one.terms.iter().flat_map(shelves));
        }
        _ => {}
    }
}

fn taker(terms: &Terms) -> Option<StreamId> {
    terms.service_fee.taker.map(StreamId::from)
}

fn shelves(terms: &Terms) -> impl Iterator<Item = StreamId> {
    let items = terms.form.commission().map(|commission| commission.items.clone());
    let items = items.unwrap_or_default().into_iter();
    items.map(|item| StreamId::from(ShelfId::of_item(item)))
}

fn add(wanted: Vec<StreamId>, world: &World, out: &mut Needs) {
    out.streams
        .extend(wanted.into_iter().filter(|stream| !world.knows(*stream)));
}
