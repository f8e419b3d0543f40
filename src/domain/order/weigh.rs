//! What is left of a line after refunds, as bases: by goods paid, or by units where nothing was paid (decision A8).
//! Must never refund more than was paid: what is beyond is counted as excess, in order of time and case.

use std::collections::BTreeMap;

use super::story::Story;
use crate::base::Instant;
use crate::money::{Minor, MoneyError, Rounding};

/// A line on the scales.
pub struct Weighed {
    /// The whole base.
    pub base: Minor,
    /// What the whole line weighs: goods paid, or units.
    pub total: i128,
    /// Refunded beyond it.
    pub excess: Minor,
    by_goods: bool,
    refunds: Vec<Weight>,
}

struct Weight {
    at: Instant,
    taken: i128,
    deducted: bool,
}

/// Bases of a settled line, each with the weight it stands for.
pub struct SettledBases {
    /// At the settlement.
    pub settled: (Minor, i128),
    /// After every later refund won.
    pub won: (Minor, i128),
    /// After every later refund deducted.
    pub deducted: (Minor, i128),
}

/// Bases of a line that settles session by session.
pub struct SessionBases {
    /// Used, at most what is left.
    pub won: Minor,
    /// The same before falls that are not deducted yet.
    pub deducted: Minor,
    /// Every session was used.
    pub complete: bool,
}

/// Weighs the story of a line.
pub fn weigh(story: &Story<'_>, paid: Minor, added_back: Minor, quantity: u32) -> Result<Weighed, MoneyError> {
    let by_goods = paid.0 > 0;
    let total = if by_goods {
        i128::from(paid.0)
    } else {
        i128::from(quantity.max(1))
    };
    let mut left = total;
    let mut excess: i128 = 0;
    let mut refunds = Vec::with_capacity(story.refunds.len());
    for refund in &story.refunds {
        let asked = if by_goods {
            i128::from(refund.goods.0)
        } else {
            i128::from(refund.units.unwrap_or(1))
        };
        let taken = asked.min(left);
        left -= taken;
        // Goods refunded on a line that cost nothing have no place either.
        excess += if by_goods {
            asked - taken
        } else {
            i128::from(refund.goods.0)
        };
        refunds.push(Weight {
            at: refund.at,
            taken,
            deducted: refund.deducted,
        });
    }
    Ok(Weighed {
        base: paid.plus(added_back)?,
        total,
        excess: Minor(i64::try_from(excess).map_err(|_| MoneyError::OutOfRange)?),
        by_goods,
        refunds,
    })
}

impl Weighed {
    /// What weight is left after every refund won.
    pub fn left(&self) -> i128 {
        self.total - self.taken(|_| true)
    }

    /// The base of a weight: rounded once, from the whole.
    pub fn base_of(&self, left: i128) -> Result<Minor, MoneyError> {
        Rounding::HalfUp.scale(self.base, left, self.total)
    }

    fn taken(&self, counts: impl Fn(&Weight) -> bool) -> i128 {
        let counting = self.refunds.iter().filter(|weight| counts(weight));
        counting.map(|weight| weight.taken).sum()
    }

    /// Bases of a line settled at an instant; `reported` is the platform's own base, which lacks every refund before.
    ///
    /// A reported base below what is left says that something was refunded before that was not told: later refunds lower
    /// it one to one. One above (the platform counts a coupon in) falls in proportion, so a full refund ends at zero.
    pub fn settled(&self, at: Instant, reported: Option<Minor>) -> Result<SettledBases, MoneyError> {
        let before = self.total - self.taken(|weight| weight.at <= at);
        let won = before - self.taken(|weight| weight.at > at);
        let deducted = before - self.taken(|weight| weight.at > at && weight.deducted);
        let level = |left: i128| match reported {
            None => self.base_of(left),
            Some(base) if self.by_goods && i128::from(base.0) <= before => {
                let base = i128::from(base.0) - (before - left);
                Ok(Minor(i64::try_from(base.max(0)).map_err(|_| MoneyError::OutOfRange)?))
            }
            Some(_) if before == 0 => Ok(Minor::ZERO),
            Some(base) => Rounding::HalfUp.scale(base, left, before),
        };
        Ok(SettledBases {
            settled: (level(before)?, before),
            won: (level(won)?, won),
            deducted: (level(deducted)?, deducted),
        })
    }

    /// Bases by session (decision A17, AT-32): half-up(base x used / n), at most what is left; the last session is the
    /// whole of what is left. A fall caused by a refund stays with the takers as due until that refund is deducted.
    pub fn by_session(&self, sessions: &BTreeMap<u32, Instant>, n: u32) -> Result<SessionBases, MoneyError> {
        let mut used: i128 = 0;
        let mut left = self.total;
        let mut due = Minor::ZERO;
        let n = i128::from(n.max(1));
        let level = |left: i128, used: i128| -> Result<Minor, MoneyError> {
            let whole = self.base_of(left)?;
            Ok(whole.min(Rounding::HalfUp.scale(self.base, used.min(n), n)?))
        };
        let mut times: Vec<Instant> = sessions.values().copied().collect();
        times.sort_unstable();
        let mut times = times.into_iter().peekable();
        for refund in &self.refunds {
            while times.next_if(|time| *time < refund.at).is_some() {
                used += 1;
            }
            let stood = level(left, used)?;
            left -= refund.taken;
            let after = level(left, used)?;
            if !refund.deducted {
                due = due.plus(stood.minus(after)?)?;
            }
        }
        used += i128::try_from(times.count()).map_err(|_| MoneyError::OutOfRange)?;
        let won = level(left, used)?;
        Ok(SessionBases {
            won,
            deducted: won.plus(due)?,
            complete: used >= n && !sessions.is_empty(),
        })
    }
}
