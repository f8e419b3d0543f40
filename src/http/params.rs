//! Query parameters, taken by name; what nobody takes is refused.
//! Must never ignore a parameter: a misspelt filter would silently show everything.

use std::collections::HashMap;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::form::{Fault, Form};
use super::problem::Problem;
use crate::base::{LogId, PartyId};
use crate::money::{Currency, Minor};
use crate::report::Page;

/// The largest amount that a filter takes, in minor units.
const MOST_ASKED: i64 = 1_000_000_000_000_000;

/// The parameters of one request.
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads the query string.
    pub fn of(request: &HttpRequest) -> Result<Params, Problem> {
        let query = Query::<Vec<(String, String)>>::from_query(request.query_string());
        let pairs = query
            .map_err(|_| Problem::bad_request("query_form", "the query string cannot be read"))?
            .into_inner();
        // One pair of every name is enough for all but repeated filters; a limit keeps statements small.
        if pairs.len() > 128 || pairs.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Problem::bad_request("query_form", "too many parameters, or NUL in one"));
        }
        Ok(Params { pairs })
    }

    /// No parameters.
    pub fn none() -> Params {
        Params { pairs: Vec::new() }
    }

    /// Takes a parameter that may be given once.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        let mut found = self.all(name);
        let one = found.pop();
        if found.is_empty() {
            Ok(one)
        } else {
            Err(Problem::bad_request("parameter_repeated", "this parameter may be given once").at(name))
        }
    }

    /// Takes a parameter that may be repeated.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let (found, rest) = self.pairs.drain(..).partition(|(key, _)| key == name);
        self.pairs = rest;
        let found: Vec<(String, String)> = found;
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// Takes and reads a parameter.
    pub fn read<T>(&mut self, name: &'static str) -> Result<Option<T>, Problem>
    where
        T: FromStr,
        T::Err: Into<Fault>,
    {
        let text = self.text(name)?;
        let mut form = Form::default();
        let read = form.maybe(name, text.as_deref());
        form.finish(read).map_err(|mut problem| {
            problem.status = actix_web::http::StatusCode::BAD_REQUEST;
            problem
        })
    }

    /// Takes a parameter that is an amount of a currency, and none below nothing.
    pub fn amount(&mut self, name: &'static str, currency: Currency) -> Result<Option<Minor>, Problem> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match Minor::parse(&text, currency) {
            Ok(amount) if (0..=MOST_ASKED).contains(&amount.0) => Ok(Some(amount)),
            Ok(_) => {
                Err(Problem::bad_request("amount_out_of_range", "an amount between nothing and ten trillion").at(name))
            }
            Err(error) => Err(Problem::bad_request("amount_form", error.to_string()).at(name)),
        }
    }

    /// Takes a parameter and reads it by a table of words.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(Problem::bad_request("unknown_word", format!("one of {}", known.join(", "))).at(name))
            }
        }
    }

    /// Takes the page of a list.
    pub fn page(&mut self) -> Result<Page, Problem> {
        let limit = self.read::<u16>("limit")?.unwrap_or(100);
        if limit == 0 || i64::from(limit) > Page::MOST {
            return Err(Problem::bad_request("limit_out_of_range", "limit is 1 to 1000").at("limit"));
        }
        let cursor = self.text("cursor")?;
        if cursor.as_ref().is_some_and(|cursor| cursor.len() > 512) {
            return Err(Problem::bad_request("cursor_form", "not a cursor of this list").at("cursor"));
        }
        Ok(Page::after(cursor, i64::from(limit)))
    }

    /// Refuses what nobody took.
    pub fn finish(self) -> Result<(), Problem> {
        match self.pairs.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(64).collect();
                Err(Problem::bad_request("unknown_parameter", "no such parameter").at(shown))
            }
        }
    }
}

/// The parties that texts of a request stand for: ids are read as they are, the rest looked up as the book's own numbers.
pub async fn parties<'a>(
    client: &tokio_postgres::Client,
    who: &crate::access::Principal,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, PartyId>, Problem> {
    let log: LogId = who.log;
    let numbers: Vec<&str> = texts
        .into_iter()
        .filter(|text| text.parse::<PartyId>().is_err() && text.parse::<crate::base::ExternalId>().is_ok())
        .collect();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let candidates: Vec<PartyId> = numbers
        .iter()
        .flat_map(|number| PartyId::candidates(who.book, number))
        .collect();
    let known = crate::access::known_parties(client, log, &candidates).await?;
    let stands = |number: &str| {
        PartyId::candidates(who.book, number)
            .into_iter()
            .find(|id| known.contains(id))
    };
    Ok(numbers
        .iter()
        .filter_map(|number| Some(((*number).to_owned(), stands(number)?)))
        .collect())
}
