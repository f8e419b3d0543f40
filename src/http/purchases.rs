//! `/v1/purchases`: purchases of goods 采购单, wholesale and dropship, and everything that is recorded about them.
//! Must never let a party see or touch a purchase that does not concern it: it looks as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::lines::explained;
use super::problem::Problem;
use super::purchase_terms::{PurchaseActionIn, PurchaseIn, Told, read_order};
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::access::{Principal, sees};
use crate::base::{PartyId, PurchaseId};
use crate::domain::command::Command;
use crate::domain::purchase::{PurchaseAsk, PurchaseFigures, PurchaseKind};
use crate::engine::Answer;
use crate::money::{Currency, Minor};
use crate::report::{self, At, ExplainView, Money, PurchaseFilter, PurchaseView, PurchasesView};

/// A line with its pinned price.
#[derive(Serialize, ToSchema)]
pub struct PurchasePricedView {
    /// What it is.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Money,
    /// Price times quantity.
    pub goods: Money,
    /// Where the tier begins that gave the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<u32>,
}

/// A larger quantity that costs less in all.
#[derive(Serialize, ToSchema)]
pub struct PurchaseCheaperView {
    /// Of which offer.
    pub offer: String,
    /// Units.
    pub quantity: u32,
    /// Price of one then.
    pub unit_price: Money,
    /// Goods, and freight where it is known.
    pub total: Money,
}

/// What an order comes to.
#[derive(Serialize, ToSchema)]
pub struct PurchaseFiguresView {
    /// Lines.
    pub lines: Vec<PurchasePricedView>,
    /// Goods.
    pub goods: Money,
    /// Freight.
    pub freight: Money,
    /// Goods and freight.
    pub total: Money,
    /// Dropship: what it is sold for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<Money>,
    /// Dropship: what it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Money>,
    /// Larger quantities that cost less in all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cheaper: Vec<PurchaseCheaperView>,
}

impl PurchaseFiguresView {
    fn of(figures: &PurchaseFigures) -> PurchaseFiguresView {
        let money = |amount: Minor| Money::of(amount, figures.currency);
        let line = |line: &crate::domain::purchase::Line| PurchasePricedView {
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            goods: money(line.goods().unwrap_or_default()),
            tier_from: line.offer.as_ref().and_then(|from| from.tier_from),
        };
        let cheaper = |one: &crate::domain::purchase::CheaperOf| PurchaseCheaperView {
            offer: one.offer.to_string(),
            quantity: one.quantity,
            unit_price: money(one.unit_price),
            total: money(one.total),
        };
        PurchaseFiguresView {
            lines: figures.lines.iter().map(line).collect(),
            goods: money(figures.goods),
            freight: money(figures.freight),
            total: money(figures.total),
            sold: figures.sold.map(money),
            margin: figures.margin.map(money),
            cheaper: figures.cheaper.iter().map(cheaper).collect(),
        }
    }
}

/// The answer to a write, with the purchase as it stands after it.
#[derive(Serialize, ToSchema)]
pub struct PurchaseAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// What the order comes to; only when ordering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<PurchaseFiguresView>,
    /// The purchase after it; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PurchaseView>,
}

impl PurchaseAnswer {
    async fn respond(write: &Write, answer: Answer, status: StatusCode) -> Result<HttpResponse, Problem> {
        let id = answer.made.ids.get("purchase");
        let id = id.and_then(|id| id.parse::<PurchaseId>().ok());
        let purchase = match id.filter(|_| !answer.dry_run) {
            Some(id) => {
                let client = write.client().await?;
                let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
                Some(report::purchase(&client, log, viewer, id, At::Position(answer.position)).await?)
            }
            None => None,
        };
        let status = if answer.dry_run { StatusCode::OK } else { status };
        let figures = answer.made.purchase.as_deref().map(PurchaseFiguresView::of);
        let answer = AnswerView::of(answer, "purchase");
        Ok(HttpResponse::build(status).json(PurchaseAnswer {
            answer,
            figures,
            purchase,
        }))
    }
}

/// Says what an order would come to, without ordering: prices, tier, freight, margin, and the cheaper larger quantity.
#[utoipa::path(post, path = "/v1/purchases/preview", tag = "sourcing", request_body = PurchaseIn,
    responses((status = 200, body = PurchaseAnswer)))]
pub async fn preview(mut write: Write, Json(body): Json<PurchaseIn>) -> Result<HttpResponse, Problem> {
    write.meta.dry_run = true;
    let asked = asked(&write, &body).await?;
    let command = Command::OrderPurchase(Box::new(asked));
    let answer = write.decide("POST /v1/purchases/preview", command).await?;
    PurchaseAnswer::respond(&write, answer, StatusCode::OK).await
}

/// Orders goods: every price is pinned here.
#[utoipa::path(post, path = "/v1/purchases", tag = "sourcing", request_body = PurchaseIn,
    responses((status = 201, body = PurchaseAnswer)))]
