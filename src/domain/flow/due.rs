//! Timers that fall due before a command, and the stream whose version a command may expect.
//! Must never fire a timer of a stream the command does not touch.

use super::objects::{fire_purchase, silence, vtask};
use super::{Scribe, facts};
use crate::base::{
    BookId, BriefId, ContractId, EntityId, ExternalId, Instant, ItemId, LineId, PartyId, PlacementId, PurchaseId,
    SelectionId, SheetId, ShopId, SubmissionId, TimerId, WatchId,
};
use crate::domain::command::{Command, Made};
use crate::domain::entity::Member;
use crate::domain::order::decide::due_timers;
use crate::domain::pooling::PoolCommand;
use crate::domain::refusal::Refusal;
use crate::domain::settlement::Settle;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Entity, World};
use crate::domain::{brief, contract, purchase, sample};

/// At most this many timers fire before one command.
const MOST: usize = 1_000;

/// Fires the due timers of the streams a command touches, by due then id (decision B13). Timers set by a firing and
/// already due fire in the same round.
pub fn fire_due(command: &Command, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let mut streams: Vec<StreamId> = match command {
        Command::Facts(facts) | Command::ResolveParked { facts, .. } => {
            facts.iter().map(|fact| fact.line.into()).collect()
        }
        Command::ResolveBreaks { breaks, .. } => {
            let facts = breaks.iter().flat_map(|one| &one.facts);
            facts.map(|fact| fact.line.into()).collect()
        }
        Command::Reattribute { line, .. } => vec![(*line).into()],
        Command::Release { lines } => lines.iter().map(|line| StreamId::from(*line)).collect(),
        Command::AskBrief { brief, .. } => vec![(*brief).into()],
        Command::ActContract { contract, .. } => vec![(*contract).into()],
        Command::ActPurchase { purchase, .. } => vec![(*purchase).into()],
        _ => Vec::new(),
    };
    streams.sort_unstable();
    streams.dedup();
    fire_all(&streams, scribe)
}

/// Fires the due timers of these lines.
pub(super) fn fire_lines<'l>(
    lines: impl IntoIterator<Item = &'l LineId>,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let streams: Vec<StreamId> = lines.into_iter().map(|line| StreamId::from(*line)).collect();
    fire_all(&streams, scribe)
}

fn fire_all(streams: &[StreamId], scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
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
        Some(Entity::Purchase(state)) => purchase::decide::due(state, now),
        _ => Vec::new(),
    }
}

/// Fires a timer. One that is no longer pending has ended in its own event already and leaves nothing.
pub fn fire(stream: StreamId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    match stream.slice {
        Slice::Sheet => silence(SheetId(stream.id), timer, due, scribe),
        Slice::Line => facts::fire(LineId(stream.id), timer, due, scribe),
        Slice::Brief => vtask::fire_brief(BriefId(stream.id), timer, due, scribe),
        Slice::Contract => vtask::fire_contract(ContractId(stream.id), timer, due, scribe),
        Slice::Purchase => fire_purchase(PurchaseId(stream.id), timer, due, scribe),
        _ => Err(Refusal::not_found("timer")),
    }
}

