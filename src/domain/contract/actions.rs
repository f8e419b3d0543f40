//! What can be asked of a contract, by which side, and what may be asked now.
//! Must never decide: `decide` does, and refuses what is not listed here.

use serde::{Deserialize, Serialize};

use super::event::{Delivery, Ending, Sold};
use super::state::{ContractState, Phase, Status};
use super::terms::{Channel, Terms};
use crate::base::{ExternalId, Instant, LineId, PartyId};
use crate::money::Minor;

/// A side of a contract.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The brand.
    Brand,
    /// The anchor's side: the anchor, its agencies, the agency that was awarded.
    Anchor,
    /// The book: records payments, arbitrates, and may act for a side.
    Book,
}

impl Side {
    /// Every side.
    pub const ALL: [Side; 3] = [Side::Brand, Side::Anchor, Side::Book];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Side::Brand => "brand",
            Side::Anchor => "anchor",
            Side::Book => "book",
        }
    }
}

/// What is asked of a contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Sets money aside.
    Fund {
        /// How much.
        amount: Minor,
    },
    /// Notes a payment that somebody outside proves.
    MarkPaid {
        /// How much.
        amount: Minor,
        /// The way it took.
        channel: Channel,
        /// The outside number.
        reference: ExternalId,
        /// When.
        at: Instant,
    },
    /// Gives back what no deliverable needs.
    Refund,
    /// Names the anchor, or proposes another one.
    Assign {
        /// Who.
        anchor: PartyId,
    },
    /// Consents to another anchor.
    Consent,
    /// Does not consent.
    DeclineAnchor,
    /// Proposes other terms.
    Amend {
        /// The terms.
        terms: Box<Terms>,
    },
    /// Accepts the proposed terms.
    AcceptAmendment {
        /// Their version.
        number: u32,
    },
    /// Refuses the proposed terms, or takes them back.
    RefuseAmendment {
        /// Their version.
        number: u32,
    },
    /// Gives a deliverable its time; its money is bound from here.
    Schedule {
        /// Which.
        deliverable: u32,
        /// For when.
        at: Option<Instant>,
    },
    /// Delivers.
    Deliver {
        /// Which.
        deliverable: u32,
        /// What.
        delivery: Delivery,
    },
    /// Accepts a delivery.
    Accept {
        /// Which.
        deliverable: u32,
    },
    /// Asks for a revision.
    RequestRevision {
        /// Which.
        deliverable: u32,
        /// Why.
        reason: String,
    },
    /// Takes it to the arbiter.
    Dispute {
        /// Which.
        deliverable: u32,
        /// Why.
        reason: String,
        /// Digests of files.
        files: Vec<String>,
    },
    /// Says a side's word in a dispute.
    State {
        /// Which.
        deliverable: u32,
        /// What it says.
        text: String,
        /// Digests of files.
        files: Vec<String>,
    },
    /// Decides a dispute by weights: what is left of the fee is allocated to the two sides by largest remainder.
    Arbitrate {
        /// Which.
        deliverable: u32,
        /// The anchor's side.
        anchor: u32,
        /// The brand.
        brand: u32,
        /// Why.
        reason: String,
    },
    /// Decides which of the contested lines count.
    ArbitrateLines {
        /// Which.
        deliverable: u32,
        /// Those that count; the other contested ones do not.
        counted: Vec<LineId>,
        /// Why.
        reason: String,
    },
    /// Proposes a sales result.
    ProposeResult {
        /// Which.
        deliverable: u32,
        /// Its lines.
        lines: Vec<Sold>,
        /// The position it was read at, when the ledger made it.
        position: Option<i64>,
    },
    /// Contests lines of it.
    ContestResult {
        /// Which.
        deliverable: u32,
        /// Which lines.
        lines: Vec<LineId>,
        /// Why.
        reason: String,
    },
    /// Accepts it, as far as it is not contested.
    AcceptResult {
        /// Which.
        deliverable: u32,
    },
    /// Cancels a deliverable, or everything that was not delivered.
    Cancel {
        /// Which; none for everything.
        deliverable: Option<u32>,
        /// Why.
        reason: String,
    },
    /// Rates the other side.
    Rate {
        /// 1 to 5.
        stars: u8,
        /// In words.
        text: Option<String>,
    },
}

/// Every action with the sides that may ask for it, in the words of the route.
pub const ROLES: &[(&str, &[Side])] = &[
    ("fund", &[Side::Brand]),
    ("mark-paid", &[Side::Book]),
    ("refund", &[Side::Brand]),
    ("assign", &[Side::Anchor]),
    ("consent", &[Side::Brand]),
    ("decline-anchor", &[Side::Brand]),
    ("amend", &[Side::Brand, Side::Anchor]),
    ("accept-amendment", &[Side::Brand, Side::Anchor]),
    ("refuse-amendment", &[Side::Brand, Side::Anchor]),
    ("schedule", &[Side::Anchor]),
    ("deliver", &[Side::Anchor]),
    ("accept", &[Side::Brand]),
    ("request-revision", &[Side::Brand]),
    ("dispute", &[Side::Brand, Side::Anchor]),
    ("state", &[Side::Brand, Side::Anchor]),
    ("arbitrate", &[Side::Book]),
    ("arbitrate-lines", &[Side::Book]),
    ("propose-result", &[Side::Brand, Side::Anchor, Side::Book]),
    ("contest-result", &[Side::Brand, Side::Anchor]),
    ("accept-result", &[Side::Brand, Side::Anchor]),
    ("cancel", &[Side::Brand, Side::Anchor, Side::Book]),
    ("rate", &[Side::Brand, Side::Anchor]),
];

