//! What every request shares: the engine, keys seen lately, allowances, counters, settings.
//! Must never hold anything of one request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::access::{Audit, Keyring, Limiter};
use crate::engine::Engine;
use crate::intake::runner::Runner;

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Address to listen on; port 0 takes a free one.
    pub listen: String,
    /// Worker threads.
    pub workers: usize,
    /// How long a write may take.
    pub write_deadline: Duration,
    /// How long a read may wait for a position.
    pub read_deadline: Duration,
    /// Steady requests a second per key.
    pub rate: u32,
    /// Requests at once per key.
    pub burst: u32,
    /// How long a stop waits for requests under way.
    pub shutdown: Duration,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            listen: "127.0.0.1:8080".to_owned(),
            workers: 2,
            write_deadline: Duration::from_secs(5),
            read_deadline: Duration::from_secs(10),
            rate: 2_000,
            burst: 10_000,
            shutdown: Duration::from_secs(20),
        }
    }
}

/// Counters since the start.
#[derive(Default)]
pub struct Counters {
    /// Answers by class: 1xx to 5xx.
    answers: [AtomicU64; 5],
}

impl Counters {
    /// Counts an answer.
    pub fn count(&self, status: u16) {
        if let Some(counter) = self.answers.get(usize::from(status / 100).saturating_sub(1)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Answers of a class.
    pub fn answers(&self, class: usize) -> u64 {
        self.answers
            .get(class.saturating_sub(1))
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

/// What every request shares.
pub struct Shared {
    /// The engine.
    pub engine: Engine,
    /// Keys seen lately.
    pub keyring: Keyring,
    /// Allowances.
    pub limiter: Limiter,
    /// Where refusals are noted.
    pub audit: Audit,
    /// Counters.
    pub counters: Counters,
    /// Works on imports and reversals that were begun.
    pub imports: Runner,
    /// Settings.
    pub settings: HttpSettings,
}

impl Shared {
    /// Around an engine.
    pub fn new(engine: Engine, settings: HttpSettings) -> Shared {
        Shared {
            audit: Audit::start(engine.pool().clone()),
            imports: Runner::start(engine.clone()),
            engine,
            keyring: Keyring::default(),
            limiter: Limiter::new(settings.rate, settings.burst),
            counters: Counters::default(),
            settings,
        }
    }
}
