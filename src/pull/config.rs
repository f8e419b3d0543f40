//! The user's configuration of the pollers: one `[[source]]` per account and query.
//! Must never hold a secret, nor a limit that the user cannot change: endpoints and limits of platforms move.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::secret::SecretRef;
use super::sign::SignMethod;
use crate::base::Instant;

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML of this shape.
    #[error("the configuration does not parse: {0}")]
    Form(String),
    /// A value that makes no sense.
    #[error("source {source_name:?}: {message}")]
    Sense {
        /// Which source.
        source_name: String,
        /// What.
        message: String,
    },
}

/// The documented queries that are known here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `taobao.tbk.order.details.get`.
    TaobaoOrders,
    /// `taobao.tbk.relation.refund`.
    TaobaoRefunds,
    /// `alibaba.matrix.tcp.outer.querypredictorderlist`: estimates of Taobao Live.
    TaobaoLiveEstimates,
    /// `alibaba.trade.getBuyerOrderList` of 1688.
    #[serde(rename = "1688_buyer_orders")]
    AlibabaBuyerOrders,
}

/// By which of a row's times a window is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the time of the same name.
pub enum By {
    Created,
    Paid,
    Received,
    Settled,
    Updated,
    Opened,
    Finished,
}

impl Api {
    /// The word in configurations and states.
    pub fn word(self) -> &'static str {
        match self {
            Api::TaobaoOrders => "taobao_orders",
            Api::TaobaoRefunds => "taobao_refunds",
            Api::TaobaoLiveEstimates => "taobao_live_estimates",
            Api::AlibabaBuyerOrders => "1688_buyer_orders",
        }
    }

    /// The platform's number for a kind of query, where it has one; 0 where the parameter's name says it.
    pub fn by_number(self, by: By) -> Option<u8> {
        match (self, by) {
            (Api::TaobaoOrders, By::Created) | (Api::TaobaoRefunds, By::Opened) => Some(1),
            (Api::TaobaoOrders, By::Paid) | (Api::TaobaoRefunds, By::Settled) => Some(2),
            (Api::TaobaoOrders, By::Settled) | (Api::TaobaoRefunds, By::Finished) => Some(3),
            (Api::TaobaoOrders, By::Updated) | (Api::TaobaoRefunds, By::Created) => Some(4),
            (Api::TaobaoLiveEstimates, By::Paid) | (Api::AlibabaBuyerOrders, By::Created | By::Updated) => Some(0),
            (Api::TaobaoLiveEstimates, By::Received) => Some(1),
            _ => None,
        }
    }

    /// Window in minutes, largest page, pages of a window: as documented, where documented.
    fn defaults(self) -> (u32, u32, u32) {
        match self {
            Api::TaobaoOrders => (180, 100, 100),
            Api::TaobaoRefunds => (1_440, 100, 100),
            Api::TaobaoLiveEstimates => (1_440, 20, 500),
            Api::AlibabaBuyerOrders => (1_440, 50, 100),
        }
    }

    /// True when pages follow one another by a position of the platform, which rows that come and go do not move.
    pub fn has_position(self) -> bool {
        self == Api::TaobaoOrders
    }
}

/// A time in which a platform wants shorter windows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Begins.
    pub from: Instant,
    /// Ends.
    pub to: Instant,
    /// Longest window in it.
    pub window_minutes: u32,
}

/// One account and query.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, for ever: what is covered is kept under it.
    pub name: String,
    /// Id or name of the book.
    pub book: String,
    /// The platform account whose rows these are, for coverage.
    #[serde(default)]
    pub account: String,
    /// Which query.
    pub api: Api,
    /// Address of the gateway.
    pub endpoint: String,
    /// Key of the application; not secret.
    pub app_key: String,
    /// Secret of the application.
    pub app_secret: SecretRef,
    /// Token of the account, where the query needs one.
    pub access_token: Option<SecretRef>,
    /// Signature of TOP requests.
    #[serde(default)]
    pub sign: SignMethod,
    /// A ready mapping by name, or a TOML file.
    pub mapping: String,
    /// By which time.
    pub by: By,
    /// First instant to be covered.
    pub start: Instant,
    /// Only rows in this state, in the platform's word or number.
    pub status: Option<String>,
    /// Only rows of this role.
    pub role: Option<String>,
    /// Scene of the rows.
    pub scene: Option<String>,
    /// Further parameters of the query.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Longest window.
    window_minutes: Option<u32>,
    /// Shorter windows for a time.
    #[serde(default)]
    pub promotion: Vec<Promotion>,
    /// Rows of a page.
    page_size: Option<u32>,
    /// Pages of a window that the platform lets through.
    page_limit: Option<u32>,
    /// Between two rounds.
    #[serde(default = "interval")]
    pub interval_seconds: u32,
    /// Read again at the beginning of every round.
    #[serde(default = "overlap")]
    pub overlap_seconds: u32,
    /// How far behind the platform's clock windows end: rows may show up late.
    #[serde(default = "lag")]
    pub lag_seconds: u32,
    /// The platform answers only for this many days back; what is older is skipped and stays a gap.
    pub reach_days: Option<u32>,
    /// Least time between two requests.
    #[serde(default = "pace")]
    pub pace_ms: u32,
    /// A request that takes longer is given up.
    #[serde(default = "timeout")]
    pub timeout_seconds: u32,
    /// Tries of a request in one round.
    #[serde(default = "tries")]
    pub tries: u32,
    /// Rounds in a row after which a refused window is skipped and stays a gap.
    #[serde(default = "give_up")]
    pub give_up_after: u32,
    /// The gateway is a machine of one's own: plain HTTP and private addresses are allowed.
    #[serde(default)]
    pub allow_private_address: bool,
}

