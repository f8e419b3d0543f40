//! What the two sides agreed: form, deliverables, fees, clocks. Terms sent stay as sent; a change is another version.
//! Must never be checked against a clock: terms are right or wrong by themselves.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::forms::Form;
use super::money;
use crate::base::{ExternalId, Instant, PartyId};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor, MoneyError, Rate};

/// Most deliverables of one contract.
const MOST: usize = 100;
/// Longest clock: a year of 366 days.
const LONGEST: u32 = 366 * 86_400;
/// Longest text of a field.
const LONGEST_TEXT: usize = 1_000;

/// The way the brand's money goes outside this ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The platform's own V-task (V任务).
    Vtask,
    /// Bank transfer 对公转账.
    #[default]
    Bank,
    /// Alipay 支付宝.
    Alipay,
    /// Several of them.
    Mixed,
}

/// What the contract's service costs the brand, on top of the fee.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceFee {
    /// Of what the anchor's side earns.
    pub rate: Rate,
    /// Who gets it; none: the book's own income.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker: Option<PartyId>,
}

/// One thing to be delivered 交付项.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deliverable {
    /// What it is called.
    pub name: String,
    /// Live slot, short video, column, …: a word of the trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// The most that it pays; what is set aside for it, service fee apart.
    pub fee: Minor,
    /// Start of its live window, or of its month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// End of its live window, or of its month, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// Minutes agreed, for forms that pay by the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Overdue from here on, when not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// What must be shown for it, such as `replay_url`; each is a kind of evidence that a delivery has to carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The brand's own number for it, unlike any other of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

/// How long each side has, in seconds. Zero means at once, or never for warnings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Clocks {
    /// From the award until the money must be set aside, else the award lapses.
    pub funding: u32,
    /// From a delivery until it counts as accepted 默认验收.
    pub review: u32,
    /// That long before, the brand is warned.
    pub review_warning: u32,
    /// How often the brand may ask for a revision of one deliverable.
    pub revision_rounds: u32,
    /// From a dispute until the arbiter is overdue.
    pub dispute: u32,
    /// From acceptance until the money is released.
    pub settle: u32,
    /// From the end of a sales window until its result is taken: the refund window and a day.
    pub refund_window: u32,
    /// From a proposed result until it stands, as far as it is not contested.
    pub result_answer: u32,
    /// From the end of the contract until ratings close.
    pub rating: u32,
}

impl Default for Clocks {
    fn default() -> Clocks {
        const DAY: u32 = 86_400;
        Clocks {
            funding: DAY,
            review: 7 * DAY,
            review_warning: DAY,
            revision_rounds: 2,
            dispute: 15 * DAY,
            settle: DAY,
            refund_window: 16 * DAY,
            result_answer: 3 * DAY,
            rating: 30 * DAY,
        }
    }
}

/// Everything agreed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// Currency of every amount.
    pub currency: Currency,
    /// How it pays.
    pub form: Form,
    /// What is delivered.
    pub deliverables: Vec<Deliverable>,
    /// On top, from the brand.
    pub service_fee: ServiceFee,
    /// What the anchor's side keeps of a deliverable that the brand cancels after it was scheduled.
    pub penalty: Rate,
    /// Clocks.
    #[serde(default)]
    pub clocks: Clocks,
    /// The way of the money outside.
    #[serde(default)]
    pub channel: Channel,
    /// Work may begin when a part of the money is set aside: each deliverable that it covers.
    #[serde(default)]
    pub part_funding: bool,
    /// The programme 栏目 that it is awarded to, run by the awardee: who appears in it is assigned later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<ExternalId>,
}

impl Terms {
    /// A deliverable by its number, from 0.
    pub fn deliverable(&self, number: u32) -> Option<&Deliverable> {
        self.deliverables.get(usize::try_from(number).ok()?)
    }

    /// What one deliverable needs set aside: its fee and the service fee on it.
    pub fn need(&self, deliverable: &Deliverable) -> Result<Minor, MoneyError> {
        deliverable.fee.plus(money::service(self, deliverable.fee)?)
    }

    /// What the whole contract needs set aside.
    pub fn needs(&self) -> Result<Minor, MoneyError> {
        let each: Result<Vec<Minor>, MoneyError> = self.deliverables.iter().map(|one| self.need(one)).collect();
        Minor::sum(each?)
    }

    /// Refuses terms that make no sense, naming every field; pointers begin with `/terms`.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Wrong::default();
        wrong.when(
            !(1..=MOST).contains(&self.deliverables.len()),
            "/terms/deliverables",
            "deliverables_count",
            "a contract has 1 to 100 deliverables",
        );
        for (index, one) in self.deliverables.iter().enumerate().take(MOST) {
            one.check(index, &mut wrong);
        }
        let numbers: Vec<&ExternalId> = self
            .deliverables
            .iter()
            .filter_map(|one| one.external_id.as_ref())
            .collect();
        let each: BTreeSet<&ExternalId> = numbers.iter().copied().collect();
        wrong.when(
            each.len() != numbers.len(),
            "/terms/deliverables",
            "number_twice",
            "two deliverables have the same external_id",
        );
        self.clocks.check(&mut wrong);
        self.form.check(self, &mut wrong);
        wrong.check()?;
        self.needs()?;
        Ok(())
    }
}

impl Deliverable {
    fn check(&self, index: usize, wrong: &mut Wrong) {
        let at = |field: &str| format!("/terms/deliverables/{index}/{field}");
        if !is_text(&self.name, 200) {
            wrong.add(at("name"), "text_length", "a name is 1 to 200 characters");
        }
        if self.fee.0 < 0 {
            wrong.add(at("fee"), "amount_negative", "a fee is not negative");
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            wrong.add(at("to"), "window_empty", "a window ends after it begins");
        }
        if self.minutes.is_some_and(|minutes| !(1..=44_640).contains(&minutes)) {
            wrong.add(at("minutes"), "minutes_out_of_range", "1 to 44,640 minutes");
        }
        let named = self.evidence.len() <= 20 && self.evidence.iter().all(|kind| is_text(kind, 100));
        if !named || self.media.as_ref().is_some_and(|media| !is_text(media, 100)) {
            wrong.add(at("evidence"), "text_length", "at most 20 kinds of 1 to 100 characters");
        }
    }
}

impl Clocks {
    fn check(&self, wrong: &mut Wrong) {
        let all = [
            self.funding,
            self.review,
            self.dispute,
            self.settle,
            self.refund_window,
            self.result_answer,
            self.rating,
        ];
        wrong.when(
            all.iter().any(|clock| *clock > LONGEST) || self.revision_rounds > 100,
            "/terms/clocks",
            "clock_out_of_range",
            "a clock runs for at most 366 days, and there are at most 100 revisions",
        );
        let needed = [self.funding, self.review, self.dispute, self.result_answer, self.rating];
        wrong.when(
            needed.contains(&0),
            "/terms/clocks",
            "clock_out_of_range",
            "only settle, refund_window and review_warning may be zero",
        );
    }
}

/// A text of 1 to `most` characters without NUL.
pub fn is_text(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.trim().chars().count()) && !text.contains('\0')
}

/// A reason, a statement: 1 to 1,000 characters.
pub(super) fn said(text: &str, pointer: &'static str) -> Result<(), Refusal> {
    if is_text(text, LONGEST_TEXT) {
        Ok(())
    } else {
        Err(Refusal::invalid("text_length", "write 1 to 1,000 characters").at(pointer))
    }
}
