//! `/v1/briefs`: what brands look for, who applied or was invited, quotes and counter-quotes, awards.
//! Must never let a party act on a brief that it is not shown: it looks as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::contracts::ContractAnswer;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::vtask_terms::{ItemOfIn, TermsIn, parties_of, terms};
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{BookId, BriefId, ExternalId, Name, PartyId};
use crate::domain::brief::{Ask, BriefTerms, Filters, Product, Samples, Visibility};
use crate::domain::command::Command;
use crate::domain::contract::Side;
use crate::engine::Answer;
use crate::report::{self, At, BriefFilter, BriefView, BriefsView, MatchesView};

/// A brief.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BriefIn {
    /// Your own number for it.
    pub external_id: Option<String>,
    /// The brand: id or own number. A brand's own key may leave it out.
    pub brand: Option<String>,
    /// What it says.
    pub brief: BriefTermsIn,
    /// Posts it at once.
    pub post: Option<bool>,
}

/// What a brief says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BriefTermsIn {
    /// Title.
    #[schema(example = "June mask live slot")]
    pub title: String,
    /// Category of the goods.
    pub category: Option<String>,
    /// Goods.
    pub products: Option<Vec<ProductIn>>,
    /// What a contract would begin with.
    pub terms: TermsIn,
    /// Most that all contracts of it may need together.
    pub budget: Option<MoneyIn>,
    /// Contracts wanted; 1 when not told.
    pub slots: Option<u32>,
    /// Place in the running order.
    pub running_order: Option<u32>,
    /// Whom it is for.
    pub filters: Option<FiltersIn>,
    /// Samples.
    pub samples: Option<SamplesIn>,
    /// Rules of the creative.
    pub creative: Option<String>,
    /// It is marked as advertising 广告标识.
    pub ad_label: Option<bool>,
    /// Claims that must not be made.
    pub forbidden_claims: Option<Vec<String>>,
    /// Days without a competitor's goods.
    pub exclusivity_days: Option<u32>,
    /// Rights to cut it anew.
    pub recut_rights: Option<String>,
    /// Kind of invoice.
    pub invoice_kind: Option<String>,
    /// Title of the invoice.
    pub invoice_title: Option<String>,
    /// Your own reference of a contact; never a name or a phone.
    pub contact: Option<String>,
    /// SHA-256 of uploaded files.
    pub attachments: Option<Vec<String>>,
    /// open (the default), invited or agency.
    #[schema(value_type = Option<String>)]
    pub visibility: Option<Visibility>,
    /// Seconds that an invitation waits for an answer (two days).
    pub invitation: Option<u32>,
    /// Applications close here.
    pub closes_at: String,
    /// Nothing is awarded from here on; fourteen days after applications close when not told.
    pub expires_at: Option<String>,
}

/// Goods.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductIn {
    /// Platform.
    pub platform: String,
    /// The platform's item number.
    pub item: String,
    /// List price.
    pub list_price: Option<MoneyIn>,
    /// The price below which it is not sold.
    pub floor_price: Option<MoneyIn>,
}

/// Whom a brief is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiltersIn {
    /// Least level.
    pub level: Option<u32>,
    /// Least number of fans.
    pub fans: Option<u64>,
    /// Audience segment.
    pub segment: Option<String>,
    /// Of this agency: id or own number.
    pub agency: Option<String>,
}

/// Samples.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SamplesIn {
    /// They go back.
    pub returned: bool,
    /// Sent by then.
    pub by: Option<String>,
}

/// An application with a quote, or (from the brand) an invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationIn {
    /// Who applies, or is invited: id or own number. A party's own key may leave it out.
    pub party: Option<String>,
    /// What it asks; the brief's own terms when not told.
    pub terms: Option<TermsIn>,
    /// In words.
    pub note: Option<String>,
    /// The applicant's own number for it.
    pub external_id: Option<String>,
    /// For which side the book acts: brand (invites) or anchor (applies).
    #[schema(value_type = Option<String>)]
    pub side: Option<Side>,
}

