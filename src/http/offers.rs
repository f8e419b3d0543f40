//! `/v1/offers`: what suppliers sell, in versions, and what a quantity would cost.
//! Must never let a supplier publish or see what is another's.

use std::collections::BTreeMap;

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
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{BookId, ExternalId, OfferId, PartyId};
use crate::domain::command::{Command, OfferFate, OfferTold};
use crate::domain::offer::decide::on_sale;
use crate::domain::offer::price::price;
use crate::domain::offer::{
    Asked, Batch, Consign, Freight, Note, OfferFigures, OfferStatus, OfferTerms, PriceKind, PriceRange, QuoteBy,
    SampleOffer, Sku, Tier,
};
use crate::money::{Currency, Minor};
use crate::report::{self, OfferFilter, OfferVersionsView, OfferView, OffersView, PricedView};

/// A price tier 阶梯价: the unit price from this quantity on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceTierIn {
    /// Smallest quantity.
    pub from: u32,
    /// Unit price.
    pub price: MoneyIn,
}

/// A variant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferSkuIn {
    /// The platform's number of it.
    pub sku: String,
    /// Colour, size and the like.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Its own price.
    pub price: Option<MoneyIn>,
    /// Its own consignment price.
    pub consign_price: Option<MoneyIn>,
    /// Units on sale.
    pub stock: Option<u32>,
}

/// Freight by units; the first price covers `first` units, each started group of `more` further ones costs `more_price`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferFreightIn {
    /// The seller pays 包邮; the rest is then left out.
    #[serde(default)]
    pub seller_pays: bool,
    /// Units in the first price.
    pub first: Option<u32>,
    /// Price of these.
    pub first_price: Option<MoneyIn>,
    /// Units in each further group; 1 when not told.
    pub more: Option<u32>,
    /// Price of a group; nothing when not told.
    pub more_price: Option<MoneyIn>,
}

/// Consignment 一件代发.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferConsignIn {
    /// Price of a piece.
    pub price: Option<MoneyIn>,
    /// Freight of such a sending.
    pub freight: Option<OfferFreightIn>,
}

/// A sample 样品.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferSampleIn {
    /// Unit price; what the quantity costs when not told, minimum order and batch lifted.
    pub price: Option<MoneyIn>,
    /// Freight of a sample.
    pub freight: Option<OfferFreightIn>,
    /// Most units of a sample order.
    pub most: Option<u32>,
}

/// Figures as the platform reports them.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct OfferFiguresIn {
    /// Units sold.
    pub sold: Option<u64>,
    /// Over how many days; ever when not told.
    pub sold_days: Option<u16>,
    /// Orders.
    pub orders: Option<u64>,
    /// Score of the goods.
    #[schema(example = "4.9")]
    pub score: Option<String>,
    /// Share of buyers who come back for it.
    #[schema(example = "0.33")]
    pub repurchase: Option<String>,
}

/// An offer. The same content again changes nothing, other content is the next version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferIn {
    /// Which platform.
    #[schema(example = "1688")]
    pub source: String,
    /// The platform's product number.
    #[schema(example = "737342241195")]
    pub product_no: String,
    /// Who sells it: id or own number. A supplier's own key need not say.
    pub supplier: Option<String>,
    /// Title.
    pub subject: String,
    /// Title in another language.
    pub other_subject: Option<String>,
    /// Category numbers.
    #[serde(default)]
    pub category: Vec<String>,
    /// Where goods are sent from.
    pub place: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// ISO 4217; CNY when not told.
    pub currency: Option<String>,
    /// What one unit is called.
    #[schema(example = "副")]
    pub unit: Option<String>,
    /// quantity (when not told), sku or quantity_of_skus.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub quote_by: QuoteBy,
    /// Tiers, by where they begin.
    #[serde(default)]
    pub tiers: Vec<PriceTierIn>,
    /// Variants.
    #[serde(default)]
    pub skus: Vec<OfferSkuIn>,
    /// One price for every quantity, where there are no tiers.
    pub single_price: Option<MoneyIn>,
    /// Lowest price, where only a range is known.
    pub range_low: Option<MoneyIn>,
    /// Highest price of the range.
    pub range_high: Option<MoneyIn>,
    /// The price shown as the sale price.
    pub sale_price: Option<MoneyIn>,
    /// The price shown as crossed out.
    pub list_price: Option<MoneyIn>,
    /// Minimum order 起批量; where the first tier begins, else 1, when not told.
    pub min_order: Option<u32>,
    /// Units of a batch, where it is sold in batches only.
    pub batch: Option<u32>,
    /// What a batch is called.
    pub batch_unit: Option<String>,
    /// 混批.
    #[serde(default)]
    pub mixed: bool,
    /// Prices are shown to chosen buyers only.
    #[serde(default)]
    pub private_price: bool,
    /// Freight of wholesale; not known when not told.
    pub freight: Option<OfferFreightIn>,
    /// Dispatch promise, in hours.
    pub ships_within_h: Option<u16>,
    /// Consignment, where it is offered.
    pub consign: Option<OfferConsignIn>,
    /// Samples, where they have their own price or freight.
    pub sample: Option<OfferSampleIn>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Properties of the goods.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Figures.
    pub figures: Option<OfferFiguresIn>,
    /// When the platform said so; now when not told.
    pub reported_at: Option<String>,
}

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

