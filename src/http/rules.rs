//! `/v1/rules`: commission rules of brands, their versions, their end, and who applies to use them.
//! Must never let a brand touch a rule, shop or item of another: those look as if they did not exist.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::rule_terms::{RuleTermsIn, subjects_of, terms};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::access::{rule_stand, scope_brand};
use crate::base::{BookId, ExternalId, ItemId, PartyId, RuleId, ShelfId, ShopId};
use crate::domain::command::Command;
use crate::domain::plan::{PlanKind, RuleScope};
use crate::money::Currency;
use crate::report::{self, RuleVersionView, RuleView, RulesView};

/// A rule to post.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleIn {
    /// Your own number for it.
    pub external_id: Option<String>,
    /// The brand that pays: id or own number. A brand's own key may leave it out.
    pub brand: Option<String>,
    /// general, self_select, marketing, first_n, targeted, exclusive or live_exclusive.
    #[schema(value_type = String, example = "live_exclusive")]
    pub kind: PlanKind,
    /// What it covers.
    pub scope: ScopeIn,
    /// Currency of its amounts; CNY when not told.
    pub currency: Option<String>,
    /// Terms.
    pub terms: RuleTermsIn,
}

/// What a rule covers: one item, a shop, or one category of a shop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeIn {
    /// Platform.
    #[schema(example = "taobao")]
    pub platform: String,
    /// The platform's item number.
    pub item: Option<String>,
    /// The platform's shop number.
    pub shop: Option<String>,
    /// A category of that shop.
    pub category: Option<String>,
}

/// Other terms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleVersionIn {
    /// Currency of its amounts; CNY when not told.
    pub currency: Option<String>,
    /// Terms. A raise is in force at once, a cut from the next midnight of the book.
    pub terms: RuleTermsIn,
}

/// Who applies.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantIn {
    /// Id or own number; a party's own key may leave it out.
    pub party: Option<String>,
}

/// A decision on an applicant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantDecisionIn {
    /// Approved, or refused.
    pub approved: bool,
}

/// A body without fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NothingIn {}

pub(super) fn scope(form: &mut Form, book: BookId, told: &ScopeIn) -> Option<RuleScope> {
    let platform: Option<ExternalId> = form.read("/platform", &told.platform);
    let item: Option<Option<ExternalId>> = form.maybe("/item", told.item.as_deref());
    let shop: Option<Option<ExternalId>> = form.maybe("/shop", told.shop.as_deref());
    let category = form.word("/category", told.category.as_deref());
    let platform = platform?;
    match (item?, shop?, category?) {
        (Some(item), None, None) => Some(RuleScope::Item(ItemId::of(book, platform.as_str(), item.as_str()))),
        (None, Some(shop), None) => Some(RuleScope::Shop(ShopId::of(book, platform.as_str(), shop.as_str()))),
        (None, Some(shop), Some(category)) => Some(RuleScope::Category(
            ShopId::of(book, platform.as_str(), shop.as_str()),
            category,
        )),
        _ => {
            form.fault("", Fault::new("one_of", "give item, or shop, or shop with category"));
            None
        }
    }
}

/// Posts a rule with its first version.
#[utoipa::path(post, path = "/v1/rules", tag = "cps", request_body = RuleIn, responses((status = 201, body = AnswerView)))]
pub async fn post(write: Write, Json(body): Json<RuleIn>) -> Result<HttpResponse, Problem> {
    let texts = body.brand.iter().map(String::as_str).chain(subjects_of(&body.terms));
    let mut form = write.form(texts).await?;
    let external_id = form.maybe("/external_id", body.external_id.as_deref());
    let brand = match (&body.brand, write.caller.who.party) {
        (Some(text), _) => form.party("/brand", text),
        (None, own) => form.need("/brand", own),
    };
    let scope = form.within("/scope", |form| scope(form, write.caller.who.book, &body.scope));
    let currency: Currency = form
        .maybe("/currency", body.currency.as_deref())
        .flatten()
        .unwrap_or(Currency::CNY);
    let terms = form.within("/terms", |form| terms(form, &body.terms, currency));
    let (((external_id, brand), scope), terms) = form.finish(external_id.zip(brand).zip(scope).zip(terms))?;
    if let Some(own) = write.caller.who.party {
        let client = write.client().await?;
        let sells = scope_brand(&client, write.caller.who.log, &scope).await?;
        if brand != own || sells != Some(own) {
            return Err(Problem::not_found());
        }
    }
    let command = Command::PostRule {
        external_id,
        brand,
        kind: body.kind,
        scope,
        currency,
        terms: Box::new(terms),
    };
    write.make("POST /v1/rules", "rule", command).await
}

