//! What a book agreed about its settlements: terms by month, and the business days that their times are counted in.
//! Must never show a default as if it had been set.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::{At, Money, ReportError, position, streams};
use crate::base::{LogId, Month, PartyId};
use crate::domain::settlement::{CalendarDay, PayableOn, SettlementTerms};

/// Terms of settlement from a month on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TermsView {
    /// First month.
    #[schema(value_type = String)]
    pub from: Month,
    /// 起付金额
    pub minimum_payouts: Vec<Money>,
    /// 退货准备金: a decimal fraction of what a month earned.
    pub reserve_rate: String,
    /// Days after its month after which a reserve is released.
    pub reserve_days: u32,
    /// Days within which a party confirms or contests.
    pub confirm_days: u32,
    /// Silence confirms, once delivery is proven.
    pub silence_confirms: bool,
    /// A run is issued only when everything payable was confirmed.
    pub confirm_before_issue: bool,
    /// How many months before its own a close trues up again.
    pub true_up_months: u32,
    /// Days to confirm and to pay are business days of the book's calendar.
    pub business_days: bool,
    /// Days after issue within which what is payable is to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_days: Option<u32>,
    /// `settlement` or `receipt`: when commission becomes payable; absent: at settlement, and receipts are not looked at.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payable_on: Option<PayableOn>,
    /// Parties whose contract reads otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<PayableOnView>,
}

/// When commission becomes payable to a party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PayableOnView {
    /// Whose.
    #[schema(value_type = String)]
    pub party: PartyId,
    /// `settlement` or `receipt`.
    #[schema(value_type = String)]
    pub payable_on: PayableOn,
}

/// Business days 工作日 of a book, year by year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CalendarsView {
    /// Years; of others nothing is known, and a time of business days that reaches into one is refused.
    pub calendars: Vec<CalendarView>,
}

/// Business days of a year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CalendarView {
    /// Which.
    pub year: i32,
    /// Days of the week that are not worked: 1 is Monday, 7 is Sunday.
    pub rest: Vec<u8>,
    /// Days that depart from that.
    pub days: Vec<CalendarDayView>,
}

/// A day that departs from its week.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CalendarDayView {
    /// Which.
    #[schema(example = "2026-10-01")]
    pub on: String,
    /// It is worked, or is not.
    pub working: bool,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The book's calendar, year by year.
pub async fn calendars(client: &Client, log: LogId) -> Result<CalendarsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let book = streams::book(client, log, position).await?;
    let day = |day: &CalendarDay| CalendarDayView {
        on: day.on.to_string(),
        working: day.working,
        name: day.name.clone(),
    };
    let calendars = book.calendar.years().map(|set| CalendarView {
        year: set.year,
        rest: set.rest.clone(),
        days: set.days.iter().map(day).collect(),
    });
    Ok(CalendarsView {
        calendars: calendars.collect(),
    })
}

/// Every version of the terms of settlement, in order of setting; without any the defaults hold.
pub async fn settlement_terms(client: &Client, log: LogId) -> Result<Vec<TermsView>, ReportError> {
    let position = position(client, log, At::Now).await?;
    let book = streams::book(client, log, position).await?;
    let view = |from: Month, terms: &SettlementTerms| TermsView {
        from,
        minimum_payouts: (terms.minimum_payouts.iter())
            .map(|(currency, amount)| Money::of(*amount, *currency))
            .collect(),
        reserve_rate: terms.reserve_rate.to_string(),
        reserve_days: terms.reserve_days,
        confirm_days: terms.confirm_days,
        silence_confirms: terms.silence_confirms,
        confirm_before_issue: terms.confirm_before_issue,
        true_up_months: terms.true_up_months,
        business_days: terms.business_days,
        pay_days: terms.pay_days,
        payable_on: terms.payable_on,
        exceptions: (terms.exceptions.iter())
            .map(|(party, payable_on)| PayableOnView {
                party: *party,
                payable_on: *payable_on,
            })
            .collect(),
    };
    Ok(book.terms.iter().map(|set| view(set.from, &set.terms)).collect())
}
