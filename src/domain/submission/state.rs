//! A submission as it stands.
//! Must never hold what other submissions say.

use std::sync::Arc;

use super::event::{SubmissionClosed, SubmissionEvent, SubmissionMade, SubmissionReviewed, SubmissionTerms, Verdict};

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Status {
    /// Waits for a review.
    #[default]
    Submitted,
    /// To be amended.
    Returned,
    /// Taken.
    Approved,
    /// In the running order.
    Placed,
    /// Not taken.
    Refused,
    /// Over.
    Closed,
}

impl Status {
    /// Every status with its word.
    pub const ALL: [(&'static str, Status); 6] = [
        ("submitted", Status::Submitted),
        ("returned", Status::Returned),
        ("approved", Status::Approved),
        ("placed", Status::Placed),
        ("refused", Status::Refused),
        ("closed", Status::Closed),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Status::ALL
            .iter()
            .find(|(_, status)| *status == self)
            .map_or("submitted", |(word, _)| word)
    }
}

/// A submission.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SubmissionState {
    /// As it was made.
    pub made: Option<Arc<SubmissionMade>>,
    /// The terms that stand.
    pub terms: Option<Arc<SubmissionTerms>>,
    /// How far it is.
    pub status: Status,
    /// The last review.
    pub review: Option<SubmissionReviewed>,
    /// Its place in the running order.
    pub place: Option<u32>,
    /// How it ended.
    pub closed: Option<SubmissionClosed>,
}

impl SubmissionState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &SubmissionEvent) {
        match event {
            SubmissionEvent::Made(e) => {
                self.terms = Some(Arc::new(e.terms.clone()));
                self.made = Some(Arc::new((**e).clone()));
            }
            SubmissionEvent::Amended(e) => {
                self.terms = Some(Arc::new(e.terms.clone()));
                self.status = Status::Submitted;
            }
            SubmissionEvent::Reviewed(e) => {
                self.status = match e.verdict {
                    Verdict::Approved => Status::Approved,
                    Verdict::Returned => Status::Returned,
                    Verdict::Refused => Status::Refused,
                };
                self.review = Some(e.clone());
            }
            SubmissionEvent::Placed(e) => {
                self.place = Some(e.place);
                self.status = Status::Placed;
            }
            SubmissionEvent::Closed(e) => {
                self.closed = Some(e.clone());
                self.status = Status::Closed;
            }
        }
    }
}
