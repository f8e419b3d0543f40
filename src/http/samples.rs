//! `/v1/samples` 样品: requests, what is recorded about them, who holds what; `/v1/sample-rules`: the rule on repeats.
//! Must never let a party see or touch a sample that does not concern it: it looks as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::problem::Problem;
use super::purchase_terms::{item_named, offer_named};
use super::purchases::other;
use super::read::{Read, answer};
use super::state::Shared;
use super::vtask_terms::ItemOfIn;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::access::{Principal, sees};
use crate::base::{ExternalId, SampleId};
use crate::domain::command::Command;
use crate::domain::sample::{Action, Bearer, SampleAsk, SampleTerms};
use crate::engine::Answer;
use crate::money::{Currency, Minor};
use crate::report::{self, At, SampleFilter, SampleRulesView, SampleView, SamplesView};

/// A request for a sample.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleIn {
    /// Who is to hold it: id or own number; the caller when not told.
    pub holder: Option<String>,
    /// Who gives it.
    pub provider: String,
    /// Of which product.
    pub product: Option<ItemOfIn>,
    /// Of which offer: its id, or its number at 1688.
    pub offer: Option<String>,
    /// What it is, in words.
    pub name: String,
    /// How many; 1 when not told.
    pub units: Option<u32>,
    /// What the holder accepts; free and kept when not told.
    pub terms: Option<SampleTermsIn>,
    /// What for.
    pub note: Option<String>,
    /// Asked for although it repeats an earlier request (by the book only).
    pub again: Option<bool>,
}

/// Terms of a sample; what is not told costs nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleTermsIn {
    /// Currency of every amount; CNY when not told.
    pub currency: Option<String>,
    /// What the goods cost in all.
    pub cost: Option<MoneyIn>,
    /// Who bears it: provider (the default), holder or book.
    #[schema(value_type = Option<String>)]
    pub cost_by: Option<Bearer>,
    /// Freight there.
    pub freight: Option<MoneyIn>,
    /// Who bears it: provider (the default), holder or book.
    #[schema(value_type = Option<String>)]
    pub freight_by: Option<Bearer>,
    /// Who lays it out: provider (the default), holder or book.
    #[schema(value_type = Option<String>)]
    pub freight_paid_by: Option<Bearer>,
    /// Set aside from the holder until it is closed.
    pub deposit: Option<MoneyIn>,
    /// To be returned until here; it may be kept when not told.
    pub return_by: Option<String>,
    /// What it costs the holder when it is lost or not returned in time.
    pub loss_price: Option<MoneyIn>,
}

/// Fields of the actions; which are needed depends on the action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleActionIn {
    /// Which request, from 1; the last when not told.
    pub number: Option<u32>,
    /// Other terms (approve, by the book only).
    pub terms: Option<SampleTermsIn>,
    /// Why (refuse), or how (lose).
    pub reason: Option<String>,
    /// Tracking number (send).
    pub tracking: Option<String>,
    /// Freight back, borne by the holder (return).
    pub freight: Option<MoneyIn>,
}

/// The rule on repeats.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleRulesIn {
    /// A request within so many days of an earlier one of the same holder and item is refused; null allows repeats.
    pub repeat_days: Option<u32>,
    /// From here on; now when not told.
    pub from: Option<String>,
}

/// The answer to a write, with the request as it stands after it.
#[derive(Serialize, ToSchema)]
pub struct SampleAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// The request after it; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleView>,
}

impl SampleAnswer {
    async fn respond(
        write: &Write,
        number: Option<u32>,
        answer: Answer,
        status: StatusCode,
    ) -> Result<HttpResponse, Problem> {
        let id = answer.made.ids.get("sample");
        let id = id.and_then(|id| id.parse::<SampleId>().ok());
        let sample = match id.filter(|_| !answer.dry_run) {
            Some(id) => {
                let client = write.client().await?;
                let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
                Some(report::sample(&client, log, viewer, (id, number), At::Position(answer.position)).await?)
            }
            None => None,
        };
        let status = if answer.dry_run { StatusCode::OK } else { status };
        let answer = AnswerView::of(answer, "sample");
        Ok(HttpResponse::build(status).json(SampleAnswer { answer, sample }))
    }
}

