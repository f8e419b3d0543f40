//! `/v1/pool`: anchors look for goods; brands show their products in the pool.
//! Must never let a brand show another brand's product.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::params::Params;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::access::scope_brand;
use crate::base::words::words;
use crate::base::{ItemId, PartyId};
use crate::domain::plan::RuleScope;
use crate::domain::pool::{Kind, PoolTerms};
use crate::domain::pooling::PoolCommand;
use crate::money::Currency;
use crate::report::{self, PoolAsk, PoolSort, PoolView};

/// Most categories of one search.
const MOST_CATEGORIES: usize = 10;
/// Most characters of a search.
const MOST_CHARS: usize = 100;

/// What a brand publishes of a product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolTermsIn {
    /// Price in the show.
    pub price: MoneyIn,
    /// What a buyer pays after the coupon that everybody gets; commission is reckoned on it.
    pub coupon_price: Option<MoneyIn>,
    /// Units sold a month.
    pub sales: Option<u32>,
    /// Share of units refunded, a decimal fraction.
    pub refund_rate: Option<String>,
    /// Score of the shop, 0 to 5 with at most three decimals.
    #[schema(example = "4.8")]
    pub score: Option<String>,
    /// Least quantity.
    pub min_order: Option<u32>,
    /// Hours until dispatch.
    pub ships_within: Option<u16>,
    /// Sent to the buyer one by one 一件代发.
    pub dropship: Option<bool>,
    /// Samples may be asked for.
    pub sample: Option<bool>,
    /// Units that may be sold.
    pub stock: Option<u32>,
    /// Freight of a unit that whoever promotes it bears.
    pub freight: Option<MoneyIn>,
}

/// Why a product leaves the pool.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolWithdrawIn {
    /// In words.
    pub reason: Option<String>,
}

/// A score in thousandths, such as `4.8`.
fn score(form: &mut Form, pointer: &str, text: Option<&str>) -> Option<Option<u16>> {
    let Some(text) = text else { return Some(None) };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let read = (whole.len() == 1 && fraction.len() <= 3 && digits(whole) && digits(fraction))
        .then(|| format!("{whole}{fraction:0<3}").parse::<u16>().ok())
        .flatten()
        .filter(|score| *score <= 5_000);
    if read.is_none() {
        let wrong = "a score is 0 to 5 with at most three decimals";
        form.fault(pointer, Fault::new("number_form", wrong));
        return None;
    }
    Some(read)
}

fn terms(form: &mut Form, told: &PoolTermsIn) -> Option<PoolTerms> {
    let price = form.money("/price", &told.price)?;
    let currency = price.currency;
    let coupon_price = form.maybe_amount("/coupon_price", told.coupon_price.as_ref(), currency);
    let freight = form.maybe_amount("/freight", told.freight.as_ref(), currency);
    let refund_rate = form.maybe("/refund_rate", told.refund_rate.as_deref());
    let score = score(form, "/score", told.score.as_deref());
    Some(PoolTerms {
        currency,
        price: price.minor,
        coupon_price: coupon_price?,
        sales: told.sales,
        refund_rate: refund_rate?,
        score: score?,
        min_order: told.min_order,
        ships_within: told.ships_within,
        dropship: told.dropship.unwrap_or_default(),
        sample: told.sample.unwrap_or_default(),
        stock: told.stock,
        freight: freight?,
    })
}

/// The product of a path, if the caller's brand answers for it.
async fn product(write: &Write, text: &str) -> Result<ItemId, Problem> {
    let item: ItemId = text.parse().map_err(|_| Problem::not_found())?;
    if let Some(own) = write.caller.who.party {
        let client = write.client().await?;
        let brand = scope_brand(&client, write.caller.who.log, &RuleScope::Item(item)).await?;
        if brand != Some(own) {
            return Err(Problem::not_found());
        }
    }
    Ok(item)
}

