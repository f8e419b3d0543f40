//! `/v1/selections`, `/v1/watches`, and one entry of the pool with what the caller knows of it.
//! Must never show a selection or a watch to anybody but whose it is.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{Name, SelectionId, WatchId};
use crate::domain::pool::Target;
use crate::domain::pooling::PoolCommand;
use crate::domain::watch::WatchOf;
use crate::engine::PoolRule;
use crate::money::Rate;
use crate::report::{self, Money, PoolItemView, SelectionView, SelectionsView, WatchesView};

/// A selection to save; one of the same name is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectionIn {
    /// Name.
    pub name: String,
    /// Products (`itm_`) and offers (`off_`), at most 500.
    pub entries: Option<Vec<String>>,
    /// The query string of a search of the pool, to be kept with it.
    pub query: Option<String>,
}

/// A watch to set; one over the same entry is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchIn {
    /// The product (`itm_`) or offer (`off_`).
    pub entry: String,
    /// What of it: price, stock, rate; all of them when not told. Leaving the pool is always told.
    pub of: Option<Vec<String>>,
}

/// The rule that an order of the caller would take now.
#[derive(Serialize, ToSchema)]
pub struct PoolRuleView {
    /// Which.
    pub rule: String,
    /// Its version.
    pub version: u32,
    /// Its shown rate: of steps and tiers, that of the first.
    pub rate: String,
    /// Commission of a unit.
    pub commission: Money,
    /// What fees leave of it to the takers.
    pub left: Money,
    /// It ends after so many units, or so much commission.
    pub limited: bool,
}

/// What a unit of an offer would leave at a price.
#[derive(Serialize, ToSchema)]
pub struct MarkUpView {
    /// Sold for.
    pub sold: Money,
    /// Bought for: the consignment price where single pieces are sent, else a unit of the minimum order.
    pub cost: Money,
    /// consign or wholesale.
    pub by: &'static str,
    /// Freight of a unit; none: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freight: Option<Money>,
    /// Fees at the rate told.
    pub fees: Money,
    /// What refunds at the rate told would take of the rest.
    pub refunds: Money,
    /// What is left: the true margin of a unit, before freight where that is not known.
    pub margin: Money,
}

/// An entry with what the caller knows of it.
#[derive(Serialize, ToSchema)]
pub struct PoolEntryAnswer {
    /// The entry.
    #[serde(flatten)]
    pub item: PoolItemView,
    /// The best rule for the caller, of a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_rule: Option<PoolRuleView>,
    /// What is left of a unit at `sell_at`, of an offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark_up: Option<MarkUpView>,
}

/// Saves a selection 选品单.
#[utoipa::path(post, path = "/v1/selections", tag = "pool", request_body = SelectionIn,
    responses((status = 201, body = AnswerView)))]
pub async fn save(write: Write, Json(body): Json<SelectionIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let name: Option<Name> = form.read("/name", &body.name);
    let told = body.entries.as_deref().unwrap_or_default();
    let read = |(n, text): (usize, &String)| form.read::<Target>(&format!("/entries/{n}"), text);
    let entries: Vec<Option<Target>> = told.iter().enumerate().map(read).collect();
    let entries: Option<Vec<Target>> = entries.into_iter().collect();
    let (name, entries) = form.finish(name.zip(entries))?;
    let command = PoolCommand::Save {
        party: write.caller.who.party,
        name,
        entries,
        query: body.query,
    }
    .into();
    write.make("POST /v1/selections", "selection", command).await
}

/// Removes a selection.
#[utoipa::path(delete, path = "/v1/selections/{selection}", tag = "pool", params(("selection" = String, Path)),
    responses((status = 200, body = AnswerView)))]
pub async fn remove(write: Write, id: Path<String>) -> Result<HttpResponse, Problem> {
    let selection: SelectionId = id.parse().map_err(|_| Problem::not_found())?;
    let command = PoolCommand::Remove { selection }.into();
    write.change("DELETE /v1/selections/{selection}", command).await
}

/// Lists the caller's selections.
#[utoipa::path(get, path = "/v1/selections", tag = "pool",
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SelectionsView)))]
pub async fn selections(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    let view = report::selections(&read.client, read.log(), read.viewer(), &page).await?;
    answer(&request, &view)
}

/// Shows a selection with its entries as they stand.
#[utoipa::path(get, path = "/v1/selections/{selection}", tag = "pool", params(("selection" = String, Path)),
    responses((status = 200, body = SelectionView)))]
