//! Decisions about runs and sheets.
//! Must never let a run go on with other sheets than those that were approved, nor a sheet change once it is issued.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::event::*;
use super::sheet::{Sheet, SheetFigures, draft};
use super::state::{RunState, SheetState, SheetStatus, Stage};
use super::terms::SettlementTerms;
use crate::base::{Instant, LineId, Month, PartyId, PersonId, RunId, SheetId, TimerId};
use crate::domain::refusal::{Refusal, Wrong};
use crate::ledger::AccountKind;
use crate::money::Minor;

/// Most sheets of one command.
pub const MOST_SHEETS: usize = 500;
/// Longest text in characters.
const LONGEST: usize = 1_000;

/// The run and how far it is; a run that never started is not found.
pub fn known(state: &RunState) -> Result<&RunStarted, Refusal> {
    state
        .started
        .as_ref()
        .ok_or_else(|| Refusal::not_found("settlement run"))
}

/// Refuses what belongs to another stage of the run.
pub fn at_stage(state: &RunState, stages: &[Stage]) -> Result<RunId, Refusal> {
    let started = known(state)?;
    if stages.contains(&state.stage) {
        return Ok(started.run);
    }
    Err(Refusal::conflict(
        "run_stage",
        format!("the run of {} is {}", started.period, state.stage.word()),
    )
    .because_of(started.run))
}

/// Starts a run; nothing when it is under way already.
pub fn start(state: Option<&RunState>, run: RunId, period: Month, number: u32, position: i64) -> Option<RunEvent> {
    let stands = state.is_some_and(|state| state.started.is_some());
    (!stands).then_some(RunEvent::Started(RunStarted {
        run,
        period,
        number,
        position,
        exit: None,
    }))
}

/// Starts the exit settlement of a party, in the month that is open; its figures are those up to `position`.
pub fn start_exit(run: RunId, period: Month, party: PartyId, reason: &str, position: i64) -> Result<RunEvent, Refusal> {
    let reason = text(reason, "/reason", "reason_needed")?;
    Ok(RunEvent::Started(RunStarted {
        run,
        period,
        number: 1,
        position,
        exit: Some(Exit { party, reason }),
    }))
}

/// The digest over sheets of one party, in order of currency, as `run_digest.sql` gives it.
pub fn digest_of(sheets: &[Sheet]) -> String {
    let hashes: Vec<String> = sheets.iter().map(Sheet::sha256).collect();
    hex::encode(Sha256::digest(hashes.join("\n").as_bytes()))
}

/// What sheets of one party come to, one a currency.
pub fn sums_of(sheets: &[Sheet]) -> Vec<RunSum> {
    let owed = |sheet: &Sheet| sheet.account == AccountKind::Available;
    let sum = |sheet: &Sheet| RunSum {
        currency: sheet.currency,
        sheets: 1,
        payable: sheet.payable,
        carried: if owed(sheet) { sheet.carried } else { Minor::ZERO },
    };
    sheets.iter().map(sum).collect()
}

/// Ends the closing entries; `position` is that of the event. Nothing when they are ended.
pub fn reckon(state: &RunState, position: i64) -> Result<Option<RunEvent>, Refusal> {
    if matches!(state.stage, Stage::Drafting | Stage::Drafted) {
        return Ok(None);
    }
    let run = at_stage(state, &[Stage::Closing])?;
    Ok(Some(RunEvent::Reckoned(RunReckoned { run, position })))
}

/// Draws one sheet up; nothing when it is there.
pub fn draft_sheet(
    run: &RunStarted,
    standing: Option<&SheetState>,
    told: &SheetFigures,
    terms: &SettlementTerms,
    suspended: Option<&str>,
) -> Result<Option<SheetEvent>, Refusal> {
    if standing.is_some_and(|state| state.sheet.is_some()) {
        return Ok(None);
    }
    let id = SheetId::of(run.run, told.party, told.currency.code());
    let sheet = draft(id, run.run, run.period, told, terms, suspended)?;
    Ok(Some(SheetEvent::Drafted(Box::new(sheet))))
}

/// Ends the drafting; nothing when it is ended with the same sheets.
pub fn draft_run(state: &RunState, sheets: u64, sums: &[RunSum], digest: &str) -> Result<Option<RunEvent>, Refusal> {
    if state.drafted.as_ref().is_some_and(|drafted| drafted.digest == digest) {
        return Ok(None);
    }
    let run = at_stage(state, &[Stage::Drafting])?;
    Ok(Some(RunEvent::Drafted(RunDrafted {
        run,
        sheets,
        sums: sums.to_vec(),
        digest: digest.to_owned(),
    })))
}

/// Drops a draft.
pub fn drop_run(state: &RunState, reason: &str) -> Result<RunEvent, Refusal> {
    let stages = [Stage::Closing, Stage::Drafting, Stage::Drafted, Stage::Approved];
    let run = at_stage(state, &stages)?;
    Ok(RunEvent::Dropped(RunDropped {
        run,
        reason: text(reason, "/reason", "reason_needed")?,
    }))
}

