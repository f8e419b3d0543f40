//! `/v1/formulas`: dated, versioned formulas: base, fees, shares, subsidies, rounding, what makes a line settleable.
//! Must never hold a platform's rule as a default: every figure comes from the body.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::domain::book::{Fee, Formula, FormulaBasis, Subsidy};
use crate::domain::command::Command;
use crate::domain::order::Funder;
use crate::domain::order::pin::{FeeOf, Settleable};
use crate::money::Rounding;
use crate::report::{self, FormulasView};

/// A version of a formula.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormulaIn {
    /// In force from here; from now when not told.
    pub effective_from: Option<String>,
    /// The formula.
    pub terms: FormulaTermsIn,
}

/// What a line is computed from and who takes which part.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormulaTermsIn {
    /// Name for people.
    pub name: String,
    /// own_rules (the default) or as_reported.
    #[schema(value_type = Option<String>)]
    pub basis: Option<FormulaBasis>,
    /// Only for lines of this platform.
    pub platform: Option<String>,
    /// Who owes the commission under as_reported, id or own number: for an agency's book the platform that pays it. The
    /// brand of the line's shop when not told.
    pub payer: Option<String>,
    /// half_up (the default), half_even or truncate.
    #[schema(value_type = Option<String>)]
    pub rounding: Option<Rounding>,
    /// Discounts of these funders are added back to the base: merchant, platform, anchor, agency, payment.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub add_back: Vec<Funder>,
    /// A kept deposit is a base.
    #[serde(default)]
    pub kept_deposit_is_base: bool,
    /// Content fee on the base, on top of the shown rate.
    pub content_fee: Option<TakerRateIn>,
    /// Rules state the overall rate, the content fee's included.
    #[serde(default)]
    pub rates_are_overall: bool,
    /// Fees, in order.
    #[serde(default)]
    pub fees: Vec<FeeIn>,
    /// Subsidies.
    #[serde(default)]
    pub subsidies: Vec<SubsidyIn>,
    /// When a line becomes settleable.
    pub settleable: SettleableIn,
    /// Attribution window in seconds before the order.
    pub window_seconds: i64,
    /// Returns that do not name their order are matched with the lines of the platform.
    #[serde(default)]
    pub returns_without_order: bool,
}

/// A taker and its rate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakerRateIn {
    /// Who gets it: id or own number.
    pub taker: String,
    /// Rate.
    pub rate: String,
}

/// A fee.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeIn {
    /// Component name, such as `technical_fee`.
    #[schema(example = "technical_fee")]
    pub name: String,
    /// Who gets it: id or own number.
    pub taker: String,
    /// Rate on the rounded predecessor.
    #[schema(example = "0.1")]
    pub rate: String,
    /// gross: of the gross commission; remainder: of what the fees before left.
    #[schema(value_type = String, example = "gross")]
    pub of: FeeOf,
}

/// A subsidy: min(base x rate, cap) x share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubsidyIn {
    /// Name.
    pub name: String,
    /// Who pays it: id or own number.
    pub payer: String,
    /// Rate on the base.
    pub rate: String,
    /// Cap per line.
    pub cap: Option<MoneyIn>,
    /// Share of it that reaches the takers; all when not told.
    pub share: Option<String>,
}

/// When a line becomes settleable: exactly one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleableIn {
    /// When the platform says settled.
    pub platform_settled: Option<bool>,
    /// A number of days after receipt.
    pub received_plus_days: Option<u16>,
    /// Session by session.
    pub fulfilment: Option<bool>,
}

fn settleable(form: &mut Form, told: &SettleableIn) -> Option<Settleable> {
    match (told.platform_settled, told.received_plus_days, told.fulfilment) {
        (Some(true), None, None) => Some(Settleable::PlatformSettled),
        (None, Some(days), None) => Some(Settleable::ReceivedPlusDays(days)),
        (None, None, Some(true)) => Some(Settleable::Fulfilment),
        _ => {
            let hint = "give one of platform_settled: true, received_plus_days: n, fulfilment: true";
            form.fault("/settleable", Fault::new("one_of", hint));
            None
        }
    }
}

fn fee(form: &mut Form, told: &FeeIn) -> Option<Fee> {
    let name = form.word("/name", Some(&told.name)).flatten();
    let taker = form.party("/taker", &told.taker);
    let rate = form.read("/rate", &told.rate);
    Some(Fee {
        name: name?,
        taker: taker?,
        rate: rate?,
        of: told.of,
    })
}

