//! One answer of a platform: its rows as they were written, where the next page is, or what went wrong.
//! Must never turn a number into a float, nor take an answer of another form for an empty page.
//!
//! Pages by position (Taobao orders) go forward. Pages by number are read from the last to the first: a row that leaves the
//! window while it is read moves the rows behind it to a lower page, which is still to come, so none is passed over. If the
//! window has grown by the time its first page is read again, it is read anew.
//!
//! The forms of errors are the documented ones; the codes of AOP gateways could not all be confirmed, so words in them
//! decide as well (`limit`, `frequency`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::ask::Place;
use super::config::{Api, Source};
use super::fault::Fault;

/// How often a growing window is read anew; what is new in it after that is found by the next round's overlap.
const ANEW: u8 = 3;

/// A page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// Each row, one JSON object.
    pub rows: Vec<String>,
    /// There is a page after this one, for queries with a position.
    pub has_next: bool,
    /// The position of the next page.
    pub position: Option<String>,
    /// Rows of the whole window, for queries that count.
    pub total: Option<u64>,
}

/// Reads the body of an answer.
pub fn read(api: Api, body: &str) -> Result<Answer, Fault> {
    match api {
        Api::TaobaoOrders => orders(body),
        Api::TaobaoRefunds => refunds(body),
        Api::TaobaoLiveEstimates => estimates(body),
        Api::AlibabaBuyerOrders => buyer_orders(body),
    }
}

/// Where the next page is; none when the window is done.
pub fn next_place(source: &Source, place: &Place, answer: &Answer) -> Result<Option<Place>, Fault> {
    if source.api.has_position() {
        if !answer.has_next {
            return Ok(None);
        }
        if place.page >= source.page_limit() {
            return Err(Fault::TooMany);
        }
        let position = answer.position.clone().filter(|position| !position.is_empty());
        let position = position.ok_or_else(|| Fault::Unreadable("a next page without a position".into()))?;
        if place.position.as_ref() == Some(&position) {
            return Err(Fault::Unreadable("the position stands still".into()));
        }
        return Ok(Some(Place {
            page: place.page.saturating_add(1),
            position: Some(position),
            ..place.clone()
        }));
    }
    let total = answer
        .total
        .ok_or_else(|| Fault::Unreadable("no count of rows".into()))?;
    let last = u32::try_from(total.div_ceil(u64::from(source.page_size()))).unwrap_or(u32::MAX);
    if last > source.page_limit() {
        return Err(Fault::TooMany);
    }
    let from_the_end = |again| Place {
        page: last,
        position: None,
        total: Some(total),
        again,
    };
    Ok(match place.total {
        None => (last > 1).then(|| from_the_end(place.again)),
        Some(_) if place.page > 1 => Some(Place {
            page: place.page - 1,
            ..place.clone()
        }),
        Some(before) if total > before && place.again < ANEW => Some(from_the_end(place.again + 1)),
        Some(_) => None,
    })
}

#[derive(Deserialize)]
struct TopError {
    #[serde(default, deserialize_with = "text")]
    code: Option<String>,
    #[serde(default)]
    msg: Option<String>,
    #[serde(default)]
    sub_code: Option<String>,
    #[serde(default)]
    sub_msg: Option<String>,
}

impl TopError {
    fn fault(&self) -> Fault {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let (code, sub) = (part(&self.code), part(&self.sub_code));
        let message = format!("{code} {} {sub} {}", part(&self.msg), part(&self.sub_msg));
        let message = message.trim().to_owned();
        let number: u32 = code.parse().unwrap_or(0);
        let limited = number == 7
            || sub.starts_with("accesscontrol.limited")
            || sub == "isp.call-limited"
            || sub == "isp.system-busy";
        let about_rights = ["permission", "session", "signature", "appkey", "app-key"];
        if limited {
            return Fault::Limited {
                wait: seconds_in(&part(&self.sub_msg)),
                message,
            };
        }
        // 31: the timestamp; the platform's clock is known from this very answer.
        if number == 31 || sub.starts_with("isp.") || matches!(number, 9 | 10) {
            return Fault::Transient(message);
        }
        if matches!(number, 11..=13 | 20..=30) || about_rights.iter().any(|word| sub.contains(word)) {
            return Fault::Denied(message);
        }
        if number == 15 && !sub.starts_with("isv.") {
            return Fault::Transient(message);
        }
        Fault::Refused(message)
    }
}

/// The number in a sentence such as `This ban will last for 2 more seconds`.
fn seconds_in(sentence: &str) -> Option<Duration> {
    let (before, _) = sentence.split_once("second")?;
    let word = before
        .split_whitespace()
        .rev()
        .find(|word| word.bytes().all(|b| b.is_ascii_digit()))?;
    word.parse().ok().map(Duration::from_secs)
}

/// A number or a text, as a text.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    let plain = raw.map(|raw| raw.get().trim_matches('"').to_owned());
    Ok(plain.filter(|text| text != "null"))
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(text(deserializer)?.and_then(|text| text.parse().ok()))
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(text(deserializer)?.is_some_and(|text| text == "true"))
}

fn unreadable(what: &str) -> Fault {
    Fault::Unreadable(what.to_owned())
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Unreadable(format!("{what}: {}", kind_of(&error))))
}

/// What is wrong, without the text at fault: it may hold what a log must not.
fn kind_of(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}

/// The one response object under `key`, or the error in its place.
fn top<'a>(body: &'a str, key: &str) -> Result<&'a RawValue, Fault> {
    let members: BTreeMap<String, &'a RawValue> = parse(body, "not a JSON object")?;
    if let Some(error) = members.get("error_response") {
        let error: TopError = parse(error.get(), "error_response")?;
        return Err(error.fault());
    }
    members
        .get(key)
        .copied()
        .ok_or_else(|| unreadable("neither response nor error"))
}