type Told<T> = Option<Option<T>>;

fn money(form: &mut Form, pointer: &str, told: Option<&MoneyIn>, currency: Currency) -> Told<Minor> {
    match told {
        Some(told) => form.amount(pointer, told, currency).map(Some),
        None => Some(None),
    }
}

fn freight(form: &mut Form, told: Option<&OfferFreightIn>, currency: Currency) -> Option<Freight> {
    let Some(told) = told else {
        return Some(Freight::Unknown);
    };
    let units = told.first.is_some() || told.first_price.is_some() || told.more.is_some() || told.more_price.is_some();
    if told.seller_pays && units {
        let fault = Fault::new(
            "unexpected_field",
            "the seller pays, or freight is by units, one of them",
        );
        form.fault("/seller_pays", fault);
        return None;
    }
    if told.seller_pays {
        return Some(Freight::SellerPays);
    }
    let first = form.need("/first", told.first);
    let first_price = form.need("/first_price", told.first_price.as_ref());
    let first_price = first_price.and_then(|told| form.amount("/first_price", told, currency));
    let more_price = money(form, "/more_price", told.more_price.as_ref(), currency);
    Some(Freight::Units {
        first: first?,
        first_price: first_price?,
        more: told.more.unwrap_or(1),
        more_price: more_price?.unwrap_or_default(),
    })
}

fn consign(form: &mut Form, told: &OfferConsignIn, currency: Currency) -> Option<Consign> {
    let price = money(form, "/price", told.price.as_ref(), currency);
    let freight = form.within("/freight", |form| freight(form, told.freight.as_ref(), currency));
    Some(Consign {
        price: price?,
        freight: freight?,
    })
}

fn sample(form: &mut Form, told: &OfferSampleIn, currency: Currency) -> Option<SampleOffer> {
    let price = money(form, "/price", told.price.as_ref(), currency);
    let freight = form.within("/freight", |form| freight(form, told.freight.as_ref(), currency));
    Some(SampleOffer {
        price: price?,
        freight: freight?,
        most: told.most,
    })
}

fn tier(form: &mut Form, told: &PriceTierIn, currency: Currency) -> Option<Tier> {
    let price = form.amount("/price", &told.price, currency)?;
    Some(Tier { from: told.from, price })
}

fn sku(form: &mut Form, told: &OfferSkuIn, currency: Currency) -> Option<Sku> {
    let number = form.read("/sku", &told.sku);
    let price = money(form, "/price", told.price.as_ref(), currency);
    let consign_price = money(form, "/consign_price", told.consign_price.as_ref(), currency);
    Some(Sku {
        sku: number?,
        attributes: told.attributes.clone(),
        price: price?,
        consign_price: consign_price?,
        stock: told.stock,
    })
}

fn each<I, T>(
    form: &mut Form,
    name: &str,
    told: &[I],
    mut read: impl FnMut(&mut Form, &I) -> Option<T>,
) -> Option<Vec<T>> {
    let one = |(n, told): (usize, &I)| form.within(&format!("{name}/{n}"), |form| read(form, told));
    let all: Vec<Option<T>> = told.iter().enumerate().map(one).collect();
    all.into_iter().collect()
}

fn range(form: &mut Form, body: &OfferIn, currency: Currency) -> Told<PriceRange> {
    let low = money(form, "/range_low", body.range_low.as_ref(), currency);
    let high = money(form, "/range_high", body.range_high.as_ref(), currency);
    match (low?, high?) {
        (None, None) => Some(None),
        (Some(low), Some(high)) => Some(Some(PriceRange { low, high })),
        _ => {
            form.fault(
                "/range_high",
                Fault::new("missing_field", "a range has a lowest and a highest price"),
            );
            None
        }
    }
}

