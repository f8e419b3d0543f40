//! Decisions of a brief: draft, post, amend, invite, apply, quote, shortlist, award, withdraw; and its clocks.
//! Must never award terms that the applicant does not stand by.

use serde::Serialize;

use super::event::{BriefClock, BriefDrafted, BriefEvent, Parting, What};
use super::state::{Application, BriefState, BriefStatus, Running, Stage};
use super::terms::{BriefTerms, Visibility};
use crate::base::{ContractId, ExternalId, Instant, PartyId, PartyKind, TimerId};
use crate::domain::contract::terms::is_text;
use crate::domain::contract::{Side, Terms};
use crate::domain::refusal::{Class, Refusal};

/// Most applications of one brief.
const MOST: usize = 1_000;

/// What is asked of a brief.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Shows it.
    Post,
    /// Says something else; before anything is awarded.
    Amend {
        /// What.
        terms: Box<BriefTerms>,
    },
    /// Takes it back; contracts awarded stand.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// Invites a party.
    Invite {
        /// Whom.
        party: PartyId,
    },
    /// Applies with a quote.
    Apply {
        /// Who.
        party: PartyId,
        /// What it asks; the brief's own terms when absent.
        terms: Option<Box<Terms>>,
        /// In words.
        note: Option<String>,
        /// The applicant's own number for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    },
    /// Puts other terms on the table.
    Quote {
        /// Whose application.
        party: PartyId,
        /// The terms.
        terms: Box<Terms>,
    },
    /// The applicant accepts the brand's counter-quote.
    AcceptQuote {
        /// Whose application.
        party: PartyId,
    },
    /// Puts it on the short list.
    Shortlist {
        /// Whose application.
        party: PartyId,
    },
    /// Refuses it.
    Reject {
        /// Whose application.
        party: PartyId,
        /// Why.
        reason: Option<String>,
    },
    /// Takes it back, or declines an invitation.
    Leave {
        /// Whose application.
        party: PartyId,
        /// Why.
        reason: Option<String>,
    },
    /// Awards a contract.
    Award {
        /// To whom.
        party: PartyId,
        /// The brand's own number for the contract.
        external_id: Option<ExternalId>,
        /// Sets aside at once what the terms need.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        fund: bool,
    },
}

/// Every action on a brief and its applications with the sides that may ask for it, in the words of the routes.
pub const ROLES: &[(&str, &[Side])] = &[
    ("post", &[Side::Brand]),
    ("amend", &[Side::Brand]),
    ("withdraw", &[Side::Brand]),
    ("invite", &[Side::Brand]),
    ("apply", &[Side::Anchor]),
    ("quote", &[Side::Brand, Side::Anchor]),
    ("accept-quote", &[Side::Anchor]),
    ("shortlist", &[Side::Brand]),
    ("reject", &[Side::Brand]),
    ("leave", &[Side::Anchor]),
    ("award", &[Side::Brand]),
];

impl Ask {
    /// The word of the route.
    pub fn word(&self) -> &'static str {
        match self {
            Ask::Post => "post",
            Ask::Amend { .. } => "amend",
            Ask::Withdraw { .. } => "withdraw",
            Ask::Invite { .. } => "invite",
            Ask::Apply { .. } => "apply",
            Ask::Quote { .. } => "quote",
            Ask::AcceptQuote { .. } => "accept-quote",
            Ask::Shortlist { .. } => "shortlist",
            Ask::Reject { .. } => "reject",
            Ask::Leave { .. } => "leave",
            Ask::Award { .. } => "award",
        }
    }

    /// The applicant that it is about.
    pub fn party(&self) -> Option<PartyId> {
        match self {
            Ask::Post | Ask::Amend { .. } | Ask::Withdraw { .. } => None,
            Ask::Invite { party }
            | Ask::Apply { party, .. }
            | Ask::Quote { party, .. }
            | Ask::AcceptQuote { party }
            | Ask::Shortlist { party }
            | Ask::Reject { party, .. }
            | Ask::Leave { party, .. }
            | Ask::Award { party, .. } => Some(*party),
        }
    }

    /// Which side asks this; none: both may.
    pub fn side(&self) -> Option<Side> {
        match self {
            Ask::Apply { .. } | Ask::AcceptQuote { .. } | Ask::Leave { .. } => Some(Side::Anchor),
            // Both put terms on the table.
            Ask::Quote { .. } => None,
            Ask::Post
            | Ask::Amend { .. }
            | Ask::Withdraw { .. }
            | Ask::Invite { .. }
            | Ask::Shortlist { .. }
            | Ask::Reject { .. }
            | Ask::Award { .. } => Some(Side::Brand),
        }
    }
}