pub async fn order(write: Write, Json(body): Json<PurchaseIn>) -> Result<HttpResponse, Problem> {
    let asked = asked(&write, &body).await?;
    let command = Command::OrderPurchase(Box::new(asked));
    let answer = write.decide("POST /v1/purchases", command).await?;
    PurchaseAnswer::respond(&write, answer, StatusCode::CREATED).await
}

async fn asked(write: &Write, body: &PurchaseIn) -> Result<PurchaseAsk, Problem> {
    let names = [&body.buyer, &body.supplier]
        .into_iter()
        .filter_map(|name| name.as_deref());
    let mut form = write.form(names).await?;
    let who = &write.caller.who;
    let read = read_order(&mut form, who, body);
    form.finish(read)
}

/// The purchase that a text names, if it concerns the caller; foreign and missing are alike.
async fn named(client: &tokio_postgres::Client, who: &Principal, text: &str) -> Result<PurchaseId, Problem> {
    let (id, buyer, supplier) = report::purchase_named(client, who.log, text).await?;
    let own = who.party.is_none() || who.party == Some(supplier);
    let concerned = match buyer {
        _ if own => true,
        Some(buyer) => sees(client, who, buyer).await?,
        None => false,
    };
    if concerned { Ok(id) } else { Err(Problem::not_found()) }
}

/// Records something about a purchase.
#[utoipa::path(post, path = "/v1/purchases/{purchase}/{action}", tag = "sourcing", request_body = PurchaseActionIn,
    params(("purchase" = String, Path, description = "Its id, its number at the source, or the book's own."),
        ("action" = String, Path, description = "pay, repay, freight, ship, receive, reject, refund (of the supplier), \
            buyer-refund, charge, bill, state, cancel or finish")),
    responses((status = 200, body = PurchaseAnswer)))]
pub async fn act(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<PurchaseActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, word) = path.into_inner();
    let client = write.client().await?;
    let who = &write.caller.who;
    let purchase = named(&client, who, &text).await?;
    let now = report::purchase(&client, who.log, who.viewer(), purchase, At::Now).await?;
    let currency: Currency = now.goods.currency.parse().map_err(|_| Problem::not_found())?;
    drop(client);
    let mut form = write.form(body.payee.as_deref()).await?;
    let told = Told { body: &body, currency };
    let Some(action) = told.action(&mut form, &word) else {
        return Err(Problem::not_found());
    };
    let at = form.maybe("/at", body.at.as_deref());
    let (action, at) = form.finish(action.zip(at))?;
    let command = Command::ActPurchase { purchase, action, at };
    let answer = write.decide("POST /v1/purchases/{purchase}/{action}", command).await?;
    PurchaseAnswer::respond(&write, answer, StatusCode::OK).await
}

const PHASES: [&str; 10] = [
    "ordered",
    "part_paid",
    "paid",
    "part_shipped",
    "shipped",
    "part_received",
    "received",
    "done",
    "cancelled",
    "timed_out",
];

/// Lists purchases that concern the caller.
#[utoipa::path(get, path = "/v1/purchases", tag = "sourcing",
    params(("party" = Option<String>, Query, description = "As buyer or supplier."), ("phase" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("supplier" = Option<String>, Query), ("buyer" = Option<String>, Query),
        ("number" = Option<String>, Query, description = "At the source, or the book's own."),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PurchasesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let filter = PurchaseFilter {
        party,
        phase: read.params.word("phase", &PHASES.map(|word| (word, word)))?,
        kind: read
            .params
            .word("kind", &PurchaseKind::ALL.map(|kind| (kind.word(), kind.word())))?,
        supplier: other(&mut read, "supplier").await?,
        buyer: other(&mut read, "buyer").await?,
        number: read.params.text("number")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::purchases(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

/// A party that a parameter names, seen or not: what the caller does not see is filtered by `party` already.
pub async fn other(read: &mut Read, name: &'static str) -> Result<Option<PartyId>, Problem> {
    let Some(text) = read.params.text(name)? else {
        return Ok(None);
    };
    let known = super::params::parties(&read.client, read.who(), [text.as_str()]).await?;
    let party = text.parse().ok().or_else(|| known.get(&text).copied());
    party.map(Some).ok_or_else(Problem::not_found)
}

/// Shows a purchase.
#[utoipa::path(get, path = "/v1/purchases/{purchase}", tag = "sourcing",
    params(("purchase" = String, Path, description = "Its id, its number at the source, or the book's own."),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = PurchaseView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let id = named(&read.client, read.who(), &id).await?;
    let view = report::purchase(&read.client, read.log(), read.viewer(), id, read.at).await?;
    answer(&request, &view)
}

/// Explains what a purchase costs or leaves: part by part, down to units and prices.
#[utoipa::path(get, path = "/v1/explain/purchase/{purchase}", tag = "sourcing",
    params(("purchase" = String, Path, description = "Its id, its number at the source, or the book's own."),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn explain(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let id = named(&read.client, read.who(), &id).await?;
    let view = report::explain_purchase(&read.client, read.log(), read.viewer(), id, read.at).await?;
    explained(&request, &view)
}
