//! Streams that a command about an object needs.
//! Must never name a stream the world already knows.

use std::collections::BTreeSet;

use crate::base::{
    BookId, ClosingId, EntityId, ExternalId, ItemId, Month, PartyId, PaymentId, PlacementId, PolicyId, RunId, SheetId,
    ShopId,
};
use crate::domain::book::Formula;
use crate::domain::command::{BreakAction, Command, Pending};
use crate::domain::entity::Member;
use crate::domain::flow::{Needs, Uncovered};
use crate::domain::party::Share;
use crate::domain::placement::Holder;
use crate::domain::plan::{RuleScope, RuleTerms, Subjects};
use crate::domain::settlement::{GuaranteeFigures, ReserveFigures, Settle, SheetFigures};
use crate::domain::share::ShareFormula;
use crate::domain::stream::StreamId;
use crate::domain::world::World;

/// Adds what a command about an object still needs.
pub fn needs(book: BookId, command: &Command, (world, open): (&World, &Uncovered), out: &mut Needs) {
    let mut wanted: Vec<StreamId> = vec![book.into()];
    match command {
        Command::NameOwner { owner: party } | Command::RenameParty { party, .. } => wanted.push((*party).into()),
        Command::SetFormula { terms, .. } => wanted.extend(of_formula(terms)),
        Command::RegisterParty { external_id, .. } => wanted.extend(numbered(book, external_id.as_ref())),
        Command::SignMembership { .. }
        | Command::AmendMembership { .. }
        | Command::EndMembership { .. }
        | Command::TrueUpMembership { .. } => wanted.extend(of_contract(command, world, out)),
        Command::RegisterShop { .. }
        | Command::ListItem { .. }
        | Command::AssignPlacement { .. }
        | Command::EndPlacement { .. } => wanted.extend(of_places(book, command)),
        Command::RegisterEntity { .. } | Command::RenameEntity { .. } | Command::JoinEntity { .. } => {
            wanted.extend(of_entities(book, command));
        }
        Command::PostRule { .. }
        | Command::ChangeRule { .. }
        | Command::EndRule { .. }
        | Command::DecideApplicant { .. }
        | Command::ApplyToRule { .. } => wanted.extend(of_rules(command)),
        Command::CommitImport(told) => wanted.push(told.import.into()),
        Command::ReverseImport(reversal) => wanted.push(reversal.import.into()),
        Command::EndReversal(ended) => wanted.push(ended.import.into()),
        Command::Settle(asked) => wanted.extend(of_settlement(book, asked, world)),
        Command::Request(_) | Command::DecideApproval { .. } => wanted.extend(of_approval(book, command, world)),
        Command::NoteReconciliation(_)
        | Command::ResolveBreaks { .. }
        | Command::OpenDispute(_)
        | Command::AnswerDispute { .. } => wanted.extend(of_contest(book, command, world)),
        Command::IssueKey { .. }
        | Command::RevokeKey { .. }
        | Command::Substitute { .. }
        | Command::SuspendParty { .. }
        | Command::ScriptParty { .. }
        | Command::Receipts(_)
        | Command::WithdrawReceipts { .. }
        | Command::MatchReceipt { .. }
        | Command::UnmatchReceipt { .. } => wanted.extend(of_desk(command)),
        Command::PublishOffer(_)
        | Command::Offers(_)
        | Command::ChangeOfferStatus { .. }
        | Command::GiveQuote { .. }
        | Command::ReportSupplier { .. }
        | Command::UseQuote { .. } => wanted.extend(super::offers::needs(book, command)),
        Command::DraftBrief { .. }
        | Command::AskBrief { .. }
        | Command::ActContract { .. }
        | Command::SetCard { .. }
        | Command::SetPrefund { .. } => super::vtask_needs::needs(book, command, (world, open), out),
        Command::OrderPurchase(_)
        | Command::ActPurchase { .. }
        | Command::AskSample(_)
        | Command::ActSample { .. }
        | Command::SetSampleRules { .. } => super::sourcing_needs::needs(book, command, world, out),
        Command::Pool(asked) => super::submissions::needs(book, asked, world, out),
        Command::OpenBook(_)
        | Command::CutOffPeriod { .. }
        | Command::MoveClock { .. }
        | Command::NoteRepair { .. }
        | Command::Facts(_)
        | Command::ResolveParked { .. }
        | Command::Returns(_)
        | Command::Reattribute { .. }
        | Command::Release { .. }
        | Command::FireTimer { .. } => {}
    }
    out.streams
        .extend(wanted.into_iter().filter(|stream| !world.knows(*stream)));
}

