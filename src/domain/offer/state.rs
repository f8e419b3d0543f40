//! An offer and a quote as they stand.
//! Must never hold earlier versions: those are read from the log's derived rows.

use std::sync::Arc;

use super::event::{OfferEvent, OfferFigures, OfferStatus, QuoteEvent, QuoteGiven};
use super::terms::OfferTerms;
use crate::base::{ExternalId, Instant};

/// An offer: its latest version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OfferState {
    /// Its version; 0 when it was never published.
    pub version: u32,
    /// Terms of that version.
    pub terms: Option<Arc<OfferTerms>>,
    /// How it stands on its platform.
    pub status: OfferStatus,
    /// Figures with when they were reported.
    pub figures: Option<(Instant, OfferFigures)>,
}

impl OfferState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &OfferEvent) {
        match event {
            OfferEvent::Published(e) => {
                self.version = e.version;
                self.terms = Some(Arc::new((*e.terms).clone()));
            }
            OfferEvent::StatusChanged(e) => self.status = e.status,
            OfferEvent::Reported(e) => self.figures = Some((e.reported_at, e.figures)),
        }
    }
}

/// A quote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuoteState {
    /// What was given.
    pub given: Option<Arc<QuoteGiven>>,
    /// What it was used for.
    pub used_for: Option<ExternalId>,
}

impl QuoteState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &QuoteEvent) {
        match event {
            QuoteEvent::Given(e) => self.given = Some(Arc::new((**e).clone())),
            QuoteEvent::Used(e) => self.used_for = Some(e.used_for.clone()),
        }
    }
}
