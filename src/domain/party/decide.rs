//! Decisions about parties and their agency contracts.
//! Must never read a clock or make an id.

use super::card::{Card, CardSet, PrefundSet};
use super::event::{
    MembershipAmended, MembershipEnded, MembershipSigned, PartyEvent, PartyRegistered, PartyRenamed, PartyResumed,
    PartyScripted, PartySuspended,
};
use super::script::Script;
use super::share;
use super::state::{Contract, ContractScope, PartyState};
use crate::base::{Instant, MembershipId, Name, PartyId, PartyKind};
use crate::domain::refusal::{Refusal, Wrong};

/// Most takers of one chain, the promoter included (decision A13).
pub const MOST_TAKERS: usize = 5;

/// Looks up a party that was loaded.
pub type Lookup<'a> = &'a dyn Fn(PartyId) -> Option<&'a PartyState>;

/// Registers a party; `standing` is a party that goes by the same outside number.
pub fn register(registered: PartyRegistered, standing: Option<PartyId>) -> Result<PartyEvent, Refusal> {
    match standing {
        Some(party) => Err(
            Refusal::conflict("already_exists", "a party with this number is registered already")
                .at("/external_id")
                .because_of(party),
        ),
        None => Ok(PartyEvent::Registered(registered)),
    }
}

/// Renames a party; the same name again is no event.
pub fn rename(party: &PartyState, name: &Name) -> Option<PartyEvent> {
    (party.name != *name).then(|| PartyEvent::Renamed(PartyRenamed { name: name.clone() }))
}

/// Stops payments to a party. Stopping needs one person; letting money go again needs a second one.
pub fn suspend(party: &PartyState, reason: &str) -> Result<PartyEvent, Refusal> {
    let reason = readable(reason)?;
    match party.suspended {
        Some(_) => Err(Refusal::conflict("party_suspended", "this party is suspended already").because_of(party.id)),
        None => Ok(PartyEvent::Suspended(PartySuspended { reason })),
    }
}

/// Lets a suspended party be paid again.
pub fn resume(party: &PartyState, reason: &str) -> Result<PartyEvent, Refusal> {
    let reason = readable(reason)?;
    match party.suspended {
        Some(_) => Ok(PartyEvent::Resumed(PartyResumed { reason })),
        None => Err(Refusal::conflict("party_not_suspended", "this party is not suspended").because_of(party.id)),
    }
}

/// Publishes an anchor's card; the same card again is no event.
pub fn set_card(party: &PartyState, card: &Card) -> Result<Option<PartyEvent>, Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        party.id.kind() != PartyKind::Anchor,
        "/party",
        "party_kind",
        "anchors have a card",
    );
    card.check(&mut wrong);
    wrong.check()?;
    let news = party.card.as_deref() != Some(card);
    Ok(news.then(|| PartyEvent::CardSet(CardSet { card: card.clone() })))
}

/// Says whether a brand's contracts must be covered before they are awarded; the same again is no event.
pub fn set_prefund(party: &PartyState, told: &PrefundSet) -> Result<Option<PartyEvent>, Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        party.id.kind() != PartyKind::Brand,
        "/party",
        "party_kind",
        "a brand's contracts are covered by its deposit",
    );
    told.check(&mut wrong);
    wrong.check()?;
    Ok((party.prefund != *told).then(|| PartyEvent::PrefundSet(told.clone())))
}
/// Lets a sandbox play a party by a script, or no longer; the same again is no event.
///
/// INVARIANT: nobody is played in a live book.
pub fn script(party: &PartyState, script: Option<Script>, sandbox: bool) -> Result<Option<PartyEvent>, Refusal> {
    if !sandbox {
        return Err(Refusal::invalid("not_a_sandbox", "only a sandbox has scripted parties"));
    }
    if party.id.kind() != PartyKind::Anchor {
        return Err(Refusal::invalid("party_kind", "scripts are for anchors").at("/party"));
    }
    Ok((party.script != script).then_some(PartyEvent::Scripted(PartyScripted { script })))
}

fn readable(reason: &str) -> Result<String, Refusal> {
    let mut wrong = Wrong::default();
    wrong.reason("/reason", reason);
    wrong.check()?;
    Ok(reason.trim().to_owned())
}

