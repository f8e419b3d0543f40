//! A contract as it stands: versions of its terms, its hold, each deliverable, the clocks that run.
//! Must never decide: what was decided is on the events.

use super::actions::Side;
use super::event::{Awarded, Clock, ContractEvent, Delivery, Ending, Proposed, Taker, What};
use super::money;
use super::terms::{Deliverable, Terms};
use crate::base::{HoldId, Instant, LineId, LogId, PartyId, TimerId};
use crate::ledger::Hold;
use crate::money::{Minor, MoneyError};

/// How far a contract is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Phase {
    /// Waits for the money to be set aside.
    #[default]
    Awarded,
    /// Work may be scheduled.
    Funded,
    /// Something was scheduled.
    Running,
    /// Over.
    Ended(Ending),
}

/// How far a deliverable is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Status {
    /// Agreed.
    #[default]
    Planned,
    /// Has its time.
    Scheduled,
    /// Waits for the brand's review.
    Delivered,
    /// The brand asked for a revision.
    Revising,
    /// Accepted; its money is released when the clock says so.
    Accepted,
    /// Accepted; its sales are being counted.
    Measuring,
    /// Its sales window is over; a result is to be proposed.
    ResultDue,
    /// A result is proposed.
    Proposed,
    /// An arbiter decides.
    Disputed,
    /// Closed.
    Closed,
}

impl Status {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Status::Planned => "planned",
            Status::Scheduled => "scheduled",
            Status::Delivered => "delivered",
            Status::Revising => "revising",
            Status::Accepted => "accepted",
            Status::Measuring => "measuring",
            Status::ResultDue => "result_due",
            Status::Proposed => "result_proposed",
            Status::Disputed => "disputed",
            Status::Closed => "closed",
        }
    }

    /// Money is bound to it: more than planned, less than closed.
    pub fn binds(self) -> bool {
        !matches!(self, Status::Planned | Status::Closed)
    }
}

impl Phase {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Awarded => "awarded",
            Phase::Funded => "funded",
            Phase::Running => "running",
            Phase::Ended(Ending::Settled) => "settled",
            Phase::Ended(Ending::Lapsed) => "lapsed",
            Phase::Ended(Ending::CancelledByBrand) => "cancelled_by_brand",
            Phase::Ended(Ending::CancelledByAnchor) => "cancelled_by_anchor",
            Phase::Ended(Ending::Failed) => "failed",
        }
    }

    /// Over.
    pub fn is_over(self) -> bool {
        matches!(self, Phase::Ended(_))
    }
}

/// One deliverable's work.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// How far.
    pub status: Status,
    /// When it takes place.
    pub at: Option<Instant>,
    /// Its due time passed without a delivery.
    pub overdue: bool,
    /// Something was delivered for it, whatever became of it.
    pub shown: bool,
    /// Its due time passed without a delivery, whether one came later or not.
    pub late: bool,
    /// The latest delivery.
    pub delivery: Option<Delivery>,
    /// Revisions asked for.
    pub rounds: u32,
    /// What the accepted delivery earned.
    pub owed: Option<Minor>,
    /// Released to the anchor's side, of the fee.
    pub earned: Minor,
    /// Back to the brand, of the fee.
    pub returned: Minor,
    /// Sales of shows before a make-up.
    pub carried: Minor,
    /// The shortfall is made up by another show.
    pub makes_up: bool,
    /// The proposed result.
    pub result: Option<Proposed>,
    /// Lines of it that are contested.
    pub contested: Vec<LineId>,
    /// Sides that accepted it: brand, anchor.
    pub agreed: (bool, bool),
}

/// A running clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timer {
    /// Which.
    pub id: TimerId,
    /// Which clock.
    pub clock: Clock,
    /// Of which deliverable.
    pub deliverable: Option<u32>,
    /// When.
    pub due: Instant,
}

