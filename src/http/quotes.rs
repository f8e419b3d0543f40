//! `/v1/quotes`: what an offer's version came to, kept, so that it stays explainable when the offer has changed.
//! Must never show a party the quotes of another.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::offers::offer;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::QuoteId;
use crate::domain::command::Command;
use crate::domain::offer::{Asked, PriceKind};
use crate::report::{self, At, QuoteFilter, QuoteView, QuotesView};

/// One line that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteLineIn {
    /// Which variant; left out where the offer has none.
    pub sku: Option<String>,
    /// Units.
    pub quantity: u32,
}

/// A question for a quote: `quantity`, or `lines` by SKU.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteIn {
    /// Of which offer: its id, or platform and product number.
    #[schema(example = "1688:737342241195")]
    pub offer: String,
    /// wholesale (when not told), sample or consign.
    #[schema(value_type = Option<String>, example = "wholesale")]
    pub kind: Option<PriceKind>,
    /// Units, where there are no SKUs.
    pub quantity: Option<u32>,
    /// By SKU.
    #[serde(default)]
    pub lines: Vec<QuoteLineIn>,
    /// For whom: id or own number. A party's own key need not say; left out with a key of the book: for its owner.
    pub buyer: Option<String>,
    /// For how many hours it holds, 1 to 720; 72 when not told.
    pub valid_for_h: Option<u16>,
}

/// What a quote was used for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteUseIn {
    /// The purchase, or the number of an order outside.
    #[schema(example = "1688-order-4231")]
    pub used_for: String,
}

/// A quote that was given.
#[derive(Serialize, ToSchema)]
pub struct QuoteAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// The quote; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteView>,
}

fn lines(form: &mut Form, body: &QuoteIn) -> Option<Vec<Asked>> {
    match (body.quantity, body.lines.as_slice()) {
        (Some(quantity), []) => Some(vec![Asked { sku: None, quantity }]),
        (None, [_, ..]) => {
            let mut all = Vec::with_capacity(body.lines.len());
            for (n, line) in body.lines.iter().enumerate() {
                all.push(form.within(&format!("/lines/{n}"), |form| form.maybe("/sku", line.sku.as_deref())));
            }
            let told = all.into_iter().zip(&body.lines).map(|(sku, line)| {
                Some(Asked {
                    sku: sku?,
                    quantity: line.quantity,
                })
            });
            told.collect()
        }
        _ => {
            form.fault("/quantity", Fault::new("one_of", "give quantity or lines, one of them"));
            None
        }
    }
}

async fn after(write: &Write, answer: crate::engine::Answer, status: StatusCode) -> Result<HttpResponse, Problem> {
    let id = answer.made.ids.get("quote").and_then(|id| id.parse::<QuoteId>().ok());
    let quote = match id.filter(|_| !answer.dry_run) {
        Some(id) => {
            let client = write.client().await?;
            let (log, viewer) = (write.caller.who.log, report::Viewer::All);
            Some(report::quote(&client, log, viewer, id, At::Position(answer.position)).await?)
        }
        None => None,
    };
    let status = if answer.dry_run { StatusCode::OK } else { status };
    let answer = AnswerView::of(answer, "quote");
    Ok(HttpResponse::build(status).json(QuoteAnswer { answer, quote }))
}

/// Gives a quote from the version of an offer that stands.
#[utoipa::path(post, path = "/v1/quotes", tag = "sourcing", request_body = QuoteIn,
    responses((status = 201, body = QuoteAnswer)))]
pub async fn give(write: Write, Json(body): Json<QuoteIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let offer = offer(write.caller.who.book, &body.offer);
    if offer.is_none() {
        form.fault(
            "/offer",
            Fault::new("offer_form", "an offer's id, or platform:product number"),
        );
    }
    let lines = lines(&mut form, &body);
    let (offer, lines) = form.finish(offer.zip(lines))?;
    // A party asks for itself; an agency for its members too.
    let buyer = match &body.buyer {
        Some(text) => Some(write.party(text).await?),
        None => write.caller.who.party,
    };
    let command = Command::GiveQuote {
        offer,
        buyer,
        kind: body.kind.unwrap_or(PriceKind::Wholesale),
        lines,
        valid_for_h: body.valid_for_h,
    };
    let answer = write.decide("POST /v1/quotes", command).await?;
    after(&write, answer, StatusCode::CREATED).await
}

/// Uses a quote for a purchase: once, and while it is valid.
#[utoipa::path(post, path = "/v1/quotes/{quote}/use", tag = "sourcing", request_body = QuoteUseIn,
    params(("quote" = String, Path)), responses((status = 200, body = QuoteAnswer)))]
pub async fn spend(write: Write, id: Path<String>, Json(body): Json<QuoteUseIn>) -> Result<HttpResponse, Problem> {
    let quote: QuoteId = id.parse().map_err(|_| Problem::not_found())?;
    let client = write.client().await?;
    let who = &write.caller.who;
    let buyer = report::quote_buyer(&client, who.log, report::Viewer::All, quote).await?;
    if who.party.is_some() {
        let buyer = buyer.ok_or_else(Problem::not_found)?;
        if !crate::access::sees(&client, who, buyer).await? {
            return Err(Problem::not_found());
        }
    }
    drop(client);
    let mut form = Form::default();
    let used_for = form.read("/used_for", &body.used_for);
    let used_for = form.finish(used_for)?;
    let command = Command::UseQuote { quote, used_for };
    let answer = write.decide("POST /v1/quotes/{quote}/use", command).await?;
    after(&write, answer, StatusCode::OK).await
}

/// Lists quotes: a party its own, an agency with `party` those of a member.
#[utoipa::path(get, path = "/v1/quotes", tag = "sourcing",
    params(("party" = Option<String>, Query), ("offer" = Option<String>, Query), ("used" = Option<bool>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = QuotesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let of = read.params.text("offer")?;
    let of = of
        .map(|text| offer(read.who().book, &text).ok_or_else(Problem::not_found))
        .transpose()?;
    let filter = QuoteFilter {
        offer: of,
        used: read.params.read("used")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let viewer = party.map_or(read.viewer(), report::Viewer::Party);
    let view = report::quotes(&read.client, read.log(), viewer, &filter, &page).await?;
    answer(&request, &view)
}

/// Shows a quote, explained from the version of the offer that it was made from.
#[utoipa::path(get, path = "/v1/quotes/{quote}", tag = "sourcing",
    params(("quote" = String, Path), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = QuoteView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let quote: QuoteId = id.parse().map_err(|_| Problem::not_found())?;
    let buyer = report::quote_buyer(&read.client, read.log(), report::Viewer::All, quote).await?;
    let mut viewer = read.viewer();
    if let (Some(_), Some(buyer)) = (read.who().party, buyer)
        && crate::access::sees(&read.client, read.who(), buyer).await?
    {
        viewer = read.viewer_of(Some(buyer));
    }
    let view = report::quote(&read.client, read.log(), viewer, quote, read.at).await?;
    answer(&request, &view)
}
