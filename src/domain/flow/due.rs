//! Timers that fall due before a command, and the stream whose version a command may expect.
//! Must never fire a timer of a stream the command does not touch.

use super::objects::vtask;
use super::{Scribe, facts};
use crate::base::{BookId, BriefId, ContractId, Instant, LineId, TimerId};
use crate::domain::command::{Command, Made};
use crate::domain::order::decide::due_timers;
use crate::domain::refusal::Refusal;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Entity, World};
use crate::domain::{brief, contract};

/// At most this many timers fire before one command.
const MOST: usize = 1_000;

/// Fires the due timers of the streams a command touches, by due then id (decision B13). Timers set by a firing and
/// already due fire in the same round.
pub fn fire_due(command: &Command, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let mut streams: Vec<StreamId> = match command {
        Command::Facts(facts) | Command::ResolveParked { facts, .. } => {
            facts.iter().map(|fact| fact.line.into()).collect()
        }
        Command::Reattribute { line, .. } => vec![(*line).into()],
        Command::Release { lines } => lines.iter().map(|line| StreamId::from(*line)).collect(),
        Command::AskBrief { brief, .. } => vec![(*brief).into()],
        Command::ActContract { contract, .. } => vec![(*contract).into()],
        _ => Vec::new(),
    };
    streams.sort_unstable();
    streams.dedup();
    for _ in 0..MOST {
        let now = scribe.now;
        let due = streams.iter().flat_map(|stream| {
            let due = due_of(*stream, now, scribe.world).into_iter();
            due.map(|(timer, due)| (due, timer, *stream))
        });
        let Some((due, timer, stream)) = due.min() else {
            return Ok(());
        };
        fire(stream, timer, due, scribe)?;
    }
    Ok(())
}

fn due_of(stream: StreamId, now: Instant, world: &World) -> Vec<(TimerId, Instant)> {
    match world.get(stream).and_then(|known| known.entity.as_ref()) {
        Some(Entity::Line(state)) => due_timers(state, now),
        Some(Entity::Brief(state)) => brief::decide::due(state, now),
        Some(Entity::Contract(state)) => contract::clocks::due(state, now),
        _ => Vec::new(),
    }
}

/// Fires a timer. One that is no longer pending has ended in its own event already and leaves nothing.
pub fn fire(stream: StreamId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    match stream.slice {
        Slice::Line => facts::fire(LineId(stream.id), timer, due, scribe),
        Slice::Brief => vtask::fire_brief(BriefId(stream.id), timer, due, scribe),
        Slice::Contract => vtask::fire_contract(ContractId(stream.id), timer, due, scribe),
        _ => Err(Refusal::not_found("timer")),
    }
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
        Command::DraftBrief { external_id, brand, .. } => {
            BriefId::of(book, *brand, external_id.as_ref()?.as_str()).into()
        }
        Command::AskBrief { brief, .. } => (*brief).into(),
        Command::ActContract { contract, .. } => (*contract).into(),
        Command::IssueKey { person, .. } => (*person)?.into(),
        Command::RevokeKey { person, .. } => (*person).into(),
    })
}
