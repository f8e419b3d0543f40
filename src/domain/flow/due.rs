//! Timers that fall due before a command, and the stream whose version a command may expect.
//! Must never fire a timer of a stream the command does not touch.

use super::{Scribe, facts};
use crate::base::BookId;
use crate::domain::command::Command;
use crate::domain::order::decide::due_timers;
use crate::domain::refusal::Refusal;
use crate::domain::settlement::Settle;
use crate::domain::stream::StreamId;

/// At most this many timers fire before one command.
const MOST: usize = 1_000;

/// Fires the due timers of the lines a command touches, by due then id (decision B13). Timers set by a firing and
/// already due fire in the same round.
pub fn fire_due(command: &Command, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let mut lines = match command {
        Command::Facts(facts) | Command::ResolveParked { facts, .. } => facts.iter().map(|fact| fact.line).collect(),
        Command::Reattribute { line, .. } => vec![*line],
        Command::Release { lines } => lines.clone(),
        _ => Vec::new(),
    };
    lines.sort_unstable();
    lines.dedup();
    for _ in 0..MOST {
        let now = scribe.now;
        let due = lines
            .iter()
            .filter_map(|line| scribe.world.line(*line).map(|state| (*line, state)))
            .flat_map(|(line, state)| {
                due_timers(state, now)
                    .into_iter()
                    .map(move |(timer, due)| (due, timer, line))
            })
            .min();
        let Some((due, timer, line)) = due else { return Ok(()) };
        facts::fire(line.into(), timer, due, scribe)?;
    }
    Ok(())
}

/// The stream that `expected_version` speaks of.
pub fn main_stream(book: BookId, command: &Command) -> Option<StreamId> {
    use crate::base::{ItemId, PlacementId, ShopId};
    Some(match command {
        Command::OpenBook(_)
        | Command::NameOwner { .. }
        | Command::SetFormula { .. }
        | Command::CutOffPeriod { .. }
        | Command::MoveClock { .. }
        | Command::NoteRepair { .. } => book.into(),
        Command::Settle(asked) => return of_settlement(book, asked),
        Command::RegisterParty { .. } | Command::Request(_) | Command::ResolveParked { .. } => return None,
        Command::CommitImport(told) => told.import.into(),
        Command::ReverseImport(reversal) => reversal.import.into(),
        Command::EndReversal(ended) => ended.import.into(),
        Command::RenameParty { party, .. } => (*party).into(),
        Command::SignMembership { member, .. }
        | Command::AmendMembership { member, .. }
        | Command::EndMembership { member, .. }
        | Command::TrueUpMembership { member, .. } => (*member).into(),
        Command::RegisterShop { platform, shop_no, .. } => ShopId::of(book, platform.as_str(), shop_no.as_str()).into(),
        Command::ListItem { platform, item_no, .. } => ItemId::of(book, platform.as_str(), item_no.as_str()).into(),
        Command::PostRule { scope, .. } => scope.shelf().into(),
        Command::ChangeRule { shelf, .. }
        | Command::EndRule { shelf, .. }
        | Command::ApplyToRule { shelf, .. }
        | Command::DecideApplicant { shelf, .. } => (*shelf).into(),
        Command::Facts(facts) => facts.first()?.line.into(),
        Command::Reattribute { line, .. } => (*line).into(),
        Command::Release { lines } => (*lines.first()?).into(),
        Command::AssignPlacement {
            platform, kind, number, ..
        } => PlacementId::of(book, platform, *kind, number).into(),
        Command::EndPlacement { placement, .. } => (*placement).into(),
        Command::FireTimer { stream, .. } => *stream,
        Command::DecideApproval { approval, .. } => (*approval).into(),
        Command::IssueKey { person, .. } => (*person)?.into(),
        Command::RevokeKey { person, .. } => (*person).into(),
    })
}

fn of_settlement(book: BookId, asked: &Settle) -> Option<StreamId> {
    Some(match asked {
        Settle::SetTerms { .. } | Settle::Reopen { .. } | Settle::Start { .. } => book.into(),
        Settle::Guarantees { run, .. }
        | Settle::Reserves { run, .. }
        | Settle::Reckon { run }
        | Settle::DraftSheets { run, .. }
        | Settle::DraftRun { run, .. }
        | Settle::Drop { run, .. }
        | Settle::Issue { run, .. }
        | Settle::Lock { run }
        | Settle::Deliver { run, .. } => (*run).into(),
        Settle::Confirm { sheet, .. }
        | Settle::Contest { sheet, .. }
        | Settle::Answer { sheet, .. }
        | Settle::HoldBack { sheet, .. } => (*sheet).into(),
    })
}
