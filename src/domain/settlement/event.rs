//! Events of runs and of sheets.
//! Must never be changed once released.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sheet::Sheet;
use crate::base::{Instant, LineId, Month, PartyId, PersonId, RunId, SheetId, TimerId};
use crate::money::{Currency, Minor};

/// `run.started`: the month is cut off; closing entries may be posted into it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunStarted {
    /// Which.
    pub run: RunId,
    /// The month.
    pub period: Month,
    /// 1 for the first run of the month; a draft that was dropped keeps its number.
    pub number: u32,
    /// Where the log stood: the position of the cut-off.
    pub position: i64,
    /// 离场结算: of one party alone, in a month that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
}

/// Who leaves, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exit {
    /// Whose settlement it is.
    pub party: PartyId,
    /// Why.
    pub reason: String,
}

/// `run.reckoned`: closing entries are complete; nothing is stamped into the month any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunReckoned {
    /// Which.
    pub run: RunId,
    /// Sheets reflect what the month moved up to this position.
    pub position: i64,
}

/// Sums over the sheets of a run in a currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunSum {
    /// Which.
    pub currency: Currency,
    /// Sheets.
    pub sheets: u64,
    /// Sum of what is payable.
    pub payable: Minor,
    /// Sum of what is carried in `available`.
    pub carried: Minor,
}

/// `run.drafted`: every sheet is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunDrafted {
    /// Which.
    pub run: RunId,
    /// Sheets.
    pub sheets: u64,
    /// Sums.
    pub sums: Vec<RunSum>,
    /// SHA-256 over the sheets' own, in order of party and currency.
    pub digest: String,
}

/// `run.waits`: the sheets that the run waits for and those that are held back, after a contest, an answer or a decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunWaits {
    /// Which.
    pub run: RunId,
    /// Contested, and not held back.
    pub contested: Vec<SheetId>,
    /// Contested, and not to be issued with the others.
    pub held_back: Vec<SheetId>,
}

/// `run.approved`: a second person agreed to exactly these sheets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunApproved {
    /// Which.
    pub run: RunId,
    /// What was approved.
    pub digest: String,
    /// Who.
    pub by: PersonId,
}

/// `run.issued` 出具: the sheets are final.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunIssued {
    /// Which.
    pub run: RunId,
    /// What was approved and is issued.
    pub digest: String,
    /// Sheets that are not issued with the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_back: Vec<SheetId>,
    /// The day by which what is payable is to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_by: Option<NaiveDate>,
}

/// `run.locked` 锁账
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunLocked {
    /// Which.
    pub run: RunId,
}

/// `run.dropped`: a draft that was not issued; its month is open again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunDropped {
    /// Which.
    pub run: RunId,
    /// Why.
    pub reason: String,
}

/// What happened to a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunEvent {
    /// `run.started`
    Started(RunStarted),
    /// `run.reckoned`
    Reckoned(RunReckoned),
    /// `run.drafted`
    Drafted(RunDrafted),
    /// `run.waits`
    Waits(RunWaits),
    /// `run.approved`
    Approved(RunApproved),
    /// `run.issued`
    Issued(RunIssued),
    /// `run.locked`
    Locked(RunLocked),
    /// `run.dropped`
    Dropped(RunDropped),
}

/// `sheet.delivered`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetDelivered {
    /// How, such as `email` or `portal`.
    pub how: String,
    /// What proves it: a file, a receipt number. Without proof silence never confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// When silence confirms; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_at: Option<Instant>,
}

/// `sheet.confirmed` 确认
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetConfirmed {
    /// The party itself; none: the book noted that it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PartyId>,
    /// In its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// `sheet.contested` 异议
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetContested {
    /// The party itself; none: the book noted that it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PartyId>,
    /// Why.
    pub reason: String,
    /// Which sub-order lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineId>,
}

/// `sheet.answered`: the contest is settled; what it changes is a correction in the open month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetAnswered {
    /// What was found.
    pub answer: String,
    /// The party was right.
    pub upheld: bool,
    /// Its run was issued without it: it is held back until it is issued by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_back: bool,
}

/// `sheet.issued` 补出: a sheet that was held back is issued after its run, as it was drawn up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetIssued {
    /// SHA-256 of the sheet that was approved.
    pub sha256: String,
    /// Who approved it.
    pub by: PersonId,
    /// The day by which what is payable is to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_by: Option<NaiveDate>,
}

/// `sheet.held_back`: a contested sheet is not issued with the others, or is after all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetHeldBack {
    /// It is.
    pub held_back: bool,
}

/// `sheet.deemed_confirmed` 视同确认: delivered with proof, a clause agreed, and no word in time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetDeemedConfirmed {
    /// Which timer.
    pub timer: TimerId,
    /// When the time was over.
    pub due: Instant,
    /// Something was said in time after all: nothing is confirmed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lapsed: bool,
}

/// What happened to a sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SheetEvent {
    /// `sheet.drafted`
    Drafted(Box<Sheet>),
    /// `sheet.delivered`
    Delivered(SheetDelivered),
    /// `sheet.confirmed`
    Confirmed(SheetConfirmed),
    /// `sheet.contested`
    Contested(SheetContested),
    /// `sheet.answered`
    Answered(SheetAnswered),
    /// `sheet.held_back`
    HeldBack(SheetHeldBack),
    /// `sheet.deemed_confirmed`
    DeemedConfirmed(SheetDeemedConfirmed),
    /// `sheet.issued`
    Issued(SheetIssued),
}

impl RunEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            RunEvent::Started(_) => "run.started",
            RunEvent::Reckoned(_) => "run.reckoned",
            RunEvent::Drafted(_) => "run.drafted",
            RunEvent::Waits(_) => "run.waits",
            RunEvent::Approved(_) => "run.approved",
            RunEvent::Issued(_) => "run.issued",
            RunEvent::Locked(_) => "run.locked",
            RunEvent::Dropped(_) => "run.dropped",
        }
    }
}

impl SheetEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            SheetEvent::Drafted(_) => "sheet.drafted",
            SheetEvent::Delivered(_) => "sheet.delivered",
            SheetEvent::Confirmed(_) => "sheet.confirmed",
            SheetEvent::Contested(_) => "sheet.contested",
            SheetEvent::Answered(_) => "sheet.answered",
            SheetEvent::HeldBack(_) => "sheet.held_back",
            SheetEvent::DeemedConfirmed(_) => "sheet.deemed_confirmed",
            SheetEvent::Issued(_) => "sheet.issued",
        }
    }
}
