//! A platform that answers as its documentation says: signed requests, windows of limited length, pages, and everything that
//! goes wrong on the way. Its day passes by a clock that tests move.
//! It must never use the product's code for signatures or windows: it checks them by its own.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fenzhang::base::{Instant, Zone};
use fenzhang::pull::Clock;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::world::World;
use crate::histories::chance::Chance;

pub const SECRET: &str = "canary-secret-4711";
pub const TOKEN: &str = "canary-token-0815";
pub const KEY: &str = "12345678";

/// A clock that moves only when somebody waits.
pub struct Simulated(AtomicI64);

impl Simulated {
    pub fn at(time: &str) -> Arc<Simulated> {
        let at: Instant = time.parse().unwrap();
        Arc::new(Simulated(AtomicI64::new(at.micros())))
    }

    pub fn pass(&self, time: Duration) {
        self.0
            .fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::Relaxed);
    }

    pub fn seconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed).div_euclid(1_000_000)
    }
}

impl Clock for Simulated {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.pass(wait);
        Box::pin(tokio::task::yield_now())
    }
}

/// The same clock, wrong by some seconds.
pub struct Skewed(pub Arc<Simulated>, pub i64);

impl Clock for Skewed {
    fn now(&self) -> Instant {
        self.0.now().plus_seconds(self.1)
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.sleep(wait)
    }
}

/// What the platform does wrong, in percent of the requests.
#[derive(Clone, Copy, Default)]
pub struct Moods {
    pub broken: u64,
    pub overloaded: u64,
    pub limited: u64,
    pub cut_off: u64,
    /// A row of the page before comes again.
    pub twice: u64,
}