fn subsidy(form: &mut Form, told: &SubsidyIn) -> Option<Subsidy> {
    let name = form.word("/name", Some(&told.name)).flatten();
    let payer = form.party("/payer", &told.payer);
    let rate = form.read("/rate", &told.rate);
    let cap = match &told.cap {
        Some(money) => form.money("/cap", money).map(|cap| Some(cap.minor)),
        None => Some(None),
    };
    let share = form.maybe("/share", told.share.as_deref());
    Some(Subsidy {
        name: name?,
        payer: payer?,
        rate: rate?,
        cap: cap?,
        share: share?.unwrap_or(crate::money::Rate::ONE),
    })
}

/// Reads the terms of a formula.
pub fn terms(form: &mut Form, told: &FormulaTermsIn) -> Option<Formula> {
    let name = form.word("/name", Some(&told.name)).flatten();
    let platform = form.maybe("/platform", told.platform.as_deref());
    let payer = match &told.payer {
        None => Some(None),
        Some(payer) => form.party("/payer", payer).map(Some),
    };
    let content_fee = match &told.content_fee {
        None => Some(None),
        Some(fee) => form.within("/content_fee", |form| {
            let taker = form.party("/taker", &fee.taker);
            let rate = form.read("/rate", &fee.rate);
            Some(Some((taker?, rate?)))
        }),
    };
    let read = |(n, told): (usize, &FeeIn)| form.within(&format!("/fees/{n}"), |form| fee(form, told));
    let fees: Vec<Option<Fee>> = told.fees.iter().enumerate().map(read).collect();
    let read = |(n, told): (usize, &SubsidyIn)| form.within(&format!("/subsidies/{n}"), |form| subsidy(form, told));
    let subsidies: Vec<Option<Subsidy>> = told.subsidies.iter().enumerate().map(read).collect();
    let settleable = settleable(form, &told.settleable);
    if !(0..=366 * 86_400).contains(&told.window_seconds) {
        form.fault(
            "/window_seconds",
            Fault::new("window_out_of_range", "0 to 31622400 seconds"),
        );
    }
    Some(Formula {
        name: name?,
        basis: told.basis.unwrap_or_default(),
        platform: platform?,
        payer: payer?,
        rounding: told.rounding.unwrap_or_default(),
        add_back: told.add_back.clone(),
        kept_deposit_is_base: told.kept_deposit_is_base,
        content_fee: content_fee?,
        rates_are_overall: told.rates_are_overall,
        fees: fees.into_iter().collect::<Option<_>>()?,
        subsidies: subsidies.into_iter().collect::<Option<_>>()?,
        settleable: settleable?,
        window_seconds: told.window_seconds,
        returns_without_order: told.returns_without_order,
    })
}

/// Every party that the terms name.
pub fn parties_of(terms: &FormulaTermsIn) -> impl Iterator<Item = &str> {
    let fees = terms.fees.iter().map(|fee| fee.taker.as_str());
    let subsidies = terms.subsidies.iter().map(|subsidy| subsidy.payer.as_str());
    fees.chain(subsidies)
        .chain(terms.content_fee.iter().map(|fee| fee.taker.as_str()))
        .chain(terms.payer.as_deref())
}

async fn command(write: &Write, formula: Option<crate::base::FormulaId>, body: FormulaIn) -> Result<Command, Problem> {
    let mut form = write.form(parties_of(&body.terms)).await?;
    let effective_from = form.maybe("/effective_from", body.effective_from.as_deref());
    let terms = form.within("/terms", |form| terms(form, &body.terms));
    let (effective_from, terms) = form.finish(effective_from.zip(terms))?;
    Ok(Command::SetFormula {
        formula,
        effective_from,
        terms: Box::new(terms),
    })
}

/// Makes a formula with its first version.
#[utoipa::path(post, path = "/v1/formulas", tag = "cps", request_body = FormulaIn,
    responses((status = 201, body = AnswerView)))]
pub async fn make(write: Write, Json(body): Json<FormulaIn>) -> Result<HttpResponse, Problem> {
    let command = command(&write, None, body).await?;
    write.make("POST /v1/formulas", "formula", command).await
}

/// Adds a version to a formula.
#[utoipa::path(post, path = "/v1/formulas/{formula}/versions", tag = "cps", request_body = FormulaIn,
    params(("formula" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn version(write: Write, id: Path<String>, Json(body): Json<FormulaIn>) -> Result<HttpResponse, Problem> {
    let formula = id.parse().map_err(|_| Problem::not_found())?;
    let command = command(&write, Some(formula), body).await?;
    write
        .make("POST /v1/formulas/{formula}/versions", "formula", command)
        .await
}

/// Lists formulas with every version.
#[utoipa::path(get, path = "/v1/formulas", tag = "cps",
    params(("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = FormulasView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::formulas(&read.client, read.log(), read.at).await?)
}
