//! What can be asked of settlements.
//! Must never hold a wire form.

use serde::Serialize;

use super::calendar::CalendarSet;
use super::closing::{GuaranteeFigures, ReserveFigures};
use super::event::RunSum;
use super::sheet::SheetFigures;
use super::terms::SettlementTerms;
use crate::base::{LineId, Month, PartyId, RunId, SheetId};

/// A command about settlements.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "settle", content = "of", rename_all = "snake_case")]
pub enum Settle {
    /// Sets the terms from a month on.
    SetTerms {
        /// First month they hold for; none: the earliest that is open.
        from: Option<Month>,
        /// The terms.
        terms: SettlementTerms,
    },
    /// Opens the last month cut off again.
    Reopen {
        /// Which.
        period: Month,
    },
    /// Cuts a month off, if it is not, and starts its run; the one under way when there is one.
    Start {
        /// The month.
        period: Month,
    },
    /// Settles guarantees of the run's month.
    Guarantees {
        /// Which run.
        run: RunId,
        /// At most 500.
        figures: Vec<GuaranteeFigures>,
    },
    /// Holds reserves back and gives free what is due.
    Reserves {
        /// Which run.
        run: RunId,
        /// At most 500.
        figures: Vec<ReserveFigures>,
    },
    /// Closing entries are complete.
    Reckon {
        /// Which run.
        run: RunId,
    },
    /// Draws sheets up; one that is there already is left alone.
    DraftSheets {
        /// Which run.
        run: RunId,
        /// At most 500.
        sheets: Vec<SheetFigures>,
    },
    /// Every sheet is there.
    DraftRun {
        /// Which run.
        run: RunId,
        /// Sheets.
        sheets: u64,
        /// Sums.
        sums: Vec<RunSum>,
        /// Over the sheets' hashes.
        digest: String,
    },
    /// Drops a draft; its month is open again.
    Drop {
        /// Which run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// Issues an approved run.
    Issue {
        /// Which run.
        run: RunId,
        /// Sheets with something payable that nobody confirmed.
        unconfirmed: u64,
    },
    /// Locks an issued run.
    Lock {
        /// Which run.
        run: RunId,
    },
    /// Notes that sheets were delivered.
    Deliver {
        /// Which run.
        run: RunId,
        /// At most 500.
        sheets: Vec<SheetId>,
        /// How.
        how: String,
        /// What proves it.
        proof: Option<String>,
    },
    /// Confirms a sheet.
    Confirm {
        /// Which.
        sheet: SheetId,
        /// The party itself; none: the book notes it.
        by: Option<PartyId>,
        /// In its words.
        remark: Option<String>,
    },
    /// Contests a sheet.
    Contest {
        /// Which.
        sheet: SheetId,
        /// The party itself; none: the book notes it.
        by: Option<PartyId>,
        /// Why.
        reason: String,
        /// Which lines.
        lines: Vec<LineId>,
    },
    /// Answers a contest.
    Answer {
        /// Which.
        sheet: SheetId,
        /// What was found.
        answer: String,
        /// The party was right.
        upheld: bool,
    },
    /// Holds a contested sheet back, or lets it go with the others.
    HoldBack {
        /// Which.
        sheet: SheetId,
        /// Held back.
        held_back: bool,
    },
    /// Sets the business days of a year.
    SetCalendar(CalendarSet),
    /// Draws up the exit settlement of a party: what it is owed now.
    Exit {
        /// Whose.
        party: PartyId,
        /// The month that is open, as the figures were read.
        period: Month,
        /// Why.
        reason: String,
        /// Its figures are those up to this position.
        position: i64,
        /// One for each currency.
        sheets: Vec<SheetFigures>,
    },
}