/// The stream that `expected_version` speaks of.
pub fn main_stream(book: BookId, command: &Command) -> Option<StreamId> {
    Some(match command {
        Command::OpenBook(_)
        | Command::NameOwner { .. }
        | Command::SetFormula { .. }
        | Command::CutOffPeriod { .. }
        | Command::MoveClock { .. }
        | Command::NoteRepair { .. } => book.into(),
        Command::Settle(asked) => return of_settlement(book, asked),
        Command::RegisterParty { .. } | Command::Request(_) | Command::ResolveParked { .. } => return None,
        Command::Receipts(facts) => facts.first()?.receipt.into(),
        Command::WithdrawReceipts { receipts, .. } => (*receipts.first()?).into(),
        Command::MatchReceipt { receipt, .. } | Command::UnmatchReceipt { receipt, .. } => (*receipt).into(),
        Command::Substitute { person, .. } => (*person).into(),
        Command::SuspendParty { party, .. } | Command::SetCard { party, .. } | Command::ScriptParty { party, .. } => {
            (*party).into()
        }
        Command::SetPrefund { brand, .. } => brand.map_or(book.into(), StreamId::from),
        Command::NoteReconciliation(run) => run.reconciliation.into(),
        Command::ResolveBreaks { reconciliation, .. } => (*reconciliation).into(),
        Command::OpenDispute(opened) => opened.dispute.into(),
        Command::AnswerDispute { dispute, .. } => (*dispute).into(),
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
        Command::Returns(words) => words.first()?.returned().stream(book).into(),
        Command::Reattribute { line, .. } => (*line).into(),
        Command::Release { lines } => (*lines.first()?).into(),
        Command::AssignPlacement {
            platform, kind, number, ..
        } => PlacementId::of(book, platform, *kind, number).into(),
        Command::EndPlacement { placement, .. } => (*placement).into(),
        Command::RegisterEntity { external_id, .. } => EntityId::of(book, external_id).into(),
        Command::RenameEntity { entity, .. } => (*entity).into(),
        Command::JoinEntity { member, .. } => match member {
            Member::Party(party) => (*party).into(),
            Member::Shop(shop) => (*shop).into(),
        },
        Command::FireTimer { stream, .. } => *stream,
        Command::DecideApproval { approval, .. } => (*approval).into(),
        Command::DraftBrief { external_id, brand, .. } => return of_draft(book, *brand, external_id.as_ref()),
        Command::AskBrief { brief, .. } => (*brief).into(),
        Command::ActContract { contract, .. } => (*contract).into(),
        Command::Pool(asked) => return of_pool(book, asked),
        Command::IssueKey { person, .. } => (*person)?.into(),
        Command::RevokeKey { person, .. } => (*person).into(),
        Command::PublishOffer(_)
        | Command::Offers(_)
        | Command::ChangeOfferStatus { .. }
        | Command::GiveQuote { .. }
        | Command::ReportSupplier { .. }
        | Command::UseQuote { .. } => return of_offer(book, command),
        Command::OrderPurchase(_) => return None,
        Command::ActPurchase { purchase, .. } => (*purchase).into(),
        Command::AskSample(asked) => asked.id(book).into(),
        Command::ActSample { sample, .. } => (*sample).into(),
        Command::SetSampleRules { .. } => sample::rules(book).into(),
    })
}

fn of_draft(book: BookId, brand: PartyId, number: Option<&ExternalId>) -> Option<StreamId> {
    number.map(|number| BriefId::of(book, brand, number.as_str()).into())
}

fn of_offer(book: BookId, command: &Command) -> Option<StreamId> {
    match command {
        Command::PublishOffer(told) => Some(told.terms.id(book).into()),
        Command::Offers(all) => Some(all.first()?.terms.id(book).into()),
        Command::ChangeOfferStatus { offer, .. } => Some((*offer).into()),
        Command::ReportSupplier { supplier, .. } => Some(crate::base::SupplierId::of(*supplier).into()),
        Command::UseQuote { quote, .. } => Some((*quote).into()),
        _ => None,
    }
}

fn of_pool(book: BookId, asked: &PoolCommand) -> Option<StreamId> {
    Some(match asked {
        PoolCommand::List { item, .. } | PoolCommand::Withdraw { item, .. } => (*item).into(),
        PoolCommand::Rate { items } => (*items.first()?).into(),
        PoolCommand::Submit { external_id, by, .. } => {
            SubmissionId::of(book, *by, external_id.as_ref()?.as_str()).into()
        }
        PoolCommand::Ask { submission, .. } => (*submission).into(),
        PoolCommand::Save { party, name, .. } => SelectionId::of(book, *party, name.as_str()).into(),
        PoolCommand::Remove { selection } => (*selection).into(),
        PoolCommand::Watch { party, target, .. } => WatchId::of(book, *party, target.uuid()).into(),
        PoolCommand::Drop { watch } => (*watch).into(),
        PoolCommand::Look { watches } => (*watches.first()?).into(),
    })
}

fn of_settlement(book: BookId, asked: &Settle) -> Option<StreamId> {
    Some(match asked {
        Settle::SetTerms { .. } | Settle::SetCalendar(_) | Settle::Reopen { .. } | Settle::Start { .. } => book.into(),
        Settle::Exit { party, .. } => (*party).into(),
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