/// Terms that one side proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Version that they would be.
    pub number: u32,
    /// By which side.
    pub by: Side,
    /// The terms.
    pub terms: Terms,
}

/// A contract as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContractState {
    /// As awarded.
    pub awarded: Option<Box<Awarded>>,
    /// How far.
    pub phase: Phase,
    /// Every version in force so far, with its number; the last one is in force.
    pub versions: Vec<(u32, Terms)>,
    /// Numbers given to proposals so far.
    pub proposed: u32,
    /// Terms that wait for the other side.
    pub proposal: Option<Proposal>,
    /// Who does the work.
    pub anchor: Option<PartyId>,
    /// Who shares what it earns.
    pub chain: Vec<Taker>,
    /// Who waits for the brand's consent.
    pub replacement: Option<PartyId>,
    /// The money set aside.
    pub hold: Option<Hold>,
    /// What somebody outside proved to be paid.
    pub paid: Minor,
    /// Each deliverable.
    pub works: Vec<Work>,
    /// Who cancelled.
    pub cancelled_by: Option<Side>,
    /// Which sides rated: brand, anchor.
    pub rated: (bool, bool),
    /// The brand's stars for the anchor's side.
    pub stars: Option<u8>,
    /// Ratings are closed.
    pub rating_closed: bool,
    /// Running clocks.
    pub timers: Vec<Timer>,
}

impl ContractState {
    /// The terms in force.
    pub fn terms(&self) -> Option<&Terms> {
        self.versions.last().map(|(_, terms)| terms)
    }

    /// One deliverable with its terms.
    pub fn work(&self, number: u32) -> Option<(&Deliverable, &Work)> {
        let work = self.works.get(usize::try_from(number).ok()?)?;
        Some((self.terms()?.deliverable(number)?, work))
    }

    /// What is still held.
    pub fn left(&self) -> Minor {
        self.hold.map_or(Minor::ZERO, |hold| hold.left())
    }

    /// What deliverables still need of the hold, under some terms: those bound only, or planned ones too.
    pub fn needed(&self, terms: &Terms, planned_too: bool) -> Result<Minor, MoneyError> {
        let mut all = Vec::new();
        for (one, work) in terms
            .deliverables
            .iter()
            .zip(self.works.iter().map(Some).chain(std::iter::repeat(None)))
        {
            let fresh = Work::default();
            let work = work.unwrap_or(&fresh);
            if work.status.binds() || (planned_too && work.status == Status::Planned) {
                all.push(still_needed(terms, one, work)?);
            }
        }
        Minor::sum(all)
    }

    /// What the terms in force need beyond what is set aside; nothing once the contract is over.
    pub fn uncovered(&self) -> Minor {
        let needed = self
            .terms()
            .filter(|_| !self.phase.is_over())
            .and_then(|terms| self.needed(terms, true).ok());
        let needed = needed.unwrap_or(Minor::ZERO);
        Minor(needed.0.saturating_sub(self.left().0).max(0))
    }

    /// Folds one event. `log` and `position` are where it stands: its clocks are named by them.
    pub fn evolve(&mut self, event: &ContractEvent, log: LogId, position: i64) {
        self.timers.retain(|timer| Some(timer.id) != event.fired);
        self.happened(&event.what);
        let timers = std::mem::take(&mut self.timers);
        self.timers = timers.into_iter().filter(|timer| self.awaits(timer)).collect();
        for (ordinal, set) in (0_u32..).zip(&event.timers) {
            self.timers.push(Timer {
                id: TimerId::set_by(log, position, ordinal),
                clock: set.clock,
                deliverable: set.deliverable,
                due: set.due,
            });
        }
    }

