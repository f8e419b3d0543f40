//! A token bucket per key: so many requests at once, refilled at a steady pace. Counted per server.
//! Must never use the wall clock.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::KeyId;

/// Buckets kept before the idle ones are dropped.
const KEPT: usize = 10_000;

/// What is left of an allowance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// Requests that the bucket holds when full.
    pub burst: u32,
    /// Requests left now; none: this request is one too many.
    pub left: Option<u32>,
    /// Seconds until the bucket has one more.
    pub retry_after: u64,
}

/// Buckets of every key seen lately, in millionths of a request.
pub struct Limiter {
    per_second: u32,
    burst: u32,
    buckets: Mutex<HashMap<KeyId, (u64, Instant)>>,
}

const ONE: u64 = 1_000_000;

impl Limiter {
    /// `per_second` requests at a steady pace, `burst` at once.
    pub fn new(per_second: u32, burst: u32) -> Limiter {
        Limiter {
            per_second: per_second.max(1),
            burst: burst.max(1),
            buckets: Mutex::default(),
        }
    }

    /// Takes one request from the bucket of a key.
    pub fn take(&self, key: KeyId) -> Allowance {
        let now = Instant::now();
        let full = u64::from(self.burst) * ONE;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            buckets.retain(|_, (_, seen)| now.saturating_duration_since(*seen) < Duration::from_secs(60));
        }
        let (tokens, seen) = buckets.entry(key).or_insert((full, now));
        let micros = u64::try_from(now.saturating_duration_since(*seen).as_micros()).unwrap_or(u64::MAX);
        *tokens = tokens
            .saturating_add(micros.saturating_mul(u64::from(self.per_second)))
            .min(full);
        *seen = now;
        let left = tokens.checked_sub(ONE);
        if let Some(left) = left {
            *tokens = left;
        }
        Allowance {
            burst: self.burst,
            left: left.map(|left| u32::try_from(left / ONE).unwrap_or(u32::MAX)),
            retry_after: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_and_the_next_request_is_not() {
        let limiter = Limiter::new(1, 3);
        let key = KeyId(uuid::Uuid::nil());
        let served = (0..4).map(|_| limiter.take(key).left).collect::<Vec<_>>();
        assert_eq!(served, [Some(2), Some(1), Some(0), None]);
    }
}
