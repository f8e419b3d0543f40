//! The book as it stands.
//! Must never be partly loaded: it is one short stream.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::event::{BookEvent, BookOpened, CutOver};
use super::formula::{Formula, FormulaBasis};
use crate::base::{CutoverId, ExternalId, FormulaId, Instant, Month, PartyId};
use crate::domain::refusal::Refusal;
use crate::domain::settlement::terms::in_force;
use crate::domain::settlement::{Calendar, SettlementTerms, SettlementTermsSet};
use crate::ledger::Stamp;

/// One version of a formula: in force from its start until the next version's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormulaVersion {
    /// Which.
    pub id: FormulaId,
    /// 1, 2, 3, …
    pub version: u32,
    /// In force from here.
    pub effective_from: Instant,
    /// Terms.
    pub terms: Formula,
}

/// The book as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookState {
    /// As opened.
    pub opened: BookOpened,
    /// Whose books.
    pub owner: Option<PartyId>,
    /// Every formula version, in order of setting.
    pub formulas: Vec<FormulaVersion>,
    /// Last month cut off.
    pub cut_off_through: Option<Month>,
    /// A sandbox's clock.
    pub clock: Option<Instant>,
    /// Every cut-over, at most one of a scope.
    pub cut_overs: Vec<CutOver>,
    /// How often a month was opened again.
    pub reopened: BTreeMap<Month, u32>,
    /// Terms of settlement, in order of setting.
    pub terms: Vec<SettlementTermsSet>,
    /// Brand contracts must be covered before they are awarded, unless a brand's own setting says otherwise.
    pub prefund: bool,
    /// Business days, year by year.
    pub calendar: Calendar,
}

impl BookState {
    /// The state after the first event; any other event first is not a book.
    pub fn begin(event: &BookEvent) -> Option<BookState> {
        match event {
            BookEvent::Opened(opened) => Some(BookState {
                opened: opened.clone(),
                owner: None,
                formulas: Vec::new(),
                cut_off_through: None,
                clock: None,
                cut_overs: Vec::new(),
                reopened: BTreeMap::new(),
                terms: Vec::new(),
                prefund: false,
                calendar: Calendar::default(),
            }),
            _ => None,
        }
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &BookEvent) {
        match event {
            BookEvent::Opened(_) | BookEvent::TimerLapsed(_) | BookEvent::Repaired(_) => {}
            BookEvent::OwnerNamed(e) => self.owner = Some(e.owner),
            BookEvent::FormulaSet(e) => self.formulas.push(FormulaVersion {
                id: e.formula,
                version: e.version,
                effective_from: e.effective_from,
                terms: e.terms.clone(),
            }),
            BookEvent::PeriodCutOff(e) => self.cut_off_through = Some(e.period),
            BookEvent::ClockMoved(e) => self.clock = Some(e.to),
            BookEvent::CutOver(e) => self.cut_overs.push(e.clone()),
            BookEvent::PeriodReopened(e) => {
                self.cut_off_through = Some(e.period.previous());
                let times = self.reopened.entry(e.period).or_default();
                *times = times.saturating_add(1);
            }
            BookEvent::SettlementTermsSet(e) => self.terms.push(e.clone()),
            BookEvent::PrefundSet(e) => self.prefund = e.on,
            BookEvent::CalendarSet(e) => self.calendar.set(e),
        }
    }

    /// The number of a month's run: a month that was opened again gets the next.
    pub fn run_number(&self, period: Month) -> u32 {
        self.reopened
            .get(&period)
            .copied()
            .unwrap_or_default()
            .saturating_add(1)
    }

    /// The terms of settlement of a month.
    pub fn settlement_terms(&self, period: Month) -> SettlementTerms {
        in_force(&self.terms, period)
    }

    /// The day so many days after an instant, business days or all.
    pub fn day_after(&self, at: Instant, days: u32, business: bool) -> Result<NaiveDate, Refusal> {
        match business {
            true => self.calendar.after(self.opened.zone.day(at), days),
            false => Ok(self.opened.zone.day(at.plus_days(i64::from(days)))),
        }
    }

