//! Forms of contracts, one per file: what a delivery earns, what a result earns, what a cancellation leaves.
//! Must never post: a form says how much the anchor's side earns of a fee, `money` moves it.

mod by_hour;
mod guarantee;
mod hosted;
mod retainer;
mod slot;

pub use guarantee::{Guarantee, Measured, Remedy};
pub use hosted::Hosted;

use serde::{Deserialize, Serialize};

use super::terms::{Deliverable, Terms};
use crate::base::{Instant, ItemId};
use crate::domain::refusal::Wrong;
use crate::money::{Minor, MoneyError, Rate};

/// The exclusive commission that a contract brings: rules for its anchor on these items over a window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Commission {
    /// Items.
    pub items: Vec<ItemId>,
    /// Rate.
    pub rate: Rate,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive.
    pub to: Instant,
}

/// How a contract pays (domain 3.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Form {
    /// 坑位费: a fixed fee for each deliverable, on acceptance.
    SlotFee,
    /// 坑位费 + 佣金: the fee, and exclusive commission that settles with the orders.
    SlotFeeCommission {
        /// The commission.
        commission: Commission,
    },
    /// 纯佣: commission only; nothing is set aside.
    Commission {
        /// The commission.
        commission: Commission,
    },
    /// 保量: a fee that is earned in proportion to sales.
    Guarantee {
        /// The guarantee.
        guarantee: Guarantee,
    },
    /// By the hour, on the minutes shown.
    Hourly {
        /// For sixty minutes.
        rate: Minor,
    },
    /// By the month: each deliverable is a month.
    Retainer,
    /// A show hosted by the shop 店播: a base by the hour, and a part of the shop's net sales up to the rest of the fee.
    Hosted {
        /// Its terms.
        hosted: Hosted,
    },
}

/// What accepting a delivery comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owed {
    /// This much of the fee.
    Now(Minor),
    /// What the sales of a window say; it ends here.
    AfterResult(Instant),
}

/// When something was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Point {
    /// Before it was scheduled.
    Planned,
    /// After it was scheduled.
    Scheduled,
    /// Scheduled, not delivered, past its due time.
    Overdue,
}

impl Form {
    /// The word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Form::SlotFee => "slot_fee",
            Form::SlotFeeCommission { .. } => "slot_fee_commission",
            Form::Commission { .. } => "commission",
            Form::Guarantee { .. } => "guarantee",
            Form::Hourly { .. } => "hourly",
            Form::Retainer => "retainer",
            Form::Hosted { .. } => "hosted",
        }
    }

    /// The commission that comes with it.
    pub fn commission(&self) -> Option<&Commission> {
        match self {
            Form::SlotFeeCommission { commission } | Form::Commission { commission } => Some(commission),
            Form::SlotFee | Form::Guarantee { .. } | Form::Hourly { .. } | Form::Retainer | Form::Hosted { .. } => None,
        }
    }

    /// A delivery must say how many minutes it took.
    pub fn by_minutes(&self) -> bool {
        matches!(self, Form::Hourly { .. } | Form::Hosted { .. })
    }

    /// Notes what is wrong with it.
    pub(super) fn check(&self, terms: &Terms, wrong: &mut Wrong) {
        if let Some(commission) = self.commission() {
            slot::check_commission(commission, wrong);
        }
        match self {
            Form::SlotFee | Form::SlotFeeCommission { .. } => {}
            Form::Commission { .. } => slot::check_free(terms, wrong),
            Form::Guarantee { guarantee } => guarantee.check(terms, wrong),
            Form::Hourly { rate } => by_hour::check(*rate, terms, wrong),
            Form::Retainer => retainer::check(terms, wrong),
            Form::Hosted { hosted } => hosted.check(terms, wrong),
        }
    }

    /// What an accepted delivery earns. `minutes` are those shown by the delivery.
    pub(super) fn accepted(&self, one: &Deliverable, minutes: Option<u32>) -> Result<Owed, MoneyError> {
        Ok(match self {
            Form::SlotFee | Form::SlotFeeCommission { .. } | Form::Commission { .. } | Form::Retainer => {
                Owed::Now(one.fee)
            }
            Form::Hourly { rate } => Owed::Now(by_hour::earned(*rate, one, minutes)?),
            Form::Guarantee { guarantee } => Owed::AfterResult(guarantee.measured.to),
            Form::Hosted { hosted } => Owed::AfterResult(hosted.measured.to),
        })
    }

    /// What a fee has earned when its sales came to `reached`.
    pub(super) fn of_result(
        &self,
        one: &Deliverable,
        minutes: Option<u32>,
        reached: Minor,
    ) -> Result<Minor, MoneyError> {
        match self {
            Form::Guarantee { guarantee } => guarantee.earned(one.fee, reached),
            Form::Hosted { hosted } => hosted.earned(one, minutes, reached),
            Form::SlotFee
            | Form::SlotFeeCommission { .. }
            | Form::Commission { .. }
            | Form::Hourly { .. }
            | Form::Retainer => Ok(one.fee),
        }
    }

    /// The shortfall is made up by another show before anything is refunded.
    pub(super) fn makes_up(&self, reached: Minor) -> bool {
        match self {
            Form::Guarantee { guarantee } => guarantee.remedy == Remedy::MakeUpShow && reached < guarantee.target,
            _ => false,
        }
    }

    /// What the anchor's side keeps of a fee that the brand cancels at a point (the anchor's own cancellation keeps
    /// nothing, except months served).
    pub(super) fn cancelled_by_brand(
        &self,
        one: &Deliverable,
        point: Point,
        penalty: Rate,
        now: Instant,
    ) -> Result<Minor, MoneyError> {
        match (self, point) {
            (_, Point::Planned) => Ok(Minor::ZERO),
            (Form::Retainer, _) => retainer::cancelled(one, point, penalty, now),
            (_, Point::Overdue) => Ok(Minor::ZERO),
            (Form::Hosted { hosted }, Point::Scheduled) => hosted.cancelled(one, penalty),
            (_, Point::Scheduled) => slot::penalty(one.fee, penalty),
        }
    }

    /// What the anchor's side keeps of a fee that it cancels itself, or that fails without anybody's fault.
    pub(super) fn cancelled_by_anchor(
        &self,
        one: &Deliverable,
        point: Point,
        now: Instant,
    ) -> Result<Minor, MoneyError> {
        match (self, point) {
            (Form::Retainer, Point::Scheduled) => retainer::served(one, now),
            _ => Ok(Minor::ZERO),
        }
    }
}
