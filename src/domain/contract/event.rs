//! Events of a contract. Each carries what was decided, the legs that move, and the clocks that begin with it.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::actions::Side;
use super::terms::{Channel, Terms};
use crate::base::{BriefId, ContractId, ExternalId, Instant, LineId, MembershipId, PartyId, TimerId};
use crate::ledger::Leg;
use crate::money::{Minor, Rate};

/// What a taker keeps of what reaches it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakerKeeps {
    /// Everything: the last of the chain.
    All,
    /// half-up(inflow x rate).
    Share(Rate),
    /// It passes half-up(inflow x rate) on and keeps the residual.
    PassesOn(Rate),
}

/// One taker of the anchor's side, as its contracts stood at the assignment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taker {
    /// Who.
    pub party: PartyId,
    /// What it keeps.
    pub keeps: TakerKeeps,
    /// By which agency contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<MembershipId>,
    /// The platform pays it itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct: bool,
}

/// `contract.awarded`: terms that both sides accepted, version 1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Awarded {
    /// Which.
    pub contract: ContractId,
    /// The brand's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The brief that it answers.
    pub brief: BriefId,
    /// Who pays.
    pub brand: PartyId,
    /// Who was chosen: an anchor, or an agency that assigns one later.
    pub awardee: PartyId,
    /// The anchor, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<PartyId>,
    /// Who shares what is earned, first receiver first; empty until an anchor is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Taker>,
    /// Terms.
    pub terms: Terms,
}

/// One piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Kind, such as `replay_url`, `timestamp`, `item_card`.
    pub kind: String,
    /// Where it is, or what it says: an address, a time, the digest of an uploaded file.
    pub value: String,
}

/// What was delivered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Delivery {
    /// Evidence.
    pub evidence: Vec<Evidence>,
    /// Minutes shown, for forms that pay by the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One line of a sales result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sold {
    /// The sub-order line.
    pub line: LineId,
    /// Its sales by the measure.
    pub amount: Minor,
    /// It is counted; a line that is not stands here so that it can be contested.
    pub counted: bool,
}

/// A proposed sales result.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Proposed {
    /// Its lines.
    pub lines: Vec<Sold>,
    /// Sum of those counted.
    pub reached: Minor,
    /// Position of the log that it was read at, when the ledger made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
}

/// How a delivery came to be accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The brand said so.
    Said,
    /// The review time ran out 默认验收.
    Silent,
}

/// Why money of a deliverable moved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The delivery was accepted.
    Accepted,
    /// A sales result stands.
    Result,
    /// The uncontested part of a sales result stands.
    Uncontested,
    /// It was cancelled.
    Cancelled,
    /// An arbiter decided.
    Arbitration,
}

/// How a contract ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every deliverable is closed and something was delivered.
    Settled,
    /// The money was not set aside in time.
    Lapsed,
    /// By the brand.
    CancelledByBrand,
    /// By the anchor's side: a demerit.
    CancelledByAnchor,
    /// By the book, nobody's fault.
    Failed,
}

/// A clock of a contract.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The money must be set aside.
    Funding,
    /// The due time of a deliverable.
    Due,
    /// Warns of silent acceptance.
    ReviewWarning,
    /// Silent acceptance.
    Review,
    /// Releases the money of an accepted delivery.
    Settle,
    /// A sales window and its refunds are over.
    Result,
    /// A proposed result stands as far as it is not contested.
    ResultAnswer,
    /// The arbiter is overdue.
    Dispute,
    /// Ratings close.
    Rating,
}