impl Action {
    /// The word of the route.
    pub fn word(&self) -> &'static str {
        match self {
            Action::Fund { .. } => "fund",
            Action::MarkPaid { .. } => "mark-paid",
            Action::Refund => "refund",
            Action::Assign { .. } => "assign",
            Action::Consent => "consent",
            Action::DeclineAnchor => "decline-anchor",
            Action::Amend { .. } => "amend",
            Action::AcceptAmendment { .. } => "accept-amendment",
            Action::RefuseAmendment { .. } => "refuse-amendment",
            Action::Schedule { .. } => "schedule",
            Action::Deliver { .. } => "deliver",
            Action::Accept { .. } => "accept",
            Action::RequestRevision { .. } => "request-revision",
            Action::Dispute { .. } => "dispute",
            Action::State { .. } => "state",
            Action::Arbitrate { .. } => "arbitrate",
            Action::ArbitrateLines { .. } => "arbitrate-lines",
            Action::ProposeResult { .. } => "propose-result",
            Action::ContestResult { .. } => "contest-result",
            Action::AcceptResult { .. } => "accept-result",
            Action::Cancel { .. } => "cancel",
            Action::Rate { .. } => "rate",
        }
    }
}

/// True when a side may ask for an action at all.
pub fn may(side: Side, word: &str) -> bool {
    ROLES
        .iter()
        .any(|(action, sides)| *action == word && sides.contains(&side))
}

/// The actions that a side may ask for now. What is listed can still be refused for what it says, such as a deliverable
/// that stands elsewhere.
///
/// INVARIANT: what is not listed here is refused.
pub fn allowed(state: &ContractState, side: Side) -> Vec<&'static str> {
    let words = ROLES.iter().filter(|(_, sides)| sides.contains(&side));
    words
        .map(|(word, _)| *word)
        .filter(|word| stands_open(state, side, word))
        .collect()
}

fn stands_open(state: &ContractState, side: Side, word: &str) -> bool {
    if state.awarded.is_none() {
        return false;
    }
    if state.phase.is_over() {
        return word == "rate" && may_rate(state, side);
    }
    let any = |wanted: &[Status]| state.works.iter().any(|work| wanted.contains(&work.status));
    let begun = state.phase != Phase::Awarded;
    match word {
        "fund" => room(state) > Minor::ZERO,
        "mark-paid" => true,
        "refund" => surplus(state) > Minor::ZERO,
        "assign" => !in_hand(state) && state.replacement.is_none(),
        "consent" | "decline-anchor" => state.replacement.is_some(),
        "amend" => state.proposal.is_none(),
        "accept-amendment" => state.proposal.as_ref().is_some_and(|proposal| proposal.by != side),
        "refuse-amendment" => state.proposal.is_some(),
        "schedule" => begun && state.anchor.is_some() && any(&[Status::Planned]),
        "deliver" => any(&[Status::Scheduled, Status::Revising]),
        "accept" => any(&[Status::Delivered]),
        "request-revision" => state.works.iter().any(|work| {
            let rounds = state.terms().map_or(0, |terms| terms.clocks.revision_rounds);
            work.status == Status::Delivered && work.rounds < rounds
        }),
        "dispute" => any(&[Status::Delivered, Status::Revising]),
        "state" | "arbitrate" => any(&[Status::Disputed]),
        "arbitrate-lines" => {
            let contested = |work: &super::Work| work.status == Status::Disputed && !work.contested.is_empty();
            state.works.iter().any(contested)
        }
        "propose-result" => any(&[Status::ResultDue]),
        "contest-result" => any(&[Status::Proposed]),
        "accept-result" => state
            .works
            .iter()
            .any(|work| work.status == Status::Proposed && !agreed(work.agreed, side)),
        "cancel" => any(&[Status::Planned, Status::Scheduled, Status::Delivered, Status::Revising]),
        _ => false,
    }
}

/// A side said its word already.
pub(super) fn agreed((brand, anchor): (bool, bool), side: Side) -> bool {
    match side {
        Side::Brand => brand,
        Side::Anchor => anchor,
        Side::Book => true,
    }
}

pub(super) fn may_rate(state: &ContractState, side: Side) -> bool {
    let rateable = matches!(state.phase, Phase::Ended(ending) if ending != Ending::Lapsed);
    rateable && !state.rating_closed && !agreed(state.rated, side)
}

/// Work was shown and its money has not gone where it goes: who shares it cannot change now.
pub(super) fn in_hand(state: &ContractState) -> bool {
    let in_hand = |status: Status| status.binds() && status != Status::Scheduled;
    state.works.iter().any(|work| in_hand(work.status))
}

/// What can still be set aside: for the terms in force, or for those proposed.
pub fn room(state: &ContractState) -> Minor {
    Minor((wanted(state).0.saturating_sub(state.left().0)).max(0))
}

/// What no deliverable needs, under the terms in force or those proposed.
pub(super) fn surplus(state: &ContractState) -> Minor {
    Minor((state.left().0.saturating_sub(wanted(state).0)).max(0))
}

fn wanted(state: &ContractState) -> Minor {
    let terms = state.terms().into_iter();
    let proposed = state.proposal.iter().map(|proposal| &proposal.terms);
    let needs = terms.chain(proposed).filter_map(|terms| state.needed(terms, true).ok());
    needs.max().unwrap_or(Minor::ZERO)
}
