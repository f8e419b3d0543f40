//! `/v1/simulations`: what a month would have come to under other rates, drafted rules or other shares 试算.
//! Must never write: nothing is recorded, not even that it was asked.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::rules::{ScopeIn, scope};
use super::state::Shared;
use crate::base::{Month, PartyId, RuleId};
use crate::domain::order::what_if::{Covers, Draft, DraftRule, OpenKind};
use crate::domain::plan::RuleScope;
use crate::money::Rate;
use crate::report::{self, SimulationView, Viewer};

/// Most changes of one kind.
const MOST: usize = 200;

/// Another rate of a standing rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherRateIn {
    /// Which rule.
    pub rule: String,
    /// Its rate, in place of its own, tiers included.
    #[schema(example = "0.25")]
    pub rate: String,
}

/// Kinds that are open to everyone.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum DraftKindIn {
    /// 通用计划
    General,
    /// 自选计划
    SelfSelect,
    /// 营销计划
    Marketing,
}

/// A rule that does not exist, open to everyone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftRuleIn {
    /// What it covers.
    pub scope: ScopeIn,
    /// Its kind, which says what it goes before.
    pub kind: DraftKindIn,
    /// Its rate.
    #[schema(example = "0.2")]
    pub rate: String,
}

/// Another share of an agency contract.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherShareIn {
    /// The member: id or own number.
    pub member: String,
    /// The party above it: id or own number.
    pub upper: String,
    /// What the upper party keeps of what comes in.
    #[schema(example = "0.3")]
    pub upper_keeps: String,
}

/// A draft, and the month that it is tried on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationIn {
    /// Lines ordered in this month.
    #[schema(example = "2026-05")]
    pub period: String,
    /// Other rates of standing rules.
    #[serde(default)]
    pub rates: Vec<OtherRateIn>,
    /// Drafted rules.
    #[serde(default)]
    pub rules: Vec<DraftRuleIn>,
    /// Other shares; for the book's own people.
    #[serde(default)]
    pub shares: Vec<OtherShareIn>,
}

/// Tries a draft on a past month and answers the difference for each party, writing nothing. Promoters stay as they were
/// attributed, and so do first N and budgets. A brand tries rates on its own lines; of others it sees a range over at least
/// five, or nothing.
#[utoipa::path(post, path = "/v1/simulations", tag = "cps", request_body = SimulationIn,
    responses((status = 200, body = SimulationView)))]
pub async fn simulate(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    Json(body): Json<SimulationIn>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let mut form = Form::default();
    let period: Option<Month> = form.read("/period", &body.period);
    if body.rates.len() + body.rules.len() + body.shares.len() == 0 {
        form.fault("", Fault::new("one_of", "give rates, rules or shares"));
    }
    if [body.rates.len(), body.rules.len(), body.shares.len()]
        .iter()
        .any(|count| *count > MOST)
    {
        form.fault("", Fault::new("too_many", "at most 200 changes of one kind"));
    }
    let viewer = read.viewer();
    if viewer != Viewer::All && !body.shares.is_empty() {
        form.fault(
            "/shares",
            Fault::new("not_yours", "what others share is not a brand's to try"),
        );
    }
    let mut draft = Draft::default();
    for (n, told) in body.rates.iter().enumerate().take(MOST) {
        let rule: Option<RuleId> = form.read(&format!("/rates/{n}/rule"), &told.rule);
        let rate: Option<Rate> = form.read(&format!("/rates/{n}/rate"), &told.rate);
        draft.rates.extend(rule.zip(rate));
    }
    for (n, told) in body.rules.iter().enumerate().take(MOST) {
        let rate: Option<Rate> = form.read(&format!("/rules/{n}/rate"), &told.rate);
        let book = read.who().book;
        let scope = form.within(&format!("/rules/{n}/scope"), |form| scope(form, book, &told.scope));
        let kind = match told.kind {
            DraftKindIn::General => OpenKind::General,
            DraftKindIn::SelfSelect => OpenKind::SelfSelect,
            DraftKindIn::Marketing => OpenKind::Marketing,
        };
        let covers = scope.map(|scope| match scope {
            RuleScope::Item(item) => Covers::Item(item),
            RuleScope::Shop(shop) => Covers::Shop(shop),
            RuleScope::Category(shop, category) => Covers::Category(shop, category),
        });
        let rule = covers.zip(rate).map(|(covers, rate)| DraftRule { covers, kind, rate });
        draft.rules.extend(rule);
    }
    let mut parties: Vec<(PartyId, PartyId)> = Vec::new();
    for told in body.shares.iter().take(MOST) {
        parties.push((read.party(&told.member).await?, read.party(&told.upper).await?));
    }
    for (n, (told, parties)) in body.shares.iter().zip(parties).enumerate() {
        let rate: Option<Rate> = form.read(&format!("/shares/{n}/upper_keeps"), &told.upper_keeps);
        draft.shares.extend(rate.map(|rate| (parties, rate)));
    }
    let period = form.finish(period)?;
    answer(
        &request,
        &report::simulation(&read.client, read.log(), viewer, period, &draft).await?,
    )
}
