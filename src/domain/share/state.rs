//! What a contract's lines came to in a month, and what was trued up of it.
//! Must never need more than the last event: each carries the totals after it.

use serde::{Deserialize, Serialize};

use super::event::ShareEvent;
use super::formula::{Measure, MonthlyTiers, Side};
use crate::money::{Minor, MoneyError};

/// What a line adds to a month, or all lines together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Settled base after refunds won, of sales: gifts, own use and exchanges are none.
    pub base: Minor,
    /// What reached the upper.
    pub inflow: Minor,
    /// What deductions before the split left of it.
    pub pool: Minor,
    /// The upper's part of the pool at the rate of the lines.
    pub share: Minor,
}

impl Figures {
    /// Sum.
    pub fn plus(self, other: Figures) -> Result<Figures, MoneyError> {
        Ok(Figures {
            base: self.base.plus(other.base)?,
            inflow: self.inflow.plus(other.inflow)?,
            pool: self.pool.plus(other.pool)?,
            share: self.share.plus(other.share)?,
        })
    }

    /// The same, taken back.
    pub fn negated(self) -> Result<Figures, MoneyError> {
        Ok(Figures {
            base: self.base.negated()?,
            inflow: self.inflow.negated()?,
            pool: self.pool.negated()?,
            share: self.share.negated()?,
        })
    }

    /// The upper's part of the pool by the tiers.
    pub fn by(&self, tiers: &MonthlyTiers, rates_of: Side) -> Result<Minor, MoneyError> {
        let rated = tiers.of(self.pool, self.measured(tiers.measure))?;
        match rates_of {
            Side::Upper => Ok(rated),
            Side::Member => self.pool.minus(rated),
        }
    }

    /// What the tiers look at.
    pub fn measured(&self, measure: Measure) -> Minor {
        match measure {
            Measure::Base => self.base,
            Measure::Inflow => self.inflow,
        }
    }
}

/// A month of a contract under one set of terms.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShareState {
    /// Of all lines settled in it.
    pub figures: Figures,
    /// What true-ups gave the upper beyond what its lines posted; negative: gave the member.
    pub trued_up: Minor,
}

impl ShareState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ShareEvent) {
        *self = match event {
            ShareEvent::Accrued(e) => ShareState {
                figures: e.figures,
                trued_up: e.trued_up,
            },
            ShareEvent::TruedUp(e) => ShareState {
                figures: e.figures,
                trued_up: e.trued_up,
            },
        };
    }
}