/// Drafts a brief.
pub fn draft(standing: Option<&BriefState>, drafted: BriefDrafted) -> Result<BriefEvent, Refusal> {
    if standing.is_some_and(|state| state.drafted.is_some()) {
        let why = "a brief with this number stands already";
        return Err(Refusal::conflict("already_exists", why)
            .at("/external_id")
            .because_of(drafted.brief));
    }
    if drafted.brand.kind() != PartyKind::Brand {
        return Err(Refusal::invalid("party_kind", "a brand posts briefs").at("/brand"));
    }
    drafted.terms.check()?;
    Ok(BriefEvent::of(What::Drafted {
        drafted: Box::new(drafted),
    }))
}

/// Decides what a side asks. An award gives the event beside the terms that the contract begins with.
pub fn decide(state: &BriefState, ask: &Ask, by: Side, now: Instant) -> Result<BriefEvent, Refusal> {
    let Some(terms) = state.terms.as_deref() else {
        return Err(Refusal::not_found("brief"));
    };
    if by == Side::Book || ask.side().is_some_and(|side| side != by) {
        let why = "the other side of the brief does this";
        return Err(Refusal::new(Class::Forbidden, "not_this_side", why));
    }
    match ask {
        Ask::Post | Ask::Amend { .. } | Ask::Withdraw { .. } => of_brief(state, ask, terms, now),
        Ask::Invite { party } => {
            live(state)?;
            newcomer(state, *party)?;
            let due = now.plus_seconds(i64::from(terms.invitation));
            let event = BriefEvent::of(What::Invited { party: *party });
            Ok(event.with(BriefClock::Invitation, Some(*party), due))
        }
        Ask::Apply {
            party,
            terms: asked,
            note,
            external_id,
        } => apply(
            state,
            *party,
            asked.as_deref(),
            (note.as_ref(), external_id.as_ref()),
            terms,
        ),
        _ => of_application(state, ask, by, terms),
    }
}

fn of_brief(state: &BriefState, ask: &Ask, terms: &BriefTerms, now: Instant) -> Result<BriefEvent, Refusal> {
    let clocks = |event: BriefEvent, terms: &BriefTerms| {
        let event = event.with(BriefClock::Close, None, terms.closes_at);
        event.with(BriefClock::Expire, None, terms.expires_at)
    };
    match ask {
        Ask::Post => {
            if state.status != BriefStatus::Draft {
                return Err(Refusal::conflict("brief_posted", "only a draft is posted"));
            }
            if terms.closes_at <= now {
                return Err(Refusal::invalid("in_past", "applications would be closed already").at("/closes_at"));
            }
            Ok(clocks(BriefEvent::of(What::Posted), terms))
        }
        Ask::Amend { terms: next } => {
            if !matches!(state.status, BriefStatus::Draft | BriefStatus::Posted) || !state.committed.is_empty() {
                let why = "a brief is amended before anything is awarded, while it is open";
                return Err(Refusal::conflict("brief_fixed", why));
            }
            next.check()?;
            let event = BriefEvent::of(What::Amended { terms: next.clone() });
            if state.status == BriefStatus::Draft {
                return Ok(event);
            }
            if next.closes_at <= now {
                return Err(Refusal::invalid("in_past", "applications would be closed already").at("/closes_at"));
            }
            Ok(clocks(event, next))
        }
        Ask::Withdraw { reason } => {
            let open = state.status == BriefStatus::Draft || state.status.awards();
            if !open {
                return Err(over());
            }
            if !is_text(reason, 1_000) {
                return Err(Refusal::invalid("text_length", "write 1 to 1,000 characters").at("/reason"));
            }
            Ok(BriefEvent::of(What::Withdrawn { reason: reason.clone() }))
        }
        _ => Err(Refusal::not_found("brief")),
    }
}

fn over() -> Refusal {
    Refusal::conflict(
        "brief_over",
        "the brief is filled, withdrawn, expired, or not posted yet",
    )
}

/// Contracts may still be awarded.
fn live(state: &BriefState) -> Result<(), Refusal> {
    if state.status.awards() { Ok(()) } else { Err(over()) }
}

/// A party that may come to the table.
fn newcomer(state: &BriefState, party: PartyId) -> Result<(), Refusal> {
    if !matches!(party.kind(), PartyKind::Anchor | PartyKind::Agency) {
        return Err(Refusal::invalid("party_kind", "anchors and agencies apply").at("/party"));
    }
    if state.applications.len() >= MOST {
        return Err(Refusal::conflict(
            "applications_full",
            "a brief has at most 1,000 applications",
        ));
    }
    match state.application(party).map(|one| one.stage) {
        Some(Stage::Invited | Stage::Applied | Stage::Awarded(_)) => {
            Err(Refusal::conflict("already_applied", "this party is at the table already").at("/party"))
        }
        None | Some(Stage::Ended(_)) => Ok(()),
    }
}

