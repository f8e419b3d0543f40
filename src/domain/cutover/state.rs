//! A cut-over as it stands: its openings, and which of them were reversed.
//! Must never forget a reversed one.

use super::event::{CutoverEvent, LinesNamed, OpeningPosted};

/// An opening as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// As posted.
    pub posted: OpeningPosted,
    /// It was taken back.
    pub reversed: bool,
}

/// A cut-over as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CutoverState {
    /// Openings, in order of their numbers.
    pub openings: Vec<Standing>,
}

impl CutoverState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &CutoverEvent) {
        match event {
            CutoverEvent::Opened(e) => self.openings.push(Standing {
                posted: e.as_ref().clone(),
                reversed: false,
            }),
            CutoverEvent::Reversed(e) => {
                let of = |standing: &&mut Standing| standing.posted.number == e.number;
                if let Some(standing) = self.openings.iter_mut().find(of) {
                    standing.reversed = true;
                }
            }
        }
    }

    /// One opening.
    pub fn opening(&self, number: u32) -> Option<&Standing> {
        self.openings.iter().find(|standing| standing.posted.number == number)
    }

    /// The number of the next opening.
    pub fn next(&self) -> u32 {
        self.openings
            .last()
            .map_or(1, |last| last.posted.number.saturating_add(1))
    }

    /// The files of unsettled lines that were agreed to and stand.
    pub fn lines(&self) -> impl Iterator<Item = &LinesNamed> {
        let standing = self.openings.iter().filter(|standing| !standing.reversed);
        standing.filter_map(|standing| standing.posted.opening.lines.as_ref())
    }
}
