//! Briefs and brand contracts: which side asks, who shares what an anchor earns, and what joins them to rules and briefs.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::vtask_needs::numbered;
use super::{exists, made, prefund, record, rules};
use crate::base::{
    BriefId, ContractId, ExternalId, Instant, PartyId, PartyKind, RuleId, ShelfId, TimerId, derive_uuid,
};
use crate::domain::book::BookState;
use crate::domain::brief::{self, Ask, BriefDrafted, BriefState};
use crate::domain::command::{Command, Made};
use crate::domain::contract::actions::{ROLES, room};
use crate::domain::contract::decide::Desk;
use crate::domain::contract::{
    self, Action, Awarded, ContractEvent, ContractState, Phase, Side, Taker, TakerKeeps, Terms,
};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::party::decide::MOST_TAKERS;
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects, decide as plan};
use crate::domain::refusal::{Class, Refusal};
use crate::domain::share;
use crate::domain::world::World;

/// Decides a command about a brief or a brand contract.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let made = match command {
        Command::DraftBrief { .. } => draft(command, book, scribe)?,
        Command::AskBrief { brief, side, ask } => ask_brief(*brief, *side, ask, book, scribe)?,
        Command::ActContract { contract, side, action } => act(*contract, *side, action, book, scribe)?,
        _ => return Ok(None),
    };
    Ok(Some(made))
}

/// Terms in a currency of the book, with a taker that exists.
fn bookable(terms: &Terms, book: &BookState, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    if !book.opened.currencies.contains(&terms.currency) {
        let why = "the book has no such currency";
        return Err(Refusal::invalid("currency_not_booked", why).at("/terms/currency"));
    }
    if terms.service_fee.taker.is_some_and(|taker| !exists(scribe, taker)) {
        return Err(Refusal::not_found("party").at("/terms/service_fee_taker"));
    }
    Ok(())
}

fn draft(command: &Command, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let Command::DraftBrief {
        external_id,
        brand,
        terms,
        post,
    } = command
    else {
        return Ok(Made::default());
    };
    if !exists(scribe, *brand) {
        return Err(Refusal::not_found("party").at("/brand"));
    }
    bookable(&terms.terms, book, scribe)?;
    let brief = match external_id {
        Some(number) => BriefId::of(scribe.book, *brand, number.as_str()),
        None => BriefId((scribe.fresh)()),
    };
    let drafted = BriefDrafted {
        brief,
        external_id: external_id.clone(),
        brand: *brand,
        terms: (**terms).clone(),
    };
    let event = brief::decide::draft(scribe.world.brief(brief).map(AsRef::as_ref), drafted)?;
    record(scribe, brief, Event::Brief(Box::new(event)));
    if *post && let Some(state) = scribe.world.brief(brief).cloned() {
        let event = brief::decide::decide(&state, &Ask::Post, Side::Brand, scribe.now)?;
        record(scribe, brief, Event::Brief(Box::new(event)));
    }
    Ok(made([("brief", brief.to_string())]))
}

/// A party speaks for itself; who acts for the book may speak for a side.
fn speaks(own: Option<Side>, asked: Option<Side>, book: bool, usual: Option<Side>) -> Result<Side, Refusal> {
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(Refusal::new(
            Class::Forbidden,
            "not_this_side",
            "a party speaks for its own side only",
        )),
        (Some(own), _) => Ok(own),
        (None, Some(asked)) if book => Ok(asked),
        (None, None) if book => {
            let needed =
                || Refusal::invalid("side_needed", "say for which side the book acts: brand or anchor").at("/side");
            usual.ok_or_else(needed)
        }
        (None, _) => Err(Refusal::not_found("contract")),
    }
}