fn apply(
    state: &BriefState,
    party: PartyId,
    asked: Option<&Terms>,
    (note, external_id): (Option<&String>, Option<&ExternalId>),
    terms: &BriefTerms,
) -> Result<BriefEvent, Refusal> {
    let invited = state.application(party).is_some_and(|one| one.stage == Stage::Invited);
    if !invited {
        // Who may not see it finds nothing here.
        let shown = match terms.visibility {
            Visibility::Open => true,
            Visibility::Agency => party.kind() == PartyKind::Agency,
            Visibility::Invited => false,
        };
        if !shown && state.application(party).is_none() {
            return Err(Refusal::not_found("brief"));
        }
        if state.status != BriefStatus::Posted {
            return Err(Refusal::conflict(
                "applications_closed",
                "the brief takes no applications now",
            ));
        }
        newcomer(state, party)?;
    }
    live(state)?;
    if note.is_some_and(|note| !is_text(note, 4_000)) {
        return Err(Refusal::invalid("text_length", "write 1 to 4,000 characters").at("/note"));
    }
    let asked = asked.unwrap_or(&terms.terms);
    quotable(asked, terms)?;
    Ok(BriefEvent::of(What::Applied {
        party,
        terms: Box::new(asked.clone()),
        note: note.cloned(),
        external_id: external_id.cloned(),
    }))
}

/// Terms of a quote: in the brief's currency, form and service fee.
fn quotable(asked: &Terms, brief: &BriefTerms) -> Result<(), Refusal> {
    asked.check()?;
    let kept = asked.currency == brief.terms.currency
        && asked.form.word() == brief.terms.form.word()
        && asked.service_fee == brief.terms.service_fee;
    if kept {
        Ok(())
    } else {
        let why = "a quote keeps the brief's currency, form and service fee";
        Err(Refusal::invalid("terms_fixed", why).at("/terms"))
    }
}

fn of_application(state: &BriefState, ask: &Ask, by: Side, terms: &BriefTerms) -> Result<BriefEvent, Refusal> {
    let party = ask.party().ok_or_else(|| Refusal::not_found("application"))?;
    let one = state
        .application(party)
        .ok_or_else(|| Refusal::not_found("application"))?;
    live(state)?;
    if matches!(ask, Ask::Leave { .. }) && one.stage == Stage::Invited {
        return ended(one, Parting::Declined, ask);
    }
    if matches!(ask, Ask::Reject { .. }) && one.stage == Stage::Invited {
        return ended(one, Parting::Rejected, ask);
    }
    if one.stage != Stage::Applied {
        return Err(Refusal::conflict("application_over", "the application is not open"));
    }
    Ok(BriefEvent::of(match ask {
        Ask::Quote { terms: asked, .. } => {
            quotable(asked, terms)?;
            What::Quoted {
                party,
                by,
                terms: asked.clone(),
            }
        }
        Ask::AcceptQuote { .. } if one.stands => {
            return Err(Refusal::conflict(
                "quote_stands",
                "these terms are the applicant's own, or accepted",
            ));
        }
        Ask::AcceptQuote { .. } => What::QuoteAccepted { party },
        Ask::Shortlist { .. } if one.shortlisted => {
            return Err(Refusal::conflict("shortlisted_already", "it is on the short list"));
        }
        Ask::Shortlist { .. } => What::Shortlisted { party },
        Ask::Reject { .. } => return ended(one, Parting::Rejected, ask),
        Ask::Leave { .. } => return ended(one, Parting::Withdrawn, ask),
        _ => return Err(Refusal::not_found("application")),
    }))
}

fn ended(one: &Application, how: Parting, ask: &Ask) -> Result<BriefEvent, Refusal> {
    let reason = match ask {
        Ask::Reject { reason, .. } | Ask::Leave { reason, .. } => reason.clone(),
        _ => None,
    };
    if reason.as_ref().is_some_and(|reason| !is_text(reason, 1_000)) {
        return Err(Refusal::invalid("text_length", "write 1 to 1,000 characters").at("/reason"));
    }
    Ok(BriefEvent::of(What::ApplicationEnded {
        party: one.party,
        how,
        reason,
    }))
}

