//! `/v1/settlement-terms` and `/v1/calendars`: what the book agreed about its settlements, and its business days 工作日.
//! Must never know a holiday by itself: every one is of the book's own dated list.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{Month, PartyId};
use crate::domain::command::Command;
use crate::domain::settlement::{CalendarDay, CalendarSet, PayableOn, Settle, SettlementTerms};
use crate::money::{Currency, Minor, Rate};
use crate::report::{self, CalendarsView, TermsView};

/// When commission becomes payable.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum PayableOnIn {
    /// 结算即付: at settlement; what debtors have not paid in yet is shown as advanced 垫付.
    Settlement,
    /// 回款后付: once the receipt of the debtor's bill is matched; until then it is earned and carried.
    Receipt,
}

impl From<PayableOnIn> for PayableOn {
    fn from(told: PayableOnIn) -> PayableOn {
        match told {
            PayableOnIn::Settlement => PayableOn::Settlement,
            PayableOnIn::Receipt => PayableOn::Receipt,
        }
    }
}

/// A party whose contract reads otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionIn {
    /// Whose: id or own number.
    pub party: String,
    /// When its commission becomes payable.
    pub payable_on: PayableOnIn,
}

/// Terms of settlement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsIn {
    /// First month they hold for; the earliest open one when not told.
    #[schema(example = "2026-06")]
    pub from: Option<String>,
    /// 起付金额: below it nothing is payable and the balance is carried; one a currency.
    #[serde(default)]
    pub minimum_payouts: Vec<MoneyIn>,
    /// 退货准备金: what part of a month's earnings is held back for returns.
    #[schema(example = "0.1")]
    pub reserve_rate: Option<String>,
    /// Days after its month after which a reserve is released.
    #[serde(default)]
    pub reserve_days: u32,
    /// Days after delivery within which a party confirms or contests; 3 when not told.
    pub confirm_days: Option<u32>,
    /// The agreed clause: silence confirms, once delivery is proven.
    #[serde(default)]
    pub silence_confirms: bool,
    /// A run is issued only when every sheet with something payable was confirmed.
    #[serde(default)]
    pub confirm_before_issue: bool,
    /// How many months before its own a close trues up again; 4 when not told.
    pub true_up_months: Option<u32>,
    /// Days to confirm and to pay are business days of `/v1/calendars`: the day itself does not count, and the time ends
    /// with the last of them. A time that reaches into a year without a calendar is refused.
    #[serde(default)]
    pub business_days: bool,
    /// Days after issue within which what is payable is to be paid; no day is named when not told.
    pub pay_days: Option<u32>,
    /// When commission becomes payable; when not told, at settlement, and receipts of money are not looked at.
    pub payable_on: Option<PayableOnIn>,
    /// Parties whose contract reads otherwise.
    #[serde(default)]
    pub exceptions: Vec<ExceptionIn>,
}

/// Every version of the terms, in order of setting.
#[derive(Serialize, ToSchema)]
pub struct TermsListView {
    /// Versions; without any, nothing is held back, no minimum applies and silence confirms nothing.
    pub terms: Vec<TermsView>,
}

/// Sets the terms of settlement from a month on.
#[utoipa::path(post, path = "/v1/settlement-terms", tag = "settlement", request_body = TermsIn,
    responses((status = 200, body = AnswerView)))]