/// The digest that an approval is asked for; refused while sheets are contested.
pub fn may_approve(state: &RunState, digest: Option<&str>) -> Result<String, Refusal> {
    let run = at_stage(state, &[Stage::Drafted])?;
    waits_for_nobody(state, run)?;
    let drafted = state
        .drafted
        .as_ref()
        .map(|drafted| drafted.digest.clone())
        .unwrap_or_default();
    if digest.is_some_and(|digest| digest != drafted) {
        return Err(
            Refusal::conflict("digest_differs", "the sheets are not those that approval was asked for").because_of(run),
        );
    }
    Ok(drafted)
}

/// A second person agreed.
pub fn approve(state: &RunState, digest: &str, by: Option<PersonId>) -> Result<RunEvent, Refusal> {
    let digest = may_approve(state, Some(digest))?;
    let by = person(by)?;
    Ok(RunEvent::Approved(RunApproved {
        run: known(state)?.run,
        digest,
        by,
    }))
}

fn waits_for_nobody(state: &RunState, run: RunId) -> Result<(), Refusal> {
    match state.contested.first() {
        None => Ok(()),
        Some(sheet) => Err(Refusal::conflict(
            "sheets_contested",
            format!(
                "{} sheets of {run} are contested: answer them, or hold them back",
                state.contested.len()
            ),
        )
        .because_of(sheet)),
    }
}

/// Issues an approved run.
///
/// INVARIANT: what is issued is what was approved, less what finance holds back.
pub fn issue(
    state: &RunState,
    terms: &SettlementTerms,
    unconfirmed: u64,
    pay_by: Option<NaiveDate>,
) -> Result<Option<RunEvent>, Refusal> {
    if matches!(state.stage, Stage::Issued | Stage::Locked) {
        return Ok(None);
    }
    if state.stage == Stage::Drafted {
        return Err(
            Refusal::conflict("not_approved", "a second person approves a run before it is issued")
                .because_of(known(state)?.run),
        );
    }
    let run = at_stage(state, &[Stage::Approved])?;
    waits_for_nobody(state, run)?;
    if terms.confirm_before_issue && unconfirmed > 0 {
        return Err(Refusal::conflict(
            "sheets_unconfirmed",
            format!("{unconfirmed} sheets with something payable are not confirmed"),
        )
        .because_of(run));
    }
    let drafted = state.drafted.as_ref().map(|drafted| drafted.digest.clone());
    Ok(Some(RunEvent::Issued(RunIssued {
        run,
        digest: drafted.unwrap_or_default(),
        held_back: state.held_back.clone(),
        pay_by,
    })))
}

/// The hash of a sheet whose later issue is asked for: its run went out without it, and its contest is answered.
pub fn may_issue_sheet(
    state: &SheetState,
    run: &RunState,
    terms: &SettlementTerms,
    sha256: Option<&str>,
) -> Result<String, Refusal> {
    let of = at_stage(run, &[Stage::Issued, Stage::Locked])?;
    let sheet = state.sheet.as_ref().filter(|_| state.held_back);
    let sheet = sheet.ok_or_else(|| {
        Refusal::conflict(
            "sheet_not_held_back",
            "the sheet went out with its run, or was issued since",
        )
        .because_of(of)
    })?;
    match state.status {
        SheetStatus::Contested => {
            return Err(Refusal::conflict(
                "sheet_contested",
                "the sheet is contested: answer that first",
            ));
        }
        SheetStatus::Drafted | SheetStatus::Delivered if terms.confirm_before_issue && sheet.payable > Minor::ZERO => {
            return Err(Refusal::conflict("sheets_unconfirmed", "the sheet is not confirmed"));
        }
        _ => {}
    }
    let stands = sheet.sha256();
    if sha256.is_some_and(|asked| asked != stands) {
        return Err(Refusal::conflict(
            "digest_differs",
            "the sheet is not the one that approval was asked for",
        ));
    }
    Ok(stands)
}

/// A second person agreed to the later issue of a sheet.
///
/// INVARIANT: a sheet that is issued later says what it said when it was drawn up.
pub fn issue_sheet(
    state: &SheetState,
    run: &RunState,
    terms: &SettlementTerms,
    (sha256, by): (&str, Option<PersonId>),
    pay_by: Option<NaiveDate>,
) -> Result<SheetEvent, Refusal> {
    let sha256 = may_issue_sheet(state, run, terms, Some(sha256))?;
    Ok(SheetEvent::Issued(SheetIssued {
        sha256,
        by: person(by)?,
        pay_by,
    }))
}

fn person(by: Option<PersonId>) -> Result<PersonId, Refusal> {
    by.ok_or_else(|| {
        let class = crate::domain::refusal::Class::Forbidden;
        Refusal::new(class, "person_needed", "only a person asks for or gives approval")
    })
}

/// Locks an issued run.
pub fn lock(state: &RunState) -> Result<Option<RunEvent>, Refusal> {
    if state.stage == Stage::Locked {
        return Ok(None);
    }
    let run = at_stage(state, &[Stage::Issued])?;
    Ok(Some(RunEvent::Locked(RunLocked { run })))
}

