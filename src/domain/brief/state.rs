//! A brief as it stands, with its applications and running clocks.
//! Must never decide.

use super::event::{BriefClock, BriefDrafted, BriefEvent, Parting, What};
use super::terms::BriefTerms;
use crate::base::{ContractId, ExternalId, Instant, LogId, PartyId, TimerId};
use crate::domain::contract::{Side, Terms};
use crate::money::{Minor, MoneyError};

/// How far a brief is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum BriefStatus {
    /// Not shown to anybody.
    #[default]
    Draft,
    /// Open for applications.
    Posted,
    /// No more applications; the brand may still award.
    Closed,
    /// As many contracts as were wanted.
    Filled,
    /// The brand took it back.
    Withdrawn,
    /// Its time is over.
    Expired,
}

impl BriefStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            BriefStatus::Draft => "draft",
            BriefStatus::Posted => "posted",
            BriefStatus::Closed => "closed",
            BriefStatus::Filled => "filled",
            BriefStatus::Withdrawn => "withdrawn",
            BriefStatus::Expired => "expired",
        }
    }

    /// Contracts may still be awarded.
    pub fn awards(self) -> bool {
        matches!(self, BriefStatus::Posted | BriefStatus::Closed)
    }
}

/// How far an application is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// Invited, not answered.
    Invited,
    /// On the table.
    Applied,
    /// A contract was awarded.
    Awarded(ContractId),
    /// Over.
    Ended(Parting),
}

impl Stage {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Invited => "invited",
            Stage::Applied => "applied",
            Stage::Awarded(_) => "awarded",
            Stage::Ended(Parting::Withdrawn) => "withdrawn",
            Stage::Ended(Parting::Declined) => "declined",
            Stage::Ended(Parting::Rejected) => "rejected",
            Stage::Ended(Parting::Unanswered) => "unanswered",
        }
    }
}

/// An application, or an invitation to one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Application {
    /// Whose.
    pub party: PartyId,
    /// How far.
    pub stage: Stage,
    /// On the brand's short list.
    pub shortlisted: bool,
    /// The terms on the table.
    pub terms: Option<Terms>,
    /// Whose terms they are.
    pub by: Side,
    /// The applicant stands by them: they are its own, or it accepted them.
    pub stands: bool,
    /// In words.
    pub note: Option<String>,
    /// The applicant's own number for it.
    pub external_id: Option<ExternalId>,
    /// Awards so far, lapsed ones too.
    pub awards: u32,
}

/// A running clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Running {
    /// Which.
    pub id: TimerId,
    /// Which clock.
    pub clock: BriefClock,
    /// Whose invitation.
    pub party: Option<PartyId>,
    /// When.
    pub due: Instant,
}

/// A brief as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BriefState {
    /// As drafted.
    pub drafted: Option<Box<BriefDrafted>>,
    /// What it says now.
    pub terms: Option<Box<BriefTerms>>,
    /// How far.
    pub status: BriefStatus,
    /// Applications, in order of arrival.
    pub applications: Vec<Application>,
    /// What the awarded contracts needed when they were awarded.
    pub committed: Vec<(ContractId, Minor)>,
    /// Running clocks.
    pub timers: Vec<Running>,
}

impl BriefState {
    /// One party's application.
    pub fn application(&self, party: PartyId) -> Option<&Application> {
        self.applications.iter().find(|one| one.party == party)
    }

    /// What the awarded contracts need together.
    pub fn commitments(&self) -> Result<Minor, MoneyError> {
        Minor::sum(self.committed.iter().map(|(_, needs)| *needs))
    }

    /// The next deadline.
    pub fn next(&self) -> Option<&Running> {
        self.timers.iter().min_by_key(|timer| (timer.due, timer.clock))
    }