pub async fn set_terms(write: Write, Json(body): Json<TermsIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form(body.exceptions.iter().map(|own| own.party.as_str())).await?;
    let from: Option<Option<Month>> = form.maybe("/from", body.from.as_deref());
    let least = |(n, told): (usize, &MoneyIn)| {
        let money = form.money(&format!("/minimum_payouts/{n}"), told)?;
        Some((money.currency, money.minor))
    };
    let minimum: Vec<Option<(Currency, Minor)>> = body.minimum_payouts.iter().enumerate().map(least).collect();
    let rate: Option<Option<Rate>> = form.maybe("/reserve_rate", body.reserve_rate.as_deref());
    let own = |(n, told): (usize, &ExceptionIn)| {
        let party = form.party(&format!("/exceptions/{n}/party"), &told.party)?;
        Some((party, told.payable_on.into()))
    };
    let exceptions: Vec<Option<(PartyId, PayableOn)>> = body.exceptions.iter().enumerate().map(own).collect();
    let minimum = minimum.into_iter().collect::<Option<Vec<_>>>();
    let exceptions = exceptions.into_iter().collect::<Option<Vec<_>>>();
    let ((from, rate), (minimum_payouts, exceptions)) = form.finish(from.zip(rate).zip(minimum.zip(exceptions)))?;
    let usual = SettlementTerms::default();
    let terms = SettlementTerms {
        minimum_payouts,
        reserve_rate: rate.unwrap_or_default(),
        reserve_days: body.reserve_days,
        confirm_days: body.confirm_days.unwrap_or(usual.confirm_days),
        silence_confirms: body.silence_confirms,
        confirm_before_issue: body.confirm_before_issue,
        true_up_months: body.true_up_months.unwrap_or(usual.true_up_months),
        business_days: body.business_days,
        pay_days: body.pay_days,
        payable_on: body.payable_on.map(PayableOn::from),
        exceptions,
    };
    write
        .change(
            "POST /v1/settlement-terms",
            Command::Settle(Box::new(Settle::SetTerms { from, terms })),
        )
        .await
}

/// Lists every version of the terms of settlement.
#[utoipa::path(get, path = "/v1/settlement-terms", tag = "settlement", responses((status = 200, body = TermsListView)))]
pub async fn terms(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let terms = report::settlement_terms(&read.client, read.log()).await?;
    answer(&request, &TermsListView { terms })
}

/// A day that departs from its week.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDayIn {
    /// Which.
    #[schema(example = "2026-10-01")]
    pub on: String,
    /// True: a rest day that is worked 调休; false: a holiday 节假日.
    pub working: bool,
    /// What it is called.
    #[schema(example = "国庆节")]
    pub name: Option<String>,
}

/// The business days of a year: its rest days of the week, and the days that depart from them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarIn {
    /// Which.
    #[schema(example = 2026)]
    pub year: i32,
    /// Days of the week that are not worked, 1 for Monday to 7 for Sunday.
    #[schema(example = json!([6, 7]))]
    pub rest: Vec<u8>,
    /// Days that depart from that.
    #[serde(default)]
    pub days: Vec<CalendarDayIn>,
}

/// Sets the business days of a year, in place of what was set for it before. Times that were named already stay.
#[utoipa::path(post, path = "/v1/calendars", tag = "settlement", request_body = CalendarIn,
    responses((status = 200, body = AnswerView)))]
pub async fn set_calendar(write: Write, Json(body): Json<CalendarIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let day = |(n, told): (usize, &CalendarDayIn)| {
        let on = told.on.parse::<NaiveDate>();
        let on = on.map_err(|_| Fault::new("date_form", "a day is written 2026-10-01"));
        Some(CalendarDay {
            on: form.take(&format!("/days/{n}/on"), on)?,
            working: told.working,
            name: told.name.clone(),
        })
    };
    let days: Vec<Option<CalendarDay>> = body.days.iter().enumerate().map(day).collect();
    let set = CalendarSet {
        year: body.year,
        rest: body.rest,
        days: form.finish(days.into_iter().collect::<Option<Vec<_>>>())?,
    };
    write
        .change(
            "POST /v1/calendars",
            Command::Settle(Box::new(Settle::SetCalendar(set))),
        )
        .await
}

/// Lists the business days of every year that was set.
#[utoipa::path(get, path = "/v1/calendars", tag = "settlement", responses((status = 200, body = CalendarsView)))]
pub async fn calendars(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::calendars(&read.client, read.log()).await?)
}
