//! Decisions of a contract: who may ask, what stands in the way, and the events that follow.
//! Must never read a clock or make an id.

use uuid::Uuid;

use super::actions::{Action, Side, agreed, allowed, in_hand, may, may_rate, room, surplus};
use super::event::{Awarded, Clock, ContractEvent, Taker, What};
use super::state::{ContractState, Phase, Status, Work};
use super::terms::{Deliverable, Terms, is_text, said};
use super::{ending, money, results, work};
use crate::base::{Instant, LogId, PartyId};
use crate::domain::refusal::{Class, Refusal};
use crate::money::{Currency, Minor};

/// Who would share what an anchor earns, first receiver first.
pub type ChainOf<'a> = &'a dyn Fn(PartyId) -> Result<Vec<Taker>, Refusal>;

/// What a decision has at hand.
pub struct Desk<'a> {
    /// Now.
    pub now: Instant,
    /// Who would share what an anchor earns.
    pub chain: ChainOf<'a>,
}

/// Events decided so far, folded on top of the contract: each decision sees those before it.
pub(super) struct Draft {
    pub state: ContractState,
    pub events: Vec<ContractEvent>,
}

impl Draft {
    pub fn on(state: &ContractState) -> Draft {
        Draft {
            state: state.clone(),
            events: Vec::new(),
        }
    }

    pub fn push(&mut self, event: ContractEvent) {
        let position = i64::try_from(self.events.len()).unwrap_or(i64::MAX);
        self.state.evolve(&event, LogId(Uuid::nil()), -1 - position);
        self.events.push(event);
    }

    /// The terms in force.
    pub fn terms(&self) -> Result<&Terms, Refusal> {
        self.state.terms().ok_or_else(|| Refusal::not_found("contract"))
    }

    /// One deliverable with its terms.
    pub fn work(&self, number: u32) -> Result<(&Deliverable, &Work), Refusal> {
        let found = self.state.work(number);
        found.ok_or_else(|| Refusal::invalid("deliverable_unknown", "no such deliverable").at("/deliverable"))
    }

    /// One deliverable that must be where it can be worked on.
    pub fn work_in(&self, number: u32, wanted: &[Status]) -> Result<(&Deliverable, &Work), Refusal> {
        let (one, work) = self.work(number)?;
        if wanted.contains(&work.status) {
            Ok((one, work))
        } else {
            Err(wrong_status(work.status))
        }
    }
}

/// Awards a contract on terms that both sides accepted.
pub fn award(awarded: Awarded, now: Instant) -> Result<ContractEvent, Refusal> {
    awarded.terms.check()?;
    let free = awarded.terms.needs()? == Minor::ZERO;
    let due = now.plus_seconds(i64::from(awarded.terms.clocks.funding));
    let event = ContractEvent::of(What::Awarded {
        awarded: Box::new(awarded),
    });
    Ok(if free {
        event
    } else {
        event.with(Clock::Funding, None, due)
    })
}

/// Decides an action that a side asks for.
pub fn decide(
    state: &ContractState,
    action: &Action,
    by: Side,
    desk: &Desk<'_>,
) -> Result<Vec<ContractEvent>, Refusal> {
    if state.awarded.is_none() {
        return Err(Refusal::not_found("contract"));
    }
    if !may(by, action.word()) {
        return Err(Refusal::new(
            Class::Forbidden,
            "not_this_side",
            "the other side of the contract, or the book, does this",
        ));
    }
    let mut draft = Draft::on(state);
    match action {
        Action::Rate { stars, text } => rate(&mut draft, by, *stars, text.as_deref())?,
        _ if state.phase.is_over() => return Err(Refusal::conflict("contract_over", "the contract is over")),
        Action::Fund { .. } | Action::MarkPaid { .. } | Action::Refund => of_money(&mut draft, action, desk.now)?,
        Action::Assign { .. } | Action::Consent | Action::DeclineAnchor => of_anchor(&mut draft, action, desk.chain)?,
        Action::Amend { .. } | Action::AcceptAmendment { .. } | Action::RefuseAmendment { .. } => {
            of_terms(&mut draft, action, by)?;
        }
        Action::ProposeResult { .. }
        | Action::ContestResult { .. }
        | Action::AcceptResult { .. }
        | Action::ArbitrateLines { .. } => results::decide(&mut draft, action, by, desk.now)?,
        Action::Cancel { deliverable, reason } => ending::cancel(&mut draft, *deliverable, by, reason, desk.now)?,
        Action::Schedule { .. }
        | Action::Deliver { .. }
        | Action::Accept { .. }
        | Action::RequestRevision { .. }
        | Action::Dispute { .. }
        | Action::State { .. }
        | Action::Arbitrate { .. } => work::decide(&mut draft, action, by, desk.now)?,
    }
    Ok(draft.events)
}

