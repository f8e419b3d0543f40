//! Parties with their contracts, persons with their keys, and what needs two of them.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{cutovers, exists, formula_set, in_time, made, money, record, settlements};
use crate::base::{
    AdjustmentId, ApprovalId, CutoverId, ExternalId, MembershipId, Name, PartyId, PartyKind, PersonId, PolicyId,
};
use crate::domain::adjustment::{self, AdjustmentPosted};
use crate::domain::approval::{self, decide::Absent, decide::Decider};
use crate::domain::book::decide::set_formula;
use crate::domain::book::{BookMode, BookState};
use crate::domain::command::{Command, Made, Pending, Verdict};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::flow::shares::true_up_month;
use crate::domain::party::{self, MembershipAmended, MembershipSigned, PartyRegistered, PartyState, Script};
use crate::domain::person::{self, KeyIssued, PersonSubstituted, Role};
use crate::domain::refusal::Refusal;

/// Decides a command about parties, persons or approvals.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let made = match command {
        Command::RegisterParty {
            kind,
            external_id,
            name,
        } => register(*kind, external_id.as_ref(), name, scribe)?,
        Command::RenameParty { party, name } => {
            let state = known(scribe, *party, "/party")?;
            if let Some(event) = party::decide::rename(&state, name) {
                record(scribe, *party, Event::Party(event));
            }
            made([("party", party.to_string())])
        }
        Command::SignMembership { .. } => sign(command, scribe)?,
        Command::AmendMembership { .. } | Command::EndMembership { .. } => alter(command, scribe)?,
        Command::TrueUpMembership {
            member,
            membership,
            month,
            run,
        } => {
            let closes = settlements::closes(*run, book, scribe)?;
            true_up_month((*member, *membership, *month), closes, book, scribe)?
        }
        Command::Request(pending) => request(pending, book, scribe)?,
        Command::DecideApproval {
            approval,
            verdict,
            remark,
            on_behalf_of,
        } => decide_approval(*approval, (*verdict, *on_behalf_of), remark.clone(), book, scribe)?,
        Command::Substitute { person, by, from, to } => {
            let told = PersonSubstituted {
                by: *by,
                from: from.unwrap_or(scribe.now),
                to: *to,
            };
            let standing = scribe.world.person(*person).cloned().unwrap_or_default();
            let known = scribe.world.person(*by).is_some();
            let event = person::decide::substitute(&standing, *person, told, known)?;
            record(scribe, *person, Event::Person(event));
            made([("person", person.to_string())])
        }
        Command::SuspendParty { party, reason } => {
            let state = known(scribe, *party, "/party")?;
            let event = party::decide::suspend(&state, reason)?;
            record(scribe, *party, Event::Party(event));
            made([("party", party.to_string())])
        }
        Command::ScriptParty { party, script } => played(*party, *script, book, scribe)?,
        Command::IssueKey { .. } => issue(command, scribe)?,
        Command::RevokeKey { person, key } => {
            let state = scribe.world.person(*person).ok_or_else(|| Refusal::not_found("key"))?;
            if let Some(event) = person::decide::revoke(state, *key)? {
                record(scribe, *person, Event::Person(event));
            }
            made([("person", person.to_string()), ("key", key.to_string())])
        }
        _ => return Ok(None),
    };
    Ok(Some(made))
}

fn known(scribe: &Scribe<'_>, party: PartyId, pointer: &'static str) -> Result<Arc<PartyState>, Refusal> {
    let state = scribe.world.party(party).cloned();
    state.ok_or_else(|| Refusal::not_found("party").at(pointer))
}

/// In a sandbox a party is played by a script, or no longer.
fn played(party: PartyId, script: Option<Script>, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = known(scribe, party, "/party")?;
    let sandbox = book.opened.mode == BookMode::Sandbox;
    if let Some(event) = party::decide::script(&state, script, sandbox)? {
        record(scribe, party, Event::Party(event));
    }
    Ok(made([("party", party.to_string())]))
}