/// Notes that a sheet was delivered. Silence confirms it only with proof and an agreed clause (`silence_at`: when); a sheet
/// that was confirmed or contested is left alone.
pub fn deliver(
    state: &SheetState,
    how: &str,
    proof: Option<&String>,
    silence_at: Option<Instant>,
) -> Result<Option<SheetEvent>, Refusal> {
    if !matches!(state.status, SheetStatus::Drafted | SheetStatus::Delivered) {
        return Ok(None);
    }
    let how = text(how, "/how", "text_length")?;
    let proof = proof.map(|proof| text(proof, "/proof", "text_length")).transpose()?;
    Ok(Some(SheetEvent::Delivered(SheetDelivered {
        silence_at: silence_at.filter(|_| proof.is_some()),
        how,
        proof,
    })))
}

/// The party confirms; again is no event.
pub fn confirm(
    state: &SheetState,
    by: Option<PartyId>,
    remark: Option<&String>,
) -> Result<Option<SheetEvent>, Refusal> {
    match state.status {
        SheetStatus::Confirmed | SheetStatus::DeemedConfirmed => return Ok(None),
        SheetStatus::Contested => {
            return Err(Refusal::conflict(
                "sheet_contested",
                "the sheet is contested: answer that first",
            ));
        }
        SheetStatus::Drafted | SheetStatus::Delivered => {}
    }
    let remark = remark
        .map(|remark| text(remark, "/remark", "text_length"))
        .transpose()?;
    Ok(Some(SheetEvent::Confirmed(SheetConfirmed { by, remark })))
}

/// The party contests, as long as the run is not issued.
pub fn contest(state: &SheetState, by: Option<PartyId>, reason: &str, lines: &[LineId]) -> Result<SheetEvent, Refusal> {
    if matches!(state.status, SheetStatus::Confirmed) {
        return Err(Refusal::conflict("sheet_confirmed", "the sheet is confirmed"));
    }
    let mut wrong = Wrong::default();
    wrong.when(lines.len() > 1_000, "/lines", "too_many", "at most 1,000 lines");
    wrong.check()?;
    Ok(SheetEvent::Contested(SheetContested {
        by,
        reason: text(reason, "/reason", "reason_needed")?,
        lines: lines.to_vec(),
    }))
}

/// Answers a contest; of a sheet whose run went out without it, it stays held back until it is issued by itself.
pub fn answer(state: &SheetState, answer: &str, upheld: bool, went_out: bool) -> Result<SheetEvent, Refusal> {
    contested(state)?;
    Ok(SheetEvent::Answered(SheetAnswered {
        answer: text(answer, "/answer", "text_length")?,
        upheld,
        held_back: went_out && state.held_back,
    }))
}

/// Holds a contested sheet back; again is no event.
pub fn hold_back(state: &SheetState, held_back: bool) -> Result<Option<SheetEvent>, Refusal> {
    contested(state)?;
    Ok((state.held_back != held_back).then_some(SheetEvent::HeldBack(SheetHeldBack { held_back })))
}

fn contested(state: &SheetState) -> Result<(), Refusal> {
    match state.status {
        SheetStatus::Contested => Ok(()),
        _ => Err(Refusal::conflict("sheet_not_contested", "nobody contests the sheet")),
    }
}

/// The time for a word is over.
pub fn silence(state: &SheetState, timer: TimerId, due: Instant) -> Option<SheetEvent> {
    let set = state.timers.iter().any(|(set, _)| *set == timer);
    set.then_some(SheetEvent::DeemedConfirmed(SheetDeemedConfirmed {
        timer,
        due,
        lapsed: state.status != SheetStatus::Delivered,
    }))
}

/// What the run waits for after a sheet was contested, answered or held back.
pub fn waits(state: &RunState, sheet: SheetId, contested: bool, held_back: bool) -> Result<RunEvent, Refusal> {
    let without = |all: &[SheetId]| all.iter().copied().filter(|one| *one != sheet).collect::<Vec<_>>();
    let (mut waiting, mut back) = (without(&state.contested), without(&state.held_back));
    match (contested, held_back) {
        (_, true) => back.push(sheet),
        (true, false) => waiting.push(sheet),
        (false, false) => {}
    }
    Ok(RunEvent::Waits(RunWaits {
        run: known(state)?.run,
        contested: waiting,
        held_back: back,
    }))
}

fn text(told: &str, pointer: &'static str, code: &'static str) -> Result<String, Refusal> {
    let told = told.trim();
    if told.is_empty() || told.chars().count() > LONGEST || told.contains('\0') {
        return Err(Refusal::invalid(code, "a text of 1 to 1,000 characters").at(pointer));
    }
    Ok(told.to_owned())
}

/// Sums of sheets by currency are told with the command; their form is checked here.
pub fn check_sums(sums: &[RunSum]) -> Result<(), Refusal> {
    let negative = sums.iter().any(|sum| sum.payable < Minor::ZERO);
    match negative {
        true => Err(Refusal::invalid("amount_negative", "nothing negative is payable")),
        false => Ok(()),
    }
}
