//! Problems (RFC 9457) and the one table from refusals and engine errors to HTTP statuses.
//! Must never show a cause from inside (a database message, a path), nor say whether a foreign object exists.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::language::{Language, title};
use crate::domain::refusal::{Class, Refusal, WrongField};
use crate::engine::EngineError;
use crate::report::ReportError;

/// Media type of every error body.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Whether something may have happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing happened.
    None,
    /// It may have happened: ask `/v1/operations/{key}`, or send the same request with the same key again.
    Unknown,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
    /// Every wrong field.
    pub errors: Vec<WrongField>,
    /// Whether something may have happened.
    pub outcome: Outcome,
    /// What stands in the way.
    pub conflicting: Option<Box<str>>,
    /// Where the stream stands, after a version conflict.
    pub current_version: Option<i64>,
    /// What may be asked instead, of a brief or a contract that does not stand where it would have to.
    pub allowed_actions: Box<[&'static str]>,
}

/// One wrong field.
#[derive(Serialize, ToSchema)]
pub struct WrongFieldView {
    /// JSON pointer into the body, or the name of a parameter.
    #[schema(example = "/terms/rate")]
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

/// An error body.
#[derive(Serialize, ToSchema)]
pub struct ProblemView {
    /// `urn:fenzhang:error:<code>`.
    pub r#type: String,
    /// The code in words, in the language asked for.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// A sentence for people.
    pub detail: String,
    /// Stable code; `openapi/error-codes.md` lists them.
    pub code: String,
    /// Every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<WrongFieldView>,
    /// Whether something may have happened.
    pub outcome: Outcome,
    /// The id of what stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflicting: Option<String>,
    /// Where the stream stands, after a version conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<i64>,
    /// What may be asked instead, of a brief or a contract that does not stand where it would have to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_actions: Vec<&'static str>,
}

impl Problem {
    /// A problem without wrong fields, after which nothing has happened.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            outcome: Outcome::None,
            conflicting: None,
            current_version: None,
            allowed_actions: Box::default(),
        }
    }

    /// A brief or a contract has no action of this word.
    pub fn no_action() -> Problem {
        let why = "no such action; GET /v1/vtask/actions lists them";
        Problem::new(StatusCode::NOT_FOUND, "action_unknown", why)
    }

    /// The same with what may be asked instead, when what stands is in the way.
    pub fn instead(mut self, allowed: Vec<&'static str>) -> Problem {
        if self.status == StatusCode::CONFLICT {
            self.allowed_actions = allowed.into();
        }
        self
    }

    /// The same with the fields under a name of the body, all but some.
    pub fn within(mut self, name: &str, but: &[&str]) -> Problem {
        let errors = self.errors.iter_mut();
        for field in errors.filter(|field| !but.contains(&field.pointer.as_ref())) {
            field.pointer = format!("{name}{}", field.pointer).into();
        }
        self
    }

    /// The request itself cannot be read.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Missing and foreign alike.
    pub fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "no such object")
    }

    /// The role may not do this.
    pub fn forbidden() -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", "this key's role may not do this")
    }

    /// The database does not answer; nothing was begun.
    pub fn unavailable() -> Problem {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_started",
            "not now; nothing happened",
        )
    }

    /// Well-formed, with fields that make no sense: all of them.
    pub fn invalid(errors: Vec<WrongField>) -> Problem {
        let first = errors.first().map(|field| (field.code, field.message.clone()));
        let (code, detail) = first.unwrap_or(("invalid", "the request is invalid".to_owned()));
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        problem.errors = errors;
        problem
    }

    /// Names a field at fault.
    pub fn at(mut self, pointer: impl Into<Cow<'static, str>>) -> Problem {
        let (code, message) = (self.code, self.detail.clone());
        self.errors.push(WrongField {
            pointer: pointer.into(),
            code,
            message,
        });
        self
    }

    /// Its wire form in a language.
    pub fn view(&self, language: Language) -> ProblemView {
        let errors = self.errors.iter().map(|field| WrongFieldView {
            pointer: field.pointer.to_string(),
            code: field.code.to_owned(),
            detail: field.message.clone(),
        });
        ProblemView {
            r#type: format!("urn:fenzhang:error:{}", self.code),
            title: title(self.code, self.status, language),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            errors: errors.collect(),
            outcome: self.outcome,
            conflicting: self.conflicting.as_deref().map(str::to_owned),
            current_version: self.current_version,
            allowed_actions: self.allowed_actions.to_vec(),
        }
    }

    /// As a response in a language.
    pub fn respond(&self, language: Language) -> HttpResponse {
        let mut response = HttpResponse::build(self.status).json(self.view(language));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if matches!(self.status.as_u16(), 429 | 503) || self.code == "in_progress" {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                actix_web::http::header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer"),
            );
        }
        response
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.respond(Language::English)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        // A missing object reads the same whatever it was, and whosever it is.
        if refusal.class == Class::NotFound && refusal.fields.is_empty() {
            return Problem::not_found();
        }
        let status = match refusal.class {
            Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Conflict => StatusCode::CONFLICT,
            Class::NotFound => StatusCode::NOT_FOUND,
            Class::Forbidden => StatusCode::FORBIDDEN,
            Class::Precondition => StatusCode::PRECONDITION_FAILED,
            Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut problem = Problem::new(status, refusal.code, refusal.message);
        problem.errors = refusal.fields;
        problem.conflicting = refusal.conflicting.map(String::into_boxed_str);
        problem
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        let detail = error.to_string();
        match error {
            EngineError::Refused(refusal) => refusal.into(),
            EngineError::NoBook => Problem::not_found(),
            EngineError::KeyReused => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", detail),
            EngineError::InProgress => Problem::new(StatusCode::CONFLICT, "in_progress", detail),
            EngineError::VersionConflict { current, .. } => {
                let mut problem = Problem::new(StatusCode::CONFLICT, "version_conflict", detail);
                problem.current_version = Some(current);
                problem
            }
            EngineError::NotStarted => Problem::unavailable(),
            EngineError::Unknown => {
                let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", detail);
                problem.outcome = Outcome::Unknown;
                problem
            }
            EngineError::Internal => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail),
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        match &error {
            ReportError::NotFound => Problem::not_found(),
            ReportError::Ahead { .. } => Problem::bad_request("position_ahead", error.to_string()),
            ReportError::Cursor => Problem::bad_request("cursor_form", error.to_string()),
            ReportError::Needs(_) => Problem::bad_request("parameter_missing", error.to_string()),
            ReportError::Column(_) => Problem::bad_request("unknown_column", error.to_string()).at("columns"),
            ReportError::TooMany => Problem::bad_request("too_many_found", error.to_string()),
            ReportError::FontMissing(_) => Problem::new(StatusCode::NOT_IMPLEMENTED, "font_missing", error.to_string()),
            ReportError::Subjects(_) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "subjects_form", error.to_string()).at("mapping")
            }
            ReportError::Database(cause) => {
                tracing::warn!(%cause, "a read failed");
                Problem::unavailable()
            }
            _ => {
                tracing::error!(%error, "stored rows could not be read");
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "internal error; nothing happened",
                )
            }
        }
    }
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Problem {
        ReportError::from(error).into()
    }
}

impl From<deadpool_postgres::PoolError> for Problem {
    fn from(error: deadpool_postgres::PoolError) -> Problem {
        tracing::warn!(%error, "no connection");
        Problem::unavailable()
    }
}