    /// A clock still has something to do. One that has not is cancelled by the event that took its work away.
    fn awaits(&self, timer: &Timer) -> bool {
        let status = timer
            .deliverable
            .and_then(|number| self.work(number))
            .map(|(_, work)| work.status);
        match timer.clock {
            Clock::Funding => self.phase == Phase::Awarded,
            Clock::Due => status == Some(Status::Scheduled),
            Clock::Review | Clock::ReviewWarning => status == Some(Status::Delivered),
            Clock::Settle => status == Some(Status::Accepted),
            Clock::Result => status == Some(Status::Measuring),
            Clock::ResultAnswer => status == Some(Status::Proposed),
            Clock::Dispute => status == Some(Status::Disputed),
            Clock::Rating => !self.rating_closed,
        }
    }

    fn happened(&mut self, what: &What) {
        match what {
            What::Awarded { awarded } => self.begin(awarded),
            What::AnchorProposed { anchor } => self.replacement = Some(*anchor),
            What::AnchorAssigned { anchor, chain } => {
                self.anchor = Some(*anchor);
                self.chain.clone_from(chain);
                self.replacement = None;
            }
            What::AnchorRefused { .. } => self.replacement = None,
            What::AmendmentProposed { number, by, terms } => {
                self.proposed = *number;
                self.proposal = Some(Proposal {
                    number: *number,
                    by: *by,
                    terms: Terms::clone(terms),
                });
            }
            What::Amended { number } => {
                if let Some(proposal) = self.proposal.take() {
                    self.works
                        .resize(proposal.terms.deliverables.len().max(self.works.len()), Work::default());
                    self.versions.push((*number, proposal.terms));
                    self.perhaps_funded();
                }
            }
            What::AmendmentRefused { .. } => self.proposal = None,
            What::Funded { amount, .. } => self.fund(*amount),
            What::Paid { amount, .. } => self.paid = Minor(self.paid.0.saturating_add(amount.0)),
            What::Refunded { amount } => self.draw(Minor::ZERO, *amount),
            What::Cancelled { deliverable, by, .. } if deliverable.is_none() => self.cancelled_by = Some(*by),
            What::Cancelled { .. } => {}
            What::Ended { ending, returned } => {
                self.draw(Minor::ZERO, *returned);
                self.phase = Phase::Ended(*ending);
                self.proposal = None;
                self.replacement = None;
            }
            What::Rated { by, stars, .. } => match by {
                Side::Brand => {
                    self.rated.0 = true;
                    self.stars = Some(*stars);
                }
                Side::Anchor => self.rated.1 = true,
                Side::Book => {}
            },
            What::RatingClosed => self.rating_closed = true,
            What::TimerLapsed { .. } | What::StatementMade { .. } => {}
            _ => self.worked(what),
        }
    }

    fn begin(&mut self, awarded: &Awarded) {
        self.awarded = Some(Box::new(awarded.clone()));
        self.versions = vec![(1, awarded.terms.clone())];
        self.proposed = 1;
        self.anchor = awarded.anchor;
        self.chain.clone_from(&awarded.chain);
        self.works = vec![Work::default(); awarded.terms.deliverables.len()];
        self.perhaps_funded();
    }

    /// Work may begin when everything that it needs is set aside, or a part that may suffice, or nothing is needed.
    fn perhaps_funded(&mut self) {
        let left = self.left();
        let suffices = |terms: &Terms| {
            let part = terms.part_funding && left > Minor::ZERO;
            part || self.needed(terms, true).is_ok_and(|needed| left >= needed)
        };
        if self.phase == Phase::Awarded && self.terms().is_some_and(suffices) {
            self.phase = Phase::Funded;
        }
    }

    fn fund(&mut self, amount: Minor) {
        let Some(awarded) = &self.awarded else { return };
        let (source, held_in) = money::accounts(awarded.brand);
        let hold = self.hold.get_or_insert(Hold {
            id: HoldId(awarded.contract.0),
            source,
            held_in,
            currency: awarded.terms.currency,
            held: Minor::ZERO,
            released: Minor::ZERO,
            voided: Minor::ZERO,
        });
        hold.held = Minor(hold.held.0.saturating_add(amount.0));
        self.perhaps_funded();
    }

