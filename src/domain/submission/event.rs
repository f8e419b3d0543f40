//! Events of a submission.
//! Must never be changed once released.

use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, FileId, Instant, Name, PartyId, SubmissionId};
use crate::domain::pool::Target;
use crate::money::{Currency, Minor, Rate};

/// A licence, test report or the like 资质.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Qualification {
    /// Which, in the words of the trade, such as 食品经营许可证.
    pub kind: String,
    /// The uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// It holds until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
}

/// What is offered for the show.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionTerms {
    /// Name of the goods.
    pub title: Name,
    /// Category; rivals are those of the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// When the show begins.
    pub show_at: Instant,
    /// Number of the show 场次.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<ExternalId>,
    /// Currency of amounts.
    pub currency: Currency,
    /// Price on other days 日常价.
    pub daily_price: Minor,
    /// Price in the show 直播价.
    pub live_price: Minor,
    /// Gifts, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gifts: Vec<String>,
    /// Commission.
    pub commission: Rate,
    /// Slot fee 坑位费.
    #[serde(default)]
    pub slot_fee: Minor,
    /// Units reserved for the show.
    pub stock: u32,
    /// Hours until dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ships_within: Option<u16>,
    /// Days after the show in which a lower price is paid back 价保.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_days: Option<u16>,
    /// Days before and after the show in which the anchor shows no rival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_days: Option<u16>,
    /// Licences and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifications: Vec<Qualification>,
    /// Page of the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is said of them 卖点.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<String>,
}

/// `submission.made`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionMade {
    /// Which.
    pub submission: SubmissionId,
    /// The submitter's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Who submits: a brand, an agency or a supplier.
    pub by: PartyId,
    /// For whose show.
    pub anchor: PartyId,
    /// What.
    pub target: Target,
    /// On which terms.
    pub terms: SubmissionTerms,
}

/// `submission.amended`: other terms, to be reviewed anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionAmended {
    /// Which.
    pub submission: SubmissionId,
    /// From now on.
    pub terms: SubmissionTerms,
}

/// What a review comes to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Taken.
    Approved,
    /// To be amended.
    Returned,
    /// Not taken.
    Refused,
}

/// `submission.reviewed`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionReviewed {
    /// Which.
    pub submission: SubmissionId,
    /// What.
    pub verdict: Verdict,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Warnings of which the reviewer knew, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub despite: Vec<String>,
}

/// `submission.placed`: its place in the running order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionPlaced {
    /// Which.
    pub submission: SubmissionId,
    /// From 1; equal places stand in order of their ids.
    pub place: u32,
}

/// Why a submission is over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// It was shown as agreed.
    Shown,
    /// Nothing was left to sell 断货.
    StockOut,
    /// It was not shown.
    NotShown,
    /// The price was not kept.
    PriceBroken,
    /// Taken back by who submitted it.
    Withdrawn,
}

impl CloseReason {
    /// Every reason with its word.
    pub const ALL: [(&'static str, CloseReason); 5] = [
        ("shown", CloseReason::Shown),
        ("stock_out", CloseReason::StockOut),
        ("not_shown", CloseReason::NotShown),
        ("price_broken", CloseReason::PriceBroken),
        ("withdrawn", CloseReason::Withdrawn),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        CloseReason::ALL
            .iter()
            .find(|(_, reason)| *reason == self)
            .map_or("shown", |(word, _)| word)
    }
}

/// `submission.closed`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionClosed {
    /// Which.
    pub submission: SubmissionId,
    /// Why.
    pub reason: CloseReason,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Units that were wanted and not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet: Option<u32>,
    /// Commission lost on them, at the show's price and rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Minor>,
}

/// What happened to a submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SubmissionEvent {
    /// `submission.made`
    Made(Box<SubmissionMade>),
    /// `submission.amended`
    Amended(Box<SubmissionAmended>),
    /// `submission.reviewed`
    Reviewed(SubmissionReviewed),
    /// `submission.placed`
    Placed(SubmissionPlaced),
    /// `submission.closed`
    Closed(SubmissionClosed),
}

impl SubmissionEvent {
    /// Wire name.
    pub fn kind(&self) -> &'static str {
        match self {
            SubmissionEvent::Made(_) => "submission.made",
            SubmissionEvent::Amended(_) => "submission.amended",
            SubmissionEvent::Reviewed(_) => "submission.reviewed",
            SubmissionEvent::Placed(_) => "submission.placed",
            SubmissionEvent::Closed(_) => "submission.closed",
        }
    }
}
