//! `/v1/keys` and `/v1/persons`: who holds keys, with which role, for which party.
//! Must never show a secret twice, nor a hash ever.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::Fault;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::access::{self, KeyRow, PersonRow, mint};
use crate::base::KeyId;
use crate::domain::command::Command;
use crate::domain::person::Role;
use crate::engine::{Answer, Meta};

/// A key to issue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyIn {
    /// Whose; a new person when not told.
    pub person: Option<String>,
    /// A label of your choice; not a person's name.
    #[schema(example = "finance, second desk")]
    pub label: String,
    /// owner, operator, finance, brand, agency, anchor, supplier, ingest or auditor.
    #[schema(value_type = String, example = "finance")]
    pub role: Role,
    /// For which party, id or own number; needed for brand, agency, anchor and supplier, refused for the others.
    pub party: Option<String>,
    /// Stops working here, by the database's clock.
    pub expires_at: Option<String>,
}

/// A key just issued.
#[derive(Serialize, ToSchema)]
pub struct NewKeyView {
    /// Id.
    pub id: Option<String>,
    /// Whose.
    pub person: Option<String>,
    /// What its holder sends as `Authorization: Bearer`. Shown once: a replayed answer does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl NewKeyView {
    /// From the answer; the secret only if this very request made the key.
    pub fn of(answer: &Answer, secret: String) -> NewKeyView {
        NewKeyView {
            id: answer.made.ids.get("key").cloned(),
            person: answer.made.ids.get("person").cloned(),
            secret: (!answer.replayed && !answer.dry_run).then_some(secret),
        }
    }
}

/// The answer to an issued key.
#[derive(Serialize, ToSchema)]
pub struct KeyIssuedView {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// The key.
    pub key: NewKeyView,
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub struct KeysView {
    /// Keys, never their secrets.
    pub keys: Vec<KeyRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of persons.
#[derive(Serialize, ToSchema)]
pub struct PersonsView {
    /// Persons: random ids.
    pub persons: Vec<PersonRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Issues a key.
#[utoipa::path(post, path = "/v1/keys", tag = "parties", request_body = KeyIn,
    responses((status = 201, body = KeyIssuedView)))]
pub async fn issue(write: Write, Json(body): Json<KeyIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form(body.party.as_deref()).await?;
    let person = form.maybe("/person", body.person.as_deref());
    let label = form.read("/label", &body.label);
    let party = match &body.party {
        Some(text) => form.party("/party", text).map(Some),
        None => Some(None),
    };
    let expires_at = form.maybe("/expires_at", body.expires_at.as_deref());
    if access::needs_party(body.role) != body.party.is_some() {
        form.fault(
            "/party",
            Fault::new(
                "role_party",
                "brand, agency, anchor and supplier need a party, other roles have none",
            ),
        );
    }
    let (((person, label), party), expires_at) = form.finish(person.zip(label).zip(party).zip(expires_at))?;
    let minted = mint(write.caller.who.sandbox);
    let command = Command::IssueKey {
        person,
        key: minted.key,
        label,
        role: body.role,
        party,
        expires_at,
    };
    let meta = Meta {
        route: "POST /v1/keys",
        secret_hash: Some(minted.hash),
        ..write.meta.clone()
    };
    let engine = &write.shared.engine;
    let issued = engine
        .submit(write.caller.who.book, command, meta)
        .await
        .map_err(|error| write.problem(error))?;
    let key = NewKeyView::of(&issued, minted.text);
    let status = if issued.dry_run {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok(HttpResponse::build(status).json(KeyIssuedView {
        answer: AnswerView::of(issued, "key"),
        key,
    }))
}

/// Revokes a key: it stops working within a second on every server.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "parties", params(("key" = String, Path)),
    responses((status = 200, body = AnswerView)))]
pub async fn revoke(write: Write, key: Path<String>) -> Result<HttpResponse, Problem> {
    let key: KeyId = key.parse().map_err(|_| Problem::not_found())?;
    let client = write.client().await?;
    let person = access::person_of(&client, write.caller.who.book, key)
        .await?
        .ok_or_else(Problem::not_found)?;
    drop(client);
    let done = write
        .change("DELETE /v1/keys/{key}", Command::RevokeKey { person, key })
        .await;
    write.shared.keyring.forget(key);
    done
}

/// Lists keys.
#[utoipa::path(get, path = "/v1/keys", tag = "parties", params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = KeysView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let (after, limit) = page(&mut read)?;
    let mut keys = access::keys_of(&read.client, read.who().book, after, limit + 1).await?;
    let more = keys.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    keys.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = more.then(|| keys.last().map(|key| key.id.clone())).flatten();
    answer(&request, &KeysView { keys, next })
}

/// Lists persons with the roles of their keys.
#[utoipa::path(get, path = "/v1/persons", tag = "parties", params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PersonsView)))]
pub async fn persons(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let (after, limit) = page(&mut read)?;
    let mut persons = access::persons_of(&read.client, read.who().book, after, limit + 1).await?;
    let more = persons.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    persons.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = more.then(|| persons.last().map(|person| person.id.clone())).flatten();
    answer(&request, &PersonsView { persons, next })
}

/// The last id of the page before, and how many rows.
fn page(read: &mut Read) -> Result<(Option<uuid::Uuid>, i64), Problem> {
    let page = read.params.page()?;
    read.finish()?;
    let wrong = || Problem::bad_request("cursor_form", "not a cursor of this list").at("cursor");
    let after = page.after.map(|text| {
        let hex = text.split_once('_').map_or("", |(_, hex)| hex);
        if hex.len() == 32 {
            uuid::Uuid::try_parse(hex).ok()
        } else {
            None
        }
    });
    match after {
        Some(None) => Err(wrong()),
        other => Ok((other.flatten(), page.limit)),
    }
}