/// Where a rule stands, if the caller may change it (`mine`), or at all.
async fn stand(write: &Write, text: &str, mine: bool) -> Result<(ShelfId, RuleId), Problem> {
    let rule: RuleId = text.parse().map_err(|_| Problem::not_found())?;
    let client = write.client().await?;
    let (shelf, brand) = rule_stand(&client, write.caller.who.log, rule)
        .await?
        .ok_or_else(Problem::not_found)?;
    if mine && write.caller.who.party.is_some_and(|own| own != brand) {
        return Err(Problem::not_found());
    }
    Ok((shelf, rule))
}

/// Asks for other terms.
#[utoipa::path(post, path = "/v1/rules/{rule}/versions", tag = "cps", request_body = RuleVersionIn,
    params(("rule" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn version(write: Write, id: Path<String>, Json(body): Json<RuleVersionIn>) -> Result<HttpResponse, Problem> {
    let (shelf, rule) = stand(&write, &id, true).await?;
    let mut form = write.form(subjects_of(&body.terms)).await?;
    let currency: Currency = form
        .maybe("/currency", body.currency.as_deref())
        .flatten()
        .unwrap_or(Currency::CNY);
    let terms = form.within("/terms", |form| terms(form, &body.terms, currency));
    let terms = Box::new(form.finish(terms)?);
    write
        .make(
            "POST /v1/rules/{rule}/versions",
            "rule",
            Command::ChangeRule { shelf, rule, terms },
        )
        .await
}

/// Ends a rule from the next midnight of the book.
#[utoipa::path(post, path = "/v1/rules/{rule}/end", tag = "cps", request_body = NothingIn,
    params(("rule" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn end(write: Write, id: Path<String>, Json(NothingIn {}): Json<NothingIn>) -> Result<HttpResponse, Problem> {
    let (shelf, rule) = stand(&write, &id, true).await?;
    write
        .change("POST /v1/rules/{rule}/end", Command::EndRule { shelf, rule })
        .await
}

/// Applies to use a rule that needs approval.
#[utoipa::path(post, path = "/v1/rules/{rule}/applicants", tag = "cps", request_body = ApplicantIn,
    params(("rule" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn apply(write: Write, id: Path<String>, Json(body): Json<ApplicantIn>) -> Result<HttpResponse, Problem> {
    let party: PartyId = match (&body.party, write.caller.who.party) {
        (Some(text), _) => write.party(text).await?,
        (None, Some(own)) => own,
        (None, None) => return Err(Problem::bad_request("missing_field", "say who applies").at("/party")),
    };
    let (shelf, rule) = stand(&write, &id, false).await?;
    write
        .make(
            "POST /v1/rules/{rule}/applicants",
            "",
            Command::ApplyToRule { shelf, rule, party },
        )
        .await
}

/// Approves or refuses an applicant.
#[utoipa::path(post, path = "/v1/rules/{rule}/applicants/{party}", tag = "cps", request_body = ApplicantDecisionIn,
    params(("rule" = String, Path), ("party" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn decide(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<ApplicantDecisionIn>,
) -> Result<HttpResponse, Problem> {
    let (shelf, rule) = stand(&write, &path.0, true).await?;
    let mut form = write.form([path.1.as_str()]).await?;
    let party = form.party("", &path.1);
    let party = form.finish(party).map_err(|_| Problem::not_found())?;
    let command = Command::DecideApplicant {
        shelf,
        rule,
        party,
        approved: body.approved,
    };
    write.change("POST /v1/rules/{rule}/applicants/{party}", command).await
}

/// Lists rules.
#[utoipa::path(get, path = "/v1/rules", tag = "cps", params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = RulesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::rules(&read.client, read.log(), read.viewer(), &page).await?,
    )
}

/// Shows a rule with every version.
#[utoipa::path(get, path = "/v1/rules/{rule}", tag = "cps", params(("rule" = String, Path)),
    responses((status = 200, body = RuleView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = one(&shared, caller, &request, &id).await?;
    answer(&request, &view)
}

/// Shows the versions of a rule.
#[utoipa::path(get, path = "/v1/rules/{rule}/versions", tag = "cps", params(("rule" = String, Path)),
    responses((status = 200, body = Vec<RuleVersionView>)))]
pub async fn versions(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = one(&shared, caller, &request, &id).await?;
    answer(&request, &view.versions)
}

async fn one(shared: &Data<Shared>, caller: Caller, request: &HttpRequest, id: &str) -> Result<RuleView, Problem> {
    let mut read = Read::current(shared, caller, request).await?;
    read.finish()?;
    let rule = id.parse().map_err(|_| Problem::not_found())?;
    Ok(report::rule(&read.client, read.log(), read.viewer(), rule).await?)
}
