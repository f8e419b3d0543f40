//! Settlements: months are cut off and opened again, runs go from closing entries to sheets, and sheets between the book
//! and its parties.
//! Must never hold a rule of a slice; only what joins them.
//!
//! INVARIANT: nothing is stamped into a month that is cut off but the closing entries of its run, and those only before
//! its sheets are drawn up. INVARIANT: a month whose run is issued never opens again.

use std::sync::Arc;

use super::{made, record};
use crate::base::{ClosingId, Instant, Month, RunId, SheetId, TimerId};
use crate::domain::book::decide::{cut_off, reopen};
use crate::domain::book::{BookEvent, BookState};
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::refusal::Refusal;
use crate::domain::settlement::closing::{Closed, Contracted, guarantee, reserve};
use crate::domain::settlement::decide::{self, MOST_SHEETS, at_stage, known};
use crate::domain::settlement::sheet::draft;
use crate::domain::settlement::{
    ClosingEvent, GuaranteeFigures, ReserveFigures, RunDrafted, RunEvent, RunReckoned, RunState, Settle,
    SettlementTerms, SettlementTermsSet, Sheet, SheetEvent, SheetState, Stage,
};

/// A sheet that was held back is spoken about after its run went out, too.
const OPEN_OR_OUT: [Stage; 4] = [Stage::Drafted, Stage::Approved, Stage::Issued, Stage::Locked];

/// Decides a command about settlements.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let Command::Settle(asked) = command else {
        return Ok(None);
    };
    match asked.as_ref() {
        Settle::SetTerms { .. } | Settle::SetCalendar(_) | Settle::Reopen { .. } | Settle::Start { .. } => {
            months(asked, book, scribe)
        }
        Settle::Exit { .. } => exit(asked, book, scribe),
        Settle::Guarantees { .. } | Settle::Reserves { .. } | Settle::Reckon { .. } => entries(asked, book, scribe),
        Settle::DraftSheets { .. }
        | Settle::DraftRun { .. }
        | Settle::Drop { .. }
        | Settle::Issue { .. }
        | Settle::Lock { .. } => runs(asked, book, scribe),
        Settle::Deliver { .. }
        | Settle::Confirm { .. }
        | Settle::Contest { .. }
        | Settle::Answer { .. }
        | Settle::HoldBack { .. } => sheets(asked, book, scribe),
    }
    .map(Some)
}

/// The run as it stands; one that was never started is not found.
fn of_run(run: RunId, scribe: &Scribe<'_>) -> Result<Arc<RunState>, Refusal> {
    let state = scribe.world.run(run).cloned();
    state.ok_or_else(|| Refusal::not_found("settlement run"))
}

fn of_sheet(sheet: SheetId, scribe: &Scribe<'_>) -> Result<(Arc<SheetState>, Arc<RunState>), Refusal> {
    let state = scribe.world.sheet(sheet).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("settlement sheet"))?;
    let run = state.sheet.as_ref().map(|sheet| sheet.run);
    let run = run.ok_or_else(|| Refusal::not_found("settlement sheet"))?;
    Ok((state, of_run(run, scribe)?))
}

/// Terms, cut-offs and starts.
fn months(asked: &Settle, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    match asked {
        Settle::SetTerms { from, terms } => {
            let open = book.cut_off_through.map(Month::next);
            let from = from.or(open).unwrap_or_else(|| book.opened.zone.month(scribe.now));
            if open.is_some_and(|open| from < open) {
                return Err(Refusal::conflict("period_cut_off", "terms hold from a month that is open").at("/from"));
            }
            terms.check(&book.opened.currencies, &|party| scribe.world.party(party).is_some())?;
            let set = SettlementTermsSet {
                from,
                terms: terms.clone(),
            };
            record(scribe, scribe.book, Event::Book(BookEvent::SettlementTermsSet(set)));
            Ok(made([("book", scribe.book.to_string())]))
        }
        Settle::SetCalendar(set) => {
            set.check()?;
            record(scribe, scribe.book, Event::Book(BookEvent::CalendarSet(set.clone())));
            Ok(made([("book", scribe.book.to_string())]))
        }
        Settle::Reopen { period } => {
            let run = RunId::of(scribe.book, *period, book.run_number(*period));
            if scribe.world.run(run).is_some_and(|state| state.started.is_some()) {
                return Err(Refusal::conflict("run_stage", "the month has a run: drop that").because_of(run));
            }
            let event = reopen(book, *period)?;
            record(scribe, scribe.book, Event::Book(event));
            Ok(made([("book", scribe.book.to_string())]))
        }
        Settle::Start { period } => start(*period, book, scribe),
        _ => Ok(Made::default()),
    }
}