/// A clock that begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimerSet {
    /// Which clock.
    pub clock: Clock,
    /// Of which deliverable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliverable: Option<u32>,
    /// When.
    pub due: Instant,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// `contract.awarded`
    Awarded {
        /// As awarded.
        awarded: Box<Awarded>,
    },
    /// `contract.anchor_proposed`: an anchor, or another one, to do the work.
    AnchorProposed {
        /// Who.
        anchor: PartyId,
    },
    /// `contract.anchor_assigned`: who does the work, and who shares what it earns.
    AnchorAssigned {
        /// Who.
        anchor: PartyId,
        /// Who shares, first receiver first.
        chain: Vec<Taker>,
    },
    /// `contract.anchor_refused`: the brand did not consent.
    AnchorRefused {
        /// Who.
        anchor: PartyId,
    },
    /// `contract.amendment_proposed`
    AmendmentProposed {
        /// Version that it would be.
        number: u32,
        /// By which side.
        by: Side,
        /// The terms.
        terms: Box<Terms>,
    },
    /// `contract.amended`: the other side accepted; the proposed terms are in force.
    Amended {
        /// Version.
        number: u32,
    },
    /// `contract.amendment_refused`: refused, or taken back.
    AmendmentRefused {
        /// Version that it would have been.
        number: u32,
        /// By which side.
        by: Side,
    },
    /// `contract.funded`: money was set aside.
    Funded {
        /// How much now.
        amount: Minor,
        /// How much in all.
        held: Minor,
    },
    /// `contract.paid`: somebody outside proved a payment.
    Paid {
        /// How much.
        amount: Minor,
        /// The way it took.
        channel: Channel,
        /// The outside number that proves it: V-task id, bank or Alipay reference.
        reference: ExternalId,
        /// When it was paid.
        at: Instant,
    },
    /// `contract.refunded`: what no deliverable needs went back.
    Refunded {
        /// How much.
        amount: Minor,
    },
    /// `contract.scheduled`
    Scheduled {
        /// Which deliverable.
        deliverable: u32,
        /// For when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Instant>,
    },
    /// `contract.overdue`: its due time passed without a delivery.
    Overdue {
        /// Which deliverable.
        deliverable: u32,
    },
    /// `contract.delivered`
    Delivered {
        /// Which deliverable.
        deliverable: u32,
        /// What.
        delivery: Delivery,
    },
    /// `contract.review_warned`: silent acceptance is near.
    ReviewWarned {
        /// Which deliverable.
        deliverable: u32,
    },
    /// `contract.revision_requested`
    RevisionRequested {
        /// Which deliverable.
        deliverable: u32,
        /// 1, 2, …
        round: u32,
        /// Why.
        reason: String,
    },
    /// `contract.accepted`
    Accepted {
        /// Which deliverable.
        deliverable: u32,
        /// How.
        how: How,
        /// What it earned; none when sales will say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owed: Option<Minor>,
    },
    /// `contract.result_due`: the sales window and its refunds are over.
    ResultDue {
        /// Which deliverable.
        deliverable: u32,
    },
    /// `contract.result_proposed`
    ResultProposed {
        /// Which deliverable.
        deliverable: u32,
        /// The result.
        result: Proposed,
    },
    /// `contract.result_contested`
    ResultContested {
        /// Which deliverable.
        deliverable: u32,
        /// By which side.
        by: Side,
        /// Lines whose counting is contested.
        lines: Vec<LineId>,
        /// Why.
        reason: String,
    },
    /// `contract.result_accepted`
    ResultAccepted {
        /// Which deliverable.
        deliverable: u32,
        /// By which side.
        by: Side,
    },
    /// `contract.make_up_due`: the target was missed, another show is held.
    MakeUpDue {
        /// Which deliverable.
        deliverable: u32,
        /// Sales so far.
        reached: Minor,
    },
    /// `contract.disputed`
    Disputed {
        /// Which deliverable.
        deliverable: u32,
        /// By which side; the book when lines of a result stay contested.
        by: Side,
        /// Why.
        reason: String,
        /// Digests of files.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
    },
    /// `contract.statement_made`: a side's word in a dispute.
    StatementMade {
        /// Which deliverable.
        deliverable: u32,
        /// By which side.
        by: Side,
        /// What it says.
        text: String,
        /// Digests of files.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
    },
    /// `contract.dispute_overdue`: the arbiter's time is over.
    DisputeOverdue {
        /// Which deliverable.
        deliverable: u32,
    },
    /// `contract.cancelled`: by one side; what was not delivered is closed with it.
    Cancelled {
        /// Which deliverable; none: everything that was not delivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deliverable: Option<u32>,
        /// By which side.
        by: Side,
        /// Why.
        reason: String,
    },
    /// `contract.released`: money of a deliverable moved.
    Released {
        /// Which deliverable.
        deliverable: u32,
        /// Of the fee, to the anchor's side: in all so far.
        earned: Minor,
        /// Of the fee, back to the brand: in all so far.
        returned: Minor,
        /// Service fee taken now.
        service: Minor,
        /// Out of the hold to others, now.
        released: Minor,
        /// Out of the hold back to the brand, now.
        voided: Minor,
        /// Why.
        why: Why,
        /// Nothing more will move.
        closed: bool,
        /// In the arbiter's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// `contract.ended`: nothing more will happen but ratings. What is left goes back.
    Ended {
        /// How.
        ending: Ending,
        /// What went back.
        returned: Minor,
    },
    /// `contract.rated`
    Rated {
        /// By which side.
        by: Side,
        /// 1 to 5.
        stars: u8,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// `contract.rating_closed`
    RatingClosed,
    /// `contract.timer_lapsed`: a clock fired and its work could not be done.
    TimerLapsed {
        /// Stable code.
        code: String,
    },
}

impl What {
    /// Every kind that this binary writes.
    pub const KINDS: &'static [&'static str] = &[
        "contract.awarded",
        "contract.anchor_proposed",
        "contract.anchor_assigned",
        "contract.anchor_refused",
        "contract.amendment_proposed",
        "contract.amended",
        "contract.amendment_refused",
        "contract.funded",
        "contract.paid",
        "contract.refunded",
        "contract.scheduled",
        "contract.overdue",
        "contract.delivered",
        "contract.review_warned",
        "contract.revision_requested",
        "contract.accepted",
        "contract.result_due",
        "contract.result_proposed",
        "contract.result_contested",
        "contract.result_accepted",
        "contract.make_up_due",
        "contract.disputed",
        "contract.statement_made",
        "contract.dispute_overdue",
        "contract.cancelled",
        "contract.released",
        "contract.ended",
        "contract.rated",
        "contract.rating_closed",
        "contract.timer_lapsed",
    ];

    /// Wire name of the event.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Awarded { .. } => "contract.awarded",
            What::AnchorProposed { .. } => "contract.anchor_proposed",
            What::AnchorAssigned { .. } => "contract.anchor_assigned",
            What::AnchorRefused { .. } => "contract.anchor_refused",
            What::AmendmentProposed { .. } => "contract.amendment_proposed",
            What::Amended { .. } => "contract.amended",
            What::AmendmentRefused { .. } => "contract.amendment_refused",
            What::Funded { .. } => "contract.funded",
            What::Paid { .. } => "contract.paid",
            What::Refunded { .. } => "contract.refunded",
            What::Scheduled { .. } => "contract.scheduled",
            What::Overdue { .. } => "contract.overdue",
            What::Delivered { .. } => "contract.delivered",
            What::ReviewWarned { .. } => "contract.review_warned",
            What::RevisionRequested { .. } => "contract.revision_requested",
            What::Accepted { .. } => "contract.accepted",
            What::ResultDue { .. } => "contract.result_due",
            What::ResultProposed { .. } => "contract.result_proposed",
            What::ResultContested { .. } => "contract.result_contested",
            What::ResultAccepted { .. } => "contract.result_accepted",
            What::MakeUpDue { .. } => "contract.make_up_due",
            What::Disputed { .. } => "contract.disputed",
            What::StatementMade { .. } => "contract.statement_made",
            What::DisputeOverdue { .. } => "contract.dispute_overdue",
            What::Cancelled { .. } => "contract.cancelled",
            What::Released { .. } => "contract.released",
            What::Ended { .. } => "contract.ended",
            What::Rated { .. } => "contract.rated",
            What::RatingClosed => "contract.rating_closed",
            What::TimerLapsed { .. } => "contract.timer_lapsed",
        }
    }
}

/// One event of a contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContractEvent {
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// The timer whose firing this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<TimerId>,
    /// Clocks that begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<TimerSet>,
    /// What moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Leg>,
}

impl ContractEvent {
    /// An event that moves nothing and sets no clock.
    pub fn of(what: What) -> ContractEvent {
        ContractEvent {
            what,
            fired: None,
            timers: Vec::new(),
            legs: Vec::new(),
        }
    }

    /// The same with a clock.
    pub fn with(mut self, clock: Clock, deliverable: Option<u32>, due: Instant) -> ContractEvent {
        self.timers.push(TimerSet {
            clock,
            deliverable,
            due,
        });
        self
    }

    /// The same with legs.
    pub fn moving(mut self, legs: Vec<Leg>) -> ContractEvent {
        self.legs = legs;
        self
    }
}
