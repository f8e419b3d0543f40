//! Product submissions 报品: a brand, agency or supplier offers goods for a show of an anchor, the anchor's side reviews them,
//! and what is taken stands in the running order 播品单.
//! Must never promise money: a slot fee here is what was asked, the contract is what is owed.

pub mod decide;
pub mod event;
pub mod licences;
mod state;
#[cfg(test)]
mod tests;

pub use decide::{Ask, By};
pub use event::{
    CloseReason, Qualification, SubmissionClosed, SubmissionEvent, SubmissionMade, SubmissionReviewed, SubmissionTerms,
    Verdict,
};
pub use state::{Status, SubmissionState};