    fn draw(&mut self, released: Minor, voided: Minor) {
        self.hold = self
            .hold
            .map(|hold| money::drawn(hold, released, voided).unwrap_or(hold));
    }

    /// What happened to one deliverable.
    fn worked(&mut self, what: &What) {
        if let What::Released { released, voided, .. } = what {
            self.draw(*released, *voided);
        }
        if matches!(what, What::Scheduled { .. }) {
            self.phase = Phase::Running;
        }
        let Some(number) = deliverable_of(what) else { return };
        let work = usize::try_from(number)
            .ok()
            .and_then(|number| self.works.get_mut(number));
        if let Some(work) = work {
            work.happened(what);
        }
    }
}

/// What a deliverable still needs of the hold.
fn still_needed(terms: &Terms, one: &Deliverable, work: &Work) -> Result<Minor, MoneyError> {
    // Service is taken on what was earned, and given back on what was returned.
    let fee_left = one.fee.minus(work.returned)?;
    let reserved = fee_left.plus(money::service(terms, fee_left)?)?;
    let gone = work.earned.plus(money::service(terms, work.earned)?)?;
    reserved.minus(gone)
}

/// The deliverable that an event is about.
pub fn deliverable_of(what: &What) -> Option<u32> {
    match what {
        What::Scheduled { deliverable, .. }
        | What::Overdue { deliverable }
        | What::Delivered { deliverable, .. }
        | What::ReviewWarned { deliverable }
        | What::RevisionRequested { deliverable, .. }
        | What::Accepted { deliverable, .. }
        | What::ResultDue { deliverable }
        | What::ResultProposed { deliverable, .. }
        | What::ResultContested { deliverable, .. }
        | What::ResultAccepted { deliverable, .. }
        | What::MakeUpDue { deliverable, .. }
        | What::Disputed { deliverable, .. }
        | What::StatementMade { deliverable, .. }
        | What::DisputeOverdue { deliverable }
        | What::Released { deliverable, .. } => Some(*deliverable),
        _ => None,
    }
}

impl Work {
    fn happened(&mut self, what: &What) {
        match what {
            What::Scheduled { at, .. } => {
                self.status = Status::Scheduled;
                self.at = *at;
            }
            What::Overdue { .. } => {
                self.overdue = true;
                self.late = true;
            }
            What::Delivered { delivery, .. } => {
                self.status = Status::Delivered;
                self.overdue = false;
                self.shown = true;
                self.delivery = Some(delivery.clone());
            }
            What::RevisionRequested { round, .. } => {
                self.status = Status::Revising;
                self.rounds = *round;
            }
            What::Accepted { owed, .. } => {
                self.owed = *owed;
                self.status = if owed.is_some() {
                    Status::Accepted
                } else {
                    Status::Measuring
                };
            }
            What::ResultDue { .. } => self.status = Status::ResultDue,
            What::ResultProposed { result, .. } => {
                self.status = Status::Proposed;
                self.result = Some(result.clone());
                self.contested.clear();
                self.agreed = (false, false);
            }
            What::ResultContested { lines, .. } => {
                self.contested.extend(lines);
                self.contested.sort_unstable();
                self.contested.dedup();
                self.agreed = (false, false);
            }
            What::ResultAccepted { by, .. } => match by {
                Side::Brand => self.agreed.0 = true,
                Side::Anchor => self.agreed.1 = true,
                Side::Book => {}
            },
            What::MakeUpDue { reached, .. } => {
                *self = Work {
                    status: Status::Scheduled,
                    carried: *reached,
                    makes_up: true,
                    shown: self.shown,
                    late: self.late,
                    ..Work::default()
                };
            }
            What::Disputed { .. } => self.status = Status::Disputed,
            What::Released {
                earned,
                returned,
                closed,
                ..
            } => {
                self.earned = *earned;
                self.returned = *returned;
                if *closed {
                    self.status = Status::Closed;
                }
            }
            _ => {}
        }
    }
}
