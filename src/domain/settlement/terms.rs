//! What a book agreed about its settlements, dated by month: minimum payout, reserve for returns, confirmation.
//! Must never apply to a month that was cut off before the terms were set.

use serde::{Deserialize, Serialize};

use crate::base::{Month, PartyId};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor, Rate};

/// Longest time in days that terms may name.
const LONGEST: u32 = 730;
/// Most months back that a close trues up.
const MOST_MONTHS: u32 = 24;

/// Most parties with a reading of their own.
const MOST_EXCEPTIONS: usize = 1_000;

/// When commission becomes payable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayableOn {
    /// 结算即付: when it is settled; what debtors have not paid in yet is shown as advanced 垫付.
    Settlement,
    /// 回款后付: when the receipt of the debtor's bill is matched; until then it is earned and carried.
    Receipt,
}

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
    /// Days to confirm and to pay are business days 工作日 of the book's calendar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub business_days: bool,
    /// Days after issue within which what is payable is to be paid; none: no day is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_days: Option<u32>,
    /// When commission becomes payable; none: at settlement, and receipts are not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payable_on: Option<PayableOn>,
    /// Parties whose contract reads otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<(PartyId, PayableOn)>,
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
            business_days: false,
            pay_days: None,
            payable_on: None,
            exceptions: Vec::new(),
        }
    }
}

impl SettlementTerms {
    /// The least that is paid out in a currency.
    pub fn minimum(&self, currency: Currency) -> Minor {
        let own = self.minimum_payouts.iter().find(|(own, _)| *own == currency);
        own.map_or(Minor::ZERO, |(_, amount)| *amount)
    }

    /// When commission becomes payable to a party; none: receipts are not looked at.
    pub fn payable_on(&self, party: PartyId) -> Option<PayableOn> {
        let own = self.exceptions.iter().find(|(own, _)| *own == party);
        own.map(|(_, on)| *on).or(self.payable_on)
    }

    /// Receipts matter for somebody.
    pub fn looks_at_receipts(&self) -> bool {
        self.payable_on.is_some() || !self.exceptions.is_empty()
    }

    fn check_exceptions(&self, exists: &dyn Fn(PartyId) -> bool, wrong: &mut Wrong) {
        wrong.when(
            self.exceptions.len() > MOST_EXCEPTIONS,
            "/terms/exceptions",
            "too_many",
            "at most 1,000 parties",
        );
        let mut seen = std::collections::BTreeSet::new();
        for (index, (party, _)) in self.exceptions.iter().enumerate().take(MOST_EXCEPTIONS) {
            let at = format!("/terms/exceptions/{index}/party");
            if !exists(*party) {
                wrong.add(at.clone(), "not_found", "no such party");
            }
            if !seen.insert(*party) {
                wrong.add(at, "party_repeated", "a party is named twice");
            }
        }
    }

    /// As they hold for one who leaves: no minimum, for there may be no later run.
    pub fn of_exit(mut self) -> SettlementTerms {
        self.minimum_payouts.clear();
        self
    }

    /// Refuses terms that make no sense.
    pub fn check(&self, currencies: &[Currency], exists: &dyn Fn(PartyId) -> bool) -> Result<(), Refusal> {
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
            self.reserve_days > LONGEST
                || self.confirm_days > LONGEST
                || self.pay_days.is_some_and(|days| days > LONGEST),
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
        self.check_exceptions(exists, &mut wrong);
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