/// Why a deliverable cannot be worked on in that way now.
pub(super) fn wrong_status(status: Status) -> Refusal {
    match status {
        Status::Planned => Refusal::conflict("not_scheduled", "it is not scheduled yet"),
        Status::Scheduled | Status::Revising => Refusal::conflict("not_delivered", "it waits for a delivery"),
        Status::Delivered => Refusal::conflict("delivered_already", "it is delivered and waits for the brand's review"),
        Status::Accepted | Status::Measuring | Status::ResultDue | Status::Proposed => {
            Refusal::conflict("accepted_already", "it is accepted already")
        }
        Status::Disputed => Refusal::conflict("in_dispute", "an arbiter decides; the money stays where it is"),
        Status::Closed => Refusal::conflict("deliverable_closed", "it is closed"),
    }
}

fn positive(amount: Minor) -> Result<(), Refusal> {
    if amount > Minor::ZERO {
        Ok(())
    } else {
        Err(Refusal::invalid("amount_not_positive", "an amount above zero").at("/amount"))
    }
}

fn of_money(draft: &mut Draft, action: &Action, now: Instant) -> Result<(), Refusal> {
    match action {
        Action::Fund { amount } => {
            positive(*amount)?;
            let room = room(&draft.state);
            if room <= Minor::ZERO {
                return Err(Refusal::conflict(
                    "funded_already",
                    "everything that the terms need is set aside",
                ));
            }
            if *amount > room {
                let more = "more than the terms need; propose other terms first";
                return Err(Refusal::invalid("escrow_exceeds_terms", more).at("/amount"));
            }
            let held = draft.state.left().plus(*amount)?;
            let legs = of_hold(draft, *amount)?;
            draft.push(ContractEvent::of(What::Funded { amount: *amount, held }).moving(legs));
        }
        Action::MarkPaid {
            amount,
            channel,
            reference,
            at,
        } => {
            positive(*amount)?;
            if *at > now {
                return Err(Refusal::invalid("in_future", "a payment has happened").at("/at"));
            }
            draft.state.paid.plus(*amount)?;
            draft.push(ContractEvent::of(What::Paid {
                amount: *amount,
                channel: *channel,
                reference: reference.clone(),
                at: *at,
            }));
        }
        _ => {
            let amount = surplus(&draft.state);
            if amount <= Minor::ZERO {
                let all = "everything set aside is needed by a deliverable";
                return Err(Refusal::conflict("nothing_to_refund", all));
            }
            let legs = of_hold(draft, amount.negated()?)?;
            draft.push(ContractEvent::of(What::Refunded { amount }).moving(legs));
        }
    }
    Ok(())
}

/// Legs that move an amount into the hold, or, negative, back out of it to the brand.
pub(super) fn of_hold(draft: &Draft, amount: Minor) -> Result<Vec<crate::ledger::Leg>, Refusal> {
    let awarded = draft
        .state
        .awarded
        .as_ref()
        .ok_or_else(|| Refusal::not_found("contract"))?;
    let (source, held_in) = money::accounts(awarded.brand);
    let currency: Currency = awarded.terms.currency;
    Ok(vec![
        money::leg(source, currency, amount.negated()?),
        money::leg(held_in, currency, amount),
    ])
}

fn of_anchor(draft: &mut Draft, action: &Action, chain: ChainOf<'_>) -> Result<(), Refusal> {
    if let Action::Assign { anchor } = action {
        if draft.state.replacement.is_some() {
            return Err(Refusal::conflict(
                "replacement_pending",
                "another anchor waits for consent already",
            ));
        }
        if in_hand(&draft.state) {
            return Err(work_in_hand());
        }
        let takers = chain(*anchor)?;
        let awardee = draft.state.awarded.as_ref().map(|awarded| awarded.awardee);
        let theirs = takers.iter().any(|taker| Some(taker.party) == awardee) || Some(*anchor) == awardee;
        // A programme has guests: who runs it proposes them, the brand consents.
        let guest = !theirs && draft.state.terms().is_some_and(|terms| terms.programme.is_some());
        if !theirs && !guest {
            let why = "the anchor has no contract with the agency that was awarded";
            return Err(Refusal::invalid("not_a_member", why).at("/anchor"));
        }
        // The brand chose the agency and leaves the first anchor to it; another one needs its consent.
        draft.push(ContractEvent::of(match draft.state.anchor {
            None if !guest => What::AnchorAssigned {
                anchor: *anchor,
                chain: takers,
            },
            _ => What::AnchorProposed { anchor: *anchor },
        }));
        return Ok(());
    }
    let waits = draft.state.replacement;
    let anchor = waits.ok_or_else(|| Refusal::conflict("no_replacement", "no other anchor waits for consent"))?;
    if matches!(action, Action::DeclineAnchor) {
        draft.push(ContractEvent::of(What::AnchorRefused { anchor }));
        return Ok(());
    }
    if in_hand(&draft.state) {
        return Err(work_in_hand());
    }
    let chain = chain(anchor)?;
    draft.push(ContractEvent::of(What::AnchorAssigned { anchor, chain }));
    Ok(())
}