fn prices(form: &mut Form, body: &OfferIn, terms: &mut OfferTerms) -> Option<()> {
    let currency = terms.currency;
    let tiers = each(form, "/tiers", &body.tiers, |form, told| tier(form, told, currency));
    let skus = each(form, "/skus", &body.skus, |form, told| sku(form, told, currency));
    let single = money(form, "/single_price", body.single_price.as_ref(), currency);
    let range = range(form, body, currency);
    let sale = money(form, "/sale_price", body.sale_price.as_ref(), currency);
    let list = money(form, "/list_price", body.list_price.as_ref(), currency);
    let freight = form.within("/freight", |form| freight(form, body.freight.as_ref(), currency));
    let sent = match &body.consign {
        Some(told) => form.within("/consign", |form| consign(form, told, currency)).map(Some),
        None => Some(None),
    };
    let sampled = match &body.sample {
        Some(told) => form.within("/sample", |form| sample(form, told, currency)).map(Some),
        None => Some(None),
    };
    (terms.tiers, terms.skus) = (tiers?, skus?);
    (terms.single_price, terms.range) = (single?, range?);
    (terms.sale_price, terms.list_price) = (sale?, list?);
    (terms.freight, terms.consign, terms.sample) = (freight?, sent?, sampled?);
    Some(())
}

/// The notes that follow from what the body says of prices.
fn noted(body: &OfferIn, terms: &mut OfferTerms) {
    if terms.tiers.is_empty() && terms.single_price.is_none() && terms.range.is_some() {
        terms.notes.insert(Note::RangeOnly);
    }
    terms.min_order = match (body.min_order, terms.tiers.first()) {
        (Some(least), _) => least,
        (None, Some(tier)) => tier.from,
        (None, None) => {
            terms.notes.insert(Note::MinOrderUnstated);
            1
        }
    };
}

fn terms(form: &mut Form, body: &OfferIn, supplier: Option<PartyId>) -> Option<OfferTerms> {
    let source = form.read("/source", &body.source);
    let product_no = form.read("/product_no", &body.product_no);
    let subject = form.read("/subject", &body.subject);
    let other_subject = form.maybe("/other_subject", body.other_subject.as_deref());
    let currency = form.maybe("/currency", body.currency.as_deref());
    let currency: Option<Currency> = currency.map(|currency| currency.unwrap_or(Currency::CNY));
    let mut terms = OfferTerms::plain(source?, product_no?, subject?, currency?);
    prices(form, body, &mut terms)?;
    noted(body, &mut terms);
    terms.supplier = supplier;
    terms.other_subject = other_subject?;
    terms.category = body.category.clone();
    terms.place = body.place.clone();
    terms.url = body.url.clone();
    terms.unit = body.unit.clone();
    terms.quote_by = body.quote_by;
    terms.batch = body.batch.map(|number| Batch {
        number,
        unit: body.batch_unit.clone(),
    });
    terms.mixed = body.mixed;
    terms.private_price = body.private_price;
    terms.ships_within_h = body.ships_within_h;
    terms.tags = body.tags.clone();
    terms.attributes = body.attributes.clone();
    Some(terms)
}

fn figures(form: &mut Form, told: Option<&OfferFiguresIn>) -> Told<OfferFigures> {
    let Some(told) = told else { return Some(None) };
    let score = form.maybe("/score", told.score.as_deref());
    let repurchase = form.maybe("/repurchase", told.repurchase.as_deref());
    Some(Some(OfferFigures {
        sold: told.sold,
        sold_days: told.sold_days,
        orders: told.orders,
        score: score?,
        repurchase_ppm: repurchase?,
    }))
}

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
    let price_from = amount(read, "price_from", currency)?;
    let price_to = amount(read, "price_to", currency)?;
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

fn amount(read: &mut Read, name: &'static str, currency: Currency) -> Result<Option<Minor>, Problem> {
    let Some(text) = read.params.text(name)? else {
        return Ok(None);
    };
    let wrong = |error: crate::money::MoneyError| Problem::bad_request("amount_form", error.to_string()).at(name);
    Minor::parse(&text, currency).map(Some).map_err(wrong)
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