/// The rows in a list, which the gateways wrap into an object of one member; absent and empty mean none.
fn list(raw: Option<&RawValue>) -> Result<Vec<String>, Fault> {
    let text = raw.map_or("null", RawValue::get);
    match text.as_bytes().first() {
        Some(b'[') => {
            let rows: Vec<&RawValue> = parse(text, "rows")?;
            Ok(rows.into_iter().map(|row| row.get().to_owned()).collect())
        }
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = parse(text, "rows")?;
            match members.values().next() {
                None => Ok(Vec::new()),
                Some(inner) if members.len() == 1 && inner.get().starts_with('[') => list(Some(inner)),
                Some(_) => Err(unreadable("a list of rows of another form")),
            }
        }
        _ if matches!(text, "null" | "\"\"") => Ok(Vec::new()),
        _ => Err(unreadable("a list of rows of another form")),
    }
}

fn orders(body: &str) -> Result<Answer, Fault> {
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(borrow)]
        data: Option<Data<'a>>,
    }
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow, default)]
        results: Option<&'a RawValue>,
        #[serde(default, deserialize_with = "flag")]
        has_next: bool,
        #[serde(default)]
        position_index: Option<String>,
    }
    let response: Response<'_> = parse(top(body, "tbk_order_details_get_response")?.get(), "response")?;
    let data = response.data.ok_or_else(|| unreadable("no data"))?;
    Ok(Answer {
        rows: list(data.results)?,
        has_next: data.has_next,
        position: data.position_index,
        total: None,
    })
}

fn refunds(body: &str) -> Result<Answer, Fault> {
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(borrow)]
        result: Outcome<'a>,
    }
    #[derive(Deserialize)]
    struct Outcome<'a> {
        #[serde(borrow, default)]
        data: Option<Data<'a>>,
        #[serde(default, deserialize_with = "count")]
        biz_error_code: Option<u64>,
        #[serde(default)]
        biz_error_desc: Option<String>,
    }
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow, default)]
        results: Option<&'a RawValue>,
        #[serde(default, deserialize_with = "count")]
        total_count: Option<u64>,
    }
    let response: Response<'_> = parse(top(body, "tbk_relation_refund_response")?.get(), "response")?;
    let outcome = response.result;
    if let Some(code) = outcome.biz_error_code.filter(|code| *code != 0) {
        let words = outcome.biz_error_desc.unwrap_or_default();
        return Err(Fault::Refused(format!("{code} {words}")));
    }
    let data = outcome.data.ok_or_else(|| unreadable("no data"))?;
    Ok(Answer {
        rows: list(data.results)?,
        total: data.total_count,
        ..Answer::default()
    })
}

fn estimates(body: &str) -> Result<Answer, Fault> {
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(borrow)]
        result: Outcome<'a>,
    }
    #[derive(Deserialize)]
    struct Outcome<'a> {
        #[serde(borrow, default)]
        model: Option<Page<'a>>,
    }
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow, default)]
        elements: Option<&'a RawValue>,
        #[serde(default, deserialize_with = "count")]
        total_count: Option<u64>,
    }
    let key = "alibaba_matrix_tcp_outer_querypredictorderlist_response";
    let response: Response<'_> = parse(top(body, key)?.get(), "response")?;
    let page = response.result.model.ok_or_else(|| unreadable("no model"))?;
    Ok(Answer {
        rows: list(page.elements)?,
        total: page.total_count,
        ..Answer::default()
    })
}

fn buyer_orders(body: &str) -> Result<Answer, Fault> {
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(borrow, default)]
        result: Option<&'a RawValue>,
        #[serde(default, rename = "totalRecord", deserialize_with = "count")]
        total: Option<u64>,
        #[serde(default, alias = "errorCode", deserialize_with = "text")]
        error_code: Option<String>,
        #[serde(default, alias = "errorMessage")]
        error_message: Option<String>,
    }
    let response: Response<'_> = parse(body, "not a JSON object")?;
    if let Some(code) = response.error_code.filter(|code| !code.is_empty()) {
        return Err(aop_fault(&code, &response.error_message.unwrap_or_default()));
    }
    let mut rows = Vec::new();
    for order in list(response.result)? {
        lines_of(&order, &mut rows)?;
    }
    Ok(Answer {
        rows,
        total: response.total,
        ..Answer::default()
    })
}

fn aop_fault(code: &str, words: &str) -> Fault {
    let message = format!("{code} {words}").trim().to_owned();
    let lower = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&["frequency", "limit", "429"]) {
        let wait = seconds_in(words);
        return Fault::Limited { wait, message };
    }
    if says(&[
        "401",
        "403",
        "signature",
        "unauthorized",
        "authorized",
        "appkey",
        "acl",
        "token",
    ]) {
        return Fault::Denied(message);
    }
    if says(&["timeout", "500", "503", "system error", "service unavailable"]) {
        return Fault::Transient(message);
    }
    Fault::Refused(message)
}

/// An order of 1688 has several items: each becomes a row of its own, `{"order": …, "item": …}`.
fn lines_of(order: &str, rows: &mut Vec<String>) -> Result<(), Fault> {
    let mut members: BTreeMap<String, &RawValue> = parse(order, "order")?;
    let items = list(members.remove("productItems"))?;
    let head = serde_json::to_string(&members).map_err(|_| unreadable("order"))?;
    for item in items {
        rows.push(format!("{{\"order\":{head},\"item\":{item}}}"));
    }
    Ok(())
}