fn start(period: Month, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let number = book.run_number(period);
    let run = RunId::of(scribe.book, period, number);
    if book.cut_off_through.is_none_or(|cut| cut < period) {
        let before = period.previous();
        let last = RunId::of(scribe.book, before, book.run_number(before));
        let unfinished = |state: &&Arc<RunState>| matches!(state.stage, Stage::Closing | Stage::Drafting);
        if let Some(started) = scribe
            .world
            .run(last)
            .filter(unfinished)
            .and_then(|state| state.started.as_ref())
        {
            return Err(
                Refusal::conflict("period_order", format!("the run of {before} is not drafted yet"))
                    .because_of(started.run),
            );
        }
        let event = cut_off(book, period, scribe.now)?;
        record(scribe, scribe.book, Event::Book(event));
    }
    let standing = scribe.world.run(run).cloned();
    if let Some(event) = decide::start(standing.as_deref(), run, period, number, scribe.position) {
        if book.cut_off_through.is_some_and(|cut| cut > period) {
            return Err(Refusal::conflict("period_order", "a later month is cut off already").at("/period"));
        }
        record(scribe, run, Event::Run(event));
    }
    Ok(made([("run", run.to_string())]))
}

/// The exit settlement 离场结算 of a party: its sheets as of a position of the month that is open. It moves nothing; what
/// comes later stands on a later sheet, which opens where the month opened.
fn exit(asked: &Settle, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let Settle::Exit {
        party,
        period,
        reason,
        position,
        sheets,
    } = asked
    else {
        return Ok(Made::default());
    };
    few(sheets.len(), "/sheets")?;
    let state = scribe.world.party(*party).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("party").at("/party"))?;
    if book.stamp(scribe.now).period != *period || *position > scribe.position {
        return Err(Refusal::conflict(
            "period_order",
            "a month was cut off meanwhile: ask again",
        ));
    }
    if sheets.is_empty() {
        let message = "nothing was ever settled for the party";
        return Err(Refusal::conflict("nothing_to_settle", message).because_of(party));
    }
    let run = RunId((scribe.fresh)());
    let started = decide::start_exit(run, *period, *party, reason, *position)?;
    let terms = book.settlement_terms(*period).of_exit();
    let drafted: Vec<Sheet> = sheets
        .iter()
        .map(|told| {
            let own = told.party == *party;
            let id = SheetId::of(run, *party, told.currency.code());
            own.then(|| draft(id, run, *period, told, &terms, state.suspended.as_deref()))
                .ok_or_else(|| Refusal::invalid("not_found", "a sheet of another party").at("/sheets"))?
        })
        .collect::<Result<_, Refusal>>()?;
    record(scribe, run, Event::Run(started));
    let reckoned = RunReckoned {
        run,
        position: *position,
    };
    record(scribe, run, Event::Run(RunEvent::Reckoned(reckoned)));
    let ended = RunDrafted {
        run,
        sheets: u64::try_from(drafted.len()).unwrap_or_default(),
        sums: decide::sums_of(&drafted),
        digest: decide::digest_of(&drafted),
    };
    for sheet in drafted {
        let id = sheet.sheet;
        record(scribe, id, Event::Sheet(SheetEvent::Drafted(Box::new(sheet))));
    }
    record(scribe, run, Event::Run(RunEvent::Drafted(ended)));
    Ok(made([("run", run.to_string())]))
}