    /// Folds one event. `log` and `position` are where it stands: its clocks are named by them.
    pub fn evolve(&mut self, event: &BriefEvent, log: LogId, position: i64) {
        self.timers.retain(|timer| Some(timer.id) != event.fired);
        self.happened(&event.what);
        let timers = std::mem::take(&mut self.timers);
        self.timers = timers.into_iter().filter(|timer| self.awaits(timer)).collect();
        for (ordinal, set) in (0_u32..).zip(&event.timers) {
            self.timers.push(Running {
                id: TimerId::set_by(log, position, ordinal),
                clock: set.clock,
                party: set.party,
                due: set.due,
            });
        }
    }

    fn awaits(&self, timer: &Running) -> bool {
        match timer.clock {
            BriefClock::Close => self.status == BriefStatus::Posted,
            BriefClock::Expire => self.status.awards(),
            BriefClock::Invitation => {
                let application = timer.party.and_then(|party| self.application(party));
                self.status.awards() && application.is_some_and(|one| one.stage == Stage::Invited)
            }
        }
    }

    fn happened(&mut self, what: &What) {
        match what {
            What::Drafted { drafted } => {
                self.terms = Some(Box::new(drafted.terms.clone()));
                self.drafted = Some(drafted.clone());
            }
            What::Amended { terms } => {
                self.terms = Some(terms.clone());
                // Closing times are set anew by the same event.
                self.timers.retain(|timer| timer.clock == BriefClock::Invitation);
            }
            What::Posted => self.status = BriefStatus::Posted,
            What::Closed => self.status = BriefStatus::Closed,
            What::Expired => self.status = BriefStatus::Expired,
            What::Withdrawn { .. } => self.status = BriefStatus::Withdrawn,
            What::Awarded { party, contract } => self.award(*party, *contract),
            What::AwardLapsed { party, contract } => {
                self.committed.retain(|(known, _)| known != contract);
                if self.status == BriefStatus::Filled {
                    self.status = BriefStatus::Closed;
                }
                self.change(*party, |one| one.stage = Stage::Applied);
            }
            _ => self.of_application(what),
        }
    }

    fn award(&mut self, party: PartyId, contract: ContractId) {
        let needs = self.application(party).and_then(|one| one.terms.as_ref()?.needs().ok());
        self.committed.push((contract, needs.unwrap_or_default()));
        self.change(party, |one| {
            one.stage = Stage::Awarded(contract);
            one.awards += 1;
        });
        let slots = self.terms.as_ref().map_or(0, |terms| terms.slots);
        if u32::try_from(self.committed.len()).is_ok_and(|awarded| awarded >= slots) {
            self.status = BriefStatus::Filled;
        }
    }

    fn of_application(&mut self, what: &What) {
        match what {
            What::Invited { party } => self.open(*party, Stage::Invited, None),
            What::Applied {
                party,
                terms,
                note,
                external_id,
            } => {
                self.open(*party, Stage::Applied, Some(Terms::clone(terms)));
                self.change(*party, |one| {
                    one.note.clone_from(note);
                    one.external_id.clone_from(external_id);
                });
            }
            What::Quoted { party, by, terms } => self.change(*party, |one| {
                one.terms = Some(Terms::clone(terms));
                one.by = *by;
                one.stands = *by == Side::Anchor;
            }),
            What::QuoteAccepted { party } => self.change(*party, |one| one.stands = true),
            What::Shortlisted { party } => self.change(*party, |one| one.shortlisted = true),
            What::ApplicationEnded { party, how, .. } => self.change(*party, |one| one.stage = Stage::Ended(*how)),
            _ => {}
        }
    }

    fn open(&mut self, party: PartyId, stage: Stage, terms: Option<Terms>) {
        let awards = self.application(party).map_or(0, |one| one.awards);
        let fresh = Application {
            party,
            stage,
            shortlisted: false,
            stands: terms.is_some(),
            terms,
            by: Side::Anchor,
            note: None,
            external_id: None,
            awards,
        };
        match self.applications.iter_mut().find(|one| one.party == party) {
            Some(known) => *known = fresh,
            None => self.applications.push(fresh),
        }
    }

    fn change(&mut self, party: PartyId, change: impl FnOnce(&mut Application)) {
        if let Some(one) = self.applications.iter_mut().find(|one| one.party == party) {
            change(one);
        }
    }
}