pub struct Rules {
    pub moods: Moods,
    /// Longest window in seconds.
    pub longest: i64,
    /// Windows that touch this span are refused.
    pub refused: Option<(i64, i64)>,
    /// Answers in so many requests come too late.
    pub silent: u64,
    /// Every request is answered with this.
    pub only: Option<(u16, &'static str, String)>,
}

pub struct Fake {
    pub url: String,
    pub clock: Arc<Simulated>,
    pub world: World,
    pub rules: Mutex<Rules>,
    pub asked: AtomicU64,
    pub refusals: Mutex<Vec<String>>,
    chance: Mutex<Chance>,
    kill_at: AtomicU64,
    killed: Notify,
}

type Form = BTreeMap<String, String>;

struct Reply {
    status: u16,
    header: String,
    body: String,
}

impl Fake {
    pub async fn start(clock: Arc<Simulated>, world: World, seed: u64) -> Arc<Fake> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Arc::new(Fake {
            url: format!("http://{}/router/rest", listener.local_addr().unwrap()),
            clock,
            world,
            rules: Mutex::new(Rules {
                moods: Moods::default(),
                longest: 3 * 3_600,
                refused: None,
                silent: 0,
                only: None,
            }),
            asked: AtomicU64::new(0),
            refusals: Mutex::default(),
            chance: Mutex::new(Chance::new(seed)),
            kill_at: AtomicU64::new(u64::MAX),
            killed: Notify::new(),
        });
        let server = Arc::clone(&fake);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&server);
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        fake
    }

    /// Resolves when so many more requests were answered.
    pub async fn after(&self, requests: u64) {
        self.kill_at
            .store(self.asked.load(Ordering::SeqCst) + requests, Ordering::SeqCst);
        self.killed.notified().await;
    }

    pub fn refused(&self, word: &str) -> usize {
        self.refusals
            .lock()
            .unwrap()
            .iter()
            .filter(|refusal| refusal.contains(word))
            .count()
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some((path, form)) = request(&mut stream).await {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            self.clock.pass(Duration::from_millis(250));
            let (silent, reply) = {
                let rules = self.rules.lock().unwrap();
                (rules.silent, self.reply(&path, &form, &rules))
            };
            if silent > 0 && number.is_multiple_of(silent) {
                tokio::time::sleep(Duration::from_millis(1_500)).await;
            }
            let Some(reply) = reply else { return };
            let date = self.clock.now().utc().format("%a, %d %b %Y %H:%M:%S GMT");
            let text = format!(
                "HTTP/1.1 {} X\r\nDate: {date}\r\n{}Content-Length: {}\r\n\r\n{}",
                reply.status,
                reply.header,
                reply.body.len(),
                reply.body
            );
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
            if number >= self.kill_at.load(Ordering::SeqCst) {
                self.kill_at.store(u64::MAX, Ordering::SeqCst);
                self.killed.notify_one();
            }
        }
    }

    fn reply(&self, path: &str, form: &Form, rules: &Rules) -> Option<Reply> {
        if let Some((status, header, body)) = &rules.only {
            return Some(Reply {
                status: *status,
                header: (*header).to_owned(),
                body: body.clone(),
            });
        }
        let mut chance = self.chance.lock().unwrap();
        let moods = rules.moods;
        let plain = |status, header: &str, body: String| {
            Some(Reply {
                status,
                header: header.to_owned(),
                body,
            })
        };
        if chance.percent(moods.cut_off) {
            return None;
        }
        if chance.percent(moods.broken) {
            return plain(500, "", "<html>oops</html>".into());
        }
        if chance.percent(moods.overloaded) {
            return plain(503, "Retry-After: 3\r\n", String::new());
        }
        if chance.percent(moods.limited) {
            let ban = "This ban will last for 2 more seconds";
            let body = error(
                7,
                "App Call Limited",
                "accesscontrol.limited-by-app-api-access-count",
                ban,
            );
            return plain(200, "", body);
        }
        let body = self.answer(path, form, rules, chance.percent(moods.twice));
        plain(200, "", body)
    }

    fn answer(&self, path: &str, form: &Form, rules: &Rules, twice: bool) -> String {
        let refuse = |code, msg: &str, sub: &str, words: &str| {
            self.refusals.lock().unwrap().push(format!("{code} {sub} {words}"));
            error(code, msg, sub, words)
        };
        if path.contains("/param2/") {
            return self.answer_aop(path, form);
        }
        if form.get("sign") != Some(&sign(form)) || form.get("app_key").map(String::as_str) != Some(KEY) {
            let sub = form.get("session").cloned().unwrap_or_default();
            return refuse(
                25,
                "Invalid signature",
                "isv.invalid-signature",
                &format!("session {sub}"),
            );
        }
        let timestamp = local(&form["timestamp"]);
        if (timestamp - self.clock.seconds()).abs() > 600 {
            return refuse(
                31,
                "Invalid timestamp",
                "isv.invalid-timestamp",
                "more than ten minutes off",
            );
        }
        match form["method"].as_str() {
            "taobao.tbk.order.details.get" => {}
            "taobao.tbk.relation.refund" => return self.refunds(&form["search_option"]),
            "alibaba.matrix.tcp.outer.querypredictorderlist" => {
                return self.estimates(&form["query_predict_order_request"]);
            }
            other => return refuse(22, "Invalid method", "", other),
        }
        let (from, to) = (local(&form["start_time"]), local(&form["end_time"]));
        let number = |name: &str| form[name].parse::<usize>().unwrap();
        if to - from > rules.longest {
            return refuse(
                15,
                "Remote service error",
                "isv.invalid-parameter",
                "the span is too long",
            );
        }
        if rules.refused.is_some_and(|(a, b)| from < b && a < to) {
            return refuse(15, "Remote service error", "isv.invalid-parameter", "not this window");
        }
        if !(1..=100).contains(&number("page_size")) || !(1..=100).contains(&number("page_no")) {
            return refuse(41, "Invalid arguments", "isv.invalid-parameter", "page");
        }
        let position = form.get("position_index").map(String::as_str);
        if (number("page_no") > 1) != position.is_some() || position.is_some() != form.contains_key("jump_type") {
            return refuse(41, "Invalid arguments", "isv.invalid-parameter", "position");
        }
        let by_update = form["query_type"] == "4";
        let now = self.clock.seconds();
        let page = self
            .world
            .page(by_update, (from, to), position, number("page_size"), now, twice);
        format!(
            "{{\"tbk_order_details_get_response\":{{\"data\":{{\"results\":{{\"publisher_order_dto\":[{}]}},\
             \"has_pre\":false,\"position_index\":\"{}\",\"has_next\":{},\"page_no\":{},\"page_size\":{}}},\
             \"request_id\":\"r{}\"}}}}",
            page.rows.join(","),
            page.position,
            page.has_next,
            number("page_no"),
            number("page_size"),
            self.asked.load(Ordering::Relaxed)
        )
    }

    fn refunds(&self, option: &str) -> String {
        let option: Form = serde_json::from_str(option).unwrap();
        let from = local(&option["start_time"]);
        let (rows, total) = self.numbered(
            from,
            from + 86_400,
            &option["page_no"],
            &option["page_size"],
            World::refund,
        );
        format!(
            "{{\"tbk_relation_refund_response\":{{\"result\":{{\"biz_error_code\":0,\"data\":{{\"page_no\":\"1\",\
             \"results\":{{\"result\":[{}]}},\"total_count\":\"{total}\"}},\"result_code\":200}}}}}}",
            rows.join(",")
        )
    }

    fn estimates(&self, asked: &str) -> String {
        let asked: Form = serde_json::from_str(asked).unwrap();
        let (from, to) = (local(&asked["start_time"]), local(&asked["end_time"]));
        let (rows, total) = self.numbered(from, to, &asked["page_no"], &asked["page_size"], World::estimate);
        format!(
            "{{\"alibaba_matrix_tcp_outer_querypredictorderlist_response\":{{\"result\":{{\"model\":{{\
             \"total_count\":{total},\"elements\":{{\"tcp_predict_order_v_o\":[{}]}}}}}}}}}}",
            rows.join(",")
        )
    }

    fn answer_aop(&self, path: &str, form: &Form) -> String {
        let (_, signed) = path.split_once("/rest/").unwrap();
        let signature = aop_sign(signed, form);
        if form.get("_aop_signature") != Some(&signature) || form.get("access_token").map(String::as_str) != Some(TOKEN)
        {
            return "{\"error_code\":\"gw.SignatureInvalid\",\"error_message\":\"Invalid signature\"}".into();
        }
        let time = |name: &str| {
            let text = form[name].strip_suffix("000+0800").unwrap();
            Zone::SHANGHAI.parse_local(text, "%Y%m%d%H%M%S").unwrap().micros() / 1_000_000
        };
        let (from, to) = (time("modifyStartTime"), time("modifyEndTime"));
        let (rows, total) = self.numbered(from, to, &form["page"], &form["pageSize"], World::buyer_order);
        format!("{{\"result\":[{}],\"totalRecord\":{total}}}", rows.join(","))
    }

    /// Pages by number, newest first: rows that change while they are read leave the window and move the others.
    fn numbered(
        &self,
        from: i64,
        to: i64,
        page: &str,
        size: &str,
        render: fn(&World, usize, usize) -> String,
    ) -> (Vec<String>, usize) {
        let (page, size): (usize, usize) = (page.parse().unwrap(), size.parse().unwrap());
        let mut found = self.world.within(true, (from, to), self.clock.seconds());
        found.reverse();
        let rows = found.iter().skip((page - 1) * size).take(size);
        (
            rows.map(|(order, change)| render(&self.world, *order, *change))
                .collect(),
            found.len(),
        )
    }
}