/// The month that a run closes, while closing entries may be posted.
fn closing(run: RunId, book: &BookState, scribe: &Scribe<'_>) -> Result<Closed, Refusal> {
    let state = of_run(run, scribe)?;
    at_stage(&state, &[Stage::Closing])?;
    let period = known(&state)?.period;
    Ok(Closed {
        run,
        period,
        at: last_instant(book, period),
    })
}

/// The last instant of a month.
pub(super) fn last_instant(book: &BookState, period: Month) -> Instant {
    let end = book.opened.zone.midnight(period.next().first_day());
    Instant::from_micros(end.micros().saturating_sub(1)).unwrap_or(end)
}

/// The month that a true-up of a run is stamped into.
pub(super) fn closes(run: Option<RunId>, book: &BookState, scribe: &Scribe<'_>) -> Result<Option<Month>, Refusal> {
    run.map(|run| closing(run, book, scribe).map(|closed| closed.period))
        .transpose()
}

fn few(count: usize, pointer: &'static str) -> Result<(), Refusal> {
    match count > MOST_SHEETS {
        true => Err(Refusal::invalid("too_many", "at most 500 in one command").at(pointer)),
        false => Ok(()),
    }
}

/// Closing entries.
fn entries(asked: &Settle, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let run = match asked {
        Settle::Guarantees { run, figures } => {
            few(figures.len(), "/figures")?;
            let closed = closing(*run, book, scribe)?;
            for told in figures {
                settle_guarantee(told, closed, scribe)?;
            }
            run
        }
        Settle::Reserves { run, figures } => {
            few(figures.len(), "/figures")?;
            let closed = closing(*run, book, scribe)?;
            for told in figures {
                move_reserve(told, closed, book, scribe)?;
            }
            run
        }
        Settle::Reckon { run } => {
            let state = of_run(*run, scribe)?;
            if let Some(event) = decide::reckon(&state, scribe.position + 1)? {
                record(scribe, *run, Event::Run(event));
            }
            run
        }
        _ => return Ok(Made::default()),
    };
    Ok(made([("run", run.to_string())]))
}

fn settle_guarantee(told: &GuaranteeFigures, closed: Closed, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let member = scribe.world.party(told.member).cloned();
    let member = member.ok_or_else(|| Refusal::not_found("party"))?;
    let own = |contract: &&crate::domain::party::Contract| contract.id == told.membership;
    let mut pieces = member.contracts.iter().filter(own);
    let standing = pieces.clone().find(|contract| contract.covers(closed.at));
    let Some(contract) = standing.or_else(|| pieces.next_back()) else {
        return Err(Refusal::not_found("membership"));
    };
    let sides = Contracted {
        upper: contract.upper,
        guarantee: standing.and_then(|contract| contract.guarantee),
    };
    let id = ClosingId::of_guarantee(told.membership);
    let state = scribe.world.closing(id).cloned().unwrap_or_default();
    if let Some(event) = guarantee(&state, told, sides, closed)? {
        record(scribe, id, Event::Closing(ClosingEvent::Guarantee(Box::new(event))));
    }
    Ok(())
}

fn move_reserve(
    told: &ReserveFigures,
    closed: Closed,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let id = ClosingId::of_reserve(told.party, told.currency.code());
    let state = scribe.world.closing(id).cloned().unwrap_or_default();
    let terms = book.settlement_terms(closed.period);
    let (held, released) = reserve(&state, told, &terms, closed, book.opened.zone)?;
    if let Some(event) = released {
        record(scribe, id, Event::Closing(ClosingEvent::Released(Box::new(event))));
    }
    if let Some(event) = held {
        record(scribe, id, Event::Closing(ClosingEvent::Held(Box::new(event))));
    }
    Ok(())
}