/// Fields of the actions on a brief and its applications; which are needed depends on the action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BriefActionIn {
    /// What it says from now on (amend).
    pub brief: Option<BriefTermsIn>,
    /// Other terms (quote).
    pub terms: Option<TermsIn>,
    /// Why (withdraw, reject, leave).
    pub reason: Option<String>,
    /// Your own number for the contract (award).
    pub external_id: Option<String>,
    /// Sets aside at once what the terms need (award).
    pub fund: Option<bool>,
    /// For which side the book acts: brand or anchor.
    #[schema(value_type = Option<String>)]
    pub side: Option<Side>,
}

/// The answer to a write, with the brief as it stands after it.
#[derive(Serialize, ToSchema)]
pub struct BriefAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// The brief after it; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<BriefView>,
}

fn says(form: &mut Form, book: BookId, told: &BriefTermsIn) -> Option<BriefTerms> {
    let title: Option<Name> = form.read("/title", &told.title);
    let terms = form.within("/terms", |form| terms(form, book, &told.terms))?;
    let currency = terms.currency;
    let products = products(form, book, told.products.as_deref().unwrap_or_default(), currency);
    let budget = told
        .budget
        .as_ref()
        .map(|budget| form.amount("/budget", budget, currency));
    let filters = told
        .filters
        .as_ref()
        .map(|told| form.within("/filters", |form| filters(form, told)));
    let samples = told.samples.as_ref().map(|told| {
        let by = form.maybe("/samples/by", told.by.as_deref())?;
        Some(Samples {
            returned: told.returned,
            by,
        })
    });
    let contact: Option<Option<ExternalId>> = form.maybe("/contact", told.contact.as_deref());
    let closes_at: Option<crate::base::Instant> = form.read("/closes_at", &told.closes_at);
    let expires_at = form.maybe("/expires_at", told.expires_at.as_deref());
    let closes_at = closes_at?;
    Some(BriefTerms {
        title: title?,
        category: told.category.clone(),
        products: products?,
        terms,
        budget: budget.map_or(Some(None), |budget| budget.map(Some))?,
        slots: told.slots.unwrap_or(1),
        position: told.running_order,
        filters: filters.map_or(Some(Filters::default()), |filters| filters)?,
        samples: samples.map_or(Some(None), |samples| samples.map(Some))?,
        creative: told.creative.clone(),
        ad_label: told.ad_label.unwrap_or_default(),
        forbidden_claims: told.forbidden_claims.clone().unwrap_or_default(),
        exclusivity_days: told.exclusivity_days,
        recut_rights: told.recut_rights.clone(),
        invoice_kind: told.invoice_kind.clone(),
        invoice_title: told.invoice_title.clone(),
        contact: contact?,
        attachments: told.attachments.clone().unwrap_or_default(),
        visibility: told.visibility.unwrap_or_default(),
        invitation: told.invitation.unwrap_or(2 * 86_400),
        closes_at,
        expires_at: expires_at?.unwrap_or(closes_at.plus_days(14)),
    })
}

fn products(
    form: &mut Form,
    book: BookId,
    told: &[ProductIn],
    currency: crate::money::Currency,
) -> Option<Vec<Product>> {
    let read = |(n, one): (usize, &ProductIn)| {
        form.within(&format!("/products/{n}"), |form| {
            let of = ItemOfIn {
                platform: one.platform.clone(),
                item: one.item.clone(),
            };
            let item = of.read(form, book);
            let list_price = form.maybe_amount("/list_price", one.list_price.as_ref(), currency);
            let floor_price = form.maybe_amount("/floor_price", one.floor_price.as_ref(), currency);
            Some(Product {
                item: item?,
                list_price: list_price?,
                floor_price: floor_price?,
            })
        })
    };
    let each: Vec<Option<Product>> = told.iter().enumerate().map(read).collect();
    each.into_iter().collect()
}