/// Signs a contract between a member and its upper. Contracts above the upper are followed as far as they share an instant
/// with the new one; contracts below the member are not looked at, and a chain that they make longer than five takers is
/// followed to the fifth when a line is pinned.
pub fn sign(member: &PartyState, signed: MembershipSigned, parties: Lookup<'_>) -> Result<PartyEvent, Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        signed.member == signed.upper,
        "/upper",
        "same_party",
        "a party has no contract with itself",
    );
    wrong.when(
        !may_stand_above(signed.upper.kind(), signed.member.kind()),
        "/upper",
        "party_kind",
        "an agency stands above anchors, promoters and agencies; an anchor above promoters and their agencies",
    );
    wrong.when(
        signed.to.is_some_and(|to| to <= signed.from),
        "/to",
        "window_empty",
        "the end must come after the start; the end itself is outside the contract",
    );
    share::check(
        &signed.share,
        signed.upper,
        signed.receiver,
        &|party| parties(party).is_some(),
        &mut wrong,
    );
    share::guarantee(signed.guarantee.as_ref(), signed.upper, &mut wrong);
    wrong.check()?;
    if parties(signed.upper).is_none() {
        return Err(Refusal::not_found("party").at("/upper"));
    }
    let period = (signed.from, signed.to);
    let overlapping = |contract: &&Contract| {
        meet(contract.scope, signed.scope) && common(period, (contract.from, contract.to)).is_some()
    };
    if let Some(contract) = member.contracts.iter().find(overlapping) {
        return Err(Refusal::conflict(
            "membership_overlaps",
            "the member has a contract of this scope at the same time",
        )
        .at("/from")
        .because_of(contract.id));
    }
    climb(signed.upper, signed.member, signed.scope, period, 2, parties)?;
    Ok(PartyEvent::MembershipSigned(signed))
}

/// Changes the terms of a contract from an instant inside it.
pub fn amend(
    member: &PartyState,
    amended: MembershipAmended,
    exists: &dyn Fn(PartyId) -> bool,
) -> Result<PartyEvent, Refusal> {
    let mut pieces = pieces(member, amended.membership)?;
    let Some(contract) = pieces.find(|contract| contract.covers(amended.from)) else {
        return Err(Refusal::invalid("outside_membership", "the contract is not in force at this instant").at("/from"));
    };
    let mut wrong = Wrong::default();
    share::check(&amended.share, contract.upper, amended.receiver, exists, &mut wrong);
    share::guarantee(amended.guarantee.as_ref(), contract.upper, &mut wrong);
    wrong.check()?;
    Ok(PartyEvent::MembershipAmended(amended))
}

/// Ends a contract at an instant; one that has not begun by then never begins.
pub fn end(member: &PartyState, membership: MembershipId, at: Instant) -> Result<PartyEvent, Refusal> {
    let mut pieces = pieces(member, membership)?;
    if !pieces.any(|contract| contract.to.is_none_or(|to| at < to)) {
        return Err(
            Refusal::conflict("membership_ended", "the contract ends before this instant")
                .at("/at")
                .because_of(membership),
        );
    }
    Ok(PartyEvent::MembershipEnded(MembershipEnded {
        membership,
        member: member.id,
        at,
    }))
}

/// The contract and its amendments.
fn pieces(member: &PartyState, id: MembershipId) -> Result<impl Iterator<Item = &Contract>, Refusal> {
    if member.contracts.iter().all(|contract| contract.id != id) {
        return Err(Refusal::not_found("membership"));
    }
    Ok(member.contracts.iter().filter(move |contract| contract.id == id))
}

fn may_stand_above(upper: PartyKind, member: PartyKind) -> bool {
    match upper {
        PartyKind::Agency => matches!(member, PartyKind::Anchor | PartyKind::Promoter | PartyKind::Agency),
        PartyKind::Anchor => matches!(member, PartyKind::Promoter | PartyKind::Agency),
        _ => false,
    }
}

/// Two scopes that cover the same money.
fn meet(a: ContractScope, b: ContractScope) -> bool {
    a == b || a == ContractScope::All || b == ContractScope::All
}

type Period = (Instant, Option<Instant>);

/// The instants in both periods.
fn common(a: Period, b: Period) -> Option<Period> {
    let from = a.0.max(b.0);
    let to = match (a.1, b.1) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    to.is_none_or(|to| from < to).then_some((from, to))
}

/// Follows contracts upwards from `party`, the taker number `takers` of its chain.
///
/// INVARIANT: at no instant does a chain of contracts come back to a party in it.
fn climb(
    party: PartyId,
    member: PartyId,
    scope: ContractScope,
    period: Period,
    takers: usize,
    parties: Lookup<'_>,
) -> Result<(), Refusal> {
    if party == member {
        return Err(Refusal::conflict("membership_cycle", "the member stands above this party already").at("/upper"));
    }
    if takers > MOST_TAKERS {
        return Err(Refusal::invalid("chain_too_deep", "a commission is shared by at most five takers").at("/upper"));
    }
    let Some(state) = parties(party) else {
        return Ok(());
    };
    for contract in &state.contracts {
        if let Some(period) = common(period, (contract.from, contract.to)).filter(|_| meet(contract.scope, scope)) {
            climb(contract.upper, member, scope, period, takers + 1, parties)?;
        }
    }
    Ok(())
}
