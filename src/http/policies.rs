//! `/v1/policies` and substitutes: who must agree to what, and who decides for one who is away.
//! Must never set a policy itself: it asks, and an approval sets it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::base::{Instant, PersonId};
use crate::domain::command::{Command, Pending};
use crate::domain::person::Role;
use crate::domain::policy::{PendingKind, PolicyTerms, Step};
use crate::money::{Currency, Minor};
use crate::report::{self, PoliciesView};

/// One step of a policy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepIn {
    /// Amounts of this and more, in the policy's currency; the first step begins at 0. Not told for kinds without an amount.
    #[schema(example = "100000.00")]
    pub from: Option<String>,
    /// How many distinct persons beside the maker: 1 to 5.
    pub approvers: u8,
    /// owner, finance: each of them has one of these; any role that decides approvals when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
}

/// A policy to set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyIn {
    /// adjust, pay, return_payment, write_off, freeze, unfreeze, forfeit, resume, set_policy, reverse_import,
    /// backdate_formula, open_balances or reverse_opening.
    #[schema(value_type = String, example = "pay")]
    pub kind: PendingKind,
    /// ISO 4217; needed for kinds that state an amount, refused for the others.
    #[schema(example = "CNY")]
    pub currency: Option<String>,
    /// Steps by amount, ascending.
    pub steps: Vec<StepIn>,
    /// Requests from here on; from its approval on when not told.
    pub effective_from: Option<String>,
}

/// Who decides for a person who is away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstituteIn {
    /// The substitute.
    pub by: String,
    /// Inclusive; from now when not told.
    pub from: Option<String>,
    /// Exclusive. Said again for the same substitute, the last counts: an end that has passed ends it.
    pub to: String,
}

fn terms(form: &mut Form, told: &PolicyIn) -> Option<PolicyTerms> {
    let currency: Option<Option<Currency>> = form.maybe("/currency", told.currency.as_deref());
    let effective_from = form.maybe("/effective_from", told.effective_from.as_deref());
    let currency = currency?;
    let mut steps = Vec::with_capacity(told.steps.len());
    for (n, step) in told.steps.iter().enumerate() {
        let from = match (&step.from, currency) {
            (Some(text), Some(currency)) => form.take(&format!("/steps/{n}/from"), Minor::parse(text, currency)),
            _ => Some(Minor::ZERO),
        };
        steps.push(from.map(|from| Step {
            from,
            approvers: step.approvers,
            roles: step.roles.clone(),
        }));
    }
    Some(PolicyTerms {
        kind: told.kind,
        currency,
        steps: steps.into_iter().collect::<Option<_>>()?,
        effective_from: effective_from?,
    })
}

/// Asks for a policy to be set; a second person approves it, or as many as the policy of policies says.
#[utoipa::path(post, path = "/v1/policies", tag = "settlement", request_body = PolicyIn,
    responses((status = 201, body = AnswerView)))]
pub async fn ask(write: Write, Json(body): Json<PolicyIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let terms = terms(&mut form, &body);
    let terms = form.finish(terms)?;
    let command = Command::Request(Pending::SetPolicy(terms));
    write.make("POST /v1/policies", "approval", command).await
}

/// Lists every version of every policy. A kind without one needs one second person.
#[utoipa::path(get, path = "/v1/policies", tag = "settlement", responses((status = 200, body = PoliciesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    answer(&request, &report::policies(&read.client, read.log()).await?)
}

/// Lets somebody decide for a person who is away: the person itself says so, or an owner.
#[utoipa::path(post, path = "/v1/persons/{person}/substitutes", tag = "parties", request_body = SubstituteIn,
    params(("person" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn substitute(
    write: Write,
    person: Path<String>,
    Json(body): Json<SubstituteIn>,
) -> Result<HttpResponse, Problem> {
    let person: PersonId = person.parse().map_err(|_| Problem::not_found())?;
    // Another's substitute looks as if that person did not exist.
    if write.caller.who.role != Role::Owner && write.caller.who.person != person {
        return Err(Problem::not_found());
    }
    let mut form = Form::default();
    let by: Option<PersonId> = form.read("/by", &body.by);
    let from: Option<Option<Instant>> = form.maybe("/from", body.from.as_deref());
    let to: Option<Instant> = form.read("/to", &body.to);
    let ((by, from), to) = form.finish(by.zip(from).zip(to))?;
    let command = Command::Substitute { person, by, from, to };
    write.change("POST /v1/persons/{person}/substitutes", command).await
}
