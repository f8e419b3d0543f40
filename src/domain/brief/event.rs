//! Events of a brief.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::terms::BriefTerms;
use crate::base::{BriefId, ContractId, ExternalId, Instant, PartyId, TimerId};
use crate::domain::contract::{Side, Terms};

/// `brief.drafted`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BriefDrafted {
    /// Which.
    pub brief: BriefId,
    /// The brand's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Whose.
    pub brand: PartyId,
    /// What it says.
    pub terms: BriefTerms,
}

/// A clock of a brief.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BriefClock {
    /// Applications close.
    Close,
    /// Nothing is awarded any more.
    Expire,
    /// An invitation is not answered.
    Invitation,
}

/// A clock that begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BriefTimer {
    /// Which.
    pub clock: BriefClock,
    /// Whose invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// When.
    pub due: Instant,
}

/// How an application ended without an award.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// The applicant took it back.
    Withdrawn,
    /// The invited party declined.
    Declined,
    /// The brand refused it.
    Rejected,
    /// The invitation was not answered in time.
    Unanswered,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// `brief.drafted`
    Drafted {
        /// As drafted.
        drafted: Box<BriefDrafted>,
    },
    /// `brief.amended`
    Amended {
        /// What it says from now on.
        terms: Box<BriefTerms>,
    },
    /// `brief.posted`
    Posted,
    /// `brief.invited`
    Invited {
        /// Whom.
        party: PartyId,
    },
    /// `brief.applied`: an application with its first quote.
    Applied {
        /// Who.
        party: PartyId,
        /// What it asks.
        terms: Box<Terms>,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The applicant's own number for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    },
    /// `brief.quoted`: other terms on the table.
    Quoted {
        /// Whose application.
        party: PartyId,
        /// By which side.
        by: Side,
        /// The terms.
        terms: Box<Terms>,
    },
    /// `brief.quote_accepted`: the applicant stands by the brand's counter-quote.
    QuoteAccepted {
        /// Whose application.
        party: PartyId,
    },
    /// `brief.shortlisted`
    Shortlisted {
        /// Who.
        party: PartyId,
    },
    /// `brief.application_ended`
    ApplicationEnded {
        /// Whose.
        party: PartyId,
        /// How.
        how: Parting,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// `brief.awarded`: a contract begins.
    Awarded {
        /// To whom.
        party: PartyId,
        /// The contract.
        contract: ContractId,
    },
    /// `brief.award_lapsed`: the contract was not funded; its slot is free again.
    AwardLapsed {
        /// To whom it was awarded.
        party: PartyId,
        /// The contract.
        contract: ContractId,
    },
    /// `brief.closed`: no more applications.
    Closed,
    /// `brief.expired`
    Expired,
    /// `brief.withdrawn`
    Withdrawn {
        /// Why.
        reason: String,
    },
}

impl What {
    /// Every kind that this binary writes.
    pub const KINDS: &'static [&'static str] = &[
        "brief.drafted",
        "brief.amended",
        "brief.posted",
        "brief.invited",
        "brief.applied",
        "brief.quoted",
        "brief.quote_accepted",
        "brief.shortlisted",
        "brief.application_ended",
        "brief.awarded",
        "brief.award_lapsed",
        "brief.closed",
        "brief.expired",
        "brief.withdrawn",
    ];

    /// Wire name of the event.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Drafted { .. } => "brief.drafted",
            What::Amended { .. } => "brief.amended",
            What::Posted => "brief.posted",
            What::Invited { .. } => "brief.invited",
            What::Applied { .. } => "brief.applied",
            What::Quoted { .. } => "brief.quoted",
            What::QuoteAccepted { .. } => "brief.quote_accepted",
            What::Shortlisted { .. } => "brief.shortlisted",
            What::ApplicationEnded { .. } => "brief.application_ended",
            What::Awarded { .. } => "brief.awarded",
            What::AwardLapsed { .. } => "brief.award_lapsed",
            What::Closed => "brief.closed",
            What::Expired => "brief.expired",
            What::Withdrawn { .. } => "brief.withdrawn",
        }
    }
}

/// One event of a brief.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BriefEvent {
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// The timer whose firing this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<TimerId>,
    /// Clocks that begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<BriefTimer>,
}

impl BriefEvent {
    /// An event that sets no clock.
    pub fn of(what: What) -> BriefEvent {
        BriefEvent {
            what,
            fired: None,
            timers: Vec::new(),
        }
    }

    /// The same with a clock.
    pub fn with(mut self, clock: BriefClock, party: Option<PartyId>, due: Instant) -> BriefEvent {
        self.timers.push(BriefTimer { clock, party, due });
        self
    }
}
