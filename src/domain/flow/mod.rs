//! What crosses slices: which streams a command needs, and the decision of each command with the rules that join slices.
//! Must never load anything itself: `needs` names what is missing, the engine loads it and asks again (at most three rounds).

mod due;
pub mod facts;
pub mod needs;
mod objects;
pub mod returns;
mod scribe;
pub mod script;
mod shares;
pub mod shown;
#[cfg(test)]
mod tests;

pub use due::{fire_due, main_stream};
pub use needs::{ClickQuery, Looked, Needs, SoldQuery, needs};
pub use scribe::{Clicks, Recorded, Scribe, Sold, Uncovered};

use super::command::{Command, Made};
use super::refusal::Refusal;

/// Decides one command on the world and records its events with the scribe. A refusal may leave events behind:
/// the caller undoes to its savepoint.
pub fn decide(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let made = match command {
        Command::Facts(facts) => facts::facts(facts, scribe),
        Command::Release { lines } => facts::release(lines, scribe),
        Command::Returns(words) => returns::returns(words, scribe),
        Command::Reattribute { line, click } => facts::reattribute(*line, click, scribe),
        Command::FireTimer { stream, timer, due } => due::fire(*stream, *timer, *due, scribe),
        Command::ResolveParked {
            positions,
            how,
            reason,
            facts,
        } => facts::resolve(positions, *how, reason.as_deref(), facts, scribe),
        object => objects::decide(object, scribe),
    }?;
    returns::settle(scribe)?;
    Ok(made)
}