fn filters(form: &mut Form, told: &FiltersIn) -> Option<Filters> {
    let agency = match &told.agency {
        Some(text) => form.party("/agency", text).map(Some),
        None => Some(None),
    };
    Some(Filters {
        level: told.level,
        fans: told.fans,
        segment: told.segment.clone(),
        agency: agency?,
    })
}

fn names(told: &BriefTermsIn) -> impl Iterator<Item = &str> {
    let agency = told.filters.iter().filter_map(|filters| filters.agency.as_deref());
    parties_of(&told.terms).chain(agency)
}

/// Answers with the brief as it stands after the answer's events.
async fn after(write: &Write, answer: Answer, made: &str, status: StatusCode) -> Result<HttpResponse, Problem> {
    let brief = answer.made.ids.get("brief").and_then(|id| id.parse::<BriefId>().ok());
    let brief = match brief.filter(|_| !answer.dry_run) {
        Some(id) => {
            let client = write.client().await?;
            let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
            Some(report::brief(&client, log, viewer, id, At::Position(answer.position)).await?)
        }
        None => None,
    };
    let status = if answer.dry_run { StatusCode::OK } else { status };
    let answer = AnswerView::of(answer, made);
    Ok(HttpResponse::build(status).json(BriefAnswer { answer, brief }))
}

async fn named(write: &Write, text: &str) -> Result<BriefId, Problem> {
    let client = write.client().await?;
    let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
    Ok(report::brief_named(&client, log, viewer, text).await?)
}

/// Drafts a brief, and posts it at once with `post`.
#[utoipa::path(post, path = "/v1/briefs", tag = "vtask", request_body = BriefIn,
    responses((status = 201, body = BriefAnswer)))]
pub async fn draft(write: Write, Json(body): Json<BriefIn>) -> Result<HttpResponse, Problem> {
    let mut form = write
        .form(body.brand.as_deref().into_iter().chain(names(&body.brief)))
        .await?;
    let external_id = form.maybe("/external_id", body.external_id.as_deref());
    let brand = match (&body.brand, write.caller.who.party) {
        (Some(text), _) => form.party("/brand", text),
        (None, own) => form.need("/brand", own),
    };
    let book = write.caller.who.book;
    let terms = form.within("/brief", |form| says(form, book, &body.brief));
    let ((external_id, brand), terms) = form.finish(external_id.zip(brand).zip(terms))?;
    // A brand drafts its own only; another's number looks unknown.
    if write.caller.who.party.is_some_and(|own| own != brand) {
        return Err(Problem::not_found());
    }
    let command = Command::DraftBrief {
        external_id,
        brand,
        terms: Box::new(terms),
        post: body.post.unwrap_or_default(),
    };
    let decided = write.decide("POST /v1/briefs", command).await;
    let answer = decided.map_err(|problem| problem.within("/brief", &["/external_id", "/brand"]))?;
    after(&write, answer, "brief", StatusCode::CREATED).await
}

/// A refusal with what may be asked instead: of the application, or of the brief.
async fn instead(write: &Write, brief: BriefId, of: Option<PartyId>, problem: Problem) -> Result<Problem, Problem> {
    let client = write.client().await?;
    let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
    let stands = report::brief(&client, log, viewer, brief, At::Now).await?;
    let application = stands.applications.into_iter().find(|one| Some(one.party) == of);
    let allowed = application.map_or(stands.row.allowed_actions, |one| one.allowed_actions);
    Ok(problem.instead(allowed))
}

async fn ask(
    write: &Write,
    route: &'static str,
    brief: BriefId,
    side: Option<Side>,
    ask: Ask,
) -> Result<HttpResponse, Problem> {
    let awards = matches!(ask, Ask::Award { .. });
    let own = ask.party();
    let amends = matches!(ask, Ask::Amend { .. });
    let decided = write.decide(route, Command::AskBrief { brief, side, ask }).await;
    let answer = match decided {
        Ok(answer) => answer,
        Err(problem) if amends => return Err(problem.within("/brief", &["/side"])),
        Err(problem) => return Err(instead(write, brief, own, problem).await?),
    };
    if awards {
        return ContractAnswer::respond(write, answer, StatusCode::CREATED).await;
    }
    after(write, answer, "brief", StatusCode::OK).await
}