/// Whoever may have this number already.
fn numbered(book: BookId, number: Option<&ExternalId>) -> Vec<StreamId> {
    number.map_or_else(Vec::new, |number| {
        PartyId::candidates(book, number.as_str())
            .map(StreamId::from)
            .into_iter()
            .collect()
    })
}

/// Reconciliations with what was asked for before, and disputes.
fn of_contest(book: BookId, command: &Command, world: &World) -> Vec<StreamId> {
    let mut wanted: Vec<StreamId> = Vec::new();
    match command {
        Command::NoteReconciliation(run) => wanted.push(run.reconciliation.into()),
        Command::ResolveBreaks {
            reconciliation, breaks, ..
        } => {
            wanted.push((*reconciliation).into());
            let known = world.recon(*reconciliation).map(|state| &state.resolved);
            let before = |one: &BreakAction| known?.get(&one.of.id)?.approval;
            wanted.extend(breaks.iter().filter_map(before).map(StreamId::from));
            let pending = breaks.iter().filter_map(|one| one.adjust.as_ref());
            wanted.extend(pending.flat_map(|pending| of_pending(book, pending, world)));
        }
        Command::OpenDispute(opened) => wanted.push(opened.dispute.into()),
        Command::AnswerDispute {
            dispute, correction, ..
        } => {
            wanted.push((*dispute).into());
            wanted.extend(correction.iter().flat_map(|pending| of_pending(book, pending, world)));
        }
        _ => {}
    }
    wanted
}

/// The party and everybody above it, by any contract.
pub(super) fn above(party: PartyId, world: &World, seen: &mut BTreeSet<PartyId>, out: &mut Needs) {
    if !seen.insert(party) {
        return;
    }
    if !world.knows(party.into()) {
        out.uppers.insert(party);
    }
    for contract in world.party(party).into_iter().flat_map(|state| &state.contracts) {
        above(contract.upper, world, seen, out);
    }
}

/// Rules with their shops, their brand and whom they name.
fn of_rules(command: &Command) -> Vec<StreamId> {
    let mut wanted: Vec<StreamId> = Vec::new();
    match command {
        Command::PostRule { .. }
        | Command::ChangeRule { .. }
        | Command::EndRule { .. }
        | Command::DecideApplicant { .. }
        | Command::ApplyToRule { .. } => wanted.extend(of_shelf(command)),
        _ => {}
    }
    wanted
}

/// Legal entities, and who is to belong to them.
fn of_entities(book: BookId, command: &Command) -> Vec<StreamId> {
    match command {
        Command::RegisterEntity { external_id, .. } => vec![EntityId::of(book, external_id).into()],
        Command::RenameEntity { entity, .. } => vec![(*entity).into()],
        Command::JoinEntity { entity, member, .. } => {
            let member = match member {
                Member::Party(party) => (*party).into(),
                Member::Shop(shop) => (*shop).into(),
            };
            vec![(*entity).into(), member]
        }
        _ => Vec::new(),
    }
}

/// Keys, substitutes, suspensions and receipts.
fn of_desk(command: &Command) -> Vec<StreamId> {
    let mut wanted: Vec<StreamId> = Vec::new();
    match command {
        Command::IssueKey { person, party, .. } => {
            wanted.extend(person.map(StreamId::from));
            wanted.extend(party.map(StreamId::from));
        }
        Command::RevokeKey { person, .. } => wanted.push((*person).into()),
        Command::Substitute { person, by, .. } => wanted.extend::<[StreamId; 2]>([(*person).into(), (*by).into()]),
        Command::SuspendParty { party, .. } | Command::ScriptParty { party, .. } => wanted.push((*party).into()),
        Command::Receipts(facts) => wanted.extend(facts.iter().map(|fact| StreamId::from(fact.receipt))),
        Command::WithdrawReceipts { receipts, .. } => {
            wanted.extend(receipts.iter().map(|receipt| StreamId::from(*receipt)));
        }
        Command::MatchReceipt { receipt, bills } => {
            wanted.push((*receipt).into());
            wanted.extend(bills.iter().filter_map(|bill| bill.party).map(StreamId::from));
        }
        Command::UnmatchReceipt { receipt, .. } => wanted.push((*receipt).into()),
        _ => {}
    }
    wanted
}

