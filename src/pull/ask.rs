//! One request of a query: its parameters, signed, and the place in the window that it asks for.
//! Must never send anything itself.
//!
//! Names of parameters are the documented ones. Not confirmed against a live platform: that the refund query, which has no
//! end, answers for at least one day from its start (so windows of it are at most a day), and the largest page of 1688.

use serde::{Deserialize, Serialize};

use super::config::{Api, By, Source};
use super::secret::Secret;
use super::sign::{self, Parameters};
use super::window::Window;
use crate::base::{Instant, Zone};

/// Key and token of a source.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Secret of the application.
    pub secret: Secret,
    /// Token of the account.
    pub token: Option<Secret>,
}

/// Where in a window the next page is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Number of the page.
    pub page: u32,
    /// The platform's position, for queries that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Rows of the window, told by its first page, for queries that count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How often the window was begun anew because it grew.
    #[serde(default)]
    pub again: u8,
}

impl Place {
    /// The first page.
    pub fn first() -> Place {
        Place {
            page: 1,
            position: None,
            total: None,
            again: 0,
        }
    }
}

/// A signed request, sent as a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// The form. It holds the signature and the token: it is not printed.
    pub form: Parameters,
}

/// The request for a page, signed at `now`, the platform's time.
pub fn request(source: &Source, keys: &Credentials, window: Window, place: &Place, now: Instant) -> Request {
    match source.api {
        Api::TaobaoOrders => top(
            source,
            keys,
            now,
            "taobao.tbk.order.details.get",
            orders(source, window, place),
        ),
        Api::TaobaoRefunds => {
            let option = refunds(source, window, place);
            top(
                source,
                keys,
                now,
                "taobao.tbk.relation.refund",
                one("search_option", &option),
            )
        }
        Api::TaobaoLiveEstimates => {
            let asked = estimates(source, window, place);
            let form = one("query_predict_order_request", &asked);
            top(
                source,
                keys,
                now,
                "alibaba.matrix.tcp.outer.querypredictorderlist",
                form,
            )
        }
        Api::AlibabaBuyerOrders => {
            let path = format!(
                "param2/1/com.alibaba.trade/alibaba.trade.getBuyerOrderList/{}",
                source.app_key
            );
            aop(source, keys, now, &path, buyer_orders(source, window, place))
        }
    }
}

fn put(form: &mut Parameters, name: &str, value: impl ToString) {
    form.insert(name.to_owned(), value.to_string());
}

fn put_some(form: &mut Parameters, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        put(form, name, value);
    }
}

/// One parameter that is an object: its members as JSON, values as texts.
fn one(name: &str, members: &Parameters) -> Parameters {
    let mut form = Parameters::new();
    put(&mut form, name, serde_json::to_string(members).unwrap_or_default());
    form
}

fn number(source: &Source) -> u8 {
    source.api.by_number(source.by).unwrap_or(0)
}

fn orders(source: &Source, window: Window, place: &Place) -> Parameters {
    let mut form = source.parameters.clone();
    put(&mut form, "query_type", number(source));
    put(&mut form, "start_time", Zone::SHANGHAI.local(window.from));
    put(&mut form, "end_time", Zone::SHANGHAI.local(window.to));
    put(&mut form, "page_size", source.page_size());
    put(&mut form, "page_no", place.page);
    if let Some(position) = &place.position {
        put(&mut form, "position_index", position);
        put(&mut form, "jump_type", 1);
    }
    put_some(&mut form, "tk_status", source.status.as_ref());
    put_some(&mut form, "member_type", source.role.as_ref());
    put_some(&mut form, "order_scene", source.scene.as_ref());
    form
}

fn refunds(source: &Source, window: Window, place: &Place) -> Parameters {
    let mut option = source.parameters.clone();
    put(&mut option, "search_type", number(source));
    put(&mut option, "start_time", Zone::SHANGHAI.local(window.from));
    put(&mut option, "page_size", source.page_size());
    put(&mut option, "page_no", place.page);
    put(&mut option, "refund_type", source.role.as_deref().unwrap_or("0"));
    put(&mut option, "biz_type", source.scene.as_deref().unwrap_or("3"));
    option
}

fn estimates(source: &Source, window: Window, place: &Place) -> Parameters {
    let mut asked = source.parameters.clone();
    asked.entry("tcp_type".to_owned()).or_insert_with(|| "16".to_owned());
    put(&mut asked, "date_type", number(source));
    put(&mut asked, "start_time", Zone::SHANGHAI.local(window.from));
    put(&mut asked, "end_time", Zone::SHANGHAI.local(window.to));
    put(&mut asked, "page_size", source.page_size());
    put(&mut asked, "page_no", place.page);
    put(&mut asked, "order_status", source.status.as_deref().unwrap_or("-1"));
    asked
}

fn buyer_orders(source: &Source, window: Window, place: &Place) -> Parameters {
    let mut form = source.parameters.clone();
    let (from, to) = match source.by {
        By::Created => ("createStartTime", "createEndTime"),
        _ => ("modifyStartTime", "modifyEndTime"),
    };
    put(&mut form, from, compact(window.from));
    put(&mut form, to, compact(window.to));
    put(&mut form, "page", place.page);
    put(&mut form, "pageSize", source.page_size());
    put_some(&mut form, "orderStatus", source.status.as_ref());
    form
}

/// `20180802211113000+0800`.
fn compact(at: Instant) -> String {
    let local = Zone::SHANGHAI.local(at);
    let digits: String = local.chars().filter(char::is_ascii_digit).collect();
    format!("{digits}000+0800")
}

fn top(source: &Source, keys: &Credentials, now: Instant, method: &str, mut form: Parameters) -> Request {
    put(&mut form, "method", method);
    put(&mut form, "app_key", &source.app_key);
    put(&mut form, "timestamp", Zone::SHANGHAI.local(now));
    put(&mut form, "format", "json");
    put(&mut form, "v", "2.0");
    put(&mut form, "sign_method", source.sign.word());
    if let Some(token) = &keys.token {
        put(&mut form, "session", token.expose());
    }
    let signature = sign::top(source.sign, &form, &keys.secret);
    put(&mut form, "sign", signature);
    Request {
        url: source.endpoint.clone(),
        form,
    }
}

fn aop(source: &Source, keys: &Credentials, now: Instant, path: &str, mut form: Parameters) -> Request {
    put(&mut form, "_aop_timestamp", now.micros() / 1_000);
    if let Some(token) = &keys.token {
        put(&mut form, "access_token", token.expose());
    }
    let signature = sign::aop(path, &form, &keys.secret);
    put(&mut form, "_aop_signature", signature);
    Request {
        url: format!("{}/{path}", source.endpoint.trim_end_matches('/')),
        form,
    }
}
