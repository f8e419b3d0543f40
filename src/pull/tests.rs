//! What the pure parts of the pollers keep.
//! Must never reach a network.

use std::time::Duration;

use super::answer::{self, Answer};
use super::ask::{Credentials, Place, request};
use super::config::{Api, Config, Source};
use super::fault::Fault;
use super::net::{NetError, check};
use super::secret::{Secret, SecretRef};
use super::sign::{Parameters, SignMethod, aop, top};
use super::window::{Window, gaps, longest, next};
use crate::base::Instant;

fn at(text: &str) -> Instant {
    format!("2025-11-{text}+08:00").parse().unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window {
        from: at(from),
        to: at(to),
    }
}

fn sample() -> Vec<Source> {
    Config::parse(super::SAMPLE).unwrap().source
}

fn form(pairs: &[(&str, &str)]) -> Parameters {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn signatures_are_those_of_the_documentation_and_of_another_program() {
    let documented = form(&[
        ("foo", "1"),
        ("bar", "2"),
        ("foo_bar", "3"),
        ("foobar", "4"),
        ("empty", ""),
        ("sign", "x"),
    ]);
    let secret = Secret::new("helloworld");
    let chinese = form(&[
        ("method", "taobao.tbk.order.details.get"),
        ("app_key", "12345678"),
        ("timestamp", "2025-11-11 00:20:00"),
        ("nick", "商家测试"),
    ]);
    let other = Secret::new("s3cret");
    for (method, one, two) in [
        (
            SignMethod::Md5,
            "5AAF1C690262A24768F5478B084C2C8A",
            "2EC8CBF807AB4E2D6B46B4AEE6D50324",
        ),
        (
            SignMethod::HmacMd5,
            "E687005F819D6F9E6ED085311C8ACC75",
            "7B097B1292A453E1DDC0E438AD3AD060",
        ),
        (
            SignMethod::HmacSha256,
            "339676BF36C50A8BD3D8F6B4A81B2F9AA614B05BFCFEBEFC169CB830D6B77D3B",
            "7DC3360FDDC6FF15B57A5FAF891791CFD3DF7C8E8A50DD81C24B319440DD9B8C",
        ),
    ] {
        assert_eq!(top(method, &documented, &secret), one);
        assert_eq!(top(method, &chinese, &other), two);
    }
    // Published with the gateway's own rules for signing.
    let published = aop(
        "param2/1/system/currentTime/1000000",
        &form(&[("b", "2"), ("a", "1"), ("_aop_signature", "x")]),
        &Secret::new("test123"),
    );
    assert_eq!(published, "33E54F4F7B989E3E0E912D3FBD2F1A03CA7CCE88");
    let asked = form(&[
        ("access_token", "tok"),
        ("page", "1"),
        ("pageSize", "50"),
        ("_aop_timestamp", "1700000000000"),
    ]);
    let path = "param2/1/com.alibaba.trade/alibaba.trade.getBuyerOrderList/1234567";
    assert_eq!(
        aop(path, &asked, &Secret::new("secretXYZ")),
        "8CC5715E8CFD84F553112D15E04164151FF2765D"
    );
}

#[test]
fn the_sample_configuration_is_one_and_asks_what_it_says() {
    let sources = sample();
    assert_eq!(sources.len(), 4);
    let keys = Credentials {
        secret: Secret::new("s"),
        token: Some(Secret::new("t")),
    };
    let of = |api| sources.iter().find(|source| source.api == api).unwrap();
    let (span, now) = (window("11T00:00:00", "11T00:20:00"), at("11T01:00:00"));
    let place = Place {
        page: 2,
        position: Some("1_2|3_4".into()),
        ..Place::first()
    };
    let orders = request(of(Api::TaobaoOrders), &keys, span, &place, now).form;
    for (name, value) in [
        ("method", "taobao.tbk.order.details.get"),
        ("query_type", "4"),
        ("start_time", "2025-11-11 00:00:00"),
        ("end_time", "2025-11-11 00:20:00"),
        ("timestamp", "2025-11-11 01:00:00"),
        ("position_index", "1_2|3_4"),
        ("jump_type", "1"),
        ("page_size", "100"),
        ("order_scene", "1"),
    ] {
        assert_eq!(orders.get(name).map(String::as_str), Some(value), "{name}");
    }
    let refunds = request(of(Api::TaobaoRefunds), &keys, span, &Place::first(), now).form;
    assert!(refunds["search_option"].contains("\"search_type\":\"1\""));
    let buyer = request(of(Api::AlibabaBuyerOrders), &keys, span, &Place::first(), now);
    assert!(
        buyer
            .url
            .ends_with("/openapi/param2/1/com.alibaba.trade/alibaba.trade.getBuyerOrderList/7654321")
    );
    assert_eq!(buyer.form["modifyStartTime"], "20251111000000000+0800");
    let alike = super::SAMPLE.replace("alliance-refunds", "alliance-orders");
    assert!(Config::parse(&alike).is_err(), "two sources of one name");
    assert!(Config::parse(&super::SAMPLE.replace("{ env = \"TAOBAO_APP_SECRET\" }", "\"plain\"")).is_err());
    assert!(Config::parse(&super::SAMPLE.replacen("by = \"updated\"", "by = \"opened\"", 1)).is_err());
}

#[test]
fn windows_follow_one_another_and_are_short_in_a_promotion() {
    let mut source = sample().remove(0);
    source.promotion[0].from = at("10T20:00:00");
    source.promotion[0].to = at("12T00:00:00");
    let calm = at("01T12:00:00");
    assert_eq!(longest(&source, at("01T00:00:00"), calm), 3 * 3_600);
    assert_eq!(
        longest(&source, at("10T18:00:00"), calm),
        1_200,
        "it reaches into the promotion"
    );
    assert_eq!(
        longest(&source, at("01T00:00:00"), at("11T00:00:00")),
        1_200,
        "asked in the promotion"
    );
    let first = next(at("11T00:00:00"), at("11T00:50:30"), 1_200).unwrap();
    assert_eq!(first, window("11T00:00:00", "11T00:20:00"));
    let last = next(at("11T00:40:00"), at("11T00:50:30"), 1_200).unwrap();
    assert_eq!(last, window("11T00:40:00", "11T00:50:30"));
    assert_eq!(next(at("11T00:40:00"), at("11T00:40:00"), 1_200), None);
}

#[test]
fn a_gap_is_what_is_asked_for_and_not_covered() {
    let whole = window("11T00:00:00", "11T10:00:00");
    let covered = [
        window("10T00:00:00", "11T02:00:00"),
        window("11T03:00:00", "11T09:00:00"),
    ];
    let missing = [
        window("11T02:00:00", "11T03:00:00"),
        window("11T09:00:00", "11T10:00:00"),
    ];
    assert_eq!(gaps(whole, &covered), missing);
    assert_eq!(gaps(whole, &[]), [whole]);
    assert_eq!(gaps(whole, &[window("10T00:00:00", "12T00:00:00")]), []);
}

#[test]
fn an_empty_page_is_only_what_is_documented_as_one() {
    let read = |body: &str| answer::read(Api::TaobaoOrders, body);
    let wrap = |data: &str| format!("{{\"tbk_order_details_get_response\":{{\"data\":{data}}}}}");
    for none in [
        "{\"has_next\":false}",
        "{\"results\":{},\"has_next\":false}",
        "{\"results\":{\"publisher_order_dto\":[]}}",
    ] {
        assert_eq!(read(&wrap(none)).unwrap().rows.len(), 0, "{none}");
    }
    for other in ["<html>", "{}", "{\"tbk_order_details_get_response\":{}}", "[]", ""] {
        assert!(matches!(read(other), Err(Fault::Unreadable(_))), "{other}");
    }
    assert!(matches!(read(&wrap("{\"results\":7}")), Err(Fault::Unreadable(_))));
    let page = wrap(
        "{\"results\":{\"publisher_order_dto\":[{\"trade_id\":294159887445064307,\"x\":1.10}]},\"has_next\":\"true\",\"position_index\":\"p\"}",
    );
    let page = read(&page).unwrap();
    assert_eq!(
        page.rows,
        ["{\"trade_id\":294159887445064307,\"x\":1.10}"],
        "numbers stay as they are written"
    );
    assert!(page.has_next);
}

#[test]
fn errors_of_a_platform_are_told_apart_by_what_is_to_be_done() {
    let read = |code: u32, sub: &str, words: &str| {
        let body = format!(
            "{{\"error_response\":{{\"code\":{code},\"msg\":\"m\",\"sub_code\":\"{sub}\",\"sub_msg\":\"{words}\"}}}}"
        );
        answer::read(Api::TaobaoOrders, &body).unwrap_err()
    };
    let limited = read(
        7,
        "accesscontrol.limited-by-api-access-count",
        "This ban will last for 12 more seconds",
    );
    assert!(matches!(limited, Fault::Limited { wait: Some(wait), .. } if wait == Duration::from_secs(12)));
    assert!(matches!(
        read(15, "isp.top-remote-connection-timeout", ""),
        Fault::Transient(_)
    ));
    assert!(matches!(read(31, "isv.invalid-timestamp", ""), Fault::Transient(_)));
    assert!(matches!(read(25, "isv.invalid-signature", ""), Fault::Denied(_)));
    assert!(matches!(read(27, "invalid-sessionkey", ""), Fault::Denied(_)));
    assert!(matches!(read(15, "isv.invalid-parameter", ""), Fault::Refused(_)));
    let aop = |body: &str| answer::read(Api::AlibabaBuyerOrders, body).unwrap_err();
    assert!(matches!(
        aop("{\"error_code\":\"gw.QosAppFrequencyLimit\"}"),
        Fault::Limited { .. }
    ));
    assert!(matches!(
        aop("{\"error_code\":\"401\",\"error_message\":\"Request need user authorized\"}"),
        Fault::Denied(_)
    ));
}

#[test]
fn pages_by_number_are_read_from_the_last_and_anew_when_the_window_grew() {
    let source = sample().remove(1);
    let answer = |total| Answer {
        total: Some(total),
        ..Answer::default()
    };
    let step = |place: &Place, total| answer::next_place(&source, place, &answer(total)).unwrap();
    assert_eq!(step(&Place::first(), 100), None);
    let last = step(&Place::first(), 250).unwrap();
    assert_eq!((last.page, last.total), (3, Some(250)));
    let second = step(&last, 250).unwrap();
    let first = step(&second, 249).unwrap();
    assert_eq!((second.page, first.page), (2, 1));
    assert_eq!(step(&first, 249), None);
    assert_eq!(step(&first, 301).unwrap().page, 4, "it grew");
    assert_eq!(
        answer::next_place(&source, &first, &answer(1_000_000)),
        Err(Fault::TooMany)
    );
}

#[test]
fn only_public_addresses_over_https_are_asked() {
    for endpoint in [
        "http://gw.api.taobao.com/router/rest",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001::1]/",
        "https://[2001:db8::1]/",
        "https://user:secret@gw.api.taobao.com/",
        "https://gw.api.taobao.com:22/",
        "https://gw.api.taobao.com:5432/",
        "ftp://gw.api.taobao.com/",
        "file:///etc/passwd",
        "gw.api.taobao.com",
        "https://",
    ] {
        assert!(check(endpoint, false).is_err(), "{endpoint}");
    }
    for endpoint in [
        "https://gw.api.taobao.com/router/rest",
        "https://gw.open.1688.com/openapi",
        "https://1.1.1.1/",
    ] {
        assert_eq!(check(endpoint, false), Ok(()), "{endpoint}");
    }
    assert_eq!(
        check("http://127.0.0.1:9/", true),
        Ok(()),
        "a gateway of one's own, when the user says so"
    );
    assert_eq!(check("https://u@127.0.0.1/", true), Err(NetError::HasUser));
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8443").await;
    let mut source = sample().remove(0);
    source.endpoint = "https://localhost:8443/".into();
    let net = super::net::Net::new(&source).unwrap();
    let keys = Credentials {
        secret: Secret::new("s"),
        token: None,
    };
    let span = window("11T00:00:00", "11T00:20:00");
    let asked = request(&source, &keys, span, &Place::first(), at("11T01:00:00"));
    assert_eq!(
        net.send(&asked).await.unwrap_err(),
        Fault::Transient("no connection".into())
    );
    if let Ok(listener) = listener {
        let connected = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
        assert!(connected.is_err(), "nobody came");
    }
}

#[test]
fn a_secret_does_not_print_itself() {
    let secret = Secret::new("canary");
    assert!(!format!("{secret:?} {:#?}", Some(&secret)).contains("canary"));
    assert_eq!(secret.redact("said canary back"), "said [redacted] back");
    assert!(SecretRef::Env("FENZHANG_NO_SUCH_VARIABLE".into()).fetch().is_err());
    assert!(SecretRef::File("no/such/file".into()).fetch().is_err());
}
