//! A line as returns that do not name their order see it: what was sold, when, and how much of it is left.
//! Must never count a refund that a match of such returns told: what is left must not depend on earlier matches.

use super::fact::What;
use super::state::LineState;
use super::story::Story;
use crate::base::{ExternalId, Instant};
use crate::money::{Currency, Minor};

/// What was sold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sold {
    /// When it was ordered.
    pub at: Instant,
    /// Currency of the amount.
    pub currency: Currency,
    /// Units sold.
    pub units: u32,
    /// Goods paid.
    pub paid: Minor,
    /// Units left by refunds that name the line.
    pub left: u32,
}

impl LineState {
    /// What was sold, once it is paid; `matched` tells the cases that matches told.
    pub fn sold(&self, matched: impl Fn(&ExternalId) -> bool) -> Option<Sold> {
        let (pin, currency) = (self.pin.as_ref()?, self.currency()?);
        let named = self
            .counting(self.ripe())
            .filter(|fact| !matches!(&fact.what, What::RefundWon { case, .. } if matched(case)));
        let story = Story::read(named);
        let paid = story.paid_goods()?;
        let units = self.quantity();
        let returned = story.refunds.iter().map(|refund| refund.units.unwrap_or(0));
        let by_units = units.saturating_sub(returned.fold(0, u32::saturating_add));
        let refunded = story
            .refunds
            .iter()
            .map(|refund| i128::from(refund.goods.0))
            .sum::<i128>();
        let by_goods = match i128::from(paid.0) {
            paid if paid > 0 => (paid - refunded).max(0) * i128::from(units) / paid,
            _ => i128::from(units),
        };
        Some(Sold {
            at: pin.at,
            currency,
            units,
            paid,
            left: u32::try_from(by_goods).unwrap_or(u32::MAX).min(by_units),
        })
    }
}
