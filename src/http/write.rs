//! One write: key, version and dry run from the request; the answer as JSON.
//! Must never send a command to the engine without an Idempotency-Key, except facts and clicks, which identify themselves.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, IF_MATCH};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use super::form::Form;
use super::guard::Caller;
use super::params::{Params, parties};
use super::problem::Problem;
use super::state::Shared;
use super::wire::AnswerView;
use crate::access::sees;
use crate::base::{FileId, PartyId};
use crate::domain::command::Command;
use crate::domain::refusal::WrongField;
use crate::engine::{Answer, EngineError, Lane, Meta, Operation};
use crate::report;

/// What every write has.
pub struct Write {
    /// What requests share.
    pub shared: Data<Shared>,
    /// Who asks.
    pub caller: Caller,
    /// How it is to be decided.
    pub meta: Meta,
    by_header: bool,
}

/// A write that needs no key: facts and clicks.
pub struct Told(pub Write);

impl FromRequest for Write {
    type Error = Problem;
    type Future = Ready<Result<Write, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(read(request, payload).and_then(|write| {
            if write.meta.key.is_some() {
                Ok(write)
            } else {
                Err(Problem::bad_request(
                    "idempotency_key_missing",
                    "send a key of your own choice as Idempotency-Key",
                ))
            }
        }))
    }
}

impl FromRequest for Told {
    type Error = Problem;
    type Future = Ready<Result<Told, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(read(request, payload).map(|mut write| {
            write.meta.key = None;
            Told(write)
        }))
    }
}

fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Write, Problem> {
    let caller = Caller::from_request(request, payload).into_inner()?;
    let shared = request
        .app_data::<Data<Shared>>()
        .cloned()
        .ok_or_else(Problem::forbidden)?;
    let mut params = Params::of(request)?;
    let asked: Option<i64> = params.read("expected_version")?;
    let dry_run = params.read("dry_run")?.unwrap_or(false);
    params.finish()?;
    let matched = if_match(request.headers())?;
    let meta = Meta {
        actor: caller.who.actor(),
        key: key(request.headers())?,
        route: "",
        expected_version: asked.or(matched),
        dry_run,
        correlation: correlation(request.headers())?,
        lane: Lane::Interactive,
        deadline: shared.settings.write_deadline,
        secret_hash: None,
    };
    Ok(Write {
        shared,
        caller,
        meta,
        by_header: matched.is_some() && asked.is_none(),
    })
}

/// Visible ASCII of 1 to 128 characters.
fn visible(headers: &HeaderMap, name: &'static str, code: &'static str) -> Result<Option<String>, Problem> {
    let mut sent = headers.get_all(name);
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    let wrong = || Problem::bad_request(code, "1 to 128 visible ASCII characters, once").at(name);
    if sent.next().is_some() {
        return Err(wrong());
    }
    let text = value.to_str().map_err(|_| wrong())?;
    if (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(Some(text.to_owned()))
    } else {
        Err(wrong())
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    visible(headers, "idempotency-key", "idempotency_key_form")
}

fn correlation(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    visible(headers, "x-correlation-id", "correlation_form")
}

/// `If-Match: "7"` is the version as an entity tag.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let version = value.to_str().ok().and_then(|text| text.trim_matches('"').parse().ok());
    version
        .map(Some)
        .ok_or_else(|| Problem::bad_request("if_match_form", "If-Match holds one version, such as \"7\""))
}

impl Write {
    /// Sends a command and waits for the answer. `route` names the route in the fingerprint of the request.
    pub async fn decide(&self, route: &'static str, command: Command) -> Result<Answer, Problem> {
        let meta = Meta {
            route,
            ..self.meta.clone()
        };
        self.shared
            .engine
            .submit(self.caller.who.book, command, meta)
            .await
            .map_err(|error| self.problem(error))
    }

    /// The first answer to this key, when it was given and made an event of this kind: what the request was about may not
    /// stand as it did, so it is not looked for again.
    pub async fn replayed(&self, kind: &str) -> Result<Option<Answer>, Problem> {
        let Some(key) = &self.meta.key else { return Ok(None) };
        let who = &self.caller.who;
        let known = self.shared.engine.operation(who.book, &who.scope(), key).await?;
        let Operation::Committed(answer) = known else {
            return Ok(None);
        };
        if !answer.events.iter().any(|event| event.kind == kind) {
            return Err(EngineError::KeyReused.into());
        }
        Ok(Some(Answer {
            replayed: true,
            ..*answer
        }))
    }

    /// 409 for `expected_version`, 412 for `If-Match`.
    pub fn problem(&self, error: EngineError) -> Problem {
        let conflict = matches!(error, EngineError::VersionConflict { .. });
        let mut problem = Problem::from(error);
        if conflict && self.by_header {
            problem.status = StatusCode::PRECONDITION_FAILED;
        }
        problem
    }

    /// Sends a command that makes an object: 201 with its id, also when replayed.
    pub async fn make(&self, route: &'static str, made: &str, command: Command) -> Result<HttpResponse, Problem> {
        let answer = self.decide(route, command).await?;
        let status = if answer.dry_run {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        };
        Ok(HttpResponse::build(status).json(AnswerView::of(answer, made)))
    }

    /// Sends a command that changes an object: 200.
    pub async fn change(&self, route: &'static str, command: Command) -> Result<HttpResponse, Problem> {
        let answer = self.decide(route, command).await?;
        Ok(HttpResponse::Ok().json(AnswerView::of(answer, "")))
    }

    /// A form that knows the parties which these texts stand for.
    pub async fn form<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Result<Form, Problem> {
        let mut texts = texts
            .into_iter()
            .filter(|text| text.parse::<PartyId>().is_err())
            .peekable();
        if texts.peek().is_none() {
            return Ok(Form::default());
        }
        let client = self.client().await?;
        Ok(Form::knowing(Rc::new(parties(&client, &self.caller.who, texts).await?)))
    }

    /// The party that a path names, if the caller may see it.
    pub async fn party(&self, text: &str) -> Result<PartyId, Problem> {
        let client = self.client().await?;
        let known = parties(&client, &self.caller.who, [text]).await?;
        let party = text
            .parse()
            .ok()
            .or_else(|| known.get(text).copied())
            .ok_or_else(Problem::not_found)?;
        if sees(&client, &self.caller.who, party).await? {
            Ok(party)
        } else {
            Err(Problem::not_found())
        }
    }

    /// Refuses files that the book does not keep: what is agreed to can be looked at.
    pub async fn kept(&self, pointer: &str, files: &[FileId]) -> Result<(), Problem> {
        if files.is_empty() {
            return Ok(());
        }
        let client = self.client().await?;
        let missing = report::files_missing(&client, self.caller.who.log, files).await?;
        let fault = |place: usize| WrongField {
            pointer: format!("{pointer}/{place}").into(),
            code: "file_unknown",
            message: "the book keeps no such file: upload it first".to_owned(),
        };
        match missing.is_empty() {
            true => Ok(()),
            false => Err(Problem::invalid(missing.into_iter().map(fault).collect())),
        }
    }

    /// A connection for the look-ups before a command.
    pub async fn client(&self) -> Result<deadpool_postgres::Object, Problem> {
        Ok(self.shared.engine.pool().get().await?)
    }
}