fn ask_brief(
    brief_id: BriefId,
    side: Option<Side>,
    ask: &Ask,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let state = scribe.world.brief(brief_id).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("brief"))?;
    let brand = state.drafted.as_ref().map(|drafted| drafted.brand);
    let own = scribe.actor.party.and_then(|party| {
        let applicant = ask.party();
        let for_applicant = applicant == Some(party) || applicant.is_some_and(|member| is_above(party, member, scribe));
        match (Some(party) == brand, for_applicant) {
            (true, _) => Some(Side::Brand),
            (false, true) => Some(Side::Anchor),
            _ => None,
        }
    });
    let by = speaks(own, side, scribe.actor.party.is_none(), ask.side())?;
    if let Some(party) = ask.party()
        && !exists(scribe, party)
    {
        return Err(Refusal::not_found("party").at("/party"));
    }
    match ask {
        Ask::Amend { terms } => bookable(&terms.terms, book, scribe)?,
        Ask::Quote { terms, .. } => bookable(terms, book, scribe)?,
        Ask::Apply { terms: Some(terms), .. } => bookable(terms, book, scribe)?,
        Ask::Award {
            party,
            external_id,
            fund,
        } if by == Side::Brand => {
            let contract = award(brief_id, &state, *party, external_id.as_ref(), book, scribe)?;
            if *fund {
                fund_whole(contract, book, scribe)?;
            }
            return Ok(made([
                ("brief", brief_id.to_string()),
                ("contract", contract.to_string()),
            ]));
        }
        _ => {}
    }
    let event = brief::decide::decide(&state, ask, by, scribe.now)?;
    record(scribe, brief_id, Event::Brief(Box::new(event)));
    Ok(made([("brief", brief_id.to_string())]))
}

/// An agency speaks for who has a contract in force with it.
pub(super) fn is_above(upper: PartyId, member: PartyId, scribe: &Scribe<'_>) -> bool {
    let contract = scribe.world.party(member);
    let contract = contract.and_then(|party| party.contract(ContractScope::Vtask, scribe.now));
    contract.is_some_and(|contract| contract.upper == upper)
}

fn award(
    brief_id: BriefId,
    state: &BriefState,
    party: PartyId,
    external_id: Option<&ExternalId>,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<ContractId, Refusal> {
    let Some(brand) = state.drafted.as_ref().map(|drafted| drafted.brand) else {
        return Err(Refusal::not_found("brief"));
    };
    let number = state.application(party).map_or(1, |one| one.awards + 1);
    let contract_id = match external_id {
        Some(own) => numbered(scribe.book, brand, own.as_str()),
        None => ContractId::of(brief_id, party, number),
    };
    if scribe.world.contract(contract_id).is_some() {
        let why = "a contract with this number stands already";
        return Err(Refusal::conflict("already_exists", why)
            .at("/external_id")
            .because_of(contract_id));
    }
    let (event, terms) = brief::decide::award(state, party, contract_id)?;
    prefund::covered((brand, contract_id), &terms, terms.needs()?, book, scribe)?;
    // Of a programme it is told later who appears in it.
    let anchor = (party.kind() == PartyKind::Anchor && terms.programme.is_none()).then_some(party);
    let chain = anchor.map_or(Ok(Vec::new()), |anchor| chain(anchor, &terms, scribe.now, scribe.world))?;
    let awarded = Awarded {
        contract: contract_id,
        external_id: external_id.cloned(),
        brief: brief_id,
        brand,
        awardee: party,
        anchor,
        chain,
        terms,
    };
    let begun = contract::decide::award(awarded, scribe.now)?;
    let now = scribe.now;
    let placed = scribe.record(brief_id, now, Event::Brief(Box::new(event)));
    let outer = scribe.causation.replace(placed.id);
    let outcome = tell(contract_id, vec![begun], now, book, scribe);
    scribe.causation = outer;
    outcome?;
    Ok(contract_id)
}

/// Sets aside what an awarded contract needs, as its brand would; one that needs nothing is funded already.
fn fund_whole(contract_id: ContractId, book: &BookState, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let state = scribe.world.contract(contract_id).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("contract"))?;
    let amount = room(&state);
    if amount.is_zero() {
        return Ok(());
    }
    let none = |_: PartyId| Ok(Vec::new());
    let desk = Desk {
        now: scribe.now,
        chain: &none,
    };
    let events = contract::decide::decide(&state, &Action::Fund { amount }, Side::Brand, &desk)?;
    tell(contract_id, events, scribe.now, book, scribe)
}