/// Awards a contract: the event, and the terms that both sides stand by.
pub fn award(state: &BriefState, party: PartyId, contract: ContractId) -> Result<(BriefEvent, Terms), Refusal> {
    let brief = state.terms.as_deref().ok_or_else(|| Refusal::not_found("brief"))?;
    let one = state
        .application(party)
        .ok_or_else(|| Refusal::not_found("application"))?;
    live(state)?;
    if one.stage != Stage::Applied {
        return Err(Refusal::conflict("application_over", "the application is not open"));
    }
    let Some(terms) = one.terms.clone().filter(|_| one.stands) else {
        let why = "the applicant has not accepted the counter-quote";
        return Err(Refusal::conflict("quote_open", why));
    };
    let needs = state.commitments()?.plus(terms.needs()?)?;
    if brief.budget.is_some_and(|budget| needs > budget) {
        return Err(Refusal::conflict(
            "budget_exceeded",
            "the contracts together would need more than the budget",
        ));
    }
    Ok((BriefEvent::of(What::Awarded { party, contract }), terms))
}

/// What an award that came to nothing leaves on the brief: its slot is free again, as long as the brief runs.
pub fn award_lapsed(state: &BriefState, party: PartyId, contract: ContractId) -> Option<BriefEvent> {
    let awarded = state.application(party)?.stage == Stage::Awarded(contract);
    let event = awarded.then(|| BriefEvent::of(What::AwardLapsed { party, contract }))?;
    Some(match &state.terms {
        Some(terms) if state.status == BriefStatus::Filled => event.with(BriefClock::Expire, None, terms.expires_at),
        _ => event,
    })
}

/// Clocks that are due: by due, then id.
pub fn due(state: &BriefState, now: Instant) -> Vec<(TimerId, Instant)> {
    let due = state.timers.iter().filter(|timer| timer.due <= now);
    let mut due: Vec<(TimerId, Instant)> = due.map(|timer| (timer.id, timer.due)).collect();
    due.sort_unstable_by_key(|(timer, due)| (*due, *timer));
    due
}

/// What the firing of a clock comes to; nothing when it is not running.
pub fn fire(state: &BriefState, timer: TimerId, due: Instant) -> Option<BriefEvent> {
    let running: &Running = state
        .timers
        .iter()
        .find(|known| known.id == timer && known.due == due)?;
    let what = match (running.clock, running.party) {
        (BriefClock::Close, _) => What::Closed,
        (BriefClock::Expire, _) => What::Expired,
        (BriefClock::Invitation, Some(party)) => What::ApplicationEnded {
            party,
            how: Parting::Unanswered,
            reason: None,
        },
        (BriefClock::Invitation, None) => return None,
    };
    let mut event = BriefEvent::of(what);
    event.fired = Some(timer);
    Some(event)
}

/// What a side may ask of the brief itself now.
///
/// INVARIANT: what is not listed here is refused.
pub fn allowed(state: &BriefState, side: Side, now_or_later: Option<PartyId>) -> Vec<&'static str> {
    let status = state.status;
    let mut words = Vec::new();
    match side {
        Side::Brand => {
            if status == BriefStatus::Draft {
                words.push("post");
            }
            if matches!(status, BriefStatus::Draft | BriefStatus::Posted) && state.committed.is_empty() {
                words.push("amend");
            }
            if status == BriefStatus::Draft || status.awards() {
                words.push("withdraw");
            }
            if status.awards() {
                words.push("invite");
            }
        }
        Side::Anchor => {
            let one = now_or_later.and_then(|party| state.application(party));
            let invited = one.is_some_and(|one| one.stage == Stage::Invited);
            let free = one.is_none_or(|one| matches!(one.stage, Stage::Ended(_)));
            if (invited && status.awards()) || (free && status == BriefStatus::Posted) {
                words.push("apply");
            }
        }
        Side::Book => {}
    }
    words
}

/// What a side may ask of one application now.
pub fn allowed_of(state: &BriefState, one: &Application, side: Side) -> Vec<&'static str> {
    if !state.status.awards() {
        return Vec::new();
    }
    match (one.stage, side) {
        (Stage::Applied, Side::Brand) => {
            let mut words = vec!["quote", "reject"];
            if !one.shortlisted {
                words.push("shortlist");
            }
            if one.stands {
                words.push("award");
            }
            words
        }
        (Stage::Applied, Side::Anchor) => {
            let mut words = vec!["quote", "leave"];
            if !one.stands {
                words.push("accept-quote");
            }
            words
        }
        (Stage::Invited, Side::Brand) => vec!["reject"],
        (Stage::Invited, Side::Anchor) => vec!["apply", "leave"],
        _ => Vec::new(),
    }
}