/// What a pending command needs, with the policy that it is asked under, or the one for whom it is decided.
fn of_approval(book: BookId, command: &Command, world: &World) -> Vec<StreamId> {
    match command {
        Command::Request(pending) => {
            let policy = PolicyId::of(book, pending.kind().word());
            std::iter::once(policy.into())
                .chain(of_pending(book, pending, world))
                .collect()
        }
        Command::DecideApproval {
            approval, on_behalf_of, ..
        } => {
            let requested = world.approval(*approval).and_then(|state| state.requested.as_ref());
            let wanted = requested
                .into_iter()
                .flat_map(|requested| of_pending(book, &requested.command, world));
            let absent = on_behalf_of.map(StreamId::from);
            wanted.chain(absent).chain([(*approval).into()]).collect()
        }
        _ => Vec::new(),
    }
}

/// Shops, items and placements.
fn of_places(book: BookId, command: &Command) -> Vec<StreamId> {
    let mut wanted = Vec::new();
    match command {
        Command::RegisterShop {
            platform,
            shop_no,
            brand,
            ..
        } => wanted.extend::<[StreamId; 2]>([
            ShopId::of(book, platform.as_str(), shop_no.as_str()).into(),
            (*brand).into(),
        ]),
        Command::ListItem { platform, item_no, .. } => {
            wanted.push(ItemId::of(book, platform.as_str(), item_no.as_str()).into());
        }
        Command::AssignPlacement {
            platform,
            kind,
            number,
            holder,
            ..
        } => {
            wanted.push(PlacementId::of(book, platform, *kind, number).into());
            if let Holder::Party(party) = holder {
                wanted.push((*party).into());
            }
        }
        Command::EndPlacement { placement, .. } => wanted.push((*placement).into()),
        _ => {}
    }
    wanted
}

/// The member, whom the share names, and for a new contract everybody above the upper.
fn of_contract(command: &Command, world: &World, out: &mut Needs) -> Vec<StreamId> {
    let mut wanted = Vec::new();
    match command {
        Command::SignMembership {
            member, upper, share, ..
        } => {
            wanted.push((*member).into());
            wanted.extend(of_share(share));
            above(*upper, world, &mut BTreeSet::new(), out);
        }
        Command::AmendMembership { member, share, .. } => {
            wanted.push((*member).into());
            wanted.extend(of_share(share));
        }
        // Which months a true-up looks at follows from the contract's terms: the decision names them.
        Command::EndMembership { member, .. } => wanted.push((*member).into()),
        Command::TrueUpMembership { member, run, .. } => {
            wanted.push((*member).into());
            wanted.extend(run.map(StreamId::from));
        }
        _ => {}
    }
    wanted
}

fn of_share(share: &Share) -> impl Iterator<Item = StreamId> + '_ {
    let formula = share.formula().into_iter();
    formula.flat_map(ShareFormula::parties).map(StreamId::from)
}

fn of_formula(terms: &Formula) -> Vec<StreamId> {
    let takers = terms.fees.iter().map(|fee| fee.taker);
    let payers = terms.subsidies.iter().map(|subsidy| subsidy.payer);
    let content = terms.content_fee.iter().map(|(taker, _)| *taker);
    let owes = terms.payer.into_iter();
    takers
        .chain(payers)
        .chain(content)
        .chain(owes)
        .map(StreamId::from)
        .collect()
}

/// The shelf of a rule, and whom a command about it names.
fn of_shelf(command: &Command) -> Vec<StreamId> {
    let mut wanted: Vec<StreamId> = Vec::new();
    match command {
        Command::PostRule {
            brand, scope, terms, ..
        } => {
            wanted.extend::<[StreamId; 2]>([scope.shelf().into(), (*brand).into()]);
            if let RuleScope::Shop(shop) | RuleScope::Category(shop, _) = scope {
                wanted.push((*shop).into());
            }
            wanted.extend(of_rule(terms));
        }
        Command::ChangeRule { shelf, terms, .. } => {
            wanted.push((*shelf).into());
            wanted.extend(of_rule(terms));
        }
        Command::EndRule { shelf, .. } | Command::DecideApplicant { shelf, .. } => wanted.push((*shelf).into()),
        Command::ApplyToRule { shelf, party, .. } => wanted.extend::<[StreamId; 2]>([(*shelf).into(), (*party).into()]),
        _ => {}
    }
    wanted
}

fn of_rule(terms: &RuleTerms) -> impl Iterator<Item = StreamId> + '_ {
    let named: &[PartyId] = match &terms.subjects {
        Subjects::Everyone => &[],
        Subjects::Named(parties) | Subjects::OnApproval(parties) => parties,
    };
    named.iter().map(|party| StreamId::from(*party))
}

