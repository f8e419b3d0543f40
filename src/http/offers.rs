//! `/v1/offers`: what suppliers sell, in versions, and what a quantity would cost.
//! Must never let a supplier publish or see what is another's.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::guard::Caller;
use super::offer_terms::{OfferIn, figures, terms};
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{BookId, ExternalId, OfferId};
use crate::domain::command::{Command, OfferFate, OfferTold};
use crate::domain::offer::decide::on_sale;
use crate::domain::offer::price::price;
use crate::domain::offer::{Asked, Note, OfferStatus, PriceKind};
use crate::money::Currency;
use crate::report::{self, OfferFilter, OfferVersionsView, OfferView, OffersView, PricedView};

/// Another status.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferStatusIn {
    /// published (relisted), expired, audited_off or deleted.
    #[schema(value_type = String, example = "expired")]
    pub status: OfferStatus,
}

/// What became of a published offer.
#[derive(Serialize, ToSchema)]
pub struct OfferAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// new, changed or unchanged.
    pub state: &'static str,
    /// Its version now.
    pub version: u32,
}

/// What a quantity would cost.
#[derive(Serialize, ToSchema)]
pub struct OfferPriceView {
    /// The position it reflects.
    pub position: i64,
    /// Of which offer.
    pub offer: String,
    /// By this version.
    pub version: u32,
    /// wholesale, sample or consign.
    pub kind: &'static str,
    /// What it comes to.
    #[serde(flatten)]
    pub priced: PricedView,
}

/// An offer by its id, or by the platform and its product number: `1688:737342241195`.
pub(super) fn offer(book: BookId, text: &str) -> Option<OfferId> {
    if let Ok(offer) = text.parse() {
        return Some(offer);
    }
    let (source, product_no) = text.split_once(':')?;
    let (source, product_no): (ExternalId, ExternalId) = (source.parse().ok()?, product_no.parse().ok()?);
    Some(OfferId::of(book, source.as_str(), product_no.as_str()))
}

/// The words of price kinds.
pub(super) const KINDS: [(&str, PriceKind); 3] = [
    ("wholesale", PriceKind::Wholesale),
    ("sample", PriceKind::Sample),
    ("consign", PriceKind::Consign),
];

/// Publishes an offer: its first version, the next one, or nothing when it says what stands.
#[utoipa::path(post, path = "/v1/offers", tag = "sourcing", request_body = OfferIn,
    responses((status = 200, body = OfferAnswer)))]
pub async fn publish(write: Write, Json(body): Json<OfferIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form(body.supplier.as_deref()).await?;
    let own = write.caller.who.party;
    let supplier = match &body.supplier {
        Some(text) => form.party("/supplier", text).map(Some),
        None => Some(own),
    };
    let terms = terms(&mut form, &body, supplier.flatten());
    let figures = form.within("/figures", |form| figures(form, body.figures.as_ref()));
    let reported_at = form.maybe("/reported_at", body.reported_at.as_deref());
    let (((supplier, terms), figures), reported_at) = form.finish(supplier.zip(terms).zip(figures).zip(reported_at))?;
    // A supplier publishes its own only; another's looks unknown.
    if own.is_some() && supplier != own {
        return Err(Problem::not_found());
    }
    let offer = terms.id(write.caller.who.book);
    mine(&write, offer).await?;
    let told = OfferTold {
        terms,
        supplier: None,
        figures,
        reported_at,
    };
    let answer = write
        .decide("POST /v1/offers", Command::PublishOffer(Box::new(told)))
        .await?;
    let outcome = answer.made.offers.first();
    let state = match outcome.map(|outcome| outcome.state) {
        Some(OfferFate::New) => "new",
        Some(OfferFate::Changed) => "changed",
        _ => "unchanged",
    };
    let version = outcome.map_or(0, |outcome| outcome.version);
    Ok(HttpResponse::Ok().json(OfferAnswer {
        answer: AnswerView::of(answer, "offer"),
        state,
        version,
    }))
}

/// Refuses a supplier an offer that stands and is another's: it looks unknown.
async fn mine(write: &Write, offer: OfferId) -> Result<(), Problem> {
    let (who, client) = (&write.caller.who, write.client().await?);
    if who.party.is_none() {
        return Ok(());
    }
    let everybody = report::offer_on_sale(&client, who.log, report::Viewer::All, offer, report::At::Now).await;
    match everybody {
        Err(report::ReportError::NotFound) => Ok(()),
        _ => report::offer_on_sale(&client, who.log, who.viewer(), offer, report::At::Now)
            .await
            .map(|_| ())
            .map_err(Problem::from),
    }
}