fn work_in_hand() -> Refusal {
    let why = "a delivery waits for review or money; who shares it stays as it is until then";
    Refusal::conflict("work_in_hand", why)
}

fn of_terms(draft: &mut Draft, action: &Action, by: Side) -> Result<(), Refusal> {
    let gone = || Refusal::conflict("amendment_gone", "no such terms wait for an answer");
    match action {
        Action::Amend { terms } => {
            if draft.state.proposal.is_some() {
                return Err(Refusal::conflict(
                    "amendment_pending",
                    "other terms wait for an answer already",
                ));
            }
            may_become(&draft.state, terms)?;
            let number = draft.state.proposed.saturating_add(1);
            let terms = terms.clone();
            draft.push(ContractEvent::of(What::AmendmentProposed { number, by, terms }));
        }
        Action::RefuseAmendment { number } => {
            let proposal = draft.state.proposal.as_ref();
            proposal
                .filter(|proposal| proposal.number == *number)
                .ok_or_else(gone)?;
            draft.push(ContractEvent::of(What::AmendmentRefused { number: *number, by }));
        }
        Action::AcceptAmendment { number } => {
            let proposal = draft.state.proposal.as_ref();
            let proposal = proposal.filter(|proposal| proposal.number == *number && proposal.by != by);
            let proposal = proposal.ok_or_else(gone)?;
            // Work may have gone on since the terms were proposed.
            may_become(&draft.state, &proposal.terms)?;
            if draft.state.needed(&proposal.terms, false)? > draft.state.left() {
                let short = "less is set aside than the scheduled deliverables would need; fund first";
                return Err(Refusal::invalid("escrow_insufficient", short));
            }
            draft.push(ContractEvent::of(What::Amended { number: *number }));
        }
        _ => {}
    }
    Ok(())
}

/// What was shown is paid as it was agreed: terms change for what is still to come.
fn may_become(state: &ContractState, terms: &Terms) -> Result<(), Refusal> {
    terms.check()?;
    let Some(now) = state.terms() else {
        return Err(Refusal::not_found("contract"));
    };
    let kept = now.currency == terms.currency
        && now.form.word() == terms.form.word()
        && now.form.commission() == terms.form.commission()
        && now.service_fee == terms.service_fee
        && now.programme == terms.programme;
    if !kept {
        let why = "currency, form, commission, service fee and programme stay as they were awarded";
        return Err(Refusal::invalid("terms_fixed", why).at("/terms/form"));
    }
    let movable = |work: &Work| matches!(work.status, Status::Planned | Status::Scheduled);
    if now.form != terms.form
        && !state
            .works
            .iter()
            .all(|work| movable(work) || work.status == Status::Closed)
    {
        let why = "what a delivery is measured by stays as it was agreed";
        return Err(Refusal::invalid("terms_fixed", why).at("/terms/form"));
    }
    if terms.deliverables.len() < state.works.len() {
        let why = "deliverables are cancelled, not left out";
        return Err(Refusal::invalid("deliverable_fixed", why).at("/terms/deliverables"));
    }
    let pairs = state.works.iter().zip(&now.deliverables).zip(&terms.deliverables);
    for (index, ((work, before), after)) in pairs.enumerate() {
        if !movable(work) && before != after {
            let why = "a deliverable that was delivered or closed stays as it was agreed";
            return Err(Refusal::invalid("deliverable_fixed", why).at(format!("/terms/deliverables/{index}")));
        }
    }
    Ok(())
}

fn rate(draft: &mut Draft, by: Side, stars: u8, text: Option<&str>) -> Result<(), Refusal> {
    if !may_rate(&draft.state, by) {
        return Err(if draft.state.phase.is_over() && agreed(draft.state.rated, by) {
            Refusal::conflict("rated_already", "this side has rated")
        } else {
            Refusal::conflict(
                "not_rateable",
                "ratings open with the end of the contract and close with their clock",
            )
        });
    }
    if !(1..=5).contains(&stars) {
        return Err(Refusal::invalid("stars_out_of_range", "1 to 5 stars").at("/stars"));
    }
    if text.is_some_and(|text| !is_text(text, 1_000)) {
        said(text.unwrap_or_default(), "/text")?;
    }
    draft.push(ContractEvent::of(What::Rated {
        by,
        stars,
        text: text.map(str::to_owned),
    }));
    if draft.state.rated == (true, true) {
        draft.push(ContractEvent::of(What::RatingClosed));
    }
    Ok(())
}

/// True when an action of this word is refused for where the contract stands, whatever it says.
pub fn is_closed_to(state: &ContractState, by: Side, word: &str) -> bool {
    !allowed(state, by).contains(&word)
}

/// Phase in which work may be scheduled.
pub(super) fn begun(phase: Phase) -> bool {
    matches!(phase, Phase::Funded | Phase::Running)
}
