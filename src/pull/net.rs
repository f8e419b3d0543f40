//! The HTTP client of the pollers: one form sent, one bounded answer read, within a time.
//! Must never follow a redirect, connect to an address that was not checked, or put a request into an error's text.
//!
//! INVARIANT: names are resolved by a resolver that refuses every private, loopback, link-local or otherwise special
//! address, and the connection goes to the very address that was checked; literal addresses are checked before. A gateway of
//! one's own is allowed by name in the configuration (`allow_private_address`), for that source only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, StatusCode, Url, redirect};
use rustls::crypto::ring;

use super::ask::Request;
use super::config::Source;
use super::fault::Fault;
use crate::base::Instant;

/// Longest answer.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;
/// Ports of public gateways.
const PORTS: [u16; 2] = [443, 8_443];

/// Installs ring as this process's provider of TLS: no client can be built without one. Twice is once.
pub fn use_ring() {
    let _ = ring::default_provider().install_default();
}

/// Why an address may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Not an address.
    #[error("the endpoint is not an absolute URL")]
    Form,
    /// Not HTTPS.
    #[error("the endpoint is not https")]
    NotHttps,
    /// With a user name or a password in it.
    #[error("the endpoint holds a user name or a password")]
    HasUser,
    /// Not a public address or port.
    #[error(
        "the endpoint is not a public address on port 443 or 8443; for a gateway of your own set allow_private_address"
    )]
    Private,
    /// The client could not be built.
    #[error("the HTTPS client cannot be built: {0}")]
    Client(String),
}

/// What came back, of any status.
#[derive(Clone, Debug)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// The platform's clock.
    pub date: Option<Instant>,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: String,
}

/// A client for one source.
#[derive(Clone)]
pub struct Net {
    client: Client,
}

impl Net {
    /// Checks the endpoint and makes a client that may reach nothing else than public addresses.
    pub fn new(source: &Source) -> Result<Net, NetError> {
        check(&source.endpoint, source.allow_private_address)?;
        use_ring();
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .https_only(!source.allow_private_address)
            .no_proxy()
            .connect_timeout(Duration::from_secs(5).min(source.timeout()))
            .timeout(source.timeout())
            .pool_max_idle_per_host(2)
            .user_agent(concat!("fenzhang/", env!("CARGO_PKG_VERSION")));
        if !source.allow_private_address {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| NetError::Client(error.to_string()))?;
        Ok(Net { client })
    }

    /// Sends a form and reads the answer.
    pub async fn send(&self, request: &Request) -> Result<Received, Fault> {
        let sent = self.client.post(&request.url).form(&request.form).send().await;
        let mut response = sent.map_err(|error| Fault::Transient(told(&error)))?;
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let date = header("date").and_then(date_of);
        let retry_after = header("retry-after").and_then(|text| wait_of(text, date));
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) <= ANSWER_LIMIT => {
                    bytes.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err(Fault::Unreadable("an answer of more than 8 MiB".into())),
                Ok(None) => break,
                Err(error) => return Err(Fault::Transient(told(&error))),
            }
        }
        let body = String::from_utf8(bytes).map_err(|_| Fault::Unreadable("not UTF-8".into()))?;
        Ok(Received {
            status: status.as_u16(),
            date,
            retry_after,
            body,
        })
    }
}

impl Received {
    /// What the status alone says; the body says the rest.
    pub fn fault(&self) -> Option<Fault> {
        let status = StatusCode::from_u16(self.status).ok()?;
        let message = format!("HTTP {}", self.status);
        if status == StatusCode::TOO_MANY_REQUESTS || (status.is_server_error() && self.retry_after.is_some()) {
            return Some(Fault::Limited {
                wait: self.retry_after,
                message,
            });
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Some(Fault::Transient(message));
        }
        if status.is_redirection() {
            return Some(Fault::Unreadable(format!(
                "{message}, a redirect, which is not followed"
            )));
        }
        None
    }
}

/// What went wrong in one word: the error's own text names the address, and no more is needed.
fn told(error: &reqwest::Error) -> String {
    let word = if error.is_timeout() {
        "not in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request broke off"
    };
    word.to_owned()
}

fn date_of(text: &str) -> Option<Instant> {
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(Instant::from_utc(date.to_utc()))
}

/// Seconds, or a date.
fn wait_of(text: &str, now: Option<Instant>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let micros = date_of(text)?.micros() - now?.micros();
    u64::try_from(micros).ok().map(Duration::from_micros)
}

/// Checks an endpoint before anything is sent to it.
pub fn check(endpoint: &str, private: bool) -> Result<(), NetError> {
    let url = Url::parse(endpoint).map_err(|_| NetError::Form)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NetError::HasUser);
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NetError::Form)?;
    if private {
        return match url.scheme() {
            "http" | "https" => Ok(()),
            _ => Err(NetError::Form),
        };
    }
    if url.scheme() != "https" {
        return Err(NetError::NotHttps);
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let port = url.port_or_known_default().unwrap_or(0);
    if literal.is_ok_and(|address| !is_public(address)) || !PORTS.contains(&port) {
        return Err(NetError::Private);
    }
    Ok(())
}

/// True for an address of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Only 2000::/3 is global unicast; in it, what wraps an address of version 4 is refused (6to4, Teredo), and documentation.
    let [first, second, ..] = address.segments();
    let wraps = first == 0x2002 || (first == 0x2001 && second == 0);
    let documentation = (first == 0x2001 && second == 0x0db8) || (first & 0xfff0) == 0x3ff0;
    (0x2000..0x4000).contains(&first) && !wraps && !documentation
}

/// Resolves names to public addresses; a name with one that is not public is refused whole.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !is_public(address.ip())) {
                return Err("the name leads to an address that is not public".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