/// Posts, amends or withdraws a brief.
#[utoipa::path(post, path = "/v1/briefs/{brief}/{action}", tag = "vtask", request_body = BriefActionIn,
    params(("brief" = String, Path), ("action" = String, Path, description = "post, amend or withdraw")),
    responses((status = 200, body = BriefAnswer)))]
pub async fn act(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<BriefActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, action) = path.into_inner();
    let brief = named(&write, &text).await?;
    let mut form = write.form(body.brief.iter().flat_map(names)).await?;
    let book = write.caller.who.book;
    let what = match action.as_str() {
        "post" => Some(Ask::Post),
        "amend" => {
            let told = form.need("/brief", body.brief.as_ref());
            told.and_then(|told| form.within("/brief", |form| says(form, book, told)))
                .map(|terms| Ask::Amend { terms: Box::new(terms) })
        }
        "withdraw" => form
            .need("/reason", body.reason.clone())
            .map(|reason| Ask::Withdraw { reason }),
        _ => return Err(Problem::no_action()),
    };
    let what = form.finish(what)?;
    ask(&write, "POST /v1/briefs/{brief}/{action}", brief, body.side, what).await
}

fn applicant(form: &mut Form, write: &Write, told: Option<&str>) -> Option<PartyId> {
    match (told, write.caller.who.party) {
        (Some(text), _) => form.party("/party", text),
        (None, own) => form.need("/party", own),
    }
}

/// Applies with a quote; a brand invites.
#[utoipa::path(post, path = "/v1/briefs/{brief}/applications", tag = "vtask", request_body = ApplicationIn,
    params(("brief" = String, Path)), responses((status = 201, body = BriefAnswer)))]
pub async fn apply(write: Write, id: Path<String>, Json(body): Json<ApplicationIn>) -> Result<HttpResponse, Problem> {
    let brief = named(&write, &id).await?;
    let texts = body.party.as_deref().into_iter();
    let mut form = write.form(texts.chain(body.terms.iter().flat_map(parties_of))).await?;
    let book = write.caller.who.book;
    let party = applicant(&mut form, &write, body.party.as_deref());
    let own = match &body.terms {
        Some(told) => form.within("/terms", |form| terms(form, book, told)).map(Some),
        None => Some(None),
    };
    let brand_invites = write.caller.who.role == crate::domain::person::Role::Brand || body.side == Some(Side::Brand);
    let number = form.maybe("/external_id", body.external_id.as_deref());
    if brand_invites && (body.terms.is_some() || body.note.is_some() || body.external_id.is_some()) {
        form.fault(
            "/terms",
            Fault::new("unexpected_field", "an invitation carries the brief's own terms"),
        );
    }
    let ((party, own), external_id) = form.finish(party.zip(own).zip(number))?;
    let what = if brand_invites {
        Ask::Invite { party }
    } else {
        Ask::Apply {
            party,
            terms: own.map(Box::new),
            note: body.note,
            external_id,
        }
    };
    let command = Command::AskBrief {
        brief,
        side: body.side,
        ask: what,
    };
    let decided = write.decide("POST /v1/briefs/{brief}/applications", command).await;
    let answer = match decided {
        Ok(answer) => answer,
        Err(problem) => return Err(instead(&write, brief, Some(party), problem).await?),
    };
    after(&write, answer, "brief", StatusCode::CREATED).await
}

/// Acts on an application.
#[utoipa::path(post, path = "/v1/briefs/{brief}/applications/{party}/{action}", tag = "vtask",
    request_body = BriefActionIn,
    params(("brief" = String, Path), ("party" = String, Path),
        ("action" = String, Path, description = "quote, accept-quote, shortlist, reject, leave or award")),
    responses((status = 200, body = BriefAnswer), (status = 201, body = ContractAnswer)))]
