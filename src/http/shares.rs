//! How a contract shares: a rate, or a formula with deductions, tiers on the month and a team; and the true-up of a month
//! (`/v1/memberships/{membership}/true-up`).
//! Must never compute an amount: a true-up is decided from the month's own totals.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::memberships::named;
use super::problem::Problem;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{Month, PartyId};
use crate::domain::command::{Command, TrueUp};
use crate::domain::party::Share;
use crate::domain::share::{Bearer, Deduction, Measure, Method, MonthlyTiers, ShareFormula, Side};
use crate::money::{Currency, Minor, Rate};
use crate::report::Money;

/// How upper and member share: exactly one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareIn {
    /// The upper keeps this rate of the inflow, the member the rest.
    #[schema(example = "0.3")]
    pub upper_keeps: Option<String>,
    /// The upper passes this rate of the inflow on and keeps the rest.
    pub upper_passes: Option<String>,
    /// By a formula: deductions before or after the split, tiers on the month, a team.
    pub formula: Option<ShareFormulaIn>,
}

/// A formula of a share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareFormulaIn {
    /// Whose part the rates give: upper or member; the other side gets the rest.
    #[schema(value_type = String, example = "upper")]
    pub rates_of: Side,
    /// The rate that lines post. With tiers it is provisional, and the first tier's when not told.
    #[schema(example = "0.3")]
    pub rate: Option<String>,
    /// Deductions, in order.
    #[serde(default)]
    pub deductions: Vec<DeductionIn>,
    /// Tiers on the contract's month; lines post the provisional rate, a true-up the difference.
    pub tiers: Option<MonthlyTiersIn>,
    /// Who shares what the member keeps; the weights sum to 1.
    #[serde(default)]
    pub team: Vec<TeamMemberIn>,
}

/// A named deduction, a rate of what reaches the upper.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeductionIn {
    /// Name, such as `paid_traffic` 投流, `tax_points` 税点, `samples` 样品.
    #[schema(example = "paid_traffic")]
    pub name: String,
    /// Rate of the inflow.
    #[schema(example = "0.05")]
    pub rate: String,
    /// both (it comes off before the split), upper or member (it comes off that side's part).
    #[schema(value_type = String, example = "both")]
    pub bearer: Bearer,
    /// Who gets it, id or own number; the upper when not told.
    pub taker: Option<String>,
}

/// Tiers on a month; lower bounds are inclusive.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthlyTiersIn {
    /// base: settled sales net of refunds; inflow: commission that reached the upper.
    #[schema(value_type = String, example = "base")]
    pub measure: Measure,
    /// marginal (the default): each portion at its own rate; whole: the whole month at the rate reached.
    #[schema(value_type = Option<String>)]
    pub method: Option<Method>,
    /// From zero upwards.
    pub steps: Vec<MonthlyTierIn>,
}

/// One tier.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthlyTierIn {
    /// Lower bound, inclusive; the first is zero. All in one currency: lines of others keep the rate of the line.
    pub from: MoneyIn,
    /// Rate.
    #[schema(example = "0.25")]
    pub rate: String,
}

/// A part of the member's share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMemberIn {
    /// Who: id or own number; the member itself may be one.
    pub party: String,
    /// Weight, a decimal fraction.
    #[schema(example = "0.6")]
    pub weight: String,
}

/// Every party that a share names.
pub fn parties_of(share: &ShareIn) -> impl Iterator<Item = &str> {
    let formula = || share.formula.iter();
    let takers = formula().flat_map(|f| f.deductions.iter().filter_map(|d| d.taker.as_deref()));
    takers.chain(formula().flat_map(|f| f.team.iter().map(|t| t.party.as_str())))
}

/// Reads a share; pointers begin with `/share`.
pub fn share(form: &mut Form, told: &ShareIn) -> Option<Share> {
    form.within("/share", |form| {
        match (&told.upper_keeps, &told.upper_passes, &told.formula) {
            (Some(rate), None, None) => form.read("/upper_keeps", rate).map(Share::UpperKeeps),
            (None, Some(rate), None) => form.read("/upper_passes", rate).map(Share::UpperPasses),
            (None, None, Some(told)) => {
                let formula = form.within("/formula", |form| formula(form, told));
                formula.map(|formula| Share::Formula(Box::new(formula)))
            }
            _ => {
                let hint = "give upper_keeps, upper_passes or formula, one of them";
                form.fault("", Fault::new("one_of", hint));
                None
            }
        }
    })
}

fn formula(form: &mut Form, told: &ShareFormulaIn) -> Option<ShareFormula> {
    let read =
        |(n, told): (usize, &DeductionIn)| form.within(&format!("/deductions/{n}"), |form| deduction(form, told));
    let deductions: Vec<Option<Deduction>> = told.deductions.iter().enumerate().map(read).collect();
    let tiers = match &told.tiers {
        None => Some(None),
        Some(told) => form.within("/tiers", |form| tiers(form, told)).map(Some),
    };
    let read = |(n, told): (usize, &TeamMemberIn)| form.within(&format!("/team/{n}"), |form| member(form, told));
    let team: Vec<Option<(PartyId, Rate)>> = told.team.iter().enumerate().map(read).collect();
    let rate: Option<Option<Rate>> = form.maybe("/rate", told.rate.as_deref());
    let first = || tiers.as_ref()?.as_ref()?.steps.first().map(|(_, rate)| *rate);
    let rate = match rate? {
        None if told.tiers.is_some() => first(),
        told => form.need("/rate", told),
    };
    Some(ShareFormula {
        rates_of: told.rates_of,
        rate: rate?,
        deductions: deductions.into_iter().collect::<Option<_>>()?,
        tiers: tiers?,
        team: team.into_iter().collect::<Option<_>>()?,
    })
}

