//! Facts, late clicks and timers: the line's decisions joined with pricing and with the counters of limited rules.
//! Must never refuse a fact.

use super::Scribe;
use crate::base::{Instant, LineId, TimerId};
use crate::domain::click::Click;
use crate::domain::command::Made;
use crate::domain::order::LineFact;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;

/// Decides facts in the order told.
pub fn facts(facts: &[LineFact], scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let _ = (facts, scribe);
    Err(Refusal::invalid("not_built", "not built"))
}

/// Decides a late click.
pub fn reattribute(line: LineId, click: &Click, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let _ = (line, click, scribe);
    Err(Refusal::invalid("not_built", "not built"))
}

/// Fires a timer.
pub fn fire(stream: StreamId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let _ = (stream, timer, due, scribe);
    Err(Refusal::invalid("not_built", "not built"))
}