/// Who shares what an anchor earns by its agency contracts at an instant, first receiver first (at most five).
fn chain(anchor: PartyId, terms: &Terms, at: Instant, world: &World) -> Result<Vec<Taker>, Refusal> {
    if anchor.kind() != PartyKind::Anchor {
        return Err(Refusal::invalid("party_kind", "an anchor does the work").at("/anchor"));
    }
    if world.party(anchor).is_none() {
        return Err(Refusal::not_found("party").at("/anchor"));
    }
    // Who is paid by the platform itself is a matter of the platform's own V-task.
    let by_platform = terms.channel == contract::Channel::Vtask;
    let mut takers = vec![Taker {
        party: anchor,
        keeps: TakerKeeps::All,
        membership: None,
        direct: false,
    }];
    let mut member = anchor;
    while takers.len() < MOST_TAKERS {
        let contract = world
            .party(member)
            .and_then(|party| party.contract(ContractScope::Vtask, at));
        let Some(contract) = contract.filter(|found| takers.iter().all(|taker| taker.party != found.upper)) else {
            break;
        };
        if let Some(below) = takers.last_mut() {
            below.direct |= by_platform && matches!(contract.receiver, Receiver::Member | Receiver::Each);
        }
        takers.push(Taker {
            party: contract.upper,
            keeps: keeps(&contract.share),
            membership: Some(contract.id),
            direct: by_platform && matches!(contract.receiver, Receiver::Upper | Receiver::Each),
        });
        member = contract.upper;
    }
    takers.reverse();
    Ok(takers)
}

/// A formula's deductions and tiers are of commission; a brand's fee is shared at its rate.
fn keeps(share: &Share) -> TakerKeeps {
    match share {
        Share::UpperKeeps(rate) => TakerKeeps::Share(*rate),
        Share::UpperPasses(rate) => TakerKeeps::PassesOn(*rate),
        Share::Formula(formula) => match formula.rates_of {
            share::Side::Upper => TakerKeeps::Share(formula.rate),
            share::Side::Member => TakerKeeps::PassesOn(formula.rate),
        },
    }
}

fn act(
    contract_id: ContractId,
    side: Option<Side>,
    action: &Action,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let state = scribe.world.contract(contract_id).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("contract"))?;
    let Some(awarded) = state.awarded.as_deref() else {
        return Err(Refusal::not_found("contract"));
    };
    let own = scribe.actor.party.and_then(|party| side_of(&state, awarded, party));
    let usual = match ROLES
        .iter()
        .find(|(word, _)| *word == action.word())
        .map(|(_, sides)| *sides)
    {
        Some(sides) if sides.contains(&Side::Book) => Some(Side::Book),
        Some([one]) => Some(*one),
        _ => None,
    };
    let by = speaks(own, side, scribe.actor.party.is_none(), usual)?;
    if let Action::Amend { terms } = action {
        bookable(terms, book, scribe)?;
    }
    if let (Action::AcceptAmendment { .. }, Some(proposal)) = (action, &state.proposal) {
        // Less, or no more than is set aside, needs no cover.
        let needs = state.needed(&proposal.terms, true)?.minus(state.left())?;
        if needs > state.uncovered() {
            prefund::covered((awarded.brand, contract_id), &proposal.terms, needs, book, scribe)?;
        }
    }
    let (now, world) = (scribe.now, &*scribe.world);
    let desk = Desk {
        now,
        chain: &|anchor| chain(anchor, &awarded.terms, now, world),
    };
    let events = contract::decide::decide(&state, action, by, &desk)?;
    tell(contract_id, events, now, book, scribe)?;
    Ok(made([("contract", contract_id.to_string())]))
}

/// The side that a party is on.
fn side_of(state: &ContractState, awarded: &Awarded, party: PartyId) -> Option<Side> {
    if party == awarded.brand {
        return Some(Side::Brand);
    }
    let theirs =
        party == awarded.awardee || Some(party) == state.anchor || state.chain.iter().any(|taker| taker.party == party);
    theirs.then_some(Side::Anchor)
}

/// Records events of a contract, and what follows from them elsewhere: the rules of its commission, the brief's free slot.
fn tell(
    contract_id: ContractId,
    events: Vec<ContractEvent>,
    occurred_at: Instant,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let before = scribe.world.contract(contract_id).map(|state| state.phase);
    let mut first = None;
    for event in events {
        let placed = scribe.record(contract_id, occurred_at, Event::Contract(Box::new(event)));
        first.get_or_insert(placed.id);
    }
    let state = scribe.world.contract(contract_id).cloned();
    let Some((state, first)) = state.zip(first) else {
        return Ok(());
    };
    let outer = scribe.causation.replace(first);
    let outcome = follow(contract_id, before, &state, book, scribe);
    scribe.causation = outer;
    outcome
}