fn deduction(form: &mut Form, told: &DeductionIn) -> Option<Deduction> {
    let name = form.word("/name", Some(&told.name)).flatten();
    let rate = form.read("/rate", &told.rate);
    let taker = match &told.taker {
        None => Some(None),
        Some(taker) => form.party("/taker", taker).map(Some),
    };
    Some(Deduction {
        name: name?,
        rate: rate?,
        bearer: told.bearer,
        taker: taker?,
    })
}

fn tiers(form: &mut Form, told: &MonthlyTiersIn) -> Option<MonthlyTiers> {
    let Some(first) = told.steps.first() else {
        form.fault("/steps", Fault::new("missing_field", "tiers have at least one step"));
        return None;
    };
    let currency: Currency = form.read("/steps/0/from/currency", &first.from.currency)?;
    let step = |(n, told): (usize, &MonthlyTierIn)| {
        form.within(&format!("/steps/{n}"), |form| {
            let from = form.amount("/from", &told.from, currency);
            let rate = form.read("/rate", &told.rate);
            Some((from?, rate?))
        })
    };
    let steps: Vec<Option<(Minor, Rate)>> = told.steps.iter().enumerate().map(step).collect();
    Some(MonthlyTiers {
        currency,
        measure: told.measure,
        method: told.method.unwrap_or(Method::Marginal),
        steps: steps.into_iter().collect::<Option<_>>()?,
    })
}

fn member(form: &mut Form, told: &TeamMemberIn) -> Option<(PartyId, Rate)> {
    let party = form.party("/party", &told.party);
    let weight = form.read("/weight", &told.weight);
    party.zip(weight)
}

/// Which month to true up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrueUpIn {
    /// A month that is over, such as `2026-05`.
    #[schema(example = "2026-05")]
    pub month: String,
}

/// A month of a contract under one set of terms, and what the true-up came to.
#[derive(Serialize, ToSchema)]
pub struct TrueUpView {
    /// Start of the terms.
    pub terms_from: String,
    /// Settled base of the month's lines, net of refunds won.
    pub base: Money,
    /// What reached the upper.
    pub inflow: Money,
    /// What deductions before the split left of it.
    pub pool: Money,
    /// Rate of the tier that the month reaches.
    #[schema(example = "0.25")]
    pub rate: String,
    /// The upper's part of the pool by the tiers.
    pub target: Money,
    /// The upper's part as the lines posted it.
    pub posted: Money,
    /// What earlier true-ups gave the upper beyond that.
    pub trued_up_before: Money,
    /// What this one gives the upper; negative: the member. Zero: there was nothing to post.
    pub change: Money,
}

impl TrueUpView {
    fn of(of: &TrueUp) -> TrueUpView {
        let money = |amount| Money::of(amount, of.currency);
        TrueUpView {
            terms_from: of.terms_from.to_string(),
            base: money(of.figures.base),
            inflow: money(of.figures.inflow),
            pool: money(of.figures.pool),
            rate: of.rate.to_string(),
            target: money(of.target),
            posted: money(of.figures.share),
            trued_up_before: money(of.trued_up_before),
            change: money(of.change),
        }
    }
}

/// The answer to a true-up: what it says is durable, unless `dry_run`.
#[derive(Serialize, ToSchema)]
pub struct TrueUpAnswerView {
    /// As of every write.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// By terms of the contract; each of an amendment's by itself.
    pub true_ups: Vec<TrueUpView>,
}

/// Brings a month of a contract with tiers to what they give on its totals 分成结算差额. Run again after late facts it
/// posts the difference, in the earliest month open; with nothing new it posts nothing.
#[utoipa::path(post, path = "/v1/memberships/{membership}/true-up", tag = "parties", request_body = TrueUpIn,
    params(("membership" = String, Path)), responses((status = 200, body = TrueUpAnswerView)))]
pub async fn true_up(write: Write, id: Path<String>, Json(body): Json<TrueUpIn>) -> Result<HttpResponse, Problem> {
    let (membership, member) = named(&write, &id).await?;
    let mut form = Form::default();
    let month = form.read("/month", &body.month);
    let month: Month = form.finish(month)?;
    let command = Command::TrueUpMembership {
        member,
        membership,
        month,
        run: None,
    };
    let answer = write
        .decide("POST /v1/memberships/{membership}/true-up", command)
        .await?;
    let true_ups = answer.made.true_ups.iter().map(TrueUpView::of).collect();
    let answer = AnswerView::of(answer, "membership");
    Ok(HttpResponse::Ok().json(TrueUpAnswerView { answer, true_ups }))
}
