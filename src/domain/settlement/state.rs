//! Runs and sheets as they stand.
//! Must never lose a sheet's first event: it is the sheet.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::{RunDrafted, RunEvent, RunStarted, SheetContested, SheetEvent};
use super::sheet::Sheet;
use crate::base::{Instant, PersonId, SheetId, TimerId};
use crate::domain::world::Placed;

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Closing entries are posted.
    #[default]
    Closing,
    /// Sheets are drawn up.
    Drafting,
    /// Every sheet is there: parties confirm or contest, a second person approves.
    Drafted,
    /// Approved.
    Approved,
    /// Issued.
    Issued,
    /// Locked.
    Locked,
    /// Dropped before it was issued.
    Dropped,
}

impl Stage {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Closing => "closing",
            Stage::Drafting => "drafting",
            Stage::Drafted => "drafted",
            Stage::Approved => "approved",
            Stage::Issued => "issued",
            Stage::Locked => "locked",
            Stage::Dropped => "dropped",
        }
    }

    /// From the word.
    pub fn from_word(word: &str) -> Option<Stage> {
        [
            Stage::Closing,
            Stage::Drafting,
            Stage::Drafted,
            Stage::Approved,
            Stage::Issued,
            Stage::Locked,
            Stage::Dropped,
        ]
        .into_iter()
        .find(|stage| stage.word() == word)
    }
}

/// A run as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunState {
    /// As started.
    pub started: Option<RunStarted>,
    /// How far.
    pub stage: Stage,
    /// Sheets reflect the month up to here.
    pub reckoned: Option<i64>,
    /// Sums and digest.
    pub drafted: Option<RunDrafted>,
    /// Who approved.
    pub approved_by: Option<PersonId>,
    /// Contested and not held back.
    pub contested: Vec<SheetId>,
    /// Held back.
    pub held_back: Vec<SheetId>,
    /// The day by which what is payable is to be paid.
    pub pay_by: Option<NaiveDate>,
}

impl RunState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(e) => self.started = Some(e.clone()),
            RunEvent::Reckoned(e) => {
                self.stage = Stage::Drafting;
                self.reckoned = Some(e.position);
            }
            RunEvent::Drafted(e) => {
                self.stage = Stage::Drafted;
                self.drafted = Some(e.clone());
            }
            RunEvent::Waits(e) => {
                self.contested.clone_from(&e.contested);
                self.held_back.clone_from(&e.held_back);
            }
            RunEvent::Approved(e) => {
                self.stage = Stage::Approved;
                self.approved_by = Some(e.by);
            }
            RunEvent::Issued(e) => {
                self.stage = Stage::Issued;
                self.pay_by = e.pay_by;
            }
            RunEvent::Locked(_) => self.stage = Stage::Locked,
            RunEvent::Dropped(_) => self.stage = Stage::Dropped,
        }
    }
}

/// How far a sheet is between the book and its party.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetStatus {
    /// Drawn up.
    #[default]
    Drafted,
    /// Delivered.
    Delivered,
    /// Confirmed by the party.
    Confirmed,
    /// Silence confirmed it.
    DeemedConfirmed,
    /// Contested.
    Contested,
}

impl SheetStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            SheetStatus::Drafted => "drafted",
            SheetStatus::Delivered => "delivered",
            SheetStatus::Confirmed => "confirmed",
            SheetStatus::DeemedConfirmed => "deemed_confirmed",
            SheetStatus::Contested => "contested",
        }
    }
}

/// A sheet as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SheetState {
    /// As drafted.
    pub sheet: Option<Arc<Sheet>>,
    /// How far.
    pub status: SheetStatus,
    /// Held back.
    pub held_back: bool,
    /// The last contest.
    pub contest: Option<SheetContested>,
    /// What was found about it.
    pub answer: Option<String>,
    /// Issued after its run, with the day by which it is to be paid.
    pub issued: Option<Option<NaiveDate>>,
    /// Pending timers with their due times: at most one.
    pub timers: Vec<(TimerId, Instant)>,
}

impl SheetState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &SheetEvent, placed: &Placed) {
        match event {
            SheetEvent::Drafted(sheet) => self.sheet = Some(Arc::new(Sheet::clone(sheet))),
            SheetEvent::Delivered(e) => {
                self.status = SheetStatus::Delivered;
                let timer = TimerId::set_by(placed.log, placed.position, 0);
                self.timers = e.silence_at.map(|due| (timer, due)).into_iter().collect();
            }
            SheetEvent::Confirmed(_) => {
                self.status = SheetStatus::Confirmed;
                self.timers.clear();
            }
            SheetEvent::Contested(e) => {
                self.status = SheetStatus::Contested;
                self.contest = Some(e.clone());
                self.answer = None;
                self.timers.clear();
            }
            SheetEvent::Answered(e) => {
                self.status = SheetStatus::Delivered;
                self.held_back = e.held_back;
                self.answer = Some(e.answer.clone());
            }
            SheetEvent::Issued(e) => {
                self.held_back = false;
                self.issued = Some(e.pay_by);
            }
            SheetEvent::HeldBack(e) => self.held_back = e.held_back,
            SheetEvent::DeemedConfirmed(e) => {
                if !e.lapsed {
                    self.status = SheetStatus::DeemedConfirmed;
                }
                self.timers.retain(|(timer, _)| *timer != e.timer);
            }
        }
    }
}