/// Sheets are drawn up, runs issued, locked or dropped.
fn runs(asked: &Settle, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let (run, event) = match asked {
        Settle::DraftSheets { run, sheets } => {
            few(sheets.len(), "/sheets")?;
            let state = of_run(*run, scribe)?;
            at_stage(&state, &[Stage::Drafting])?;
            let started = known(&state)?;
            let terms = book.settlement_terms(started.period);
            for told in sheets {
                let id = SheetId::of(*run, told.party, told.currency.code());
                let standing = scribe.world.sheet(id).cloned();
                let party = scribe.world.party(told.party).cloned();
                let suspended = party.as_ref().and_then(|party| party.suspended.as_deref());
                if let Some(event) = decide::draft_sheet(started, standing.as_deref(), told, &terms, suspended)? {
                    record(scribe, id, Event::Sheet(event));
                }
            }
            (run, None)
        }
        Settle::DraftRun {
            run,
            sheets,
            sums,
            digest,
        } => {
            decide::check_sums(sums)?;
            (run, decide::draft_run(&*of_run(*run, scribe)?, *sheets, sums, digest)?)
        }
        Settle::Drop { run, reason } => {
            let state = of_run(*run, scribe)?;
            let dropped = decide::drop_run(&state, reason)?;
            let started = known(&state)?;
            // An exit settlement cut nothing off.
            let reopened = started
                .exit
                .is_none()
                .then(|| reopen(book, started.period))
                .transpose()?;
            record(scribe, *run, Event::Run(dropped));
            if let Some(event) = reopened {
                record(scribe, scribe.book, Event::Book(event));
            }
            (run, None)
        }
        Settle::Issue { run, unconfirmed } => {
            let state = of_run(*run, scribe)?;
            let terms = book.settlement_terms(known(&state)?.period);
            let pay_by = pay_by(&state, &terms, book, scribe.now)?;
            (run, decide::issue(&state, &terms, *unconfirmed, pay_by)?)
        }
        Settle::Lock { run } => (run, decide::lock(&*of_run(*run, scribe)?)?),
        _ => return Ok(Made::default()),
    };
    if let Some(event) = event {
        record(scribe, *run, Event::Run(event));
    }
    Ok(made([("run", run.to_string())]))
}

/// The day by which what is issued now is to be paid; a run that is issued already keeps its own.
fn pay_by(
    run: &RunState,
    terms: &SettlementTerms,
    book: &BookState,
    now: Instant,
) -> Result<Option<chrono::NaiveDate>, Refusal> {
    let days = terms.pay_days.filter(|_| run.stage != Stage::Issued);
    days.map(|days| book.day_after(now, days, terms.business_days))
        .transpose()
}

/// Between the book and a party.
fn sheets(asked: &Settle, book: &Arc<BookState>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    if let Settle::Deliver {
        run,
        sheets,
        how,
        proof,
    } = asked
    {
        few(sheets.len(), "/sheets")?;
        let state = of_run(*run, scribe)?;
        at_stage(&state, &[Stage::Drafted, Stage::Approved, Stage::Issued, Stage::Locked])?;
        let terms = book.settlement_terms(known(&state)?.period);
        let silence = terms.silence_confirms && proof.is_some();
        let silence_at = silence
            .then(|| book.end_after(scribe.now, terms.confirm_days, terms.business_days))
            .transpose()?;
        for sheet in sheets {
            let (state, of) = of_sheet(*sheet, scribe)?;
            if known(&of)?.run != *run {
                return Err(Refusal::not_found("settlement sheet").at("/sheets"));
            }
            if let Some(event) = decide::deliver(&state, how, proof.as_ref(), silence_at)? {
                record(scribe, *sheet, Event::Sheet(event));
            }
        }
        return Ok(made([("run", run.to_string())]));
    }
    let sheet = match asked {
        Settle::Confirm { sheet, by, remark } => {
            let (state, run) = of_sheet(*sheet, scribe)?;
            match state.held_back {
                true => at_stage(&run, &OPEN_OR_OUT)?,
                false => at_stage(&run, &[Stage::Drafted, Stage::Approved, Stage::Issued])?,
            };
            if let Some(event) = decide::confirm(&state, *by, remark.as_ref())? {
                record(scribe, *sheet, Event::Sheet(event));
            }
            sheet
        }
        Settle::Contest {
            sheet,
            by,
            reason,
            lines,
        } => {
            let (state, _) = of_sheet(*sheet, scribe)?;
            let event = decide::contest(&state, *by, reason, lines)?;
            contested(*sheet, event, scribe)?;
            sheet
        }
        Settle::Answer { sheet, answer, upheld } => {
            let (state, run) = of_sheet(*sheet, scribe)?;
            let went_out = matches!(run.stage, Stage::Issued | Stage::Locked);
            let event = decide::answer(&state, answer, *upheld, went_out)?;
            contested(*sheet, event, scribe)?;
            sheet
        }
        Settle::HoldBack { sheet, held_back } => {
            let (state, run) = of_sheet(*sheet, scribe)?;
            at_stage(&run, &[Stage::Drafted, Stage::Approved])?;
            if let Some(event) = decide::hold_back(&state, *held_back)? {
                contested(*sheet, event, scribe)?;
            }
            sheet
        }
        _ => return Ok(Made::default()),
    };
    Ok(made([("sheet", sheet.to_string())]))
}