    /// The end of so many days after an instant: of business days the midnight after the last, of others to the second.
    pub fn end_after(&self, at: Instant, days: u32, business: bool) -> Result<Instant, Refusal> {
        if !business {
            return Ok(at.plus_days(i64::from(days)));
        }
        let last = self.day_after(at, days, true)?;
        Ok(self.opened.zone.midnight(last.succ_opt().unwrap_or(last)))
    }

    /// The formula for a platform at an instant: one of the platform's own before a general one, the latest start,
    /// the later set of equal starts.
    pub fn formula(&self, platform: &ExternalId, at: Instant) -> Option<&FormulaVersion> {
        let in_force = |own: bool| {
            self.formulas
                .iter()
                .filter(|f| f.effective_from <= at && (f.terms.platform.as_ref() == Some(platform)) == own)
                .filter(|f| own || f.terms.platform.is_none())
                .max_by_key(|f| f.effective_from)
        };
        in_force(true).or_else(|| in_force(false))
    }

    /// A formula for a platform, of any time, posts what the platform reports.
    pub fn has_reported(&self, platform: &ExternalId) -> bool {
        let concerns = |f: &&FormulaVersion| f.terms.platform.as_ref().is_none_or(|own| own == platform);
        let mut formulas = self.formulas.iter().filter(concerns);
        formulas.any(|f| f.terms.basis == FormulaBasis::AsReported)
    }

    /// One version of one formula.
    pub fn formula_version(&self, id: FormulaId, version: u32) -> Option<&FormulaVersion> {
        self.formulas.iter().find(|f| f.id == id && f.version == version)
    }

    /// The instant of a cut-over.
    pub fn cut_over(&self, cutover: CutoverId) -> Option<Instant> {
        self.cut_overs
            .iter()
            .find(|known| known.cutover == cutover)
            .map(|known| known.at)
    }

    /// True when a line that was sold at an instant belongs to the books before. The cut-over of its platform account
    /// counts before its platform's, that before the whole book's.
    pub fn is_before_cut_over(&self, platform: &ExternalId, account: Option<&ExternalId>, at: Instant) -> bool {
        let concerns = |known: &&CutOver| {
            known.platform.as_ref().is_none_or(|of| of == platform)
                && known.account.as_ref().is_none_or(|of| Some(of) == account)
        };
        let nearness = |known: &&CutOver| (known.platform.is_some(), known.account.is_some());
        let nearest = self.cut_overs.iter().filter(concerns).max_by_key(nearness);
        nearest.is_some_and(|known| at < known.at)
    }

    /// Returns that name no order are matched with the lines of this platform.
    pub fn matches_returns(&self, platform: &ExternalId) -> bool {
        let of_platform = |f: &&FormulaVersion| f.terms.platform.as_ref().is_none_or(|own| own == platform);
        let asks = |f: &FormulaVersion| f.terms.returns_without_order;
        self.formulas.iter().filter(of_platform).any(asks)
    }

    /// Longest attribution window of any formula, in seconds.
    pub fn longest_window(&self) -> i64 {
        self.formulas.iter().map(|f| f.terms.window_seconds).max().unwrap_or(0)
    }

    /// The accounting period of a settled leg dated `at`: its month if not cut off, else the earliest open month,
    /// pointing back (decision B12).
    pub fn stamp(&self, at: Instant) -> Stamp {
        let month = self.opened.zone.month(at);
        match self.cut_off_through {
            Some(cut) if month <= cut => Stamp {
                period: cut.next(),
                points_back_to: Some(month),
            },
            _ => Stamp {
                period: month,
                points_back_to: None,
            },
        }
    }

    /// True when the month of an instant is cut off.
    pub fn is_cut_off(&self, at: Instant) -> bool {
        self.cut_off_through
            .is_some_and(|cut| self.opened.zone.month(at) <= cut)
    }
}