fn terms(form: &mut Form, told: Option<&SampleTermsIn>, usual: Currency) -> Option<SampleTerms> {
    let free = SampleTerms {
        currency: usual,
        cost: Minor::ZERO,
        cost_by: Bearer::Provider,
        freight: Minor::ZERO,
        freight_by: Bearer::Provider,
        freight_paid_by: Bearer::Provider,
        deposit: Minor::ZERO,
        return_by: None,
        loss_price: Minor::ZERO,
    };
    let Some(told) = told else { return Some(free) };
    let currency = match &told.currency {
        Some(code) => form.read::<Currency>("/currency", code)?,
        None => usual,
    };
    let cost = form
        .maybe_amount("/cost", told.cost.as_ref(), currency)
        .map(Option::unwrap_or_default);
    let freight = form
        .maybe_amount("/freight", told.freight.as_ref(), currency)
        .map(Option::unwrap_or_default);
    let deposit = form
        .maybe_amount("/deposit", told.deposit.as_ref(), currency)
        .map(Option::unwrap_or_default);
    let loss_price = form
        .maybe_amount("/loss_price", told.loss_price.as_ref(), currency)
        .map(Option::unwrap_or_default);
    let return_by = form.maybe("/return_by", told.return_by.as_deref());
    Some(SampleTerms {
        currency,
        cost: cost?,
        cost_by: told.cost_by.unwrap_or_default(),
        freight: freight?,
        freight_by: told.freight_by.unwrap_or_default(),
        freight_paid_by: told.freight_paid_by.unwrap_or_default(),
        deposit: deposit?,
        return_by: return_by?,
        loss_price: loss_price?,
    })
}

/// Asks for a sample.
#[utoipa::path(post, path = "/v1/samples", tag = "sourcing", request_body = SampleIn,
    responses((status = 201, body = SampleAnswer)))]
pub async fn ask(write: Write, Json(body): Json<SampleIn>) -> Result<HttpResponse, Problem> {
    let names = [body.holder.as_deref(), Some(body.provider.as_str())];
    let mut form = write.form(names.into_iter().flatten()).await?;
    let asked = read_ask(&mut form, &write.caller.who, &body);
    let asked = form.finish(asked)?;
    let command = Command::AskSample(Box::new(asked));
    let answer = write.decide("POST /v1/samples", command).await?;
    SampleAnswer::respond(&write, None, answer, StatusCode::CREATED).await
}

fn read_ask(form: &mut Form, who: &Principal, body: &SampleIn) -> Option<SampleAsk> {
    let holder = match &body.holder {
        Some(text) => form.party("/holder", text),
        None => form.need("/holder", who.party),
    };
    let provider = form.party("/provider", &body.provider);
    let item = item_named(form, "/product", who.book, body.product.as_ref());
    let source: Option<ExternalId> = form.read("/offer", "1688");
    let offer = match &body.offer {
        Some(text) => offer_named(form, "/offer", who.book, &source?, text).map(Some),
        None => Some(None),
    };
    let terms = form.within("/terms", |form| terms(form, body.terms.as_ref(), Currency::CNY));
    Some(SampleAsk {
        holder: holder?,
        provider: provider?,
        item: item?,
        offer: offer?,
        name: body.name.clone(),
        units: body.units.unwrap_or(1),
        terms: terms?,
        note: body.note.clone(),
        again: body.again.unwrap_or_default(),
    })
}

/// The sample that an id names, if it concerns the caller; foreign and missing are alike.
async fn named(client: &tokio_postgres::Client, who: &Principal, text: &str) -> Result<SampleId, Problem> {
    let id: SampleId = text.parse().map_err(|_| Problem::not_found())?;
    let (holder, provider) = report::sample_sides(client, who.log, id).await?;
    if who.party == Some(provider) || sees(client, who, holder).await? {
        Ok(id)
    } else {
        Err(Problem::not_found())
    }
}

/// Records something about a request for a sample.
#[utoipa::path(post, path = "/v1/samples/{sample}/{action}", tag = "sourcing", request_body = SampleActionIn,
    params(("sample" = String, Path), ("action" = String, Path,
        description = "approve, refuse, send, receive, keep, return, bill or lose")),
    responses((status = 200, body = SampleAnswer)))]