/// The run, its sheets, and what its closing entries stand on.
fn of_settlement(book: BookId, asked: &Settle, world: &World) -> Vec<StreamId> {
    let of_months = |period: Month| -> Vec<StreamId> {
        let Some(state) = world.book(book) else {
            return Vec::new();
        };
        let run = |period: Month| RunId::of(book, period, state.run_number(period)).into();
        vec![run(period), run(period.previous())]
    };
    match asked {
        Settle::SetTerms { terms, .. } => terms.exceptions.iter().map(|(party, _)| (*party).into()).collect(),
        Settle::SetCalendar(_) => Vec::new(),
        Settle::Exit { party, .. } => vec![(*party).into()],
        Settle::Reopen { period } | Settle::Start { period } => of_months(*period),
        Settle::Guarantees { run, figures } => {
            let each = |told: &GuaranteeFigures| -> [StreamId; 2] {
                [told.member.into(), ClosingId::of_guarantee(told.membership).into()]
            };
            std::iter::once((*run).into())
                .chain(figures.iter().flat_map(each))
                .collect()
        }
        Settle::Reserves { run, figures } => {
            let each = |told: &ReserveFigures| ClosingId::of_reserve(told.party, told.currency.code()).into();
            std::iter::once((*run).into()).chain(figures.iter().map(each)).collect()
        }
        Settle::DraftSheets { run, sheets } => {
            let each = |told: &SheetFigures| -> [StreamId; 2] {
                let sheet = SheetId::of(*run, told.party, told.currency.code());
                [told.party.into(), sheet.into()]
            };
            std::iter::once((*run).into())
                .chain(sheets.iter().flat_map(each))
                .collect()
        }
        Settle::Reckon { run }
        | Settle::DraftRun { run, .. }
        | Settle::Drop { run, .. }
        | Settle::Issue { run, .. }
        | Settle::Lock { run } => vec![(*run).into()],
        Settle::Deliver { run, sheets, .. } => {
            let all = sheets.iter().map(|sheet| StreamId::from(*sheet));
            std::iter::once((*run).into()).chain(all).collect()
        }
        Settle::Confirm { sheet, .. }
        | Settle::Contest { sheet, .. }
        | Settle::Answer { sheet, .. }
        | Settle::HoldBack { sheet, .. } => of_sheet(*sheet, world),
    }
}

/// A sheet and, once it is known, its run.
fn of_sheet(sheet: SheetId, world: &World) -> Vec<StreamId> {
    let drafted = world.sheet(sheet).and_then(|state| state.sheet.as_ref());
    let run = drafted.map(|sheet| StreamId::from(sheet.run));
    std::iter::once(sheet.into()).chain(run).collect()
}

fn of_pending(book: BookId, pending: &Pending, world: &World) -> Vec<StreamId> {
    match pending {
        Pending::Adjust { legs, .. } => legs
            .iter()
            .filter_map(|leg| leg.account.party())
            .map(StreamId::from)
            .collect(),
        Pending::ReverseImport(reversal) => vec![reversal.import.into()],
        Pending::ApproveRun { run, .. } => vec![(*run).into()],
        Pending::IssueSheet { sheet, .. } => of_sheet(*sheet, world),
        Pending::BackdateFormula { terms, .. } => of_formula(terms),
        Pending::OpenBalances { cutover, opening, .. } => {
            let owners = opening.balances.iter().filter_map(|balance| balance.account.party());
            let payees = opening.payees.iter().map(|payee| payee.party);
            let parties = owners.chain(payees).map(StreamId::from);
            parties.chain(cutover.map(StreamId::from)).collect()
        }
        Pending::ReverseOpening { cutover, .. } => vec![(*cutover).into()],
        Pending::Pay(terms) => {
            let payment = PaymentId::of(book, terms.channel.word(), terms.reference.as_str());
            vec![payment.into(), terms.party.into()]
        }
        Pending::ReturnPayment(terms) => vec![terms.payment.into()],
        Pending::WriteOff(terms) => vec![terms.party.into()],
        Pending::Freeze(terms) => vec![terms.party.into()],
        Pending::Unfreeze(terms) => vec![terms.freeze.into()],
        Pending::Forfeit(terms) => {
            let to = terms.to.map(StreamId::from);
            to.into_iter().chain([terms.freeze.into()]).collect()
        }
        Pending::Resume { party, .. } => vec![(*party).into()],
        Pending::SetPolicy(terms) => vec![PolicyId::of(book, terms.kind.word()).into()],
    }
}
