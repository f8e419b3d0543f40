//! What a book agreed about its settlements, dated by month: minimum payout, reserve for returns, confirmation.
//! Must never apply to a month that was cut off before the terms were set.

use serde::{Deserialize, Serialize};

use crate::base::Month;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor, Rate};

/// Longest time in days that terms may name.
const LONGEST: u32 = 730;
/// Most months back that a close trues up.
const MOST_MONTHS: u32 = 24;

/// Terms of settlement from a month on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SettlementTerms {
    /// 起付金额: below it nothing is payable and the balance is carried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub minimum_payouts: Vec<(Currency, Minor)>,
    /// 退货准备金: rate of what a month earned that is held back for returns; zero: none.
    #[serde(default)]
    pub reserve_rate: Rate,
    /// Days after its month after which a reserve is released.
    #[serde(default)]
    pub reserve_days: u32,
    /// Days after delivery within which a party confirms or contests.
    #[serde(default)]
    pub confirm_days: u32,
    /// The agreed clause: silence confirms, once delivery is proven and the days are over.
    #[serde(default)]
    pub silence_confirms: bool,
    /// A run is issued only when every sheet with something payable was confirmed.
    #[serde(default)]
    pub confirm_before_issue: bool,
    /// How many months before its own a close trues up again: returns come late.
    #[serde(default)]
    pub true_up_months: u32,
}

impl Default for SettlementTerms {
    fn default() -> SettlementTerms {
        SettlementTerms {
            minimum_payouts: Vec::new(),
            reserve_rate: Rate::ZERO,
            reserve_days: 0,
            confirm_days: 3,
            silence_confirms: false,
            confirm_before_issue: false,
            true_up_months: 4,
        }
    }
}

impl SettlementTerms {
    /// The least that is paid out in a currency.
    pub fn minimum(&self, currency: Currency) -> Minor {
        let own = self.minimum_payouts.iter().find(|(own, _)| *own == currency);
        own.map_or(Minor::ZERO, |(_, amount)| *amount)
    }

    /// Refuses terms that make no sense.
    pub fn check(&self, currencies: &[Currency]) -> Result<(), Refusal> {
        let mut wrong = Wrong::default();
        for (index, (currency, amount)) in self.minimum_payouts.iter().enumerate() {
            let at = format!("/terms/minimum_payouts/{index}");
            if !currencies.contains(currency) {
                wrong.add(at.clone(), "currency_not_booked", "the book has no such currency");
            }
            if *amount < Minor::ZERO {
                wrong.add(at.clone(), "amount_negative", "a minimum payout is not negative");
            }
            if self
                .minimum_payouts
                .iter()
                .take(index)
                .any(|(before, _)| before == currency)
            {
                wrong.add(at, "currency_repeated", "a currency is named twice");
            }
        }
        wrong.when(
            self.reserve_days > LONGEST || self.confirm_days > LONGEST,
            "/terms/reserve_days",
            "days_range",
            "a time is at most 730 days",
        );
        wrong.when(
            self.silence_confirms && self.confirm_days == 0,
            "/terms/confirm_days",
            "days_range",
            "silence confirms only after a time of at least one day",
        );
        wrong.when(
            self.true_up_months > MOST_MONTHS,
            "/terms/true_up_months",
            "months_range",
            "a close looks back at most 24 months",
        );
        wrong.check()
    }
}

/// The terms of a month: the latest start, the later set of equal starts; without any the defaults.
pub fn in_force(all: &[SettlementTermsSet], period: Month) -> SettlementTerms {
    let begun = all.iter().filter(|set| set.from <= period);
    begun
        .max_by_key(|set| set.from)
        .map(|set| set.terms.clone())
        .unwrap_or_default()
}

/// `settlement.terms_set`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SettlementTermsSet {
    /// First month they hold for.
    pub from: Month,
    /// The terms.
    pub terms: SettlementTerms,
}