pub async fn act(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<SampleActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, word) = path.into_inner();
    let client = write.client().await?;
    let who = &write.caller.who;
    let sample = named(&client, who, &text).await?;
    let now = report::sample(&client, who.log, who.viewer(), (sample, body.number), At::Now).await?;
    let currency: Currency = now.terms.cost.currency.parse().map_err(|_| Problem::not_found())?;
    drop(client);
    let mut form = Form::default();
    let Some(action) = action(&mut form, &word, &body, currency) else {
        return Err(Problem::not_found());
    };
    let action = form.finish(action)?;
    let number = body.number;
    let command = Command::ActSample { sample, number, action };
    let answer = write.decide("POST /v1/samples/{sample}/{action}", command).await?;
    SampleAnswer::respond(&write, number, answer, StatusCode::OK).await
}

/// The action of a word; none when there is no such word, some none after a fault.
fn action(form: &mut Form, word: &str, body: &SampleActionIn, currency: Currency) -> Option<Option<Action>> {
    Some(match word {
        "approve" => match &body.terms {
            Some(told) => {
                let read = form.within("/terms", |form| terms(form, Some(told), currency));
                read.map(|terms| Action::Approve { terms: Some(terms) })
            }
            None => Some(Action::Approve { terms: None }),
        },
        "refuse" => {
            let reason = form.need("/reason", body.reason.clone());
            reason.map(|reason| Action::Refuse { reason })
        }
        "send" => {
            let tracking = form.maybe("/tracking", body.tracking.as_deref());
            tracking.map(|tracking| Action::Send { tracking })
        }
        "receive" => Some(Action::Receive),
        "keep" => Some(Action::Keep),
        "return" => {
            let freight = form
                .maybe_amount("/freight", body.freight.as_ref(), currency)
                .map(Option::unwrap_or_default);
            freight.map(|freight| Action::Return { freight })
        }
        "bill" => Some(Action::Bill),
        "lose" => {
            let reason = form.need("/reason", body.reason.clone());
            reason.map(|reason| Action::Lose { reason })
        }
        _ => return None,
    })
}

const STANDINGS: [&str; 9] = [
    "requested",
    "approved",
    "refused",
    "sent",
    "received",
    "kept",
    "returned",
    "billed",
    "lost",
];

/// Lists samples that concern the caller; with `out=true` those with their holders or on their way there.
#[utoipa::path(get, path = "/v1/samples", tag = "sourcing",
    params(("party" = Option<String>, Query, description = "As holder or provider."), ("holder" = Option<String>, Query),
        ("provider" = Option<String>, Query), ("standing" = Option<String>, Query), ("out" = Option<bool>, Query),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SamplesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let filter = SampleFilter {
        party,
        holder: other(&mut read, "holder").await?,
        provider: other(&mut read, "provider").await?,
        standing: read.params.word("standing", &STANDINGS.map(|word| (word, word)))?,
        out: read.params.read("out")?.unwrap_or(false),
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::samples(&read.client, read.log(), &filter, &page).await?;
    answer(&request, &view)
}

/// Shows a request for a sample; the last of its holder for its item unless a number is told.
#[utoipa::path(get, path = "/v1/samples/{sample}", tag = "sourcing",
    params(("sample" = String, Path), ("number" = Option<u32>, Query), ("at" = Option<String>, Query),
        ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = SampleView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    let number: Option<u32> = read.params.read("number")?;
    read.finish()?;
    let id = named(&read.client, read.who(), &id).await?;
    let view = report::sample(&read.client, read.log(), read.viewer(), (id, number), read.at).await?;
    answer(&request, &view)
}

/// Shows the book's rule on repeated requests.
#[utoipa::path(get, path = "/v1/sample-rules", tag = "sourcing", responses((status = 200, body = SampleRulesView)))]
pub async fn rules(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let view = report::sample_rules(&read.client, read.log(), read.who().book).await?;
    answer(&request, &view)
}

/// Sets the book's rule on repeated requests from now on, or from later on; it is off until it is set.
#[utoipa::path(post, path = "/v1/sample-rules", tag = "sourcing", request_body = SampleRulesIn,
    responses((status = 200, body = AnswerView)))]
pub async fn set_rules(write: Write, Json(body): Json<SampleRulesIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let from = form.maybe("/from", body.from.as_deref());
    let from = form.finish(from)?;
    let command = Command::SetSampleRules {
        repeat_days: body.repeat_days,
        from,
    };
    write.change("POST /v1/sample-rules", command).await
}