pub async fn selection(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let selection = id.parse().map_err(|_| Problem::not_found())?;
    let view = report::selection(&read.client, read.log(), read.viewer(), selection).await?;
    answer(&request, &view)
}

/// Watches an entry: an event `watch.fired` tells when price, stock or rate change, or it leaves the pool.
#[utoipa::path(post, path = "/v1/watches", tag = "pool", request_body = WatchIn,
    responses((status = 201, body = AnswerView)))]
pub async fn set_watch(write: Write, Json(body): Json<WatchIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let target: Option<Target> = form.read("/entry", &body.entry);
    let words = body
        .of
        .unwrap_or_else(|| ["price", "stock", "rate"].map(str::to_owned).to_vec());
    let mut of = Vec::new();
    for (n, word) in words.iter().enumerate() {
        match WatchOf::ALL.iter().find(|(known, _)| known == word) {
            Some((_, found)) => of.push(*found),
            None => form.fault(&format!("/of/{n}"), Fault::new("unknown_word", "price, stock or rate")),
        }
    }
    let target = form.finish(target)?;
    let command = PoolCommand::Watch {
        party: write.caller.who.party,
        target,
        of,
    }
    .into();
    write.make("POST /v1/watches", "watch", command).await
}

/// Watches no more.
#[utoipa::path(delete, path = "/v1/watches/{watch}", tag = "pool", params(("watch" = String, Path)),
    responses((status = 200, body = AnswerView)))]
pub async fn drop_watch(write: Write, id: Path<String>) -> Result<HttpResponse, Problem> {
    let watch: WatchId = id.parse().map_err(|_| Problem::not_found())?;
    write
        .change("DELETE /v1/watches/{watch}", PoolCommand::Drop { watch }.into())
        .await
}

/// Lists the caller's watches, each with what changed since it was set.
#[utoipa::path(get, path = "/v1/watches", tag = "pool",
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = WatchesView)))]
pub async fn watches(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    let view = report::watches(&read.client, read.log(), read.viewer(), &page).await?;
    answer(&request, &view)
}

fn rule_view(found: PoolRule) -> PoolRuleView {
    PoolRuleView {
        rule: found.rule.to_string(),
        version: found.version,
        rate: found.rate.to_string(),
        commission: Money::of(found.commission, found.currency),
        left: Money::of(found.left, found.currency),
        limited: found.limited,
    }
}

/// One entry for an anchor or agency: as the pool shows it, the best rule for the caller now, what the caller earned on it and
/// how much came back; figures of others as ranges over at least five. Of an offer, `sell_at` tells what a unit would leave.
#[utoipa::path(get, path = "/v1/pool/{entry}", tag = "pool",
    params(("entry" = String, Path), ("party" = Option<String>, Query, description = "For whom; a party's own when not told."),
        ("sell_at" = Option<String>, Query, description = "Of an offer: the price that a buyer would pay."),
        ("fee_rate" = Option<String>, Query, description = "Fees of that price."),
        ("refund_rate" = Option<String>, Query, description = "Share of units expected back.")),
    responses((status = 200, body = PoolEntryAnswer)))]
pub async fn entry(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let target: Target = id.parse().map_err(|_| Problem::not_found())?;
    let party = read.party_param().await?;
    let sell_at = read.params.text("sell_at")?;
    let fee_rate: Rate = read.params.read("fee_rate")?.unwrap_or_default();
    let refund_rate: Rate = read.params.read("refund_rate")?.unwrap_or_default();
    read.finish()?;
    let item = report::pool_item(&read.client, read.log(), read.viewer(), party, target).await?;
    let book = read.who().book;
    let best_rule = match (target, party) {
        (Target::Item(item), Some(party)) => shared.engine.best_rule(book, item, party).await?.map(rule_view),
        _ => None,
    };
    let mark_up = match (target, sell_at) {
        (Target::Offer(offer), Some(text)) => {
            let found = shared
                .engine
                .mark_up(book, offer, &text, (fee_rate, refund_rate))
                .await?;
            let money = |amount| Money::of(amount, found.currency);
            Some(MarkUpView {
                sold: money(found.sold),
                cost: money(found.cost),
                by: found.by.word(),
                freight: found.freight.map(money),
                fees: money(found.fees),
                refunds: money(found.refunds),
                margin: money(found.margin),
            })
        }
        _ => None,
    };
    answer(
        &request,
        &PoolEntryAnswer {
            item,
            best_rule,
            mark_up,
        },
    )
}
