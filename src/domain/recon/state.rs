//! A reconciliation as the log knows it: its run, and what became of each break that somebody dealt with.
//! Must never hold what the run found: that stands beside the log.

use std::collections::BTreeMap;

use super::event::{How, ReconEvent, ReconciliationRun};
use crate::base::{ApprovalId, BreakId, Instant};

/// What was decided about a break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// How.
    pub how: How,
    /// Waited for until then.
    pub until: Option<Instant>,
    /// The adjustment asked for.
    pub approval: Option<ApprovalId>,
}

/// A reconciliation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReconState {
    /// Its run.
    pub run: Option<ReconciliationRun>,
    /// Breaks that were dealt with.
    pub resolved: BTreeMap<BreakId, Resolved>,
}

impl ReconState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ReconEvent) {
        match event {
            ReconEvent::Run(run) => self.run = Some(run.as_ref().clone()),
            ReconEvent::Resolved(resolved) => {
                for one in &resolved.breaks {
                    let done = Resolved {
                        how: resolved.how,
                        until: one.until,
                        approval: one.approval,
                    };
                    self.resolved.insert(one.id, done);
                }
            }
        }
    }
}
