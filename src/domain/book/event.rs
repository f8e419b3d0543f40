//! Events of the book.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use super::formula::Formula;
use super::{BookMode, Perspective};
use crate::base::{BookId, CutoverId, ExternalId, FormulaId, Instant, Month, Name, PartyId, TimerId, Zone};
use crate::domain::settlement::{CalendarSet, SettlementTermsSet};
use crate::money::Currency;

/// `book.opened`: the first event of a money log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookOpened {
    /// Which.
    pub book: BookId,
    /// Name.
    pub name: Name,
    /// Perspective.
    pub perspective: Perspective,
    /// Live or sandbox.
    pub mode: BookMode,
    /// Time zone of business days and months.
    pub zone: Zone,
    /// Currencies that may be booked.
    pub currencies: Vec<Currency>,
    /// Number of click logs.
    pub click_logs: u32,
}

/// `book.owner_named`: the party whose books these are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnerNamed {
    /// The owner.
    pub owner: PartyId,
}

/// `formula.set`: a version of a formula, in force from an instant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormulaSet {
    /// Which.
    pub formula: FormulaId,
    /// 1, 2, 3, …
    pub version: u32,
    /// In force from here.
    pub effective_from: Instant,
    /// The formula.
    pub terms: Formula,
}

/// `period.cut_off` 截账: nothing is stamped into this month any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeriodCutOff {
    /// Which month.
    pub period: Month,
}

/// `book.clock_moved`: a sandbox's owner moved its clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClockMoved {
    /// New time.
    pub to: Instant,
}

/// `timer.lapsed`: a timer fired and had nothing to do, or its command could not be decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimerLapsed {
    /// Which.
    pub timer: TimerId,
    /// Why.
    pub code: String,
}

/// `log.repaired`: derived rows were replaced by a rebuild.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogRepaired {
    /// Digest of the rows before.
    pub before: String,
    /// Digest of the rows after.
    pub after: String,
}

/// `book.cut_over`: lines sold before an instant belong to other books, unless they are brought over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CutOver {
    /// Which cut-over.
    pub cutover: CutoverId,
    /// Start of the day from which these books count.
    pub at: Instant,
    /// Only for this platform; for every one, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ExternalId>,
    /// Only for this account of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ExternalId>,
}

/// `period.reopened`: the last month cut off is open again for what comes later; stamps made meanwhile stay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeriodReopened {
    /// Which month.
    pub period: Month,
}

/// `book.prefund_set`: brand contracts must be covered by deposit and credit before they are awarded, or need not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookPrefundSet {
    /// They must; a brand's own setting goes before.
    pub on: bool,
}

/// What happened to a book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BookEvent {
    /// `book.opened`
    Opened(BookOpened),
    /// `book.owner_named`
    OwnerNamed(OwnerNamed),
    /// `formula.set`
    FormulaSet(FormulaSet),
    /// `period.cut_off`
    PeriodCutOff(PeriodCutOff),
    /// `book.clock_moved`
    ClockMoved(ClockMoved),
    /// `timer.lapsed`
    TimerLapsed(TimerLapsed),
    /// `log.repaired`
    Repaired(LogRepaired),
    /// `book.cut_over`
    CutOver(CutOver),
    /// `period.reopened`
    PeriodReopened(PeriodReopened),
    /// `settlement.terms_set`
    SettlementTermsSet(SettlementTermsSet),
    /// `book.prefund_set`
    PrefundSet(BookPrefundSet),
    /// `calendar.set`
    CalendarSet(CalendarSet),
}

impl BookEvent {
    /// Its wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            BookEvent::Opened(_) => "book.opened",
            BookEvent::OwnerNamed(_) => "book.owner_named",
            BookEvent::FormulaSet(_) => "formula.set",
            BookEvent::PeriodCutOff(_) => "period.cut_off",
            BookEvent::ClockMoved(_) => "book.clock_moved",
            BookEvent::TimerLapsed(_) => "timer.lapsed",
            BookEvent::Repaired(_) => "log.repaired",
            BookEvent::CutOver(_) => "book.cut_over",
            BookEvent::PeriodReopened(_) => "period.reopened",
            BookEvent::SettlementTermsSet(_) => "settlement.terms_set",
            BookEvent::PrefundSet(_) => "book.prefund_set",
            BookEvent::CalendarSet(_) => "calendar.set",
        }
    }
}
