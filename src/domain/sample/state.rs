//! The requests of a holder for an item as they stand, and the book's rule on repeats.
//! Must never judge: only fold what was decided.

use super::event::{Requested, SampleEvent, SampleTerms, What};
use crate::base::Instant;
use crate::money::Minor;

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// Waits for the provider.
    Requested,
    /// To be sent.
    Approved,
    /// Refused.
    Refused,
    /// On its way.
    Sent,
    /// With the holder.
    Received,
    /// The holder keeps it.
    Kept,
    /// Back with the provider.
    Returned,
    /// Not returned in time, and billed.
    Billed,
    /// Lost.
    Lost,
}

impl Standing {
    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Requested => "requested",
            Standing::Approved => "approved",
            Standing::Refused => "refused",
            Standing::Sent => "sent",
            Standing::Received => "received",
            Standing::Kept => "kept",
            Standing::Returned => "returned",
            Standing::Billed => "billed",
            Standing::Lost => "lost",
        }
    }

    /// It is with the holder, or on its way there.
    pub fn is_out(self) -> bool {
        matches!(self, Standing::Sent | Standing::Received)
    }
}

/// One request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Round {
    /// As asked for.
    pub asked: Requested,
    /// Terms that hold.
    pub terms: SampleTerms,
    /// How far it is.
    pub standing: Standing,
    /// When it was asked for.
    pub at: Instant,
    /// When it was sent.
    pub sent_at: Option<Instant>,
    /// What it cost the holder when it was lost or billed.
    pub charged: Minor,
    /// Why it was refused, or how it was lost.
    pub reason: Option<String>,
    /// Tracking number.
    pub tracking: Option<String>,
}

/// Requests of a holder for an item, in order; or the book's rules, in order of their start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SampleState {
    /// Requests.
    pub rounds: Vec<Round>,
    /// Rules on repeats.
    pub rules: Vec<(Instant, Option<u32>)>,
}

impl SampleState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &SampleEvent, at: Instant) {
        match &event.what {
            What::RulesSet { repeat_days, from } => self.rules.push((*from, *repeat_days)),
            What::Requested(asked) => self.rounds.push(Round {
                terms: asked.terms.clone(),
                asked: (**asked).clone(),
                standing: Standing::Requested,
                at,
                sent_at: None,
                charged: Minor::ZERO,
                reason: None,
                tracking: None,
            }),
            What::Approved { number, terms } => {
                if let Some(round) = self.stands(*number, Standing::Approved) {
                    round.terms = terms.clone();
                }
            }
            What::Refused { number, reason } => {
                if let Some(round) = self.stands(*number, Standing::Refused) {
                    round.reason = Some(reason.clone());
                }
            }
            What::Sent { number, tracking } => {
                if let Some(round) = self.stands(*number, Standing::Sent) {
                    round.sent_at = Some(at);
                    round.tracking = tracking.as_ref().map(ToString::to_string);
                }
            }
            What::Received { number } => {
                self.stands(*number, Standing::Received);
            }
            What::Kept { number } => {
                self.stands(*number, Standing::Kept);
            }
            What::Returned { number, .. } => {
                self.stands(*number, Standing::Returned);
            }
            What::Billed { number, amount } => {
                if let Some(round) = self.stands(*number, Standing::Billed) {
                    round.charged = *amount;
                }
            }
            What::Lost { number, amount, reason } => {
                if let Some(round) = self.stands(*number, Standing::Lost) {
                    round.charged = *amount;
                    round.reason = Some(reason.clone());
                }
            }
        }
    }

    fn stands(&mut self, number: u32, standing: Standing) -> Option<&mut Round> {
        let round = self.rounds.iter_mut().find(|round| round.asked.number == number)?;
        round.standing = standing;
        Some(round)
    }

    /// One request; the last when none is named.
    pub fn round(&self, number: Option<u32>) -> Option<&Round> {
        match number {
            None => self.rounds.last(),
            Some(number) => self.rounds.iter().find(|round| round.asked.number == number),
        }
    }

    /// The rule on repeats in force at an instant.
    pub fn repeat_days(&self, at: Instant) -> Option<u32> {
        let known = self.rules.iter().filter(|(from, _)| *from <= at);
        known.max_by_key(|(from, _)| *from).and_then(|(_, days)| *days)
    }
}
