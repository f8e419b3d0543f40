//! Stands before every route: key, role and allowance are checked here and nowhere else, by the table in `access`.
//! Must never let a route through that the table does not list, nor say whether a key exists.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::language::Language;
use super::problem::Problem;
use super::state::Shared;
use crate::access::table::{self, PUBLIC};
use crate::access::{Allowance, Grant, KeyText, KeyringError, Method, Principal};

/// Who asks, and how far its role may go on this route.
#[derive(Clone)]
pub struct Caller {
    /// Who.
    pub who: Rc<Principal>,
    /// All of the book, or only its own.
    pub grant: Grant,
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Caller, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(
            caller
                .filter(|caller| caller.grant != Grant::No)
                .ok_or_else(Problem::forbidden),
        )
    }
}

/// Data is not a page: a browser may load nothing for it.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// The human page of the interface: its own files only; its styles are partly inline.
const PAGE: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// The outermost layer: request id, counters, headers, and problems in the language asked for.
pub async fn shell<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let language = Language::of(request.headers());
    let shared = request.app_data::<Data<Shared>>().cloned();
    let policy = if request.path().starts_with("/docs") {
        PAGE
    } else {
        NOTHING
    };
    let mut response = next.call(request).await?.map_into_boxed_body();
    let problem = response
        .response()
        .error()
        .map(|error| match error.as_error::<Problem>() {
            Some(problem) => problem.clone(),
            None => foreign(error.as_response_error().status_code()),
        });
    if let (Some(problem), Some(shared)) = (&problem, &shared) {
        let request = response.request();
        let route = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
        let caller = request.extensions().get::<Caller>().cloned();
        let who = caller.as_ref().map(|caller| caller.who.as_ref());
        shared
            .audit
            .note(who, &route, problem.status.as_u16(), Some(problem.code));
    }
    if let Some(problem) = problem {
        let (request, old) = response.into_parts();
        let mut new = problem.respond(language);
        // Headers that an inner layer set, such as the allowance, stay.
        for (name, value) in old.headers() {
            if !new.headers().contains_key(name) {
                new.headers_mut().insert(name.clone(), value.clone());
            }
        }
        response = ServiceResponse::new(request, new);
    }
    if let Some(shared) = shared {
        shared.counters.count(response.status().as_u16());
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key("cache-control") {
        headers.insert(
            HeaderName::from_static("cache-control"),
            HeaderValue::from_static("no-store"),
        );
    }
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(policy),
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    Ok(response)
}

/// A refusal of the web framework itself.
fn foreign(status: StatusCode) -> Problem {
    let code = match status.as_u16() {
        404 => "not_found",
        405 => "method_not_allowed",
        413 => "too_large",
        500.. => "internal",
        _ => "bad_request",
    };
    Problem::new(status, code, status.canonical_reason().unwrap_or_default())
}

/// The inner layer: finds the caller and what its role may do here. A refusal is an answer, never an error, so that it
/// passes through the outer layer.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(pattern) = request.match_pattern() else {
        return Ok(request.error_response(Problem::not_found()));
    };
    if PUBLIC.contains(&pattern.as_str()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let Some(shared) = request.app_data::<Data<Shared>>().cloned() else {
        return Ok(request.error_response(Problem::forbidden()));
    };
    let who = match authenticate(&shared, &request).await {
        Ok(who) => who,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let allowance = shared.limiter.take(who.key);
    let admitted = admit(&request, &pattern, who, allowance);
    let mut response = match admitted {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(problem) => request.error_response(problem),
    };
    say(&mut response, allowance);
    Ok(response)
}

/// Notes the caller on the request, and refuses what it may not do.
fn admit(request: &ServiceRequest, pattern: &str, who: Principal, allowance: Allowance) -> Result<(), Problem> {
    let method = method(request, pattern);
    let grant = method
        .as_ref()
        .map_or(Grant::No, |method| table::grant(*method, pattern, who.role));
    request.extensions_mut().insert(Caller {
        who: Rc::new(who),
        grant,
    });
    if allowance.left.is_none() {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "slow down; nothing happened",
        ));
    }
    method?;
    if grant == Grant::No {
        Err(Problem::forbidden())
    } else {
        Ok(())
    }
}

async fn authenticate(shared: &Shared, request: &ServiceRequest) -> Result<Principal, Problem> {
    let refused = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorised",
            "send a working key as Authorization: Bearer fz_…",
        )
    };
    let mut sent = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (sent.next(), sent.next()) else {
        return Err(refused());
    };
    let text = header
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or_else(refused)?;
    let text = KeyText::parse(text).ok_or_else(refused)?;
    shared
        .keyring
        .principal(shared.engine.pool(), &text)
        .await
        .map_err(|error| match error {
            KeyringError::Refused => refused(),
            KeyringError::Unavailable => Problem::unavailable(),
        })
}

fn method(request: &ServiceRequest, pattern: &str) -> Result<Method, Problem> {
    let method = match request.method().as_str() {
        "GET" => Some(Method::Get),
        "POST" => Some(Method::Post),
        "PUT" => Some(Method::Put),
        "PATCH" => Some(Method::Patch),
        "DELETE" => Some(Method::Delete),
        _ => None,
    };
    method
        .filter(|method| table::methods(pattern).any(|known| known == *method))
        .ok_or_else(|| foreign(StatusCode::METHOD_NOT_ALLOWED))
}

fn say(response: &mut ServiceResponse<BoxBody>, allowance: Allowance) {
    let headers = response.headers_mut();
    let pairs = [
        ("ratelimit-limit", allowance.burst.to_string()),
        ("ratelimit-remaining", allowance.left.unwrap_or(0).to_string()),
        ("ratelimit-reset", allowance.retry_after.to_string()),
    ];
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