/// Shows a product in the pool 选品池, or publishes other terms of it. What anybody earns on it follows from its rules.
#[utoipa::path(post, path = "/v1/products/{product}/pool", tag = "pool", request_body = PoolTermsIn,
    params(("product" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn list_product(
    write: Write,
    id: Path<String>,
    Json(body): Json<PoolTermsIn>,
) -> Result<HttpResponse, Problem> {
    let item = product(&write, &id).await?;
    let mut form = Form::default();
    let read = terms(&mut form, &body);
    let terms = Box::new(form.finish(read)?);
    write
        .change(
            "POST /v1/products/{product}/pool",
            PoolCommand::List { item, terms }.into(),
        )
        .await
}

/// Takes a product out of the pool.
#[utoipa::path(post, path = "/v1/products/{product}/pool/withdraw", tag = "pool", request_body = PoolWithdrawIn,
    params(("product" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn withdraw_product(
    write: Write,
    id: Path<String>,
    Json(body): Json<PoolWithdrawIn>,
) -> Result<HttpResponse, Problem> {
    let item = product(&write, &id).await?;
    let command = PoolCommand::Withdraw {
        item,
        reason: body.reason,
    }
    .into();
    write.change("POST /v1/products/{product}/pool/withdraw", command).await
}

fn flag(params: &mut Params, name: &'static str) -> Result<bool, Problem> {
    Ok(params.word(name, &[("true", true), ("false", false)])?.unwrap_or(false))
}

/// The text of a search: of one Chinese character alone too much would be found, and no index holds it.
fn text(params: &mut Params) -> Result<Option<String>, Problem> {
    let Some(text) = params.text("text")?.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MOST_CHARS {
        return Err(Problem::bad_request("search_long", "a search is at most 100 characters").at("text"));
    }
    let found = words(&text);
    if found.exact.is_empty() || found.alone.is_some() {
        let wrong = "a search is of words: at least two Chinese characters together, or a whole Latin word";
        return Err(Problem::bad_request("search_short", wrong).at("text"));
    }
    Ok(Some(text))
}

pub(super) fn ask(params: &mut Params, owner: Option<PartyId>) -> Result<PoolAsk, Problem> {
    let currency = params.read::<Currency>("currency")?.unwrap_or(Currency::CNY);
    let categories = params.all("category");
    if categories.len() > MOST_CATEGORIES {
        return Err(Problem::bad_request("parameter_repeated", "at most ten categories at once").at("category"));
    }
    let mut form = Form::default();
    let score_from = params.text("score_from")?;
    let score_from = score(&mut form, "score_from", score_from.as_deref());
    let score_from = form.finish(score_from).map_err(|mut problem| {
        problem.status = actix_web::http::StatusCode::BAD_REQUEST;
        problem
    })?;
    Ok(PoolAsk {
        text: text(params)?,
        currency,
        categories,
        kind: params.word("source", &[("item", Kind::Item), ("offer", Kind::Offer)])?,
        owner,
        price_from: params.amount("price_from", currency)?,
        price_to: params.amount("price_to", currency)?,
        rate_from: params.read("rate_from")?,
        rate_to: params.read("rate_to")?,
        commission_from: params.amount("commission_from", currency)?,
        sales_from: params.read("sales_from")?,
        refund_rate_to: params.read("refund_rate_to")?,
        score_from,
        min_order_to: params.read("min_order_to")?,
        ships_within: params.read("ships_within")?,
        dropship: flag(params, "dropship")?,
        sample: flag(params, "sample")?,
        sort: params.word("sort", &PoolSort::ALL)?.unwrap_or_default(),
    })
}

/// Searches the pool. Chinese words are found by any two or more of their characters, Latin words as a whole, with a wrong
/// letter forgiven where nothing holds them as written. The first page counts: exactly to 10,000, then `10,000+`; among more
/// than these, `match` shows more sales first. A brand and a supplier see their own.
#[utoipa::path(get, path = "/v1/pool", tag = "pool",
    params(("text" = Option<String>, Query), ("category" = Option<Vec<String>>, Query, description = "Up to ten."),
        ("source" = Option<String>, Query, description = "item or offer"),
        ("owner" = Option<String>, Query, description = "Brand or supplier."),
        ("currency" = Option<String>, Query, description = "Of amounts and entries; CNY when not told."),
        ("price_from" = Option<String>, Query), ("price_to" = Option<String>, Query),
        ("rate_from" = Option<String>, Query), ("rate_to" = Option<String>, Query),
        ("commission_from" = Option<String>, Query, description = "A unit."),
        ("sales_from" = Option<u32>, Query, description = "Units a month."),
        ("refund_rate_to" = Option<String>, Query), ("score_from" = Option<String>, Query),
        ("min_order_to" = Option<u32>, Query), ("ships_within" = Option<u16>, Query, description = "Hours."),
        ("dropship" = Option<bool>, Query), ("sample" = Option<bool>, Query),
        ("sort" = Option<String>, Query, description = "match, commission, rate, sales, price, dearest or score"),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PoolView)))]
pub async fn search(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let owner = match read.params.text("owner")? {
        // A brand or supplier is public where its goods are; what is not there shows nothing.
        Some(text) => {
            let known = super::params::parties(&read.client, read.who(), [text.as_str()]).await?;
            Some(
                text.parse()
                    .ok()
                    .or_else(|| known.get(&text).copied())
                    .ok_or_else(Problem::not_found)?,
            )
        }
        None => None,
    };
    let ask = ask(&mut read.params, owner)?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::pool(&read.client, read.log(), read.viewer(), &ask, &page).await?,
    )
}
