//! Bodies: read with a cap and a deadline, then as strict JSON (decision B8): UTF-8, no duplicate keys, no NUL, no unknown
//! fields, amounts as strings. Must never keep more than the cap in memory, nor wait for a slow sender without end.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::problem::Problem;

/// Largest JSON body.
pub const JSON_CAP: usize = 256 * 1024;
/// How long a JSON body may take to arrive.
pub const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Json<T>, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = content_type(request, "application/json");
        let payload = payload.take();
        Box::pin(async move {
            checked?;
            let body = tokio::time::timeout(BODY_DEADLINE, collect(payload))
                .await
                .map_err(|_| {
                    Problem::new(
                        StatusCode::REQUEST_TIMEOUT,
                        "body_too_slow",
                        "the body did not arrive in time",
                    )
                })??;
            parse(&body).map(Json)
        })
    }
}

/// Refuses a body that says it is something else.
pub fn content_type(request: &HttpRequest, wanted: &str) -> Result<(), Problem> {
    match request
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default())
    {
        None => Ok(()),
        Some(told)
            if told
                .split(';')
                .next()
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted)) =>
        {
            Ok(())
        }
        Some(_) => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media_type",
            format!("this route reads {wanted}"),
        )),
    }
}

async fn collect(mut payload: Payload) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("body_broken", "the body ended early"))?;
        if body.len() + chunk.len() > JSON_CAP {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "a JSON body has at most 256 KiB; send many rows as NDJSON",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads strict JSON.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::bad_request("not_utf8", "the body is not UTF-8"))?;
    serde_json::from_str::<Strict>(text).map_err(|error| unreadable(&error))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| mismatch(&error))
}

/// What is wrong with the text itself.
fn unreadable(error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let code = match () {
        () if message.starts_with(DUPLICATE) => "duplicate_key",
        () if message.starts_with(NUL) => "nul_character",
        () => "json_syntax",
    };
    Problem::bad_request(code, message)
}

/// What is wrong with its shape.
fn mismatch(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let message = error.inner().to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let code = match () {
        () if message.starts_with(UNKNOWN_FIELD) => "unknown_field",
        () if message.starts_with(UNKNOWN_WORD) => "unknown_word",
        () if message.starts_with(MISSING_FIELD) => "missing_field",
        () => "wrong_type",
    };
    Problem::bad_request(code, message).at(pointer(error.path()))
}

fn pointer(path: &serde_path_to_error::Path) -> Cow<'static, str> {
    let mut pointer = String::new();
    for segment in path {
        pointer.push('/');
        match segment {
            serde_path_to_error::Segment::Seq { index } => pointer.push_str(&index.to_string()),
            serde_path_to_error::Segment::Map { key } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            _ => {}
        }
    }
    Cow::Owned(pointer)
}

/// How serde begins its messages.
const UNKNOWN_FIELD: &str = "unknown field";
const UNKNOWN_WORD: &str = "unknown variant";
const MISSING_FIELD: &str = "missing field";
const DUPLICATE: &str = "duplicate key";
const NUL: &str = "a text holds NUL";

/// Any JSON without duplicate keys and without NUL; keeps nothing of it.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Strict, E> {
        if text.contains('\0') {
            Err(E::custom(NUL))
        } else {
            Ok(Strict)
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strict, A::Error> {
        while seq.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
        let mut keys = std::collections::BTreeSet::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key.contains('\0') {
                return Err(A::Error::custom(NUL));
            }
            if !keys.insert(key) {
                return Err(A::Error::custom(DUPLICATE));
            }
            map.next_value::<Strict>()?;
        }
        Ok(Strict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Price {
        amount: String,
    }

    fn code(text: &str) -> &'static str {
        match parse::<Price>(text.as_bytes()) {
            Ok(price) => {
                assert!(!price.amount.contains('\0'));
                "ok"
            }
            Err(problem) => {
                assert_eq!(problem.status, StatusCode::BAD_REQUEST);
                problem.code
            }
        }
    }

    #[test]
    fn a_json_number_for_an_amount_is_a_wrong_type() {
        assert_eq!(code(r#"{"amount":"1.00"}"#), "ok");
        assert_eq!(code(r#"{"amount":1.00}"#), "wrong_type");
    }

    #[test]
    fn a_duplicate_key_is_refused_wherever_it_stands() {
        assert_eq!(code(r#"{"amount":"1","amount":"1"}"#), "duplicate_key");
        assert_eq!(code(r#"{"amount":"1","x":[{"a":1,"a":1}]}"#), "duplicate_key");
    }

    #[test]
    fn nul_lone_surrogates_and_other_encodings_are_refused() {
        assert_eq!(code("{\"amount\":\"\\u0000\"}"), "nul_character");
        assert_eq!(code("{\"amount\":\"\\ud800\"}"), "json_syntax");
        assert_eq!(parse::<Price>(b"{\"amount\":\"\xff\"}").unwrap_err().code, "not_utf8");
    }

    #[test]
    fn a_hundred_thousand_open_brackets_are_a_syntax_error() {
        assert_eq!(code(&"[".repeat(100_000)), "json_syntax");
    }

    #[test]
    fn unknown_and_missing_fields_are_named() {
        let problem = parse::<Price>(br#"{"amount":"1","rate":"1"}"#).unwrap_err();
        assert_eq!(
            (problem.code, problem.errors[0].pointer.as_ref()),
            ("unknown_field", "/rate")
        );
        assert_eq!(code("{}"), "missing_field");
    }
}