fn interval() -> u32 {
    60
}
fn overlap() -> u32 {
    600
}
fn lag() -> u32 {
    60
}
fn pace() -> u32 {
    200
}
fn timeout() -> u32 {
    20
}
fn tries() -> u32 {
    5
}
fn give_up() -> u32 {
    10
}

/// A configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The sources.
    pub source: Vec<Source>,
}

impl Config {
    /// Reads and checks a configuration file.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        // The parser shows the line at fault; a secret has no place in the file, so none is shown.
        let config: Config = toml::from_str(text).map_err(|error| ConfigError::Form(error.message().to_owned()))?;
        let mut names = HashSet::new();
        for source in &config.source {
            let fault = source.fault().or_else(|| {
                let new = names.insert((source.book.as_str(), source.name.as_str()));
                (!new).then(|| "two sources of one book have this name".to_owned())
            });
            if let Some(message) = fault {
                return Err(ConfigError::Sense {
                    source_name: source.name.clone(),
                    message,
                });
            }
        }
        Ok(config)
    }
}

impl Source {
    /// Longest window in minutes.
    pub fn window_minutes(&self) -> u32 {
        self.window_minutes.unwrap_or(self.api.defaults().0)
    }

    /// The shortest window that is configured, in seconds: asked when a longer one is refused.
    pub fn shortest_seconds(&self) -> i64 {
        let promotions = self.promotion.iter().map(|promotion| promotion.window_minutes);
        i64::from(promotions.fold(self.window_minutes().min(20), u32::min)) * 60
    }

    /// Rows of a page.
    pub fn page_size(&self) -> u32 {
        self.page_size.unwrap_or(self.api.defaults().1)
    }

    /// Pages of a window.
    pub fn page_limit(&self) -> u32 {
        self.page_limit.unwrap_or(self.api.defaults().2)
    }

    /// How long a request may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_seconds))
    }

    /// What is asked, as one digest: under one name it may not change.
    pub fn query(&self) -> String {
        let asked = format!(
            "{}\n{}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{}",
            self.api.word(),
            self.account,
            self.by,
            self.status,
            self.role,
            self.scene,
            self.parameters,
            self.app_key
        );
        hex::encode(Sha256::digest(asked))
    }

    fn fault(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let largest = self
            .api
            .defaults()
            .1
            .max(if self.api == Api::AlibabaBuyerOrders { 100 } else { 0 });
        let within = |what: &str, value: u32, most: u32| {
            (value == 0 || value > most).then(|| format!("{what} is between 1 and {most}"))
        };
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return Some("a name is up to 64 of a-z, 0-9 and -".to_owned());
        }
        if self.api.by_number(self.by).is_none() {
            return Some(format!("{} cannot be asked by this time", self.api.word()));
        }
        if self.api == Api::AlibabaBuyerOrders && self.access_token.is_none() {
            return Some("this query needs an access_token".to_owned());
        }
        if self
            .promotion
            .iter()
            .any(|promotion| promotion.from >= promotion.to || promotion.window_minutes == 0)
        {
            return Some("a promotion ends after it begins, and has window_minutes".to_owned());
        }
        within("window_minutes", self.window_minutes(), 7 * 1_440)
            .or_else(|| within("page_size", self.page_size(), largest))
            .or_else(|| within("page_limit", self.page_limit(), 10_000))
            .or_else(|| within("timeout_seconds", self.timeout_seconds, 60))
            .or_else(|| within("tries", self.tries, 20))
            .or_else(|| within("give_up_after", self.give_up_after, 10_000))
            .or_else(|| within("interval_seconds", self.interval_seconds, 86_400))
            .or_else(|| (self.pace_ms > 10_000).then(|| "pace_ms is at most 10000".to_owned()))
    }
}
