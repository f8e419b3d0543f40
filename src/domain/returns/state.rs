//! The returns of one buyer and item as they stand: every row told with its verdict, and the lines sold.
//! Must never depend on the order in which rows arrived, beyond positions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::{Flaw, ReturnEvent, Returned, Verdict};
use crate::base::{ExternalId, LineId};

/// A return as told, with what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// As told.
    pub returned: Returned,
    /// Why it can never be matched.
    pub flaw: Option<Flaw>,
    /// The verdict; none before the first.
    pub verdict: Option<Verdict>,
    /// How often it has been matched.
    pub matches: u32,
    /// Position of the event that told it.
    pub position: i64,
    /// Position of the last event that speaks of it.
    pub stands_since: i64,
    /// It was taken back.
    pub withdrawn: bool,
}

impl Kept {
    /// It is matched, or waits to be.
    pub fn counts(&self) -> bool {
        self.flaw.is_none() && !self.withdrawn
    }

    /// The line it is matched to.
    pub fn line(&self) -> Option<LineId> {
        self.verdict.as_ref().and_then(Verdict::line)
    }

    /// Stable code while it is matched to no line.
    pub fn code(&self) -> Option<&'static str> {
        match (&self.flaw, &self.verdict) {
            (Some(flaw), _) => Some(flaw.code()),
            (None, Some(Verdict::Parked { why, .. })) => Some(why.code()),
            (None, Some(Verdict::Matched { .. }) | None) => None,
        }
    }
}

/// The returns of one buyer and item.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReturnsState {
    kept: Vec<Arc<Kept>>,
    sales: BTreeSet<LineId>,
    knows_sales: bool,
}

impl ReturnsState {
    /// Folds the event at a position.
    pub fn evolve(&mut self, event: &ReturnEvent, position: i64) {
        match event {
            ReturnEvent::Told(e) => {
                self.supersede(&e.returned, position);
                self.kept.push(Arc::new(Kept {
                    returned: e.returned.clone(),
                    flaw: e.flaw,
                    verdict: None,
                    matches: 0,
                    position,
                    stands_since: position,
                    withdrawn: false,
                }));
            }
            ReturnEvent::Joined(e) => {
                self.sales.extend(&e.lines);
                self.knows_sales = true;
            }
            ReturnEvent::Judged(e) => {
                if let Some(kept) = self.standing_mut(&e.document, &e.row) {
                    kept.verdict = Some(e.verdict.clone());
                    kept.matches = e.matches;
                    kept.stands_since = position;
                }
            }
            ReturnEvent::Withdrawn(e) => {
                if let Some(kept) = self.standing_mut(&e.document, &e.row) {
                    kept.verdict = None;
                    kept.withdrawn = true;
                    kept.stands_since = position;
                }
            }
        }
    }

    /// A row that was in conflict is told again: what stands of it from now on is what was told last.
    fn supersede(&mut self, returned: &Returned, position: i64) {
        let was =
            |kept: &&mut Arc<Kept>| !kept.withdrawn && kept.flaw == Some(Flaw::Conflict) && kept.returned == *returned;
        for kept in self.kept.iter_mut().filter(was) {
            let kept = Arc::make_mut(kept);
            kept.withdrawn = true;
            kept.stands_since = position;
        }
    }

    fn standing_mut(&mut self, document: &ExternalId, row: &ExternalId) -> Option<&mut Kept> {
        let is = |kept: &&mut Arc<Kept>| {
            let told = &kept.returned;
            !kept.withdrawn && kept.flaw != Some(Flaw::Conflict) && told.document == *document && told.row == *row
        };
        self.kept.iter_mut().find(is).map(Arc::make_mut)
    }

    /// Every row told, in order of recording.
    pub fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter().map(Arc::as_ref)
    }

    /// The row as it stands: not taken back, and not in conflict with an earlier one.
    pub fn standing(&self, returned: &Returned) -> Option<&Kept> {
        let stands = |kept: &&Kept| !kept.withdrawn && kept.flaw != Some(Flaw::Conflict);
        self.kept()
            .filter(stands)
            .find(|kept| kept.returned.is_same_row(returned))
    }

    /// How often this row was matched, however often it was told.
    pub fn matches(&self, returned: &Returned) -> u32 {
        let same = self.kept().filter(|kept| kept.returned.is_same_row(returned));
        same.map(|kept| kept.matches).max().unwrap_or(0)
    }

    /// A row that can be matched; all of a stream have the same platform, buyer and item.
    pub fn sample(&self) -> Option<&Returned> {
        self.kept().find(|kept| kept.flaw.is_none()).map(|kept| &kept.returned)
    }

    /// Lines sold to the buyer of the item.
    pub fn sales(&self) -> &BTreeSet<LineId> {
        &self.sales
    }

    /// The lines sold before the first return were looked up; later ones join as they are told.
    pub fn knows_sales(&self) -> bool {
        self.knows_sales
    }

    /// The case is one of these returns: a refund of it on a line was told by a match.
    pub fn is_own_case(&self, case: &ExternalId) -> bool {
        self.kept().any(|kept| kept.returned.case() == *case)
    }
}