fn register(
    kind: PartyKind,
    external_id: Option<&ExternalId>,
    name: &Name,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let party = match external_id {
        Some(number) => PartyId::of(scribe.book, kind, number.as_str()),
        None => PartyId::tagged(kind, (scribe.fresh)()),
    };
    let standing = external_id
        .map(|number| PartyId::candidates(scribe.book, number.as_str()))
        .into_iter()
        .flatten()
        .find(|candidate| exists(scribe, *candidate));
    let registered = PartyRegistered {
        party,
        external_id: external_id.cloned(),
        name: name.clone(),
    };
    let event = party::decide::register(registered, standing)?;
    record(scribe, party, Event::Party(event));
    Ok(made([("party", party.to_string())]))
}

fn sign(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let Command::SignMembership {
        member,
        upper,
        scope,
        share,
        receiver,
        guarantee,
        from,
        to,
    } = command
    else {
        return Ok(Made::default());
    };
    let state = known(scribe, *member, "/member")?;
    in_time(*from, "/from", scribe)?;
    let membership = MembershipId((scribe.fresh)());
    let signed = MembershipSigned {
        membership,
        member: *member,
        upper: *upper,
        scope: *scope,
        share: share.clone(),
        receiver: *receiver,
        guarantee: *guarantee,
        from: *from,
        to: *to,
    };
    let world = &*scribe.world;
    let event = party::decide::sign(&state, signed, &|party| world.party(party).map(AsRef::as_ref))?;
    record(scribe, *member, Event::Party(event));
    Ok(made([("membership", membership.to_string())]))
}

/// Amends or ends a contract.
fn alter(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let (member, membership, event) = match command {
        Command::AmendMembership {
            member,
            membership,
            share,
            receiver,
            guarantee,
            from,
        } => {
            in_time(*from, "/from", scribe)?;
            let amended = MembershipAmended {
                membership: *membership,
                member: *member,
                share: share.clone(),
                receiver: *receiver,
                guarantee: *guarantee,
                from: *from,
            };
            let state = known(scribe, *member, "/member")?;
            (
                member,
                membership,
                party::decide::amend(&state, amended, &|party| exists(scribe, party))?,
            )
        }
        Command::EndMembership { member, membership, at } => {
            in_time(*at, "/at", scribe)?;
            let state = known(scribe, *member, "/member")?;
            (member, membership, party::decide::end(&state, *membership, *at)?)
        }
        _ => return Ok(Made::default()),
    };
    record(scribe, *member, Event::Party(event));
    Ok(made([("membership", membership.to_string())]))
}

/// Keeps a command for a second person, once it would be done if it were decided now.
pub(super) fn request(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    match pending {
        Pending::Adjust { .. } => {
            adjustment(pending, AdjustmentId((scribe.fresh)()), book, scribe)?;
        }
        Pending::ApproveRun { run, digest } => settlements::may_approve(*run, digest, scribe)?,
        Pending::IssueSheet { sheet, sha256 } => settlements::may_issue(*sheet, sha256, book, scribe)?,
        Pending::ReverseImport(reversal) => {
            super::imports::may_reverse(reversal, book, scribe, true)?;
        }
        Pending::BackdateFormula {
            formula,
            effective_from,
            terms,
        } => {
            let id = crate::base::FormulaId((scribe.fresh)());
            set_formula(book, *formula, id, *effective_from, terms, &|party| {
                exists(scribe, party)
            })?;
        }
        Pending::OpenBalances { .. } => {
            let fresh = CutoverId((scribe.fresh)());
            cutovers::opening(pending, fresh, book, scribe)?;
        }
        Pending::ReverseOpening { .. } => {
            cutovers::reversal(pending, scribe)?;
        }
        Pending::Pay(_)
        | Pending::ReturnPayment(_)
        | Pending::WriteOff(_)
        | Pending::Freeze(_)
        | Pending::Unfreeze(_)
        | Pending::Forfeit(_)
        | Pending::Resume { .. }
        | Pending::SetPolicy(_) => {
            money::decided(pending, book, scribe)?;
        }
    }
    let approval = ApprovalId((scribe.fresh)());
    let policy = scribe.world.policy(PolicyId::of(scribe.book, pending.kind().word()));
    let requirement = policy.and_then(|policy| policy.requirement(&pending.amounts(), scribe.now));
    let event = approval::decide::request(approval, scribe.actor.person, pending.clone(), requirement)?;
    record(scribe, approval, Event::Approval(event));
    Ok(made([("approval", approval.to_string())]))
}