/// Changes how an offer stands on its platform.
#[utoipa::path(post, path = "/v1/offers/{offer}/status", tag = "sourcing", request_body = OfferStatusIn,
    params(("offer" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn change(write: Write, id: Path<String>, Json(body): Json<OfferStatusIn>) -> Result<HttpResponse, Problem> {
    let offer = offer(write.caller.who.book, &id).ok_or_else(Problem::not_found)?;
    mine(&write, offer).await?;
    let status = body.status;
    let command = Command::ChangeOfferStatus { offer, status };
    write.change("POST /v1/offers/{offer}/status", command).await
}

/// Lists offers; a supplier its own.
#[utoipa::path(get, path = "/v1/offers", tag = "sourcing",
    params(("supplier" = Option<String>, Query), ("status" = Option<String>, Query), ("source" = Option<String>, Query),
        ("dropship" = Option<bool>, Query), ("most_min_order" = Option<u32>, Query), ("currency" = Option<String>, Query),
        ("price_from" = Option<String>, Query), ("price_to" = Option<String>, Query),
        ("ships_within_h" = Option<u16>, Query), ("note" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = OffersView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let filter = filter(&mut read).await?;
    let page = read.params.page()?;
    read.finish()?;
    let view = report::offers(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

async fn filter(read: &mut Read) -> Result<OfferFilter, Problem> {
    let supplier = match read.params.text("supplier")? {
        Some(text) => {
            let known = super::params::parties(&read.client, read.who(), [text.as_str()]).await?;
            let party = text.parse().ok().or_else(|| known.get(&text).copied());
            Some(party.ok_or_else(Problem::not_found)?)
        }
        None => None,
    };
    let statuses = OfferStatus::ALL.map(|status| (status.word(), status.word()));
    let notes = Note::ALL.map(|note| (note.word(), note.word()));
    let status = read.params.word("status", &statuses)?;
    let note = read.params.word("note", &notes)?;
    let stated: Option<Currency> = read.params.read("currency")?;
    let currency = stated.unwrap_or(Currency::CNY);
    let price_from = read.params.amount("price_from", currency)?;
    let price_to = read.params.amount("price_to", currency)?;
    let priced = price_from.is_some() || price_to.is_some();
    Ok(OfferFilter {
        supplier,
        status,
        source: read.params.text("source")?,
        dropship: read.params.read("dropship")?,
        most_min_order: read.params.read("most_min_order")?,
        currency: stated.or(priced.then_some(currency)),
        price_from,
        price_to,
        ships_within_h: read.params.read("ships_within_h")?,
        note,
    })
}

/// Shows an offer.
#[utoipa::path(get, path = "/v1/offers/{offer}", tag = "sourcing",
    params(("offer" = String, Path, description = "its id, or platform and product number: 1688:737342241195"),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = OfferView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let offer = offer(read.who().book, &id).ok_or_else(Problem::not_found)?;
    let view = report::offer(&read.client, read.log(), read.viewer(), offer, read.at).await?;
    answer(&request, &view)
}

/// Lists the versions of an offer, the newest first.
#[utoipa::path(get, path = "/v1/offers/{offer}/versions", tag = "sourcing",
    params(("offer" = String, Path), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = OfferVersionsView)))]
pub async fn versions(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    let offer = offer(read.who().book, &id).ok_or_else(Problem::not_found)?;
    let view = report::offer_versions(&read.client, read.log(), read.viewer(), offer, &page).await?;
    answer(&request, &view)
}

/// What a quantity would cost: nothing is kept. A quote is the same, kept.
#[utoipa::path(get, path = "/v1/offers/{offer}/price", tag = "sourcing",
    params(("offer" = String, Path), ("quantity" = u32, Query), ("sku" = Option<String>, Query),
        ("kind" = Option<String>, Query, description = "wholesale (when not told), sample or consign"),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = OfferPriceView)))]
pub async fn cost(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let quantity = read.params.read::<u32>("quantity")?;
    let quantity = quantity
        .ok_or_else(|| Problem::bad_request("parameter_missing", "how many units are asked for").at("quantity"))?;
    let sku = read.params.read::<ExternalId>("sku")?;
    let kind = read.params.word("kind", &KINDS)?.unwrap_or(PriceKind::Wholesale);
    read.finish()?;
    let offer = offer(read.who().book, &id).ok_or_else(Problem::not_found)?;
    let (position, state) = report::offer_on_sale(&read.client, read.log(), read.viewer(), offer, read.at).await?;
    let (version, terms) = on_sale(&state)?;
    let priced = price(terms, kind, &[Asked { sku, quantity }])?;
    let view = OfferPriceView {
        position,
        offer: offer.to_string(),
        version,
        kind: kind.word(),
        priced: PricedView::of(&priced, terms.currency),
    };
    answer(&request, &view)
}