/// Records what concerns a contest, and what the run waits for after it.
fn contested(sheet: SheetId, event: SheetEvent, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let (state, run) = of_sheet(sheet, scribe)?;
    let id = match state.held_back {
        true => at_stage(&run, &OPEN_OR_OUT)?,
        false => at_stage(&run, &[Stage::Drafted, Stage::Approved])?,
    };
    record(scribe, sheet, Event::Sheet(event));
    let (after, _) = of_sheet(sheet, scribe)?;
    let contested = after.status == crate::domain::settlement::SheetStatus::Contested;
    let waits = decide::waits(&run, sheet, contested, after.held_back)?;
    record(scribe, id, Event::Run(waits));
    Ok(())
}

/// The digest of a run that approval is asked for.
pub(super) fn may_approve(run: RunId, digest: &str, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    decide::may_approve(&*of_run(run, scribe)?, Some(digest)).map(|_| ())
}

/// A second person agreed to a run.
pub(super) fn approve(run: RunId, digest: &str, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let event: RunEvent = decide::approve(&*of_run(run, scribe)?, digest, scribe.actor.person)?;
    record(scribe, run, Event::Run(event));
    Ok(made([("run", run.to_string())]))
}

/// The sheet whose later issue is asked for.
pub(super) fn may_issue(sheet: SheetId, sha256: &str, book: &BookState, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    let (state, run) = of_sheet(sheet, scribe)?;
    let terms = book.settlement_terms(known(&run)?.period);
    decide::may_issue_sheet(&state, &run, &terms, Some(sha256)).map(|_| ())
}

/// A second person agreed to the later issue of a sheet: its run waits for it no longer.
pub(super) fn issue_sheet(
    sheet: SheetId,
    sha256: &str,
    book: &BookState,
    scribe: &mut Scribe<'_>,
) -> Result<Made, Refusal> {
    let (state, run) = of_sheet(sheet, scribe)?;
    let terms = book.settlement_terms(known(&run)?.period);
    let days = terms.pay_days;
    let pay_by = days
        .map(|days| book.day_after(scribe.now, days, terms.business_days))
        .transpose()?;
    let by = scribe.actor.person;
    let event = decide::issue_sheet(&state, &run, &terms, (sha256, by), pay_by)?;
    let waits = decide::waits(&run, sheet, false, false)?;
    record(scribe, sheet, Event::Sheet(event));
    record(scribe, known(&run)?.run, Event::Run(waits));
    Ok(made([("sheet", sheet.to_string())]))
}

/// A sheet's timer is due: silence confirms it, unless something was said.
pub fn silence(sheet: SheetId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.sheet(sheet).cloned().unwrap_or_default();
    if let Some(event) = decide::silence(&state, timer, due) {
        scribe.record(sheet, due, Event::Sheet(event));
    }
    Ok(Made::default())
}
