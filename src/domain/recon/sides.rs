//! What a comparison looks at, side by side, and what it finds.
//! Must never hold a decision: shapes only.

use super::words::{BreakClass, CashTag, Cause, Proposal};
use crate::base::{Instant, Month};
use crate::money::{Minor, Rate, Rounding};

/// How far a line is, on either side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Neither settled nor closed.
    Open,
    /// Settled.
    Settled,
    /// Closed without commission.
    Closed,
}

impl Stage {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Open => "open",
            Stage::Settled => "settled",
            Stage::Closed => "closed",
        }
    }
}

/// A row of the statement about a line as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theirs {
    /// Number of the row.
    pub row: i64,
    /// How far.
    pub stage: Stage,
    /// Time of the row: its last change, or the event's own.
    pub told_at: Instant,
    /// It is a row as it stands, of which the newest counts; else it tells of one event.
    pub snapshot: bool,
    /// When it was settled.
    pub settled_at: Option<Instant>,
    /// The month of that.
    pub month: Option<Month>,
    /// Goods paid.
    pub paid: Option<Minor>,
    /// Base.
    pub base: Option<Minor>,
    /// Rate shown.
    pub rate: Option<Rate>,
    /// Commission before fees.
    pub commission: Option<Minor>,
    /// Fees by name.
    pub fees: Vec<(String, Minor)>,
    /// Its facts can be told and would count.
    pub tellable: bool,
}

/// A row about a refund case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TheirRefund {
    /// Number of the row.
    pub row: i64,
    /// The platform's case.
    pub case: String,
    /// Goods refunded.
    pub goods: Minor,
    /// Taken back from the takers.
    pub deducted: bool,
}

/// A movement of cash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TheirCash {
    /// Number of the row.
    pub row: i64,
    /// What it is.
    pub tag: CashTag,
    /// How much, positive.
    pub amount: Minor,
}

/// Of what a fee is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeeBasis {
    /// The commission.
    Commission(Rate),
    /// What fees before left of the commission.
    Remainder(Rate),
    /// The base; on top of the commission.
    Base(Rate),
    /// The platform's figure was posted.
    Given,
}

/// A fee as our terms state it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OurFee {
    /// Its name.
    pub name: String,
    /// What was posted for it.
    pub amount: Minor,
    /// Of what it is.
    pub of: FeeBasis,
    /// An adjustment between its taker and the residual taker can be made.
    pub adjustable: bool,
}

/// A refund won after the settlement, as the ledger has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OurRefund {
    /// The platform's case.
    pub case: String,
    /// Goods refunded.
    pub goods: Minor,
    /// Month in which it was won.
    pub month: Month,
    /// Taken back.
    pub deducted: bool,
}

/// What the ledger has of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ours {
    /// How far.
    pub stage: Stage,
    /// Month of its settle date.
    pub month: Option<Month>,
    /// Somebody earns by it.
    pub earns: bool,
    /// A rule of ours applied; else the platform's figures were posted.
    pub own_rules: bool,
    /// Settled base, before refunds won later.
    pub base: Option<Minor>,
    /// A fact told anew can correct the base.
    pub base_correctable: bool,
    /// The rate of the rule, when it is one rate.
    pub rate: Option<Rate>,
    /// Largest commission of the line.
    pub cap: Option<Minor>,
    /// Commission on the settled base.
    pub commission: Minor,
    /// How it is rounded.
    pub rounding: Rounding,
    /// Fees in formula order.
    pub fees: Vec<OurFee>,
    /// Refunds won after settlement.
    pub refunds: Vec<OurRefund>,
    /// It holds settled money that an adjustment could reverse.
    pub reversible: bool,
}

/// Everything about one line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OnLine {
    /// The ledger's side, when it has the line.
    pub ours: Option<Ours>,
    /// Rows about the line.
    pub theirs: Vec<Theirs>,
    /// Rows about its refunds.
    pub refunds: Vec<TheirRefund>,
    /// Its cash.
    pub cash: Vec<TheirCash>,
}

/// What is being reconciled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The month of the statement.
    pub period: Month,
    /// The statement has rows of settlements, so a line that it lacks is one.
    pub tells_settlements: bool,
    /// The statement tells refund cases.
    pub tells_refunds: bool,
    /// The book's time.
    pub now: Instant,
    /// Until when a missing row may still come.
    pub patience: Instant,
}

/// A figure of one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// It has none.
    None,
    /// Money.
    Money(Minor),
    /// A rate.
    Rate(Rate),
    /// A month.
    Month(Month),
    /// A word.
    Word(&'static str),
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Its class.
    pub class: BreakClass,
    /// Probable cause.
    pub cause: Cause,
    /// In what: `line`, `status`, `period`, `base`, `rate`, `commission`, a fee's name, `refund`, `cash`.
    pub component: String,
    /// The refund case.
    pub case: Option<String>,
    /// The row that says so.
    pub row: Option<i64>,
    /// Ours.
    pub ours: Value,
    /// Theirs.
    pub theirs: Value,
    /// Theirs less ours in money, where there is such a thing.
    pub difference: Option<Minor>,
    /// What to do.
    pub proposal: Proposal,
    /// Until when to wait.
    pub until: Option<Instant>,
}