fn error(code: u32, msg: &str, sub: &str, words: &str) -> String {
    format!(
        "{{\"error_response\":{{\"code\":{code},\"msg\":\"{msg}\",\"sub_code\":\"{sub}\",\"sub_msg\":\"{words}\",\
         \"request_id\":\"x\"}}}}"
    )
}

/// Seconds of a local time of China, which has had no summer time for long.
fn local(text: &str) -> i64 {
    let utc = format!("{}+08:00", text.replace(' ', "T"));
    utc.parse::<Instant>().unwrap().micros() / 1_000_000
}

fn joined(form: &Form, without: &str) -> String {
    let parts = form.iter().filter(|(name, _)| *name != without);
    parts.map(|(name, value)| format!("{name}{value}")).collect()
}

fn sign(form: &Form) -> String {
    let text = format!("{SECRET}{}{SECRET}", joined(form, "sign"));
    hex::encode_upper(Md5::digest(text))
}

fn aop_sign(path: &str, form: &Form) -> String {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{path}{}", joined(form, "_aop_signature")).as_bytes());
    hex::encode_upper(mac.finalize().into_bytes())
}

async fn request(stream: &mut TcpStream) -> Option<(String, Form)> {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4_096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")
                    .map(str::to_owned)
            });
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
                return Some((path, decoded(&body)));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

fn decoded(body: &str) -> Form {
    let url = reqwest::Url::parse(&format!("http://x/?{body}")).unwrap();
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