/// Decides a pending command; an approved one is done in the same batch, caused by the approval.
fn decide_approval(
    approval: ApprovalId,
    (verdict, on_behalf_of): (Verdict, Option<PersonId>),
    remark: Option<String>,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let state = scribe.world.approval(approval).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("approval"))?;
    let now = scribe.now;
    let absent = on_behalf_of.map(|absent| (absent, scribe.world.person(absent).cloned().unwrap_or_default()));
    let roles: Vec<Role> = absent.iter().flat_map(|(_, state)| state.roles()).collect();
    let by = scribe.actor.person;
    let decider = Decider {
        person: by,
        role: scribe.actor.role,
        absent: absent.as_ref().map(|(person, state)| Absent {
            person: *person,
            substituted: by.is_some_and(|by| state.is_substituted(by, now)),
            roles: &roles,
        }),
    };
    let (event, pending) = approval::decide::decide(&state, decider, verdict, remark)?;
    let placed = scribe.record(approval, now, Event::Approval(event));
    let before = scribe.causation.replace(placed.id);
    let done = pending.map_or(Ok(Made::default()), |pending| carry_out(&pending, book, scribe));
    scribe.causation = before;
    let mut done = done?;
    done.ids.insert("approval".to_owned(), approval.to_string());
    Ok(done)
}

fn carry_out(pending: &Pending, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    match pending {
        Pending::Adjust { at, .. } => {
            let id = AdjustmentId((scribe.fresh)());
            let posted = adjustment(pending, id, book, scribe)?;
            scribe.record(id, *at, Event::Adjustment(posted));
            Ok(made([("adjustment", id.to_string())]))
        }
        Pending::ApproveRun { run, digest } => settlements::approve(*run, digest, scribe),
        Pending::IssueSheet { sheet, sha256 } => settlements::issue_sheet(*sheet, sha256, book, scribe),
        Pending::ReverseImport(reversal) => super::imports::reverse(reversal, book, scribe, true),
        Pending::BackdateFormula {
            formula,
            effective_from,
            terms,
        } => formula_set(*formula, *effective_from, terms, book, scribe),
        Pending::OpenBalances { .. } => cutovers::open(pending, book, scribe),
        Pending::ReverseOpening { .. } => cutovers::reverse(pending, scribe),
        Pending::Pay(_)
        | Pending::ReturnPayment(_)
        | Pending::WriteOff(_)
        | Pending::Freeze(_)
        | Pending::Unfreeze(_)
        | Pending::Forfeit(_)
        | Pending::Resume { .. }
        | Pending::SetPolicy(_) => money::carry_out(pending, book, scribe),
    }
}

fn adjustment(
    pending: &Pending,
    id: AdjustmentId,
    book: &BookState,
    scribe: &Scribe<'_>,
) -> Result<AdjustmentPosted, Refusal> {
    let Pending::Adjust {
        at,
        reason,
        legs,
        purpose,
        files,
    } = pending
    else {
        return Err(Refusal::not_found("adjustment"));
    };
    let posted = AdjustmentPosted {
        adjustment: id,
        at: *at,
        reason: reason.clone(),
        legs: legs.clone(),
        purpose: *purpose,
        files: files.clone(),
    };
    adjustment::decide::post(
        posted,
        &book.opened.currencies,
        &|party| exists(scribe, party),
        scribe.now,
    )
}

fn issue(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let Command::IssueKey {
        person,
        key,
        label,
        role,
        party,
        expires_at,
    } = command
    else {
        return Ok(Made::default());
    };
    if let Some(party) = party {
        known(scribe, *party, "/party")?;
    }
    let standing = match person {
        Some(person) => scribe.world.person(*person).cloned(),
        None => Some(Arc::default()),
    };
    let standing = standing.ok_or_else(|| Refusal::not_found("person").at("/person"))?;
    let person = person.unwrap_or_else(|| PersonId((scribe.fresh)()));
    let issued = KeyIssued {
        key: *key,
        person,
        label: label.clone(),
        role: *role,
        party: *party,
        expires_at: *expires_at,
    };
    let event = person::decide::issue(&standing, issued, scribe.now)?;
    record(scribe, person, Event::Person(event));
    Ok(made([("person", person.to_string()), ("key", key.to_string())]))
}
