//! Commands about objects (book, parties, catalogue, rules, approvals, keys): each slice decides, ids come from the scribe.
//! Must never hold a rule of a slice; only what joins them.

use super::Scribe;
use crate::domain::command::{Command, Made};
use crate::domain::refusal::Refusal;

/// Decides one command about an object.
pub fn decide(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let _ = (command, scribe);
    Err(Refusal::invalid("not_built", "not built"))
}