fn follow(
    contract_id: ContractId,
    before: Option<Phase>,
    state: &ContractState,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let Some(awarded) = state.awarded.as_deref() else {
        return Ok(());
    };
    let waited = matches!(before, None | Some(Phase::Awarded));
    if waited && state.phase == Phase::Funded {
        commission_begins(contract_id, awarded, state, book, scribe)?;
    }
    if state.phase.is_over() && before.is_some_and(|phase| !phase.is_over()) {
        if state.cancelled_by.is_some() && !waited {
            commission_ends(awarded, contract_id, book, scribe);
        }
        let lapsed = scribe
            .world
            .brief(awarded.brief)
            .filter(|_| before == Some(Phase::Awarded));
        let lapsed = lapsed.and_then(|brief| brief::decide::award_lapsed(brief, awarded.awardee, contract_id));
        if let Some(event) = lapsed {
            record(scribe, awarded.brief, Event::Brief(Box::new(event)));
        }
    }
    Ok(())
}

fn rule_number(contract: ContractId) -> Option<ExternalId> {
    contract.to_string().parse().ok()
}

/// Posts a live-exclusive rule for the anchor on each item of the contract's commission.
fn commission_begins(
    contract_id: ContractId,
    awarded: &Awarded,
    state: &ContractState,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let Some(commission) = awarded.terms.form.commission() else {
        return Ok(());
    };
    // A window that has begun counts from now: orders before are decided already.
    let from = commission.from.max(scribe.now);
    for item in &commission.items {
        let command = Command::PostRule {
            external_id: rule_number(contract_id),
            brand: awarded.brand,
            kind: PlanKind::LiveExclusive,
            scope: RuleScope::Item(*item),
            currency: awarded.terms.currency,
            terms: Box::new(RuleTerms {
                subjects: Subjects::Named(vec![state.anchor.unwrap_or(awarded.awardee)]),
                from,
                to: Some(commission.to),
                rates: Rates::Flat(commission.rate),
                first_n: None,
                budget: None,
                cap_per_order: None,
                give_back: false,
                priority: 0,
                locked: false,
                paused: false,
            }),
        };
        rules::post(&command, book, scribe)?;
    }
    Ok(())
}

/// Ends the contract's rules at the next midnight, like any cut; one that has ended already stays as it is.
fn commission_ends(awarded: &Awarded, contract_id: ContractId, book: &BookState, scribe: &mut Scribe<'_>) {
    let items = awarded
        .terms
        .form
        .commission()
        .map(|commission| commission.items.clone());
    for item in items.unwrap_or_default() {
        let shelf = ShelfId::of_item(item);
        let parts = [awarded.brand.to_string(), contract_id.to_string()];
        let rule = RuleId(derive_uuid("rule", shelf.0, &parts.each_ref().map(String::as_str)));
        let (now, zone) = (scribe.now, book.opened.zone);
        let ended = scribe.world.shelf(shelf).map(|state| plan::end(state, rule, now, zone));
        if let Some(Ok(event)) = ended {
            record(scribe, shelf, Event::Shelf(event));
        }
    }
}

/// Fires a clock of a contract; one that is not running leaves nothing.
pub fn fire_contract(
    contract_id: ContractId,
    timer: TimerId,
    due: Instant,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let book = scribe.world.book(scribe.book).cloned();
    let state = scribe.world.contract(contract_id).cloned();
    if let Some((book, state)) = book.zip(state) {
        let events = contract::clocks::fire(&state, timer, due);
        tell(contract_id, events, due, &book, scribe)?;
    }
    Ok(Made::default())
}

/// Fires a clock of a brief; one that is not running leaves nothing.
pub fn fire_brief(brief_id: BriefId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let event = scribe
        .world
        .brief(brief_id)
        .and_then(|state| brief::decide::fire(state, timer, due));
    if let Some(event) = event {
        scribe.record(brief_id, due, Event::Brief(Box::new(event)));
    }
    Ok(Made::default())
}
