//! Briefs 任务单: what a brand looks for, who applied or was invited, what they quoted, who was chosen.
//! Must never move money: an award begins a contract, and the contract moves it.
//!
//! draft -> posted -> closed (no more applications) -> filled, with the side exits withdrawn and expired. An application
//! carries the terms on the table and whose they are: a quote 报价 of the applicant's or a counter-quote 还价 of the brand's.
//! The brand may award what the applicant's side stands by: its own last quote, or a counter-quote that it accepted.

pub mod decide;
pub mod event;
pub mod state;
pub mod terms;
#[cfg(test)]
mod tests;

pub use decide::{Ask, ROLES, allowed, allowed_of};
pub use event::{BriefDrafted, BriefEvent, BriefTimer, What};
pub use state::{Application, BriefState, BriefStatus, Stage};
pub use terms::{BriefTerms, Filters, Product, Samples, Visibility};