pub async fn answer_application(
    write: Write,
    path: Path<(String, String, String)>,
    Json(body): Json<BriefActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, party, action) = path.into_inner();
    let brief = named(&write, &text).await?;
    let names = body.terms.iter().flat_map(parties_of);
    let mut form = write.form(names.chain([party.as_str()])).await?;
    let book = write.caller.who.book;
    // The path names nobody that the caller cannot know: an unknown number is as good as a missing application.
    let party = form.party("/party", &party).ok_or_else(Problem::not_found)?;
    let reason = body.reason.clone();
    let what = match action.as_str() {
        "quote" => {
            let told = form.need("/terms", body.terms.as_ref());
            let told = told.and_then(|told| form.within("/terms", |form| terms(form, book, told)));
            told.map(|terms| Ask::Quote {
                party,
                terms: Box::new(terms),
            })
        }
        "accept-quote" => Some(Ask::AcceptQuote { party }),
        "shortlist" => Some(Ask::Shortlist { party }),
        "reject" => Some(Ask::Reject { party, reason }),
        "leave" => Some(Ask::Leave { party, reason }),
        "award" => {
            let own = form.maybe("/external_id", body.external_id.as_deref());
            let fund = body.fund.unwrap_or_default();
            own.map(|external_id| Ask::Award {
                party,
                external_id,
                fund,
            })
        }
        _ => return Err(Problem::no_action()),
    };
    let what = form.finish(what)?;
    let route = "POST /v1/briefs/{brief}/applications/{party}/{action}";
    ask(&write, route, brief, body.side, what).await
}

/// Lists briefs: a brand its own; an anchor or agency those open to it.
#[utoipa::path(get, path = "/v1/briefs", tag = "vtask",
    params(("status" = Option<String>, Query), ("external_id" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BriefsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let words = ["draft", "posted", "closed", "filled", "withdrawn", "expired"].map(|word| (word, word));
    let filter = BriefFilter {
        status: read.params.word("status", &words)?,
        external_id: read.params.text("external_id")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::briefs(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

/// Shows a brief with its applications.
#[utoipa::path(get, path = "/v1/briefs/{brief}", tag = "vtask",
    params(("brief" = String, Path), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = BriefView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let brief = report::brief_named(&read.client, read.log(), read.viewer(), &id).await?;
    let view = report::brief(&read.client, read.log(), read.viewer(), brief, read.at).await?;
    answer(&request, &view)
}

/// Applications of a brief.
#[derive(Serialize, ToSchema)]
pub struct ApplicationsView {
    /// The position they reflect.
    pub position: i64,
    /// Every one for the brand and the book, its own for an applicant.
    pub applications: Vec<report::ApplicationView>,
}

/// Ranks anchors for a brief by what the ledger knows of them. A brand sees figures of anchors as ranges over at least five
/// parties, or to the digit where the anchor published them; the book sees every figure.
#[utoipa::path(get, path = "/v1/briefs/{brief}/matches", tag = "vtask",
    params(("brief" = String, Path),
        ("months" = Option<u32>, Query, description = "Months of orders counted, the running one included: 1 to 36, 12 unless told."),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = MatchesView)))]
pub async fn matches(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let months: u32 = read.params.read("months")?.unwrap_or(report::MONTHS);
    if !(1..=report::MOST_MONTHS).contains(&months) {
        return Err(Problem::bad_request("months_range", "1 to 36 months").at("months"));
    }
    let page = read.params.page()?;
    read.finish()?;
    let view = report::matches(&read.client, read.log(), read.viewer(), &id, months, &page).await?;
    answer(&request, &view)
}

/// Lists the applications of a brief.
#[utoipa::path(get, path = "/v1/briefs/{brief}/applications", tag = "vtask", params(("brief" = String, Path)),
    responses((status = 200, body = ApplicationsView)))]
pub async fn applications(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let brief = report::brief_named(&read.client, read.log(), read.viewer(), &id).await?;
    let view = report::brief(&read.client, read.log(), read.viewer(), brief, At::Now).await?;
    answer(
        &request,
        &ApplicationsView {
            position: view.position,
            applications: view.applications,
        },
    )
}
