//! Rules as they stand: a shelf is all rules of one item or shop; usage is what a limited rule has given away.
//! Must never forget a version: a line pinned long ago still cites it.

use serde::{Deserialize, Serialize};

use super::event::{ShelfEvent, UsageEvent};
use super::{PlanKind, RuleScope};
use crate::base::{ExternalId, Instant, PartyId, RuleId};
use crate::money::{Currency, Minor, Rate};

/// Who may use a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subjects {
    /// Everyone.
    Everyone,
    /// These anchors, promoters or agencies.
    Named(Vec<PartyId>),
    /// Those who applied and were approved (see `RuleState::approved`), and these.
    OnApproval(Vec<PartyId>),
}

/// The rate of a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rates {
    /// One rate.
    Flat(Rate),
    /// By volume sold under the rule before this line: the step reached gives the whole line its rate.
    Stepped(Vec<(Minor, Rate)>),
    /// By volume, marginally: the parts of the line in each tier take that tier's rate. Lower bounds inclusive, first is zero.
    Tiered(Vec<(Minor, Rate)>),
}

/// The terms of one version of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleTerms {
    /// Who may use it.
    pub subjects: Subjects,
    /// Start, inclusive.
    pub from: Instant,
    /// End, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// Rate.
    pub rates: Rates,
    /// First N units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_n: Option<u32>,
    /// Budget of commission in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Minor>,
    /// Cap of commission per order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_per_order: Option<Minor>,
    /// Refunds give reserved units and budget back.
    #[serde(default)]
    pub give_back: bool,
    /// Larger wins inside a level.
    #[serde(default)]
    pub priority: i32,
    /// Cuts are refused.
    #[serde(default)]
    pub locked: bool,
    /// Pays nothing while true.
    #[serde(default)]
    pub paused: bool,
}

/// One version of a rule: in force from its start until the next version's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// 1, 2, 3, …
    pub number: u32,
    /// In force from here, inclusive.
    pub effective_from: Instant,
    /// Terms.
    pub terms: RuleTerms,
}

/// A rule with all its versions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleState {
    /// Which.
    pub id: RuleId,
    /// The owner's own number.
    pub external_id: Option<ExternalId>,
    /// The brand that pays.
    pub brand: PartyId,
    /// Kind.
    pub kind: PlanKind,
    /// Scope.
    pub scope: RuleScope,
    /// Currency of amounts.
    pub currency: Currency,
    /// Versions, oldest first.
    pub versions: Vec<Version>,
    /// Nothing applies from here on.
    pub ended_at: Option<Instant>,
    /// Approved applicants, with the instant from which.
    pub approved: Vec<(PartyId, Instant)>,
    /// Applicants that wait for a decision.
    pub applied: Vec<PartyId>,
}

impl RuleState {
    /// The version in force at an instant, if its window and the rule's end allow one.
    pub fn in_force(&self, at: Instant) -> Option<&Version> {
        if self.ended_at.is_some_and(|end| at >= end) {
            return None;
        }
        let version = self.versions.iter().rev().find(|v| v.effective_from <= at)?;
        let inside = version.terms.from <= at && version.terms.to.is_none_or(|to| at < to);
        inside.then_some(version)
    }
}

/// All rules of one item or shop.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShelfState {
    /// In order of posting.
    pub rules: Vec<RuleState>,
}

impl ShelfState {
    /// One rule.
    pub fn rule(&self, id: RuleId) -> Option<&RuleState> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &ShelfEvent) {
        match event {
            ShelfEvent::Posted(posted) => self.rules.push(RuleState {
                id: posted.rule,
                external_id: posted.external_id.clone(),
                brand: posted.brand,
                kind: posted.kind,
                scope: posted.scope.clone(),
                currency: posted.currency,
                versions: vec![Version {
                    number: 1,
                    effective_from: posted.effective_from,
                    terms: posted.terms.clone(),
                }],
                ended_at: None,
                approved: Vec::new(),
                applied: Vec::new(),
            }),
            ShelfEvent::Changed(changed) => {
                if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == changed.rule) {
                    let next = Version {
                        number: changed.version,
                        effective_from: changed.effective_from,
                        terms: changed.terms.clone(),
                    };
                    rule.versions.push(next);
                }
            }
            ShelfEvent::Ended(ended) => {
                if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == ended.rule) {
                    rule.ended_at = Some(ended.at);
                }
            }
            ShelfEvent::Applied(applied) => {
                if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == applied.rule) {
                    rule.applied.push(applied.party);
                }
            }
            ShelfEvent::Decided(decided) => {
                if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == decided.rule) {
                    rule.applied.retain(|party| *party != decided.party);
                    if decided.approved {
                        rule.approved.push((decided.party, decided.from));
                    }
                }
            }
        }
    }
}

/// What a limited rule has given away so far, in all or inside one order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UsageState {
    /// Units of the first N.
    pub units: u64,
    /// Commission of the budget (or of the cap, per order).
    pub gross: Minor,
    /// Base counted for tiers.
    pub volume: Minor,
}

impl UsageState {
    /// Folds one event: each carries the totals.
    pub fn evolve(&mut self, event: &UsageEvent) {
        *self = UsageState {
            units: event.units,
            gross: event.gross,
            volume: event.volume,
        };
    }
}
